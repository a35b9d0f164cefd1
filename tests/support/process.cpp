#include "support/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill is POSIX's, not C's
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace candled::test {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void become(std::vector<std::string>& argv,
                         std::map<std::string, std::string> const& environment, int output, int errors) {
  int const nothing = open("/dev/null", O_RDONLY);
  if (nothing < 0) _exit(127);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(errors, STDERR_FILENO);
  for (auto const& [name, value] : environment)
    setenv(name.c_str(), value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): a forked child has one thread
  std::vector<char*> arguments;
  arguments.reserve(argv.size() + 1);
  for (auto& argument : argv) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

// Appends what is there; closes the descriptor at the end of the stream.
void drain(int& fd, std::string& into) {
  std::array<char, 65536> buffer{};
  auto const count = read(fd, buffer.data(), buffer.size());
  if (count > 0) {
    into.append(buffer.data(), static_cast<std::size_t>(count));
  } else {
    close(fd);
    fd = -1;
  }
}

}  // namespace

Process::Process(std::vector<std::string> argv, std::map<std::string, std::string> const& environment) {
  std::array<int, 2> output{};
  std::array<int, 2> errors{};
  if (pipe2(output.data(), O_CLOEXEC) != 0 || pipe2(errors.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ == 0) become(argv, environment, output[1], errors[1]);
  close(output[1]);
  close(errors[1]);
  output_fd_ = output[0];
  errors_fd_ = errors[0];
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    wait();
  }
  if (output_fd_ >= 0) close(output_fd_);
  if (errors_fd_ >= 0) close(errors_fd_);
}

bool Process::read_some(Clock::time_point deadline) {
  if (output_fd_ < 0 && errors_fd_ < 0) return false;
  std::array<pollfd, 2> fds{pollfd{.fd = output_fd_, .events = POLLIN, .revents = 0},
                            pollfd{.fd = errors_fd_, .events = POLLIN, .revents = 0}};
  auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  if (left <= 0 || poll(fds.data(), fds.size(), static_cast<int>(left)) <= 0) return false;
  if (fds[0].revents != 0) drain(output_fd_, output_);
  if (fds[1].revents != 0) drain(errors_fd_, errors_);
  return true;
}

bool Process::wait_for(std::string_view text) {
  auto const deadline = Clock::now() + std::chrono::minutes{1};
  while (!output_.contains(text) && !errors_.contains(text))
    if (!read_some(deadline)) return false;
  return true;
}

int Process::wait(std::chrono::seconds limit) {
  auto const deadline = Clock::now() + limit;
  while (read_some(deadline)) {
  }
  if (output_fd_ >= 0 || errors_fd_ >= 0) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void Process::signal(int number) const {
  kill(pid_, number);
}

bool Process::wait_until_stopped() const {
  // WNOWAIT: the end, if that is what came, is for wait() to collect.
  siginfo_t change{};
  return waitid(P_PID, static_cast<id_t>(pid_), &change, WSTOPPED | WEXITED | WNOWAIT) == 0 &&
         change.si_code == CLD_STOPPED;
}

Finished run(std::vector<std::string> argv, std::map<std::string, std::string> const& environment) {
  Process process{std::move(argv), environment};
  int const exit_code = process.wait();
  return {.exit_code = exit_code, .output = process.output(), .errors = process.errors()};
}

std::string built_program(std::string_view name) {
  return CANDLED_BINARY_DIR "/" + std::string{name};
}

}  // namespace candled::test
