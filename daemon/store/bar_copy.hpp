// Bars to and from candled.bar in PostgreSQL's binary formats, a row at a time and without a string on the
// way.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include "core/bar.hpp"
#include "core/ids.hpp"
#include "store/pg_connection.hpp"

namespace candled {

// A bar on its way into the table, where it lies in the load's memory. Its year is between 1900 and 2199.
struct BarRef {
  SeriesId series;
  Bar const* bar;
};

// The table's key, by which bars are sorted.
inline std::pair<SeriesId, UtcTime> key(BarRef const& ref) {
  return {ref.series, ref.bar->start};
}

// COPY … FROM STDIN (FORMAT binary), within the transaction that is open on the connection. Throws as libpqxx
// does; after pqxx::sql_error the transaction, or the savepoint, must be rolled back.
void copy_bars(PgConnection& connection, std::span<BarRef const> bars);

// Series and range whose stored bars are wanted.
struct StoredRange {
  SeriesId series{};
  TimeRange range;
};

// Calls `each` with every stored bar of `ranges`, in (series_id, ts) order, while they arrive: memory is
// bounded by one row. `ranges` are sorted by series and time, and do not overlap. Throws as libpqxx does, and
// what `each` throws once the answer has been drained.
void read_bars(PgConnection& connection, std::span<StoredRange const> ranges,
               std::function<void(SeriesId, Bar const&)> const& each);

}  // namespace candled
