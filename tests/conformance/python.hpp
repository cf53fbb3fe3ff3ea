// Python's print(), so that a twin can be read beside its script: log("done", true) prints "done True".
#pragma once

#include <jackdaw/runtime/exceptions.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw::conformance {

// Python's exceptions that the cases raise themselves.
struct value_error : std::runtime_error {
  explicit value_error(const std::string& text = {}) : std::runtime_error(text) {}
};
struct key_error : std::runtime_error {
  explicit key_error(const std::string& text = {}) : std::runtime_error(text) {}
};
struct zero_division_error : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// class Odd(BaseException)
struct odd : base_exception {
  using base_exception::base_exception;
};

/// type(e).__name__
[[nodiscard]] std::string type_name(const std::exception_ptr& error);
/// str(e)
[[nodiscard]] std::string str(const std::exception_ptr& error);
/// repr(e): ValueError('text')
[[nodiscard]] std::string repr(const std::exception_ptr& error);
/// e.__context__: what was being handled when `error` was thrown by std::throw_with_nested, or null.
[[nodiscard]] std::exception_ptr context(const std::exception_ptr& error);
/// e.args of an exception with at most one argument: () or ('text',)
[[nodiscard]] std::string args(const std::exception_ptr& error);

[[nodiscard]] inline std::string str(std::string_view text) { return std::string(text); }
[[nodiscard]] inline std::string str(const char* text) { return text; }
[[nodiscard]] inline std::string str(const std::string& text) { return text; }
[[nodiscard]] inline std::string str(std::nullptr_t) { return "None"; }
template <std::integral T>
[[nodiscard]] std::string str(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value ? "True" : "False";
  } else {
    return std::to_string(value);
  }
}

/// repr(bytes(data)): b'a\n'
[[nodiscard]] std::string bytes_repr(std::string_view data);

template <class T>
[[nodiscard]] std::string repr(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return "'" + str(value) + "'";
  } else {
    return str(value);
  }
}

template <class T>
[[nodiscard]] std::string str(const std::vector<T>& values) {
  std::string text = "[";
  for (std::size_t index = 0; index < values.size(); ++index) {
    text.append(index == 0 ? "" : ", ").append(repr(static_cast<const T&>(values[index])));
  }
  return text + "]";
}

/// Writes the line at once: what a case printed before it crashed is not lost.
void print_line(std::string_view line);

/// print(*values)
template <class... Ts>
void log(const Ts&... values) {
  std::string line;
  ((line.append(line.empty() ? "" : " ").append(str(values))), ...);
  print_line(line);
}

/// A value whose end is logged, as by an object with __del__, or a `finally:`.
class logs_its_end {
 public:
  explicit logs_its_end(std::string_view name, std::string_view verb = "destroyed")
      : name_(name), verb_(verb) {}
  logs_its_end(logs_its_end&& other) noexcept
      : name_(std::exchange(other.name_, {})), verb_(std::move(other.verb_)) {}
  logs_its_end& operator=(logs_its_end&&) = delete;
  ~logs_its_end() {
    if (!name_.empty()) {
      log(verb_, name_);
    }
  }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  std::string verb_;
};

}  // namespace jackdaw::conformance
