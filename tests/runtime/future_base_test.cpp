// tests/runtime/future_base_test.cpp
//
// Goal: what tasks and futures have in common: who is told of the end, when, and how often; counted
// references; messages; exceptions that nobody fetched. Method: the smallest thing that can end, over a
// scheduler that runs by hand; on several threads, ends and watchers that meet.
#include "../support/runtime_test.hpp"
#include "../support/stress.hpp"
#include "manual_scheduler.hpp"
#include <jackdaw/runtime/exceptions.hpp>
#include <jackdaw/runtime/future_base.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <exception>
#include <list>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace jackdaw {
namespace {

using testing::failure_log;
using testing::manual_scheduler;
using testing::scaled;

// Ends when it is told to; counts those that are alive.
class bare_future : public future_base {
 public:
  explicit bare_future(scheduler& home) : future_base(home) { ++alive; }
  ~bare_future() override {
    report_if_unretrieved("bare", "its name");
    --alive;
  }
  [[nodiscard]] static counted_reference<bare_future> make(scheduler& home) {
    return counted_reference<bare_future>::adopt(*new bare_future(home));
  }

  void end(std::exception_ptr error = nullptr) {
    error_ = std::move(error);
    if (error_ != nullptr) {
      expect_retrieval();
    }
    word_.fetch_or(is_done, std::memory_order_acq_rel);
    auto watchers = take_completions();
    tell(watchers);
  }
  bool request_cancel(std::string_view message = {}) noexcept override {
    store_message(message);
    cancelled_ = true;
    end();
    return true;
  }
  [[nodiscard]] std::exception_ptr exception() const noexcept override { return error_; }

  using future_base::copy_message;
  using future_base::store_message;
  using future_base::take_message;

  static inline std::atomic<int> alive{0};

