// Drives the real store with loads like the daemon's, and says how fast it was; or writes the same bars as
// the text that others load. tools/bench calls it; nothing of it is in candled.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <cmath>
#include <cstdio>
#include <future>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/calendar.hpp"
#include "store/pg_bar_store.hpp"

namespace {

using namespace candled;
using namespace std::chrono_literals;

struct Options {
  std::string database;
  std::string text;  // a file to write instead
  std::string timeframe = "1m";
  std::string from = "2024-01-02";
  int first_symbol = 0;
  int symbols = 20;
  int sessions = 128;
  int changed_every = 0;  // 100: each 100th bar has other values; 0: none
  int writers = 1;
};

// Tickers that docs/sql.md asks for are there, so that its queries find bars.
std::string ticker(int index) {
  static constexpr std::array<char const*, 3> documented{"AAPL", "MSFT", "META"};
  auto const place = static_cast<std::size_t>(index);
  return place < documented.size() ? documented.at(place) : fmt::format("S{:04}", index);
}

// splitmix64: the same bars on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  // From 0 to below `end`.
  std::int64_t below(std::int64_t end) {
    state_ += 0x9E3779B97F4A7C15;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EB;
    return static_cast<std::int64_t>((mixed ^ (mixed >> 31U)) % static_cast<std::uint64_t>(end));
  }

 private:
  std::uint64_t state_;
};

// All bars of all symbols, page by page, as a provider with 50,000 bars a page answers: cents that walk,
// whole volumes, a vwap with four decimals, in regular hours.
class Market {
 public:
  explicit Market(Options const& options)
      : options_(options), timeframe_(parse_timeframe(options.timeframe).value()) {
    auto const from = parse_date(options.from).value();
    auto const begin = calendar_.zone().at(from, 0ms);
    sessions_ =
        calendar_.sessions({.from = begin, .to = begin + std::chrono::days{2 * options.sessions + 30}});
    sessions_.resize(static_cast<std::size_t>(options.sessions));
  }

  // Appends the next page's bars, and says which symbol they are of, from 0, and what they prove.
  struct Page {
    int symbol;
    TimeRange proven;
  };
  std::optional<Page> next(std::vector<Bar>& bars) {
    if (symbol_ == options_.symbols) return std::nullopt;
    if (session_ == 0) restart();
    Page page{.symbol = symbol_, .proven = {.from = midnight(sessions_[session_].date), .to = {}}};
    auto const first = bars.size();
    while (session_ < sessions_.size() && bars.size() - first + bars_a_session() <= load_bars_max)
      add_session(sessions_[session_++], bars);
    page.proven.to = midnight(next_day(sessions_[session_ - 1].date));
    if (session_ == sessions_.size()) {
      session_ = 0;
      ++symbol_;
    }
    return page;
  }

 private:
  UtcTime midnight(Date date) const { return calendar_.zone().at(date, 0ms); }
  std::size_t bars_a_session() const { return timeframe_ == Timeframe::m1 ? 390 : 1; }

