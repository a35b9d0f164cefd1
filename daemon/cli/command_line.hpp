// The command line as it is declared, for those who describe it: --help, the manual, the completion.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace candled {

// Calls `visit` with candled's own command line, complete and not parsed. It lives for the call only.
void with_command_line(std::function<void(CLI::App const&)> const& visit);

}  // namespace candled
