// One child, up to three pipes, and the order in which their protocol hears of them.
#include <jackdaw/io/asyncio/pipe_transports.hpp>
#include <jackdaw/io/asyncio/selector.hpp>
#include <jackdaw/io/asyncio/subprocess_transport.hpp>
#include <jackdaw/io/error.hpp>
#include <jackdaw/io/process.hpp>
#include <jackdaw/runtime/base/config.hpp>
#include <jackdaw/runtime/future.hpp>

#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <vector>

namespace jackdaw::io::asyncio {
namespace {

class child_transport;

/// Of one pipe: passes on what its transport says, under the number of the child's descriptor.
class pipe_speaker final : public protocol {
 public:
  pipe_speaker(std::shared_ptr<child_transport> owner, int number) noexcept
      : owner_(std::move(owner)), number_(number) {}

  void connection_made(const std::shared_ptr<transport>& made) override { pipe_ = made; }
  void data_received(std::string_view data) override;
  void connection_lost(std::exception_ptr error) override;
  void pause_writing() override;
  void resume_writing() override;

  [[nodiscard]] const std::shared_ptr<transport>& pipe() const noexcept { return pipe_; }
  [[nodiscard]] bool disconnected() const noexcept { return owner_ == nullptr; }

 private:
  std::shared_ptr<child_transport> owner_;  // Null when the pipe is lost.
  std::shared_ptr<transport> pipe_;
  int number_;
};

class child_transport final : public subprocess_transport,
                              public kept_open,
                              public std::enable_shared_from_this<child_transport> {
 public:
  child_transport(event_loop& loop, jackdaw::io::process started,
                  std::shared_ptr<subprocess_protocol> speaker, const process_options& options)
      : loop_(&loop),
        child_(std::move(started)),
        pid_(child_.pid()),
        protocol_(std::move(speaker)),
        has_pipe_{options.standard_input.is_pipe(), options.standard_output.is_pipe(),
                  options.standard_error.is_pipe()} {}

  void begin(const future<void>& waiter);

  void close() override;
  [[nodiscard]] bool is_closing() const noexcept override { return closed_; }
  void set_protocol(std::shared_ptr<base_protocol> next) override;
  [[nodiscard]] std::shared_ptr<base_protocol> get_protocol() const override { return protocol_; }
  [[nodiscard]] const extra_info& get_extra_info() const noexcept override { return extra_; }
  [[nodiscard]] pid_t get_pid() const noexcept override { return pid_; }
  [[nodiscard]] std::optional<int> get_returncode() const noexcept override { return returncode_; }
  [[nodiscard]] std::shared_ptr<transport> get_pipe_transport(int descriptor) const override;
  void send_signal(int number) override;
  JACKDAW_CORO_WRAPPER task<int> wait() override { return wait_for(shared_from_this()); }
  void abandon() noexcept override;
  void let_go() noexcept override;

  // --- For the speakers of the pipes ---
  void pipe_data_received(int number, std::string_view data);
  void pipe_connection_lost(int number, const std::exception_ptr& error);
  [[nodiscard]] const std::shared_ptr<subprocess_protocol>& told() const noexcept {
    return protocol_;
  }

 private:
  struct watcher : ready_callback {
    explicit watcher(child_transport& transport) noexcept
        : ready_callback(&watcher::ready), owner(&transport) {}
    static void ready(ready_callback& self) {
      const auto keep = static_cast<watcher&>(self).owner->shared_from_this();
      keep->has_ended();
    }
    child_transport* owner;
  };

  static task<int> wait_for(std::shared_ptr<child_transport> self);
  static task<void> connect_pipes(std::shared_ptr<child_transport> self, future<void> waiter);
  static task<void> connect_all(child_transport& self);
  void call(std::function<void()> due);
  void has_ended();
  void process_exited(int code);
  void try_finish();
  void call_connection_lost();
  void has_tried(const future<void>& waiter);
  void wake_exit_waiters();
  void release() noexcept;

  event_loop* loop_;
  jackdaw::io::process child_;
  pid_t pid_;
  std::shared_ptr<subprocess_protocol> protocol_;
  std::array<bool, 3> has_pipe_;
  std::array<std::shared_ptr<pipe_speaker>, 3> pipes_;  // Null until its pipe is connected.
  std::optional<std::vector<std::function<void()>>> kept_calls_{std::in_place};
  std::vector<future<int>> exit_waiters_;
  std::optional<int> returncode_;
  std::optional<selector::keeper> kept_;
  extra_info extra_;
  watcher watcher_{*this};
  bool closed_ = false;
  bool finished_ = false;
  bool connected_ = false;
  bool failed_ = false;  // A pipe could not be connected: the protocol hears nothing.
};

void pipe_speaker::data_received(std::string_view data) {
  if (owner_ != nullptr) {
    owner_->pipe_data_received(number_, data);
  }
}

void pipe_speaker::connection_lost(std::exception_ptr error) {
  if (const auto owner = std::exchange(owner_, nullptr)) {
    owner->pipe_connection_lost(number_, error);
  }
}

void pipe_speaker::pause_writing() {
  if (owner_ != nullptr && owner_->told() != nullptr) {
    owner_->told()->pause_writing();
  }
}

void pipe_speaker::resume_writing() {
  if (owner_ != nullptr && owner_->told() != nullptr) {
    owner_->told()->resume_writing();
  }
}

// -- Beginning ------------------------------------------------------------------------------------

void child_transport::begin(const future<void>& waiter) {
  kept_ = selector::of(*loop_).keep(shared_from_this());
  const auto connecting = loop_->create_task(connect_pipes(shared_from_this(), waiter));
  // One that is cancelled before its first step never runs.
  connecting.add_done_callback(
      [self = shared_from_this(), waiter](const join_handle<void>&) { self->has_tried(waiter); });
  selector::of(*loop_).add_reader(child_.native_handle(), watcher_);
}

task<void> child_transport::connect_all(child_transport& self) {
  if (self.has_pipe_[0]) {
    auto speaker = std::make_shared<pipe_speaker>(self.shared_from_this(), 0);
    co_await begin_write_pipe(self.child_.standard_input().release(), speaker);
    self.pipes_[0] = std::move(speaker);
  }
  for (const int number : {1, 2}) {
    const auto place = static_cast<std::size_t>(number);
    if (self.has_pipe_[place]) {
      auto& output = number == 1 ? self.child_.standard_output() : self.child_.standard_error();
      auto speaker = std::make_shared<pipe_speaker>(self.shared_from_this(), number);
      co_await begin_read_pipe(output.release(), speaker);
      self.pipes_[place] = std::move(speaker);
    }
  }
}

// Cancelled or not, it tells who waits: a future that is done has been given up.
task<void> child_transport::connect_pipes(std::shared_ptr<child_transport> self,
                                          future<void> waiter) {
  std::exception_ptr failed;
  try {
    co_await connect_all(*self);
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed == nullptr && self->loop_ != nullptr) {
    self->loop_->call_soon([self, told = self->protocol_] { told->connection_made(self); });
    for (std::function<void()>& due : *self->kept_calls_) {
      self->loop_->call_soon(std::move(due));
    }
    self->kept_calls_.reset();
  }
  self->connected_ = failed == nullptr;
  if (!waiter.done()) {
    if (failed == nullptr) {
      waiter.set_result();
    } else {
      waiter.set_exception(failed);
    }
  }
}

// In CPython the waiters for the exit wait for a connection_lost that never comes.
void child_transport::has_tried(const future<void>& waiter) {
  if (connected_) {
    return;
  }
  failed_ = true;
  kept_calls_.emplace();
  waiter.cancel();
  if (returncode_ && loop_ != nullptr) {
    wake_exit_waiters();
    release();
  }
}

void child_transport::call(std::function<void()> due) {
  if (kept_calls_) {
    kept_calls_->push_back(std::move(due));
  } else {
    loop_->call_soon(std::move(due));
  }
}

// -- What happens to it ---------------------------------------------------------------------------

void child_transport::pipe_data_received(int number, std::string_view data) {
  call([told = protocol_, number, data = std::string(data)] {
    told->pipe_data_received(number, data);
  });
}

void child_transport::pipe_connection_lost(int number, const std::exception_ptr& error) {
  call([told = protocol_, number, error] { told->pipe_connection_lost(number, error); });
  try_finish();
}

// One that somebody else has reaped is said to have ended with 255, as CPython's watcher says.
void child_transport::has_ended() {
  int code = 255;
  try {
    const std::optional<exit_status> status = child_.poll();
    if (!status) {
      return;
    }
    code = status->returncode();
  } catch (const io::error&) {
    failure warning;
    warning.message = "child process pid " + std::to_string(pid_) +
                      " exit status already read:  will report returncode 255";
    warning.level = failure_level::warning;
    loop_->report(warning);
  }
  selector::of(*loop_).remove_reader(child_.native_handle(), &watcher_);
  loop_->call_soon([self = shared_from_this(), code] { self->process_exited(code); });
}

void child_transport::process_exited(int code) {
  if (loop_ == nullptr) {
    return;
  }
  returncode_ = code;
  if (failed_) {
    wake_exit_waiters();
    release();
    return;
  }
  call([told = protocol_] { told->process_exited(); });
  try_finish();
}

void child_transport::try_finish() {
  if (!returncode_ || finished_) {
    return;
  }
  for (std::size_t place = 0; place < pipes_.size(); ++place) {
    if (has_pipe_[place] && (pipes_[place] == nullptr || !pipes_[place]->disconnected())) {
      return;
    }
  }
  finished_ = true;
  call([self = shared_from_this()] { self->call_connection_lost(); });
}

void child_transport::call_connection_lost() {
  if (loop_ == nullptr) {
    return;
  }
  const auto told = std::exchange(protocol_, nullptr);
  std::exception_ptr thrown;
  try {
    told->connection_lost(nullptr);
  } catch (...) {
    thrown = std::current_exception();
  }
  wake_exit_waiters();
  release();
  if (thrown != nullptr) {
    std::rethrow_exception(thrown);
  }
}

void child_transport::wake_exit_waiters() {
  for (const future<int>& waiter : std::exchange(exit_waiters_, {})) {
    if (!waiter.done()) {
      waiter.set_result(*returncode_);
    }
  }
}

void child_transport::release() noexcept {
  const auto keep = shared_from_this();
  loop_ = nullptr;
  if (const auto kept = std::exchange(kept_, std::nullopt)) {
    selector::of(jackdaw::asyncio::get_running_loop()).release(*kept);
  }
}

// -- What is asked of it --------------------------------------------------------------------------

task<int> child_transport::wait_for(std::shared_ptr<child_transport> self) {
  if (self->returncode_) {
    co_return *self->returncode_;
  }
  const future<int> waiter(get_running_loop());
  self->exit_waiters_.push_back(waiter);
  const int code = co_await waiter;
  co_return code;
}

std::shared_ptr<transport> child_transport::get_pipe_transport(int descriptor) const {
  if (descriptor < 0 || descriptor > 2) {
    return nullptr;
  }
  const auto& speaker = pipes_[static_cast<std::size_t>(descriptor)];
  return speaker == nullptr ? nullptr : speaker->pipe();
}

void child_transport::set_protocol(std::shared_ptr<base_protocol> next) {
  auto speaker = std::dynamic_pointer_cast<subprocess_protocol>(std::move(next));
  if (speaker == nullptr) {
    throw std::invalid_argument("a child process needs a subprocess_protocol");
  }
  protocol_ = std::move(speaker);
}

void child_transport::send_signal(int number) {
  if (loop_ == nullptr) {
    throw error(ESRCH, "send_signal");
  }
  const result<void> sent = child_.try_send_signal(number);
  if (!sent.ok() && sent.error_number() != ESRCH) {
    throw error(sent.error_number(), "send_signal");
  }
}

void child_transport::close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  for (const auto& each : pipes_) {
    if (each != nullptr) {
      each->pipe()->close();
    }
  }
  if (loop_ != nullptr && !returncode_) {
    static_cast<void>(child_.try_send_signal(SIGKILL));  // S248. One that has ended is past it.
  }
}

// The selector that keeps us is being destroyed, and holds us until let_go() has returned.
void child_transport::abandon() noexcept {
  closed_ = true;
  loop_ = nullptr;
  kept_.reset();
  child_ = jackdaw::io::process();
}

void child_transport::let_go() noexcept {
  const auto protocol = std::exchange(protocol_, nullptr);
  const auto calls = std::exchange(kept_calls_, std::nullopt);
  const auto pipes = std::exchange(pipes_, {});
  exit_waiters_.clear();
}

}  // namespace

