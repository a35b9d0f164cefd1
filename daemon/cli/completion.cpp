// The bash completion. `command` grows from "candled" to, say, "candled calendar close" along the words of
// the line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include <vector>

#include "cli/command_line.hpp"
#include "cli/manual.hpp"

namespace candled {

namespace {

constexpr auto completion = R"(# bash completion of candled, made from its command line.
_candled() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} command=candled words='' one i
  for ((i = 1; i < COMP_CWORD; i++)); do
    one=${{COMP_WORDS[i]}}
    case "$command $one" in
      {commands}) command="$command $one" ;;
    esac
  done
  case "$command ${{COMP_WORDS[COMP_CWORD - 1]}}" in
{values}    *)
      case "$command" in
{words}      esac
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}}
# Where nothing of ours fits, it is a file.
complete -o bashdefault -o default -F _candled candled candledctl
)";

struct Parts {
  std::vector<std::string> commands;  // "candled run"
  std::string values;                 // what may follow an option
  std::string words;                  // what may stand in a command
};

// "TEXT:{a,b}" of CLI::IsMember: "a b"; of anything else: nothing.
std::string choices_of(CLI::Option const& option) {
  auto const type = option.get_type_name();
  auto const open = type.find('{');
  auto const close = type.find('}', std::min(open, type.size()));
  if (close == std::string::npos) return {};
  auto choices = type.substr(open + 1, close - open - 1);
  std::ranges::replace(choices, ',', ' ');
  return choices;
}

void collect(CLI::App const& app, std::string const& path, Parts& parts) {
  std::vector<std::string> words;
  auto const commands = app.get_subcommands([](CLI::App const* one) { return !one->get_name().empty(); });
  for (auto const* const command : commands) {
    words.push_back(command->get_name());
    parts.commands.push_back(fmt::format("\"{} {}\"", path, command->get_name()));
    collect(*command, path + " " + command->get_name(), parts);
  }
  for (auto const* const option : app.get_options([](CLI::Option const*) { return true; })) {
    std::vector<std::string> names;
    for (auto const& name : option->get_lnames()) names.push_back("--" + name);
    words.insert(words.end(), names.begin(), names.end());
    for (auto const& name : option->get_snames()) names.push_back("-" + name);
    auto const choices = choices_of(*option);
    if (names.empty() && !choices.empty()) words.push_back(choices);
    if (names.empty() || option->get_items_expected_max() == 0) continue;
    for (auto const& name : names)
      parts.values += fmt::format("    \"{} {}\") words='{}' ;;\n", path, name, choices);
  }
  parts.words += fmt::format("        \"{}\") words='{}' ;;\n", path, fmt::join(words, " "));
}

}  // namespace

std::string bash_completion() {
  Parts parts;
  with_command_line([&](CLI::App const& app) { collect(app, "candled", parts); });
  return fmt::format(fmt::runtime(completion), fmt::arg("commands", fmt::join(parts.commands, " | ")),
                     fmt::arg("values", parts.values), fmt::arg("words", parts.words));
}

}  // namespace candled
