// Runs a program of the fuzzer on jackdaw's asyncio loop, and writes its trace.
//
// The interpreter only translates: every op is one call of the public API. Where a trace differs from
// CPython's, it is the library that is mended, never this. What is peculiar to the language:
//   - errors travel as std::exception_ptr through `try`, because handlers cannot await;
//   - `return` travels as a return value of run_ops(): a signal;
//   - time is virtual: the driver moves the clock to the next deadline, or says that there is none.
#pragma once

#include "program.hpp"
#include "value.hpp"
#include <jackdaw/runtime/any_future.hpp>
#include <jackdaw/runtime/asyncio/asyncio.hpp>

#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace jackdaw::fuzz {

using any_value = any_future<value>;
/// What a `return` op sends through the enclosing blocks.
using signal = std::optional<long long>;

/// A slot that an op needs holds nothing.
struct empty_slot {};

struct guarded_counter {
  condition changed;
  long long count = 0;
};

/// A declared semaphore of either kind.
struct any_semaphore {
  std::unique_ptr<semaphore> plain;
  std::unique_ptr<bounded_semaphore> bounded;
  std::size_t declared = 0;
  [[nodiscard]] semaphore& get() const noexcept { return plain != nullptr ? *plain : *bounded; }
  void release() const { plain != nullptr ? plain->release() : bounded->release(); }
};

/// A declared queue of one of the three kinds, and what became of its items.
class any_queue {
 public:
  any_queue() = default;
  any_queue(const any_queue&) = delete;
  any_queue& operator=(const any_queue&) = delete;
  virtual ~any_queue() = default;
  virtual task<void> put(long long item) = 0;
  virtual task<long long> get() = 0;
  virtual task<void> join() = 0;
  virtual void put_nowait(long long item) = 0;
  virtual long long get_nowait() = 0;
  virtual void task_done() = 0;
  virtual void shutdown(bool immediately) = 0;
  [[nodiscard]] virtual std::size_t qsize() const = 0;

  std::size_t items_put = 0;
  std::size_t items_got = 0;
  std::size_t items_dropped = 0;
};

/// The clock and the driver of a run: see LANGUAGE.md, section 7.
class virtual_time;

class interpreter {
 public:
  explicit interpreter(const program& source);
  interpreter(const interpreter&) = delete;
  interpreter& operator=(const interpreter&) = delete;
  ~interpreter();

  /// `function` is called before everything that runs in the loop, and at the end of each turn: see
  /// LANGUAGE.md, section 10. The trace then ends with the accounts of the primitives. Before run().
  void before_steps(std::function<void(interpreter&, std::size_t step)> function);
  /// Cancels, from outside, the task of this name; false if there is none that is not done.
  bool cancel_task(std::size_t step, const std::string& name, const std::string& message);

  /// Adds a line to the trace: the time, and this.
  void note(const std::string& text);

  /// The whole trace. Once.
  std::string run();
  /// After a run with steps: what is not as it was before it, one line each.
  [[nodiscard]] const std::vector<std::string>& losses() const noexcept { return losses_; }

 private:
  template <class Content>
  class slots {
   public:
    [[nodiscard]] Content& at(const std::string& word) {
      const auto found = contents_.find(number(word));
      if (found == contents_.end()) {
        throw empty_slot();
      }
      return found->second;
    }
    void set(const std::string& word, Content content) {
      contents_.insert_or_assign(number(word), std::move(content));
    }
    [[nodiscard]] Content* find(const std::string& word) {
      const auto found = contents_.find(number(word));
      return found == contents_.end() ? nullptr : &found->second;
    }
    void clear(const std::string& word) { contents_.erase(number(word)); }
    [[nodiscard]] std::map<int, Content>& all() noexcept { return contents_; }

   private:
    static int number(const std::string& word) { return std::stoi(word.substr(1)); }
    std::map<int, Content> contents_;
  };

  using words = std::vector<std::string>;
  using sync_function = std::string (interpreter::*)(const words& arguments);
  using async_function = task<std::string> (interpreter::*)(const op& call);

  // interpreter.cpp: the run
  void declare(const declaration& declared);
  void emit(const std::string& line);
  void log(int line, const std::string& what, const std::string& outcome = {});
  void drive(const std::function<void()>& run);
  void shut_down();
  void summarise();
  void account();
  void account_of_queue(const std::string& name, any_queue& items);
  void require_kept(bool kept, const std::string& what);
  [[nodiscard]] std::string state_of(future_base& future, const any_value& handle) const;
  [[nodiscard]] std::string time_now() const;
  [[nodiscard]] std::string name_of(const task_record& task) const;
  [[nodiscard]] std::vector<join_handle<value>> pending_tasks();

  task<value> body(int index);
  void callback(int index, const std::string& state = {});

  // blocks.cpp: op lists and blocks
  task<signal> run_ops(const std::vector<op>& ops, std::exception_ptr handled);
  task<signal> run_control(const op& call, std::exception_ptr handled);
  void run_sync(const op& call);
  task<void> run_async(const op& call);
  [[noreturn]] void raise(const op& call);
  task<signal> block_try(const op& block, std::exception_ptr handled);
  task<signal> block_repeat(const op& block, std::exception_ptr handled);
  task<signal> block_with(const op& block, std::exception_ptr handled);
  task<signal> block_timeout(const op& block, std::exception_ptr handled);
  task<signal> block_group(const op& block, std::exception_ptr handled);
  task<signal> inside_scope(const op& block, std::exception_ptr handled);
  signal leave_scope(const op& block, const std::exception_ptr& error, signal result);
  task<void> acquire(const std::string& word);
  void release(const std::string& word);
  [[nodiscard]] bool locked(const std::string& word);

