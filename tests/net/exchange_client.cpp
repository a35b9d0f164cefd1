#include "net/exchange_client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

namespace candled::test {

namespace {

std::vector<std::string> command(std::vector<std::string> options) {
  options.insert(options.begin(), {built_program("candled-exchange"), "--listen", "127.0.0.1:0"});
  return options;
}

std::string without_chunks(std::string_view bytes) {
  std::string body;
  while (true) {
    auto const line = bytes.find("\r\n");
    if (line == std::string::npos) return body;
    auto const size = std::strtoul(std::string{bytes.substr(0, line)}.c_str(), nullptr, 16);
    if (size == 0) return body;
    body += bytes.substr(line + 2, size);
    bytes.remove_prefix(std::min(line + 2 + size + 2, bytes.size()));
  }
}

}  // namespace

RunningExchange::RunningExchange(std::vector<std::string> options) : process_(command(std::move(options))) {
  EXPECT_TRUE(process_.wait_for("listening on http://127.0.0.1:")) << process_.errors();
  auto const& output = process_.output();
  auto const colon = output.rfind(':');
  if (colon != std::string::npos)
    port_ = static_cast<std::uint16_t>(std::strtoul(output.c_str() + colon + 1, nullptr, 10));
}

RawConnection::RawConnection(std::uint16_t port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  timeval const patience{.tv_sec = 20, .tv_usec = 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr const*>(&address), sizeof address), 0);
}

RawConnection::~RawConnection() {
  close(fd_);
}

void RawConnection::send(std::string_view bytes) {
  EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

std::string const& RawConnection::read_until(std::string_view text) {
  std::array<char, 65536> part{};
  while (text.empty() || !received_.contains(text)) {
    auto const count = recv(fd_, part.data(), part.size(), 0);
    reset_ = count < 0 && errno == ECONNRESET;
    if (count < 0 && !reset_) ADD_FAILURE() << "nothing came for 20 s after: " << received_;
    if (count <= 0) break;
    received_.append(part.data(), static_cast<std::size_t>(count));
  }
  return received_;
}

std::string Response::header(std::string_view name) const {
  auto const start = head.find("\r\n" + std::string{name} + ": ");
  if (start == std::string::npos) return {};
  auto const value = start + name.size() + 4;
  return head.substr(value, head.find("\r\n", value) - value);
}

Response parse_response(std::string const& bytes) {
  auto const end = bytes.find("\r\n\r\n");
  Response response{.head = bytes.substr(0, end == std::string::npos ? bytes.size() : end + 2), .body = {}};
  if (bytes.size() > 12) response.status = std::atoi(bytes.c_str() + 9);
  if (end == std::string::npos) return response;
  response.body = bytes.substr(end + 4);
  if (response.header("Transfer-Encoding") == "chunked") response.body = without_chunks(response.body);
  return response;
}

Response get(RunningExchange const& exchange, std::string_view target, std::string_view headers) {
  RawConnection connection{exchange.port()};
  connection.send("GET " + std::string{target} + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                  std::string{headers} + "\r\n");
  return parse_response(connection.read_to_end());
}

std::string unzipped(std::string const& bytes) {
  std::string plain(bytes.size() * 50 + 1000, '\0');
  z_stream stream{};
  inflateInit2(&stream, MAX_WBITS + 16);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_out = static_cast<uInt>(plain.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  plain.resize(stream.total_out);
  inflateEnd(&stream);
  return plain;
}

}  // namespace candled::test
