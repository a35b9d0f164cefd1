#include "store/bar_partitions.hpp"

#include <fmt/format.h>

#include <chrono>

namespace candled {

namespace {

constexpr char partitions_sql[] = "SELECT candled.ensure_bar_partitions($1, $2)";

}  // namespace

int year_of(UtcTime time) {
  return static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(time)}.year());
}

void ensure_partitions(PgConnection& connection, KnownYears& years, std::set<int> const& wanted) {
  for (int const year : wanted) {
    if (years.contains(year)) continue;
    pqxx::work work{connection.session()};
    auto const day = fmt::format("{}-01-01T00:00:00Z", year);
    work.exec_params(partitions_sql, day, day);
    work.commit();
    years.insert(year);
  }
}

}  // namespace candled
