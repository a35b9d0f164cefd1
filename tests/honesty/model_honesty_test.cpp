// What the simulation's model of the store did in a simulated day, done again with PostgreSQL: the same
// answers, or the simulation proves nothing.
#include <spdlog/spdlog.h>

#include <map>

#include "db/store_fixture.hpp"
#include "sim/world/model_store.hpp"
#include "sim/world/trading_day.hpp"

namespace candled::test {
namespace {

// Enough of a day for all kinds of calls: one takes some milliseconds here.
constexpr std::size_t calls_max = 1'500;

// The numbers that PostgreSQL gave to the model's series.
using Ids = std::map<SeriesId, SeriesId>;

Load with_ids(Load load, Ids const& ids) {
  for (auto& slice : load.slices) slice.series = ids.at(slice.series);
  for (auto& rejected : load.rejected) rejected.series = ids.at(rejected.series);
  return load;
}

std::vector<FailedWindow> with_ids(std::vector<FailedWindow> windows, Ids const& ids) {
  for (auto& window : windows) window.series = ids.at(window.series);
  return windows;
}

std::string in_words(RangeSet const& ranges) {
  std::string text;
  for (auto const& range : ranges.ranges())
    text += "[" + to_rfc3339(range.from) + ", " + to_rfc3339(range.to) + ") ";
  return text;
}

void expect_same(std::vector<Series> const& model, std::vector<Series> const& real) {
  ASSERT_EQ(model.size(), real.size());
  for (std::size_t i = 0; i < model.size(); ++i) {
    EXPECT_EQ(in_words(model[i].covered), in_words(real[i].covered)) << model[i].ticker;
    EXPECT_EQ(in_words(model[i].parked), in_words(real[i].parked)) << model[i].ticker;
    EXPECT_EQ(in_words(model[i].again), in_words(real[i].again)) << model[i].ticker;
    EXPECT_EQ(model[i].gaps, real[i].gaps) << model[i].ticker;
    ASSERT_EQ(model[i].settled.size(), real[i].settled.size()) << model[i].ticker;
    for (std::size_t k = 0; k < model[i].settled.size(); ++k) {
      EXPECT_EQ(model[i].settled[k].after, real[i].settled[k].after) << model[i].ticker;
      EXPECT_EQ(to_rfc3339(model[i].settled[k].since), to_rfc3339(real[i].settled[k].since))
          << model[i].ticker;
      EXPECT_EQ(in_words(model[i].settled[k].during), in_words(real[i].settled[k].during)) << model[i].ticker;
    }
  }
}

class ModelStoreHonesty : public StoreTest, public testing::WithParamInterface<std::uint64_t> {
 protected:
  void repeat(sim::AppliedCall const& applied) {
    if (auto const* const query = std::get_if<SeriesQuery>(&applied.call)) {
      auto const series = must(await(store_.open_series(*query)));
      expect_same(applied.series, series);
      for (std::size_t i = 0; i < series.size(); ++i) ids_[applied.series[i].id] = series[i].id;
    } else if (auto const* const load = std::get_if<Load>(&applied.call)) {
      auto const report = must(await(store_.load(with_ids(*load, ids_))));
      EXPECT_EQ(report.inserted, applied.report.inserted);
      EXPECT_EQ(report.changed, applied.report.changed);
      EXPECT_EQ(report.unchanged, applied.report.unchanged);
      EXPECT_EQ(report.refused, 0);
    } else {
      must(await(store_.park(with_ids(std::get<std::vector<FailedWindow>>(applied.call), ids_))));
    }
  }

  Ids ids_;
};

TEST_P(ModelStoreHonesty, postgres_answers_as_the_model_did) {
  spdlog::set_level(spdlog::level::off);
  std::vector<sim::AppliedCall> applied;
  auto const day = sim::run_trading_day(GetParam(), sim::Trace::Shown::no, applied);
  ASSERT_GT(applied.size(), 20U) << day.scenario;
  applied.resize(std::min(applied.size(), calls_max));

  for (std::size_t i = 0; i < applied.size() && !HasFailure(); ++i) {
    SCOPED_TRACE("call " + std::to_string(i) + " of seed " + std::to_string(GetParam()));
    repeat(applied[i]);
  }
}

// A rested market, a busy one, many faults, a plan with a horizon, one that gives a day after its end.
INSTANTIATE_TEST_SUITE_P(Seeds, ModelStoreHonesty, testing::Values(2, 4, 80, 141));

}  // namespace
}  // namespace candled::test
