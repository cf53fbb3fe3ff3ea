// A program against the installed package: a task, a run, a backend.
#include <jackdaw/io/io.hpp>

#include <cstdio>
#include <string>

jackdaw::task<std::string> report() { co_return jackdaw::io::backend_report(); }

int main() {
  const std::string line = jackdaw::io::run(report());
  return std::printf("%s\n", line.c_str()) > 0 ? 0 : 1;
}
