#include "pipeline/run_job.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "unit/pipeline_fixture.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime midnight = std::chrono::sys_days{2024y / 1 / 2};
constexpr TimeRange hour{.from = midnight, .to = midnight + 1h};

// One job of minutes of ticker A, series 1, over the first hour of 2024-01-02.
JobResult run_hour(PipelineFixture& fixture, ParkedWindows parked) {
  Job const job{.name = "minutes",
                .source = &fixture.source,
                .timeframe = Timeframe::m1,
                .symbols = {"A"},
                .calendar = fixture.calendar,
                .history = Date{2024y / 1 / 2},
                .schedule = std::nullopt,
                .batch_symbols = 50,
                .shape = {.parallel = 1}};
  TimingsCsv timings{"", 0};
  JobResult result;
  bool done = false;
  boost::asio::co_spawn(
      fixture.loop,
      run_job(fixture.ports, job, {.wanted = hour, .parked = parked}, {.id = RunId{1}, .timings = timings}),
      [&](std::exception_ptr const& broken, JobResult ended) {
        EXPECT_FALSE(broken);
        result = std::move(ended);
        done = true;
      });
  fixture.clock.run(done);
  return result;
}

FailedWindow refused(TimeRange range) {
  return {.series = SeriesId{1},
          .range = range,
          .reason = GapReason::refused,
          .detail = "by an earlier run",
          .failed_at = midnight};
}

Result<HttpResponse> impossible_at_first(std::string const& url, int) {
  return good_answer(url == "A/0/60" ? "impossible" : "");
}

TEST(RunJob, asks_again_for_a_bar_that_cannot_be_true) {
  PipelineFixture fixture{impossible_at_first};

  auto const result = run_hour(fixture, ParkedWindows::leave);

  EXPECT_EQ(result.failed, 0);
  EXPECT_EQ(fixture.http->asked.size(), 2U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], RangeSet{hour});
}

// A backfill over a range that an earlier run had parked once ended well with the bar missing.
TEST(RunJob, asks_again_for_a_bar_that_cannot_be_true_where_an_earlier_run_had_parked) {
  PipelineFixture fixture{impossible_at_first};
  fixture.store.parked = {refused(hour)};

  auto const result = run_hour(fixture, ParkedWindows::ask);

  EXPECT_EQ(result.failed, 0);
  EXPECT_EQ(fixture.http->asked.size(), 2U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], RangeSet{hour});
}

TEST(RunJob, asks_no_more_for_what_failed_in_this_run) {
  // The first page has a bar that cannot be true, and the second is refused.
  PipelineFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    if (url == "A/30/60") return HttpResponse{.status = 403};
    return good_answer(url == "A/0/60" ? "impossible" : "");
  }};
  dynamic_cast<ModelProvider&>(*fixture.source.provider).page_bars = 30;

  auto const result = run_hour(fixture, ParkedWindows::ask);

  EXPECT_EQ(result.failed, 1);
  EXPECT_EQ(fixture.http->asked.size(), 3U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], (RangeSet{{.from = midnight, .to = midnight + 30min}}));
}

}  // namespace
}  // namespace candled::test
