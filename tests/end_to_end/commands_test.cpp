// What a person at a shell sees: exit codes, messages, JSON.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "end_to_end/world.hpp"

namespace candled::test {
namespace {

using Json = nlohmann::json;

// Five trading days of a synthetic market that has long ended: what is due does not depend on today.
std::vector<std::string> const exchange = {"--synthetic", "7",     "--synthetic-from",
                                           "2024-03-01",  "--now", "2024-03-09"};
std::string const jobs =
    "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL, MSFT], calendar: XNYS, history: "
    "2024-03-04 }\n";

World daily_world(std::string rate_limit = "{ requests: 1000, per: 1s, burst: 100 }") {
  return World{{.exchange = exchange, .jobs = jobs, .rate_limit = std::move(rate_limit)}};
}

std::vector<std::string> const database_commands{"once", "plan", "status", "gaps", "migrate"};

// No message may hold what only a programmer can read.
void expect_for_people(Finished const& finished) {
  auto const text = finished.output + finished.errors;
  for (auto const* const jargon : {"pqxx", "terminate called", "std::", "SQLSTATE 00000", "exception"})
    EXPECT_FALSE(text.contains(jargon)) << text;
}

// A configuration of its own beside the world's, with another database or other text.
class Configured : public testing::Test {
 protected:
  static std::string text(std::string const& url) {
    return fmt::format(R"(database: {{ url: "{}" }}
providers:
  exchange:
    kind: polygon
    base_url: http://127.0.0.1:9
    api_key: ${{env:CANDLED_TEST_KEY}}
    rate_limit: {{ requests: 1000, per: 1s, burst: 100 }}
jobs:
{}timings: {{ csv: "{}" }}
)",
                       url, jobs, "timings.csv");
  }

  Finished candled(std::vector<std::string> arguments, std::string const& config,
                   std::map<std::string, std::string> environment = {{"CANDLED_TEST_KEY", "demo"}}) const {
    auto const path = dir_.write("candled.yaml", config);
    arguments.insert(arguments.begin(), built_program("candled"));
    arguments.insert(arguments.begin() + 2, {"--config", path});
    return run(arguments, environment);
  }

  void expect_of_each_command(std::string const& url, int exit_code,
                              std::vector<std::string> const& messages) const {
    for (auto const& command : database_commands) {
      auto const finished = candled({command}, with_csv(text(url)));
      EXPECT_EQ(finished.exit_code, exit_code) << command << finished.errors;
      for (auto const& message : messages)
        EXPECT_TRUE(finished.errors.contains(message)) << command << ": " << finished.errors;
      expect_for_people(finished);
    }
  }

  std::string with_csv(std::string config) const {
    config.replace(config.find("timings.csv\""), 11, dir_ / "timings.csv");
    return config;
  }

  TempDir dir_;
};

using NoDatabase = Configured;

TEST_F(NoDatabase, a_server_that_is_not_there_is_named) {
  expect_of_each_command("postgresql:///candled?host=" + dir_.path(), 1,
                         {dir_.path(), "is the server running?"});
}

TEST_F(NoDatabase, a_database_that_does_not_exist_is_named_with_what_to_do) {
  auto const url = with_option(shared_cluster_url(), "dbname", "no_such_database");

  expect_of_each_command(url, 1,
                         {R"(database "no_such_database" does not exist)", "create it with createdb"});
  auto const finished = candled({"run"}, with_csv(text(url)));
  EXPECT_EQ(finished.exit_code, 1) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("create it with createdb")) << finished.errors;
}

TEST_F(NoDatabase, a_role_that_does_not_exist_is_named_with_what_to_do) {
  auto const url = with_option(shared_cluster_url(), "user", "no_such_role");

  expect_of_each_command(
      url, 4, {R"(role "no_such_role" does not exist)", "check user and password in database.url"});
}

TEST_F(NoDatabase, a_database_without_the_schema_says_candled_migrate) {
  auto const database = TempDatabase::empty();

  for (auto const* const command : {"once", "plan", "status", "gaps", "run"}) {
    auto const finished = candled({command}, with_csv(text(database.url())));
    EXPECT_EQ(finished.exit_code, 3) << command << finished.errors;
    EXPECT_EQ(finished.errors, "candled: the database has no candled schema yet: run `candled migrate`\n");
  }
}

TEST_F(NoDatabase, a_newer_schema_is_refused) {
  TempDatabase const database;
  rows(database.url(),
       "INSERT INTO candled.schema_migration (version, name, sha256) SELECT max(version) + 1, "
       "'9999_later.sql', repeat('0', 64) FROM candled.schema_migration");

  for (auto const* const command : {"once", "plan", "status", "gaps", "run", "migrate"}) {
    auto const finished = candled({command}, with_csv(text(database.url())));
    EXPECT_EQ(finished.exit_code, 3) << command << finished.errors;
    EXPECT_TRUE(finished.errors.contains("install the newer candled that migrated it")) << finished.errors;
  }
}

