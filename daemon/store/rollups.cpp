#include "store/rollups.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "core/failpoint.hpp"
#include "store/compare_bars.hpp"
#include "store/coverage.hpp"
#include "store/pg_text.hpp"
#include "store/sessions.hpp"
#include "store/show_series.hpp"

namespace candled {

namespace {

// Asked of every load that writes: whether others are rolled from its series is known only under their locks.
constexpr char mark_sql[] = R"(
  INSERT INTO candled.rollup_dirty (series_id, during)
  SELECT d.series_id, d.during::tstzmultirange
  FROM unnest($1::int4[], $2::text[]) AS d (series_id, during)
  WHERE EXISTS (SELECT FROM candled.series r WHERE r.rolled_from = d.series_id)
  ORDER BY 1)";

// What is rolled and how it should be. $1 the sources, $2 timeframes.
constexpr char wanted_sql[] = R"(
  FROM candled.series s
  CROSS JOIN unnest($2::text[]) AS t (timeframe)
  LEFT JOIN candled.series r ON r.rolled_from = s.series_id AND r.timeframe = t.timeframe
  CROSS JOIN LATERAL (
    SELECT CASE WHEN candled.bucket_start(s.wanted_from, t.timeframe, s.calendar) = s.wanted_from THEN s.wanted_from
                ELSE candled.bucket_end(s.wanted_from, t.timeframe, s.calendar) END AS wanted_from
  ) w
  WHERE s.series_id = ANY ($1::int4[]))";

// Held until the new series are there: a load that runs has ended by then, and the next marks what it does.
constexpr char lock_sources_sql[] =
    "SELECT FROM candled.series WHERE series_id = ANY ($1::int4[]) ORDER BY series_id FOR NO KEY UPDATE";

// 56 days: some 50,000 bars of a minute, as many as a load has.
constexpr char add_sql[] = R"(
  WITH made AS (
    INSERT INTO candled.series (instrument_id, timeframe, provider, wanted_from, kept_from, calendar, rolled_from, is_primary)
    SELECT s.instrument_id, t.timeframe, s.provider || ' from ' || s.timeframe, w.wanted_from, s.kept_from, s.calendar,
           s.series_id,
           NOT EXISTS (SELECT FROM candled.series p
                       WHERE p.instrument_id = s.instrument_id AND p.timeframe = t.timeframe AND p.is_primary)
    {} AND r.series_id IS NULL
    ORDER BY s.series_id, w.wanted_from
    RETURNING rolled_from
  )
  INSERT INTO candled.rollup_dirty (series_id, during)
  SELECT s.series_id, s.covered * tstzmultirange(tstzrange(part, part + interval '56 days'))
  FROM candled.series s
  CROSS JOIN LATERAL generate_series(lower(s.covered), upper(s.covered), interval '56 days') AS part
  WHERE s.series_id IN (SELECT rolled_from FROM made)
    AND s.covered && tstzrange(part, part + interval '56 days')
  ORDER BY s.series_id, part)";

constexpr char change_sql[] = R"(
  UPDATE candled.series c SET wanted_from = o.wanted_from, kept_from = o.kept_from
  FROM (SELECT r.series_id, w.wanted_from, s.kept_from {}
        AND (r.wanted_from, r.kept_from) IS DISTINCT FROM (w.wanted_from, s.kept_from)) o
  WHERE c.series_id = o.series_id)";

constexpr char is_other_sql[] =
    "SELECT EXISTS (SELECT {} AND (r.series_id IS NULL OR (r.wanted_from, r.kept_from) "
    "IS DISTINCT FROM (w.wanted_from, s.kept_from)))";

constexpr char is_dirty_sql[] =
    "SELECT EXISTS (SELECT FROM candled.rollup_dirty WHERE series_id = ANY ($1::int4[]))";

// Before the rows of rollup_dirty are read: whoever waits here finds those that are left.
constexpr char lock_sql[] =
    "SELECT FROM candled.series WHERE rolled_from = ANY ($1::int4[]) ORDER BY series_id FOR NO KEY UPDATE";

// As many rows as make up two months, so that memory does not grow with what is dirty.
constexpr char take_sql[] = R"(
  WITH taken AS (
    DELETE FROM candled.rollup_dirty WHERE dirty_id IN (
      SELECT dirty_id FROM (
        SELECT dirty_id, row_number() OVER oldest AS place, sum(upper(during) - lower(during)) OVER oldest AS total
        FROM candled.rollup_dirty WHERE series_id = ANY ($1::int4[]) WINDOW oldest AS (ORDER BY dirty_id) LIMIT 64
      ) d WHERE place = 1 OR total <= interval '60 days')
    RETURNING series_id, during
  ), dirty AS (
    SELECT series_id, range_agg(during) AS during FROM taken GROUP BY 1
  )
  SELECT r.series_id, {}
  FROM dirty d
  JOIN candled.series r ON r.rolled_from = d.series_id
  CROSS JOIN LATERAL (SELECT candled.complete_buckets(d.series_id, r.timeframe, d.during) AS complete) c
  ORDER BY 1)";

constexpr char compute_sql[] = R"(
  SELECT r.series_id, {}, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count
  FROM unnest($1::int4[], $2::text[]) AS d (series_id, complete)
  JOIN candled.series r USING (series_id)
  JOIN candled.series s ON s.series_id = r.rolled_from
  CROSS JOIN LATERAL unnest(d.complete::tstzmultirange) AS part
  CROSS JOIN LATERAL candled.rolled_bars(s.series_id, s.timeframe, r.timeframe, s.calendar, lower(part), upper(part)) b
  ORDER BY 1, b.ts)";

