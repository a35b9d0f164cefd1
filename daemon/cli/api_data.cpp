#include "cli/api_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/api_page.hpp"
#include "cli/reported_series.hpp"
#include "cli/session_states.hpp"
#include "core/timeframe.hpp"
#include "store/bar_reports.hpp"
#include "store/reports.hpp"

namespace candled {

namespace {

using Json = nlohmann::json;

constexpr std::size_t sessions_shown = 60;
constexpr std::size_t sessions_max = 400;
// 60 sessions of a calendar with holidays lie within these, and 400 dates of any.
constexpr auto days_before_now = std::chrono::days{100};
constexpr auto days_max = std::chrono::days{600};
constexpr int changes_max = 10'000;
constexpr std::string_view lacking_letters = "frthenp";

std::string value_of(PageWish const& wish, std::string_view name) {
  auto const found =
      std::ranges::find(wish.filters, name, [](auto const& filter) -> auto const& { return filter.first; });
  return found == wish.filters.end() ? std::string{} : found->second;
}

// A map of sessions

struct SessionsWish {
  Job job;  // its source is not looked at
  std::string provider;
  std::vector<Session> sessions;
  std::string prefix;
  bool only_holes = false;
  PageWish page;
  UtcTime now;
};

std::expected<std::vector<Session>, std::string> sessions_of(PageWish const& wish, Calendar const& calendar,
                                                             UtcTime now) {
  auto const from_text = value_of(wish, "from");
  auto const to_text = value_of(wish, "to");
  auto const from = parse_date(from_text);
  auto const to = parse_date(to_text);
  if ((!from_text.empty() && !from) || (!to_text.empty() && !to))
    return std::unexpected("from and to are dates, such as 2024-01-31");
  auto const zone = calendar.zone();
  auto const next_day = [](Date date) { return Date{std::chrono::sys_days{date} + std::chrono::days{1}}; };
  auto const end = to ? std::min(now, zone.at(next_day(*to), Milliseconds{0})) : now;
  auto const begin = from ? zone.at(*from, Milliseconds{0}) : end - days_before_now;
  if (begin >= end) return std::unexpected("from is not after to, and not in the future");
  if (end - begin > days_max) return std::unexpected("from and to are 600 days apart at most");
  auto sessions = calendar.sessions({.from = begin, .to = end});
  auto const kept = from ? sessions_max : sessions_shown;
  if (sessions.size() > kept)
    sessions.erase(sessions.begin(), sessions.end() - static_cast<std::ptrdiff_t>(kept));
  return sessions;
}

Result<Json> answer_sessions(Secret const& url, SessionsWish const& wish) {
  auto const coverage = read_coverage(url);
  if (!coverage) return std::unexpected(coverage.error());
  auto const open = read_open_gaps(url);
  if (!open) return std::unexpected(open.error());
  ReportedSeries const reported{{wish.provider}, wish.job.timeframe, *coverage, *open};

  auto tickers = wish.job.symbols;
  std::erase_if(tickers, [&](auto const& ticker) { return !ticker.starts_with(wish.prefix); });
  std::ranges::sort(tickers);
  auto items = Json::array();
  std::size_t total = 0;
  for (auto const& ticker : tickers) {
    bool const on_page = total >= wish.page.offset && items.size() < wish.page.limit;
    if (!wish.only_holes && !on_page) {
      ++total;
      continue;
    }
    auto const series = reported.of(ticker);
    auto states = session_states(wish.job, wish.sessions, series, reported.gaps_of(series), wish.now);
    if (wish.only_holes && states.find_first_of(lacking_letters) == std::string::npos) continue;
    ++total;
    if (on_page)
      items.push_back({{"job", wish.job.name},
                       {"provider", wish.provider},
                       {"timeframe", to_string(wish.job.timeframe)},
                       {"ticker", ticker},
                       {"states", std::move(states)}});
  }
  auto dates = Json::array();
  for (auto const& session : wish.sessions) dates.push_back(to_string(session.date));
  return Json{{"sessions", std::move(dates)},
              {"items", std::move(items)},
              {"total", total},
              {"limit", wish.page.limit},
              {"offset", wish.page.offset}};
}

// Bars

std::optional<UtcTime> moment_of(std::string const& text, UtcTime left_out) {
  if (text.empty()) return left_out;
  if (auto const date = parse_date(text)) return UtcTime{std::chrono::sys_days{*date}};
  return parse_rfc3339(text);
}

std::expected<BarsWish, std::string> bars_wish(PageWish const& page) {
  BarsWish wish{.ticker = value_of(page, "ticker"), .timeframe = value_of(page, "timeframe"), .during = {}};
  if (wish.ticker.empty()) return std::unexpected("ticker is the name of a series: AAPL");
  if (!parse_timeframe(wish.timeframe))
    return std::unexpected("timeframe is one of 1m 5m 15m 30m 1h 4h 1d 1w 1mo");
  auto const from = moment_of(value_of(page, "from"), UtcTime::min());
  auto const to = moment_of(value_of(page, "to"), UtcTime::max());
  if (!from || !to)
    return std::unexpected("from and to are dates (2024-01-31) or times (2024-01-31T14:30:00Z)");
  wish.during = {.from = *from, .to = *to};
  return wish;
}

Json json_of(BarValues const& values) {
  return {{"open", values.open},
          {"high", values.high},
          {"low", values.low},
          {"close", values.close},
          {"volume", values.volume},
          {"vwap", values.vwap ? Json(*values.vwap) : Json()},
          {"transactions", values.trade_count ? Json(*values.trade_count) : Json()}};
}

Result<Json> answer_bars(Secret const& url, BarsWish const& wish) {
  auto const bars = read_bars(url, wish);
  if (!bars) return std::unexpected(bars.error());
  auto items = Json::array();
  for (auto const& bar : *bars) {
    auto item = json_of(bar.values);
    item["ts"] = to_rfc3339(bar.ts);
    item["revised"] = bar.revised;
    items.push_back(std::move(item));
  }
  return Json{{"ticker", wish.ticker}, {"timeframe", wish.timeframe}, {"items", std::move(items)}};
}

Result<Json> answer_changes(Secret const& url, BarsWish const& wish, PageWish page) {
  auto const changes = read_bar_changes(url, wish);
  if (!changes) return std::unexpected(changes.error());
  auto items = Json::array();
  for (auto const& change : *changes)
    items.push_back({{"ts", to_rfc3339(change.ts)},
                     {"seen_at", to_rfc3339(change.seen_at)},
                     {"before", change.before ? json_of(*change.before) : Json()}});
  page.filters.clear();  // done by the database
  return page_of(std::move(items), page);
}

std::vector<std::string> bar_fields() {
  return {"ticker", "timeframe", "from", "to"};
}

}  // namespace

PreparedQuestion sessions_question(ControlRequest const& request, std::vector<JobSetup> const& jobs,
                                   UtcTime now) {
  auto const page = page_wish(request, {"job", "ticker", "from", "to", "holes"});
  if (!page) return std::unexpected(page.error());
  auto const setup = std::ranges::find(jobs, value_of(*page, "job"),
                                       [](JobSetup const& one) -> auto const& { return one.job->name; });
  if (setup == jobs.end()) return std::unexpected("job is the name of a job: GET /api/v1/jobs lists them");
  auto const holes = value_of(*page, "holes");
  if (!holes.empty() && holes != "true" && holes != "false") return std::unexpected("holes is true or false");
  auto sessions = sessions_of(*page, setup->job->calendar, now);
  if (!sessions) return std::unexpected(sessions.error());
  SessionsWish wish{.job = *setup->job,
                    .provider = setup->source->name,
                    .sessions = std::move(*sessions),
                    .prefix = value_of(*page, "ticker"),
                    .only_holes = holes == "true",
                    .page = *page,
                    .now = now};
  return [wish = std::move(wish)](Secret const& url) { return answer_sessions(url, wish); };
}

PreparedQuestion bars_question(ControlRequest const& request) {
  auto const page = page_wish(request, bar_fields(), {.usual = 500, .max = 5'000});
  if (!page) return std::unexpected(page.error());
  if (page->offset > 0) return std::unexpected("bars have no offset: older ones come with an earlier to");
  auto wish = bars_wish(*page);
  if (!wish) return std::unexpected(wish.error());
  wish->limit = static_cast<int>(page->limit);
  return [wish = *wish](Secret const& url) { return answer_bars(url, wish); };
}

PreparedQuestion changes_question(ControlRequest const& request) {
  auto const page = page_wish(request, bar_fields());
  if (!page) return std::unexpected(page.error());
  auto wish = bars_wish(*page);
  if (!wish) return std::unexpected(wish.error());
  wish->limit = changes_max;
  return [wish = *wish, page = *page](Secret const& url) { return answer_changes(url, wish, page); };
}

}  // namespace candled
