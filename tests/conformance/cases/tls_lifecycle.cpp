// S218, S202: what protocols see of TLS; connection_made after the handshake, ends from both sides.
#include "../case.hpp"
#include "../sockets.hpp"
#include "../tls_contexts.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/tls/tls_engine.hpp>
#include <jackdaw/runtime/gather.hpp>

#include <array>

namespace jackdaw::conformance {
namespace {

class logging_protocol : public io::asyncio::protocol {
 public:
  explicit logging_protocol(const char* name) : name_(name) {}
  void connection_made(const std::shared_ptr<io::asyncio::transport>& made) override {
    t = made;
    log(name_, "connection_made", made->get_extra_info().ssl_object->version);
  }
  void data_received(std::string_view data) override {
    if (fails) {
      throw value_error("in data_received");
    }
    log(name_, "data_received", bytes_repr(data));
  }
  bool eof_received() override {
    log(name_, "eof_received");
    return false;
  }
  void connection_lost(std::exception_ptr error) override {
    log(name_, "connection_lost", kind(error));
    t = nullptr;
    lost.set_result();
  }

  std::shared_ptr<io::asyncio::transport> t;
  future<void> lost;
  bool fails = false;

 private:
  const char* name_;
};

struct both {
  std::shared_ptr<logging_protocol> c = std::make_shared<logging_protocol>("client");
  std::shared_ptr<logging_protocol> s = std::make_shared<logging_protocol>("server");
  std::exception_ptr client_error;
  std::exception_ptr server_error;
};

task<> connect(io::socket over, std::shared_ptr<logging_protocol> speaker, std::string name) {
  io::asyncio::ssl_options options;
  options.ssl = *contexts().of_client;
  options.server_hostname = std::move(name);
  const auto factory = [&] { return speaker; };
  co_await io::asyncio::create_connection(factory, std::move(over), options);
}

task<> accept(io::socket over, std::shared_ptr<logging_protocol> speaker) {
  io::asyncio::ssl_options options;
  options.ssl = *contexts().of_server;
  const auto factory = [&] { return speaker; };
  co_await io::asyncio::connect_accepted_socket(factory, std::move(over), options);
}

task<both> pair(std::string name = tls_name) {
  auto [a, b] = socketpair();
  both ends;
  auto connecting = asyncio::create_task(connect(std::move(a), ends.c, std::move(name)));
  auto accepting = asyncio::create_task(accept(std::move(b), ends.s));
  std::vector<join_handle<void>> all = {connecting, accepting};
  auto waiting = wait(std::move(all));
  co_await std::move(waiting);
  ends.client_error = connecting.exception();
  ends.server_error = accepting.exception();
  co_return ends;
}

task<> both_lost(both ends) {
  co_await ends.c->lost;
  co_await ends.s->lost;
}

task<> who_closes() {
  log("-- the client closes");
  both ends = co_await pair();
  log("both created");
  auto c = ends.c->t;
  c->write("ping");
  co_await yield();
  c->close();
  log("closing", c->is_closing());
  c->write("dropped");
  co_await both_lost(ends);
  log("-- the server closes after writing; what it wrote arrives");
  ends = co_await pair();
  auto s = ends.s->t;
  s->write("answer");
  const std::array<std::string_view, 2> more = {" and", " more"};
  s->writelines(more);
  s->close();
  s->close();
  co_await both_lost(ends);
  log("-- abort");
  ends = co_await pair();
  c = ends.c->t;
  c->abort();
  log("closing", c->is_closing());
  co_await both_lost(ends);
}

void log_limits(const io::asyncio::transport& t) {
  const io::asyncio::write_buffer_limits limits = t.get_write_buffer_limits();
  log("limits", limits.low, limits.high);
}

task<> parts_of_a_transport() {
  log("-- what TLS has not");
  both ends = co_await pair();
  auto c = ends.c->t;
  auto s = ends.s->t;
  log("can_write_eof", c->can_write_eof());
  try {
    c->write_eof();
  } catch (const std::runtime_error&) {
    log("write_eof refused");
  }
  log_limits(*c);
  c->set_write_buffer_limits(1000);
  log_limits(*c);
  log("-- reading paused");
  s->pause_reading();
  log("reading", s->is_reading());
  c->write("later");
  co_await sleep(10ms);
  log("nothing yet");
  s->resume_reading();
  log("reading", s->is_reading());
  co_await sleep(10ms);
  c->close();
  co_await both_lost(ends);
}

task<> other_ends() {
  log("-- both at once");
  both ends = co_await pair();
  ends.c->t->close();
  ends.s->t->close();
  co_await both_lost(ends);
  log("-- another name");
  ends = co_await pair("magpie.example");
  log(kind(ends.client_error), is_error<io::error>(ends.server_error));
  log("-- a mistake in data_received");
  asyncio::get_running_loop().set_exception_handler(
      [](asyncio::event_loop&, const failure& failed) {
        log("HANDLER", failed.message, repr(failed.exception));
      });
  ends = co_await pair();
  ends.s->fails = true;
  ends.c->t->write("x");
  co_await ends.s->lost;
  co_await ends.c->lost;
}

task<> body() {
  co_await who_closes();
  co_await parts_of_a_transport();
  co_await other_ends();
}

}  // namespace

CONFORMANCE_CASE(tls_lifecycle) { run_with_io(body()); }

}  // namespace jackdaw::conformance
