// What a coroutine ends with: a value or an exception.
#pragma once

#include <jackdaw/runtime/base/assert.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace jackdaw {

/// Stands for `void` where a value is needed.
struct nothing {
  friend bool operator==(nothing, nothing) = default;
};

/// `T` as it is stored: void as `nothing`, a reference as a pointer.
template <class T>
using stored_type = std::conditional_t<
    std::is_void_v<T>, nothing,
    std::conditional_t<std::is_reference_v<T>, std::add_pointer_t<std::remove_reference_t<T>>, T>>;

/// What others see of a result that stays where it is.
template <class T>
using shared_view = std::conditional_t<std::is_void_v<T> || std::is_reference_v<T>, T,
                                       std::add_lvalue_reference_t<const stored_type<T>>>;

/// Empty, a value, or an exception, which is not null. A hand-made union, because std::variant costs construction and a
/// visitation in the frame of every coroutine.
template <class T>
class outcome {
 public:
  using stored = stored_type<T>;

  outcome() noexcept {}
  outcome(outcome&& other) noexcept(std::is_nothrow_move_constructible_v<stored>) { take(other); }
  outcome& operator=(outcome&& other) noexcept(std::is_nothrow_move_constructible_v<stored>) {
    if (this != &other) {
      reset();
      take(other);
    }
    return *this;
  }
  outcome(const outcome& other)
    requires std::is_copy_constructible_v<stored>
  {
    copy(other);
  }
  outcome& operator=(const outcome& other)
    requires std::is_copy_constructible_v<stored>
  {
    if (this != &other) {
      reset();
      copy(other);
    }
    return *this;
  }
  ~outcome() { reset(); }

  /// Builds the value. For a reference: what it refers to, or its address.
  template <class... Args>
  void set_value(Args&&... args) {
    reset();
    set_first_value(std::forward<Args>(args)...);
  }
  /// The same, of an outcome that is empty.
  template <class... Args>
  void set_first_value(Args&&... args) {
    if constexpr (std::is_reference_v<T> &&
                  (std::is_convertible_v<std::add_pointer_t<Args>, stored> && ...)) {
      std::construct_at(std::addressof(value_), std::addressof(args)...);
    } else {
      std::construct_at(std::addressof(value_), std::forward<Args>(args)...);
    }
    kind_ = kind::value;
  }

  void set_exception(std::exception_ptr error) noexcept {
    reset();
    std::construct_at(std::addressof(error_), std::move(error));
    kind_ = kind::error;
  }

  [[nodiscard]] bool empty() const noexcept { return kind_ == kind::empty; }
  [[nodiscard]] bool has_value() const noexcept { return kind_ == kind::value; }
  [[nodiscard]] bool has_exception() const noexcept { return kind_ == kind::error; }
  [[nodiscard]] const std::exception_ptr& exception() const noexcept { return error_; }

  [[nodiscard]] std::exception_ptr error_or_null() const noexcept {
    return has_exception() ? error_ : nullptr;
  }

  void rethrow_if_exception() const {
    JACKDAW_ASSERT(kind_ != kind::empty);
    if (kind_ == kind::error) {
      std::rethrow_exception(error_);
    }
  }

