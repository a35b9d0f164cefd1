// A client that sends any bytes, and does not mind that the server has had enough of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace candled::test {

// Sends `bytes`, says that no more will come, and reads to the end of the connection: all that came. The test
// fails when the server keeps the connection for 20 s.
std::string exchange_bytes(std::uint16_t port, std::string_view bytes);

// The status of each answer in `received`, in their order.
std::vector<int> statuses_of(std::string_view received);

}  // namespace candled::test
