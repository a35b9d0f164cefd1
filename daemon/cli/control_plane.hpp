// The control plane of a running daemon: what its server shows is looked up here.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "cli/engine.hpp"
#include "cli/reload.hpp"
#include "control/health.hpp"
#include "pipeline/progress_board.hpp"

namespace candled {

// What it looks at. All must outlive it.
struct ControlView {
  Engine& engine;
  Reloader const& reloader;
  ProgressBoard const& board;
};

class ControlService {
 public:
  // `config`: of the control section, which has a listen address.
  ControlService(ControlView view, Config const& config);
  ControlService(ControlService const&) = delete;
  ControlService& operator=(ControlService const&) = delete;
  // After stop().
  ~ControlService();

  // Error: why the address cannot be had, for people.
  std::expected<void, std::string> listen();

  // The start is on record: work begins.
  void started();
  // Closes all connections, and returns when the last answer has ended.
  Task<void> stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candled
