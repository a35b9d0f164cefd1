#include "pipeline/flat_file_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

namespace candled {

namespace {

// gzip makes at most 1032 bytes of one (zlib's documentation), so a piece becomes at most 4.2 MB.
constexpr std::size_t piece_bytes = 4096;
constexpr std::size_t text_bytes_max = std::size_t{8} << 20U;
// The longest line seen has 96 bytes.
constexpr std::size_t line_bytes_max = 4096;
// A day has 1,440 minutes, and rows are sometimes there twice.
constexpr std::size_t bars_of_ticker_max = 2'000;

// The number of fields, or nothing when there are more than `fields` holds.
std::optional<std::size_t> split(std::string_view line, std::span<std::string_view> fields) {
  for (std::size_t count = 0; count < fields.size(); ++count) {
    auto const comma = line.find(',');
    fields[count] = line.substr(0, comma);
    if (comma == std::string_view::npos) return count + 1;
    line.remove_prefix(comma + 1);
  }
  return std::nullopt;
}

template <class Number>
bool parse(std::string_view text, Number& into) {
  auto const* const end = text.data() + text.size();
  auto const [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stop == end;
}

// As the API, and so a job, spells it: files of crypto and currencies write X:BTC-USD for X:BTCUSD
// (polygon-io/issues#319).
std::string as_asked(std::string_view ticker) {
  std::string spelled{ticker};
  if (ticker.starts_with("X:") || ticker.starts_with("C:")) std::erase(spelled, '-');
  return spelled;
}

std::optional<UtcTime> parse_start(std::string_view text) {
  constexpr std::int64_t per_millisecond = 1'000'000;
  std::int64_t nanoseconds = 0;
  if (!parse(text, nanoseconds) || nanoseconds % per_millisecond != 0) return std::nullopt;
  return UtcTime{Milliseconds{nanoseconds / per_millisecond}};
}

}  // namespace

std::optional<std::string> flat_file_key(std::string_view asset_class, Timeframe timeframe, Date date) {
  auto const folder = flat_file_folder(asset_class, timeframe, date.year());
  if (!folder) return std::nullopt;
  return fmt::format("{}{:02}/{}.csv.gz", *folder, static_cast<unsigned>(date.month()), to_string(date));
}

std::optional<std::string> flat_file_folder(std::string_view asset_class, Timeframe timeframe,
                                            std::chrono::year year) {
  if (timeframe != Timeframe::m1 && timeframe != Timeframe::d1) return std::nullopt;
  return fmt::format("{}/{}_aggs_v1/{:04}/", asset_class, timeframe == Timeframe::m1 ? "minute" : "day",
                     static_cast<int>(year));
}

FlatFileReader::FlatFileReader(std::string name, std::vector<std::string> const& tickers, TimeRange day)
    : name_(std::move(name)), day_(day), bars_(tickers.size()) {
  for (std::size_t i = 0; i < tickers.size(); ++i) numbers_.emplace(tickers[i], i);
}

Result<void> FlatFileReader::feed(std::string_view gzip) {
  while (!gzip.empty()) {
    auto const piece = gzip.substr(0, piece_bytes);
    gzip.remove_prefix(piece.size());
    auto const outcome = gunzip_.feed(piece, text_, text_bytes_max);
    if (outcome != Gunzip::Outcome::fine)
      return fail(ErrorKind::malformed, fmt::format("{}: broken gzip between bytes {} and {}, after line {}",
                                                    name_, bytes_, bytes_ + piece.size(), line_));
    bytes_ += piece.size();
    if (auto const taken = take_lines(); !taken) return taken;
  }
  return {};
}

Result<void> FlatFileReader::finish() {
  if (!gunzip_.at_end())
    return fail(ErrorKind::malformed,
                fmt::format("{}: ends too early, at byte {}, in line {}", name_, bytes_, line_ + 1));
  if (!text_.empty())
    if (auto const taken = take(text_); !taken) return taken;
  // An empty file would prove that nothing traded, on a day on which something always does.
  if (line_ < 2) return fail(ErrorKind::malformed, fmt::format("{}: holds no bar", name_));
  return {};
}

std::string FlatFileReader::may_be_cut() const {
  return last_start_ < ticker_before_ended_ ? as_asked(last_ticker_) : std::string{};
}

Result<void> FlatFileReader::take_lines() {
  std::string_view rest = text_;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    if (auto const taken = take(rest.substr(0, end)); !taken) return taken;
    rest.remove_prefix(end + 1);
  }
  text_.erase(0, text_.size() - rest.size());
  if (text_.size() <= line_bytes_max) return {};
  ++line_;
  return wrong_line(fmt::format("the line is longer than {} bytes", line_bytes_max));
}

Result<void> FlatFileReader::take(std::string_view line) {
  ++line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  return columns_ ? take_row(line) : take_header(line);
}

Result<void> FlatFileReader::take_header(std::string_view line) {
  Fields fields;
  auto const count = split(line, fields);
  auto const names = std::span{fields}.first(count.value_or(0));
  auto const place_of = [&](std::string_view name) -> std::optional<std::size_t> {
    auto const found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names.begin());
  };
  for (auto const* const name : {"ticker", "open", "high", "low", "close", "window_start"})
    if (!place_of(name)) return wrong_line(fmt::format("there is no column {} in the header", name));
  columns_ = Columns{.ticker = *place_of("ticker"),
                     .open = *place_of("open"),
                     .high = *place_of("high"),
                     .low = *place_of("low"),
                     .close = *place_of("close"),
                     .start = *place_of("window_start"),
                     .volume = place_of("volume"),
                     .trades = place_of("transactions")};
  column_count_ = names.size();
  return {};
}

