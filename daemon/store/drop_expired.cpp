#include "store/drop_expired.hpp"

#include <pqxx/pqxx>

namespace candled {

namespace {

constexpr char drop_sql[] = "SELECT year, bytes FROM candled.drop_expired_bars()";

}  // namespace

std::vector<DroppedYear> drop_expired(PgConnection& connection) {
  pqxx::work work{connection.session()};
  std::vector<DroppedYear> dropped;
  for (auto const& row : work.exec(drop_sql))
    dropped.push_back({.year = row[0].as<int>(), .bytes = row[1].as<std::int64_t>()});
  work.commit();
  return dropped;
}

}  // namespace candled
