#include "exchange/exchange.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

#include "exchange/http_message.hpp"
#include "exchange/stored_market.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view path = "/v2/aggs/ticker/AAPL/range/1/day/2024-05-01/2024-05-02";
constexpr SteadyTime start{};
UtcTime const now = parse_rfc3339("2024-06-01T00:00:00Z").value();

Exchange exchange_with(ExchangeSettings settings) {
  auto market = std::make_unique<StoredMarket>();
  market->add("AAPL", Base::day,
              {.start = parse_rfc3339("2024-05-01T04:00:00Z").value(),
               .open = 1,
               .high = 1,
               .low = 1,
               .close = 1,
               .volume = 1});
  return Exchange{std::move(settings), std::move(market)};
}

ExchangeSettings one_key(std::string_view key = "demo") {
  ExchangeSettings settings;
  settings.keys.push_back(parse_key(key).value());
  return settings;
}

Answer get(Exchange& exchange, std::string_view target, std::string_view authorization = "",
           SteadyTime when = start) {
  return exchange.answer({.method = "GET", .target = target, .authorization = authorization}, now, when)
      .answer;
}

TEST(Exchange, accepts_a_key_as_bearer_and_in_the_query) {
  auto exchange = exchange_with(one_key());

  EXPECT_EQ(get(exchange, path, "Bearer demo").status, 200);
  EXPECT_EQ(get(exchange, std::string{path} + "?apiKey=demo").status, 200);
}

TEST(Exchange, tells_no_key_from_an_unknown_one) {
  auto exchange = exchange_with(one_key());

  auto const none = get(exchange, path);
  auto const unknown = get(exchange, path, "Bearer other");

  EXPECT_EQ(none.status, 401);
  EXPECT_NE(none.body.find("API Key was not provided"), std::string::npos);
  EXPECT_EQ(unknown.status, 401);
  EXPECT_NE(unknown.body.find("Unknown API Key"), std::string::npos);
}

TEST(Exchange, limits_requests_in_a_sliding_window_and_counts_the_refused_ones_only_in_the_report) {
  auto exchange = exchange_with(one_key("demo=2/10s"));

  EXPECT_EQ(get(exchange, path, "Bearer demo", start).status, 200);
  EXPECT_EQ(get(exchange, path, "Bearer demo", start + 6s).status, 200);
  EXPECT_EQ(get(exchange, path, "Bearer demo", start + 9999ms).status, 429);
  EXPECT_EQ(get(exchange, path, "Bearer demo", start + 10s).status,
            200);  // the first one has left the window
  EXPECT_EQ(get(exchange, path, "Bearer demo", start + 15s).status, 429);
  EXPECT_EQ(get(exchange, path, "Bearer demo", start + 16s).status, 200);

  auto const& log = exchange.log().credentials[0];
  EXPECT_EQ(log.requests, 6U);
  EXPECT_EQ(log.limited, 2U);
  EXPECT_EQ(log.arrivals.most(), 4U);  // 6 s, 9.999 s, 10 s and 15 s lie within 10 s
}

TEST(Exchange, gives_keys_limits_of_their_own) {
  auto settings = one_key("small=1/1m");
  settings.keys.push_back(parse_key("large").value());
  settings.limit = RequestLimit{.requests = 3, .per = 1min};
  auto exchange = exchange_with(std::move(settings));
  int small = 0;
  int large = 0;
  for (int i = 0; i < 5; ++i) {
    small += get(exchange, path, "Bearer small").status == 200 ? 1 : 0;
    large += get(exchange, path, "Bearer large").status == 200 ? 1 : 0;
  }

  EXPECT_EQ(small, 1);
  EXPECT_EQ(large, 3);
}

TEST(Exchange, answers_404_to_other_paths_and_405_to_other_methods) {
  auto exchange = exchange_with(one_key());

  EXPECT_EQ(get(exchange, "/v9/nothing", "Bearer demo").status, 404);
  EXPECT_EQ(exchange.answer({.method = "POST", .target = path, .authorization = "Bearer demo"}, now, start)
                .answer.status,
            405);
}

TEST(Exchange, hits_the_first_asks_of_a_url_by_each_key_and_then_tells_the_truth) {
  auto settings = one_key("one");
  settings.keys.push_back(parse_key("two").value());
  settings.faults = parse_faults("502 times=2").value();
  auto exchange = exchange_with(std::move(settings));

  for (auto const* const key : {"Bearer one", "Bearer two"}) {
    EXPECT_EQ(get(exchange, path, key).status, 502);
    EXPECT_EQ(get(exchange, path, key).status, 502);
    EXPECT_EQ(get(exchange, path, key).status, 200);
  }
  EXPECT_EQ(exchange.log().credentials[0].by_fault.at("502"), 2U);
}

