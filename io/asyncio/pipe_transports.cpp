// Reading and writing pipes.
#include <jackdaw/io/asyncio/pipe_transports.hpp>
#include <jackdaw/io/broken_pipe.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/pipe.hpp>
#include <jackdaw/runtime/current.hpp>
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/scheduler.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <string>

namespace jackdaw::io::asyncio {
namespace {

constexpr const char* read_failure = "Fatal read error on pipe transport";
constexpr const char* write_failure = "Fatal write error on pipe transport";
constexpr unsigned dropped_writes_until_warning = 5;

bool is_transient(int number) noexcept {
  return number == EAGAIN || number == EWOULDBLOCK || number == EINTR;
}

std::span<const std::byte> bytes_of(std::string_view data) noexcept {
  return std::as_bytes(std::span(data.data(), data.size()));
}

// As a member of the base: the transports keep what they watch there, whatever kind of file it is.
jackdaw::io::socket checked(file_descriptor end, const char* refusal) {
  struct stat about{};
  if (::fstat(end.get(), &about) != 0) {
    throw error(errno, "fstat");
  }
  if (!S_ISFIFO(about.st_mode) && !S_ISSOCK(about.st_mode) && !S_ISCHR(about.st_mode)) {
    throw std::invalid_argument(refusal);
  }
  const int flags = ::fcntl(end.get(), F_GETFL);
  if (flags < 0 || ::fcntl(end.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw error(errno, "fcntl");
  }
  return jackdaw::io::socket(std::move(end));
}

[[noreturn]] void refuse(const char* what) { throw std::logic_error(what); }

template <class Transport>
std::shared_ptr<Transport> made_for(event_loop& loop, file_descriptor end,
                                    std::shared_ptr<base_protocol> speaker) {
  auto made = std::make_shared<Transport>(loop, std::move(end));
  made->set_protocol(std::move(speaker));
  return made;
}

template <class Transport>
task<std::shared_ptr<transport>> begin_pipe(file_descriptor end,
                                            std::shared_ptr<base_protocol> speaker) {
  event_loop& loop = get_running_loop();
  const future<void> waiter(loop);
  const std::shared_ptr<transport> begun =
      Transport::begin_on(loop, std::move(end), std::move(speaker), waiter);
  try {
    co_await waiter;
  } catch (...) {
    begun->close();
    throw;
  }
  co_return begun;
}

}  // namespace

task<std::shared_ptr<transport>> begin_read_pipe(file_descriptor reads,
                                                 std::shared_ptr<base_protocol> speaker) {
  co_return co_await begin_pipe<read_pipe_transport>(std::move(reads), std::move(speaker));
}

task<std::shared_ptr<transport>> begin_write_pipe(file_descriptor writes,
                                                  std::shared_ptr<base_protocol> speaker) {
  co_return co_await begin_pipe<write_pipe_transport>(std::move(writes), std::move(speaker));
}

// -- The end that is read -------------------------------------------------------------------------

std::shared_ptr<read_pipe_transport> read_pipe_transport::begin_on(
    event_loop& loop, file_descriptor reads, std::shared_ptr<base_protocol> speaker,
    std::optional<future<void>> waiter) {
  auto made = made_for<read_pipe_transport>(loop, std::move(reads), std::move(speaker));
  const auto tell = [made, keep = made->get_protocol(), told = made->speaker_] {
    told->connection_made(made);
  };
  made->begin(tell, std::move(waiter));
  return made;
}

read_pipe_transport::read_pipe_transport(event_loop& loop, file_descriptor reads)
    : selector_transport(
          loop, checked(std::move(reads), "Pipe transport is for pipes/sockets only."), nullptr) {}

void read_pipe_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  auto* const speaker = dynamic_cast<protocol*>(next.get());
  if (speaker == nullptr) {
    throw std::invalid_argument("a pipe that is read needs a protocol");
  }
  speaker_ = speaker;
  selector_transport::set_protocol(std::move(next));
}

void read_pipe_transport::pause_reading() {
  if (is_reading()) {
    paused_ = true;
    stop_reading();
  }
}

void read_pipe_transport::resume_reading() {
  if (!is_closing() && paused_) {
    paused_ = false;
    begin_to_read();
  }
}

void read_pipe_transport::read_ready() {
  if (is_lost()) {
    return;
  }
  const auto keep = get_protocol();
  const std::span<std::byte> scratch = selects().scratch();
  const ssize_t count = ::read(descriptor(), scratch.data(), scratch.size());
  if (count > 0) {
    speaker_->data_received(
        {reinterpret_cast<const char*>(scratch.data()), static_cast<std::size_t>(count)});
  } else if (count < 0) {
    read_failed(errno);
  } else {
    loop().call_soon([keep, told = speaker_] { static_cast<void>(told->eof_received()); });
    close();
  }
}

// EIO is how a terminal says that its other side is gone.
void read_pipe_transport::read_failed(int number) {
  if (is_transient(number)) {
    return;
  }
  const auto failed = std::make_exception_ptr(error(number, "read"));
  if (number != EIO) {
    loop().report({read_failure, {}, failed});
  }
  lose(failed);
}

void read_pipe_transport::write(std::string_view /*data*/) { refuse("this pipe is read only"); }
void read_pipe_transport::writelines(std::span<const std::string_view> /*lines*/) {
  refuse("this pipe is read only");
}
void read_pipe_transport::write_eof() { refuse("this pipe is read only"); }

// -- The end that is written to -------------------------------------------------------------------

std::shared_ptr<write_pipe_transport> write_pipe_transport::begin_on(
    event_loop& loop, file_descriptor writes, std::shared_ptr<base_protocol> speaker,
    std::optional<future<void>> waiter) {
  auto made = made_for<write_pipe_transport>(loop, std::move(writes), std::move(speaker));
  const auto tell = [made, keep = made->get_protocol(), told = made->speaker_] {
    told->connection_made(made);
  };
  made->begin(tell, std::move(waiter));
  return made;
}

write_pipe_transport::write_pipe_transport(event_loop& loop, file_descriptor writes)
    : selector_transport(loop,
                         checked(std::move(writes),
                                 "Pipe transport is only for pipes, sockets and character devices"),
                         nullptr) {
  // Nothing is read from a terminal that is written to: its input is somebody else's. A pipe and a
  // socket become readable when the other end is gone.
  struct stat about{};
  paused_ = ::fstat(descriptor(), &about) == 0 && S_ISCHR(about.st_mode);
}

void write_pipe_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  auto* const speaker = dynamic_cast<connection_protocol*>(next.get());
  if (speaker == nullptr) {
    throw std::invalid_argument("a pipe needs a protocol of connections");
  }
  speaker_ = speaker;
  selector_transport::set_protocol(std::move(next));
}

