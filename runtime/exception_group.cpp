// Making groups, taking them apart, and putting together what handlers left of one.
#include <jackdaw/runtime/exception_group.hpp>

#include <algorithm>
#include <stdexcept>

namespace jackdaw {
namespace {

using exception_list = std::vector<std::exception_ptr>;

std::string text_of(const std::string& message, std::size_t count) {
  return message + " (" + std::to_string(count) +
         (count == 1 ? " sub-exception)" : " sub-exceptions)");
}

exception_list ordinary(exception_list exceptions) {
  if (!std::all_of(exceptions.begin(), exceptions.end(), is_ordinary_exception)) {
    throw std::invalid_argument("a base_exception cannot be in an exception_group");
  }
  return exceptions;
}

// The errors in a group; empty if `error` is none.
exception_list members_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const any_exception_group& group) {
    return group.exceptions();
  } catch (...) {
    return {};
  }
}

// A group like `original` with other errors in it; null if there are none.
std::exception_ptr like(const std::exception_ptr& original, exception_list errors) {
  if (errors.empty()) {
    return nullptr;
  }
  try {
    std::rethrow_exception(original);
  } catch (const any_exception_group& group) {
    return make_exception_group(group.message(), std::move(errors));
  }
}

void collect_leaves(const std::exception_ptr& error, exception_list& leaves) {
  const exception_list members = members_of(error);
  if (members.empty()) {
    leaves.push_back(error);
  }
  for (const std::exception_ptr& member : members) {
    collect_leaves(member, leaves);
  }
}

// What remains of `error` if only `leaves` are kept.
std::exception_ptr project(const std::exception_ptr& error, const exception_list& leaves) {
  const exception_list members = members_of(error);
  if (members.empty()) {
    return std::find(leaves.begin(), leaves.end(), error) != leaves.end() ? error : nullptr;
  }
  exception_list kept;
  for (const std::exception_ptr& member : members) {
    if (std::exception_ptr part = project(member, leaves)) {
      kept.push_back(std::move(part));
    }
  }
  return like(error, std::move(kept));
}

}  // namespace

any_exception_group::any_exception_group(std::string message, exception_list exceptions) {
  if (exceptions.empty()) {
    throw std::invalid_argument("an exception group needs at least one exception");
  }
  if (std::find(exceptions.begin(), exceptions.end(), nullptr) != exceptions.end()) {
    throw std::invalid_argument("a null pointer cannot be in an exception group");
  }
  std::string text = text_of(message, exceptions.size());
  contents_ = std::make_shared<const contents>(
      contents{std::move(message), std::move(exceptions), std::move(text)});
}

any_exception_group::~any_exception_group() = default;

exception_group::exception_group(std::string message, exception_list exceptions)
    // NOLINTNEXTLINE(bugprone-throw-keyword-missing): a base, which is not an exception by itself.
    : any_exception_group(std::move(message), ordinary(std::move(exceptions))) {}

base_exception_group::base_exception_group(std::string message, exception_list exceptions)
    : base_exception(text_of(message, exceptions.size())),
      any_exception_group(std::move(message), std::move(exceptions)) {}

bool is_ordinary_exception(const std::exception_ptr& error) noexcept {
  return error == nullptr || !is_error<base_exception>(error);
}

std::exception_ptr make_exception_group(std::string message, exception_list exceptions) {
  if (std::all_of(exceptions.begin(), exceptions.end(), is_ordinary_exception)) {
    return std::make_exception_ptr(exception_group(std::move(message), std::move(exceptions)));
  }
  return std::make_exception_ptr(base_exception_group(std::move(message), std::move(exceptions)));
}

exception_split split_by(const std::exception_ptr& error, exception_predicate matches) {
  if (error == nullptr || matches(error)) {
    return {error, nullptr};
  }
  exception_list matched;
  exception_list rest;
  for (const std::exception_ptr& member : members_of(error)) {
    exception_split parts = split_by(member, matches);
    if (parts.matched) {
      matched.push_back(std::move(parts.matched));
    }
    if (parts.rest) {
      rest.push_back(std::move(parts.rest));
    }
  }
  if (matched.empty()) {
    return {nullptr, error};
  }
  if (rest.empty()) {
    return {error, nullptr};
  }
  return {like(error, std::move(matched)), like(error, std::move(rest))};
}

except_star::except_star(std::exception_ptr error) : whole_(std::move(error)), rest_(whole_) {}

// The part is being handled while its handler runs, so that `throw;` means it.
void except_star::handle(exception_predicate matches, const handler_function& handler) {
  exception_split parts = split_by(rest_, matches);
  if (parts.matched == nullptr) {
    return;
  }
  rest_ = std::move(parts.rest);
  if (members_of(parts.matched).empty()) {
    parts.matched = make_exception_group({}, {parts.matched});
  }
  try {
    std::rethrow_exception(parts.matched);
  } catch (const any_exception_group& matched) {
    try {
      handler(matched);
    } catch (...) {
      const std::exception_ptr error = std::current_exception();
      (error == parts.matched ? thrown_again_ : thrown_).push_back(error);
    }
  }
}

std::exception_ptr except_star::rest() const {
  std::exception_ptr left = rest_;
  if (!thrown_again_.empty()) {
    if (members_of(whole_).empty()) {
      return thrown_again_.front();  // The group that was put around an error that is none.
    }
    exception_list leaves;
    for (const std::exception_ptr& part : thrown_again_) {
      collect_leaves(part, leaves);
    }
    if (left != nullptr) {
      collect_leaves(left, leaves);
    }
    left = project(whole_, leaves);
  }
  if (thrown_.empty()) {
    return left;
  }
  exception_list all = thrown_;
  if (left != nullptr) {
    all.push_back(left);
  }
  return all.size() == 1 ? all.front() : make_exception_group({}, std::move(all));
}

void except_star::raise_rest() const {
  if (const std::exception_ptr left = rest()) {
    std::rethrow_exception(left);
  }
}

}  // namespace jackdaw
