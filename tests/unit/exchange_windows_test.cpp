#include "exchange/windows.hpp"

#include <gtest/gtest.h>

namespace candled {
namespace {

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

struct Case {
  Resolution resolution;
  std::string_view anchor;
  std::string_view time;
  std::string_view start;
  std::string_view end;
};

TEST(Windows, start_and_end_where_the_exchanges_clock_and_calendar_say) {
  using enum Timespan;
  Case const cases[] = {
      {{1, minute},
       "2024-05-01T00:00:00Z",
       "2024-05-01T13:31:59Z",
       "2024-05-01T13:31:00Z",
       "2024-05-01T13:32:00Z"},
      {{15, minute},
       "2024-05-01T00:00:00Z",
       "2024-05-01T13:31:59Z",
       "2024-05-01T13:30:00Z",
       "2024-05-01T13:45:00Z"},
      {{1, hour},
       "2024-05-01T00:00:00Z",
       "2024-05-01T13:31:59Z",
       "2024-05-01T13:00:00Z",
       "2024-05-01T14:00:00Z"},
      // 08:00 to 12:00 in New York, in summer and in winter
      {{4, hour},
       "2024-05-01T00:00:00Z",
       "2024-05-01T13:31:59Z",
       "2024-05-01T12:00:00Z",
       "2024-05-01T16:00:00Z"},
      {{4, hour},
       "2024-01-10T00:00:00Z",
       "2024-01-10T13:31:59Z",
       "2024-01-10T13:00:00Z",
       "2024-01-10T17:00:00Z"},
      // 330 minutes do not divide a day: counted from the midnight of `from`
      {{330, minute},
       "2024-05-01T09:00:00Z",
       "2024-05-01T13:31:59Z",
       "2024-05-01T09:30:00Z",
       "2024-05-01T15:00:00Z"},
      // the 23-hour day on which summer time begins
      {{1, day},
       "2024-03-01T05:00:00Z",
       "2024-03-10T12:00:00Z",
       "2024-03-10T05:00:00Z",
       "2024-03-11T04:00:00Z"},
      {{3, day},
       "2024-05-01T04:00:00Z",
       "2024-05-05T12:00:00Z",
       "2024-05-04T04:00:00Z",
       "2024-05-07T04:00:00Z"},
      {{1, week},
       "2024-05-01T04:00:00Z",
       "2024-05-04T12:00:00Z",
       "2024-04-28T04:00:00Z",
       "2024-05-05T04:00:00Z"},
      {{1, month},
       "2024-01-20T04:00:00Z",
       "2024-12-31T12:00:00Z",
       "2024-12-01T05:00:00Z",
       "2025-01-01T05:00:00Z"},
      {{2, month},
       "2024-02-20T04:00:00Z",
       "2024-05-04T12:00:00Z",
       "2024-04-01T04:00:00Z",
       "2024-06-01T04:00:00Z"},
      {{1, quarter},
       "2024-05-01T04:00:00Z",
       "2024-05-04T12:00:00Z",
       "2024-04-01T04:00:00Z",
       "2024-07-01T04:00:00Z"},
      {{1, year},
       "2024-05-01T04:00:00Z",
       "2024-05-04T12:00:00Z",
       "2024-01-01T05:00:00Z",
       "2025-01-01T05:00:00Z"},
  };
  for (auto const& one : cases) {
    Windows const windows{one.resolution, Zone::new_york(), at(one.anchor)};

    EXPECT_EQ(to_rfc3339(windows.start(at(one.time))), one.start)
        << one.resolution.multiplier << ' ' << to_string(one.resolution.timespan);
    EXPECT_EQ(to_rfc3339(windows.end(at(one.time))), one.end)
        << one.resolution.multiplier << ' ' << to_string(one.resolution.timespan);
  }
}

}  // namespace
}  // namespace candled
