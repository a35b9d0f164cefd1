// The table candled.market_session, as this candled and its overrides see the calendars.
#pragma once

#include "config/config.hpp"
#include "core/error.hpp"

namespace candled {

// Makes the table hold the sessions of every calendar from 1990 to 2035. Returns how many of its rows that
// changed. Needs the schema. Errors: as publish_sessions.
Result<int> publish_calendars(Config const& config);

}  // namespace candled
