#include "config/sections.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "config/address.hpp"
#include "config/overrides_file.hpp"
#include "config/secret_reference.hpp"

namespace candled {

namespace {

using namespace std::chrono_literals;

void add_overrides(Section& section, OverridesFile const& file, CalendarsConfig& calendars) {
  for (auto const& line : file.lines) calendars.overrides[line.calendar].push_back(line.day);
  for (auto const& [place, refusal] : file.problems)
    section.findings().problems.push_back({.file = file.path,
                                           .line = place.line,
                                           .column = place.column,
                                           .path = section.path() + ".overrides",
                                           .message = refusal.message,
                                           .hint = refusal.hint});
}

}  // namespace

void describe(Section& section, DatabaseConfig& database) {
  DatabaseUrl url;
  section.required("url", url, database_url(section.findings().folder));
  database.url = url.url;
  database.url_as_written = url.as_written;
  section.optional("writers", database.writers, whole_number(1, 16));
}

void describe(Section& section, RateLimit& limit) {
  section.required("requests", limit.requests, whole_number(1, 1'000'000));
  section.required("per", limit.per, duration(1s, 24h));
  section.optional("burst", limit.burst, whole_number(1, 1'000'000));
  section.optional("adaptive", limit.adaptive, one_of<bool>({{"true", true}, {"false", false}}));
  section.rule(
      {"requests", "burst"}, limit.burst <= limit.requests,
      fmt::format("expected a burst of at most requests ({}), found {}", limit.requests, limit.burst));
}

void describe(Section& section, RetryPolicy& retry) {
  section.optional("multiplier", retry.multiplier, duration(1ms, 300s));
  section.optional("min", retry.min, duration(0s, 300s));
  section.optional("max", retry.max, duration(1ms, 300s));
  section.rule({"min", "max"}, retry.min <= retry.max,
               fmt::format("expected min to be at most max, found {} and {}", to_string(retry.min),
                           to_string(retry.max)));
  section.optional("attempts", retry.attempts, whole_number(1, 100));
  section.optional("jitter", retry.jitter, one_of<Jitter>({{"full", Jitter::full}, {"none", Jitter::none}}));
}

void describe(Section& section, BreakerPolicy& breaker) {
  section.optional("failures", breaker.failures, whole_number(1, 1'000));
  section.optional("open_for", breaker.open_for, duration(1s, 1h));
}

void describe(Section& section, CalendarsConfig& calendars) {
  std::string written;
  section.required("overrides", written, file_path());
  if (written.empty()) return;
  calendars.overrides_file = path_within(section.findings().folder, written);
  auto const file = read_overrides_file(calendars.overrides_file);
  if (file) return add_overrides(section, *file, calendars);
  bool const missing = !std::filesystem::exists(calendars.overrides_file);
  section.problem("overrides",
                  fmt::format("expected a file of overrides, found that {} {}", calendars.overrides_file,
                              file.error().message),
                  missing ? "create it: an empty file is fine" : file.error().hint);
}

void describe(Section& section, PerformanceThresholds& thresholds) {
  section.optional("error_pct", thresholds.error_pct, or_off(whole_number(1, 100)));
  section.optional("rate_limited", thresholds.rate_limited, or_off(whole_number(1, 1'000'000)));
  section.optional("response_p95", thresholds.response_p95, or_off(duration(1ms, 10min)));
  section.optional("freshness_lag", thresholds.freshness_lag, or_off(duration(1s, std::chrono::days{365})));
  section.optional("memory", thresholds.memory, or_off(size_from(1024 * 1024)));
}

void describe(Section& section, TimingsConfig& timings) {
  section.required("csv", timings.csv, file_path());
  section.optional("rotate", timings.rotate_bytes, size_from(64 * 1024));
  section.optional("performance", timings.performance, file_path());
  section.optional_section("warn", timings.warn);
  section.rule({"csv", "performance"}, timings.csv != timings.performance,
               fmt::format("expected two different files, found {} twice", candled::quoted(timings.csv)));
  if (timings.performance.empty() && !timings.csv.empty())
    timings.performance =
        std::filesystem::path{timings.csv}.replace_filename("performance_metrics.csv").string();
}

void describe(Section& section, ControlConfig& control) {
  section.required("listen", control.listen, listen_address());
  section.optional("token", control.token, control_token(section.findings().folder));
  section.optional("token_sha256", control.token_sha256, sha256_hex());
  std::vector<Place> places;
  section.optional_list("hosts", control.hosts, places, host_name());
  section.rule({"token", "token_sha256"}, !section.has("token") || !section.has("token_sha256"),
               "expected one of token and token_sha256, found both", "take one out");
  bool const token_written = section.has("token") || section.has("token_sha256");
  if (!section.good("listen") || token_written) return;
  if (!is_loopback(parse_host_port(control.listen)->host))
    section.problem("listen", "expected a token beside an address that other machines reach, found none",
                    "add token: ${credential:NAME}, or token_sha256 with the hash of a token; or listen on "
                    "127.0.0.1 and reach it through an SSH tunnel");
}

void describe(Section& section, LogConfig& log) {
  section.optional("level", log.level,
                   one_of<LogLevel>({{"debug", LogLevel::debug},
                                     {"info", LogLevel::info},
                                     {"warn", LogLevel::warn},
                                     {"error", LogLevel::error}}));
  section.optional("format", log.format,
                   one_of<LogFormat>({{"text", LogFormat::text}, {"json", LogFormat::json}}));
}

}  // namespace candled
