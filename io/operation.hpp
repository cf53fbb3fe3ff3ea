// An operation: a request to the kernel, in the frame of the coroutine that awaits it.
//
//              start()                      reap()
//      idle ───────────► submitted ───────────────────────────► done
//                            │                                    ▲
//            cancel_wait(),  │ cancel_wait(), on its own worker   │
//            elsewhere       ├──────────────────► cancelling ─────┤ reap()
//                            ▼                        ▲           │
//                          posted ────────────────────┘           │
//                            │       collect_posted()             │
//                            └──────────► reaped ─────────────────┘
//                                reap()             collect_posted()
//
//   idle        Not known to the kernel. May be moved and destroyed.
//   submitted   The kernel owns the buffers and this address. Must not move or die: the task stays
//               suspended until the operation is done, whoever cancels it.
//   posted      As submitted; another worker asked for a cancellation, which is in the owner's inbox.
//   cancelling  As submitted; the kernel has been told. Asking is not getting.
//   reaped      The kernel is done with it, but it is still linked into the inbox.
//   done        Ours again. `result_` is valid; the task has been woken.
//
// start(), reap(), collect_posted() run on the worker whose driver owns the operation; only cancel_wait()
// comes from elsewhere, under the task's hook_busy (see task_record.hpp), so never twice at once.
//
// Orders: O1 relaxed, what the same thread, or an O3 that follows, makes visible. O2 the end is published
// (release) and seen (acquire). O3 every change that two threads compete for is acquire-release.
//
// An operation on a direct descriptor of another worker's ring is handed to that worker, through the same
// inbox as cancellations, and its task goes on there.
//
// What a cancellation may lose: nothing. If the operation succeeded although it was cancelled, its
// result is returned and the cancellation is delivered at the task's next suspension; one that is due
// before an operation begins is delivered instead of it.
#pragma once

#include <jackdaw/io/error.hpp>
#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/runtime/task_record.hpp>

#include <sys/socket.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace jackdaw::io {

class byte_buffer;
class io_driver;

enum class opcode : std::uint8_t {
  receive,       // recv into the caller's memory
  receive_lent,  // recv into memory of the driver's, appended to a byte_buffer when it is there
  send,          // send from the caller's memory
  accept,
  connect,
  receive_message,  // recvmsg: datagrams, and what travels beside bytes
  send_message,     // sendmsg
  read,             // read(2), for descriptors that are no sockets
  write,            // write(2)
  poll,             // wait until a descriptor is ready
};

/// What the kernel is asked. The meaning of the fields depends on the code.
struct request {
  opcode code = opcode::poll;
  int descriptor = -1;
  void* memory = nullptr;  // The bytes; the byte_buffer of receive_lent; the msghdr.
  std::size_t length = 0;
  int flags = 0;                // Of the call; for poll the events.
  sockaddr* address = nullptr;  // accept: out; connect: in.
  socklen_t* address_length = nullptr;
  file_descriptor* owner = nullptr;  // Null for a descriptor that is not ours to watch over.
};

class operation : public cancel_hook {
 public:
  explicit operation(const request& wanted) noexcept
      : cancel_hook(&operation::ask_kernel_to_stop), request_(wanted) {}
  /// Only while idle: so that an awaitable can be handed to timeout().
  operation(operation&& other) noexcept;
  operation& operator=(operation&&) = delete;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  /// False if the operation was completed on the spot and its task goes on at once.
  bool await_suspend(std::coroutine_handle<> awaiting);

  // --- For drivers, on their thread ---

  /// The operation has ended: result or negative errno. True: `task()` is runnable now.
  [[nodiscard]] bool reap(int result) noexcept;
  /// It comes out of the inbox. `cancel_now`: the kernel has to be told. Returns as reap().
  [[nodiscard]] bool collect_posted(bool& cancel_now) noexcept;
  [[nodiscard]] task_record& task() const noexcept { return *task_; }
  [[nodiscard]] const request& wanted() const noexcept { return request_; }
  [[nodiscard]] bool cancel_requested() const noexcept {
    return cancel_requested_.load(std::memory_order_relaxed);  // O1: the same thread, or a hint.
  }

  /// The driver's own, while the operation is submitted.
  operation* next = nullptr;
  operation* next_posted = nullptr;
  bool connecting = false;

 protected:
  ~operation();

  /// On resumption: the result, or throws cancelled_error.
  [[nodiscard]] int finish();
  /// It succeeded, and its frame is destroyed before its task went on: what it got is ours to release.
  [[nodiscard]] bool unfetched() const noexcept {
    return suspended_ && result_ >= 0 &&
           state_.load(std::memory_order_acquire) == state::done;  // O2: pairs with settle().
  }
  /// Throws io::error, which names the other end if it is a socket that has one.
  [[noreturn]] void throw_failure(failure_cause cause) const;

  request request_;

 private:
  enum class state : std::uint8_t { idle, submitted, posted, cancelling, reaped, done };

  static bool ask_kernel_to_stop(cancel_hook& self, std::string_view message) noexcept;
  void settle(int result) noexcept;
  [[nodiscard]] bool hand_to_owner(task_record& task);

  std::atomic<state> state_{state::idle};
  std::atomic<bool> cancel_requested_{false};
  bool suspended_ = false;
  int result_ = 0;
  io_driver* driver_ = nullptr;
  task_record* task_ = nullptr;
};

/// The throwing form of an operation whose await_resume() gives a result<T>.
template <class Operation>
class [[nodiscard]] throwing final : public Operation {
 public:
  using Operation::Operation;
  auto await_resume() {
    auto ended = Operation::await_resume();
    if (!ended.ok()) {
      this->throw_failure(ended.cause());
    }
    return ended.value();
  }
};

/// Moves bytes: gives their number. 0 is the end of the stream, for what reads.
class [[nodiscard]] transfer_operation : public operation {
 public:
  transfer_operation(const request& wanted, const char* call) noexcept
      : operation(wanted), call_(call) {}
  result<std::size_t> await_resume();

 private:
  const char* call_;
};

}  // namespace jackdaw::io
