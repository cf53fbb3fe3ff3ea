// The handler, and the table it looks into.
//
// The number that the handler finds there may be closed by a set that ends on another thread, and be another
// file's when it writes. So it says first that it is about to look, and a set that ends waits for those who do:
//
//   H1  handlers + 1        (seq_cst)     R1  descriptor := -1    (seq_cst)
//   H2  read descriptor     (seq_cst)     R2  read handlers       (seq_cst)
//   H3  write to it, handlers - 1         R3  not zero: wait; then close
//
// Dekker: either H2 sees R1, and nothing is written, or R2 sees H1. The handler waits for nobody.
#include <jackdaw/io/readiness.hpp>
#include <jackdaw/io/signal_set.hpp>

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace jackdaw::io {
namespace {

struct signal_slot {
  std::atomic<int> descriptor{-1};    // Of the owner's eventfd.
  std::atomic<unsigned> handlers{0};  // That are about to write to it.
  std::atomic<bool> arrived{false};
  struct sigaction before{};
};

constexpr int signals_max = 65;

std::array<signal_slot, signals_max>& slots() noexcept {
  static std::array<signal_slot, signals_max> table;
  return table;
}

// Runs in signal context: only lock-free atomics and write(2).
void note_signal(int number) {
  const int saved_errno = errno;
  signal_slot& slot = slots()[static_cast<std::size_t>(number)];
  // E1: release and acquire between handler and next(): the flag is set before the eventfd is written.
  slot.arrived.store(true, std::memory_order_release);
  slot.handlers.fetch_add(1, std::memory_order_seq_cst);                   // H1
  const int descriptor = slot.descriptor.load(std::memory_order_seq_cst);  // H2
  if (descriptor >= 0) {
    const std::uint64_t one = 1;
    static_cast<void>(!write(descriptor, &one, sizeof(one)));
  }
  slot.handlers.fetch_sub(1, std::memory_order_release);  // H3: pairs with R2.
  errno = saved_errno;
}

}  // namespace

signal_set::signal_set(std::initializer_list<int> signals)
    : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) {
    throw error(errno, "eventfd");
  }
  slots();  // Initialised here, and not in the handler.
  for (const int number : signals) {
    int failure = number <= 0 || number >= signals_max ? EINVAL : 0;
    if (failure == 0) {
      signal_slot& slot = slots()[static_cast<std::size_t>(number)];
      int nobody = -1;
      // E1; only one set may have a signal.
      if (!slot.descriptor.compare_exchange_strong(nobody, event_.get(),
                                                   std::memory_order_acq_rel)) {
        failure = EBUSY;
      } else {
        slot.arrived.store(false, std::memory_order_release);  // E1
        struct sigaction action{};
        action.sa_handler = &note_signal;
        action.sa_flags = SA_RESTART;
        sigfillset(&action.sa_mask);
        if (sigaction(number, &action, &slot.before) != 0) {
          failure = errno;
          slot.descriptor.store(-1, std::memory_order_release);  // E1
        }
      }
    }
    if (failure != 0) {
      restore();
      throw error(failure, "sigaction", std::to_string(number));
    }
    signals_.push_back(number);
  }
}

signal_set::~signal_set() { restore(); }

void signal_set::restore() noexcept {
  for (const int number : signals_) {
    signal_slot& slot = slots()[static_cast<std::size_t>(number)];
    sigaction(number, &slot.before, nullptr);
    slot.descriptor.store(-1, std::memory_order_seq_cst);         // R1
    while (slot.handlers.load(std::memory_order_seq_cst) != 0) {  // R2
      std::this_thread::yield();                                  // R3
    }
  }
  signals_.clear();
}

int signal_set::take_pending() noexcept {
  for (const int number : signals_) {
    // E1
    if (slots()[static_cast<std::size_t>(number)].arrived.exchange(false,
                                                                   std::memory_order_acq_rel)) {
      return number;
    }
  }
  return 0;
}

int signal_set::poll() noexcept {
  // Read first: an arrival after this makes the descriptor readable again.
  std::uint64_t count = 0;
  static_cast<void>(!read(event_.get(), &count, sizeof(count)));
  return take_pending();
}

task<int> signal_set::next() {
  result<int> number = co_await try_next();
  co_return number.value();
}

task<result<int>> signal_set::try_next() {
  while (true) {
    if (const int number = take_pending(); number != 0) {
      co_return number;
    }
    const result<int> ready = co_await try_readable(event_.get());
    if (!ready.ok()) {
      co_return ready;
    }
    std::uint64_t count = 0;
    static_cast<void>(!read(event_.get(), &count, sizeof(count)));
  }
}

}  // namespace jackdaw::io
