#include "pipeline/run_job.hpp"

#include <gtest/gtest.h>

#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::good_answer;
using test::PipelineFixture;

// A job on the fixture's calendar and source, with an hour of minutes to fill.
struct JobFixture : PipelineFixture {
  explicit JobFixture(test::FakeHttp::Answer answer) : PipelineFixture(std::move(answer)) {}

  JobResult run_job_for(std::vector<std::string> symbols, ParkedWindows parked = ParkedWindows::leave) {
    auto const hour = test::batch_of({"any"}, 60).windows[0].range;
    auto const job = job_of(std::move(symbols));
    TimingsCsv timings{"", 0};
    JobResult result;
    bool done = false;
    boost::asio::co_spawn(
        loop, run_job(ports, job, {.wanted = hour, .parked = parked}, {.id = RunId{1}, .timings = timings}),
        [&](std::exception_ptr const& broken, JobResult returned) {
          if (broken) std::rethrow_exception(broken);
          result = std::move(returned);
          done = true;
        });
    clock.run(done);
    return result;
  }
};

TEST(RunJob, what_is_covered_is_not_asked_for_again) {
  JobFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return good_answer(); }};

  auto const first = fixture.run_job_for({"A", "B"});
  auto const second = fixture.run_job_for({"A", "B"});

  EXPECT_EQ(first.inserted, 120);
  EXPECT_EQ(second.windows, 0);
  EXPECT_EQ(fixture.http->asked.size(), 2U);
}

TEST(RunJob, bars_that_cannot_be_true_are_asked_for_again_at_once) {
  JobFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return good_answer(url == "A/0/60" ? "impossible" : "");
  }};

  auto const result = fixture.run_job_for({"A"});

  EXPECT_EQ(result.failed, 0);
  EXPECT_EQ(fixture.store.bars_of(1), 60U);
  EXPECT_EQ(fixture.http->asked.back().url, "A/0/1");
  EXPECT_TRUE(fixture.store.parked.empty());
}

TEST(RunJob, bars_that_stay_impossible_are_parked_after_three_answers) {
  JobFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("impossible"); }};

  auto const result = fixture.run_job_for({"A"});

  EXPECT_EQ(result.failed, 1);
  EXPECT_EQ(fixture.http->asked.size(), 3U);
  ASSERT_EQ(fixture.store.parked.size(), 1U);
  EXPECT_EQ(fixture.store.parked[0].reason, GapReason::rejected);
}

TEST(RunJob, a_parked_bar_that_a_person_asks_for_and_that_is_still_impossible_is_not_called_done) {
  JobFixture fixture{
      [](std::string const&, int) -> Result<HttpResponse> { return good_answer("impossible"); }};
  fixture.run_job_for({"A"});

  auto const again = fixture.run_job_for({"A"}, ParkedWindows::ask);

  EXPECT_EQ(again.failed, 1);
  EXPECT_EQ(fixture.http->asked.size(), 6U);
}

TEST(RunJob, parks_what_failed_and_leaves_it_alone_until_a_person_asks) {
  JobFixture fixture{[](std::string const& url, int before) -> Result<HttpResponse> {
    return url.starts_with("B/") && before == 0 ? HttpResponse{.status = 403} : good_answer();
  }};

  EXPECT_EQ(fixture.run_job_for({"A", "B"}).failed, 1);
  EXPECT_EQ(fixture.run_job_for({"A", "B"}).windows, 0);
  EXPECT_EQ(fixture.run_job_for({"A", "B"}, ParkedWindows::ask).inserted, 60);
}

}  // namespace
}  // namespace candled
