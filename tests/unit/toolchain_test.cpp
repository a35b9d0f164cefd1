// GCC before 14 compiles coroutines wrongly without a word, so CMake must not let it begin.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace candled {
namespace {

// Configures a fresh build. CMake's report breaks lines where it likes, so all white space is made one blank.
test::Finished configure(std::vector<std::string> const& definitions) {
  test::TempDir const build;
  std::vector<std::string> command{
      "cmake", "-G", "Ninja", "-S", CANDLED_SOURCE_DIR, "-B", build.path(), "-DCANDLED_TESTS=OFF"};
  command.insert(command.end(), definitions.begin(), definitions.end());
  auto finished = test::run(command);
  std::string flat;
  for (auto const character : finished.errors) {
    auto const blank = character == ' ' || character == '\n';
    if (!blank || !flat.ends_with(' ')) flat += blank ? ' ' : character;
  }
  finished.errors = flat;
  return finished;
}

// What CMake is to believe about a compiler that it would otherwise ask itself.
std::vector<std::string> believing_gcc(std::string const& version) {
  return {"-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_CXX_COMPILER_ID_RUN=1", "-DCMAKE_CXX_COMPILER_FORCED=1",
          "-DCMAKE_CXX_COMPILER_ID=GNU", "-DCMAKE_CXX_COMPILER_VERSION=" + version};
}

void expect_refusal(test::Finished const& configured) {
  EXPECT_NE(configured.exit_code, 0);
  EXPECT_TRUE(configured.errors.contains("miscompiles coroutines silently")) << configured.errors;
  EXPECT_TRUE(configured.errors.contains("Install it with tools/install-deps")) << configured.errors;
}

TEST(Toolchain, gcc_13_is_refused_with_what_to_do) {
  expect_refusal(configure(believing_gcc("13.3.0")));
}

TEST(Toolchain, gcc_14_is_not_refused) {
  auto const configured = configure(believing_gcc("14.1.0"));

  // It gets as far as the libraries; there clang, which this really is, cannot be taken for GCC any longer.
  EXPECT_TRUE(configured.errors.contains("tools/cmake/dependencies.cmake")) << configured.errors;
  EXPECT_FALSE(configured.errors.contains("miscompiles coroutines")) << configured.errors;
}

TEST(Toolchain, the_gcc_of_debian_12_is_refused) {
  auto const version = test::run({"g++", "-dumpversion"});
  if (!version.output.starts_with("12")) GTEST_SKIP() << "g++ 12 is not installed";

  expect_refusal(configure({"-DCMAKE_CXX_COMPILER=g++"}));
}

}  // namespace
}  // namespace candled
