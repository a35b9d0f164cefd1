// Which day files are there, and what each proves.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "pipeline/flat_files.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

struct FlatFilesOnDisk : testing::Test {
  void add(std::string const& day, std::string const& content = "some gzip") {
    auto const path = root / ("us_stocks_sip/minute_aggs_v1/" + day.substr(0, 4) + "/" + day.substr(5, 2) +
                              "/" + day + ".csv.gz");
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream{path} << content;
  }

  // What the files of `wanted` prove, from a year later on.
  std::vector<TimeRange> proven(RangeSet const& wanted, UtcTime now = at("2025-03-01T00:00:00Z")) const {
    std::vector<TimeRange> ranges;
    for (auto const& file : day_files(files, job, wanted, now)) ranges.push_back(file.proves);
    return ranges;
  }

  test::TempDir root;
  FlatFiles files{.name = "files", .root = root.path(), .asset_class = "us_stocks_sip"};
  Job job{.name = "j",
          .source = nullptr,
          .timeframe = Timeframe::m1,
          .symbols = {},
          .calendar = Calendar{CalendarKind::xnys},
          .schedule = {},
          .shape = {},
          .settle = {}};
};

// New York midnight is 05:00 UTC in winter; 2024-03-01 is a Friday.
TEST_F(FlatFilesOnDisk, prove_their_day_and_the_closed_days_before_it) {
  add("2024-03-01"), add("2024-03-04");

  EXPECT_EQ(proven({{.from = at("2024-03-01T05:00:00Z"), .to = at("2024-03-06T05:00:00Z")}}),
            (std::vector<TimeRange>{{at("2024-03-01T05:00:00Z"), at("2024-03-02T05:00:00Z")},
                                    {at("2024-03-02T05:00:00Z"), at("2024-03-05T05:00:00Z")}}));
}

TEST_F(FlatFilesOnDisk, prove_nothing_of_a_session_whose_file_is_missing) {
  add("2024-03-04"), add("2024-03-06");

  EXPECT_EQ(proven({{.from = at("2024-03-04T05:00:00Z"), .to = at("2024-03-08T05:00:00Z")}}),
            (std::vector<TimeRange>{{at("2024-03-04T05:00:00Z"), at("2024-03-05T05:00:00Z")},
                                    {at("2024-03-06T05:00:00Z"), at("2024-03-07T05:00:00Z")}}));
}

// The operator may be wrong, and the file of the Monday may come later.
TEST_F(FlatFilesOnDisk, prove_nothing_of_a_day_that_only_an_override_calls_closed) {
  add("2024-03-08"), add("2024-03-12");
  job.calendar = Calendar{
      CalendarKind::xnys,
      {{.date = Date{std::chrono::year{2024} / 3 / 11}, .closes_at = std::nullopt, .reason = "by mistake"}}};

  EXPECT_EQ(proven({{.from = at("2024-03-08T05:00:00Z"), .to = at("2024-03-13T04:00:00Z")}}),
            (std::vector<TimeRange>{{at("2024-03-08T05:00:00Z"), at("2024-03-09T05:00:00Z")},
                                    {at("2024-03-12T04:00:00Z"), at("2024-03-13T04:00:00Z")}}));
}

// A Saturday on which somebody traded after all.
TEST_F(FlatFilesOnDisk, are_believed_rather_than_the_calendar) {
  add("2024-03-02"), add("2024-03-04");

  EXPECT_EQ(proven({{.from = at("2024-03-02T05:00:00Z"), .to = at("2024-03-05T05:00:00Z")}}),
            (std::vector<TimeRange>{{at("2024-03-02T05:00:00Z"), at("2024-03-03T05:00:00Z")},
                                    {at("2024-03-03T05:00:00Z"), at("2024-03-05T05:00:00Z")}}));
}

TEST_F(FlatFilesOnDisk, are_left_while_their_day_is_not_over) {
  add("2024-03-04");
  RangeSet const monday{{.from = at("2024-03-04T05:00:00Z"), .to = at("2024-03-05T01:00:00Z")}};

  EXPECT_TRUE(proven(monday, at("2024-03-05T04:59:59Z")).empty());
  EXPECT_EQ(proven(monday, at("2024-03-05T05:00:00Z")).size(), 1U);
}

// After 20:00 New York no bar can exist.
TEST_F(FlatFilesOnDisk, are_left_when_nothing_of_their_session_is_wanted) {
  add("2024-03-04");

  EXPECT_TRUE(proven({{.from = at("2024-03-05T01:00:00Z"), .to = at("2024-03-06T05:00:00Z")}}).empty());
  EXPECT_EQ(proven({{.from = at("2024-03-05T00:59:00Z"), .to = at("2024-03-06T05:00:00Z")}}).size(), 1U);
}

TEST_F(FlatFilesOnDisk, are_none_of_another_timeframe_or_without_the_folder) {
  add("2024-03-04");
  RangeSet const monday{{.from = at("2024-03-04T05:00:00Z"), .to = at("2024-03-05T05:00:00Z")}};
  EXPECT_EQ(proven(monday).size(), 1U);

  job.timeframe = Timeframe::m5;
  EXPECT_TRUE(proven(monday).empty());
  job.timeframe = Timeframe::m1;
  files.root = root / "nowhere";
  EXPECT_TRUE(proven(monday).empty());
}

TEST_F(FlatFilesOnDisk, have_another_version_when_they_have_another_end_or_time) {
  auto const path = root.write("file", "12345678 one");
  auto const first = file_version(path);
  auto const time = std::filesystem::last_write_time(path);
  EXPECT_EQ(file_version(path), first);

  root.write("file", "12345678 two");
  std::filesystem::last_write_time(path, time);
  EXPECT_NE(file_version(path), first);

  root.write("file", "12345678 one");
  std::filesystem::last_write_time(path, time);
  EXPECT_EQ(file_version(path), first);
  std::filesystem::last_write_time(path, time + std::chrono::seconds{1});
  EXPECT_NE(file_version(path), first);
  EXPECT_EQ(file_version(root / "missing"), "");
}

}  // namespace
}  // namespace candled
