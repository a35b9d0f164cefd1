// What must be there once nothing fails any more: computed from the market and the plan, not by candled's own
// plan.
#pragma once

#include <cstdint>

#include "sim/world/market.hpp"
#include "sim/world/model_tables.hpp"
#include "sim/world/scenario.hpp"
#include "sim/world/world.hpp"

namespace candled::sim {

class Completeness {
 public:
  Completeness(World& world, Scenario const& scenario, Market const& market, ModelTables const& tables)
      : world_(world), scenario_(scenario), market_(market), tables_(tables) {}

  // How many requests, at the most, it takes to fetch what was due at `when` and is not there.
  std::int64_t requests_owed(UtcTime when) const;
  // Every window that was due at `due_at` is covered, but for what the plan refuses and what is in a gap that
  // is not to be tried before `excused_after`.
  void check(UtcTime due_at, UtcTime excused_after);
  // What is covered of sessions that had closed long enough before `when` has been read again, for each
  // settle time.
  void check_settled(UtcTime when, UtcTime excused_after);

 private:
  bool refused(SeriesKey const& series, Place place) const;
  bool excuses(SeriesKey const& series, GapRow const& gap) const;
  bool due(JobPlan const& job, SeriesKey const& series, Place place, UtcTime when) const;
  // Windows of a job's series that are due and not covered.
  std::vector<Place> owed(JobPlan const& job, SeriesKey const& series, UtcTime when) const;
  SeriesRow const* row_of(SeriesKey const& series) const;

  World& world_;
  Scenario const& scenario_;
  Market const& market_;
  ModelTables const& tables_;
};

}  // namespace candled::sim
