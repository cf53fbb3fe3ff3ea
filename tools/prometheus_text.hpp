// Metrics as Prometheus reads them: its text format, version 0.0.4.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace jackdaw::tools {

/// Family by family: the samples that belong to a family follow its head.
///
/// Source: prometheus.io/docs/instrumenting/exposition_formats
class prometheus_text {
 public:
  static constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

  enum class kind : std::uint8_t { counter, gauge, histogram };

  struct label {
    std::string_view name;
    std::string_view value;
  };

  /// Begins a family. Counters are called ..._total.
  void family(std::string_view name, kind type, std::string_view help);

  /// A sample of the family.
  void sample(std::uint64_t value) { sample(std::span<const label>(), value); }
  void sample(const label& only, std::uint64_t value) { sample(std::span(&only, 1), value); }
  void sample(std::span<const label> labels, std::uint64_t value);
  void sample(double value);

  /// All samples of a histogram: `counts` has one more than `bounds`, what is above all of them.
  void buckets(std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void begin_sample(std::string_view suffix, std::span<const label> labels);
  void append(double value);

  std::string text_;
  std::string name_;
};

}  // namespace jackdaw::tools
