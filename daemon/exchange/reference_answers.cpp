#include "exchange/reference_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

namespace candled {

namespace {

constexpr std::size_t limit_usual = 10;

bool is_events(RequestTarget const& target) {
  auto const& parts = target.segments;
  return parts.size() == 5 && parts[0] == "vX" && parts[1] == "reference" && parts[2] == "tickers" &&
         parts[4] == "events";
}

bool is_new_form(RequestTarget const& target) {
  return target.path.starts_with("/stocks/v1/");
}

std::optional<ActionKind> kind_of(RequestTarget const& target) {
  for (std::string const form : {"/stocks/v1/", "/v3/reference/"}) {
    if (target.path == form + "splits") return ActionKind::split;
    if (target.path == form + "dividends") return ActionKind::dividend;
  }
  return std::nullopt;
}

// Quoted, for names and identifiers: of printable ASCII, but for the two that JSON escapes.
std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char const c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) result += c;
  }
  return result + "\"";
}

std::size_t number_or(std::optional<std::string_view> text, std::size_t otherwise) {
  std::size_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{})
    return otherwise;
  return value;
}

std::string row_of(CorporateAction const& action) {
  auto const common = fmt::format(R"("id":{},"ticker":{})", quoted(action.id), quoted(action.ticker));
  if (action.kind == ActionKind::split)
    return fmt::format(R"({{"execution_date":"{}",{},"split_from":1,"split_to":{}}})",
                       to_string(action.ex_date), common, action.value);
  return fmt::format(R"({{"cash_amount":{},"currency":{},"ex_dividend_date":"{}",{}}})", action.value,
                     quoted(action.currency.empty() ? "USD" : action.currency), to_string(action.ex_date),
                     common);
}

Answer page_of(ReferenceData const& data, ActionKind kind, RequestTarget const& target, std::string_view host,
               std::string_view request_id) {
  // What the first page was asked, from the cursor of a later one.
  auto asked = target;
  if (auto const cursor = target.parameter("cursor"))
    asked = parse_target("/?" + from_base64url(*cursor).value_or(""));
  auto const ticker = std::string{asked.parameter("ticker").value_or("")};
  auto const limit =
      std::clamp<std::size_t>(number_or(asked.parameter("limit"), limit_usual), 1, data.page_limit_max);
  auto const first = number_or(asked.parameter("ap"), 0);
  std::vector<CorporateAction> found;
  std::ranges::copy_if(data.actions, std::back_inserter(found), [&](CorporateAction const& action) {
    return action.kind == kind && (ticker.empty() || action.ticker == ticker);
  });
  std::ranges::sort(found, [](auto const& a, auto const& b) {
    return a.ex_date != b.ex_date ? a.ex_date > b.ex_date : a.id < b.id;
  });
  std::string rows;
  auto const last = std::min(first + limit, found.size());
  for (auto i = std::min(first, last); i < last; ++i)
    rows += fmt::format("{}{}", rows.empty() ? "" : ",", row_of(found[i]));
  std::string next;
  if (last < found.size())
    next = fmt::format(R"("next_url":"{}{}?cursor={}",)", host, target.path,
                       base64url(fmt::format("ap={}&limit={}&ticker={}", last, limit, ticker)));
  return {.body = fmt::format(R"({{"results":[{}],"status":"OK","request_id":"{}",{}"count":{}}})", rows,
                              request_id, next, last - std::min(first, last))};
}

// Who has the ticker, or had it last. nullptr: nobody.
InstrumentName const* holder_of(std::vector<InstrumentName> const& names, std::string_view ticker) {
  InstrumentName const* holder = nullptr;
  for (auto const& name : names)
    if (name.ticker == ticker &&
        (holder == nullptr || !name.last || (holder->last && *holder->last < *name.last)))
      holder = &name;
  return holder;
}

Answer events_of(ReferenceData const& data, std::string_view ticker, std::string_view request_id) {
  auto const* const holder = holder_of(data.names, ticker);
  if (holder == nullptr)
    return {.status = 404,
            .body = fmt::format(R"({{"status":"NOT_FOUND","request_id":"{}","message":"Ticker not found."}})",
                                request_id)};
  std::vector<InstrumentName> names;
  std::ranges::copy_if(data.names, std::back_inserter(names),
                       [&](auto const& name) { return name.instrument == holder->instrument && name.first; });
  std::ranges::sort(names, std::ranges::greater{}, [](auto const& name) { return *name.first; });
  std::string events;
  for (auto const& name : names)
    events += fmt::format(R"({}{{"ticker_change":{{"ticker":{}}},"type":"ticker_change","date":"{}"}})",
                          events.empty() ? "" : ",", quoted(name.ticker), to_string(*name.first));
  return {
      .body = fmt::format(
          R"({{"results":{{"name":{0},"composite_figi":{0},"events":[{1}]}},"status":"OK","request_id":"{2}"}})",
          quoted(holder->instrument), events, request_id)};
}

}  // namespace

bool is_reference_path(RequestTarget const& target) {
  return is_events(target) || kind_of(target).has_value();
}

Answer reference_answer(ReferenceData const& data, RequestTarget const& target,
                        std::string_view next_url_host, std::string_view request_id) {
  if (is_events(target)) return events_of(data, target.segments[3], request_id);
  if (data.old_form_only && is_new_form(target)) return refusal(ExchangeRefusal::no_such_path, request_id);
  return page_of(data, *kind_of(target), target, next_url_host, request_id);
}

}  // namespace candled
