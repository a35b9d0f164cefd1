// One configured provider, ready to be asked.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/horizon.hpp"
#include "core/limits.hpp"
#include "core/timeframe.hpp"
#include "http/http_client.hpp"
#include "pipeline/pacer.hpp"
#include "provider/provider.hpp"
#include "provider/reference.hpp"

namespace candled {

struct FlatFiles;

struct Source {
  std::string name;
  std::unique_ptr<Provider> provider;
  std::unique_ptr<Reference> reference = nullptr;  // null: it has none
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<Pacer> pacer;
  RetryPolicy retry;
  // Set once the provider has refused the key: whoever comes later need not ask.
  std::optional<Error> key_refused = std::nullopt;
  // How far back the plan goes, and until when it refuses the day that is still on.
  std::map<Timeframe, Horizon> horizons = {};
  std::optional<UtcTime> no_today_until = std::nullopt;
  // Whether the log has said that its clock and ours differ by a day or more.
  bool told_of_the_clock = false;
  // Its day files, which come before requests; nullptr: none are configured.
  std::shared_ptr<FlatFiles> files = nullptr;
};

}  // namespace candled
