#include "cli/options.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace candled {
namespace {

std::variant<Options, UsageAnswer> parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "candled");
  std::vector<char const*> argv;
  for (auto const& argument : arguments) argv.push_back(argument.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

Options options_of(std::vector<std::string> arguments) {
  auto const parsed = parse(std::move(arguments));
  auto const* const answer = std::get_if<UsageAnswer>(&parsed);
  EXPECT_EQ(answer, nullptr) << answer->text;
  return answer == nullptr ? std::get<Options>(parsed) : Options{};
}

TEST(Options, instruments_and_actions_come_from_a_file_or_from_the_provider) {
  auto const instruments = options_of({"instruments", "import", "names.csv", "--dry-run"});
  EXPECT_EQ(instruments.command, Command::import_instruments);
  EXPECT_EQ(instruments.file, "names.csv");
  EXPECT_TRUE(instruments.dry_run);

  auto const refresh =
      options_of({"instruments", "refresh", "--tickers", "META,BRK.B", "--config", "c.yaml", "--json"});
  EXPECT_EQ(refresh.command, Command::refresh_instruments);
  EXPECT_EQ(refresh.symbols, (std::vector<std::string>{"META", "BRK.B"}));
  EXPECT_EQ(refresh.config, "c.yaml");
  EXPECT_EQ(refresh.output, OutputFormat::json);

  auto const actions = options_of({"actions", "import", "actions.csv"});
  EXPECT_EQ(actions.command, Command::import_actions);
  EXPECT_EQ(actions.source, "file");
  EXPECT_EQ(options_of({"actions", "import", "actions.csv", "--source", "lean"}).source, "lean");
  EXPECT_EQ(options_of({"actions", "refresh", "--provider", "massive"}).provider, "massive");

  EXPECT_TRUE(std::holds_alternative<UsageAnswer>(parse({"instruments"})));
  EXPECT_TRUE(std::holds_alternative<UsageAnswer>(parse({"actions", "import"})));
}

TEST(Options, every_command_is_known_by_its_name) {
  EXPECT_EQ(options_of({"run"}).command, Command::run);
  EXPECT_EQ(options_of({"once"}).command, Command::once);
  EXPECT_EQ(options_of({"backfill", "--from", "2024-01-01", "--to", "2024-01-31"}).command,
            Command::backfill);
  EXPECT_EQ(options_of({"cancel", "7"}).command, Command::cancel);
  EXPECT_EQ(options_of({"retry", "7"}).command, Command::retry);
  EXPECT_EQ(options_of({"plan"}).command, Command::plan);
  EXPECT_EQ(options_of({"status"}).command, Command::status);
  EXPECT_EQ(options_of({"gaps"}).command, Command::gaps);
  EXPECT_EQ(options_of({"calendar"}).command, Command::calendar);
  EXPECT_EQ(options_of({"check"}).command, Command::check);
  EXPECT_EQ(options_of({"migrate"}).command, Command::migrate);
  EXPECT_EQ(options_of({"version"}).command, Command::version);
}

TEST(Options, the_configuration_is_candled_yaml_unless_another_is_named) {
  EXPECT_EQ(options_of({"check"}).config, "candled.yaml");
  EXPECT_EQ(options_of({"check", "--config", "other.yaml"}).config, "other.yaml");
  EXPECT_EQ(options_of({"check", "-c", "other.yaml"}).config, "other.yaml");
}

TEST(Options, a_backfill_has_a_range_a_job_and_symbols) {
  auto const options = options_of({"backfill", "--from", "2024-01-01", "--to", "2024-01-31", "--job",
                                   "us-minute", "--symbols", "AAPL,BRK.B"});

  EXPECT_EQ(options.from, Moment{*parse_date("2024-01-01")});
  EXPECT_EQ(options.to, Moment{*parse_date("2024-01-31")});
  EXPECT_EQ(options.job, "us-minute");
  EXPECT_EQ(options.symbols, (std::vector<std::string>{"AAPL", "BRK.B"}));
}

TEST(Options, a_backfill_of_times_keeps_them) {
  auto const options =
      options_of({"backfill", "--from", "2024-01-31T14:30:00Z", "--to", "2024-01-31T16:00:00+01:00"});

  EXPECT_EQ(options.from, Moment{*parse_rfc3339("2024-01-31T14:30:00Z")});
  EXPECT_EQ(options.to, Moment{*parse_rfc3339("2024-01-31T15:00:00Z")});
}

TEST(Options, a_backfill_may_be_left_to_the_daemon) {
  EXPECT_FALSE(options_of({"backfill", "--from", "2024-01-01", "--to", "2024-01-31"}).detach);
  EXPECT_TRUE(options_of({"backfill", "--detach", "--from", "2024-01-01", "--to", "2024-01-31"}).detach);
}

TEST(Options, a_request_is_named_by_its_number) {
  EXPECT_EQ(options_of({"cancel", "7"}).request, 7);
  EXPECT_EQ(options_of({"retry", "9000000000"}).request, 9'000'000'000);
}

TEST(Options, one_day_is_a_range) {
  EXPECT_EQ(options_of({"backfill", "--from", "2024-01-31", "--to", "2024-01-31"}).command,
            Command::backfill);
}

TEST(Options, json_and_dry_run_are_asked_for) {
  EXPECT_EQ(options_of({"status"}).output, OutputFormat::text);
  EXPECT_EQ(options_of({"status", "--json"}).output, OutputFormat::json);
  EXPECT_FALSE(options_of({"migrate"}).dry_run);
  EXPECT_TRUE(options_of({"migrate", "--dry-run"}).dry_run);
}

TEST(Options, a_calendar_is_listed_for_a_range_or_from_now_on) {
  auto const from_now = options_of({"calendar"});
  EXPECT_EQ(from_now.calendar, CalendarKind::xnys);
  EXPECT_EQ(from_now.day, std::nullopt);
  EXPECT_EQ(from_now.from, std::nullopt);

  auto const range = options_of({"calendar", "24x7", "--from", "2027-01-01", "--to", "2027-01-02", "--json"});
  EXPECT_EQ(range.calendar, CalendarKind::always);
  EXPECT_EQ(range.from, Moment{*parse_date("2027-01-01")});
  EXPECT_EQ(range.to, Moment{*parse_date("2027-01-02")});
  EXPECT_EQ(range.output, OutputFormat::json);
  EXPECT_EQ(options_of({"calendar", "--to", "2027-01-02"}).from, std::nullopt);
}

TEST(Options, a_day_is_closed_or_closed_early_for_a_reason) {
  auto const closed =
      options_of({"calendar", "close", "XNYS", "2027-01-11", "--reason", "mourning", "-c", "x"});
  EXPECT_EQ(closed.command, Command::calendar);
  EXPECT_EQ(closed.config, "x");
  EXPECT_EQ(closed.day,
            (CalendarOverride{.date = *parse_date("2027-01-11"), .closes_at = {}, .reason = "mourning"}));

  auto const early =
      options_of({"calendar", "early-close", "XNYS", "2027-07-02", "13:00", "--reason", "a # b"});
  EXPECT_EQ(early.day,
            (CalendarOverride{
                .date = *parse_date("2027-07-02"), .closes_at = std::chrono::hours{13}, .reason = "a # b"}));
}

struct Wrong {
  std::vector<std::string> arguments;
  std::string message;  // part of what is printed
};

class WrongOptions : public testing::TestWithParam<Wrong> {};

TEST_P(WrongOptions, are_answered_with_a_reason_and_exit_code_2) {
  auto const parsed = parse(GetParam().arguments);

  auto const* const answer = std::get_if<UsageAnswer>(&parsed);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->exit_code, ExitCode::usage);
  EXPECT_TRUE(answer->text.contains(GetParam().message)) << answer->text;
}

INSTANTIATE_TEST_SUITE_P(
    Options, WrongOptions,
    testing::Values(
        Wrong{{}, "A subcommand is required"},
        Wrong{{"onec"}, "there is no command 'onec'; there are actions, backfill, calendar, cancel, check"},
        Wrong{{"once", "--jbo", "x"}, "--jbo"}, Wrong{{"once", "--json"}, "--json"},
        Wrong{{"cancel"}, "ID is required"}, Wrong{{"cancel", "us-minute"}, "ID"},
        Wrong{{"retry", "0"}, "ID"}, Wrong{{"once", "--config"}, "--config"},
        Wrong{{"backfill"}, "--from is required"},
        Wrong{{"backfill", "--from", "2024-01-01"}, "--to is required"},
        Wrong{{"backfill", "--from", "yesterday", "--to", "2024-01-31"},
              "expected a date such as 2024-01-31 or a time such as 2024-01-31T14:30:00Z, got 'yesterday'"},
        Wrong{{"backfill", "--from", "2024-02-30", "--to", "2024-03-31"}, "got '2024-02-30'"},
        Wrong{{"backfill", "--from", "2024-02-01", "--to", "2024-01-31"},
              "--from 2024-02-01 is not before --to 2024-01-31"},
        Wrong{{"backfill", "--from", "2024-01-31T14:30:00Z", "--to", "2024-01-31T14:30:00Z"},
              "--from 2024-01-31T14:30:00Z is not before --to 2024-01-31T14:30:00Z"},
        Wrong{{"backfill", "--from", "2024-01-31", "--to", "2024-01-31T14:30:00Z"},
              "--from and --to must both be dates, or both be times"},
        Wrong{{"calendar", "XLON"}, "XLON"},
        Wrong{{"calendar", "--from", "2024-01-31T14:30:00Z"}, "expected a date such as 2024-01-31, got"},
        Wrong{{"calendar", "--from", "2024-02-01", "--to", "2024-01-31"},
              "--from 2024-02-01 is not before --to 2024-01-31"},
        Wrong{{"calendar", "close", "XNYS", "2027-01-11"}, "--reason is required"},
        Wrong{{"calendar", "close", "XNYS", "2027-01-11", "--reason", " "}, "--reason is empty"},
        Wrong{{"calendar", "close", "XNYS", "2027-01-11", "--reason", "a\nXNYS 2027-01-12 closed"},
              "--reason must be one line"},
        Wrong{{"calendar", "close", "XNYS", "2027-02-29", "--reason", "x"},
              "expected a date such as 2027-01-11, found '2027-02-29'"},
        Wrong{{"calendar", "close", "24x7", "2027-01-11", "--reason", "x"}, "a 24x7 market never closes"},
        Wrong{{"calendar", "close", "XNYS", "2027-01-11 closed", "--reason", "x"}, "without blanks"},
        Wrong{{"calendar", "early-close", "XNYS", "2027-07-02", "--reason", "x"}, "time is required"},
        Wrong{{"calendar", "early-close", "XNYS", "2027-07-02", "1pm", "--reason", "x"},
              "09:31 to 16:00, found '1pm'"},
        Wrong{{"calendar", "early-close", "XNYS", "2027-07-04", "13:00", "--reason", "x"},
              "XNYS does not trade at weekends"}));

class Help : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Help, is_printed_with_exit_code_0) {
  auto const parsed = parse(GetParam());

  auto const* const answer = std::get_if<UsageAnswer>(&parsed);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->exit_code, ExitCode::done);
  EXPECT_TRUE(answer->text.contains("Usage: candled")) << answer->text;
}

using Arguments = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(Options, Help,
                         testing::Values(Arguments{"--help"}, Arguments{"run", "--help"},
                                         Arguments{"once", "-h"}, Arguments{"backfill", "--help"},
                                         Arguments{"cancel", "--help"}, Arguments{"retry", "--help"},
                                         Arguments{"plan", "--help"}, Arguments{"status", "--help"},
                                         Arguments{"gaps", "--help"}, Arguments{"check", "--help"},
                                         Arguments{"migrate", "--help"}, Arguments{"calendar", "--help"},
                                         Arguments{"calendar", "close", "--help"},
                                         Arguments{"version", "--help"}));

}  // namespace
}  // namespace candled
