// The configuration as it is in effect, for people.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace candled {

// Every key with the value that holds, defaults included, in the shape of the file; one line an element,
// without line breaks. Secrets are not in it: the database's URL as it stands in the file, of api_key only
// that it is set.
std::vector<std::string> describe(Config const& config);

}  // namespace candled
