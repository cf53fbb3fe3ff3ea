// Ops that may suspend: LANGUAGE.md, section 5; and the expressions that they await.
#include "interpreter.hpp"
#include <jackdaw/runtime/current.hpp>

#include <algorithm>

namespace jackdaw::fuzz {

const std::map<std::string, interpreter::async_function>& interpreter::async_ops() {
  static const std::map<std::string, async_function> table = {
      {"sleep", &interpreter::op_sleep},
      {"await", &interpreter::op_await},
      {"await_self", &interpreter::op_await_self},
      {"wait_for", &interpreter::op_wait_for},
      {"gather", &interpreter::op_gather},
      {"wait", &interpreter::op_wait},
      {"as_completed", &interpreter::op_as_completed},
      {"acquire", &interpreter::op_acquire},
      {"ewait", &interpreter::op_ewait},
      {"cwait", &interpreter::op_cwait},
      {"cwait_until", &interpreter::op_cwait_until},
      {"put", &interpreter::op_put},
      {"get", &interpreter::op_get},
      {"join", &interpreter::op_join},
      {"bwait", &interpreter::op_bwait},
      {"breset", &interpreter::op_breset},
      {"babort", &interpreter::op_babort},
  };
  return table;
}

// -- Expressions ------------------------------------------------------------------------------------

any_value interpreter::future_of(const std::string& word) {
  switch (word.front()) {
    case 'T':
      return tasks_.at(word);
    case 'F':
      return futures_.at(word);
    default:
      return gathers_.at(word);
  }
}

interpreter::expression interpreter::evaluate(const std::string& word) {
  if (word.front() == 's') {
    expression inner = evaluate(word.substr(1));
    if (auto* const coroutine = std::get_if<task<value>>(&inner)) {
      inner = any_value(ensure_future(std::move(*coroutine)));
      kept_.push_back(std::get<any_value>(inner));
    }
    return shield(std::get<any_value>(inner));
  }
  if (word.front() == 'B') {
    return body(std::stoi(word.substr(1)));
  }
  return future_of(word);
}

// From left to right; what names an empty slot is left out.
std::vector<interpreter::evaluated> interpreter::evaluate_all(const words& arguments,
                                                              std::size_t from) {
  std::vector<evaluated> found;
  for (std::size_t index = from; index < arguments.size(); ++index) {
    try {
      found.push_back({arguments[index], evaluate(arguments[index])});
    } catch (const empty_slot&) {
    }
  }
  return found;
}

// The coroutines among them become tasks, from left to right.
std::vector<any_value> interpreter::started(std::vector<evaluated> expressions) {
  std::vector<any_value> futures;
  for (evaluated& each : expressions) {
    if (auto* const coroutine = std::get_if<task<value>>(&each.what)) {
      futures.emplace_back(ensure_future(std::move(*coroutine)));
    } else {
      futures.push_back(std::get<any_value>(each.what));
    }
  }
  return futures;
}

any_value interpreter::start_gather(const words& arguments, std::size_t flag_at) {
  std::vector<any_value> children = started(evaluate_all(arguments, flag_at + 1));
  kept_.insert(kept_.end(), children.begin(), children.end());
  if (arguments[flag_at] == "1") {
    return gather(return_exceptions, std::move(children));
  }
  return gather(std::move(children));
}

// -- Waiting ----------------------------------------------------------------------------------------

task<std::string> interpreter::op_sleep(const op& call) {
  co_await sleep(std::chrono::milliseconds(std::stoll(call.arguments[0])));
  co_return "ok";
}

task<std::string> interpreter::op_await(const op& call) {
  expression what = evaluate(call.arguments[0]);
  if (auto* const coroutine = std::get_if<task<value>>(&what)) {
    const value result = co_await std::move(*coroutine);
    co_return spell(result);
  }
  const any_value awaited = std::get<any_value>(what);
  const value result = co_await awaited;
  co_return spell(result);
}

task<std::string> interpreter::op_await_self(const op& /*call*/) {
  const join_handle<value> own(static_cast<task_state<value>&>(me()));
  const value result = co_await own;
  co_return spell(result);
}

task<std::string> interpreter::op_wait_for(const op& call) {
  const std::optional<duration> limit = delay_of(call.arguments[0]);
  expression what = evaluate(call.arguments[1]);
  if (auto* const coroutine = std::get_if<task<value>>(&what)) {
    const value result = co_await wait_for(std::move(*coroutine), limit);
    co_return spell(result);
  }
  any_value awaited = std::get<any_value>(what);
  const value result = co_await wait_for(std::move(awaited), limit);
  co_return spell(result);
}

task<std::string> interpreter::op_gather(const op& call) {
  const any_value gathering = start_gather(call.arguments, 0);
  const value result = co_await gathering;
  co_return spell(result);
}

task<std::string> interpreter::op_wait(const op& call) {
  const std::string& mode = call.arguments[0];
  const return_when when = mode == "first"       ? return_when::first_completed
                           : mode == "exception" ? return_when::first_exception
                                                 : return_when::all_completed;
  std::vector<any_value> futures;
  std::vector<std::string> names;
  for (evaluated& each : evaluate_all(call.arguments, 2)) {
    const any_value& future = std::get<any_value>(each.what);
    if (std::find(futures.begin(), futures.end(), future) == futures.end()) {
      futures.push_back(future);
      names.push_back(each.word);
    }
  }
  const auto result = co_await wait(futures, when, delay_of(call.arguments[1]));
  const auto spell_side = [&](const std::vector<any_value>& side) {
    std::string text = "[";
    for (std::size_t index = 0; index < futures.size(); ++index) {
      if (std::find(side.begin(), side.end(), futures[index]) != side.end()) {
        text.append(text.size() == 1 ? "" : ",").append(names[index]);
      }
    }
    return text + "]";
  };
  co_return spell_side(result.done) + " " + spell_side(result.pending);
}

task<std::string> interpreter::op_as_completed(const op& call) {
  std::vector<evaluated> expressions = evaluate_all(call.arguments, 2);
  std::vector<std::string> names;
  for (const evaluated& each : expressions) {
    const bool made_here = std::holds_alternative<task<value>>(each.what);
    names.push_back(made_here ? "task" : each.word);
  }
  const std::vector<any_value> futures = started(std::move(expressions));
  kept_.insert(kept_.end(), futures.begin(), futures.end());
  auto each = as_completed(futures, delay_of(call.arguments[1]));
  const bool plain = call.arguments[0] == "plain";
  while (each.has_next()) {
    std::string item;
    std::exception_ptr error;
    try {
      const any_value ended = co_await each.next();
      const auto at = std::find(futures.begin(), futures.end(), ended) - futures.begin();
      item = plain ? spell(ended.result()) : names[static_cast<std::size_t>(at)];
    } catch (...) {
      error = std::current_exception();
    }
    if (error) {
      if (!plain || !matches("exception", error)) {
        std::rethrow_exception(error);
      }
      item = spell(error);
    }
    log(call.line, call.name, "item " + item);
  }
  co_return "end";
}

// -- Primitives -------------------------------------------------------------------------------------

task<std::string> interpreter::op_acquire(const op& call) {
  co_await acquire(call.arguments[0]);
  co_return "ok";
}

task<std::string> interpreter::op_ewait(const op& call) {
  event& awaited = *events_.at(call.arguments[0]);
  co_await awaited.wait();
  co_return "ok";
}

task<std::string> interpreter::op_cwait(const op& call) {
  guarded_counter& guarded = *conditions_.at(call.arguments[0]);
  co_await guarded.changed.wait();
  co_return "ok";
}

task<std::string> interpreter::op_cwait_until(const op& call) {
  guarded_counter& guarded = *conditions_.at(call.arguments[0]);
  const long long enough = std::stoll(call.arguments[1]);
  const auto ready = [&] { return guarded.count >= enough; };
  co_await guarded.changed.wait_for(ready);
  co_return "ok";
}

task<std::string> interpreter::op_put(const op& call) {
  any_queue& into = *queues_.at(call.arguments[0]);
  co_await into.put(std::stoll(call.arguments[1]));
  ++into.items_put;
  co_return "ok";
}

task<std::string> interpreter::op_get(const op& call) {
  any_queue& from = *queues_.at(call.arguments[0]);
  const long long item = co_await from.get();
  ++from.items_got;
  co_return std::to_string(item);
}

task<std::string> interpreter::op_join(const op& call) {
  any_queue& joined = *queues_.at(call.arguments[0]);
  co_await joined.join();
  co_return "ok";
}

task<std::string> interpreter::op_bwait(const op& call) {
  barrier& meeting = *barriers_.at(call.arguments[0]);
  const std::size_t index = co_await meeting.wait();
  co_return std::to_string(index);
}

// asyncio's two are coroutines that never suspend.
task<std::string> interpreter::op_breset(const op& call) {
  barriers_.at(call.arguments[0])->reset();
  co_return "ok";
}
task<std::string> interpreter::op_babort(const op& call) {
  barriers_.at(call.arguments[0])->abort();
  co_return "ok";
}

}  // namespace jackdaw::fuzz
