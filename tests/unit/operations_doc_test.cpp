// docs/operations.md speaks of messages: each is one that the program has, and each warning of it is told of.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

namespace candled::test {
namespace {

namespace fs = std::filesystem;

std::string text_of(fs::path const& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::string> matches(std::string const& text, std::regex const& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

std::string sources() {
  std::string all;
  for (auto const& entry : fs::recursive_directory_iterator{fs::path{CANDLED_SOURCE_DIR} / "daemon"})
    if (entry.path().extension() == ".cpp") all += text_of(entry.path());
  return all;
}

// The messages of the table, cut where a value stands.
std::vector<std::string> documented() {
  auto const document = text_of(fs::path{CANDLED_SOURCE_DIR} / "docs/operations.md");
  auto const table = document.substr(document.find("| message | means | do |"));
  std::vector<std::string> fragments;
  for (auto const& cell : matches(table, std::regex{R"(\n\| ([^|]*) \|)"}))
    for (auto message : matches(cell, std::regex{"`([^`]*)`"})) {
      message = std::regex_replace(message, std::regex{"…"}, "\n");
      for (auto const& fragment : matches(message, std::regex{R"(([^\n]{6,}))"}))
        fragments.push_back(std::regex_replace(fragment, std::regex{"^[ :]+|[ :]+$"}, ""));
    }
  return fragments;
}

TEST(OperationsDocument, speaks_of_messages_that_there_are) {
  auto const program = sources();
  auto const fragments = documented();
  EXPECT_GE(fragments.size(), 15U);
  for (auto const& fragment : fragments)
    EXPECT_NE(program.find(fragment), std::string::npos) << "nothing in daemon/ says: " << fragment;
}

TEST(OperationsDocument, tells_of_each_warning) {
  auto const warnings = matches(sources(), std::regex{R"(log_warn\(\s*"([^"]*)\")"});
  EXPECT_GE(warnings.size(), 10U);
  for (auto const& warning : warnings) {
    bool told = false;
    for (auto const& fragment : documented()) told |= warning.find(fragment) != std::string::npos;
    EXPECT_TRUE(told) << "docs/operations.md does not tell of: " << warning;
  }
}

}  // namespace
}  // namespace candled::test
