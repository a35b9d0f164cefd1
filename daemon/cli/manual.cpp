#include "cli/manual.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <vector>

#include "cli/command_line.hpp"
#include "config/load_config.hpp"

namespace candled {

namespace {

// man(7) reads a line that begins with a dot or a quote as a command, and a bare minus as a hyphen.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (char const c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_begins = c == '\n';
  }
  return out;
}

// Text that is laid out already.
std::string as_it_stands(std::string_view text) {
  std::string out = ".nf\n" + roff(text);
  if (!out.ends_with('\n')) out += '\n';
  return out + ".fi\n";
}

std::string title(std::string_view name, int section) {
  return fmt::format(".TH {} {} \"\" \"candled {}\"\n", roff(name), section, CANDLED_VERSION);
}

std::vector<CLI::App const*> commands_of(CLI::App const& app) {
  return app.get_subcommands([](CLI::App const* one) { return !one->get_name().empty(); });
}

// --help is everywhere, and said once.
std::vector<CLI::Option const*> options_of(CLI::App const& app) {
  return app.get_options([&](CLI::Option const* one) { return one != app.get_help_ptr(); });
}

std::string describe_option(CLI::Option const& option) {
  auto const named = option.get_name(option.get_positional(), true);
  auto text = fmt::format(".TP\n\\fB{}\\fR", roff(named));
  if (!option.get_type_name().empty()) text += " " + roff(option.get_type_name());
  text += "\n" + roff(option.get_description());
  if (option.get_required()) text += "; required";
  if (!option.get_default_str().empty()) text += "; default " + roff(option.get_default_str());
  if (!option.get_envname().empty()) text += "; or the environment variable " + roff(option.get_envname());
  return text + "\n";
}

void describe_commands(CLI::App const& app, std::string const& path, std::string& out) {
  for (auto const* const command : commands_of(app)) {
    auto const name = path + " " + command->get_name();
    out += fmt::format(".SS {}\n{}\n", roff(name), roff(command->get_description()));
    for (auto const* const option : options_of(*command)) out += describe_option(*option);
    // CLI11 hands a footer down to all commands within.
    if (auto const footer = command->get_footer(); footer != app.get_footer())
      out += ".PP\n" + as_it_stands(footer);
    describe_commands(*command, name, out);
  }
}

}  // namespace

std::string command_manual() {
  std::string out = title("candled", 1);
  with_command_line([&](CLI::App const& app) {
    out += ".SH NAME\ncandled \\- keeps a PostgreSQL database filled with market data\n";
    out +=
        ".SH SYNOPSIS\n.B candled\n.I COMMAND\n.RI [ OPTIONS ]\n.PP\n.B candled\n.RI [ COMMAND ]\n.B "
        "\\-\\-help\n";
    out += ".SH DESCRIPTION\n" + roff(app.get_description()) + "\n.PP\n" + as_it_stands(app.get_footer());
    out += ".SH COMMANDS\n";
    describe_commands(app, "candled", out);
  });
  return out + ".SH SEE ALSO\n.BR candled.yaml (5)\n";
}

std::string configuration_manual(std::string_view example) {
  std::string out = title("candled.yaml", 5);
  out += ".SH NAME\ncandled.yaml \\- the configuration of candled\n.SH DESCRIPTION\n";
  out +=
      "One YAML file. Keys that do not exist, wrong units and impossible combinations are told with line and "
      "column, all at once, by \\fBcandled check\\fR.\n.SH KEYS\n";
  for (auto const& key : known_keys()) {
    out += fmt::format(".TP\n.B {}\n{}", roff(key.path), roff(key.expected));
    if (key.required) out += "; required";
    if (!key.fallback.empty()) out += "; default " + roff(key.fallback);
    out += "\n";
  }
  out += ".SH EXAMPLE\n" + as_it_stands(example);
  return out + ".SH SEE ALSO\n.BR candled (1)\n";
}

}  // namespace candled
