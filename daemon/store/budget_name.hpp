// What the ledger calls a credential, and who holds places of it.
#pragma once

#include <string>

#include "core/secret.hpp"

namespace candled {

// "api.massive.com#0123456789abcdef": the address without its scheme, and the first 16 hex digits of the
// key's SHA-256, which tell two keys apart and do not tell the key. The same for every process.
std::string budget_name(std::string const& base_url, Secret const& key);

// A random UUID (RFC 9562, version 4): names one pacer of one start.
std::string new_holder();

}  // namespace candled
