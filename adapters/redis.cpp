// hiredis's hooks and callbacks.
#include <jackdaw/adapters/redis.hpp>

#include <hiredis/async.h>
#include <poll.h>

#include <csignal>
#include <exception>
#include <mutex>
#include <span>

namespace jackdaw::adapters {
namespace {

// hiredis writes without MSG_NOSIGNAL: what it raises on this thread meanwhile is taken back.
class without_sigpipe {
 public:
  without_sigpipe() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    sigpending(&pending);
    was_pending_ = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  without_sigpipe(const without_sigpipe&) = delete;
  without_sigpipe& operator=(const without_sigpipe&) = delete;
  ~without_sigpipe() {
    const timespec at_once{};
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

redis_value value_of(const redisReply& reply) {
  redis_value value;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      value.type = redis_value::kind::integer;
      value.integer = reply.integer;
      break;
    case REDIS_REPLY_NIL:
      break;
    case REDIS_REPLY_ARRAY:
      value.type = redis_value::kind::array;
      for (const redisReply* const each : std::span(reply.element, reply.elements)) {
        value.items.push_back(value_of(*each));
      }
      break;
    default:  // A string, a status, an error; newer versions have more, with a text.
      value.type =
          reply.type == REDIS_REPLY_ERROR ? redis_value::kind::error : redis_value::kind::text;
      value.text.assign(reply.str, reply.len);
  }
  return value;
}

std::string reason_of(const redisAsyncContext& context) {
  return context.err != 0 ? context.errstr : "the connection was closed";
}

}  // namespace

/// A command. hiredis has a share of it until it calls back, whether anybody still waits or not.
struct redis_connection::request : waiter {
  redis_value answer;
  std::string lost;  // Why there is none.
  std::exception_ptr error;
};

/// What hiredis calls, with the lock held by whoever called hiredis.
struct redis_connection::hooks {
  static redis_connection& self(void* note) { return *static_cast<redis_connection*>(note); }

  static void add_read(void* note) { self(note).change_interest(POLLIN, 0); }
  static void remove_read(void* note) { self(note).change_interest(0, POLLIN); }
  static void add_write(void* note) { self(note).change_interest(POLLOUT, 0); }
  static void remove_write(void* note) { self(note).change_interest(0, POLLOUT); }
  // The last before it frees the context and closes the descriptor.
  static void clean_up(void* note) {
    self(note).change_interest(0, POLLIN | POLLOUT);
    self(note).failure_ = reason_of(*self(note).context_);
    self(note).context_ = nullptr;
  }
  static void connected(const redisAsyncContext* context, int status) {
    redis_connection& own = self(context->data);
    own.failure_ = status == REDIS_OK ? "" : reason_of(*context);
    own.complete(own.connecting_);
  }
  static void answered(redisAsyncContext* context, void* reply, void* note) {
    auto* const share = static_cast<std::shared_ptr<request>*>(note);
    request& asked = **share;
    try {
      if (reply != nullptr) {
        asked.answer = value_of(*static_cast<const redisReply*>(reply));
      } else {
        asked.lost = reason_of(*context);
      }
    } catch (...) {  // No memory for it; an exception must not pass through C.
      asked.error = std::current_exception();
    }
    self(context->data).complete(asked);
    delete share;
  }
};

void redis_connection::change_interest(std::uint32_t added, std::uint32_t removed) noexcept {
  const std::uint32_t now = (interest_ | added) & ~removed;
  if (now != interest_) {
    interest_ = now;
    static_cast<void>(watch(descriptor_, now));
  }
}

void redis_connection::open(const std::string& address, int port) {
  const std::lock_guard held(lock());
  redisAsyncContext* const context = address.starts_with('/')
                                         ? redisAsyncConnectUnix(address.c_str())
                                         : redisAsyncConnect(address.c_str(), port);
  if (context == nullptr || context->err != 0) {
    const std::string why = context != nullptr ? reason_of(*context) : "no memory";
    if (context != nullptr) {
      redisAsyncFree(context);
    }
    throw redis_error(address + ": " + why, true);
  }
  context_ = context;
  descriptor_ = context->c.fd;
  context->data = this;
  context->ev.data = this;
  context->ev.addRead = &hooks::add_read;
  context->ev.delRead = &hooks::remove_read;
  context->ev.addWrite = &hooks::add_write;
  context->ev.delWrite = &hooks::remove_write;
  context->ev.cleanup = &hooks::clean_up;
  redisAsyncSetConnectCallback(context, &hooks::connected);
}

task<std::unique_ptr<redis_connection>> redis_connection::connect(std::string address, int port) {
  std::unique_ptr<redis_connection> made(new redis_connection());
  made->open(address, port);
  co_await made->wait_for(made->connecting_);
  if (const std::string why = made->failure(); !why.empty()) {
    throw redis_error(address + ": " + why, true);
  }
  co_return made;
}

redis_connection::~redis_connection() {
  const std::lock_guard held(lock());
  if (context_ != nullptr) {
    redisAsyncFree(context_);
  }
}

std::string redis_connection::failure() {
  const std::lock_guard held(lock());
  return failure_;
}

void redis_connection::on_ready(int /*descriptor*/, std::uint32_t events) {
  const without_sigpipe quiet;
  constexpr std::uint32_t broken = POLLERR | POLLHUP;  // Its own call will tell which.
  if (context_ != nullptr && (events & (POLLIN | broken)) != 0) {
    redisAsyncHandleRead(context_);
  }
  if (context_ != nullptr && (events & (POLLOUT | broken)) != 0) {
    redisAsyncHandleWrite(context_);
  }
}

task<redis_value> redis_connection::command(std::vector<std::string> words) {
  const auto asked = std::make_shared<request>();
  {
    std::vector<const char*> texts;
    std::vector<std::size_t> lengths;
    for (const std::string& word : words) {
      texts.push_back(word.data());
      lengths.push_back(word.size());
    }
    auto share = std::make_unique<std::shared_ptr<request>>(asked);
    const std::lock_guard held(lock());
    if (context_ == nullptr || redisAsyncCommandArgv(context_, &hooks::answered, share.get(),
                                                     static_cast<int>(words.size()), texts.data(),
                                                     lengths.data()) != REDIS_OK) {
      throw redis_error(failure_, true);
    }
    static_cast<void>(share.release());
  }
  co_await wait_for(*asked);
  if (asked->error != nullptr) {
    std::rethrow_exception(asked->error);
  }
  if (!asked->lost.empty()) {
    throw redis_error(asked->lost, true);
  }
  if (asked->answer.type == redis_value::kind::error) {
    throw redis_error(asked->answer.text, false);
  }
  co_return std::move(asked->answer);
}

}  // namespace jackdaw::adapters
