// Spelling, by the types of the errors.
#include "value.hpp"

#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <stdexcept>

namespace jackdaw::fuzz {

value::value(const std::vector<value>& list) {
  auto copies = std::make_shared<values>();
  for (const value& each : list) {
    copies->emplace_back().set_value(each);
  }
  items = std::move(copies);
}

value::value(const std::vector<outcome<value>>& list)
    : items(std::make_shared<const values>(list)) {}

std::string spell(bool truth) { return truth ? "true" : "false"; }

namespace {

template <class Range, class F>
std::string join(const Range& range, F&& text_of) {
  std::string text = "[";
  for (const auto& each : range) {
    text.append(text.size() == 1 ? "" : ",").append(text_of(each));
  }
  return text + "]";
}

std::string spell_group(const char* type, const any_exception_group& group) {
  return type +
         join(group.exceptions(), [](const std::exception_ptr& each) { return spell(each); });
}

}  // namespace

std::string spell(const value& given) {
  if (given.items == nullptr) {
    return std::to_string(given.number);
  }
  return join(*given.items, [](const outcome<value>& each) {
    return each.has_exception() ? spell(each.exception()) : spell(each.value());
  });
}

std::string spell(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const user_error& raised) {
    return "E(" + std::to_string(raised.kind()) + ")";
  } catch (const cancelled_error& cancelled) {
    return cancelled.has_message() ? "CancelledError('" + cancelled.message() + "')"
                                   : "CancelledError()";
  } catch (const exception_group& group) {
    return spell_group("ExceptionGroup", group);
  } catch (const base_exception_group& group) {
    return spell_group("BaseExceptionGroup", group);
  } catch (const timeout_error&) {
    return "TimeoutError";
  } catch (const invalid_state_error&) {
    return "InvalidStateError";
  } catch (const queue_empty&) {
    return "QueueEmpty";
  } catch (const queue_full&) {
    return "QueueFull";
  } catch (const queue_shut_down&) {
    return "QueueShutDown";
  } catch (const broken_barrier_error&) {
    return "BrokenBarrierError";
  } catch (const std::invalid_argument&) {
    return "ValueError";
  } catch (const std::runtime_error&) {
    return "RuntimeError";
  } catch (const std::exception& other) {
    return std::string("std::exception: ") + other.what();
  } catch (...) {
    return "unknown";
  }
}

bool matches(const std::string& kind, const std::exception_ptr& error) {
  if (kind == "any") {
    return true;
  }
  try {
    std::rethrow_exception(error);
  } catch (const cancelled_error&) {
    return kind == "cancelled";
  } catch (const timeout_error&) {
    return kind == "timeout" || kind == "exception";
  } catch (const any_exception_group&) {
    return kind == "group" || (kind == "exception" && is_error<std::exception>(error));
  } catch (const std::exception&) {
    return kind == "exception";
  } catch (...) {
    return false;
  }
}

}  // namespace jackdaw::fuzz
