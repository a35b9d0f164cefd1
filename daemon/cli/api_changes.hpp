// What people may ask over HTTP: the same requests that `candled backfill --detach`, `repair`, `cancel` and
// `retry` leave in the database.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <vector>

#include "control/message.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// Blocks; may outlive the request that it was made of.
using Change = std::function<Result<ControlAnswer>(Secret const& url)>;
// The error: an answer that says what is wrong with the request.
using PreparedChange = std::expected<Change, ControlAnswer>;

// {"kind": "backfill" or "repair", "job": NAME, "symbols": [A, B], "from": DATE or TIME, "to": the same};
// without symbols all, without from and to (repair only) all that is due.
PreparedChange prepare_request(ControlRequest const& request, std::vector<JobSetup> const& jobs, UtcTime now);
// Of the parameter `id`.
PreparedChange prepare_cancel(ControlRequest const& request);
PreparedChange prepare_retry(ControlRequest const& request);
// Of the parameter `job`: all that it has due, now.
PreparedChange prepare_trigger(ControlRequest const& request, std::vector<JobSetup> const& jobs, UtcTime now);

// The answer itself, or why there is none: nullopt, too many wait; or the error, whose words go to the log
// alone.
ControlAnswer answer_or_problem(ControlRequest const& request,
                                std::optional<Result<ControlAnswer>> const& answer);

}  // namespace candled
