#include "cli/live_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/table.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

constexpr int ended_requests_shown = 5;

bool is_of_now(ShownProgress const& shown) {
  return shown.age < 1min;
}

bool is_open(BackfillRequest const& request) {
  return request.state == RequestState::queued || request.state == RequestState::running;
}

// "parked until 2026-11-20T01:00:00Z: the quota of the day is used up", "fetching: us 1m AAPL"
std::string doing(JobProgressRow const& row) {
  auto text = row.stage;
  if (row.parked_until) text += " until " + to_rfc3339(*row.parked_until);
  return row.detail.empty() ? text : text + ": " + row.detail;
}

// "3 of 40"; nothing while it is not known.
std::string done_of(std::int64_t done, std::int64_t all) {
  return all == 0 ? "-" : fmt::format("{} of {}", done, all);
}

// An estimate: nobody reads its milliseconds.
std::string end_of(JobProgressRow const& row) {
  if (!row.eta_from) return "-";
  auto const from = to_rfc3339(std::chrono::floor<std::chrono::seconds>(*row.eta_from));
  auto const until =
      to_rfc3339(std::chrono::floor<std::chrono::seconds>(row.eta_until.value_or(*row.eta_from)));
  return from == until ? from : from + " to " + until;
}

// "all", "AAPL,MSFT", "AAPL,MSFT,GOOG and 497 more"
std::string symbols_of(BackfillRequest const& request) {
  constexpr std::size_t named_max = 3;
  if (request.symbols.empty()) return "all";
  auto const named = std::min(request.symbols.size(), named_max);
  auto const text = fmt::format(
      "{}",
      fmt::join(request.symbols.begin(), request.symbols.begin() + static_cast<std::ptrdiff_t>(named), ","));
  return named == request.symbols.size()
             ? text
             : fmt::format("{} and {} more", text, request.symbols.size() - named);
}

std::string text_of_now(std::vector<ShownProgress> const& now) {
  std::vector<std::vector<std::string>> rows{{"NOW", "LANE", "WINDOWS", "REQUESTS", "BARS", "ENDS", "DOING"}};
  for (auto const& [row, updated_at, age] : now)
    if (row.stage != "idle")
      rows.push_back({row.job, std::string{to_string(row.lane)}, done_of(row.windows_done, row.windows),
                      std::to_string(row.requests), std::to_string(row.bars), end_of(row), doing(row)});
  if (rows.size() == 1) return now.empty() ? "" : "\nthe daemon is idle: nothing is due\n";
  return "\n" + table(rows);
}

std::string state_of(BackfillRequest const& request) {
  return request.cancel_asked && is_open(request) ? "ending" : std::string{to_string(request.state)};
}

std::string text_of_requests(LiveStatus const& live) {
  if (live.requests.empty()) return "";
  std::vector<std::vector<std::string>> rows{
      {"REQUEST", "STATE", "KIND", "JOB", "SYMBOLS", "FROM", "UNTIL", "WINDOWS", "BARS", "DETAIL"}};
  for (auto const& one : live.requests)
    rows.push_back({std::to_string(one.id), state_of(one), std::string{to_string(one.kind)}, one.job,
                    symbols_of(one), to_rfc3339(one.range.from), to_rfc3339(one.range.to),
                    done_of(one.windows_done, one.windows), std::to_string(one.bars), one.detail});
  auto text = "\n" + table(rows);
  if (live.now.empty() && std::ranges::any_of(live.requests, is_open))
    text += "requests wait: no daemon has been seen in the last minute: start `candled run`\n";
  return text;
}

std::string text_of_budgets(std::vector<BudgetRow> const& budgets) {
  if (budgets.empty()) return "";
  std::vector<std::vector<std::string>> rows{{"BUDGET", "HELD NOW", "LIMIT"}};
  for (auto const& one : budgets) {
    auto const allowed = fmt::format("{} per {}", one.requests, to_string(one.per));
    rows.push_back({one.budget, std::to_string(one.held),
                    one.learned && *one.learned < one.requests
                        ? fmt::format("learned {} of {}", *one.learned, allowed)
                        : allowed});
  }
  return "\n" + table(rows);
}

nlohmann::json json_of(std::optional<UtcTime> time) {
  return time ? nlohmann::json(to_rfc3339(*time)) : nlohmann::json();
}

nlohmann::json json_of(ShownProgress const& shown) {
  auto const& row = shown.row;
  return {{"job", row.job},
          {"lane", to_string(row.lane)},
          {"stage", row.stage},
          {"detail", row.detail},
          {"windows", row.windows},
          {"windows_done", row.windows_done},
          {"requests", row.requests},
          {"bars", row.bars},
          {"eta_from", json_of(row.eta_from)},
          {"eta_until", json_of(row.eta_until)},
          {"parked_until", json_of(row.parked_until)},
          {"updated_at", to_rfc3339(shown.updated_at)}};
}

nlohmann::json json_of(BackfillRequest const& one) {
  return {{"request_id", one.id},
          {"state", to_string(one.state)},
          {"kind", to_string(one.kind)},
          {"job", one.job},
          {"symbols", one.symbols},
          {"from", to_rfc3339(one.range.from)},
          {"until", to_rfc3339(one.range.to)},
          {"cancel_asked", one.cancel_asked},
          {"requested_at", to_rfc3339(one.requested_at)},
          {"windows", one.windows},
          {"windows_done", one.windows_done},
          {"bars", one.bars},
          {"detail", one.detail}};
}

nlohmann::json json_of(BudgetRow const& one) {
  return {{"budget", one.budget},
          {"requests", one.requests},
          {"per", to_string(one.per)},
          {"learned", one.learned ? nlohmann::json(*one.learned) : nlohmann::json()},
          {"held", one.held}};
}

template <class Row>
nlohmann::json json_array(std::vector<Row> const& rows) {
  auto array = nlohmann::json::array();
  for (auto const& row : rows) array.push_back(json_of(row));
  return array;
}

}  // namespace

Result<LiveStatus> read_live_status(Secret const& url) {
  auto requests = read_requests(url, ended_requests_shown);
  if (!requests) return std::unexpected(requests.error());
  auto progress = read_progress(url);
  if (!progress) return std::unexpected(progress.error());
  auto budgets = read_budgets(url);
  if (!budgets) return std::unexpected(budgets.error());
  std::erase_if(*progress, [](auto const& shown) { return !is_of_now(shown); });
  return LiveStatus{
      .requests = std::move(*requests), .now = std::move(*progress), .budgets = std::move(*budgets)};
}

bool is_daemon_seen(std::vector<ShownProgress> const& progress) {
  return std::ranges::any_of(progress, is_of_now);
}

std::string text_of(LiveStatus const& live) {
  return text_of_now(live.now) + text_of_requests(live) + text_of_budgets(live.budgets);
}

void add_json(nlohmann::json& out, LiveStatus const& live) {
  out["now"] = json_array(live.now);
  out["requests"] = json_array(live.requests);
  out["budgets"] = json_array(live.budgets);
}

}  // namespace candled
