// /stats: what the server did, and what it cost.

#include <jackdaw/io/run.hpp>
#include <jackdaw/tools/http/server_context.hpp>
#include <jackdaw/tools/json_text.hpp>

#include <sys/resource.h>
#include <unistd.h>

namespace jackdaw::http {

namespace {

std::uint64_t microseconds(const timeval& time) {
  constexpr std::uint64_t per_second = 1'000'000;
  return static_cast<std::uint64_t>(time.tv_sec) * per_second +
         static_cast<std::uint64_t>(time.tv_usec);
}

}  // namespace

std::string stats_json(const server_context& server) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const io::statistics runtime = io::runtime_statistics();
  const server_totals totals = server.metrics.sum();
  return tools::to_json({
      {"pid", static_cast<std::uint64_t>(getpid())},
      {"requests", totals.requests},
      {"connections", totals.connections},
      {"connections_open", static_cast<std::uint64_t>(server.registry.size())},
      {"refusals", totals.refusals},
      {"overflows", totals.sheds[static_cast<std::size_t>(shed::connections)]},
      {"cpu_user_us", microseconds(usage.ru_utime)},
      {"cpu_system_us", microseconds(usage.ru_stime)},
      {"syscalls", runtime.drivers.system_calls},
      {"steals", runtime.steals},
      {"parks", runtime.parks},
      {"wakes", runtime.wakes},
      {"resumptions", runtime.resumptions},
      {"tasks_alive", runtime.tasks_alive},
      {"backend", std::string(io::name_of(runtime.backend))},
      {"backend_report", io::backend_report()},
      {"mode", std::string(io::name_of(runtime.mode))},
      {"workers", static_cast<std::uint64_t>(runtime.workers)},
  });
}

}  // namespace jackdaw::http
