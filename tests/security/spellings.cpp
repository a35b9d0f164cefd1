#include "security/spellings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace candled::test {

namespace {

std::string percent_encoded(std::string_view text, bool upper, bool all) {
  std::string result;
  for (char const each : text) {
    auto const c = static_cast<unsigned char>(each);
    if (!all && (std::isalnum(c) != 0 || std::string_view{"-._~"}.contains(each)))
      result += each;
    else
      result += upper ? fmt::format("%{:02X}", c) : fmt::format("%{:02x}", c);
  }
  return result;
}

std::string hex(std::string_view text) {
  std::string result;
  for (char const c : text) result += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return result;
}

// The characters of base64 that `text` alone decides when `before` bytes modulo 3 come before it.
std::string base64_inside(std::string_view text, std::size_t before, std::string_view digits) {
  std::string const padded = std::string(before, '\0') + std::string{text};
  std::string result;
  for (std::size_t at = 0; at + 3 <= padded.size(); at += 3) {
    unsigned group = 0;
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | static_cast<unsigned char>(padded[at + i]);
    for (unsigned const shift : {18U, 12U, 6U, 0U}) result += digits[group >> shift & 63U];
  }
  return result.substr(before == 0 ? 0 : before + 1);
}

}  // namespace

std::vector<std::string> spellings_of(std::string_view secret) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string escaped;
  for (char const c : secret) escaped += c == '/' ? std::string{"\\/"} : std::string{c};
  std::vector<std::string> all{std::string{secret}, escaped, hex(secret)};
  for (bool const upper : {true, false})
    for (bool const every : {true, false}) all.push_back(percent_encoded(secret, upper, every));
  for (auto const* const last : {"+/", "-_"})
    for (std::size_t const before : {0U, 1U, 2U})
      all.push_back(base64_inside(secret, before, std::string{digits} + last));
  return all;
}

std::string secret_in(std::string_view text, std::vector<std::string> const& secrets) {
  for (auto const& secret : secrets)
    for (auto const& spelling : spellings_of(secret))
      if (text.contains(spelling)) return spelling;
  return {};
}

}  // namespace candled::test
