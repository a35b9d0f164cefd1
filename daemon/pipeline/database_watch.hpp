// Whether the database is there: told in the log once for all who wait for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/time.hpp"

namespace candled {

class DatabaseWatch {
 public:
  // A call failed because it is away. The first of an outage is told; a database that comes and goes is told
  // of once a second at most.
  void away(std::string const& why, SteadyTime now);
  // A call came through.
  void back(SteadyTime now);

  // Somebody will try again then.
  void will_try(SteadyTime when) { next_try_ = when; }
  // nullopt: it is there, or nobody has said so.
  std::optional<SteadyTime> next_try() const { return why_away_ ? next_try_ : std::nullopt; }

  // What the last call that failed said. nullopt: it is there, as far as we know.
  std::optional<std::string> const& why_away() const { return why_away_; }

 private:
  std::optional<std::string> why_away_;
  std::optional<SteadyTime> next_try_;
  SteadyTime since_{};
  std::optional<SteadyTime> told_at_;
  std::int64_t failed_calls_ = 0;
  bool told_ = false;
};

}  // namespace candled
