// Where a provider says that its answer goes on: any text at all.
#include <algorithm>

#include "fuzz/promise.hpp"
#include "provider/polygon_cursor.hpp"

namespace {

// What an attacker would like to smuggle into a request line, or to learn from it.
bool is_plain(std::string_view path) {
  auto const query = path.substr(std::min(path.find('?'), path.size()));
  return path.starts_with('/') && !query.starts_with("?apiKey=") && !query.contains("&apiKey=") &&
         std::ranges::all_of(path, [](unsigned char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  using fuzz::promise;
  auto const url = fuzz::text_of(data, size);
  for (auto const* const base : {"https://api.massive.com", "http://127.0.0.1:8080"}) {
    for (auto const* const ticker : {"AAPL", "X:BTCUSD"}) {
      auto const next = parse_next_url(url, base, ticker, Timeframe::m1, Prices::raw);
      promise(
          !next || (is_plain(next->path) && next->path.starts_with(aggregates_path(ticker, Timeframe::m1))),
          "a page that follows is of the same series");
    }
    auto const path = parse_next_path(url, base, "/stocks/v1/splits");
    promise(!path || (is_plain(*path) && path->starts_with("/stocks/v1/splits")),
            "the rest of an answer is at the same path");
  }
  return 0;
}
