#include "store/market_sessions.hpp"

#include "store_fixture.hpp"

namespace candled::test {
namespace {

class MarketSessions : public testing::Test {
 protected:
  int publish(std::vector<Session> const& sessions, std::string_view calendar = "XNYS") const {
    return must(publish_sessions(Secret{database_.url()}, calendar, sessions));
  }
  std::vector<Session> week(std::vector<CalendarOverride> const& overrides = {}) const {
    return Calendar{CalendarKind::xnys, overrides}.sessions(
        {.from = at("2024-11-25T05:00:00Z"), .to = at("2024-12-02T05:00:00Z")});
  }
  Rows table() const {
    return rows(
        database_.url(),
        "SELECT session_date, opens_at, closes_at, extended_opens_at, extended_closes_at, early_close "
        "FROM candled.market_session WHERE calendar = 'XNYS' ORDER BY session_date");
  }

  TempDatabase database_;
};

TEST_F(MarketSessions, are_published_as_they_are) {
  EXPECT_EQ(publish(week()), 4);

  auto const published = table();
  ASSERT_EQ(published.size(), 4U);  // Thanksgiving has none
  EXPECT_EQ(published[2],
            (std::vector<std::string>{"2024-11-27", "2024-11-27 14:30:00+00", "2024-11-27 21:00:00+00",
                                      "2024-11-27 09:00:00+00", "2024-11-28 01:00:00+00", "f"}));
  EXPECT_EQ(published[3],
            (std::vector<std::string>{"2024-11-29", "2024-11-29 14:30:00+00", "2024-11-29 18:00:00+00",
                                      "2024-11-29 09:00:00+00", "2024-11-29 22:00:00+00", "t"}));
}

TEST_F(MarketSessions, published_again_write_nothing) {
  publish(week());
  auto const physical = "SELECT ctid, xmin, xmax FROM candled.market_session ORDER BY session_date";
  auto const before = rows(database_.url(), physical);

  EXPECT_EQ(publish(week()), 0);

  EXPECT_EQ(rows(database_.url(), physical), before);
}

TEST_F(MarketSessions, that_changed_are_put_right_and_that_closed_go) {
  publish(week());

  EXPECT_EQ(
      publish(week({{.date = *parse_date("2024-11-26"), .closes_at = {}, .reason = ""},
                    {.date = *parse_date("2024-11-27"), .closes_at = std::chrono::hours{12}, .reason = ""},
                    {.date = *parse_date("2024-11-28"), .closes_at = std::chrono::hours{16}, .reason = ""}})),
      3);

  auto const published = table();
  ASSERT_EQ(published.size(), 4U);
  EXPECT_EQ(published[0][0], "2024-11-25");
  EXPECT_EQ(published[1][0], "2024-11-27");
  EXPECT_EQ(published[1][2], "2024-11-27 17:00:00+00");
  EXPECT_EQ(published[1][5], "t");
  EXPECT_EQ(published[2][0], "2024-11-28");
}

TEST_F(MarketSessions, of_another_calendar_stay) {
  auto const days = Calendar{CalendarKind::always}.sessions(
      {.from = at("2024-11-25T00:00:00Z"), .to = at("2024-11-28T00:00:00Z")});
  EXPECT_EQ(publish(days, "24x7"), 3);

  EXPECT_EQ(publish(week()), 4);
  EXPECT_EQ(publish({}), 4);

  EXPECT_EQ(value(database_.url(), "SELECT string_agg(calendar, ' ') FROM candled.market_session"),
            "24x7 24x7 24x7");
}

TEST_F(MarketSessions, that_are_impossible_are_refused_whole) {
  publish(week());
  auto sessions = week();
  sessions[0].early_close = true;
  std::swap(sessions[1].regular.from, sessions[1].regular.to);

  auto const refused = publish_sessions(Secret{database_.url()}, "XNYS", sessions);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::db_refused);
  EXPECT_EQ(table()[0][5], "f");
}

TEST(MarketSessionsWithoutASchema, say_candled_migrate) {
  auto const database = TempDatabase::empty();

  auto const refused = publish_sessions(Secret{database.url()}, "XNYS", {});

  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().what.contains("run `candled migrate`")) << refused.error().what;
}

}  // namespace
}  // namespace candled::test
