// An ordinary object in a model: accesses that race are found, and so are those after its end.
#pragma once

#include "execution.hpp"

#include <source_location>
#include <utility>

namespace jackdaw::model {

template <class T>
class plain {
  using place = std::source_location;

 public:
  plain() : plain(T{}) {}
  explicit plain(T value, place where = place::current()) : value_(std::move(value)) {
    execution::current().write_plain(cell_, where);
  }
  plain(const plain&) = delete;
  plain& operator=(const plain&) = delete;
  ~plain() = default;

  [[nodiscard]] T get(place where = place::current()) const {
    execution::current().read_plain(cell_, where);
    return value_;
  }
  void set(T value, place where = place::current()) {
    execution::current().write_plain(cell_, where);
    value_ = std::move(value);
  }
  /// What a delete would do: no access may follow, or be under way.
  void end(place where = place::current()) { execution::current().end_plain(cell_, where); }

 private:
  T value_;
  mutable execution::plain_cell cell_;
};

}  // namespace jackdaw::model
