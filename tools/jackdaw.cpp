// The jackdaw command: serve, load, doctor.
//
// Exit status: 0 done; 1 it could not be done (a port in use, no server there); 2 bad arguments.
// Either way one line on stderr says why.

#include <jackdaw/runtime/multi_thread/idle_set.hpp>
#include <jackdaw/tools/descriptor_limit.hpp>
#include <jackdaw/tools/doctor/doctor.hpp>
#include <jackdaw/tools/http/server.hpp>
#include <jackdaw/tools/kept_heap.hpp>
#include <jackdaw/tools/load/load.hpp>
#include <jackdaw/tools/runtime_options.hpp>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace jackdaw::tools {
namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

duration from_seconds(double seconds) {
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

// Seconds, fractions included, as every option that ends in -s takes them.
CLI::Option* add_seconds(CLI::App& command, const std::string& name, duration& value,
                         const std::string& help) {
  const auto take = [&value](double seconds) { value = from_seconds(seconds); };
  const double preset = std::chrono::duration<double>(value).count();
  constexpr double day = 86'400;
  return command.add_option_function<double>(name, take, help)
      ->check(CLI::Range(0.0, day))
      ->type_name("SECONDS")
      ->default_str(fmt::format("{}", preset));
}

void add_runtime_options(CLI::App& command, runtime_options& chosen) {
  command.add_option("--mode", chosen.mode, "multi: work-stealing threads; asyncio: one loop")
      ->type_name("multi|asyncio")
      ->capture_default_str();
  command.add_option("--backend", chosen.backend, "How to talk to the kernel")
      ->type_name("auto|io_uring|epoll")
      ->capture_default_str();
  constexpr unsigned workers_max = idle_set::worker_count_max;
  command
      .add_option("--workers", chosen.workers, "Threads in multi mode; 0: what the machine grants")
      ->check(CLI::Range(0U, workers_max))
      ->type_name("N")
      ->capture_default_str();
}

// The action of the chosen command; parsing only picks it.
using action = std::function<int()>;

void add_serve_caps(CLI::App& command, http::server_options& options) {
  command
      .add_option("--connections-max,--max-connections", options.connections_max,
                  "Connections; beyond it: 503 and close")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      .add_option("--in-flight-max,--max-in-flight", options.in_flight_max,
                  "Connections that are being answered; beyond it: 503 and close; 0: no cap")
      ->capture_default_str();
  add_seconds(command, "--delay-max-s,--max-delay-s", options.delay_max,
              "Of a request before its turn; beyond it, while all wait so long: 503 and close; 0: "
              "no cap");
  command
      .add_option("--per-address-max,--max-per-address", options.per_address_max,
                  "Connections per IPv4 address or IPv6 /64; beyond it: 503 and close; 0: no cap")
      ->capture_default_str();
}

void add_serve(CLI::App& app, action& chosen, const std::vector<std::string>& words) {
  auto* const command = app.add_subcommand("serve", "Serve HTTP/1.1");
  auto options = std::make_shared<http::server_options>();
  options->command = words;
  auto runtime = std::make_shared<runtime_options>();
  command->add_option("--http", options->address, "Address and port; port 0: any that is free")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  add_runtime_options(*command, *runtime);
  add_serve_caps(*command, *options);
  command->add_option("--root", options->root, "Serve the files below this directory")
      ->type_name("DIRECTORY");
  auto* const key = command->add_option("--tls-key", options->tls_key, "Its private key, PEM");
  auto* const certificate =
      command->add_option("--tls-cert", options->tls_certificate,
                          "Serve HTTPS, with this certificate and its chain, PEM");
  certificate->type_name("FILE")->needs(key);
  key->type_name("FILE")->needs(certificate);
  command->add_option("--body-bytes-max", options->limits.body_bytes_max, "Beyond it: 413")
      ->capture_default_str();
  add_seconds(*command, "--header-timeout-s", options->header_timeout, "For the head of a request");
  add_seconds(*command, "--body-timeout-s", options->body_timeout, "For the body of a request");
  add_seconds(*command, "--idle-timeout-s", options->idle_timeout, "Between two requests");
  add_seconds(*command, "--write-timeout-s", options->write_timeout,
              "For a client to take a reply");
  add_seconds(*command, "--grace-s", options->grace, "For requests in progress at SIGTERM");
  command->add_flag(
      "--proxy-protocol", options->proxy_protocol,
      "Connections begin with a PROXY header, version 1 or 2: behind a load balancer");
  command
      ->add_option("--access-log", options->access_log,
                   "A line per request, Combined Log Format and microseconds; -: stdout")
      ->type_name("FILE|-");
  add_seconds(*command, "--idle-grace-s", options->idle_grace,
              "For idle connections to send one more request, when another process goes on");
  command->add_flag("--reuse-port", options->reuse_port, "Several servers may have the address");
  command->add_option("--port-file", options->port_file, "Gets ADDRESS:PORT once it listens");
  command->add_option("--stats-json", options->stats_file, "Gets the statistics at the end");
  command->callback([&chosen, options, runtime] {
    chosen = [options, runtime] {
      const io::options io_options = to_io_options(*runtime);
      raise_descriptor_limit();
      keep_freed_heap();
      return http::run_server(*options, io_options);
    };
  });
}

void add_load(CLI::App& app, action& chosen) {
  auto* const command = app.add_subcommand("load", "Put load on an HTTP server and measure it");
  auto options = std::make_shared<load::load_options>();
  auto runtime = std::make_shared<runtime_options>();
  auto url = std::make_shared<std::string>();
  auto check = std::make_shared<bool>(false);
  runtime->mode = "asyncio";
  constexpr unsigned connections_max = 100'000;
  constexpr unsigned pipeline_max = 1'024;
  command->add_option("URL", *url, "http://host:port/path")->required();
  command->add_option("--connections", options->connections, "Connections")
      ->check(CLI::Range(1U, connections_max))
      ->capture_default_str();
  auto* const time = add_seconds(*command, "--duration", options->time, "How long");
  command->add_option("--requests", options->requests,
                      "End after that many; without --duration after 300 seconds at the latest");
  auto* const rate =
      command->add_option("--rate", options->rate, "Requests per second, whatever the server does")
          ->check(CLI::PositiveNumber);
  command->add_option("--pipeline", options->pipeline, "Requests that a connection sends at once")
      ->check(CLI::Range(1U, pipeline_max))
      ->capture_default_str()
      ->excludes(rate);
  add_seconds(*command, "--timeout-s", options->response_timeout, "For a response");
  command->add_option("--json", options->json_file, "Gets the report");
  command->add_flag("--check", *check, "One request: status 0 if it is answered with 2xx, else 1");
  add_runtime_options(*command, *runtime);
  command->callback([&chosen, options, runtime, url, check, time] {
    if (options->requests != 0 && time->count() == 0) {
      options->time = std::chrono::seconds(300);
    }
    chosen = [options, runtime, url, check] {
      options->to = load::parse_url(*url);
      const io::options io_options = to_io_options(*runtime);
      raise_descriptor_limit();
      return *check ? load::run_check(*options, io_options) : load::run_load(*options, io_options);
    };
  });
}

void add_doctor(CLI::App& app, action& chosen) {
  auto* const command = app.add_subcommand("doctor", "Say what this machine lets the runtime do");
  auto runtime = std::make_shared<runtime_options>();
  add_runtime_options(*command, *runtime);
  command->callback([&chosen, runtime] {
    chosen = [runtime] { return doctor::run_doctor(to_io_options(*runtime)); };
  });
}

int complain(const char* what, int status) {
  fmt::print(stderr, "jackdaw: {}\n", what);
  return status;
}

int run(int argument_count, char** arguments) {
  CLI::App app("Coroutines over io_uring: an HTTP server, a load generator, a doctor.", "jackdaw");
  app.require_subcommand(0, 1);  // None is our business: CLI11 would not name an unknown one.
  app.set_help_all_flag("--help-all", "Help for all commands");
  action chosen;
  add_serve(app, chosen, {arguments, arguments + argument_count});
  add_load(app, chosen);
  add_doctor(app, chosen);
  try {
    app.parse(argument_count, arguments);
  } catch (const CLI::ParseError& error) {
    // 0 is a request for help, which CLI11 answers on stdout.
    return error.get_exit_code() == 0 ? app.exit(error) : complain(error.what(), exit_usage);
  }
  if (!chosen) {
    return complain("a command is required: serve, load or doctor (see jackdaw --help)",
                    exit_usage);
  }
  try {
    return chosen();
  } catch (const std::invalid_argument& error) {
    return complain(error.what(), exit_usage);
  } catch (const std::exception& error) {
    return complain(error.what(), exit_failed);
  }
}

}  // namespace
}  // namespace jackdaw::tools

int main(int argument_count, char** arguments) {
  return jackdaw::tools::run(argument_count, arguments);
}
