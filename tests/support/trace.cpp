// Sorting a trace.
#include "trace.hpp"

#include <sstream>
#include <vector>

namespace jackdaw::testing {

std::string trace::sorted() const {
  std::istringstream in(text());
  std::vector<std::string> words;
  for (std::string word; in >> word;) {
    words.push_back(word);
  }
  std::sort(words.begin(), words.end());
  std::string result;
  for (const std::string& word : words) {
    result += (result.empty() ? "" : " ") + word;
  }
  return result;
}

}  // namespace jackdaw::testing
