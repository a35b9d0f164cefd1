#include "store/reports.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "store/pg_text.hpp"
#include "store/report_rows.hpp"
#include "store/series_names.hpp"

namespace candled {

namespace {

constexpr std::string_view by_length = "array_position('{1m,5m,15m,30m,1h,4h,1d,1w,1mo}', s.timeframe)";

// IS TRUE keeps a planner without statistics from asking the index over all tickers' dates for each series:
// of ten thousand new ones 21 s instead of half a second.
std::string coverage_sql() {
  return fmt::format(R"(
    SELECT t.ticker, s.timeframe, s.provider, {}, {},
           (SELECT {} FROM candled.bar b WHERE b.series_id = s.series_id ORDER BY b.ts DESC LIMIT 1),
           (SELECT count(*) FROM candled.rejected_bar r WHERE r.series_id = s.series_id),
           (SELECT count(*) FROM candled.bar_revision v WHERE v.series_id = s.series_id), s.series_id,
           s.is_primary, CASE WHEN s.shown_until IS NOT NULL
             THEN (SELECT {} FROM (SELECT range_agg(tstzrange(f.from_ts, f.until_ts)) AS shown
                                   FROM candled.former_ranges(s.series_id) f) f) END
    FROM candled.series s
    JOIN candled.instrument_ticker t
      ON t.instrument_id = s.instrument_id AND (t.valid @> (now() AT TIME ZONE candled.calendar_zone(s.calendar))::date) IS TRUE
    ORDER BY t.ticker, {}, s.provider)",
                     time_sql("s.wanted_from"), ranges_sql("s.covered"), time_sql("b.ts"),
                     ranges_sql("f.shown"), by_length);
}

std::string gaps_sql() {
  return fmt::format(
      R"(
    SELECT ticker, timeframe, provider, {}, {}, reason, detail, attempts, {}, {}, {}
    FROM candled.gaps s ORDER BY ticker, {}, provider, gap_from)",
      time_sql("gap_from"), time_sql("gap_until"), time_sql("last_tried"),
      time_sql(fmt::format("least(next_try_at, '{}'::timestamptz)", pg_text(when_a_person_asks))),
      time_sql("first_seen"), by_length);
}

std::string batches_sql() {
  return fmt::format(R"(
    SELECT batch_id, run_id, {}, job, provider, timeframe, symbols, requests, bars, inserted, changed, rejected,
           total_ms, outcome, plan_ms, wait_ms, fetch_ms, parse_ms, validate_ms, copy_ms, merge_ms, commit_ms
    FROM candled.ingest_batch ORDER BY started_at DESC, batch_id DESC LIMIT $1)",
                     time_sql("started_at"));
}

std::string runs_sql() {
  return fmt::format(R"(
    SELECT run_id, {}, {}, {}, config_error
    FROM candled.ingest_run WHERE command = 'run' ORDER BY run_id DESC LIMIT $1)",
                     time_sql("started_at"), time_sql("ended_at"), time_sql("config_loaded_at"));
}

CoverageRow coverage_row(pqxx::row const& row) {
  return {.id = SeriesId{row[8].as<int>()},
          .ticker = text(row[0]),
          .timeframe = text(row[1]),
          .provider = text(row[2]),
          .wanted_from = time(row[3]),
          .names = {},
          .covered = parse_ranges(row[4].c_str()),
          .last_bar_at = optional_time(row[5]),
          .rejected = number(row[6]),
          .revisions = number(row[7]),
          .is_primary = row[9].as<bool>(),
          .still_shown = row[10].is_null() ? RangeSet{} : parse_ranges(row[10].c_str())};
}

constexpr char providers_sql[] = R"(
    SELECT s.provider, coalesce(p.kind, ''), coalesce(p.host, ''), s.series
    FROM (SELECT provider, count(*) AS series FROM candled.series WHERE rolled_from IS NULL GROUP BY provider) s
    LEFT JOIN candled.provider p ON p.name = s.provider
    ORDER BY s.provider)";

ProviderRow provider_row(pqxx::row const& row) {
  return {.name = text(row[0]), .kind = text(row[1]), .host = text(row[2]), .series = number(row[3])};
}

GapRow gap_row(pqxx::row const& row) {
  return {.ticker = text(row[0]),
          .timeframe = text(row[1]),
          .provider = text(row[2]),
          .range = {.from = time(row[3]), .to = time(row[4])},
          .reason = text(row[5]),
          .detail = text(row[6]),
          .attempts = number(row[7]),
          .first_seen = optional_time(row[10]),
          .last_tried = optional_time(row[8]),
          .next_try_at = optional_time(row[9])};
}

RunRow run_row(pqxx::row const& row) {
  return {.run_id = number(row[0]),
          .started_at = time(row[1]),
          .ended_at = optional_time(row[2]),
          .config_loaded_at = optional_time(row[3]),
          .config_error = text(row[4])};
}

BatchRow batch_row(pqxx::row const& row) {
  BatchRow batch{.batch_id = number(row[0]),
                 .run_id = number(row[1]),
                 .started_at = time(row[2]),
                 .job = text(row[3]),
                 .provider = text(row[4]),
                 .timeframe = text(row[5]),
                 .symbols = number(row[6]),
                 .requests = number(row[7]),
                 .bars = number(row[8]),
                 .inserted = number(row[9]),
                 .changed = number(row[10]),
                 .rejected = number(row[11]),
                 .total = Milliseconds{number(row[12])},
                 .outcome = text(row[13]),
                 .phases = {}};
  constexpr std::array phases{"plan", "wait", "fetch", "parse", "validate", "copy", "merge", "commit"};
  for (std::size_t i = 0; i < phases.size(); ++i)
    batch.phases.emplace_back(phases.at(i), Milliseconds{number(row[static_cast<int>(14 + i)])});
  return batch;
}

}  // namespace

Result<std::vector<CoverageRow>> read_coverage(Secret const& url) {
  std::map<SeriesId, std::vector<Name>> names;
  auto const ask = [&](pqxx::work& work) {
    auto found = work.exec(coverage_sql());
    std::vector<SeriesId> ids;
    for (auto const& row : found) ids.push_back(SeriesId{row[8].as<int>()});
    names = read_names(work, ids);
    return found;
  };
  auto all = read_rows(url, ask, coverage_row);
  if (all)
    for (auto& row : *all)
      if (auto const found = names.find(row.id); found != names.end()) row.names = found->second;
  return all;
}

Result<std::vector<GapRow>> read_open_gaps(Secret const& url) {
  return read_rows(url, [](pqxx::work& work) { return work.exec(gaps_sql()); }, gap_row);
}

Result<std::vector<ProviderRow>> read_providers(Secret const& url) {
  return read_rows(url, [](pqxx::work& work) { return work.exec(providers_sql); }, provider_row);
}

Result<std::vector<RunRow>> read_last_run(Secret const& url) {
  return read_runs(url, 1);
}

Result<std::vector<RunRow>> read_runs(Secret const& url, int count) {
  return read_rows(url, [&](pqxx::work& work) { return work.exec_params(runs_sql(), count); }, run_row);
}

Result<std::vector<BatchRow>> read_last_batches(Secret const& url, int count) {
  return read_rows(url, [&](pqxx::work& work) { return work.exec_params(batches_sql(), count); }, batch_row);
}

}  // namespace candled
