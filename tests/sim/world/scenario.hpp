// All that is drawn for one seed before its day begins: the day, the jobs, the plan, the faults.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/calendar.hpp"
#include "core/limits.hpp"
#include "core/schedule.hpp"
#include "pipeline/run_batch.hpp"

namespace candled::sim {

// Every seed has some of these and not the others (swarm testing: all faults at once hide bugs). Rates are
// per request, or per call of the store; 0: not in this seed.
struct Faults {
  double transport = 0;     // no answer: at once
  double timeout = 0;       // no answer: after 30 s
  double server_error = 0;  // 500, 502, 503, or HTML
  double throttled = 0;     // 429 although the plan allows it
  double malformed = 0;
  double impossible = 0;     // a bar of the answer cannot be true
  double wrong = 0;          // a bar of the answer has values that are not its own
  double slow = 0;           // an answer takes seconds
  double contradiction = 0;  // an answer says otherwise in one place than in another, and lacks bars
  double wrong_clock = 0;    // an answer is of another year by its Date, and has no bars
  double db_unavailable = 0;
  double db_deadlock = 0;
  double db_in_doubt = 0;  // the reply to COMMIT is lost; half of the time it was done
  double db_slow = 0;
  double kill_at_commit = 0;
};

// Times of trouble, drawn over phase 1.
struct Troubles {
  int kills = 0;
  int crash_loops = 0;  // ten kills within a minute
  int stops = 0;        // in good order
  int provider_outages = 0;
  int database_outages = 0;
  int key_refusals = 0;
  int clock_set_back = 0;
  int clock_set_ahead = 0;
  int suspends = 0;
  int requests = 0;  // of people, for history or repairs; some they take back
};

// What the provider's plan allows.
struct Plan {
  RateLimit limit;
  std::optional<Date> horizon;  // nothing before it
  std::string not_entitled;     // this ticker is not included; empty: all are
  std::string odd;              // this ticker's history begins later than the plan's, or never; empty: none's
  Date odd_from{};              // then
  std::string odd_today;        // this ticker has a day only after its end; empty: none
  bool delayed = false;         // the last 15 minutes are kept back
  bool end_of_day = false;      // a day only after its end
  std::size_t page_bars = 50'000;  // of one answer at most
  double json = 0;                 // the share of answers that come as Polygon writes them, for its reader
};

struct JobPlan {
  std::string name;
  Timeframe timeframe{};
  std::vector<std::string> symbols;
  Date history{};
  Schedule schedule;
  BatchShape shape;
  std::vector<Milliseconds> settle;
};

struct Scenario {
  std::uint64_t seed = 0;
  std::string day;  // why this day: "summer time begins"
  CalendarKind calendar = CalendarKind::xnys;
  UtcTime begins{};
  UtcTime calm_from{};  // phase 2: no faults from here on
  UtcTime ends{};
  Plan plan;
  BreakerPolicy breaker;
  RetryPolicy retry;
  std::size_t concurrency = 4;
  bool day_files = false;             // of the days before, and some of them lie
  bool database_on_this_host = true;  // and so it has the host's wall clock
  std::vector<JobPlan> jobs;
  Faults faults;
  Troubles troubles;

  Calendar make_calendar() const { return Calendar{calendar}; }
};

Scenario scenario_of(std::uint64_t seed);
// For the trace: one line.
std::string describe(Scenario const& scenario);

}  // namespace candled::sim
