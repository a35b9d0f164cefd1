// Every key of the configuration as docs/configuration.md lists it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace candled {

// What a key is for, and its unit where `expected` does not say it. The same paths as KnownKey's.
struct KeyWords {
  std::string_view path;
  std::string_view means;
};
std::span<KeyWords const> key_words();

// A change of it takes effect only at the next start; otherwise a reload is enough.
bool needs_restart(std::string_view path);

// Markdown: a table for each section, made from the declarations that check the file.
std::string key_reference();

}  // namespace candled
