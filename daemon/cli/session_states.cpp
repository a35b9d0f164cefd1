#include "cli/session_states.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace candled {

namespace {

// The worst first.
constexpr std::array<std::pair<std::string_view, char>, 5> letters{{{"fetch_failed", 'f'},
                                                                    {"rejected", 'r'},
                                                                    {"not_entitled", 't'},
                                                                    {"horizon", 'h'},
                                                                    {"provider_empty", 'e'}}};

bool reach_into(std::vector<TimeRange> const& ranges, TimeRange session) {
  return std::ranges::any_of(ranges, [&](TimeRange const& range) { return range.overlaps(session); });
}

// '\0': no gap reaches into it.
char gap_letter(std::vector<GapRow> const& gaps, TimeRange session) {
  for (auto const& [reason, letter] : letters)
    for (auto const& gap : gaps)
      if (gap.reason == reason && gap.range.overlaps(session)) return letter;
  return '\0';
}

struct Known {
  TimeRange wanted;
  std::vector<TimeRange> lacking;
  std::vector<TimeRange> named;
  RangeSet covered;
  std::vector<GapRow> const& gaps;
};

char state_of(TimeRange session, Known const& known) {
  if (session.to <= known.wanted.from || !reach_into(known.named, session)) return '-';
  if (auto const letter = gap_letter(known.gaps, session); letter != '\0') return letter;
  // What is due on both sides of it may be asked for as one window, and is no lack of its own.
  if (known.covered.contains(session)) return 'c';
  if (reach_into(known.lacking, session)) return known.covered.overlaps(session) ? 'p' : 'n';
  return known.wanted.to < session.to ? 'w' : 'c';
}

}  // namespace

std::string session_states(Job const& job, std::vector<Session> const& sessions, Series series,
                           std::vector<GapRow> const& gaps, UtcTime now) {
  series.parked = {};
  series.again = {};
  auto const due = everything_due(job, now);
  Known known{.wanted = due.wanted, .lacking = {}, .named = {}, .covered = series.covered, .gaps = gaps};
  for (auto const& window : windows_due(job, {series}, due, now)) known.lacking.push_back(window.range);
  for (auto const& name : names_of(series)) known.named.push_back(name.during);
  std::string states;
  for (auto const& session : sessions) states += state_of(session.hours, known);
  return states;
}

}  // namespace candled
