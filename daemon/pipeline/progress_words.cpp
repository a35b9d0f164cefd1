#include "pipeline/progress_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/eta.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

std::string state_of(Progress const& progress, Look const& look) {
  if (!progress.waiting.empty()) return "waits: " + progress.waiting;
  if (look.parked) return "parked until " + in_words(*look.parked, look.now);
  return "ETA " + in_words(time_left(progress, look.limit, look.elapsed));
}

}  // namespace

TimeLeft time_left(Progress const& progress, RateLimit limit, Milliseconds elapsed) {
  WorkDone done{.pages_planned = progress.pages_planned,
                .pages_done = progress.pages_done,
                .requests = progress.requests,
                .elapsed = elapsed};
  auto const as_so_far = eta(done, limit);
  // If what is left takes all the pages that it may.
  auto const pages_left = std::max<std::int64_t>(0, done.pages_planned - done.pages_done);
  auto const pace =
      done.requests > 0 ? static_cast<double>(elapsed.count()) / static_cast<double>(done.requests) : 0.0;
  auto const by_budget = static_cast<double>(limit.per.count()) / limit.requests;
  Milliseconds const at_worst{
      static_cast<std::int64_t>(static_cast<double>(pages_left) * std::max(pace, by_budget))};
  return {.least = as_so_far, .most = std::max(as_so_far, at_worst)};
}

std::string in_words(TimeLeft left) {
  struct Unit {
    Milliseconds length;
    Milliseconds below;
    char const* name;
  };
  // A tenth more or less is what any estimate is wrong by.
  if (left.most - left.least <= left.most / 10) return in_words(left.most);
  constexpr std::array<Unit, 4> units{
      {{1s, 1min, "s"}, {1min, 1h, "min"}, {1h, 48h, "h"}, {24h, Milliseconds::max(), "d"}}};
  auto const& unit = *std::ranges::find_if(units, [&](Unit const& one) { return left.most < one.below; });
  auto const least = left.least / unit.length;
  auto const most = (left.most + unit.length - 1ms) / unit.length;
  if (least == most) return in_words(left.most);
  return fmt::format("{} to {} {}", least, most, unit.name);
}

std::string with_commas(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > (number < 0 ? 1 : 0); place -= 3)
    text.insert(static_cast<std::size_t>(place), ",");
  return text;
}

std::string clock_time(UtcTime time, UtcTime now) {
  auto const text = to_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
  return time - now < 24h && now - time < 24h ? text.substr(text.find('T') + 1) : text;
}

std::string in_words(Parked const& parked, UtcTime now) {
  return fmt::format("{}: {}", clock_time(parked.until, now), parked.why);
}

std::string progress_words(Progress const& progress, Look const& look) {
  auto const seconds = std::max(0.001, static_cast<double>(look.elapsed.count()) / 1000.0);
  auto const bars_a_second = static_cast<std::int64_t>(static_cast<double>(progress.bars) / seconds);
  auto text = fmt::format("{:3.0f} %  {}  {}  {} bars {}/s  {} requests {:.1f}/s  {} of {} windows",
                          part_done(progress) * 100, to_string(progress.lane), state_of(progress, look),
                          with_commas(progress.bars), with_commas(bars_a_second), progress.requests,
                          static_cast<double>(progress.requests) / seconds,
                          with_commas(progress.windows_done), with_commas(progress.windows));
  if (progress.retries > 0) text += fmt::format("  {} retries", progress.retries);
  if (progress.windows_failed > 0) text += fmt::format("  {} failed", progress.windows_failed);
  return text;
}

double part_done(Progress const& progress) {
  if (progress.pages_planned == 0) return 0.0;
  return static_cast<double>(progress.pages_done) / static_cast<double>(progress.pages_planned);
}

}  // namespace candled
