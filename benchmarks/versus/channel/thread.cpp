// A deque, a mutex and condition variables between threads.
#include "../support/versus.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace versus {
namespace {

class channel {
 public:
  explicit channel(std::int64_t capacity) : capacity_(static_cast<std::size_t>(capacity)) {}

  void put(std::int64_t value) {
    std::unique_lock guard(lock_);
    room_.wait(guard, [this] { return capacity_ == 0 || items_.size() < capacity_; });
    items_.push_back(value);
    guard.unlock();
    arrival_.notify_one();
  }

  std::int64_t get() {
    std::unique_lock guard(lock_);
    arrival_.wait(guard, [this] { return !items_.empty(); });
    const std::int64_t value = items_.front();
    items_.pop_front();
    guard.unlock();
    room_.notify_one();
    return value;
  }

 private:
  std::size_t capacity_;
  std::mutex lock_;
  std::condition_variable arrival_;
  std::condition_variable room_;
  std::deque<std::int64_t> items_;
};

}  // namespace
}  // namespace versus

int main(int count, char** values) {
  const versus::arguments given = versus::parse_for_threads(count, values);
  const std::int64_t each = given.size / given.tasks;
  versus::channel channel(given.capacity);
  std::int64_t sum = 0;
  versus::stopwatch time;
  {
    std::vector<std::jthread> producers;
    for (std::int64_t producer = 0; producer < given.tasks; ++producer) {
      producers.emplace_back([&channel, each] {
        for (std::int64_t index = 1; index <= each; ++index) {
          channel.put(index);
        }
      });
    }
    for (std::int64_t index = 0; index < each * given.tasks; ++index) {
      sum += channel.get();
    }
  }
  time.stop();
  return versus::report(time, each * given.tasks, sum == given.tasks * (each * (each + 1) / 2));
}
