#include "control/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "control/message.hpp"

namespace candled {

namespace {

constexpr int quick = 1;              // the loop waits for it: 200 KiB in a millisecond or two
constexpr int gzip_window = 15 + 16;  // 32 KiB, with gzip's head and tail
constexpr int memory_default = 8;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// "q=0", "q=0.000"
bool is_refused(std::string_view weight) {
  auto const value = trimmed(weight.substr(std::min(weight.find('=') + 1, weight.size())));
  return value.starts_with('0') && value.find_first_not_of("0.") == std::string_view::npos;
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  for (auto rest = accept_encoding; !rest.empty();) {
    auto const part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    auto const semicolon = std::min(part.find(';'), part.size());
    auto const name = trimmed(part.substr(0, semicolon));
    bool const taken = semicolon == part.size() || !is_refused(part.substr(semicolon));
    if (same_name(name, "gzip")) return taken;
    if (name == "*") any = taken;
  }
  return any;
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, quick, Z_DEFLATED, gzip_window, memory_default, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, text.size()), '\0');
  // zlib takes bytes, and does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);  // one call is enough: there is room for all
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

std::string ungzipped(std::string_view packed) {
  z_stream stream{};
  inflateInit2(&stream, gzip_window);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string result;
  std::array<char, 16 * 1024> part{};
  for (int state = Z_OK; state == Z_OK;) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = static_cast<uInt>(part.size());
    state = inflate(&stream, Z_NO_FLUSH);
    result.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return result;
}

}  // namespace candled
