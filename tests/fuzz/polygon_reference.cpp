// A provider's answer to a request for splits, dividends or names: any bytes as its body.
#include "provider/polygon_reference.hpp"

#include <algorithm>
#include <cmath>

#include "fuzz/promise.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  using fuzz::promise;
  auto const body = fuzz::text_of(data, size);
  if (body.contains("CANARY")) return -1;  // libFuzzer reads our comparisons: that would be its own
  static PolygonReference const reference{"https://api.massive.com", Secret{"CANARY"}};
  for (auto const kind : {ReferenceKind::splits, ReferenceKind::dividends, ReferenceKind::ticker_changes}) {
    for (auto const& path : reference.paths(kind, "AAPL")) {
      HttpResponse const response{
          .status = 200, .body = std::string{body}, .content_type = "application/json"};
      auto const page = reference.parse(kind, path, response);
      if (!page) {
        promise(!page.error().what.empty(), "an error says what is wrong");
        promise(!page.error().what.contains("CANARY"), "an error holds no secret");
        continue;
      }
      promise(page->next.empty() || page->next.starts_with('/'), "the rest is on the configured host");
      promise(std::ranges::all_of(page->actions,
                                  [](auto const& action) {
                                    return std::isfinite(action.value) && action.value >= 0 &&
                                           !action.ticker.empty() && !action.id.empty();
                                  }),
              "an action can be true and has an identity");
      promise(std::ranges::all_of(page->names, [](auto const& name) { return !name.ticker.empty(); }),
              "a name is one");
    }
  }
  return 0;
}
