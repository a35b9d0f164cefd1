#include "pipeline/run_job.hpp"

#include <gtest/gtest.h>

#include "pipeline/s3_files.hpp"
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
    auto job = job_of(std::move(symbols));
    job.history = history;
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

  Date history{std::chrono::year{2024} / 1 / 2};
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

TEST(RunJob, a_person_asks_whatever_was_refused_before) {
  for (std::string const why : {"horizon", "today", "", "key"}) {
    bool refuses = true;
    JobFixture fixture{[&](std::string const&, int) -> Result<HttpResponse> {
      if (!refuses) return good_answer();
      return why == "key" ? HttpResponse{.status = 401} : HttpResponse{.status = 403, .body = why};
    }};
    fixture.clock.set_wall_clock_by(-std::chrono::days{30} + 2h);  // the hour is of the day that is on
    fixture.run_job_for({"A", "B"});
    fixture.run_job_for({"A", "B"});
    auto const asked = fixture.http->asked.size();
    EXPECT_LE(asked, 6U) << why;

    auto const in_vain = fixture.run_job_for({"A", "B"}, ParkedWindows::ask);
    EXPECT_GT(fixture.http->asked.size(), asked) << why;
    EXPECT_GT(in_vain.requests, 0) << why;
    refuses = false;
    auto const again = fixture.run_job_for({"A", "B"}, ParkedWindows::ask);

    EXPECT_EQ(again.inserted, 120) << why;
    EXPECT_FALSE(again.ended_by) << why;
    EXPECT_FALSE(fixture.source.learned.key_refused) << "the daemon hears of it";
  }
}

TEST(RunJob, what_a_person_was_answered_is_known_to_the_daemon) {
  bool refuses = true;
  JobFixture fixture{[&](std::string const&, int) -> Result<HttpResponse> {
    return refuses ? HttpResponse{.status = 403, .body = "horizon"} : good_answer();
  }};
  fixture.run_job_for({"A", "B", "C"});
  refuses = false;
  fixture.run_job_for({"A"}, ParkedWindows::ask);
  fixture.store.parked.clear();  // as a day later
  fixture.clock.advance(24h);

  EXPECT_EQ(fixture.run_job_for({"A", "B", "C"}).inserted, 120);
}

TEST(RunJob, a_batch_in_which_a_bar_is_missing_is_not_ok) {
  JobFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return good_answer(url == "A/0/60" ? "impossible" : "");
  }};

  auto const result = fixture.run_job_for({"A"});

  ASSERT_EQ(fixture.store.records.size(), 2U);
  EXPECT_EQ(fixture.store.records[0].outcome, "partial");
  EXPECT_EQ(fixture.store.records[1].outcome, "ok");
  EXPECT_EQ(result.failed, 0);
}

// The fixture's clock is 30 days after the hour that is asked for.
HttpResponse dated(JobFixture const& fixture, Milliseconds behind, std::string body = "") {
  auto response = good_answer(std::move(body));
  response.date = std::chrono::floor<std::chrono::seconds>(fixture.clock.now() - behind);
  return response;
}

TEST(RunJob, an_answer_by_a_clock_that_is_years_off_proves_nothing_and_is_no_reason_to_doubt_the_ticker) {
  JobFixture* that = nullptr;
  JobFixture fixture{[&](std::string const&, int) -> Result<HttpResponse> {
    return dated(*that, std::chrono::days{1'000}, "delayed");
  }};
  that = &fixture;

  auto const result = fixture.run_job_for({"A", "B"});

  EXPECT_EQ(result.failed, 2);
  EXPECT_TRUE(result.without_bars.empty());
  ASSERT_EQ(fixture.store.records.size(), 1U);
  EXPECT_EQ(fixture.store.records[0].outcome, "failed");
  EXPECT_TRUE(fixture.store.covered[SeriesId{1}].empty());
}

TEST(RunJob, an_answer_by_a_clock_that_is_hours_off_proves_less_than_was_due_and_is_not_ok) {
  JobFixture* that = nullptr;
  JobFixture fixture{
      [&](std::string const&, int) -> Result<HttpResponse> { return dated(*that, std::chrono::hours{2}); }};
  that = &fixture;
  fixture.clock.set_wall_clock_by(-std::chrono::days{30} + 61min);

  auto const result = fixture.run_job_for({"A"});

  EXPECT_EQ(result.unproven, 1);
  ASSERT_EQ(fixture.store.records.size(), 1U);
  EXPECT_EQ(fixture.store.records[0].outcome, "partial");
  EXPECT_TRUE(fixture.store.covered[SeriesId{1}].empty());
}

TEST(RunJob, what_a_plan_without_live_data_keeps_back_is_no_failure_and_says_nothing_of_the_ticker) {
  JobFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return good_answer("delayed"); }};
  fixture.clock.set_wall_clock_by(-std::chrono::days{30} + 61min);

  auto const result = fixture.run_job_for({"A"});

  EXPECT_EQ(result.failed + result.unproven, 0);
  EXPECT_TRUE(result.without_bars.empty());
  ASSERT_EQ(fixture.store.records.size(), 1U);
  EXPECT_EQ(fixture.store.records[0].outcome, "ok");
}