TEST_F(NoDatabase, a_migration_that_was_another_is_refused) {
  TempDatabase const database;
  rows(database.url(), "UPDATE candled.schema_migration SET sha256 = repeat('0', 64) WHERE version = 1");

  for (auto const* const command : {"once", "plan", "status", "gaps", "run", "migrate"}) {
    auto const finished = candled({command}, with_csv(text(database.url())));
    EXPECT_EQ(finished.exit_code, 3) << command << finished.errors;
    EXPECT_TRUE(finished.errors.contains("migration 1 was 0001_series.sql with SHA-256 000000000000"))
        << finished.errors;
  }
}

using Migrate = Configured;

TEST_F(Migrate, dry_run_prints_the_sql_and_changes_nothing) {
  auto const database = TempDatabase::empty();
  auto const config = with_csv(text(database.url()));
  auto const schemas = "SELECT count(*) FROM pg_namespace WHERE nspname = 'candled'";

  auto const dry = candled({"migrate", "--dry-run"}, config);
  EXPECT_EQ(dry.exit_code, 0) << dry.errors;
  EXPECT_TRUE(dry.output.starts_with("-- migrations/0001_series.sql\nBEGIN;")) << dry.output;
  EXPECT_TRUE(dry.output.contains("CREATE SCHEMA")) << dry.output;
  EXPECT_EQ(value(database.url(), schemas), "0");

  auto const real = candled({"migrate"}, config);
  EXPECT_EQ(real.exit_code, 0) << real.errors;
  EXPECT_TRUE(real.output.starts_with("applied 0001_series.sql\n")) << real.output;
  EXPECT_EQ(value(database.url(), schemas), "1");

  auto const again = candled({"migrate"}, config);
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_TRUE(again.output.contains("there was nothing to do")) << again.output;
  EXPECT_EQ(candled({"migrate", "--dry-run"}, config).output, "-- nothing to do: the schema is up to date\n");
}

using Configuration = Configured;

TEST_F(Configuration, a_file_that_is_not_there_is_named) {
  auto const finished = run({built_program("candled"), "check", "--config", dir_ / "none.yaml"});

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_TRUE(finished.errors.contains(dir_ / "none.yaml")) << finished.errors;
  expect_for_people(finished);
}

TEST_F(Configuration, a_typo_is_shown_with_its_place_and_the_word_that_was_meant) {
  auto config = text("postgresql:///candled");
  config.replace(config.find("rate_limit"), 10, "rate_limt");

  auto const finished = candled({"check"}, config);

  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_TRUE(finished.errors.contains((dir_ / "candled.yaml") + ":7:5: ")) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("did you mean")) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("rate_limit")) << finished.errors;
}

TEST_F(Configuration, a_missing_secret_is_named_and_ends_with_4) {
  auto config = text("postgresql:///candled");
  config.replace(config.find("CANDLED_TEST_KEY"), 16, "CANDLED_NO_SUCH_KEY");

  auto const finished = candled({"once"}, config);

  EXPECT_EQ(finished.exit_code, 4) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("CANDLED_NO_SUCH_KEY")) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("providers.exchange.api_key")) << finished.errors;
}

TEST_F(Configuration, timings_in_a_folder_that_is_not_there_end_with_4) {
  TempDatabase const database;
  auto config = text(database.url());
  config.replace(config.find("timings.csv\""), 11, dir_ / "none/timings.csv");

  for (auto const* const command : {"once", "run"}) {
    auto const finished = candled({command}, config);
    EXPECT_EQ(finished.exit_code, 4) << finished.errors;
    EXPECT_TRUE(finished.errors.contains((dir_ / "none/timings.csv") + ": No such file or directory"))
        << finished.errors;
    EXPECT_TRUE(finished.errors.contains("change timings.csv in the configuration")) << finished.errors;
  }
}

TEST_F(Configuration, timings_in_a_folder_that_may_not_be_written_end_with_4) {
  if (geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  TempDatabase const database;
  std::filesystem::create_directory(dir_ / "locked");
  std::filesystem::permissions(dir_ / "locked", std::filesystem::perms::owner_read);
  auto config = text(database.url());
  config.replace(config.find("timings.csv\""), 11, dir_ / "locked/timings.csv");

  auto const finished = candled({"once"}, config);

  EXPECT_EQ(finished.exit_code, 4) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("Permission denied")) << finished.errors;
}

