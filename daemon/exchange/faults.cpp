#include "exchange/faults.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exchange/hash.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

bool concerns(FaultRule const& rule, FaultAsk const& ask) {
  if (!rule.ticker.empty() && rule.ticker != ask.ticker) return false;
  if (rule.page != FaultPage::any && (rule.page == FaultPage::next) != ask.next_page) return false;
  return ask.number > rule.after && (rule.times == 0 || ask.number <= rule.after + rule.times);
}

// The same choice of victims for every fault, on a short page too: the 1st, 6th, 11th bar …
constexpr std::size_t every = 5;

void duplicate_some(AggregatesPage& page, FaultKind kind) {
  auto& bars = page.results;
  std::vector<Bar> all;
  for (std::size_t i = 0; i < bars.size(); ++i) {
    all.push_back(bars[i]);
    if (i % every != 0) continue;
    all.push_back(bars[i]);
    if (kind == FaultKind::conflicting_duplicate) all.back().volume += 100;
  }
  if (page.query_count) *page.query_count += all.size() - bars.size();  // it counts what it sends
  bars = std::move(all);
}

// A year before the rest: outside any range that was asked for.
void add_foreign_bar(std::vector<Bar>& bars) {
  if (bars.empty()) return;
  auto foreign = bars.front();
  foreign.start -= 24h * 365;
  bars.insert(bars.begin(), foreign);
}

void make_impossible(Bar& bar, std::size_t turn) {
  switch (turn % 5) {
    case 0:
      std::swap(bar.high, bar.low);
      bar.high -= 0.01;
      break;
    case 1: bar.low = -bar.low; break;
    case 2: bar.open = 0; break;
    case 3: bar.volume = -bar.volume; break;
    default: bar.close = bar.high + 1; break;
  }
}

template <class Change>
void change_some(std::vector<Bar>& bars, Change change) {
  for (std::size_t i = 0; i < bars.size(); i += every) change(bars[i], i / every);
}

// A first page without bars whose next page has them all. Only where `from` moves on by that, so that the URL
// is not the same again.
void empty_before_next(AggregatesPage& page, AggregatesAsk const& ask, std::string_view host) {
  if (page.results.empty() || ask.sort != Sort::ascending) return;
  auto const first = page.results.front().start;
  if (first <= ask.range.from) return;
  page.next_url = next_url(ask, host, first);
  page.results.clear();
  page.query_count = 0;
}

// A page whose second half was lost on the way to its text, after it was counted.
void cut(AggregatesPage& page) {
  page.results_said = page.results.size();
  page.results.resize(page.results.size() / 2);
}

// The same, before it was counted, by a provider whose limit is reached and that says of no next page. Only
// where half is less than all.
void cut_at_limit(AggregatesPage& page) {
  if (page.results.empty()) return;
  page.results.resize(page.results.size() / 2);
  page.query_count = 50'000;
  page.next_url.clear();
}

void leave_out(Bar& bar) {
  bar.vwap = std::numeric_limits<double>::quiet_NaN();
  bar.trade_count = -1;
}

std::string path_and_query(std::string_view url) {
  auto const slash = url.find('/', url.find("://") + 3);
  return std::string{slash == std::string_view::npos ? std::string_view{} : url.substr(slash)};
}

}  // namespace

FaultRule const* decide(FaultRules const& rules, FaultAsk const& ask) {
  for (std::size_t i = 0; i < rules.rules.size(); ++i) {
    auto const& rule = rules.rules[i];
    auto const luck =
        mixed(mixed(mixed(rules.seed, i), hash_of(ask.url)), static_cast<std::uint64_t>(ask.number));
    if (concerns(rule, ask) && fraction(luck) < rule.rate) return &rule;
  }
  return nullptr;
}

