// Whole files: tests/fixtures/config/*.bad.yaml end with the problems that they are expected to have, each
// line after
// "#expect "; *.good.yaml have none.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/describe.hpp"
#include "config/load_config.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

std::string const fixtures = std::string{CANDLED_SOURCE_DIR} + "/tests/fixtures/config";
constexpr std::string_view canary = "CANARY";

std::vector<std::string> files_ending(std::string_view ending) {
  std::vector<std::string> names;
  for (auto const& entry : std::filesystem::directory_iterator{fixtures}) {
    auto const name = entry.path().filename().string();
    if (name.ends_with(ending)) names.push_back(name.substr(0, name.size() - ending.size()));
  }
  std::ranges::sort(names);
  return names;
}

struct Fixture {
  std::string yaml;
  std::string expected;  // as printed, one problem after the other
};

Fixture split(std::string const& text) {
  constexpr std::string_view mark = "#expect ";
  auto const begin = std::min(text.find(mark), text.size());
  Fixture fixture{.yaml = text.substr(0, begin), .expected = ""};
  std::istringstream lines{text.substr(begin)};
  for (std::string line; std::getline(lines, line);) fixture.expected += line.substr(mark.size()) + "\n";
  return fixture;
}

// As printed, with the fixtures' folder left out, so that it reads the same wherever the sources are.
std::string printed(ConfigResult const& result) {
  if (result) return "no problem\n";
  std::string text;
  for (auto const& problem : result.error()) text += to_string(problem) + "\n";
  auto const folder = fixtures + "/";
  for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.erase(at, folder.size());
  return text;
}

// What the fixtures' references stand for.
class FixtureEnvironment : public testing::Test {
 protected:
  void SetUp() override {
    credentials_.write("massive-key", "CANARY-of-systemd\n");
    setenv("CREDENTIALS_DIRECTORY", credentials_.path().c_str(), 1);
    setenv("MASSIVE_API_KEY", "CANARY-key", 1);
    setenv("CANDLED_TEST_EMPTY", "", 1);
    setenv("CANDLED_TEST_SPACES", "CANARY with spaces", 1);
    setenv("CANDLED_TEST_PASSWORD", "CANARY-password", 1);
    setenv("CANDLED_TEST_DATABASE_URL", "postgresql://me:CANARY@db/candled", 1);
    unsetenv("CANDLED_TEST_UNSET");
  }
  void TearDown() override {
    for (auto const* name : {"CREDENTIALS_DIRECTORY", "MASSIVE_API_KEY", "CANDLED_TEST_EMPTY",
                             "CANDLED_TEST_SPACES", "CANDLED_TEST_PASSWORD", "CANDLED_TEST_DATABASE_URL"})
      unsetenv(name);
  }

 private:
  test::TempDir credentials_;
};

class BadConfig : public FixtureEnvironment, public testing::WithParamInterface<std::string> {};

TEST_P(BadConfig, has_the_problems_that_it_expects) {
  auto const fixture = split(test::read_file(fixtures + "/" + GetParam() + ".bad.yaml"));

  auto const result = parse_config(fixture.yaml, "FILE", fixtures);

  EXPECT_EQ(printed(result), fixture.expected);
}

TEST_P(BadConfig, never_repeats_a_secret) {
  auto const fixture = split(test::read_file(fixtures + "/" + GetParam() + ".bad.yaml"));

  auto const result = parse_config(fixture.yaml, "FILE", fixtures);

  ASSERT_FALSE(result);
  for (auto const& problem : result.error())
    EXPECT_EQ(to_string(problem).find(canary), std::string::npos) << to_string(problem);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, BadConfig, testing::ValuesIn(files_ending(".bad.yaml")),
                         [](auto const& fixture) { return fixture.param; });

class GoodConfig : public FixtureEnvironment, public testing::WithParamInterface<std::string> {};

TEST_P(GoodConfig, has_no_problem) {
  auto const text = test::read_file(fixtures + "/" + GetParam() + ".good.yaml");

  EXPECT_EQ(printed(parse_config(text, "FILE", fixtures)), "no problem\n");
}

TEST_P(GoodConfig, is_described_without_its_secrets) {
  auto const config =
      parse_config(test::read_file(fixtures + "/" + GetParam() + ".good.yaml"), "FILE", fixtures);

  ASSERT_TRUE(config);
  for (auto const& line : describe(*config)) EXPECT_EQ(line.find(canary), std::string::npos) << line;
}

INSTANTIATE_TEST_SUITE_P(Fixtures, GoodConfig, testing::ValuesIn(files_ending(".good.yaml")),
                         [](auto const& fixture) { return fixture.param; });

TEST(ConfigFixtures, are_all_found) {
  EXPECT_GE(files_ending(".bad.yaml").size(), 50U);
  EXPECT_GE(files_ending(".good.yaml").size(), 10U);
}

}  // namespace
}  // namespace candled
