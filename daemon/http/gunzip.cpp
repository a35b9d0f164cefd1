#include "http/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace candled {

struct Gunzip::State {
  z_stream stream{};
  bool at_end = false;
};

namespace {

constexpr int gzip_only =
    16 + MAX_WBITS;  // zlib.h: 16 more than the window's bits means gzip, with its checksum

}  // namespace

Gunzip::Gunzip() : state_(std::make_unique<State>()) {
  if (inflateInit2(&state_->stream, gzip_only) != Z_OK) throw std::bad_alloc{};
}

Gunzip::~Gunzip() {
  inflateEnd(&state_->stream);
}

Gunzip::Outcome Gunzip::feed(std::string_view in, std::string& out, std::size_t out_bytes_max) {
  auto& stream = state_->stream;
  // zlib only reads what next_in points at; its type says so only with ZLIB_CONST.
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<Bytef const*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());  // curl hands over 16 KiB at a time
  std::array<char, 16384> buffer{};
  do {
    if (state_->at_end) {
      if (stream.avail_in == 0) break;
      inflateReset(&stream);  // RFC 1952, 2.2: a file may be several members, one after another
      state_->at_end = false;
    }
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    auto const result = inflate(&stream, Z_NO_FLUSH);
    auto const made = buffer.size() - stream.avail_out;
    if (made > out_bytes_max - out.size()) return Outcome::too_large;
    out.append(buffer.data(), made);
    state_->at_end = result == Z_STREAM_END;
    if (result == Z_BUF_ERROR) break;  // nothing left to read, nothing left to write
    if (result != Z_OK && result != Z_STREAM_END) return Outcome::broken;
  } while (stream.avail_in > 0 || stream.avail_out == 0);
  return Outcome::fine;
}

bool Gunzip::at_end() const {
  return state_->at_end;
}

}  // namespace candled
