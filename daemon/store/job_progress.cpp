#include "store/job_progress.hpp"

#include <array>
#include <tuple>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// A row that stays as it is is renewed too, but seldom: whoever reads it must be able to tell a daemon with
// nothing to do from a dead one, which is told from rows of the last minute.
constexpr char show_sql[] = R"(
  WITH shown AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int8[], $6::int8[], $7::int8[],
                         $8::int8[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[])
      AS s (job, lane, stage, detail, windows, windows_done, requests, bars, eta_from, eta_until, parked_until)
  ), gone AS (
    DELETE FROM candled.job_progress p
    WHERE NOT EXISTS (SELECT FROM shown s WHERE s.job = p.job AND s.lane = p.lane)
  )
  INSERT INTO candled.job_progress AS p
    (job, lane, stage, detail, windows, windows_done, requests, bars, eta_from, eta_until, parked_until)
  SELECT * FROM shown
  ON CONFLICT (job, lane) DO UPDATE
  SET stage = EXCLUDED.stage, detail = EXCLUDED.detail, windows = EXCLUDED.windows,
      windows_done = EXCLUDED.windows_done, requests = EXCLUDED.requests, bars = EXCLUDED.bars,
      eta_from = EXCLUDED.eta_from, eta_until = EXCLUDED.eta_until, parked_until = EXCLUDED.parked_until,
      updated_at = now()
  WHERE p.updated_at < now() - interval '20 seconds'
     OR (p.stage, p.detail, p.windows, p.windows_done, p.requests, p.bars, p.eta_from, p.eta_until, p.parked_until)
        IS DISTINCT FROM
        (EXCLUDED.stage, EXCLUDED.detail, EXCLUDED.windows, EXCLUDED.windows_done, EXCLUDED.requests,
         EXCLUDED.bars, EXCLUDED.eta_from, EXCLUDED.eta_until, EXCLUDED.parked_until))";

template <class... Value>
void add_row(std::array<PgArray, sizeof...(Value)>& columns, Value const&... values) {
  auto column = columns.begin();
  ((column++)->add(values), ...);
}

}  // namespace

void show_progress(pqxx::work& work, std::vector<JobProgressRow> const& rows) {
  std::array<PgArray, 11> columns;
  for (auto const& row : rows)
    add_row(columns, row.job, to_string(row.lane), row.stage, row.detail, row.windows, row.windows_done,
            row.requests, row.bars, row.eta_from, row.eta_until, row.parked_until);
  std::apply([&](auto const&... column) { work.exec_params0(show_sql, column.text()...); }, columns);
}

}  // namespace candled
