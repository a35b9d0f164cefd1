// Weeks and months by splits and dividends: a bar stands for its sessions.
#include <random>

#include "db/calendar_fixture.hpp"

namespace candled::test {
namespace {

// X has weeks of June 2024: of 100 dollars and 1,000 shares each, as they were then.
class AdjustedLongBars : public CalendarTest {
 protected:
  AdjustedLongBars() {
    week_ = static_cast<int>(series_of(Timeframe::w1, "X").at(0).id);
    rows("SELECT candled.ensure_bar_partitions('2023-12-31Z', '2024-12-31Z')");
  }

  void add_weeks(std::vector<std::string> const& sundays) const {
    for (auto const& sunday : sundays) add_bar(week_, sunday, 100, 1000);
    rows("UPDATE candled.series SET covered = '{[2024-05-26 04:00Z, 2024-07-28 04:00Z)}' WHERE series_id = " +
         std::to_string(week_));
  }

  void add_bar(int series, std::string const& day, int price, int volume) const {
    auto const money = std::to_string(price);
    rows("INSERT INTO candled.bar SELECT '" + day + " America/New_York', " + money + ", " + money + ", " +
         money + ", " + money + ", " + std::to_string(volume) + ", " + money + ", " + std::to_string(series) +
         ", 10");
  }

  // Days of which each has a bar, and which are covered.
  int add_days(std::vector<std::string> const& days, std::vector<int> const& prices,
               std::string const& covered) {
    auto const day = static_cast<int>(series_of(Timeframe::d1, "X").at(0).id);
    for (std::size_t i = 0; i < days.size(); ++i) add_bar(day, days[i], prices[i], 200);
    rows("UPDATE candled.series SET covered = '" + covered + "' WHERE series_id = " + std::to_string(day));
    return day;
  }

  void act(std::string const& kind, std::string const& ex_date, std::string const& value,
           std::string const& learned_at = "2024-01-01Z") const {
    rows("INSERT INTO candled.corporate_action (instrument_id, kind, ex_date, " +
         std::string{kind == "split" ? "ratio" : "amount"} + ", source, source_id, learned_at) VALUES (1, '" +
         kind + "', '" + ex_date + "', " + value + ", 'test', '" + kind + ex_date + "', '" + learned_at +
         "')");
  }

  // First session, close and volume.
  Rows adjusted(std::string const& adjust = "split", std::string const& timeframe = "1w") const {
    return rows("SELECT session_date, round(close::numeric, 4), volume FROM candled.bars_adjusted('X', '" +
                timeframe + "', '2024-01-01Z', '2025-01-01Z', '" + adjust + "')");
  }

