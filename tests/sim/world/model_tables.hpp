// The database as a model: what PgBarStore's transactions do to its tables, one call a transaction, at once.
// A test replays what went in here against PostgreSQL, so that it stays honest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/world/safety.hpp"
#include "store/bar_store.hpp"

namespace candled::sim {

struct GapRow {
  std::int64_t id = 0;
  TimeRange during;
  GapReason reason{};
  UtcTime last_tried;
  int attempts = 1;
  UtcTime next_try_at;  // UtcTime::max(): not before a person asks
};

struct SeriesRow {
  SeriesKey key;
  UtcTime wanted_from;
  RangeSet covered;
  BarTable bars;
  std::vector<GapRow> gaps;  // the open ones, by id
  std::vector<Settled> settled;
  std::int64_t revisions = 0;
};

class ModelTables {
 public:
  std::vector<Series> open_series(SeriesQuery const& query);
  LoadReport load(Load const& load);
  void park(std::vector<FailedWindow> const& windows);

  std::map<SeriesId, SeriesRow> const& series() const { return series_; }
  SeriesRow const& of(SeriesId id) const { return series_.at(id); }

 private:
  SeriesId find_or_add(SeriesQuery const& query, std::string const& ticker);
  void write(SeriesRow& row, Bar const& bar, LoadReport& report);
  void fill_gaps(SeriesRow& row, RangeSet const& proven);
  void set_aside(std::vector<GapRow>& gaps, FailedWindow const& window);

  std::map<SeriesId, SeriesRow> series_;
  std::map<SeriesKey, SeriesId> ids_;
  std::int64_t last_gap_ = 0;
};

}  // namespace candled::sim
