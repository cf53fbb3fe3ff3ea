// tests/runtime/sync/channel_test.cpp
//
// Goal: each message comes out once, in order, whoever is cancelled and whenever; nobody waits while there is what
// he waits for; what closing ends. Method: traces over every runtime; a cancellation at every turn of a run;
// senders and receivers on several workers, who keep accounts; counted resumptions.
#include "../../support/runtime_test.hpp"
#include "../../support/stress.hpp"
#include "../../support/sync_test.hpp"
#include "../../support/trace.hpp"
#include <jackdaw/runtime/runtime.hpp>
#include <jackdaw/runtime/sync/channel.hpp>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

namespace jackdaw {
namespace {

using testing::all_kinds;
using testing::cancel_at_random;
using testing::let_waiters_destroy;
using testing::line_up;
using testing::order_kinds;
using testing::parallel_kinds;
using testing::scaled;
using testing::settled;
using testing::trace;

class channel_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(channel_test, all_kinds());
class channel_order_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(channel_order_test, order_kinds());
class channel_threads_test : public testing::runtime_test {};
JACKDAW_OVER_KINDS(channel_threads_test, parallel_kinds());

// "a1": receiver a got message 1. "a-": it was told that there will be none.
task<void> receive_and_write(channel<int>& messages, trace& log, std::string name) {
  const std::optional<int> message = co_await messages.receive();
  if (message.has_value()) {
    log.add(name, *message);
  } else {
    log.add(name + "-");
  }
}

task<void> send_and_write(channel<int>& messages, trace& log, int message) {
  try {
    co_await messages.send(message);
    log.add("sent", message);
  } catch (const channel_closed&) {
    log.add("refused", message);
  }
}

// Senders of 1, 2, 3 ..., in this order.
task<std::vector<join_handle<void>>> senders(channel<int>& messages, trace& log, int count) {
  std::vector<join_handle<void>> line;
  for (int message = 1; message <= count; ++message) {
    line.push_back(spawn(send_and_write(messages, log, message)));
    co_await settled();
  }
  co_return line;
}

// What is left, oldest first: "1 2 3".
std::string drain(channel<int>& messages) {
  trace left;
  while (const std::optional<int> message = messages.try_receive()) {
    left.add("", *message);
  }
  return left.text();
}

TEST_P(channel_test, messages_come_out_in_order_and_nobody_suspends_for_what_is_there) {
  run([]() -> task<void> {
    channel<int> messages;
    const auto before = this_task::scheduler().statistics().resumptions;
    for (int message = 0; message < 3000; ++message) {  // Some blocks.
      co_await messages.send(message);
    }
    EXPECT_EQ(messages.size(), 3000U);
    for (int message = 0; message < 3000; ++message) {
      const std::optional<int> got = co_await messages.receive();
      EXPECT_EQ(got, message);
    }
    EXPECT_EQ(this_task::scheduler().statistics().resumptions, before);
    EXPECT_EQ(messages.try_receive(), std::nullopt);
    EXPECT_EQ(messages.size(), 0U);
  }());
}

TEST_P(channel_test, a_channel_needs_room_for_one_message) {
  EXPECT_THROW(channel<int>(0), std::invalid_argument);
  EXPECT_EQ(channel<int>(3).capacity(), 3U);
}

TEST_P(channel_test, receivers_wait_and_each_message_ends_one_wait_in_order) {
  run([]() -> task<void> {
    channel<int> messages;
    trace log;
    const auto line = co_await line_up(3, receive_and_write, messages, log);
    EXPECT_EQ(log, "");
    EXPECT_TRUE(messages.try_send(1));
    co_await settled();
    EXPECT_EQ(log, "a1");
    EXPECT_TRUE(messages.try_send(2));
    co_await settled();
    EXPECT_TRUE(messages.try_send(3));
    co_await settled();
    EXPECT_EQ(log, "a1 b2 c3");
  }());
}

TEST_P(channel_test, a_message_that_was_given_to_a_waiting_receiver_cannot_be_taken_by_others) {
  run([]() -> task<void> {
    channel<int> messages;
    trace log;
    const auto line = co_await line_up(1, receive_and_write, messages, log);
    EXPECT_TRUE(messages.try_send(1));
    EXPECT_EQ(messages.try_receive(), std::nullopt);
    EXPECT_TRUE(messages.try_send(2));
    EXPECT_EQ(messages.try_receive(), 2);
    co_await settled();
    EXPECT_EQ(log, "a1");
  }());
}

TEST_P(channel_order_test, several_messages_at_once_go_to_as_many_receivers_in_order) {
  run([]() -> task<void> {
    channel<int> messages;
    trace log;
    const auto line = co_await line_up(4, receive_and_write, messages, log);
    for (int message = 1; message <= 3; ++message) {
      EXPECT_TRUE(messages.try_send(message));
    }
    EXPECT_EQ(log, "");
    co_await settled();
    EXPECT_EQ(log, "a1 b2 c3");
    messages.close();
    co_await settled();
    EXPECT_EQ(log, "a1 b2 c3 d-");
  }());
}

TEST_P(channel_test, a_full_channel_makes_senders_wait_in_order_and_never_holds_more) {
  run([]() -> task<void> {
    channel<int> messages(2);
    trace log;
    const auto line = co_await senders(messages, log, 5);
    EXPECT_EQ(log, "sent1 sent2");
    EXPECT_EQ(messages.size(), 2U);
    EXPECT_FALSE(messages.try_send(9));
    for (int message = 1; message <= 5; ++message) {
      const std::optional<int> got = co_await messages.receive();
      EXPECT_EQ(got, message);
      EXPECT_LE(messages.size(), 2U);
      co_await settled();
    }
    EXPECT_EQ(log, "sent1 sent2 sent3 sent4 sent5");
  }());
}

TEST_P(channel_test, what_found_no_room_stays_with_whoever_offered_it) {
  run([]() -> task<void> {
    channel<std::unique_ptr<int>> messages(1);
    auto first = std::make_unique<int>(1);
    auto second = std::make_unique<int>(2);
    EXPECT_TRUE(messages.try_send(first));
    EXPECT_EQ(first, nullptr);
    EXPECT_FALSE(messages.try_send(second));
    EXPECT_NE(second, nullptr);
    const std::optional<std::unique_ptr<int>> got = co_await messages.receive();
    EXPECT_EQ(**got, 1);
  }());
}

TEST_P(channel_test, a_receiver_that_was_woken_takes_what_came_meanwhile_without_suspending_again) {
  run([]() -> task<void> {
    channel<int> messages(100);
    std::vector<int> got;
    const auto receiver = spawn([](channel<int>& from, std::vector<int>& into) -> task<void> {
      while (true) {
        const std::optional<int> message = co_await from.receive();
        if (!message.has_value()) {
          co_return;
        }
        into.push_back(*message);
      }
    }(messages, got));
    co_await settled();
    const auto before = this_task::scheduler().statistics().resumptions;
    for (int message = 0; message < 100; ++message) {
      co_await messages.send(message);
    }
    messages.close();
    co_await receiver;
    EXPECT_EQ(got.size(), 100U);
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
    if (this_task::scheduler().statistics().workers <= 1) {
      EXPECT_LE(this_task::scheduler().statistics().resumptions - before, 3U);
    }
  }());
}

// Many at once.

TEST_P(channel_test, receive_many_takes_what_is_there_up_to_a_limit) {
  run([]() -> task<void> {
    channel<int> messages;
    for (int message = 0; message < 1000; ++message) {
      EXPECT_TRUE(messages.try_send(message));
    }
    std::vector<int> got;
    std::size_t count = co_await messages.receive_many(got, 10);
    EXPECT_EQ(count, 10U);
    count = co_await messages.receive_many(got, 0);
    EXPECT_EQ(count, 0U);
    while (messages.size() > 0) {
      count = co_await messages.receive_many(got);
      EXPECT_GT(count, 0U);
    }
    EXPECT_EQ(got.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end()));
    EXPECT_EQ(messages.try_receive_many(got), 0U);
  }());
}

TEST_P(channel_test, receive_many_waits_for_the_first_message_and_is_told_of_the_end) {
  run([]() -> task<void> {
    channel<int> messages(2);
    std::vector<int> got;
    const auto receiver = spawn([](channel<int>& from, std::vector<int>& into) -> task<void> {
      std::size_t count = 1;
      while (count > 0) {
        count = co_await from.receive_many(into);
      }
    }(messages, got));
    co_await settled();
    EXPECT_TRUE(got.empty());
    for (int message = 0; message < 7; ++message) {
      co_await messages.send(message);
    }
    messages.close();
    co_await receiver;
    EXPECT_EQ(got, (std::vector{0, 1, 2, 3, 4, 5, 6}));
  }());
}

TEST_P(channel_test, many_taken_at_once_make_room_for_as_many_waiting_senders) {
  run([]() -> task<void> {
    channel<int> messages(2);
    trace log;
    const auto line = co_await senders(messages, log, 5);
    std::vector<int> got;
    EXPECT_EQ(messages.try_receive_many(got), 2U);
    EXPECT_EQ(messages.size(), 2U);
    co_await settled();
    EXPECT_EQ(log.sorted(), "sent1 sent2 sent3 sent4");
    EXPECT_EQ(drain(messages), "3 4 5");
    co_await settled();
    EXPECT_EQ(log.sorted(), "sent1 sent2 sent3 sent4 sent5");
  }());
}

TEST_P(channel_test, many_are_sent_in_order_and_wait_for_room_if_they_must) {
  run([]() -> task<void> {
    channel<int> messages(3);
    std::vector<int> offered{1, 2, 3, 4};
    EXPECT_EQ(messages.try_send_many(offered), 3U);
    EXPECT_EQ(messages.try_send_many(offered), 0U);
    EXPECT_EQ(drain(messages), "1 2 3");
    std::vector<int> numbers(100);
    std::iota(numbers.begin(), numbers.end(), 0);
    const auto sender = spawn(messages.send_many(numbers));
    std::vector<int> got;
    while (got.size() < numbers.size()) {
      static_cast<void>(co_await messages.receive_many(got));
    }
    co_await sender;
    EXPECT_EQ(got, numbers);
    messages.close();
    EXPECT_THROW(static_cast<void>(messages.try_send_many(offered)), channel_closed);
  }());
}

TEST_P(channel_test, many_that_are_sent_at_once_end_as_many_waits) {
  run([]() -> task<void> {
    channel<int> messages;
    trace log;
    const auto line = co_await line_up(2, receive_and_write, messages, log);
    std::vector<int> offered{1, 2, 3};
    EXPECT_EQ(messages.try_send_many(offered), 3U);
    EXPECT_EQ(messages.size(), 1U);
    co_await settled();
    EXPECT_EQ(log.sorted(), "a1 b2");
  }());
}

// Cancellation.

TEST_P(channel_test, cancelled_receivers_and_senders_just_leave) {
  run([]() -> task<void> {
    channel<int> empty_one;
    channel<int> full_one(1);
    trace log;
    const auto waiting = co_await line_up(2, receive_and_write, empty_one, log);
    waiting[0].cancel();
    EXPECT_TRUE(empty_one.try_send(7));  // Before a has left.
    co_await settled();
    EXPECT_TRUE(waiting[0].cancelled());
    EXPECT_EQ(log, "b7");
    log.clear();
    const auto sending = co_await senders(full_one, log, 3);
    sending[1].cancel();
    EXPECT_EQ(full_one.try_receive(), 1);
    co_await settled();
    EXPECT_TRUE(sending[1].cancelled());
    EXPECT_EQ(log, "sent1 sent3");
    EXPECT_EQ(drain(full_one), "3");
  }());
}

task<void> receive_then_yield(channel<int>& messages, trace& log) {
  const std::optional<int> message = co_await messages.receive();
  log.add("got", *message);
  co_await yield();
  log.add("not cancelled");
}

TEST_P(channel_order_test, a_receiver_cancelled_after_it_was_given_a_message_has_it_all_the_same) {
  run([]() -> task<void> {
    channel<int> messages;
    trace log;
    const auto line = co_await line_up(1, receive_then_yield, messages, log);
    EXPECT_TRUE(messages.try_send(1));
    line[0].cancel();
    co_await settled();
    EXPECT_EQ(log, "got1");
    EXPECT_TRUE(line[0].cancelled());
  }());
}

// Closing.

TEST_P(channel_test, a_closed_channel_takes_nothing_and_gives_what_it_has) {
  run([]() -> task<void> {
    channel<int> messages;
    trace log;
    EXPECT_TRUE(messages.try_send(1));
    EXPECT_TRUE(messages.try_send(2));
    EXPECT_FALSE(messages.is_closed());
    messages.close();
    messages.close();
    EXPECT_TRUE(messages.is_closed());
    co_await send_and_write(messages, log, 3);
    EXPECT_THROW(static_cast<void>(messages.try_send(4)), channel_closed);
    for (int round = 0; round < 3; ++round) {
      co_await receive_and_write(messages, log, "r");
    }
    EXPECT_EQ(log, "refused3 r1 r2 r-");
    EXPECT_EQ(messages.try_receive(), std::nullopt);
  }());
}

TEST_P(channel_test, closing_ends_all_waits) {
  run([]() -> task<void> {
    channel<int> empty_one;
    channel<int> full_one(1);
    trace log;
    const auto waiting = co_await line_up(2, receive_and_write, empty_one, log);
    const auto sending = co_await senders(full_one, log, 3);
    log.clear();
    empty_one.close();
    full_one.close();
    co_await settled();
    EXPECT_EQ(log.sorted(), "a- b- refused2 refused3");
    EXPECT_EQ(full_one.try_receive(), 1);
    EXPECT_EQ(full_one.try_receive(), std::nullopt);
  }());
}

TEST_P(channel_test, who_closed_it_may_destroy_it_before_those_who_waited_have_left) {
  run([]() -> task<void> {
    auto empty_one = std::make_unique<channel<int>>();
    auto full_one = std::make_unique<channel<int>>(1);
    trace log;
    const auto waiting = co_await line_up(2, receive_and_write, *empty_one, log);
    const auto sending = co_await senders(*full_one, log, 3);
    log.clear();
    empty_one->close();
    full_one->close();
    empty_one.reset();
    full_one.reset();
    co_await settled();
    EXPECT_EQ(log.sorted(), "a- b- refused2 refused3");
  }());
}

TEST_P(channel_test, messages_that_nobody_received_are_destroyed_with_the_channel) {
  run([]() -> task<void> {
    auto message = std::make_shared<int>(1);
    {
      channel<std::shared_ptr<int>> messages;
      for (int copies = 0; copies < 1500; ++copies) {
        EXPECT_TRUE(messages.try_send(std::shared_ptr<int>(message)));
      }
      EXPECT_NE(messages.try_receive(), std::nullopt);
      EXPECT_EQ(message.use_count(), 1500);
    }
    EXPECT_EQ(message.use_count(), 1);
    co_return;
  }());
}

// A cancellation at every turn of a run.

struct traffic {
  explicit traffic(std::size_t capacity) : messages(capacity) {}
  channel<int> messages;
  std::vector<int> sent;
  std::vector<int> got[2];  // By each receiver.
};

task<void> produce(traffic& shared, int first, int count) {
  for (int message = first; message < first + count; ++message) {
    co_await shared.messages.send(message);
    shared.sent.push_back(message);
  }
}

task<void> consume(traffic& shared, int receiver) {
  while (true) {
    const std::optional<int> message = co_await shared.messages.receive();
    if (!message.has_value()) {
      co_return;
    }
    shared.got[receiver].push_back(*message);
  }
}

task<void> cancel_one_after(std::size_t victim, int turns, std::size_t capacity) {
  traffic shared(capacity);
  std::vector<join_handle<void>> all;
  all.push_back(spawn(produce(shared, 0, 4)));
  all.push_back(spawn(consume(shared, 0)));
  all.push_back(spawn(consume(shared, 1)));
  all.push_back(spawn(produce(shared, 100, 4)));
  for (int turn = 0; turn < turns; ++turn) {
    co_await yield();
  }
  all[victim].cancel();
  co_await settled();
  EXPECT_TRUE(all[0].done() && all[3].done()) << "one receiver takes everything";
  shared.messages.close();
  co_await settled();
  std::vector<int> got = shared.got[0];
  got.insert(got.end(), shared.got[1].begin(), shared.got[1].end());
  std::sort(got.begin(), got.end());
  std::sort(shared.sent.begin(), shared.sent.end());
  EXPECT_EQ(shared.sent, got) << "cancelled " << victim << " after " << turns;
  for (const std::vector<int>& of_one_receiver : shared.got) {
    for (const int first : {0, 100}) {
      std::vector<int> of_one_sender;
      std::copy_if(of_one_receiver.begin(), of_one_receiver.end(),
                   std::back_inserter(of_one_sender),
                   [first](int message) { return message / 100 * 100 == first; });
      EXPECT_TRUE(std::is_sorted(of_one_sender.begin(), of_one_sender.end()));
    }
  }
}

TEST_P(channel_order_test, a_cancellation_at_any_turn_neither_loses_nor_doubles_a_message) {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{2}, channel<int>::unbounded}) {
    for (std::size_t victim = 0; victim < 4; ++victim) {
      for (int turns = 0; turns < 30; ++turns) {
        run(cancel_one_after(victim, turns, capacity));
      }
    }
  }
}

