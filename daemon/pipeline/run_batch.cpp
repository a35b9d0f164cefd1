#include "pipeline/run_batch.hpp"

#include <algorithm>
#include <map>

#include "core/failpoint.hpp"
#include "core/plan.hpp"
#include "core/retry.hpp"
#include "pipeline/loader.hpp"
#include "pipeline/log.hpp"
#include "pipeline/page_taker.hpp"
#include "pipeline/plan_limits.hpp"

namespace candled {

namespace {

// At 50,000 bars a page this is more than any history: a provider whose pages advance by a bar must come to
// an end.
constexpr int pages_per_window_max = 100'000;

// Whether an error ends the batch, not only its window.
bool ends_batch(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::transport:
    case ErrorKind::rate_limited:
    case ErrorKind::remote_failed:
    case ErrorKind::remote_refused:
    case ErrorKind::not_entitled:
    case ErrorKind::beyond_horizon:
    case ErrorKind::not_today:
    case ErrorKind::malformed: return false;
    default: return true;
  }
}

char const* outcome_of(BatchResult const& result, std::int64_t pages) {
  if (result.ended_by) return result.ended_by->kind == ErrorKind::stopped ? "stopped" : "failed";
  bool const all_there =
      result.failed.empty() && result.rejected.empty() && result.unproven.empty() && result.refused_bars == 0;
  if (all_there) return "ok";
  return pages == 0 ? "failed" : "partial";
}

// Refusals of a part of what was asked for: the rest is asked for again.
bool is_asked_for_in_part(ErrorKind kind) {
  return kind == ErrorKind::beyond_horizon || kind == ErrorKind::not_today;
}

// Whether a request was made for a window, or what others were refused spoke for it.
enum class Asked { yes, no };

class BatchRun {
 public:
  BatchRun(Ports& ports, Job const& job, Batch const& batch, UtcTime planned_at, Learned* fresh)
      : ports_(ports),
        job_(job),
        source_(*job.source),
        calendar_(job.calendar),
        batch_(batch),
        limits_(ports, job, fresh),
        loader_(ports),
        taker_(ports, job, loader_, planned_at) {}

  Task<BatchResult> run();

 private:
  Task<void> lane(int number);
  Task<void> stand_back(Milliseconds wait);
  Task<void> fetch_window(Window window);
  // The pages of a window. Error: why it is not, or not wholly, committed.
  Task<Result<void>> fetch_pages(Window rest);
  // Takes out of a window what the plan has only once the day is over.
  void leave_today(Window& window, Asked asked);
  // What the plan does not reach. `last`: the last refusal, if there was a request.
  void leave_too_old(Window const& window, std::optional<Error> const& last);
  // Notes the failure of a window's page; the error as it is to be told.
  Error failed_page(Window const& rest, int page_count, Error error);
  Task<Result<Page>> fetch_page(Window const& rest, std::string const& cursor);
  Task<Result<Admission>> wait_for_budget();
  // How long to wait before the next try. nullopt: there is none.
  std::optional<Milliseconds> note_failed_try(Window const& rest, Admission const& admission,
                                              Error const& error, Tries& tries);
  Task<Result<HttpResponse>> ask(Window const& rest, std::string const& cursor);
  void note_failure(Window const& rest, Error error);
  void note_not_entitled(Window const& rest, Error const& error, Asked asked);
  void park(Window const& window, Asked asked, GapReason reason, std::string detail,
            std::optional<UtcTime> next_try_at = {});
  void window_done(Window const& window);
  void fill_record();

  // Between two requests of a busy source.
  Milliseconds pace() const { return source_.pacer->limit().per / source_.pacer->limit().requests; }
  bool goes_on() const { return !result_.ended_by && !ports_.stopping(); }
  Busy since(SteadyTime start) const { return ports_.clock.ticks() - start; }