TEST_F(Configuration, check_says_memory_and_requests) {
  auto config = text("postgresql:///candled");
  config.insert(config.find(", history"), ", schedule: { every: 1h }");

  auto const finished = candled({"check"}, config);

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_TRUE(finished.output.contains("memory for bars: at most ")) << finished.output;
  EXPECT_TRUE(finished.output.contains(" requests a day by schedule, ")) << finished.output;
  EXPECT_TRUE(finished.output.ends_with("the configuration is good\n")) << finished.output;
}

TEST(CommandLine, what_is_wrong_ends_with_2_and_says_where_help_is) {
  for (auto const& arguments : std::vector<std::vector<std::string>>{
           {}, {"fetch"}, {"once", "--quick"}, {"backfill", "--from", "2024-13-01", "--to", "2024-03-05"}}) {
    std::vector<std::string> argv{built_program("candled")};
    argv.insert(argv.end(), arguments.begin(), arguments.end());

    auto const finished = run(argv);

    EXPECT_EQ(finished.exit_code, 2) << finished.errors;
    EXPECT_EQ(finished.output, "");
    EXPECT_TRUE(finished.errors.contains("--help")) << finished.errors;
  }
}

TEST(CommandLine, help_goes_to_standard_output_and_tells_the_first_steps) {
  auto const finished = run({built_program("candled"), "--help"});

  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_EQ(finished.errors, "");
  for (auto const* const word : {"run", "once", "backfill", "repair", "plan", "status", "gaps", "check",
                                 "migrate", "version", "First steps", "Exit codes"})
    EXPECT_TRUE(finished.output.contains(word)) << word;
}

TEST(CommandLine, unknown_jobs_and_symbols_end_with_2_and_say_what_there_is) {
  auto world = daily_world();

  for (auto const* const command : {"once", "plan", "status", "gaps"}) {
    auto const finished = world.candled({command, "--job", "dialy"});
    EXPECT_EQ(finished.exit_code, 2) << command;
    EXPECT_EQ(finished.errors, "candled: there is no job 'dialy'; the configuration has daily\n") << command;
  }
  std::vector<std::string> const range{"backfill", "--from", "2024-03-04", "--to", "2024-03-05"};
  auto with_job = range;
  with_job.insert(with_job.end(), {"--job", "dialy", "--symbols", "AAPL"});
  auto const no_job = world.candled(with_job);
  EXPECT_EQ(no_job.exit_code, 2);
  EXPECT_EQ(no_job.errors, "candled: there is no job 'dialy'; the configuration has daily\n");

  auto with_symbol = range;
  with_symbol.insert(with_symbol.end(), {"--symbols", "AAPL,aapl"});
  auto const no_symbol = world.candled(with_symbol);
  EXPECT_EQ(no_symbol.exit_code, 2);
  EXPECT_TRUE(no_symbol.errors.contains("no job has the symbols aapl: ")) << no_symbol.errors;

  auto const future = world.candled({"backfill", "--from", "2999-01-01", "--to", "2999-01-02"});
  EXPECT_EQ(future.exit_code, 2);
  EXPECT_TRUE(future.errors.contains("is closed yet")) << future.errors;
}

TEST(Once, a_wrong_key_ends_with_4_and_names_the_setting_but_not_the_key) {
  auto world = daily_world();

  auto const finished = world.candled({"once"}, {{"CANDLED_TEST_KEY", "canary-wrong"}});

  EXPECT_EQ(finished.exit_code, 4) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("the key was refused")) << finished.errors;
  EXPECT_TRUE(finished.errors.contains("providers.exchange.api_key")) << finished.errors;
  EXPECT_FALSE((finished.output + finished.errors).contains("canary-wrong"));
}

TEST(Once, a_ticker_without_any_bar_is_pointed_out) {
  // Flat files know their tickers; the synthetic market has every one.
  TempDir const data;
  auto const folder = data / "us_stocks_sip/day_aggs_v1/2024/03";
  std::filesystem::create_directories(folder);
  data.write("us_stocks_sip/day_aggs_v1/2024/03/2024-03-04.csv",
             "ticker,volume,open,close,high,low,window_start,transactions\n"
             "AAPL,100,170,171,172,169,1709528400000000000,10\n");
  ASSERT_EQ(run({"gzip", folder + "/2024-03-04.csv"}).exit_code, 0);
  World world{
      {.exchange = {"--data", data.path(), "--now", "2024-03-09"},
       .jobs =
           "  - { name: daily, provider: exchange, timeframe: 1d, symbols: [AAPL, ZZTOP], calendar: XNYS, "
           "history: 2024-03-04 }\n"}};

  auto const first = world.candled({"once"});
  auto const second = world.candled({"once"});

  EXPECT_EQ(first.exit_code, 0) << first.errors;
  EXPECT_TRUE(
      first.output.contains("note: exchange has no bars of ZZTOP in this range: is the ticker right?\n"))
      << first.output;
  EXPECT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_FALSE(second.output.contains("note:")) << second.output;
}

