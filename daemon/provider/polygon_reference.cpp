#include "provider/polygon_reference.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "provider/polygon_cursor.hpp"
#include "provider/polygon_refusal.hpp"

namespace candled {

namespace {

namespace dom = simdjson::dom;

std::unexpected<Error> malformed(std::string const& what) {
  return fail(ErrorKind::malformed, what + "; if it stays so, tell the provider");
}

std::optional<std::string> text(dom::object const& object, char const* name) {
  std::string_view value;
  if (object[name].get(value) != simdjson::SUCCESS || value.empty()) return std::nullopt;
  return std::string{value};
}

std::optional<double> number(dom::object const& object, char const* name) {
  double value = 0;
  if (object[name].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<Date> date(dom::object const& object, char const* name) {
  return parse_date(text(object, name).value_or(""));
}

std::optional<CorporateAction> split_of(dom::object const& object) {
  auto const ticker = text(object, "ticker");
  auto const day = date(object, "execution_date");
  auto const before = number(object, "split_from");
  auto const after = number(object, "split_to");
  if (!ticker || !day || !before || !after || !(*before > 0) || !(*after > 0)) return std::nullopt;
  return CorporateAction{.ticker = *ticker,
                         .kind = ActionKind::split,
                         .ex_date = *day,
                         .value = *after / *before,
                         .id = text(object, "id").value_or("")};
}

std::optional<CorporateAction> dividend_of(dom::object const& object) {
  auto const ticker = text(object, "ticker");
  auto const day = date(object, "ex_dividend_date");
  auto const amount = number(object, "cash_amount");
  if (!ticker || !day || !amount || !(*amount >= 0)) return std::nullopt;
  return CorporateAction{.ticker = *ticker,
                         .kind = ActionKind::dividend,
                         .ex_date = *day,
                         .value = *amount,
                         .currency = text(object, "currency").value_or(""),
                         .id = text(object, "id").value_or("")};
}

Result<void> read_actions(dom::object const& answer, ReferenceKind kind,
                          std::vector<CorporateAction>& actions) {
  dom::array results;
  if (answer["results"].get(results) != simdjson::SUCCESS) return {};  // none: absent, or null
  std::size_t index = 0;
  for (auto const element : results) {
    dom::object object;
    std::optional<CorporateAction> action;
    if (element.get(object) == simdjson::SUCCESS)
      action = kind == ReferenceKind::splits ? split_of(object) : dividend_of(object);
    if (!action)
      return malformed(fmt::format("results[{}]: no {} that can be read", index,
                                   kind == ReferenceKind::splits ? "split" : "dividend"));
    if (action->id.empty())
      action->id = fmt::format("{} {} {} {}", action->ticker, to_string(action->kind),
                               to_string(action->ex_date), action->value);
    actions.push_back(*std::move(action));
    ++index;
  }
  return {};
}

// The tickers with their first days, oldest first; of two that begin on one day, the one that is told first
// is the later.
Result<std::vector<InstrumentName>> read_events(dom::array const& events, std::string const& instrument) {
  std::vector<InstrumentName> names;
  for (auto const element : events) {
    dom::object event;
    dom::object change;
    if (element.get(event) != simdjson::SUCCESS) return malformed("an event is no object");
    if (text(event, "type") != "ticker_change") continue;
    auto const day = date(event, "date");
    if (event["ticker_change"].get(change) != simdjson::SUCCESS || !day || !text(change, "ticker"))
      return malformed("a ticker change without ticker or date");
    names.insert(names.begin(),
                 {.instrument = instrument, .ticker = *text(change, "ticker"), .first = day, .last = {}});
  }
  std::ranges::sort(names, {}, [](InstrumentName const& name) { return *name.first; });
  return names;
}

Result<void> read_names(dom::object const& answer, std::vector<InstrumentName>& names) {
  dom::object results;
  dom::array events;
  if (answer["results"].get(results) != simdjson::SUCCESS) return malformed("the answer has no results");
  auto const instrument = text(results, "composite_figi");
  if (!instrument || results["events"].get(events) != simdjson::SUCCESS) return {};
  auto const begun = read_events(events, *instrument);
  if (!begun) return std::unexpected(begun.error());
  for (auto const& name : *begun) {
    if (!names.empty() && names.back().ticker == name.ticker) continue;  // told twice
    if (!names.empty()) names.back().last = std::chrono::sys_days{*name.first} - std::chrono::days{1};
    if (!names.empty() && *names.back().last < *names.back().first) names.pop_back();
    names.push_back(name);
  }
  return {};
}

}  // namespace

PolygonReference::PolygonReference(std::string base_url, Secret api_key)
    : base_url_(std::move(base_url)), api_key_(std::move(api_key)) {}

std::vector<std::string> PolygonReference::paths(ReferenceKind kind, std::string const& ticker) const {
  auto const name = percent_encoded(ticker);
  auto const query = fmt::format("ticker={}&limit=1000", name);
  switch (kind) {
    case ReferenceKind::splits: return {"/stocks/v1/splits?" + query, "/v3/reference/splits?" + query};
    case ReferenceKind::dividends:
      return {"/stocks/v1/dividends?" + query, "/v3/reference/dividends?" + query};
    case ReferenceKind::ticker_changes:
      return {fmt::format("/vX/reference/tickers/{}/events?types=ticker_change", name)};
  }
  return {};
}

HttpRequest PolygonReference::request(std::string const& path) const {
  return {.url = base_url_ + path, .bearer = api_key_};
}

Result<ReferencePage> PolygonReference::parse(ReferenceKind kind, std::string const& path,
                                              HttpResponse const& response) const {
  if (auto refused = classify(response, api_key_)) return std::unexpected(*std::move(refused));
  dom::parser parser;
  dom::object answer;
  auto const error = parser.parse(response.body).get(answer);
  if (error) return malformed(fmt::format("the answer cannot be read: {}", simdjson::error_message(error)));
  auto const status = text(answer, "status");
  if (!status) return malformed("the answer has no status");
  auto const words = text(answer, "error").value_or(text(answer, "message").value_or(""));
  if (auto refused = classify_status(*status, words, api_key_)) return std::unexpected(*std::move(refused));

  ReferencePage page;
  auto const read = kind == ReferenceKind::ticker_changes ? read_names(answer, page.names)
                                                          : read_actions(answer, kind, page.actions);
  if (!read) return std::unexpected(read.error());
  auto const next = text(answer, "next_url");
  if (!next) return page;
  auto rest = parse_next_path(*next, base_url_, path.substr(0, path.find('?')));
  if (!rest) return malformed(rest.error().what);
  if (*rest == path) return malformed("next_url does not advance");
  page.next = *std::move(rest);
  return page;
}

}  // namespace candled
