#include "pipeline/freshness.hpp"

#include <gtest/gtest.h>

#include "pipeline/metered.hpp"
#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(std::string_view text) {
  return parse_rfc3339(text).value();
}

Schedule const each_minute = EverySchedule{.every = 1min, .delay = 20s};

struct Freshness : testing::Test {
  Freshness() { source->name = "massive"; }

  void add_job(Timeframe timeframe, CalendarKind calendar, std::optional<Schedule> schedule) {
    jobs.push_back({.job = std::make_shared<Job const>(Job{.name = "us",
                                                           .source = source.get(),
                                                           .timeframe = timeframe,
                                                           .symbols = {"AAPL", "MSFT"},
                                                           .calendar = Calendar{calendar},
                                                           .history = parse_date("2024-01-01").value(),
                                                           .schedule = std::move(schedule)}),
                    .source = source});
  }
  SeriesMeter& covered_until(std::string const& ticker, std::string_view until) {
    auto const id = SeriesId{static_cast<int>(meters.series.size()) + 1};
    return meters.series[id] = {.provider = "massive",
                                .timeframe = jobs.back().job->timeframe,
                                .ticker = ticker,
                                .covered = {{.from = at("2024-01-01T00:00:00Z"), .to = at(until)}},
                                .parked = {}};
  }
  std::optional<Milliseconds> lag(std::string_view now) const { return freshness_lag(meters, jobs, at(now)); }

  std::shared_ptr<Source> source = std::make_shared<Source>();
  std::vector<JobSetup> jobs;
  Meters meters;
};

TEST_F(Freshness, nobody_is_late_while_all_that_is_due_is_there) {
  add_job(Timeframe::m1, CalendarKind::always, each_minute);
  covered_until("AAPL", "2024-02-01T12:00:00Z");

  EXPECT_EQ(lag("2024-02-01T12:01:10Z"), 0ms);
}

TEST_F(Freshness, counts_from_when_the_schedule_should_have_brought_the_oldest_bar_that_lacks) {
  add_job(Timeframe::m1, CalendarKind::always, each_minute);
  covered_until("AAPL", "2024-02-01T12:00:00Z");
  covered_until("MSFT", "2024-02-01T11:50:00Z");

  // The bar of 11:50 ends at 11:51:00 and is asked for at 11:51:20, or a little later for the job's name.
  auto const late = lag("2024-02-01T12:00:30Z").value();

  EXPECT_LE(late, 9min + 10s);
  EXPECT_GT(late, 9min + 9s);
}

TEST_F(Freshness, a_weekend_is_not_late) {
  add_job(Timeframe::m1, CalendarKind::xnys, each_minute);
  covered_until("AAPL", "2024-02-03T01:00:00Z");  // Friday, 20:00 in New York

  EXPECT_EQ(lag("2024-02-05T08:59:00Z"), 0ms);  // Monday, 03:59
  EXPECT_EQ(lag("2024-02-05T09:00:50Z"), 0ms);
  auto const late = lag("2024-02-05T09:02:00Z").value();  // the bar of 04:00 is asked for at 04:01:20
  EXPECT_LE(late, 40s);
  EXPECT_GT(late, 39s);
}

TEST_F(Freshness, a_daily_bar_is_late_from_its_time_of_day_on) {
  add_job(Timeframe::d1, CalendarKind::xnys, DailySchedule{.time = 20h + 30min, .zone = Zone::new_york()});
  covered_until("AAPL", "2024-02-02T05:00:00Z");  // with Thursday's bar

  EXPECT_EQ(lag("2024-02-03T01:10:00Z"), 0ms);  // Friday, 20:10
  auto const late = lag("2024-02-03T03:30:00Z").value();
  EXPECT_LE(late, 2h);
  EXPECT_GT(late, 2h - 1min - 1s);
}

TEST_F(Freshness, a_gap_that_waits_is_not_late) {
  add_job(Timeframe::m1, CalendarKind::always, each_minute);
  covered_until("AAPL", "2024-02-01T11:50:00Z").parked = {
      {.from = at("2024-02-01T11:50:00Z"), .to = at("2024-02-01T12:00:00Z")}};

  EXPECT_EQ(lag("2024-02-01T12:00:30Z"), 0ms);
}

TEST_F(Freshness, is_unknown_without_a_series_to_look_at) {
  add_job(Timeframe::m1, CalendarKind::always, each_minute);
  EXPECT_EQ(lag("2024-02-01T12:00:30Z"), std::nullopt);

  covered_until("AAPL", "2024-02-01T11:50:00Z").covered = {};
  covered_until("GONE", "2024-02-01T11:50:00Z");
  EXPECT_EQ(lag("2024-02-01T12:00:30Z"), std::nullopt);
}

TEST_F(Freshness, a_job_without_a_schedule_is_never_late) {
  add_job(Timeframe::m1, CalendarKind::always, std::nullopt);
  covered_until("AAPL", "2024-02-01T11:50:00Z");

  EXPECT_EQ(lag("2024-02-01T12:00:30Z"), std::nullopt);
}

