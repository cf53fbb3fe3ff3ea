// S108: attempts begin after a delay or a failure; the first that succeeds ends the others.
#include "../case.hpp"
#include <jackdaw/io/asyncio/staggered_race.hpp>

#include <optional>

namespace jackdaw::conformance {
namespace {

struct plan {
  const char* name;
  int takes;
  bool fails = false;
};

// loop.time(), of which only whole seconds pass here.
std::string time() { return std::to_string(seconds(asyncio::get_running_loop())) + ".0"; }

task<std::string> attempt(plan own) {
  log(time(), "begin", own.name);
  try {
    co_await sleep(std::chrono::seconds(own.takes));
  } catch (const cancelled_error&) {
    log("cancelled", own.name);
    throw;
  }
  log(time(), "end", own.name);
  if (own.fails) {
    throw value_error(own.name);
  }
  co_return own.name;
}

task<> race(std::optional<int> delay, std::vector<plan> plans) {
  log("-- delay", delay ? std::to_string(*delay) : "None");
  std::optional<duration> between;
  if (delay) {
    between = std::chrono::seconds(*delay);
  }
  auto racing = io::asyncio::staggered_race(std::move(plans), &attempt, between);
  const auto outcome = co_await std::move(racing);
  std::vector<std::string> errors;
  for (const std::exception_ptr& each : outcome.exceptions) {
    errors.push_back(type_name(each));
  }
  log(outcome.winner.value_or("None"), outcome.index ? std::to_string(*outcome.index) : "None",
      errors);
}

task<> body() {
  std::vector<plan> plans = {{"a", 5}, {"b", 1}, {"c", 1}};
  co_await race(1, plans);
  plans = {{"a", 5}, {"b", 5, true}, {"c", 1}};
  co_await race(1, plans);
  plans = {{"a", 1, true}, {"b", 1, true}, {"c", 1}};
  co_await race(2, plans);
  plans = {{"a", 3, true}, {"b", 3}, {"c", 3}};
  co_await race(std::nullopt, plans);
  plans = {{"a", 0}, {"b", 0}};
  co_await race(0, plans);
  plans = {{"a", 1, true}, {"b", 1, true}};
  co_await race(1, plans);
  plans = {{"a", 0}};
  co_await race(1, plans);
  plans.clear();
  co_await race(1, plans);
  log("-- cancelled");
  plans = {{"a", 9}, {"b", 9}};
  auto t = asyncio::create_task(race(1, plans));
  co_await sleep(1500ms);
  t.cancel();
  try {
    co_await t;
  } catch (const cancelled_error&) {
    log("race cancelled");
  }
  co_await yield();
  log("tasks left", asyncio::all_tasks().size());
}

}  // namespace

CONFORMANCE_CASE(staggered_race_order) { run_with_io(body()); }

}  // namespace jackdaw::conformance
