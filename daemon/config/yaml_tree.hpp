// A YAML text as a tree of plain values that remember where they stood. The only door to the YAML library.
#pragma once

#include <compare>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/load_config.hpp"

namespace candled {

// Counts from 1, as editors do; columns are bytes. 0: the place is not within the text.
struct Place {
  int line = 0;
  int column = 0;

  friend auto operator<=>(Place, Place) = default;
};

// A null, a single value, a list or a mapping. A value stays the text that was written: what `1m`, `no` or
// `1e3` means is decided by the key that it belongs to, never by YAML's guesses.
struct YamlNode {
  enum class Kind { null, value, list, mapping };

  Kind kind = Kind::null;
  Place place;
  std::string text;  // of a value
  std::string key;   // of a mapping's child, with its place
  Place key_place;
  std::vector<YamlNode> children;  // in the order of the text; a mapping's duplicate keys are all there
};

// 200,000: five times what a job for every listed US share needs, and 40 MiB at most. Aliases count as what
// they stand for, so that a few lines of nested aliases cannot grow into gigabytes.
inline constexpr std::size_t yaml_nodes_max = 200'000;
// 16: the deepest key that we know is at 6.
inline constexpr std::size_t yaml_depth_max = 16;

// The one document in `text`. A problem has place, message and hint; file and path are the caller's. Refused,
// beside what is not YAML: text that is not UTF-8, control characters, tabs as indentation, nothing at all, a
// second document, tags, keys that are no text, values of more than one line (a quote or a colon
// was forgotten), and more than the limits above. Never throws.
std::expected<YamlNode, ConfigProblem> parse_yaml(std::string_view text);

}  // namespace candled
