// The bearer token. What is kept of it is a hash.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace candled {

using TokenHash = std::array<unsigned char, 32>;  // SHA-256

TokenHash token_hash(std::string_view token);

// 64 hexadecimal digits. nullopt: anything else.
std::optional<TokenHash> parse_token_hash(std::string_view hex);

// Takes as long whatever differs.
bool same(TokenHash const& a, TokenHash const& b);

}  // namespace candled
