#include "sim/world/model_provider.hpp"

#include <charconv>
#include <cstring>

#include "pipeline/async.hpp"

namespace candled::sim {

using namespace std::chrono_literals;

namespace {

enum class Kind : std::uint8_t { page, malformed, not_entitled, beyond_horizon, not_today };

struct Head {
  Kind kind = Kind::page;
  bool more = false;
  bool delayed = false;
  UtcTime proven_until{};
};

constexpr Milliseconds kept_back = 15min;
constexpr std::size_t head_bytes = sizeof(Head);

std::string body_of(Head const& head, std::vector<Bar> const& bars) {
  std::string body(head_bytes + bars.size() * sizeof(Bar), '\0');
  std::memcpy(body.data(), &head, head_bytes);
  if (!bars.empty()) std::memcpy(body.data() + head_bytes, bars.data(), bars.size() * sizeof(Bar));
  return body;
}

// What an answer of Polygon's says of itself.
struct Said {
  std::int64_t query_count = 0;
  std::int64_t results_count = 0;
  std::int64_t count = 0;
  std::string_view status = "OK";
  std::string_view more = {};  // members
};

std::string json_of(std::string_view ticker, std::vector<Bar> const& bars, Said const& said) {
  auto body = fmt::format(
      R"({{"ticker":"{}","queryCount":{},"resultsCount":{},"count":{},"adjusted":false,"status":"{}","request_id":"5eed"{})",
      ticker, said.query_count, said.results_count, said.count, said.status, said.more);
  if (bars.empty()) return body + "}";
  body += R"(,"results":[)";
  for (auto const& bar : bars)
    body += fmt::format(R"({}{{"v":{},"vw":{},"o":{},"c":{},"h":{},"l":{},"t":{},"n":{}}})",
                        &bar == bars.data() ? "" : ",", bar.volume, bar.vwap, bar.open, bar.close, bar.high,
                        bar.low, bar.start.time_since_epoch().count(), bar.trade_count);
  return body + "]}";
}

HttpResponse response(int status, Kind kind) {
  return {.status = status, .body = body_of({.kind = kind}, {}), .content_type = "application/json"};
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::unexpected<Error> refusal(HttpResponse const& response, Kind kind) {
  switch (kind) {
    case Kind::not_entitled: return fail(ErrorKind::not_entitled, "the plan does not include it");
    case Kind::beyond_horizon: return fail(ErrorKind::beyond_horizon, "the plan does not go back this far");
    case Kind::not_today: return fail(ErrorKind::not_today, "the plan has a day only after its end");
    default: return fail(ErrorKind::remote_failed, fmt::format("status {}", response.status));
  }
}

}  // namespace

ProviderServer::ProviderServer(World& world, Scenario const& scenario, Market const& market, Safety& safety)
    : world_(world),
      scenario_(scenario),
      market_(market),
      safety_(safety),
      faults_(scenario.faults),
      draw_(scenario.seed, "provider") {}

void ProviderServer::calm_down() {
  faults_ = {};
  out_until_ = {};
  key_refused_until_ = {};
}

ProviderServer::Request ProviderServer::parse_url(std::string const& url) {
  auto const name_ends = url.find('/');
  auto const frame_ends = url.find('/', name_ends + 1);
  auto const from_ends = url.find('/', frame_ends + 1);
  auto const text = std::string_view{url};
  auto const at = [](std::string_view part) { return UtcTime{Milliseconds{number(part)}}; };
  return {.series = {.ticker = url.substr(0, name_ends),
                     .timeframe =
                         parse_timeframe(text.substr(name_ends + 1, frame_ends - name_ends - 1)).value()},
          .range = {.from = at(text.substr(frame_ends + 1, from_ends - frame_ends - 1)),
                    .to = at(text.substr(from_ends + 1))}};
}

ProviderServer::Fault ProviderServer::draw_fault() {
  double left = draw_.unit();
  auto const is = [&](double rate) { return (left -= rate) < 0; };
  if (is(faults_.transport)) return Fault::transport;
  if (is(faults_.timeout)) return Fault::timeout;
  if (is(faults_.server_error)) return draw_.chance(0.3) ? Fault::html : Fault::server_error;
  if (is(faults_.throttled)) return Fault::throttled;
  if (is(faults_.malformed)) return Fault::malformed;
  if (is(faults_.impossible)) return Fault::impossible;
  if (is(faults_.wrong)) return Fault::wrong;
  if (is(faults_.contradiction)) return Fault::contradiction;
  if (is(faults_.wrong_clock)) return Fault::wrong_clock;
  return Fault::none;
}

ProviderServer::Ticket ProviderServer::send(std::string const& url) {
  auto request = parse_url(url);
  request.fault = draw_fault();
  request.json = scenario_.plan.json > 0 && draw_.chance(scenario_.plan.json);
  if (request.fault == Fault::transport) request.reaches_us = draw_.chance(0.5);
  Nanos there = Milliseconds{draw_.between(1, 150)};
  Nanos back = Milliseconds{draw_.between(1, 150)};
  if (draw_.chance(faults_.slow))
    (draw_.chance(0.5) ? there : back) += Milliseconds{draw_.between(1'000, 25'000)};
  if (request.fault == Fault::timeout) back = 30s - there;
  auto const id = requests_++;
  world_.tell("request {}: {} {} {} to {}", id, request.series.ticker, to_string(request.series.timeframe),
              to_rfc3339(request.range.from), to_rfc3339(request.range.to));
  bool const reaches_us = request.reaches_us;
  pending_.emplace(id, std::move(request));
  if (reaches_us) world_.after(there, [this, id] { count_and_answer(id); });
  return {.id = id, .takes = there + back};
}

Result<HttpResponse> ProviderServer::collect(Ticket ticket) {
  auto const pending = pending_.extract(ticket.id);
  auto const& request = pending.mapped();
  if (request.fault == Fault::timeout) return fail(ErrorKind::transport, "no answer within 30 s");
  if (request.fault == Fault::transport || !request.answer)
    return fail(ErrorKind::transport, "connection reset");
  return *request.answer;
}

void ProviderServer::count_and_answer(std::uint64_t id) {
  auto const found = pending_.find(id);
  bool const over = over_the_limit();
  if (found == pending_.end()) return;  // its sender is no more
  auto& request = found->second;
  if (over) {
    world_.tell("request {}: 429, over the limit", id);
    request.answer = HttpResponse{.status = 429};
    return;
  }
  request.answer = answer_to(request);
  if (*request.answer) {
    auto& date =
        (*request.answer)->date.emplace(std::chrono::floor<std::chrono::seconds>(world_.true_time()));
    if (request.fault == Fault::wrong_clock && (*request.answer)->status == 200)
      date += std::chrono::years{draw_.chance(0.5) ? 1 : -1} * draw_.between(1, 30);
  }
  world_.tell("request {}: {}, {} bytes", id, *request.answer ? (*request.answer)->status : 0,
              *request.answer ? (*request.answer)->body.size() : 0);
}

// The plan's own count, exact, of whatever arrives here, whoever sent it.
bool ProviderServer::over_the_limit() {
  auto const now = world_.truth();
  auto const& limit = scenario_.plan.limit;
  while (!counted_.empty() && counted_.front() <= now - limit.per) counted_.pop_front();
  counted_.push_back(now);
  if (counted_.size() <= static_cast<std::size_t>(limit.requests)) return false;
  world_.violation(fmt::format("{} requests within {}: the plan allows {}", counted_.size(),
                               in_words(limit.per), limit.requests));
  return true;
}

Result<HttpResponse> ProviderServer::answer_to(Request const& request) {
  auto const now = world_.true_time();
  if (now < out_until_ || request.fault == Fault::server_error) return response(503, Kind::page);
  if (request.fault == Fault::html) return response(502, Kind::page);
  if (now < key_refused_until_) return response(401, Kind::page);
  if (request.fault == Fault::throttled) {
    auto throttled = response(429, Kind::page);
    if (draw_.chance(0.5)) throttled.retry_after = std::chrono::seconds{draw_.between(1, 90)};
    return throttled;
  }
  if (request.fault == Fault::malformed) return response(200, Kind::malformed);
  if (auto refused = refusal_of(request)) return *refused;
  if (request.fault == Fault::contradiction) return contradiction(request);
  if (request.fault == Fault::wrong_clock)
    return HttpResponse{.status = 200, .body = body_of({.proven_until = request.range.to}, {})};
  return page_for(request);
}

std::optional<HttpResponse> ProviderServer::refusal_of(Request const& request) const {
  auto const& plan = scenario_.plan;
  auto const zone = market_.calendar().zone();
  if (request.series.ticker == plan.not_entitled) return response(403, Kind::not_entitled);
  if (plan.horizon && request.range.from < zone.at(*plan.horizon, 0ms))
    return response(403, Kind::beyond_horizon);
  if (request.series.ticker == plan.odd && request.range.from < zone.at(plan.odd_from, 0ms))
    return response(403, Kind::beyond_horizon);
  if (!plan.end_of_day && request.series.ticker != plan.odd_today) return std::nullopt;
  auto const session = market_.calendar().session_at_or_before(world_.true_time());
  bool const open = world_.true_time() < session.hours.to;
  if (open && request.range.to > session.hours.from) return response(403, Kind::not_today);
  return std::nullopt;
}

HttpResponse ProviderServer::page_for(Request const& request) {
  auto const now = world_.true_time();
  Head head{.delayed = scenario_.plan.delayed, .proven_until = request.range.to};
  std::vector<Bar> bars;
  auto const places = market_.places(request.series.timeframe, request.range);
  auto const odd = places.empty() ? 0 : draw_.next() % places.size();  // whose content a fault changes
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto const& place = places[i];
    auto content = market_.content_at(request.series, place, now);
    if (head.delayed && now < place.closes + kept_back) content = Content::absent;
    if (i == odd && content != Content::absent && request.fault == Fault::impossible)
      content = Content::impossible;
    if (i == odd && content != Content::absent && request.fault == Fault::wrong) content = Content::wrong;
    if (content != Content::absent && bars.size() == scenario_.plan.page_bars) {
      head.more = true;
      head.proven_until = place.start;
      break;
    }
    safety_.answered(request.series, place, content);
    if (content != Content::absent) bars.push_back(market_.bar(request.series, place.start, content));
  }
  auto const count = std::ssize(bars);
  auto body = request.json && !head.more ? json_of(request.series.ticker, bars,
                                                   {.query_count = count,
                                                    .results_count = count,
                                                    .count = count,
                                                    .status = head.delayed ? "DELAYED" : "OK"})
                                         : body_of(head, bars);
  auto const bytes = body.size();
  return {.status = 200, .body = std::move(body), .content_type = "application/json", .wire_bytes = bytes};
}

// It lacks bars, and says so in one of its members; of what it lacks no honest answer has spoken.
HttpResponse ProviderServer::contradiction(Request const& request) {
  std::vector<Bar> bars;
  for (auto const& place : market_.places(request.series.timeframe, request.range)) {
    auto const content = market_.content_at(request.series, place, world_.true_time());
    if (content == Content::first || content == Content::second)
      bars.push_back(market_.bar(request.series, place.start, content));
  }
  auto const whole = std::max<std::int64_t>(1, std::ssize(bars));
  bars.resize(bars.size() / 2);
  auto const half = std::ssize(bars);
  Said const honest{.query_count = half, .results_count = half, .count = half};
  auto said = honest;
  switch (draw_.between(0, 5)) {
    case 0: said.results_count = whole; break;
    case 1: said = {.query_count = whole, .results_count = whole, .count = whole}; break;
    case 2: said.count = whole; break;
    case 3: said.more = R"(,"error":"could not read all shards")"; break;
    case 4: said.query_count = 50'000; break;
    default:
      bars.clear();
      said.results_count = whole;
      break;
  }
  return {
      .status = 200, .body = json_of(request.series.ticker, bars, said), .content_type = "application/json"};
}

Task<Result<HttpResponse>> ModelHttp::get(HttpRequest request) {
  if (stopped_.stopped) co_return fail(ErrorKind::stopped, "stopped");
  auto const ticket = server_.send(request.url);
  auto const slept = co_await clock_.sleep_until(clock_.ticks() + ticket.takes, stopped_);
  auto response = server_.collect(ticket);
  if (!slept) co_return std::unexpected(slept.error());
  co_return response;
}

HttpRequest ModelProvider::request(Window const& rest, Timeframe timeframe, std::string const&) const {
  return {.url = fmt::format("{}/{}/{}/{}", rest.ticker, to_string(timeframe),
                             rest.range.from.time_since_epoch().count(),
                             rest.range.to.time_since_epoch().count()),
          .bearer = Secret{"key"}};
}

Result<Page> ModelProvider::parse(Window const& rest, Timeframe timeframe, HttpResponse& response,
                                  std::vector<Bar>& out) {
  if (response.body.starts_with('{')) return polygon_.parse(rest, timeframe, response, out);
  if (response.status == 429)
    return std::unexpected(
        Error{.kind = ErrorKind::rate_limited, .what = "429", .retry_after = response.retry_after});
  if (response.status == 401) return fail(ErrorKind::key_refused, "the key is refused");
  Head head;
  std::memcpy(&head, response.body.data(), head_bytes);
  if (response.status != 200) return refusal(response, head.kind);
  if (head.kind == Kind::malformed) return fail(ErrorKind::malformed, "not what was agreed");
  auto const count = (response.body.size() - head_bytes) / sizeof(Bar);
  auto const before = out.size();
  out.resize(before + count);
  if (count > 0) std::memcpy(out.data() + before, response.body.data() + head_bytes, count * sizeof(Bar));
  return Page{.bars = count,
              .proven_until = head.proven_until,
              .cursor = head.more ? "more" : "",
              .delayed = head.delayed};
}

}  // namespace candled::sim