// Every row is looked at, for what it says of the file; the values only of those that are wanted.
Result<void> FlatFileReader::take_row(std::string_view line) {
  Fields fields;
  auto const& at = *columns_;
  if (split(line, fields) != column_count_)
    return wrong_line(fmt::format("expected {} columns, found {}", column_count_, line));
  // The provider quotes nothing: of a file that does, no ticker would be known.
  if (line.contains('"')) return wrong_line(fmt::format("a field is quoted: {}", line));
  auto const start = parse_start(fields[at.start]);
  if (!start || fields[at.ticker].empty()) return wrong_line(fmt::format("is not a bar: {}", line));
  if (!day_.contains(*start))
    return wrong_line(fmt::format("a bar of {} is not of this file's day", to_rfc3339(*start)));
  if (fields[at.ticker] != last_ticker_) ticker_before_ended_ = last_start_;
  last_start_ = *start;
  auto* const bars = bars_of(fields[at.ticker]);
  if (bars == nullptr) return {};

  Bar bar{.start = *start};
  bool const good = parse(fields[at.open], bar.open) && parse(fields[at.high], bar.high) &&
                    parse(fields[at.low], bar.low) && parse(fields[at.close], bar.close) &&
                    (!at.volume || parse(fields[*at.volume], bar.volume)) &&
                    (!at.trades || fields[*at.trades].empty() || parse(fields[*at.trades], bar.trade_count));
  if (!good) return wrong_line(fmt::format("is not a bar: {}", line));
  if (bars->size() == bars_of_ticker_max)
    return wrong_line(fmt::format("more than {} bars of {}", bars_of_ticker_max, fields[at.ticker]));
  bars->push_back(bar);
  return {};
}

std::vector<Bar>* FlatFileReader::bars_of(std::string_view ticker) {
  if (ticker == last_ticker_) return last_bars_;
  last_ticker_ = ticker;
  auto const number = numbers_.find(as_asked(ticker));
  return last_bars_ = number == numbers_.end() ? nullptr : &bars_[number->second];
}

std::unexpected<Error> FlatFileReader::wrong_line(std::string_view what) const {
  return fail(ErrorKind::malformed, fmt::format("{}:{}: {}", name_, line_, what.substr(0, 300)));
}

}  // namespace candled
