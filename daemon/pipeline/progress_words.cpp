#include "pipeline/progress_words.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace candled {

using namespace std::chrono_literals;

namespace {

std::string state_of(Progress const& progress, Look const& look) {
  if (!progress.waiting.empty()) return "waits: " + progress.waiting;
  if (look.parked) return "parked until " + in_words(*look.parked, look.now);
  return "ETA " + in_words(time_left(progress, look));
}

}  // namespace

Eta time_left(Progress const& progress, Look const& look) {
  Milliseconds parked_for{0};
  if (look.parked) parked_for = std::max(parked_for, look.parked->until - look.now);
  return eta({.windows = progress.windows,
              .windows_done = progress.windows_done,
              .pages_planned = progress.pages_planned,
              .pages_done = progress.pages_done,
              .requests = progress.requests,
              .retries = progress.retries,
              .elapsed = look.elapsed},
             {.limit = look.limit, .parked_for = parked_for});
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
