// Errors of I/O: exceptions by default, results where a failure is ordinary.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>
#include <jackdaw/runtime/outcome.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

namespace jackdaw::io {

/// The kernel said no. what() names the call, what it was about, and the cause; code() is the errno.
class error : public std::system_error {
 public:
  error(int number, std::string_view call, std::string_view subject = {});

  [[nodiscard]] int number() const noexcept { return code().value(); }
};

/// What went wrong: an errno and the name of the call.
struct failure_cause {
  int number = 0;
  const char* call = "";
};

/// A value, or why there is none. The no-throw form of an operation returns it: a peer that goes away
/// is nothing exceptional for a server.
template <class T>
class [[nodiscard]] result {
 public:
  using stored = stored_type<T>;

  result(stored value) : value_(std::move(value)) {}       // NOLINT: a value is a result.
  result(failure_cause cause) noexcept : cause_(cause) {}  // NOLINT: so is its absence.

  [[nodiscard]] bool ok() const noexcept { return value_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] stored& operator*() noexcept {
    JACKDAW_ASSERT(value_.has_value());
    return *value_;
  }
  [[nodiscard]] const stored& operator*() const noexcept {
    JACKDAW_ASSERT(value_.has_value());
    return *value_;
  }
  [[nodiscard]] stored* operator->() noexcept { return &**this; }

  /// The value, moved out, or throws io::error.
  T value() {
    if (!value_.has_value()) {
      throw error(cause_.number, cause_.call);
    }
    if constexpr (!std::is_void_v<T>) {
      return std::move(*value_);
    }
  }
  /// The same, and the error names `subject`: a text, or what has a to_string(), which is asked only then.
  template <class Subject>
  T value_about(const Subject& subject) {
    if (!value_.has_value()) {
      if constexpr (requires { subject.to_string(); }) {
        throw error(cause_.number, cause_.call, subject.to_string());
      } else {
        throw error(cause_.number, cause_.call, subject);
      }
    }
    return value();
  }
  /// 0 if there is a value.
  [[nodiscard]] int error_number() const noexcept { return ok() ? 0 : cause_.number; }
  [[nodiscard]] std::error_code error_code() const noexcept {
    return {error_number(), std::generic_category()};
  }
  [[nodiscard]] failure_cause cause() const noexcept { return cause_; }

 private:
  std::optional<stored> value_;
  failure_cause cause_;
};

/// What an errno means for whoever runs into it.
enum class meaning {
  peer_gone,      // The connection is over, by the peer or the network. Close it.
  refused,        // Nobody listens there, or the way is barred. Try later or elsewhere.
  retry,          // Transient: the same call may succeed at once.
  out_of_limits,  // Descriptors, memory or buffers are used up. Back off.
  not_permitted,  // Rights, seccomp, capabilities, a file system that is read-only.
  bad_argument,   // The caller's mistake.
  not_found,      // No file, device or process of that name or number.
  exists,         // It is there already, or there is something in it.
  wrong_kind,     // A directory where a file was wanted, or the other way round, or a link.
  no_space,       // The medium, or the quota, is full.
  too_large,      // A message, file, name or number is longer than is allowed there.
  busy,           // Somebody uses it in a way that excludes this. Try later.
  unsupported,    // This kernel, file system, protocol or kind of file cannot do that.
  device_failed,  // The medium or the device reports an error.
  cancelled,      // It was told to stop.
  other,
};

/// Its name in this list, for logs and metrics.
[[nodiscard]] std::string_view to_string(meaning found) noexcept;

/// The one table of errno meanings.
[[nodiscard]] meaning meaning_of(int error_number) noexcept;

}  // namespace jackdaw::io
