// The small pure parts of the configuration.
#include <gtest/gtest.h>

#include <optional>

#include "config/address.hpp"
#include "config/suggest.hpp"
#include "config/symbols_file.hpp"
#include "config/text_check.hpp"
#include "core/size.hpp"

namespace candled {
namespace {

TEST(FindBadText, accepts_every_length_of_utf8_and_its_borders) {
  for (auto const* text : {"", "a", "\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a: b\r\n", "a:\tb"})
    EXPECT_FALSE(find_bad_text(text)) << text;
}

TEST(FindBadText, refuses_what_only_looks_like_utf8) {
  // Lone continuation, overlong forms, a surrogate, above U+10FFFF, cut short, bytes that start nothing.
  for (auto const* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                           "\xF4\x90\x80\x80", "\xE2\x82", "\xC2", "\xFE", "\xFF", "\xF8\x88\x80\x80\x80"})
    EXPECT_TRUE(find_bad_text(text)) << text;
}

TEST(FindBadText, gives_the_place_in_lines_and_bytes) {
  auto const problem = find_bad_text("a: 1\n  b: \x01\n");

  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->line, 2);
  EXPECT_EQ(problem->column, 6);
}

TEST(ParseSymbols, takes_one_a_line_and_remembers_where) {
  auto const lines = parse_symbols("# head\nAAPL\n\n\t msft#x\r\nno way\nIBM");

  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].symbol, "AAPL");
  EXPECT_EQ(lines[1].symbol, "msft");
  EXPECT_EQ(lines[1].place, (Place{.line = 4, .column = 3}));
  EXPECT_TRUE(lines[2].refusal);
  EXPECT_EQ(lines[3].symbol, "IBM");
  EXPECT_EQ(lines[3].place, (Place{.line = 6, .column = 1}));
}

TEST(EditDistance, counts_letters_wrong_missing_and_swapped) {
  EXPECT_EQ(edit_distance("timeframe", "timeframe"), 0U);
  EXPECT_EQ(edit_distance("tiemframe", "timeframe"), 1U);
  EXPECT_EQ(edit_distance("time_frame", "timeframe"), 1U);
  EXPECT_EQ(edit_distance("Rate-Limit", "rate_limit"), 0U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(DidYouMean, is_silent_when_nothing_is_near) {
  EXPECT_EQ(did_you_mean("symbol", {"schedule", "symbols"}), "did you mean 'symbols'?");
  EXPECT_EQ(did_you_mean("warning", {"debug", "warn"}), "did you mean 'warn'?");
  EXPECT_EQ(did_you_mean("zzz", {"schedule", "symbols"}), "");
  EXPECT_EQ(did_you_mean("", {"a"}), "");
}

TEST(Loopback, is_this_machine_and_nothing_that_looks_like_it) {
  for (auto const* host : {"127.0.0.1", "127.255.255.254", "::1", "localhost"})
    EXPECT_TRUE(is_loopback(host)) << host;
  for (auto const* host :
       {"127.1", "127.0.0.1.example", "128.0.0.1", "::", "::2", "0.0.0.0", "localhost.example", ""})
    EXPECT_FALSE(is_loopback(host)) << host;
}

TEST(Size, is_read_with_units_of_both_kinds) {
  EXPECT_EQ(parse_size("64MiB"), 67'108'864);
  EXPECT_EQ(parse_size("10MB"), 10'000'000);
  EXPECT_EQ(parse_size("4096"), 4096);
  for (auto const* text : {"", "MiB", "-1", "1.5MiB", "64 MiB", "64Mib", "9223372036854775807KiB"})
    EXPECT_EQ(parse_size(text), std::nullopt) << text;
}

TEST(Size, is_printed_in_the_largest_exact_unit) {
  EXPECT_EQ(size_to_string(65'536), "64KiB");
  EXPECT_EQ(size_to_string(10'000'000), "10MB");
  EXPECT_EQ(size_to_string(1'001), "1001B");
  EXPECT_EQ(size_in_words(63'963'136), "61.0 MiB");
}

}  // namespace
}  // namespace candled
