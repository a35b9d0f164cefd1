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
    if (outcome || !worth_retrying(outcome.error().kind)) co_return outcome;
    if (policy.attempts != 0 && attempt + 1 >= policy.attempts) co_return outcome;
    auto const delay = delay_before_retry(policy, outcome.error(), attempt, ports.random.next());
    log_warn("{} waits {}: {}", who, in_words(delay), outcome.error().what);
    ports.progress.waiting = outcome.error().what;
    auto const slept = co_await ports.clock.sleep_until(ports.clock.ticks() + delay, ports.sign);
    ports.progress.waiting.clear();
    if (!slept) co_return std::unexpected(slept.error());
  }
}

}  // namespace candled
