#include "sim/world/trading_day.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string_view>

namespace candled::sim {
namespace {

constexpr std::uint64_t shards = 8;

struct Seeds {
  std::uint64_t from = 1;
  std::uint64_t to = 1'000;
};

// CANDLED_SIM_SEEDS=FROM-TO, or one seed, which then tells all that happens.
Seeds chosen_seeds() {
  Seeds seeds;
  auto const* const text = std::getenv("CANDLED_SIM_SEEDS");  // NOLINT(concurrency-mt-unsafe): one thread
  if (text == nullptr) return seeds;
  std::string_view const chosen{text};
  auto const* const end = chosen.data() + chosen.size();
  auto const [rest, error] = std::from_chars(chosen.data(), end, seeds.from);
  seeds.to = seeds.from;
  if (error == std::errc{} && rest != end && *rest == '-') std::from_chars(rest + 1, end, seeds.to);
  return seeds;
}

class Sim : public testing::TestWithParam<std::uint64_t> {
 protected:
  static void SetUpTestSuite() { spdlog::set_level(spdlog::level::off); }
};

TEST_P(Sim, a_trading_day_of_each_seed) {
  auto const seeds = chosen_seeds();
  auto const shown = seeds.from == seeds.to ? Trace::Shown::yes : Trace::Shown::no;
  auto const began = std::chrono::steady_clock::now();
  std::uint64_t count = 0;
  std::uint64_t requests = 0;
  std::uint64_t bars = 0;
  int starts = 0;
  Milliseconds simulated{0};

  for (auto seed = seeds.from; seed <= seeds.to; ++seed) {
    if (seed % shards != GetParam()) continue;
    auto const day = run_trading_day(seed, shown);

    for (auto const& violation : day.violations) ADD_FAILURE() << "seed " << seed << ": " << violation;
    if (!day.violations.empty())
      fmt::print(
          "seed {}: {}\nto replay: CANDLED_SIM_SEEDS={} {}/tests/sim_tests "
          "--gtest_filter='*a_trading_day*/{}'\n",
          seed, day.scenario, seed, CANDLED_BINARY_DIR, GetParam());
    if (seed % 20 == 0) {
      EXPECT_EQ(run_trading_day(seed, Trace::Shown::no).trace_hash, day.trace_hash)
          << "seed " << seed << " ran otherwise";
    }
    ++count;
    requests += day.requests;
    bars += day.bars;
    starts += day.starts;
    simulated += day.simulated;
  }

  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - began;
  fmt::print("{} seeds, {} starts, {} requests, {} bars: {:.0f} simulated seconds a second\n", count, starts,
             requests, bars, std::chrono::duration<double>(simulated).count() / took.count());
}

INSTANTIATE_TEST_SUITE_P(Shards, Sim, testing::Range(std::uint64_t{0}, shards));

}  // namespace
}  // namespace candled::sim
