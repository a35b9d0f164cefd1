#include "sim/world/safety.hpp"

#include <algorithm>
#include <cmath>

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::uint8_t bit(Content content) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(content));
}

Content content_in(BarTable const& table, UtcTime start) {
  auto const found = table.find(start);
  return found == table.end() ? Content::absent : Market::content_of(found->second);
}

// Day files have no vwap.
bool same_values(Bar const& stored, Bar const& bar) {
  return stored.open == bar.open && stored.high == bar.high && stored.low == bar.low &&
         stored.close == bar.close && stored.volume == bar.volume &&
         (stored.vwap == bar.vwap || std::isnan(stored.vwap)) && stored.trade_count == bar.trade_count;
}

}  // namespace

Safety::Safety(World& world, Market const& market, UtcTime life_begins, std::vector<Milliseconds> settle)
    : world_(world), market_(market), life_begins_(life_begins), settle_(std::move(settle)) {}

Safety::Answers* Safety::answers_of(SeriesKey const& series, UtcTime start) {
  // The start of a day on the wall is an hour off at a switch of summer time.
  auto const length = nominal_length(series.timeframe);
  auto const place = (start - life_begins_ + (series.timeframe == Timeframe::d1 ? length / 2 : 0ms)) / length;
  if (place < 0) return nullptr;
  auto& answers = answers_[series];
  auto const index = static_cast<std::size_t>(place);
  constexpr std::size_t most = 10'000'000;
  if (index > most) return nullptr;
  if (index >= answers.size()) answers.resize(index + 1'000);
  return &answers[index];
}

void Safety::answered(SeriesKey const& series, Place place, Content content) {
  auto* const answers = answers_of(series, place.start);
  if (answers == nullptr) return;
  answers->ever |= bit(content);
  for (std::size_t i = 0; i < settle_.size(); ++i)
    if (world_.true_time() >= place.session_closes + settle_[i]) answers->settled[i] |= bit(content);
}

void Safety::broken(SeriesKey const& series, UtcTime start, std::string_view what, Content content) {
  world_.violation(fmt::format("{} {} {}: {} ({})", series.ticker, to_string(series.timeframe),
                               to_rfc3339(start), what, to_string(content)));
}

void Safety::check_place(SeriesKey const& series, Place place, Content content) {
  if (content == Content::forming)
    return broken(series, place.start, "a bar that still formed is stored", content);
  if (content == Content::impossible)
    return broken(series, place.start, "an impossible bar is stored", content);
  if (place.closes > world_.true_time())
    return broken(series, place.start, "a time is covered that has not passed yet", content);
  auto const* const answers = answers_of(series, place.start);
  if (answers == nullptr || (answers->ever & bit(content)) == 0)
    return broken(series, place.start, "covered with what no answer said", content);
  if (content == Content::absent && market_.comes_in_time(series, place))
    broken(series, place.start, "covered without its bar, which was published in time", content);
}

void Safety::committed(SeriesKey const& series, BarTable const& table, RangeSet const& proven,
                       std::vector<LoadSlice::SettledPart> const& settled) {
  for (auto const& range : proven.ranges()) {
    auto bar = table.lower_bound(range.from);
    for (auto const& place : market_.places(series.timeframe, range)) {
      while (bar != table.end() && bar->first < place.start) {
        broken(series, bar->first, "a bar outside of all sessions is stored",
               Market::content_of(bar->second));
        ++bar;
      }
      bool const there = bar != table.end() && bar->first == place.start;
      check_place(series, place, there ? Market::content_of(bar->second) : Content::absent);
      if (there) ++bar;
    }
  }
  for (auto const& part : settled) check_settled(series, table, part);
}

void Safety::replaces(SeriesKey const& series, Bar const& stored, Bar const& bar) {
  if (Market::content_of(stored) == Content::second && Market::content_of(bar) == Content::first)
    broken(series, bar.start, "an older answer overwrites a newer one", Market::content_of(bar));
}

void Safety::check_settled(SeriesKey const& series, BarTable const& table,
                           LoadSlice::SettledPart const& part) {
  auto const known = std::ranges::find(settle_, part.after);
  if (known == settle_.end())
    return world_.violation(fmt::format("settled after {}, which nobody wants", in_words(part.after)));
  auto const index = static_cast<std::size_t>(known - settle_.begin());
  for (auto const& range : part.during.ranges())
    for (auto const& place : market_.places(series.timeframe, range)) {
      auto const content = content_in(table, place.start);
      auto const* const answers = answers_of(series, place.start);
      if (answers == nullptr || (answers->settled[index] & bit(content)) == 0)
        broken(series, place.start, "settled with what no answer after the settle time said", content);
    }
}

void Safety::all_bars_are_the_markets(SeriesKey const& series, BarTable const& table) {
  for (auto const& [start, bar] : table)
    if (!same_values(bar, market_.bar(series, start, Market::content_of(bar))))
      broken(series, start, "a stored bar has values that the market never had", Market::content_of(bar));
}

}  // namespace candled::sim
