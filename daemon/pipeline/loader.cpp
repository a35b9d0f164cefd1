#include "pipeline/loader.hpp"

#include "pipeline/keep_trying.hpp"
#include "pipeline/load_slots.hpp"

namespace candled {

namespace {

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

std::vector<Bar>& Loader::bars() {
  // A whole page's, so that it is not copied while it grows. Memory that is not written to costs nothing.
  if (open_.bars.capacity() == 0) open_.bars.reserve(load_bars_max);
  return open_.bars;
}

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

Task<Result<void>> Loader::make_room(Milliseconds next_page_in) {
  auto const age = ports_.clock.ticks() - opened_at_;
  if (open_.bars.size() >= load_bars_max || age >= open_load_age_max || next_page_in >= open_load_age_max)
    send_open();
  co_await ports_.load_slots->wait_for_room();
  if (error_) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

Task<Result<void>> Loader::finish() {
  send_open();
  co_await loads_.wait_all();
  if (error_) co_return std::unexpected(*error_);
  co_return Result<void>{};
}

void Loader::send_open() {
  if (open_.slices.empty()) return;
  ports_.load_slots->take();
  loads_.spawn(commit(std::exchange(open_, {})));
}

Task<void> Loader::commit(Load load) {
  auto const who = fmt::format("a load of {} bars", load.bars.size());
  auto const once = [&] { return ports_.store.load(load); };
  auto const report = co_await keep_trying(ports_, who, once);
  ports_.load_slots->give_back();
  if (report) {
    add_to(stored_, *report);
    ports_.progress.bars_stored += report->inserted + report->changed;
    ports_.told();
  } else if (!error_) {
    error_ = report.error();
  }
}

}  // namespace candled
