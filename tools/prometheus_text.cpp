// Lines of the exposition format.

#include <jackdaw/tools/prometheus_text.hpp>

#include <array>
#include <charconv>

namespace jackdaw::tools {

namespace {

// A help text has its backslashes and line ends escaped, a label's value its quotes too.
void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char letter : text) {
    if (letter == '\n') {
      out += "\\n";
      continue;
    }
    if (letter == '\\' || (quotes && letter == '"')) {
      out += '\\';
    }
    out += letter;
  }
}

std::string_view word_for(prometheus_text::kind type) noexcept {
  switch (type) {
    case prometheus_text::kind::counter:
      return "counter";
    case prometheus_text::kind::gauge:
      return "gauge";
    case prometheus_text::kind::histogram:
      return "histogram";
  }
  return "untyped";
}

std::string number_text(double value) {
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return std::string(digits.data(), end);
}

}  // namespace

void prometheus_text::family(std::string_view name, kind type, std::string_view help) {
  name_ = name;
  text_ += "# HELP ";
  text_ += name;
  text_ += ' ';
  append_escaped(text_, help, false);
  text_ += "\n# TYPE ";
  text_ += name;
  text_ += ' ';
  text_ += word_for(type);
  text_ += '\n';
}

void prometheus_text::begin_sample(std::string_view suffix, std::span<const label> labels) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const label& each : labels) {
    text_ += before;
    text_ += each.name;
    text_ += "=\"";
    append_escaped(text_, each.value, true);
    text_ += '"';
    before = ',';
  }
  text_ += labels.empty() ? " " : "} ";
}

void prometheus_text::append(double value) { text_ += number_text(value) + '\n'; }

void prometheus_text::sample(std::span<const label> labels, std::uint64_t value) {
  begin_sample("", labels);
  text_ += std::to_string(value) + '\n';
}

void prometheus_text::sample(double value) {
  begin_sample("", {});
  append(value);
}

void prometheus_text::buckets(std::span<const double> bounds, std::span<const std::uint64_t> counts,
                              double sum) {
  std::uint64_t so_far = 0;
  for (std::size_t index = 0; index < counts.size(); ++index) {
    so_far += counts[index];
    const std::string bound = index < bounds.size() ? number_text(bounds[index]) : "+Inf";
    const label upper{"le", bound};
    begin_sample("_bucket", std::span(&upper, 1));
    text_ += std::to_string(so_far) + '\n';
  }
  begin_sample("_sum", {});
  append(sum);
  begin_sample("_count", {});
  text_ += std::to_string(so_far) + '\n';
}

}  // namespace jackdaw::tools
