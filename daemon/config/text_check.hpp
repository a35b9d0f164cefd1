// What can be wrong with a text before it is YAML.
#pragma once

#include <optional>
#include <string_view>

#include "config/load_config.hpp"

namespace candled {

// The first byte that is not UTF-8, control character (but tab and line break) or tab in an indentation, as a
// problem with place, message and hint. nullopt: there is none.
std::optional<ConfigProblem> find_bad_text(std::string_view text);

}  // namespace candled
