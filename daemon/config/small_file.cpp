#include "config/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace candled {

namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

FileProblem problem_of(int error) {
  if (error == ENOENT) return {.message = "does not exist", .hint = "check the path"};
  if (error == EACCES || error == EPERM)
    return {.message = "cannot be read: permission denied",
            .hint = "let the user that runs candled read it",
            .permission = true};
  return {.message = "cannot be read: " + std::generic_category().message(error), .hint = ""};
}

// All of it, or one byte more than is allowed.
std::expected<std::string, int> read_all(int descriptor) {
  std::string text(small_file_bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    auto const got = ::read(descriptor, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

}  // namespace

std::expected<SmallFile, FileProblem> read_small_file(std::string const& path) {
  // A NUL would cut the name short: what is opened would not be what was written.
  if (path.find('\0') != std::string::npos) return std::unexpected(problem_of(ENOENT));
  // O_NONBLOCK: opening a pipe nobody writes to would wait for ever.
  Descriptor const file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.number() < 0) return std::unexpected(problem_of(errno));
  struct stat status{};
  if (::fstat(file.number(), &status) != 0) return std::unexpected(problem_of(errno));
  if (S_ISDIR(status.st_mode))
    return std::unexpected(FileProblem{.message = "is a directory", .hint = "name the file in it"});
  if (!S_ISREG(status.st_mode))
    return std::unexpected(FileProblem{.message = "is not a regular file", .hint = "copy it into one"});

  auto text = read_all(file.number());
  if (!text) return std::unexpected(problem_of(text.error()));
  if (text->size() > small_file_bytes_max)
    return std::unexpected(FileProblem{.message = "is larger than 1 MiB", .hint = "is this the right file?"});
  return SmallFile{.text = *std::move(text), .mode = status.st_mode & 07777U};
}

std::string path_within(std::string const& folder, std::string const& path) {
  return (std::filesystem::path{folder} / path).string();
}

}  // namespace candled
