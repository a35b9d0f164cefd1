// What /livez, /readyz and /healthz answer.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "control/health.hpp"
#include "control/message.hpp"

namespace candled {

// The loop turns, or nobody would answer. A database or a provider that is away is no reason to start anew.
ControlAnswer live_answer();

// 200, or 503 with the reason.
ControlAnswer ready_answer(std::optional<std::string> const& not_ready);

// What /healthz tells.
nlohmann::ordered_json health_json(HealthRecord const& record, UtcTime started_at, UtcTime now);
// The same, with 200 while it is ok or degraded, 503 when it is down.
ControlAnswer health_answer(HealthRecord const& record, UtcTime started_at, UtcTime now);

}  // namespace candled
