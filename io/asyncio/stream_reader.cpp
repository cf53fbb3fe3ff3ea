// Feeding, waiting, taking.
#include <jackdaw/io/asyncio/stream_reader.hpp>
#include <jackdaw/io/byte_buffer.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>

namespace jackdaw::io::asyncio {

struct stream_reader::state {
  explicit state(std::size_t wanted) : limit(wanted) {}

  [[nodiscard]] std::string_view text() const noexcept {
    const std::span<const std::byte> bytes = buffer.readable();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  // The first `count` bytes, which are there.
  [[nodiscard]] std::string take(std::size_t count) {
    std::string taken(text().substr(0, count));
    drop(taken.size());
    return taken;
  }
  void drop(std::size_t count) {
    buffer.consume(count);
    if (paused && buffer.size() <= limit) {
      resume();
    }
  }
  void resume() {
    paused = false;
    transport->resume_reading();
  }
  void wake() {
    if (const auto woken = std::exchange(waiter, std::nullopt); woken && !woken->done()) {
      woken->set_result();
    }
  }
  void require_no_error() const {
    if (exception != nullptr) {
      std::rethrow_exception(exception);
    }
  }

  std::size_t limit;
  byte_buffer buffer;
  std::optional<future<void>> waiter;
  std::exception_ptr exception;
  std::shared_ptr<read_transport> transport;
  bool eof = false;
  bool paused = false;
};

// The one wait for more that there may be.
class stream_reader::data_wait {
 public:
  data_wait(state& from, const char* call) : from_(&from) {
    if (from.waiter) {
      throw std::runtime_error(
          std::string(call) +
          "() called while another coroutine is already waiting for incoming data");
    }
    if (from.paused) {  // What it waits for would never come.
      from.resume();
    }
    from.waiter = arrived_;
  }
  ~data_wait() {
    if (from_->waiter && *from_->waiter == arrived_) {
      from_->waiter.reset();
    }
  }
  data_wait(const data_wait&) = delete;
  data_wait& operator=(const data_wait&) = delete;

  [[nodiscard]] const future<void>& arrived() const noexcept { return arrived_; }

 private:
  state* from_;
  future<void> arrived_;
};

stream_reader::stream_reader(std::size_t limit) : state_(std::make_shared<state>(limit)) {
  if (limit == 0) {
    throw std::invalid_argument("Limit cannot be <= 0");
  }
}

bool stream_reader::at_eof() const noexcept { return state_->eof && state_->buffer.empty(); }
std::exception_ptr stream_reader::exception() const noexcept { return state_->exception; }

void stream_reader::feed_data(std::string_view data) const {
  state& into = *state_;
  if (into.eof) {
    throw std::logic_error("feed_data after feed_eof");
  }
  if (data.empty()) {
    return;
  }
  into.buffer.append(std::as_bytes(std::span(data.data(), data.size())));
  into.wake();
  if (into.transport != nullptr && !into.paused && into.buffer.size() > 2 * into.limit) {
    into.paused = true;
    into.transport->pause_reading();
  }
}

void stream_reader::feed_eof() const {
  state_->eof = true;
  state_->wake();
}

void stream_reader::set_exception(std::exception_ptr error) const {
  state_->exception = error;
  if (const auto woken = std::exchange(state_->waiter, std::nullopt); woken && !woken->done()) {
    woken->set_exception(std::move(error));
  }
}

void stream_reader::set_transport(std::shared_ptr<read_transport> source) const {
  if (state_->transport != nullptr) {
    throw std::logic_error("Transport already set");
  }
  state_->transport = std::move(source);
}

std::string stream_reader::take_unread() const {
  std::string taken(state_->text());
  state_->buffer.consume(taken.size());
  return taken;
}

void stream_reader::replace_transport(std::shared_ptr<read_transport> source) const {
  state_->transport = std::move(source);
  state_->paused = false;
}

task<std::string> stream_reader::read_some(std::shared_ptr<state> from, std::size_t count) {
  from->require_no_error();
  if (count == 0) {
    co_return std::string();
  }
  if (from->buffer.empty() && !from->eof) {
    const data_wait waiting(*from, "read");
    co_await waiting.arrived();
  }
  co_return from->take(count);
}

task<std::string> stream_reader::read_all(std::shared_ptr<state> from) {
  std::string all;
  while (true) {
    // As read(limit), so that what comes does not pile up behind a paused transport.
    const std::string block = co_await read_some(from, from->limit);
    if (block.empty()) {
      co_return all;
    }
    all += block;
  }
}

task<std::string> stream_reader::read_exactly(std::shared_ptr<state> from, std::size_t count) {
  from->require_no_error();
  while (from->buffer.size() < count) {
    if (from->eof) {
      throw incomplete_read_error(from->take(from->buffer.size()), count);
    }
    const data_wait waiting(*from, "readexactly");
    co_await waiting.arrived();
  }
  co_return from->take(count);
}

task<std::string> stream_reader::read_line(std::shared_ptr<state> from) {
  std::string refused;
  try {
    auto line = co_await read_until(from, std::vector<std::string>(1, "\n"));
    co_return line;
  } catch (const incomplete_read_error& error) {
    co_return error.partial();
  } catch (const limit_overrun_error& error) {
    const std::string_view text = from->text();
    const std::size_t consumed = error.consumed();
    const bool found = consumed < text.size() && text[consumed] == '\n';
    from->drop(found ? consumed + 1 : text.size());
    refused = error.what();
  }
  throw std::invalid_argument(refused);
}

namespace {

struct match {
  std::size_t begin;
  std::size_t end;
};

// Of several, the one that ends first.
std::optional<match> find_first_end(std::string_view text, std::size_t offset,
                                    const std::vector<std::string>& separators) {
  std::optional<match> found;
  for (const std::string& each : separators) {
    const std::size_t begin = text.find(each, offset);
    if (begin != std::string_view::npos && (!found || begin + each.size() < found->end)) {
      found = match{begin, begin + each.size()};
    }
  }
  return found;
}

// Shortest first, so that of two that end together the shorter one counts.
void prepare(std::vector<std::string>& separators) {
  std::sort(separators.begin(), separators.end(),
            [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
  if (separators.empty()) {
    throw std::invalid_argument("Separator should contain at least one element");
  }
  if (separators.front().empty()) {
    throw std::invalid_argument("Separator should be at least one-byte string");
  }
}

}  // namespace

task<std::string> stream_reader::read_until(std::shared_ptr<state> from,
                                            std::vector<std::string> separators) {
  prepare(separators);
  from->require_no_error();
  // Before it there is no separator, and none that begins there can be completed.
  std::size_t offset = 0;
  std::optional<match> found;
  while (true) {
    const std::string_view text = from->text();
    if (text.size() >= offset + separators.front().size()) {
      found = find_first_end(text, offset, separators);
      if (found) {
        break;
      }
      const std::size_t longest = separators.back().size();
      offset = text.size() + 1 > longest ? text.size() + 1 - longest : 0;
      if (offset > from->limit) {
        throw limit_overrun_error("Separator is not found, and chunk exceed the limit", offset);
      }
    }
    if (from->eof) {
      throw incomplete_read_error(from->take(text.size()), std::nullopt);
    }
    const data_wait waiting(*from, "readuntil");
    co_await waiting.arrived();
  }
  if (found->begin > from->limit) {
    throw limit_overrun_error("Separator is found, but chunk is longer than limit", found->begin);
  }
  co_return from->take(found->end);
}

}  // namespace jackdaw::io::asyncio
