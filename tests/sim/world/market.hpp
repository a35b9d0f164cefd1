// What is true of the simulated market: every bar is a pure function of seed, series, time and version.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bar.hpp"
#include "core/calendar.hpp"

namespace candled::sim {

// What an answer, or the table, can hold for the window of one bar. Written into the bar (Bar::trade_count),
// so that a bar says what it is.
enum class Content : std::uint8_t {
  absent,
  first,   // as first published
  second,  // as changed later, for good
  forming,
  wrong,       // not its own values: a fault
  impossible,  // cannot be true: a fault
};

constexpr std::string_view to_string(Content content) {
  constexpr std::string_view names[] = {"absent", "first", "second", "forming", "wrong", "impossible"};
  return names[static_cast<std::size_t>(content)];
}

struct SeriesKey {
  std::string ticker;
  Timeframe timeframe{};

  friend auto operator<=>(SeriesKey const&, SeriesKey const&) = default;
};

// One window in which a bar can exist.
struct Place {
  UtcTime start;
  UtcTime closes;          // nothing is traded in it any more
  UtcTime session_closes;  // nor in all of its session
};

class Market {
 public:
  // `life`: the time in which bars are asked for.
  Market(std::uint64_t seed, Calendar calendar, TimeRange life);

  // The windows that start in `range`, oldest first.
  std::vector<Place> places(Timeframe timeframe, TimeRange range) const;

  // What a provider that keeps nothing back knows of it at `when`.
  Content content_at(SeriesKey const& series, Place place, UtcTime when) const;
  // A bar exists and is published as soon after its end as the provider promises: who asks later than that
  // and takes "none" for an answer is wrong.
  bool comes_in_time(SeriesKey const& series, Place place) const;
  Bar bar(SeriesKey const& series, UtcTime start, Content content) const;
  static Content content_of(Bar const& bar);

  Calendar const& calendar() const { return calendar_; }
  std::vector<Session> const& sessions() const { return sessions_; }

 private:
  struct Fate {
    bool exists;
    Milliseconds published_after;  // its close
    Milliseconds changes_after;    // its close; 0: never
  };
  Fate fate_of(SeriesKey const& series, UtcTime start) const;
  std::uint64_t key(SeriesKey const& series, UtcTime start) const;

  std::uint64_t seed_;
  Calendar calendar_;
  std::vector<Session> sessions_;
};

// Later than this after its close a bar comes late (as pipeline/job.cpp and the provider's contract have it).
inline constexpr Milliseconds promised_publication{15'000};

}  // namespace candled::sim
