#include "store/rejected_bars.hpp"

#include <string_view>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// Grouped and sorted: one statement may not touch a row twice, and two writers must not wait for each other.
constexpr char keep_sql[] = R"(
  INSERT INTO candled.rejected_bar AS r
    (series_id, ts, open, high, low, close, volume, vwap, trade_count, reason, times)
  SELECT i.*, count(*)
  FROM unnest($1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $5::float8[], $6::float8[], $7::float8[],
              $8::float8[], $9::int4[], $10::text[])
    AS i (series_id, ts, open, high, low, close, volume, vwap, trade_count, reason)
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
  ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
  ON CONFLICT (series_id, ts, open, high, low, close, volume, vwap, trade_count, reason)
  DO UPDATE SET times = r.times + EXCLUDED.times, last_seen = EXCLUDED.last_seen)";

// A reason is part of a key, whose entries PostgreSQL limits to a third of a page.
constexpr std::size_t reason_bytes_max = 500;

}  // namespace

void keep_rejected_bars(pqxx::work& work, std::span<RejectedBar const> rejected) {
  if (rejected.empty()) return;
  PgArray series, ts, open, high, low, close, volume, vwap, trade_count, reason;
  for (auto const& [id, bar, why] : rejected) {
    series.add(id);
    ts.add(bar.start);
    open.add(bar.open);
    high.add(bar.high);
    low.add(bar.low);
    close.add(bar.close);
    volume.add(bar.volume);
    vwap.add(bar.vwap);
    trade_count.add(bar.trade_count);
    reason.add(std::string_view{why}.substr(0, reason_bytes_max));
  }
  work.exec_params(keep_sql, series.text(), ts.text(), open.text(), high.text(), low.text(), close.text(),
                   volume.text(), vwap.text(), trade_count.text(), reason.text());
}

}  // namespace candled
