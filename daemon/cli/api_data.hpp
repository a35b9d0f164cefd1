// The questions of /api/v1 that have parameters of their own: sessions and bars.
#pragma once

#include <expected>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "control/message.hpp"
#include "core/error.hpp"
#include "core/secret.hpp"
#include "core/time.hpp"
#include "pipeline/supervisor.hpp"

namespace candled {

// Blocks; may outlive the request that it was made of.
using Question = std::function<Result<nlohmann::json>(Secret const& url)>;
// The error: what is wrong with the parameters, for people.
using PreparedQuestion = std::expected<Question, std::string>;

// How far each session of each series of a job is. Parameters: job; ticker, the beginning of one; from and
// to, dates, the last 60 sessions when they are left out and 400 at most; holes=true for those series alone
// that lack something; limit and offset.
PreparedQuestion sessions_question(ControlRequest const& request, std::vector<JobSetup> const& jobs,
                                   UtcTime now);

// The newest bars of a series, oldest first. Parameters: ticker, timeframe, from and to (dates or times; from
// is included, to is not), limit (1 to 5,000, default 500).
PreparedQuestion bars_question(ControlRequest const& request);
// What bars of a series were before the provider changed them. Parameters: the same, with limit and offset of
// a page.
PreparedQuestion changes_question(ControlRequest const& request);

}  // namespace candled