TEST(RunJob, a_ticker_is_doubted_when_the_provider_says_nothing_at_all_of_it) {
  // An answer to this hour that is whole and empty.
  JobFixture fixture{[](std::string const& url, int) -> Result<HttpResponse> {
    return good_answer(url.starts_with("A/") ? "delayed" : "");
  }};

  EXPECT_EQ(fixture.run_job_for({"A", "B"}).without_bars, std::vector<std::string>{"A"});
}

TEST(RunJob, a_ticker_with_bars_of_another_time_is_not_doubted) {
  JobFixture fixture{[](std::string const&, int) -> Result<HttpResponse> { return good_answer("delayed"); }};
  fixture.run_job_for({"A"});  // makes the series
  fixture.store.covered.clear();
  fixture.store.bars[SeriesId{1}][UtcTime{}] = {};

  EXPECT_TRUE(fixture.run_job_for({"A"}).without_bars.empty());
}

TEST(RunJob, a_ticker_that_was_refused_is_not_doubted) {
  for (std::string const why : {"horizon", "today", ""}) {
    JobFixture fixture{[&](std::string const&, int) -> Result<HttpResponse> {
      return HttpResponse{.status = 403, .body = why};
    }};

    EXPECT_TRUE(fixture.run_job_for({"A"}).without_bars.empty()) << why;
    EXPECT_TRUE(fixture.run_job_for({"A"}).without_bars.empty()) << why;
    EXPECT_EQ(fixture.store.looks_for_bars, 0);
  }
}

// A bucket that refuses the key, with the asks that it got.
struct BucketFixture : JobFixture {
  BucketFixture()
      : JobFixture([](std::string const&, int) -> Result<HttpResponse> { return good_answer(); }) {
    auto client =
        std::make_unique<test::FakeHttp>(clock, [](std::string const&, int) -> Result<HttpResponse> {
          return HttpResponse{.status = 403, .body = "<Error><Code>InvalidAccessKeyId</Code></Error>"};
        });
    asked = client.get();
    source.files = std::make_shared<FlatFiles>(
        FlatFiles{.name = "files", .root = "s3://b", .asset_class = "us_stocks_sip"});
    source.files->bucket = std::make_shared<S3Bucket>(
        S3Bucket{.place = {.endpoint = "https://s3", .bucket = "b", .prefix = "", .key = {}},
                 .http = std::move(client),
                 .retry = {}});
  }

  test::FakeHttp* asked;
};

TEST(RunJob, leaves_history_as_it_is_while_the_bucket_of_its_files_refuses_the_key) {
  BucketFixture fixture;
  fixture.ports.lane = Lane::backfill;

  auto const first = fixture.run_job_for({"A"});
  auto const second = fixture.run_job_for({"A"});
  fixture.clock.advance(15min);
  fixture.run_job_for({"A"});

  ASSERT_TRUE(first.ended_by && second.ended_by);
  EXPECT_EQ(first.ended_by->kind, ErrorKind::key_refused);
  EXPECT_EQ(second.ended_by->what, first.ended_by->what);
  EXPECT_TRUE(fixture.http->asked.empty());
  ASSERT_EQ(fixture.asked->asked.size(), 2U) << "the second run came within 15 minutes";
  EXPECT_EQ(fixture.asked->asked[0].url,
            "https://s3/b?list-type=2&prefix=us_stocks_sip%2Fminute_aggs_v1%2F2024%2F");
}

TEST(RunJob, does_not_let_live_work_wait_for_a_bucket) {
  BucketFixture fixture;
  fixture.ports.lane = Lane::live;
  fixture.history = Date{std::chrono::year{2024} / 1 / 1};  // which is another lane's

  auto const result = fixture.run_job_for({"A"});

  EXPECT_EQ(result.inserted, 60);
  EXPECT_TRUE(fixture.asked->asked.empty());
}

}  // namespace
}  // namespace candled
