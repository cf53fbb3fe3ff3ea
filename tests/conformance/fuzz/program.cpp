// Recursive descent over the lines.
#include "program.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace jackdaw::fuzz {
namespace {

constexpr std::array<std::string_view, 5> blocks = {"try", "with", "timeout", "group", "repeat"};

class parser {
 public:
  explicit parser(std::string_view text) : in_(std::string(text)) {}

  program whole() {
    require(next(), "the program is empty");
    require(words_ == std::vector<std::string>{"jackdaw-fuzz", "1"},
            "the first line must be \"jackdaw-fuzz 1\"");
    program result;
    while (next()) {
      const bool begins_unit = words_.size() == 1 && (word() == "body" || word() == "callback");
      if (begins_unit) {
        auto& units = word() == "body" ? result.bodies : result.callbacks;
        unit added;
        added.name = (word() == "body" ? "B" : "K") + std::to_string(units.size());
        added.line = line_;
        ops(added.ops, {"end"});
        units.push_back(std::move(added));
      } else {
        require(result.bodies.empty() && result.callbacks.empty(), "a unit was expected");
        result.declarations.push_back(one_declaration());
      }
    }
    require(!result.bodies.empty(), "there is no body");
    return result;
  }

 private:
  [[nodiscard]] const std::string& word() const { return words_.front(); }

  void require(bool holds, const std::string& otherwise) const {
    if (!holds) {
      throw program_error("line " + std::to_string(line_) + ": " + otherwise);
    }
  }

  // The next line that is neither blank nor a comment.
  bool next() {
    std::string text;
    while (std::getline(in_, text)) {
      ++line_;
      std::istringstream split(text);
      words_.clear();
      for (std::string each; split >> each;) {
        words_.push_back(each);
      }
      if (!words_.empty() && !words_.front().starts_with("#")) {
        return true;
      }
    }
    return false;
  }

  declaration one_declaration() {
    declaration result{word(), {}};
    if (words_.size() > 1) {
      result.value = std::stoi(words_[1]);
    }
    return result;
  }

  // Up to one of `closers`, which stays in words_.
  void ops(std::vector<op>& into, const std::vector<std::string_view>& closers) {
    while (true) {
      require(next(), "unexpected end of the program");
      if (std::find(closers.begin(), closers.end(), word()) != closers.end()) {
        return;
      }
      op added;
      added.name = word();
      added.arguments.assign(words_.begin() + 1, words_.end());
      added.line = line_;
      if (added.name == "try") {
        sections(added);
      } else if (std::find(blocks.begin(), blocks.end(), added.name) != blocks.end()) {
        section only{"do", {}, {}, line_};
        ops(only.ops, {"end"});
        added.sections.push_back(std::move(only));
      }
      into.push_back(std::move(added));
    }
  }

  void sections(op& block) {
    section current{"try", {}, {}, line_};
    while (true) {
      ops(current.ops, {"except", "finally", "end"});
      block.sections.push_back(std::move(current));
      if (word() == "end") {
        return;
      }
      current = section{word(), words_.size() > 1 ? words_[1] : std::string(), {}, line_};
    }
  }

  std::istringstream in_;
  std::vector<std::string> words_;
  int line_ = 0;
};

}  // namespace

program parse(std::string_view text) { return parser(text).whole(); }

}  // namespace jackdaw::fuzz
