#include "cli/api_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "cli/asked_ranges.hpp"
#include "cli/live_status.hpp"
#include "pipeline/log.hpp"
#include "store/requests.hpp"

namespace candled {

namespace {

using Json = nlohmann::json;

std::unexpected<ControlAnswer> bad(ControlRequest const& request, std::string_view detail) {
  return std::unexpected(problem(request, 400, "bad_body", detail));
}

ControlAnswer answer_with(BackfillRequest const& request, int status) {
  Json out;
  add_json(out, {.requests = {request}, .now = {}, .budgets = {}});
  return {.status = status,
          .body = out["requests"][0].dump(2, ' ', false, Json::error_handler_t::replace) + "\n"};
}

std::optional<std::int64_t> id_of(ControlRequest const& request) {
  auto const text = request.parameter("id");
  std::int64_t id = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, id);
  return error == std::errc{} && stop == end && id > 0 ? std::optional{id} : std::nullopt;
}

std::optional<Moment> moment_of(std::string const& text) {
  if (auto const date = parse_date(text)) return *date;
  if (auto const time = parse_rfc3339(text)) return *time;
  return std::nullopt;
}

// Empty: there is no such job.
std::vector<Job const*> job_named(std::vector<JobSetup> const& jobs, std::string const& name) {
  auto const found = std::ranges::find(jobs, name, [](JobSetup const& setup) { return setup.job->name; });
  return found == jobs.end() ? std::vector<Job const*>{} : std::vector{found->job.get()};
}

// The text of a member of the body; empty: not there. nullopt: there, and no text.
std::optional<std::string> text_in(Json const& body, char const* name) {
  auto const member = body.find(name);
  if (member == body.end()) return std::string{};
  if (!member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

// nullopt: it is no such list.
std::optional<std::vector<std::string>> symbols_in(Json const& body) {
  auto const symbols = body.find("symbols");
  if (symbols == body.end()) return std::vector<std::string>{};
  auto const is_text = [](Json const& one) { return one.is_string(); };
  if (!symbols->is_array() || symbols->empty() || !std::all_of(symbols->begin(), symbols->end(), is_text))
    return std::nullopt;
  return symbols->get<std::vector<std::string>>();
}

// Error: what is wrong with from and to.
std::expected<void, std::string> read_range(Json const& body, Options& options) {
  auto const from = text_in(body, "from");
  auto const to = text_in(body, "to");
  bool const needed = options.command == Command::backfill;
  if (!from || !to || from->empty() != to->empty() || (from->empty() && needed))
    return std::unexpected("from and to are both there, or, for a repair, both left out");
  if (from->empty()) return {};
  options.from = moment_of(*from);
  options.to = moment_of(*to);
  if (!options.from || !options.to || options.from->index() != options.to->index())
    return std::unexpected("from and to are two dates (2024-01-31), or two times (2024-01-31T14:30:00Z)");
  return {};
}

// The body as options of the command that asks for the same. Error: what is wrong with it.
std::expected<Options, std::string> options_of(Json const& body) {
  Options options;
  for (auto const& [name, value] : body.items())
    if (name != "kind" && name != "job" && name != "symbols" && name != "from" && name != "to")
      return std::unexpected("the members of the body are kind, job, symbols, from and to");
  auto const kind = text_in(body, "kind");
  auto const job = text_in(body, "job");
  if (!kind || (*kind != "backfill" && *kind != "repair"))
    return std::unexpected(R"(kind is "backfill" or "repair")");
  if (!job || job->empty()) return std::unexpected("job is the name of a job");
  options.command = *kind == "repair" ? Command::repair : Command::backfill;
  options.job = *job;
  auto symbols = symbols_in(body);
  if (!symbols) return std::unexpected("symbols is a list of symbols; leave it out for all");
  options.symbols = std::move(*symbols);
  if (auto const read = read_range(body, options); !read) return std::unexpected(read.error());
  return options;
}

Change queueing(BackfillRequest request) {
  return [request = std::move(request)](Secret const& url) -> Result<ControlAnswer> {
    auto const id = queue_request(url, request);
    if (!id) return std::unexpected(id.error());
    auto queued = request;
    queued.id = *id;
    auto const now = read_requests(url, 1);
    if (!now) return std::unexpected(now.error());
    if (auto const found = std::ranges::find(*now, *id, &BackfillRequest::id); found != now->end())
      queued = *found;
    return answer_with(queued, 202);
  };
}

PreparedChange prepare(ControlRequest const& request,
                       Result<BackfillRequest> (*change)(Secret const& url, std::int64_t id)) {
  auto const id = id_of(request);
  if (!id) return std::unexpected(problem(request, 404, "not_found", "an id is a number"));
  return [change, id = *id](Secret const& url) -> Result<ControlAnswer> {
    auto const changed = change(url, id);
    if (!changed) return std::unexpected(changed.error());
    return answer_with(*changed, 200);
  };
}

}  // namespace

PreparedChange prepare_request(ControlRequest const& request, std::vector<JobSetup> const& jobs,
                               UtcTime now) {
  auto const* const type = request.header("Content-Type");
  if (type == nullptr || !same_name(std::string_view{*type}.substr(0, type->find(';')), "application/json"))
    return std::unexpected(problem(request, 415, "not_json", "send Content-Type: application/json"));
  auto const body = Json::parse(request.body, nullptr, false);
  if (!body.is_object()) return bad(request, "the body is a JSON object");
  auto const options = options_of(body);
  if (!options) return bad(request, options.error());
  auto const named = job_named(jobs, options->job);
  if (named.empty()) return bad(request, "there is no such job: GET /api/v1/jobs lists them");
  auto const asked = ranges_of(named, *options, now);
  if (!asked) return bad(request, asked.error());
  BackfillRequest wish;
  wish.kind = options->command == Command::repair ? RequestKind::repair : RequestKind::backfill;
  wish.job = options->job;
  if (!options->symbols.empty()) wish.symbols = asked->front().job.symbols;
  wish.range = asked->front().range;
  return queueing(std::move(wish));
}

PreparedChange prepare_trigger(ControlRequest const& request, std::vector<JobSetup> const& jobs,
                               UtcTime now) {
  auto const named = job_named(jobs, request.parameter("job"));
  if (named.empty())
    return std::unexpected(
        problem(request, 404, "not_found", "there is no such job: GET /api/v1/jobs lists them"));
  BackfillRequest wish;
  wish.job = named.front()->name;
  wish.range = everything_due(*named.front(), now).wanted;
  if (wish.range.empty()) return bad(request, "no bar of this job is closed yet");
  return queueing(std::move(wish));
}

PreparedChange prepare_cancel(ControlRequest const& request) {
  return prepare(request, cancel_request);
}

PreparedChange prepare_retry(ControlRequest const& request) {
  return prepare(request, retry_request);
}

ControlAnswer answer_or_problem(ControlRequest const& request,
                                std::optional<Result<ControlAnswer>> const& answer) {
  auto const later = [&](std::string_view code, std::string_view detail) {
    auto refusal = problem(request, 503, code, detail);
    refusal.headers.emplace_back("Retry-After", "5");
    return refusal;
  };
  if (!answer) return later("busy", "too many questions wait for the database: try again");
  if (*answer) return **answer;
  auto const& error = answer->error();
  log_info("control {}: {}", request.id, error.what);
  if (error.kind == ErrorKind::db_unavailable || error.kind == ErrorKind::db_in_doubt)
    return later("database_away", "the database does not answer: see /healthz");
  if (request.method != "GET" && error.kind == ErrorKind::db_refused)
    return problem(request, 409, "refused",
                   "there is no such request, or 100 are open already: GET /api/v1/backfills lists them");
  return problem(request, 500, "database_refused",
                 "the database refused the question: the log has its reason");
}

}  // namespace candled
