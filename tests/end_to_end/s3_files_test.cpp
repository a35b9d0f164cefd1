// Day files in a bucket: the same bars as from a folder, by requests that are signed.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGKILL is POSIX's, not C's

#include <filesystem>
#include <fstream>

#include "core/time.hpp"
#include "end_to_end/world.hpp"
#include "support/gzip.hpp"

namespace candled::test {
namespace {

std::vector<std::string> const days = {"2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"};
std::vector<std::string> const backfill = {"backfill", "--from", "2024-03-04", "--to", "2024-03-08"};
std::map<std::string, std::string> const good_key = {{"ACCESS", "AKIATEST"}, {"SECRET", "a/secret+of+ours"}};

std::string key_of(std::string const& day) {
  return fmt::format("us_stocks_sip/minute_aggs_v1/{}/{}/{}.csv.gz", day.substr(0, 4), day.substr(5, 2), day);
}

// Thirty minutes of AAPL and MSFT; the price of MSFT's eighth minute is `special`.
std::string file_of(std::string const& day, double special = 107) {
  std::string text = "ticker,volume,open,close,high,low,window_start,transactions\n";
  for (auto const* const ticker : {"AAPL", "MSFT"})
    for (int minute = 0; minute < 30; ++minute) {
      auto const start = parse_rfc3339(day + "T14:30:00Z").value() + std::chrono::minutes{minute};
      double const price = ticker[0] == 'M' && minute == 7 ? special : 100 + minute;
      text += fmt::format("{},{},{},{},{},{},{},{}\n", ticker, 100 + minute, price, price, price + 1,
                          price - 1, start.time_since_epoch().count() * 1'000'000, minute + 1);
    }
  return gzipped(text);
}

void write_file(TempDir const& root, std::string const& key, std::string const& content) {
  auto const path = std::filesystem::path{root.path()} / key;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path, std::ios::binary} << content;
}

// The exchange knows all five days; the bucket has the files of the first three, below mine/.
class S3Files : public testing::Test {
 protected:
  S3Files() {
    for (auto const& day : days) write_file(all_, key_of(day), file_of(day));
    for (std::size_t i = 0; i < 3; ++i) write_file(bucket_, "mine/" + key_of(days[i]), file_of(days[i]));
  }

  std::unique_ptr<World> start(std::string const& root, std::vector<std::string> const& more = {},
                               std::string const& faults = "") const {
    std::vector<std::string> exchange{"--data",       all_.path(), "--s3",
                                      bucket_.path(), "--s3-key",  "AKIATEST:a/secret+of+ours"};
    exchange.insert(exchange.end(), more.begin(), more.end());
    return std::make_unique<World>(WorldOptions{
        .exchange = exchange,
        .faults = faults,
        .jobs = "  - { name: minutes, provider: exchange, timeframe: 1m, symbols: [AAPL, F, MSFT], "
                "calendar: XNYS, history: 2024-03-04 }\n",
        .providers = "  files: " + root + "\n"});
  }
  std::unique_ptr<World> with_bucket(std::vector<std::string> const& more = {},
                                     std::string const& faults = "") const {
    return start(
        "{ kind: flatfile, fills: exchange, root: \"s3://flatfiles/mine\", endpoint: EXCHANGE, access_key: "
        "\"${env:ACCESS}\", secret_key: \"${env:SECRET}\" }",
        more, faults);
  }

