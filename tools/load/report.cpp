// Figures: requests per second, latencies in microseconds, errors by kind.

#include <jackdaw/tools/json_text.hpp>
#include <jackdaw/tools/load/report.hpp>

#include <fmt/core.h>

#include <cstdio>

namespace jackdaw::load {

namespace {

constexpr double nanoseconds_per_us = 1000;

double us(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / nanoseconds_per_us;
}

double percentile_us(const histogram& latencies, double percent) {
  return us(latencies.percentile(percent));
}

void print_table(const run_context& run, double seconds, const histogram& latencies) {
  const measurement& counts = run.counts;
  const auto answered = static_cast<double>(counts.answered());
  fmt::print("requests     {:>12}  in {:.2f} s over {} connections\n", counts.answered(), seconds,
             run.options.connections);
  fmt::print("requests/s   {:>12.0f}\n", answered / seconds);
  fmt::print("latency, us\n");
  for (const double percent : {50.0, 90.0, 99.0, 99.9}) {
    fmt::print("  {:>5.1f} %    {:>12.1f}\n", percent, percentile_us(latencies, percent));
  }
  fmt::print("  max        {:>12.1f}\n", us(latencies.max()));
  fmt::print("errors       {:>12}\n", counts.failed());
  static constexpr const char* names[failure_kinds] = {"connect", "transport", "timeout", "status",
                                                       "protocol"};
  for (std::size_t kind = 0; kind < failure_kinds; ++kind) {
    const std::uint64_t count = counts.failed(static_cast<failure_kind>(kind));
    if (count > 0) {
      fmt::print("  {:<10} {:>12}\n", names[kind], count);
    }
  }
  if (counts.missed() > 0) {
    fmt::print("never sent   {:>12}  the server could not keep up with {:.0f}/s\n", counts.missed(),
               run.options.rate);
  }
}

std::string as_json(const run_context& run, double seconds, const histogram& latencies) {
  const measurement& counts = run.counts;
  tools::json_object errors_by_kind = {
      {"connect", counts.failed(failure_kind::connect)},
      {"transport", counts.failed(failure_kind::transport)},
      {"timeout", counts.failed(failure_kind::timeout)},
      {"status", counts.failed(failure_kind::status)},
      {"protocol", counts.failed(failure_kind::protocol)},
  };
  tools::json_object latency = {
      {"p50", percentile_us(latencies, 50)}, {"p90", percentile_us(latencies, 90)},
      {"p99", percentile_us(latencies, 99)}, {"p999", percentile_us(latencies, 99.9)},
      {"max", us(latencies.max())},
  };
  return tools::to_json({
      {"requests", counts.answered()},
      {"errors", counts.failed()},
      {"errors_by_kind", std::move(errors_by_kind)},
      {"missed", counts.missed()},
      {"connections", static_cast<std::uint64_t>(run.options.connections)},
      {"duration_s", seconds},
      {"requests_per_s", static_cast<double>(counts.answered()) / seconds},
      {"latency_us", std::move(latency)},
  });
}

}  // namespace

void publish(const run_context& run, double seconds) {
  const histogram latencies = run.counts.latencies();
  print_table(run, seconds, latencies);
  if (!run.options.json_file.empty()) {
    tools::write_file(run.options.json_file, as_json(run, seconds, latencies));
  }
}

}  // namespace jackdaw::load
