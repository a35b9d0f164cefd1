#include "pipeline/run_batch.hpp"

#include <algorithm>
#include <span>

#include "core/check_bars.hpp"
#include "core/failpoint.hpp"
#include "core/plan.hpp"
#include "core/retry.hpp"
#include "pipeline/loader.hpp"
#include "pipeline/log.hpp"

namespace candled {

namespace {

using Busy = std::chrono::nanoseconds;

// How long a plan without live data keeps bars back: 15 minutes (provider contract, 1.5 and 5, row 9).
constexpr Milliseconds kept_back = std::chrono::minutes{15};

// A page with more is not a bad day but a broken answer: it is not taken apart bar by bar.
constexpr std::size_t impossible_bars_max = 1'000;

// At 50,000 bars a page this is more than any history: a provider whose pages advance by a bar must come to
// an end.
constexpr int pages_per_window_max = 100'000;

GapReason reason_of(ErrorKind kind) {
  return kind == ErrorKind::not_entitled ? GapReason::not_entitled : GapReason::fetch_failed;
}

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

char const* outcome_of(BatchResult const& result, std::size_t windows) {
  if (result.ended_by && result.ended_by->kind == ErrorKind::stopped) return "stopped";
  if (result.ended_by || result.failed.size() == windows) return "failed";
  return result.failed.empty() ? "ok" : "partial";
}

class BatchRun {
 public:
  BatchRun(Ports& ports, Source& source, Calendar const& calendar, Batch const& batch, BatchShape shape)
      : ports_(ports), source_(source), calendar_(calendar), batch_(batch), shape_(shape), loader_(ports) {}

  Task<BatchResult> run();

 private:
  Task<void> lane(int number);
  Task<void> stand_back(Milliseconds wait);
  Task<void> fetch_window(Window window);
  Task<Result<Page>> fetch_page(Window const& rest, std::string const& cursor);
  // How long to wait before the next try. nullopt: there is none.
  std::optional<Milliseconds> note_failed_try(Window const& rest, Admission const& admission,
                                              Error const& error, Tries& tries);
  Task<Result<HttpResponse>> ask(Window const& rest, std::string const& cursor);
  Result<Page> take_page(Window const& rest, HttpResponse& response);
  UtcTime proven_by_delayed(Window const& rest, Page const& page, std::size_t first);
  LoadSlice slice_of(Window const& rest, Page const& page, std::size_t first,
                     std::vector<FailedBar> const& impossible);
  void note_failure(Window const& rest, Error error);
  Error note_refused_key(Error error);
  void window_done(Window const& window);
  void fill_record();

  // Between two requests of a busy source.
  Milliseconds pace() const { return source_.pacer->limit().per / source_.pacer->limit().requests; }
  bool goes_on() const { return !result_.ended_by && !ports_.stopping(); }
  Busy since(SteadyTime start) const { return ports_.clock.ticks() - start; }

