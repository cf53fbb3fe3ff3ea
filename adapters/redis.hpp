// Redis by hiredis, awaited: its asynchronous interface over jackdaw's I/O.
#pragma once

#include <jackdaw/adapters/foreign_loop.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/task.hpp>

#include <concepts>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

struct redisAsyncContext;  // NOLINT(readability-identifier-naming): hiredis's.

namespace jackdaw::adapters {

/// The server refused a command (its text), or the connection failed.
class redis_error : public std::runtime_error {
 public:
  redis_error(const std::string& what, bool connection_is_lost)
      : std::runtime_error(what), lost_(connection_is_lost) {}
  /// The connection is of no use any more; whether the command was carried out is not known.
  [[nodiscard]] bool connection_lost() const noexcept { return lost_; }

 private:
  bool lost_;
};

/// What a command gives.
struct redis_value {
  enum class kind : std::uint8_t { nil, integer, text, array, error };

  redis_value() = default;

  kind type = kind::nil;
  std::int64_t integer = 0;
  std::string text;                // Of text, status and error.
  std::vector<redis_value> items;  // Of an array. An error may be among them (EXEC).
};

/// A connection. Commands of several tasks are pipelined: each is sent without waiting for the answers to the others.
///
/// Not for SUBSCRIBE and MONITOR, whose answers do not end.
///
/// Threads       command() from any number of tasks on any worker. hiredis runs under a lock.
/// Lifetime      Outlives its commands.
/// Source        hiredis/async.h; the hooks are those of its adapters for libevent and libev.
class redis_connection final : private foreign_loop {
 public:
  /// Awaits a connection: to a local socket, if the address begins with "/", else to a numeric IP address.
  ///
  /// Errors        redis_error; io::error if there are no descriptors left.
  static task<std::unique_ptr<redis_connection>> connect(std::string address, int port = 6379);
  ~redis_connection() override;

  /// Sends a command and awaits its answer: `command("SET", key, value)`.
  ///
  /// Errors        redis_error.
  /// Cancellation  Leaves at once. The command is carried out all the same, and its answer dropped.
  /// Cost          Allocations by hiredis and for the answer.
  task<redis_value> command(std::vector<std::string> words);
  template <std::convertible_to<std::string>... Words>
  JACKDAW_CORO_WRAPPER task<redis_value> command(std::string name, Words&&... arguments) {
    std::vector<std::string> words;
    words.reserve(1 + sizeof...(arguments));
    words.push_back(std::move(name));
    (words.emplace_back(std::forward<Words>(arguments)), ...);
    return command(std::move(words));
  }

  /// Why the connection is lost; "" while it is not, as far as anybody has noticed.
  [[nodiscard]] std::string failure();

 private:
  struct hooks;
  struct request;

  redis_connection() = default;
  void open(const std::string& address, int port);
  void change_interest(std::uint32_t added, std::uint32_t removed) noexcept;
  void on_ready(int descriptor, std::uint32_t events) override;

  // Under the lock.
  redisAsyncContext* context_ = nullptr;  // Null again when hiredis has freed it.
  int descriptor_ = -1;
  std::uint32_t interest_ = 0;  // POLLIN, POLLOUT.
  std::string failure_ = "it was never connected";
  waiter connecting_;
};

}  // namespace jackdaw::adapters
