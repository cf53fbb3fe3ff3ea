// The default report, and exceptions and functions as text.
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/report.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <typeinfo>

namespace jackdaw {
namespace {

std::string readable(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : type.name();
}

}  // namespace

std::string describe(const std::exception_ptr& error) {
  if (!error) {
    return "no exception";
  }
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& caught) {
    return readable(typeid(caught)) + ": " + caught.what();
  } catch (const base_exception& caught) {
    return readable(typeid(caught)) + (caught.message().empty() ? "" : ": " + caught.message());
  } catch (...) {
    const std::type_info* const type = abi::__cxa_current_exception_type();
    return type != nullptr ? readable(*type) : "unknown exception";
  }
}

void report_to_stderr(const failure& failure) {
  std::string line = "jackdaw: " + failure.message;
  if (!failure.task_name.empty()) {
    line += " (task " + failure.task_name + ")";
  }
  if (failure.exception) {
    line += ": " + describe(failure.exception);
  }
  if (failure.where.line() != 0) {
    line += std::string(" (") + failure.where.file_name() + ":" +
            std::to_string(failure.where.line()) + ")";
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

// Compilers give signatures: "task<int> (anonymous namespace)::box<T>::fetch(int) const [T = int]".
std::string function_name(const std::source_location& where) {
  std::string_view text = where.function_name();
  if (text.find("(anonymous class)::operator()") != text.npos ||
      text.find("<lambda") != text.npos) {
    return "<lambda>";
  }
  if (const auto call = text.find("operator()"); call != text.npos) {
    return "operator()";
  }
  // The parameters begin at the first bracket that is outside of all others and opens no scope's name.
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char letter = text[at];
    const bool opens_scope = letter == '(' && text.substr(at).starts_with("(anonymous");
    if (letter == '<' || opens_scope || (letter == '(' && depth > 0)) {
      ++depth;
    } else if ((letter == '>' || letter == ')') && depth > 0) {
      --depth;
    } else if (depth == 0 && letter == '(') {
      text = text.substr(begin, at - begin);
      break;
    } else if (depth == 0 && (letter == ' ' || letter == ':' || letter == '*' || letter == '&')) {
      begin = at + 1;
    }
  }
  return std::string(text.substr(0, text.find('<')));
}

void report_never_awaited(const std::source_location& where) noexcept {
  const execution_context& context = current_context();
  if (context.scheduler == nullptr || context.discards_frames || std::uncaught_exceptions() > 0) {
    return;
  }
  try {
    failure warning{"coroutine '" + function_name(where) + "' was never awaited", {}, nullptr};
    warning.source = failure_source::coroutine;
    warning.level = failure_level::warning;
    warning.where = where;
    context.scheduler->report(warning);
  } catch (...) {  // NOLINT(bugprone-empty-catch): no memory for a warning.
  }
}

}  // namespace jackdaw
