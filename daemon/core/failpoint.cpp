#include "core/failpoint.hpp"

#ifdef CANDLED_FAILPOINTS

#include <csignal>

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

namespace candled {

namespace {

struct Armed {
  std::string name;
  int nth = 0;  // 0: no failpoint is armed
  int signal = 0;
};

Armed read_environment() {
  char const* const text = std::getenv("CANDLED_FAILPOINT");  // NOLINT(concurrency-mt-unsafe): read once
  if (text == nullptr) return {};
  std::string_view const spec{text};
  auto const first = spec.find(':');
  auto const second = spec.find(':', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) std::abort();
  Armed armed{.name = std::string{spec.substr(0, first)}};
  std::from_chars(spec.data() + first + 1, spec.data() + second, armed.nth);
  armed.signal = spec.substr(second + 1) == "pause" ? SIGSTOP : SIGKILL;
  return armed;
}

}  // namespace

void failpoint(std::string_view name) {
  static Armed const armed = read_environment();
  static std::atomic<int> passed = 0;  // writer threads pass failpoints too
  if (armed.nth == 0 || name != armed.name) return;
  if (++passed == armed.nth && std::raise(armed.signal) != 0) std::abort();
}

}  // namespace candled

#endif
