// What is missing, why, and when it is tried again.
#include <algorithm>

#include "completeness_fixture.hpp"
#include "store/reports.hpp"

namespace candled::test {
namespace {

using GapsViewTest = CompletenessTest;

struct Ladder {
  GapReason reason;
  std::vector<std::string> waits;
};

class LadderOf : public StoreTest, public testing::WithParamInterface<Ladder> {};

TEST_P(LadderOf, a_reason_is_climbed_with_every_attempt) {
  auto const series = open();
  std::vector<std::string> waits;
  for (int i = 0; i < 6; ++i) {
    must(await(store_.park({{.series = series.id,
                             .range = minutes_from("2024-01-02T14:30:00Z", 5),
                             .reason = GetParam().reason,
                             .detail = "no",
                             .failed_at = at("2024-06-01T00:00:00Z") + std::chrono::hours{i}}})));
    waits.push_back(value(
        "SELECT CASE WHEN next_try_at = 'infinity' THEN 'for ever' ELSE (next_try_at - last_tried)::text END "
        "FROM candled.gap"));
  }

  EXPECT_EQ(waits, GetParam().waits);
}

INSTANTIATE_TEST_SUITE_P(
    GapTest, LadderOf,
    testing::Values(
        Ladder{GapReason::fetch_failed, {"00:10:00", "01:00:00", "1 day", "7 days", "7 days", "7 days"}},
        Ladder{GapReason::rejected, {"00:10:00", "01:00:00", "1 day", "7 days", "for ever", "for ever"}},
        Ladder{GapReason::not_entitled, {"1 day", "1 day", "1 day", "1 day", "1 day", "1 day"}},
        Ladder{GapReason::horizon, {"7 days", "7 days", "7 days", "7 days", "7 days", "7 days"}}));

TEST_F(GapsViewTest, time_that_a_failure_names_wins_and_a_later_reason_replaces_the_first) {
  auto const series = open();
  FailedWindow window{.series = series.id,
                      .range = minutes_from("2024-01-02T14:30:00Z", 5),
                      .reason = GapReason::fetch_failed,
                      .detail = "no answer",
                      .failed_at = at("2024-05-01T00:00:00Z")};
  must(await(store_.park({window})));
  window.reason = GapReason::not_entitled;
  window.detail = "not in your plan";
  window.failed_at = at("2024-05-02T00:00:00Z");
  window.next_try_at = at("2024-07-01T00:00:00Z");
  must(await(store_.park({window})));

  EXPECT_EQ(
      rows("SELECT reason, detail, attempts, next_try_at FROM candled.gaps WHERE reason <> 'never_asked'"),
      (Rows{{"not_entitled", "not in your plan", "2", "2024-07-01 00:00:00+00"}}));
}

TEST_F(GapsViewTest, what_was_not_tried_is_not_counted_and_leaves_gaps_as_they_are) {
  auto const series = open();
  FailedWindow window{.series = series.id,
                      .range = minutes_from("2024-01-02T14:30:00Z", 5),
                      .reason = GapReason::fetch_failed,
                      .detail = "no answer",
                      .failed_at = at("2024-05-01T00:00:00Z")};
  must(await(store_.park({window})));
  auto const gaps =
      "SELECT lower(during), upper(during), reason, attempts, last_tried, next_try_at FROM candled.gap "
      "WHERE closed_at IS NULL ORDER BY 1";
  Rows const tried{{"2024-01-02 14:30:00+00", "2024-01-02 14:35:00+00", "fetch_failed", "1",
                    "2024-05-01 00:00:00+00", "2024-05-01 00:10:00+00"}};
  ASSERT_EQ(rows(gaps), tried);

  window.range = minutes_from("2024-01-02T14:20:00Z", 20);
  window.reason = GapReason::horizon;
  window.failed_at = at("2024-05-01T00:05:00Z");
  window.tried = false;
  must(await(store_.park({window})));
  must(await(store_.park({window})));  // told again

  Rows const beside{{"2024-01-02 14:20:00+00", "2024-01-02 14:30:00+00", "horizon", "0",
                     "2024-05-01 00:05:00+00", "2024-05-08 00:05:00+00"},
                    tried[0],
                    {"2024-01-02 14:35:00+00", "2024-01-02 14:40:00+00", "horizon", "0",
                     "2024-05-01 00:05:00+00", "2024-05-08 00:05:00+00"}};
  EXPECT_EQ(rows(gaps), beside);
}

TEST_F(GapsViewTest, what_was_not_tried_is_not_counted_when_it_is_due_either) {
  auto const series = open();
  FailedWindow window{.series = series.id,
                      .range = minutes_from("2024-01-02T14:30:00Z", 5),
                      .reason = GapReason::horizon,
                      .detail = "too old",
                      .failed_at = at("2024-05-01T00:00:00Z"),
                      .tried = false};
  must(await(store_.park({window})));
  window.failed_at = at("2024-05-08T00:00:00Z");
  must(await(store_.park({window})));
  auto const gap = "SELECT attempts, last_tried, next_try_at FROM candled.gap";
  EXPECT_EQ(rows(gap), (Rows{{"0", "2024-05-01 00:00:00+00", "2024-05-15 00:00:00+00"}}));

  window.failed_at = at("2024-05-09T00:00:00Z");
  window.tried = true;
  must(await(store_.park({window})));

  EXPECT_EQ(rows(gap), (Rows{{"1", "2024-05-09 00:00:00+00", "2024-05-16 00:00:00+00"}}));
}

TEST_F(GapsViewTest, end_of_the_newest_gap_beyond_the_horizon_is_known_with_the_series_and_who_has_bars) {
  auto const series = open();
  EXPECT_EQ(series.horizon_until, std::nullopt);
  EXPECT_TRUE(must(await(store_.with_bars({series.id}))).empty());
  auto const range = minutes_from("2024-01-02T14:30:00Z", 5);
  must(await(store_.park({{.series = series.id,
                           .range = range,
                           .reason = GapReason::horizon,
                           .detail = "too old",
                           .failed_at = at("2024-05-01T00:00:00Z")}})));

  EXPECT_EQ(open().horizon_until, range.to);
  load(minutes(series.id, range));
  EXPECT_EQ(open().horizon_until, std::nullopt);
  EXPECT_EQ(must(await(store_.with_bars({series.id}))), std::vector{series.id});
}

TEST_F(GapsViewTest, range_that_rests_is_parked_for_ever_and_read_as_such) {
  auto const series = open();
  auto const range = minutes_from("2024-01-02T14:30:00Z", 5);
  must(await(store_.park({{.series = series.id,
                           .range = range,
                           .reason = GapReason::rejected,
                           .detail = "high_low_order",
                           .failed_at = at("2024-05-01T00:00:00Z")}})));
  rows("UPDATE candled.gap SET next_try_at = 'infinity'");

  EXPECT_EQ(open().parked, RangeSet{range});
  EXPECT_EQ(open().gaps, (GapCounts{{GapReason::rejected, 1}}));
  auto const gaps = must(read_open_gaps(Secret{database_.url()}));
  auto const found = std::ranges::find(gaps, "rejected", &GapRow::reason);
  ASSERT_NE(found, gaps.end());
  EXPECT_EQ(found->next_try_at, when_a_person_asks);
}

TEST_F(GapsViewTest, gap_from_before_what_is_wanted_is_not_counted) {
  auto const series = open();
  must(await(store_.park({{.series = series.id,
                           .range = minutes_from("2023-06-01T14:30:00Z", 5),
                           .reason = GapReason::fetch_failed,
                           .detail = "no answer",
                           .failed_at = at("2024-05-01T00:00:00Z")}})));

  EXPECT_EQ(open().gaps, GapCounts{});
  EXPECT_FALSE(open().again.empty() && open().parked.empty());
}

TEST_F(GapsViewTest, rejected_bar_keeps_its_gap_while_it_is_served_and_a_good_one_closes_it) {
  auto const series = open();
  auto page = minutes(series.id, minutes_from("2024-01-02T14:30:00Z", 5));
  auto const bad_at = minutes_from("2024-01-02T14:32:00Z", 1);
  auto good = page;
  page.rejected = {{.series = series.id, .bar = page.bars[2], .reason = "high_low_order"}};
  page.bars.erase(page.bars.begin() + 2);
  page.slices[0].count = 4;
  load(page);
  must(await(store_.park({{.series = series.id,
                           .range = bad_at,
                           .reason = GapReason::rejected,
                           .detail = "high_low_order",
                           .failed_at = at("2024-05-01T00:00:00Z")}})));

  load(page);
  auto const again = open().again;
  load(good);

  EXPECT_EQ(again, RangeSet{bad_at});
  EXPECT_TRUE(open().again.empty());
  EXPECT_EQ(open().gaps, GapCounts{});
}

TEST_F(GapsViewTest, never_asked_is_only_where_a_bar_can_have_closed) {
  auto const series = open();
  auto const today = value("SELECT date_trunc('minute', now()) AT TIME ZONE 'UTC'");
  rows("DELETE FROM candled.market_session WHERE session_date > '2024-01-09'");
  // Friday evening until Monday morning is no hole, Tuesday afternoon is, and there is no session after it.
  load(without_bars(series.id, {.from = at("2024-01-01T00:00:00Z"), .to = at("2024-01-06T01:00:00Z")}));
  load(without_bars(series.id, {.from = at("2024-01-08T09:00:00Z"), .to = at("2024-01-09T18:00:00Z")}));

  EXPECT_EQ(rows("SELECT gap_from, gap_until > '" + today +
                 "', attempts FROM candled.gaps WHERE reason = 'never_asked'"),
            (Rows{{"2024-01-09 18:00:00+00", "t", "0"}}));
  load(without_bars(series.id, {.from = at("2024-01-09T18:00:00Z"), .to = at("2024-01-10T00:59:30Z")}));
  EXPECT_EQ(value("SELECT count(*) FROM candled.gaps WHERE reason = 'never_asked'"), "0")
      << "half a minute holds no bar";
}

TEST_F(GapsViewTest, what_lies_before_wanted_from_is_none) {
  auto const series = open();
  must(await(store_.park({{.series = series.id,
                           .range = minutes_from("2024-01-02T14:30:00Z", 5),
                           .reason = GapReason::fetch_failed,
                           .detail = "no answer",
                           .failed_at = at("2024-05-01T00:00:00Z")}})));
  auto later = query({"AAPL"});
  later.wanted_from = at("2024-01-03T05:00:00Z");

  must(await(store_.open_series(later)));

  EXPECT_EQ(rows("SELECT gap_from, reason FROM candled.gaps"),
            (Rows{{"2024-01-03 05:00:00+00", "never_asked"}}));
  EXPECT_EQ(value("SELECT min(session_date) FROM candled.session_completeness"), "2024-01-03");
}

TEST_F(GapsViewTest, one_row_for_each_hole_and_series_whatever_their_names) {
  auto const series = open("FB");
  rows("UPDATE candled.instrument_ticker SET valid = '(,2024-02-01)'");
  rows("INSERT INTO candled.instrument_ticker VALUES ('META', 1, '[2024-02-01,)')");
  load(minutes(series.id, minutes_from("2024-03-01T14:30:00Z", 5)));

  EXPECT_EQ(rows("SELECT ticker, gap_from FROM candled.gaps ORDER BY 2"),
            (Rows{{"META", "2024-01-01 00:00:00+00"}, {"META", "2024-03-01 14:35:00+00"}}));
  EXPECT_EQ(rows("SELECT ticker, open_gaps FROM candled.coverage_report"), (Rows{{"META", "0"}}));
  EXPECT_EQ(rows("SELECT ticker, count(*) > 5 FROM candled.session_completeness GROUP BY 1 ORDER BY 1"),
            (Rows{{"FB", "t"}, {"META", "t"}}));
}

}  // namespace
}  // namespace candled::test
