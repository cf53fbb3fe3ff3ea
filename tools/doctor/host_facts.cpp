// Reading what Linux tells.

#include <jackdaw/tools/doctor/host_facts.hpp>

#include <sys/resource.h>
#include <sys/utsname.h>

#include <charconv>
#include <fstream>
#include <iterator>

namespace jackdaw::doctor {

namespace {

std::string content_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

std::optional<int> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  int number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} ? std::optional(number) : std::nullopt;
}

// The number behind "Name:" in /proc/self/status.
std::optional<int> status_field(const std::string& status, const std::string& name) {
  const std::size_t at = status.find("\n" + name + ":");
  return at == std::string::npos
             ? std::nullopt
             : leading_number(std::string_view(status).substr(at + name.size() + 2));
}

limit read_limit(int resource) {
  rlimit raw{};
  getrlimit(static_cast<__rlimit_resource_t>(resource), &raw);
  const auto value = [](rlim_t bound) {
    return bound == RLIM_INFINITY ? std::nullopt : std::optional<std::uint64_t>(bound);
  };
  return {.soft = value(raw.rlim_cur), .hard = value(raw.rlim_max)};
}

std::string kernel_name() {
  utsname names{};
  uname(&names);
  return std::string(names.sysname) + " " + names.release + " " + names.machine;
}

std::string container_kind(const std::filesystem::path& root) {
  if (std::filesystem::exists(root / ".dockerenv")) {
    return "Docker";
  }
  if (std::filesystem::exists(root / "run/.containerenv")) {
    return "Podman or Buildah";
  }
  const std::string group = content_of(root / "proc/1/cgroup");
  for (const char* const name : {"docker", "kubepods", "containerd", "lxc"}) {
    if (group.find(name) != std::string::npos) {
      return name;
    }
  }
  return {};
}

}  // namespace

host_facts read_host_facts(const std::filesystem::path& root) {
  host_facts facts;
  facts.kernel = kernel_name();
  facts.io_uring_disabled = leading_number(content_of(root / "proc/sys/kernel/io_uring_disabled"));
  facts.descriptors = read_limit(RLIMIT_NOFILE);
  facts.locked_memory = read_limit(RLIMIT_MEMLOCK);
  const std::string status = content_of(root / "proc/self/status");
  facts.seccomp = status_field(status, "Seccomp");
  facts.no_new_privileges = status_field(status, "NoNewPrivs").value_or(0) != 0;
  facts.container = container_kind(root);
  return facts;
}

std::string describe(const limit& bounds, std::uint64_t unit, const char* unit_name) {
  const auto text = [&](const std::optional<std::uint64_t>& bound) {
    return bound.has_value() ? std::to_string(*bound / unit) + unit_name : std::string("unlimited");
  };
  std::string line = text(bounds.soft);
  if (bounds.soft != bounds.hard) {
    line += " (hard limit " + text(bounds.hard) + ")";
  }
  return line;
}

}  // namespace jackdaw::doctor
