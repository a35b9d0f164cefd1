// The pipeline on its seams: virtual time, a model provider over a fake HTTP, a model store. A simulated hour
// passes in microseconds, and every run is the same.
#pragma once

#include <boost/asio/io_context.hpp>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "pipeline/async.hpp"
#include "pipeline/ports.hpp"
#include "pipeline/run_batch.hpp"
#include "pipeline/source.hpp"
#include "support/model_ledger.hpp"

namespace candled::test {

// Time passes only when every coroutine waits: then it jumps to the first sleeper's end.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(boost::asio::io_context& loop) : loop_(loop) {}

  UtcTime now() const override;
  SteadyTime ticks() const override { return ticks_; }
  using Clock::sleep_until;
  Task<Result<void>> sleep_until(SteadyTime when, StopSign const& sign) override;
  void look_again() override;
  void stop() override;
  bool stopping() const override { return stopping_; }

  void advance(Milliseconds time) { ticks_ += time; }
  // Somebody sets the wall clock, which no wait follows.
  void set_wall_clock_by(Milliseconds step) { wall_clock_is_ahead_ += step; }

  // Runs the loop until nothing is left to do; fails the test when all wait for ever.
  void run(bool const& done);
  Milliseconds elapsed() const;

 private:
  boost::asio::io_context& loop_;
  SteadyTime ticks_{std::chrono::hours{1}};
  Milliseconds wall_clock_is_ahead_{0};
  std::multimap<SteadyTime, boost::asio::steady_timer*> sleepers_;
  bool stopping_ = false;
};

// Answers after `latency`, by a function of the request and of how often its URL has been asked before.
class FakeHttp final : public HttpClient {
 public:
  using Answer = std::function<Result<HttpResponse>(std::string const& url, int asked_before)>;

  FakeHttp(VirtualClock& clock, Answer answer) : clock_(clock), answer_(std::move(answer)) {}

  Task<Result<HttpResponse>> get(HttpRequest request) override;
  void stop() override { stopped_ = true; }

  struct Asked {
    Milliseconds at;
    std::string url;
  };
  Milliseconds latency{0};
  std::function<void()> on_ask = [] {};
  std::vector<Asked> asked;

 private:
  VirtualClock& clock_;
  Answer answer_;
  std::map<std::string, int> times_;
  bool stopped_ = false;
};

// URL: TICKER/FROM_MINUTE/TO_MINUTE. An answer with status 200 means: every minute of the range has a bar,
// `page_bars` a page; one whose body holds "impossible" turns the first bar's high below its low;
// "unreadable" has the first bar as one that cannot be read, "timeless" one of the second ten minutes,
// without its time.
class ModelProvider final : public Provider {
 public:
  HttpRequest request(Window const& rest, Timeframe timeframe, std::string const& cursor) const override;
  Result<Page> parse(Window const& rest, Timeframe timeframe, HttpResponse& response,
                     std::vector<Bar>& out) override;

  std::int64_t page_bars = 50'000;
};

// Remembers what was loaded; `fails` may refuse a load first.
class ModelStore final : public BarStore {
 public:
  explicit ModelStore(VirtualClock& clock) : clock_(clock) {}

  void collect(Collection) override {}
  Task<Result<void>> follow_collection(UtcTime) override;
  Task<Result<std::vector<Series>>> open_series(SeriesQuery const& query) override;
  Task<Result<LoadReport>> load(Load const& load) override;
  Task<Result<void>> park(std::vector<FailedWindow> const& windows) override;
  Task<Result<std::vector<SeriesId>>> with_bars(std::vector<SeriesId> const& series) override;
  Task<Result<RunId>> begin_run(std::string const& command, std::string const& version) override;
  Task<Result<void>> end_run(RunId run, int exit_code) override;
  Task<Result<std::vector<FlatFileRecord>>> flat_files(std::string const& job) override;
  Task<Result<void>> begin_flat_files(std::string const& job,
                                      std::vector<FlatFileRecord> const& files) override;
  Task<Result<void>> end_flat_files(std::string const& job,
                                    std::vector<FlatFileRecord> const& files) override;
  Task<Result<BatchId>> record_batch(BatchRecord const& record) override;
  Task<Result<std::vector<DroppedYear>>> drop_expired() override;

  std::size_t bars_of(int series) { return bars[SeriesId{series}].size(); }

  std::function<std::optional<Error>()> fails = [] { return std::nullopt; };
  Milliseconds opening_takes{0};  // from looking to answering
  std::map<SeriesId, std::map<UtcTime, Bar>> bars;
  std::map<SeriesId, RangeSet> covered;
  std::vector<RejectedBar> rejected;
  std::vector<FailedWindow> parked;
  std::vector<BatchRecord> records;
  std::map<std::string, std::string> files;  // version by key, of all jobs
  std::size_t loads = 0;
  std::size_t largest_load = 0;
  int drops = 0;
  int looks_for_bars = 0;
  std::function<std::optional<Error>()> drop_fails = [] { return std::nullopt; };

 private:
  VirtualClock& clock_;
  std::map<std::string, SeriesId> ids_;  // by ticker, from 1 on
};

HttpResponse good_answer(std::string body = "");

// All of it, wired.
struct PipelineFixture {
  explicit PipelineFixture(FakeHttp::Answer answer, RateLimit limit = {.requests = 1'000, .burst = 1'000});

  // Instead of the one that is there.
  void set_pacer(RateLimit limit, BreakerPolicy breaker, std::size_t concurrency = 16);

  BatchResult run(Batch const& batch, BatchShape shape);

  // On the fixture's calendar and source.
  Job job_of(std::vector<std::string> symbols);

  boost::asio::io_context loop;
  VirtualClock clock{loop};
  Random random{1};
  ModelStore store{clock};
  ModelLedger ledger{clock};
  Progress progress;
  StopSign sign;
  Ports ports;
  FakeHttp* http;  // owned by the source
  Source source;
  Calendar calendar{CalendarKind::always};
};

// A batch of one window for each ticker, series 1, 2, …: `minutes` minutes from 2024-01-02T00:00Z.
Batch batch_of(std::vector<std::string> const& tickers, int minutes);

}  // namespace candled::test
