#include "provider/polygon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <optional>
#include <span>

#include "core/ticker_kind.hpp"
#include "provider/polygon_cursor.hpp"
#include "provider/polygon_reader.hpp"
#include "provider/polygon_redundancy.hpp"
#include "provider/polygon_refusal.hpp"

namespace candled {

namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::malformed, std::move(what) + "; if it stays so, tell the provider");
}

bool is_index(std::string_view ticker) {
  return kind_of(ticker) == TickerKind::index;
}

BarLimits limits_of(Window const& rest, Timeframe timeframe) {
  // The provider stitches the bar that forms now onto a page, and rounds `to` up to the end of a bar.
  auto const tolerated = std::max<Milliseconds>(std::chrono::days{1}, nominal_length(timeframe));
  return {.range = rest.range,
          .dropped_until = rest.range.to + tolerated,
          .volume = is_index(rest.ticker) ? Volume::optional : Volume::required,
          .ticker = rest.ticker};
}

// Hexadecimal digits and dashes, as recorded; anything else could be anything.
std::string request_id_of(PolygonAnswer const& answer) {
  auto const odd = [](unsigned char c) { return std::isalnum(c) == 0 && c != '-'; };
  bool const usable = answer.request_id.size() <= 64 && std::ranges::none_of(answer.request_id, odd);
  return usable ? answer.request_id : std::string{};
}

// Foreign and adjusted data have been served under the right URL: every page must say whose it is.
Result<void> check_echo(PolygonAnswer const& answer, std::string const& ticker, Prices prices,
                        Secret const& key) {
  if (answer.ticker && *answer.ticker != ticker)
    return malformed(
        fmt::format("the answer is for ticker '{}', not {}", quote(*answer.ticker, key), ticker));
  if (!answer.ticker && answer.results > 0 && !is_index(ticker))
    return malformed("the answer names no ticker");
  if (!answer.adjusted && !is_index(ticker))
    return malformed("the answer does not say whether it is adjusted");
  if (answer.adjusted && *answer.adjusted != (prices == Prices::split_adjusted))
    return malformed(fmt::format("the answer says adjusted={}, which was not asked for", *answer.adjusted));
  return {};
}

// Good and unreadable ones.
std::optional<UtcTime> last_start(std::span<Bar const> bars, PolygonAnswer const& answer) {
  std::optional<UtcTime> last;
  if (!bars.empty())
    last = answer.in_order ? bars.back().start : std::ranges::max(bars, {}, &Bar::start).start;
  for (auto const& one : answer.unreadable)
    if (one.has_time) last = std::max(last, std::optional{one.bar.start});
  return last;
}

// With the text of a refusal beside it, OK is not OK: no recorded answer with bars, or without, has one.
Result<void> check_status(PolygonAnswer const& answer, Secret const& key) {
  auto const said = answer.error.value_or("").empty() ? answer.message.value_or("") : *answer.error;
  if (!answer.status) return malformed("the answer has no status");
  if (auto refused = classify_status(*answer.status, said, key)) return std::unexpected(*std::move(refused));
  if (said.empty()) return {};
  return malformed(
      fmt::format("the answer says status {} and '{}'", quote(*answer.status, key), quote(said, key)));
}

// One without a time stands between its neighbours, at the answer's ends up to what the answer speaks for.
std::vector<UnreadableBar> placed(std::vector<UnreadableResult> unreadable, Window const& rest,
                                  Timeframe timeframe, UtcTime proven_until, Secret const& key) {
  std::vector<UnreadableBar> bars;
  bars.reserve(unreadable.size());
  for (auto& one : unreadable) {
    UnreadableBar bar{.bar = one.bar, .problem = quote(one.problem, key)};
    if (!one.has_time) {
      auto const from = one.after ? bar_end(timeframe, zone_of(rest.ticker), *one.after) : rest.range.from;
      bar.bar.start = std::clamp(from, rest.range.from, proven_until);
      bar.between = {.from = bar.bar.start, .to = std::min(one.before.value_or(proven_until), proven_until)};
    }
    bars.push_back(std::move(bar));
  }
  return bars;
}

