// The real program, over real sockets.
#include <gtest/gtest.h>
#include <signal.h>
#include <simdjson.h>

#include <filesystem>
#include <set>
#include <string>

#include "http/retry_after.hpp"
#include "net/exchange_client.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace test;

std::string const day = "/v2/aggs/ticker/AAPL/range/1/day/2024-05-01/2024-05-03";  // three bars: < 1 KiB
std::string const minutes = "/v2/aggs/ticker/AAPL/range/1/minute/2024-05-01/2024-05-03";  // some 2,000 bars

std::string asking(std::string const& target, std::string_view version = "HTTP/1.1",
                   std::string_view headers = "") {
  return "GET " + target + " " + std::string{version} + "\r\nHost: x\r\nAuthorization: Bearer demo\r\n" +
         std::string{headers} + "\r\n";
}

TEST(ExchangeProgram, says_once_where_it_listens_and_ends_with_0_when_asked) {
  RunningExchange exchange{{"--synthetic", "1"}};

  exchange.process().signal(SIGTERM);

  EXPECT_EQ(exchange.process().wait(), 0);
  EXPECT_EQ(exchange.process().output(), "listening on " + exchange.url() + "\n");
  EXPECT_EQ(exchange.process().errors(), "");
}

TEST(ExchangeProgram, ends_within_its_drain_while_an_answer_stalls) {
  TempDir const folder;
  RunningExchange exchange{{"--synthetic", "1", "--faults", folder.write("faults", "stall-before\n")}};
  RawConnection stalled{exchange.port()};
  stalled.send(asking(day));
  RawConnection idle{exchange.port()};
  EXPECT_NE(get(exchange, "/exchange/report").body.find("\"stall-before\": 1"), std::string::npos);

  exchange.process().signal(SIGINT);

  EXPECT_EQ(exchange.process().wait(std::chrono::seconds{10}), 0);
  EXPECT_EQ(stalled.read_to_end(), "");
}

TEST(ExchangeProgram, tells_who_has_its_port_and_what_to_do) {
  RunningExchange const first{{"--synthetic", "1"}};
  auto const address = "127.0.0.1:" + std::to_string(first.port());

  auto const second = run({built_program("candled-exchange"), "--synthetic", "1", "--listen", address});

  EXPECT_EQ(second.exit_code, 5);
  EXPECT_EQ(second.output, "");
  EXPECT_NE(second.errors.find("cannot listen on " + address), std::string::npos) << second.errors;
  EXPECT_NE(second.errors.find("--listen"), std::string::npos) << second.errors;
}

TEST(ExchangeProgram, shows_every_problem_of_a_faults_file_with_its_line) {
  TempDir const folder;
  auto const file = folder.write("faults.txt", "429 rate=often\nunsortd\n");

  auto const finished = run({built_program("candled-exchange"), "--synthetic", "1", "--faults", file});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.errors.find(file + ":1: rate: expected a number from 0 to 1, found often"),
            std::string::npos);
  EXPECT_NE(finished.errors.find(file + ":2: unsortd: no such fault; did you mean unsorted?"),
            std::string::npos);
}

TEST(ExchangeProgram, refuses_command_lines_that_it_cannot_obey) {
  auto const exit_code = [](std::vector<std::string> options) {
    options.insert(options.begin(), built_program("candled-exchange"));
    auto const finished = run(std::move(options));
    EXPECT_NE(finished.errors, "");
    return finished.exit_code;
  };

  EXPECT_EQ(exit_code({}), 2);
  EXPECT_EQ(exit_code({"--synthetic", "1", "--limit", "many"}), 2);
  EXPECT_EQ(exit_code({"--synthetic", "1", "--now", "soon"}), 2);
  EXPECT_EQ(exit_code({"--synthetic", "1", "--listen", "nowhere"}), 2);
  EXPECT_EQ(exit_code({"--data", "/nonexistent"}), 2);
  EXPECT_EQ(exit_code({"--synthetic", "1", "--faults", "/nonexistent"}), 2);
}

TEST(ExchangeProgram, explains_its_options) {
  auto const finished = run({built_program("candled-exchange"), "--help"});

  EXPECT_EQ(finished.exit_code, 0);
  for (auto const* const option :
       {"--listen", "--data", "--synthetic", "--key", "--limit", "--faults", "--report"})
    EXPECT_NE(finished.output.find(option), std::string::npos) << option;
}

