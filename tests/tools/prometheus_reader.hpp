// Reads Prometheus' text format as strictly as its specification lets one: whatever is not exactly right is
// a complaint. For tests of what the server says of itself.
#pragma once

#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace jackdaw::test {

class prometheus_reader {
 public:
  explicit prometheus_reader(const std::string& text) {
    if (text.empty() || text.back() != '\n') {
      complain("the text does not end with a line end", "");
    }
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      take(line);
    }
    end_family();
  }

  /// Empty if all is well.
  [[nodiscard]] const std::string& complaints() const noexcept { return complaints_; }

  /// The value of a sample, with its labels as they are written: name{a="b"}.
  [[nodiscard]] std::optional<double> value(const std::string& sample) const {
    const auto found = samples_.find(sample);
    return found == samples_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  void complain(const std::string& what, const std::string& line) {
    complaints_ += what + ": " + line + "\n";
  }

  void take(const std::string& line) {
    static const std::regex head(R"(# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+))");
    static const std::regex sample(
        R"(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?[0-9.]+(e[-+]?[0-9]+)?|\+Inf|NaN))");
    std::smatch parts;
    if (std::regex_match(line, parts, head)) {
      parts[1] == "HELP" ? begin_family(parts[2], parts[3]) : set_type(parts[2], parts[3]);
    } else if (std::regex_match(line, parts, sample)) {
      take_sample(parts[1], parts[3], std::strtod(parts[4].str().c_str(), nullptr), line);
    } else {
      complain("neither head nor sample", line);
    }
  }

  void begin_family(const std::string& name, const std::string& help) {
    end_family();
    family_ = name;
    type_.clear();
    if (!families_.insert(name).second) {
      complain("a family that was there before", name);
    }
    if (!std::regex_match(help, std::regex(R"(([^\\]|\\\\|\\n)*)"))) {
      complain("a help text with a bare backslash", help);
    }
  }

  void set_type(const std::string& name, const std::string& type) {
    if (name != family_ || !type_.empty()) {
      complain("a type without the help before it", name);
    }
    if (type != "counter" && type != "gauge" && type != "histogram") {
      complain("an unknown type", type);
    }
    if (type == "counter" && !name.ends_with("_total")) {
      complain("a counter that is not called so", name);
    }
    type_ = type;
  }

  void take_sample(const std::string& name, const std::string& labels, double value,
                   const std::string& line) {
    const std::string suffix = name.starts_with(family_) ? name.substr(family_.size()) : "?";
    const bool fits = type_ == "histogram"
                          ? suffix == "_bucket" || suffix == "_sum" || suffix == "_count"
                          : suffix.empty();
    if (family_.empty() || type_.empty() || !fits) {
      complain("a sample that does not belong to the family above it", line);
    }
    static const std::string label = R"([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\\\|\\n|\\")*")";
    static const std::regex list(label + "(," + label + ")*");
    if (line.find('{') != std::string::npos && !std::regex_match(labels, list)) {
      complain("malformed labels", line);
    }
    if (type_ != "gauge" && !(value >= 0 && std::isfinite(value))) {
      complain("a count that is none", line);
    }
    if (!samples_.emplace(line.substr(0, line.rfind(' ')), value).second) {
      complain("a sample that was there before", line);
    }
    ++family_samples_;
    if (type_ == "histogram") {
      take_histogram(suffix, labels, value, line);
    }
  }

  void take_histogram(const std::string& suffix, const std::string& labels, double value,
                      const std::string& line) {
    if (suffix == "_sum") {
      has_sum_ = true;
    } else if (suffix == "_count") {
      count_ = value;
    } else {
      std::smatch bound;
      if (!std::regex_match(labels, bound, std::regex(R"re(le="([^"]*)")re"))) {
        return complain("a bucket without a bound", line);
      }
      const double upper =
          bound[1] == "+Inf" ? INFINITY : std::strtod(bound[1].str().c_str(), nullptr);
      if (!buckets_.empty() && (upper <= buckets_.back().first || value < buckets_.back().second)) {
        complain("buckets that do not grow", line);
      }
      buckets_.emplace_back(upper, value);
    }
  }

  void end_family() {
    if (!family_.empty() && family_samples_ == 0) {
      complain("a family without samples", family_);
    }
    if (type_ == "histogram" &&
        (!has_sum_ || buckets_.empty() || !std::isinf(buckets_.back().first) ||
         count_ != buckets_.back().second)) {
      complain("an incomplete histogram", family_);
    }
    family_samples_ = 0;
    has_sum_ = false;
    count_.reset();
    buckets_.clear();
  }

  std::string complaints_;
  std::map<std::string, double> samples_;
  std::set<std::string> families_;
  std::string family_;
  std::string type_;
  unsigned family_samples_ = 0;
  bool has_sum_ = false;
  std::optional<double> count_;
  std::vector<std::pair<double, double>> buckets_;
};

}  // namespace jackdaw::test