std::string ids_text(std::vector<SeriesId> const& ids) {
  PgArray array;
  for (auto const id : ids) array.add(id);
  return array.text();
}

struct Computed {
  std::vector<Bar> bars;
  std::vector<SeriesId> series;  // of each bar

  std::vector<BarRef> refs() const {
    std::vector<BarRef> all;
    all.reserve(bars.size());
    for (std::size_t i = 0; i < bars.size(); ++i) all.push_back({series[i], &bars[i]});
    return all;
  }
};

Computed compute(pqxx::work& work, States const& states) {
  PgArray series, complete;
  for (auto const& [id, state] : states) {
    series.add(id);
    complete.add(state.proven);
  }
  static std::string const sql = fmt::format(compute_sql, time_sql("b.ts"));
  Computed computed;
  for (auto const& row : work.exec_params(sql, series.text(), complete.text())) {
    computed.series.push_back(SeriesId{row[0].as<int>()});
    computed.bars.push_back({.start = parse_time(row[1].c_str()),
                             .open = row[2].as<double>(),
                             .high = row[3].as<double>(),
                             .low = row[4].as<double>(),
                             .close = row[5].as<double>(),
                             .volume = row[6].as<double>(),
                             .vwap = row[7].as<double>(),
                             .trade_count = row[8].as<std::int32_t>()});
  }
  return computed;
}

// Years of which nobody knows whether their partitions are there.
std::set<int> unknown_years(Computed const& computed, KnownYears const& years) {
  std::set<int> unknown;
  for (auto const& bar : computed.bars)
    if (auto const year = year_of(bar.start); !years.contains(year)) unknown.insert(year);
  return unknown;
}

// The same steps as a load's. What is missing here, its source says: no gaps for sessions without a bar.
void write(PgConnection& connection, pqxx::work& work, Computed const& computed, States const& states) {
  std::vector<StoredRange> ranges;
  for (auto const& [id, state] : states)
    for (auto const& range : state.proven.ranges()) ranges.push_back({id, range});
  auto const refs = computed.refs();
  auto const verdicts = compare_with_stored(connection, refs, ranges, NotGiven::differs);
  std::string const seen_at = work.exec1("SELECT clock_timestamp()")[0].c_str();
  if (!verdicts.fresh.empty()) copy_bars(connection, verdicts.fresh);
  if (!verdicts.changed.empty()) update_bars(work, verdicts.changed, seen_at);
  keep_late_bars(work, late_bars(verdicts.fresh, states), seen_at);
  cover(work, states, seen_at);
  keep_sessions(work, session_changes(verdicts, states), states, seen_at);
}

// Some of what is dirty. Returns years without whose partitions nothing could be written.
std::set<int> refresh_some(PgConnection& connection, KnownYears const& years, std::string const& sources) {
  static std::string const take = fmt::format(take_sql, ranges_sql("c.complete"));
  pqxx::work work{connection.session()};
  work.exec_params(lock_sql, sources);
  States states;
  for (auto const& row : work.exec_params(take, sources))
    if (auto complete = parse_ranges(row[1].c_str()); !complete.empty())
      states[SeriesId{row[0].as<int>()}].proven = std::move(complete);
  if (!states.empty()) {
    read_states(work, Locking::rows, states);
    auto const computed = compute(work, states);
    if (auto unknown = unknown_years(computed, years); !unknown.empty()) return unknown;
    write(connection, work, computed, states);
  }
  failpoint("rollup_before_commit");
  work.commit();
  return {};
}

bool is_dirty(PgConnection& connection, std::string const& sources) {
  pqxx::nontransaction work{connection.session()};
  return work.exec_params1(is_dirty_sql, sources)[0].as<bool>();
}

}  // namespace

void mark_dirty(pqxx::work& work, States const& states, std::span<BarRef const> changed,
                std::span<BarRef const> late) {
  std::map<SeriesId, RangeSet> dirty;
  for (auto const& [id, state] : states)
    if (auto newly = state.newly_covered(); !newly.empty()) dirty[id] = std::move(newly);
  auto const add = [&](BarRef const& ref) {
    auto const start = ref.bar->start;
    dirty[ref.series].add({.from = start, .to = start + nominal_length(states.at(ref.series).timeframe)});
  };
  for (auto const& ref : changed) add(ref);
  for (auto const& ref : late) add(ref);
  if (dirty.empty()) return;
  PgArray series, during;
  for (auto const& [id, ranges] : dirty) {
    series.add(id);
    during.add(ranges);
  }
  work.exec_params(mark_sql, series.text(), during.text());
}

bool register_rollups(PgConnection& connection, std::vector<SeriesId> const& sources,
                      std::vector<Timeframe> const& timeframes) {
  if (sources.empty() || timeframes.empty()) return false;
  auto const ids = ids_text(sources);
  PgArray names;
  for (auto const timeframe : timeframes) names.add(to_string(timeframe));
  pqxx::work work{connection.session()};
  if (!work.exec_params1(fmt::format(is_other_sql, wanted_sql), ids, names.text())[0].as<bool>())
    return false;
  lock_registration(work);
  work.exec_params(lock_sources_sql, ids);
  work.exec_params(fmt::format(add_sql, wanted_sql), ids, names.text());
  work.exec_params(fmt::format(change_sql, wanted_sql), ids, names.text());
  work.commit();
  return true;
}

void refresh_rollups(PgConnection& connection, KnownYears& years, std::vector<SeriesId> const& sources) {
  if (sources.empty()) return;
  auto const ids = ids_text(sources);
  while (is_dirty(connection, ids)) {
    failpoint("rollup_before_begin");
    ensure_partitions(connection, years, refresh_some(connection, years, ids));
  }
}

}  // namespace candled
