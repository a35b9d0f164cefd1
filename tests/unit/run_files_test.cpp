// What of a day file becomes whose bars, and what it proves.
#include "pipeline/run_files.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/gzip.hpp"
#include "support/temp_dir.hpp"
#include "unit/pipeline_fixture.hpp"

namespace candled {
namespace {

using namespace std::chrono_literals;

UtcTime at(char const* text) {
  return parse_rfc3339(text).value();
}

// 2024-05-01, of a market that never closes.
constexpr std::chrono::sys_days first_of_may{std::chrono::year{2024} / 5 / 1};
TimeRange const day{.from = first_of_may, .to = first_of_may + 24h};

std::string row(std::string const& ticker, int minute, std::string const& low = "9") {
  return fmt::format("{},100,10,10,11,{},{},5\n", ticker, low,
                     (day.from + std::chrono::minutes{minute}).time_since_epoch().count() * 1'000'000);
}

struct DayFileFixture : test::PipelineFixture {
  DayFileFixture() : PipelineFixture([](std::string const&, int) { return test::good_answer(); }) {
    source.files =
        std::make_shared<FlatFiles>(FlatFiles{.name = "files", .root = folder.path(), .asset_class = "us"});
  }

  FilesResult read(std::string const& rows, std::vector<Series> const& series) {
    auto const path = folder.write(
        "file", test::gzipped("ticker,volume,open,close,high,low,window_start,transactions\n" + rows));
    DayFile const file{.key = "file", .day = day, .proves = day, .version = file_version(path)};
    auto const job = job_of({});
    FilesResult result;
    bool done = false;
    boost::asio::co_spawn(loop, run_files(ports, job, series, std::span{&file, 1}, Take::lacking),
                          [&](std::exception_ptr const& broken, FilesResult returned) {
                            if (broken) std::rethrow_exception(broken);
                            result = std::move(returned);
                            done = true;
                          });
    clock.run(done);
    return result;
  }

  test::TempDir folder;
};

Series series(int id, std::string ticker, std::vector<Name> names = {}) {
  return {.id = SeriesId{id}, .ticker = std::move(ticker), .names = std::move(names)};
}

// META was an ETF's ticker until January 2022, and is Facebook's, which was FB, since June: here in May 2024.
TEST(RunFiles, reads_the_ticker_that_the_instrument_had_on_the_day_and_none_where_it_had_none) {
  DayFileFixture fixture;
  auto const rename = at("2024-05-09T00:00:00Z");
  auto const reuse = at("2024-04-30T00:00:00Z");

  fixture.read(
      row("FB", 1) + row("META", 1) + row("META", 2) + row("METV", 1) + row("METV", 2) + row("METV", 3),
      {series(1, "META", {{"FB", {UtcTime::min(), rename}}, {"META", {rename, UtcTime::max()}}}),
       series(2, "METV", {{"META", {UtcTime::min(), reuse}}, {"METV", {reuse, UtcTime::max()}}}),
       series(3, "META", {{"META", {rename, UtcTime::max()}}})});

  EXPECT_EQ(fixture.store.bars_of(1), 1U);
  EXPECT_EQ(fixture.store.bars_of(2), 3U);
  EXPECT_EQ(fixture.store.bars_of(3), 0U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}], RangeSet{day});
  EXPECT_TRUE(fixture.store.covered[SeriesId{3}].empty());
}

TEST(RunFiles, proves_nothing_of_a_ticker_that_the_file_does_not_hold) {
  for (auto const& rows : {row("aapl", 1), row(" AAPL", 1), row("AAPL.", 1), row("MSFT", 1)}) {
    DayFileFixture fixture;

    fixture.read(row("A", 0) + rows, {series(1, "AAPL"), series(2, "A")});

    EXPECT_TRUE(fixture.store.covered[SeriesId{1}].empty()) << rows;
    EXPECT_EQ(fixture.store.covered[SeriesId{2}], RangeSet{day}) << rows;
  }
}

TEST(RunFiles, proves_the_last_ticker_to_its_last_row_where_that_may_not_be_its_last) {
  DayFileFixture fixture;

  fixture.read(row("AAPL", 0) + row("AAPL", 900) + row("MSFT", 0) + row("MSFT", 400),
               {series(1, "AAPL"), series(2, "MSFT")});

  EXPECT_EQ(fixture.store.covered[SeriesId{1}], RangeSet{day});
  EXPECT_EQ(fixture.store.covered[SeriesId{2}], (RangeSet{{day.from, day.from + 401min}}));
}

TEST(RunFiles, leaves_the_time_of_a_bar_that_cannot_be_true_to_the_provider) {
  DayFileFixture fixture;

  fixture.read(row("AAPL", 0) + row("AAPL", 1, "12") + row("AAPL", 2), {series(1, "AAPL")});

  EXPECT_EQ(fixture.store.bars_of(1), 2U);
  EXPECT_EQ(fixture.store.covered[SeriesId{1}],
            (RangeSet{{day.from, day.from + 1min}, {day.from + 2min, day.to}}));
}

TEST(RunFiles, stores_nothing_of_a_file_with_fields_in_quotes) {
  DayFileFixture fixture;

  auto const result = fixture.read(row("A", 0) + row("\"AAPL\"", 1), {series(1, "AAPL"), series(2, "A")});

  EXPECT_EQ(result.broken, 1U);
  EXPECT_EQ(fixture.store.bars_of(2), 0U);
  EXPECT_TRUE(fixture.store.covered[SeriesId{2}].empty());
}

}  // namespace
}  // namespace candled
