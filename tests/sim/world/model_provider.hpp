// A provider that answers from a simulated market: a server that outlives every start of the daemon, and the
// two seams through which a start talks to it. Include in .cpp files only: it brings Asio.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "provider/polygon.hpp"
#include "sim/world/draw.hpp"
#include "sim/world/life_clock.hpp"
#include "sim/world/safety.hpp"
#include "sim/world/scenario.hpp"

namespace candled::sim {

class ProviderServer {
 public:
  ProviderServer(World& world, Scenario const& scenario, Market const& market, Safety& safety);

  // A request is on its way, which takes some time and may be counted although nobody waits for the answer
  // any more. The answer is there for `collect` after `takes`.
  struct Ticket {
    std::uint64_t id;
    Nanos takes;
  };
  Ticket send(std::string const& url);
  Result<HttpResponse> collect(Ticket ticket);

  void be_out_until(UtcTime when) { out_until_ = when; }
  void refuse_the_key_until(UtcTime when) { key_refused_until_ = when; }
  void calm_down();

  std::uint64_t requests() const { return requests_; }

 private:
  enum class Fault {
    none,
    transport,
    timeout,
    server_error,
    html,
    throttled,
    malformed,
    impossible,
    wrong,
    contradiction,
    wrong_clock
  };
  struct Request {
    SeriesKey series;
    TimeRange range;
    Fault fault = Fault::none;
    bool reaches_us = true;
    bool json = false;
    std::optional<Result<HttpResponse>> answer;
  };

  static Request parse_url(std::string const& url);
  Fault draw_fault();
  void count_and_answer(std::uint64_t id);
  bool over_the_limit();
  Result<HttpResponse> answer_to(Request const& request);
  std::optional<HttpResponse> refusal_of(Request const& request) const;
  HttpResponse page_for(Request const& request);
  HttpResponse contradiction(Request const& request);

  World& world_;
  Scenario const& scenario_;
  Market const& market_;
  Safety& safety_;
  Faults faults_;
  Draw draw_;
  std::uint64_t requests_ = 0;
  std::map<std::uint64_t, Request> pending_;
  std::deque<Nanos> counted_;  // within the last `per`
  UtcTime out_until_{};
  UtcTime key_refused_until_{};
};

class ModelHttp final : public HttpClient {
 public:
  ModelHttp(ProviderServer& server, LifeClock& clock) : server_(server), clock_(clock) {}

  Task<Result<HttpResponse>> get(HttpRequest request) override;
  void stop() override {
    stopped_.stopped = true;
    clock_.look_again();
  }

 private:
  ProviderServer& server_;
  LifeClock& clock_;
  StopSign stopped_;
};

// URL: TICKER/TIMEFRAME/FROM/TO in milliseconds. Body: a head, then bars as they are in memory; or JSON as
// Polygon writes it, which goes to its reader.
class ModelProvider final : public Provider {
 public:
  HttpRequest request(Window const& rest, Timeframe timeframe, std::string const& cursor) const override;
  Result<Page> parse(Window const& rest, Timeframe timeframe, HttpResponse& response,
                     std::vector<Bar>& out) override;

 private:
  PolygonProvider polygon_{"http://model", Secret{"key"}};
};

}  // namespace candled::sim
