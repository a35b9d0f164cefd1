#include "core/thresholds.hpp"

#include <fmt/format.h>

namespace candled {

namespace {

constexpr double over_at = 0.8;

double seconds(Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string passed_text(Threshold const& threshold, double value, TimeRange during) {
  return fmt::format("{} was {} from {} to {}, past timings.warn.{} ({}): {}", threshold.what,
                     figure_in_words(threshold.figure, value), to_rfc3339(during.from), to_rfc3339(during.to),
                     threshold.key, figure_in_words(threshold.figure, threshold.value), threshold.to_do);
}

std::string over_text(Threshold const& threshold, double value) {
  return fmt::format("{} is {} again, within timings.warn.{} ({})", threshold.what,
                     figure_in_words(threshold.figure, value), threshold.key,
                     figure_in_words(threshold.figure, threshold.value));
}

}  // namespace

std::vector<Threshold> thresholds_of(PerformanceThresholds const& config) {
  std::vector<Threshold> all;
  if (config.error_pct)
    all.push_back({.figure = Figure::error_pct,
                   .value = static_cast<double>(*config.error_pct),
                   .key = "error_pct",
                   .what = "the share of requests that failed",
                   .to_do = "earlier lines of the log say why; when it lasts, look at the network and at the "
                            "provider's status page"});
  if (config.rate_limited)
    all.push_back(
        {.figure = Figure::rate_limited,
         .value = static_cast<double>(*config.rate_limited),
         .key = "rate_limited",
         .what = "the number of requests answered 429",
         .to_do = "lower rate_limit.requests, or set adaptive: true; does somebody else use the key?"});
  if (config.response_p95)
    all.push_back({.figure = Figure::response_p95_ms,
                   .value = static_cast<double>(config.response_p95->count()),
                   .key = "response_p95",
                   .what = "the response time that 95 % of the requests keep to",
                   .to_do = "the provider or the network is slow; a smaller concurrency may help"});
  if (config.freshness_lag)
    all.push_back({.figure = Figure::freshness_lag_s,
                   .value = seconds(*config.freshness_lag),
                   .key = "freshness_lag",
                   .what = "the lag of the latest bars",
                   .to_do = "`candled status` says which job is behind, and what it waits for"});
  if (config.memory)
    all.push_back(
        {.figure = Figure::memory_bytes,
         .value = static_cast<double>(*config.memory),
         .key = "memory",
         .what = "the memory in use",
         .to_do = "`candled check` says what the configuration needs; `candled report` whether it grows"});
  return all;
}

bool tells(PerformanceRow const& row, Figure figure) {
  if (!row[figure]) return false;
  bool const of_requests = figure == Figure::success_pct || figure == Figure::error_pct ||
                           figure == Figure::response_mean_ms || figure == Figure::response_p95_ms;
  return !of_requests || row[Figure::requests].value_or(0) >= requests_that_tell;
}

ThresholdWatch::ThresholdWatch(PerformanceThresholds const& config) {
  for (auto const& threshold : thresholds_of(config)) watched_.push_back({.threshold = threshold});
}

std::vector<ThresholdNews> ThresholdWatch::judge(PerformanceRow const& row) {
  std::vector<ThresholdNews> news;
  for (auto& [threshold, passed] : watched_) {
    if (!tells(row, threshold.figure)) continue;
    auto const value = *row[threshold.figure];
    if (!passed && value > threshold.value) {
      passed = true;
      news.push_back({.passed = true, .text = passed_text(threshold, value, row.during)});
    } else if (passed && value <= over_at * threshold.value) {
      passed = false;
      news.push_back({.passed = false, .text = over_text(threshold, value)});
    }
  }
  return news;
}

}  // namespace candled
