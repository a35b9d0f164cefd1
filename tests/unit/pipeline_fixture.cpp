#include "unit/pipeline_fixture.hpp"

#include "pipeline/load_slots.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace candled::test {

namespace {

constexpr UtcTime epoch{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2}};

std::int64_t minute_of(UtcTime time) {
  return (time - epoch) / std::chrono::minutes{1};
}
UtcTime at_minute(std::int64_t minute) {
  return epoch + std::chrono::minutes{minute};
}

}  // namespace

UtcTime VirtualClock::now() const {
  return epoch + std::chrono::days{30} + elapsed() + wall_clock_is_ahead_;
}

Milliseconds VirtualClock::elapsed() const {
  return std::chrono::duration_cast<Milliseconds>(ticks_ - SteadyTime{std::chrono::hours{1}});
}

Task<Result<void>> VirtualClock::sleep_until(SteadyTime when, StopSign const& sign) {
  boost::asio::steady_timer timer{loop_, boost::asio::steady_timer::time_point::max()};
  auto const place = sleepers_.emplace(when, &timer);
  // A sleeper lets the loop run once in any case.
  for (bool slept = false; !stopping_ && !sign.stopped && (!slept || ticks_ < when); slept = true) {
    boost::system::error_code woken;
    co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
  }
  sleepers_.erase(place);
  if (stopping_ || sign.stopped) co_return fail(ErrorKind::stopped, "stopped");
  co_return Result<void>{};
}

void VirtualClock::look_again() {
  for (auto const& [when, timer] : sleepers_) timer->cancel();
  tell_watchers();
}

void VirtualClock::stop() {
  stopping_ = true;
  look_again();
}

void VirtualClock::run(bool const& done) {
  for (;;) {
    loop_.restart();
    while (loop_.poll() > 0) {
    }
    if (done) return;
    if (sleepers_.empty()) {
      ADD_FAILURE() << "everybody waits for ever";
      std::abort();  // nothing can be unwound: frames of ours wait on the loop
    }
    ticks_ = std::max(ticks_, sleepers_.begin()->first);
    sleepers_.begin()->second->cancel();
  }
}

Task<Result<HttpResponse>> FakeHttp::get(HttpRequest request) {
  on_ask();
  asked.push_back({.at = clock_.elapsed(), .url = request.url});
  if (latency > Milliseconds{0}) co_await clock_.sleep_until(clock_.ticks() + latency);
  if (stopped_ || clock_.stopping()) co_return fail(ErrorKind::stopped, "stopped");
  co_return answer_(request.url, times_[request.url]++);
}

HttpResponse good_answer(std::string body) {
  return {.status = 200, .body = std::move(body), .content_type = "application/json", .wire_bytes = 100};
}

HttpRequest ModelProvider::request(Window const& rest, Timeframe, std::string const&) const {
  return {.url = fmt::format("{}/{}/{}", rest.ticker, minute_of(rest.range.from), minute_of(rest.range.to)),
          .bearer = Secret{"key"}};
}

Result<Page> ModelProvider::parse(Window const& rest, Timeframe, HttpResponse& response,
                                  std::vector<Bar>& out) {
  switch (response.status) {
    case 200: break;
    case 401: return fail(ErrorKind::key_refused, "the key is refused");
    case 403:
      if (response.body == "horizon") return fail(ErrorKind::beyond_horizon, "too old");
      if (response.body == "today") return fail(ErrorKind::not_today, "not before tomorrow");
      return fail(ErrorKind::not_entitled, "not entitled");
    case 418: return fail(ErrorKind::malformed, "not what was agreed");
    case 429:
      return std::unexpected(
          Error{.kind = ErrorKind::rate_limited, .what = "429", .retry_after = response.retry_after});
    default: return fail(ErrorKind::remote_failed, fmt::format("status {}", response.status));
  }
  auto const from = minute_of(rest.range.from);
  auto const to = std::min(minute_of(rest.range.to), from + page_bars);
  auto const& body = response.body;
  if (body.contains("delayed")) return Page{.proven_until = rest.range.to, .delayed = true};
  for (auto minute = from; minute < to; ++minute) {
    bool const impossible = body.contains("all") || (minute == from && body.contains("impossible"));
    out.push_back({.start = at_minute(minute),
                   .open = 2,
                   .high = impossible ? 0.5 : 3,
                   .low = 1,
                   .close = 2,
                   .volume = 10});
  }
  Page page{.bars = static_cast<std::size_t>(to - from),
            .proven_until = at_minute(to),
            .delayed = body.contains("too early")};
  if (body.contains("unreadable")) {
    auto const first = out.end() - (to - from);
    page.unreadable.push_back({.bar = *first, .problem = "o is null"});
    out.erase(first);
    --page.bars;
  }
  if (body.contains("timeless")) {  // the eleventh bar, and the nine after it are not there
    auto const first = out.end() - (to - from) + 10;
    page.unreadable.push_back(
        {.bar = *first,
         .problem = "t is null",
         .between = TimeRange{.from = at_minute(from + 10), .to = at_minute(from + 20)}});
    out.erase(first, first + 10);
    page.bars -= 10;
  }
  if (at_minute(to) < rest.range.to) page.cursor = "more";
  return page;
}

Task<Result<void>> ModelStore::follow_collection(UtcTime) {
  co_return Result<void>{};
}

