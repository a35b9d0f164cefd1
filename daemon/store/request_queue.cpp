#include "store/request_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "store/pg_text.hpp"

namespace candled {

namespace {

constexpr std::array<std::string_view, 2> kinds{"backfill", "repair"};
constexpr std::array<std::string_view, 5> states{"queued", "running", "done", "failed", "cancelled"};

// A request that a person has cancelled in the meantime stays cancelled.
constexpr char update_sql[] = R"(
  UPDATE candled.backfill_request
  SET started_at = CASE WHEN state = 'queued' AND $2 <> 'queued' THEN now() ELSE started_at END,
      ended_at = CASE WHEN $2 IN ('done', 'failed', 'cancelled') THEN now() END,
      state = $2, windows = $3, windows_done = $4, bars = $5, detail = $6
  WHERE request_id = $1 AND state IN ('queued', 'running'))";

template <class Enum, std::size_t Count>
Enum enum_of(std::array<std::string_view, Count> const& names, std::string_view name) {
  auto const* const found = std::ranges::find(names, name);
  if (found == names.end())
    throw std::runtime_error(fmt::format("'{}' is stored, which we do not know", name));
  return static_cast<Enum>(found - names.begin());
}

std::vector<std::string> texts_of(pqxx::field const& field) {
  std::vector<std::string> texts;
  auto parser = field.as_array();
  for (auto next = parser.get_next(); next.first != pqxx::array_parser::done; next = parser.get_next())
    if (next.first == pqxx::array_parser::string_value) texts.push_back(std::move(next.second));
  return texts;
}

}  // namespace

std::string_view to_string(RequestKind kind) {
  return kinds.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(RequestState state) {
  return states.at(static_cast<std::size_t>(state));
}

std::string request_columns() {
  return fmt::format(
      "request_id, kind, state, job, symbols, {}, {}, cancel_asked, {}, windows, windows_done, bars, detail",
      time_sql("from_ts"), time_sql("to_ts"), time_sql("requested_at"));
}

BackfillRequest request_of(pqxx::row const& row) {
  return {.id = row[0].as<std::int64_t>(),
          .kind = enum_of<RequestKind>(kinds, row[1].c_str()),
          .state = enum_of<RequestState>(states, row[2].c_str()),
          .job = row[3].as<std::string>(),
          .symbols = texts_of(row[4]),
          .range = {.from = parse_time(row[5].c_str()), .to = parse_time(row[6].c_str())},
          .cancel_asked = row[7].as<bool>(),
          .requested_at = parse_time(row[8].c_str()),
          .windows = row[9].as<std::int64_t>(),
          .windows_done = row[10].as<std::int64_t>(),
          .bars = row[11].as<std::int64_t>(),
          .detail = row[12].as<std::string>()};
}

std::vector<BackfillRequest> open_requests(pqxx::work& work) {
  std::vector<BackfillRequest> requests;
  for (auto const& row : work.exec(fmt::format(
           "SELECT {} FROM candled.backfill_request WHERE state IN ('queued', 'running') ORDER BY request_id",
           request_columns())))
    requests.push_back(request_of(row));
  return requests;
}

void update_request(pqxx::work& work, BackfillRequest const& request) {
  work.exec_params0(update_sql, request.id, std::string{to_string(request.state)}, request.windows,
                    request.windows_done, request.bars, pg_text(std::string_view{request.detail}));
}

}  // namespace candled
