#include "cli/status_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace candled {

namespace {

// Of one lane, over all jobs; what a person asked for has a part of its own.
struct LaneTotal {
  bool works = false;
  std::int64_t windows = 0;
  std::int64_t done = 0;
};

bool is_request(Progress const& progress) {
  return progress.job.starts_with("request ");
}

LaneTotal total_of(ServiceState const& state, Lane lane) {
  LaneTotal total;
  for (auto const& one : state.progress) {
    if (one->lane != lane || one->stage == Stage::idle || one->windows == 0 || is_request(*one)) continue;
    total.works = true;
    total.windows += one->windows;
    total.done += one->windows_done;
  }
  return total;
}

std::string lanes_of(ServiceState const& state) {
  std::vector<std::string> parts;
  for (auto const lane : lanes) {
    auto const total = total_of(state, lane);
    if (total.works)
      parts.push_back(fmt::format("{} {} of {} windows", to_string(lane), with_commas(total.done),
                                  with_commas(total.windows)));
    else if (lane == Lane::live)
      parts.emplace_back("live up to date");
  }
  for (auto const& one : state.progress)
    if (is_request(*one)) parts.push_back(one->job + " running");
  for (auto const& one : state.parked)
    parts.push_back(fmt::format("{} parked until {}", one.name, in_words(one.parked, state.now)));
  return fmt::format("{} job{}: {}", state.jobs, state.jobs == 1 ? "" : "s", fmt::join(parts, "; "));
}

std::string first_line(std::string const& text) {
  return text.substr(0, text.find('\n'));
}

std::string doing(ServiceState const& state) {
  if (state.database_away) return "waiting for the database: " + first_line(*state.database_away);
  if (!state.parked.empty() && state.parked.size() == state.providers) {
    auto const first = std::ranges::min_element(state.parked, {},
                                                [](ParkedProvider const& one) { return one.parked.until; });
    return "parked until " + in_words(first->parked, state.now);
  }
  return lanes_of(state);
}

}  // namespace

std::string status_line(ServiceState const& state) {
  auto text = doing(state);
  if (!state.config_problems.empty())
    text += "; the changed configuration is not in use: " + first_line(state.config_problems);
  return text;
}

}  // namespace candled
