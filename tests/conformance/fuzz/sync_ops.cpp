// Ops that cannot suspend: LANGUAGE.md, section 4. The outcome is the returned text.
#include "interpreter.hpp"
#include <jackdaw/runtime/current.hpp>

namespace jackdaw::fuzz {
namespace {

int index_of(const std::string& word) { return std::stoi(word.substr(1)); }

std::string message_of(const std::vector<std::string>& arguments, std::size_t at) {
  return arguments.size() > at ? arguments[at] : std::string();
}

}  // namespace

const std::map<std::string, interpreter::sync_function>& interpreter::sync_ops() {
  static const std::map<std::string, sync_function> table = {
      {"log", &interpreter::op_log},
      {"spawn", &interpreter::op_spawn},
      {"espawn", &interpreter::op_espawn},
      {"tspawn", &interpreter::op_tspawn},
      {"gather_keep", &interpreter::op_gather_keep},
      {"cancel", &interpreter::op_cancel},
      {"cancel_self", &interpreter::op_cancel_self},
      {"uncancel", &interpreter::op_uncancel},
      {"uncancel_self", &interpreter::op_uncancel_self},
      {"cancelling", &interpreter::op_cancelling},
      {"cancelling_self", &interpreter::op_cancelling_self},
      {"done", &interpreter::op_done},
      {"cancelled", &interpreter::op_cancelled},
      {"result", &interpreter::op_result},
      {"exception", &interpreter::op_exception},
      {"renew", &interpreter::op_renew},
      {"set_result", &interpreter::op_set_result},
      {"set_exception", &interpreter::op_set_exception},
      {"on_done", &interpreter::op_on_done},
      {"off_done", &interpreter::op_off_done},
      {"call_soon", &interpreter::op_call_soon},
      {"call_later", &interpreter::op_call_later},
      {"hcancel", &interpreter::op_hcancel},
      {"hcancelled", &interpreter::op_hcancelled},
      {"release", &interpreter::op_release},
      {"locked", &interpreter::op_locked},
      {"set", &interpreter::op_set},
      {"clear", &interpreter::op_clear},
      {"is_set", &interpreter::op_is_set},
      {"notify", &interpreter::op_notify},
      {"notify_all", &interpreter::op_notify_all},
      {"bump", &interpreter::op_bump},
      {"put_nowait", &interpreter::op_put_nowait},
      {"get_nowait", &interpreter::op_get_nowait},
      {"task_done", &interpreter::op_task_done},
      {"shutdown", &interpreter::op_shutdown},
      {"qsize", &interpreter::op_qsize},
      {"waiting", &interpreter::op_waiting},
      {"reschedule", &interpreter::op_reschedule},
      {"expired", &interpreter::op_expired},
  };
  return table;
}

// -- Tasks and futures ------------------------------------------------------------------------------

std::string interpreter::op_log(const words& arguments) { return arguments[0]; }

std::string interpreter::start(
    const std::string& slot, const std::string& body_word,
    const std::function<join_handle<value>(task<value>, const std::string&)>& create) {
  const std::string name = "t" + std::to_string(spawned_.size());
  const std::size_t place = spawned_.size();
  spawned_.push_back({name, {}});
  const join_handle<value> handle = create(body(index_of(body_word)), name);
  spawned_[place].handle = handle;
  tasks_.set(slot, handle);
  return name;
}

std::string interpreter::op_spawn(const words& arguments) {
  return start(arguments[0], arguments[1], [&](task<value> coroutine, const std::string& name) {
    return loop_->create_task(std::move(coroutine), name);
  });
}

std::string interpreter::op_espawn(const words& arguments) {
  return start(arguments[0], arguments[1], [&](task<value> coroutine, const std::string& name) {
    task_options options;
    options.name = name;
    options.eager_start = true;
    return loop_->create_task(std::move(coroutine), options);
  });
}

std::string interpreter::op_tspawn(const words& arguments) {
  task_group* const group = groups_.at(arguments[0]);
  return start(arguments[1], arguments[2], [&](task<value> coroutine, const std::string& name) {
    return group->create_task(std::move(coroutine), name);
  });
}

std::string interpreter::op_gather_keep(const words& arguments) {
  const any_value gathering = start_gather(arguments, 1);
  kept_.push_back(gathering);
  gathers_.set(arguments[0], gathering);
  return "ok";
}

task_record& interpreter::me() const {
  task_record* const running = current_context().task;
  if (running == nullptr) {
    throw empty_slot();
  }
  return *running;
}

std::string interpreter::op_cancel(const words& arguments) {
  return spell(future_of(arguments[0]).cancel(message_of(arguments, 1)));
}
std::string interpreter::op_cancel_self(const words& arguments) {
  return spell(me().request_cancel(message_of(arguments, 0)));
}
std::string interpreter::op_uncancel(const words& arguments) {
  return std::to_string(tasks_.at(arguments[0]).uncancel());
}
std::string interpreter::op_uncancel_self(const words& /*arguments*/) {
  return std::to_string(me().uncancel());
}
std::string interpreter::op_cancelling(const words& arguments) {
  return std::to_string(tasks_.at(arguments[0]).cancelling());
}
std::string interpreter::op_cancelling_self(const words& /*arguments*/) {
  return std::to_string(me().cancelling());
}
std::string interpreter::op_done(const words& arguments) {
  return spell(future_of(arguments[0]).done());
}
std::string interpreter::op_cancelled(const words& arguments) {
  return spell(future_of(arguments[0]).cancelled());
}
std::string interpreter::op_result(const words& arguments) {
  return spell(future_of(arguments[0]).result());
}
std::string interpreter::op_exception(const words& arguments) {
  const std::exception_ptr error = future_of(arguments[0]).exception();
  return error == nullptr ? "None" : spell(error);
}

std::string interpreter::op_renew(const words& arguments) {
  const future<value> fresh = loop_->create_future<value>();
  made_.push_back(fresh);
  futures_.set(arguments[0], fresh);
  return "ok";
}
std::string interpreter::op_set_result(const words& arguments) {
  futures_.at(arguments[0]).set_result(value(std::stoll(arguments[1])));
  return "ok";
}
std::string interpreter::op_set_exception(const words& arguments) {
  futures_.at(arguments[0]).set_exception(user_error(std::stoi(arguments[1])));
  return "ok";
}

// -- Callbacks --------------------------------------------------------------------------------------

std::string interpreter::op_on_done(const words& arguments) {
  const any_value future = future_of(arguments[0]);
  const int index = index_of(arguments[1]);
  done_callback_token token = future.add_done_callback([this, index](const any_value& ended) {
    callback(index, ended.cancelled() ? "cancelled" : "done");
  });
  registrations_.set(arguments[2], registration{future, std::move(token)});
  return "ok";
}
std::string interpreter::op_off_done(const words& arguments) {
  const registration& registered = registrations_.at(arguments[0]);
  return std::to_string(registered.future.remove_done_callback(registered.token));
}
std::string interpreter::op_call_soon(const words& arguments) {
  const int index = index_of(arguments[1]);
  handles_.set(arguments[0], loop_->call_soon([this, index] { callback(index); }));
  return "ok";
}
std::string interpreter::op_call_later(const words& arguments) {
  const int index = index_of(arguments[2]);
  const std::chrono::milliseconds delay(std::stoll(arguments[1]));
  handles_.set(arguments[0], loop_->call_later(delay, [this, index] { callback(index); }));
  return "ok";
}
std::string interpreter::op_hcancel(const words& arguments) {
  handles_.at(arguments[0]).cancel();
  return "ok";
}
std::string interpreter::op_hcancelled(const words& arguments) {
  return spell(handles_.at(arguments[0]).cancelled());
}

// -- Primitives -------------------------------------------------------------------------------------

std::string interpreter::op_release(const words& arguments) {
  release(arguments[0]);
  return "ok";
}
std::string interpreter::op_locked(const words& arguments) { return spell(locked(arguments[0])); }
std::string interpreter::op_set(const words& arguments) {
  events_.at(arguments[0])->set();
  return "ok";
}
std::string interpreter::op_clear(const words& arguments) {
  events_.at(arguments[0])->clear();
  return "ok";
}
std::string interpreter::op_is_set(const words& arguments) {
  return spell(events_.at(arguments[0])->is_set());
}
std::string interpreter::op_notify(const words& arguments) {
  conditions_.at(arguments[0])->changed.notify(std::stoul(arguments[1]));
  return "ok";
}
std::string interpreter::op_notify_all(const words& arguments) {
  conditions_.at(arguments[0])->changed.notify_all();
  return "ok";
}
std::string interpreter::op_bump(const words& arguments) {
  return std::to_string(++conditions_.at(arguments[0])->count);
}
std::string interpreter::op_put_nowait(const words& arguments) {
  any_queue& into = *queues_.at(arguments[0]);
  into.put_nowait(std::stoll(arguments[1]));
  ++into.items_put;
  return "ok";
}
std::string interpreter::op_get_nowait(const words& arguments) {
  any_queue& from = *queues_.at(arguments[0]);
  const long long item = from.get_nowait();
  ++from.items_got;
  return std::to_string(item);
}
std::string interpreter::op_task_done(const words& arguments) {
  queues_.at(arguments[0])->task_done();
  return "ok";
}
std::string interpreter::op_shutdown(const words& arguments) {
  any_queue& ended = *queues_.at(arguments[0]);
  const std::size_t size = ended.qsize();
  ended.shutdown(arguments[1] == "1");
  ended.items_dropped += size - ended.qsize();
  return "ok";
}
std::string interpreter::op_qsize(const words& arguments) {
  return std::to_string(queues_.at(arguments[0])->qsize());
}
std::string interpreter::op_waiting(const words& arguments) {
  const barrier& asked = *barriers_.at(arguments[0]);
  return std::to_string(asked.n_waiting()) + " " + spell(asked.broken());
}
std::string interpreter::op_reschedule(const words& arguments) {
  timeout_scope& scope = *timeouts_.at(arguments[0]);
  const std::optional<duration> delay = delay_of(arguments[1]);
  scope.reschedule(delay.has_value() ? std::optional(loop_->time() + *delay) : std::nullopt);
  return "ok";
}
std::string interpreter::op_expired(const words& arguments) {
  return spell(timeouts_.at(arguments[0])->expired());
}

}  // namespace jackdaw::fuzz
