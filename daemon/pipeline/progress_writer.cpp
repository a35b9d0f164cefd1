#include "pipeline/progress_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds look_every = 2s;
constexpr Milliseconds renew_every = 20s;  // rows of a minute ago count as a dead daemon's
constexpr Milliseconds tell_every = 60s;

std::string detail_of(Progress const& progress, Look const& look) {
  if (!progress.waiting.empty()) return progress.waiting;
  if (look.parked) return "parked until " + in_words(*look.parked, look.now);
  if (progress.stage != Stage::fetching || progress.now.empty()) return {};
  auto const seconds = std::max(0.001, static_cast<double>(look.elapsed.count()) / 1000.0);
  return fmt::format("{}, {:.1f} requests/s, {:.0f} bars/s", progress.now,
                     static_cast<double>(progress.requests) / seconds,
                     static_cast<double>(progress.bars) / seconds);
}

}  // namespace

JobProgressRow progress_row(Progress const& progress, Look const& look) {
  bool const works = progress.stage != Stage::idle;
  bool const parked = works && look.parked && progress.stage != Stage::waiting;
  JobProgressRow row{.job = progress.job,
                     .lane = progress.lane,
                     .stage = std::string{to_string(parked ? Stage::parked : progress.stage)},
                     .detail = works ? detail_of(progress, look) : "",
                     .windows = progress.windows,
                     .windows_done = progress.windows_done,
                     .requests = progress.requests,
                     .bars = progress.bars};
  if (parked) row.parked_until = look.parked->until;
  if (works && progress.windows > 0) {
    auto const left = time_left(progress, look);
    row.eta_from = look.now + left.at_least;
    row.eta_until = look.now + left.at_most;
  }
  return row;
}

Task<void> ProgressWriter::run() {
  for (;;) {
    auto now_rows = rows();
    auto const version = board_.version();
    if (changed(now_rows)) {
      if (auto const shown = co_await ledger_.show_progress(now_rows); shown) {
        shown_version_ = version;
        shown_at_ = clock_.ticks();
        shown_ = std::move(now_rows);
      } else {
        log_debug("job_progress is not renewed: {}", shown.error().what);
      }
    }
    tell_log();
    if (auto const slept = co_await clock_.sleep_until(clock_.ticks() + look_every); !slept) break;
  }
  if (shown_.empty()) co_return;
  if (auto const shown = co_await ledger_.show_progress({}); !shown)
    log_debug("job_progress is not emptied: {}", shown.error().what);
}

Look ProgressWriter::look_at(Progress const& progress) const {
  Look look{.now = clock_.now(),
            .elapsed = std::chrono::duration_cast<Milliseconds>(clock_.ticks() - progress.began),
            .limit = {}};
  if (auto const* const source = find_source_(progress.provider); source != nullptr) {
    look.limit = source->pacer->limit();
    look.parked = source->pacer->parked();
  }
  return look;
}

std::vector<JobProgressRow> ProgressWriter::rows() const {
  std::vector<JobProgressRow> rows;
  for (auto const& progress : board_.all()) rows.push_back(progress_row(*progress, look_at(*progress)));
  return rows;
}

// What a person would see: estimates that drift while nothing happens are no change.
bool ProgressWriter::changed(std::vector<JobProgressRow> const& rows) const {
  return shown_version_ != board_.version() || clock_.ticks() - shown_at_ >= renew_every ||
         !std::ranges::equal(rows, shown_, {}, &JobProgressRow::parked_until, &JobProgressRow::parked_until);
}

void ProgressWriter::tell_log() {
  auto const now = clock_.ticks();
  for (auto const& progress : board_.all()) {
    LaneOfJob const lane{progress->job, progress->lane};
    if (progress->stage == Stage::idle) {
      told_.erase(lane);
      continue;
    }
    auto& told = told_.try_emplace(lane, Told{.at = now, .requests = progress->requests}).first->second;
    if (now - told.at < tell_every) continue;
    if (progress->requests != told.requests && progress->windows > 0)
      log_info("{}: {}", progress->job, progress_words(*progress, look_at(*progress)));
    told = {.at = now, .requests = progress->requests};
  }
  std::erase_if(told_, [&](auto const& one) {
    return std::ranges::none_of(board_.all(), [&](auto const& progress) {
      return progress->job == one.first.first && progress->lane == one.first.second;
    });
  });
}

}  // namespace candled
