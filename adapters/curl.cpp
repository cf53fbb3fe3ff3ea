// libcurl's two callbacks, and its list of what is done.
#include <jackdaw/adapters/curl.hpp>

#include <curl/curl.h>
#include <poll.h>

#include <chrono>
#include <mutex>
#include <optional>

namespace jackdaw::adapters {
namespace {

void require(CURLMcode status, const char* call) {
  if (status != CURLM_OK) {
    throw curl_error(0, std::string(call) + ": " + curl_multi_strerror(status));
  }
}

}  // namespace

/// A handle that the client has, from its making to its end.
class curl_client::transfer : public foreign_loop::waiter {
 public:
  transfer(curl_client& client, CURL* easy) : client_(&client), easy_(easy) {
    const std::lock_guard held(client_->lock());
    // curl's C interface takes pointers as they are.
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
    require(curl_multi_add_handle(client_->multi_, easy_), "curl_multi_add_handle");
  }
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;
  ~transfer() {
    const std::lock_guard held(client_->lock());
    curl_multi_remove_handle(client_->multi_, easy_);
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, static_cast<void*>(nullptr));
  }

  CURLcode result = CURLE_OK;  // Written under the lock, read when the wait is over.

 private:
  curl_client* client_;
  CURL* easy_;
};

curl_client::curl_client() : multi_(nullptr) {
  static const CURLcode prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (prepared != CURLE_OK) {
    throw curl_error(prepared, curl_easy_strerror(prepared));
  }
  multi_ = curl_multi_init();
  if (multi_ == nullptr) {
    throw curl_error(0, "curl_multi_init");
  }
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &curl_client::socket_changed);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, static_cast<void*>(this));
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &curl_client::timer_changed);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, static_cast<void*>(this));
}

curl_client::~curl_client() {
  const std::lock_guard held(lock());
  curl_multi_cleanup(multi_);
}

int curl_client::socket_changed(void* /*easy*/, int socket, int what, void* self,
                                void* /*socket_note*/) {
  std::uint32_t events = 0;  // As of CURL_POLL_REMOVE.
  events |= (what & CURL_POLL_IN) != 0 ? POLLIN : 0;
  events |= (what & CURL_POLL_OUT) != 0 ? POLLOUT : 0;
  const int status = static_cast<curl_client*>(self)->watch(socket, events);
  // A socket that is gone already needs no farewell.
  return status == 0 || events == 0 ? 0 : -1;
}

int curl_client::timer_changed(void* /*multi*/, long timeout_ms, void* self) {
  static_cast<curl_client*>(self)->set_timer(
      timeout_ms < 0 ? std::nullopt
                     : std::optional<duration>(std::chrono::milliseconds(timeout_ms)));
  return 0;
}

void curl_client::on_ready(int descriptor, std::uint32_t events) {
  int mask = 0;
  mask |= (events & POLLIN) != 0 ? CURL_CSELECT_IN : 0;
  mask |= (events & POLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
  mask |= (events & (POLLERR | POLLHUP)) != 0 ? CURL_CSELECT_ERR : 0;
  act(descriptor, mask);
}

void curl_client::on_timer() { act(CURL_SOCKET_TIMEOUT, 0); }

void curl_client::act(int socket, int events) {
  int running = 0;
  require(curl_multi_socket_action(multi_, socket, events, &running), "curl_multi_socket_action");
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) {
      continue;
    }
    transfer* ended = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
    ended->result = message->data.result;
    complete(*ended);
  }
}

task<void> curl_client::perform(void* easy) {
  transfer mine(*this, easy);
  co_await wait_for(mine);
  if (mine.result != CURLE_OK) {
    throw curl_error(mine.result, curl_easy_strerror(mine.result));
  }
}

}  // namespace jackdaw::adapters
