// candled-exchange: a market-data provider of your own, on this machine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "exchange/server.hpp"
#include "exchange/stored_market.hpp"
#include "exchange/synthetic_market.hpp"

namespace {

using namespace candled;

constexpr int exit_usage = 2;
constexpr int exit_listen = 5;

// As given; empty: not given.
struct Options {
  std::string listen = "127.0.0.1:0";
  std::string data;
  std::optional<std::uint64_t> synthetic;
  std::string synthetic_from = "2020-01-01";
  std::string settles_after = "0s";
  std::vector<std::string> closed;
  std::vector<std::string> early_closes;
  std::vector<std::string> keys;
  std::string limit;
  std::string window = "1m";
  std::string latency = "0ms";
  std::string now;
  std::string speed;
  std::string zero;
  std::string publish_after = "0s";
  std::string horizon;
  bool no_today = false;
  bool delayed = false;
  bool no_gzip = false;
  std::size_t page_limit_max = 50'000;
  std::string next_url_host;
  std::string instruments;
  std::string actions;
  bool old_reference = false;
  std::string s3;
  std::vector<std::string> s3_keys;
  std::string s3_allowed;
  std::size_t s3_page = 1'000;
  std::string s3_clock_ahead = "0s";
  std::string faults;
  std::optional<std::uint64_t> fault_seed;
  std::string report;
};

// A command line that cannot be obeyed; `what` may have several lines.
struct UsageError {
  std::string what;
};

void declare_time(CLI::App& app, Options& options) {
  auto* const now =
      app.add_option("--now", options.now, "where the market ends, a date or an RFC 3339 time (default: now)")
          ->type_name("TIME");
  auto* const speed = app.add_option("--speed", options.speed,
                                     "time runs on from --now, X times as fast (default: it stands)")
                          ->type_name("X")
                          ->needs(now);
  app.add_option("--zero", options.zero,
                 "when it was --now, in real seconds since 1970 (default: when this program starts)")
      ->type_name("EPOCH")
      ->needs(speed);
  app.add_option("--publish-after", options.publish_after,
                 "a minute shows so long after its end, and whole (default: as it forms)")
      ->type_name("DURATION");
}

void declare_synthetic(CLI::App& app, Options& options) {
  app.add_option("--synthetic-from", options.synthetic_from, "its first day")
      ->type_name("DATE")
      ->capture_default_str();
  app.add_option("--settles-after", options.settles_after,
                 "some minutes are corrected so long after their end, and some appear only then")
      ->type_name("DURATION");
  app.add_option("--closed", options.closed, "a holiday of its stocks; may be repeated")
      ->type_name("DATE")
      ->allow_extra_args(false);
  app.add_option("--early-close", options.early_closes,
                 "its stocks trade until 17:00 that day; may be repeated")
      ->type_name("DATE")
      ->allow_extra_args(false);
}

void declare_reference(CLI::App& app, Options& options) {
  app.add_option("--instruments", options.instruments,
                 "who had which ticker when: a file as `candled instruments import` reads it")
      ->type_name("FILE");
  app.add_option("--actions", options.actions,
                 "splits and dividends: a file as `candled actions import` reads it")
      ->type_name("FILE");
  app.add_flag("--old-reference", options.old_reference,
               "splits and dividends in their form before 2026 only: /v3/reference/...");
}

void declare_s3(CLI::App& app, Options& options) {
  auto* const s3 =
      app.add_option("--s3", options.s3, "a bucket `flatfiles` of what lies in this folder: s3://flatfiles")
          ->type_name("DIR")
          ->check(CLI::ExistingDirectory);
  app.add_option("--s3-key", options.s3_keys,
                 "a key pair that may read it; may be repeated (default: demo:demo-secret)")
      ->type_name("ACCESS:SECRET")
      ->allow_extra_args(false)
      ->needs(s3);
  app.add_option("--s3-allowed", options.s3_allowed,
                 "objects whose key begins otherwise are listed, and refused")
      ->type_name("PREFIX")
      ->needs(s3);
  app.add_option("--s3-page", options.s3_page, "objects in a page of its list")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::PositiveNumber)
      ->needs(s3);
  app.add_option("--s3-clock-ahead", options.s3_clock_ahead, "its clock is ahead of this machine's")
      ->type_name("DURATION")
      ->needs(s3);
}

