#include "store/pg_connection.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstring>
#include <string>

#include "store/sqlstate.hpp"

// libpqxx 6.4 loses the result of a statement during which the connection broke (its make_result throws
// before it owns what it was given): 2 KB for each lost connection, which is not worth a test's failure.
#if defined(__has_feature) && __has_feature(address_sanitizer)
extern "C" char const* __lsan_default_suppressions() {
  return "leak:libpqxx\n";
}
#endif

namespace candled {

namespace {

using SteadyClock = std::chrono::steady_clock;

struct FinishConnection {
  void operator()(PGconn* raw) const { PQfinish(raw); }
};
using RawConnection = std::unique_ptr<PGconn, FinishConnection>;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

// libpq lets a later keyword win, so these stand before the URL, which is expanded at its place.
constexpr std::array defaults{
    std::pair{"fallback_application_name", "candled"},
    std::pair{"connect_timeout", "4"},
    std::pair{"client_encoding", "UTF8"},
    // A server that is gone is noticed within a minute, whether we wait for it or send to it.
    std::pair{"keepalives_idle", "30"},
    std::pair{"keepalives_interval", "10"},
    std::pair{"keepalives_count", "3"},
    std::pair{"tcp_user_timeout", "30000"},
    // work_mem: 50,000 stored bars are sorted in 7 MB; within the usual 4 MB they would go to the disk and
    // back.
    std::pair{"options",
              "-c timezone=UTC -c datestyle=ISO -c statement_timeout=60s -c lock_timeout=10s "
              "-c idle_in_transaction_session_timeout=60s -c jit=off -c work_mem=16MB"},
};

std::string option(PGconn* raw, std::string_view keyword) {
  Options const options{PQconninfo(raw)};
  for (auto const* entry = options.get(); entry != nullptr && entry->keyword != nullptr; ++entry)
    if (entry->keyword == keyword && entry->val != nullptr) return entry->val;
  return {};
}

// libpq's own loop would do, but it leaves no moment at which to ask for SQLSTATEs in the server's refusals.
std::chrono::seconds time_to_connect(PGconn* raw) {
  auto const text = option(raw, "connect_timeout");
  auto const hosts = option(raw, "host");
  int seconds = 10;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (seconds <= 0) seconds = 10;  // libpq's "wait for ever" is for nobody
  return std::chrono::seconds{std::max(seconds, 2) * (1 + std::ranges::count(hosts, ','))};
}

// False: the deadline has passed.
bool wait_for_socket(PGconn* raw, short events, SteadyClock::time_point deadline) {
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
  if (left.count() <= 0) return false;
  pollfd fd{.fd = PQsocket(raw), .events = events, .revents = 0};
  return poll(&fd, 1, static_cast<int>(left.count())) != 0;
}

enum class Connecting { done, failed, timed_out };

Connecting finish_connecting(PGconn* raw) {
  auto const deadline = SteadyClock::now() + time_to_connect(raw);
  for (auto next = PGRES_POLLING_WRITING;; next = PQconnectPoll(raw)) {
    if (next == PGRES_POLLING_OK) return Connecting::done;
    if (next == PGRES_POLLING_FAILED) return Connecting::failed;
    auto const events = static_cast<short>(next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    if (!wait_for_socket(raw, events, deadline)) return Connecting::timed_out;
  }
}

Error connect_error(PGconn* raw) {
  std::string_view const message{PQerrorMessage(raw)};
  if (auto const sqlstate = sqlstate_in(message); !sqlstate.empty()) return sql_error(sqlstate, message);
  if (PQconnectionNeedsPassword(raw) != 0)
    return {.kind = ErrorKind::db_refused,
            .what = "database: the server wants a password: name one in database.url, or in ~/.pgpass"};
  return {.kind = ErrorKind::db_unavailable,
          .what = fmt::format("database: {}: is the server running?", message.substr(0, message.find('\n')))};
}

bool is_valid(Secret const& url) {
  char* message = nullptr;  // not shown: it quotes parts of the URL
  Options const options{PQconninfoParse(url.reveal().c_str(), &message)};
  PQfreemem(message);
  return options != nullptr;
}

RawConnection start_connecting(Secret const& url) {
  std::array<char const*, defaults.size() + 2> keywords{};
  std::array<char const*, defaults.size() + 2> values{};
  for (std::size_t i = 0; i < defaults.size(); ++i) std::tie(keywords.at(i), values.at(i)) = defaults.at(i);
  keywords.at(defaults.size()) = "dbname";
  values.at(defaults.size()) = url.reveal().c_str();
  return RawConnection{PQconnectStartParams(keywords.data(), values.data(), 1)};
}

}  // namespace

// The whole difference between libpqxx 6.4, which has no way to take over a connection but lets a policy make
// it, and libpqxx 7 and later, which has seize_raw_connection.
#if PQXX_VERSION_MAJOR < 7
namespace {

class HandOver : public pqxx::connectionpolicy {
 public:
  explicit HandOver(PGconn* raw) : connectionpolicy(std::string{}), raw_(raw) {}

