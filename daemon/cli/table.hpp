// Text in columns, for people.
#pragma once

#include <string>
#include <vector>

namespace candled {

// Each column as wide as its widest cell, two blanks between; the first row is the header. Cells that are
// numbers go to the right.
std::string table(std::vector<std::vector<std::string>> const& rows);

}  // namespace candled