void declare(CLI::App& app, Options& options) {
  app.set_version_flag("--version", CANDLED_VERSION);
  app.add_option("--listen", options.listen, "where to listen; port 0 takes a free one")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  auto* const market = app.add_option_group("Market", "what is traded");
  market
      ->add_option("--data", options.data,
                   "flat files: DIR/us_stocks_sip/{minute,day}_aggs_v1/YYYY/MM/*.csv.gz")
      ->type_name("DIR");
  market->add_option("--synthetic", options.synthetic, "a computed market, in which every ticker trades")
      ->type_name("SEED");
  market->require_option(1);
  declare_synthetic(app, options);
  declare_time(app, options);
  app.add_option("--key", options.keys, "an accepted key; may be repeated (default: demo)")
      ->type_name("KEY[=REQUESTS/PER]")
      ->allow_extra_args(false);
  app.add_option("--limit", options.limit, "for keys without their own, e.g. 150/1m (default: none)")
      ->type_name("REQUESTS/PER");
  app.add_option("--window", options.window, "what the report measures for keys without a limit")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--latency", options.latency, "before each answer, e.g. 80ms")
      ->type_name("DURATION")
      ->capture_default_str();
  app.add_option("--horizon", options.horizon, "asking for older data is refused with 403")
      ->type_name("DATE");
  app.add_flag("--no-today", options.no_today, "asking for New York's today is refused with 403");
  app.add_flag("--delayed", options.delayed, "answers with status DELAYED, without the last 15 minutes");
  app.add_option("--page-limit-max", options.page_limit_max, "the largest limit; larger ones are cut")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--next-url-host", options.next_url_host,
                 "what next_url starts with (default: its own address)")
      ->type_name("URL");
  declare_reference(app, options);
  declare_s3(app, options);
  app.add_option("--faults", options.faults, "what goes wrong, one rule a line: docs/exchange.md")
      ->type_name("FILE");
  app.add_option("--fault-seed", options.fault_seed, "instead of the file's seed=N")->type_name("N");
  app.add_option("--report", options.report, "written at exit; the report is always at GET /exchange/report")
      ->type_name("FILE");
  app.add_flag("--no-gzip", options.no_gzip, "never compress");
}

template <class T>
T need(std::optional<T> value, std::string_view option, std::string_view given, std::string_view expected) {
  if (!value) throw UsageError{fmt::format("{}: {} is not {}", option, given, expected)};
  return *std::move(value);
}

UtcTime parse_now(std::string const& text) {
  if (auto const date = parse_date(text)) return Zone::new_york().at(*date, Milliseconds{0});
  return need(parse_rfc3339(text), "--now", text,
              "a date such as 2024-05-01 or a time such as 2024-05-01T14:30:00Z");
}

constexpr auto date_form = "a date such as 2024-05-01";
constexpr auto duration_form = "a duration such as 500ms, 5s or 1m";

std::set<Date> parse_dates(std::vector<std::string> const& texts, std::string_view option) {
  std::set<Date> dates;
  for (auto const& text : texts) dates.insert(need(parse_date(text), option, text, date_form));
  return dates;
}

MarketClock clock_of(Options const& options) {
  if (options.now.empty()) return {};
  auto const now = parse_now(options.now);
  if (options.speed.empty()) return MarketClock::standing_at(now);
  auto const speed = need(parse_drill_speed(options.speed), "--speed", options.speed,
                          fmt::format("a number from 1 to {}", drill_speed_max));
  auto const zero = options.zero.empty() ? std::chrono::floor<Milliseconds>(std::chrono::system_clock::now())
                                         : need(parse_epoch(options.zero), "--zero", options.zero,
                                                "a number of seconds since 1970 such as 1764000000.123");
  return MarketClock::through({.start = now, .speed = speed, .zero = zero});
}

FaultRules read_faults(Options const& options) {
  if (options.faults.empty()) return {};
  std::ifstream const file{options.faults};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !text) throw UsageError{fmt::format("--faults: {} cannot be read", options.faults)};
  auto rules = parse_faults(text.str());
  if (!rules) {
    std::string all;
    for (auto const& problem : rules.error())
      all += fmt::format("{}{}:{}", all.empty() ? "" : "\n", options.faults, problem);
    throw UsageError{all};
  }
  if (options.fault_seed) rules->seed = *options.fault_seed;
  return *std::move(rules);
}

// The rows of a CSV file; none without a file.
template <class Parse>
auto read_reference(std::string const& path, std::string_view option, Parse parse) {
  using Rows = typename decltype(parse(std::string_view{}))::value_type;
  if (path.empty()) return Rows{};
  std::ifstream const file{path};
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || !text) throw UsageError{fmt::format("{}: {} cannot be read", option, path)};
  auto rows = parse(text.str());
  if (!rows)
    throw UsageError{fmt::format("{}:{}: {}", path, rows.error().front().line, rows.error().front().what)};
  return *std::move(rows);
}

S3Settings s3_settings_of(Options const& options) {
  S3Settings settings{.folder = options.s3,
                      .allowed = options.s3_allowed,
                      .page_objects = options.s3_page,
                      .clock_ahead = need(parse_duration(options.s3_clock_ahead), "--s3-clock-ahead",
                                          options.s3_clock_ahead, duration_form)};
  for (auto const& pair : options.s3_keys) {
    auto const colon = pair.find(':');
    if (colon == std::string::npos) throw UsageError{"--s3-key: its value is not ACCESS:SECRET"};
    settings.credentials.push_back(
        {.access_key = pair.substr(0, colon), .secret_key = Secret{pair.substr(colon + 1)}});
  }
  if (settings.credentials.empty())
    settings.credentials.push_back({.access_key = "demo", .secret_key = Secret{"demo-secret"}});
  return settings;
}

