// True time, what is to happen at which of its moments, and what happened. It outlives every start of the
// daemon.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "sim/world/trace.hpp"

namespace candled::sim {

using Nanos = std::chrono::nanoseconds;

class World {
 public:
  World(UtcTime begins, Trace::Shown shown) : truth_(begins.time_since_epoch()), trace_(shown) {}
  World(World const&) = delete;
  World& operator=(World const&) = delete;

  // Since the Unix epoch, as the provider and the database have it.
  Nanos truth() const { return truth_; }
  UtcTime true_time() const { return std::chrono::floor<Milliseconds>(std::chrono::sys_time<Nanos>{truth_}); }
  // What the host's clocks show: `wall` can be set, and a monotonic clock rests while the host sleeps.
  UtcTime wall() const { return true_time() + wall_ahead; }
  Nanos monotonic() const { return truth_ - asleep_; }

  Milliseconds wall_ahead{0};

  void at(UtcTime when, std::function<void()> event);
  void after(Nanos delay, std::function<void()> event);
  std::optional<Nanos> next_event() const;
  // Time goes on to `truth`, which is not before now, and what is due happens. Events come in order of their
  // times, and in the order in which they were told.
  void go_on_until(Nanos truth);
  // The host sleeps: true time passes, its monotonic clock does not.
  void fall_asleep_for(Nanos time) { asleep_until_ = truth_ + time; }
  void wake_up() { asleep_until_.reset(); }
  std::optional<Nanos> asleep_until() const { return asleep_until_; }

  Trace& trace() { return trace_; }
  template <class... Args>
  void tell(fmt::format_string<Args...> format, Args&&... args) {
    trace_.tell(true_time(), format, std::forward<Args>(args)...);
  }

  // A promise was broken. The first ones are kept.
  void violation(std::string what);
  std::vector<std::string> const& violations() const { return violations_; }

 private:
  Nanos truth_;
  Nanos asleep_{0};
  std::optional<Nanos> asleep_until_;
  std::multimap<Nanos, std::function<void()>> events_;
  Trace trace_;
  std::vector<std::string> violations_;
};

}  // namespace candled::sim
