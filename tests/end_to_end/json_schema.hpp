// As much of JSON Schema as docs/openapi.json uses.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace candled::test {

// What of `value` is not as `schema` says, each with its path; `document` is where its references point to. A
// word of the schema that this does not know is a problem, too.
std::vector<std::string> schema_problems(nlohmann::json const& document, nlohmann::json const& schema,
                                         nlohmann::json const& value);

}  // namespace candled::test
