// Files through transports and over sockets: order, parts, what is refused.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/connections.hpp>
#include <jackdaw/io/asyncio/sendfile.hpp>

#include <stdlib.h>
#include <unistd.h>

namespace jackdaw::conformance {
namespace {

using io::asyncio::sendfile_options;

class logging_protocol : public io::asyncio::protocol {
 public:
  void data_received(std::string_view data) override { log("data_received", bytes_repr(data)); }
  void pause_writing() override { log("pause_writing"); }
  void resume_writing() override { log("resume_writing"); }
  bool eof_received() override {
    log("eof_received");
    return false;
  }
  void connection_lost(std::exception_ptr error) override {
    log("connection_lost", type_name(error));
    lost.set_result();
  }

  future<void> lost;
};

// A file of a hundred digits.
class digits_file {
 public:
  digits_file() {
    const int made = ::mkstemp(path_);
    for (int count = 0; count < 10; ++count) {
      static_cast<void>(!::write(made, "0123456789", 10));
    }
    ::close(made);
  }
  digits_file(const digits_file&) = delete;
  digits_file& operator=(const digits_file&) = delete;
  ~digits_file() { ::unlink(path_); }
  [[nodiscard]] std::string path() const { return path_; }

 private:
  char path_[32] = "/tmp/jackdaw_digits_XXXXXX";
};

sendfile_options part(std::uint64_t offset, std::optional<std::uint64_t> count = {}) {
  sendfile_options options;
  options.offset = offset;
  options.count = count;
  return options;
}

using transport_pointer = std::shared_ptr<io::asyncio::transport>;

task<> send(transport_pointer t, io::file& f, sendfile_options options = {}) {
  const std::uint64_t sent = co_await io::asyncio::sendfile(t, f, options);
  log("sent", sent);
}

task<> parts_of_files(transport_pointer t, io::socket& b, io::file& f) {
  t->write("before ");
  co_await send(t, f);
  t->write(" after");
  log("peer got", recv(b, 1000).size(), "reading", t->is_reading());
  co_await send(t, f, part(95, 50));
  log("peer got", bytes_repr(recv(b, 1000)));
  co_await send(t, f, part(10, 5));
  log("peer got", bytes_repr(recv(b, 1000)));
  co_await send(t, f, part(100));
  co_await send(t, f, part(1000));
  conformance::send(b, "meanwhile");
  auto sending = asyncio::create_task(send(t, f));
  co_await yield();
  log("reading", t->is_reading());
  try {
    t->write("x");
  } catch (const std::runtime_error&) {
    log("RuntimeError: write");
  }
  co_await sending;
  co_await sleep(10ms);
  log("peer got", recv(b, 1000).size());
}

task<> through_a_transport(io::file& f, io::file& unsendable) {
  auto [a, b] = socketpair();
  const auto factory = [] { return std::make_shared<logging_protocol>(); };
  auto [t, p] = co_await io::asyncio::create_connection(factory, std::move(a));
  co_await parts_of_files(t, b, f);
  try {
    co_await send(t, f, part(0, 0));
  } catch (const std::invalid_argument&) {
    log("ValueError");
  }
  sendfile_options strict = part(0, 4);
  strict.fallback = false;
  try {
    co_await send(t, unsendable, strict);
  } catch (const io::asyncio::sendfile_not_available_error&) {
    log("SendfileNotAvailableError");
  }
  t->close();
  co_await p->lost;
  try {
    co_await send(t, f);
  } catch (const std::runtime_error& error) {
    log("RuntimeError:", error.what());
  }
}

task<> send_over(io::socket& a, io::file& f, sendfile_options options = {}) {
  const std::uint64_t sent = co_await io::asyncio::sock_sendfile(a, f, options);
  log("sent", sent);
}

task<> over_a_socket(io::file& f, io::file& unsendable) {
  auto [a, b] = socketpair();
  co_await send_over(a, f);
  log("peer got", recv(b, 1000).size());
  co_await send_over(a, f, part(90, 100));
  log("peer got", bytes_repr(recv(b, 1000)));
  co_await send_over(a, f, part(3, 4));
  log("peer got", bytes_repr(recv(b, 1000)));
  sendfile_options strict = part(0, 4);
  strict.fallback = false;
  try {
    co_await send_over(a, unsendable, strict);
  } catch (const io::asyncio::sendfile_not_available_error&) {
    log("SendfileNotAvailableError");
  }
  io::socket d = io::socket::open(AF_INET, SOCK_DGRAM);
  try {
    co_await send_over(d, f);
  } catch (const std::invalid_argument&) {
    log("ValueError: datagrams");
  }
}

task<> body() {
  const digits_file digits;
  io::file f = co_await io::file::open(digits.path());
  io::file unsendable = co_await io::file::open("/proc/self/maps");
  co_await through_a_transport(f, unsendable);
  co_await over_a_socket(f, unsendable);
}

}  // namespace

CONFORMANCE_CASE(sendfile_semantics) { run_with_io(body()); }

}  // namespace jackdaw::conformance