  /// The value, moved out; or throws.
  T take_value() {
    rethrow_if_exception();
    if constexpr (std::is_void_v<T>) {
      return;
    } else if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(*value_);
    } else {
      return std::move(value_);
    }
  }

  /// The value as it is stored, moved out. Only if there is one, which is not checked.
  stored take_stored() noexcept(std::is_nothrow_move_constructible_v<stored>) {
    return std::move(value_);
  }

  /// The value, left in place for others; or throws.
  shared_view<T> view() const {
    rethrow_if_exception();
    if constexpr (std::is_reference_v<T>) {
      return static_cast<T>(*value_);
    } else if constexpr (!std::is_void_v<T>) {
      return value_;
    }
  }

  /// The value, left in place; or throws.
  [[nodiscard]] const stored& value() const {
    rethrow_if_exception();
    return value_;
  }
  [[nodiscard]] stored& value() {
    rethrow_if_exception();
    return value_;
  }

 private:
  enum class kind : std::uint8_t { empty, value, error };

  void reset() noexcept {
    if (kind_ == kind::value) {
      std::destroy_at(std::addressof(value_));
    } else if (kind_ == kind::error) {
      std::destroy_at(std::addressof(error_));
    }
    kind_ = kind::empty;
  }

  void take(outcome& other) {
    if (other.kind_ == kind::value) {
      std::construct_at(std::addressof(value_), std::move(other.value_));
    } else if (other.kind_ == kind::error) {
      std::construct_at(std::addressof(error_), other.error_);
    }
    kind_ = other.kind_;
  }

  void copy(const outcome& other) {
    if (other.kind_ == kind::value) {
      std::construct_at(std::addressof(value_), other.value_);
    } else if (other.kind_ == kind::error) {
      std::construct_at(std::addressof(error_), other.error_);
    }
    kind_ = other.kind_;
  }

  union {
    stored value_;
    std::exception_ptr error_;
  };
  kind kind_ = kind::empty;
};

/// Where there is no value to keep, one word is enough: null, a mark, or the exception. It is in every record of a
/// task that returns nothing.
template <>
class outcome<void> {
 public:
  using stored = nothing;

  outcome() noexcept = default;
  outcome(outcome&& other) noexcept { *this = other; }
  outcome(const outcome& other) noexcept { *this = other; }
  outcome& operator=(outcome&& other) noexcept { return *this = other; }
  outcome& operator=(const outcome& other) noexcept {
    if (other.has_exception()) {
      set_exception(other.exception());
    } else {
      reset();
      write(other.word());
    }
    return *this;
  }
  ~outcome() { reset(); }

  void set_value() noexcept {
    reset();
    set_first_value();
  }
  void set_first_value() noexcept { write(value_mark); }
  void set_exception(std::exception_ptr error) noexcept {
    JACKDAW_ASSERT(error != nullptr);
    reset();
    ::new (static_cast<void*>(bytes_)) std::exception_ptr(std::move(error));
  }

  [[nodiscard]] bool empty() const noexcept { return word() == 0; }
  [[nodiscard]] bool has_value() const noexcept { return word() == value_mark; }
  [[nodiscard]] bool has_exception() const noexcept { return word() > value_mark; }
  /// Only if there is one.
  [[nodiscard]] const std::exception_ptr& exception() const noexcept {
    return *std::launder(reinterpret_cast<const std::exception_ptr*>(bytes_));
  }

  [[nodiscard]] std::exception_ptr error_or_null() const noexcept {
    return has_exception() ? exception() : nullptr;
  }

  void rethrow_if_exception() const {
    JACKDAW_ASSERT(!empty());
    if (has_exception()) {
      std::rethrow_exception(exception());
    }
  }

  void take_value() const { rethrow_if_exception(); }
  [[nodiscard]] static stored take_stored() noexcept { return {}; }
  void view() const { rethrow_if_exception(); }
  [[nodiscard]] stored value() const {
    rethrow_if_exception();
    return {};
  }

 private:
  // An exception_ptr is a pointer to the exception, which is aligned.
  static constexpr std::uintptr_t value_mark = 1;
  static_assert(sizeof(std::exception_ptr) == sizeof value_mark);

  [[nodiscard]] std::uintptr_t word() const noexcept {
    std::uintptr_t result = 0;
    std::memcpy(&result, bytes_, sizeof result);
    return result;
  }
  void write(std::uintptr_t word) noexcept { std::memcpy(bytes_, &word, sizeof word); }
  // To empty.
  void reset() noexcept {
    if (has_exception()) {
      std::destroy_at(std::launder(reinterpret_cast<std::exception_ptr*>(bytes_)));
    }
    write(0);
  }

  alignas(std::exception_ptr) std::byte bytes_[sizeof(std::exception_ptr)]{};
};

}  // namespace jackdaw
