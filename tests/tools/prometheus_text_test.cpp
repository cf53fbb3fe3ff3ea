// Goal: what is written is what Prometheus reads, whatever the values are; and the reader that the other
// tests rely on finds what is wrong.

#include <jackdaw/tests/tools/prometheus_reader.hpp>
#include <jackdaw/tools/prometheus_text.hpp>

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace jackdaw::tools {
namespace {

using kind = prometheus_text::kind;
using test::prometheus_reader;

TEST(prometheus_text, is_a_help_a_type_and_samples) {
  prometheus_text out;
  out.family("a_total", kind::counter, "What it counts.");
  out.sample({"class", "2xx"}, 7);
  out.family("b", kind::gauge, "How much.");
  out.sample(0.5);
  EXPECT_EQ(out.text(),
            "# HELP a_total What it counts.\n# TYPE a_total counter\na_total{class=\"2xx\"} 7\n"
            "# HELP b How much.\n# TYPE b gauge\nb 0.5\n");
  EXPECT_EQ(prometheus_reader(out.text()).complaints(), "");
}

TEST(prometheus_text, escapes_what_would_end_a_value_or_a_line) {
  prometheus_text out;
  out.family("a_total", kind::counter, "one\\two\nthree \"four\"");
  const prometheus_text::label labels[] = {{"x", "1"}, {"y", "say \"\\\"\n"}};
  out.sample(labels, 1);
  EXPECT_EQ(out.text(),
            "# HELP a_total one\\\\two\\nthree \"four\"\n# TYPE a_total counter\n"
            "a_total{x=\"1\",y=\"say \\\"\\\\\\\"\\n\"} 1\n");
  EXPECT_EQ(prometheus_reader(out.text()).complaints(), "");
}

TEST(prometheus_text, buckets_are_cumulative_and_end_with_all) {
  prometheus_text out;
  out.family("t_seconds", kind::histogram, "Time.");
  const std::array<double, 2> bounds = {0.001, 2.5};
  const std::array<std::uint64_t, 3> counts = {1, 0, 4};
  out.buckets(bounds, counts, 0.25);
  const prometheus_reader read(out.text());
  EXPECT_EQ(read.complaints(), "");
  EXPECT_EQ(read.value("t_seconds_bucket{le=\"0.001\"}"), 1);
  EXPECT_EQ(read.value("t_seconds_bucket{le=\"2.5\"}"), 1);
  EXPECT_EQ(read.value("t_seconds_bucket{le=\"+Inf\"}"), 5);
  EXPECT_EQ(read.value("t_seconds_count"), 5);
  EXPECT_EQ(read.value("t_seconds_sum"), 0.25);
}

TEST(prometheus_reader, complains_about_whatever_is_wrong) {
  const std::string head = "# HELP a_total x\n# TYPE a_total counter\n";
  const std::string histogram = "# HELP h x\n# TYPE h histogram\n";
  for (const std::string& wrong : {
           std::string(),
           head + "a_total 1",                                        // No line end.
           head,                                                      // No sample.
           std::string("a_total 1\n"),                                // No head.
           head + "b_total 1\n",                                      // Somebody else's sample.
           head + "a_total 1\n" + head + "a_total{x=\"1\"} 1\n",      // A family twice.
           head + "a_total 1\na_total 2\n",                           // A sample twice.
           head + "a_total -1\n",                                     // No count.
           head + "a_total{x=1} 1\n",                                 // No quotes.
           head + "a_total{x=\"\\q\"} 1\n",                           // No such escape.
           head + "a_total{} 1\n",                                    // Braces for nothing.
           head + "a_total  1\n",                                     // Two spaces.
           head + "a_total one\n",                                    // No number.
           head + "\na_total 1\n",                                    // A line with nothing on it.
           std::string("# HELP a x\n# TYPE a counter\na 1\n"),        // Not called a total.
           std::string("# TYPE a_total counter\na_total 1\n"),        // No help.
           histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",  // No last bucket.
           histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
           histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
           histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
       }) {
    EXPECT_NE(prometheus_reader(wrong).complaints(), "") << wrong;
  }
}

}  // namespace
}  // namespace jackdaw::tools
