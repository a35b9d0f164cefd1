// Polygon.io, now Massive: GET /v2/aggs/ticker/{ticker}/range/{multiplier}/{timespan}/{from}/{to}.
// What is said about the provider here was read in its documentation, its clients and recorded answers,
// 2026-11-22.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/secret.hpp"
#include "provider/provider.hpp"

namespace candled {

class PolygonReader;

// What an answer must say that its prices are. candled stores raw ones: a split then rewrites no bar.
enum class Prices { raw, split_adjusted };

// A page is at most 50,000 base aggregates (minutes for minute and hour bars, days for longer ones), and the
// end is only where next_url is absent. Empty answers are answers. The bar that is forming now may be added
// past the asked range: it is dropped and counted. An answer for another ticker, or with prices adjusted
// otherwise than asked, or whose next_url leads elsewhere or does not advance, or that contradicts itself
// (counts that are not those of what is there, the text of a refusal beside OK, a full page that says it is
// the last), is malformed, whatever else it holds. A bar that cannot be read costs its own time only.
class PolygonProvider final : public Provider {
 public:
  // `base_url`: scheme, host and port, no trailing slash. The key goes into the requests and nowhere else.
  PolygonProvider(std::string base_url, Secret api_key, Prices prices = Prices::raw);
  ~PolygonProvider() override;

  HttpRequest request(Window const& rest, Timeframe timeframe, std::string const& cursor) const override;
  Result<Page> parse(Window const& rest, Timeframe timeframe, HttpResponse& response,
                     std::vector<Bar>& out) override;

 private:
  Result<Page> read(Window const& rest, Timeframe timeframe, HttpResponse& response, std::vector<Bar>& out);

  std::string base_url_;
  Secret api_key_;
  Prices prices_;
  std::unique_ptr<PolygonReader> reader_;
};

}  // namespace candled
