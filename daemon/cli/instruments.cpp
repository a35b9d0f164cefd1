// Who had which ticker when: instruments import.
#include "core/instrument_names.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/instrument_changes.hpp"
#include "cli/reference_file.hpp"
#include "cli/work.hpp"

namespace candled {

namespace {

std::string day_text(std::optional<Date> const& day) {
  return day ? to_string(*day) : "...";
}

std::string holder(std::string const& instrument) {
  return instrument.empty() ? "nobody" : instrument;
}

void print_text(ImportedNames const& imported, ImportMode mode) {
  for (auto const& line : imported.identified) fmt::print("{}\n", line);
  std::int64_t bars = 0;
  for (auto const& change : imported.changes) {
    fmt::print("{} from {} to {}: {} -> {}{}\n", change.ticker, day_text(change.first), day_text(change.last),
               holder(change.was), holder(change.now),
               change.bars > 0 ? fmt::format(", {} bars move", change.bars) : "");
    bars += change.bars;
  }
  if (imported.changes.empty() && imported.identified.empty()) {
    fmt::print("nothing to change\n");
    return;
  }
  fmt::print("{} changes of tickers, {} bars {}\n", imported.changes.size(), bars,
             mode == ImportMode::dry_run ? "would move; nothing is changed (--dry-run)" : "moved");
}

nlohmann::json json_of(std::optional<Date> const& day) {
  return day ? nlohmann::json(to_string(*day)) : nlohmann::json();
}

nlohmann::json json_of(std::string const& instrument) {
  return instrument.empty() ? nlohmann::json() : nlohmann::json(instrument);
}

void print_json(ImportedNames const& imported) {
  nlohmann::json out{{"identified", imported.identified}, {"changes", nlohmann::json::array()}};
  for (auto const& change : imported.changes)
    out["changes"].push_back({{"ticker", change.ticker},
                              {"first_date", json_of(change.first)},
                              {"last_date", json_of(change.last)},
                              {"was", json_of(change.was)},
                              {"now", json_of(change.now)},
                              {"bars", change.bars}});
  fmt::print("{}\n", out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace

ExitCode change_instruments(Config const& config, Options const& options,
                            std::vector<InstrumentName> const& names, std::string const& said_by) {
  auto const mode = options.dry_run ? ImportMode::dry_run : ImportMode::apply;
  auto const imported = import_names(config.database.url, names, mode);
  if (!imported) {
    print_error(imported.error().what);
    return exit_code_of(imported.error().kind);
  }
  if (!imported->refused.empty()) {
    print_problems(said_by, imported->refused);
    print_error("nothing is changed");
    return ExitCode::some_failed;
  }
  options.output == OutputFormat::json ? print_json(*imported) : print_text(*imported, mode);
  return ExitCode::done;
}

ExitCode import_instruments_command(Config const& config, Options const& options) {
  auto const text = read_reference_file(options.file);
  if (!text) return ExitCode::usage;
  auto const names = parse_instrument_names(*text);
  if (!names) {
    print_problems(options.file, names.error());
    return ExitCode::usage;
  }
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return change_instruments(config, options, *names, options.file);
}

}  // namespace candled
