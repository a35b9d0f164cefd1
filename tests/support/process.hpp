// A program of ours, run as a user would run it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace candled::test {

// The child gets the parent's environment with `environment` on top, no standard input, and pipes of ours for
// the rest. It is killed when this object dies before it.
class Process {
 public:
  Process(std::vector<std::string> argv, std::map<std::string, std::string> const& environment = {});
  Process(Process const&) = delete;
  Process& operator=(Process const&) = delete;
  ~Process();

  // Waits until the output (standard output or error) holds `text`. False: it ended, or a minute has passed,
  // without.
  bool wait_for(std::string_view text);
  // Waits for the end, a minute at most (then kills it). The exit status, or -N when signal N ended it.
  int wait(std::chrono::seconds limit = std::chrono::seconds{60});
  void signal(int number) const;
  // Waits until it has stopped itself (SIGSTOP). False: it ended instead.
  bool wait_until_stopped() const;

  pid_t pid() const { return pid_; }
  // What has been read so far: all of it after wait().
  std::string const& output() const { return output_; }
  std::string const& errors() const { return errors_; }

 private:
  bool read_some(std::chrono::steady_clock::time_point deadline);

  pid_t pid_ = -1;
  int output_fd_ = -1;
  int errors_fd_ = -1;
  std::string output_;
  std::string errors_;
};

struct Finished {
  int exit_code;
  std::string output;
  std::string errors;
};

// Runs it to its end.
Finished run(std::vector<std::string> argv, std::map<std::string, std::string> const& environment = {});

// build/…/NAME of the build under test.
std::string built_program(std::string_view name);

}  // namespace candled::test
