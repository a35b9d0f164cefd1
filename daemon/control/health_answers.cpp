#include "control/health_answers.hpp"

#include <nlohmann/json.hpp>

namespace candled {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(std::optional<UtcTime> time) {
  return time ? Json(to_rfc3339(std::chrono::floor<std::chrono::seconds>(*time))) : Json();
}

Json json_of(HealthRecord::Entry const& entry) {
  auto const& words = words_of(entry.health.reason);
  return {{"name", entry.health.name},
          {"state", to_string(entry.health.state)},
          {"reason", entry.health.reason},
          {"since", json_of(entry.since)},
          {"last_ok", json_of(entry.last_ok)},
          {"next_try", json_of(entry.health.next_try)},
          {"means", words.means},
          {"do", words.todo}};
}

ControlAnswer answer_of(int status, Json const& body) {
  return {.status = status, .body = body.dump(2) + "\n"};
}

}  // namespace

ControlAnswer live_answer() {
  return answer_of(200, {{"state", "ok"}});
}

ControlAnswer ready_answer(std::optional<std::string> const& not_ready) {
  if (!not_ready) return answer_of(200, {{"ready", true}, {"reason", "ok"}});
  return answer_of(503, {{"ready", false}, {"reason", *not_ready}});
}

nlohmann::ordered_json health_json(HealthRecord const& record, UtcTime started_at, UtcTime now) {
  auto components = Json::array();
  for (auto const& entry : record.entries()) components.push_back(json_of(entry));
  return {{"state", to_string(record.state())},
          {"since", json_of(record.since())},
          {"version", CANDLED_VERSION},
          {"started_at", json_of(started_at)},
          {"now", json_of(now)},
          {"components", components}};
}

ControlAnswer health_answer(HealthRecord const& record, UtcTime started_at, UtcTime now) {
  return answer_of(record.state() == HealthState::down ? 503 : 200, health_json(record, started_at, now));
}

}  // namespace candled
