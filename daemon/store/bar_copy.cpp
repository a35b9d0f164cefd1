#include "store/bar_copy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
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

// "COPY": Binary Format: signature, flags, length of the header's extension; -1 fields.
constexpr std::string_view copy_header{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr std::string_view copy_trailer{"\377\377", 2};
// Nine fields: a count, and a length before each of 7 times 8 and 2 times 4 bytes.
constexpr std::size_t row_size = 2 + 7 * 12 + 2 * 8;

class CopyStream {
 public:
  explicit CopyStream(PGconn* raw) : raw_(raw) { append(copy_header.data(), copy_header.size()); }

  void add(BarRef row) {
    if (used_ + row_size + copy_trailer.size() > chunk_.size()) flush();
    Bar const& bar = *row.bar;
    number(std::uint16_t{9});
    field(static_cast<std::uint64_t>(to_postgres(bar.start)));
    for (double const value : {bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap})
      field(std::bit_cast<std::uint64_t>(value));
    field(static_cast<std::uint32_t>(std::to_underlying(row.series)));
    field(static_cast<std::uint32_t>(bar.trade_count));
  }

  void finish() {
    append(copy_trailer.data(), copy_trailer.size());
    flush();
  }

 private:
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

// In the order of the ranges and of time, without a sort: each range is one scan of the key. The bounds of
// the whole let the planner leave partitions out. COPY takes no parameters: what is put in here is made of
// numbers.
constexpr char read_sql[] = R"(
  COPY (
    SELECT b.series_id, b.ts, b.open, b.high, b.low, b.close, b.volume, b.vwap, b.trade_count
    FROM unnest('{}'::int4[], '{}'::timestamptz[], '{}'::timestamptz[]) AS q (series_id, from_ts, to_ts)
    CROSS JOIN LATERAL (
      SELECT * FROM candled.bar
      WHERE bar.series_id = q.series_id AND bar.ts >= q.from_ts AND bar.ts < q.to_ts
        AND bar.ts >= '{}'::timestamptz AND bar.ts < '{}'::timestamptz
      ORDER BY bar.ts
    ) AS b
  ) TO STDOUT (FORMAT binary))";

struct FreeBuffer {
  void operator()(char* buffer) const { PQfreemem(buffer); }
};

// The rows of a COPY TO STDOUT; each comes as a message of its own, the first one behind the header.
class CopiedRows {
 public:
  explicit CopiedRows(PGconn* raw) : raw_(raw) {}

  // false: that was the last one, or the server has stopped: the statement's result says which.
  bool next() {
    char* buffer = nullptr;
    int const size = PQgetCopyData(raw_, &buffer, 0);
    message_.reset(buffer);
    if (size < 0) return false;
    std::string_view const message{buffer, static_cast<std::size_t>(size)};
    row_ = message.starts_with(copy_header) ? message.substr(copy_header.size()) : message;
    if (row_ == copy_trailer) return next();
    if (row_.size() != row_size) throw std::runtime_error{"a bar was read in another form than it is stored"};
    return true;
  }

  SeriesId series() const { return SeriesId{static_cast<std::int32_t>(read<std::uint32_t>(6))}; }

  Bar bar() const {
    auto const number = [&](std::size_t offset) {
      return std::bit_cast<double>(read<std::uint64_t>(offset));
    };
    return {.start = from_postgres(static_cast<std::int64_t>(read<std::uint64_t>(14))),
            .open = number(26),
            .high = number(38),
            .low = number(50),
            .close = number(62),
            .volume = number(74),
            .vwap = number(86),
            .trade_count = static_cast<std::int32_t>(read<std::uint32_t>(98))};
  }

 private:
  template <class Unsigned>
  Unsigned read(std::size_t offset) const {
    Unsigned bytes = 0;
    std::memcpy(&bytes, row_.data() + offset, sizeof bytes);
    return big_endian(bytes);
  }

  PGconn* raw_;
  std::unique_ptr<char, FreeBuffer> message_;
  std::string_view row_;
};

// Cancels what still runs and reads it to its end, so that the transaction can be rolled back.
void abandon(PGconn* raw) {
  std::array<char, 256> ignored{};
  if (auto* const cancel = PQgetCancel(raw)) {
    PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
    PQfreeCancel(cancel);
  }
  char* buffer = nullptr;
  while (PQgetCopyData(raw, &buffer, 0) > 0) PQfreemem(buffer);
  drain(raw);
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
  auto const sql =
      fmt::format(read_sql, series.text(), from.text(), to.text(), pg_text(whole.from), pg_text(whole.to));
  PgResult const started{PQexec(raw, sql.c_str())};
  if (PQresultStatus(started.get()) != PGRES_COPY_OUT) throw_failure(raw, started.get());
  try {
    for (CopiedRows rows{raw}; rows.next();) each(rows.series(), rows.bar());
  } catch (...) {
    abandon(raw);
    throw;
  }
  auto const ended = drain(raw);
  if (PQresultStatus(ended.get()) != PGRES_COMMAND_OK) throw_failure(raw, ended.get());
}

}  // namespace candled
