#include "pipeline/drop_expired.hpp"

#include "core/size.hpp"
#include "pipeline/async.hpp"
#include "pipeline/log.hpp"

namespace candled {

Task<bool> drop_expired(Ports& ports) {
  auto const dropped = co_await ports.store.drop_expired();
  if (!dropped) {
    // Nothing depends on it: loads that are under way go first.
    log_warn("bars older than their retention are not dropped yet: {}", dropped.error().what);
    co_return false;
  }
  for (auto const& [year, bytes] : *dropped)
    log_info("the bars of {} are dropped ({}): they are older than the retention of every job that had any",
             year, size_in_words(bytes));
  co_return true;
}

}  // namespace candled
