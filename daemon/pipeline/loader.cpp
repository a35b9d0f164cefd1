#include "pipeline/loader.hpp"

#include "core/retry.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds open_load_age_max = 1s;

void add_to(LoadReport& total, LoadReport const& part) {
  total.inserted += part.inserted;
  total.changed += part.changed;
  total.unchanged += part.unchanged;
  total.refused += part.refused;
  total.merge += part.merge;
  total.copy += part.copy;
  total.commit += part.commit;
}

}  // namespace

Loader::Loader(Ports& ports) : ports_(ports), loads_(ports.loop) {}

void Loader::add(LoadSlice slice, std::vector<RejectedBar> rejected) {
  if (open_.bars.size() > load_bars_max && slice.first > 0) {
    // The page does not fit beside the others: it opens the next load.
    auto const page = open_.bars.begin() + static_cast<std::ptrdiff_t>(slice.first);
    Load next;
    next.bars.assign(page, open_.bars.end());
    open_.bars.erase(page, open_.bars.end());
    send_open();
    open_ = std::move(next);
    slice.first = 0;
  }
  if (open_.slices.empty()) opened_at_ = ports_.clock.ticks();
  open_.slices.push_back(std::move(slice));
  for (auto& bar : rejected) open_.rejected.push_back(std::move(bar));
}

Task<Result<void>> Loader::make_room() {
  bool const old = ports_.clock.ticks() - opened_at_ >= open_load_age_max;
  if (!open_.slices.empty() && (old || open_.bars.size() >= load_bars_max)) send_open();
  co_await loads_.wait_until_running(static_cast<std::size_t>(ports_.writers));
  if (error_) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

Task<Result<void>> Loader::finish() {
  if (!open_.slices.empty()) send_open();
  co_await loads_.wait_all();
  if (error_) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

void Loader::send_open() {
  send(std::exchange(open_, {}));
}

void Loader::send(Load load) {
  loads_.spawn(commit(std::move(load)));
}

Task<void> Loader::commit(Load load) {
  auto const report = co_await load_until_done(load);
  if (report) {
    add_to(stored_, *report);
    ports_.progress.bars_stored += report->inserted + report->changed;
  } else if (!error_) {
    error_ = report.error();
  }
}

Task<Result<LoadReport>> Loader::load_until_done(Load const& load) {
  auto const& policy = ports_.database_retry;
  for (int attempt = 0;; ++attempt) {
    auto report = co_await ports_.store.load(load);
    if (report || !worth_retrying(report.error().kind)) co_return report;
    if (policy.attempts != 0 && attempt + 1 >= policy.attempts) co_return report;
    auto const delay = delay_before_retry(policy, report.error(), attempt, ports_.random.next());
    log_warn("a load of {} bars waits {}: {}", load.bars.size(), in_words(delay), report.error().what);
    ports_.progress.waiting = report.error().what;
    if (auto const slept = co_await ports_.clock.sleep_until(ports_.clock.ticks() + delay); !slept)
      co_return std::unexpected(slept.error());
    ports_.progress.waiting.clear();
  }
}

}  // namespace candled
