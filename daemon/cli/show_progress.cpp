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

// The tightest limit of all sources: what the estimate must not be quicker than.
RateLimit slowest_limit(std::vector<JobOrder> const& orders) {
  auto const per_second = [](RateLimit limit) {
    return static_cast<double>(limit.requests) / static_cast<double>(limit.per.count());
  };
  auto slowest = orders.front().job->source->pacer->limit();
  for (auto const& order : orders)
    if (auto const limit = order.job->source->pacer->limit(); per_second(limit) < per_second(slowest))
      slowest = limit;
  return slowest;
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
  auto const limit = slowest_limit(orders);
  auto const started = engine.clock->ticks();
  while (!ended) {
    auto const elapsed = std::chrono::duration_cast<Milliseconds>(engine.clock->ticks() - started);
    if (columns > 0) {
      draw(progress_line(engine.progress, limit, elapsed, columns));
    } else if (elapsed >= tell_every && engine.progress.windows > 0) {
      log_info("{}: {}", command, progress_words(engine.progress, limit, elapsed));
    }
    auto const again = engine.clock->ticks() + (columns > 0 ? redraw_every : tell_every);
    if (auto const slept = co_await engine.clock->sleep_until(again); !slept) break;
  }
  if (columns > 0) draw("");
}

}  // namespace candled
