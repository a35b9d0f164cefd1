#include "config/key_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/load_config.hpp"

namespace candled {

namespace {

std::string_view section_of(std::string_view path) {
  return path.substr(0, path.find_first_of(".["));
}

std::string fallback_of(KnownKey const& key) {
  if (key.required) return "required";
  return key.fallback.empty() ? "" : fmt::format("`{}`", key.fallback);
}

constexpr auto words = std::to_array<KeyWords>(
    {{"providers.NAME.kind", "The interface: `polygon` is asked, `flatfile` reads day files"},
     {"providers.NAME.base_url", "`polygon`: the server. Plain http only to this machine"},
     {"providers.NAME.api_key", "`polygon`: the key, always as a reference"},
     {"providers.NAME.rate_limit",
      "`polygon`: what the plan allows. Left out as a whole: 5 requests in 1m, the free plan"},
     {"providers.NAME.rate_limit.requests", "In any window of `per`, retries and pages included"},
     {"providers.NAME.rate_limit.per", "The window's length"},
     {"providers.NAME.rate_limit.burst",
      "How many of them at once; the others are spread evenly. At most `requests`"},
     {"providers.NAME.rate_limit.adaptive", "After a 429 less is asked, and bit by bit more again"},
     {"providers.NAME.concurrency", "`polygon`: requests in flight at most"},
     {"providers.NAME.timeout", "`polygon`: for one request, from start to end"},
     {"providers.NAME.formerly",
      "`polygon`: names that this section had before; [their series are its "
      "own](operations.md#a-provider-that-is-renamed)"},
     {"providers.NAME.fills", "`flatfile`: the provider of kind polygon whose series it fills"},
     {"providers.NAME.root",
      "`flatfile`: the folder of the files, absolute or from the file's folder; or a bucket"},
     {"providers.NAME.endpoint", "`flatfile`, bucket: the server"},
     {"providers.NAME.access_key", "`flatfile`, bucket only: its key, as a reference"},
     {"providers.NAME.secret_key", "`flatfile`, bucket only: requests are signed with it, as a reference"},
     {"providers.NAME.region", "`flatfile`, bucket: part of what is signed"},
     {"providers.NAME.asset_class", "`flatfile`: the folder within `root`"},
     {"database.url", "Where the bars go. A password in it is a reference"},
     {"database.writers", "Connections that write at the same time"},
     {"retry.multiplier", "The wait before attempt n + 1 is this times 2^n"},
     {"retry.min", "At least so long"},
     {"retry.max", "At most so long, unless the provider names a longer time (an hour at most)"},
     {"retry.attempts", "Then the window is a gap, and is tried again later"},
     {"retry.jitter", "`full`: a random wait between `min` and the one computed"},
     {"breaker.failures", "So many in a row stop the requests"},
     {"breaker.open_for", "So long, before one request tries whether it is over"},
     {"jobs[].name", "In logs, tables and on the command line; each once"},
     {"jobs[].provider", "A name from `providers`"},
     {"jobs[].timeframe", "The length of a bar"},
     {"jobs[].symbols",
      "What is fetched, as the provider spells it; case matters. Required, unless there is `symbols_file`"},
     {"jobs[].symbols_file", "One symbol a line, `#` starts a comment; from the file's folder"},
     {"jobs[].calendar", "The days and hours on which bars can exist"},
     {"jobs[].schedule", "When it runs by itself. Left out: only by `once` and `backfill`"},
     {"jobs[].schedule.every", "On a grid from 1970-01-01 00:00 UTC on. This, or `at`"},
     {"jobs[].schedule.delay", "So long after the grid. No bar is asked for within 15s of its end"},
     {"jobs[].schedule.at", "Once a day, by the clock of `zone`. This, or `every`"},
     {"jobs[].schedule.zone", "Beside `at`"},
     {"jobs[].history", "The first day that is wanted, in the calendar's zone"},
     {"jobs[].batch", "How the work is cut"},
     {"jobs[].batch.symbols", "In one batch at most"},
     {"jobs[].batch.parallel", "Symbols of a batch that are fetched at the same time"},
     {"jobs[].batch.stagger", "Between the starts of these first ones"},
     {"jobs[].settle", "So long after its session closed a bar is read again; growing. Left out: never"},
     {"jobs[].rollups", "Longer bars that are computed from these and kept; growing. Left out: none"},
     {"jobs[].retention", "How long bars are kept. Left out: for ever"},
     {"calendars.overrides", "A file of days that are not as the exchange's rules have it"},
     {"timings.csv", "One row a batch; from the folder in which candled is started"},
     {"timings.rotate", "At this size a new file begins"},
     {"timings.performance",
      "A row each five minutes, for `candled report`. Left out: performance_metrics.csv beside "
      "`timings.csv`"},
     {"timings.warn",
      "What the log warns of when five minutes pass it: [thresholds](performance.md#thresholds)"},
     {"timings.warn.error_pct", "Requests that failed, of all, in percent"},
     {"timings.warn.rate_limited", "Requests that were answered 429"},
     {"timings.warn.response_p95", "The time that 95 % of the answers keep to"},
     {"timings.warn.freshness_lag", "How late the latest bars are by their job's schedule"},
     {"timings.warn.memory", "Resident memory"},
     {"control.listen", "Port 0 takes a free one. Other machines than this need a token"},
     {"control.token", "What changes something needs it; at least 32 characters, as a reference"},
     {"control.token_sha256", "Its hash instead, which is no secret"},
     {"control.hosts", "Names by which it is reached besides its address"},
     {"log.level", "What is logged"},
     {"log.format", "`text` for people, `json` for machines, one object a line"}});

}  // namespace

std::span<KeyWords const> key_words() {
  return words;
}

bool needs_restart(std::string_view path) {
  constexpr std::array<std::string_view, 3> sections{"database", "timings", "control"};
  return std::ranges::find(sections, section_of(path)) != sections.end() || path == "log.format";
}

std::string key_reference() {
  std::string out;
  for (auto const& key : known_keys()) {
    auto const section = section_of(key.path);
    if (section == key.path) {
      out += fmt::format("{}### {}\n\n{}.\n\n", out.empty() ? "" : "\n", section,
                         key.required ? "Required" : "May be left out");
      out += "| key | what | default | means | changed by |\n|---|---|---|---|---|\n";
      continue;
    }
    auto const* const found = std::ranges::find(words, key.path, &KeyWords::path);
    out +=
        fmt::format("| `{}` | {} | {} | {} | {} |\n", key.path, key.expected, fallback_of(key),
                    found == words.end() ? "" : found->means, needs_restart(key.path) ? "restart" : "reload");
  }
  return out;
}

}  // namespace candled
