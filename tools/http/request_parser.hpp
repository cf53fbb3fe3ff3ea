// An incremental, strict HTTP/1.1 request parser over http_parser.
//
// Who sees a byte, and when
// -------------------------
// A request is taken line by line (head, chunk sizes, trailers) or in whatever pieces arrive (body).
//
//   1. A line is taken only when it is complete; until then it stays in the caller's buffer, so a
//      half-received head costs no second copy.
//   2. A complete line is held against wire_rules.hpp, and against the limits.
//   3. Only then http_parser sees it: it splits fields, names the method, decides on framing.
//
// So the verdict depends on the bytes alone, never on how they were cut into reads: the first line
// that breaks a rule decides. Guarded by tests/tools/request_parser_test.cpp, "verdict does not
// depend on how the bytes arrive".
//
//                 '\r\n' once                            blank line
//   feed(): start ───────────► request_line ──► field_line ──────────┬─────────────► complete
//                                                                    ├► sized_body ─► complete
//                       ┌────────────────────────────────────────────┘
//                       └► chunk_line ──► chunk_data ──► chunk_end ──► chunk_line ...
//                              └─ size 0 ──► trailer_line ──────── blank line ──────► complete
//   any of them ──► failed

#pragma once

#include <jackdaw/tools/http/request.hpp>
#include <jackdaw/tools/http/status.hpp>

#include <http_parser.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace jackdaw::http {

struct request_limits {
  std::size_t head_bytes_max = 8UL * 1024;  ///< Request line, fields, trailers and their line ends.
  std::size_t target_bytes_max = 4UL * 1024;
  std::size_t field_count_max = 100;
  std::size_t body_bytes_max = 1024UL * 1024;
};

enum class progress : std::uint8_t {
  need_more,  ///< Offer the bytes that were not consumed again, with more behind them.
  complete,   ///< message() is whole; what was not consumed belongs to the next request.
  failed,     ///< Answer with error() and close: where the next request starts is unknown.
};

class request_parser {
 public:
  struct step {
    progress outcome;
    std::size_t consumed;
  };

  /// `spare` is an old message, for its memory.
  explicit request_parser(const request_limits& limits = {}, request spare = {}) noexcept;
  request_parser(const request_parser&) = delete;
  request_parser& operator=(const request_parser&) = delete;

  /// Consumes at most one request from `bytes`, which start where the last step stopped.
  /// After `complete` or `failed` call reset() first.
  [[nodiscard]] step feed(std::span<const std::byte> bytes);

  [[nodiscard]] status error() const noexcept { return error_; }
  [[nodiscard]] const request& message() const noexcept { return request_; }

  /// True while the head is not complete: the time-out for heads applies, not the one for bodies.
  [[nodiscard]] bool in_head() const noexcept { return phase_ <= phase::field_line; }

  /// True once, if the client waits for "100 Continue" before it sends its body.
  [[nodiscard]] bool take_continue() noexcept;

  /// Ready for the next request; keeps memory.
  void reset() noexcept;

  /// The message, for its memory. The parser is of no more use.
  [[nodiscard]] request take_message() noexcept { return std::move(request_); }

 private:
  enum class phase : std::uint8_t {
    start,
    request_line,
    field_line,
    sized_body,
    chunk_line,
    chunk_data,
    chunk_end,
    trailer_line,
    complete,
    failed,
  };
  struct callbacks;  // What http_parser calls.

  struct line {
    std::string_view text;  // With its line end; empty if the line is not complete yet.
    bool too_long = false;
  };

  void advance(std::string_view bytes);
  void take_head(std::string_view bytes);
  void take_data(std::string_view bytes);
  void take_chunk_line(std::string_view bytes);
  void take_chunk_end(std::string_view bytes);
  void take_trailers(std::string_view bytes);

  [[nodiscard]] line next_line(std::string_view bytes, std::size_t room);
  [[nodiscard]] status check_head_line(const line& next);
  [[nodiscard]] status note_field(std::string_view name, std::string_view value);
  [[nodiscard]] status check_message();
  [[nodiscard]] status split_target();

  void execute(std::string_view bytes);
  void finish_head();
  void fail(status error) noexcept;

  // Fields that may come once, and what the client expects.
  struct seen_fields {
    bool host : 1 = false;
    bool content_length : 1 = false;
    bool transfer_encoding : 1 = false;
    bool expect_continue : 1 = false;
    bool expect_unknown : 1 = false;
  };

  request_limits limits_;
  request request_;
  http_parser parser_{};
  std::size_t consumed_ = 0;          // In the current feed().
  std::size_t scanned_ = 0;           // Leading bytes of the next line known to hold no LF.
  std::size_t head_bytes_ = 0;        // Of this request so far, trailers included.
  std::size_t field_count_ = 0;       // Trailers included.
  std::uint64_t content_length_ = 0;  // As we read it; http_parser must agree.
  std::uint64_t data_left_ = 0;       // Of the sized body, or of the current chunk.
  request::range host_{};
  phase phase_ = phase::start;
  seen_fields seen_{};
  status error_ = status::none;
};

}  // namespace jackdaw::http
