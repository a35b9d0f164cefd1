#include "store/import_actions.hpp"

#include "store/pg_connection.hpp"
#include "store/pg_text.hpp"

namespace candled {

namespace {

// As lock_sql of open_series.cpp: tickers stay whose they are, and of two imports one waits.
constexpr char lock_sql[] = "SELECT pg_advisory_xact_lock(x'63616e646c656473'::int8)";

constexpr char said_sql[] = R"(
  CREATE TEMP TABLE said (line int4, ticker text, kind text, ex_date date, ratio float8, amount float8, currency text,
                          source_id text, instrument_id int4) ON COMMIT DROP)";
constexpr char fill_sql[] = R"(
  INSERT INTO pg_temp.said
  SELECT line, ticker, kind, ex_date, CASE kind WHEN 'split' THEN value END, CASE kind WHEN 'dividend' THEN value END,
         nullif(currency, ''), source_id,
         -- The day before: a last dividend may be paid on the day on which the ticker is given up. Today: what is
         -- announced is said of today's ticker, which may be announced to end before.
         coalesce(candled.instrument_at(ticker, ex_date), candled.instrument_at(ticker, ex_date - 1),
                  CASE WHEN ex_date > candled.today('XNYS') THEN candled.instrument_at(ticker, candled.today('XNYS')) END)
  FROM unnest($1::int4[], $2::text[], $3::text[], $4::date[], $5::float8[], $6::text[], $7::text[])
    AS s (line, ticker, kind, ex_date, value, currency, source_id))";

constexpr char unknown_sql[] = R"(
  SELECT line, format('%s names no instrument on %s: `candled instruments import` says whose it was, or a job that '
                      'collects it', ticker, ex_date)
  FROM pg_temp.said WHERE instrument_id IS NULL ORDER BY line)";

constexpr char leave_out_sql[] = R"(
  WITH gone AS (DELETE FROM pg_temp.said WHERE instrument_id IS NULL RETURNING 1) SELECT count(*) FROM gone)";
constexpr char once_sql[] =
    "DELETE FROM pg_temp.said a USING pg_temp.said b WHERE a.source_id = b.source_id AND a.ctid > b.ctid";

// $1 source, $2 tickers that are said wholly, $3 now.
constexpr char replace_sql[] = R"(
  WITH gone AS (
    UPDATE candled.corporate_action a SET replaced_at = $3::timestamptz
    WHERE a.source = $1 AND a.replaced_at IS NULL
      AND (EXISTS (SELECT FROM pg_temp.said s WHERE s.source_id = a.source_id
                     AND (s.instrument_id, s.kind, s.ex_date, s.ratio, s.amount, s.currency)
                         IS DISTINCT FROM (a.instrument_id, a.kind, a.ex_date, a.ratio, a.amount, a.currency))
           OR a.source_id NOT IN (SELECT source_id FROM pg_temp.said)
              AND EXISTS (SELECT FROM unnest($2::text[]) AS w (ticker)
                          WHERE a.instrument_id = coalesce(
                            candled.instrument_at(w.ticker, a.ex_date),
                            CASE WHEN a.ex_date > candled.today('XNYS')
                                 THEN candled.instrument_at(w.ticker, candled.today('XNYS')) END)))
    RETURNING a.source_id
  )
  SELECT count(*) FILTER (WHERE source_id IN (SELECT source_id FROM pg_temp.said)),
         count(*) FILTER (WHERE source_id NOT IN (SELECT source_id FROM pg_temp.said))
  FROM gone)";
constexpr char add_sql[] = R"(
  WITH added AS (
    INSERT INTO candled.corporate_action
      (instrument_id, kind, ex_date, ratio, amount, currency, source, source_id, learned_at)
    SELECT instrument_id, kind, ex_date, ratio, amount, currency, $1, source_id, $2::timestamptz
    FROM pg_temp.said s
    WHERE NOT EXISTS (SELECT FROM candled.corporate_action a
                      WHERE a.source = $1 AND a.source_id = s.source_id AND a.replaced_at IS NULL)
    ORDER BY s.line, s.source_id
    RETURNING 1
  )
  SELECT count(*), (SELECT count(*) FROM pg_temp.said) FROM added)";

void fill(pqxx::work& work, std::vector<CorporateAction> const& actions) {
  PgArray lines, tickers, kinds, dates, values, currencies, ids;
  for (auto const& action : actions) {
    lines.add(action.line);
    tickers.add(std::string_view{action.ticker});
    kinds.add(to_string(action.kind));
    dates.add(std::string_view{to_string(action.ex_date)});
    values.add(action.value);
    currencies.add(std::string_view{action.currency});
    ids.add(std::string_view{action.id});
  }
  work.exec(said_sql);
  work.exec_params(fill_sql, lines.text(), tickers.text(), kinds.text(), dates.text(), values.text(),
                   currencies.text(), ids.text());
}

ImportedActions import_in(pqxx::work& work, SaidActions const& said) {
  ImportedActions imported;
  work.exec(lock_sql);
  fill(work, said.actions);
  work.exec(once_sql);
  if (said.unknown == UnknownTicker::leave_out)
    imported.left_out = work.exec1(leave_out_sql)[0].as<std::int64_t>();
  for (auto const& row : work.exec(unknown_sql))
    imported.refused.push_back({row[0].as<int>(), row[1].as<std::string>()});
  if (!imported.refused.empty()) return imported;
  PgArray whole;
  for (auto const& ticker : said.whole) whole.add(std::string_view{ticker});
  // The old row ends when the new one begins.
  auto const now = work.exec1("SELECT clock_timestamp()")[0].as<std::string>();
  auto const gone = work.exec_params1(replace_sql, said.source, whole.text(), now);
  imported.changed = gone[0].as<std::int64_t>();
  imported.withdrawn = gone[1].as<std::int64_t>();
  auto const added = work.exec_params1(add_sql, said.source, now);
  imported.added = added[0].as<std::int64_t>() - imported.changed;
  imported.unchanged = added[1].as<std::int64_t>() - added[0].as<std::int64_t>();
  return imported;
}

}  // namespace

Result<ImportedActions> import_actions(Secret const& url, SaidActions const& said, ImportMode mode) {
  auto const connection = PgConnection::open(url);
  if (!connection) return std::unexpected(connection.error());
  try {
    pqxx::work work{(*connection)->session()};
    auto imported = import_in(work, said);
    bool const is_good = imported.refused.empty();
    if (is_good && mode == ImportMode::apply) work.commit();
    return imported;
  } catch (std::exception const&) {
    return std::unexpected(current_error(**connection));
  }
}

}  // namespace candled