// Threads.

struct accounts {
  accounts(std::size_t capacity, int messages_sent)
      : messages(capacity), sent(static_cast<std::size_t>(messages_sent)), got(sent.size()) {}
  channel<int> messages;
  std::vector<std::atomic<int>> sent;  // How often each message went in, and came out.
  std::vector<std::atomic<int>> got;
  std::atomic<int> out_of_order{0};
  std::atomic<int> producers_left{0};
  std::atomic<int> begun{0};
};

task<void> produce_some(accounts& shared, int producer, int count) {
  shared.begun.fetch_add(1);
  int sent = 0;
  while (sent < count) {
    const int message = producer * count + sent;
    try {
      co_await shared.messages.send(message);
      shared.sent[static_cast<std::size_t>(message)].fetch_add(1);
      ++sent;
    } catch (const cancelled_error&) {
      this_task::uncancel();  // It was not sent: once more.
    }
  }
  if (shared.producers_left.fetch_sub(1) == 1) {
    shared.messages.close();
  }
}

task<void> consume_all(accounts& shared, int producers, int count, bool many) {
  shared.begun.fetch_add(1);
  std::vector<int> last(static_cast<std::size_t>(producers), -1);
  std::vector<int> batch;
  bool open = true;
  while (open) {
    batch.clear();
    try {
      if (many) {
        open = co_await shared.messages.receive_many(batch, 7) > 0;
      } else {
        const std::optional<int> message = co_await shared.messages.receive();
        open = message.has_value();
        if (open) {
          batch.push_back(*message);
        }
      }
    } catch (const cancelled_error&) {
      this_task::uncancel();
    }
    for (const int message : batch) {
      shared.got[static_cast<std::size_t>(message)].fetch_add(1);
      int& before = last[static_cast<std::size_t>(message / count)];
      shared.out_of_order.fetch_add(message <= before ? 1 : 0);
      before = message;
    }
  }
}

