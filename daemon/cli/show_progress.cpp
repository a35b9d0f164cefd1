#include "cli/show_progress.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "cli/progress_bar.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

using namespace std::chrono_literals;

namespace {

constexpr Milliseconds redraw_every = 100ms;
constexpr Milliseconds tell_every = 5s;

// The tightest limit of all sources, what the estimate must not be quicker than, and what keeps all of them
// from going on.
Look look_at(Engine const& engine, std::vector<JobOrder> const& orders, Milliseconds elapsed) {
  auto const per_second = [](RateLimit limit) {
    return static_cast<double>(limit.requests) / static_cast<double>(limit.per.count());
  };
  auto const limit_of = [](JobOrder const& order) { return order.job->source->pacer->limit(); };
  Look look{.now = engine.clock->now(), .elapsed = elapsed, .limit = limit_of(orders.front())};
  bool all_parked = true;
  for (auto const& order : orders) {
    if (per_second(limit_of(order)) < per_second(look.limit)) look.limit = limit_of(order);
    auto const parked = order.job->source->pacer->parked();
    all_parked &= parked.has_value();
    if (parked && (!look.parked || parked->until < look.parked->until)) look.parked = parked;
  }
  if (!all_parked) look.parked.reset();
  return look;
}

// Standard error is not buffered: what is printed is seen at once. A terminal that has gone is no reason to
// stop.
void draw(std::string const& line) {
  static_cast<void>(std::fputs(fmt::format("\r{}\033[K", line).c_str(), stderr));
}

}  // namespace

Task<void> show_progress(Engine& engine, std::string const& command, std::vector<JobOrder> const& orders,
                         bool const& ended) {
  auto const columns = terminal_columns();
  auto const started = engine.clock->ticks();
  while (!ended) {
    auto const elapsed = std::chrono::duration_cast<Milliseconds>(engine.clock->ticks() - started);
    if (columns > 0) {
      draw(progress_line(engine.progress, look_at(engine, orders, elapsed), columns));
    } else if (elapsed >= tell_every && engine.progress.windows > 0) {
      log_info("{}: {}", command, progress_words(engine.progress, look_at(engine, orders, elapsed)));
    }
    auto const again = engine.clock->ticks() + (columns > 0 ? redraw_every : tell_every);
    if (auto const slept = co_await engine.clock->sleep_until(again); !slept) break;
  }
  if (columns > 0) draw("");
}

}  // namespace candled
