#include "cli/publish_calendars.hpp"

#include "store/market_sessions.hpp"

namespace candled {

Result<int> publish_calendars(Config const& config) {
  using namespace std::chrono_literals;
  int changed = 0;
  for (auto const kind : {CalendarKind::xnys, CalendarKind::always}) {
    auto const calendar = config.calendar(kind);
    TimeRange const years{.from = calendar.zone().at(1990y / 1 / 1, 0ms),
                          .to = calendar.zone().at(2036y / 1 / 1, 0ms)};
    auto const rows = publish_sessions(config.database.url, to_string(kind), calendar.sessions(years));
    if (!rows) return std::unexpected(rows.error());
    changed += *rows;
  }
  return changed;
}

}  // namespace candled
