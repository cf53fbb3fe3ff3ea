// Several errors as one exception, and handlers that each take their part of it.
#pragma once

#include <jackdaw/runtime/exceptions.hpp>

#include <concepts>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace jackdaw {

/// What both kinds of groups are: a message, and errors of which some may be groups themselves.
/// `catch (const any_exception_group&)` catches either kind.
///
/// Threads       Immutable; any.
/// Cost          Copies share the errors.
class any_exception_group {
 public:
  /// What the group was made with; its full text has the number of errors as well.
  [[nodiscard]] const std::string& message() const noexcept { return contents_->message; }
  /// Never empty.
  [[nodiscard]] const std::vector<std::exception_ptr>& exceptions() const noexcept {
    return contents_->exceptions;
  }

  /// Calls `function(const E&)` for each error that is an E, in order. Errors of nested groups count, the
  /// nested groups themselves do not.
  template <class E, class F>
  void for_each(F&& function) const {
    static_assert(!std::is_base_of_v<any_exception_group, E>, "it looks into groups by itself");
    for (const std::exception_ptr& error : exceptions()) {
      try {
        std::rethrow_exception(error);
      } catch (const any_exception_group& nested) {
        nested.for_each<E>(function);
      } catch (const E& found) {
        function(found);
      } catch (...) {
        continue;  // Of another kind.
      }
    }
  }

 protected:
  any_exception_group(std::string message, std::vector<std::exception_ptr> exceptions);
  any_exception_group(const any_exception_group&) = default;
  any_exception_group& operator=(const any_exception_group&) = default;
  virtual ~any_exception_group();

  /// "message (2 sub-exceptions)"
  [[nodiscard]] const std::string& text() const noexcept { return contents_->text; }

 private:
  struct contents {
    std::string message;
    std::vector<std::exception_ptr> exceptions;
    std::string text;
  };
  std::shared_ptr<const contents> contents_;  // Copying an exception must not throw.
};

/// A group of ordinary exceptions: itself one, so a handler for `const std::exception&` catches it.
/// Errors        The constructor throws std::invalid_argument if there are no errors, or one of them is no
///               ordinary exception; make_exception_group() decides which kind it has to be.
/// Source        ExceptionGroup.
class exception_group : public std::exception, public any_exception_group {
 public:
  exception_group(std::string message, std::vector<std::exception_ptr> exceptions);
  [[nodiscard]] const char* what() const noexcept override { return text().c_str(); }
};

/// A group with at least one cancellation or order to end the program in it: a handler for
/// `const std::exception&` lets it pass. As a base_exception its message is the full text.
/// Errors        The constructor throws std::invalid_argument if there are no errors.
/// Source        BaseExceptionGroup.
class base_exception_group : public base_exception, public any_exception_group {
 public:
  base_exception_group(std::string message, std::vector<std::exception_ptr> exceptions);
  using any_exception_group::message;
};

/// Whether `error` is an ordinary exception: no base_exception. Source: isinstance(error, Exception).
[[nodiscard]] bool is_ordinary_exception(const std::exception_ptr& error) noexcept;

/// An exception_group if all `exceptions` are ordinary, else a base_exception_group. Throws
/// std::invalid_argument if there are none. Source: BaseExceptionGroup.__new__.
[[nodiscard]] std::exception_ptr make_exception_group(std::string message,
                                                      std::vector<std::exception_ptr> exceptions);

/// The two parts of an error; null where there is nothing.
struct exception_split {
  std::exception_ptr matched;
  std::exception_ptr rest;
};

using exception_predicate = bool (*)(const std::exception_ptr& error);
[[nodiscard]] exception_split split_by(const std::exception_ptr& error,
                                       exception_predicate matches);

/// Whether it is an E, and no group: unless E is a kind of group itself.
template <class E>
[[nodiscard]] bool is_matched(const std::exception_ptr& error) {
  if constexpr (!std::is_base_of_v<any_exception_group, E>) {
    if (is_error<any_exception_group>(error)) {
      return false;
    }
  }
  return is_error<E>(error);
}

/// Takes a group apart, into the errors that are an E and those that are not. Each part has the structure and
/// the messages of the whole, without groups that became empty; it is the whole itself if the other one is
/// empty. An error that is no group is one of the parts.
/// Cost          One rethrow or two per error and group.
/// Source        BaseExceptionGroup.split.
template <class E>
[[nodiscard]] exception_split split(const std::exception_ptr& error) {
  return split_by(error, &is_matched<E>);
}

/// Handlers for parts of a group, in a `catch (...)`:
///
///   } catch (...) {
///     except_star()
///         .on<value_error>([](const exception_group& matched) { ... })
///         .on<cancelled_error>([](const base_exception_group& matched) { ... })
///         .raise_rest();
///   }
///
/// Each handler is called at most once, with all errors that are an E and that no handler above it took, as
/// a group of the same structure. An error that is no group counts as a group of one, without a message.
/// A handler may take `const any_exception_group&` for either kind. It cannot await: note what is to be
/// done, and do it behind the `catch`.
///
/// Errors        What handlers throw does not keep later ones from their parts. raise_rest() throws it all:
///               what no handler took, and what was thrown again by `throw;`, in the structure of the
///               whole; new errors, if there are any, and that rest as a group without a message, or the
///               one new error if it is all.
/// Cost          As split(), for each handler.
/// Source        except*. Unlike there, base_exception is no root of everything: on<base_exception>() takes
///               cancellations and orders to end, on<std::exception>() takes ordinary exceptions.
class [[nodiscard("end it with raise_rest(), else errors are lost")]] except_star {
 public:
  /// Null: no handler is called, and there is no rest.
  explicit except_star(std::exception_ptr error = std::current_exception());

  template <class E, class F>
  except_star& on(F&& handler) & {
    static_assert(!std::is_base_of_v<any_exception_group, E>, "name what is in the groups");
    handle(&is_matched<E>, [&handler](const any_exception_group& matched) {
      if constexpr (std::invocable<F&, const any_exception_group&>) {
        handler(matched);
      } else if constexpr (std::is_base_of_v<base_exception, E>) {
        handler(dynamic_cast<const base_exception_group&>(matched));
      } else {
        handler(dynamic_cast<const exception_group&>(matched));
      }
    });
    return *this;
  }
  template <class E, class F>
  [[nodiscard("end it with raise_rest(), else errors are lost")]] except_star&& on(F&& handler) && {
    on<E>(std::forward<F>(handler));
    return std::move(*this);
  }

  /// What raise_rest() would throw, or null.
  [[nodiscard]] std::exception_ptr rest() const;
  /// Throws what is left, unless nothing is.
  void raise_rest() const;

 private:
  using handler_function = std::function<void(const any_exception_group& matched)>;
  void handle(exception_predicate matches, const handler_function& handler);

  std::exception_ptr whole_;
  std::exception_ptr rest_;                       // What no handler took yet.
  std::vector<std::exception_ptr> thrown_again_;  // Parts of the whole.
  std::vector<std::exception_ptr> thrown_;
};

}  // namespace jackdaw
