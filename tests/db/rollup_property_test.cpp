// Stored rollups equal what is computed from scratch, whatever came in which order, and wherever a start was
// killed. The reference is written here, in C++, on the windows of core and the sessions of its calendar.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <set>

#include "core/calendar.hpp"
#include "store/load_bars.hpp"
#include "store_fixture.hpp"

namespace candled::test {
namespace {

using namespace std::chrono_literals;
using Bars = std::map<UtcTime, Bar>;

constexpr std::array rolled{Timeframe::m5, Timeframe::m15, Timeframe::m30,
                            Timeframe::h1, Timeframe::d1,  Timeframe::w1};

bool same(double a, double b) {
  return std::isnan(a) ? std::isnan(b) : a == b;
}

std::string in_words(Bar const& bar) {
  return fmt::format("{} o {} h {} l {} c {} v {} vw {} n {}", to_rfc3339(bar.start), bar.open, bar.high,
                     bar.low, bar.close, bar.volume, bar.vwap, bar.trade_count);
}

struct Span {
  char const* name;
  char const* from;
  char const* to;
  std::uint64_t seed;
};

void PrintTo(Span const& span, std::ostream* out) {
  *out << span.name << ", seed " << span.seed;
}

// What the database should hold.
class Reference {
 public:
  explicit Reference(Calendar calendar) : calendar_(std::move(calendar)) {}

  void apply(Load const& load) {
    for (auto const& bar : load.bars) {
      auto const [stored, is_new] = bars_.emplace(bar.start, bar);
      if (!is_new && !says_the_same(bar, stored->second)) stored->second = bar;
    }
    for (auto const& slice : load.slices) covered_.add(slice.proven);
  }

  Bars rolled(Timeframe timeframe) const {
    Bars result;
    for (auto bar = bars_.begin(); bar != bars_.end();) {
      auto const zone = calendar_.zone();
      TimeRange const bucket{.from = bar_start(timeframe, zone, bar->first),
                             .to = bar_end(timeframe, zone, bar->first)};
      auto const end = bars_.lower_bound(bucket.to);
      if (is_complete(bucket)) result.emplace(bucket.from, roll(timeframe, bucket, bar, end));
      bar = end;
    }
    return result;
  }

 private:
  using Place = Bars::const_iterator;

  static bool says_the_same(Bar const& bar, Bar const& stored) {
    return bar.open == stored.open && bar.high == stored.high && bar.low == stored.low &&
           bar.close == stored.close && bar.volume == stored.volume &&
           (std::isnan(bar.vwap) || bar.vwap == stored.vwap) &&
           (bar.trade_count == -1 || bar.trade_count == stored.trade_count);
  }

  bool is_complete(TimeRange bucket) const {
    for (auto const& session : calendar_.sessions(bucket))
      if (!covered_.contains(intersection(session.hours, bucket))) return false;
    return true;
  }

  struct Sum {
    Bar bar;
    double value = std::numeric_limits<double>::quiet_NaN();  // of what had a volume: vwap times volume
    bool has_value = false;
  };

  static void add(Sum& sum, Bar const& bar, double value, bool has_value) {
    sum.bar.high = std::max(sum.bar.high, bar.high);
    sum.bar.low = std::min(sum.bar.low, bar.low);
    sum.bar.close = bar.close;
    sum.bar.volume += bar.volume;
    if (has_value) sum.value = sum.has_value ? sum.value + value : value;
    sum.has_value |= has_value;
    sum.bar.trade_count =
        sum.bar.trade_count < 0 || bar.trade_count < 0 ? -1 : sum.bar.trade_count + bar.trade_count;
  }

  // A day's prices are those of regular trading, when there was some; all else counts all hours.
  Sum day(Place first, Place end, TimeRange regular) const {
    Sum sum = plain(first, end);
    auto const open = bars_.lower_bound(regular.from);
    auto const close = bars_.lower_bound(regular.to);
    if (regular.empty() || open == close) return sum;
    auto const inside = plain(open, close).bar;
    sum.bar.open = inside.open;
    sum.bar.high = inside.high;
    sum.bar.low = inside.low;
    sum.bar.close = inside.close;
    return sum;
  }

  static Sum plain(Place first, Place end) {
    Sum sum{.bar = first->second};
    sum.has_value = first->second.volume > 0;
    if (sum.has_value) sum.value = first->second.vwap * first->second.volume;
    for (auto bar = std::next(first); bar != end; ++bar)
      add(sum, bar->second, bar->second.vwap * bar->second.volume, bar->second.volume > 0);
    return sum;
  }

