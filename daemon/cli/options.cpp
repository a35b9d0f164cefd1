#include "cli/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <map>
#include <ranges>
#include <sstream>

#include "cli/command_line.hpp"
#include "config/overrides_file.hpp"
#include "core/performance.hpp"

namespace candled {

namespace {

constexpr auto about =
    "candled keeps a PostgreSQL database filled with complete OHLCV bars from rate-limited market-data APIs.";

constexpr auto footer =
    "First steps:  candled check      is the configuration right, and what will it take?\n"
    "              candled migrate    create or update the tables\n"
    "              candled plan       what would be asked, and how long would it take?\n"
    "              candled once       fetch what is due, then stop\n"
    "\n"
    "Exit codes: 0 done, 1 some work failed, 2 usage or configuration, 3 schema, 4 secrets or permissions,\n"
    "            5 listen address.";

constexpr auto calendar_footer =
    "`close` and `early-close` add a line to the file that calendars.overrides of the configuration names, "
    "and "
    "bring\n"
    "the table candled.market_session up to date. Done again, they change nothing.\n"
    "\n"
    "Examples: candled calendar XNYS --from 2027-01-01 --to 2027-12-31\n"
    "          candled calendar close XNYS 2027-01-11 --reason \"National Day of Mourning\"\n"
    "          candled calendar early-close XNYS 2027-07-02 13:00 --reason \"day before Independence Day\"";

constexpr auto backfill_footer =
    "Two dates are days of the job's calendar, both included. Two times (2024-01-31T14:30:00Z) are a "
    "half-open\n"
    "range. What is already there is not asked for again; what failed before is tried again. Ctrl-C ends "
    "cleanly:\n"
    "what is committed stays, and the same command goes on from there. With --detach the running daemon does "
    "it, beside\n"
    "its other work: `candled status` shows how far it is, `candled cancel` ends it.\n"
    "\n"
    "Example: candled backfill --from 2024-01-01 --to 2024-03-31 --job us-minute --symbols AAPL,MSFT";

CLI::Validator a_moment() {
  return {[](std::string const& text) {
            return parse_moment(text)
                       ? std::string{}
                       : "expected a date such as 2024-01-31 or a time such as 2024-01-31T14:30:00Z, got '" +
                             text + "'";
          },
          "DATE or TIME"};
}

CLI::Validator a_date() {
  return {[](std::string const& text) {
            return parse_date(text) ? std::string{}
                                    : "expected a date such as 2024-01-31, got '" + text + "'";
          },
          "DATE"};
}

CLI::Validator a_span() {
  return {[](std::string const& text) {
            auto const span = parse_duration(text);
            bool const good = span && *span >= performance_row_length && *span <= std::chrono::years{10};
            return good ? std::string{}
                        : "expected a time from 5m to 10 years, such as 24h or 7d, got '" + text + "'";
          },
          "DURATION"};
}

struct Raw {
  Options options;
  std::string since;
  std::string from;
  std::string to;
  bool json = false;
  std::string calendar;
  std::string day;     // of calendar close and early-close
  std::string what;    // "closed" or a time; empty: neither of the two
  std::string reason;  // why
};

CLI::App* add_command(CLI::App& app, Raw& raw, char const* name, char const* about_it) {
  auto* const command = app.add_subcommand(name, about_it);
  command->add_option("-c,--config", raw.options.config, "the configuration file")
      ->capture_default_str()
      ->envname("CANDLED_CONFIG");
  return command;
}

CLI::App* add_data_command(CLI::App& app, Raw& raw, char const* name, char const* about_it) {
  auto* const command = add_command(app, raw, name, about_it);
  command->add_flag("--json", raw.json, "print JSON, for programs");
  return command;
}

void add_backfill(CLI::App& app, Raw& raw) {
  auto* const command =
      add_command(app, raw, "backfill", "fetch a range, with progress; resumes where it stopped");
  command->add_option("--from", raw.from, "the first day, or the time from which on")
      ->required()
      ->check(a_moment());
  command->add_option("--to", raw.to, "the last day, or the time until which")->required()->check(a_moment());
  command->add_option("--job", raw.options.job, "only this job");
  command->add_option("--symbols", raw.options.symbols, "only these symbols, with commas between them")
      ->delimiter(',');
  command->add_flag("--detach", raw.options.detach, "let the running daemon do it; prints the request's ID");
  command->footer(backfill_footer);
}

void add_repair(CLI::App& app, Raw& raw) {
  auto* const command = add_command(app, raw, "repair",
                                    "try the gaps now, those too that wait for a later time or for a person");
  auto* const from =
      command->add_option("--from", raw.from, "the first day, or the time from which on")->check(a_moment());
  auto* const to =
      command->add_option("--to", raw.to, "the last day, or the time until which")->check(a_moment());
  from->needs(to);
  to->needs(from);
  command->add_option("--job", raw.options.job, "only this job");
  command->add_option("--symbols", raw.options.symbols, "only these symbols, with commas between them")
      ->delimiter(',');
  command->add_flag("--detach", raw.options.detach, "let the running daemon do it; prints the request's ID");
}

void add_request_command(CLI::App& app, Raw& raw, char const* name, char const* about_it) {
  add_command(app, raw, name, about_it)
      ->add_option("ID", raw.options.request, "the request, as `backfill --detach` and `status` name it")
      ->required()
      ->check(CLI::PositiveNumber);
}

void add_job_option(CLI::App* command, Raw& raw) {
  command->add_option("--job", raw.options.job, "only this job");
}

void add_gaps(CLI::App& app, Raw& raw) {
  auto* const command = add_data_command(app, raw, "gaps", "what should be there and is not, and why");
  add_job_option(command, raw);
  command->add_option("--reason", raw.options.reason, "only gaps of this reason")
      ->check(CLI::IsMember(
          {"never_asked", "provider_empty", "fetch_failed", "not_entitled", "rejected", "horizon"}));
}

constexpr auto report_footer =
    "The daemon writes a row each five minutes to the file that timings.performance of the configuration "
    "names:\n"
    "performance_metrics.csv beside timings.csv unless it says otherwise. With --file no configuration is "
    "read.\n"
    "\n"
    "Example: candled report --since 24h";

void add_report(CLI::App& app, Raw& raw) {
  auto* const command = add_data_command(app, raw, "report",
                                         "how the daemon did: the trend of its figures, and what stands out");
  command->add_option("--since", raw.since, "how far back, such as 24h or 30d")
      ->default_val("7d")
      ->check(a_span());
  command->add_option("--file", raw.options.file, "this record, instead of the configured one");
  command->footer(report_footer);
}

// `close` and `early-close`: what they share. Options of `calendar` may follow theirs.
CLI::App* add_day_command(CLI::App* calendar, Raw& raw, char const* name, char const* about_it) {
  auto* const command = calendar->add_subcommand(name, about_it)->fallthrough();
  command->add_option("calendar", raw.calendar, "XNYS")->required();
  command->add_option("day", raw.day, "the day, such as 2027-01-11")->required();
  command->add_option("--reason", raw.reason, "why, for those who read the file")->required();
  return command;
}

void add_calendar(CLI::App& app, Raw& raw) {
  auto* const command = add_data_command(app, raw, "calendar", "when a market trades; days that it will not");
  command->add_option("calendar", raw.calendar, "XNYS or 24x7")->check(CLI::IsMember({"XNYS", "24x7"}));
  command->add_option("--from", raw.from, "the first day; today when left out")->check(a_date());
  command->add_option("--to", raw.to, "the last day; ten sessions when left out")->check(a_date());
  command->footer(calendar_footer);
  add_day_command(command, raw, "close", "write down that there is no trading on a day")->callback([&raw] {
    raw.what = "closed";
  });
  add_day_command(command, raw, "early-close", "write down that trading ends early on a day")
      ->add_option("time", raw.what, "when it ends, in the calendar's zone, such as 13:00")
      ->required();
}

constexpr auto instruments_footer =
    "FILE is CSV; its first line names the columns: instrument (a FIGI, or any name that stays), ticker, "
    "and, "
    "where they\n"
    "are known, first_date and last_date (both included) and exchange. What it says of its instruments is "
    "all "
    "there is\n"
    "to know of them; bars that are stored under another one go to the right one. Done again, it changes "
    "nothing.\n"
    "\n"
    "Example: instrument,ticker,first_date,last_date\n"
    "         BBG000MM2P62,FB,2012-05-18,2022-06-08\n"
    "         BBG000MM2P62,META,2022-06-09,";

constexpr auto actions_footer =
    "FILE is CSV; its first line names the columns: ticker (of that day), kind (split or dividend), ex_date, "
    "value\n"
    "(of a split new:old shares, 7:1, 1:20; of a dividend the cash a share), and, where they are known, "
    "currency "
    "and id.\n"
    "A line that is known changes nothing; one with another value replaces what the same source said "
    "before.\n"
    "\n"
    "Example: ticker,kind,ex_date,value,currency\n"
    "         AAPL,split,2020-08-31,4:1,\n"
    "         AAPL,dividend,2020-08-07,0.82,USD";

// `import` and `refresh` of instruments and actions: what they share. Options of the command may follow
// theirs.
void add_import(CLI::App* command, Raw& raw, char const* about_it, Command means) {
  auto* const import = command->add_subcommand("import", about_it)->fallthrough();
  import->add_option("file", raw.options.file, "the file")->required();
  if (means == Command::import_actions)
    import->add_option("--source", raw.options.source, "who says so")->default_val("file");
  import->callback([&raw, means] { raw.options.command = means; });
}

void add_refresh(CLI::App* command, Raw& raw, char const* about_it, Command means) {
  auto* const refresh = command->add_subcommand("refresh", about_it)->fallthrough();
  refresh
      ->add_option("--tickers", raw.options.symbols,
                   "only these, with commas between them; all of the jobs' when left out")
      ->delimiter(',');
  refresh->add_option("--provider", raw.options.provider, "which to ask, where there are several");
  refresh->callback([&raw, means] { raw.options.command = means; });
}

void add_reference(CLI::App& app, Raw& raw) {
  auto* const instruments =
      add_data_command(app, raw, "instruments", "which instrument had which ticker when");
  instruments->add_flag("--dry-run", raw.options.dry_run, "say what would change, and change nothing");
  instruments->require_subcommand(1)->footer(instruments_footer);
  add_import(instruments, raw, "take it over from a file", Command::import_instruments);
  add_refresh(instruments, raw, "ask the provider", Command::refresh_instruments);
  auto* const actions = add_data_command(app, raw, "actions", "splits and dividends, for bars_adjusted");
  actions->add_flag("--dry-run", raw.options.dry_run, "say what would change, and change nothing");
  actions->require_subcommand(1)->footer(actions_footer);
  add_import(actions, raw, "take them over from a file", Command::import_actions);
  add_refresh(actions, raw, "ask the provider", Command::refresh_actions);
}

std::map<std::string, Command> const& commands() {
  static std::map<std::string, Command> const all{{"run", Command::run},
                                                  {"once", Command::once},
                                                  {"backfill", Command::backfill},
                                                  {"cancel", Command::cancel},
                                                  {"retry", Command::retry},
                                                  {"plan", Command::plan},
                                                  {"status", Command::status},
                                                  {"gaps", Command::gaps},
                                                  {"report", Command::report},
                                                  {"check", Command::check},
                                                  {"migrate", Command::migrate},
                                                  {"version", Command::version},
                                                  {"calendar", Command::calendar},
                                                  {"repair", Command::repair},
                                                  // Their subcommands say which.
                                                  {"instruments", Command::import_instruments},
                                                  {"actions", Command::import_actions}};
  return all;
}

void describe(CLI::App& app, Raw& raw) {
  app.require_subcommand(1);
  app.footer(footer);
  add_command(app, raw, "run", "the daemon: fetch what is due, by each job's schedule, until SIGTERM");
  add_job_option(add_command(app, raw, "once", "fetch all that is due now, then stop"), raw);
  add_backfill(app, raw);
  add_repair(app, raw);
  add_request_command(app, raw, "cancel", "end what `backfill --detach` asked for; what is committed stays");
  add_request_command(app, raw, "retry", "ask again for what failed or was cancelled");
  add_job_option(add_data_command(app, raw, "plan",
                                  "what `once` would ask for, and how long it would take; asks nothing"),
                 raw);
  add_job_option(
      add_data_command(app, raw, "status", "coverage, freshness, what goes on now, and the last batches"),
      raw);
  add_gaps(app, raw);
  add_report(app, raw);
  add_calendar(app, raw);
  add_reference(app, raw);
  add_data_command(app, raw, "check", "check the configuration; what it needs of memory and requests");
  auto* const migrate =
      add_command(app, raw, "migrate", "create the tables, or bring them and the calendars up to date");
  migrate->add_flag("--dry-run", raw.options.dry_run, "print the SQL that would run, and run nothing");
  app.add_subcommand("version", "the version of this program")->add_flag("--json", raw.json, "print JSON");
}

UsageAnswer answer_of(CLI::App const& app, CLI::ParseError const& error) {
  std::ostringstream out;
  std::ostringstream errors;
  bool const asked_for_help = app.exit(error, out, errors) == 0;
  return {.text = out.str() + errors.str(), .exit_code = asked_for_help ? ExitCode::done : ExitCode::usage};
}

// Whether something lies between them: two dates include both days, two times are half-open. Both are of a
// kind.
bool in_order(Moment const& from, Moment const& to) {
  if (auto const* const day = std::get_if<Date>(&from)) return *day <= std::get<Date>(to);
  return std::get<UtcTime>(from) < std::get<UtcTime>(to);
}

// The day of `calendar close` and `early-close` is checked as a line of the file that it will be.
std::optional<std::string> read_day(Raw const& raw, Options& options) {
  if (std::ranges::any_of(raw.reason,
                          [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }))
    return "--reason must be one line of text";
  if (raw.reason.find_first_not_of(' ') == std::string::npos) return "--reason is empty: say why";
  for (auto const& word : {raw.calendar, raw.day, raw.what})
    if (word.empty() || word.find_first_of(" \t\r\n#") != std::string::npos)
      return fmt::format("expected a word without blanks, got '{}'", word);
  auto const text = parse_overrides(fmt::format("{} {} {} # {}", raw.calendar, raw.day, raw.what, raw.reason),
                                    "the command line");
  if (!text.problems.empty()) {
    auto const& refusal = text.problems.front().refusal;
    return refusal.hint.empty() ? refusal.message : refusal.message + ": " + refusal.hint;
  }
  options.calendar = text.lines.front().calendar;
  options.day = text.lines.front().day;
  return std::nullopt;
}

// What is wrong with arguments that are right one by one.
std::optional<std::string> read_together(Raw const& raw, Options& options) {
  if (auto const since = parse_duration(raw.since)) options.since = *since;
  options.from = parse_moment(raw.from);
  options.to = parse_moment(raw.to);
  if (options.from && options.to && options.from->index() != options.to->index())
    return "--from and --to must both be dates, or both be times";
  if (options.from && options.to && !in_order(*options.from, *options.to))
    return fmt::format("--from {} is not before --to {}", raw.from, raw.to);
  if (!raw.what.empty()) return read_day(raw, options);
  if (auto const calendar = parse_calendar(raw.calendar)) options.calendar = *calendar;
  return std::nullopt;
}

}  // namespace

void with_command_line(std::function<void(CLI::App const&)> const& visit) {
  CLI::App app{about, "candled"};
  Raw raw;
  describe(app, raw);
  visit(app);
}

std::optional<Moment> parse_moment(std::string const& text) {
  if (auto const date = parse_date(text)) return *date;
  if (auto const time = parse_rfc3339(text)) return *time;
  return std::nullopt;
}

std::variant<Options, UsageAnswer> parse_options(int argc, char const* const* argv) {
  if (argc > 1 && argv[1][0] != '-' && !commands().contains(argv[1]))
    return UsageAnswer{
        .text = fmt::format("there is no command '{}'; there are {}\nRun with --help for more information.\n",
                            argv[1], fmt::join(commands() | std::views::keys, ", ")),
        .exit_code = ExitCode::usage};
  CLI::App app{about, "candled"};
  Raw raw;
  describe(app, raw);
  try {
    app.parse(argc, argv);
  } catch (CLI::ParseError const& error) {
    return answer_of(app, error);
  }
  auto const* const command = app.get_subcommands().front();
  bool const is_said = command->get_name() == "instruments" || command->get_name() == "actions";
  if (!is_said) raw.options.command = commands().at(command->get_name());
  if (raw.json) raw.options.output = OutputFormat::json;
  if (auto const problem = read_together(raw, raw.options))
    return UsageAnswer{.text = *problem + "\n", .exit_code = ExitCode::usage};
  return raw.options;
}

}  // namespace candled
