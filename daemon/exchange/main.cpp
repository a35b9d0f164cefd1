// candled-exchange: a market-data provider of your own, on this machine.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
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
  std::vector<std::string> keys;
  std::string limit;
  std::string window = "1m";
  std::string latency = "0ms";
  std::string now;
  std::string horizon;
  bool no_today = false;
  bool delayed = false;
  bool no_gzip = false;
  std::size_t page_limit_max = 50'000;
  std::string next_url_host;
  std::string faults;
  std::optional<std::uint64_t> fault_seed;
  std::string report;
};

// A command line that cannot be obeyed; `what` may have several lines.
struct UsageError {
  std::string what;
};

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
  app.add_option("--synthetic-from", options.synthetic_from, "its first day")
      ->type_name("DATE")
      ->capture_default_str();
  app.add_option("--now", options.now, "where the market ends, a date or an RFC 3339 time (default: now)")
      ->type_name("TIME");
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
  app.add_flag("--delayed", options.delayed, "answers with status DELAYED");
  app.add_option("--page-limit-max", options.page_limit_max, "the largest limit; larger ones are cut")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--next-url-host", options.next_url_host,
                 "what next_url starts with (default: its own address)")
      ->type_name("URL");
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

ExchangeSettings settings_of(Options const& options) {
  constexpr auto limit_form = "a limit such as 150/1m";
  constexpr auto duration_form = "a duration such as 500ms, 5s or 1m";
  constexpr auto date_form = "a date such as 2024-05-01";
  ExchangeSettings settings{
      .keys = {},
      .window = need(parse_duration(options.window), "--window", options.window, duration_form),
      .terms = {.refuses_today = options.no_today,
                .delayed = options.delayed,
                .page_limit_max = options.page_limit_max,
                .next_url_host = options.next_url_host,
                .now = {}},
      .fixed_now = !options.now.empty(),
      .faults = read_faults(options),
      .latency = need(parse_duration(options.latency), "--latency", options.latency, duration_form)};
  if (!options.limit.empty())
    settings.limit = need(parse_request_limit(options.limit), "--limit", options.limit, limit_form);
  if (!options.horizon.empty())
    settings.terms.horizon = need(parse_date(options.horizon), "--horizon", options.horizon, date_form);
  if (settings.fixed_now) settings.terms.now = parse_now(options.now);
  for (auto const& key : options.keys)
    settings.keys.push_back(need(parse_key(key), "--key", "its value", "KEY or KEY=150/1m"));
  if (settings.keys.empty()) settings.keys.push_back({.key = Secret{"demo"}});
  return settings;
}

std::unique_ptr<Market const> market_of(Options const& options) {
  if (options.synthetic) {
    auto const first = need(parse_date(options.synthetic_from), "--synthetic-from", options.synthetic_from,
                            "a date such as 2020-01-01");
    return std::make_unique<SyntheticMarket>(*options.synthetic, first);
  }
  auto market = load_flat_files(options.data);
  if (!market) throw UsageError{"--data: " + market.error()};
  fmt::print(stderr, "candled-exchange: {} minute bars and {} day bars of {} tickers\n",
             market->size(Base::minute), market->size(Base::day), market->tickers());
  return std::make_unique<StoredMarket>(*std::move(market));
}

int run(Options const& options) {
  auto const address = need(parse_listen_address(options.listen), "--listen", options.listen,
                            "an address such as 127.0.0.1:8080");
  Exchange exchange{settings_of(options), market_of(options)};
  auto const compression = options.no_gzip ? Compression::none : Compression::gzip;
  auto const served = serve(exchange, address, compression, [](ListenAddress const& listening) {
    fmt::print("listening on {}\n", url_of(listening));
    std::fflush(stdout);
  });
  if (!served) {
    fmt::print(stderr,
               "candled-exchange: cannot listen on {}: {}; stop what listens there, or give another address "
               "with --listen (port 0 takes a free one)\n",
               options.listen, served.error());
    return exit_listen;
  }
  if (!options.report.empty() && !(std::ofstream{options.report} << to_json(exchange.log()) << std::flush)) {
    fmt::print(stderr, "candled-exchange: cannot write the report to {}\n", options.report);
    return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
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
