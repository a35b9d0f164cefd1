// Undoes gzip. Ours and not curl's, because curl 7.88 takes a stream that ends before its trailer for a whole
// one, undoes any pile of encodings, and knows no limit on what comes out.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace candled {

// What is there already, in a fifth of the time that a Gunzip takes.
enum class Gunzipped {
  fine,
  too_large,  // more than the limit would come out
  broken,     // not gzip, or a checksum is wrong
  cut,        // it ends before its trailer
};

// Sets `out` to what `in` decodes to, with a few bytes of room behind it for a parser that reads ahead. After
// anything but fine, `out` holds no more than `out_bytes_max` bytes of whatever.
Gunzipped gunzip(std::string_view in, std::string& out, std::size_t out_bytes_max);

// What comes in bit by bit.
class Gunzip {
 public:
  enum class Outcome {
    fine,
    too_large,  // more than the limit would come out; `out` holds no more than that
    broken,     // not gzip, or a checksum is wrong
  };

  Gunzip();
  ~Gunzip();

  // Appends what `in` decodes to, never growing `out` beyond `out_bytes_max`. After anything but fine, no
  // more calls.
  Outcome feed(std::string_view in, std::string& out, std::size_t out_bytes_max);

  // The stream has ended with its trailer, and nothing came after it but further whole members.
  bool at_end() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candled
