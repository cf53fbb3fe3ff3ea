// Other programs: what they say, how they end, and what happens to one that is left alone.
#include <jackdaw/io/io.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

namespace io = jackdaw::io;
using jackdaw::task;
using namespace std::chrono_literals;

// Both ends of a child talk at once: however long the text is, nobody waits for the other.
task<std::string> sorted(std::string text) {
  io::process_options options("sort", {"--unique"});
  options.environment.emplace_back("LC_ALL", "C");
  options.standard_input = io::stdio::pipe();
  options.standard_output = io::stdio::pipe();
  io::process child = co_await io::process::spawn(std::move(options));
  io::communicated said = co_await child.communicate(std::move(text));
  std::printf("sort ended with %s\n", said.status.to_string().c_str());
  co_return std::move(said.standard_output);
}

task<void> starts_nothing() {
  try {
    io::process_options options("no-such-program");
    const io::process child = co_await io::process::spawn(std::move(options));
  } catch (const io::error& failed) {
    std::printf("%s\n", failed.what());
  }
}

task<void> impatient() {
  io::process_options options("sleep", {"1000"});
  io::process child = co_await io::process::spawn(std::move(options));
  try {
    co_await jackdaw::timeout(1ms, child.wait());
  } catch (const jackdaw::timeout_error&) {
    std::printf("it sleeps; we end it\n");
  }
  child.terminate();
  const io::exit_status status = co_await child.wait();
  std::printf("it ended with %s\n", status.to_string().c_str());
}  // Had it still run, it would be killed here.

task<void> others() {
  const std::string text = co_await sorted("shiny\nring\nshiny\njackdaw\n");
  std::printf("%s", text.c_str());
  co_await starts_nothing();
  co_await impatient();
}

int main() { io::run(others()); }