 private:
  std::exception_ptr error_;
};

// Writes its letter when it is told, and in capitals when it is forgotten.
struct watcher : completion_node {
  watcher(std::string& text, char letter)
      : completion_node(&watcher::told, &watcher::forgotten), log(&text), name(letter) {}
  static void told(completion_node& self) noexcept {
    const auto& own = static_cast<watcher&>(self);
    own.log->push_back(own.name);
  }
  static void forgotten(completion_node& self) noexcept {
    const auto& own = static_cast<watcher&>(self);
    own.log->push_back(static_cast<char>(own.name - 'a' + 'A'));
  }
  std::string* log;
  char name;
};

std::exception_ptr boom() { return std::make_exception_ptr(std::runtime_error("boom")); }

TEST(future_base_test, watchers_are_told_of_the_end_once_in_the_order_in_which_they_came) {  // S26
  manual_scheduler home;
  std::string log;
  const auto future = bare_future::make(home);
  watcher a(log, 'a');
  watcher b(log, 'b');
  watcher c(log, 'c');
  for (watcher* const each : {&b, &a, &c}) {
    EXPECT_TRUE(future->add_completion(*each));
  }
  EXPECT_EQ(log, "");
  EXPECT_FALSE(future->done());
  future->end();
  EXPECT_TRUE(future->done());
  EXPECT_FALSE(future->cancelled());
  EXPECT_EQ(log, "bac");
}

TEST(future_base_test, who_comes_after_the_end_is_refused_and_not_told) {
  manual_scheduler home;
  std::string log;
  const auto future = bare_future::make(home);
  future->end();
  watcher late(log, 'l');
  EXPECT_FALSE(future->add_completion(late));
  EXPECT_FALSE(future->remove_completion(late));
  EXPECT_EQ(log, "");
}

TEST(future_base_test, who_was_taken_out_is_not_told_and_the_others_keep_their_order) {
  manual_scheduler home;
  std::string log;
  const auto future = bare_future::make(home);
  std::list<watcher> all;
  for (const char name : {'a', 'b', 'c', 'd'}) {
    EXPECT_TRUE(future->add_completion(all.emplace_back(log, name)));
  }
  watcher& second = *std::next(all.begin());
  EXPECT_TRUE(future->remove_completion(second));
  EXPECT_FALSE(future->remove_completion(second)) << "it is gone already";
  EXPECT_TRUE(future->remove_completion(all.back()));
  EXPECT_TRUE(future->add_completion(second)) << "and may come back, behind the others";
  future->end();
  EXPECT_EQ(log, "acb");
}

TEST(future_base_test, a_watcher_may_end_others_and_be_destroyed_when_it_is_told) {
  struct destroyed_when_told : completion_node {
    explicit destroyed_when_told(counted_reference<bare_future> other)
        : completion_node(&destroyed_when_told::told), next_to_end(std::move(other)) {}
    static void told(completion_node& self) noexcept {
      auto* const own = static_cast<destroyed_when_told*>(&self);
      own->next_to_end->end();
      delete own;
    }
    counted_reference<bare_future> next_to_end;
  };
  manual_scheduler home;
  std::string log;
  const auto first = bare_future::make(home);
  const auto second = bare_future::make(home);
  watcher of_second(log, 's');
  watcher of_first(log, 'f');
  EXPECT_TRUE(first->add_completion(*new destroyed_when_told(second)));
  EXPECT_TRUE(first->add_completion(of_first));
  EXPECT_TRUE(second->add_completion(of_second));
  first->end();
  EXPECT_EQ(log, "sf");
}

TEST(future_base_test, what_goes_without_an_end_forgets_its_watchers_in_order) {
  manual_scheduler home;
  std::string log;
  watcher a(log, 'a');
  watcher b(log, 'b');
  {
    const auto future = bare_future::make(home);
    EXPECT_TRUE(future->add_completion(a));
    EXPECT_TRUE(future->add_completion(b));
  }
  EXPECT_EQ(log, "AB");
}

TEST(future_base_test, the_last_reference_destroys_it_and_no_other) {
  manual_scheduler home;
  {
    const auto first = bare_future::make(home);
    EXPECT_EQ(bare_future::alive, 1);
    EXPECT_FALSE(first->shared());
    {
      const auto copy = first;  // NOLINT(performance-unnecessary-copy-initialization)
      const future_reference as_base = copy;
      EXPECT_TRUE(first->shared());
      EXPECT_EQ(as_base.get(), first.get());
    }
    EXPECT_FALSE(first->shared());
    auto moved_from = first;
    const auto moved_to = std::move(moved_from);
    EXPECT_FALSE(moved_from);  // NOLINT(bugprone-use-after-move): that is what is asked.
    EXPECT_TRUE(moved_to);
    EXPECT_TRUE(moved_to == first);
  }
  EXPECT_EQ(bare_future::alive, 0);
}

TEST(future_base_test, a_reference_may_be_assigned_to_itself_and_to_another) {
  manual_scheduler home;
  auto one = bare_future::make(home);
  const auto& alias = one;
  one = alias;
  EXPECT_EQ(bare_future::alive, 1);
  EXPECT_FALSE(one->shared());
  auto other = bare_future::make(home);
  EXPECT_FALSE(one == other);
  one = std::move(other);
  EXPECT_EQ(bare_future::alive, 1);
  one = {};
  EXPECT_EQ(bare_future::alive, 0);
}

TEST(future_base_test, a_message_can_be_read_until_it_is_taken) {  // S65
  manual_scheduler home;
  const auto future = bare_future::make(home);
  EXPECT_EQ(future->copy_message(), "");
  future->store_message("first");
  future->store_message("second");
  EXPECT_EQ(future->copy_message(), "second");
  EXPECT_EQ(future->copy_message(), "second");
  EXPECT_EQ(future->take_message(), "second");
  EXPECT_EQ(future->take_message(), "");
  future->store_message("third");
  future->store_message("");
  EXPECT_EQ(future->copy_message(), "");
}

TEST(future_base_test,
     an_exception_that_nobody_fetched_is_reported_with_the_last_reference) {  // S75
  failure_log failures;
  manual_scheduler home(failures.handler());
  {
    auto future = bare_future::make(home);
    const auto second = future;
    future->end(boom());
    future = {};
    EXPECT_EQ(failures.text(), "");
  }
  EXPECT_EQ(failures.text(), "bare|its name|std::runtime_error: boom\n");
}

TEST(future_base_test, the_report_reaches_the_handler_of_a_scheduler_that_is_gone) {
  failure_log failures;
  {
    counted_reference<bare_future> future;
    {
      manual_scheduler home(failures.handler());
      future = bare_future::make(home);
      future->end(boom());
    }
  }
  EXPECT_EQ(failures.all().size(), 1U);
}

TEST(future_base_test, an_exception_that_somebody_saw_is_not_reported) {
  failure_log failures;
  manual_scheduler home(failures.handler());
  {
    const auto future = bare_future::make(home);
    future->mark_retrieved();  // Before there is one: it does not count.
    future->end(boom());
    future->mark_retrieved();
    future->mark_retrieved();
  }
  EXPECT_EQ(failures.text(), "");
  bare_future::make(home)->end();
  EXPECT_EQ(failures.text(), "") << "nothing to see";
}

TEST(future_base_test, a_cancellation_is_an_end_of_its_own_kind) {
  manual_scheduler home;
  std::string log;
  const auto future = bare_future::make(home);
  watcher a(log, 'a');
  EXPECT_TRUE(future->add_completion(a));
  EXPECT_FALSE(future->cancelled());
  future->request_cancel("why");
  EXPECT_TRUE(future->cancelled());
  EXPECT_EQ(future->copy_message(), "why");
  EXPECT_EQ(log, "a");
}

// Counts what it was told.
struct counting_watcher : completion_node {
  explicit counting_watcher(std::atomic<int>& count)
      : completion_node(&counting_watcher::told), told_count(&count) {}
  static void told(completion_node& self) noexcept {
    static_cast<counting_watcher&>(self).told_count->fetch_add(1);
  }
  std::atomic<int>* told_count;
};

TEST(future_base_threads_test, a_watcher_is_told_exactly_if_it_was_accepted_and_not_taken_out) {
  manual_scheduler home;
  for (int round = 0; round < scaled(2'000); ++round) {
    const auto future = bare_future::make(home);
    std::atomic<int> told{0};
    std::atomic<int> owed{0};
    std::atomic<int> ready{0};
    counting_watcher nodes[2][4] = {{counting_watcher(told), counting_watcher(told),
                                     counting_watcher(told), counting_watcher(told)},
                                    {counting_watcher(told), counting_watcher(told),
                                     counting_watcher(told), counting_watcher(told)}};
    const auto watch = [&](int thread) {
      ready.fetch_add(1);
      while (ready.load() < 3) {
      }
      for (counting_watcher& node : nodes[thread]) {
        owed.fetch_add(future->add_completion(node) ? 1 : 0);
      }
      owed.fetch_sub(future->remove_completion(nodes[thread][1]) ? 1 : 0);
    };
    std::thread first(watch, 0);
    std::thread second(watch, 1);
    ready.fetch_add(1);
    while (ready.load() < 3) {
    }
    future->end();
    first.join();
    second.join();
    ASSERT_EQ(told.load(), owed.load()) << "round " << round;
  }
}

TEST(future_base_threads_test, references_that_go_on_several_threads_destroy_it_once) {
  manual_scheduler home;
  for (int round = 0; round < scaled(2'000); ++round) {
    auto future = bare_future::make(home);
    std::thread first([copy = future]() mutable { copy = {}; });
    std::thread second([copy = future]() mutable { copy = {}; });
    future = {};
    first.join();
    second.join();
    ASSERT_EQ(bare_future::alive, 0);
  }
}

}  // namespace
}  // namespace jackdaw
