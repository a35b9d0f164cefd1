// What is missing of a symbol that is taken out of its job: nothing; and whose bars are shown after any
// history of the configuration.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <random>
#include <set>

#include "shown_fixture.hpp"

namespace candled::test {
namespace {

using TakenOut = ShownTest;

TEST_F(TakenOut, symbol_is_no_gap_and_is_due_again_when_it_comes_back) {
  Collection const both{.providers = {provider("p")}, .jobs = {job("p", {"AAPL", "GONE"})}};
  follow(both);
  auto const gone = open_at("p", "GONE");
  open_at("p", "AAPL");
  fill(gone, "14:30", 2, 1);
  must(await(store_.park({{.series = gone.id,
                           .range = minutes_from("2024-01-02T15:00:00Z", 5),
                           .reason = GapReason::fetch_failed,
                           .detail = "no answer",
                           .failed_at = at("2024-01-02T16:00:00Z")}})));
  auto const missing = std::string{"SELECT count(*) > 0 FROM candled.gaps WHERE ticker = 'GONE'"};
  auto const before = value(missing);

  follow({.providers = {provider("p")}, .jobs = {job("p", {"AAPL"})}});
  auto const after = value(missing);
  auto const report =
      rows("SELECT ticker, holes, open_gaps, wanted_until IS NULL FROM candled.coverage_report ORDER BY 1");
  auto const reads = shown("GONE");
  follow(both);

  EXPECT_EQ(before, "t");
  EXPECT_EQ(after, "f");
  EXPECT_EQ(report, (Rows{{"AAPL", "0", "0", "t"}, {"GONE", "0", "0", "f"}}));
  EXPECT_EQ(reads, "14:30=1 14:31=1 ");
  EXPECT_EQ(value(missing), "t");
  EXPECT_EQ(value("SELECT count(*) FROM candled.series WHERE wanted_until IS NOT NULL"), "0");
}

TEST_F(TakenOut, symbol_has_no_missing_session) {
  publish_sessions();
  Collection const both{.providers = {provider("p")}, .jobs = {job("p", {"AAPL", "GONE"}, Timeframe::d1)}};
  follow(both);
  for (auto const* const ticker : {"AAPL", "GONE"})
    fill_days(open_at("p", ticker, {}, Timeframe::d1), {"2024-01-02"}, 1);
  auto const states = std::string{
      "SELECT ticker, session_date, state FROM candled.session_completeness WHERE session_date < "
      "'2024-01-04' ORDER "
      "BY 1, 2"};

  follow({.providers = {provider("p")}, .jobs = {job("p", {"AAPL"}, Timeframe::d1)}});

  EXPECT_EQ(rows(states), (Rows{{"AAPL", "2024-01-02", "complete"},
                                {"AAPL", "2024-01-03", "missing"},
                                {"GONE", "2024-01-02", "complete"}}));
}

TEST_F(TakenOut, is_what_no_job_has_and_not_what_a_command_leaves_alone) {
  Collection const all{.providers = {provider("p"), provider("q")},
                       .jobs = {job("p", {"AAPL", "MSFT"}), job("q", {"AAPL"}, Timeframe::d1)}};
  follow(all);
  open_at("p", "AAPL");
  open_at("p", "MSFT");
  open_at("q", "AAPL", {}, Timeframe::d1);

  follow(all);
  open_at("p", "MSFT");  // as a request for one symbol, or `once --job`

  EXPECT_EQ(value("SELECT count(*) FROM candled.series WHERE wanted_until IS NULL"), "3");
}

TEST_F(TakenOut, by_one_of_two_jobs_is_wanted_by_the_other) {
  follow({.providers = {provider("p"), provider("q")}, .jobs = {job("p"), job("q")}});
  fill(open_at("p"), "14:30", 2, 1);
  fill(open_at("q", "AAPL", {"AAPL"}), "14:31", 2, 2);

  follow({.providers = {provider("q")}, .jobs = {job("q")}});

  EXPECT_EQ(rows("SELECT provider, is_primary, wanted_until IS NULL FROM candled.series ORDER BY provider"),
            (Rows{{"p", "f", "f"}, {"q", "t", "t"}}));
  EXPECT_EQ(shown(), "14:30=1 14:31=2 14:32=2 ");
}

// What the view shows must be what is said of it, after any history of the configuration: the bar of the
// provider that is shown where it is covered, else that of the one that was shown last of those that are.
class Histories : public ShownTest, public testing::WithParamInterface<unsigned> {
 protected:
  struct Held {
    std::set<int> covered;
    std::map<int, int> bars;  // minute and version
  };

