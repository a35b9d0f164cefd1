// The day files of the simulated provider, some of which are not what they should be.
#pragma once

#include <memory>
#include <string>

#include "pipeline/flat_files.hpp"
#include "sim/world/draw.hpp"
#include "sim/world/safety.hpp"
#include "sim/world/scenario.hpp"
#include "support/temp_dir.hpp"

namespace candled::sim {

// Real files in a folder of their own: those of the days before the simulated one, for the timeframes of
// which there are files. They stay as they are, with what the provider knew when the day began.
class DayFiles {
 public:
  DayFiles(World& world, Scenario const& scenario, Market const& market, Safety& safety);

  // As a start of the daemon has them. nullptr: the scenario has none.
  std::shared_ptr<FlatFiles> opened() const;

 private:
  // How a file lies. Of none of these does it speak for the symbols that it seems to lack.
  enum class Lie { none, lower_case, quoted, cut };
  struct Row {
    SeriesKey series;
    Place place;
    Content content;
  };

  void write(JobPlan const& job, Date date);
  std::vector<std::vector<Row>> rows_of(JobPlan const& job, TimeRange day);

  World& world_;
  Market const& market_;
  Safety& safety_;
  Draw draw_;
  std::unique_ptr<test::TempDir> folder_;
};

}  // namespace candled::sim