  // Expressions
  using expression = std::variant<task<value>, any_value>;
  [[nodiscard]] any_value future_of(const std::string& word);
  [[nodiscard]] expression evaluate(const std::string& word);
  struct evaluated {
    std::string word;
    expression what;
  };
  [[nodiscard]] std::vector<evaluated> evaluate_all(const words& arguments, std::size_t from);
  [[nodiscard]] static std::vector<any_value> started(std::vector<evaluated> expressions);
  [[nodiscard]] any_value start_gather(const words& arguments, std::size_t flag_at);
  [[nodiscard]] task_record& me() const;
  std::string start(
      const std::string& slot, const std::string& body_word,
      const std::function<join_handle<value>(task<value>, const std::string&)>& create);

  static const std::map<std::string, sync_function>& sync_ops();
  static const std::map<std::string, async_function>& async_ops();

  // sync_ops.cpp
  std::string op_log(const words& arguments);
  std::string op_spawn(const words& arguments);
  std::string op_espawn(const words& arguments);
  std::string op_tspawn(const words& arguments);
  std::string op_gather_keep(const words& arguments);
  std::string op_cancel(const words& arguments);
  std::string op_cancel_self(const words& arguments);
  std::string op_uncancel(const words& arguments);
  std::string op_uncancel_self(const words& arguments);
  std::string op_cancelling(const words& arguments);
  std::string op_cancelling_self(const words& arguments);
  std::string op_done(const words& arguments);
  std::string op_cancelled(const words& arguments);
  std::string op_result(const words& arguments);
  std::string op_exception(const words& arguments);
  std::string op_renew(const words& arguments);
  std::string op_set_result(const words& arguments);
  std::string op_set_exception(const words& arguments);
  std::string op_on_done(const words& arguments);
  std::string op_off_done(const words& arguments);
  std::string op_call_soon(const words& arguments);
  std::string op_call_later(const words& arguments);
  std::string op_hcancel(const words& arguments);
  std::string op_hcancelled(const words& arguments);
  std::string op_release(const words& arguments);
  std::string op_locked(const words& arguments);
  std::string op_set(const words& arguments);
  std::string op_clear(const words& arguments);
  std::string op_is_set(const words& arguments);
  std::string op_notify(const words& arguments);
  std::string op_notify_all(const words& arguments);
  std::string op_bump(const words& arguments);
  std::string op_put_nowait(const words& arguments);
  std::string op_get_nowait(const words& arguments);
  std::string op_task_done(const words& arguments);
  std::string op_shutdown(const words& arguments);
  std::string op_qsize(const words& arguments);
  std::string op_waiting(const words& arguments);
  std::string op_reschedule(const words& arguments);
  std::string op_expired(const words& arguments);

  // async_ops.cpp
  task<std::string> op_sleep(const op& call);
  task<std::string> op_await(const op& call);
  task<std::string> op_await_self(const op& call);
  task<std::string> op_wait_for(const op& call);
  task<std::string> op_gather(const op& call);
  task<std::string> op_wait(const op& call);
  task<std::string> op_as_completed(const op& call);
  task<std::string> op_acquire(const op& call);
  task<std::string> op_ewait(const op& call);
  task<std::string> op_cwait(const op& call);
  task<std::string> op_cwait_until(const op& call);
  task<std::string> op_put(const op& call);
  task<std::string> op_get(const op& call);
  task<std::string> op_join(const op& call);
  task<std::string> op_bwait(const op& call);
  task<std::string> op_breset(const op& call);
  task<std::string> op_babort(const op& call);

  const program& source_;
  std::unique_ptr<virtual_time> time_;
  std::unique_ptr<asyncio::event_loop> loop_;
  std::string out_;
  bool closed_ = false;
  std::uint64_t unnamed_before_ = 0;  // Of the tasks that the process made before this run.
  std::vector<std::string> losses_;

  struct named_task {
    std::string name;
    join_handle<value> handle;  // Empty: refused.
  };
  std::vector<named_task> spawned_;

  slots<join_handle<value>> tasks_;
  slots<future<value>> futures_;
  slots<any_value> gathers_;
  slots<asyncio::handle> handles_;
  struct registration {
    any_value future;
    done_callback_token token;
  };
  slots<registration> registrations_;
  slots<task_group*> groups_;
  slots<timeout_scope*> timeouts_;
  slots<std::unique_ptr<mutex>> locks_;
  slots<any_semaphore> semaphores_;
  slots<std::unique_ptr<event>> events_;
  slots<std::unique_ptr<guarded_counter>> conditions_;
  slots<std::unique_ptr<any_queue>> queues_;
  slots<std::unique_ptr<barrier>> barriers_;
  std::vector<future<value>> made_;  // Those declared, and those of `renew`.
  std::vector<any_value> kept_;      // Every future to the end, as the language wants it.
};

/// "none" or milliseconds.
[[nodiscard]] std::optional<duration> delay_of(const std::string& word);

}  // namespace jackdaw::fuzz
