// tests/model/litmus_test.cpp
//
// Goal: the checker shows every outcome that C++20 permits, and none that it forbids. Method: the litmus
// tests of the literature; each collects the outcomes of all executions, and the whole set is compared.
#include "atomic.hpp"
#include "exploration.hpp"
#include "memory.hpp"
#include "plain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <set>
#include <vector>

namespace jackdaw::model {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr auto relaxed = std::memory_order_relaxed;
constexpr auto acquire = std::memory_order_acquire;
constexpr auto release = std::memory_order_release;
constexpr auto acq_rel = std::memory_order_acq_rel;
constexpr auto seq_cst = std::memory_order_seq_cst;

using outcome = std::vector<int>;
using outcomes = std::set<outcome>;
using thread_body = std::function<void(outcome&)>;
using numbers = std::vector<std::unique_ptr<atomic<int>>>;

// Threads share `count` atomics, which are 0 in the beginning, and write into the outcome what they read.
outcomes all_outcomes(unsigned count,
                      const std::vector<std::function<void(numbers&, outcome&)>>& threads,
                      std::size_t results) {
  outcomes seen;
  const verdict found = explore(
      [&](execution& run) {
        numbers shared;
        for (unsigned index = 0; index < count; ++index) {
          shared.push_back(std::make_unique<atomic<int>>(0));
        }
        outcome result(results, -1);
        for (std::size_t index = 0; index < threads.size(); ++index) {
          run.thread("t" + std::to_string(index), [&, index] { threads[index](shared, result); });
        }
        run.join();
        seen.insert(result);
      },
      {.preemptions = 100});
  EXPECT_TRUE(found.holds) << found.failure;
  EXPECT_TRUE(found.complete);
  return seen;
}

outcomes store_buffering(std::memory_order store, std::memory_order load) {
  return all_outcomes(2,
                      {[=](numbers& x, outcome& seen) {
                         x[0]->store(1, store);
                         seen[0] = x[1]->load(load);
                       },
                       [=](numbers& x, outcome& seen) {
                         x[1]->store(1, store);
                         seen[1] = x[0]->load(load);
                       }},
                      2);
}

TEST(litmus_test, store_buffering_shows_both_old_values_unless_all_is_seq_cst) {
  EXPECT_THAT(store_buffering(relaxed, relaxed), Contains(outcome{0, 0}));
  EXPECT_THAT(store_buffering(release, acquire), Contains(outcome{0, 0}));
  EXPECT_THAT(store_buffering(seq_cst, acquire), Contains(outcome{0, 0}));
  EXPECT_THAT(store_buffering(release, seq_cst), Contains(outcome{0, 0}));
  EXPECT_THAT(store_buffering(seq_cst, seq_cst),
              UnorderedElementsAre(outcome{0, 1}, outcome{1, 0}, outcome{1, 1}));
}

// As Dekker's pattern in the idle set: the stores are read-modify-writes.
outcomes exchange_buffering(std::memory_order change, std::memory_order load) {
  return all_outcomes(2,
                      {[=](numbers& x, outcome& seen) {
                         x[0]->fetch_or(1, change);
                         seen[0] = x[1]->load(load);
                       },
                       [=](numbers& x, outcome& seen) {
                         x[1]->fetch_or(1, change);
                         seen[1] = x[0]->load(load);
                       }},
                      2);
}

TEST(litmus_test, read_modify_writes_are_no_fences) {
  EXPECT_THAT(exchange_buffering(acq_rel, acquire), Contains(outcome{0, 0}));
  EXPECT_THAT(exchange_buffering(acq_rel, seq_cst), Contains(outcome{0, 0}));
  EXPECT_THAT(exchange_buffering(seq_cst, acquire), Contains(outcome{0, 0}));
  EXPECT_THAT(exchange_buffering(seq_cst, seq_cst), Not(Contains(outcome{0, 0})));
}

outcomes message_passing(std::memory_order store, std::memory_order load) {
  return all_outcomes(2,
                      {[=](numbers& x, outcome&) {
                         x[0]->store(1, relaxed);
                         x[1]->store(1, store);
                       },
                       [=](numbers& x, outcome& seen) {
                         seen[0] = x[1]->load(load);
                         seen[1] = x[0]->load(relaxed);
                       }},
                      2);
}

TEST(litmus_test, message_passing_needs_a_release_and_an_acquire) {
  const outcome torn{1, 0};
  EXPECT_THAT(message_passing(relaxed, relaxed), Contains(torn));
  EXPECT_THAT(message_passing(release, relaxed), Contains(torn));
  EXPECT_THAT(message_passing(relaxed, acquire), Contains(torn));
  EXPECT_THAT(message_passing(release, acquire),
              UnorderedElementsAre(outcome{0, 0}, outcome{0, 1}, outcome{1, 1}));
  EXPECT_THAT(message_passing(seq_cst, seq_cst), Not(Contains(torn)));
}

outcomes independent_reads(std::memory_order store, std::memory_order load) {
  return all_outcomes(2,
                      {[=](numbers& x, outcome&) { x[0]->store(1, store); },
                       [=](numbers& x, outcome&) { x[1]->store(1, store); },
                       [=](numbers& x, outcome& seen) {
                         seen[0] = x[0]->load(load);
                         seen[1] = x[1]->load(load);
                       },
                       [=](numbers& x, outcome& seen) {
                         seen[2] = x[1]->load(load);
                         seen[3] = x[0]->load(load);
                       }},
                      4);
}

TEST(litmus_test,
     independent_readers_agree_on_the_order_of_independent_writes_only_if_all_is_seq_cst) {
  const outcome disagree{1, 0, 1, 0};
  EXPECT_THAT(independent_reads(relaxed, relaxed), Contains(disagree));
  EXPECT_THAT(independent_reads(release, acquire), Contains(disagree));
  EXPECT_THAT(independent_reads(seq_cst, acquire), Contains(disagree));
  const outcomes ordered = independent_reads(seq_cst, seq_cst);
  EXPECT_THAT(ordered, Not(Contains(disagree)));
  EXPECT_EQ(ordered.size(), 15U) << "all others may be";
}

// Causality: write, seen by another that writes, seen by a third.
outcomes write_to_read_causality(std::memory_order store, std::memory_order load) {
  return all_outcomes(2,
                      {[=](numbers& x, outcome&) { x[0]->store(1, store); },
                       [=](numbers& x, outcome& seen) {
                         seen[0] = x[0]->load(load);
                         x[1]->store(1, store);
                       },
                       [=](numbers& x, outcome& seen) {
                         seen[1] = x[1]->load(load);
                         seen[2] = x[0]->load(load);
                       }},
                      3);
}

TEST(litmus_test, what_is_seen_is_passed_on_by_release_and_acquire) {
  const outcome forgotten{1, 1, 0};
  EXPECT_THAT(write_to_read_causality(relaxed, relaxed), Contains(forgotten));
  EXPECT_THAT(write_to_read_causality(release, acquire), Not(Contains(forgotten)));
  EXPECT_EQ(write_to_read_causality(release, acquire).size(), 7U);
}

TEST(litmus_test, one_location_is_coherent_even_if_relaxed) {
  const outcomes seen = all_outcomes(1,
                                     {[](numbers& x, outcome&) {
                                        x[0]->store(1, relaxed);
                                        x[0]->store(2, relaxed);
                                      },
                                      [](numbers& x, outcome& result) {
                                        result[0] = x[0]->load(relaxed);
                                        result[1] = x[0]->load(relaxed);
                                      }},
                                     2);
  EXPECT_THAT(seen, UnorderedElementsAre(outcome{0, 0}, outcome{0, 1}, outcome{0, 2}, outcome{1, 1},
                                         outcome{1, 2}, outcome{2, 2}));
}

TEST(litmus_test, two_readers_agree_on_the_order_of_two_writers_of_one_location) {
  const auto reads = [](std::size_t first) {
    return [first](numbers& x, outcome& result) {
      result[first] = x[0]->load(relaxed);
      result[first + 1] = x[0]->load(relaxed);
    };
  };
  const outcomes seen =
      all_outcomes(1,
                   {[](numbers& x, outcome&) { x[0]->store(1, relaxed); },
                    [](numbers& x, outcome&) { x[0]->store(2, relaxed); }, reads(0), reads(2)},
                   4);
  EXPECT_THAT(seen, Contains(outcome{1, 2, 1, 2}));
  EXPECT_THAT(seen, Contains(outcome{2, 1, 2, 1}));
  EXPECT_THAT(seen, Not(Contains(outcome{1, 2, 2, 1})));
  EXPECT_THAT(seen, Not(Contains(outcome{2, 1, 1, 2})));
}

TEST(litmus_test, read_modify_writes_read_the_last_store_and_lose_nothing) {
  const auto add = [](std::size_t into) {
    return [into](numbers& x, outcome& result) { result[into] = x[0]->fetch_add(1, relaxed); };
  };
  EXPECT_THAT(all_outcomes(1, {add(0), add(1), add(2)}, 3),
              UnorderedElementsAre(outcome{0, 1, 2}, outcome{0, 2, 1}, outcome{1, 0, 2},
                                   outcome{1, 2, 0}, outcome{2, 0, 1}, outcome{2, 1, 0}));
}

// The reader acquires from a read-modify-write, or a store, of another thread behind the release.
outcomes after_the_release(const std::function<void(atomic<int>&)>& second) {
  return all_outcomes(2,
                      {[](numbers& x, outcome&) {
                         x[0]->store(1, relaxed);
                         x[1]->store(1, release);
                       },
                       [&](numbers& x, outcome&) {
                         if (x[1]->load(relaxed) == 1) {
                           second(*x[1]);
                         }
                       },
                       [](numbers& x, outcome& seen) {
                         seen[0] = x[1]->load(acquire);
                         seen[1] = x[0]->load(relaxed);
                       }},
                      2);
}

TEST(litmus_test, a_release_sequence_goes_on_through_read_modify_writes_and_ends_with_a_store) {
  EXPECT_THAT(after_the_release([](atomic<int>& x) { x.fetch_add(1, relaxed); }),
              Not(Contains(outcome{2, 0})));
  EXPECT_THAT(after_the_release([](atomic<int>& x) { x.store(2, relaxed); }),
              Contains(outcome{2, 0}));
}

TEST(litmus_test, a_store_of_the_same_thread_ends_its_release_sequence) {
  const outcomes seen = all_outcomes(2,
                                     {[](numbers& x, outcome&) {
                                        x[0]->store(1, relaxed);
                                        x[1]->store(1, release);
                                        x[0]->store(2, relaxed);
                                        x[1]->store(2, relaxed);
                                      },
                                      [](numbers& x, outcome& result) {
                                        result[0] = x[1]->load(acquire);
                                        result[1] = x[0]->load(relaxed);
                                      }},
                                     2);
  EXPECT_THAT(seen, Contains(outcome{2, 0})) << "C++20, unlike C++11";
  EXPECT_THAT(seen, Not(Contains(outcome{1, 0})));
}

TEST(litmus_test, a_compare_exchange_that_fails_may_read_an_old_value_and_one_that_succeeds_not) {
  const outcomes seen =
      all_outcomes(1,
                   {[](numbers& x, outcome&) {
                      x[0]->store(1, relaxed);
                      x[0]->store(2, relaxed);
                    },
                    [](numbers& x, outcome& result) {
                      int expected = 2;
                      result[0] = x[0]->compare_exchange_strong(expected, 3, relaxed) ? 1 : 0;
                      result[1] = expected;
                    }},
                   2);
  EXPECT_THAT(seen, UnorderedElementsAre(outcome{0, 0}, outcome{0, 1}, outcome{1, 2}));
}

TEST(litmus_test, only_a_weak_compare_exchange_fails_without_reason) {
  const auto once = [](bool weak) {
    return all_outcomes(1, {[weak](numbers& x, outcome& result) {
                          int expected = 0;
                          result[0] = (weak ? x[0]->compare_exchange_weak(expected, 1, relaxed)
                                            : x[0]->compare_exchange_strong(expected, 1, relaxed))
                                          ? 1
                                          : 0;
                        }},
                        1);
  };
  EXPECT_THAT(once(true), UnorderedElementsAre(outcome{0}, outcome{1}));
  EXPECT_THAT(once(false), UnorderedElementsAre(outcome{1}));
}

// Each thread reads what the other writes, and then writes.
program load_buffering(std::memory_order store, bool depends) {
  return [=](execution& run) {
    using number = atomic<int, sequenced>;
    number x(0);
    number y(0);
    run.thread("a", [&] {
      static_cast<void>(x.load(relaxed));
      y.store(1, store);
    });
    run.thread("b", [&, depends] {
      if (y.load(acquire) == 1 || !depends) {
        x.store(1, relaxed);
      }
    });
    run.join();
  };
}

TEST(litmus_test, load_buffering_is_found_where_it_is_forbidden_and_a_release_prevents_it) {
  EXPECT_TRUE(fails(load_buffering(relaxed, true), "load buffering"));
  EXPECT_TRUE(fails(load_buffering(relaxed, false), "load buffering"));
  EXPECT_TRUE(always_holds(load_buffering(release, true)));
}

// -- Races, ends, waits ------------------------------------------------------------------------------

program publication(std::memory_order store, std::memory_order load) {
  return [=](execution& run) {
    plain<int> data;
    atomic<int> ready(0);
    run.thread("writer", [&] {
      data.set(7);
      ready.store(1, store);
    });
    run.thread("reader", [&] {
      if (ready.load(load) == 1) {
        check(data.get() == 7, "the data is there");
      }
    });
    run.join();
  };
}

TEST(litmus_test, a_race_on_a_plain_cell_is_found_whether_or_not_it_shows) {
  EXPECT_TRUE(always_holds(publication(release, acquire)));
  EXPECT_TRUE(fails(publication(relaxed, acquire), "a race"));
  EXPECT_TRUE(fails(publication(release, relaxed), "a race"));
}

TEST(litmus_test, an_access_after_the_end_of_an_object_is_found) {
  const auto drop = [](std::memory_order order) {
    return [order](execution& run) {
      plain<int> data(1);
      atomic<int> references(2);
      const auto use_and_drop = [&, order] {
        check(data.get() == 1, "alive");
        if (references.fetch_sub(1, order) == 1) {
          data.end();
        }
      };
      run.thread("a", use_and_drop);
      run.thread("b", use_and_drop);
      run.join();
    };
  };
  EXPECT_TRUE(always_holds(drop(acq_rel)));
  EXPECT_TRUE(fails(drop(acquire), "a race"));
  EXPECT_TRUE(fails(drop(release), "a race"));
}

TEST(litmus_test, an_atomic_that_is_destroyed_while_it_is_used_is_found) {
  EXPECT_TRUE(fails(
      [](execution& run) {
        std::optional<atomic<int>> word(std::in_place, 0);
        run.thread("user", [&] {
          word->store(1, release);
          static_cast<void>(word->load(relaxed));
        });
        run.thread("destroyer", [&] {
          if (word->load(acquire) == 1) {
            word.reset();
          }
        });
        run.join();
      },
      "destroyed"));
}

TEST(litmus_test, a_thread_that_spins_goes_on_when_there_is_something_new_and_else_is_stuck) {
  const auto wait_for = [](int value) {
    return [value](execution& run) {
      atomic<int> word(0);
      run.thread("writer", [&] { word.store(1, relaxed); });
      run.thread("spinner", [&, value] {
        while (word.load(relaxed) != value) {
          execution::current().spin(std::source_location::current());
        }
      });
      run.join();
    };
  };
  EXPECT_TRUE(always_holds(wait_for(1)));
  EXPECT_TRUE(fails(wait_for(2), "deadlock: nobody will ever wake spinner"));
}

// Peterson's lock: correct with seq_cst throughout, broken by anything less.
program petersons_lock(std::memory_order store, std::memory_order load) {
  return [=](execution& run) {
    atomic<int> wants[2] = {0, 0};
    atomic<int> turn(0);
    plain<int> counter(0);
    const auto enter = [&](int me) {
      const int other = 1 - me;
      wants[me].store(1, store);
      turn.store(other, store);
      if (wants[other].load(load) == 0 || turn.load(load) == me) {
        counter.set(counter.get() + 1);
        wants[me].store(0, store);
      }
    };
    run.thread("a", [&] { enter(0); });
    run.thread("b", [&] { enter(1); });
    run.join();
  };
}

TEST(litmus_test, petersons_lock_excludes_only_with_seq_cst) {
  EXPECT_TRUE(always_holds(petersons_lock(seq_cst, seq_cst)));
  EXPECT_TRUE(fails(petersons_lock(release, acquire), "a race"));
}

TEST(litmus_test, few_preemptions_miss_what_more_of_them_find) {
  const program needs_two = [](execution& run) {
    atomic<int> x(0);
    run.thread("a", [&] {
      x.store(1, relaxed);
      x.store(2, relaxed);
      x.store(3, relaxed);
    });
    run.thread("b", [&] {
      const bool first = x.fetch_add(0, relaxed) == 1;
      const bool second = x.fetch_add(0, relaxed) == 2;
      check(!first || !second, "never 1 and then 2");
    });
    run.join();
  };
  EXPECT_TRUE(always_holds(needs_two, {.preemptions = 1}));
  EXPECT_TRUE(fails(needs_two, "never 1 and then 2", {.preemptions = 3}));
}

TEST(litmus_test, a_failure_is_told_step_by_step_with_the_lines_of_the_source) {
  const verdict found = explore(publication(relaxed, acquire));
  EXPECT_THAT(found.failure, ::testing::HasSubstr("writer: x0 := 1  [relaxed]"));
  EXPECT_THAT(found.failure, ::testing::HasSubstr("reader: x0 reads 1  [acquire]"));
  EXPECT_THAT(found.failure, ::testing::HasSubstr("litmus_test.cpp:"));
  EXPECT_EQ(explore(publication(relaxed, acquire)).failure, found.failure) << "deterministic";
}

}  // namespace
}  // namespace jackdaw::model