Task<Result<std::vector<Series>>> ModelStore::open_series(SeriesQuery const& query) {
  std::vector<Series> series;
  for (auto const& ticker : query.tickers) {
    SeriesId const next{static_cast<std::int32_t>(ids_.size()) + 1};
    auto const id = ids_.try_emplace(ticker, next).first->second;
    series.push_back({.id = id, .ticker = ticker, .covered = covered[id]});
    for (auto const& window : parked) {
      if (window.series != id) continue;
      series.back().parked.add(window.range);
      ++series.back().gaps[window.reason];
    }
  }
  if (opening_takes > Milliseconds{0}) co_await clock_.sleep_until(clock_.ticks() + opening_takes);
  co_return series;
}

Task<Result<LoadReport>> ModelStore::load(Load const& load) {
  co_await clock_.sleep_until(clock_.ticks() + Milliseconds{10});
  if (auto const error = fails()) co_return std::unexpected(*error);
  ++loads;
  largest_load = std::max(largest_load, load.bars.size());
  LoadReport report;
  for (auto const& slice : load.slices) {
    for (std::size_t i = 0; i < slice.count; ++i) {
      auto const& bar = load.bars[slice.first + i];
      EXPECT_TRUE(slice.proven.contains({.from = bar.start, .to = bar.start + Milliseconds{1}}));
      if (bars[slice.series].insert_or_assign(bar.start, bar).second) ++report.inserted;
    }
    covered[slice.series].add(slice.proven);
  }
  rejected.insert(rejected.end(), load.rejected.begin(), load.rejected.end());
  co_return report;
}

Task<Result<void>> ModelStore::park(std::vector<FailedWindow> const& windows) {
  parked.insert(parked.end(), windows.begin(), windows.end());
  co_return Result<void>{};
}

Task<Result<std::vector<SeriesId>>> ModelStore::with_bars(std::vector<SeriesId> const& series) {
  ++looks_for_bars;
  std::vector<SeriesId> found;
  for (auto const id : series)
    if (!bars[id].empty()) found.push_back(id);
  co_return found;
}

Task<Result<RunId>> ModelStore::begin_run(std::string const&, std::string const&) {
  co_return RunId{1};
}

Task<Result<void>> ModelStore::end_run(RunId, int) {
  co_return Result<void>{};
}

Task<Result<std::vector<FlatFileRecord>>> ModelStore::flat_files(std::string const&) {
  std::vector<FlatFileRecord> all;
  for (auto const& [key, version] : files) all.push_back({.key = key, .version = version});
  co_return all;
}

Task<Result<void>> ModelStore::begin_flat_files(std::string const&,
                                                std::vector<FlatFileRecord> const& begun) {
  for (auto const& file : begun) files.emplace(file.key, file.version);
  co_return Result<void>{};
}

Task<Result<void>> ModelStore::end_flat_files(std::string const&, std::vector<FlatFileRecord> const& read) {
  for (auto const& file : read) files[file.key] = file.version;
  co_return Result<void>{};
}

Task<Result<std::vector<DroppedYear>>> ModelStore::drop_expired() {
  ++drops;
  if (auto const error = drop_fails()) co_return std::unexpected(*error);
  co_return std::vector<DroppedYear>{};
}

Task<Result<BatchId>> ModelStore::record_batch(BatchRecord const& record) {
  records.push_back(record);
  co_return BatchId{static_cast<std::int64_t>(records.size())};
}

PipelineFixture::PipelineFixture(FakeHttp::Answer answer, RateLimit limit)
    : ports{.loop = loop.get_executor(),
            .clock = clock,
            .random = random,
            .store = store,
            .progress = progress,
            .sign = sign,
            .database_retry = {.multiplier = Milliseconds{500},
                               .min = Milliseconds{500},
                               .max = std::chrono::seconds{30},
                               .attempts = 0},
            .load_slots = std::make_shared<LoadSlots>(loop.get_executor(), 2),
            .stop = [this] { clock.stop(); }} {
  auto fake = std::make_unique<FakeHttp>(clock, std::move(answer));
  http = fake.get();
  source = {.name = "model",
            .provider = std::make_unique<ModelProvider>(),
            .http = std::move(fake),
            .pacer = nullptr,
            .retry = {.jitter = Jitter::none}};
  set_pacer(limit, BreakerPolicy{});
}

void PipelineFixture::set_pacer(RateLimit limit, BreakerPolicy breaker, std::size_t concurrency) {
  source.pacer = std::make_unique<Pacer>(loop.get_executor(), clock, ledger, random,
                                         PacerOptions{.budget = "model",
                                                      .holder = "holder",
                                                      .limit = limit,
                                                      .breaker = breaker,
                                                      .concurrency = concurrency});
}

Job PipelineFixture::job_of(std::vector<std::string> symbols) {
  return {.name = "job",
          .source = &source,
          .timeframe = Timeframe::m1,
          .symbols = std::move(symbols),
          .calendar = calendar,
          .history = Date{std::chrono::year{2024} / 1 / 2}};
}

BatchResult PipelineFixture::run(Batch const& batch, BatchShape shape) {
  BatchResult result;
  auto job = job_of({});
  job.shape = shape;
  bool done = false;
  boost::asio::co_spawn(loop, run_batch(ports, job, batch),
                        [&](std::exception_ptr const& broken, BatchResult returned) {
                          if (broken) std::rethrow_exception(broken);
                          result = std::move(returned);
                          done = true;
                        });
  clock.run(done);
  return result;
}

Batch batch_of(std::vector<std::string> const& tickers, int minutes) {
  Batch batch{.job = "job", .provider = "model", .timeframe = Timeframe::m1, .windows = {}};
  for (auto const& ticker : tickers)
    batch.windows.push_back({.series = SeriesId{static_cast<std::int32_t>(batch.windows.size()) + 1},
                             .ticker = ticker,
                             .range = {.from = at_minute(0), .to = at_minute(minutes)}});
  return batch;
}

}  // namespace candled::test
