// Rows of request_parser_test.cpp: lines that RFC 9112 forbids.

#include <jackdaw/tests/tools/http/request_cases.hpp>

#include <string>
#include <vector>

namespace jackdaw::http {

using namespace std::string_literals;

namespace {

std::vector<request_case> request_line_cases() {
  const std::string end = "\r\nHost: a\r\n\r\n";
  return {
      {"http_0_9", "GET /\r\n", "400"},
      {"http_0_9_by_name", "GET / HTTP/0.9" + end, "505"},
      {"http_1_2", "GET / HTTP/1.2" + end, "505"},
      {"http_2_0", "GET / HTTP/2.0" + end, "505"},
      {"http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"http_3_1", "GET / HTTP/3.1" + end, "505"},
      {"version_without_minor", "GET / HTTP/1" + end, "400"},
      {"version_two_digits", "GET / HTTP/1.10" + end, "400"},
      {"version_leading_zero", "GET / HTTP/01.1" + end, "400"},
      {"version_lower_case", "GET / http/1.1" + end, "400"},
      {"version_other_protocol", "GET / ICY/1.1" + end, "400"},
      {"version_trailing_space", "GET / HTTP/1.1 " + end, "400"},
      {"method_unknown", "BREW / HTTP/1.1" + end, "501"},
      {"method_lower_case", "get / HTTP/1.1" + end, "501"},
      {"method_prefix_of_known", "GE / HTTP/1.1" + end, "501"},
      {"method_longer_than_known", "GETS / HTTP/1.1" + end, "501"},
      {"method_connect", "CONNECT a:1 HTTP/1.1" + end, "501"},
      {"method_not_a_token", "G(T / HTTP/1.1" + end, "400"},
      {"method_missing", " / HTTP/1.1" + end, "400"},
      {"method_with_nul", "G\0T / HTTP/1.1"s + end, "400"},
      {"two_spaces_after_method", "GET  / HTTP/1.1" + end, "400"},
      {"two_spaces_before_version", "GET /  HTTP/1.1" + end, "400"},
      {"tab_instead_of_space", "GET\t/\tHTTP/1.1" + end, "400"},
      {"space_in_target", "GET /a b HTTP/1.1" + end, "400"},
      {"tab_in_target", "GET /a\tb HTTP/1.1" + end, "400"},
      {"nul_in_target", "GET /a\0b HTTP/1.1"s + end, "400"},
      {"control_in_target", "GET /a\x01"s + "b HTTP/1.1" + end, "400"},
      {"delete_in_target", "GET /a\x7f"s + " HTTP/1.1" + end, "400"},
      {"byte_above_ascii_in_target", "GET /\xc3\xa4 HTTP/1.1" + end, "400"},
      {"fragment_in_target", "GET /a#b HTTP/1.1" + end, "400"},
      {"target_missing", "GET HTTP/1.1" + end, "400"},
      {"target_without_slash", "GET a HTTP/1.1" + end, "400"},
      {"target_backslash", "GET \\a HTTP/1.1" + end, "400"},
      {"asterisk_with_get", "GET * HTTP/1.1" + end, "400"},
      {"asterisk_with_more", "OPTIONS *a HTTP/1.1" + end, "400"},
      {"absolute_form_other_scheme", "GET ftp://a/ HTTP/1.1" + end, "400"},
      {"absolute_form_without_host", "GET http:///x HTTP/1.1" + end, "400"},
      {"absolute_form_other_host", "GET http://b/ HTTP/1.1" + end, "400"},
      {"absolute_form_other_port", "GET http://a:81/ HTTP/1.1" + end, "400"},
      {"absolute_form_with_user", "GET http://u@a/ HTTP/1.1" + end, "400"},
      {"tls_client_hello", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\n"s, "400"},
      {"two_empty_lines_before", "\r\n\r\nGET / HTTP/1.1" + end, "400"},
      {"bare_lf_before", "\nGET / HTTP/1.1" + end, "400"},
      {"bare_cr_before", "\rGET / HTTP/1.1" + end, "400"},
      {"bare_lf_after_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n", "400"},
      {"bare_cr_after_request_line", "GET / HTTP/1.1\rHost: a\r\n\r\n", "400"},
      {"cr_cr_lf_after_request_line", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "400"},
  };
}

std::vector<request_case> field_line_cases() {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string start = "GET / HTTP/1.1\r\n";
  return {
      {"host_missing", start + "\r\n", "400"},
      {"host_twice", get + "Host: a\r\n\r\n", "400"},
      {"host_twice_different", get + "Host: b\r\n\r\n", "400"},
      {"host_twice_http_1_0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
      {"host_list", start + "Host: a, b\r\n\r\n", "400"},
      {"host_with_path", start + "Host: a/b\r\n\r\n", "400"},
      {"host_with_user", start + "Host: u@a\r\n\r\n", "400"},
      {"host_with_space", start + "Host: a b\r\n\r\n", "400"},
      {"host_port_not_a_number", start + "Host: a:b\r\n\r\n", "400"},
      {"host_port_too_long", start + "Host: a:808080\r\n\r\n", "400"},
      {"host_two_ports", start + "Host: a:1:2\r\n\r\n", "400"},
      {"host_port_only", start + "Host: :80\r\n\r\n", "400"},
      {"host_bracket_open", start + "Host: [::1\r\n\r\n", "400"},
      {"host_bracket_empty", start + "Host: []\r\n\r\n", "400"},
      {"host_text_after_bracket", start + "Host: [::1]80\r\n\r\n", "400"},
      {"space_before_colon", get + "X : 1\r\n\r\n", "400"},
      {"tab_before_colon", get + "X\t: 1\r\n\r\n", "400"},
      {"space_in_name", get + "X Y: 1\r\n\r\n", "400"},
      {"name_empty", get + ": 1\r\n\r\n", "400"},
      {"name_without_colon", get + "X\r\n\r\n", "400"},
      {"name_with_control", get + "X\x01: 1\r\n\r\n", "400"},
      {"name_with_nul", get + "X\0: 1\r\n\r\n"s, "400"},
      {"name_with_quote", get + "\"X\": 1\r\n\r\n", "400"},
      {"name_above_ascii", get + "\xc3\xa4: 1\r\n\r\n", "400"},
      {"fold_with_space", get + "X: 1\r\n 2\r\n\r\n", "400"},
      {"fold_with_tab", get + "X: 1\r\n\t2\r\n\r\n", "400"},
      {"fold_that_hides_a_field", get + "X: 1\r\n Content-Length: 5\r\n\r\n", "400"},
      {"space_before_first_field", start + " Host: a\r\n\r\n", "400"},
      {"nul_in_value", get + "X: a\0b\r\n\r\n"s, "400"},
      {"control_in_value", get + "X: a\x01"s + "b\r\n\r\n", "400"},
      {"vertical_tab_in_value", get + "X: a\vb\r\n\r\n", "400"},
      {"form_feed_in_value", get + "X: a\fb\r\n\r\n", "400"},
      {"delete_in_value", get + "X: a\x7f\r\n\r\n", "400"},
      {"bare_cr_in_value", get + "X: a\rb\r\n\r\n", "400"},
      {"bare_cr_hides_a_field", get + "X: a\rContent-Length: 5\r\n\r\n", "400"},
      {"bare_lf_after_field", get + "X: a\nY: b\r\n\r\n", "400"},
      {"bare_lf_hides_the_end", get + "X: a\n\nGET /2 HTTP/1.1\r\n\r\n", "400"},
      {"cr_cr_lf_after_field", get + "X: a\r\r\n\r\n", "400"},
      {"bare_lf_at_the_end", get + "X: a\r\n\n", "400"},
      {"cr_cr_lf_at_the_end", get + "X: a\r\n\r\r\n", "400"},
      {"expect_unknown", get + "Expect: 200-maybe\r\n\r\n", "417"},
      {"expect_list", get + "Expect: 100-continue, x\r\n\r\n", "417"},
  };
}

}  // namespace

std::vector<request_case> syntax_cases() {
  std::vector<request_case> cases = request_line_cases();
  const std::vector<request_case> fields = field_line_cases();
  cases.insert(cases.end(), fields.begin(), fields.end());
  return cases;
}

}  // namespace jackdaw::http
