// The log. One line says one thing, in words: lower case, no full stop, the thing and the value.
#pragma once

#include "core/log_level.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace candled {

// What else is on standard error: on a terminal with a progress bar, a line first wipes the bar off; whoever
// draws the bar draws it again.
enum class LogBeside { nothing, progress_bar };

// Once, in main. Lines go to standard error, where journald and a terminal find them; each is whole.
void start_log(LogLevel level, LogFormat format, LogBeside beside = LogBeside::nothing);

// From now on, as a reload may want it.
void set_log_level(LogLevel level);

// error: an operator must act; warn: will be retried, or was dropped; info: one line a batch; debug: each
// request.
void log_line(LogLevel level, std::string_view message);
bool logs(LogLevel level);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  if (logs(LogLevel::debug)) log_line(LogLevel::debug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::info, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warn(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::warn, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::error, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace candled