ExchangeSettings settings_of(Options const& options) {
  constexpr auto limit_form = "a limit such as 150/1m";
  ExchangeSettings settings{
      .keys = {},
      .window = need(parse_duration(options.window), "--window", options.window, duration_form),
      .terms = {.refuses_today = options.no_today,
                .delayed = options.delayed,
                .publish_after = need(parse_duration(options.publish_after), "--publish-after",
                                      options.publish_after, duration_form),
                .page_limit_max = options.page_limit_max,
                .next_url_host = options.next_url_host,
                .now = {}},
      .faults = read_faults(options),
      .latency = need(parse_duration(options.latency), "--latency", options.latency, duration_form),
      .reference = {.page_limit_max = std::min<std::size_t>(options.page_limit_max, 1'000),
                    .names = read_reference(options.instruments, "--instruments", parse_instrument_names),
                    .actions = read_reference(options.actions, "--actions", parse_corporate_actions),
                    .old_form_only = options.old_reference},
      .s3 = s3_settings_of(options)};
  if (!options.limit.empty())
    settings.limit = need(parse_request_limit(options.limit), "--limit", options.limit, limit_form);
  if (!options.horizon.empty())
    settings.terms.horizon = need(parse_date(options.horizon), "--horizon", options.horizon, date_form);
  for (auto const& key : options.keys)
    settings.keys.push_back(need(parse_key(key), "--key", "its value", "KEY or KEY=150/1m"));
  if (settings.keys.empty()) settings.keys.push_back({.key = Secret{"demo"}});
  return settings;
}

SyntheticRules synthetic_rules(Options const& options) {
  return {.settles_after = need(parse_duration(options.settles_after), "--settles-after",
                                options.settles_after, duration_form),
          .closed = parse_dates(options.closed, "--closed"),
          .early_closes = parse_dates(options.early_closes, "--early-close")};
}

std::unique_ptr<Market const> market_of(Options const& options) {
  if (options.synthetic) {
    auto const first =
        need(parse_date(options.synthetic_from), "--synthetic-from", options.synthetic_from, date_form);
    return std::make_unique<SyntheticMarket>(*options.synthetic, first, synthetic_rules(options));
  }
  if (options.settles_after != Options{}.settles_after || !options.closed.empty() ||
      !options.early_closes.empty())
    throw UsageError{"--settles-after, --closed and --early-close go with --synthetic only"};
  auto market = load_flat_files(options.data);
  if (!market) throw UsageError{"--data: " + market.error()};
  fmt::print(stderr, "candled-exchange: {} minute bars and {} day bars of {} tickers\n",
             market->size(Base::minute), market->size(Base::day), market->tickers());
  return std::make_unique<StoredMarket>(*std::move(market));
}

int run(Options const& options) {
  auto const address = need(parse_listen_address(options.listen), "--listen", options.listen,
                            "an address such as 127.0.0.1:8080");
  auto const clock = clock_of(options);
  Exchange exchange{settings_of(options), market_of(options)};
  auto const compression = options.no_gzip ? Compression::none : Compression::gzip;
  auto const served = serve(exchange, clock, address, compression, [](ListenAddress const& listening) {
    fmt::print("listening on {}\n", url_of(listening));
    static_cast<void>(std::fflush(stdout));
  });
  if (!served) {
    fmt::print(stderr,
               "candled-exchange: cannot listen on {}: {}; stop what listens there, or give another address "
               "with --listen (port 0 takes a free one)\n",
               options.listen, served.error());
    return exit_listen;
  }
  if (!options.report.empty() &&
      !(std::ofstream{options.report} << to_json(exchange.log(), clock.now()) << std::flush)) {
    fmt::print(stderr, "candled-exchange: cannot write the report to {}\n", options.report);
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape): an exception here is a bug; abort
  CLI::App app{
      "A stand-in for the Polygon.io / Massive aggregates API: the same answers over HTTP, from flat files "
      "or\n"
      "a computed market, without a key and without the internet.\n\n"
      "  candled-exchange --synthetic 1 --listen 127.0.0.1:8080\n"
      "  curl 'http://127.0.0.1:8080/v2/aggs/ticker/AAPL/range/1/day/2024-01-01/2024-01-31?apiKey=demo'\n"};
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (CLI::ParseError const& problem) {
    return app.exit(problem) == 0 ? 0 : exit_usage;
  } catch (UsageError const& problem) {
    fmt::print(stderr, "candled-exchange: {}\n", problem.what);
    return exit_usage;
  }
}
