#include "pipeline/request_worker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

// Whoever cancels sees it take effect within two seconds.
constexpr Milliseconds look_every = 1s;

// A job with the symbols that were asked for, as it has them.
Job job_for(Job const& job, std::vector<std::string> const& symbols) {
  auto chosen = job;
  if (!symbols.empty())
    std::erase_if(chosen.symbols,
                  [&](auto const& symbol) { return std::ranges::find(symbols, symbol) == symbols.end(); });
  return chosen;
}

}  // namespace

Task<void> RequestWorker::run() {
  auto& clock = work_.ports.clock;
  while (!clock.stopping()) {
    co_await look();
    if (auto const slept = co_await clock.sleep_until(clock.ticks() + look_every); !slept) break;
  }
  sign_.stopped = true;
  co_await running_.wait_all();
}

Task<void> RequestWorker::look() {
  auto const open = co_await ledger_.open_requests();
  if (!open) co_return;  // whoever loads says so
  if (current_ && progress_ != nullptr) {
    auto const row = std::ranges::find(*open, current_->id, &BackfillRequest::id);
    bool const cancelled = row == open->end() || row->cancel_asked;
    if (cancelled && !sign_.stopped) {
      current_->cancel_asked = true;
      sign_.stopped = true;
      work_.ports.clock.look_again();
      source_->pacer->look_again();
    } else if (current_->windows_done != progress_->windows_done) {
      current_->windows = progress_->windows;
      current_->windows_done = progress_->windows_done;
      current_->bars = progress_->bars;
      co_await tell(*current_);
    }
    co_return;
  }
  if (current_ || open->empty()) co_return;
  auto request = open->front();
  auto setup = find_job_(request.job);
  if (request.cancel_asked) {
    request.state = RequestState::cancelled;
    co_return co_await tell(request);
  }
  if (!setup.job) {
    request.state = RequestState::failed;
    request.detail = fmt::format("the configuration has no job '{}'", request.job);
    co_return co_await tell(request);
  }
  sign_.stopped = false;
  request.state = RequestState::running;
  current_ = request;
  running_.spawn(work_on(request, std::move(setup)));
}

Task<void> RequestWorker::work_on(BackfillRequest request, JobSetup setup) {
  auto const name = fmt::format("request {}", request.id);
  auto ports = work_.ports_of(name, Lane::backfill, sign_);
  ports.progress.began = ports.clock.ticks();
  progress_ = &ports.progress;
  source_ = setup.source;
  co_await tell(request);
  log_info("{}: {} {} from {} to {}", name, request.kind == RequestKind::repair ? "repair" : "backfill",
           request.job, to_rfc3339(request.range.from), to_rfc3339(request.range.to));
  auto const job = job_for(*setup.job, request.symbols);
  Order order{.wanted = {.from = request.range.from,
                         .to = std::min(request.range.to, everything_due(job, ports.clock.now()).wanted.to)},
              .parked = ParkedWindows::ask,
              .work = request.kind == RequestKind::repair ? Work::gaps : Work::uncovered};
  auto const result = co_await run_job(ports, job, order, work_.run);
  if (current_->cancel_asked) {
    request.state = RequestState::cancelled;
  } else if (result.ended_by && result.ended_by->kind == ErrorKind::stopped) {
    request.state = RequestState::running;  // the next start goes on with it
  } else {
    bool const failed = result.failed > 0 || result.unproven > 0 || result.ended_by;
    request.state = failed ? RequestState::failed : RequestState::done;
    if (failed)
      request.detail = result.ended_by ? result.ended_by->what
                                       : fmt::format("{} windows are still missing: `candled gaps` says why",
                                                     result.failed + result.unproven);
  }
  request.windows = ports.progress.windows;
  request.windows_done = ports.progress.windows_done;
  request.bars = result.bars;
  co_await tell(request);
  work_.note_end(name, Lane::backfill, result.ended_by);
  work_.board.forget(name);
  progress_ = nullptr;
  current_.reset();
}

Task<void> RequestWorker::tell(BackfillRequest const& request) {
  if (auto const told = co_await ledger_.update_request(request); !told)
    log_debug("request {} is not updated: {}", request.id, told.error().what);
}

}  // namespace candled
