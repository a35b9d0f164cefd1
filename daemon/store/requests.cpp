#include "store/requests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <type_traits>

#include "store/pg_connection.hpp"
#include "store/pg_text.hpp"
#include "store/request_queue.hpp"

namespace candled {

namespace {

// Against two people who ask at once: their requests are counted, and compared, one after the other.
constexpr char lock_sql[] = "LOCK TABLE candled.backfill_request IN SHARE ROW EXCLUSIVE MODE";

constexpr char count_sql[] =
    "SELECT count(*) FROM candled.backfill_request WHERE state IN ('queued', 'running')";

constexpr char same_sql[] = R"(
  SELECT request_id FROM candled.backfill_request
  WHERE state IN ('queued', 'running') AND NOT cancel_asked
    AND (kind, job, symbols, from_ts, to_ts) = ($1, $2, $3::text[], $4::timestamptz, $5::timestamptz)
  ORDER BY request_id LIMIT 1)";

constexpr char queue_sql[] = R"(
  INSERT INTO candled.backfill_request (kind, job, symbols, from_ts, to_ts)
  VALUES ($1, $2, $3::text[], $4::timestamptz, $5::timestamptz) RETURNING request_id)";

constexpr char cancel_sql[] = R"(
  UPDATE candled.backfill_request
  SET cancel_asked = true,
      ended_at = CASE WHEN state = 'queued' THEN now() END,
      state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
  WHERE request_id = $1 AND state IN ('queued', 'running'))";

constexpr char retry_sql[] = R"(
  UPDATE candled.backfill_request
  SET state = 'queued', cancel_asked = false, ended_at = NULL, windows = 0, windows_done = 0, bars = 0, detail = ''
  WHERE request_id = $1 AND state IN ('failed', 'cancelled'))";

constexpr char budgets_sql[] = R"(
  SELECT b.budget, b.requests, (extract(epoch FROM b.per) * 1000)::int8, b.learned_requests,
         (SELECT coalesce(sum(p.places), 0) FROM candled.budget_place p
          WHERE p.budget = b.budget AND p.held_until > clock_timestamp())
  FROM candled.budget b ORDER BY b.budget)";

std::string read_sql() {
  return fmt::format(
      "SELECT {} FROM candled.backfill_request WHERE state IN ('queued', 'running') OR request_id IN "
      "(SELECT request_id FROM candled.backfill_request ORDER BY request_id DESC LIMIT $1) "
      "ORDER BY request_id DESC",
      request_columns());
}

std::string progress_sql() {
  return fmt::format(
      "SELECT job, lane, stage, detail, windows, windows_done, requests, bars, {}, {}, {}, {}, "
      "(extract(epoch FROM clock_timestamp() - updated_at) * 1000)::int8 FROM candled.job_progress "
      "ORDER BY job, array_position('{{live,repair,settle,backfill}}', lane)",
      time_sql("eta_from"), time_sql("eta_until"), time_sql("parked_until"), time_sql("updated_at"));
}

// What `ask` gives, in a transaction that is committed only if it gives no error.
template <class Ask>
auto transact(Secret const& url, Ask const& ask) -> std::invoke_result_t<Ask const&, pqxx::work&> {
  auto const connection = PgConnection::open(url);
  if (!connection) return std::unexpected(connection.error());
  try {
    pqxx::work work{(*connection)->session()};
    auto answer = ask(work);
    if (answer) work.commit();
    return answer;
  } catch (std::exception const&) {
    return std::unexpected(current_error(**connection));
  }
}

Result<BackfillRequest> find_request(pqxx::work& work, std::int64_t id) {
  auto const rows = work.exec_params(
      fmt::format("SELECT {} FROM candled.backfill_request WHERE request_id = $1", request_columns()), id);
  if (rows.empty())
    return fail(ErrorKind::db_refused,
                fmt::format("there is no request {}: `candled status` shows them", id));
  return request_of(rows[0]);
}

// Runs `sql`, which takes the parameters that make two requests the same.
pqxx::result exec_with_wish(pqxx::work& work, char const* sql, BackfillRequest const& request) {
  PgArray symbols;
  for (auto const& symbol : request.symbols) symbols.add(symbol);
  return work.exec_params(sql, std::string{to_string(request.kind)}, pg_text(std::string_view{request.job}),
                          symbols.text(), pg_text(request.range.from), pg_text(request.range.to));
}

