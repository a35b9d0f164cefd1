// candled-manual: writes what the package holds beside the program. It runs while candled is built, and is
// not installed.
//
//   candled-manual FOLDER EXAMPLE    candled.1, candled.yaml.5 with the file EXAMPLE, and candled.bash, into
//   FOLDER
//   candled-manual keys              prints the table of keys of docs/configuration.md
#include "cli/manual.hpp"
#include "config/key_reference.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

bool write(std::string const& path, std::string const& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  file.close();
  return file.good();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view{argv[1]} == "keys") {
    fmt::print("{}", candled::key_reference());
    return 0;
  }
  if (argc != 3) return 2;
  std::string const folder = argv[1];
  std::ifstream file{argv[2], std::ios::binary};
  std::string const example{std::istreambuf_iterator<char>{file}, {}};
  bool const written = !example.empty() && write(folder + "/candled.1", candled::command_manual()) &&
                       write(folder + "/candled.yaml.5", candled::configuration_manual(example)) &&
                       write(folder + "/candled.bash", candled::bash_completion());
  if (!written) fmt::print(stderr, "candled-manual: cannot read {} or write to {}\n", argv[2], folder);
  return written ? 0 : 1;
}
