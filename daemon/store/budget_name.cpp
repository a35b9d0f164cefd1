#include "store/budget_name.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <random>
#include <stdexcept>

namespace candled {

namespace {

constexpr std::size_t fingerprint_bytes = 8;

std::string fingerprint(std::string const& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  // Without memory, or in an OpenSSL that has no SHA-256, nothing can go on.
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error{"SHA-256 is not available"};
  std::string hex;
  for (std::size_t i = 0; i < fingerprint_bytes; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

}  // namespace

std::string budget_name(std::string const& base_url, Secret const& key) {
  auto const scheme_end = base_url.find("://");
  auto const address = scheme_end == std::string::npos ? base_url : base_url.substr(scheme_end + 3);
  return fmt::format("{}#{}", address, fingerprint(key.reveal()));
}

std::string new_holder() {
  std::random_device random;
  auto const word = [&] { return static_cast<std::uint32_t>(random()); };
  auto const versioned = (word() & 0xFFFF0FFFU) | 0x00004000U;
  auto const variant = (word() & 0x3FFFFFFFU) | 0x80000000U;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", word(), versioned >> 16U,
                     versioned & 0xFFFFU, variant >> 16U, variant & 0xFFFFU, word());
}

}  // namespace candled
