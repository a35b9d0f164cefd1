// Two types of one name in one namespace are no error of any compiler or linker, and yet each file may get
// the other's constructors: the exchange had a Page of its own, and a test that linked both wrote beyond the
// end of ours.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

// Types that a header defines in its namespace: clang-format begins these lines at the left edge.
std::vector<std::string> types_of(std::string const& header) {
  static std::regex const definition{R"(^(?:struct|class|enum class) (\w+)(?:[^;]*|[^;]*\{.*)$)"};
  std::vector<std::string> types;
  std::istringstream lines{header};
  for (std::string line; std::getline(lines, line);)
    if (std::smatch match; std::regex_match(line, match, definition)) types.push_back(match[1]);
  return types;
}

TEST(TypeNames, stand_for_one_type_each) {
  std::filesystem::path const root{CANDLED_SOURCE_DIR};
  std::map<std::string, std::string> header_of;
  for (auto const& entry : std::filesystem::recursive_directory_iterator{root / "daemon"}) {
    if (entry.path().extension() != ".hpp") continue;
    auto const path = entry.path().lexically_relative(root).string();
    for (auto const& type : types_of(test::read_file(entry.path()))) {
      auto const [first, is_new] = header_of.emplace(type, path);
      EXPECT_TRUE(is_new) << type << " is defined in " << first->second << " and in " << path;
    }
  }
  EXPECT_GT(header_of.size(), 100U);
  EXPECT_EQ(header_of["Page"], "daemon/provider/provider.hpp");
}

TEST(TypeNames, are_read_from_definitions_only) {
  EXPECT_EQ(
      types_of(
          "struct A {\nclass B final : public A {\nenum class C { x, y };\n  struct Inner {\nclass D;\n"),
      (std::vector<std::string>{"A", "B", "C"}));
}

}  // namespace
}  // namespace candled
