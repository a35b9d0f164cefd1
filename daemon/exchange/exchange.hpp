// The stand-in exchange without its sockets: a request goes in, an answer and how to send it come out.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "exchange/aggregates.hpp"
#include "exchange/answer.hpp"
#include "exchange/credentials.hpp"
#include "exchange/faults.hpp"
#include "exchange/reference_answers.hpp"
#include "exchange/request_log.hpp"
#include "exchange/s3_bucket.hpp"

namespace candled {

struct ExchangeSettings {
  std::vector<AcceptedKey> keys;
  std::optional<RequestLimit> limit = std::nullopt;  // of every key that has none of its own
  Milliseconds window{60'000};                       // measured for keys without any limit
  Terms terms = {};                                  // `now` is that of each request
  FaultRules faults = {};
  Milliseconds latency{0};  // before each answer
  ReferenceData reference = {};
  S3Settings s3 = {};
};

// A request as far as an answer depends on it.
struct Request {
  std::string_view method;
  std::string_view target;
  std::string_view authorization;                                // that header's value; empty: none
  std::vector<std::pair<std::string, std::string>> fields = {};  // all headers, for what is signed
};

struct Reply {
  Answer answer;
  std::string request_id;
  std::optional<FaultRule> send_with = std::nullopt;  // a fault of sending: stalls, truncation, reset …
  Milliseconds latency{0};
};

class Exchange {
 public:
  // `market` must not be null.
  Exchange(ExchangeSettings settings, std::unique_ptr<Market const> market);

  // Counts the request; `now` and `arrival` are when its head had been read, by the market's clock.
  Reply answer(Request const& request, UtcTime now, SteadyTime arrival);

  RequestLog& log() { return log_; }
  // What next_url starts with, unless the settings name another host. Before the first request.
  void set_own_host(std::string host);

 private:
  struct Caller;
  Caller caller(Request const& request, RequestTarget const& target);
  Reply page_of(RequestTarget const& target, AggregatesAsk const& ask, std::size_t credential, UtcTime now);
  Reply object_of(Request const& request, RequestTarget const& target);
  FaultRule const* fault_for(RequestTarget const& target, std::string_view ticker, std::size_t credential);
  bool over_limit(std::size_t credential, SteadyTime arrival);
  std::string new_request_id();

  ExchangeSettings settings_;
  std::unique_ptr<Market const> market_;
  RequestLog log_;
  std::vector<RateWindow> accepted_;               // by credential: the requests that its limit counts
  std::map<std::string, int, std::less<>> asked_;  // by credential and URL, when there are faults
  std::uint64_t request_ids_;
};

}  // namespace candled
