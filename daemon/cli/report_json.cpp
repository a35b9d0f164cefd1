#include "cli/report_json.hpp"

#include <nlohmann/json.hpp>

namespace candled {

namespace {

nlohmann::json json_of_next_try(GapRow const& gap) {
  if (gap.next_try_at == when_a_person_asks) return "infinity";
  return json_of(gap.next_try_at);
}

}  // namespace

nlohmann::json json_of(std::optional<UtcTime> time) {
  return time ? nlohmann::json(to_rfc3339(*time)) : nlohmann::json();
}

nlohmann::json json_of(CoverageRow const& row) {
  auto covered = nlohmann::json::array();
  for (auto const& range : row.covered.ranges())
    covered.push_back({{"from", to_rfc3339(range.from)}, {"until", to_rfc3339(range.to)}});
  return {{"ticker", row.ticker},          {"timeframe", row.timeframe},
          {"provider", row.provider},      {"wanted_from", to_rfc3339(row.wanted_from)},
          {"covered", std::move(covered)}, {"last_bar_at", json_of(row.last_bar_at)},
          {"rejected", row.rejected},      {"revisions", row.revisions}};
}

nlohmann::json json_of(GapRow const& gap) {
  return {{"ticker", gap.ticker},
          {"timeframe", gap.timeframe},
          {"provider", gap.provider},
          {"from", to_rfc3339(gap.range.from)},
          {"until", to_rfc3339(gap.range.to)},
          {"reason", gap.reason},
          {"detail", gap.detail},
          {"attempts", gap.attempts},
          {"first_seen", json_of(gap.first_seen)},
          {"last_tried", json_of(gap.last_tried)},
          {"next_try_at", json_of_next_try(gap)}};
}

nlohmann::json json_of(BatchRow const& batch) {
  auto phases = nlohmann::json::object();
  for (auto const& [phase, took] : batch.phases) phases[phase] = took.count();
  return {{"batch_id", batch.batch_id},
          {"run_id", batch.run_id},
          {"started_at", to_rfc3339(batch.started_at)},
          {"job", batch.job},
          {"provider", batch.provider},
          {"timeframe", batch.timeframe},
          {"symbols", batch.symbols},
          {"requests", batch.requests},
          {"bars", batch.bars},
          {"inserted", batch.inserted},
          {"changed", batch.changed},
          {"rejected", batch.rejected},
          {"milliseconds", batch.total.count()},
          {"outcome", batch.outcome},
          {"phases", std::move(phases)}};
}

nlohmann::json json_of(RunRow const& run) {
  return {{"run_id", run.run_id},
          {"started_at", to_rfc3339(run.started_at)},
          {"ended_at", json_of(run.ended_at)},
          {"config_loaded_at", to_rfc3339(run.config_loaded_at.value_or(run.started_at))},
          {"config_error", run.config_error}};
}

}  // namespace candled
