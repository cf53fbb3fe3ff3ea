// S203-S207: a close that has to send, an abort that has not, a peer that left, and writes after all that.
#include "../case.hpp"
#include "../sockets.hpp"
#include <jackdaw/io/asyncio/connections.hpp>

#include <array>
#include <optional>

namespace jackdaw::conformance {
namespace {

constexpr std::size_t much = 2'000'000;

class named_protocol : public io::asyncio::protocol {
 public:
  explicit named_protocol(std::string name) : name_(std::move(name)) {}
  void pause_writing() override { log(name_, "pause_writing"); }
  void resume_writing() override { log(name_, "resume_writing"); }
  bool eof_received() override {
    log(name_, "eof_received");
    return false;
  }
  void connection_lost(std::exception_ptr error) override {
    log(name_, "connection_lost", type_name(error));
  }

 private:
  std::string name_;
};

using ends = std::pair<std::shared_ptr<io::asyncio::transport>, io::socket>;

task<ends> pair(std::string name) {
  auto [a, b] = socketpair();
  const auto factory = [name] { return std::make_shared<named_protocol>(name); };
  auto [t, p] = co_await io::asyncio::create_connection(factory, std::move(a));
  co_return ends(std::move(t), std::move(b));
}

task<> closing() {
  auto [t, b] = co_await pair("close");
  t->write(std::string(much, 'x'));
  log("closing", t->is_closing());
  t->close();
  log("closing", t->is_closing(), "reading", t->is_reading(), "buffered",
      t->get_write_buffer_size() > 0);
  t->write("after close, still buffered");
  std::size_t n = 0;
  while (t->get_write_buffer_size() > 0) {
    n += recv(b, 1U << 22U).size();
    co_await yield();
  }
  log("buffer empty");
  for (std::size_t m = 1; m > 0; n += m) {
    m = recv(b, 1U << 22U).size();
  }
  log("peer got", n);
  t->close();
  log("closed twice");
}

task<> losing() {
  {
    auto [t, b] = co_await pair("abort");
    t->write(std::string(much, 'x'));
    t->abort();
    log("buffered", t->get_write_buffer_size(), "closing", t->is_closing());
    co_await yield();
  }
  {
    auto [t, b] = co_await pair("peer left");
    t->pause_reading();
    b.close();
    t->write("x");
    log("write returned; closing", t->is_closing());
    t->write("x");
    co_await yield();
    t->write("x");
    log("written after the loss");
  }
  auto [t, b] = co_await pair("peer left later");
  t->write(std::string(much, 'x'));
  b.close();
  log("closing", t->is_closing());
  co_await turns(3);
}

task<> ending() {
  auto [t, b] = co_await pair("write_eof");
  t->write_eof();
  t->write_eof();
  log("eof; closing", t->is_closing(), t->can_write_eof());
  try {
    t->write("x");
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
  try {
    const std::array<std::string_view, 1> lines = {"x"};
    t->writelines(lines);
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
  log("peer got", recv(b, 10).size());
  b.close();
  co_await turns(3);
  log("end");
}

task<> limits() {
  using limit = std::optional<std::size_t>;
  auto [t, b] = co_await pair("limits");
  for (const auto& [high, low] : std::vector<std::pair<limit, limit>>{
           {0, std::nullopt}, {std::nullopt, 10}, {std::nullopt, std::nullopt}, {1, 2}}) {
    try {
      t->set_write_buffer_limits(high, low);
      const auto set = t->get_write_buffer_limits();
      log("(" + std::to_string(set.low) + ", " + std::to_string(set.high) + ")");
    } catch (const std::invalid_argument& e) {
      log(e.what());
    }
  }
  t->close();
  co_await yield();
}

task<> body() {
  co_await closing();
  co_await losing();
  co_await ending();
  co_await limits();
}

}  // namespace

CONFORMANCE_CASE(transport_after_the_end) { run_with_io(body()); }

}  // namespace jackdaw::conformance
