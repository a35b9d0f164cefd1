// A list of symbols in a file of its own: one a line, blank lines and what follows '#' ignored.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/form.hpp"
#include "config/small_file.hpp"
#include "config/yaml_tree.hpp"

namespace candled {

struct SymbolLine {
  std::string symbol;
  Place place;
  std::optional<Refusal> refusal;  // why it is no symbol
};

struct SymbolsFile {
  std::string path;
  std::vector<SymbolLine> lines;  // in the file's order, without blank ones
};

std::expected<SymbolsFile, FileProblem> read_symbols_file(std::string const& path);
std::vector<SymbolLine> parse_symbols(std::string_view text);

}  // namespace candled
