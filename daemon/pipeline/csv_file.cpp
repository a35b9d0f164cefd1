#include "pipeline/csv_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <tuple>

namespace candled {

namespace {

constexpr int kept_files = 3;  // FILE.1 (the newest) to .3

Result<void> failed(std::string const& path, int code) {
  return fail(ErrorKind::transport, fmt::format("{}: {}", path, std::generic_category().message(code)));
}

bool is_lack_of_room(int code) {
  return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

// A locked, open file; closing it unlocks.
class LockedFile {
 public:
  explicit LockedFile(std::string const& path)
      : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644)),
        open_error_(fd_ < 0 ? errno : 0) {
    if (fd_ >= 0) flock(fd_, LOCK_EX);
  }
  LockedFile(LockedFile const&) = delete;
  LockedFile& operator=(LockedFile const&) = delete;
  ~LockedFile() {
    if (fd_ >= 0) close(fd_);
  }

  bool is_open() const { return fd_ >= 0; }
  int open_error() const { return open_error_; }
  off_t size() const {
    struct stat status{};
    return fstat(fd_, &status) == 0 ? status.st_size : 0;
  }
  // Whether it is still what `path` names: another process may have rotated it before we had the lock.
  bool is_at(std::string const& path) const {
    struct stat ours{};
    struct stat named{};
    return fstat(fd_, &ours) == 0 && stat(path.c_str(), &named) == 0 && ours.st_ino == named.st_ino;
  }
  bool begins_with(std::string const& text) const {
    std::string found(text.size(), '\0');
    return pread(fd_, found.data(), found.size(), 0) == static_cast<ssize_t>(text.size()) && found == text;
  }
  // All of `text`, or, when there is no room, nothing of it. 0 or errno.
  int write_whole(std::string const& text) const {
    auto const before = size();
    auto const written = write(fd_, text.data(), text.size());
    if (written == static_cast<ssize_t>(text.size())) return 0;
    auto const code = written < 0 ? errno : ENOSPC;
    // A device cannot be cut, and keeps no piece either.
    if (written > 0 && ftruncate(fd_, before) != 0) return errno;
    return code;
  }
  // Cuts what follows the last line end. A crash can leave such a piece; a line is far shorter than the
  // buffer.
  void cut_torn_line() const {
    auto const end = size();
    if (end == 0) return;
    std::array<char, 8192> tail{};
    auto const start = std::max<off_t>(0, end - static_cast<off_t>(tail.size()));
    auto const count = pread(fd_, tail.data(), tail.size(), start);
    auto keep = count;
    while (keep > 0 && tail[static_cast<std::size_t>(keep - 1)] != '\n') --keep;
    if (keep != count && ftruncate(fd_, start + keep) != 0) return;
  }

 private:
  int fd_;
  int open_error_;
};

// False: it stays where it is.
bool rotate(std::string const& path) {
  for (int number = kept_files - 1; number > 0; --number)
    std::ignore = std::rename(fmt::format("{}.{}", path, number).c_str(),
                              fmt::format("{}.{}", path, number + 1).c_str());
  return std::rename(path.c_str(), (path + ".1").c_str()) == 0;
}

}  // namespace

CsvFile::CsvFile(std::string path, std::int64_t rotate_bytes, std::string header)
    : path_(std::move(path)), rotate_bytes_(rotate_bytes), header_(std::move(header)) {}

Result<void> CsvFile::check() const {
  if (path_.empty()) return {};
  auto const code = write_row("");
  return code == 0 || is_lack_of_room(code) ? Result<void>{} : failed(path_, code);
}

Result<void> CsvFile::append(std::string const& row) {
  if (path_.empty()) return {};
  auto const code = write_row(row);
  fails_ = code != 0;
  return fails_ ? failed(path_, code) : Result<void>{};
}

int CsvFile::write_row(std::string const& row) const {
  for (;;) {
    LockedFile const file{path_};
    if (!file.is_open()) return file.open_error();
    if (!file.is_at(path_)) continue;
    file.cut_torn_line();
    auto const size = file.size();
    bool const full = size > 0 && size + static_cast<off_t>(row.size()) > rotate_bytes_;
    bool const other = size > 0 && !file.begins_with(header_);
    if ((full || other) && rotate(path_)) continue;
    auto const text = size == 0 || other ? header_ + row : row;
    return file.write_whole(text);
  }
}

}  // namespace candled
