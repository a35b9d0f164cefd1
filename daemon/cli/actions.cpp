// Splits and dividends: actions import.
#include "core/corporate_action.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/action_changes.hpp"
#include "cli/commands.hpp"
#include "cli/reference_file.hpp"
#include "cli/work.hpp"

namespace candled {

ExitCode change_actions(Config const& config, Options const& options, SaidActions const& said,
                        std::string const& said_by) {
  auto const mode = options.dry_run ? ImportMode::dry_run : ImportMode::apply;
  auto const imported = import_actions(config.database.url, said, mode);
  if (!imported) {
    print_error(imported.error().what);
    return exit_code_of(imported.error().kind);
  }
  if (!imported->refused.empty()) {
    print_problems(said_by, imported->refused);
    print_error("nothing is changed");
    return ExitCode::some_failed;
  }
  if (options.output == OutputFormat::json) {
    nlohmann::json const out{{"added", imported->added},
                             {"changed", imported->changed},
                             {"withdrawn", imported->withdrawn},
                             {"unchanged", imported->unchanged},
                             {"left_out", imported->left_out}};
    fmt::print("{}\n", out.dump(2));
    return ExitCode::done;
  }
  fmt::print("splits and dividends: {} new, {} changed, {} withdrawn, {} as they were{}\n", imported->added,
             imported->changed, imported->withdrawn, imported->unchanged,
             options.dry_run ? "; nothing is changed (--dry-run)" : "");
  if (imported->left_out > 0)
    fmt::print(
        "note: {} of days on which their ticker named no instrument that is known here were left out\n",
        imported->left_out);
  return ExitCode::done;
}

ExitCode import_actions_command(Config const& config, Options const& options) {
  auto const text = read_reference_file(options.file);
  if (!text) return ExitCode::usage;
  auto const actions = parse_corporate_actions(*text);
  if (!actions) {
    print_problems(options.file, actions.error());
    return ExitCode::usage;
  }
  if (auto const code = check_database(config); code != ExitCode::done) return code;
  return change_actions(config, options, {.source = options.source, .actions = *actions}, options.file);
}

}  // namespace candled