std::optional<Answer> answer_instead(FaultRule const& rule, std::string_view request_id) {
  auto const with_retry_after = [&](Answer answer) {
    if (rule.retry_after)
      answer.headers.push_back(
          "Retry-After: " +
          std::to_string(std::chrono::ceil<std::chrono::seconds>(*rule.retry_after).count()));
    return answer;
  };
  switch (rule.kind) {
    case FaultKind::status_429:
      return with_retry_after(refusal(ExchangeRefusal::too_many_requests, request_id));
    case FaultKind::status_429_empty: return with_retry_after({.status = 429, .body = ""});
    case FaultKind::status_500: return gateway_page(500);
    case FaultKind::status_502: return gateway_page(502);
    case FaultKind::status_503: return with_retry_after(gateway_page(503));
    case FaultKind::status_504: return gateway_page(504);
    case FaultKind::html_200: {
      auto page = gateway_page(502);
      page.status = 200;
      return page;
    }
    case FaultKind::refuse_200: {
      auto inside = refusal(ExchangeRefusal::not_entitled, request_id);
      inside.status = 200;
      return inside;
    }
    case FaultKind::not_entitled_403: return refusal(ExchangeRefusal::not_entitled, request_id);
    case FaultKind::timeframe_403: return refusal(ExchangeRefusal::timeframe, request_id);
    case FaultKind::today_403: return refusal(ExchangeRefusal::today, request_id);
    case FaultKind::unknown_key_401: return refusal(ExchangeRefusal::unknown_key, request_id);
    default: return std::nullopt;
  }
}

Milliseconds date_error(FaultKind kind) {
  constexpr auto years = 24h * 365 * 6;
  switch (kind) {
    case FaultKind::wrong_date: return -1h;
    case FaultKind::date_years_ago: return -years;
    case FaultKind::date_years_ahead: return years;
    default: return 0ms;
  }
}

void spoil(AggregatesPage& page, FaultKind kind, AggregatesAsk const& ask, std::string_view host,
           std::string_view sent) {
  auto& bars = page.results;
  switch (kind) {
    case FaultKind::wrong_ticker: page.ticker = page.ticker == "ZZZT" ? "ZZZS" : "ZZZT"; break;
    case FaultKind::duplicate:
    case FaultKind::conflicting_duplicate: duplicate_some(page, kind); break;
    case FaultKind::unsorted: std::ranges::reverse(bars); break;
    case FaultKind::impossible: change_some(bars, make_impossible); break;
    case FaultKind::foreign_bar: add_foreign_bar(bars); break;
    case FaultKind::changed: change_some(bars, [](Bar& bar, std::size_t) { bar.volume += 1; }); break;
    case FaultKind::flip_adjusted: page.adjusted = !page.adjusted; break;
    case FaultKind::foreign_next_url:
      page.next_url = "https://evil.example" +
                      (page.next_url.empty() ? std::string{sent} : path_and_query(page.next_url));
      break;
    case FaultKind::endless_next_url: page.next_url = std::string{host} + std::string{sent}; break;
    case FaultKind::missing_fields:
      page.query_count.reset();
      page.counted = false;
      change_some(bars, [](Bar& bar, std::size_t) { leave_out(bar); });
      break;
    case FaultKind::missing_close:
      change_some(bars, [](Bar& bar, std::size_t) { bar.close = std::numeric_limits<double>::quiet_NaN(); });
      break;
    case FaultKind::empty_results_null: page.empty_form = EmptyForm::null; break;
    case FaultKind::false_empty:
      bars.clear();
      page.query_count = 0;
      page.next_url.clear();
      break;
    case FaultKind::empty_with_next_url: empty_before_next(page, ask, host); break;
    case FaultKind::cut_results: cut(page); break;
    case FaultKind::cut_at_limit: cut_at_limit(page); break;
    case FaultKind::wrong_query_count: page.query_count = page.query_count.value_or(0) * 100 + 1; break;
    case FaultKind::error_beside_ok:
      bars.clear();
      page.query_count = 0;
      page.error = "upstream request timeout";
      break;
    case FaultKind::null_fields: page.odd_fields = OddFields::null; break;
    case FaultKind::whole_numbers: page.odd_fields = OddFields::spelled_otherwise; break;
    case FaultKind::unreadable_field: page.odd_fields = OddFields::unreadable; break;
    default: break;
  }
}

}  // namespace candled
