// Needs: uv.h
// Links: uv
#include "../support/versus.hpp"

#include <uv.h>

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_one_worker(count, values);
  std::int64_t value = 0;
  versus::stopwatch time;
  for (std::int64_t cycle = 0; cycle < given.size; ++cycle) {
    uv_loop_t loop;
    uv_idle_t once;
    uv_loop_init(&loop);
    uv_idle_init(&loop, &once);
    once.data = &value;
    uv_idle_start(&once, [](uv_idle_t* self) {
      ++*static_cast<std::int64_t*>(self->data);
      uv_close(reinterpret_cast<uv_handle_t*>(self), nullptr);
    });
    uv_run(&loop, UV_RUN_DEFAULT);
    if (uv_loop_close(&loop) != 0) {
      return 1;
    }
  }
  time.stop();
  return versus::report(time, given.size, value == given.size);
}
