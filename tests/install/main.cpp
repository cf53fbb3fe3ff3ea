// A program against the installed package: a task, a run, a backend, a loop for all cores.
#include <jackdaw/io/io.hpp>
#include <jackdaw/runtime/parallel/parallel.hpp>

#include <cstdio>
#include <string>
#include <vector>

jackdaw::task<std::string> report() {
  const std::vector<int> numbers = {1, 2, 3};
  const int sum = co_await jackdaw::parallel::reduce(numbers, 0);
  co_return jackdaw::io::backend_report() + ", and 1 + 2 + 3 = " + std::to_string(sum);
}

int main() {
  const std::string line = jackdaw::io::run(report());
  return std::printf("%s\n", line.c_str()) > 0 ? 0 : 1;
}
