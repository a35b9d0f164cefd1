#include "provider/polygon_redundancy.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>

namespace candled {

namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::malformed, std::move(what));
}

// How many base aggregates one bar holds at most: minutes, or days.
std::int64_t base_in_a_bar(Timeframe timeframe) {
  switch (timeframe) {
    case Timeframe::m1: return 1;
    case Timeframe::m5: return 5;
    case Timeframe::m15: return 15;
    case Timeframe::m30: return 30;
    case Timeframe::h1: return 60;
    case Timeframe::h4: return 300;  // on the day of 25 hours
    case Timeframe::d1: return 1;
    case Timeframe::w1: return 7;
    case Timeframe::mo1: return 31;
  }
  return 1;
}

Result<void> check_count(char const* key, std::optional<std::int64_t> said, std::int64_t there) {
  if (!said || *said == there) return {};
  return malformed(
      fmt::format("the answer says {} {} and has {} results: it is not whole", key, *said, there));
}

// The bar that forms now is stitched onto a page, and nobody has recorded whether it is counted.
std::int64_t stitched(PolygonAnswer const& answer) {
  return answer.outside > 0 || answer.status == "DELAYED" ? 1 : 0;
}

}  // namespace

Result<void> check_counts(PolygonAnswer const& answer, Timeframe timeframe, TimeRange range,
                          UtcTime last_end) {
  auto const there = static_cast<std::int64_t>(answer.results);
  if (auto const same = check_count("resultsCount", answer.results_count, there); !same) return same;
  if (auto const same = check_count("count", answer.count, there); !same) return same;
  if (!answer.query_count) return {};
  auto const read = *answer.query_count;
  if (read < 0 || read < there - stitched(answer))
    return malformed(
        fmt::format("the answer says queryCount {} and has {} results, which takes more", read, there));
  auto const in_a_bar = base_in_a_bar(timeframe);
  // A bar that the limit cuts is left to the next page.
  auto const left = answer.next_url && in_a_bar > 1 ? 1 : 0;
  if (read > (there + left) * in_a_bar)
    return malformed(fmt::format(
        "the answer says queryCount {} and has {} results, which cannot hold that many", read, there));
  if (read >= base_aggregates_max && !answer.next_url && last_end < range.to)
    return malformed(
        fmt::format("the answer says queryCount {}, which is the limit, and no next_url: it is cut", read));
  return {};
}

}  // namespace candled