TEST(Plan, asks_nothing_and_foresees_what_once_asks) {
  auto world = daily_world();

  auto const text = world.candled({"plan"});
  auto const plan = world.candled({"plan", "--json"});
  EXPECT_EQ(text.exit_code, 0) << text.errors;
  EXPECT_TRUE(text.output.contains("daily: 1d of exchange: 2 windows of 2 symbols, 2024-03-04T"))
      << text.output;
  EXPECT_FALSE(world.report().contains("/v2/aggs")) << world.report();
  auto const foreseen = Json::parse(plan.output)["providers"][0]["requests_at_most"].get<long>();

  auto const once = world.candled({"once"});

  EXPECT_EQ(once.exit_code, 0) << once.errors;
  EXPECT_EQ(world.reported("requests"), foreseen);
  EXPECT_EQ(world.candled({"plan"}).output, "daily: nothing is due\n");
}

std::set<std::string> keys_of(Json const& object) {
  std::set<std::string> keys;
  for (auto const& [key, member] : object.items()) keys.insert(key);
  return keys;
}

TEST(JsonOutput, parses_and_holds_what_programs_read) {
  auto world = daily_world();
  using Keys = std::set<std::string>;

  auto const version = Json::parse(run({built_program("candled"), "version", "--json"}).output);
  EXPECT_EQ(keys_of(version), (Keys{"name", "version"}));

  auto const check = Json::parse(world.candled({"check", "--json"}).output);
  EXPECT_EQ(keys_of(check), (Keys{"memory_bytes_at_most", "kept_from", "notes", "providers"}));
  EXPECT_EQ(keys_of(check["providers"][0]),
            (Keys{"provider", "requests_a_day", "allowed_a_day", "share_when_open"}));

  auto const plan = Json::parse(world.candled({"plan", "--json"}).output);
  EXPECT_EQ(keys_of(plan), (Keys{"jobs", "providers"}));
  EXPECT_EQ(keys_of(plan["jobs"][0]), (Keys{"job", "provider", "timeframe", "symbols", "windows",
                                            "requests_at_most", "files", "from", "to"}));
  EXPECT_EQ(keys_of(plan["providers"][0]), (Keys{"provider", "requests_at_most", "milliseconds"}));

  auto const gaps = Json::parse(world.candled({"gaps", "--json"}).output);
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(keys_of(gaps[0]), (Keys{"ticker", "timeframe", "provider", "from", "until", "reason", "detail",
                                    "attempts", "first_seen", "last_tried", "next_try_at"}));
  EXPECT_EQ(gaps[0]["ticker"], "AAPL");
  EXPECT_EQ(gaps[0]["reason"], "never_asked");

  EXPECT_EQ(world.candled({"once"}).exit_code, 0);
  EXPECT_EQ(Json::parse(world.candled({"gaps", "--json"}).output), Json::array());
  auto const status = Json::parse(world.candled({"status", "--json"}).output);
  EXPECT_EQ(keys_of(status), (Keys{"jobs", "batches", "daemon", "notes", "now", "requests", "budgets"}));
  EXPECT_EQ(keys_of(status["jobs"][0]),
            (Keys{"job", "timeframe", "symbols", "up_to_date", "covered_until", "due_until", "last_bar_at",
                  "gaps", "rejected", "revisions", "short_of_history"}));
  EXPECT_EQ(status["jobs"][0]["up_to_date"], 2);
  EXPECT_EQ(keys_of(status["batches"][0]),
            (Keys{"batch_id", "run_id", "started_at", "job", "provider", "timeframe", "symbols", "requests",
                  "bars", "inserted", "changed", "rejected", "milliseconds", "outcome", "phases"}));
  EXPECT_EQ(status["batches"][0]["outcome"], "ok");
}

TEST(Timings, a_full_disk_does_not_stop_ingestion) {
  World world{{.exchange = exchange, .jobs = jobs, .timings = "/dev/full"}};

  auto const finished = world.candled({"once"});

  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_TRUE(finished.errors.contains(
      "timings are not written, ingestion goes on: /dev/full: No space left on device"))
      << finished.errors;
  EXPECT_EQ(value(world.url(), "SELECT count(DISTINCT ticker) FROM candled.bars"), "2");
}

}  // namespace
}  // namespace candled::test
