// A provider's answer to a request for bars: any bytes as its body.
#include <algorithm>

#include "core/check_bars.hpp"
#include "fuzz/promise.hpp"
#include "provider/polygon.hpp"

namespace candled::fuzz {
namespace {

constexpr std::string_view base_url = "https://api.massive.com";

void read(Timeframe timeframe, int status, std::string_view body) {
  PolygonProvider provider{std::string{base_url}, Secret{"CANARY"}};
  Window const rest{.series = SeriesId{1},
                    .ticker = "AAPL",
                    .range = {.from = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1},
                              .to = std::chrono::sys_days{std::chrono::year{2030} / 1 / 1}}};
  HttpResponse response{.status = status, .body = std::string{body}, .content_type = "application/json"};
  std::vector<Bar> bars{Bar{}};
  auto const page = provider.parse(rest, timeframe, response, bars);
  if (!page) {
    promise(bars.size() == 1, "nothing is appended on an error");
    promise(!page.error().what.empty(), "an error says what is wrong");
    promise(!page.error().what.contains("CANARY"), "an error holds no secret");
    return;
  }
  promise(status == 200, "only a good status brings bars");
  promise(bars.size() == page->bars + 1, "what was appended is counted");
  bars.erase(bars.begin());
  promise(std::ranges::all_of(bars, [&](Bar const& bar) { return rest.range.contains(bar.start); }),
          "all bars are within the range that was asked for");
  promise(page->proven_until > rest.range.from && page->proven_until <= rest.range.to,
          "a page proves something, and no more than was asked for");
  promise(!page->cursor.empty() || page->proven_until == rest.range.to, "the last page proves all");
  if (!page->cursor.empty()) {
    Window const next{.series = rest.series,
                      .ticker = rest.ticker,
                      .range = {.from = page->proven_until, .to = rest.range.to}};
    auto const request = provider.request(next, timeframe, page->cursor);
    promise(request.url.starts_with(std::string{base_url} + "/v2/aggs/ticker/AAPL/range/"),
            "a cursor leads to the same series of the configured host");
  }
  CheckContext const context{.timeframe = timeframe, .zone = Zone::new_york(), .range = rest.range};
  check_bars(bars, 0, context);
  promise(std::ranges::adjacent_find(bars, std::ranges::greater_equal{}, &Bar::start) == bars.end(),
          "checked bars are in order, each once");
  promise(std::ranges::all_of(bars, [&](Bar const& bar) { return !check(bar, context); }),
          "checked bars pass the check");
}

}  // namespace
}  // namespace candled::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  auto const body = fuzz::text_of(data, size);
  if (body.contains("CANARY")) return -1;  // libFuzzer reads our comparisons: that would be its own
  for (auto const timeframe : {Timeframe::m1, Timeframe::d1}) fuzz::read(timeframe, 200, body);
  for (int const status : {401, 403, 404, 429, 500}) fuzz::read(Timeframe::m1, status, body);
  return 0;
}
