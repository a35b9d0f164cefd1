#include "sim/world/completeness.hpp"

#include <algorithm>

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

// The last time of the schedule that is not after `when`.
UtcTime last_run(Schedule const& schedule, UtcTime when) {
  auto last = next_run(schedule, when - 25h);
  for (auto next = last; next <= when; next = next_run(schedule, next)) last = next;
  return last;
}

}  // namespace

bool Completeness::refused(SeriesKey const& series, Place place) const {
  auto const& plan = scenario_.plan;
  if (series.ticker == plan.not_entitled) return true;
  if (series.ticker == plan.odd && place.start < market_.calendar().zone().at(plan.odd_from, 0ms))
    return true;
  return plan.horizon && place.start < market_.calendar().zone().at(*plan.horizon, 0ms);
}

// What a plan refuses is known by the plan: of the rest nothing is to be marked as if it were refused.
bool Completeness::excuses(SeriesKey const& series, GapRow const& gap) const {
  auto const& plan = scenario_.plan;
  if (gap.reason == GapReason::horizon) return false;
  return gap.reason != GapReason::not_entitled || plan.end_of_day || series.ticker == plan.odd_today;
}

bool Completeness::due(JobPlan const& job, SeriesKey const& series, Place place, UtcTime when) const {
  auto const& plan = scenario_.plan;
  bool const end_of_day = plan.end_of_day || series.ticker == plan.odd_today;
  auto const closes = end_of_day ? place.session_closes : place.closes;
  auto const published = closes + (plan.delayed ? 15min + promised_publication : promised_publication);
  return published + delay_of(job.schedule) <= last_run(job.schedule, when);
}

SeriesRow const* Completeness::row_of(SeriesKey const& series) const {
  for (auto const& [id, row] : tables_.series())
    if (row.key == series) return &row;
  return nullptr;
}

std::vector<Place> Completeness::owed(JobPlan const& job, SeriesKey const& series, UtcTime when) const {
  auto const* const row = row_of(series);
  TimeRange const wanted{.from = market_.calendar().zone().at(job.history, 0ms), .to = when};
  std::vector<Place> owed;
  for (auto const& place : market_.places(series.timeframe, wanted)) {
    if (refused(series, place)) continue;
    if (row != nullptr && row->covered.contains({.from = place.start, .to = place.start + 1ms})) continue;
    owed.push_back(place);
  }
  while (!owed.empty() && !due(job, series, owed.back(), when)) owed.pop_back();
  return owed;
}

std::int64_t Completeness::requests_owed(UtcTime when) const {
  std::int64_t requests = 0;
  for (auto const& job : scenario_.jobs)
    for (auto const& ticker : job.symbols) {
      auto const places = owed(job, {.ticker = ticker, .timeframe = job.timeframe}, when);
      UtcTime last{};
      for (auto const& place : places) {
        if (place.start > last + nominal_length(job.timeframe)) ++requests;
        last = place.start;
      }
      requests += std::ssize(places) / static_cast<std::int64_t>(scenario_.plan.page_bars) + 1;
    }
  return requests;
}

void Completeness::check_settled(UtcTime when, UtcTime excused_after) {
  for (auto const& [id, row] : tables_.series())
    for (auto const& settled : row.settled)
      for (auto const& place : market_.places(row.key.timeframe, {.from = settled.since, .to = when})) {
        TimeRange const time{.from = place.start, .to = place.start + 1ms};
        bool const excused = std::ranges::any_of(row.gaps, [&](GapRow const& gap) {
          return gap.during.contains(place.start) && gap.next_try_at > excused_after;
        });
        if (place.session_closes + settled.after > when || refused(row.key, place) || excused) continue;
        if (!row.covered.contains(time) || settled.during.contains(time)) continue;
        world_.violation(fmt::format("{} {} {}: not read again although its session had closed {} before {}",
                                     row.key.ticker, to_string(row.key.timeframe), to_rfc3339(place.start),
                                     in_words(settled.after), to_rfc3339(when)));
        break;
      }
}

void Completeness::check(UtcTime due_at, UtcTime excused_after) {
  for (auto const& job : scenario_.jobs)
    for (auto const& ticker : job.symbols) {
      SeriesKey const series{.ticker = ticker, .timeframe = job.timeframe};
      auto places = owed(job, series, due_at);
      if (auto const* const row = row_of(series))
        for (auto const& gap : row->gaps)
          if (gap.next_try_at > excused_after && excuses(series, gap))
            std::erase_if(places, [&](Place const& place) { return gap.during.contains(place.start); });
      if (places.empty()) continue;
      world_.violation(fmt::format("{} {}: {} windows that were due at {} are not covered, the first is {}",
                                   ticker, to_string(job.timeframe), places.size(), to_rfc3339(due_at),
                                   to_rfc3339(places.front().start)));
    }
}

}  // namespace candled::sim
