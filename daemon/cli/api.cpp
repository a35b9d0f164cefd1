#include "cli/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "cli/api_changes.hpp"
#include "cli/api_data.hpp"
#include "cli/api_page.hpp"
#include "cli/desk.hpp"
#include "cli/gaps.hpp"
#include "cli/live_status.hpp"
#include "cli/report_json.hpp"
#include "cli/shared_answers.hpp"
#include "control/gzip.hpp"
#include "control/openapi.hpp"
#include "core/schedule.hpp"
#include "store/reports.hpp"
#include "store/requests.hpp"

namespace candled {

namespace {

using Json = nlohmann::json;

// What waits for the database: more are told to come again.
constexpr std::size_t queue_max = 16;
// Many pages that are open at once cost the database no more than one.
constexpr Milliseconds kept_for{1'000};
// The newest so many batches and runs can be paged through.
constexpr int history_max = 10'000;

ControlAnswer answer_with(Json const& body, int status = 200) {
  // Text from outside may not be UTF-8; an answer always is.
  return {.status = status, .body = body.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

// Compressed once, on the desk's thread.
ControlAnswer for_many(ControlAnswer answer) {
  if (answer.body.size() > compressed_from_bytes) answer.gzipped = gzipped(answer.body);
  return answer;
}

Task<ControlAnswer> at_once(ControlAnswer answer) {
  co_return answer;
}

template <class Row>
Result<Json> as_array(Result<std::vector<Row>> const& rows) {
  if (!rows) return std::unexpected(rows.error());
  auto array = Json::array();
  for (auto const& row : *rows) array.push_back(json_of(row));
  return array;
}

// What the database knows of one kind; blocking.
using ReadItems = std::function<Result<Json>(Secret const& url)>;

Result<Json> read_backfills(Secret const& url) {
  auto requests = read_requests(url, history_max);
  if (!requests) return std::unexpected(requests.error());
  Json out;
  add_json(out, {.requests = std::move(*requests), .now = {}, .budgets = {}});
  return out["requests"];
}

Json job_items(LiveView const& view) {
  auto const now = view.engine.clock->now();
  auto items = Json::array();
  for (auto const& [job, source] : view.reloader.jobs()) {
    std::optional<UtcTime> next;
    if (job->schedule) next = next_run_of(job->name, *job->schedule, now);
    items.push_back({{"name", job->name},
                     {"provider", source->name},
                     {"timeframe", to_string(job->timeframe)},
                     {"calendar", to_string(job->calendar.kind())},
                     {"history", to_string(job->history)},
                     {"symbols", job->symbols},
                     {"next_run_at", json_of(next)}});
  }
  return items;
}

ControlAnswer list_of(ControlRequest const& request, std::vector<std::string> const& fields, Json items) {
  auto const wish = page_wish(request, fields);
  if (!wish) return problem(request, 400, "bad_parameter", wish.error());
  return answer_with(page_of(std::move(items), *wish));
}

Route get(std::string path, ControlAnswerer answer) {
  return {.method = "GET", .path = std::move(path), .answer = std::move(answer)};
}

Route post(std::string path, ControlAnswerer answer) {
  return {.method = "POST", .path = std::move(path), .access = Access::change, .answer = std::move(answer)};
}

}  // namespace

struct Api::State {
  State(LiveView the_view, Secret url) : view(the_view), database_url(std::move(url)), desk(queue_max) {}

  Task<ControlAnswer> list(ControlRequest const& request, std::vector<std::string> fields, ReadItems read);
  Task<ControlAnswer> change(ControlRequest const& request, PreparedChange prepared);
  Task<ControlAnswer> answer(ControlRequest const& request, PreparedQuestion prepared);
  ReadItems read_gap_items() const;

  LiveView view;
  Secret database_url;
  CountersAt counters_began;
  SharedAnswers<std::optional<Result<ControlAnswer>>> answers{kept_for};
  Desk desk;
};

// The database is read, and its rows filtered and written as JSON, on the desk's thread.
Task<ControlAnswer> Api::State::list(ControlRequest const& request, std::vector<std::string> fields,
                                     ReadItems read) {
  auto const wish = page_wish(request, fields);
  if (!wish) co_return problem(request, 400, "bad_parameter", wish.error());
  auto const work = [url = database_url, read = std::move(read), wish = *wish]() -> Result<ControlAnswer> {
    auto items = read(url);
    if (!items) return std::unexpected(items.error());
    return for_many(answer_with(page_of(std::move(*items), wish)));
  };
  auto const answer = co_await answers.get(request.target, [&] { return desk.ask(work); });
  co_return answer_or_problem(request, answer);
}

Task<ControlAnswer> Api::State::change(ControlRequest const& request, PreparedChange prepared) {
  if (!prepared) co_return prepared.error();
  auto const work = [url = database_url, change = std::move(*prepared)]() { return change(url); };
  auto const answer = co_await desk.ask(work);
  answers.forget();
  co_return answer_or_problem(request, answer);
}

Task<ControlAnswer> Api::State::answer(ControlRequest const& request, PreparedQuestion prepared) {
  if (!prepared) co_return problem(request, 400, "bad_parameter", prepared.error());
  auto const work = [url = database_url, question = std::move(*prepared)]() -> Result<ControlAnswer> {
    auto body = question(url);
    if (!body) return std::unexpected(body.error());
    return for_many(answer_with(*body));
  };
  auto const found = co_await answers.get(request.target, [&] { return desk.ask(work); });
  co_return answer_or_problem(request, found);
}

ReadItems Api::State::read_gap_items() const {
  std::vector<JobOfProvider> jobs;
  for (auto const& [job, source] : view.reloader.jobs())
    jobs.push_back({.job = *job, .provider_names = {source->name}});
  return [jobs = std::move(jobs), now = view.engine.clock->now()](Secret const& url) {
    return as_array(read_gaps(url, jobs, now));
  };
}

Api::Api(LiveView view, Secret database_url)
    : state_(std::make_unique<State>(view, std::move(database_url))) {}

Api::~Api() = default;

std::string Api::live() const {
  return answer_with(live_json(state_->view, state_->counters_began)).body;
}

std::vector<Route> Api::routes() {
  std::vector<Route> all;
  for (auto&& some : {routes_of_now(), routes_of_the_database(), routes_of_changes()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::vector<Route> Api::routes_of_now() {
  auto* const api = state_.get();
  auto progress = get("/api/v1/progress", [api](ControlRequest const& request) {
    return at_once(list_of(request, {"job", "lane", "stage"}, progress_json(api->view)));
  });
  progress.streams = true;
  return {get("/api/v1/openapi.json",
              [](ControlRequest const&) { return at_once({.body = openapi_document()}); }),
          get("/api/v1/jobs",
              [api](ControlRequest const& request) {
                return at_once(
                    list_of(request, {"name", "provider", "timeframe", "calendar"}, job_items(api->view)));
              }),
          std::move(progress),
          get("/api/v1/live", [this](ControlRequest const&) { return at_once({.body = live()}); }),
          get("/api/v1/freshness", [api](ControlRequest const& request) {
            return at_once(list_of(request, {"job"}, freshness_json(api->view)));
          })};
}

std::vector<Route> Api::routes_of_the_database() {
  auto* const api = state_.get();
  return {
      get("/api/v1/sessions",
          [api](ControlRequest const& request) {
            auto const now = api->view.engine.clock->now();
            return api->answer(request, sessions_question(request, api->view.reloader.jobs(), now));
          }),
      get("/api/v1/bars",
          [api](ControlRequest const& request) { return api->answer(request, bars_question(request)); }),
      get("/api/v1/revisions",
          [api](ControlRequest const& request) { return api->answer(request, changes_question(request)); }),
      get("/api/v1/runs",
          [api](ControlRequest const& request) {
            return api->list(request, {},
                             [](Secret const& url) { return as_array(read_runs(url, history_max)); });
          }),
      get("/api/v1/batches",
          [api](ControlRequest const& request) {
            return api->list(request, {"job", "provider", "timeframe", "outcome"},
                             [](Secret const& url) { return as_array(read_last_batches(url, history_max)); });
          }),
      get("/api/v1/coverage",
          [api](ControlRequest const& request) {
            return api->list(request, {"ticker", "timeframe", "provider"},
                             [](Secret const& url) { return as_array(read_coverage(url)); });
          }),
      get("/api/v1/gaps",
          [api](ControlRequest const& request) {
            return api->list(request, {"ticker", "timeframe", "provider", "reason"}, api->read_gap_items());
          }),
      get("/api/v1/backfills", [api](ControlRequest const& request) {
        return api->list(request, {"job", "state", "kind"}, read_backfills);
      })};
}

std::vector<Route> Api::routes_of_changes() {
  auto* const api = state_.get();
  return {
      post("/api/v1/counters/reset",
           [this, api](ControlRequest const&) {
             api->counters_began = api->view.engine.meters.providers;
             return at_once({.body = live()});
           }),
      post("/api/v1/backfills",
           [api](ControlRequest const& request) {
             auto const now = api->view.engine.clock->now();
             return api->change(request, prepare_request(request, api->view.reloader.jobs(), now));
           }),
      post("/api/v1/backfills/{id}/cancel",
           [api](ControlRequest const& request) { return api->change(request, prepare_cancel(request)); }),
      post("/api/v1/backfills/{id}/retry",
           [api](ControlRequest const& request) { return api->change(request, prepare_retry(request)); }),
      post("/api/v1/jobs/{job}/trigger", [api](ControlRequest const& request) {
        auto const now = api->view.engine.clock->now();
        return api->change(request, prepare_trigger(request, api->view.reloader.jobs(), now));
      })};
}

}  // namespace candled
