#include "sim/world/trace.hpp"

#include <fmt/core.h>

#include "sim/world/draw.hpp"

namespace candled::sim {

void Trace::add(UtcTime when) {
  hash_ = mix(hash_ ^ static_cast<std::uint64_t>(when.time_since_epoch().count())) ^ hash_of(line_);
  ++lines_;
  if (shown_ == Shown::yes) fmt::print("{} {}\n", to_rfc3339(when), line_);
}

void Trace::tell_log(UtcTime when, std::string_view line) const {
  if (shown_ == Shown::yes) fmt::print("{}   log: {}\n", to_rfc3339(when), line);
}

}  // namespace candled::sim
