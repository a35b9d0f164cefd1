// What is known of a provider's plan while a batch asks it.
#pragma once

#include <optional>

#include "pipeline/job.hpp"
#include "pipeline/ports.hpp"

namespace candled {

class PlanLimits {
 public:
  // `fresh`: what a person's request learns for itself, instead of what the source has learned before; the
  // source learns with it. nullptr: the daemon's own work. All must outlive it.
  PlanLimits(Ports& ports, Job const& job, Learned* fresh)
      : ports_(ports), job_(job), shared_(job.source->learned), read_(fresh != nullptr ? *fresh : shared_) {}

  // From where on `window` is asked for next, as Horizons::next. nullopt: the plan does not reach back to it.
  std::optional<UtcTime> next(Window const& window);
  // Whether a refusal as too old means that the plan does not have the series at all: it was never answered,
  // and today is refused too.
  bool lacks(Window const& refused);
  // Until when the day that is on is not given, where `window` reaches into it. nullopt: it may be asked for.
  std::optional<UtcTime> no_today_until(Window const& window);
  UtcTime today() const;

  // What the answer to a request for `asked` said.
  void answered(Window const& asked);
  void refused_as_too_old(Window const& asked);
  void refused_today(Window const& asked);

  std::optional<Error> const& key_refused() const { return read_.key_refused; }
  // The provider has refused the key, whatever was asked for: nothing more is asked with it. The error says
  // which key.
  Error refused_key(Error error);

 private:
  Learned::Limits& of(Learned& learned, Window const& window) const;
  Horizons::Now now() const { return {.wall = ports_.clock.now(), .ticks = ports_.clock.ticks()}; }
  // For what is read, and for what others read.
  template <class Lesson>
  void learn(Lesson lesson) {
    lesson(read_);
    if (&read_ != &shared_) lesson(shared_);
  }

  Ports& ports_;
  Job const& job_;
  Learned& shared_;
  Learned& read_;
};

}  // namespace candled
