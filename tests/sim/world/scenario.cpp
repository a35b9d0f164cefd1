#include "sim/world/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sim/world/draw.hpp"

namespace candled::sim {

using namespace std::chrono_literals;
using std::chrono::sys_days, std::chrono::year;

namespace {

struct Day {
  char const* why;
  Date date;
};

// 2024: the days on which a market's clock, or its hours, are not as on others.
constexpr std::array days{
    Day{"an ordinary day", year{2024} / 6 / 12},
    Day{"a Friday", year{2024} / 9 / 20},
    Day{"the Sunday on which summer time begins", year{2024} / 3 / 10},
    Day{"the Monday after", year{2024} / 3 / 11},
    Day{"the Sunday on which summer time ends", year{2024} / 11 / 3},
    Day{"the Monday after", year{2024} / 11 / 4},
    Day{"an early close", year{2024} / 11 / 29},
    Day{"a holiday", year{2024} / 7 / 4},
    Day{"the last day of a year", year{2024} / 12 / 31},
};

constexpr std::array names{"AAPL", "MSFT", "BRK.B", "SPY", "GE", "T"};

Date days_before(Date date, std::int64_t count) {
  return Date{sys_days{date} - std::chrono::days{count}};
}

// Absent in half of the seeds; else between a rare and a frequent one, on a logarithmic scale.
double rate(Draw& draw, double least, double most) {
  double const chosen = std::exp(std::log(least) + draw.unit() * (std::log(most) - std::log(least)));
  return draw.chance(0.5) ? chosen : 0;
}

int times(Draw& draw, int most) {
  int const chosen = static_cast<int>(draw.between(1, most));
  return draw.chance(0.4) ? chosen : 0;
}

Faults draw_faults(Draw draw) {
  return {.transport = rate(draw, 0.002, 0.1),
          .timeout = rate(draw, 0.001, 0.05),
          .server_error = rate(draw, 0.002, 0.2),
          .throttled = rate(draw, 0.001, 0.05),
          .malformed = rate(draw, 0.001, 0.05),
          .impossible = rate(draw, 0.001, 0.05),
          .wrong = rate(draw, 0.001, 0.05),
          .slow = rate(draw, 0.002, 0.1),
          .db_unavailable = rate(draw, 0.002, 0.1),
          .db_deadlock = rate(draw, 0.002, 0.05),
          .db_in_doubt = rate(draw, 0.002, 0.1),
          .db_slow = rate(draw, 0.002, 0.1),
          .kill_at_commit = rate(draw, 0.0005, 0.02)};
}

Troubles draw_troubles(Draw draw) {
  return {.kills = times(draw, 20),
          .crash_loops = times(draw, 2),
          .stops = times(draw, 5),
          .provider_outages = times(draw, 3),
          .database_outages = times(draw, 3),
          .key_refusals = times(draw, 2),
          .clock_set_back = times(draw, 3),
          .clock_set_ahead = times(draw, 3),
          .suspends = times(draw, 3),
          .requests = times(draw, 4)};
}

Plan draw_plan(Draw draw, Date day, std::vector<std::string> const& symbols) {
  constexpr std::array requests{10, 30, 60, 150, 300};
  Plan plan;
  plan.limit = {.requests = draw.one_of(requests),
                .per = 60s,
                .burst = static_cast<int>(draw.between(1, 10)),
                .adaptive = draw.chance(0.5)};
  if (draw.chance(0.15)) plan.horizon = days_before(day, draw.between(1, 3));
  if (draw.chance(0.15)) plan.not_entitled = draw.one_of(symbols);
  plan.delayed = draw.chance(0.15);
  plan.end_of_day = !plan.delayed && draw.chance(0.1);
  if (draw.chance(0.4)) plan.page_bars = static_cast<std::size_t>(draw.between(150, 2'000));
  return plan;
}

// One symbol that is refused what the others are given, in the same words as the plan's limits.
void draw_odd_symbols(Plan& plan, Draw draw, Date day, std::vector<std::string> const& symbols) {
  if (draw.chance(0.2)) {
    plan.odd = draw.one_of(symbols);
    plan.odd_from = days_before(day, draw.chance(0.3) ? -60 : draw.between(2, 30));
  }
  if (draw.chance(0.1)) plan.odd_today = draw.one_of(symbols);
}

std::vector<JobPlan> draw_jobs(Draw draw, Date day) {
  constexpr std::array<Milliseconds, 5> every{1min, 5min, 5min, 10min, 15min};
  auto const count = draw.between(2, 4);
  std::vector<std::string> const symbols{names.begin(), names.begin() + count};
  std::vector<Milliseconds> const settle =
      draw.chance(0.7) ? std::vector<Milliseconds>{15min, 6h} : std::vector<Milliseconds>{};
  BatchShape const shape{.parallel = static_cast<int>(draw.between(1, 3)),
                         .stagger = Milliseconds{draw.between(0, 2) * 500}};
  // Once a minute is dear: for two symbols only.
  auto const pause = count == 2 ? draw.one_of(every) : every[static_cast<std::size_t>(draw.between(1, 4))];
  std::vector<JobPlan> jobs;
  jobs.push_back(
      {.name = "minutes",
       .timeframe = Timeframe::m1,
       .symbols = symbols,
       .history = days_before(day, draw.between(1, 5)),
       .schedule = EverySchedule{.every = pause, .delay = Milliseconds{draw.between(15, 40) * 1'000}},
       .shape = shape,
       .settle = settle});
  jobs.push_back({.name = "days",
                  .timeframe = Timeframe::d1,
                  .symbols = symbols,
                  .history = days_before(day, draw.between(20, 200)),
                  .schedule = draw.chance(0.5) ? Schedule{EverySchedule{.every = 1h, .delay = 1min}}
                                               : Schedule{DailySchedule{.time = Milliseconds{21h + 30min},
                                                                        .zone = Zone::new_york()}},
                  .shape = shape,
                  .settle = settle});
  if (draw.chance(0.4))
    jobs.push_back({.name = "hours",
                    .timeframe = draw.chance(0.5) ? Timeframe::h1 : Timeframe::m15,
                    .symbols = {symbols.front(), symbols.back()},
                    .history = days_before(day, draw.between(1, 20)),
                    .schedule = EverySchedule{.every = 15min, .delay = 30s},
                    .shape = shape,
                    .settle = settle});
  return jobs;
}

// What the provider says and what is not so. A stream of its own: the rest of each seed is as it was without.
void draw_lies(Draw draw, Scenario& scenario) {
  if (draw.chance(0.5)) scenario.plan.json = 0.1;
  scenario.faults.contradiction = rate(draw, 0.002, 0.05);
  scenario.faults.wrong_clock = rate(draw, 0.002, 0.05);
  scenario.day_files = draw.chance(0.25);
}

}  // namespace

Scenario scenario_of(std::uint64_t seed) {
  Draw draw{seed, "scenario"};
  auto const& day = draw.one_of(days);
  Scenario scenario{.seed = seed, .day = day.why};
  if (draw.chance(0.2)) scenario.calendar = CalendarKind::always;
  // From somewhere between a New York evening and its noon, for 24 hours and what phase 2 needs.
  scenario.begins = UtcTime{sys_days{day.date}} + std::chrono::minutes{draw.between(0, 16 * 60)};
  scenario.calm_from = scenario.begins + std::chrono::minutes{draw.between(18 * 60, 22 * 60)};
  scenario.ends = scenario.begins + 24h;
  scenario.jobs = draw_jobs(Draw{seed, "jobs"}, day.date);
  scenario.plan = draw_plan(Draw{seed, "plan"}, day.date, scenario.jobs.front().symbols);
  draw_odd_symbols(scenario.plan, Draw{seed, "odd symbols"}, day.date, scenario.jobs.front().symbols);
  scenario.breaker = {.failures = static_cast<int>(draw.between(3, 8)), .open_for = 60s};
  scenario.retry = {
      .multiplier = 1s, .min = 1s, .max = 120s, .attempts = static_cast<int>(draw.between(3, 10))};
  scenario.concurrency = static_cast<std::size_t>(draw.between(1, 8));
  scenario.database_on_this_host = draw.chance(0.7);
  scenario.faults = draw_faults(Draw{seed, "faults"});
  scenario.troubles = draw_troubles(Draw{seed, "troubles"});
  draw_lies(Draw{seed, "lies"}, scenario);
  return scenario;
}

std::string describe(Scenario const& s) {
  auto text = fmt::format(
      "{} ({}, {}), calm from {}; {} requests a minute, burst {}, {} bars a page{}{}{}{}{}{}{}",
      to_string(Date{std::chrono::floor<std::chrono::days>(s.begins)}), s.day,
      s.calendar == CalendarKind::xnys ? "XNYS" : "24x7", to_rfc3339(s.calm_from), s.plan.limit.requests,
      s.plan.limit.burst, s.plan.page_bars, s.plan.delayed ? ", delayed" : "",
      s.plan.end_of_day ? ", end of day" : "", s.plan.horizon ? ", from " + to_string(*s.plan.horizon) : "",
      s.plan.not_entitled.empty() ? "" : ", without " + s.plan.not_entitled,
      s.plan.odd.empty() ? "" : fmt::format(", {} from {}", s.plan.odd, to_string(s.plan.odd_from)),
      s.plan.odd_today.empty() ? "" : ", end of day for " + s.plan.odd_today,
      s.database_on_this_host ? "" : ", the database on another host");
  if (s.day_files) text += ", with day files";
  for (auto const& job : s.jobs)
    text += fmt::format("; {} {} of {} symbols since {}", job.name, to_string(job.timeframe),
                        job.symbols.size(), to_string(job.history));
  auto const& f = s.faults;
  text += fmt::format(
      "; transport {:.3f} timeout {:.3f} 5xx {:.3f} 429 {:.3f} malformed {:.3f} impossible {:.3f} wrong "
      "{:.3f} contradicting itself {:.3f} another year {:.3f} "
      "slow {:.3f} db: unavailable {:.3f} deadlock {:.3f} in doubt {:.3f} slow {:.3f} killed {:.3f}",
      f.transport, f.timeout, f.server_error, f.throttled, f.malformed, f.impossible, f.wrong,
      f.contradiction, f.wrong_clock, f.slow, f.db_unavailable, f.db_deadlock, f.db_in_doubt, f.db_slow,
      f.kill_at_commit);
  auto const& t = s.troubles;
  return text + fmt::format(
                    "; {} kills {} crash loops {} stops {} outages {} of the database {} key refusals, clock "
                    "{} back {} ahead, {} suspends, {} requests",
                    t.kills, t.crash_loops, t.stops, t.provider_outages, t.database_outages, t.key_refusals,
                    t.clock_set_back, t.clock_set_ahead, t.suspends, t.requests);
}

}  // namespace candled::sim
