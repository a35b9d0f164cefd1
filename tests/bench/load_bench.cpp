// candled's own load, and nothing else of it: made-up minute bars of many symbols, one symbol's page a load
// as the daemon makes them, timed from the call to the commit. See tools/bench.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "store/pg_bar_store.hpp"

namespace candled {
namespace {

using std::chrono::minutes;

constexpr int session_minutes = 390;
constexpr minutes session_opens{14 * 60 + 30};  // UTC, as New York's in winter

struct Options {
  std::string database;
  std::string tickers;  // a file, one a line
  std::string from = "2024-01-02";
  std::size_t bars = 10'000;  // of each symbol
  std::size_t skip = 0;       // of each symbol: they are there already
  std::string timeframe = "1m";
  int changed_percent = 0;  // of the bars have other values than without this option
  std::string text;         // a file for `\copy candled.bar FROM`: written, and nothing is loaded
};

// The start of a symbol's bar number `index`: Mondays to Fridays from the first day on.
class Clock {
 public:
  Clock(std::chrono::sys_days first, Timeframe timeframe) : first_(first), timeframe_(timeframe) {}

  UtcTime start(std::size_t index) const {
    if (timeframe_ == Timeframe::d1)
      return weekday(index) + minutes{5 * 60};  // midnight in New York, in winter
    auto const minute = static_cast<int>(index % session_minutes);
    return weekday(index / session_minutes) + session_opens + minutes{minute};
  }

 private:
  std::chrono::sys_days weekday(std::size_t number) const {
    auto const days = static_cast<int>(number / 5 * 7 + number % 5);
    return first_ + std::chrono::days{days};  // the first is a Monday
  }

  std::chrono::sys_days first_;
  Timeframe timeframe_;
};

Bar bar_at(UtcTime start, std::size_t symbol, std::size_t index, bool changed) {
  auto const cents = [](double price) { return std::round(price * 100) / 100; };
  auto const wave = std::sin(static_cast<double>(index) / 100) * 10;
  double const open = cents(20 + static_cast<double>(symbol % 400) + wave + 10 + (changed ? 0.01 : 0));
  return {.start = start,
          .open = open,
          .high = open + 0.25,
          .low = open - 0.25,
          .close = open + 0.05,
          .volume = static_cast<double>(100 + index * 7919 % 100'000),
          .vwap = std::round((open + 0.0123) * 10'000) / 10'000,
          .trade_count = static_cast<std::int32_t>(1 + index * 31 % 900)};
}

template <class T>
T await(boost::asio::io_context& loop, Task<Result<T>> task) {
  loop.restart();
  auto answer = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
  loop.run();
  auto result = answer.get();
  if (!result) throw std::runtime_error{result.error().what};
  return *std::move(result);
}

class LoadBench {
 public:
  explicit LoadBench(Options options)
      : options_(std::move(options)),
        timeframe_(parse_timeframe(options_.timeframe).value()),
        first_day_(parse_date(options_.from).value()),
        clock_(first_day_, timeframe_),
        store_(Secret{options_.database}, 1) {
    std::ifstream file{options_.tickers};
    for (std::string line; std::getline(file, line);) tickers_.push_back(line);
    if (tickers_.empty()) throw std::runtime_error{options_.tickers + " names no ticker"};
    if (std::chrono::weekday{first_day_} != std::chrono::Monday)
      throw std::runtime_error{"--from must be a Monday"};
    series_ = await(loop_, store_.open_series({.provider = "bench",
                                               .timeframe = timeframe_,
                                               .tickers = tickers_,
                                               .wanted_from = first_day_,
                                               .now = first_day_ + std::chrono::years{20},
                                               .calendar = "XNYS",
                                               .settle = {}}));
  }

  void write_text() {
    std::ofstream out{options_.text};
    std::string lines;
    each_load([&](std::size_t, Load const& load) {
      lines.clear();
      for (auto const& bar : load.bars)
        fmt::format_to(std::back_inserter(lines), "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n",
                       to_rfc3339(bar.start), bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap,
                       static_cast<std::int32_t>(load.slices.front().series), bar.trade_count);
      out << lines;
    });
    if (!out.flush()) throw std::runtime_error{"cannot write " + options_.text};
  }

  void load_all() {
    LoadReport sum;
    std::chrono::steady_clock::duration busy{};
    each_load([&](std::size_t, Load const& load) {
      auto const began = std::chrono::steady_clock::now();
      auto const report = await(loop_, store_.load(load));
      busy += std::chrono::steady_clock::now() - began;
      sum.inserted += report.inserted;
      sum.changed += report.changed;
      sum.unchanged += report.unchanged;
      sum.merge += report.merge;
      sum.copy += report.copy;
      sum.commit += report.commit;
    });
    fmt::print(R"({{"bars":{},"seconds":{:.6f},"inserted":{},"changed":{},"unchanged":{},)"
               R"("merge_ms":{},"copy_ms":{},"commit_ms":{}}})"
               "\n",
               tickers_.size() * options_.bars, std::chrono::duration<double>{busy}.count(), sum.inserted,
               sum.changed, sum.unchanged, sum.merge.count(), sum.copy.count(), sum.commit.count());
  }

 private:
  // Page after page of history, and in each all symbols: as a backfill comes in.
  void each_load(auto const& use) {
    for (std::size_t done = 0; done < options_.bars; done += load_bars_max)
      for (std::size_t symbol = 0; symbol < tickers_.size(); ++symbol)
        use(symbol, page(symbol, options_.skip + done, std::min(load_bars_max, options_.bars - done)));
  }

  Load page(std::size_t symbol, std::size_t first, std::size_t count) const {
    Load load;
    load.bars.reserve(count);
    for (auto index = first; index < first + count; ++index) {
      bool const changed =
          options_.changed_percent > 0 && index % 100 < static_cast<std::size_t>(options_.changed_percent);
      load.bars.push_back(bar_at(clock_.start(index), symbol, index, changed));
    }
    TimeRange const range{.from = clock_.start(first), .to = clock_.start(first + count)};
    load.slices.push_back({.series = series_[symbol].id,
                           .ticker = tickers_[symbol],
                           .first = 0,
                           .count = count,
                           .proven = {range},
                           .settled = {}});
    return load;
  }

  Options options_;
  Timeframe timeframe_;
  std::chrono::sys_days first_day_;
  Clock clock_;
  boost::asio::io_context loop_;
  PgBarStore store_;
  std::vector<std::string> tickers_;
  std::vector<Series> series_;
};

int run(int argc, char** argv) {
  Options options;
  CLI::App app{"Times candled's load of made-up bars; prints JSON."};
  app.add_option("--database", options.database)->required();
  app.add_option("--tickers", options.tickers)->required();
  app.add_option("--from", options.from, "a Monday");
  app.add_option("--bars", options.bars, "of each symbol");
  app.add_option("--skip", options.skip, "so many bars of each symbol before them");
  app.add_option("--timeframe", options.timeframe, "1m or 1d");
  app.add_option("--changed", options.changed_percent, "percent of the bars that have other values");
  app.add_option("--text", options.text, "write rows for \\copy to this file, and load nothing");
  CLI11_PARSE(app, argc, argv);
  LoadBench bench{options};
  if (options.text.empty())
    bench.load_all();
  else
    bench.write_text();
  return 0;
}

}  // namespace
}  // namespace candled

int main(int argc, char** argv) {
  try {
    return candled::run(argc, argv);
  } catch (std::exception const& problem) {
    fmt::print(stderr, "load_bench: {}\n", problem.what());
    return 1;
  }
}
