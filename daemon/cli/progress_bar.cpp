#include "cli/progress_bar.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace candled {

namespace {

constexpr int bar_width = 20;

}  // namespace

std::string progress_line(Progress const& progress, Look const& look, int columns) {
  auto const filled = static_cast<std::size_t>(part_done(progress) * bar_width);
  auto line = fmt::format("[{}{}] {}  {}", std::string(filled, '#'), std::string(bar_width - filled, '-'),
                          progress_words(progress, look), progress.now);
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
