// The small files that people write: names, splits and dividends, days of a calendar. Any text at all.
#include <algorithm>

#include "config/overrides_file.hpp"
#include "core/corporate_action.hpp"
#include "core/instrument_names.hpp"
#include "fuzz/promise.hpp"

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  using fuzz::promise;
  auto const text = fuzz::text_of(data, size);
  auto const lines = 1 + std::ranges::count(text, '\n');
  auto const in_the_file = [&](LineProblem const& problem) {
    return problem.line >= 1 && problem.line <= lines && !problem.what.empty();
  };
  auto const names = parse_instrument_names(text);
  promise(names || (!names.error().empty() && std::ranges::all_of(names.error(), in_the_file)),
          "a problem of a file of names has its line");
  auto const actions = parse_corporate_actions(text);
  promise(actions || (!actions.error().empty() && std::ranges::all_of(actions.error(), in_the_file)),
          "a problem of a file of actions has its line");

  auto const overrides = parse_overrides(text, "overrides.txt");
  for (auto const& line : overrides.lines) {
    auto const again = parse_overrides(to_string(line), "overrides.txt");
    promise(again.problems.empty() && again.lines.size() == 1 && again.lines.front().day == line.day,
            "a day of a calendar reads back as it was written");
  }
  for (auto const& problem : overrides.problems)
    promise(problem.place.line >= 1 && problem.place.line <= lines && !problem.refusal.message.empty(),
            "a problem of a file of days has its place");
  return 0;
}
