#include "config/text_check.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace candled {

namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

struct Lead {
  std::size_t length = 0;      // 0: no character starts with this byte
  std::uint32_t bits = 0;      // that the first byte gives
  std::uint32_t smallest = 0;  // of the characters that need this length
};

Lead lead_of(unsigned char first) {
  if (first < 0x80) return {.length = 1, .bits = first, .smallest = 0};
  if (first >= 0xC0 && first < 0xE0) return {.length = 2, .bits = first & 0x1FU, .smallest = 0x80};
  if (first >= 0xE0 && first < 0xF0) return {.length = 3, .bits = first & 0x0FU, .smallest = 0x800};
  if (first >= 0xF0 && first < 0xF8) return {.length = 4, .bits = first & 0x07U, .smallest = 0x10000};
  return {};
}

// How many bytes the UTF-8 character at the front of `text` has; 0 when there is none (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
std::size_t character_length(std::string_view text) {
  auto const lead = lead_of(byte_at(text, 0));
  if (lead.length == 0 || lead.length > text.size()) return 0;
  auto value = lead.bits;
  for (std::size_t i = 1; i < lead.length; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return 0;
    value = value << 6U | (byte_at(text, i) & 0x3FU);
  }
  bool const surrogate = value >= 0xD800 && value <= 0xDFFF;
  return value < lead.smallest || surrogate || value > 0x10FFFF ? 0 : lead.length;
}

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
}

std::optional<ConfigProblem> bad_character(std::string_view rest) {
  auto const byte = byte_at(rest, 0);
  if (character_length(rest) == 0)
    return ConfigProblem{.message = fmt::format("expected UTF-8 text, found the byte 0x{:02x}", byte),
                         .hint = "save the file as UTF-8"};
  if (is_control(byte))
    return ConfigProblem{.message = fmt::format("expected text, found the control character 0x{:02x}", byte),
                         .hint = "remove it; is this really a YAML file?"};
  return std::nullopt;
}

// A tab within the white space that a line starts with, unless nothing but a comment follows.
std::optional<ConfigProblem> bad_indentation(std::string_view line) {
  auto const first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos || line[first] == '#') return std::nullopt;
  auto const tab = line.substr(0, first).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return ConfigProblem{.column = static_cast<int>(tab) + 1,
                       .message = "expected spaces as indentation, found a tab",
                       .hint = "YAML knows no tabs there: replace each by two spaces"};
}

std::optional<ConfigProblem> bad_line(std::string_view line) {
  for (std::size_t at = 0; at < line.size(); at += character_length(line.substr(at)))
    if (auto problem = bad_character(line.substr(at))) {
      problem->column = static_cast<int>(at) + 1;
      return problem;
    }
  return bad_indentation(line);
}

}  // namespace

std::optional<ConfigProblem> find_bad_text(std::string_view text) {
  for (int number = 1; !text.empty(); ++number) {
    auto const end = text.find('\n');
    if (auto problem = bad_line(text.substr(0, end))) {
      problem->line = number;
      return problem;
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return std::nullopt;
}

}  // namespace candled
