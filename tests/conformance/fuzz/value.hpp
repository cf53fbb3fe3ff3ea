// What bodies return, and how values and errors are spelled in a trace.
#pragma once

#include <jackdaw/runtime/outcome.hpp>

#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace jackdaw::fuzz {

struct value;
using values = std::vector<outcome<value>>;

/// An integer, or the list that gather() gave.
struct value {
  value() = default;
  explicit value(long long number_given) : number(number_given) {}
  explicit value(const std::vector<value>& list);
  explicit value(const std::vector<outcome<value>>& list);

  long long number = 0;
  std::shared_ptr<const values> items;  // Null: an integer.
};

/// E(kind): the error of `raise` and `set_exception`.
class user_error : public std::exception {
 public:
  explicit user_error(int kind_given) noexcept : kind_(kind_given) {}
  [[nodiscard]] int kind() const noexcept { return kind_; }
  [[nodiscard]] const char* what() const noexcept override { return "E"; }

 private:
  int kind_;
};

[[nodiscard]] std::string spell(bool truth);
[[nodiscard]] std::string spell(const value& given);
[[nodiscard]] std::string spell(const std::exception_ptr& error);
/// Whether an `except KIND` section takes the error.
[[nodiscard]] bool matches(const std::string& kind, const std::exception_ptr& error);

}  // namespace jackdaw::fuzz