  int week_ = 0;
};

TEST_F(AdjustedLongBars, the_week_of_a_mondays_split_is_after_it) {
  add_weeks({"2024-06-02", "2024-06-09"});
  act("split", "2024-06-10", "10");

  EXPECT_EQ(adjusted(), (Rows{{"2024-06-03", "10.0000", "10000"}, {"2024-06-10", "100.0000", "1000"}}));
}

// Wednesday, June 19 is a holiday, and so is Monday, May 27: its week begins with the 28th.
TEST_F(AdjustedLongBars, the_week_of_a_tuesdays_split_after_a_holiday_is_after_it) {
  add_weeks({"2024-05-26"});
  act("split", "2024-05-28", "10");

  EXPECT_EQ(adjusted(), (Rows{{"2024-05-28", "100.0000", "1000"}}));
}

TEST_F(AdjustedLongBars, a_day_without_trading_parts_no_week) {
  add_weeks({"2024-06-09", "2024-06-16"});
  act("split", "2024-06-15", "10");

  EXPECT_EQ(adjusted(), (Rows{{"2024-06-10", "10.0000", "10000"}, {"2024-06-17", "100.0000", "1000"}}));
}

TEST_F(AdjustedLongBars, a_week_with_both_kinds_of_shares_is_null_where_there_are_no_days) {
  add_weeks({"2024-06-02", "2024-06-09", "2024-06-16"});
  act("split", "2024-06-12", "10");

  EXPECT_EQ(adjusted(), (Rows{{"2024-06-03", "10.0000", "10000"},
                              {"2024-06-10", "NULL", "NULL"},
                              {"2024-06-17", "100.0000", "1000"}}));
  EXPECT_EQ(value("SELECT num_nonnulls(open, high, low, close, volume, vwap, trade_count, price_factor, "
                  "split_factor) FROM candled.bars_adjusted('X', '1w', '2024-06-09Z', '2024-06-10Z')"),
            "0");
}

TEST_F(AdjustedLongBars, a_week_with_both_kinds_of_shares_is_made_of_its_days) {
  add_weeks({"2024-06-09"});
  add_days({"2024-06-10", "2024-06-11", "2024-06-12", "2024-06-13", "2024-06-14"}, {100, 110, 10, 12, 11},
           "{[2024-06-10 04:00Z, 2024-06-15 04:00Z)}");
  act("split", "2024-06-12", "10");

  EXPECT_EQ(rows("SELECT open, high, low, close, volume, round(vwap::numeric, 4), trade_count, price_factor "
                 "FROM candled.bars_adjusted('X', '1w', '2024-06-01Z', '2024-07-01Z')"),
            (Rows{{"10", "12", "10", "11", "4600", "10.5652", "50", "NULL"}}));
}

TEST_F(AdjustedLongBars, a_week_of_which_a_day_is_not_known_is_not_made_of_the_others) {
  add_weeks({"2024-06-09"});
  add_days({"2024-06-10", "2024-06-11", "2024-06-12", "2024-06-14"}, {100, 110, 10, 11},
           "{[2024-06-10 04:00Z, 2024-06-13 04:00Z), [2024-06-14 04:00Z, 2024-06-15 04:00Z)}");
  act("split", "2024-06-12", "10");

  EXPECT_EQ(adjusted(), (Rows{{"2024-06-10", "NULL", "NULL"}}));
  rows("UPDATE candled.series SET covered = '{[2024-06-10 04:00Z, 2024-06-15 04:00Z)}'");
  EXPECT_EQ(adjusted(), (Rows{{"2024-06-10", "11.0000", "4400"}})) << "it was asked, and did not trade";
}

// Juneteenth need not be covered: nothing trades.
TEST_F(AdjustedLongBars, a_holiday_in_the_week_need_not_be_covered) {
  add_weeks({"2024-06-16"});
  add_days({"2024-06-17", "2024-06-18", "2024-06-20", "2024-06-21"}, {100, 110, 10, 11},
           "{[2024-06-17 04:00Z, 2024-06-19 04:00Z), [2024-06-20 04:00Z, 2024-06-22 04:00Z)}");
  act("split", "2024-06-20", "10");

  EXPECT_EQ(adjusted(), (Rows{{"2024-06-17", "11.0000", "4400"}}));
}

TEST_F(AdjustedLongBars, a_month_is_as_a_week) {
  auto const month = static_cast<int>(series_of(Timeframe::mo1, "X").at(0).id);
  for (auto const* day : {"2024-05-01", "2024-06-01", "2024-07-01", "2024-08-01"})
    add_bar(month, day, 100, 1000);
  act("split", "2024-06-03", "10");
  act("split", "2024-07-16", "2");

  EXPECT_EQ(adjusted("split", "1mo"), (Rows{{"2024-05-01", "5.0000", "20000"},
                                            {"2024-06-03", "50.0000", "2000"},
                                            {"2024-07-01", "NULL", "NULL"},
                                            {"2024-08-01", "100.0000", "1000"}}));
}

TEST_F(AdjustedLongBars, a_split_that_was_taken_back_parts_no_week) {
  add_weeks({"2024-06-02", "2024-06-09"});
  act("split", "2024-06-12", "1");
  act("dividend", "2024-06-13", "0");

  EXPECT_EQ(adjusted("all"), (Rows{{"2024-06-03", "100.0000", "1000"}, {"2024-06-10", "100.0000", "1000"}}));
}

TEST_F(AdjustedLongBars, a_dividend_by_dividends_parts_a_week_and_by_splits_does_not) {
  add_weeks({"2024-06-09"});
  act("dividend", "2024-06-12", "5");

  EXPECT_EQ(adjusted("split"), (Rows{{"2024-06-10", "100.0000", "1000"}}));
  EXPECT_EQ(adjusted("all"), (Rows{{"2024-06-10", "NULL", "NULL"}}));
}

// The close of the day before is the week's of before if its day is a Monday; in its midst nobody knows it.
TEST_F(AdjustedLongBars, without_days_a_dividend_goes_by_the_close_of_the_week_before_or_by_none) {
  add_weeks({"2024-06-02", "2024-06-09", "2024-06-16"});
  act("dividend", "2024-06-10", "10");

  EXPECT_EQ(adjusted("all")[0], (std::vector<std::string>{"2024-06-03", "90.0000", "1000"}));
  EXPECT_EQ(adjusted("all")[1], (std::vector<std::string>{"2024-06-10", "100.0000", "1000"}));

  act("dividend", "2024-06-12", "10");
  EXPECT_EQ(adjusted("all"), (Rows{{"2024-06-03", "NULL", "1000"},
                                   {"2024-06-10", "NULL", "NULL"},
                                   {"2024-06-17", "100.0000", "1000"}}));
}

TEST_F(AdjustedLongBars,
       a_close_of_long_before_is_that_of_the_day_before_only_if_nothing_is_missing_between) {
  auto const day = add_days({"2024-05-06"}, {100}, "{[2024-05-06 04:00Z, 2024-05-07 04:00Z)}");
  act("dividend", "2024-06-10", "10");

  EXPECT_EQ(adjusted("all", "1d"), (Rows{{"2024-05-06", "NULL", "200"}}));
  rows("UPDATE candled.series SET covered = '{[2024-05-06 04:00Z, 2024-06-11 04:00Z)}' WHERE series_id = " +
       std::to_string(day));
  EXPECT_EQ(adjusted("all", "1d"), (Rows{{"2024-05-06", "90.0000", "200"}}));
}

// The other way to the same result: the aggregate of the adjusted days.
class AdjustedLongBarsProperty : public AdjustedLongBars, public testing::WithParamInterface<unsigned> {};

constexpr char market_sql[] = R"(
  INSERT INTO candled.bar
  SELECT day::timestamp AT TIME ZONE 'America/New_York', open, greatest(open, close) * 1.01, least(open, close) * 0.99, close,
         round(1000 * random()) + 1, (open + close) / 2, $DAY, 5
  FROM (SELECT session_date AS day, 50 + 100 * random() AS open, 50 + 100 * random() AS close
        FROM candled.market_session WHERE random() < 0.97) d;
  UPDATE candled.series SET covered = '{[2024-01-01 05:00Z, 2025-01-01 05:00Z)}' WHERE series_id = $DAY;
  INSERT INTO candled.bar
  SELECT candled.first_day_of_bar(day, timeframe)::timestamp AT TIME ZONE 'America/New_York',
         (array_agg(open ORDER BY ts))[1], max(high), min(low), (array_agg(close ORDER BY ts DESC))[1], sum(volume),
         sum(vwap * volume) / sum(volume), s.long, sum(trade_count)
  FROM (SELECT b.*, (b.ts AT TIME ZONE 'America/New_York')::date AS day FROM candled.bar b WHERE b.series_id = $DAY) d
  CROSS JOIN (SELECT s.series_id, s.timeframe FROM candled.series s WHERE s.timeframe IN ('1w', '1mo')) s
       (long, timeframe)
  GROUP BY s.long, timeframe, candled.first_day_of_bar(day, timeframe);
  INSERT INTO candled.corporate_action (instrument_id, kind, ex_date, ratio, amount, source, source_id, learned_at)
  SELECT 1, kind, day, CASE kind WHEN 'split' THEN (ARRAY[2, 10, 0.1, 1.5])[ceil(4 * random())] END,
         CASE kind WHEN 'dividend' THEN 3 * random() END, 'test', kind || day, '2024-01-01Z'
  FROM generate_series(date '2024-01-02', date '2024-12-30', '1 day') AS d
  CROSS JOIN LATERAL (SELECT d::date, CASE WHEN random() < 0.5 THEN 'split' ELSE 'dividend' END) AS a (day, kind)
  WHERE random() < 0.04)";

// Both ways, and where they differ.
constexpr char differ_sql[] = R"(
  WITH by_days AS (
    SELECT candled.first_day_of_bar(session_date, t)::timestamp AT TIME ZONE 'America/New_York' AS ts, t, a,
           (array_agg(open ORDER BY ts))[1] AS open, max(high) AS high, min(low) AS low,
           (array_agg(close ORDER BY ts DESC))[1] AS close, sum(volume) AS volume, sum(vwap * volume) / sum(volume) AS vwap,
           sum(trade_count) AS trade_count
    FROM unnest('{1w,1mo}'::text[]) AS t CROSS JOIN unnest('{split,dividend,all}'::text[]) AS a
    CROSS JOIN LATERAL candled.bars_adjusted('X', '1d', '2023-12-01Z', '2026-01-01Z', a)
    GROUP BY 1, t, a
  ), given AS (
    SELECT b.*, t, a
    FROM unnest('{1w,1mo}'::text[]) AS t CROSS JOIN unnest('{split,dividend,all}'::text[]) AS a
    CROSS JOIN LATERAL candled.bars_adjusted('X', t, '2023-12-01Z', '2026-01-01Z', a) b
  )
  SELECT count(*) || ' ' || count(*) FILTER (WHERE NOT coalesce(
           abs(g.open / d.open - 1) < 1e-9 AND abs(g.high / d.high - 1) < 1e-9 AND abs(g.low / d.low - 1) < 1e-9
           AND abs(g.close / d.close - 1) < 1e-9 AND abs(g.volume / d.volume - 1) < 1e-9
           AND abs(g.vwap / d.vwap - 1) < 1e-9 AND g.trade_count = d.trade_count, false))
         || ' ' || (count(*) FILTER (WHERE g.price_factor IS NULL) > 10)
  FROM given g FULL JOIN by_days d USING (ts, t, a))";

TEST_P(AdjustedLongBarsProperty, a_week_or_month_is_the_aggregate_of_its_adjusted_days) {
  auto const day = std::to_string(static_cast<int>(series_of(Timeframe::d1, "X").at(0).id));
  series_of(Timeframe::mo1, "X");
  std::string market = market_sql;
  for (auto at = market.find("$DAY"); at != std::string::npos; at = market.find("$DAY"))
    market.replace(at, 4, day);

  rows("SELECT setseed(" + std::to_string(1.0 / GetParam()) + "); " + market);

  // 53 weeks and 12 months of 2024, three ways each.
  EXPECT_EQ(value(differ_sql), "195 0 true");
}

INSTANTIATE_TEST_SUITE_P(AdjustedLongBars, AdjustedLongBarsProperty, testing::Range(1U, 7U));

}  // namespace
}  // namespace candled::test
