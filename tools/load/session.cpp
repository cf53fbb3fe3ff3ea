// The loops of session.hpp.

#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/tools/load/response_head.hpp>
#include <jackdaw/tools/load/session.hpp>

#include <algorithm>
#include <span>

namespace jackdaw::load {

namespace {

constexpr std::size_t latencies_at_once = 64;
constexpr duration pause_after_refusal = std::chrono::milliseconds(50);

time_point now() { return current_scheduler().now(); }

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

task<io::tcp_stream> connect_any(std::vector<io::address> addresses, duration limit) {
  std::exception_ptr trouble;
  for (const io::address& each : addresses) {
    try {
      io::tcp_stream stream = co_await timeout(limit, io::tcp_stream::connect(each));
      co_return stream;
    } catch (const std::exception&) {
      trouble = std::current_exception();
    }
  }
  std::rethrow_exception(trouble);
}

session::session(run_context& run, unsigned index) : run_(run), index_(index) {
  latencies_.reserve(latencies_at_once);
}

time_point session::due(std::uint64_t turn) const noexcept {
  const auto number = static_cast<double>(index_ + turn * run_.options.connections);
  return run_.start + std::chrono::duration_cast<duration>(
                          std::chrono::duration<double>(number / run_.options.rate));
}

task<void> session::connect() {
  io::tcp_stream stream = co_await connect_any(run_.addresses, run_.options.connect_timeout);
  link_ = std::make_unique<link>(std::move(stream));
}

task<bool> session::ensure_connected() {
  if (link_ != nullptr) {
    co_return true;
  }
  try {
    co_await connect();
  } catch (const std::exception&) {
    run_.counts.fail(failure_kind::connect);
  }
  if (link_ == nullptr) {
    co_await sleep(pause_after_refusal);
  }
  co_return link_ != nullptr;
}

task<void> session::closed_loop() {
  while (now() < run_.end) {
    const unsigned count = run_.counts.take(run_.options.pipeline, run_.options.requests);
    if (count == 0) {
      break;
    }
    if (co_await ensure_connected()) {
      co_await exchange(count, now());
    }
  }
  flush_latencies();
}

task<void> session::open_loop() {
  for (std::uint64_t turn = 0; due(turn) < run_.end; ++turn) {
    if (run_.counts.take(1, run_.options.requests) == 0) {
      break;
    }
    const time_point time = due(turn);
    const time_point present = now();
    if (present >= run_.end) {
      run_.counts.miss(run_.end - time);
      continue;
    }
    if (present < time) {
      co_await sleep_until(time);
    }
    if (co_await ensure_connected()) {
      co_await exchange(1, time);
    }
  }
  flush_latencies();
}

task<unsigned> session::single() {
  co_await connect();
  co_await exchange(1, now());
  co_return status_;
}

// Sends `count` requests and waits for as many responses. Whatever goes wrong costs the connection,
// because what the next bytes on it would mean is unknown.
task<void> session::exchange(unsigned count, time_point since) {
  unanswered_ = count;
  const duration limit = run_.options.response_timeout;
  auto trouble = failure_kind::transport;
  try {
    const std::string_view text =
        std::string_view(run_.requests).substr(0, count * run_.request_bytes);
    const auto bytes = std::as_bytes(std::span(text));
    const io::result<std::size_t> sent =
        co_await timeout(limit, link_->stream.try_write_all(bytes));
    bool alive = sent.ok();
    while (alive) {
      const verdict next = take_responses(link_->reader, since);
      if (next == verdict::done) {
        co_return;
      }
      if (next == verdict::broken) {
        trouble = failure_kind::protocol;
        break;
      }
      const io::result<std::size_t> received = co_await timeout(limit, link_->reader.fill());
      alive = received.ok() && *received > 0;
    }
  } catch (const timeout_error&) {
    trouble = failure_kind::timeout;
  }
  drop(trouble);
}

// Consumes whole responses, and bodies as far as they have arrived.
session::verdict session::take_responses(io::buffered_reader& reader, time_point since) {
  while (unanswered_ > 0) {
    if (!in_body_) {
      if (closing_) {
        drop(failure_kind::transport);  // The server closed before it had answered everything.
        return verdict::done;
      }
      const response_head head = parse_response_head(as_text(reader.buffered()));
      if (head.found != response_head::state::complete) {
        return head.found == response_head::state::malformed ? verdict::broken : verdict::more;
      }
      reader.consume(head.head_bytes);
      if (head.interim()) {
        continue;
      }
      status_ = head.status;
      closing_ = head.closes;
      body_left_ = head.body_bytes;
      in_body_ = true;
    }
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, reader.buffered().size()));
    reader.consume(size);
    body_left_ -= size;
    if (body_left_ > 0) {
      return verdict::more;
    }
    in_body_ = false;
    --unanswered_;
    if (status_ >= 400) {
      run_.counts.fail(failure_kind::status);
    } else {
      ++answered_;
      latencies_.push_back(now() - since);
    }
  }
  count_up();
  if (closing_) {
    drop(failure_kind::transport);
  }
  return verdict::done;
}

void session::count_up() {
  run_.counts.answer(std::exchange(answered_, 0));
  if (latencies_.size() >= latencies_at_once) {
    flush_latencies();
  }
}

void session::drop(failure_kind kind) {
  count_up();
  if (unanswered_ > 0) {
    run_.counts.fail(kind, std::exchange(unanswered_, 0));
  }
  link_.reset();
  in_body_ = false;
  closing_ = false;
}

void session::flush_latencies() {
  run_.counts.record(latencies_);
  latencies_.clear();
}

}  // namespace jackdaw::load
