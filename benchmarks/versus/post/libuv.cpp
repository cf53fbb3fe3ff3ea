// libuv's one thread-safe call says that there is something; the queue is its user's.
// Needs: uv.h
// Links: uv
#include "../support/versus.hpp"

#include <uv.h>

#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace versus {
namespace {

struct mailbox {
  uv_async_t arrival{};
  std::mutex lock;
  std::vector<std::function<void()>> posted;

  void post(std::function<void()> function) {
    {
      const std::lock_guard guard(lock);
      posted.push_back(std::move(function));
    }
    uv_async_send(&arrival);
  }

  void receive() {
    std::vector<std::function<void()>> taken;
    {
      const std::lock_guard guard(lock);
      taken.swap(posted);
    }
    for (const std::function<void()>& function : taken) {
      function();
    }
  }
};

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  uv_loop_t* const loop = uv_default_loop();
  versus::mailbox mailbox;
  mailbox.arrival.data = &mailbox;
  uv_async_init(loop, &mailbox.arrival,
                [](uv_async_t* self) { static_cast<versus::mailbox*>(self->data)->receive(); });
  std::int64_t finished = 0;
  versus::stopwatch time;
  {
    const std::jthread outside([&] {
      for (std::int64_t index = 0; index < given.size; ++index) {
        mailbox.post([&finished, &given, &mailbox] {
          if (++finished == given.size) {
            uv_close(reinterpret_cast<uv_handle_t*>(&mailbox.arrival), nullptr);
          }
        });
      }
    });
    uv_run(loop, UV_RUN_DEFAULT);
  }
  time.stop();
  return versus::report(time, given.size, finished == given.size);
}
