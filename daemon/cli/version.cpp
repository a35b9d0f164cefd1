#include <fmt/format.h>

#include "cli/commands.hpp"

namespace candled {

ExitCode version_command(Options const& options) {
  if (options.output == OutputFormat::json) {
    fmt::print("{{\"name\":\"candled\",\"version\":\"{}\"}}\n", CANDLED_VERSION);
  } else {
    fmt::print("candled {}\n", CANDLED_VERSION);
  }
  return ExitCode::done;
}

}  // namespace candled
