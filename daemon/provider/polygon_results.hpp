// Reads `results`, the bars of one answer of Polygon's. For polygon_reader.cpp only.
#pragma once

#include <vector>

#include "provider/polygon_json.hpp"
#include "provider/polygon_reader.hpp"

namespace candled {

// Appends the bars within the range to `out`, in their order, and notes in `answer` how many there are, how
// many lie past the range, and those that cannot be read. malformed: no JSON, or a bar that cannot be one of
// this answer's; `what` says which.
Result<void> read_results(simdjson::ondemand::value value, BarLimits const& limits, std::vector<Bar>& out,
                          PolygonAnswer& answer);

}  // namespace candled