  Sum day_at(Place first, Place end) const {
    auto const date = calendar_.zone().date_at(first->first);
    for (auto const& session :
         calendar_.sessions({.from = calendar_.zone().at(date, Milliseconds{0}),
                             .to = calendar_.zone().at(next_day(date), Milliseconds{0})}))
      if (session.date == date) return day(first, end, session.regular);
    return plain(first, end);
  }

  Bar roll(Timeframe timeframe, TimeRange bucket, Place first, Place end) const {
    auto sum = timeframe == Timeframe::d1 ? day_at(first, end) : plain(first, end);
    if (timeframe == Timeframe::w1) sum = week(first, end);
    sum.bar.start = bucket.from;
    sum.bar.vwap = sum.has_value && sum.bar.volume > 0 ? sum.value / sum.bar.volume
                                                       : std::numeric_limits<double>::quiet_NaN();
    return sum.bar;
  }

  Sum week(Place first, Place end) const {
    std::optional<Sum> sum;
    while (first != end) {
      auto const day_end = bars_.lower_bound(bar_end(Timeframe::d1, calendar_.zone(), first->first));
      auto const day = day_at(first, day_end);
      if (sum) add(*sum, day.bar, day.value, day.has_value);
      if (!sum) sum = day;
      first = day_end;
    }
    return *sum;
  }

  Calendar calendar_;
  Bars bars_;
  RangeSet covered_;
};

class Rollups : public StoreTest, public testing::WithParamInterface<Span> {
 protected:
  Rollups() {
    for (auto const& session : calendar_.sessions(
             {.from = whole_.from - std::chrono::days{30}, .to = whole_.to + std::chrono::days{30}}))
      rows(fmt::format("INSERT INTO candled.market_session VALUES ('XNYS', '{}', '{}', '{}', '{}', '{}', {})",
                       to_string(session.date), to_rfc3339(session.regular.from),
                       to_rfc3339(session.regular.to), to_rfc3339(session.hours.from),
                       to_rfc3339(session.hours.to), session.early_close));
    open_all();
  }

  void open_all() {
    auto query = StoreTest::query({"AAPL"});
    query.wanted_from = at("2024-01-01T05:00:00Z");
    query.now = whole_.to;
    query.rollups = {rolled.begin(), rolled.end()};
    id_ = must(await(store_.open_series(query))).at(0).id;
  }

  int random(int from, int to) { return std::uniform_int_distribution{from, to}(engine_); }
  bool one_in(int n) { return random(1, n) == 1; }

