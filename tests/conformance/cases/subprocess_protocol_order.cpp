// S244, S248: connection_made first, connection_lost when the child and its pipes are gone.
#include "../case.hpp"
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/subprocess_transport.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/runtime/future.hpp>

#include <set>

namespace jackdaw::conformance {
namespace {

using io::asyncio::subprocess_exec;
using io::asyncio::subprocess_transport;

std::string list_of(const std::set<int>& numbers) {
  std::string text = "[";
  for (const int number : numbers) {
    text.append(text.size() > 1 ? ", " : "").append(std::to_string(number));
  }
  return text + "]";
}

class logging_protocol : public io::asyncio::subprocess_protocol {
 public:
  explicit logging_protocol(const char* name) : name_(name) {}
  void connection_made(const std::shared_ptr<subprocess_transport>& made) override {
    made_ = true;
    std::set<int> pipes;
    for (const int descriptor : {0, 1, 2}) {
      if (made->get_pipe_transport(descriptor) != nullptr) {
        pipes.insert(descriptor);
      }
    }
    log(name_, "connection_made; pipes", list_of(pipes));
  }
  void pipe_data_received(int /*descriptor*/, std::string_view data) override {
    data_.append(made_ ? data : "too early");
  }
  void pipe_connection_lost(int descriptor, std::exception_ptr /*error*/) override {
    lost_.insert(descriptor);
  }
  void process_exited() override { exited_ = made_; }
  void connection_lost(std::exception_ptr error) override {
    log(name_, "connection_lost", str(error), "exited", exited_, "after pipes", list_of(lost_),
        bytes_repr(data_));
    done.set_result();
  }

  const future<void> done{io::asyncio::get_running_loop()};

 private:
  const char* name_;
  std::string data_;
  std::set<int> lost_;
  bool made_ = false;
  bool exited_ = false;
};

auto logging(const char* name) {
  return [name] { return std::make_shared<logging_protocol>(name); };
}

io::process_options with_streams(io::process_options options, io::stdio stream) {
  options.standard_input = stream;
  options.standard_output = stream;
  options.standard_error = stream;
  return options;
}

io::process_options piped(io::process_options options) {
  return with_streams(std::move(options), io::stdio::pipe());
}

task<> that_end_by_themselves() {
  io::process_options echo = piped(io::process_options("echo", {"hi"}));
  auto [t, p] = co_await subprocess_exec(logging("echo"), echo);
  log("returned");
  co_await p->done;
  log("returncode", *t->get_returncode(), "closing", t->is_closing());
  t->close();
  log("closing", t->is_closing());
  io::process_options quiet = with_streams(io::process_options("true"), io::stdio::null());
  auto [qt, qp] = co_await subprocess_exec(logging("true"), quiet);
  co_await qp->done;
  log("returncode", *qt->get_returncode());
  io::process_options shell = piped(io::process_options("/bin/sh"));
  auto [ct, cp] = co_await io::asyncio::subprocess_shell(logging("cat"), "cat; exit 3", shell);
  const auto input = ct->get_pipe_transport(0);
  input->write("all of it");
  input->write_eof();
  log("input closing", input->is_closing(), "returncode",
      ct->get_returncode().has_value() ? "some" : "None");
  co_await cp->done;
  log("returncode", *ct->get_returncode());
}

task<> that_are_ended() {
  const io::process_options sleep = piped(io::process_options("sleep", {"1000"}));
  auto [kt, kp] = co_await subprocess_exec(logging("kill"), sleep);
  kt->close();
  kt->close();
  co_await kp->done;
  log("returncode", *kt->get_returncode());
  auto [t, p] = co_await subprocess_exec(logging("term"), sleep);
  t->terminate();
  co_await p->done;
  log("returncode", *t->get_returncode());
  try {
    t->kill();
  } catch (const io::error& gone) {
    log(gone.number() == ESRCH ? "gone" : gone.what());
  }
  t->close();
}

task<> body() {
  co_await that_end_by_themselves();
  co_await that_are_ended();
}

}  // namespace

CONFORMANCE_CASE(subprocess_protocol_order) { run_with_io(body()); }

}  // namespace jackdaw::conformance
