// The exceptions that the runtime itself throws.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace jackdaw {

/// The root of what must not be caught by accident: cancellation and orders to end the program.
///
/// Deliberately not a std::exception, as asyncio's CancelledError is no Exception: a handler for
/// `const std::exception&` lets it pass. Whoever writes `catch (...)` around an await must rethrow.
class base_exception {
 public:
  base_exception() = default;
  explicit base_exception(std::string message)
      : message_(std::move(message)), has_message_(!message_.empty()) {}
  /// For a message that may be empty, and yet be one.
  base_exception(std::string message, bool has_message)
      : message_(std::move(message)), has_message_(has_message) {}
  base_exception(const base_exception&) = default;
  base_exception(base_exception&&) = default;
  base_exception& operator=(const base_exception&) = default;
  base_exception& operator=(base_exception&&) = default;
  virtual ~base_exception();

  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  /// Whether a message was given. asyncio tells CancelledError('') from CancelledError().
  [[nodiscard]] bool has_message() const noexcept { return has_message_; }

 private:
  std::string message_;
  bool has_message_ = false;
};

/// The task (or what it awaits) was cancelled. Thrown at a suspension point.
/// Source: asyncio.CancelledError.
class cancelled_error : public base_exception {
 public:
  using base_exception::base_exception;
};

/// Ends an asyncio loop at once, wherever it comes from. Source: KeyboardInterrupt.
class keyboard_interrupt : public base_exception {
 public:
  using base_exception::base_exception;
};

/// Ends an asyncio loop at once, wherever it comes from. Source: SystemExit.
class system_exit : public base_exception {
 public:
  using base_exception::base_exception;
};

/// A deadline passed. Source: asyncio.TimeoutError.
class timeout_error : public std::runtime_error {
 public:
  timeout_error() : std::runtime_error("the operation timed out") {}
  using std::runtime_error::runtime_error;
};

/// There is no value under that name. Source: LookupError.
class lookup_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The operation does not fit the state of the object: a result asked for too early, a task that
/// awaits itself. Source: asyncio.InvalidStateError.
class invalid_state_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Whether a handler for `const E&` would catch it. Null is no error.
template <class E>
[[nodiscard]] bool is_error(const std::exception_ptr& error) noexcept {
  if (error == nullptr) {
    return false;
  }
  try {
    std::rethrow_exception(error);
  } catch (const E&) {
    return true;
  } catch (...) {
    return false;
  }
}

/// keyboard_interrupt and system_exit: they end what runs, wherever they come from (asyncio: S21).
[[nodiscard]] bool is_order_to_end(const std::exception_ptr& error) noexcept;

}  // namespace jackdaw
