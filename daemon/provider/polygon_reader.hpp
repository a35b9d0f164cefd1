// Reads the JSON of one answer of Polygon's. For polygon.cpp only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/bar.hpp"
#include "core/error.hpp"
#include "core/time.hpp"

namespace candled {

// What an answer says besides its bars. Empty: not said.
struct PolygonAnswer {
  std::optional<std::string> ticker;
  std::optional<bool> adjusted;
  std::optional<std::string> status;
  std::optional<std::string> next_url;
  std::string error;  // the text of a refusal is in one of these two
  std::string message;
  std::string request_id;
  bool has_results = false;  // at least one bar, wherever it lies
  std::size_t outside = 0;   // bars in [range.to, dropped_until)
};

// Indices have no volume; of anything else, a bar without one is malformed.
enum class Volume { required, optional };

struct BarLimits {
  TimeRange range;
  UtcTime dropped_until;  // bars from range.to until here are dropped; any other outside range is malformed
  Volume volume = Volume::required;
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
