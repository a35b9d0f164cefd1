#include "pipeline/supervisor.hpp"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;
using test::good_answer;
using test::PipelineFixture;

// The daemon on virtual time, from 2024-02-01T00:00Z on: a minute's number is counted from 2024-01-02T00:00Z.
constexpr int start_minute = 30 * 24 * 60;

struct Daemon : PipelineFixture {
  using Script = std::function<Task<void>(Supervisor&)>;

  explicit Daemon(test::FakeHttp::Answer answer) : PipelineFixture(std::move(answer)) {
    board.listen([this](Progress const& of) {
      if (of.lane == Lane::live && of.stage == Stage::idle) live_runs.push_back(clock.elapsed());
    });
  }

  // Each minute, from yesterday on.
  JobSetup setup(std::string name, std::string symbol) {
    auto job = job_of({std::move(symbol)});
    job.name = std::move(name);
    job.history = Date{std::chrono::year{2024} / 1 / 31};
    job.schedule = EverySchedule{.every = 1min, .delay = 20s};
    return {.job = std::make_shared<Job const>(std::move(job)), .source = {std::shared_ptr<void>{}, &source}};
  }

  // Until the script's end, or until the daemon ends by itself.
  Result<void> run(std::vector<JobSetup> jobs, Script const& script) {
    TimingsCsv timings{"", 0};
    Supervisor supervisor{ports, {.id = RunId{1}, .timings = timings}, ledger, board};
    Result<void> outcome;
    bool ended = false;
    boost::asio::co_spawn(loop, supervisor.run(std::move(jobs)),
                          [&](std::exception_ptr const& broken, Result<void> result) {
                            if (broken) std::rethrow_exception(broken);
                            outcome = std::move(result);
                            ended = true;
                          });
    boost::asio::co_spawn(loop, script(supervisor), [&](std::exception_ptr const& broken) {
      if (broken) std::rethrow_exception(broken);
      clock.stop();
    });
    clock.run(ended);
    return outcome;
  }

  Task<void> pass(Milliseconds time) { (void)co_await clock.sleep_until(clock.ticks() + time); }

  // How often the live lane ended its work since.
  std::ptrdiff_t live_runs_since(Milliseconds when) const {
    return std::ranges::count_if(live_runs, [when](Milliseconds run) { return run >= when; });
  }
  std::ptrdiff_t asked_for(std::string_view url) const {
    return std::ranges::count_if(http->asked, [url](auto const& one) { return one.url.starts_with(url); });
  }

  ProgressBoard board;
  std::vector<Milliseconds> live_runs;
};

test::FakeHttp::Answer always_good() {
  return [](std::string const&, int) -> Result<HttpResponse> { return good_answer(); };
}

// Minutes 0 to 60, older than the job's history.
BackfillRequest request_for_an_hour(std::string job) {
  return {.id = 7, .job = std::move(job), .range = test::batch_of({"A"}, 60).windows[0].range};
}

// The provider fails for that hour, and for nothing else.
Result<HttpResponse> no_such_hour(std::string const& url, int /*before*/) {
  return url.starts_with("A/0/") ? HttpResponse{.status = 500} : good_answer();
}

TEST(Supervisor, live_asks_for_each_minute_once_it_can_be_published) {
  Daemon daemon{always_good()};

  auto const ended = daemon.run({daemon.setup("job", "A")},
                                [&](Supervisor&) -> Task<void> { co_await daemon.pass(5min + 30s); });

  EXPECT_TRUE(ended);
  auto const& asked = daemon.http->asked;
  ASSERT_EQ(asked.size(), 7U);  // yesterday at once, then six minutes
  EXPECT_EQ(asked[0].url, "A/41760/43199");
  for (std::size_t i = 1; i < asked.size(); ++i) {
    auto const minute = start_minute + static_cast<int>(i) - 2;
    EXPECT_EQ(asked[i].url, "A/" + std::to_string(minute) + "/" + std::to_string(minute + 1));
    EXPECT_GE(asked[i].at, (static_cast<int>(i) - 1) * 1min + 20s);  // the schedule's delay
    EXPECT_LE(asked[i].at, (static_cast<int>(i) - 1) * 1min + 21s);  // and its spread
  }
}

