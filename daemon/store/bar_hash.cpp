#include "store/bar_hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "store/pg_binary.hpp"

namespace candled {

namespace {

constexpr std::size_t message_size = 7 * 8 + 4;
constexpr std::size_t digest_size = 32;

std::uint64_t bits(double value) {
  if (std::isnan(value)) value = std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<std::uint64_t>(value);
}

std::array<char, message_size> message_of(Bar const& bar) {
  std::array<char, message_size> message{};
  auto* place = message.data();
  auto const append = [&](auto value) {
    auto const bytes = big_endian(value);
    std::memcpy(place, &bytes, sizeof bytes);
    place += sizeof bytes;
  };
  append(static_cast<std::uint64_t>(to_postgres(bar.start)));
  // + 0: what was -0 is 0.
  for (double const value : {bar.open, bar.high, bar.low, bar.close, bar.volume + 0.0, bar.vwap})
    append(bits(value));
  append(static_cast<std::uint32_t>(bar.trade_count));
  return message;
}

std::uint64_t read(unsigned char const* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, sizeof value);
  return big_endian(value);
}

}  // namespace

BarHash& BarHash::operator+=(BarHash other) {
  first += other.first;
  second += other.second;
  return *this;
}

BarHash& BarHash::operator-=(BarHash other) {
  first -= other.first;
  second -= other.second;
  return *this;
}

std::string to_hex(BarHash hash) {
  return fmt::format("{:016x}{:016x}", hash.first, hash.second);
}

struct BarHasher::Context {
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* running = EVP_MD_CTX_new();

  Context() = default;
  Context(Context const&) = delete;
  Context& operator=(Context const&) = delete;
  ~Context() {
    EVP_MD_CTX_free(running);
    EVP_MD_free(sha256);
  }
};

BarHasher::BarHasher() : context_(std::make_unique<Context>()) {
  if (context_->sha256 == nullptr || context_->running == nullptr ||
      EVP_DigestInit_ex2(context_->running, context_->sha256, nullptr) != 1)
    throw std::runtime_error("libcrypto has no SHA-256");
}

BarHasher::~BarHasher() = default;

BarHash BarHasher::operator()(Bar const& bar) {
  auto const message = message_of(bar);
  std::array<unsigned char, digest_size> digest{};
  auto* const running = context_->running;
  // Begun again without a name: it goes on with the algorithm that it has.
  if (EVP_DigestInit_ex2(running, nullptr, nullptr) != 1 ||
      EVP_DigestUpdate(running, message.data(), message.size()) != 1 ||
      EVP_DigestFinal_ex(running, digest.data(), nullptr) != 1)
    throw std::runtime_error("libcrypto could not compute a SHA-256");
  return {.first = read(digest.data()), .second = read(digest.data() + sizeof(std::uint64_t))};
}

}  // namespace candled
