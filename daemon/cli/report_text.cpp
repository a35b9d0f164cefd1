#include "cli/report_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/table.hpp"

namespace candled {

namespace {

// Nearer to its median than this, a figure is where it always is.
constexpr double same_within = 0.05;

std::string number(std::optional<double> const& value, int decimals = 0) {
  return value ? fmt::format("{:.{}f}", *value, decimals) : "";
}

std::string mebibytes(std::optional<double> bytes) {
  if (bytes) *bytes /= 1 << 20;
  return number(bytes, 1);
}

char const* arrow(double now, double median) {
  if (std::abs(now - median) <= same_within * std::abs(median)) return "→";
  return now > median ? "↑" : "↓";
}

// 2026-11-23, or 2026-11-23T14:00Z.
std::string begin_text(UtcTime begins, Period period) {
  auto const text = to_rfc3339(begins);
  return period == Period::day ? text.substr(0, 10) : text.substr(0, 16) + "Z";
}

std::string periods_text(PerformanceReport const& report) {
  std::vector<std::vector<std::string>> rows{
      {report.period == Period::day ? "DAY (UTC)" : "HOUR (UTC)", "ON RECORD", "REQUESTS", "SUCCESS %",
       "ERROR %", "429", "RETRIES", "MEAN MS", "WORST P95 MS", "BARS", "BARS/S", "MOST LAG S", "MOST MIB"}};
  for (auto const& [begins, recorded, row] : report.periods)
    rows.push_back({begin_text(begins, report.period), in_words(recorded), number(row[Figure::requests]),
                    number(row[Figure::success_pct], 2), number(row[Figure::error_pct], 2),
                    number(row[Figure::rate_limited]), number(row[Figure::retries]),
                    number(row[Figure::response_mean_ms]), number(row[Figure::response_p95_ms]),
                    number(row[Figure::bars]), number(row[Figure::bars_per_s], 1),
                    number(row[Figure::freshness_lag_s]), mebibytes(row[Figure::memory_bytes])});
  return table(rows);
}

std::string trend_text(PerformanceReport const& report) {
  std::vector<std::vector<std::string>> rows{{"FIGURE", "LAST ROW", "MEDIAN ROW", "TREND"}};
  for (auto const& [figure, now, median] : report.trend)
    rows.push_back({std::string{to_string(figure)}, now ? figure_in_words(figure, *now) : "-",
                    figure_in_words(figure, median), now ? arrow(*now, median) : ""});
  return table(rows);
}

nlohmann::json json_of(PerformanceRow const& row) {
  auto out = nlohmann::json::object();
  for (std::size_t i = 0; i < figure_count; ++i) {
    auto const figure = static_cast<Figure>(i);
    if (figure == Figure::uptime_s) continue;  // of a period there are several
    auto const& value = row[figure];
    out[std::string{to_string(figure)}] = value ? nlohmann::json(*value) : nlohmann::json();
  }
  return out;
}

}  // namespace

std::string report_text(PerformanceReport const& report) {
  auto text = fmt::format("performance from {} to {}: {} {} of five minutes at most\n",
                          to_rfc3339(report.during.from), to_rfc3339(report.during.to), report.rows,
                          report.rows == 1 ? "row" : "rows");
  if (report.unreadable_lines > 0)
    text += fmt::format("{} {} cannot be read\n", report.unreadable_lines,
                        report.unreadable_lines == 1 ? "line" : "lines");
  if (report.rows == 0) return text + "nothing is on record in this time: does candled run?\n";
  text += "\n" + periods_text(report) + "\n" + trend_text(report);
  text +=
      "\nEach request counts the same in rates and means. A p95 is never an average: it is the worst row's, "
      "or the "
      "median row's.\n";
  if (report.findings.empty()) return text + "\nnothing stands out\n";
  text += "\nwhat stands out:\n";
  for (auto const& finding : report.findings) text += "- " + finding.text + "\n";
  return text;
}

std::string report_json(PerformanceReport const& report) {
  auto const& growth = report.memory_bytes_per_day;
  nlohmann::json out{{"from", to_rfc3339(report.during.from)},
                     {"to", to_rfc3339(report.during.to)},
                     {"rows", report.rows},
                     {"unreadable_lines", report.unreadable_lines},
                     {"period", report.period == Period::day ? "day" : "hour"},
                     {"periods", nlohmann::json::array()},
                     {"trend", nlohmann::json::object()},
                     {"memory_bytes_per_day", growth ? nlohmann::json(*growth) : nlohmann::json()},
                     {"stands_out", nlohmann::json::array()}};
  for (auto const& [begins, recorded, row] : report.periods) {
    auto period = json_of(row);
    period["begins"] = to_rfc3339(begins);
    period["recorded_s"] = recorded.count() / 1000;
    out["periods"].push_back(std::move(period));
  }
  for (auto const& [figure, now, median] : report.trend)
    out["trend"][std::string{to_string(figure)}] = {{"last", now ? nlohmann::json(*now) : nlohmann::json()},
                                                    {"median", median}};
  for (auto const& finding : report.findings)
    out["stands_out"].push_back({{"about", finding.about},
                                 {"from", to_rfc3339(finding.during.from)},
                                 {"to", to_rfc3339(finding.during.to)},
                                 {"text", finding.text}});
  return out.dump(2) + "\n";
}

}  // namespace candled
