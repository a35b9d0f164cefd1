#include "core/time.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

TEST(Time, reads_and_writes_rfc3339) {
  EXPECT_EQ(at("1970-01-01T00:00:00Z"), UtcTime{0ms});
  EXPECT_EQ(at("2023-07-31T08:00:00Z"), UtcTime{1690790400000ms});  // the recorded AAPL page's first bar
  EXPECT_EQ(at("2023-07-31T04:00:00-04:00"), UtcTime{1690790400000ms});
  EXPECT_EQ(at("2023-07-31T08:00:00.5Z"), UtcTime{1690790400500ms});
  EXPECT_EQ(to_rfc3339(UtcTime{1690790400000ms}), "2023-07-31T08:00:00Z");
  EXPECT_EQ(to_rfc3339(UtcTime{1690790400042ms}), "2023-07-31T08:00:00.042Z");
}

TEST(Time, refuses_what_is_no_rfc3339_time) {
  for (auto const* const text :
       {"", "2023-07-31", "2023-07-31T08:00:00", "2023-07-31 08:00:00Z", "2023-02-29T08:00:00Z",
        "2023-07-31T24:00:00Z", "2023-07-31T08:60:00Z", "2023-07-31T08:00:00Zx", "2023-07-31T08:00:00.Z",
        "2023-07-31T08:00:00+4:00", "-023-07-31T08:00:00Z"})
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
}

TEST(Time, reads_dates_that_exist) {
  EXPECT_EQ(parse_date("2024-02-29"), Date{2024y / 2 / 29});
  for (auto const* const text : {"2023-02-29", "2023-13-01", "2023-1-01", "2023-01-01x", "yesterday", ""})
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
}

TEST(Time, reads_durations_of_one_number_and_one_unit) {
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("5s"), 5s);
  EXPECT_EQ(parse_duration("2m"), 2min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  for (auto const* const text : {"", "5", "s", "5 s", "1.5s", "-5s", "5sec", "1h30m", "99999999999999999d"})
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
}

TEST(Time, writes_durations_as_they_are_read) {
  for (auto const* const text : {"0ms", "500ms", "90s", "2m", "1h", "7d"})
    EXPECT_EQ(to_string(parse_duration(text).value()), text);
}

TEST(Time, says_durations_in_words) {
  EXPECT_EQ(in_words(250ms), "250 ms");
  EXPECT_EQ(in_words(4s), "4 s");
  EXPECT_EQ(in_words(125s), "2 min 5 s");
  EXPECT_EQ(in_words(200min), "3 h 20 min");
  EXPECT_EQ(in_words(50h), "2 d 2 h");
}

TEST(TimeRange, intersection_of_strangers_is_empty) {
  TimeRange const a{.from = UtcTime{1s}, .to = UtcTime{5s}};
  TimeRange const b{.from = UtcTime{5s}, .to = UtcTime{9s}};

  EXPECT_TRUE(intersection(a, b).empty());
  EXPECT_FALSE(a.overlaps(b));  // half-open: they only touch
}

}  // namespace
}  // namespace candled
