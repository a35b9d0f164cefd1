#include "core/horizon.hpp"

#include <algorithm>
#include <utility>

namespace candled {

namespace {

constexpr std::size_t witnesses_needed = 2;

// A symbol's own refusal holds for the work at hand, and less than a day: when its gap is tried again, it is
// asked.
constexpr Milliseconds own_word_holds_for = std::chrono::hours{12};

Timeframe unit_of(Horizons::Grid const& grid) {
  return std::max(grid.timeframe, Timeframe::d1);
}

UtcTime start_at(Horizons::Grid const& grid, UtcTime time) {
  return bar_start(unit_of(grid), grid.zone, time);
}

UtcTime next_start(Horizons::Grid const& grid, UtcTime time) {
  return bar_end(unit_of(grid), grid.zone, time);
}

UtcTime start_before(Horizons::Grid const& grid, UtcTime time) {
  return start_at(grid, time - Milliseconds{1});
}

// The start of the last week, in which nobody's refusal counts for others.
UtcTime last_week(Horizons::Grid const& grid, Horizons::Now now) {
  return start_at(grid, now.wall - Horizons::never_refused_for_others);
}

}  // namespace

Horizons::Own const* Horizons::own_of(SeriesId series) const {
  auto const found = own_.find(series);
  return found == own_.end() ? nullptr : &found->second;
}

bool Horizons::has_answers(SeriesId series) const {
  auto const* const own = own_of(series);
  return own != nullptr && own->ever_answered;
}

void Horizons::refused(SeriesId series, UtcTime from, Now now) {
  auto& own = own_[series];
  bool const is_fresh = own.refused && now.ticks - own.refused->at < own_word_holds_for;
  auto const latest = is_fresh ? std::max(own.refused->from, from) : from;
  own.refused = {.series = series, .from = latest, .at = now.ticks};
  if (own.answered && *own.answered <= latest) own.answered.reset();
  if (earliest_ && earliest_->series == series && earliest_->from <= latest) earliest_.reset();
  newest_ = series;
  if (own.ever_answered) note_witness(*own.refused);
}

void Horizons::answered(SeriesId series, UtcTime from, Now now) {
  auto& own = own_[series];
  if (own.refused && from <= own.refused->from) {  // the plan reaches further now
    own.refused.reset();
    std::erase_if(witnesses_, [&](Word const& word) { return word.series == series; });
  }
  own.answered = std::min(own.answered.value_or(from), from);
  bool const is_first = !std::exchange(own.ever_answered, true);
  if (is_first && own.refused) note_witness(*own.refused);
  bool const is_stale = earliest_ && now.ticks - earliest_->at >= answer_stands_for;
  if (!earliest_ || is_stale || from <= earliest_->from)
    earliest_ = {.series = series, .from = from, .at = now.ticks};
}

void Horizons::note_witness(Word const& word) {
  std::erase_if(witnesses_, [&](Word const& other) {
    return other.series == word.series || word.at - other.at >= believed_for;
  });
  witnesses_.push_back(word);
  std::ranges::sort(witnesses_, std::ranges::greater{}, &Word::from);
  if (witnesses_.size() > witnesses_needed) witnesses_.resize(witnesses_needed);
}

std::optional<UtcTime> Horizons::confirmed(SteadyTime now) const {
  if (witnesses_.size() < witnesses_needed) return std::nullopt;
  if (std::ranges::any_of(witnesses_, [&](Word const& word) { return now - word.at >= believed_for; }))
    return std::nullopt;
  auto const from = witnesses_.back().from;
  bool const given = earliest_ && earliest_->from <= from && now - earliest_->at < answer_stands_for;
  return given ? std::nullopt : std::optional{from};
}

std::optional<UtcTime> Horizons::known_refused(Own const* own, Grid grid, Now now) const {
  std::optional<UtcTime> refused;
  if (own != nullptr && own->refused && now.ticks - own->refused->at < own_word_holds_for)
    refused = own->refused->from;
  auto const others = confirmed(now.ticks);
  if (!others) return refused;
  auto const believed = std::min(*others, start_before(grid, last_week(grid, now)));
  if (own != nullptr && own->answered && *own->answered <= believed) return refused;
  return std::max(refused.value_or(believed), believed);
}

Horizons::Own const* Horizons::guess(SteadyTime now) const {
  auto const* const own = newest_ ? own_of(*newest_) : nullptr;
  if (own == nullptr || !own->refused) return nullptr;
  if (!earliest_ || earliest_->from > own->refused->from) return own;
  // One that was never answered is no guess while another was given the same lately.
  bool const given_since = earliest_->at >= own->refused->at;
  bool const given_lately = !own->answered && now - earliest_->at < answer_stands_for;
  return given_since || given_lately ? nullptr : own;
}

// All at once, unless another symbol's refusal makes it likely that the older part is refused: then the part
// that is likely to be answered, and after it the newest day that is not.
UtcTime Horizons::first_try(TimeRange range, Grid grid, Own const* own, Own const* guess) {
  if (guess == nullptr || guess->refused->from < range.from) return range.from;
  if (own != nullptr && own->answered && *own->answered <= range.from) return range.from;
  if (guess->answered && *guess->answered > range.from && *guess->answered < range.to)
    return *guess->answered;
  return std::max(range.from, std::min(guess->refused->from, start_before(grid, range.to)));
}

std::optional<UtcTime> Horizons::next(SeriesId series, TimeRange range, Grid grid, Now now) const {
  auto const* const own = own_of(series);
  auto const* const likely = guess(now.ticks);
  auto const refused = known_refused(own, grid, now);
  if (!refused || range.from > *refused) return first_try(range, grid, own, likely);

  auto const earliest = next_start(grid, *refused);
  auto const answered = own != nullptr ? own->answered : std::nullopt;
  auto const known = std::min(answered.value_or(range.to), range.to);
  if (earliest >= known) return answered && *answered < range.to ? answered : std::nullopt;
  auto const lies_between = [&](UtcTime time) { return earliest <= time && time < known; };
  if (likely != nullptr && likely->answered && lies_between(*likely->answered)) return likely->answered;
  // Whether the symbol is answered at all: two requests, not a dozen, for one that the plan does not have.
  if (auto const week = last_week(grid, now); !answered && lies_between(week) && week < range.to) return week;
  if (likely != nullptr && lies_between(likely->refused->from)) return likely->refused->from;
  return std::max(earliest, start_at(grid, *refused + (known - *refused) / 2));
}

std::vector<std::size_t> shorter_than_others(std::vector<Reach> const& symbols) {
  // The two earliest, for nobody is another to himself.
  struct Earliest {
    UtcTime first = UtcTime::max();
    UtcTime second = UtcTime::max();
  };
  std::map<TickerKind, Earliest> given;
  for (auto const& one : symbols) {
    if (!one.given_from) continue;
    auto& [first, second] = given[one.kind];
    second = std::min(second, std::max(first, *one.given_from));
    first = std::min(first, *one.given_from);
  }
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    auto const& one = symbols[i];
    if (!one.refused_until) continue;
    auto const& [first, second] = given[one.kind];
    auto const others = one.given_from == first ? second : first;
    if (others != UtcTime::max() && *one.refused_until - others >= Horizons::never_refused_for_others)
      found.push_back(i);
  }
  return found;
}

}  // namespace candled
