#include "control/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <utility>

namespace candled {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<std::pair<std::string, std::string>>;

double seconds(Milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

double unix_time(UtcTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

// One metric: its name, its help, and a value for each set of labels.
class Family {
 public:
  Family(MetricType type, std::string name, std::string help) : family_{} {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }

  Family& add(double value, Labels labels = {}) {
    auto& metric = with_labels(std::move(labels));
    metric.counter.value = metric.gauge.value = value;
    return *this;
  }
  Family& add(std::int64_t value, Labels labels = {}) {
    return add(static_cast<double>(value), std::move(labels));
  }
  Family& add(Histogram const& histogram, Labels labels = {}) {
    auto& metric = with_labels(std::move(labels)).histogram;
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i < Histogram::bounds.size(); ++i) {
      so_far += static_cast<std::uint64_t>(histogram.counts().at(i));
      metric.bucket.push_back({.cumulative_count = so_far, .upper_bound = Histogram::bounds.at(i)});
    }
    metric.sample_count = static_cast<std::uint64_t>(histogram.count());
    metric.sample_sum = histogram.sum().count();
    return *this;
  }

  MetricFamily const& family() const { return family_; }

 private:
  ClientMetric& with_labels(Labels labels) {
    auto& metric = family_.metric.emplace_back();
    for (auto& [name, value] : labels) metric.label.push_back({.name = name, .value = std::move(value)});
    return metric;
  }

  MetricFamily family_;
};

Family counter(std::string const& name, std::string help) {
  return {MetricType::Counter, "candled_" + name, std::move(help)};
}

Family gauge(std::string const& name, std::string help) {
  return {MetricType::Gauge, "candled_" + name, std::move(help)};
}

using Families = std::vector<Family>;

void add_requests(Families& all, MetricsView const& view) {
  auto requests = counter("requests_total", "Requests to a provider that have ended, by outcome.");
  auto bytes = counter("response_bytes_total", "Bodies received from a provider, as on the wire.");
  auto in_flight = gauge("requests_in_flight", "Requests to a provider that are under way.");
  Family took{MetricType::Histogram, "candled_request_seconds",
              "From sending a request to the end of its answer."};
  for (auto const& [provider, meter] : view.meters.providers) {
    auto const count = [&](std::int64_t value, char const* outcome) {
      requests.add(value, {{"provider", provider}, {"outcome", outcome}});
    };
    count(meter.ok, "ok");
    count(meter.rate_limited, "rate_limited");
    count(meter.refused, "refused");
    count(meter.failed, "failed");
    count(meter.unreachable, "unreachable");
    bytes.add(meter.bytes, {{"provider", provider}});
    in_flight.add(std::int64_t{meter.in_flight}, {{"provider", provider}});
    took.add(meter.took, {{"provider", provider}});
  }
  for (auto* const family : {&requests, &bytes, &in_flight, &took}) all.push_back(std::move(*family));
}

void add_budgets(Families& all, MetricsView const& view) {
  auto limit = gauge("budget_requests", "Requests that may be made in a window of the budget.");
  auto window = gauge("budget_window_seconds", "Length of the budget's sliding window.");
  auto learned =
      gauge("budget_learned_requests", "Requests in a window that the provider is known to allow.");
  auto taken = gauge("budget_taken_requests", "Places of the budget that are taken now, by all processes.");
  for (auto const& one : view.budgets) {
    Labels const labels{{"provider", one.provider}};
    limit.add(std::int64_t{one.limit.requests}, labels);
    window.add(seconds(one.limit.per), labels);
    learned.add(std::int64_t{one.learned}, labels);
    taken.add(std::int64_t{one.taken}, labels);
  }
  for (auto* const family : {&limit, &window, &learned, &taken}) all.push_back(std::move(*family));
}

void add_batches(Families& all, MetricsView const& view) {
  auto batches = counter("batches_total", "Batches that have ended, by outcome.");
  auto retries = counter("retries_total", "Requests that were made again after a failure.");
  auto bars = counter("bars_received_total", "Bars received and found good.");
  auto written = counter("bars_written_total", "Bars committed: inserted, or changed by the provider.");
  auto rejected = counter("bars_rejected_total", "Bars that cannot be true.");
  auto phases = counter("phase_seconds_total", "Busy time of batches, by phase.");
  auto last_ok = gauge("batch_last_ok_timestamp_seconds", "When the last batch without a failure ended.");
  for (auto const& [job, meter] : view.meters.jobs) {
    Labels const labels{{"job", job}};
    auto const with = [&](char const* name, std::string const& value) {
      return Labels{{"job", job}, {name, value}};
    };
    for (auto const& [outcome, count] : meter.batches) batches.add(count, with("outcome", outcome));
    retries.add(meter.retries, labels);
    bars.add(meter.bars, labels);
    written.add(meter.inserted, with("kind", "inserted"));
    written.add(meter.changed, with("kind", "changed"));
    rejected.add(meter.rejected, labels);
    for (auto const& [phase, time] : meter.phases) phases.add(seconds(time), with("phase", phase));
    if (meter.last_ok_at) last_ok.add(unix_time(*meter.last_ok_at), labels);
  }
  for (auto* const family : {&batches, &retries, &bars, &written, &rejected, &phases, &last_ok})
    all.push_back(std::move(*family));
}

void add_lanes(Families& all, MetricsView const& view) {
  auto windows = gauge("windows", "Windows of the work at hand, by state.");
  for (auto const& lane : view.lanes) {
    auto const add = [&](std::int64_t value, char const* state) {
      windows.add(value, {{"job", lane.job}, {"lane", lane.lane}, {"state", state}});
    };
    add(lane.windows, "planned");
    add(lane.windows_done, "done");
    add(lane.windows_failed, "failed");
  }
  all.push_back(std::move(windows));
  auto lags =
      gauge("bar_lag_seconds", "How long ago the schedule should have brought the oldest bar that lacks.");
  for (auto const& [job, calendar, lag] : view.lags)
    lags.add(seconds(lag), {{"job", job}, {"calendar", calendar}});
  all.push_back(std::move(lags));
  auto gaps = gauge("open_gaps", "Stretches of time that were asked for in vain, by reason.");
  for (auto const& [job, counts] : view.gaps)
    for (auto const reason : gap_reasons) {
      auto const found = counts.find(reason);
      std::int64_t const count = found == counts.end() ? 0 : found->second;
      gaps.add(count, {{"job", job}, {"reason", std::string{to_string(reason)}}});
    }
  all.push_back(std::move(gaps));
  auto shorter = gauge("symbols_short_of_history",
                       "Symbols that were refused history which another of their kind was given.");
  for (auto const& [job, count] : view.short_of_history) shorter.add(count, {{"job", job}});
  all.push_back(std::move(shorter));
}

void add_database(Families& all, MetricsView const& view) {
  auto const& meter = view.meters.database;
  all.push_back(counter("database_calls_total", "Calls on the database.").add(meter.calls));
  auto errors = counter("database_errors_total", "Calls on the database that failed, by kind.");
  for (auto const& [kind, count] : meter.errors) errors.add(count, {{"kind", kind}});
  all.push_back(std::move(errors));
  Family took{MetricType::Histogram, "candled_load_seconds", "From handing over a load to its commit."};
  all.push_back(std::move(took.add(meter.load_took)));
}

void add_health(Families& all, MetricsView const& view) {
  auto up = gauge("component_up", "1 unless the component is down.");
  auto degraded = gauge("component_degraded", "1 while the component is degraded.");
  for (auto const& entry : view.health.entries()) {
    Labels const labels{{"component", entry.health.name}};
    up.add(std::int64_t{entry.health.state != HealthState::down}, labels);
    degraded.add(std::int64_t{entry.health.state == HealthState::degraded}, labels);
  }
  all.push_back(std::move(up));
  all.push_back(std::move(degraded));
  auto open = gauge("session_open", "1 while the calendar's market trades.");
  for (auto const& [calendar, is_open] : view.sessions)
    open.add(std::int64_t{is_open}, {{"calendar", calendar}});
  all.push_back(std::move(open));
  all.push_back(gauge("config_last_reload_successful", "0 after a reload that changed nothing.")
                    .add(std::int64_t{!view.reload_failed}));
  all.push_back(
      gauge("config_last_reload_success_timestamp_seconds", "When the configuration in use was loaded.")
          .add(unix_time(view.config_loaded_at)));
}

void add_control(Families& all, MetricsView const& view) {
  auto answers = counter("control_requests_total", "Requests to this server, by route and status.");
  for (auto const& [what, count] : view.answers)
    answers.add(count, {{"route", what.first}, {"code", std::to_string(what.second)}});
  all.push_back(std::move(answers));
  all.push_back(counter("auth_failures_total", "Requests to this server without the right token.")
                    .add(view.refused_tokens));
  all.push_back(gauge("control_connections", "Connections to this server.")
                    .add(static_cast<std::int64_t>(view.connections)));
}

void add_process(Families& all, MetricsView const& view) {
  all.push_back(gauge("build_info", "1; the version is the label.").add(1.0, {{"version", CANDLED_VERSION}}));
  all.push_back(
      gauge("loop_lag_seconds", "How late the loop was for its last tick.").add(seconds(view.loop_late)));
  // The names that all programs use, without ours before them.
  all.push_back(
      Family{MetricType::Gauge, "process_start_time_seconds", "Start of the process, Unix time."}.add(
          unix_time(view.started_at)));
  all.push_back(
      Family{MetricType::Counter, "process_cpu_seconds_total", "Processor time, user and system."}.add(
          view.process.cpu_seconds));
  all.push_back(Family{MetricType::Gauge, "process_resident_memory_bytes", "Resident memory."}.add(
      view.process.resident_bytes));
  all.push_back(
      Family{MetricType::Gauge, "process_open_fds", "Open file descriptors."}.add(view.process.open_files));
}

}  // namespace

std::string metrics_text(MetricsView const& view) {
  Families all;
  add_requests(all, view);
  add_budgets(all, view);
  add_batches(all, view);
  add_lanes(all, view);
  add_database(all, view);
  add_health(all, view);
  add_control(all, view);
  add_process(all, view);
  std::vector<MetricFamily> families;
  for (auto const& one : all)
    if (!one.family().metric.empty()) families.push_back(one.family());
  std::ranges::sort(families, {}, &MetricFamily::name);
  return prometheus::TextSerializer{}.Serialize(families);
}

ControlAnswer metrics_answer(MetricsView const& view) {
  return {.type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(view)};
}

}  // namespace candled
