#include "config/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace candled {

namespace {

// Longer words are no typing mistakes, and the table of distances grows with their square.
constexpr std::size_t word_length_max = 64;

std::string folded(std::string_view word) {
  std::string plain{word};
  for (auto& letter : plain) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    if (letter == '-') letter = '_';
  }
  return plain;
}

}  // namespace

std::size_t edit_distance(std::string_view a_word, std::string_view b_word) {
  auto const a = folded(a_word);
  auto const b = folded(b_word);
  // Three rows of the table: the one before the last is needed for swapped neighbours.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto const replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::optional<std::string> nearest(std::string_view word, std::vector<std::string> const& known) {
  if (word.size() > word_length_max) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = word_length_max;
  for (auto const& candidate : known) {
    auto const distance = edit_distance(word, candidate);
    auto const allowed = std::max<std::size_t>(1, candidate.size() / 3);
    if (distance > allowed || distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  if (best) return best;
  for (auto const& candidate : known)
    if (std::min(word.size(), candidate.size()) >= 3 &&
        (folded(word).starts_with(folded(candidate)) || folded(candidate).starts_with(folded(word))))
      return candidate;
  return std::nullopt;
}

std::string did_you_mean(std::string_view word, std::vector<std::string> const& known) {
  auto const meant = nearest(word, known);
  return meant ? fmt::format("did you mean '{}'?", *meant) : "";
}

}  // namespace candled
