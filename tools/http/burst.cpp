// Parsing and answering, without a suspension.

#include <jackdaw/tools/http/access_line.hpp>
#include <jackdaw/tools/http/burst.hpp>

#include <new>
#include <string>
#include <utility>
#include <vector>

namespace jackdaw::http {

namespace {

// Replies are coalesced up to about this much; large bodies must not pile up behind a slow reader.
constexpr std::size_t output_bytes_high = 64UL * 1024;

// What bursts leave for the next ones on their thread. As many bursts are there at a time as connections have
// something to do, which is more than malloc() keeps at hand for a thread.
constexpr std::size_t leavings_max = 64;
constexpr std::size_t leavings_bytes_max = 4096;  // Of each.

// Not inline: a compiler must not keep a thread-local address across a suspension of its caller.
[[gnu::noinline]] std::vector<burst::leavings>& leavings_here() {
  thread_local std::vector<burst::leavings> here;
  return here;
}

burst::leavings take_leavings() {
  std::vector<burst::leavings>& here = leavings_here();
  if (here.empty()) {
    return {};
  }
  burst::leavings last = std::move(here.back());
  here.pop_back();
  return last;
}

void keep(burst::leavings old) noexcept {
  std::vector<burst::leavings>& here = leavings_here();
  if (old.message.memory_bytes() + old.output.capacity() > leavings_bytes_max) {
    return;
  }
  if (here.capacity() == 0) {
    try {
      here.reserve(leavings_max);
    } catch (const std::bad_alloc&) {
      return;
    }
  }
  if (here.size() < leavings_max) {
    old.output.clear();
    here.push_back(std::move(old));
  }
}

}  // namespace

burst::burst(server_context& server, const client* who) : burst(server, who, take_leavings()) {}

burst::burst(server_context& server, const client* who, leavings old)
    : server_(server),
      who_(who),
      parser_(server.options.limits, std::move(old.message)),
      output_(std::move(old.output)) {}

burst::~burst() {
  leave_flight();
  keep({parser_.take_message(), std::move(output_)});
}

void burst::log(const request* message, status code, std::uint64_t body_bytes) {
  if (server_.log != nullptr) {
    append_access_line(log_lines_, who_ == nullptr ? "-" : who_->host(), message, code, body_bytes);
  }
}

bool burst::enter_flight() noexcept {
  const std::size_t count_max = server_.options.in_flight_max;
  in_flight_ = in_flight_ || count_max == 0 || server_.in_flight.enter(count_max);
  return in_flight_;
}

void burst::leave_flight() noexcept {
  if (std::exchange(in_flight_, false) && server_.options.in_flight_max != 0) {
    server_.in_flight.leave();
  }
}

burst::step burst::advance(std::span<const std::byte> bytes, time_point now) {
  now_ = now;
  if (unsent_ == 0 && !waiting_ && !sending_body_) {
    started_ = now;
  }
  const std::size_t output_before = output_.size();
  const step taken = answer_all(bytes, now);
  group_.received_bytes = taken.consumed;
  count_group(output_before);
  return taken;
}

void burst::count_group(std::size_t output_before) noexcept {
  group_.sent_bytes = output_.size() - output_before;
  unsent_ += group_.requests;
  server_.metrics.count(group_);
  group_ = reply_group{};
}

void burst::sent(time_point now) noexcept {
  if (unsent_ != 0) {
    server_.metrics.count_latency(std::exchange(unsent_, 0), now - started_);
  }
  if (!log_lines_.empty()) {
    std::string lines;
    const unsigned count = append_durations(lines, log_lines_, now - started_);
    log_lines_.clear();
    server_.log->add(lines, count);
  }
  if (!waiting_) {
    leave_flight();
  }
}

burst::step burst::answer_all(std::span<const std::byte> bytes, time_point now) {
  if (waiting_ || sending_body_) {
    const wish next = resume(bytes.empty());
    if (next != wish::read) {
      return {next, 0};
    }
  }
  std::size_t consumed = 0;
  for (;;) {
    const auto parsed = parser_.feed(bytes.subspan(consumed));
    consumed += parsed.consumed;
    if (parsed.outcome == progress::failed) {
      return {refuse_now(parser_.error()), consumed};
    }
    if (parsed.outcome == progress::need_more) {
      await_more(now, parsed.consumed > 0 || consumed < bytes.size());
      return {wish::read, consumed};
    }
    const wish next = answer_request(consumed == bytes.size());
    if (next != wish::read) {
      return {next, consumed};
    }
    if (output_.size() >= output_bytes_high) {
      return {wish::write, consumed};
    }
  }
}

// The head's deadline runs from the request's first byte, the body's from the end of the head;
// neither is moved by bytes that trickle in.
void burst::await_more(time_point now, bool anything_left) {
  const bool in_head = parser_.in_head();
  if (anything_left && !receiving_) {
    receiving_ = true;
    receiving_head_ = in_head;
    deadline_ = deadline_after(
        now, in_head ? server_.options.header_timeout : server_.options.body_timeout);
  } else if (receiving_head_ && !in_head) {
    receiving_head_ = false;
    deadline_ = deadline_after(now, server_.options.body_timeout);
  }
  if (parser_.take_continue()) {
    output_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
}

burst::wish burst::answer_request(bool last) {
  receiving_ = false;
  if (late_) {
    return shed_request(shed::delay, last);
  }
  if (!enter_flight()) {
    return shed_request(shed::in_flight, last);
  }
  pending_ = answer{};
  handle(parser_.message(), server_, pending_);
  if (pending_.wants_file) {
    auto known = server_.files->find(file_path(), now_);
    if (known == nullptr) {
      waiting_ = true;
      return wish::open;
    }
    opened(looked_up(std::move(known)));
  }
  waiting_ = pending_.delay.count() > 0;
  return waiting_ ? wish::sleep : write_reply(last);
}

burst::wish burst::shed_request(shed why, bool last) {
  ++group_.requests;
  group_.add_reply(status::service_unavailable);
  server_.metrics.count_shed(why);
  append_refusal(output_, status::service_unavailable);
  log(&parser_.message(), status::service_unavailable, 0);
  return last ? wish::close : wish::abort;
}

burst::wish burst::resume(bool last) {
  if (std::exchange(sending_body_, false)) {
    pending_.file.reset();
    return after_body_;
  }
  waiting_ = false;
  return write_reply(last);
}

void burst::opened(const looked_up& found) { answer_with(parser_.message(), found, pending_); }

burst::body burst::pending_body() const {
  return {pending_.file, pending_.offset, pending_.reply.length.value_or(0)};
}

burst::wish burst::write_reply(bool last) {
  const request& message = parser_.message();
  // While draining, requests that have arrived are still answered; the last reply says goodbye.
  const bool leaving = last && server_.draining.load(std::memory_order_relaxed);
  const bool close = leaving || !message.keep_alive();
  pending_.reply.close = close;
  pending_.reply.say_keep_alive = message.version_minor() == 0;
  append(output_, pending_.reply);
  ++group_.requests;
  group_.add_reply(pending_.reply.code);
  const response& reply = pending_.reply;
  const std::uint64_t body_bytes = reply.length.value_or(reply.body.size());
  log(&message, reply.code, reply.head_only ? 0 : body_bytes);
  parser_.reset();
  const wish next = close ? (last ? wish::close : wish::abort) : wish::read;
  const bool body_follows = pending_.reply.length.value_or(0) > 0 && !pending_.reply.head_only;
  if (!body_follows) {
    pending_.file.reset();
    return next;
  }
  after_body_ = next;
  sending_body_ = true;
  return wish::body;
}

burst::wish burst::refuse(status code) {
  const std::size_t output_before = output_.size();
  const wish next = refuse_now(code);
  count_group(output_before);
  return next;
}

burst::wish burst::refuse_now(status code) {
  append_refusal(output_, code);
  group_.add_reply(code);
  log(nullptr, code, 0);
  server_.metrics.count_refusal();
  return wish::abort;
}

}  // namespace jackdaw::http
