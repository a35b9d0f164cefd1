// What happened, in order: equal traces mean equal runs.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/time.hpp"

namespace candled::sim {

class Trace {
 public:
  enum class Shown { no, yes };

  // `yes` prints every line to standard output as it is told.
  explicit Trace(Shown shown) : shown_(shown) {}

  template <class... Args>
  void tell(UtcTime when, fmt::format_string<Args...> format, Args&&... args) {
    line_.clear();
    fmt::format_to(std::back_inserter(line_), format, std::forward<Args>(args)...);
    add(when);
  }
  // A line of the daemon's log: shown, and not hashed, for it may hold addresses and the like.
  void tell_log(UtcTime when, std::string_view line) const;

  std::uint64_t hash() const { return hash_; }
  std::uint64_t lines() const { return lines_; }

 private:
  void add(UtcTime when);

  Shown shown_;
  std::string line_;
  std::uint64_t hash_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace candled::sim
