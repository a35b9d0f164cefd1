// What the fixtures calendars_*.yaml do not show: reasons, and writing.
#include "config/overrides_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "config/describe.hpp"
#include "config/load_config.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

OverrideLine closed(std::string_view date, std::string reason) {
  return {.day = {.date = parse_date(date).value(), .closes_at = std::nullopt, .reason = std::move(reason)},
          .place = {}};
}

TEST(Overrides, a_reason_is_the_comment_on_one_line) {
  auto const text =
      parse_overrides("XNYS 2027-01-11 closed #  a # b\t\x1b[2J \r\nXNYS 2027-01-12 closed", "FILE");

  ASSERT_EQ(text.lines.size(), 2U);
  EXPECT_EQ(text.lines[0].day.reason, "a # b  [2J");
  EXPECT_EQ(text.lines[1].day.reason, "");
  EXPECT_EQ(text.lines[1].place, (Place{.line = 2, .column = 1}));
}

TEST(Overrides, are_written_as_they_are_read) {
  for (auto const* const line :
       {"XNYS 2027-01-11 closed  # mourning", "XNYS 2027-07-02 13:00", "XNYS 2027-07-02 09:31"})
    EXPECT_EQ(to_string(parse_overrides(line, "FILE").lines.at(0)), line);
}

TEST(Overrides, said_twice_are_one) {
  auto const text = parse_overrides("XNYS 2027-01-11 closed # a\nXNYS 2027-01-11 closed # b\n", "FILE");

  ASSERT_EQ(text.lines.size(), 1U);
  EXPECT_TRUE(text.problems.empty());
  EXPECT_EQ(text.lines[0].day.reason, "a");
}

TEST(Overrides, are_added_to_the_end_of_what_is_there) {
  test::TempDir const folder;
  auto const path = folder.write("days.txt", "# mine\nXNYS 2027-01-11 closed");  // no line break

  ASSERT_TRUE(append_override(path, closed("2027-01-12", "snow")));
  ASSERT_TRUE(append_override(path, closed("2027-01-13", "")));

  EXPECT_EQ(test::read_file(path),
            "# mine\nXNYS 2027-01-11 closed\nXNYS 2027-01-12 closed  # snow\nXNYS 2027-01-13 closed\n");
}

TEST(Overrides, are_not_added_to_a_file_that_is_not_there) {
  test::TempDir const folder;

  auto const added = append_override(folder / "none.txt", closed("2027-01-12", "snow"));

  ASSERT_FALSE(added);
  EXPECT_EQ(added.error(), "does not exist");
}

TEST(Overrides, are_read_from_the_file_beside_the_configuration) {
  test::TempDir const folder;
  auto const days =
      folder.write("days.txt", "XNYS 2027-01-11 closed  # mourning\n# more\nXNYS 2027-07-02 13:00\r\n");
  auto const path = folder.write(
      "candled.yaml",
      "database: { url: postgresql:///candled }\n"
      "providers: { massive: { kind: polygon, api_key: \"${env:CANDLED_TEST_KEY}\" } }\n"
      "jobs:\n"
      "  - { name: us, provider: massive, timeframe: 1m, history: 2024-01-01, symbols: [AAPL] }\n"
      "calendars: { overrides: days.txt }\n");
  setenv("CANDLED_TEST_KEY", "key", 1);
  auto const config = load_config(path);
  unsetenv("CANDLED_TEST_KEY");

  ASSERT_TRUE(config) << to_string(config.error().front());
  EXPECT_EQ(config->calendars.overrides.at(CalendarKind::xnys),
            (std::vector<CalendarOverride>{
                {.date = *parse_date("2027-01-11"), .closes_at = std::nullopt, .reason = "mourning"},
                {.date = *parse_date("2027-07-02"), .closes_at = 13h, .reason = ""}}));
  auto const on_that_day = *parse_rfc3339("2027-01-11T15:00:00Z");
  EXPECT_EQ(config->calendar(CalendarKind::xnys).session_at_or_before(on_that_day).date,
            *parse_date("2027-01-08"));
  auto const described = describe(*config);
  EXPECT_NE(std::ranges::find(described, "calendars: { overrides: " + days + " } (2 days)"), described.end());
}

}  // namespace
}  // namespace candled
