#include "http/gunzip.hpp"

#include <libdeflate.h>
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

// simdjson wants 64 bytes behind what it reads (SIMDJSON_PADDING), and would copy the body to have them.
constexpr std::size_t room_behind = 64;

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const { libdeflate_free_decompressor(decompressor); }
};

// The last four bytes, modulo 2^32 (RFC 1952, 2.3.1): true of a file of one member, and of an honest sender.
std::size_t size_in_trailer(std::string_view gzip) {
  std::size_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) size = size << 8U | static_cast<unsigned char>(gzip[gzip.size() - i]);
  return size;
}

// False: it is anything but one whole member of the size that it says. libdeflate needs all of it at once,
// and is about five times as fast as zlib for that.
bool gunzip_one_member(std::string_view in, std::string& out, std::size_t out_bytes_max) {
  constexpr std::size_t size_min = 18;  // header and trailer
  if (in.size() < size_min || size_in_trailer(in) > out_bytes_max) return false;
  std::unique_ptr<libdeflate_decompressor, FreeDecompressor> const decompressor{
      libdeflate_alloc_decompressor()};
  if (!decompressor) throw std::bad_alloc{};
  auto const size = size_in_trailer(in);
  bool whole = false;
  out.clear();
  out.reserve(size + room_behind);
  out.resize_and_overwrite(size, [&](char* to, std::size_t room) {
    std::size_t taken = 0;
    std::size_t made = 0;
    auto const result =
        libdeflate_gzip_decompress_ex(decompressor.get(), in.data(), in.size(), to, room, &taken, &made);
    whole = result == LIBDEFLATE_SUCCESS && taken == in.size();
    return whole ? made : 0;
  });
  return whole;
}

}  // namespace

// What is not as usual goes through zlib, which takes several members and knows what is wrong.
Gunzipped gunzip(std::string_view in, std::string& out, std::size_t out_bytes_max) {
  if (gunzip_one_member(in, out, out_bytes_max)) return Gunzipped::fine;
  out.clear();
  Gunzip unusual;
  switch (unusual.feed(in, out, out_bytes_max)) {
    case Gunzip::Outcome::too_large: return Gunzipped::too_large;
    case Gunzip::Outcome::broken: return Gunzipped::broken;
    case Gunzip::Outcome::fine: break;
  }
  return unusual.at_end() ? Gunzipped::fine : Gunzipped::cut;
}

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
  stream.avail_in = static_cast<uInt>(in.size());  // a body at most, and its limit is far below 4 GiB
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
