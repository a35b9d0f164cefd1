#include "pipeline/log.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace candled {

namespace {

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// spdlog's %v puts the message into the line as it is; within JSON it must be escaped.
class JsonMessage : public spdlog::custom_flag_formatter {
 public:
  void format(spdlog::details::log_msg const& message, std::tm const&, spdlog::memory_buf_t& line) override {
    std::string escaped;
    for (char const c : std::string_view{message.payload.data(), message.payload.size()}) {
      if (c == '"' || c == '\\') {
        escaped += {'\\', c};
      } else if (static_cast<unsigned char>(c) < 0x20) {
        escaped += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      } else {
        escaped += c;
      }
    }
    line.append(escaped.data(), escaped.data() + escaped.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonMessage>(); }
};

}  // namespace

void start_log(LogLevel level, LogFormat format, LogBeside beside) {
  std::string const wipe = beside == LogBeside::progress_bar ? "\r\033[K" : "";
  auto logger = spdlog::stderr_color_mt("candled");
  logger->set_level(level_of(level));
  if (format == LogFormat::json) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    formatter->add_flag<JsonMessage>('*').set_pattern(
        wipe + R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%*"})");
    logger->set_formatter(std::move(formatter));
  } else {
    logger->set_pattern(wipe + "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v", spdlog::pattern_time_type::utc);
  }
  spdlog::set_default_logger(std::move(logger));
}

void set_log_level(LogLevel level) {
  spdlog::set_level(level_of(level));
}

void log_line(LogLevel level, std::string_view message) {
  spdlog::log(level_of(level), spdlog::string_view_t{message.data(), message.size()});
}

bool logs(LogLevel level) {
  return spdlog::should_log(level_of(level));
}

}  // namespace candled
