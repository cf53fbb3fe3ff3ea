// The requests that have arrived on a connection and are being answered.
//
// A connection has a burst only while it has something to do: it is made when bytes arrive and
// dropped when the last of them is answered, so that an idle connection holds neither parser nor
// buffers. Everything here is plain code that never suspends; the connection asks what to do next.
#pragma once

#include <jackdaw/runtime/clock.hpp>
#include <jackdaw/runtime/frame_allocator.hpp>
#include <jackdaw/tools/http/client.hpp>
#include <jackdaw/tools/http/handlers.hpp>
#include <jackdaw/tools/http/request_parser.hpp>
#include <jackdaw/tools/http/server_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace jackdaw::http {

class burst : public pooled {
 public:
  /// What the connection should do next. Always first: write output(), if there is any.
  enum class wish : std::uint8_t {
    read,   // Everything that has arrived is answered, or a request is incomplete: see done().
    write,  // There is more to answer, but the output is long enough for now.
    sleep,  // For delay(), then advance() again.
    open,   // Look up file_path(), tell it to opened(), then advance() again.
    body,   // Send what pending_body() says, then advance() again.
    close,  // The last reply is in the output.
    abort,  // As close, and the client may still be sending: linger, or it may not see the reply.
  };

  /// Memory that the next burst can use.
  struct leavings {
    request message;
    std::string output;
  };

  /// `who` is null if nobody wants to know, and outlives the burst.
  explicit burst(server_context& server, const client* who = nullptr);
  burst(const burst&) = delete;
  burst& operator=(const burst&) = delete;
  ~burst();

  struct step {
    wish next;
    std::size_t consumed;
  };

  /// Requests that arrived in time, or not, are answered from here on.
  void set_late(bool late) noexcept { late_ = late; }

  /// Answers what `bytes` hold; they start where the last step stopped. After `sleep`, answers the
  /// request that slept first.
  [[nodiscard]] step advance(std::span<const std::byte> bytes, time_point now);

  /// Refuses the request that is being received.
  [[nodiscard]] wish refuse(status code);

  /// The output was taken by the kernel, or never will be. After each step, also if there was none.
  void sent(time_point now) noexcept;

  [[nodiscard]] std::chrono::milliseconds delay() const noexcept { return pending_.delay; }

  /// The path of the file that the request asks for, as it was sent.
  [[nodiscard]] std::string_view file_path() const noexcept { return parser_.message().path(); }
  void opened(const looked_up& found);

  struct body {
    body(std::shared_ptr<const served_file> from, std::uint64_t begin, std::uint64_t count) noexcept
        : file(std::move(from)), offset(begin), length(count) {}

    std::shared_ptr<const served_file> file;
    std::uint64_t offset;
    std::uint64_t length;
  };
  [[nodiscard]] body pending_body() const;

  /// True if nothing of a next request has been consumed: with no bytes left, drop the burst.
  [[nodiscard]] bool done() const noexcept { return !receiving_; }

  /// When the rest of the request must have arrived. Only while not done().
  [[nodiscard]] time_point deadline() const noexcept { return deadline_; }

  [[nodiscard]] std::string& output() noexcept { return output_; }

 private:
  burst(server_context& server, const client* who, leavings old);

  [[nodiscard]] step answer_all(std::span<const std::byte> bytes, time_point now);
  [[nodiscard]] wish answer_request(bool last);
  [[nodiscard]] wish write_reply(bool last);
  [[nodiscard]] wish resume(bool last);
  void log(const request* message, status code, std::uint64_t body_bytes);
  [[nodiscard]] wish shed_request(shed why, bool last);
  [[nodiscard]] bool enter_flight() noexcept;
  void leave_flight() noexcept;
  [[nodiscard]] wish refuse_now(status code);
  void await_more(time_point now, bool anything_left);
  void count_group(std::size_t output_before) noexcept;

  server_context& server_;
  const client* who_;
  request_parser parser_;
  std::string output_;
  answer pending_;  // The answer that waits for its delay.
  time_point deadline_{};
  time_point now_{};      // Of this step.
  time_point started_{};  // When the oldest request arrived that has no reply yet.
  reply_group group_;     // Of this step.
  std::uint32_t unsent_ = 0;
  std::string log_lines_;         // Of replies that have not been sent, without their durations.
  bool late_ = false;             // Whoever asks has waited too long.
  bool in_flight_ = false;        // Counted as being answered.
  bool waiting_ = false;          // For a delay or a file: the reply comes with the next step.
  wish after_body_ = wish::read;  // What comes when the body was sent.
  bool sending_body_ = false;
  bool receiving_ = false;
  bool receiving_head_ = false;
};

}  // namespace jackdaw::http
