// Exceptions under their Python names.
#include "python.hpp"

#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/sync/barrier.hpp>
#include <jackdaw/runtime/sync/queue.hpp>

#include <cstdio>
#include <typeindex>
#include <typeinfo>
#include <utility>

namespace jackdaw::conformance {
namespace {

const std::pair<std::type_index, std::string_view> python_names[] = {
    {typeid(value_error), "ValueError"},
    {typeid(key_error), "KeyError"},
    {typeid(zero_division_error), "ZeroDivisionError"},
    {typeid(cancelled_error), "CancelledError"},
    {typeid(keyboard_interrupt), "KeyboardInterrupt"},
    {typeid(system_exit), "SystemExit"},
    {typeid(timeout_error), "TimeoutError"},
    {typeid(invalid_state_error), "InvalidStateError"},
    {typeid(broken_barrier_error), "BrokenBarrierError"},
    {typeid(queue_shut_down), "QueueShutDown"},
    {typeid(std::runtime_error), "RuntimeError"},
};

std::string_view name_of(const std::type_info& type) {
  for (const auto& [known, name] : python_names) {
    if (known == type) {
      return name;
    }
  }
  return type.name();
}

// Name and text.
std::pair<std::string, std::string> parts(const std::exception_ptr& error) {
  if (error == nullptr) {
    return {"NoneType", "None"};
  }
  try {
    std::rethrow_exception(error);
  } catch (const base_exception& caught) {
    return {std::string(name_of(typeid(caught))), caught.message()};
  } catch (const std::exception& caught) {
    return {std::string(name_of(typeid(caught))), caught.what()};
  } catch (...) {
    return {"Odd", ""};  // task_outcomes throws a type of its own.
  }
}

}  // namespace

std::string type_name(const std::exception_ptr& error) { return parts(error).first; }
std::string str(const std::exception_ptr& error) { return parts(error).second; }

std::string repr(const std::exception_ptr& error) {
  const auto [name, text] = parts(error);
  return error == nullptr ? text : name + (text.empty() ? "()" : "('" + text + "')");
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
