// Reads the JSON of one answer of Polygon's. For polygon*.cpp only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bar.hpp"
#include "core/error.hpp"
#include "core/time.hpp"
#include "provider/provider.hpp"

namespace candled {

// An element of `results` that is no bar that can be read. What could not be read of it is NaN.
struct UnreadableResult {
  Bar bar;              // bar.start only if it has a time
  std::string problem;  // the key and its value as they came
  bool has_time = false;
  // The times of its neighbours in the answer, for one that has none. nullopt: there is no neighbour with a
  // time.
  std::optional<UtcTime> after = std::nullopt;
  std::optional<UtcTime> before = std::nullopt;
};

// What an answer says besides its bars. Empty: not said, or null.
struct PolygonAnswer {
  std::optional<std::string> ticker;
  std::optional<bool> adjusted;
  std::optional<std::string> status;
  std::optional<std::string> next_url;
  std::optional<std::string> error;  // the text of a refusal is in one of these two
  std::optional<std::string> message;
  std::string request_id;
  std::optional<std::int64_t> query_count;
  std::optional<std::int64_t> results_count;
  std::optional<std::int64_t> count;
  std::size_t results = 0;  // elements of `results`, wherever and whatever they are
  std::size_t outside = 0;  // bars in [range.to, dropped_until)
  bool in_order = true;     // no bar starts before the one ahead of it
  std::vector<UnreadableResult> unreadable;
  std::size_t counts_too_large = 0;  // bars whose n does not fit: they have none
};

// Indices have no volume; of anything else, a bar without one cannot be read.
enum class Volume { required, optional };

struct BarLimits {
  TimeRange range;
  UtcTime dropped_until;  // bars from range.to until here are dropped; any other outside range is malformed
  Volume volume = Volume::required;
  std::string_view ticker;  // that a bar which names one must name
};

// Keeps its memory from one answer to the next.
class PolygonReader {
 public:
  PolygonReader();
  ~PolygonReader();

  // Appends the bars within the range to `out`, in their order, and gives the rest. One pass, whatever the
  // order of the keys; unknown ones are ignored, a known one that comes twice is malformed. On an error some
  // bars may have been appended: the caller takes them back. remote_failed: the body ends in the middle.
  // malformed: anything else; `what` says where. May grow the capacity of `body`: the parser reads past its
  // end.
  Result<PolygonAnswer> read(std::string& body, BarLimits const& limits, std::vector<Bar>& out);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace candled
