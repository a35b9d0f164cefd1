// The table candled.market_session: a calendar, for those who join it. Blocking: for commands, not for the
// loop.
#pragma once

#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"

namespace candled {

// Makes the table hold exactly `sessions` for `calendar` (XNYS, 24x7), in one transaction: missing rows come,
// wrong ones are put right, days that do not trade go. Returns how many rows that were: 0 has written
// nothing. Each date stands once in `sessions`. Errors: db_unavailable, db_in_doubt (do it again), db_refused
// (no schema: "run `candled migrate`").
Result<int> publish_sessions(Secret const& url, std::string_view calendar,
                             std::vector<Session> const& sessions);

}  // namespace candled
