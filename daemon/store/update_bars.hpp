// Bars whose values the provider changed.
#pragma once

#include <span>

#include "store/bar_copy.hpp"

namespace candled {

// Gives stored bars their new values; the old ones go to bar_revision in the same statement. At least one
// bar, each key once. Throws as libpqxx does.
void update_bars(pqxx::work& work, std::span<BarRef const> bars);

}  // namespace candled
