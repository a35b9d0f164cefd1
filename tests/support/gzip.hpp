// Makes gzip for tests.
#pragma once

#include <string>
#include <string_view>

namespace candled::test {

std::string gzipped(std::string_view text);

}  // namespace candled::test