// The id of an open request for the same, when there is one.
std::optional<std::int64_t> find_same(pqxx::work& work, BackfillRequest const& request) {
  auto const rows = exec_with_wish(work, same_sql, request);
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::int64_t>();
}

Result<void> check_room(pqxx::work& work) {
  if (work.exec1(count_sql)[0].as<int>() < backfill_requests_max) return {};
  return fail(
      ErrorKind::db_refused,
      fmt::format("{} requests are open, and no more are taken: wait for `candled run` to work on them, "
                  "or end some with `candled cancel ID`",
                  backfill_requests_max));
}

std::optional<UtcTime> optional_time(pqxx::field const& field) {
  if (field.is_null()) return std::nullopt;
  return parse_time(field.c_str());
}

// The table allows no other lanes than these.
Lane lane_of(std::string_view name) {
  return *std::ranges::find_if(lanes, [&](Lane lane) { return to_string(lane) == name; });
}

ShownProgress progress_of(pqxx::row const& row) {
  return {.row = {.job = row[0].as<std::string>(),
                  .lane = lane_of(row[1].c_str()),
                  .stage = row[2].as<std::string>(),
                  .detail = row[3].as<std::string>(),
                  .windows = row[4].as<std::int64_t>(),
                  .windows_done = row[5].as<std::int64_t>(),
                  .requests = row[6].as<std::int64_t>(),
                  .bars = row[7].as<std::int64_t>(),
                  .eta_from = optional_time(row[8]),
                  .eta_until = optional_time(row[9]),
                  .parked_until = optional_time(row[10])},
          .updated_at = parse_time(row[11].c_str()),
          .age = Milliseconds{row[12].as<std::int64_t>()}};
}

BudgetRow budget_of(pqxx::row const& row) {
  return {.budget = row[0].as<std::string>(),
          .requests = row[1].as<int>(),
          .per = Milliseconds{row[2].as<std::int64_t>()},
          .learned = row[3].is_null() ? std::nullopt : std::optional{row[3].as<int>()},
          .held = row[4].as<int>()};
}

template <class Row>
std::vector<Row> rows_of(pqxx::result const& result, Row (*make_row)(pqxx::row const&)) {
  std::vector<Row> rows;
  for (auto const& row : result) rows.push_back(make_row(row));
  return rows;
}

}  // namespace

Result<std::int64_t> queue_request(Secret const& url, BackfillRequest const& request) {
  return transact(url, [&](pqxx::work& work) -> Result<std::int64_t> {
    work.exec0(lock_sql);
    if (auto const same = find_same(work, request)) return *same;
    if (auto const room = check_room(work); !room) return std::unexpected(room.error());
    return exec_with_wish(work, queue_sql, request)[0][0].as<std::int64_t>();
  });
}

Result<std::vector<BackfillRequest>> read_requests(Secret const& url, int count) {
  return transact(url, [&](pqxx::work& work) -> Result<std::vector<BackfillRequest>> {
    return rows_of(work.exec_params(read_sql(), count), request_of);
  });
}

Result<BackfillRequest> cancel_request(Secret const& url, std::int64_t id) {
  return transact(url, [&](pqxx::work& work) {
    work.exec_params0(cancel_sql, id);
    return find_request(work, id);
  });
}

Result<BackfillRequest> retry_request(Secret const& url, std::int64_t id) {
  return transact(url, [&](pqxx::work& work) -> Result<BackfillRequest> {
    work.exec0(lock_sql);
    auto const request = find_request(work, id);
    if (!request || (request->state != RequestState::failed && request->state != RequestState::cancelled))
      return request;
    if (auto const same = find_same(work, *request)) return find_request(work, *same);
    if (auto const room = check_room(work); !room) return std::unexpected(room.error());
    work.exec_params0(retry_sql, id);
    return find_request(work, id);
  });
}

Result<std::vector<ShownProgress>> read_progress(Secret const& url) {
  return transact(url, [](pqxx::work& work) -> Result<std::vector<ShownProgress>> {
    return rows_of(work.exec(progress_sql()), progress_of);
  });
}

Result<std::vector<BudgetRow>> read_budgets(Secret const& url) {
  return transact(url, [](pqxx::work& work) -> Result<std::vector<BudgetRow>> {
    return rows_of(work.exec(budgets_sql), budget_of);
  });
}

}  // namespace candled
