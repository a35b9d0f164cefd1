// `candled calendar`: sessions listed, days written down, and the table that follows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

using Json = nlohmann::json;

std::string const jobs =
    "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL], history: 2024-03-04 }\n";

class CalendarCommand : public testing::Test {
 protected:
  explicit CalendarCommand(std::string const& more = "") {
    auto const days = folder_.write("days.txt", "# days that nobody could foresee\n");
    world_.emplace(WorldOptions{
        .jobs = jobs, .more = more.empty() ? fmt::format("calendars: {{ overrides: \"{}\" }}", days) : more});
  }

  Finished calendar(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "calendar");
    return world_->candled(arguments);
  }
  Finished listed(std::string const& from, std::string const& to) {
    return calendar({"--from", from, "--to", to});
  }
  std::string days() const { return read_file(folder_ / "days.txt"); }
  std::string sessions(std::string const& calendar, std::string const& condition) const {
    return value(world_->url(),
                 fmt::format("SELECT count(*) FROM candled.market_session WHERE calendar = '{}' AND {}",
                             calendar, condition));
  }

  TempDir folder_;
  std::optional<World> world_;
};

TEST_F(CalendarCommand, migrate_fills_the_table_and_does_it_once) {
  auto const first = world_->candled({"migrate"});
  auto const second = world_->candled({"migrate"});

  EXPECT_EQ(first.exit_code, 0) << first.errors;
  // 11,577 New York sessions and 16,801 days from 1990 to 2035.
  EXPECT_TRUE(first.output.contains("candled.market_session: 28378 rows changed\n")) << first.output;
  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_FALSE(second.output.contains("market_session")) << second.output;
  EXPECT_EQ(sessions("XNYS", "session_date BETWEEN '2024-01-01' AND '2024-12-31'"), "252");
  EXPECT_EQ(sessions("XNYS", "early_close AND session_date BETWEEN '2024-01-01' AND '2024-12-31'"), "3");
  EXPECT_EQ(sessions("24x7", "session_date BETWEEN '2024-01-01' AND '2024-12-31'"), "366");
}

TEST_F(CalendarCommand, close_is_seen_in_the_file_the_table_and_the_listing) {
  ASSERT_EQ(world_->candled({"migrate"}).exit_code, 0);

  auto const closed = calendar({"close", "XNYS", "2027-01-11", "--reason", "National Day of Mourning"});

  EXPECT_EQ(closed.exit_code, 0) << closed.errors;
  EXPECT_EQ(closed.output, fmt::format("added to {}: XNYS 2027-01-11 closed  # National Day of Mourning\n"
                                       "candled.market_session: 1 row changed\n"
                                       "a running daemon takes it over with `systemctl reload candled`\n",
                                       folder_ / "days.txt"));
  EXPECT_EQ(days(), "# days that nobody could foresee\nXNYS 2027-01-11 closed  # National Day of Mourning\n");
  EXPECT_EQ(sessions("XNYS", "session_date = '2027-01-11'"), "0");
  EXPECT_EQ(listed("2027-01-08", "2027-01-12").output,
            "XNYS, regular hours, America/New_York\n"
            "DATE        DAY  OPENS   CLOSES  OPENS (UTC)           CLOSES (UTC)          NOTE\n"
            "2027-01-08  Fri  09:30   16:00   2027-01-08T14:30:00Z  2027-01-08T21:00:00Z\n"
            "2027-01-11  Mon  closed                                                      National Day of "
            "Mourning\n"
            "2027-01-12  Tue  09:30   16:00   2027-01-12T14:30:00Z  2027-01-12T21:00:00Z\n");
}

TEST_F(CalendarCommand, a_second_time_changes_nothing) {
  ASSERT_EQ(world_->candled({"migrate"}).exit_code, 0);
  std::vector<std::string> const close{"close", "XNYS", "2027-01-11", "--reason", "mourning"};
  ASSERT_EQ(calendar(close).exit_code, 0);
  auto const before = days();

  auto const again = calendar(close);

  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_TRUE(again.output.contains("days.txt:2 says so already\ncandled.market_session: 0 rows changed\n"))
      << again.output;
  EXPECT_EQ(days(), before);
}