TEST(Supervisor, history_that_turns_out_to_be_missing_is_asked_for_within_a_minute) {
  Daemon daemon{always_good()};
  auto const yesterday_at_1 = daemon.clock.now() - 23h;

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    co_await daemon.pass(10min);  // by now live is of today
    daemon.store.covered[SeriesId{1}].remove({.from = yesterday_at_1, .to = yesterday_at_1 + 1h});
    co_await daemon.pass(61s);
  });

  EXPECT_EQ(daemon.asked_for("A/41820/41880"), 1);
}

// What is logged while it lives.
struct Listener {
  Listener() { spdlog::default_logger()->sinks().push_back(sink); }
  ~Listener() {
    std::erase(spdlog::default_logger()->sinks(), std::static_pointer_cast<spdlog::sinks::sink>(sink));
  }
  Listener(Listener const&) = delete;
  Listener& operator=(Listener const&) = delete;
  std::ptrdiff_t count(std::string const& words) const {
    auto const text = heard.str();
    std::ptrdiff_t found = 0;
    for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1)) ++found;
    return found;
  }

  std::ostringstream heard;
  std::shared_ptr<spdlog::sinks::ostream_sink_st> sink =
      std::make_shared<spdlog::sinks::ostream_sink_st>(heard);
};

TEST(Supervisor, asks_whether_a_ticker_is_right_once_a_day) {
  Listener log;
  Daemon daemon{[](std::string const&, int) -> Result<HttpResponse> { return good_answer("delayed"); }};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    co_await daemon.pass(30min);  // nothing of yesterday is kept back any more
    for (int i = 0; i < 10; ++i) {
      co_await daemon.pass(61s);
      daemon.store.covered.clear();  // as if it was never asked for
    }
  });

  EXPECT_EQ(log.count("is the ticker right?"), 1);
}

TEST(Supervisor, what_a_person_asks_for_is_asked_whatever_the_daemon_was_refused) {
  bool refuses = true;
  Daemon daemon{[&](std::string const&, int) -> Result<HttpResponse> {
    return refuses ? HttpResponse{.status = 403, .body = "horizon"} : good_answer();
  }};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    co_await daemon.pass(30s);
    refuses = false;
    daemon.ledger.requests = {request_for_an_hour("job")};
    co_await daemon.pass(3s);
  });

  EXPECT_EQ(daemon.ledger.requests[0].state, RequestState::done);
  EXPECT_EQ(daemon.ledger.requests[0].bars, 60);
}

TEST(Supervisor, what_a_person_asks_for_is_done_and_said_to_be) {
  Daemon daemon{always_good()};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    daemon.ledger.requests = {request_for_an_hour("job")};
    co_await daemon.pass(3s);
  });

  auto const& request = daemon.ledger.requests[0];
  EXPECT_EQ(request.state, RequestState::done);
  EXPECT_EQ(request.windows_done, 1);
  EXPECT_EQ(request.bars, 60);
}

TEST(Supervisor, a_request_for_a_job_that_is_gone_fails_with_the_reason) {
  Daemon daemon{always_good()};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    daemon.ledger.requests = {request_for_an_hour("other")};
    co_await daemon.pass(3s);
  });

  EXPECT_EQ(daemon.ledger.requests[0].state, RequestState::failed);
  EXPECT_EQ(daemon.ledger.requests[0].detail, "the configuration has no job 'other'");
}

TEST(Supervisor, a_request_ends_within_two_seconds_of_its_cancellation) {
  Daemon daemon{no_such_hour};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    daemon.ledger.requests = {request_for_an_hour("job")};
    co_await daemon.pass(20s);
    EXPECT_EQ(daemon.ledger.requests[0].state, RequestState::running);
    daemon.ledger.requests[0].cancel_asked = true;
    co_await daemon.pass(2s);
    EXPECT_EQ(daemon.ledger.requests[0].state, RequestState::cancelled);
    co_await daemon.pass(5min);
  });

  EXPECT_EQ(daemon.ledger.requests[0].state, RequestState::cancelled);
  EXPECT_GE(daemon.live_runs_since(1min), 4);  // the job itself goes on
}

