// Exceptions under their Python names.
#include "python.hpp"

#include <jackdaw/io/buffered_reader.hpp>
#include <jackdaw/runtime/exception_group.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/sync/barrier.hpp>
#include <jackdaw/runtime/sync/queue.hpp>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <typeinfo>
#include <utility>

namespace jackdaw::conformance {
namespace {

// Whether it is an E, or what std::throw_with_nested made of one.
template <class E, class Root>
bool is(const Root& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}

template <class Root>
struct python_name {
  bool (*matches)(const Root&);
  const char* name;
};

template <int Number>
bool is_errno(const std::exception& error) {
  const auto* const caught = dynamic_cast<const std::system_error*>(&error);
  return caught != nullptr && caught->code().value() == Number;
}

constexpr python_name<std::exception> names_of_exceptions[] = {
    {is_errno<ECONNRESET>, "ConnectionResetError"},
    {is_errno<ECONNREFUSED>, "ConnectionRefusedError"},
    {is_errno<ECONNABORTED>, "ConnectionAbortedError"},
    {is_errno<EPIPE>, "BrokenPipeError"},
    {is_errno<ENOENT>, "FileNotFoundError"},
    {is<std::system_error>, "OSError"},
    {is<io::incomplete_read_error>, "IncompleteReadError"},
    {is<io::limit_overrun_error>, "LimitOverrunError"},
    {is<exception_group>, "ExceptionGroup"},
    {is<value_error>, "ValueError"},
    {is<std::invalid_argument>, "ValueError"},
    {is<lookup_error>, "LookupError"},
    {is<key_error>, "KeyError"},
    {is<zero_division_error>, "ZeroDivisionError"},
    {is<timeout_error>, "TimeoutError"},
    {is<invalid_state_error>, "InvalidStateError"},
    {is<broken_barrier_error>, "BrokenBarrierError"},
    {is<queue_shut_down>, "QueueShutDown"},
    {is<std::runtime_error>, "RuntimeError"},
};

constexpr python_name<base_exception> names_of_base_exceptions[] = {
    {is<cancelled_error>, "CancelledError"},
    {is<keyboard_interrupt>, "KeyboardInterrupt"},
    {is<system_exit>, "SystemExit"},
    {is<base_exception_group>, "BaseExceptionGroup"},
    {is<odd>, "Odd"},
};

template <class Root, std::size_t Count>
std::string name_of(const Root& error, const python_name<Root> (&names)[Count]) {
  for (const python_name<Root>& known : names) {
    if (known.matches(error)) {
      return known.name;
    }
  }
  return typeid(error).name();
}

// Name and text.
std::pair<std::string, std::string> parts(const std::exception_ptr& error) {
  if (error == nullptr) {
    return {"NoneType", "None"};
  }
  try {
    std::rethrow_exception(error);
  } catch (const base_exception& caught) {
    return {name_of(caught, names_of_base_exceptions), caught.message()};
  } catch (const std::exception& caught) {
    return {name_of(caught, names_of_exceptions), caught.what()};
  } catch (...) {
    return {"Odd", ""};  // task_outcomes throws a type of its own.
  }
}

// ExceptionGroup('message', [ValueError('text')])
std::string repr_of_group(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const any_exception_group& group) {
    return type_name(error) + "(" + repr(group.message()) + ", " + str(group.exceptions()) + ")";
  }
}

}  // namespace

std::string type_name(const std::exception_ptr& error) { return parts(error).first; }
std::string str(const std::exception_ptr& error) { return parts(error).second; }

std::string repr(const std::exception_ptr& error) {
  if (error != nullptr && is_error<any_exception_group>(error)) {
    return repr_of_group(error);
  }
  const auto [name, text] = parts(error);
  return error == nullptr ? text : name + (text.empty() ? "()" : "('" + text + "')");
}

std::exception_ptr context(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::nested_exception& caught) {
    return caught.nested_ptr();
  } catch (...) {
    return nullptr;
  }
}

std::string bytes_repr(std::string_view data) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "b'";
  for (const char each : data) {
    const auto code = static_cast<unsigned char>(each);
    if (each == '\n') {
      text += "\\n";
    } else if (each == '\r') {
      text += "\\r";
    } else if (each == '\'' || each == '\\') {
      text.append("\\").push_back(each);
    } else if (code < 0x20 || code >= 0x7f) {
      text.append("\\x").push_back(digits[code >> 4U]);
      text.push_back(digits[code & 0xFU]);
    } else {
      text.push_back(each);
    }
  }
  return text + "'";
}

std::string args(const std::exception_ptr& error) {
  const std::string text = str(error);
  return text.empty() ? "()" : "('" + text + "',)";
}

void print_line(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace jackdaw::conformance