  Ports& ports_;
  Source& source_;
  Calendar const& calendar_;
  Batch const& batch_;
  BatchShape shape_;
  Loader loader_;
  std::size_t next_ = 0;  // the first window that no lane has taken
  Busy wait_{0}, fetch_{0}, parse_{0}, validate_{0};
  BatchResult result_;
};

Task<BatchResult> BatchRun::run() {
  auto const started = ports_.clock.ticks();
  result_.record.started_at = ports_.clock.now();
  TaskGroup lanes{ports_.loop};
  for (int number = 0; number < shape_.parallel; ++number) lanes.spawn(lane(number));
  co_await lanes.wait_all();
  if (auto const stored = co_await loader_.finish(); !stored && !result_.ended_by)
    result_.ended_by = stored.error();
  if (ports_.stopping() && !result_.ended_by)
    result_.ended_by = Error{.kind = ErrorKind::stopped, .what = "stopped"};
  fill_record();
  result_.record.total = std::chrono::duration_cast<Milliseconds>(since(started));
  co_return std::move(result_);
}

Task<void> BatchRun::lane(int number) {
  co_await stand_back(number * shape_.stagger);
  auto const& windows = batch_.windows;
  while (next_ < windows.size() && goes_on()) {
    // All windows of one symbol, one after the other: they share a series' row lock.
    auto const first = next_;
    while (next_ < windows.size() && windows[next_].series == windows[first].series) ++next_;
    auto const last = next_;
    for (auto index = first; index < last && goes_on(); ++index) co_await fetch_window(windows[index]);
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

Task<void> BatchRun::fetch_window(Window window) {
  auto rest = window;
  std::string cursor;
  for (int page_count = 0; !rest.range.empty() && goes_on(); ++page_count) {
    auto page = page_count < pages_per_window_max
                    ? co_await fetch_page(rest, cursor)
                    : fail(ErrorKind::malformed, "the provider's pages do not come to an end");
    if (!page) {
      note_failure(rest, page.error());
      break;
    }
    failpoint("page_taken");
    if (auto const room = co_await loader_.make_room(pace()); !room && !result_.ended_by)
      result_.ended_by = room.error();
    if (page->cursor.empty()) break;  // what is not proven by now is not there yet: it stays due
    rest.range.from = page->proven_until;
    cursor = std::move(page->cursor);
  }
  window_done(window);
}

Task<Result<Page>> BatchRun::fetch_page(Window const& rest, std::string const& cursor) {
  for (Tries tries;;) {
    if (source_.key_refused) co_return std::unexpected(*source_.key_refused);
    auto const queued = ports_.clock.ticks();
    auto const admitted = co_await source_.pacer->admit(ports_.lane, ports_.sign);
    if (!admitted) co_return std::unexpected(admitted.error());
    wait_ += since(queued);
    if (source_.key_refused) {  // while we waited
      source_.pacer->failed(*admitted, ErrorKind::key_refused);
      co_return std::unexpected(*source_.key_refused);
    }

    auto response = co_await ask(rest, cursor);
    auto page = response ? take_page(rest, *response) : Result<Page>{std::unexpected(response.error())};
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
  return delay;
}

Task<Result<HttpResponse>> BatchRun::ask(Window const& rest, std::string const& cursor) {
  ++result_.record.requests;
  ++ports_.progress.requests;
  ports_.progress.now = rest.ticker;
  auto const sent = ports_.clock.ticks();
  auto response = co_await source_.http->get(source_.provider->request(rest, batch_.timeframe, cursor));
  fetch_ += since(sent);
  if (response) result_.record.bytes += static_cast<std::int64_t>(response->wire_bytes);
  co_return response;
}

// Without an await from the parse to the loader's `add`: the bars at the end of the open load are this
// page's.
Result<Page> BatchRun::take_page(Window const& rest, HttpResponse& response) {
  auto& bars = loader_.bars();
  auto const first = bars.size();
  auto const parse_started = ports_.clock.ticks();
  auto page = source_.provider->parse(rest, batch_.timeframe, response, bars);
  parse_ += since(parse_started);
  if (!page) return page;

  auto const check_started = ports_.clock.ticks();
  auto const checked =
      check_bars(bars, first, {.timeframe = batch_.timeframe, .zone = calendar_.zone(), .range = rest.range});
  validate_ += since(check_started);
  if (checked.rejected.size() > impossible_bars_max) {
    bars.resize(first);
    return fail(ErrorKind::malformed,
                fmt::format("{} bars of one answer cannot be true, the first is {} at {}",
                            checked.rejected.size(), to_string(checked.rejected.front().reason),
                            to_rfc3339(checked.rejected.front().bar.start)));
  }
  if (page->delayed) page->proven_until = proven_by_delayed(rest, *page, first);

  auto const good = static_cast<std::int64_t>(bars.size() - first);
  result_.record.bars += good;
  result_.record.rejected += static_cast<std::int64_t>(checked.rejected.size());
  ports_.progress.bars += good;
  if (good > 0 || !checked.rejected.empty()) result_.with_bars.push_back(rest.series);
  auto slice = slice_of(rest, *page, first, checked.rejected);
  std::vector<RejectedBar> rejected;
  rejected.reserve(checked.rejected.size());
  for (auto const& failed : checked.rejected)
    rejected.push_back(
        {.series = rest.series, .bar = failed.bar, .reason = std::string{to_string(failed.reason)}});
  loader_.add(std::move(slice), std::move(rejected));
  return page;
}

// Of a plan without live data: what is old enough to have been published, and what has come.
UtcTime BatchRun::proven_by_delayed(Window const& rest, Page const& page, std::size_t first) {
  auto const& bars = loader_.bars();
  auto proven = bar_start(batch_.timeframe, calendar_.zone(), ports_.clock.now() - kept_back);
  if (bars.size() > first)
    proven = std::max(proven, bar_end(batch_.timeframe, calendar_.zone(), bars.back().start));
  return std::clamp(proven, rest.range.from, page.proven_until);
}

// The page proves its whole range but for the times of the bars that cannot be true: those stay due.
LoadSlice BatchRun::slice_of(Window const& rest, Page const& page, std::size_t first,
                             std::vector<FailedBar> const& impossible) {
  LoadSlice slice{.series = rest.series,
                  .first = first,
                  .count = loader_.bars().size() - first,
                  .proven = {TimeRange{.from = rest.range.from, .to = page.proven_until}}};
  auto const good = std::span{loader_.bars()}.subspan(first);
  for (auto const& failed : impossible) {
    auto const start = failed.bar.start;
    auto const hole =
        whole_bars(batch_.timeframe, calendar_.zone(), {.from = start, .to = start + Milliseconds{1}});
    if (std::ranges::binary_search(good, hole.from, {}, &Bar::start)) continue;  // a good one came beside it
    slice.proven.remove(hole);
    result_.rejected.push_back(
        {.series = rest.series,
         .range = hole,
         .reason = GapReason::rejected,
         .detail = fmt::format("{}: {} {}", to_string(failed.reason), rest.ticker, to_rfc3339(start)),
         .failed_at = ports_.clock.now()});
  }
  return slice;
}

// A provider does not know what the configuration calls it.
Error BatchRun::note_refused_key(Error error) {
  if (!source_.key_refused) {
    error.what += fmt::format(" (providers.{}.api_key)", source_.name);
    source_.key_refused = std::move(error);
  }
  return *source_.key_refused;
}

void BatchRun::note_failure(Window const& rest, Error error) {
  if (error.kind == ErrorKind::key_refused) error = note_refused_key(std::move(error));
  if (ends_batch(error.kind)) {
    if (!result_.ended_by) result_.ended_by = error;
    return;
  }
  ++ports_.progress.windows_failed;
  log_warn("{} {} {}: {} to {} is given up for now: {}", batch_.job, to_string(batch_.timeframe), rest.ticker,
           to_rfc3339(rest.range.from), to_rfc3339(rest.range.to), error.what);
  result_.failed.push_back({.series = rest.series,
                            .range = rest.range,
                            .reason = reason_of(error.kind),
                            .detail = error.what,
                            .failed_at = ports_.clock.now()});
}

void BatchRun::window_done(Window const& window) {
  ++ports_.progress.windows_done;
  ports_.progress.pages_done += pages_at_most(calendar_, batch_.timeframe, window.range);
}

void BatchRun::fill_record() {
  auto const in_ms = [](Busy busy) { return std::chrono::duration_cast<Milliseconds>(busy); };
  auto& record = result_.record;
  auto const& stored = loader_.stored();
  record.job = batch_.job;
  record.provider = batch_.provider;
  record.timeframe = batch_.timeframe;
  for (std::size_t i = 0; i < batch_.windows.size(); ++i)
    if (i == 0 || batch_.windows[i].series != batch_.windows[i - 1].series) ++record.symbols;
  record.inserted = stored.inserted;
  record.changed = stored.changed;
  record.unchanged = stored.unchanged;
  record.rejected += stored.refused;
  record.wait = in_ms(wait_);
  record.fetch = in_ms(fetch_);
  record.parse = in_ms(parse_);
  record.validate = in_ms(validate_);
  record.merge = stored.merge;
  record.copy = stored.copy;
  record.commit = stored.commit;
  record.outcome = outcome_of(result_, batch_.windows.size());
}

}  // namespace

Task<BatchResult> run_batch(Ports& ports, Source& source, Calendar const& calendar, Batch const& batch,
                            BatchShape shape) {
  BatchRun run{ports, source, calendar, batch, shape};
  co_return co_await run.run();
}

}  // namespace candled
