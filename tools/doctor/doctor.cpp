// Findings first, then what to change about them.

#include <jackdaw/io/probe.hpp>
#include <jackdaw/runtime/multi_thread/cpu_budget.hpp>
#include <jackdaw/tools/doctor/doctor.hpp>
#include <jackdaw/tools/doctor/host_facts.hpp>

#include <fmt/core.h>

#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

namespace jackdaw::doctor {

namespace {

constexpr std::uint64_t descriptors_wanted = 16'384;

void say(std::string_view name, std::string_view finding) {
  fmt::print("{:<24} {}\n", name, finding);
}

std::string describe_io_uring_switch(const host_facts& facts) {
  if (!facts.io_uring_disabled.has_value()) {
    return "not known to this kernel";
  }
  switch (*facts.io_uring_disabled) {
    case 0:
      return "0 (everybody may use it)";
    case 1:
      return "1 (only CAP_SYS_ADMIN and the io_uring_group may use it)";
    default:
      return "2 (nobody may use it)";
  }
}

std::string describe_seccomp(const host_facts& facts) {
  std::string text = facts.seccomp.value_or(0) == 0 ? "off" : "a filter is installed";
  if (facts.no_new_privileges) {
    text += ", no_new_privs";
  }
  return text;
}

void show_host(const host_facts& facts) {
  say("kernel", facts.kernel);
  say("container", facts.container.empty() ? "none seen" : facts.container);
  say("seccomp", describe_seccomp(facts));
  say("kernel.io_uring_disabled", describe_io_uring_switch(facts));
  say("descriptors (NOFILE)", describe(facts.descriptors, 1, ""));
  say("locked memory (MEMLOCK)", describe(facts.locked_memory, 1024, " KiB"));
}

void show_cpu(const cpu_budget& budget, const io::options& runtime) {
  say("affinity", fmt::format("{} processors", budget.affinity));
  say("cgroup CPU quota",
      budget.quota > 0 ? fmt::format("{:g} processors", budget.quota) : std::string("none"));
  if (runtime.mode == io::mode::asyncio) {
    say("workers", "1 (asyncio mode)");
  } else if (runtime.workers != 0) {
    say("workers", fmt::format("{} (as asked for)", runtime.workers));
  } else {
    say("workers", fmt::format("{} ({})", budget.workers, budget.source));
  }
}

void show_io_uring(const io::probe_result& probed) {
  fmt::print("\nio_uring, step by step\n");
  for (const io::probe_step& step : probed.steps) {
    const std::string verdict =
        step.error_number == 0
            ? std::string("ok")
            : fmt::format("refused: {} (errno {})",
                          std::generic_category().message(step.error_number), step.error_number);
    fmt::print("  {:<40} {}\n", step.what, verdict);
  }
  fmt::print("  setup flags 0x{:x}, features 0x{:x}\n\n", probed.setup_flags, probed.features);
}

std::vector<std::string> advice(const host_facts& facts, const io::probe_result& probed,
                                const cpu_budget& budget, const io::options& runtime) {
  std::vector<std::string> lines;
  if (!probed.usable) {
    lines.push_back("io_uring: " + std::string(io::remedy(probed.error_number())));
  }
  const std::uint64_t descriptors = facts.descriptors.hard.value_or(descriptors_wanted);
  if (descriptors < descriptors_wanted) {
    lines.push_back(
        fmt::format("descriptors: the hard limit of {} bounds the connections; raise it "
                    "(ulimit -Hn, LimitNOFILE=, docker run --ulimit nofile=65536)",
                    descriptors));
  }
  if (runtime.workers > budget.workers) {
    lines.push_back(fmt::format("workers: {} share {} processors; use --workers {} or none",
                                runtime.workers, budget.workers, budget.workers));
  }
  return lines;
}

// Why this backend: an option comes before the environment, which comes before the probe.
struct backend_choice {
  bool io_uring = false;
  bool forced = false;
  bool possible = true;
};

backend_choice choose(const io::options& runtime, const io::probe_result& probed) {
  const char* const variable =
      std::getenv("JACKDAW_IO");  // NOLINT(concurrency-mt-unsafe): one thread.
  const std::string_view word = variable == nullptr ? std::string_view{} : variable;
  io::backend wanted = runtime.backend;
  if (wanted == io::backend::automatic && word == "io_uring") {
    wanted = io::backend::io_uring;
  } else if (wanted == io::backend::automatic && word == "epoll") {
    wanted = io::backend::epoll;
  }
  backend_choice choice;
  choice.forced = wanted != io::backend::automatic;
  choice.io_uring = wanted != io::backend::epoll && (probed.usable || choice.forced);
  choice.possible = !choice.io_uring || probed.usable;
  return choice;
}

}  // namespace

int run_doctor(const io::options& runtime) {
  const host_facts facts = read_host_facts();
  const cpu_budget budget = read_cpu_budget();
  const io::probe_result probed = io::probe();
  const backend_choice choice = choose(runtime, probed);
  show_host(facts);
  show_cpu(budget, runtime);
  show_io_uring(probed);
  if (choice.possible) {
    fmt::print("{}\n", io::backend_line(choice.io_uring, choice.forced, probed));
  } else {
    fmt::print("backend none: io_uring was asked for, and is refused\n");
  }
  for (const std::string& line : advice(facts, probed, budget, runtime)) {
    say("to change", line);
  }
  fmt::print("{}\n", choice.possible ? "The runtime can run here." : "The runtime cannot run so.");
  return choice.possible ? 0 : 1;
}

}  // namespace jackdaw::doctor
