// What a package holds beside the program: it cannot say less than the program knows.
#include "cli/manual.hpp"

#include <gtest/gtest.h>

#include "config/load_config.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

// What man(7) makes of a bare minus.
std::string roff(std::string_view text) {
  std::string out;
  for (char const c : text) out += c == '-' ? std::string{"\\-"} : std::string{c};
  return out;
}

TEST(Manual, has_each_command_and_its_options) {
  auto const manual = command_manual();

  for (std::string_view const command :
       {"run", "once", "backfill", "repair", "cancel", "retry", "plan", "status", "gaps", "report", "check",
        "migrate", "version", "calendar early-close", "instruments import", "actions refresh"})
    EXPECT_TRUE(manual.contains(roff(".SS candled " + std::string{command} + "\n"))) << command;
  EXPECT_TRUE(manual.contains(R"(\fB\-\-detach\fR)"));
  EXPECT_TRUE(manual.contains("Exit codes: 0 done"));
}

TEST(Manual, of_the_configuration_has_each_key_and_the_example) {
  auto const manual = configuration_manual("a: b-c\n.d\n'e \\n\n");

  for (auto const& key : known_keys())
    EXPECT_TRUE(manual.contains(".B " + roff(key.path) + "\n")) << key.path;
  EXPECT_TRUE(manual.contains(".nf\na: b\\-c\n\\&.d\n\\&'e \\en\n.fi\n")) << manual;
}

// What bash offers after these words, the last of them unfinished.
std::string offered(std::string const& words, int last) {
  test::TempDir const folder;
  auto const file = folder.write("completion", bash_completion());
  auto const bash =
      test::run({"bash", "-c",
                 "complete() { :; }; source " + file + " && COMP_WORDS=(" + words +
                     ") && COMP_CWORD=" + std::to_string(last) + " && _candled && echo \"${COMPREPLY[*]}\""});
  return bash.output + bash.errors;
}

TEST(Completion, offers_commands_options_and_values) {
  EXPECT_EQ(offered("candled re", 1), "repair retry report\n");
  EXPECT_EQ(offered("candled calendar c", 2), "close\n");
  EXPECT_EQ(offered("candled calendar close --r", 3), "--reason\n");
  EXPECT_EQ(offered("candled gaps --reason p", 3), "provider_empty\n");
  EXPECT_EQ(offered("candled gaps --reason provider_empty --j", 4), "--json --job\n");
}

TEST(Completion, leaves_files_to_bash) {
  EXPECT_EQ(offered("candled check --config can", 3), "\n");
}

}  // namespace
}  // namespace candled
