// A configuration file: any text at all.
#include <algorithm>
#include <cstdlib>

#include "config/describe.hpp"
#include "config/load_config.hpp"
#include "fuzz/promise.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  // The seeds name these variables.
  setenv("MASSIVE_API_KEY", "CANARY-key", 1);
  setenv("DATABASE_URL", "postgresql://candled:CANARY-password@db/candled", 1);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  using fuzz::promise;
  auto const text = fuzz::text_of(data, size);
  if (text.contains("CANARY")) return -1;  // libFuzzer reads our comparisons: that would be its own
  auto const lines = 1 + std::ranges::count(text, '\n');
  auto const config = parse_config(text, "candled.yaml", CANDLED_SOURCE_DIR "/tests/fixtures/config");
  if (config) {
    promise(!config->jobs.empty() && !config->providers.empty(), "a configuration has work to do");
    promise(std::ranges::none_of(describe(*config), [](auto const& line) { return line.contains("CANARY"); }),
            "what is shown of a configuration holds no secret");
    return 0;
  }
  promise(!config.error().empty(), "what is refused has a problem");
  for (auto const& problem : config.error()) {
    promise(!problem.message.empty(), "a problem is told");
    promise(problem.line >= 0 && problem.column >= 0, "a place counts from 1, or is the file itself");
    promise(problem.file != "candled.yaml" || problem.line <= lines + 1, "a place is in the file");
    promise(!to_string(problem).contains("CANARY"), "a problem holds no secret");
  }
  return 0;
}