  TempDir all_;
  TempDir bucket_;
};

void expect_no_secret_in(Finished const& finished) {
  for (auto const* const secret : {"secret+of+ours", "not-the-secret", "AKIATEST", "AKIAOTHER"})
    EXPECT_FALSE((finished.output + finished.errors).contains(secret)) << finished.errors;
}

TEST_F(S3Files, bring_what_a_folder_brings_through_pages_and_faults) {
  auto const folder =
      start(fmt::format("{{ kind: flatfile, fills: exchange, root: {}/mine }}", bucket_.path()));
  auto const bucket = with_bucket({"--s3-page", "1"},
                                  "503 ticker=s3 times=1\n429 ticker=s3 times=1 after=1\n"
                                  "truncate ticker=s3 times=1 after=2\nreset ticker=s3 times=1 after=3\n");

  auto const from_folder = folder->candled(backfill);
  auto const plan = bucket->candled({"plan"}, good_key);
  auto const from_bucket = bucket->candled(backfill, good_key);

  ASSERT_EQ(from_folder.exit_code, 0) << from_folder.errors;
  ASSERT_EQ(from_bucket.exit_code, 0) << from_bucket.errors;
  EXPECT_TRUE(plan.output.contains("minutes: 3 day files of files come first, without a request\n"))
      << plan.output;
  EXPECT_TRUE(from_bucket.output.contains("3 day files of files were read")) << from_bucket.output;
  EXPECT_TRUE(from_bucket.errors.contains("asks again in")) << from_bucket.errors;
  EXPECT_EQ(bucket->fingerprint(), folder->fingerprint());
  EXPECT_EQ(bucket->reported("requests"), 3) << "one a symbol, for Thursday and Friday";
  EXPECT_EQ(rows(bucket->url(), "SELECT file, version ~ '^[0-9a-f]{32}$' FROM candled.flat_file ORDER BY 1"),
            (Rows{{key_of(days[0]), "t"}, {key_of(days[1]), "t"}, {key_of(days[2]), "t"}}));
  expect_no_secret_in(from_bucket);
}

TEST_F(S3Files, are_not_replaced_by_requests_when_the_key_is_wrong) {
  auto const world = with_bucket();

  auto const unknown = world->candled(backfill, {{"ACCESS", "AKIAOTHER"}, {"SECRET", "a/secret+of+ours"}});
  auto const wrong = world->candled(backfill, {{"ACCESS", "AKIATEST"}, {"SECRET", "not-the-secret"}});
  auto const plan = world->candled({"plan"}, {{"ACCESS", "AKIATEST"}, {"SECRET", "not-the-secret"}});

  for (auto const* const finished : {&unknown, &wrong, &plan}) {
    EXPECT_EQ(finished->exit_code, 4) << finished->errors;
    expect_no_secret_in(*finished);
  }
  EXPECT_TRUE(unknown.errors.contains("InvalidAccessKeyId: the server does not know this access_key"))
      << unknown.errors;
  EXPECT_TRUE(
      wrong.errors.contains("SignatureDoesNotMatch: the secret_key is not the one of this access_key"))
      << wrong.errors;
  EXPECT_EQ(world->reported("requests"), 0);
  EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.bar"), "0");
}

TEST_F(S3Files, say_that_the_clock_is_wrong) {
  auto const finished = with_bucket({"--s3-clock-ahead", "20m"})->candled(backfill, good_key);

  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_TRUE(finished.errors.contains("RequestTimeTooSkewed: this machine's clock is wrong"))
      << finished.errors;
}

// A plan that does not reach back so far: the list shows more than may be read.
TEST_F(S3Files, that_may_not_be_read_are_left_to_requests) {
  auto const world = with_bucket({"--s3-allowed", "mine/" + key_of(days[1])});

  auto const finished = world->candled(backfill, good_key);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("AccessDenied")) << finished.errors;
  EXPECT_TRUE(finished.output.contains("1 day files of files were read")) << finished.output;
  EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.bars"), "300");
}

TEST_F(S3Files, published_again_are_read_again) {
  auto const world = with_bucket();
  ASSERT_EQ(world->candled(backfill, good_key).exit_code, 0);
  write_file(bucket_, "mine/" + key_of(days[1]), file_of(days[1], 207));

  auto const again = world->candled({"once"}, good_key);
  auto const after_that = world->candled({"once"}, good_key);

  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_TRUE(again.output.contains("1 day files of files were read")) << again.output;
  EXPECT_EQ(rows(world->url(), "SELECT ts AT TIME ZONE 'UTC', open FROM candled.bar_revision"),
            (Rows{{"2024-03-05 14:37:00", "107"}}));
  EXPECT_FALSE(after_that.output.contains("day files")) << after_that.output;
}

TEST_F(S3Files, are_each_read_once_though_candled_is_killed) {
  auto const world = with_bucket();

  auto const killed = world->candled(backfill, {{"ACCESS", "AKIATEST"},
                                                {"SECRET", "a/secret+of+ours"},
                                                {"CANDLED_FAILPOINT", "flat_file_taken:2:kill"}});
  auto const finished = world->candled(backfill, good_key);

  EXPECT_EQ(killed.exit_code, -SIGKILL);
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.bars"), "300");
  EXPECT_EQ(value(world->url(), "SELECT count(*) FROM candled.flat_file WHERE read_at IS NOT NULL"), "3");
}

}  // namespace
}  // namespace candled::test
