// "Did you mean …": what a mistyped word was probably meant to be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace candled {

// The number of letters to insert, delete, replace or swap with a neighbour to make `b` of `a` (optimal
// string alignment). Case and the difference between '-' and '_' count as nothing.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest of `known`, when it is near enough to be meant: a third of its letters, and one at least, may
// be wrong; or one of the two is how the other starts ("warning" and "warn"), with three letters at least.
std::optional<std::string> nearest(std::string_view word, std::vector<std::string> const& known);

// "did you mean 'api_key'?", or "" when nothing is near.
std::string did_you_mean(std::string_view word, std::vector<std::string> const& known);

}  // namespace candled
