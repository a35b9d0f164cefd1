// Seam: what a data source asks and how it answers, without any I/O.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/bar.hpp"
#include "core/error.hpp"
#include "core/window.hpp"
#include "http/http_client.hpp"

namespace candled {

// An answer with more bars that cannot be read is no bad day but broken: it is malformed as a whole.
inline constexpr std::size_t unreadable_bars_max = 1'000;

// A bar that is there and cannot be read: it costs its own time and nothing else.
struct UnreadableBar {
  Bar bar;  // what could be read of it, the rest NaN; without a time, its start is that of `between`
  std::string problem;  // for people: the key, and its value as it came
  // Where it may stand, as whole bars, if its time is what cannot be read. May be empty: between its
  // neighbours is no place.
  std::optional<TimeRange> between = std::nullopt;
};

// One answer's worth of bars, already appended to the caller's vector.
struct Page {
  std::size_t bars = 0;  // how many were appended
  UtcTime
      proven_until;    // the answer speaks for [window.from, proven_until): what is not there, does not exist
  std::string cursor;  // how to ask for the rest, [proven_until, window.to); empty: this was the last page
  std::string request_id;  // the provider's name for this answer, for its support; empty when it gave none
  // The plan has no live data: bars of the last minutes exist and are kept back. What is missing there is not
  // proven.
  bool delayed = false;
  std::size_t outside = 0;  // bars just past window.to that the provider added unasked; dropped
  std::vector<UnreadableBar> unreadable = {};  // all within [window.from, proven_until]
  std::size_t counts_too_large = 0;  // bars whose number of trades is beyond what is stored: they have none
};

class Provider {
 public:
  Provider() = default;
  Provider(Provider const&) = delete;
  Provider& operator=(Provider const&) = delete;
  virtual ~Provider() = default;

  // The request for the first page of `rest` (empty cursor), or for its continuation (the cursor of the page
  // before, whose `proven_until` is rest.range.from).
  virtual HttpRequest request(Window const& rest, Timeframe timeframe, std::string const& cursor) const = 0;

  // Appends the bars of an answer to `request(rest, …)` to `out`, in the order in which they came, unchecked
  // but for the time: all within rest.range. On an error nothing is appended. Errors, by what the provider
  // meant: rate_limited, remote_failed, remote_refused, key_refused, malformed; `what` ends with what the
  // operator can do. May grow the capacity of response.body, nothing else of it.
  virtual Result<Page> parse(Window const& rest, Timeframe timeframe, HttpResponse& response,
                             std::vector<Bar>& out) = 0;
};

}  // namespace candled
