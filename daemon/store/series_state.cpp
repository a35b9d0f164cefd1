#include "store/series_state.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "store/pg_text.hpp"

namespace candled {

namespace {

// Only what the row lock gave us may be written. NO KEY: rows that merely refer to the series need not wait.
std::string series_sql(Locking locking) {
  return fmt::format(R"(
    SELECT s.series_id, s.timeframe, s.calendar, {}, g.is_there, g.is_due
    FROM candled.series s JOIN unnest($1::int4[], $2::text[]) AS p (series_id, proven) USING (series_id)
    CROSS JOIN LATERAL (
      SELECT count(*) > 0 AS is_there,
             coalesce(bool_or(reason <> 'provider_empty' OR next_try_at <= clock_timestamp()), false) AS is_due
      FROM candled.gap
      WHERE gap.series_id = s.series_id AND closed_at IS NULL AND during && p.proven::tstzmultirange
    ) g
    ORDER BY s.series_id {})",
                     ranges_sql("s.covered"), locking == Locking::rows ? "FOR NO KEY UPDATE OF s" : "");
}

constexpr char unsettled_sql[] = R"(
  SELECT DISTINCT p.series_id
  FROM unnest($1::int4[], $2::int8[], $3::text[]) AS p (series_id, after_ms, during)
  LEFT JOIN candled.settled k ON k.series_id = p.series_id AND k.after = p.after_ms * interval '1 millisecond'
  WHERE NOT coalesce(k.during @> p.during::tstzmultirange, false))";

void read_unsettled(pqxx::work& work, States& states) {
  PgArray series, after, during;
  for (auto const& [id, state] : states)
    for (auto const& [time, ranges] : state.settled) {
      series.add(id);
      after.add(time);
      during.add(ranges);
    }
  if (series.empty()) return;
  for (auto const& row : work.exec_params(unsettled_sql, series.text(), after.text(), during.text()))
    states.at(SeriesId{row[0].as<int>()}).is_settled = false;
}

}  // namespace

RangeSet SeriesState::newly_covered() const {
  auto newly = proven;
  newly.remove(covered);
  return newly;
}

States states_of(Load const& load) {
  States states;
  for (auto const& slice : load.slices) {
    auto& state = states[slice.series];
    state.proven.add(slice.proven);
    for (auto const& [after, during] : slice.settled)
      if (!during.empty()) state.settled[after].add(during);
  }
  for (auto const& rejected : load.rejected) states[rejected.series];
  return states;
}

void read_states(pqxx::work& work, Locking locking, States& states) {
  PgArray series, proven;
  for (auto const& [id, state] : states) {
    series.add(id);
    proven.add(state.proven);
  }
  auto const found = work.exec_params(series_sql(locking), series.text(), proven.text());
  if (found.size() != states.size())
    throw std::runtime_error(fmt::format("{} of {} series of a load are not in candled.series",
                                         states.size() - found.size(), states.size()));
  for (auto const& row : found) {
    auto& state = states.at(SeriesId{row[0].as<int>()});
    state.timeframe = parse_timeframe(row[1].c_str()).value();
    state.zone = std::string_view{row[2].c_str()} == "24x7" ? Zone::utc() : Zone::new_york();
    state.covered = parse_ranges(row[3].c_str());
    state.has_gap = row[4].as<bool>();
    state.gap_is_due = row[5].as<bool>();
    state.is_settled = true;
  }
  read_unsettled(work, states);
}

}  // namespace candled
