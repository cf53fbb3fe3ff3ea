// asyncio-fuzz PROGRAM...: the trace of each program. See LANGUAGE.md.
#include "interpreter.hpp"

#include <cstdio>
#include <fstream>
#include <sstream>

int main(int count, char** arguments) {
  if (count < 2) {
    std::fputs("Usage: asyncio-fuzz PROGRAM: prints the trace of a program of the fuzzer\n",
               stderr);
    return 2;
  }
  std::ifstream file(arguments[1]);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    std::fprintf(stderr, "asyncio-fuzz: cannot read %s\n", arguments[1]);
    return 1;
  }
  try {
    const jackdaw::fuzz::program source = jackdaw::fuzz::parse(text.str());
    const std::string trace = jackdaw::fuzz::interpreter(source).run();
    std::fwrite(trace.data(), 1, trace.size(), stdout);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "asyncio-fuzz: %s: %s\n", arguments[1], error.what());
    return 1;
  }
  return 0;
}
