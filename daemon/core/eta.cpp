#include "core/eta.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace candled {

using namespace std::chrono_literals;

namespace {

struct RequestsLeft {
  double at_least;
  double at_most;
};

double ratio(std::int64_t part, std::int64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

RequestsLeft requests_left(WorkDone const& done) {
  auto const windows = static_cast<double>(std::max<std::int64_t>(0, done.windows - done.windows_done));
  auto const pages = static_cast<double>(std::max<std::int64_t>(0, done.pages_planned - done.pages_done));
  auto const answered = done.requests - done.retries;
  auto const tries = answered > 0 ? ratio(done.requests, answered) : 1.0;  // for one page
  RequestsLeft left{.at_least = std::min(windows, pages) * tries, .at_most = pages * tries};
  if (done.windows_done == 0 || done.pages_done == 0) return left;

  auto const expected = pages * ratio(done.requests, done.pages_done);
  auto const doubt = 1 / std::sqrt(static_cast<double>(done.windows_done));
  auto const within = [&](double requests) { return std::clamp(requests, left.at_least, left.at_most); };
  return {.at_least = within(expected * (1 - doubt)), .at_most = within(expected * (1 + doubt))};
}

}  // namespace

Eta eta(WorkDone const& done, BudgetAhead const& budget) {
  auto const left = requests_left(done);
  auto const by_budget = ratio(budget.limit.per.count(), budget.limit.requests);
  auto const by_pace = done.requests > 0 ? ratio(done.elapsed.count(), done.requests) : 0.0;
  auto const time_for = [&](double requests, double a_request) {
    return budget.parked_for + Milliseconds{static_cast<std::int64_t>(std::ceil(requests) * a_request)};
  };
  return {.at_least = time_for(left.at_least, std::max(by_budget, by_pace)),
          .at_most = time_for(left.at_most, std::max(by_budget / budget.share, by_pace))};
}

std::string in_words(Eta const& eta) {
  struct Unit {
    Milliseconds length;
    std::string_view name;
  };
  constexpr std::array units{Unit{.length = 24h, .name = "d"}, Unit{.length = 1h, .name = "h"},
                             Unit{.length = 1min, .name = "min"}, Unit{.length = 1s, .name = "s"}};
  auto const unit = std::ranges::find_if(units, [&](Unit const& u) { return eta.at_most >= 2 * u.length; });
  if (unit == units.end()) return in_words(eta.at_most);
  auto const from = eta.at_least / unit->length;
  auto const to = (eta.at_most + unit->length - Milliseconds{1}) / unit->length;
  // Less than a unit apart is as good as sure.
  if (eta.at_most - eta.at_least < unit->length) return in_words(eta.at_most);
  if (from == 0) return fmt::format("{} to {} {}", in_words(eta.at_least), to, unit->name);
  return fmt::format("{} to {} {}", from, to, unit->name);
}

}  // namespace candled
