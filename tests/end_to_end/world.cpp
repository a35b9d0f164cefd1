#include "end_to_end/world.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace candled::test {

namespace {

// Everything the server sends to one GET, headers included.
std::string http_get(int port, std::string const& path) {
  int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  // sockaddr is what the C interface takes for every kind of address.
  if (connect(fd, reinterpret_cast<sockaddr const*>(&address), sizeof address) == 0) {
    auto const request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    EXPECT_EQ(send(fd, request.data(), request.size(), 0), static_cast<ssize_t>(request.size()));
    std::array<char, 4096> part{};
    for (ssize_t count = 0; (count = recv(fd, part.data(), part.size(), 0)) > 0;)
      answer.append(part.data(), static_cast<std::size_t>(count));
  }
  close(fd);
  return answer;
}

constexpr auto config_template = R"(database: {{ url: "{}" }}
providers:
  exchange:
    kind: polygon
    base_url: {}
    api_key: ${{env:CANDLED_TEST_KEY}}
    rate_limit: {}
    timeout: {}
{}retry: {}
breaker: {{ failures: 20, open_for: 1s }}
jobs:
{}
timings: {{ csv: "{}" }}
{}
)";

}  // namespace

World::World(WorldOptions options) {
  if (options.database_url.empty()) database_.emplace();
  url_ = database_ ? database_->url() : options.database_url;

  exchange_arguments_ = std::move(options.exchange);
  if (!options.faults.empty()) {
    exchange_arguments_.emplace_back("--faults");
    exchange_arguments_.push_back(dir_.write("faults", options.faults));
  }
  start_exchange("127.0.0.1:0");

  if (auto const place = options.providers.find("EXCHANGE"); place != std::string::npos)
    options.providers.replace(place, 8, exchange_url_);
  config_ =
      dir_.write("candled.yaml",
                 fmt::format(config_template, database_ ? with_option(url_, "user", "candled_ingest") : url_,
                             exchange_url_, options.rate_limit, options.timeout, options.providers,
                             options.retry, options.jobs,
                             options.timings.empty() ? dir_ / "timings.csv" : options.timings, options.more));
}

void World::start_exchange(std::string const& address) {
  std::vector<std::string> arguments{built_program("candled-exchange"), "--listen", address};
  arguments.insert(arguments.end(), exchange_arguments_.begin(), exchange_arguments_.end());
  exchange_ = std::make_unique<Process>(arguments);
  EXPECT_TRUE(exchange_->wait_for("listening on ")) << exchange_->errors();
  EXPECT_TRUE(exchange_->wait_for("\n"));
  auto const& output = exchange_->output();
  auto const start = output.find("http://");
  exchange_url_ = output.substr(start, output.find('\n', start) - start);
}

void World::kill_exchange() {
  exchange_.reset();
  start_exchange(exchange_url_.substr(exchange_url_.rfind('/') + 1));
}

std::unique_ptr<Process> World::start(std::vector<std::string> arguments,
                                      std::map<std::string, std::string> environment) {
  environment.try_emplace("CANDLED_TEST_KEY", "demo");
  arguments.insert(arguments.begin(), built_program("candled"));
  arguments.insert(arguments.begin() + 2, {"--config", config_});
  return std::make_unique<Process>(arguments, environment);
}

Finished World::candled(std::vector<std::string> arguments, std::map<std::string, std::string> environment) {
  auto const process = start(std::move(arguments), std::move(environment));
  int const exit_code = process->wait(std::chrono::seconds{300});
  return {.exit_code = exit_code, .output = process->output(), .errors = process->errors()};
}

Finished World::as_migrate(std::vector<std::string> arguments) {
  auto text = read_file(config_);
  constexpr std::string_view ingest = "candled_ingest";
  text.replace(text.find(ingest), ingest.size(), "candled_migrate");
  auto const mine = std::exchange(config_, dir_.write("as-migrate.yaml", text));
  auto finished = candled(std::move(arguments));
  config_ = mine;
  return finished;
}

std::string World::report() const {
  auto const port = std::atoi(exchange_url_.substr(exchange_url_.rfind(':') + 1).c_str());
  return http_get(port, "/exchange/report");
}

long World::reported(std::string const& name) const {
  auto const text = report();
  auto const place = text.find('"' + name + "\":");
  EXPECT_NE(place, std::string::npos) << name << " is not in " << text;
  return place == std::string::npos ? -1 : std::atol(text.c_str() + place + name.size() + 3);
}

std::string World::fingerprint() const {
  return fingerprint_of(url_);
}

std::string fingerprint_of(std::string const& database_url) {
  return value(database_url,
               "SELECT count(*) || ' bars ' || coalesce(md5(string_agg((ticker, timeframe, ts, open, high, "
               "low, close, volume, vwap, trade_count)::text, '|' ORDER BY ticker, "
               "timeframe, ts)), '') "
               "FROM candled.bars b");
}

std::string jobs_in_three_timeframes(std::string const& tickers) {
  std::string jobs;
  for (auto const* const timeframe : {"1m", "1h", "1d"})
    jobs += fmt::format(
        "  - {{ name: j{0}, provider: exchange, timeframe: {0}, symbols: [{1}], calendar: XNYS, history: "
        "2024-03-04, "
        "batch: {{ symbols: 4, parallel: 3 }} }}\n",
        timeframe, tickers);
  return jobs;
}

}  // namespace candled::test
