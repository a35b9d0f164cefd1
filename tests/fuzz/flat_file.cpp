// A day file: any bytes as the gzip'd file, and any text as what it holds, however it is cut into parts.
#include <algorithm>

#include "fuzz/promise.hpp"
#include "pipeline/flat_file_reader.hpp"
#include "support/gzip.hpp"

namespace candled::fuzz {
namespace {

struct Outcome {
  std::string problem;
  std::vector<std::vector<Bar>> bars;
};

Outcome read(std::string_view gzip, std::size_t part) {
  TimeRange const day{.from = UtcTime{std::chrono::sys_days{std::chrono::year{2024} / 5 / 1}},
                      .to = UtcTime{std::chrono::sys_days{std::chrono::year{2024} / 5 / 2}}};
  FlatFileReader reader{"2024-05-01.csv.gz", {"AAPL", "MSFT"}, day};
  for (; !gzip.empty(); gzip.remove_prefix(std::min(part, gzip.size())))
    if (auto const fed = reader.feed(gzip.substr(0, part)); !fed) return {fed.error().what, {}};
  if (auto const ended = reader.finish(); !ended) return {ended.error().what, {}};
  promise(std::ranges::all_of(reader.bars(),
                              [&](auto const& bars) {
                                return std::ranges::all_of(
                                    bars, [&](Bar const& bar) { return day.contains(bar.start); });
                              }),
          "a day file brings bars of its day");
  return {"", reader.bars()};
}

bool same_starts(Outcome const& a, Outcome const& b) {
  auto const starts = [](Outcome const& outcome) {
    std::vector<UtcTime> all;
    for (auto const& bars : outcome.bars)
      for (auto const& bar : bars) all.push_back(bar.start);
    return all;
  };
  return starts(a) == starts(b);
}

}  // namespace
}  // namespace candled::fuzz

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace candled;
  auto const text = fuzz::text_of(data, size);
  fuzz::read(text, 1000);
  auto const gzip = test::gzipped(text);
  auto const whole = fuzz::read(gzip, gzip.size());
  auto const cut = fuzz::read(gzip, 7);
  fuzz::promise(whole.problem.empty() == cut.problem.empty() && fuzz::same_starts(whole, cut),
                "how a file comes in changes nothing of what it says");
  return 0;
}
