#include "provider/polygon_reference.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "provider/polygon_cursor.hpp"
#include "provider/polygon_refusal.hpp"

namespace candled {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t keys_max = 100;  // recorded ones have 12

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

bool is_absent(dom::object const& object, char const* name) {
  dom::element value;
  return object[name].get(value) != simdjson::SUCCESS || value.is_null();
}

// A key that comes twice says two things, and only the first would be seen.
Result<void> check_keys(dom::object const& object, char const* whose) {
  std::vector<std::string_view> keys;
  for (auto const field : object) {
    if (std::ranges::find(keys, field.key) != keys.end())
      return malformed(fmt::format("{} has a key twice", whose));
    keys.push_back(field.key);
    if (keys.size() > keys_max) return malformed(fmt::format("{} has more than {} keys", whose, keys_max));
  }
  return {};
}

// What an answer says of itself, where it does: how many rows there are, and that nothing went wrong.
Result<void> check_counts(dom::object const& answer, std::size_t rows) {
  for (auto const* key : {"count", "resultsCount"}) {
    if (is_absent(answer, key)) continue;
    auto const said = number(answer, key);
    if (!said || *said != static_cast<double>(rows))
      return malformed(fmt::format("the answer's {} is not the number of its {} results", key, rows));
  }
  return {};
}

// The ticker that a path asks for; empty: a further page's, which does not say.
std::string asked_ticker(ReferenceKind kind, std::string_view path) {
  std::string_view const before = kind == ReferenceKind::ticker_changes ? "/tickers/" : "?ticker=";
  auto const found = path.find(before);
  if (found == std::string_view::npos) return {};
  auto const rest = path.substr(found + before.size());
  return percent_decoded(rest.substr(0, rest.find_first_of("/&"))).value_or("");
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
  // The newer form says in words what the numbers say.
  auto const type = text(object, "adjustment_type");
  if ((type == "forward_split" && *after < *before) || (type == "reverse_split" && *after > *before))
    return std::nullopt;
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

// nullopt: it cannot be read. Without a name of the source's it gets one from what it says.
std::optional<CorporateAction> action_of(dom::element const& element, ReferenceKind kind) {
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS || !check_keys(object, "a result")) return std::nullopt;
  auto action = kind == ReferenceKind::splits ? split_of(object) : dividend_of(object);
  if (action && action->id.empty())
    action->id = fmt::format("{} {} {} {}", action->ticker, to_string(action->kind),
                             to_string(action->ex_date), action->value);
  return action;
}

Result<void> read_actions(dom::object const& answer, ReferenceKind kind, std::string_view asked,
                          std::vector<CorporateAction>& actions) {
  if (is_absent(answer, "results")) return check_counts(answer, 0);
  dom::array results;
  if (answer["results"].get(results) != simdjson::SUCCESS) return malformed("results is no array");
  std::size_t index = 0;
  for (auto const element : results) {
    auto action = action_of(element, kind);
    if (!action)
      return malformed(fmt::format("results[{}]: no {} that can be read", index,
                                   kind == ReferenceKind::splits ? "split" : "dividend"));
    if (!asked.empty() && action->ticker != asked)
      return malformed(fmt::format("results[{}] is of another ticker than {}", index, asked));
    actions.push_back(*std::move(action));
    ++index;
  }
  return check_counts(answer, index);
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

// The instrument was found by a ticker, which must be one of those that it had.
Result<void> read_names(dom::object const& answer, std::string_view asked,
                        std::vector<InstrumentName>& names) {
  dom::object results;
  dom::array events;
  if (answer["results"].get(results) != simdjson::SUCCESS) return malformed("the answer has no results");
  auto const instrument = text(results, "composite_figi");
  if (!instrument || results["events"].get(events) != simdjson::SUCCESS) return {};
  auto const begun = read_events(events, *instrument);
  if (!begun) return std::unexpected(begun.error());
  if (!asked.empty() && !begun->empty() &&
      std::ranges::find(*begun, asked, &InstrumentName::ticker) == begun->end())
    return malformed(fmt::format("none of the instrument's tickers is {}, by which it was found", asked));
  for (auto const& name : *begun) {
    if (!names.empty() && names.back().ticker == name.ticker) continue;  // told twice
    if (!names.empty()) names.back().last = std::chrono::sys_days{*name.first} - std::chrono::days{1};
    if (!names.empty() && *names.back().last < *names.back().first) names.pop_back();
    names.push_back(name);
  }
  return {};
}

Result<void> check_status(dom::object const& answer, Secret const& key) {
  for (auto const* name : {"error", "message"})
    if (std::string_view value; !is_absent(answer, name) && answer[name].get(value) != simdjson::SUCCESS)
      return malformed(fmt::format("the answer's {} is no text", name));
  auto const status = text(answer, "status");
  if (!status) return malformed("the answer has no status");
  auto const words = text(answer, "error").value_or(text(answer, "message").value_or(""));
  if (auto refused = classify_status(*status, words, key)) return std::unexpected(*std::move(refused));
  if (words.empty()) return {};
  return malformed(fmt::format("the answer says status {} and '{}'", quote(*status, key), quote(words, key)));
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
  if (auto const once = check_keys(answer, "the answer"); !once) return std::unexpected(once.error());
  if (auto const fine = check_status(answer, api_key_); !fine) return std::unexpected(fine.error());

  ReferencePage page;
  auto const asked = asked_ticker(kind, path);
  auto const read = kind == ReferenceKind::ticker_changes ? read_names(answer, asked, page.names)
                                                          : read_actions(answer, kind, asked, page.actions);
  if (!read) return std::unexpected(read.error());
  if (is_absent(answer, "next_url")) return page;
  auto const next = text(answer, "next_url");
  if (!next) return malformed("next_url leads nowhere");
  auto rest = parse_next_path(*next, base_url_, path.substr(0, path.find('?')));
  if (!rest) return malformed(rest.error().what);
  if (*rest == path) return malformed("next_url does not advance");
  page.next = *std::move(rest);
  return page;
}

}  // namespace candled
