// What a fuzz target's code promises of any input at all. A broken promise is a finding like a sanitizer's.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace candled::fuzz {

// Ends the process when `kept` is false: libFuzzer then keeps the input.
inline void promise(bool kept, char const* what) {
  if (kept) return;
  static_cast<void>(std::fprintf(stderr, "broken promise: %s\n", what));
  std::abort();
}

inline std::string_view text_of(std::uint8_t const* data, std::size_t size) {
  return {reinterpret_cast<char const*>(data), size};
}

}  // namespace candled::fuzz

// libFuzzer's entry points (llvm.org/docs/LibFuzzer.html): C names, called with each input.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
