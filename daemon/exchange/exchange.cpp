#include "exchange/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "exchange/hash.hpp"

namespace candled {

namespace {

// Of what aggregates paths have in common, the part that says what is asked, not for when.
std::string path_prefix(RequestTarget const& target) {
  std::string prefix;
  for (std::size_t i = 0; i < std::min<std::size_t>(target.segments.size(), 7); ++i)
    prefix += "/" + target.segments[i];
  return prefix.empty() ? "/" : prefix;
}

std::string_view sent_key(Request const& request, RequestTarget const& target) {
  constexpr std::string_view bearer = "Bearer ";
  if (request.authorization.starts_with(bearer)) return request.authorization.substr(bearer.size());
  return target.parameter("apiKey").value_or("");
}

bool is_page_fault(FaultKind kind) {
  return kind >= FaultKind::wrong_ticker;
}

}  // namespace

Exchange::Exchange(ExchangeSettings settings, std::unique_ptr<Market const> market)
    : settings_(std::move(settings)),
      market_(std::move(market)),
      request_ids_(static_cast<std::uint64_t>(std::chrono::system_clock::now().time_since_epoch().count())) {
  for (auto const& key : settings_.keys) {
    auto const limit = key.limit ? key.limit : settings_.limit;
    auto const window = limit ? limit->per : settings_.window;
    log_.credentials.push_back({.name = fmt::format("key-{}", log_.credentials.size() + 1),
                                .limit = limit,
                                .arrivals = RateWindow{window}});
    accepted_.emplace_back(window);
  }
  log_.credentials.push_back({.name = "unknown", .limit = {}, .arrivals = RateWindow{settings_.window}});
}

void Exchange::set_own_host(std::string host) {
  if (settings_.terms.next_url_host.empty()) settings_.terms.next_url_host = std::move(host);
}

std::string Exchange::new_request_id() {
  auto const number = ++request_ids_;
  return fmt::format("{:016x}{:016x}", mixed(number, 0), mixed(number, 1));
}

bool Exchange::over_limit(std::size_t credential, SteadyTime arrival) {
  auto const& limit = log_.credentials[credential].limit;
  if (!limit) return false;
  if (accepted_[credential].count(arrival) >= static_cast<std::size_t>(limit->requests)) return true;
  accepted_[credential].add(arrival);
  return false;
}

FaultRule const* Exchange::fault_for(RequestTarget const& target, std::string_view ticker,
                                     std::size_t credential) {
  if (settings_.faults.rules.empty()) return nullptr;
  auto const number = ++asked_[fmt::format("{} {}", credential, target.without_key)];
  auto const* const rule = decide(settings_.faults, {.url = target.without_key,
                                                     .ticker = ticker,
                                                     .next_page = target.parameter("cursor").has_value(),
                                                     .number = number});
  if (rule != nullptr) ++log_.credentials[credential].by_fault[std::string{to_string(rule->kind)}];
  return rule;
}

Reply Exchange::page_of(RequestTarget const& target, AggregatesAsk const& ask, std::size_t credential,
                        UtcTime now) {
  Reply reply{.answer = {}, .request_id = new_request_id()};
  auto const* const fault = fault_for(target, ask.ticker, credential);
  if (fault != nullptr) {
    if (auto instead = answer_instead(*fault, reply.request_id)) {
      reply.answer = *std::move(instead);
      return reply;
    }
    if (!is_page_fault(fault->kind)) reply.send_with = *fault;
  }
  auto terms = settings_.terms;
  terms.now = now;
  auto page = aggregates(ask, *market_, terms);
  if (!page) {
    reply.answer = refusal(page.error(), reply.request_id);
    return reply;
  }
  if (fault != nullptr) spoil(*page, fault->kind, ask, terms.next_url_host, target.without_key);
  reply.answer.body = to_json(*page, reply.request_id);
  return reply;
}

// Not a request of the API's: no key of it counts this. Faults name it as the ticker s3.
Reply Exchange::object_of(Request const& request, RequestTarget const& target) {
  Reply reply{.answer = {}, .request_id = new_request_id(), .latency = settings_.latency};
  ++log_.paths[target.path].asks;
  if (auto const* const fault = fault_for(target, "s3", settings_.keys.size())) {
    if (auto instead = answer_instead(*fault, reply.request_id)) {
      reply.answer = *std::move(instead);
      return reply;
    }
    if (!is_page_fault(fault->kind)) reply.send_with = *fault;
  }
  auto const question = std::min(request.target.find('?'), request.target.size());
  SignedRequest const asked{.method = request.method,
                            .path = request.target.substr(0, question),
                            .query = request.target.substr(std::min(question + 1, request.target.size())),
                            .headers = request.fields};
  reply.answer = s3_answer(settings_.s3, asked, target,
                           std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()));
  return reply;
}

// Which of the credentials asks, and why it is refused, if it is.
struct Exchange::Caller {
  std::size_t credential = 0;
  std::optional<ExchangeRefusal> refused;
};

Exchange::Caller Exchange::caller(Request const& request, RequestTarget const& target) {
  auto const key = sent_key(request, target);
  auto const found =
      std::ranges::find_if(settings_.keys, [&](auto const& known) { return known.key.reveal() == key; });
  if (found != settings_.keys.end())
    return {.credential = static_cast<std::size_t>(found - settings_.keys.begin()), .refused = std::nullopt};
  return {.credential = settings_.keys.size(),
          .refused = key.empty() ? ExchangeRefusal::no_key : ExchangeRefusal::unknown_key};
}

Reply Exchange::answer(Request const& request, UtcTime now, SteadyTime arrival) {
  auto const target = parse_target(request.target);
  if (target.path == "/exchange/report") {  // ours, and not counted: looking changes nothing
    return {.answer = {.body = to_json(log_, now)}, .request_id = new_request_id()};
  }
  if (!settings_.s3.folder.empty() && is_s3_path(target)) return object_of(request, target);
  auto const [credential, refused] = caller(request, target);
  auto& log = log_.credentials[credential];
  ++log.requests;
  log.arrivals.add(arrival);
  auto& path = log_.paths[path_prefix(target)];
  ++path.asks;

  auto const ask = parse_aggregates(target);
  Reply reply;
  auto const refuse = [&](ExchangeRefusal why) {
    auto const id = new_request_id();
    reply = {.answer = refusal(why, id), .request_id = id};
  };
  if (request.method != "GET") {
    refuse(ExchangeRefusal::bad_method);
  } else if (!ask && !is_reference_path(target)) {
    refuse(ExchangeRefusal::no_such_path);
  } else if (refused) {
    refuse(*refused);
  } else if (over_limit(credential, arrival)) {
    ++log.limited;
    refuse(ExchangeRefusal::too_many_requests);
  } else if (!ask) {
    reply.request_id = new_request_id();
    reply.answer =
        reference_answer(settings_.reference, target, settings_.terms.next_url_host, reply.request_id);
  } else if (!*ask) {
    refuse(ask->error());
  } else {
    log_.tickers.insert((*ask)->ticker);
    reply = page_of(target, **ask, credential, now);
    if (reply.answer.status == 200 && reply.answer.body.starts_with(R"({"ticker")")) ++path.pages;
  }
  ++log.by_status[reply.answer.status];
  reply.latency = settings_.latency;
  return reply;
}

}  // namespace candled