  void step();
  std::string expected() const;
  int draw(int choices) { return static_cast<int>(random_() % static_cast<unsigned>(choices)); }

  std::mt19937 random_{GetParam()};
  std::vector<std::string> names_{"p0", "p1", "p2"};  // of three providers, as they are called now
  std::vector<std::vector<std::string>> formerly_{{}, {}, {}};
  std::map<std::size_t, Held> held_;  // by provider, those that have a series
  std::vector<std::size_t> shown_;    // the newest last
  std::optional<std::size_t> wanted_;
  int versions_ = 0;
  int renames_ = 0;
};

void Histories::step() {
  auto const what = draw(10);
  if (what == 0) {
    wanted_.reset();
  } else if (what < 4) {
    wanted_ = static_cast<std::size_t>(draw(3));
  } else if (what == 4) {
    auto const which = static_cast<std::size_t>(draw(3));
    formerly_[which].push_back(names_[which]);
    names_[which] = "r" + std::to_string(++renames_);
  }
  Collection all;
  for (std::size_t i = 0; i < names_.size(); ++i) all.providers.push_back(provider(names_[i], formerly_[i]));
  if (wanted_) all.jobs.push_back(job(names_[*wanted_]));
  follow(std::move(all));
  auto const show = [&](std::size_t which) {
    std::erase(shown_, which);
    shown_.push_back(which);
  };
  if (!wanted_) return;
  if (held_.contains(*wanted_)) show(*wanted_);
  if (draw(4) == 0) return;  // the configuration is loaded, and nothing is due
  auto const series = open_at(names_[*wanted_]);
  show(*wanted_);
  auto& held = held_[*wanted_];
  auto const from = draw(20);
  auto const until = from + 1 + draw(6);
  auto const start = at("2024-01-02T14:00:00Z");
  Load load;
  ++versions_;
  for (int minute = from; minute < until; ++minute) {
    held.covered.insert(minute);
    if (draw(4) == 0 && !held.bars.contains(minute)) continue;  // nothing was traded
    held.bars[minute] = versions_;
    load.bars.push_back(bar_at(start + std::chrono::minutes{minute}, versions_));
  }
  load.slices.push_back({.series = series.id,
                         .first = 0,
                         .count = load.bars.size(),
                         .proven = {TimeRange{.from = start + std::chrono::minutes{from},
                                              .to = start + std::chrono::minutes{until}}},
                         .settled = {}});
  this->load(load);
}

std::string Histories::expected() const {
  std::string text;
  for (int minute = 0; minute < 30; ++minute)
    for (auto which = shown_.rbegin(); which != shown_.rend(); ++which) {
      auto const& held = held_.at(*which);
      if (!held.covered.contains(minute)) continue;
      if (auto const bar = held.bars.find(minute); bar != held.bars.end())
        text += fmt::format("14:{:02}={} ", minute, bar->second);
      break;
    }
  return text;
}

TEST_P(Histories, show_what_is_said_of_them) {
  for (int i = 0; i < 25; ++i) {
    step();
    ASSERT_EQ(shown(), expected()) << "step " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Histories, testing::Range(1U, 9U));

}  // namespace
}  // namespace candled::test
