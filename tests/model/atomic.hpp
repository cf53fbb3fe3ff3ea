// std::atomic, as far as the project uses it, whose every operation is a step of the model.
#pragma once

#include "execution.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

namespace jackdaw::model {

/// The orders as they are written.
struct as_written {
  static constexpr bool forbids_load_buffering = false;
  static constexpr std::memory_order order(std::memory_order written) noexcept { return written; }
};

/// `Orders` may replace each order by another one: known-bad variants of correct code are made so.
template <class T, class Orders = as_written>
class atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(std::uint64_t));
  using place = std::source_location;

 public:
  atomic() : atomic(T{}) {}
  atomic(T value)
      : location_(execution::current().add_location(bits(value), Orders::forbids_load_buffering)) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;
  ~atomic() { execution::current().end_location(location_, place::current()); }

  T load(std::memory_order order = std::memory_order_seq_cst,
         place where = place::current()) const noexcept {
    return value(execution::current().load(location_, Orders::order(order), where));
  }

  void store(T desired, std::memory_order order = std::memory_order_seq_cst,
             place where = place::current()) noexcept {
    execution::current().store(location_, bits(desired), Orders::order(order), where);
  }

  T exchange(T desired, std::memory_order order = std::memory_order_seq_cst,
             place where = place::current()) noexcept {
    return modify([desired](T) { return desired; }, order, where);
  }
  T fetch_add(T change, std::memory_order order = std::memory_order_seq_cst,
              place where = place::current()) noexcept {
    return modify([change](T before) { return static_cast<T>(before + change); }, order, where);
  }
  T fetch_sub(T change, std::memory_order order = std::memory_order_seq_cst,
              place where = place::current()) noexcept {
    return modify([change](T before) { return static_cast<T>(before - change); }, order, where);
  }
  T fetch_or(T change, std::memory_order order = std::memory_order_seq_cst,
             place where = place::current()) noexcept {
    return modify([change](T before) { return static_cast<T>(before | change); }, order, where);
  }
  T fetch_and(T change, std::memory_order order = std::memory_order_seq_cst,
              place where = place::current()) noexcept {
    return modify([change](T before) { return static_cast<T>(before & change); }, order, where);
  }

  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure, place where = place::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, true, where);
  }
  bool compare_exchange_weak(T& expected, T desired,
                             std::memory_order order = std::memory_order_seq_cst,
                             place where = place::current()) noexcept {
    return compare_exchange(expected, desired, order, of_failure(order), true, where);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, place where = place::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, false, where);
  }
  bool compare_exchange_strong(T& expected, T desired,
                               std::memory_order order = std::memory_order_seq_cst,
                               place where = place::current()) noexcept {
    return compare_exchange(expected, desired, order, of_failure(order), false, where);
  }

 private:
  static std::uint64_t bits(T value) noexcept {
    std::uint64_t result = 0;
    std::memcpy(&result, &value, sizeof(T));
    return result;
  }
  static T value(std::uint64_t bits) noexcept {
    T result{};
    std::memcpy(&result, &bits, sizeof(T));
    return result;
  }
  // What C++ makes of an order that is given for both.
  static constexpr std::memory_order of_failure(std::memory_order order) noexcept {
    return order == std::memory_order_acq_rel   ? std::memory_order_acquire
           : order == std::memory_order_release ? std::memory_order_relaxed
                                                : order;
  }

  template <class F>
  T modify(F change, std::memory_order order, place where) noexcept {
    return value(execution::current().modify(
        location_, Orders::order(order), where,
        [&change](std::uint64_t before) { return bits(change(value(before))); }));
  }
  bool compare_exchange(T& expected, T desired, std::memory_order success,
                        std::memory_order failure, bool weak, place where) noexcept {
    std::uint64_t seen = bits(expected);
    const bool done = execution::current().compare_exchange(
        location_, seen, bits(desired), {Orders::order(success), Orders::order(failure), weak},
        where);
    expected = value(seen);
    return done;
  }

  unsigned location_;
};

}  // namespace jackdaw::model