TEST(ExchangeAnswers, carry_the_recorded_headers) {
  RunningExchange const exchange{{"--synthetic", "1"}};

  auto const small = get(exchange, day);
  auto const large = get(exchange, minutes);

  EXPECT_EQ(small.status, 200);
  EXPECT_EQ(small.header("Content-Type"), "application/json");
  EXPECT_EQ(small.header("Content-Length"), std::to_string(small.body.size()));
  EXPECT_EQ(small.header("Vary"), "Accept-Encoding");
  EXPECT_NE(small.body.find("\"request_id\":\"" + small.header("X-Request-Id") + "\""), std::string::npos);
  EXPECT_NE(small.header("X-Request-Id"), large.header("X-Request-Id"));
  EXPECT_EQ(large.header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(large.header("Content-Length"), "");
  EXPECT_TRUE(large.body.ends_with('}'));
}

TEST(ExchangeAnswers, are_zipped_when_that_is_asked_for_and_allowed) {
  RunningExchange const zipping{{"--synthetic", "1"}};
  RunningExchange const plain{{"--synthetic", "1", "--no-gzip"}};
  std::string const headers = "Authorization: Bearer demo\r\nAccept-Encoding: gzip\r\n";

  auto const zipped = get(zipping, minutes, headers);
  auto const not_zipped = get(plain, minutes, headers);

  EXPECT_EQ(zipped.header("Content-Encoding"), "gzip");
  EXPECT_EQ(not_zipped.header("Content-Encoding"), "");
  auto const text = unzipped(zipped.body);
  EXPECT_LT(zipped.body.size() * 3, text.size());
  auto const bars = [](std::string const& body) { return body.substr(body.find("\"results\""), 100'000); };
  EXPECT_EQ(bars(text), bars(not_zipped.body));
}

TEST(ExchangeConnection, serves_one_request_after_the_other) {
  RunningExchange const exchange{{"--synthetic", "1"}};
  RawConnection connection{exchange.port()};

  for (int i = 0; i < 3; ++i) {
    connection.send(asking(minutes));
    EXPECT_TRUE(connection.read_until("0\r\n\r\n").starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(parse_response(connection.take()).header("Connection"), "keep-alive");
  }
  connection.send(asking(day) + asking(day, "HTTP/1.1", "Connection: close\r\n"));  // pipelined
  auto const& both = connection.read_to_end();
  EXPECT_NE(both.find("HTTP/1.1 200 OK", 20), std::string::npos);
  EXPECT_NE(both.find("Connection: close"), std::string::npos);
}

TEST(ExchangeConnection, speaks_http_1_0_without_chunks_and_closes) {
  RunningExchange const exchange{{"--synthetic", "1"}};
  RawConnection connection{exchange.port()};

  connection.send(asking(minutes, "HTTP/1.0"));
  auto const response = parse_response(connection.read_to_end());

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Transfer-Encoding"), "");
  EXPECT_EQ(response.header("Content-Length"), std::to_string(response.body.size()));
}

TEST(ExchangeConnection, ends_after_what_is_not_http) {
  RunningExchange const exchange{{"--synthetic", "1"}};
  RawConnection connection{exchange.port()};

  connection.send("hello\r\n\r\n");

  EXPECT_TRUE(connection.read_to_end().starts_with("HTTP/1.1 400"));
}

TEST(ExchangeKeys, come_as_bearer_or_in_the_query) {
  RunningExchange const exchange{{"--synthetic", "1", "--key", "one", "--key", "two"}};

  EXPECT_EQ(get(exchange, day, "Authorization: Bearer two\r\n").status, 200);
  EXPECT_EQ(get(exchange, day + "?apiKey=one", "").status, 200);
  EXPECT_NE(get(exchange, day, "").body.find("API Key was not provided"), std::string::npos);
  EXPECT_NE(get(exchange, day, "Authorization: Bearer demo\r\n").body.find("Unknown API Key"),
            std::string::npos);
}

TEST(ExchangeLimit, answers_429_over_it_and_reports_the_fullest_window) {
  TempDir const folder;
  auto const report = folder / "report.json";
  RunningExchange exchange{{"--synthetic", "1", "--limit", "3/1h", "--report", report}};
  std::vector<int> statuses;
  for (int i = 0; i < 5; ++i) statuses.push_back(get(exchange, day).status);

  exchange.process().signal(SIGTERM);
  EXPECT_EQ(exchange.process().wait(), 0);

  EXPECT_EQ(statuses, (std::vector{200, 200, 200, 429, 429}));
  simdjson::dom::parser parser;
  auto const text = read_file(report);
  auto const document = parser.parse(text).value();
  auto const key = document["credentials"]["key-1"];
  EXPECT_EQ(key["requests"].get_int64().value(), 5);
  EXPECT_EQ(key["limited"].get_int64().value(), 2);
  EXPECT_EQ(key["limit"].get_int64().value(), 3);
  EXPECT_EQ(key["window_ms"].get_int64().value(), 3'600'000);
  EXPECT_EQ(key["max_in_window"].get_int64().value(), 5);
  EXPECT_EQ(key["by_status"]["429"].get_int64().value(), 2);
  EXPECT_EQ(document["connections"].get_int64().value(), 5);
  EXPECT_EQ(document["paths"]["/v2/aggs/ticker/AAPL/range/1/day"]["pages"].get_int64().value(), 3);
}

class ExchangeFault : public testing::Test {
 protected:
  RunningExchange with(std::string const& rules) {
    return RunningExchange{{"--synthetic", "1", "--faults", folder_.write("faults", rules)}};
  }
  TempDir folder_;
};

TEST_F(ExchangeFault, stall_before_sends_nothing_and_for_ends_it) {
  auto const exchange = with("stall-before times=1 for=50ms\n");
  auto const before = std::chrono::steady_clock::now();

  auto const response = get(exchange, day);

  EXPECT_EQ(response.status, 200);
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds{50});
}

TEST_F(ExchangeFault, stall_body_stops_in_the_middle_until_the_client_leaves) {
  auto const exchange = with("stall-body times=1\n");
  {
    RawConnection connection{exchange.port()};
    connection.send(asking(day));
    auto const response = parse_response(connection.read_until("\"results\""));
    EXPECT_GT(std::stoul(response.header("Content-Length")), response.body.size());
  }
  EXPECT_EQ(get(exchange, day).status, 200);
}

TEST_F(ExchangeFault, truncate_ends_before_the_length_or_the_last_chunk) {
  auto const exchange = with("truncate times=1\n");

  auto const small = get(exchange, day);
  auto const large = get(exchange, minutes);

  EXPECT_EQ(std::stoul(small.header("Content-Length")) / 2, small.body.size());
  EXPECT_EQ(large.header("Transfer-Encoding"), "chunked");
  EXPECT_FALSE(large.body.ends_with('}'));
  EXPECT_TRUE(get(exchange, minutes).body.ends_with('}'));
}

TEST_F(ExchangeFault, reset_tears_the_connection_down) {
  auto const exchange = with("reset\n");
  RawConnection connection{exchange.port()};

  connection.send(asking(minutes));
  connection.read_to_end();

  EXPECT_TRUE(connection.was_reset());
}

TEST_F(ExchangeFault, slow_loris_sends_all_of_it_byte_by_byte) {
  auto const exchange = with("slow-loris every=0ms\n");

  EXPECT_TRUE(get(exchange, day).body.ends_with('}'));
}

TEST_F(ExchangeFault, wrong_date_is_an_hour_late) {
  auto const exchange = with("wrong-date\n");
  auto const before = std::chrono::system_clock::now();

  auto const answer = get(exchange, day);

  EXPECT_TRUE(answer.body.ends_with('}'));
  auto const late = before - parse_http_date(answer.header("Date")).value();
  EXPECT_GT(late, std::chrono::minutes{59});
  EXPECT_LT(late, std::chrono::minutes{61});
}

TEST_F(ExchangeFault, of_one_ticker_leaves_the_others_alone) {
  auto const exchange = with("403-not-entitled ticker=XYZ\n");

  EXPECT_EQ(get(exchange, "/v2/aggs/ticker/XYZ/range/1/day/2024-05-01/2024-05-03").status, 403);
  EXPECT_EQ(get(exchange, day).status, 200);
}

// All bars of a ticker and timespan, page by page.
std::size_t count_bars(RunningExchange const& exchange, std::string const& ticker,
                       std::string const& timespan) {
  simdjson::dom::parser parser;
  std::size_t bars = 0;
  auto target = "/v2/aggs/ticker/" + ticker + "/range/1/" + timespan +
                "/1998-01-01/2024-01-01?limit=50000&adjusted=false";
  while (true) {
    auto const body = get(exchange, target).body;
    auto const page = parser.parse(body).value();
    if (auto const results = page["results"]; results.error() == simdjson::SUCCESS)
      bars += results.get_array().size();
    auto const next = page["next_url"];
    if (next.error() != simdjson::SUCCESS) return bars;
    target = std::string{next.get_string().value()}.substr(exchange.url().size());
  }
}

TEST(ExchangeRealData, serves_every_bar_of_the_flat_files) {
  std::string const data = CANDLED_SOURCE_DIR "/../shared/data/real";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "NOT TESTED on real data: " << data << " is not there";
  RunningExchange const exchange{{"--data", data}};
  std::size_t minute_bars = 0;
  std::size_t day_bars = 0;

  for (auto const* const ticker :
       {"AAA", "AAPL", "AIG",  "BAC", "BNO", "EEM", "FB",  "FOXA", "GOOAV", "GOOCV", "GOOG", "GOOGL",
        "IBM", "IWM",  "NWSA", "QQQ", "SHY", "SPY", "TWX", "USO",  "UW",    "WM",    "WMI"}) {
    minute_bars += count_bars(exchange, ticker, "minute");
    day_bars += count_bars(exchange, ticker, "day");
  }

  EXPECT_EQ(minute_bars, 21'258U);
  EXPECT_EQ(day_bars, 70'025U);
}

}  // namespace
}  // namespace candled
