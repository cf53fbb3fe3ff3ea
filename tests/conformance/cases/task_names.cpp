// S52: only tasks without a name of their own are numbered.
#include "../case.hpp"

namespace jackdaw::conformance {
namespace {

task<std::string> who() { co_return this_task::name(); }

task<> body() {
  log(co_await who());
  const auto a = spawn(who());
  const auto b = spawn(who(), "named");
  const auto c = spawn(who());
  log(a.name(), b.name(), c.name());
  const std::string of_a = co_await a;
  const std::string of_b = co_await b;
  const std::string of_c = co_await c;
  log(of_a, of_b, of_c);
  log(co_await timeout(10s, who()));
  std::vector<task<std::string>> two;
  two.push_back(who());
  two.push_back(who());
  log(co_await gather(std::move(two)));
  this_task::set_name("renamed");
  log(co_await who());
}

}  // namespace

CONFORMANCE_CASE(task_names) { run(body()); }

}  // namespace jackdaw::conformance
