#include "config/describe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "core/size.hpp"

namespace candled {

namespace {

std::string_view word(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return "debug";
    case LogLevel::info: return "info";
    case LogLevel::warn: return "warn";
    case LogLevel::error: return "error";
  }
  return "";
}

std::string_view word(LogFormat format) {
  return format == LogFormat::text ? "text" : "json";
}

std::string_view word(Jitter jitter) {
  return jitter == Jitter::full ? "full" : "none";
}

// Hours and minutes: "17:30".
std::string wall_clock(Milliseconds time) {
  std::chrono::hh_mm_ss const clock{time};
  return fmt::format("{:02}:{:02}", clock.hours().count(), clock.minutes().count());
}

std::string to_text(std::variant<EverySchedule, DailySchedule> const& schedule) {
  if (auto const* const every = std::get_if<EverySchedule>(&schedule))
    return fmt::format("{{ every: {}, delay: {} }}", to_string(every->every), to_string(every->delay));
  auto const& daily = std::get<DailySchedule>(schedule);
  return fmt::format("{{ at: \"{}\", zone: {} }}", wall_clock(daily.time), daily.zone.name());
}

template <class Value>
std::string to_text(std::vector<Value> const& values) {
  std::vector<std::string> texts;
  texts.reserve(values.size());
  for (auto const value : values) texts.emplace_back(to_string(value));
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string to_text(CalendarsConfig const& calendars) {
  if (calendars.overrides_file.empty()) return "calendars: (none)";
  std::size_t days = 0;
  for (auto const& [kind, overrides] : calendars.overrides) days += overrides.size();
  return fmt::format("calendars: {{ overrides: {} }} ({} {})", calendars.overrides_file, days,
                     days == 1 ? "day" : "days");
}

void describe(ProviderConfig const& provider, std::vector<std::string>& lines) {
  auto const& limit = provider.rate_limit;
  lines.push_back(fmt::format("  {}:", provider.name));
  lines.push_back(fmt::format("    kind: {}", to_string(provider.kind)));
  lines.push_back(fmt::format("    base_url: {}", provider.base_url));
  lines.push_back(fmt::format("    api_key: ({})", provider.api_key.empty() ? "empty" : "set, not shown"));
  lines.push_back(fmt::format("    rate_limit: {{ requests: {}, per: {}, burst: {}, adaptive: {} }}",
                              limit.requests, to_string(limit.per), limit.burst, limit.adaptive));
  lines.push_back(fmt::format("    concurrency: {}", provider.concurrency));
  lines.push_back(fmt::format("    timeout: {}", to_string(provider.timeout)));
  if (!provider.formerly.empty())
    lines.push_back(fmt::format("    formerly: [{}]", fmt::join(provider.formerly, ", ")));
  if (!provider.files) return;
  lines.push_back(fmt::format("  {}:", provider.files->name));
  lines.emplace_back("    kind: flatfile");
  lines.push_back(fmt::format("    fills: {}", provider.name));
  lines.push_back(fmt::format("    root: {}", provider.files->root));
  if (auto const& s3 = provider.files->s3) {
    lines.push_back(fmt::format("    endpoint: {}", s3->endpoint));
    lines.push_back(fmt::format("    region: {}", s3->key.region));
    lines.emplace_back("    access_key: (set, not shown)");
    lines.emplace_back("    secret_key: (set, not shown)");
  }
  lines.push_back(fmt::format("    asset_class: {}", provider.files->asset_class));
}

void describe(JobConfig const& job, std::vector<std::string>& lines) {
  lines.push_back(fmt::format("  - name: {}", job.name));
  lines.push_back(fmt::format("    provider: {}", job.provider));
  lines.push_back(fmt::format("    timeframe: {}", to_string(job.timeframe)));
  lines.push_back(fmt::format("    symbols: [{}]", fmt::join(job.symbols, ", ")));
  lines.push_back(fmt::format("    calendar: {}", to_string(job.calendar)));
  lines.push_back(fmt::format("    schedule: {}", job.schedule ? to_text(*job.schedule) : "(none)"));
  lines.push_back(fmt::format("    history: {}", to_string(job.history)));
  lines.push_back(fmt::format("    batch: {{ symbols: {}, parallel: {}, stagger: {} }}", job.batch.symbols,
                              job.batch.parallel, to_string(job.batch.stagger)));
  lines.push_back(fmt::format("    settle: {}", to_text(job.settle)));
  lines.push_back(job.retention_years == 0 ? "    retention: (none)"
                                           : fmt::format("    retention: {}y", job.retention_years));
  lines.push_back(fmt::format("    rollups: {}", to_text(job.rollups)));
}

template <class Value, class ToText>
std::string or_off(std::optional<Value> const& value, ToText const& to_text_of) {
  return value ? to_text_of(*value) : "off";
}

std::string to_text(PerformanceThresholds const& warn) {
  auto const number = [](int value) { return std::to_string(value); };
  auto const duration = [](Milliseconds value) { return to_string(value); };
  return fmt::format("{{ error_pct: {}, rate_limited: {}, response_p95: {}, freshness_lag: {}, memory: {} }}",
                     or_off(warn.error_pct, number), or_off(warn.rate_limited, number),
                     or_off(warn.response_p95, duration), or_off(warn.freshness_lag, duration),
                     or_off(warn.memory, [](std::int64_t bytes) { return size_to_string(bytes); }));
}

std::string to_text(ControlConfig const& control) {
  if (control.listen.empty()) return "control: (none)";
  bool const has_token = !control.token.empty() || !control.token_sha256.empty();
  return fmt::format(
      "control: {{ listen: {}, token: {}{} }}", control.listen,
      has_token ? "(set)" : "(none: nothing can be changed over HTTP)",
      control.hosts.empty() ? "" : fmt::format(", hosts: [{}]", fmt::join(control.hosts, ", ")));
}

}  // namespace

std::vector<std::string> describe(Config const& config) {
  std::vector<std::string> lines;
  auto const& retry = config.retry;
  lines.push_back(fmt::format("database: {{ url: \"{}\", writers: {} }}", config.database.url_as_written,
                              config.database.writers));
  lines.emplace_back("providers:");
  for (auto const& provider : config.providers) describe(provider, lines);
  lines.push_back(fmt::format("retry: {{ multiplier: {}, min: {}, max: {}, attempts: {}, jitter: {} }}",
                              to_string(retry.multiplier), to_string(retry.min), to_string(retry.max),
                              retry.attempts, word(retry.jitter)));
  lines.push_back(fmt::format("breaker: {{ failures: {}, open_for: {} }}", config.breaker.failures,
                              to_string(config.breaker.open_for)));
  lines.emplace_back("jobs:");
  for (auto const& job : config.jobs) describe(job, lines);
  lines.push_back(to_text(config.calendars));
  if (config.timings.csv.empty()) {
    lines.emplace_back("timings: (none)");
  } else {
    lines.push_back(fmt::format("timings: {{ csv: {}, rotate: {}, performance: {}, warn: {} }}",
                                config.timings.csv, size_to_string(config.timings.rotate_bytes),
                                config.timings.performance, to_text(config.timings.warn)));
  }
  lines.push_back(to_text(config.control));
  lines.push_back(
      fmt::format("log: {{ level: {}, format: {} }}", word(config.log.level), word(config.log.format)));
  return lines;
}

}  // namespace candled
