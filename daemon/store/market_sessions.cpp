#include "store/market_sessions.hpp"

#include "store/pg_connection.hpp"
#include "store/pg_text.hpp"

namespace candled {

namespace {

// Only rows that differ reach the INSERT: its ON CONFLICT would lock, and so write, those that are equal.
constexpr char publish_sql[] = R"(
  WITH wanted AS (
    SELECT $1::text AS calendar, day.*
    FROM unnest($2::date[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::boolean[])
      AS day (session_date, opens_at, closes_at, extended_opens_at, extended_closes_at, early_close)
  ), gone AS (
    DELETE FROM candled.market_session s
    WHERE s.calendar = $1 AND NOT EXISTS (SELECT FROM wanted w WHERE w.session_date = s.session_date)
    RETURNING 1
  ), written AS (
    INSERT INTO candled.market_session AS s
      (calendar, session_date, opens_at, closes_at, extended_opens_at, extended_closes_at, early_close)
    SELECT * FROM wanted w
    WHERE NOT EXISTS (
      SELECT FROM candled.market_session old
      WHERE (old.calendar, old.session_date, old.opens_at, old.closes_at, old.extended_opens_at,
             old.extended_closes_at, old.early_close)
          = (w.calendar, w.session_date, w.opens_at, w.closes_at, w.extended_opens_at,
             w.extended_closes_at, w.early_close))
    ON CONFLICT (calendar, session_date) DO UPDATE
    SET opens_at = excluded.opens_at, closes_at = excluded.closes_at,
        extended_opens_at = excluded.extended_opens_at, extended_closes_at = excluded.extended_closes_at,
        early_close = excluded.early_close
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written))";

// The sessions, a column an array.
struct Columns {
  PgArray date, opens, closes, extended_opens, extended_closes, early_close;
};

Columns columns_of(std::vector<Session> const& sessions) {
  Columns columns;
  for (auto const& session : sessions) {
    columns.date.add(to_string(session.date));
    columns.opens.add(session.regular.from);
    columns.closes.add(session.regular.to);
    columns.extended_opens.add(session.hours.from);
    columns.extended_closes.add(session.hours.to);
    columns.early_close.add(std::string_view{session.early_close ? "t" : "f"});
  }
  return columns;
}

}  // namespace

Result<int> publish_sessions(Secret const& url, std::string_view calendar,
                             std::vector<Session> const& sessions) {
  auto const connection = PgConnection::open(url);
  if (!connection) return std::unexpected(connection.error());
  try {
    auto const columns = columns_of(sessions);
    pqxx::work work{(*connection)->session()};
    auto const row = work.exec_params1(
        publish_sql, std::string{calendar}, columns.date.text(), columns.opens.text(), columns.closes.text(),
        columns.extended_opens.text(), columns.extended_closes.text(), columns.early_close.text());
    auto const changed = row[0].as<int>();
    work.commit();
    return changed;
  } catch (std::exception const&) {
    return std::unexpected(current_error(**connection));
  }
}

}  // namespace candled