task<void> keep_accounts(std::size_t capacity, int producers, int consumers, int count,
                         bool cancel) {
  accounts shared(capacity, producers * count);
  shared.producers_left = producers;
  std::vector<join_handle<void>> all;
  for (int number = 0; number < std::max(producers, consumers); ++number) {
    if (number < producers) {
      all.push_back(spawn(produce_some(shared, number, count)));
    }
    if (number < consumers) {
      all.push_back(spawn(consume_all(shared, producers, count, number % 2 == 1)));
    }
  }
  if (cancel) {
    co_await cancel_at_random(all, shared.begun);  // Until all are done: some of them as cancelled.
  } else {
    for (const join_handle<void>& one : all) {
      co_await one;
    }
  }
  const auto once = [](const std::atomic<int>& times) { return times == 1; };
  EXPECT_TRUE(std::all_of(shared.sent.begin(), shared.sent.end(), once));
  EXPECT_TRUE(std::all_of(shared.got.begin(), shared.got.end(), once));
  EXPECT_EQ(shared.out_of_order, 0);
}

TEST_P(channel_threads_test, each_message_comes_out_once_and_each_senders_in_order) {
  for (const std::size_t capacity :
       {std::size_t{1}, std::size_t{3}, std::size_t{1024}, channel<int>::unbounded}) {
    run(keep_accounts(capacity, 1, 1, scaled(30'000), false));
    run(keep_accounts(capacity, 4, 4, scaled(10'000), false));
    run(keep_accounts(capacity, 8, 1, scaled(5'000), false));
    run(keep_accounts(capacity, 1, 8, scaled(30'000), false));
  }
}

TEST_P(channel_threads_test, cancellations_at_random_neither_lose_nor_double_a_message) {
  for (const std::size_t capacity : {std::size_t{1}, std::size_t{3}, channel<int>::unbounded}) {
    run(keep_accounts(capacity, 3, 3, scaled(2'000), true));
  }
}

TEST_P(channel_threads_test, a_receiver_may_destroy_the_channel_as_soon_as_it_has_its_message) {
  run(let_waiters_destroy<channel<int>>(
      [] { return std::make_unique<channel<int>>(1); },
      [](std::unique_ptr<channel<int>> owned) -> task<void> {
        const std::optional<int> message = co_await owned->receive();
        EXPECT_EQ(message, 5);
      },
      [](channel<int>& shared) { static_cast<void>(shared.try_send(5)); }));
}

task<void> send_two(channel<int>& to) {
  co_await to.send(1);
  co_await to.send(2);
}

// The sender of the last message waited for room, and has not run since.
TEST_P(channel_test, who_has_the_last_message_may_destroy_the_channel_before_its_sender_goes_on) {
  run([]() -> task<void> {
    for (int round = 0; round < scaled(1'000); ++round) {
      auto owned = std::make_unique<channel<int>>(1);
      const auto sender = spawn(send_two(*owned));
      if (round % 2 == 0) {
        co_await settled();
      }
      const std::optional<int> first = co_await owned->receive();
      const std::optional<int> second = co_await owned->receive();
      owned.reset();
      EXPECT_EQ(first, 1);
      EXPECT_EQ(second, 2);
      co_await sender;
    }
  }());
}

}  // namespace
}  // namespace jackdaw
