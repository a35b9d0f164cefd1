// The description of the whole interface: docs/openapi.json.
#pragma once

#include <string>

namespace candled {

std::string openapi_document();

}  // namespace candled
