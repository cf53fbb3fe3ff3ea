// The selector of a loop: which callbacks run while which descriptors are ready.
//
// An epoll instance behind the driver
// -----------------------------------
// asyncio's I/O is level-triggered and made of callbacks: a descriptor is registered once, and its callback
// runs in each turn in which it is ready, until it is removed (S23). That is what an epoll instance is, so
// each loop that uses these interfaces has one, and its driver, whichever it is, watches that one descriptor
// (io_driver::watch). In a turn in which it is readable the selector runs, in the place of I/O (S3): it
// collects the events of all descriptors, and then calls, per descriptor, the reader and then the
// writer (S4), all in the one place in the ready queue where CPython has a row of handles.
// A message costs no registration and no allocation; a turn costs one more system call.
// No task is behind a callback: none is listed by all_tasks(), and none is cancelled when a run ends.
//
//   collected   The event was there when the turn began. What is called was registered then: each
//               registration has a number, and one that was removed or replaced meanwhile is not
//               called (S24).
//   torn out    A callback that ends the run (S21) leaves the rest uncalled; being level-triggered, they are
//               reported in the next run.
//   stale       A file that lives on under another number after its descriptor was closed goes on
//               reporting. Its events carry the ticket of their registration, and are dropped.
#pragma once

#include <jackdaw/io/file_descriptor.hpp>
#include <jackdaw/io/io_driver.hpp>
#include <jackdaw/runtime/asyncio/event_loop.hpp>
#include <jackdaw/runtime/context.hpp>

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <vector>

namespace jackdaw::io::asyncio {

using jackdaw::asyncio::event_loop;

/// Something to call while a descriptor is ready. Lives with whoever added it, until it is removed.
class ready_callback {
 public:
  using call_function = void (*)(ready_callback& self);
  explicit ready_callback(call_function function) noexcept : call_(function) {}
  ready_callback(const ready_callback&) = delete;
  ready_callback& operator=(const ready_callback&) = delete;

 private:
  friend class selector;

  call_function call_;
};

/// For callbacks that nobody but their registration holds.
class kept_callback : public std::enable_shared_from_this<kept_callback> {
 public:
  kept_callback() = default;
  kept_callback(const kept_callback&) = delete;
  kept_callback& operator=(const kept_callback&) = delete;
  virtual ~kept_callback() = default;
};

/// What a loop keeps open until it is done, and gives up when the loop is closed.
class kept_open {
 public:
  kept_open() = default;
  kept_open(const kept_open&) = delete;
  kept_open& operator=(const kept_open&) = delete;
  virtual ~kept_open() = default;
  /// The loop is being closed. From here on nothing is called, and nothing touches the loop.
  virtual void abandon() noexcept = 0;
  /// All have been abandoned: what it holds of a program's objects goes now, and may use others of them.
  virtual void let_go() noexcept = 0;
};

class selector final : public jackdaw::asyncio::loop_extension {
 public:
  /// That of `loop`, made when it is first asked for. Throws io::error.
  static selector& of(event_loop& loop);
  explicit selector(event_loop& loop);
  selector(const selector&) = delete;
  selector& operator=(const selector&) = delete;
  ~selector() override;

  /// Replace what was there. Throw io::error: EBADF, or EPERM for what is always ready, like a file.
  /// `keep`: held until the callback is removed or replaced.
  void add_reader(int descriptor, ready_callback& callback,
                  std::shared_ptr<kept_callback> keep = nullptr);
  void add_writer(int descriptor, ready_callback& callback,
                  std::shared_ptr<kept_callback> keep = nullptr);
  /// False if there was none; or, with `only`, if it is not that one.
  bool remove_reader(int descriptor, const ready_callback* only = nullptr) noexcept;
  bool remove_writer(int descriptor, const ready_callback* only = nullptr) noexcept;

  using keeper = std::list<std::shared_ptr<kept_open>>::iterator;
  [[nodiscard]] keeper keep(std::shared_ptr<kept_open> object);
  void release(keeper held) noexcept { kept_.erase(held); }

  /// Memory for one read at a time: what a callback reads it passes on before it returns.
  [[nodiscard]] std::span<std::byte> scratch();
  /// S210: the most that asyncio reads at once.
  static constexpr std::size_t scratch_bytes = std::size_t{256} * 1024;

 private:
  struct registration {
    ready_callback* callback = nullptr;
    std::uint64_t number = 0;
    context_slot context = {};  // S194: that in which it was added.
    std::shared_ptr<kept_callback> keep = nullptr;
  };
  struct interest {
    registration reader;
    registration writer;
    std::uint32_t registered = 0;  // Events that the kernel watches, as far as we know.
    std::uint32_t ticket = 0;
  };
  struct event_call {
    int descriptor;
    registration interest::* which;
    std::uint64_t number;
  };
  struct watch : standing_watch {
    watch(selector& selects, int watched) noexcept
        : standing_watch(&watch::run_work, watched), owner(&selects) {}
    static void run_work(work& self);
    selector* owner;
  };
  struct attachment : work {
    explicit attachment(selector& selects) noexcept
        : work(&attachment::run_work), owner(&selects) {}
    static void run_work(work& self);
    selector* owner;
  };

  void add(int descriptor, registration interest::* which, registration added);
  bool remove(int descriptor, registration interest::* which, const ready_callback* only) noexcept;
  [[nodiscard]] int update(int descriptor, interest& changed) noexcept;
  void attach_to_driver();
  void collect();
  void run();
  void call(const event_call& due);

  event_loop* loop_;
  file_descriptor epoll_;
  watch watch_;
  attachment attachment_;
  bool attaching_ = false;
  io_driver* driver_ = nullptr;  // Which watches the instance.
  std::vector<interest> interests_;
  std::size_t interested_ = 0;
  std::uint64_t last_number_ = 0;
  std::uint32_t last_ticket_ = 0;
  std::vector<epoll_event> events_;
  std::vector<event_call> calls_;
  std::unique_ptr<std::byte[]> scratch_;
  std::list<std::shared_ptr<kept_open>> kept_;
};

/// The loop that runs on this thread, for coroutines of this room. Throws std::runtime_error.
using jackdaw::asyncio::get_running_loop;

}  // namespace jackdaw::io::asyncio
