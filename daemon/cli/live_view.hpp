// What goes on now, as JSON: what the dashboard shows, and never asks the database.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/engine.hpp"
#include "cli/reload.hpp"
#include "control/health.hpp"
#include "core/meters.hpp"
#include "pipeline/progress_board.hpp"

namespace candled {

// All must outlive it.
struct LiveView {
  Engine const& engine;
  Reloader const& reloader;
  ProgressBoard const& board;
  HealthRecord const& health;
  UtcTime started_at;
  bool changes_allowed = false;  // there is a token with which people may change something
};

// Requests by outcome up to some moment, by provider: what is counted from there on.
using CountersAt = std::map<std::string, RequestMeter>;

// What each lane of each job does.
nlohmann::json progress_json(LiveView const& view);
// How late each job's latest bars are.
nlohmann::json freshness_json(LiveView const& view);
// `counters_began`: when the counters of requests were set to zero.
nlohmann::json live_json(LiveView const& view, CountersAt const& counters_began);

}  // namespace candled
