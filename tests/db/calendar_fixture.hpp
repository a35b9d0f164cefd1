// A database that knows when New York trades in 2024, and a store on it.
#pragma once

#include "store/market_sessions.hpp"
#include "store_fixture.hpp"

namespace candled::test {

class CalendarTest : public StoreTest {
 protected:
  CalendarTest() {
    Calendar const xnys{CalendarKind::xnys};
    must(publish_sessions(
        Secret{database_.url()}, "XNYS",
        xnys.sessions({.from = at("2024-01-01T05:00:00Z"), .to = at("2025-01-01T05:00:00Z")})));
  }

  std::vector<Series> series_of(Timeframe timeframe, std::string const& ticker) {
    auto asked = query({ticker});
    asked.timeframe = timeframe;
    asked.now = at("2024-12-01T00:00:00Z");
    return must(await(store_.open_series(asked)));
  }
};

}  // namespace candled::test
