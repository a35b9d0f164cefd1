#include "pipeline/performance_recorder.hpp"

#include <boost/asio/awaitable.hpp>

#include <algorithm>
#include <utility>

#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

// The wall clock may be set, and a host may sleep: look at it again at least this often.
constexpr Milliseconds look_again = 30s;

// Whoever wakes so little after a mark was meant to wake at it.
constexpr Milliseconds late_max = 10s;

UtcTime mark_before(UtcTime now) {
  return now - now.time_since_epoch() % performance_row_length;
}

// Rows begin and end with whole seconds.
UtcTime end_of_row(UtcTime now) {
  auto const mark = mark_before(now);
  return now - mark <= late_max ? mark : UtcTime{std::chrono::floor<std::chrono::seconds>(now)};
}

}  // namespace

PerformanceRecorder::PerformanceRecorder(CsvFile& file, PerformanceThresholds const& thresholds,
                                         Meters const& meters, Clock& clock, Look look)
    : file_(file),
      watch_(thresholds),
      meters_(meters),
      clock_(clock),
      look_(std::move(look)),
      before_(performance_counts(meters)),
      row_from_(std::chrono::floor<std::chrono::seconds>(clock.now())),
      row_began_(clock.ticks()) {}

Task<void> PerformanceRecorder::run() {
  while (co_await wait_until_mark()) {
    auto const row = take_row(end_of_row(clock_.now()));
    write(row);
    for (auto const& news : watch_.judge(row)) {
      if (news.passed)
        log_warn("performance: {}", news.text);
      else
        log_info("performance: {}", news.text);
    }
  }
}

void PerformanceRecorder::finish() {
  // Less than a second says nothing.
  if (clock_.ticks() - row_began_ >= 1s)
    write(take_row(std::chrono::floor<std::chrono::seconds>(clock_.now())));
}

// Who has set the clock back while we slept has brought a nearer mark.
Task<bool> PerformanceRecorder::wait_until_mark() {
  auto const next = [&] { return mark_before(clock_.now()) + performance_row_length; };
  for (auto mark = next(); clock_.now() < mark; mark = std::min(mark, next())) {
    auto const nap = std::min<Milliseconds>(mark - clock_.now(), look_again);
    if (auto const slept = co_await clock_.sleep_until(clock_.ticks() + nap); !slept) co_return false;
  }
  co_return true;
}

PerformanceRow PerformanceRecorder::take_row(UtcTime to) {
  auto const ticks = clock_.ticks();
  Milliseconds const lasted = std::max(1s, std::chrono::round<std::chrono::seconds>(ticks - row_began_));
  bool const clock_was_set = to <= row_from_ || std::chrono::abs(to - row_from_ - lasted) > late_max;
  TimeRange const during{.from = clock_was_set ? to - lasted : row_from_, .to = to};
  auto after = performance_counts(meters_);
  recorded_ += during.to - during.from;
  auto row = performance_row(during, before_, after, look_(), recorded_);
  before_ = after;
  row_from_ = to;
  row_began_ = ticks;
  return row;
}

void PerformanceRecorder::write(PerformanceRow const& row) {
  bool const wrote_before = !file_.fails();
  if (auto const written = file_.append(performance_line(row)); !written && wrote_before)
    log_warn("performance figures are not written, ingestion goes on: {}", written.error().what);
}

}  // namespace candled