TEST(Supervisor, a_request_is_taken_up_again_after_a_restart) {
  Daemon first{no_such_hour};
  first.run({first.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    first.ledger.requests = {request_for_an_hour("job")};
    co_await first.pass(20s);
  });
  EXPECT_EQ(first.ledger.requests[0].state, RequestState::running);

  Daemon second{always_good()};
  second.ledger.requests = first.ledger.requests;
  second.run({second.setup("job", "A")}, [&](Supervisor&) -> Task<void> { co_await second.pass(3s); });

  EXPECT_EQ(second.ledger.requests[0].state, RequestState::done);
}

TEST(Supervisor, a_reload_ends_what_is_gone_after_its_page_and_leaves_what_is_the_same_alone) {
  Daemon daemon{always_good()};
  daemon.http->latency = 5s;
  auto const stays = daemon.setup("stays", "A");
  std::string told;

  daemon.run({stays, daemon.setup("goes", "B")}, [&](Supervisor& supervisor) -> Task<void> {
    co_await daemon.pass(1s);  // yesterday of both is on its way
    std::vector<JobSetup> jobs{stays};
    jobs.push_back(daemon.setup("comes", "C"));
    told = supervisor.apply(std::move(jobs));
    co_await daemon.pass(10min);
  });

  EXPECT_EQ(told, "jobs ended: goes; started: comes; untouched: 1");
  EXPECT_EQ(daemon.asked_for("A/41760/43199"), 1);
  EXPECT_EQ(daemon.asked_for("B/"), 1);
  EXPECT_EQ(daemon.store.bars_of(2), 1'439U);
  EXPECT_GE(daemon.asked_for("C/"), 10);
}

TEST(Supervisor, a_database_that_refuses_ends_the_daemon_with_its_reason) {
  Daemon daemon{always_good()};
  daemon.store.fails = [] { return Error{.kind = ErrorKind::db_refused, .what = "no such table"}; };

  auto const ended =
      daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> { co_await daemon.pass(10min); });

  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().kind, ErrorKind::db_refused);
  EXPECT_EQ(ended.error().what, "no such table");
  EXPECT_LT(daemon.clock.elapsed(), 1s);
}

TEST(Supervisor, a_clock_that_is_set_back_puts_no_job_to_sleep) {
  Daemon daemon{always_good()};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    co_await daemon.pass(5min);
    daemon.clock.set_wall_clock_by(-3h);
    co_await daemon.pass(10min);
  });

  EXPECT_GE(daemon.live_runs_since(5min + 1s), 9);
}

TEST(Supervisor, drops_what_a_job_does_not_keep_every_hour_and_sooner_when_it_could_not) {
  Daemon daemon{[](std::string const&, int) -> Result<HttpResponse> { return good_answer(); }};
  auto keeps_all = daemon.setup("all", "A");
  auto const keeps_some = daemon.setup("some", "B");
  auto job = *keeps_some.job;
  job.retention_years = 1;
  daemon.store.drop_fails = [&]() -> std::optional<Error> {
    if (daemon.store.drops > 1) return std::nullopt;
    return Error{.kind = ErrorKind::db_unavailable, .what = "somebody reads"};
  };
  std::vector<int> drops;

  auto const ended =
      daemon.run({keeps_all, {.job = std::make_shared<Job const>(job), .source = keeps_some.source}},
                 [&](Supervisor&) -> Task<void> {
                   for (auto const wait : {30s, 60s, 3540s, 120s}) {
                     co_await daemon.pass(wait);
                     drops.push_back(daemon.store.drops);
                   }
                 });

  EXPECT_TRUE(ended);
  EXPECT_EQ(drops, (std::vector{1, 2, 2, 3}));
}

TEST(Supervisor, a_host_that_slept_catches_up_once) {
  Daemon daemon{always_good()};

  daemon.run({daemon.setup("job", "A")}, [&](Supervisor&) -> Task<void> {
    co_await daemon.pass(5min);
    daemon.clock.advance(1h);
    co_await daemon.pass(50s);
  });

  EXPECT_LE(daemon.live_runs_since(1h), 2);
  EXPECT_EQ(daemon.store.covered[SeriesId{1}].ranges().size(), 1U);
  EXPECT_LE(daemon.http->asked.size(), 8U);  // yesterday, five minutes, the hour, a minute
}

}  // namespace
}  // namespace candled
