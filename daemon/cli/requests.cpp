// What people ask of a running daemon: backfill --detach, cancel, retry.
#include "store/requests.hpp"

#include <fmt/format.h>

#include "cli/asked_ranges.hpp"
#include "cli/commands.hpp"
#include "cli/live_status.hpp"
#include "cli/work.hpp"

namespace candled {

namespace {

ExitCode fail_with(Error const& error) {
  print_error(error.what);
  return exit_code_of(error.kind);
}

void print_queued(AskedRange const& asked, std::int64_t id) {
  auto const symbols = asked.job.symbols.size();
  fmt::print("request {}: {}, {} symbol{}, {} to {}\n", id, asked.job.name, symbols, symbols == 1 ? "" : "s",
             to_rfc3339(asked.range.from), to_rfc3339(asked.range.to));
}

// Whom the requests wait for, and how to follow them.
ExitCode print_what_next(Config const& config) {
  auto const progress = read_progress(config.database.url);
  if (!progress) return fail_with(progress.error());
  if (!is_daemon_seen(*progress))
    fmt::print("no daemon has been seen in the last minute: it waits until `candled run` is started\n");
  fmt::print("`candled status` shows how far it is, `candled cancel ID` ends it\n");
  return ExitCode::done;
}

// Prints what has become of the request that `change` was asked to change.
template <class Change, class Say>
ExitCode change_request(Config const& config, Options const& options, Change change, Say say) {
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  auto const request = change(config.database.url, options.request);
  if (!request) return fail_with(request.error());
  return say(*request, options.request);
}

ExitCode say_cancelled(BackfillRequest const& request, std::int64_t) {
  if (request.state == RequestState::cancelled) {
    fmt::print("request {} is cancelled: what is committed stays\n", request.id);
    return ExitCode::done;
  }
  if (request.state == RequestState::running) {
    fmt::print("request {} will end: a running daemon sees it within two seconds; what is committed stays\n",
               request.id);
    return ExitCode::done;
  }
  print_error(fmt::format("request {} has ended before ({}): there is nothing to cancel", request.id,
                          to_string(request.state)));
  return ExitCode::some_failed;
}

ExitCode say_retried(BackfillRequest const& request, std::int64_t asked) {
  if (request.state == RequestState::done) {
    print_error(fmt::format("request {} is done: there is nothing to try again", request.id));
    return ExitCode::some_failed;
  }
  fmt::print("request {} {}is {}\n", request.id, request.id == asked ? "" : "asks for the same and ",
             to_string(request.state));
  return ExitCode::done;
}

}  // namespace

ExitCode detach_command(Config const& config, Options const& options, UtcTime now) {
  auto const asked = asked_of(make_jobs(config), options, now);
  if (asked.empty()) return ExitCode::usage;
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  for (auto const& one : asked) {
    BackfillRequest request;
    request.kind = options.command == Command::repair ? RequestKind::repair : RequestKind::backfill;
    request.job = one.job.name;
    if (!options.symbols.empty()) request.symbols = one.job.symbols;
    request.range = one.range;
    auto const id = queue_request(config.database.url, request);
    if (!id) return fail_with(id.error());
    print_queued(one, *id);
  }
  return print_what_next(config);
}

ExitCode cancel_command(Config const& config, Options const& options) {
  return change_request(config, options, cancel_request, say_cancelled);
}

ExitCode retry_command(Config const& config, Options const& options) {
  return change_request(config, options, retry_request, say_retried);
}

}  // namespace candled
