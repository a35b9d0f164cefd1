#include "cli/progress_bar.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/eta.hpp"

namespace candled {

namespace {

constexpr int bar_width = 20;

// 1234567 -> 1,234,567, whatever the locale.
std::string with_commas(std::int64_t number) {
  auto text = std::to_string(number);
  for (auto place = static_cast<std::ptrdiff_t>(text.size()) - 3; place > 0; place -= 3)
    text.insert(static_cast<std::size_t>(place), ",");
  return text;
}

double part_done(Progress const& progress) {
  if (progress.pages_planned == 0) return 0.0;
  return static_cast<double>(progress.pages_done) / static_cast<double>(progress.pages_planned);
}

}  // namespace

std::string progress_words(Progress const& progress, RateLimit limit, Milliseconds elapsed) {
  auto const seconds = std::max(0.001, static_cast<double>(elapsed.count()) / 1000.0);
  auto const left = eta({.windows = progress.windows,
                         .windows_done = progress.windows_done,
                         .pages_planned = progress.pages_planned,
                         .pages_done = progress.pages_done,
                         .requests = progress.requests,
                         .retries = progress.retries,
                         .elapsed = elapsed},
                        {.limit = limit});
  auto text = fmt::format(
      "{:3.0f} %  {}  {} bars  {} requests  {:.1f}/s  {} of {} windows", part_done(progress) * 100,
      progress.waiting.empty() ? "ETA " + in_words(left) : "waits: " + progress.waiting,
      with_commas(progress.bars), progress.requests, static_cast<double>(progress.requests) / seconds,
      progress.windows_done, progress.windows);
  if (progress.retries > 0) text += fmt::format("  {} retries", progress.retries);
  if (progress.windows_failed > 0) text += fmt::format("  {} failed", progress.windows_failed);
  return text;
}

std::string progress_line(Progress const& progress, RateLimit limit, Milliseconds elapsed, int columns) {
  auto const filled = static_cast<std::size_t>(part_done(progress) * bar_width);
  auto line = fmt::format("[{}{}] {}  {}", std::string(filled, '#'), std::string(bar_width - filled, '-'),
                          progress_words(progress, limit, elapsed), progress.now);
  auto const room = static_cast<std::size_t>(std::max(columns - 1, 0));  // a full line would wrap
  if (line.size() > room) line.resize(room);
  return line;
}

int terminal_columns() {
  if (isatty(STDERR_FILENO) == 0) return 0;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace candled
