// What an answer of Polygon's says of itself, held against what it is.
#pragma once

#include "core/error.hpp"
#include "core/timeframe.hpp"
#include "core/window.hpp"
#include "provider/polygon_reader.hpp"

namespace candled {

// The limit that is asked for: base aggregates (minutes for bars of minutes and hours, days for longer ones)
// a page.
inline constexpr std::int64_t base_aggregates_max = 50'000;

// `last`: where the last bar that was read ends, or rest.range.from. malformed: a count that is not the
// number of what is there, or a page that is full and says that nothing follows. docs/providers.md lists what
// is compared.
Result<void> check_counts(PolygonAnswer const& answer, Timeframe timeframe, TimeRange range,
                          UtcTime last_end);

}  // namespace candled
