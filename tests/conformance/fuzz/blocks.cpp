// Lists of ops, and the ops that hold some: LANGUAGE.md, section 6.
#include "interpreter.hpp"
#include <jackdaw/runtime/current.hpp>

namespace jackdaw::fuzz {

task<signal> interpreter::run_ops(const std::vector<op>& ops, std::exception_ptr handled) {
  for (const op& each : ops) {
    signal result;
    if (sync_ops().contains(each.name)) {
      run_sync(each);
    } else if (async_ops().contains(each.name)) {
      co_await run_async(each);
    } else {
      result = co_await run_control(each, handled);
    }
    if (result.has_value()) {
      co_return result;
    }
  }
  co_return std::nullopt;
}

task<signal> interpreter::run_control(const op& call, std::exception_ptr handled) {
  signal result;
  if (call.name == "raise") {
    raise(call);
  } else if (call.name == "reraise") {
    log(call.line, call.name, handled ? spell(handled) : "nothing");
    if (handled) {
      std::rethrow_exception(handled);
    }
  } else if (call.name == "return") {
    log(call.line, call.name);
    result = std::stoll(call.arguments[0]);
  } else if (call.name == "try") {
    result = co_await block_try(call, handled);
  } else if (call.name == "repeat") {
    result = co_await block_repeat(call, handled);
  } else if (call.name == "with") {
    result = co_await block_with(call, handled);
  } else if (call.name == "timeout") {
    result = co_await block_timeout(call, handled);
  } else if (call.name == "group") {
    result = co_await block_group(call, handled);
  } else {
    throw program_error("line " + std::to_string(call.line) + ": unknown op " + call.name);
  }
  co_return result;
}

void interpreter::run_sync(const op& call) {
  std::string outcome;
  try {
    outcome = (this->*sync_ops().at(call.name))(call.arguments);
  } catch (const empty_slot&) {
    outcome = "empty";
  } catch (...) {
    outcome = spell(std::current_exception());
  }
  log(call.line, call.name, outcome);
}

task<void> interpreter::run_async(const op& call) {
  std::string outcome;
  std::exception_ptr error;
  try {
    outcome = co_await (this->*async_ops().at(call.name))(call);
  } catch (const empty_slot&) {
    outcome = "empty";
  } catch (...) {
    error = std::current_exception();
  }
  log(call.line, call.name, error ? spell(error) : outcome);
  if (error) {
    std::rethrow_exception(error);
  }
}

void interpreter::raise(const op& call) {
  const std::string& what = call.arguments[0];
  const std::exception_ptr error = what == "cancelled"
                                       ? std::make_exception_ptr(cancelled_error())
                                       : std::make_exception_ptr(user_error(std::stoi(what)));
  log(call.line, call.name, spell(error));
  std::rethrow_exception(error);
}

task<signal> interpreter::block_try(const op& block, std::exception_ptr handled) {
  const std::vector<section>& sections = block.sections;
  signal result;
  std::exception_ptr pending;
  try {
    result = co_await run_ops(sections.front().ops, handled);
  } catch (...) {
    pending = std::current_exception();
  }
  for (std::size_t index = 1; pending && index < sections.size(); ++index) {
    const section& part = sections[index];
    if (part.kind != "except" || !matches(part.argument, pending)) {
      continue;
    }
    const std::exception_ptr caught = std::exchange(pending, nullptr);
    log(part.line, "catch", spell(caught));
    try {
      result = co_await run_ops(part.ops, caught);
    } catch (...) {
      pending = std::current_exception();
    }
    break;
  }
  if (sections.size() > 1 && sections.back().kind == "finally") {
    const section& last = sections.back();
    log(last.line, "finally", pending ? spell(pending) : result.has_value() ? "return" : "normal");
    const signal replaced = co_await run_ops(last.ops, handled);
    if (replaced.has_value()) {
      co_return replaced;
    }
  }
  if (pending) {
    std::rethrow_exception(pending);
  }
  co_return result;
}

task<signal> interpreter::block_repeat(const op& block, std::exception_ptr handled) {
  const int rounds = std::stoi(block.arguments[0]);
  for (int round = 0; round < rounds; ++round) {
    const signal result = co_await run_ops(block.sections.front().ops, handled);
    if (result.has_value()) {
      co_return result;
    }
  }
  co_return std::nullopt;
}

// -- Scopes -----------------------------------------------------------------------------------------

task<void> interpreter::acquire(const std::string& word) {
  if (word.front() == 'L') {
    mutex& lock = *locks_.at(word);
    co_await lock.acquire();
  } else if (word.front() == 'S') {
    semaphore& permits = semaphores_.at(word).get();
    co_await permits.acquire();
  } else {
    guarded_counter& guarded = *conditions_.at(word);
    co_await guarded.changed.acquire();
  }
}

void interpreter::release(const std::string& word) {
  if (word.front() == 'L') {
    locks_.at(word)->release();
  } else if (word.front() == 'S') {
    semaphores_.at(word).release();
  } else {
    conditions_.at(word)->changed.release();
  }
}

bool interpreter::locked(const std::string& word) {
  if (word.front() == 'L') {
    return locks_.at(word)->locked();
  }
  return word.front() == 'S' ? semaphores_.at(word).get().locked()
                             : conditions_.at(word)->changed.locked();
}

JACKDAW_CORO_WRAPPER task<signal> interpreter::inside_scope(const op& block,
                                                            std::exception_ptr handled) {
  log(block.line, block.name, "in");
  return run_ops(block.sections.front().ops, std::move(handled));
}

signal interpreter::leave_scope(const op& block, const std::exception_ptr& error, signal result) {
  const std::string how = error ? spell(error) : result.has_value() ? "return" : "normal";
  log(block.line, block.name, "out " + how);
  if (error) {
    std::rethrow_exception(error);
  }
  return result;
}

task<signal> interpreter::block_with(const op& block, std::exception_ptr handled) {
  const std::string& word = block.arguments[0];
  signal result;
  std::exception_ptr error;
  bool entered = false;
  try {
    co_await acquire(word);
    entered = true;
    result = co_await inside_scope(block, handled);
  } catch (...) {
    error = std::current_exception();
  }
  if (entered) {
    try {
      release(word);
    } catch (...) {
      error = std::current_exception();
    }
  }
  co_return leave_scope(block, error, result);
}

task<signal> interpreter::block_timeout(const op& block, std::exception_ptr handled) {
  const std::string& word = block.arguments[0];
  const timeout_scope* own = nullptr;
  const auto inside = [&](timeout_scope& scope) -> task<signal> {
    own = &scope;
    timeouts_.set(word, &scope);
    const signal inner = co_await inside_scope(block, handled);
    co_return inner;
  };
  signal result;
  std::exception_ptr error;
  try {
    result = co_await timeout(delay_of(block.arguments[1]), inside);
  } catch (...) {
    error = std::current_exception();
  }
  timeout_scope** const kept = timeouts_.find(word);
  if (kept != nullptr && *kept == own) {
    timeouts_.clear(word);
  }
  co_return leave_scope(block, error, result);
}

task<signal> interpreter::block_group(const op& block, std::exception_ptr handled) {
  const std::string& word = block.arguments[0];
  const task_group* own = nullptr;
  const auto inside = [&](task_group& group) -> task<signal> {
    own = &group;
    groups_.set(word, &group);
    const signal inner = co_await inside_scope(block, handled);
    co_return inner;
  };
  signal result;
  std::exception_ptr error;
  try {
    result = co_await with_task_group(inside);
  } catch (...) {
    error = std::current_exception();
  }
  task_group** const kept = groups_.find(word);
  if (kept != nullptr && *kept == own) {
    groups_.clear(word);
  }
  co_return leave_scope(block, error, result);
}

}  // namespace jackdaw::fuzz
