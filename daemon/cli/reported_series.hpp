// The series of one provider and timeframe, as the database's reports know them, under the provider's name or
// one that it had before.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/timeframe.hpp"
#include "store/reports.hpp"

namespace candled {

class ReportedSeries {
 public:
  // `names` are the provider's, that of today first. The rows are looked at later, too: they must outlive
  // this.
  ReportedSeries(std::vector<std::string> const& names, Timeframe timeframe,
                 std::vector<CoverageRow> const& coverage, std::vector<GapRow> const& gaps);

  // Its names and what is covered, by the ticker of today; one that nobody has registered has nothing
  // covered.
  Series of(std::string const& ticker) const;

  // Its open gaps: a gap goes by the ticker of its time.
  std::vector<GapRow> gaps_of(Series const& series) const;

 private:
  std::map<std::string_view, CoverageRow const*> coverage_;  // by ticker
  std::multimap<std::string_view, GapRow const*> gaps_;      // by ticker
};

}  // namespace candled
