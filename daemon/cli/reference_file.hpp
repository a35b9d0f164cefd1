// What commands that import a file share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/csv_lines.hpp"

namespace candled {

// The text of the file, which may be a pipe; prints why not.
std::optional<std::string> read_reference_file(std::string const& path);

// FILE:LINE: WHAT, one a line, to standard error.
void print_problems(std::string const& path, std::vector<LineProblem> const& problems);

}  // namespace candled
