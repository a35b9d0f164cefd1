#include "http/retry_after.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

using namespace std::chrono_literals;

struct Row {
  char const* text;
  std::optional<Milliseconds> wait;
};

TEST(RetryAfter, is_seconds_or_a_date_and_never_absurd) {
  auto const now =
      *parse_rfc3339("1994-11-06T08:49:00Z");  // the date of RFC 9110's examples, 37 s before them
  for (auto const& row : {
           Row{"0", 0ms},
           Row{"7", 7s},
           Row{" 120 ", 2min},
           Row{"3600", 1h},
           Row{"3601", 1h},
           Row{"1000000000000", 1h},
           Row{"99999999999999999999999999", 1h},
           Row{"-1", 0ms},
           Row{"-99999999999999999999999999", 0ms},
           Row{"Sun, 06 Nov 1994 08:49:37 GMT", 37s},
           Row{"Sunday, 06-Nov-94 08:49:37 GMT", 37s},
           Row{"Sun Nov  6 08:49:37 1994", 37s},
           Row{"Sun, 06 Nov 1994 08:48:00 GMT", 0ms},
           Row{"Sun, 06 Nov 2094 08:49:37 GMT", 1h},
           Row{"", std::nullopt},
           Row{"soon", std::nullopt},
           Row{"1.5", std::nullopt},
           Row{"7 s", std::nullopt},
           Row{"+7", std::nullopt},
           Row{"-", std::nullopt},
           Row{"0x10", std::nullopt},
           Row{"2094-11-06", std::nullopt},
           Row{"08:49:37", std::nullopt},
       })
    EXPECT_EQ(parse_retry_after(row.text, now), row.wait) << "'" << row.text << "'";
}

}  // namespace
}  // namespace candled
