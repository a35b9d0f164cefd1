// Rows of the store's reports as JSON, for commands and for the API alike.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>

#include "store/reports.hpp"

namespace candled {

nlohmann::json json_of(std::optional<UtcTime> time);
nlohmann::json json_of(CoverageRow const& row);
nlohmann::json json_of(GapRow const& gap);
nlohmann::json json_of(BatchRow const& batch);
nlohmann::json json_of(RunRow const& run);

}  // namespace candled
