#include "config/symbols_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace candled {

namespace {

SymbolLine parse_symbol(std::string_view text, Place place, Form<std::string> const& form) {
  SymbolLine line{.symbol = std::string{text}, .place = place, .refusal = std::nullopt};
  auto value = form.read(line.symbol);
  if (value) return line;
  line.refusal = std::move(value.error().front());
  line.refusal->message = fmt::format("expected {}, found {}", form.expected, quoted(text));
  return line;
}

}  // namespace

std::vector<SymbolLine> parse_symbols(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  constexpr std::string_view white_space = " \t\r";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  auto const form = ticker_symbol();
  std::vector<SymbolLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = text.substr(0, std::min(text.find('#'), end));
    auto const first = line.find_first_not_of(white_space);
    if (first != std::string_view::npos) {
      auto const symbol = line.substr(first, line.find_last_not_of(white_space) + 1 - first);
      lines.push_back(parse_symbol(symbol, {.line = number, .column = static_cast<int>(first) + 1}, form));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::expected<SymbolsFile, FileProblem> read_symbols_file(std::string const& path) {
  auto const file = read_small_file(path);
  if (!file) return std::unexpected(file.error());
  return SymbolsFile{.path = path, .lines = parse_symbols(file->text)};
}

}  // namespace candled
