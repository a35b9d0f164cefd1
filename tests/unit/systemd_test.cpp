// The files of systemd/, judged by systemd's own checkers: they work without systemd as the first process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

constexpr char const* units = CANDLED_SOURCE_DIR "/systemd/";

// A copy of the unit that starts a program which every machine has: candled itself is not installed here.
std::string unit_in(test::TempDir const& folder, std::string const& name = "candled.service") {
  auto text = test::read_file(std::string{units} + name);
  std::string const program = "ExecStart=/usr/bin/candled";
  auto const at = text.find(program);
  EXPECT_NE(at, std::string::npos) << "the unit starts something else";
  if (at != std::string::npos) text.replace(at, program.size(), "ExecStart=/bin/true");
  return folder.write(name, text);
}

// systemd-analyze loads what our unit refers to as well: what it says about other units is not ours.
std::string lines_about_candled(std::string const& output) {
  std::istringstream lines{output};
  std::string ours;
  for (std::string line; std::getline(lines, line);)
    if (line.contains("candled")) ours += line + "\n";
  return ours;
}

TEST(Systemd, finds_nothing_wrong_with_the_units) {
  test::TempDir const folder;
  auto const daemon = unit_in(folder);
  auto const migrate = unit_in(folder, "candled-migrate.service");

  auto const verify = test::run({"systemd-analyze", "--man=no", "verify", daemon, migrate});

  EXPECT_EQ(verify.exit_code, 0);
  EXPECT_EQ(lines_about_candled(verify.output + verify.errors), "");
}

TEST(Systemd, a_misspelt_key_of_the_unit_would_be_seen) {
  test::TempDir const folder;
  auto const unit = folder.write("candled.service", "[Service]\nExecStart=/bin/true\nRestrtSec=2\n");

  auto const verify = test::run({"systemd-analyze", "--man=no", "verify", unit});

  EXPECT_NE(lines_about_candled(verify.output + verify.errors), "");
}

TEST(Systemd, rates_the_units_exposure_at_most_1_5_of_10) {
  test::TempDir const folder;

  for (auto const* const name : {"candled.service", "candled-migrate.service"}) {
    auto const rating = test::run({"systemd-analyze", "security", "--no-pager", "--offline=true",
                                   "--threshold=15", unit_in(folder, name)});

    EXPECT_EQ(rating.exit_code, 0) << name << rating.output << rating.errors;
  }
}

TEST(Systemd, each_hole_that_is_left_has_its_reason_in_the_unit) {
  test::TempDir const folder;
  auto const unit = test::read_file(std::string{units} + "candled.service");
  auto const reasons = unit.substr(0, unit.find("[Unit]"));

  auto const rating = test::run(
      {"systemd-analyze", "security", "--no-pager", "--offline=true", "--json=short", unit_in(folder)});

  auto const holes = nlohmann::json::parse(rating.output, nullptr, false);
  ASSERT_TRUE(holes.is_array()) << rating.output << rating.errors;
  std::size_t open = 0;
  for (auto const& hole : holes) {
    if (hole["exposure"].is_null() || hole["exposure"] == "0.0") continue;
    EXPECT_TRUE(reasons.contains(hole["json_field"].get<std::string>())) << hole;
    ++open;
  }
  EXPECT_GE(open, 1U) << "nothing was looked at";
}

TEST(Systemd, the_migration_is_as_closed_as_the_daemon) {
  auto const daemon = test::read_file(std::string{units} + "candled.service");
  auto const migrate = test::read_file(std::string{units} + "candled-migrate.service");

  auto const from = daemon.find("# No privilege, now or later.");
  auto const closed = daemon.substr(from, daemon.find("# Far above what it needs") - from);
  EXPECT_GT(closed.size(), 1000U);
  EXPECT_TRUE(migrate.contains(closed));
}

TEST(Systemd, makes_the_user_and_its_folders) {
  test::TempDir const folder;
  if (geteuid() != 0) GTEST_SKIP() << "only root can give folders to another user";
  folder.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  folder.write("etc/group", "root:x:0:\n");
  auto const root = "--root=" + folder.path();

  auto const users = test::run({"systemd-sysusers", root, std::string{units} + "candled.sysusers"});
  auto const files =
      test::run({"systemd-tmpfiles", "--create", root, std::string{units} + "candled.tmpfiles"});
  auto const modes = test::run({"stat", "-c", "%a", folder / "etc/candled", folder / "etc/candled/secrets",
                                folder / "var/lib/candled"});

  EXPECT_EQ(users.exit_code, 0) << users.errors;
  EXPECT_EQ(files.exit_code, 0) << files.errors;
  EXPECT_TRUE(test::read_file(folder / "etc/passwd").contains("candled:x:"));
  EXPECT_EQ(modes.output, "750\n700\n750\n") << modes.errors;
}

}  // namespace
}  // namespace candled
