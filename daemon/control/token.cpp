#include "control/token.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <charconv>

namespace candled {

TokenHash token_hash(std::string_view token) {
  TokenHash hash{};
  // The C interface takes bytes.
  SHA256(reinterpret_cast<unsigned char const*>(token.data()), token.size(), hash.data());
  return hash;
}

std::optional<TokenHash> parse_token_hash(std::string_view hex) {
  TokenHash hash{};
  if (hex.size() != 2 * hash.size()) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    auto const* const digits = hex.data() + 2 * i;
    if (std::from_chars(digits, digits + 2, hash[i], 16).ptr != digits + 2) return std::nullopt;
  }
  return hash;
}

bool same(TokenHash const& a, TokenHash const& b) {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace candled