  // Called twice to begin with: the second time with what we gave. Without a connection after that, libpqxx
  // wants to reconnect in silence, which would lose the session's state.
  handle do_startconnect(handle current) override {
    if (current != nullptr) return current;
    if (std::exchange(given_, true)) throw pqxx::broken_connection{"the connection to the database was lost"};
    return raw_.get();
  }

  // libpqxx lets go of a connection as soon as it finds it broken. PgConnection::raw() still asks it for its
  // state and for what happened, so it is closed with the session and not before.
  handle do_disconnect(handle) noexcept override { return nullptr; }

 private:
  RawConnection raw_;
  bool given_ = false;
};

}  // namespace

struct PgConnection::Session : private HandOver, public pqxx::connection_base {
  explicit Session(PGconn* raw) : HandOver(raw), connection_base(static_cast<connectionpolicy&>(*this)) {
    try {
      init();
    } catch (...) {
      close();
      throw;
    }
  }
  Session(Session const&) = delete;
  Session& operator=(Session const&) = delete;
  ~Session() override { close(); }
};

PgSession& PgConnection::session() {
  return *session_;
}
#else
struct PgConnection::Session {
  explicit Session(PGconn* raw) : connection(pqxx::connection::seize_raw_connection(raw)) {}
  pqxx::connection connection;
};

PgSession& PgConnection::session() {
  return session_->connection;
}
#endif

PgConnection::PgConnection(PGconn* raw) : raw_(raw), session_(std::make_unique<Session>(raw)) {}

PgConnection::~PgConnection() = default;

Result<std::unique_ptr<PgConnection>> PgConnection::open(Secret const& url) {
  if (!is_valid(url))
    return fail(ErrorKind::db_refused,
                "database.url is not what libpq understands (not shown here: it may hold a password): "
                "write postgresql://user@host/database");
  auto raw = start_connecting(url);
  if (raw == nullptr) return fail(ErrorKind::db_unavailable, "database: out of memory while connecting");
  PQsetErrorVerbosity(raw.get(), PQERRORS_VERBOSE);  // for sqlstate_in()
  auto const outcome =
      PQstatus(raw.get()) == CONNECTION_BAD ? Connecting::failed : finish_connecting(raw.get());
  if (outcome == Connecting::timed_out)
    return fail(ErrorKind::db_unavailable,
                fmt::format("database: no answer from {} in time", option(raw.get(), "host")));
  if (outcome == Connecting::failed) return std::unexpected(connect_error(raw.get()));
  PQsetNoticeProcessor(raw.get(), [](void*, char const*) {}, nullptr);  // the default prints them
  try {
    return std::unique_ptr<PgConnection>{new PgConnection(raw.release())};
  } catch (pqxx::failure const& failure) {
    return fail(ErrorKind::db_unavailable, fmt::format("database: {}", primary_message(failure.what())));
  }
}

void throw_failure(PGconn* raw, PGresult const* result) {
  std::string const message = result != nullptr ? PQresultErrorMessage(result) : PQerrorMessage(raw);
  auto const sqlstate = std::string{sqlstate_in(message)};
  if (sqlstate.empty()) throw pqxx::broken_connection{message};
  throw pqxx::sql_error{message, std::string{}, sqlstate.c_str()};
}

Error current_error(PgConnection const& connection) {
  try {
    throw;
  } catch (pqxx::in_doubt_error const&) {
    return {.kind = ErrorKind::db_in_doubt,
            .what = "database: the connection was lost during COMMIT: done or not, it is done again"};
  } catch (std::exception const& error) {
    std::string_view const message{error.what()};
    if (auto const sqlstate = sqlstate_in(message); !sqlstate.empty()) return sql_error(sqlstate, message);
    // The server gives a SQLSTATE with whatever it refuses: a failure without one is libpq's, which has lost
    // the server. (A connection that it could not write to still calls itself open.)
    bool const lost = dynamic_cast<pqxx::failure const*>(&error) != nullptr || !connection.is_open();
    if (!lost) return {.kind = ErrorKind::db_refused, .what = fmt::format("database: {}", message)};
    // libpqxx names what it noticed last ("could not obtain client encoding"), libpq what happened.
    std::string_view const reason{PQerrorMessage(connection.raw())};
    return {.kind = ErrorKind::db_unavailable,
            .what = fmt::format("database: connection lost: {}",
                                reason.empty() ? "closed by the server" : primary_message(reason))};
  }
}

}  // namespace candled
