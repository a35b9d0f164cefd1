// A simulated trading day from a seed: phase 1 with faults, phase 2 without, and what was wrong with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "sim/world/trace.hpp"

namespace candled::sim {

struct AppliedCall;

struct Outcome {
  std::vector<std::string> violations;  // of promises; empty: all were kept
  std::uint64_t trace_hash = 0;
  std::uint64_t trace_lines = 0;
  std::uint64_t requests = 0;
  std::uint64_t bars = 0;  // in the table at the end
  int starts = 0;
  Milliseconds simulated{0};
  std::string scenario;  // in words
};

Outcome run_trading_day(std::uint64_t seed, Trace::Shown shown);
// The same, and every call that took effect in the store.
Outcome run_trading_day(std::uint64_t seed, Trace::Shown shown, std::vector<AppliedCall>& applied);

}  // namespace candled::sim
