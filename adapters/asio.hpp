// Boost.Asio beside jackdaw: its asynchronous operations awaited by jackdaw's tasks, and its handlers run on
// jackdaw's threads.
//
// Who runs what
// -------------
// Asio's io_context is run by a thread of its own (asio_thread): its reactor has no descriptor that it would
// lend, so it cannot be waited for as others are. What an operation calls back runs on that thread, also the
// steps of composed operations, and nothing of the program does: an awaited operation ends by handing its
// result to the task's scheduler. Cancellation goes the other way: it is posted to that thread, so Asio's
// object is never used by two threads at once.
//
//   task: co_await socket.async_read_some(buffer, awaited_with(socket))
//     initiates ─────────────────────────────► io_context, on its thread
//     suspended  ◄── call_threadsafe() ────────  the handler: result
//     cancelled: ── post ────────────────────►  socket.cancel()
//     still suspended ◄────────────────────────  the handler: operation_aborted
//
// The buffers are the task's, so it waits for the handler, whoever cancels it.
#pragma once

#include <jackdaw/runtime/base/unique_function.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/outcome.hpp>
#include <jackdaw/runtime/scheduler.hpp>
#include <jackdaw/runtime/spawn.hpp>
#include <jackdaw/runtime/sync/event.hpp>
#include <jackdaw/runtime/task.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

namespace jackdaw::adapters {

/// An io_context, and the thread that runs it.
///
/// Lifetime      Outlives Asio's objects in it, and the tasks that await them. The destructor stops it, and
///               joins the thread.
class asio_thread {
 public:
  asio_thread();
  asio_thread(const asio_thread&) = delete;
  asio_thread& operator=(const asio_thread&) = delete;
  ~asio_thread();

  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }

 private:
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

/// The execution context of asio_executor: one per run, on behalf of its scheduler.
class asio_scheduler : public boost::asio::execution_context {
 public:
  asio_scheduler() : asio_scheduler(current_scheduler()) {}
  explicit asio_scheduler(scheduler& of) noexcept : scheduler_(&of) {}
  ~asio_scheduler();

  class executor_type;
  [[nodiscard]] executor_type get_executor() noexcept;

 private:
  scheduler* scheduler_;
};

/// An executor whose functions are tasks of a jackdaw scheduler: for post(), strand, bind_executor().
///
/// Threads       Any. Functions run on the scheduler's threads, each in a task, never inside of execute().
/// Errors        std::runtime_error when the run has ended. What a function throws is reported as any task's.
/// Cancellation  The end of a run drops functions that have not begun.
class asio_scheduler::executor_type {
 public:
  explicit executor_type(asio_scheduler& context) noexcept : context_(&context) {}

  template <class F>
  void execute(F&& function) const {
    start(std::make_unique<unique_function>(
        [kept = std::forward<F>(function)]() mutable { std::move(kept)(); }));
  }
  [[nodiscard]] asio_scheduler& query(boost::asio::execution::context_t /*of*/) const noexcept {
    return *context_;
  }
  [[nodiscard]] static constexpr boost::asio::execution::blocking_t query(
      boost::asio::execution::blocking_t /*is*/) noexcept {
    return boost::asio::execution::blocking.never;
  }
  friend bool operator==(const executor_type& left, const executor_type& right) noexcept {
    return left.context_ == right.context_;
  }
  friend bool operator!=(const executor_type& left, const executor_type& right) noexcept {
    return left.context_ != right.context_;
  }

 private:
  // No template: g++ 12 warns of coroutines with a parameter whose type has no name outside of a function.
  void start(std::unique_ptr<unique_function> function) const;

  asio_scheduler* context_;
};

inline asio_scheduler::executor_type asio_scheduler::get_executor() noexcept {
  return executor_type(*this);
}

namespace asio_details {

/// Has an operation cancelled, and then `asked` set.
using cancel_request = std::function<void(scheduler& home, event& asked)>;

/// Sets `ended` where that may be done.
void announce(scheduler& home, event& ended);

}  // namespace asio_details

/// A cancelled wait goes on until the operation ends by itself.
struct asio_without_cancel {
  [[nodiscard]] asio_details::cancel_request request() const { return nullptr; }
};

/// Calls cancel() of an object of Asio's on the thread that runs it.
template <class Object>
class asio_cancel {
 public:
  explicit asio_cancel(Object& object) noexcept : object_(&object) {}
  [[nodiscard]] asio_details::cancel_request request() const {
    return [object = object_](scheduler& home, event& asked) {
      boost::asio::post(object->get_executor(), [object, &home, &asked] {
        object->cancel();
        asio_details::announce(home, asked);
      });
    };
  }

