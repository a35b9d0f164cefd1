// What Polygon means when it does not answer with data.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/secret.hpp"
#include "http/http_client.hpp"

namespace candled {

// By the HTTP status first, then by the body's `status` and by parts of its text, which name either of the
// provider's two domains. `what` says what was refused, quotes the provider, and ends with the remedy.
// nullopt: 200 with a body that may be JSON; the rest is for the reader of the page.
std::optional<Error> classify(HttpResponse const& response, Secret const& key);

// The same for what a body says within a 200: its `status` and the text of its `error` or `message`.
// nullopt: OK, or DELAYED, which is real data of a plan without live data.
std::optional<Error> classify_status(std::string_view status, std::string_view text, Secret const& key);

// Text of the provider's, fit for a message: at most 200 bytes of printable ASCII, without the key and
// without any `apiKey=…`.
std::string quote(std::string_view text, Secret const& key);

}  // namespace candled
