// One call of a database that may be slow, away or in doubt. Include in .cpp files only: it brings Asio.
#pragma once

#include <string_view>

#include "pipeline/async.hpp"
#include "sim/world/model_store.hpp"

namespace candled::sim {

// `apply` makes it take effect, and gives the reply. What it refers to must outlive the task.
template <class Value, class Apply>
Task<Result<Value>> model_call(StoreServer& server, LifeClock& clock, World& world, std::string_view name,
                               Apply apply) {
  auto const fate = server.draw_fate();
  co_await clock.pass(fate.before);
  if (server.down()) co_return fail(ErrorKind::db_unavailable, "the database is down");
  Result<Value> reply = fail(ErrorKind::db_unavailable, "deadlock detected");
  if (fate.applied) reply = apply();
  if (fate.kills_the_caller) server.kill_the_caller();
  co_await clock.pass(fate.after);
  if (!fate.error) co_return reply;
  world.tell("the database's reply to {}: {}, {}", name, to_string(*fate.error),
             fate.applied ? "done" : "not done");
  co_return fail(*fate.error, fmt::format("{} by the model", to_string(*fate.error)));
}

}  // namespace candled::sim
