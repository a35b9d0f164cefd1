// The part of `status` that is about now: what the daemon does, what it was asked for, and its budgets.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "store/requests.hpp"

namespace candled {

struct LiveStatus {
  std::vector<BackfillRequest> requests;  // open ones, and the last few
  std::vector<ShownProgress> now;         // what a daemon has shown in the last minute; empty: none lives
  std::vector<BudgetRow> budgets;
};

Result<LiveStatus> read_live_status(Secret const& url);

// Whether a daemon has shown anything in the last minute.
bool is_daemon_seen(std::vector<ShownProgress> const& progress);

// Tables with a blank line before each; nothing about what there is none of.
std::string text_of(LiveStatus const& live);
// Sets the keys `now`, `requests` and `budgets`.
void add_json(nlohmann::json& out, LiveStatus const& live);

}  // namespace candled
