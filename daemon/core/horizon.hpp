// How far back a provider's plan goes, as its refusals teach it.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "core/ids.hpp"
#include "core/ticker_kind.hpp"
#include "core/time.hpp"
#include "core/timeframe.hpp"
#include "core/zone.hpp"

namespace candled {

// A plan that refuses what is too old says only that it does (provider contract, 3.2), and a symbol that the
// plan does not have may be refused in the same words. So a refusal counts for the symbol that was refused;
// for the others of the same provider, timeframe and kind (plans are sold by it) only once a second symbol
// was refused alike, both had good answers, and none was given the same lately. Never for the last week: no
// plan is that short.
//
// The day from which on a plan answers is found by halving, with requests that bring bars where they are
// answered: a dozen for ten years by the first symbol; the second tries the day that the first has found,
// with one request more than it needs; the others are not asked for what lies before. A horizon moves on with
// time, and plans change: the newest word of a symbol counts, and none for longer than `believed_for`.
class Horizons {
 public:
  // Less than the week after which a gap beyond the horizon is tried again: it is asked for then.
  static constexpr Milliseconds believed_for = std::chrono::days{6};
  // As long as a good answer speaks against what two others were refused.
  static constexpr Milliseconds answer_stands_for = std::chrono::days{1};
  static constexpr Milliseconds never_refused_for_others = std::chrono::days{7};

  // By both clocks: how old a word is follows the steady one, which days a range has the wall clock.
  struct Now {
    UtcTime wall;
    SteadyTime ticks;
  };

  // Of a request for a range of `series` that started at `from`.
  void refused(SeriesId series, UtcTime from, Now now);
  void answered(SeriesId series, UtcTime from, Now now);

  // Whether any request of `series` had a good answer.
  bool has_answers(SeriesId series) const;

  // Which bars there are: what is asked for starts where one does, a day's start at the finest.
  struct Grid {
    Timeframe timeframe{};
    Zone zone = Zone::utc();
  };
  // From where on `range` of `series` is to be asked for next: its start, unless that is known to be refused
  // or likely to be, else the start of a bar within it. nullopt: all of it lies beyond.
  std::optional<UtcTime> next(SeriesId series, TimeRange range, Grid grid, Now now) const;

 private:
  struct Word {
    SeriesId series{};
    UtcTime from;
    SteadyTime at;
  };
  struct Own {
    std::optional<Word> refused;      // the latest start that was
    std::optional<UtcTime> answered;  // the earliest one that was, after `refused`
    bool ever_answered = false;
  };

  Own const* own_of(SeriesId series) const;
  void note_witness(Word const& word);
  // Up to where two symbols say that all are refused.
  std::optional<UtcTime> confirmed(SteadyTime now) const;
  // What is refused for certain; see next().
  std::optional<UtcTime> known_refused(Own const* own, Grid grid, Now now) const;
  // The last refusal, of whichever symbol, as a guess; nullptr: somebody was given the same since.
  Own const* guess(SteadyTime now) const;
  static UtcTime first_try(TimeRange range, Grid grid, Own const* own, Own const* guess);

  std::map<SeriesId, Own> own_;
  std::vector<Word> witnesses_;     // the two latest starts that two symbols with good answers were refused
  std::optional<Word> earliest_;    // the earliest start that any symbol was answered
  std::optional<SeriesId> newest_;  // who was refused last
};

// How far back a symbol reaches: from where on it was answered, and up to where it was refused as too old.
struct Reach {
  TickerKind kind = TickerKind::share;
  std::optional<UtcTime> given_from;
  std::optional<UtcTime> refused_until;
};

// Which of the symbols of one provider and timeframe were refused what another one of their kind was given: a
// week or more of it, since horizons move on. By place.
std::vector<std::size_t> shorter_than_others(std::vector<Reach> const& symbols);

}  // namespace candled
