// A program of the differential fuzzer, as LANGUAGE.md describes it: parsed once, never changed.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace jackdaw::fuzz {

struct op;

/// A part of a block: "do" (the only part of most), "try", "except" or "finally".
struct section {
  std::string kind;
  std::string argument;
  std::vector<op> ops;
  int line = 0;
};

struct op {
  std::string name;
  std::vector<std::string> arguments;
  std::vector<section> sections;  // Of blocks.
  int line = 0;
};

/// A body or a callback; `name` is "B0", "K3".
struct unit {
  std::string name;
  std::vector<op> ops;
  int line = 0;
};

struct declaration {
  std::string keyword;
  std::optional<int> value;
};

struct program {
  std::vector<declaration> declarations;
  std::vector<unit> bodies;
  std::vector<unit> callbacks;
};

class program_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws program_error with the line. What only a whole program shows (slots that are not declared) is
/// left to the generator.
[[nodiscard]] program parse(std::string_view text);

}  // namespace jackdaw::fuzz
