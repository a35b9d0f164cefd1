#include "cli/reference_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

#include "cli/work.hpp"

namespace candled {

namespace {

// The dividends of all US stocks for 20 years are some 40 MB.
constexpr std::size_t file_bytes_max = 256 * 1024 * 1024;

}  // namespace

std::optional<std::string> read_reference_file(std::string const& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text;
  std::string part(64 * 1024, '\0');
  while (file && text.size() <= file_bytes_max) {
    file.read(part.data(), std::ssize(part));
    text.append(part, 0, static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > file_bytes_max) {
    print_error(fmt::format("{} has more than {} MiB: import it in parts", path, file_bytes_max >> 20U));
    return std::nullopt;
  }
  if (!file.is_open() || file.bad() || !file.eof()) {
    print_error(fmt::format("{} cannot be read: {}", path, std::generic_category().message(errno)));
    return std::nullopt;
  }
  return text;
}

void print_problems(std::string const& path, std::vector<LineProblem> const& problems) {
  for (auto const& [line, what] : problems) fmt::print(stderr, "{}:{}: {}\n", path, line, what);
}

}  // namespace candled
