#include "cli/live_view.hpp"

#include <nlohmann/json.hpp>

#include "cli/live_status.hpp"
#include "cli/report_json.hpp"
#include "control/health_answers.hpp"
#include "pipeline/freshness.hpp"
#include "pipeline/progress_writer.hpp"

namespace candled {

namespace {

using Json = nlohmann::json;

Look look_at(Engine const& engine, Progress const& progress) {
  Look look{.now = engine.clock->now(),
            .elapsed = std::chrono::duration_cast<Milliseconds>(engine.clock->ticks() - progress.began),
            .limit = {}};
  if (auto const* const source = engine.source(progress.provider); source != nullptr) {
    look.limit = source->pacer->limit();
    look.parked = source->pacer->parked();
  }
  return look;
}

Json requests_json(RequestMeter const& meter, RequestMeter const& before) {
  return {{"ok", meter.ok - before.ok},
          {"rate_limited", meter.rate_limited - before.rate_limited},
          {"refused", meter.refused - before.refused},
          {"failed", meter.failed - before.failed},
          {"unreachable", meter.unreachable - before.unreachable}};
}

RequestMeter meter_of(std::map<std::string, RequestMeter> const& meters, std::string const& name) {
  auto const found = meters.find(name);
  return found == meters.end() ? RequestMeter{} : found->second;
}

Json provider_json(Source const& source, RequestMeter const& meter, RequestMeter const& before) {
  auto const limit = source.pacer->limit();
  auto const parked = source.pacer->parked();
  auto const learned = source.pacer->learned();
  return {{"name", source.name},
          {"budget",
           {{"requests", limit.requests},
            {"window_seconds", std::chrono::duration<double>(limit.per).count()},
            {"taken", source.pacer->taken()},
            {"learned", learned == limit.requests ? Json() : Json(learned)}}},
          {"breaker", parked && parked->by == ParkedBy::breaker ? "open" : "closed"},
          {"retry_at", parked ? Json(to_rfc3339(parked->until)) : Json()},
          {"waits_for", parked ? Json(parked->why) : Json()},
          {"in_flight", source.pacer->in_flight()},
          {"requests", requests_json(meter, before)}};
}

Json job_json(JobSetup const& setup, Meters const& meters, UtcTime now) {
  auto const& job = *setup.job;
  auto const found = meters.jobs.find(job.name);
  auto const meter = found == meters.jobs.end() ? BatchMeter{} : found->second;
  return {{"name", job.name},
          {"provider", setup.source->name},
          {"timeframe", to_string(job.timeframe)},
          {"session_open", job.calendar.session_at_or_before(now).hours.contains(now)},
          {"last_ok_at", json_of(meter.last_ok_at)},
          {"last_outcome", meter.last_outcome.empty() ? Json() : Json(meter.last_outcome)},
          {"bars_written", meter.inserted + meter.changed}};
}

}  // namespace

Json progress_json(LiveView const& view) {
  LiveStatus live;
  for (auto const& progress : view.board.all())
    live.now.push_back({.row = progress_row(*progress, look_at(view.engine, *progress)),
                        .updated_at = view.engine.clock->now()});
  Json out;
  add_json(out, live);
  return out["now"];
}

Json freshness_json(LiveView const& view) {
  auto items = Json::array();
  for (auto const& one : job_lags(view.engine.meters, view.reloader.jobs(), view.engine.clock->now()))
    items.push_back({{"job", one.job->name},
                     {"expected_through", to_rfc3339(one.due_until)},
                     {"covered_through", to_rfc3339(one.covered_until)},
                     {"lag_seconds", std::chrono::duration<double>(one.lag).count()},
                     {"series", one.series},
                     {"late_series", one.late}});
  return items;
}

Json live_json(LiveView const& view, CountersAt const& counters_began) {
  auto const& engine = view.engine;
  auto const now = engine.clock->now();
  auto providers = Json::array();
  for (auto const& source : engine.sources)
    providers.push_back(provider_json(*source, meter_of(engine.meters.providers, source->name),
                                      meter_of(counters_began, source->name)));
  auto jobs = Json::array();
  for (auto const& setup : view.reloader.jobs()) jobs.push_back(job_json(setup, engine.meters, now));
  return {{"at", to_rfc3339(now)},
          {"version", CANDLED_VERSION},
          {"started_at", to_rfc3339(view.started_at)},
          {"changes_allowed", view.changes_allowed},
          {"health", health_json(view.health, view.started_at, now)},
          {"progress", progress_json(view)},
          {"providers", std::move(providers)},
          {"jobs", std::move(jobs)}};
}

}  // namespace candled
