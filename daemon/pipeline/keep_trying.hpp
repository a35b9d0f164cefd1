// Waits for a database that is away. Include in .cpp files only: it brings Asio.
#pragma once

#include <string_view>

#include "core/retry.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"
#include "pipeline/ports.hpp"

namespace candled {

// Makes an idempotent call on the store, and makes it again while the database is away, as
// ports.database_retry says. `who` waits, for the log; both arguments must outlive the task.
template <class Call>
auto keep_trying(Ports& ports, std::string_view who, Call const& call) -> decltype(call()) {
  auto const& policy = ports.database_retry;
  for (int attempt = 0;; ++attempt) {
    auto outcome = co_await call();
    if (outcome) ports.database->back(ports.clock.ticks());
    if (outcome || !worth_retrying(outcome.error().kind)) co_return outcome;
    ports.database->away(outcome.error().what, ports.clock.ticks());
    if (policy.attempts != 0 && attempt + 1 >= policy.attempts) co_return outcome;
    auto const delay = delay_before_retry(policy, outcome.error(), attempt, ports.random.next());
    ports.database->will_try(ports.clock.ticks() + delay);
    // One of many that wait: the watch has told of the outage.
    log_debug("{} waits {}: {}", who, in_words(delay), outcome.error().what);
    auto const before = ports.progress.stage;
    ports.progress.waiting = outcome.error().what;
    set_stage(ports, Stage::waiting);
    auto const slept = co_await ports.clock.sleep_until(ports.clock.ticks() + delay, ports.sign);
    ports.progress.waiting.clear();
    // Waiting: it was another of the same lane that waited, too.
    set_stage(ports, before == Stage::waiting ? Stage::fetching : before);
    if (!slept) co_return std::unexpected(slept.error());
  }
}

}  // namespace candled