void subprocess_transport::terminate() { send_signal(SIGTERM); }
void subprocess_transport::kill() { send_signal(SIGKILL); }

void subprocess_protocol::connection_made(const std::shared_ptr<subprocess_transport>& /*made*/) {}
void subprocess_protocol::pipe_data_received(int /*descriptor*/, std::string_view /*data*/) {}
void subprocess_protocol::pipe_connection_lost(int /*descriptor*/, std::exception_ptr /*error*/) {}
void subprocess_protocol::process_exited() {}

process_options shell_options(std::string command, process_options options) {
  options.program = "/bin/sh";
  options.arguments = {"-c", std::move(command)};
  return options;
}

task<std::shared_ptr<subprocess_transport>> begin_subprocess(
    process_options options, std::shared_ptr<subprocess_protocol> speaker) {
  event_loop& loop = get_running_loop();
  auto made = std::make_shared<child_transport>(loop, jackdaw::io::process::start(options),
                                                std::move(speaker), options);
  const future<void> waiter(loop);
  made->begin(waiter);
  std::exception_ptr failed;
  try {
    co_await waiter;
  } catch (...) {
    failed = std::current_exception();
  }
  if (failed != nullptr) {
    made->close();
    co_await made->wait();
    std::rethrow_exception(failed);
  }
  co_return made;
}

}  // namespace jackdaw::io::asyncio
