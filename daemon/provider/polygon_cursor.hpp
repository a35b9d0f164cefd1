// Where an answer of Polygon's goes on: its next_url, of which nothing is believed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/window.hpp"
#include "provider/polygon.hpp"

namespace candled {

// "/v2/aggs/ticker/X:BTCUSD/range/1/minute/": what all pages of a series have in common.
std::string aggregates_path(std::string_view ticker, Timeframe timeframe);

// The zone in which the provider reads dates and cuts days: by class of asset, which the ticker's prefix
// tells (recorded daily bars start at 00:00 New York; of crypto X: and currencies C: at 00:00 UTC; of indices
// I: at 00:00 Chicago).
Zone zone_of(std::string_view ticker);

struct NextPage {
  UtcTime from;      // of the first bar that it can hold
  std::string path;  // path and query, for the configured host
};

// Takes a next_url that names the host of `base_url` (or, when that is one of the provider's two, the other),
// the same series, and a time; without its key, with our `adjusted`. malformed: anything else; `what` holds
// the reason, not the URL.
Result<NextPage> parse_next_url(std::string_view url, std::string_view base_url, std::string_view ticker,
                                Timeframe timeframe, Prices prices);

// A part of a path, or a value of a query; ':' stays as it is, as in the provider's own URLs.
std::string percent_encoded(std::string_view text);

// The reverse. nullopt: a % without two digits.
std::optional<std::string> percent_decoded(std::string_view text);

// Path and query, without its key, of a next_url that names the host as above and exactly this path.
// malformed: anything else.
Result<std::string> parse_next_path(std::string_view url, std::string_view base_url, std::string_view path);

}  // namespace candled
