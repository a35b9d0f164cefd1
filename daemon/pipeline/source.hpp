// One configured provider, ready to be asked.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/limits.hpp"
#include "http/http_client.hpp"
#include "pipeline/pacer.hpp"
#include "provider/provider.hpp"

namespace candled {

struct Source {
  std::string name;
  std::unique_ptr<Provider> provider;
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<Pacer> pacer;
  RetryPolicy retry;
  // Set once the provider has refused the key: whoever comes later need not ask.
  std::optional<Error> key_refused = std::nullopt;
};

}  // namespace candled