 private:
  Object* object_;
};

/// What an asynchronous function returns that is called with one of the tokens below: begins when it is awaited, once.
template <class T>
class [[nodiscard]] asio_operation {
 public:
  explicit asio_operation(task<T> body) noexcept : body_(std::move(body)) {}
  auto operator co_await() && noexcept { return std::move(body_).operator co_await(); }

 private:
  task<T> body_;
};

/// The completion token.
///
/// Gives what the handler would get, without its error code: nothing, a value, or a tuple.
/// Errors        boost::system::system_error for an error code; what an exception_ptr has.
/// Cancellation  Asks by `Cancel`, and waits for the handler. If the operation succeeded all the same, its
///               result is returned, and the cancellation comes at the next suspension.
template <class Cancel>
class asio_awaited {
 public:
  constexpr explicit asio_awaited(Cancel cancel) noexcept : cancel_(cancel) {}
  [[nodiscard]] constexpr const Cancel& cancel() const noexcept { return cancel_; }

 private:
  Cancel cancel_;
};

/// The token for operations that end soon.
inline constexpr asio_awaited awaited{asio_without_cancel()};

/// The token for operations on `object`, a socket or timer, which it cancels, all of them.
template <class Object>
[[nodiscard]] asio_awaited<asio_cancel<Object>> awaited_with(Object& object) noexcept {
  return asio_awaited(asio_cancel<Object>(object));
}

namespace asio_details {

// What a task gets for a handler's arguments.
template <class... Values>
struct plain {
  using type = std::tuple<Values...>;
  static void set(outcome<type>& result, Values... values) {
    result.set_value(type(std::move(values)...));
  }
};
template <>
struct plain<> {
  using type = void;
  static void set(outcome<void>& result) { result.set_value(); }
};
template <class T>
struct plain<T> {
  using type = T;
  static void set(outcome<T>& result, T value) { result.set_value(std::move(value)); }
};

// The same without the error that they begin with.
template <class... Values>
struct value_of : plain<Values...> {};
template <class... Values>
struct value_of<boost::system::error_code, Values...> {
  using type = typename plain<Values...>::type;
  static void set(outcome<type>& result, boost::system::error_code code, Values... values) {
    if (code) {
      result.set_exception(std::make_exception_ptr(boost::system::system_error(code)));
    } else {
      plain<Values...>::set(result, std::move(values)...);
    }
  }
};
template <class... Values>
struct value_of<std::exception_ptr, Values...> {
  using type = typename plain<Values...>::type;
  static void set(outcome<type>& result, std::exception_ptr error, Values... values) {
    if (error != nullptr) {
      result.set_exception(std::move(error));
    } else {
      plain<Values...>::set(result, std::move(values)...);
    }
  }
};

/// In the frame of the task that awaits, which waits for it: what the handler brings.
template <class T>
struct arrival {
  event ended;
  outcome<T> result;  // Before the event.
};

/// Waits for the handler. The cancellation that came meanwhile, which is passed on; or null.
task<std::exception_ptr> wait_for_handler(event& ended, cancel_request cancel);

/// What is thrown for a cancellation: `requested`, if the operation was aborted; else it is put off.
void settle(const std::exception_ptr& requested, const std::exception_ptr& error);

template <class T, class Cancel, class Initiation, class... Args>
task<T> run(Cancel cancel, Initiation initiation, Args... args) {
  arrival<T> arriving;
  std::move(initiation)(
      [to = &arriving, home = &current_scheduler()](auto... values) {
        value_of<decltype(values)...>::set(to->result, std::move(values)...);
        announce(*home, to->ended);
      },
      std::move(args)...);
  const std::exception_ptr requested = co_await wait_for_handler(arriving.ended, cancel.request());
  if (requested != nullptr) {
    settle(requested, arriving.result.has_exception() ? arriving.result.exception() : nullptr);
  }
  co_return arriving.result.take_value();
}

}  // namespace asio_details
}  // namespace jackdaw::adapters

namespace boost::asio {

template <class Cancel, class... Args>
class async_result<jackdaw::adapters::asio_awaited<Cancel>, void(Args...)> {
 public:
  using result_type =
      typename jackdaw::adapters::asio_details::value_of<std::decay_t<Args>...>::type;
  using return_type = jackdaw::adapters::asio_operation<result_type>;

  template <class Initiation, class... InitArgs>
  static return_type initiate(Initiation initiation, jackdaw::adapters::asio_awaited<Cancel> token,
                              InitArgs... args) {
    return return_type(jackdaw::adapters::asio_details::run<result_type>(
        token.cancel(), std::move(initiation), std::move(args)...));
  }
};

}  // namespace boost::asio