  Bar random_bar(UtcTime start) {
    double const price = 100 + random(-5000, 5000) / 997.0;
    double const close = price + random(-100, 100) / 331.0;
    return {.start = start,
            .open = price,
            .high = std::max(price, close) + random(0, 50) / 77.0,
            .low = std::min(price, close) - random(0, 50) / 77.0,
            .close = close,
            .volume = one_in(10) ? 0 : random(1, 100'000) / 7.0,
            .vwap = one_in(30) ? std::numeric_limits<double>::quiet_NaN() : price,
            .trade_count = one_in(30) ? -1 : random(0, 500)};
  }

  // Some of the minutes of an answer; rarely one outside of all hours, as on a day that is wrongly called
  // closed.
  Load random_load() {
    Load load;
    TimeRange range;
    range.from =
        whole_.from + std::chrono::minutes{random(0, static_cast<int>((whole_.to - whole_.from) / 1min))};
    range.to = range.from + std::chrono::minutes{one_in(2) ? random(1, 120) : random(1, 4000)};
    int const one_of = random(2, 40);
    for (auto start = range.from; start < range.to; start += 1min) {
      bool const in_hours = calendar_.trades_in({.from = start, .to = start + 1min});
      if (one_in(in_hours ? one_of : 2000)) load.bars.push_back(random_bar(start));
    }
    load.slices = {{.series = id_, .first = 0, .count = load.bars.size(), .proven = {range}}};
    return load;
  }

  // As a start that is killed between the commit of a load and the rollups that follow.
  void load_and_die(Load const& load) {
    auto const connection = PgConnection::open(Secret{database_.url()});
    KnownYears years;
    load_bars(**connection, years, load);
  }

  Bars stored(Timeframe timeframe) const {
    Bars bars;
    for (auto const& row : rows(fmt::format(
             "SELECT extract(epoch FROM ts)::int8, open, high, low, close, volume, vwap, trade_count FROM "
             "candled.bar "
             "JOIN candled.series USING (series_id) WHERE rolled_from IS NOT NULL AND timeframe = '{}'",
             to_string(timeframe)))) {
      UtcTime const start{std::chrono::seconds{std::stoll(row[0])}};
      bars.emplace(start, Bar{.start = start,
                              .open = std::stod(row[1]),
                              .high = std::stod(row[2]),
                              .low = std::stod(row[3]),
                              .close = std::stod(row[4]),
                              .volume = std::stod(row[5]),
                              .vwap = std::stod(row[6]),
                              .trade_count = std::stoi(row[7])});
    }
    return bars;
  }

  // Bit by bit: sums are made in the order of time, those of a week of its days' sums.
  static void expect_same(Bars const& found, Bars const& expected) {
    for (auto const& [start, bar] : expected) {
      auto const it = found.find(start);
      ASSERT_NE(it, found.end()) << "lacking " << in_words(bar);
      auto const& other = it->second;
      EXPECT_TRUE(other.open == bar.open && other.high == bar.high && other.low == bar.low &&
                  other.close == bar.close && other.volume == bar.volume && same(other.vwap, bar.vwap) &&
                  other.trade_count == bar.trade_count)
          << "stored   " << in_words(other) << "\nexpected " << in_words(bar);
    }
    for (auto const& [start, bar] : found)
      EXPECT_TRUE(expected.contains(start)) << "too much: " << in_words(bar);
  }

  void expect_all_same() const {
    for (auto const timeframe : rolled) {
      SCOPED_TRACE(to_string(timeframe));
      expect_same(stored(timeframe), reference_.rolled(timeframe));
    }
  }

  Rows bars_of_hours(std::string const& from) const {
    return rows("SELECT ts, open, high, low, close, volume, vwap, trade_count FROM " + from +
                " WHERE ticker = 'AAPL' AND timeframe = '1h' ORDER BY ts");
  }

  Calendar calendar_{CalendarKind::xnys};
  TimeRange whole_{.from = at(GetParam().from), .to = at(GetParam().to)};
  std::mt19937_64 engine_{GetParam().seed};
  SeriesId id_{};
  Reference reference_{calendar_};
};

TEST_P(Rollups, equal_what_is_computed_from_scratch) {
  std::map<std::string, Rows> known_at;
  std::size_t most = 0;

  for (int step = 0; step < 60 && !HasFailure(); ++step) {
    SCOPED_TRACE(fmt::format("seed {}, step {}", GetParam().seed, step));
    auto const load = random_load();
    reference_.apply(load);
    if (one_in(3)) {
      load_and_die(load);
      if (one_in(2)) continue;
      open_all();
    } else {
      this->load(load);
    }
    EXPECT_EQ(value("SELECT count(*) FROM candled.rollup_dirty"), "0");
    expect_all_same();
    most = std::max(most, stored(Timeframe::m5).size());
    if (step % 10 == 0) known_at[value("SELECT clock_timestamp()")] = bars_of_hours("candled.bars");
  }

  EXPECT_GT(most, 300U) << "too little was tried";
  for (auto const& [when, bars] : known_at)
    EXPECT_EQ(bars_of_hours("candled.bars_asof('" + when + "')"), bars) << "as of " << when;
  EXPECT_EQ(rows(R"(SELECT timeframe, session_date FROM candled.session_completeness
                    WHERE bars_present > 0 AND hash <> candled.session_hash(ticker, timeframe, session_date))"),
            Rows{});
  for (auto const timeframe : rolled)
    EXPECT_EQ(rows(fmt::format("SELECT b.* FROM candled.bars b WHERE timeframe = '{0}' "
                               "EXCEPT SELECT * FROM candled.bars_rollup('AAPL', '{0}')",
                               to_string(timeframe))),
              Rows{});
}

INSTANTIATE_TEST_SUITE_P(
    Spans, Rollups,
    testing::Values(Span{"summer_time_begins", "2024-03-07T00:00:00Z", "2024-03-17T00:00:00Z", 1},
                    Span{"summer_time_ends", "2024-10-31T00:00:00Z", "2024-11-10T00:00:00Z", 2},
                    Span{"a_half_day", "2024-11-26T00:00:00Z", "2024-12-05T00:00:00Z", 3},
                    Span{"the_year_ends", "2024-12-22T00:00:00Z", "2025-01-05T00:00:00Z", 4}),
    [](auto const& info) { return info.param.name; });

}  // namespace
}  // namespace candled::test
