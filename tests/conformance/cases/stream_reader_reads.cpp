// S219-S227: what a reader gives, and what it refuses.
#include "../case.hpp"
#include <jackdaw/io/asyncio/stream_reader.hpp>

namespace jackdaw::conformance {
namespace {

using io::asyncio::stream_reader;

task<> pieces() {
  const stream_reader r(8);
  r.feed_data("ab\ncdef");
  const std::string line = co_await r.readline();
  const std::string two = co_await r.readexactly(2);
  const std::string rest = co_await r.read(100);
  log(bytes_repr(line), bytes_repr(two), bytes_repr(rest));
  auto t = asyncio::create_task(r.readuntil("--"));
  co_await yield();
  r.feed_data("xy-");
  co_await yield();
  r.feed_data("-z");
  log(bytes_repr(co_await t));
  r.feed_eof();
  try {
    co_await r.readexactly(5);
  } catch (const io::asyncio::incomplete_read_error& e) {
    log(e.what(), bytes_repr(e.partial()), *e.expected());
  }
  const bool at_eof = r.at_eof();
  const std::string all = co_await r.read();
  const std::string last = co_await r.readline();
  log(at_eof, bytes_repr(all), bytes_repr(last));
}

task<> long_lines() {
  const stream_reader r(4);
  r.feed_data("0123456789\nrest\n");
  try {
    co_await r.readuntil("\n");
  } catch (const io::asyncio::limit_overrun_error& e) {
    log(e.what(), e.consumed(), "data stays in the buffer");
  }
  try {
    co_await r.readline();
  } catch (const std::invalid_argument& e) {
    log("readline ValueError", e.what());
  }
  log("after readline error:", bytes_repr(co_await r.readline()));
  const stream_reader endless(4);
  endless.feed_data("0123456789");
  try {
    co_await endless.readline();
  } catch (const std::invalid_argument& e) {
    log("no newline: buffer is dropped", e.what());
    endless.feed_data("a\n");
  }
  log(bytes_repr(co_await endless.readline()));
}

task<> errors() {
  const stream_reader r;
  auto t = asyncio::create_task(r.read(1));
  co_await yield();
  try {
    co_await r.readline();
  } catch (const std::runtime_error& e) {
    log(e.what());
  }
  r.set_exception(std::make_exception_ptr(std::runtime_error("boom")));
  try {
    co_await t;
  } catch (const std::runtime_error& e) {
    log("waiter", e.what());
  }
  try {
    co_await r.read(1);
  } catch (const std::runtime_error& e) {
    log("later", e.what());
  }
}

task<> lines() {
  const stream_reader r;
  r.feed_data("l1\nl2\npartial");
  r.feed_eof();
  while (true) {
    const std::string line = co_await r.readline();
    if (line.empty()) {
      co_return;
    }
    log(bytes_repr(line));
  }
}

task<> body() {
  co_await pieces();
  co_await long_lines();
  co_await errors();
  co_await lines();
}

}  // namespace

CONFORMANCE_CASE(stream_reader_reads) { run(body()); }

}  // namespace jackdaw::conformance
