// How a secret may look where it must not be.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace candled::test {

// As it is, URL-encoded in either case and in full, in JSON, in hexadecimal digits, and in base64 and its
// form for URLs, wherever in a longer text it may begin.
std::vector<std::string> spellings_of(std::string_view secret);

// The spelling of one of `secrets` that is in `text`; empty: none is.
std::string secret_in(std::string_view text, std::vector<std::string> const& secrets);

}  // namespace candled::test
