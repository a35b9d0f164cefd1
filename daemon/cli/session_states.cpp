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

// Of a wanted session without a gap; what is due ends at `due_until`.
char covered_letter(RangeSet const& covered, std::vector<TimeRange> const& lacking, TimeRange hours,
                    UtcTime due_until) {
  // What is due on both sides of it may be asked for as one window, and is no lack of its own.
  if (covered.contains(hours)) return 'c';
  if (reach_into(lacking, hours)) return covered.overlaps(hours) ? 'p' : 'n';
  return due_until < hours.to ? 'w' : 'c';
}

}  // namespace

std::string session_states(Job const& job, std::vector<Session> const& sessions, Series series,
                           std::vector<GapRow> const& gaps, UtcTime now) {
  series.parked = {};
  series.again = {};
  auto const due = everything_due(job, now);
  std::vector<TimeRange> lacking;
  for (auto const& window : windows_due(job, {series}, due, now)) lacking.push_back(window.range);
  std::vector<TimeRange> named;
  for (auto const& name : names_of(series)) named.push_back(name.during);

  auto const state_of = [&](Session const& session) {
    auto const hours = session.hours;
    if (hours.to <= due.wanted.from || !reach_into(named, hours)) return '-';
    if (auto const letter = gap_letter(gaps, hours); letter != '\0') return letter;
    return covered_letter(series.covered, lacking, hours, due.wanted.to);
  };
  std::string states;
  for (auto const& session : sessions) states += state_of(session);
  return states;
}

}  // namespace candled
