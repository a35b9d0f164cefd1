// What the tests of the Polygon provider ask and answer.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "provider/polygon.hpp"

namespace candled::test {

inline std::string const fixtures = CANDLED_SOURCE_DIR "/tests/fixtures/polygon/";
inline std::string const massive = "https://api.massive.com";

inline UtcTime at(char const* text) {
  return *parse_rfc3339(text);
}
inline UtcTime ms(std::int64_t count) {
  return UtcTime{Milliseconds{count}};
}

// 14:30 to 14:40 of a Monday in New York's winter.
inline constexpr std::int64_t first_minute = 1'709'562'600'000;  // 2024-03-04T14:30:00Z
inline constexpr std::int64_t minute = 60'000;

inline Window minutes(std::string ticker = "AAPL") {
  return {.series = SeriesId{1},
          .ticker = std::move(ticker),
          .range = {.from = ms(first_minute), .to = ms(first_minute + 10 * minute)}};
}

inline HttpResponse ok(std::string body) {
  return {.status = 200, .body = std::move(body), .content_type = "application/json"};
}

struct Parsed {
  Result<Page> page;
  std::vector<Bar> bars;
};

// As the daemon asks: raw prices of Massive. One bar that was there before must still be there, alone, on an
// error.
inline Parsed parse(HttpResponse response, Window const& rest = minutes(),
                    Timeframe timeframe = Timeframe::m1, Prices prices = Prices::raw,
                    std::string const& base_url = massive) {
  PolygonProvider provider{base_url, Secret{"canary-4f1d"}, prices};
  std::vector<Bar> bars{{.start = ms(1), .open = 1, .high = 1, .low = 1, .close = 1, .volume = 1}};
  auto page = provider.parse(rest, timeframe, response, bars);
  EXPECT_EQ(bars.at(0).start, ms(1));
  if (!page) EXPECT_EQ(bars.size(), 1U) << page.error().what;
  if (page) EXPECT_EQ(bars.size(), 1 + page->bars);
  bars.erase(bars.begin());
  return {.page = std::move(page), .bars = std::move(bars)};
}

// One bar of the window, as the provider writes it.
inline std::string bar_at(std::int64_t t) {
  return fmt::format(
      R"({{"v":4428,"vw":195.7709,"o":195.89,"c":195.53,"h":195.9,"l":195.52,"t":{},"n":121}})", t);
}

// How many elements an array with this between its brackets has.
inline std::size_t elements(std::string_view text) {
  if (text.empty()) return 0;
  std::size_t count = 1;
  int depth = 0;
  bool quoted = false;
  for (char const c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (c == ',' && depth == 0) ++count;
  }
  return count;
}

// An answer with these results, which says how many there are, and with whatever else.
inline std::string answer(std::string const& results, std::string const& more = {},
                          std::string const& ticker = "AAPL") {
  return fmt::format(
      R"({{"ticker":"{0}","queryCount":{2},"resultsCount":{2},"adjusted":false,"results":[{1}],"status":"OK","request_id":"7fea49fbee5d3f40","count":{2}{3}}})",
      ticker, results, elements(results), more);
}

inline std::string two_bars() {
  return bar_at(first_minute) + "," + bar_at(first_minute + minute);
}

inline void expect_malformed(Parsed const& got, std::string_view reason) {
  ASSERT_FALSE(got.page) << "was taken, instead of: " << reason;
  EXPECT_EQ(to_string(got.page.error().kind), "malformed");
  EXPECT_NE(got.page.error().what.find(reason), std::string::npos) << got.page.error().what;
}

}  // namespace candled::test
