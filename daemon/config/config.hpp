// What the operator asked for: plain values, checked, with every default filled in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/limits.hpp"
#include "core/log_level.hpp"
#include "core/s3_place.hpp"
#include "core/schedule.hpp"
#include "core/secret.hpp"
#include "core/thresholds.hpp"
#include "core/time.hpp"
#include "core/timeframe.hpp"

namespace candled {

enum class ProviderKind { polygon };
std::string_view to_string(ProviderKind kind);

struct DatabaseConfig {
  Secret url;                  // any libpq URL or keyword string; may hold a password
  std::string url_as_written;  // with its references (${env:…}) as they stand in the file: holds no secret
  int writers = 2;

  friend bool operator==(DatabaseConfig const&, DatabaseConfig const&) = default;
};

// A provider of `kind: flatfile`: the day files of another one, in a folder or in a bucket.
struct FlatFilesConfig {
  std::string name;
  std::string
      root;  // path of the folder that holds `asset_class`, which need not exist; or s3://BUCKET/PREFIX
  std::optional<S3Place> s3 = std::nullopt;
  std::string asset_class = "us_stocks_sip";

  friend bool operator==(FlatFilesConfig const&, FlatFilesConfig const&) = default;
};

struct ProviderConfig {
  std::string name;
  ProviderKind kind = ProviderKind::polygon;
  std::string base_url;  // scheme and host, no path, no trailing slash; http only to a loopback address
  Secret api_key;
  RateLimit rate_limit;
  int concurrency = 16;
  Milliseconds timeout{30'000};
  std::optional<FlatFilesConfig> files;  // come before requests
  // Names that this section had before: their series are its own.
  std::vector<std::string> formerly = {};

  // The name, and then those that it had before.
  std::vector<std::string> names() const;

  friend bool operator==(ProviderConfig const&, ProviderConfig const&) = default;
};

// The host of a base_url, with its port if it has one.
std::string host_of(std::string const& base_url);

struct BatchConfig {
  int symbols = 50;
  int parallel = 3;
  Milliseconds stagger{0};

  friend bool operator==(BatchConfig const&, BatchConfig const&) = default;
};

struct JobConfig {
  std::string name;
  std::string provider;
  Timeframe timeframe = Timeframe::m1;
  std::vector<std::string> symbols;
  CalendarKind calendar = CalendarKind::xnys;
  std::optional<Schedule> schedule;  // nullopt: only `once` and `backfill`
  Date history{};                    // coverage is wanted from this day on, in the calendar's zone
  BatchConfig batch;
  std::vector<Milliseconds> settle;
  int retention_years = 0;         // 0: bars are kept for ever
  std::vector<Timeframe> rollups;  // coarser than `timeframe`, growing: their bars are kept too

  friend bool operator==(JobConfig const&, JobConfig const&) = default;
};

struct CalendarsConfig {
  std::string overrides_file;  // path; empty: none
  std::map<CalendarKind, std::vector<CalendarOverride>> overrides;
};

struct TimingsConfig {
  std::string csv;                                 // path; empty: none is written
  std::string performance;                         // path; empty: none is written
  std::int64_t rotate_bytes = 64LL * 1024 * 1024;  // of each
  PerformanceThresholds warn;

  friend bool operator==(TimingsConfig const&, TimingsConfig const&) = default;
};

struct ControlConfig {
  std::string listen;              // HOST:PORT; empty: no control plane
  Secret token;                    // at most one of both is set; other than loopback needs one
  std::string token_sha256;        // 64 hexadecimal digits, small letters
  std::vector<std::string> hosts;  // names by which it is reached besides its address, with or without port

  friend bool operator==(ControlConfig const&, ControlConfig const&) = default;
};

struct LogConfig {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::text;

  friend bool operator==(LogConfig const&, LogConfig const&) = default;
};

struct Config {
  DatabaseConfig database;
  std::vector<ProviderConfig> providers;
  RetryPolicy retry;
  BreakerPolicy breaker;
  std::vector<JobConfig> jobs;
  CalendarsConfig calendars;
  TimingsConfig timings;
  ControlConfig control;
  LogConfig log;

  // Both exist for every name that a job holds: the loader has checked.
  ProviderConfig const& provider(std::string const& name) const;
  // With the operator's overrides.
  Calendar calendar(CalendarKind kind) const;
};

}  // namespace candled
