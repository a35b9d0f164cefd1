#include "cli/reported_series.hpp"

#include "pipeline/job.hpp"

namespace candled {

ReportedSeries::ReportedSeries(std::vector<std::string> const& names, Timeframe timeframe,
                               std::vector<CoverageRow> const& coverage, std::vector<GapRow> const& gaps) {
  for (auto const& name : names) {
    auto const is_ours = [&](auto const& row) {
      return row.provider == name && row.timeframe == to_string(timeframe);
    };
    for (auto const& row : coverage)
      if (is_ours(row)) coverage_.emplace(row.ticker, &row);
    for (auto const& gap : gaps)
      if (is_ours(gap)) gaps_.emplace(gap.ticker, &gap);
  }
}

Series ReportedSeries::of(std::string const& ticker) const {
  Series series{.ticker = ticker, .covered = {}, .parked = {}, .again = {}, .settled = {}};
  if (auto const row = coverage_.find(ticker); row != coverage_.end()) {
    series.names = row->second->names;
    series.covered = row->second->covered;
  }
  return series;
}

std::vector<GapRow> ReportedSeries::gaps_of(Series const& series) const {
  std::vector<GapRow> found;
  for (auto const& name : names_of(series)) {
    auto const [begin, end] = gaps_.equal_range(name.ticker);
    for (auto gap = begin; gap != end; ++gap)
      if (name.during.overlaps(gap->second->range)) found.push_back(*gap->second);
  }
  return found;
}

}  // namespace candled
