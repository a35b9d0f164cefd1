// The documents: each link leads somewhere, and each message that they quote is one that the program has.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/temp_dir.hpp"

namespace candled {
namespace {

namespace fs = std::filesystem;

fs::path const root{CANDLED_SOURCE_DIR};

std::vector<fs::path> documents() {
  std::vector<fs::path> all{root / "README.md"};
  for (auto const& entry : fs::directory_iterator{root / "docs"})
    if (entry.path().extension() == ".md") all.push_back(entry.path());
  return all;
}

std::vector<std::string> matches(std::string const& text, std::regex const& pattern) {
  std::vector<std::string> found;
  for (std::sregex_iterator match{text.begin(), text.end(), pattern}, end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

// As GitHub makes anchors of headings: small letters, no signs, minus for blanks.
std::set<std::string> anchors_of(fs::path const& document) {
  static std::regex const heading{"\n#+ ([^\n]+)"};
  std::set<std::string> anchors;
  for (auto const& text : matches("\n" + test::read_file(document.string()), heading)) {
    std::string anchor;
    for (char const c : text) {
      if (c == ' ' || c == '-') anchor += '-';
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_')
        anchor += static_cast<char>(std::tolower(c));
    }
    anchors.insert(anchor);
  }
  return anchors;
}

TEST(Documents, link_to_what_is_there) {
  static std::regex const link{R"(\]\(([^)\s]+)\))"};
  std::size_t seen = 0;
  for (auto const& document : documents())
    for (auto const& target : matches(test::read_file(document.string()), link)) {
      if (target.starts_with("http")) continue;
      ++seen;
      auto const hash = std::min(target.find('#'), target.size());
      auto const path = hash == 0 ? document : document.parent_path() / target.substr(0, hash);
      EXPECT_TRUE(fs::exists(path)) << document << ": " << target;
      if (hash < target.size())
        EXPECT_TRUE(anchors_of(path).contains(target.substr(hash + 1))) << document << ": " << target;
    }
  EXPECT_GE(seen, 40U);
}

TEST(Documents, are_all_named_by_the_readme) {
  auto const readme = test::read_file((root / "README.md").string());
  for (auto const& document : documents())
    if (document.filename() != "README.md")
      EXPECT_TRUE(readme.contains("docs/" + document.filename().string())) << document;
}

// Texts of the sources that go over several lines become one.
std::string sources() {
  std::string all;
  for (auto const& entry : fs::recursive_directory_iterator{root / "daemon"}) {
    if (entry.path().extension() != ".cpp") continue;
    auto const text = test::read_file(entry.path().string());
    for (std::size_t i = 0; i < text.size(); ++i) {
      auto const next = text[i] == '"' ? text.find_first_not_of(" \n", i + 1) : std::string::npos;
      if (next != std::string::npos && next > i + 1 && text[next] == '"' && text[i + 1] == '\n')
        i = next;
      else
        all += text[i];
    }
  }
  return all;
}

// Of the tables of messages: what stands in their first column, cut where a value stands.
std::vector<std::string> quoted_messages() {
  auto const document = test::read_file((root / "docs/troubleshooting.md").string());
  static std::regex const cell{R"(\n\| `([^|]*)` \|)"};
  std::vector<std::string> fragments;
  for (auto message : matches(document, cell)) {
    for (std::size_t at = 0; (at = message.find("…")) != std::string::npos;)
      message.replace(at, std::string_view{"…"}.size(), "\n");
    for (auto fragment : matches(message, std::regex{"([^\n]{6,})"})) {
      fragment.erase(0, fragment.find_first_not_of(' '));
      fragment.erase(fragment.find_last_not_of(' ') + 1);
      fragments.push_back(fragment);
    }
  }
  return fragments;
}

TEST(TroubleshootingDocument, quotes_messages_that_there_are) {
  auto const program = sources();
  auto const fragments = quoted_messages();
  EXPECT_GE(fragments.size(), 30U);
  for (auto const& fragment : fragments)
    EXPECT_TRUE(program.contains(fragment)) << "nothing in daemon/ says: " << fragment;
}

}  // namespace
}  // namespace candled
