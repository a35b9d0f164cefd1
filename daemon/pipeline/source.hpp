// One configured provider, ready to be asked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/horizon.hpp"
#include "core/limits.hpp"
#include "core/timeframe.hpp"
#include "core/today_refusals.hpp"
#include "http/http_client.hpp"
#include "pipeline/pacer.hpp"
#include "provider/provider.hpp"
#include "provider/reference.hpp"

namespace candled {

struct FlatFiles;

// What a provider's refusals teach of its plan and of the key. A person's request begins without it: it asks.
struct Learned {
  // Set once the provider has refused the key: whoever comes later need not ask.
  std::optional<Error> key_refused = std::nullopt;
  // How far back the plan goes, and whether it refuses the day that is still on: by kind of ticker, for plans
  // differ.
  struct Limits {
    Horizons horizons;
    TodayRefusals today;
  };
  std::map<std::pair<Timeframe, TickerKind>, Limits> limits = {};
};

struct Source {
  std::string name;
  std::unique_ptr<Provider> provider;
  std::unique_ptr<Reference> reference = nullptr;  // null: it has none
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<Pacer> pacer;
  RetryPolicy retry;
  Learned learned = {};
  // Whether the log has said that its clock and ours differ by a day or more.
  bool told_of_the_clock = false;
  // Its day files, which come before requests; nullptr: none are configured.
  std::shared_ptr<FlatFiles> files = nullptr;
};

}  // namespace candled
