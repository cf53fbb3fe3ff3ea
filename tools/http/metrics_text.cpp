// /metrics: what the server and its runtime did, for Prometheus.

#include <jackdaw/io/run.hpp>
#include <jackdaw/tools/http/server_context.hpp>
#include <jackdaw/tools/prometheus_text.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <string>
#include <vector>

namespace jackdaw::http {

namespace {

using tools::prometheus_text;
using kind = prometheus_text::kind;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

void add_requests(prometheus_text& out, const server_totals& totals) {
  static constexpr std::array<std::string_view, status_classes> classes = {"1xx", "2xx", "3xx",
                                                                           "4xx", "5xx"};
  out.family("jackdaw_http_responses_total", kind::counter,
             "Responses by the class of their status.");
  for (std::size_t index = 0; index < status_classes; ++index) {
    out.sample({"class", classes[index]}, totals.replies[index]);
  }
  out.family("jackdaw_http_requests_total", kind::counter, "Requests that were well-formed.");
  out.sample(totals.requests);
  out.family("jackdaw_http_refusals_total", kind::counter,
             "Requests that were malformed, too large or too slow.");
  out.sample(totals.refusals);
  out.family("jackdaw_http_received_bytes_total", kind::counter, "Bytes of requests.");
  out.sample(totals.received_bytes);
  out.family("jackdaw_http_sent_bytes_total", kind::counter, "Bytes of responses.");
  out.sample(totals.sent_bytes);

  std::array<double, latency_bounds_us.size()> bounds{};
  std::transform(latency_bounds_us.begin(), latency_bounds_us.end(), bounds.begin(),
                 [](std::uint32_t us) { return us / 1e6; });
  out.family("jackdaw_http_request_duration_seconds", kind::histogram,
             "From the arrival of a request until the kernel had the response.");
  out.buckets(bounds, totals.latencies, static_cast<double>(totals.latency_sum_ns) * 1e-9);
}

void add_log(prometheus_text& out, const access_log& log) {
  out.family("jackdaw_access_log_lines_total", kind::counter, "Lines written to the access log.");
  out.sample(log.written());
  out.family("jackdaw_access_log_lost_lines_total", kind::counter,
             "Lines that the access log could not take.");
  out.sample(log.lost());
}

void add_connections(prometheus_text& out, const server_context& server,
                     const server_totals& totals) {
  static constexpr std::array<std::string_view, shed_kinds> reasons = {"connections", "address",
                                                                       "in_flight", "delay"};
  out.family("jackdaw_http_connections_open", kind::gauge, "Connections that are open.");
  out.sample(static_cast<std::uint64_t>(server.registry.size()));
  out.family("jackdaw_http_connections_accepted_total", kind::counter, "Connections accepted.");
  out.sample(totals.connections);
  if (server.options.in_flight_max != 0) {
    out.family("jackdaw_http_connections_in_flight", kind::gauge, "Connections being answered.");
    out.sample(static_cast<std::uint64_t>(server.in_flight.size()));
  }
  out.family("jackdaw_http_shed_total", kind::counter,
             "Connections and requests beyond a cap, by the cap.");
  for (std::size_t index = 0; index < shed_kinds; ++index) {
    out.sample({"reason", reasons[index]}, totals.sheds[index]);
  }
}

using by_worker = std::vector<worker_statistics>;

template <class Number>
void add_family_by_worker(prometheus_text& out, std::string_view name, std::string_view help,
                          const by_worker& workers, Number number) {
  out.family(name, kind::counter, help);
  for (std::size_t index = 0; index < workers.size(); ++index) {
    const std::string worker = std::to_string(index);
    out.sample({"worker", worker}, number(workers[index]));
  }
}

void add_workers(prometheus_text& out, const by_worker& workers) {
  static constexpr struct {
    std::string_view name;
    std::uint64_t worker_statistics::* number;
    std::string_view help;
  } rows[] = {
      {"jackdaw_worker_resumptions_total", &worker_statistics::resumptions, "Works run."},
      {"jackdaw_worker_spawns_total", &worker_statistics::spawns, "Tasks started."},
      {"jackdaw_worker_steals_total", &worker_statistics::steals, "Works taken from others."},
      {"jackdaw_worker_steal_hits_total", &worker_statistics::steal_hits,
       "Rounds of stealing that found something."},
      {"jackdaw_worker_steal_misses_total", &worker_statistics::steal_misses,
       "Rounds of stealing that found nothing."},
      {"jackdaw_worker_parks_total", &worker_statistics::parks, "Times it went to sleep."},
      {"jackdaw_worker_polls_total", &worker_statistics::polls,
       "Times it looked for events without sleeping."},
      {"jackdaw_worker_wakes_total", &worker_statistics::wakes, "Sleeping workers it woke."},
      {"jackdaw_worker_wakes_suppressed_total", &worker_statistics::wakes_suppressed,
       "Wake-ups that were not needed."},
      {"jackdaw_worker_batches_total", &worker_statistics::batches,
       "Times it queued several works at once."},
      {"jackdaw_worker_frame_misses_total", &worker_statistics::frame_misses,
       "Frames that its free lists did not have."},
  };
  static constexpr struct {
    std::string_view name;
    std::uint64_t driver_statistics::* number;
    std::string_view help;
  } driver_rows[] = {
      {"jackdaw_worker_system_calls_total", &driver_statistics::system_calls,
       "System calls of its driver."},
      {"jackdaw_worker_submissions_total", &driver_statistics::submissions,
       "Operations handed to the kernel."},
      {"jackdaw_worker_completions_total", &driver_statistics::completions,
       "Operations that the kernel handed back."},
  };
  for (const auto& row : rows) {
    add_family_by_worker(out, row.name, row.help, workers,
                         [&row](const worker_statistics& from) { return from.*row.number; });
  }
  for (const auto& row : driver_rows) {
    add_family_by_worker(out, row.name, row.help, workers, [&row](const worker_statistics& from) {
      return from.drivers.*row.number;
    });
  }
}

void add_process(prometheus_text& out) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const io::statistics runtime = io::runtime_statistics();
  const prometheus_text::label how[] = {{"mode", io::name_of(runtime.mode)},
                                        {"backend", io::name_of(runtime.backend)}};
  out.family("jackdaw_runtime_info", kind::gauge, "How the runtime runs: always 1.");
  out.sample(how, 1);
  out.family("jackdaw_workers", kind::gauge, "Workers of the runtime.");
  out.sample(static_cast<std::uint64_t>(runtime.workers));
  out.family("jackdaw_tasks_alive", kind::gauge, "Tasks that are not done.");
  out.sample(runtime.tasks_alive);
  out.family("process_cpu_seconds_total", kind::counter, "CPU time, user and system.");
  out.sample(seconds(usage.ru_utime) + seconds(usage.ru_stime));
}

}  // namespace

std::string metrics_text(const server_context& server) {
  prometheus_text out;
  const server_totals totals = server.metrics.sum();
  add_requests(out, totals);
  add_connections(out, server, totals);
  if (server.log != nullptr) {
    add_log(out, *server.log);
  }
  add_process(out);
  add_workers(out, io::runtime_statistics_by_worker());
  return out.text();
}

}  // namespace jackdaw::http