  void restart() {
    auto const seed = static_cast<std::uint64_t>(options_.first_symbol + symbol_);
    random_ = Random{1 + 1'000'003 * seed};
    cents_ = 1'000 + random_.below(40'000);
    count_ = 0;
  }

  void add_session(Session const& session, std::vector<Bar>& bars) {
    if (timeframe_ != Timeframe::m1) return bars.push_back(bar_at(midnight(session.date)));
    for (auto start = session.regular.from; start < session.regular.to; start += 1min)
      bars.push_back(bar_at(start));
  }

  Bar bar_at(UtcTime start) {
    auto const open = cents_;
    auto const close = std::max<std::int64_t>(100, open + random_.below(41) - 20);
    auto const high = std::max(open, close) + random_.below(15);
    auto const low = std::min(open, close) - random_.below(15);
    auto const price = [](std::int64_t cents) { return static_cast<double>(cents) / 100; };
    auto volume = static_cast<double>(100 + random_.below(50'000));
    auto const vwap = static_cast<double>(100 * low + random_.below(100 * (high - low) + 1)) / 10'000;
    auto const trades = static_cast<std::int32_t>(1 + random_.below(400));
    cents_ = close;
    ++count_;
    if (options_.changed_every > 0 && count_ % options_.changed_every == 0) volume += 1;
    return {.start = start,
            .open = price(open),
            .high = price(high),
            .low = price(low),
            .close = price(close),
            .volume = volume,
            .vwap = vwap,
            .trade_count = trades};
  }

  Options options_;
  Timeframe timeframe_;
  Calendar calendar_{CalendarKind::xnys};
  std::vector<Session> sessions_;
  int symbol_ = 0;
  std::size_t session_ = 0;
  Random random_{0};
  std::int64_t cents_ = 0;
  std::int64_t count_ = 0;
};

// Pages packed into loads as pipeline/loader.cpp packs them: whole pages, 50,000 bars at most.
class Loads {
 public:
  Loads(Options const& options, std::vector<Series> const& series) : market_(options), series_(series) {}

  std::optional<Load> next() {
    while (auto const page = market_.next(open_.bars)) {
      auto const first = known_;
      known_ = open_.bars.size();
      LoadSlice slice{.series = series_.at(static_cast<std::size_t>(page->symbol)).id,
                      .ticker = series_.at(static_cast<std::size_t>(page->symbol)).ticker,
                      .first = first,
                      .count = known_ - first,
                      .proven = {page->proven}};
      if (known_ <= load_bars_max) {
        open_.slices.push_back(std::move(slice));
        continue;
      }
      Load next;
      next.bars.assign(open_.bars.begin() + static_cast<std::ptrdiff_t>(first), open_.bars.end());
      open_.bars.resize(first);
      slice.first = 0;
      next.slices.push_back(std::move(slice));
      known_ = next.bars.size();
      return std::exchange(open_, std::move(next));
    }
    if (open_.slices.empty()) return std::nullopt;
    return std::exchange(open_, {});
  }

 private:
  Market market_;
  std::vector<Series> const& series_;
  Load open_;
  std::size_t known_ = 0;  // bars of open_ that have a slice
};

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().what);
  return std::move(*result);
}

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto const seconds = [](timeval const& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Measured {
  LoadReport stored;
  std::int64_t loads = 0;
  double seconds = 0;
  double cpu = 0;
  std::vector<double> millions;  // seconds from the start until a million bars, two … were committed
};

void add_to(Measured& measured, LoadReport const& report, Clock::time_point started) {
  auto& stored = measured.stored;
  stored.inserted += report.inserted;
  stored.changed += report.changed;
  stored.unchanged += report.unchanged;
  stored.refused += report.refused;
  stored.merge += report.merge;
  stored.copy += report.copy;
  stored.commit += report.commit;
  ++measured.loads;
  auto const bars = static_cast<std::size_t>(stored.inserted + stored.changed + stored.unchanged);
  while (measured.millions.size() < bars / 1'000'000) measured.millions.push_back(seconds_since(started));
}

Task<std::vector<Series>> open_all(BarStore& store, Options const& options) {
  constexpr int batch = 50;
  std::vector<Series> all;
  for (int first = 0; first < options.symbols; first += batch) {
    SeriesQuery query{.provider = "bench",
                      .timeframe = parse_timeframe(options.timeframe).value(),
                      .tickers = {},
                      .wanted_from = parse_rfc3339(options.from + "T00:00:00Z").value(),
                      .now = parse_rfc3339("2026-01-01T00:00:00Z").value()};
    for (int i = first; i < std::min(first + batch, options.symbols); ++i)
      query.tickers.push_back(ticker(options.first_symbol + i));
    auto some = must(co_await store.open_series(query));
    all.insert(all.end(), std::move_iterator{some.begin()}, std::move_iterator{some.end()});
  }
  co_return all;
}

Task<void> write(BarStore& store, Loads& loads, Measured& measured, Clock::time_point started) {
  while (auto const load = loads.next()) add_to(measured, must(co_await store.load(*load)), started);
}

template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
  auto ended = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
  loop.restart();
  loop.run();
  return ended.get();
}