void write_pipe_transport::pause_reading() { refuse("this pipe is write only"); }
void write_pipe_transport::resume_reading() { refuse("this pipe is write only"); }

void write_pipe_transport::read_ready() {
  if (!is_lost()) {
    const bool unsent = !buffer_.empty();
    lose(unsent ? std::make_exception_ptr(error(EPIPE, "write")) : nullptr);
  }
}

bool write_pipe_transport::drop_write() {
  if (!is_closing()) {
    return false;
  }
  if (dropped_writes_ >= dropped_writes_until_warning && current_context().scheduler != nullptr) {
    failure warning;
    warning.message = "pipe closed by peer or os.write(pipe, data) raised exception.";
    warning.level = failure_level::warning;
    current_context().scheduler->report(warning);
  }
  ++dropped_writes_;
  return true;
}

void write_pipe_transport::write(std::string_view data) {
  if (data.empty() || drop_write()) {
    return;
  }
  if (buffer_.empty()) {
    const ssize_t count = write_without_signal(descriptor(), bytes_of(data));
    if (count < 0 && !is_transient(static_cast<int>(-count))) {
      ++dropped_writes_;
      fatal_error(std::make_exception_ptr(error(static_cast<int>(-count), "write")), write_failure);
      return;
    }
    data.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
    if (data.empty()) {
      return;
    }
    begin_to_write();
  }
  buffer_.append(bytes_of(data));
  maybe_pause_protocol();
}

void write_pipe_transport::writelines(std::span<const std::string_view> lines) {
  std::string all;
  for (const std::string_view line : lines) {
    all.append(line);
  }
  write(all);
}

void write_pipe_transport::write_ready() {
  if (is_lost()) {
    return;
  }
  const ssize_t count = write_without_signal(descriptor(), buffer_.readable());
  if (count < 0) {
    if (const int number = static_cast<int>(-count); !is_transient(number)) {
      ++dropped_writes_;
      stop_writing();
      drop_buffer();
      fatal_error(std::make_exception_ptr(error(number, "write")), write_failure);
    }
    return;
  }
  buffer_.consume(static_cast<std::size_t>(count));
  if (!buffer_.empty()) {
    return;
  }
  stop_writing();
  maybe_resume_protocol();  // Which may write, close or abort.
  if (is_closing() && buffer_.empty() && descriptor() >= 0 && !is_lost()) {
    call_connection_lost(nullptr);
  }
}

}  // namespace jackdaw::io::asyncio
