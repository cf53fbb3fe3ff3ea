// The default report, and exceptions as text.
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/report.hpp>

#include <cxxabi.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
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
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace jackdaw
