#include "store/bar_copy.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "core/failpoint.hpp"
#include "store/pg_binary.hpp"
#include "store/pg_text.hpp"

namespace candled {

namespace {

struct ClearResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ClearResult>;

// 64 KB: one libpq buffer, flushed while the next is filled.
constexpr std::size_t chunk_size = 64 * 1024;

class CopyStream {
 public:
  explicit CopyStream(PGconn* raw) : raw_(raw) {
    // "COPY": Binary Format: signature, flags, length of the header's extension.
    static constexpr std::string_view header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
    append(header.data(), header.size());
  }

  void add(BarRef row) {
    if (used_ + row_size > chunk_.size()) flush();
    Bar const& bar = *row.bar;
    number(std::uint16_t{9});
    field(static_cast<std::uint64_t>(to_postgres(bar.start)));
    for (double const value : {bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap})
      field(std::bit_cast<std::uint64_t>(value));
    field(static_cast<std::uint32_t>(std::to_underlying(row.series)));
    field(static_cast<std::uint32_t>(bar.trade_count));
  }

  void finish() {
    number(std::uint16_t{0xFFFF});  // the trailer: -1 fields
    flush();
  }

 private:
  // Nine fields: a count, and a length before each of 7 times 8 and 2 times 4 bytes; and the trailer's 2.
  static constexpr std::size_t row_size = 2 + 7 * 12 + 2 * 8 + 2;

  void append(void const* data, std::size_t size) {
    std::memcpy(chunk_.data() + used_, data, size);
    used_ += size;
  }

  template <class Unsigned>
  void number(Unsigned value) {
    auto const bytes = big_endian(value);
    append(&bytes, sizeof bytes);
  }

  template <class Unsigned>
  void field(Unsigned value) {
    number(static_cast<std::uint32_t>(sizeof value));
    number(value);
  }

  void flush() {
    if (PQputCopyData(raw_, chunk_.data(), static_cast<int>(used_)) != 1) throw_failure(raw_, nullptr);
    used_ = 0;
  }

  PGconn* raw_;
  std::array<char, chunk_size> chunk_{};
  std::size_t used_ = 0;
};

// The last result of a statement; what came before it is thrown away, a failure kept.
PgResult drain(PGconn* raw) {
  PgResult last;
  while (PgResult next{PQgetResult(raw)}) {
    bool const failed = last != nullptr && PQresultStatus(last.get()) == PGRES_FATAL_ERROR;
    if (!failed) last = std::move(next);
    if (PQstatus(raw) == CONNECTION_BAD) break;
  }
  return last;
}

void send_rows(PGconn* raw, std::span<BarRef const> bars) {
  CopyStream stream{raw};
  for (std::size_t i = 0; i < bars.size(); ++i) {
    if (i == bars.size() / 2) failpoint("load_mid_copy");
    stream.add(bars[i]);
  }
  stream.finish();
  if (PQputCopyEnd(raw, nullptr) != 1) throw_failure(raw, nullptr);
}

constexpr char copy_sql[] =
    "COPY candled.bar (ts, open, high, low, close, volume, vwap, series_id, trade_count) FROM STDIN (FORMAT "
    "binary)";

// Bounds of the whole let the planner leave partitions out before it starts; those of each range do it row by
// row.
constexpr char read_sql[] = R"(
  SELECT b.series_id, b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count
  FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) AS q (series_id, from_ts, to_ts)
  CROSS JOIN LATERAL (
    SELECT * FROM candled.bar
    WHERE bar.series_id = q.series_id AND bar.ts >= q.from_ts AND bar.ts < q.to_ts
      AND bar.ts >= $4::timestamptz AND bar.ts < $5::timestamptz
  ) AS b
  ORDER BY b.series_id, b.ts)";

template <class Unsigned>
Unsigned read(PGresult const* row, int column) {
  Unsigned bytes = 0;
  std::memcpy(&bytes, PQgetvalue(row, 0, column), sizeof bytes);
  return big_endian(bytes);
}

double read_double(PGresult const* row, int column) {
  return std::bit_cast<double>(read<std::uint64_t>(row, column));
}

Bar read_bar(PGresult const* row) {
  return {.start = from_postgres(static_cast<std::int64_t>(read<std::uint64_t>(row, 1))),
          .open = read_double(row, 2),
          .high = read_double(row, 3),
          .low = read_double(row, 4),
          .close = read_double(row, 5),
          .volume = read_double(row, 6),
          .vwap = read_double(row, 7),
          .trade_count = static_cast<std::int32_t>(read<std::uint32_t>(row, 8))};
}

// Cancels what still runs and reads it to its end, so that the transaction can be rolled back.
void abandon(PGconn* raw) {
  std::array<char, 256> ignored{};
  if (auto* const cancel = PQgetCancel(raw)) {
    PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
    PQfreeCancel(cancel);
  }
  drain(raw);
}

void send_query(PGconn* raw, std::array<std::string, 5> const& values) {
  std::array<char const*, 5> parameters{};
  std::ranges::transform(values, parameters.begin(), &std::string::c_str);
  constexpr int binary_results = 1;
  if (PQsendQueryParams(raw, read_sql, 5, nullptr, parameters.data(), nullptr, nullptr, binary_results) != 1)
    throw_failure(raw, nullptr);
  PQsetSingleRowMode(raw);
}

}  // namespace

void copy_bars(PgConnection& connection, std::span<BarRef const> bars) {
  auto* const raw = connection.raw();
  PgResult const started{PQexec(raw, copy_sql)};
  if (PQresultStatus(started.get()) != PGRES_COPY_IN) throw_failure(raw, started.get());
  send_rows(raw, bars);
  auto const ended = drain(raw);
  if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) throw_failure(raw, ended.get());
}

void read_bars(PgConnection& connection, std::span<StoredRange const> ranges,
               std::function<void(SeriesId, Bar const&)> const& each) {
  if (ranges.empty()) return;
  PgArray series;
  PgArray from;
  PgArray to;
  TimeRange whole = ranges.front().range;
  for (auto const& [id, range] : ranges) {
    series.add(id);
    from.add(range.from);
    to.add(range.to);
    whole = {.from = std::min(whole.from, range.from), .to = std::max(whole.to, range.to)};
  }
  auto* const raw = connection.raw();
  send_query(raw, {series.text(), from.text(), to.text(), pg_text(whole.from), pg_text(whole.to)});
  while (PgResult const row{PQgetResult(raw)}) {
    auto const status = PQresultStatus(row.get());
    if (status == PGRES_TUPLES_OK) continue;  // the end
    if (status != PGRES_SINGLE_TUPLE) {
      drain(raw);
      throw_failure(raw, row.get());
    }
    try {
      each(SeriesId{static_cast<std::int32_t>(read<std::uint32_t>(row.get(), 0))}, read_bar(row.get()));
    } catch (...) {
      abandon(raw);
      throw;
    }
  }
}

}  // namespace candled