TEST_F(CalendarCommand, early_close_is_marked_with_its_reason) {
  ASSERT_EQ(world_->candled({"migrate"}).exit_code, 0);

  auto const closed = calendar({"early-close", "XNYS", "2027-07-02", "13:00", "--reason", "heat"});

  EXPECT_EQ(closed.exit_code, 0) << closed.errors;
  EXPECT_EQ(
      value(world_->url(),
            "SELECT concat_ws(' ', closes_at, extended_closes_at, early_close) FROM candled.market_session "
            "WHERE calendar = 'XNYS' AND session_date = '2027-07-02'"),
      "2027-07-02 17:00:00+00 2027-07-02 21:00:00+00 t");
  EXPECT_TRUE(listed("2027-07-02", "2027-07-06")
                  .output.contains("2027-07-02  Fri  09:30  13:00   2027-07-02T13:30:00Z  "
                                   "2027-07-02T17:00:00Z  early close: heat\n2027-07-06"));
  auto const json =
      Json::parse(calendar({"XNYS", "--from", "2027-07-02", "--to", "2027-07-02", "--json"}).output);
  EXPECT_EQ(json["zone"], "America/New_York");
  EXPECT_EQ(json["sessions"][0], (Json{{"date", "2027-07-02"},
                                       {"opens_at", "2027-07-02T13:30:00Z"},
                                       {"closes_at", "2027-07-02T17:00:00Z"},
                                       {"extended_opens_at", "2027-07-02T08:00:00Z"},
                                       {"extended_closes_at", "2027-07-02T21:00:00Z"},
                                       {"early_close", true},
                                       {"reason", "heat"}}));
}

TEST_F(CalendarCommand, a_contradiction_is_shown_with_its_place_and_nothing_is_changed) {
  ASSERT_EQ(world_->candled({"migrate"}).exit_code, 0);
  ASSERT_EQ(calendar({"close", "XNYS", "2027-07-02", "--reason", "storm"}).exit_code, 0);
  auto const before = days();

  auto const early = calendar({"early-close", "XNYS", "2027-07-02", "13:00", "--reason", "heat"});

  EXPECT_EQ(early.exit_code, 2);
  EXPECT_EQ(
      early.errors,
      fmt::format("candled: {}:2 says 'XNYS 2027-07-02 closed  # storm': change that line, or remove it\n",
                  folder_ / "days.txt"));
  EXPECT_EQ(days(), before);
  EXPECT_EQ(sessions("XNYS", "session_date = '2027-07-02'"), "0");
}

TEST_F(CalendarCommand, ten_sessions_are_listed_when_no_range_is_asked_for) {
  EXPECT_EQ(Json::parse(calendar({"--json"}).output)["sessions"].size(), 10U);

  auto const holidays = calendar({"--from", "2024-12-24", "--json"});
  auto const sessions = Json::parse(holidays.output)["sessions"];
  ASSERT_EQ(sessions.size(), 10U);
  EXPECT_EQ(sessions[0]["date"], "2024-12-24");
  EXPECT_EQ(sessions[0]["early_close"], true);
  EXPECT_EQ(sessions[1]["date"], "2024-12-26");
  EXPECT_EQ(sessions[9]["date"], "2025-01-08");  // not the 1st; the 9th would be President Carter's day
}

TEST_F(CalendarCommand, an_endless_market_is_listed_until_midnight) {
  EXPECT_TRUE(
      calendar({"24x7", "--from", "2027-07-03", "--to", "2027-07-03"})
          .output.contains("2027-07-03  Sat  00:00  24:00   2027-07-03T00:00:00Z  2027-07-04T00:00:00Z\n"));
}

class WithoutOverrides : public CalendarCommand {
 protected:
  WithoutOverrides() : CalendarCommand("log: { level: info }") {}
};

TEST_F(WithoutOverrides, there_is_no_file_to_write_to_and_that_is_said) {
  auto const closed = calendar({"close", "XNYS", "2027-01-11", "--reason", "mourning"});

  EXPECT_EQ(closed.exit_code, 2);
  EXPECT_EQ(closed.errors,
            "candled: the configuration names no file for such days: create an empty file, and name it: "
            "calendars: { overrides: calendar-overrides.txt }\n");
}

}  // namespace
}  // namespace candled::test
