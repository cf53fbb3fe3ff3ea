// Pipes as transports. What eof_received() says does not count; who writes hears that nobody reads.
#include "../case.hpp"
#include <jackdaw/io/asyncio/pipe_transports.hpp>
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/runtime/future.hpp>

#include <fcntl.h>

#include <stdexcept>

namespace jackdaw::conformance {
namespace {

using io::asyncio::connect_read_pipe;
using io::asyncio::connect_write_pipe;

class logging_protocol : public io::asyncio::protocol {
 public:
  explicit logging_protocol(const char* name) : name_(name) {}
  void connection_made(const std::shared_ptr<io::asyncio::transport>& /*made*/) override {
    log(name_, "made");
  }
  void data_received(std::string_view data) override { log(name_, "data", bytes_repr(data)); }
  bool eof_received() override {
    log(name_, "eof");
    return true;
  }
  void connection_lost(std::exception_ptr error) override {
    log(name_, "lost", error == nullptr ? "None" : type_name(error));
    done.set_result();
  }
  void pause_writing() override { log(name_, "pause"); }
  void resume_writing() override { log(name_, "resume"); }

  const future<void> done{io::asyncio::get_running_loop()};

 private:
  const char* name_;
};

std::shared_ptr<logging_protocol> reads() { return std::make_shared<logging_protocol>("r"); }
std::shared_ptr<logging_protocol> writes() { return std::make_shared<logging_protocol>("w"); }
std::shared_ptr<logging_protocol> files() { return std::make_shared<logging_protocol>("file"); }

task<> to_the_end() {
  io::pipe_ends ends = io::make_pipe();
  auto [rt, rp] = co_await connect_read_pipe(&reads, ends.reader.release());
  log("reading", rt->is_reading());
  auto [wt, wp] = co_await connect_write_pipe(&writes, ends.writer.release());
  log("can_write_eof", wt->can_write_eof());
  wt->write("hello");
  co_await turns(2);
  rt->pause_reading();
  log("reading", rt->is_reading());
  wt->write("more");
  co_await turns(2);
  rt->resume_reading();
  co_await turns(2);
  wt->write_eof();
  log("closing", wt->is_closing());
  wt->close();
  wt->write("dropped");
  co_await wp->done;
  co_await rp->done;
  log("closing", rt->is_closing());
}

task<> without_reader() {
  io::pipe_ends ends = io::make_pipe();
  auto [rt, rp] = co_await connect_read_pipe(&reads, ends.reader.release());
  auto [wt, wp] = co_await connect_write_pipe(&writes, ends.writer.release());
  rt->close();
  log("closing", rt->is_closing());
  rt->close();
  co_await rp->done;
  co_await wp->done;
  log("closing", wt->is_closing());
}

task<> with_full_buffer() {
  io::pipe_ends ends = io::make_pipe();
  auto [wt, wp] = co_await connect_write_pipe(&writes, ends.writer.release());
  wt->write(std::string(200000, 'x'));
  log("buffered", wt->get_write_buffer_size() > 0);
  ends.reader.close();
  co_await wp->done;
  io::pipe_ends others = io::make_pipe();
  auto [at, ap] = co_await connect_write_pipe(&writes, others.writer.release());
  at->write(std::string(200000, 'x'));
  at->abort();
  log("buffered", at->get_write_buffer_size());
  co_await ap->done;
}

task<> over_a_file() {
  for (const bool to_read : {true, false}) {
    io::file_descriptor file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    try {
      if (to_read) {
        co_await connect_read_pipe(&files, std::move(file));
      } else {
        co_await connect_write_pipe(&files, std::move(file));
      }
    } catch (const std::invalid_argument& refused) {
      log(refused.what());
    }
  }
}

task<> body() {
  co_await to_the_end();
  co_await without_reader();
  co_await with_full_buffer();
  co_await over_a_file();
}

}  // namespace

CONFORMANCE_CASE(pipe_transports) { run_with_io(body()); }

}  // namespace jackdaw::conformance