TEST(Exchange, never_reports_a_key) {
  auto exchange = exchange_with(one_key("hush-hush"));
  get(exchange, std::string{path} + "?apiKey=hush-hush");
  get(exchange, "/\"quoted\"?apiKey=hush-hush");

  auto const report = get(exchange, "/exchange/report").body;

  EXPECT_EQ(report.find("hush"), std::string::npos);
  EXPECT_NE(report.find("\"key-1\""), std::string::npos);
  EXPECT_NE(report.find("\"/?quoted?\": {\"asks\": 1, \"pages\": 0}"), std::string::npos) << report;
}

TEST(Exchange, reports_the_time_that_it_is_on_the_market) {
  auto exchange = exchange_with(one_key());

  auto const report = get(exchange, "/exchange/report").body;

  EXPECT_NE(report.find("\"now\": \"2024-06-01T00:00:00Z\""), std::string::npos) << report;
}

TEST(RateWindow, finds_the_fullest_window) {
  RateWindow window{1s};
  for (auto const moment : {0ms, 10ms, 900ms, 1000ms, 1009ms, 1010ms, 5000ms}) window.add(start + moment);

  EXPECT_EQ(window.most(), 4U);  // 10, 900, 1000 and 1009 ms; or 900 … 1010
}

TEST(RequestLimit, is_requests_per_duration) {
  EXPECT_EQ(parse_request_limit("150/1m")->requests, 150);
  EXPECT_EQ(parse_request_limit("150/1m")->per, 1min);
  for (auto const* const bad : {"150", "0/1m", "/1m", "150/", "150/0s", "x/1m", "-1/1m"})
    EXPECT_FALSE(parse_request_limit(bad).has_value()) << bad;
  EXPECT_FALSE(parse_key("").has_value());
  EXPECT_FALSE(parse_key("key=many").has_value());
}

TEST(RequestHead, reads_what_an_answer_depends_on) {
  auto const head =
      parse_head("GET /a?b HTTP/1.1\r\nHost: x\r\nAUTHORIZATION:  Bearer k \r\nAccept-Encoding: br, gzip")
          .value();

  EXPECT_EQ(head.method, "GET");
  EXPECT_EQ(head.target, "/a?b");
  EXPECT_EQ(head.authorization, "Bearer k");
  EXPECT_TRUE(head.accepts_gzip);
  EXPECT_TRUE(head.keep_alive);
}

TEST(RequestHead, keeps_alive_as_its_version_and_connection_say) {
  EXPECT_FALSE(parse_head("GET / HTTP/1.1\r\nConnection: close")->keep_alive);
  EXPECT_FALSE(parse_head("GET / HTTP/1.0")->keep_alive);
  EXPECT_TRUE(parse_head("GET / HTTP/1.0\r\nConnection: Keep-Alive")->keep_alive);
  EXPECT_FALSE(parse_head("GET / HTTP/1.0")->chunks);
  for (auto const* const bad : {"", "GET /", "GET / HTTP/2", "GET / HTTP/1.1\r\nno colon"})
    EXPECT_FALSE(parse_head(bad).has_value()) << bad;
}

TEST(Gzip, ends_with_a_sync_flush_and_unzips_to_the_same_text) {
  std::string const text(10'000, 'x');

  auto const zipped = gzip_like_go(text);

  // an empty stored block (00 00 FF FF) before the final empty block and the 8 bytes of the trailer
  EXPECT_NE(zipped.find(std::string_view{"\x00\x00\xFF\xFF", 4}), std::string::npos);
  std::string plain(20'000, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, MAX_WBITS + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  stream.avail_in = static_cast<uInt>(zipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  EXPECT_EQ(plain, text);
}

TEST(Wire, sends_small_bodies_whole_and_large_ones_in_chunks) {
  RequestHead const request{.method = "GET", .target = "/", .authorization = {}};
  Answer const small{.body = std::string(1024, 'x')};
  Answer const large{.body = std::string(20'000, 'x')};

  auto const whole = to_wire(small, "id", request, Compression::gzip, now);
  auto const chunks = to_wire(large, "id", request, Compression::gzip, now);

  EXPECT_NE(whole.head.find("Content-Length: 1024\r\n"), std::string::npos);
  EXPECT_EQ(whole.body, small.body);
  EXPECT_NE(chunks.head.find("Transfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(chunks.body,
            "4000\r\n" + std::string(16384, 'x') + "\r\ne20\r\n" + std::string(3616, 'x') + "\r\n0\r\n\r\n");
  EXPECT_NE(chunks.head.find("Date: Sat, 01 Jun 2024 00:00:00 GMT\r\n"), std::string::npos);
}

}  // namespace
}  // namespace candled
