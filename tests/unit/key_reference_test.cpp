// docs/configuration.md lists the keys that there are, as they are checked.
#include "config/key_reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/load_config.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

bool has_path(auto const& keys, std::string_view path) {
  return std::ranges::any_of(keys, [&](auto const& one) { return one.path == path; });
}

TEST(KeyReference, says_what_each_key_is_for_and_of_no_other) {
  auto const keys = known_keys();
  for (auto const& key : keys) {
    bool const is_section = key.path.find_first_of(".[") == std::string::npos;
    EXPECT_TRUE(is_section || has_path(key_words(), key.path)) << key.path;
  }
  for (auto const& [path, means] : key_words()) EXPECT_TRUE(has_path(keys, path)) << path;
}

TEST(KeyReference, knows_defaults_as_they_are_written) {
  auto const keys = known_keys();
  auto const fallback = [&](std::string_view path) {
    return std::ranges::find(keys, path, &KnownKey::path)->fallback;
  };

  EXPECT_EQ(fallback("database.writers"), "2");
  EXPECT_EQ(fallback("providers.NAME.base_url"), "https://api.massive.com");
  EXPECT_EQ(fallback("providers.NAME.endpoint"), "https://files.massive.com");
  EXPECT_EQ(fallback("providers.NAME.rate_limit.adaptive"), "false");
  EXPECT_EQ(fallback("retry.max"), "5m");
  EXPECT_EQ(fallback("jobs[].schedule.delay"), "0s");
  EXPECT_EQ(fallback("jobs[].calendar"), "XNYS");
  EXPECT_EQ(fallback("timings.rotate"), "64MiB");
  EXPECT_EQ(fallback("jobs[].retention"), "");
  EXPECT_TRUE(std::ranges::find(keys, "database.url", &KnownKey::path)->required);
}

TEST(KeyReference, is_what_the_document_says) {
  auto const document = test::read_file(std::string{CANDLED_SOURCE_DIR} + "/docs/configuration.md");

  EXPECT_TRUE(document.contains("-->\n\n" + key_reference() + "\n<!-- until here -->"))
      << "docs/configuration.md is not what `build/dev/packaging/candled-manual keys` prints:\n"
      << key_reference();
}

}  // namespace
}  // namespace candled