Measured load(Options const& options) {
  boost::asio::io_context loop;
  PgBarStore store{Secret{options.database}, options.writers};
  auto const series = run(loop, open_all(store, options));
  Loads loads{options, series};
  Measured measured;
  auto const cpu_before = cpu_seconds();
  auto const started = Clock::now();
  std::vector<std::future<void>> writers;
  for (int i = 0; i < options.writers; ++i)
    writers.push_back(
        boost::asio::co_spawn(loop, write(store, loads, measured, started), boost::asio::use_future));
  loop.restart();
  loop.run();
  for (auto& writer : writers) writer.get();
  measured.seconds = seconds_since(started);
  measured.cpu = cpu_seconds() - cpu_before;
  return measured;
}

void print(Measured const& measured) {
  auto const seconds = [](Milliseconds time) { return std::chrono::duration<double>(time).count(); };
  auto const& stored = measured.stored;
  nlohmann::json const answer{{"bars", stored.inserted + stored.changed + stored.unchanged},
                              {"inserted", stored.inserted},
                              {"changed", stored.changed},
                              {"unchanged", stored.unchanged},
                              {"refused", stored.refused},
                              {"loads", measured.loads},
                              {"seconds", measured.seconds},
                              {"cpu_seconds", measured.cpu},
                              {"merge_seconds", seconds(stored.merge)},
                              {"copy_seconds", seconds(stored.copy)},
                              {"commit_seconds", seconds(stored.commit)},
                              {"millions", measured.millions}};
  fmt::print("{}\n", answer.dump());
}

// The text format of COPY, in the order of the columns of candled.bar and of its key: what `psql \copy`
// reads. The series are numbered as a new database numbers them.
void write_text(Options const& options) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file{std::fopen(options.text.c_str(), "w"),
                                                             std::fclose};
  if (file == nullptr) throw std::runtime_error("cannot write " + options.text);
  Market market{options};
  std::vector<Bar> bars;
  while (auto const page = market.next(bars)) {
    for (auto const& bar : bars) {
      auto start = to_rfc3339(bar.start);
      start[10] = ' ';
      start.pop_back();
      fmt::print(file.get(), "{}+00\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", start, bar.open, bar.high, bar.low,
                 bar.close, bar.volume, bar.vwap, page->symbol + 1, bar.trade_count);
    }
    bars.clear();
  }
}

}  // namespace

int main(int count, char** arguments) {
  Options options;
  CLI::App app{"loads bars as candled does, and prints how fast as JSON"};
  app.add_option("--database", options.database, "libpq URL, with candled's schema");
  app.add_option("--text", options.text, "write the bars into this file instead, as COPY's text");
  app.add_option("--timeframe", options.timeframe, "1m or 1d")->check(CLI::IsMember({"1m", "1d"}));
  app.add_option("--from", options.from, "date of the first session");
  app.add_option("--first-symbol", options.first_symbol);
  app.add_option("--symbols", options.symbols);
  app.add_option("--sessions", options.sessions)->check(CLI::Range(1, 5'000));
  app.add_option("--changed-every", options.changed_every, "each such bar has another volume; 0: none");
  app.add_option("--writers", options.writers, "connections at once")->check(CLI::Range(1, 16));
  CLI11_PARSE(app, count, arguments);
  try {
    if (options.text.empty())
      print(load(options));
    else
      write_text(options);
  } catch (std::exception const& error) {
    fmt::print(stderr, "load_bench: {}\n", error.what());
    return 1;
  }
}