TEST_F(Freshness, gaps_are_those_of_the_job_however_little_is_covered) {
  using enum GapReason;
  add_job(Timeframe::m1, CalendarKind::always, std::nullopt);
  EXPECT_EQ(open_gaps(*jobs[0].job, meters), GapCounts{});

  covered_until("AAPL", "2024-02-01T11:50:00Z").gaps = {{fetch_failed, 2}};
  auto& msft = covered_until("MSFT", "2024-02-01T11:50:00Z");
  msft.gaps = {{fetch_failed, 1}, {rejected, 3}};
  msft.covered = {};
  covered_until("GONE", "2024-02-01T11:50:00Z").gaps = {{fetch_failed, 7}};
  EXPECT_EQ(open_gaps(*jobs[0].job, meters), (GapCounts{{fetch_failed, 3}, {rejected, 3}}));
}

// A bar of the first minute of 2024-01-04.
Load load_of(SeriesId series, RangeSet proven) {
  Load load{.bars = {{.start = at("2024-01-04T00:00:00Z"),
                      .open = 1,
                      .high = 1,
                      .low = 1,
                      .close = 1,
                      .volume = 1,
                      .vwap = 1,
                      .trade_count = 1}},
            .slices = {},
            .rejected = {}};
  load.slices.push_back({.series = series,
                         .ticker = "AAPL",
                         .first = 0,
                         .count = 1,
                         .proven = std::move(proven),
                         .settled = {}});
  return load;
}

TEST(MeteredStore, knows_how_far_series_reach_and_how_many_bars_were_committed) {
  boost::asio::io_context loop;
  test::VirtualClock clock{loop};
  Meters meters;
  auto owned = std::make_unique<test::ModelStore>(clock);
  owned->covered[SeriesId{1}] = {{.from = at("2024-01-01T00:00:00Z"), .to = at("2024-01-02T00:00:00Z")},
                                 {.from = at("2024-01-03T00:00:00Z"), .to = at("2024-01-04T00:00:00Z")}};
  owned->parked.push_back({.series = SeriesId{1},
                           .range = {.from = at("2024-01-02T00:00:00Z"), .to = at("2024-01-03T00:00:00Z")}});
  MeteredStore store{std::move(owned), meters, clock};
  auto const work = [&]() -> Task<void> {
    co_await store.open_series({.provider = "massive",
                                .timeframe = Timeframe::m1,
                                .tickers = {"AAPL"},
                                .wanted_from = at("2024-01-01T00:00:00Z"),
                                .now = clock.now()});
    co_await store.load(
        load_of(SeriesId{1}, {{.from = at("2024-01-04T00:00:00Z"), .to = at("2024-01-04T00:01:00Z")},
                              {.from = at("2023-01-04T00:00:00Z"), .to = at("2023-01-05T00:00:00Z")}}));
  };
  bool done = false;
  boost::asio::co_spawn(loop, work(), [&](std::exception_ptr const&) { done = true; });
  clock.run(done);

  ASSERT_EQ(meters.series.size(), 1U);
  auto const& series = meters.series.at(SeriesId{1});
  EXPECT_EQ(series.provider, "massive");
  EXPECT_EQ(series.ticker, "AAPL");
  EXPECT_EQ(series.covered,
            (RangeSet{{.from = at("2024-01-03T00:00:00Z"), .to = at("2024-01-04T00:01:00Z")}}));
  EXPECT_TRUE(series.parked.empty()) << "nothing lies there that freshness looks at";
  EXPECT_EQ(series.gaps, (GapCounts{{GapReason::fetch_failed, 1}}));
  EXPECT_EQ(meters.database.bars, 1);
}

// Two lanes of a job begin at once: what one has loaded is not forgotten when the other's look is older.
TEST(MeteredStore, keeps_what_is_loaded_while_series_are_opened) {
  boost::asio::io_context loop;
  test::VirtualClock clock{loop};
  Meters meters;
  auto owned = std::make_unique<test::ModelStore>(clock);
  auto& model = *owned;
  MeteredStore store{std::move(owned), meters, clock};
  SeriesQuery const query{.provider = "massive",
                          .timeframe = Timeframe::m1,
                          .tickers = {"AAPL"},
                          .wanted_from = at("2024-01-01T00:00:00Z"),
                          .now = clock.now()};
  TimeRange const loaded{.from = at("2024-01-04T00:00:00Z"), .to = at("2024-01-04T00:01:00Z")};
  bool opened = false;
  auto const live = [&]() -> Task<void> {
    co_await store.open_series(query);
    model.opening_takes = 1s;
    boost::asio::co_spawn(
        loop, [&]() -> Task<void> { co_await store.open_series(query); },
        [&](std::exception_ptr const&) { opened = true; });
    co_await clock.sleep_until(clock.ticks() + 10ms);
    co_await store.load(load_of(SeriesId{1}, {loaded}));
    EXPECT_FALSE(opened);
  };
  boost::asio::co_spawn(loop, live(), [](std::exception_ptr const&) {});
  clock.run(opened);

  EXPECT_EQ(meters.series.at(SeriesId{1}).covered, RangeSet{loaded});
}

}  // namespace
}  // namespace candled
