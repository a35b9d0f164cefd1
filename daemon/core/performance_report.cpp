#include "core/performance_report.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "core/performance_findings.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr auto hours_are_shown_until = std::chrono::days{2};

constexpr std::array shown{Figure::success_pct, Figure::error_pct,        Figure::rate_limited,
                           Figure::retries,     Figure::response_mean_ms, Figure::response_p95_ms,
                           Figure::connections, Figure::bars_per_s,       Figure::freshness_lag_s,
                           Figure::memory_bytes};

using Rows = std::span<PerformanceRow const>;

// Of the rows that have it; nullopt: none has.
template <class Join>
std::optional<double> over(Rows rows, Figure figure, Join join) {
  std::optional<double> total;
  for (auto const& row : rows)
    if (auto const& value = row[figure]) total = total ? join(*total, *value) : *value;
  return total;
}

double seconds(Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

Milliseconds recorded(Rows rows) {
  Milliseconds all{0};
  for (auto const& row : rows) all += row.during.to - row.during.from;
  return all;
}

std::optional<double> share(std::optional<double> part, std::optional<double> whole) {
  if (!part || whole.value_or(0) <= 0) return std::nullopt;
  return 100.0 * *part / *whole;
}

std::optional<double> mean_response(Rows rows) {
  double requests = 0;
  double milliseconds = 0;
  for (auto const& row : rows) {
    if (!row[Figure::response_mean_ms] || !row[Figure::requests]) continue;
    requests += *row[Figure::requests];
    milliseconds += *row[Figure::requests] * *row[Figure::response_mean_ms];
  }
  if (requests <= 0) return std::nullopt;
  return milliseconds / requests;
}

std::vector<PerformancePeriod> periods_of(Rows rows, Period period) {
  Milliseconds const length = period == Period::day ? Milliseconds{24h} : Milliseconds{1h};
  std::vector<PerformancePeriod> periods;
  while (!rows.empty()) {
    auto const begin_of = [&](PerformanceRow const& row) {
      return row.during.from - row.during.from.time_since_epoch() % length;
    };
    auto const begins = begin_of(rows.front());
    auto const others = std::ranges::find_if(rows, [&](auto const& row) { return begin_of(row) != begins; });
    auto const mine = rows.first(static_cast<std::size_t>(others - rows.begin()));
    periods.push_back({.begins = begins, .recorded = recorded(mine), .row = joined(mine)});
    rows = rows.subspan(mine.size());
  }
  return periods;
}

std::vector<FigureTrend> trend_of(Rows rows) {
  std::vector<FigureTrend> trend;
  for (auto const figure : shown)
    if (auto const median = median_of(rows, figure))
      trend.push_back({.figure = figure, .now = rows.back()[figure], .median = *median});
  return trend;
}

}  // namespace

PerformanceRow joined(std::span<PerformanceRow const> rows) {
  auto const larger = [](double a, double b) { return std::max(a, b); };
  PerformanceRow all{.during = {.from = rows.front().during.from, .to = rows.back().during.to}};
  all[Figure::uptime_s] = rows.back()[Figure::uptime_s];
  for (auto const figure : {Figure::requests, Figure::succeeded, Figure::errors, Figure::rate_limited,
                            Figure::retries, Figure::bars})
    all[figure] = over(rows, figure, std::plus<>{});
  for (auto const figure :
       {Figure::response_p95_ms, Figure::connections, Figure::freshness_lag_s, Figure::memory_bytes})
    all[figure] = over(rows, figure, larger);
  all[Figure::success_pct] = share(all[Figure::succeeded], all[Figure::requests]);
  all[Figure::error_pct] = share(all[Figure::errors], all[Figure::requests]);
  all[Figure::response_mean_ms] = mean_response(rows);
  if (all[Figure::bars]) all[Figure::bars_per_s] = *all[Figure::bars] / seconds(recorded(rows));
  return all;
}

PerformanceReport performance_report(PerformanceRecord record, TimeRange during,
                                     PerformanceThresholds const& thresholds) {
  auto& rows = record.rows;
  std::erase_if(
      rows, [&](auto const& row) { return row.during.to <= during.from || row.during.from >= during.to; });
  std::ranges::sort(rows, {}, [](auto const& row) { return std::pair{row.during.from, row.during.to}; });

  PerformanceReport report{
      .during = during,
      .rows = static_cast<std::int64_t>(rows.size()),
      .unreadable_lines = record.unreadable_lines,
      .period = during.to - during.from > hours_are_shown_until ? Period::day : Period::hour};
  if (rows.empty()) return report;
  report.periods = periods_of(rows, report.period);
  report.trend = trend_of(rows);
  report.memory_bytes_per_day = memory_growth(rows);
  report.findings = findings_of(rows, during.to, thresholds);
  return report;
}

}  // namespace candled
