// SIGPIPE is sent to the thread that writes: so that thread holds it off, and takes it back.
#include <jackdaw/io/broken_pipe.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

namespace jackdaw::io {
namespace {

template <class Call>
ssize_t without_signal(Call call) noexcept {
  sigset_t pipe_signal;
  sigset_t pending;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigpending(&pending);
  const bool was_pending = sigismember(&pending, SIGPIPE) == 1;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  ssize_t count = 0;
  do {
    count = call();
  } while (count < 0 && errno == EINTR);
  const int failure = count < 0 ? errno : 0;
  if (failure == EPIPE && !was_pending) {
    const timespec at_once{};
    while (sigtimedwait(&pipe_signal, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return failure != 0 ? -failure : count;
}

}  // namespace

ssize_t write_without_signal(int descriptor, std::span<const std::byte> from) noexcept {
  return without_signal([&] { return ::write(descriptor, from.data(), from.size()); });
}

ssize_t splice_without_signal(int from, int to, std::size_t count) noexcept {
  return without_signal([&] {
    return ::splice(from, nullptr, to, nullptr, count, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
  });
}

ssize_t sendfile_without_signal(int to, int from, std::uint64_t offset,
                                std::size_t count) noexcept {
  return without_signal([&] {
    auto position = static_cast<off_t>(offset);
    return ::sendfile(to, from, &position, count);
  });
}

}  // namespace jackdaw::io