// `last`: the start of the last bar, wherever it lies.
Result<void> check_whole(PolygonAnswer const& answer, Window const& rest, Timeframe timeframe,
                         std::optional<UtcTime> last) {
  if (!answer.in_order && std::ranges::any_of(answer.unreadable, std::not_fn(&UnreadableResult::has_time)))
    return malformed("a bar's time cannot be read, and the bars are in no order that could tell it");
  auto last_end = rest.range.from;
  if (last) last_end = bar_end(timeframe, zone_of(rest.ticker), *last);
  if (answer.outside > 0) last_end = rest.range.to;
  if (auto counted = check_counts(answer, timeframe, rest.range, last_end); !counted)
    return malformed(std::move(counted.error().what));
  return {};
}

// Lets the page end where the next one begins; false: that is no later than where this one did.
bool goes_on(Page& page, NextPage next, Window const& rest, Timeframe timeframe,
             std::optional<UtcTime> last) {
  // A page may end in the middle of a bar, of which the next one then has the whole.
  auto const from = bar_start(timeframe, zone_of(rest.ticker), next.from);
  if (from <= rest.range.from || (last && from <= *last)) return false;
  if (from < rest.range.to) {
    page.proven_until = from;
    page.cursor = std::move(next.path);
  }
  return true;
}

}  // namespace

PolygonProvider::PolygonProvider(std::string base_url, Secret api_key, Prices prices)
    : base_url_(std::move(base_url)),
      api_key_(std::move(api_key)),
      prices_(prices),
      reader_(std::make_unique<PolygonReader>()) {}

PolygonProvider::~PolygonProvider() = default;

HttpRequest PolygonProvider::request(Window const& rest, Timeframe timeframe,
                                     std::string const& cursor) const {
  if (!cursor.empty()) return {.url = base_url_ + cursor, .bearer = api_key_};
  // Both ends are inclusive there, and `to` is rounded up to the end of its bar.
  auto const from = rest.range.from.time_since_epoch().count();
  auto const to = rest.range.to.time_since_epoch().count() - 1;
  return {.url = fmt::format("{}{}{}/{}?adjusted={}&sort=asc&limit=50000", base_url_,
                             aggregates_path(rest.ticker, timeframe), from, to,
                             prices_ == Prices::split_adjusted),
          .bearer = api_key_};
}

Result<Page> PolygonProvider::parse(Window const& rest, Timeframe timeframe, HttpResponse& response,
                                    std::vector<Bar>& out) {
  auto const before = out.size();
  auto page = read(rest, timeframe, response, out);
  if (!page) out.resize(before);
  return page;
}

Result<Page> PolygonProvider::read(Window const& rest, Timeframe timeframe, HttpResponse& response,
                                   std::vector<Bar>& out) {
  if (auto refused = classify(response, api_key_)) return std::unexpected(*std::move(refused));
  auto const before = out.size();
  auto answer = reader_->read(response.body, limits_of(rest, timeframe), out);
  if (!answer && answer.error().kind == ErrorKind::malformed)
    return malformed(fmt::format("the answer cannot be read: {}", answer.error().what));
  if (!answer) return std::unexpected(answer.error());

  if (auto const fine = check_status(*answer, api_key_); !fine) return std::unexpected(fine.error());
  if (auto const echo = check_echo(*answer, rest.ticker, prices_, api_key_); !echo)
    return std::unexpected(echo.error());
  auto const last = last_start(std::span{out}.subspan(before), *answer);
  if (auto const whole = check_whole(*answer, rest, timeframe, last); !whole)
    return std::unexpected(whole.error());

  Page page{.bars = out.size() - before,
            .proven_until = rest.range.to,
            .cursor = {},
            .request_id = request_id_of(*answer),
            .delayed = *answer->status == "DELAYED",
            .outside = answer->outside,
            .counts_too_large = answer->counts_too_large};
  if (answer->next_url) {
    auto next = parse_next_url(*answer->next_url, base_url_, rest.ticker, timeframe, prices_);
    if (!next) return malformed(std::move(next.error().what));
    if (!goes_on(page, *std::move(next), rest, timeframe, last))
      return malformed("next_url does not advance");
  }
  page.unreadable = placed(std::move(answer->unreadable), rest, timeframe, page.proven_until, api_key_);
  return page;
}

}  // namespace candled