  Ports& ports_;
  Job const& job_;
  Source& source_;
  Calendar const& calendar_;
  Batch const& batch_;
  PlanLimits limits_;
  Loader loader_;
  PageTaker taker_;
  std::map<SeriesId, Error> not_entitled_;  // series that the plan does not have: asked for once
  std::size_t next_ = 0;                    // the first window that no lane has taken
  Busy wait_{0}, fetch_{0};
  BatchResult result_;
};

Task<BatchResult> BatchRun::run() {
  auto const started = ports_.clock.ticks();
  result_.record.started_at = ports_.clock.now();
  TaskGroup lanes{ports_.loop};
  for (int number = 0; number < job_.shape.parallel; ++number) lanes.spawn(lane(number));
  co_await lanes.wait_all();
  set_stage(ports_, Stage::loading);
  if (auto const stored = co_await loader_.finish(); !stored && !result_.ended_by)
    result_.ended_by = stored.error();
  if (ports_.stopping() && !result_.ended_by)
    result_.ended_by = Error{.kind = ErrorKind::stopped, .what = "stopped"};
  result_.rejected = taker_.taken().rejected;
  result_.with_bars = taker_.taken().with_bars;
  result_.unproven = taker_.taken().unproven;
  result_.kept_back = taker_.taken().kept_back;
  result_.refused_bars = loader_.stored().refused;
  fill_record();
  result_.record.total = std::chrono::duration_cast<Milliseconds>(since(started));
  co_return std::move(result_);
}

Task<void> BatchRun::lane(int number) {
  co_await stand_back(number * job_.shape.stagger);
  auto const& windows = batch_.windows;
  while (next_ < windows.size() && goes_on()) {
    // All windows of one symbol, one after the other: they share a series' row lock.
    auto const first = next_;
    while (next_ < windows.size() && windows[next_].series == windows[first].series) ++next_;
    auto const last = next_;
    for (auto index = first; index < last && goes_on(); ++index) {
      auto const refused = not_entitled_.find(windows[index].series);
      if (refused == not_entitled_.end())
        co_await fetch_window(windows[index]);
      else
        note_not_entitled(windows[index], refused->second, Asked::no), window_done(windows[index]);
    }
  }
}

// Ends early when the other lanes have taken all that there is.
Task<void> BatchRun::stand_back(Milliseconds wait) {
  auto const until = ports_.clock.ticks() + wait;
  while (ports_.clock.ticks() < until && next_ < batch_.windows.size() && goes_on()) {
    auto const look_again =
        std::min<SteadyTime>(until, ports_.clock.ticks() + std::chrono::milliseconds{100});
    if (auto const slept = co_await ports_.clock.sleep_until(look_again, ports_.sign); !slept) co_return;
  }
}

// From its newest part to its oldest, as far as the plan goes: most plans go back all the way, and then this
// is one round.
Task<void> BatchRun::fetch_window(Window window) {
  auto const whole = window;
  std::optional<Error> too_old;
  leave_today(window, Asked::no);
  while (!window.range.empty() && goes_on()) {
    auto const from = limits_.next(window);
    if (!from) {
      leave_too_old(window, too_old);
      break;
    }
    auto newest = window;
    newest.range.from = *from;
    auto const fetched = co_await fetch_pages(newest);
    if (fetched) {
      window.range.to = *from;
    } else if (fetched.error().kind == ErrorKind::beyond_horizon) {
      limits_.refused_as_too_old(newest);
      too_old = fetched.error();
    } else if (fetched.error().kind == ErrorKind::not_today) {
      limits_.refused_today(newest);
      auto const before = window.range;
      leave_today(window, Asked::yes);
      if (window.range != before) continue;
      park(window, Asked::yes, GapReason::not_entitled, fetched.error().what);
      break;
    } else {
      break;
    }
  }
  window_done(whole);
}

void BatchRun::leave_today(Window& window, Asked asked) {
  auto const until = limits_.no_today_until(window);
  if (!until) return;
  auto rest = window;
  rest.range = {.from = std::max(window.range.from, limits_.today()),
                .to = std::max(window.range.to, *until)};
  park(rest, asked, GapReason::not_entitled, "the plan gives a day's data only after its end", until);
  window.range.to = rest.range.from;
}

void BatchRun::leave_too_old(Window const& window, std::optional<Error> const& last) {
  auto const asked = last ? Asked::yes : Asked::no;
  auto const* const why = "the plan does not reach back this far";
  if (!limits_.lacks(window)) return park(window, asked, GapReason::horizon, last ? last->what : why);
  note_not_entitled(window, last.value_or(Error{.kind = ErrorKind::not_entitled, .what = why}), asked);
}

Task<Result<void>> BatchRun::fetch_pages(Window rest) {
  std::string cursor;
  for (int page_count = 0; !rest.range.empty() && goes_on(); ++page_count) {
    auto page = page_count < pages_per_window_max
                    ? co_await fetch_page(rest, cursor)
                    : fail(ErrorKind::malformed, "the provider's pages do not come to an end");
    if (!page) co_return std::unexpected(failed_page(rest, page_count, page.error()));
    if (page_count == 0) limits_.answered(rest);
    failpoint("page_taken");
    if (auto const room = co_await loader_.make_room(pace()); !room && !result_.ended_by)
      result_.ended_by = room.error();
    if (page->cursor.empty()) break;  // what is not proven by now is not there yet: it stays due
    rest.range.from = page->proven_until;
    cursor = std::move(page->cursor);
  }
  co_return Result<void>{};
}

Error BatchRun::failed_page(Window const& rest, int page_count, Error error) {
  // Of what follows an answered page it makes no sense: it is a failure like another.
  if (page_count > 0 && is_asked_for_in_part(error.kind)) error.kind = ErrorKind::remote_refused;
  note_failure(rest, error);
  return error;
}

Task<Result<Page>> BatchRun::fetch_page(Window const& rest, std::string const& cursor) {
  for (Tries tries;;) {
    auto const admitted = co_await wait_for_budget();
    if (!admitted) co_return std::unexpected(admitted.error());

    auto const asked_at = ports_.clock.now();
    auto response = co_await ask(rest, cursor);
    auto page =
        response ? taker_.take(rest, asked_at, *response) : Result<Page>{std::unexpected(response.error())};
    if (page) {
      source_.pacer->succeeded(*admitted);
      co_return page;
    }

    auto const delay = note_failed_try(rest, *admitted, page.error(), tries);
    if (!delay) co_return page;
    if (*delay >= open_load_age_max) loader_.send_open();  // what has come shall not wait for what has not
    auto const again = ports_.clock.ticks() + *delay;
    if (auto const slept = co_await ports_.clock.sleep_until(again, ports_.sign); !slept)
      co_return std::unexpected(slept.error());
  }
}

Task<Result<Admission>> BatchRun::wait_for_budget() {
  if (limits_.key_refused()) co_return std::unexpected(*limits_.key_refused());
  auto const queued = ports_.clock.ticks();
  if (source_.pacer->parked()) set_stage(ports_, Stage::parked);
  auto admitted = co_await source_.pacer->admit(ports_.lane, ports_.sign);
  if (!admitted) co_return admitted;
  wait_ += since(queued);
  set_stage(ports_, Stage::fetching);
  if (limits_.key_refused()) {  // while we waited
    source_.pacer->failed(*admitted, ErrorKind::key_refused);
    co_return std::unexpected(*limits_.key_refused());
  }
  co_return admitted;
}

std::optional<Milliseconds> BatchRun::note_failed_try(Window const& rest, Admission const& admission,
                                                      Error const& error, Tries& tries) {
  source_.pacer->failed(admission, error.kind);
  ++tries.all;
  if (error.kind == ErrorKind::malformed) ++tries.malformed;
  if (error.kind == ErrorKind::rate_limited) ++result_.record.rate_limited;
  if (!may_try_again(source_.retry, error.kind, tries)) return std::nullopt;

  auto const delay = delay_before_retry(source_.retry, error, tries.all - 1, ports_.random.next());
  if (error.kind == ErrorKind::rate_limited) source_.pacer->pause(delay);
  // The first says why it is slow; the rest would drown the log, and the batch's line counts them.
  auto const level = ++result_.record.retries == 1 ? LogLevel::warn : LogLevel::debug;
  if (logs(level))
    log_line(level,
             fmt::format("{} {} asks again in {}: {}", batch_.job, rest.ticker, in_words(delay), error.what));
  ++ports_.progress.retries;
  ports_.told();
  return delay;
}

Task<Result<HttpResponse>> BatchRun::ask(Window const& rest, std::string const& cursor) {
  ++result_.record.requests;
  ++ports_.progress.requests;
  ports_.progress.now = rest.ticker;
  ports_.told();
  auto const sent = ports_.clock.ticks();
  auto response = co_await source_.http->get(source_.provider->request(rest, batch_.timeframe, cursor));
  fetch_ += since(sent);
  if (response) result_.record.bytes += static_cast<std::int64_t>(response->wire_bytes);
  co_return response;
}

void BatchRun::note_failure(Window const& rest, Error error) {
  if (is_asked_for_in_part(error.kind)) return;
  if (error.kind == ErrorKind::key_refused) error = limits_.refused_key(std::move(error));
  if (ends_batch(error.kind)) {
    if (!result_.ended_by) result_.ended_by = error;
    return;
  }
  if (error.kind == ErrorKind::not_entitled) return note_not_entitled(rest, error, Asked::yes);
  park(rest, Asked::yes, GapReason::fetch_failed, error.what, taker_.again_at(error));
}

void BatchRun::note_not_entitled(Window const& rest, Error const& error, Asked asked) {
  not_entitled_.emplace(rest.series, error);
  // What closes until it is asked for again is not to be had either.
  auto const tomorrow = ports_.clock.now() + std::chrono::days{1};
  auto all = rest;
  all.range.to = std::max(rest.range.to, bar_start(batch_.timeframe, calendar_.zone(), tomorrow));
  park(all, asked, GapReason::not_entitled, error.what, tomorrow);
}

void BatchRun::park(Window const& window, Asked asked, GapReason reason, std::string detail,
                    std::optional<UtcTime> next_try_at) {
  ++ports_.progress.windows_failed;
  auto const [from, to] = std::pair{to_rfc3339(window.range.from), to_rfc3339(window.range.to)};
  if (asked == Asked::yes)
    log_warn("{} {} {}: {} to {} is given up for now: {}", batch_.job, to_string(batch_.timeframe),
             window.ticker, from, to, detail);
  else
    log_info("{} {} {}: {} to {} is not asked for: {}", batch_.job, to_string(batch_.timeframe),
             window.ticker, from, to, detail);
  result_.failed.push_back({.series = window.series,
                            .range = window.range,
                            .reason = reason,
                            .detail = std::move(detail),
                            .failed_at = ports_.clock.now(),
                            .next_try_at = next_try_at,
                            .tried = asked == Asked::yes});
}

void BatchRun::window_done(Window const& window) {
  ++ports_.progress.windows_done;
  ports_.progress.pages_done += pages_at_most(calendar_, batch_.timeframe, window.range);
  ports_.told();
}

void BatchRun::fill_record() {
  auto const in_ms = [](Busy busy) { return std::chrono::duration_cast<Milliseconds>(busy); };
  auto& record = result_.record;
  auto const& stored = loader_.stored();
  auto const& taken = taker_.taken();
  record.job = batch_.job;
  record.provider = batch_.provider;
  record.timeframe = batch_.timeframe;
  for (std::size_t i = 0; i < batch_.windows.size(); ++i)
    if (i == 0 || batch_.windows[i].series != batch_.windows[i - 1].series) ++record.symbols;
  record.inserted = stored.inserted;
  record.changed = stored.changed;
  record.unchanged = stored.unchanged;
  record.bars = taken.bars;
  record.rejected = taken.rejected_bars + stored.refused;
  record.wait = in_ms(wait_);
  record.fetch = in_ms(fetch_);
  record.parse = in_ms(taken.parse);
  record.validate = in_ms(taken.validate);
  record.merge = stored.merge;
  record.copy = stored.copy;
  record.commit = stored.commit;
  record.outcome = outcome_of(result_, taken.pages);
}

}  // namespace

Task<BatchResult> run_batch(Ports& ports, Job const& job, Batch const& batch, UtcTime planned_at,
                            Learned* fresh) {
  BatchRun run{ports, job, batch, planned_at, fresh};
  co_return co_await run.run();
}

}  // namespace candled
