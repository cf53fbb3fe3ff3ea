// S245-S249: return codes, waiting again, communicate with one who does not read, a start that is cancelled.
#include "../case.hpp"
#include <jackdaw/io/asyncio/subprocess.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/spawn.hpp>

namespace jackdaw::conformance {
namespace {

using io::asyncio::create_subprocess_exec;
using io::asyncio::create_subprocess_shell;
using io::asyncio::process;

io::process_options piped(io::process_options options) {
  options.standard_input = io::stdio::pipe();
  options.standard_output = io::stdio::pipe();
  return options;
}

task<> shells() {
  io::process_options all = piped(io::process_options("/bin/sh"));
  all.standard_error = io::stdio::pipe();
  const process p = co_await create_subprocess_shell("cat; echo err >&2; exit 7", all);
  const auto [out, err] = co_await p.communicate("xxxxx");
  const int once = co_await p.wait();
  const int again = co_await p.wait();
  log("(" + bytes_repr(out) + ", " + bytes_repr(err) + ")", *p.returncode(), once, again);
}

task<> programs() {
  const process cat = co_await create_subprocess_exec(piped(io::process_options("cat")));
  const auto copied = co_await cat.communicate(std::string(1000000, 'y'));
  log(copied.first.size(), copied.second.empty() ? "None" : "some", *cat.returncode());
  const process deaf = co_await create_subprocess_exec(piped(io::process_options("true")));
  const auto nothing = co_await deaf.communicate(std::string(1000000, 'z'));
  log("(" + bytes_repr(nothing.first) + ", None)", *deaf.returncode());
  io::process_options both("/bin/sh");
  both.standard_output = io::stdio::pipe();
  both.standard_error = io::stdio::to_output();
  const process p = co_await create_subprocess_shell("echo out; echo err >&2", both);
  const auto texts = co_await p.communicate();
  log("(" + bytes_repr(texts.first) + ", None)", p.standard_input ? "some" : "None",
      p.standard_error ? "some" : "None");
}

task<> two_that_wait() {
  io::process_options options("sleep", {"1000"});
  options.standard_input = io::stdio::null();
  const process p = co_await create_subprocess_exec(options);
  log("returncode", p.returncode() ? "some" : "None");
  auto first = spawn(p.wait());
  auto second = spawn(p.wait());
  co_await yield();
  p.kill();
  const int one = co_await first;
  const int two = co_await second;
  log(one, two, *p.returncode());
}

task<> a_conversation() {
  const process p = co_await create_subprocess_exec(piped(io::process_options("cat")));
  p.standard_input->write("one\ntwo\n");
  co_await p.standard_input->drain();
  const std::string one = co_await p.standard_output->readline();
  const std::string two = co_await p.standard_output->readline();
  log(bytes_repr(one), bytes_repr(two));
  p.standard_input->close();
  co_await p.standard_input->wait_closed();
  const std::string rest = co_await p.standard_output->read();
  const bool at_end = p.standard_output->at_eof();
  const int code = co_await p.wait();
  log(bytes_repr(rest), at_end, code);
}

task<> starts_that_fail() {
  try {
    co_await create_subprocess_exec(io::process_options("/there/is/no/such/program"));
  } catch (const io::error& missing) {
    log("errno", missing.number());
  }
  auto starting = spawn(create_subprocess_exec(piped(io::process_options("sleep", {"1000"}))));
  co_await yield();
  starting.cancel();
  const bool cancelled = co_await ended_cancelled(starting);
  if (cancelled) {
    log("cancelled");
  }
}

task<> body() {
  co_await shells();
  co_await programs();
  co_await two_that_wait();
  co_await a_conversation();
  co_await starts_that_fail();
}

}  // namespace

CONFORMANCE_CASE(subprocess_semantics) { run_with_io(body()); }

}  // namespace jackdaw::conformance
