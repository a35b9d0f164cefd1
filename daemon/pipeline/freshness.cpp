#include "pipeline/freshness.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

#include "core/plan.hpp"

namespace candled {

namespace {

// When the first bar that can exist in `range`, in which the market trades, is final.
UtcTime first_final(Job const& job, TimeRange range) {
  auto const session = job.calendar.sessions(range).front();
  if (job.timeframe == Timeframe::d1) return session.hours.to;
  auto const end = bar_end(job.timeframe, job.calendar.zone(), std::max(range.from, session.hours.from));
  return is_intraday(job.timeframe) ? std::min(end, session.hours.to) : end;
}

// `due`: until when bars of the job are due now.
Milliseconds lag_of(Job const& job, SeriesMeter const& series, UtcTime due, UtcTime now) {
  TimeRange const wanted{.from = series.covered.ranges().back().to, .to = due};
  if (wanted.empty()) return Milliseconds{0};
  auto lacking = ranges_due(job.calendar, job.timeframe, wanted, series.covered, series.parked);
  std::erase_if(lacking, [&](TimeRange range) { return !job.calendar.trades_in(range); });
  if (lacking.empty()) return Milliseconds{0};
  auto const expected = next_run_of(job.name, *job.schedule, first_final(job, lacking.front()));
  return std::max(Milliseconds{0}, Milliseconds{now - expected});
}

// What the meters know of the job's series.
std::vector<SeriesMeter const*> series_of(Job const& job, Meters const& meters) {
  std::unordered_set<std::string_view> const symbols{job.symbols.begin(), job.symbols.end()};
  std::vector<SeriesMeter const*> found;
  for (auto const& [id, series] : meters.series)
    if (series.provider == job.source->name && series.timeframe == job.timeframe &&
        symbols.contains(series.ticker))
      found.push_back(&series);
  return found;
}

JobLag lag_of(Job const& job, Meters const& meters, UtcTime now) {
  JobLag all{.job = &job, .due_until = everything_due(job, now).wanted.to, .covered_until = UtcTime::max()};
  for (auto const* const series : series_of(job, meters)) {
    if (series->covered.empty()) continue;
    auto const lag = lag_of(job, *series, all.due_until, now);
    all.lag = std::max(all.lag, lag);
    all.covered_until = std::min(all.covered_until, series->covered.ranges().back().to);
    ++all.series;
    if (lag > Milliseconds{0}) ++all.late;
  }
  return all;
}

}  // namespace

std::vector<JobLag> job_lags(Meters const& meters, std::vector<JobSetup> const& jobs, UtcTime now) {
  std::vector<JobLag> lags;
  for (auto const& setup : jobs) {
    if (!setup.job->schedule) continue;
    if (auto const lag = lag_of(*setup.job, meters, now); lag.series > 0) lags.push_back(lag);
  }
  return lags;
}

std::optional<Milliseconds> freshness_lag(Meters const& meters, std::vector<JobSetup> const& jobs,
                                          UtcTime now) {
  auto const lags = job_lags(meters, jobs, now);
  if (lags.empty()) return std::nullopt;
  return std::ranges::max(lags, {}, &JobLag::lag).lag;
}

GapCounts open_gaps(Job const& job, Meters const& meters) {
  GapCounts gaps;
  for (auto const* const series : series_of(job, meters))
    for (auto const& [reason, count] : series->gaps) gaps[reason] += count;
  return gaps;
}

std::int64_t short_of_history(Job const& job, Meters const& meters) {
  std::unordered_set<std::string_view> const symbols{job.symbols.begin(), job.symbols.end()};
  std::vector<Reach> reaches;
  std::vector<bool> is_ours;
  for (auto const& [id, series] : meters.series) {
    if (series.provider != job.source->name || series.timeframe != job.timeframe) continue;
    reaches.push_back(series.reach);
    is_ours.push_back(symbols.contains(series.ticker));
  }
  return std::ranges::count_if(shorter_than_others(reaches),
                               [&](std::size_t place) { return is_ours[place]; });
}

}  // namespace candled
