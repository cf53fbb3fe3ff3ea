// Rows of request_parser_test.cpp: what a client may send.

#include <jackdaw/tests/tools/http/request_cases.hpp>

#include <string>
#include <vector>

namespace jackdaw::http {

std::vector<request_case> well_formed_cases() {
  const std::string host = "Host: a\r\n";
  const std::string get = "GET / HTTP/1.1\r\n";
  return {
      {"minimal", get + host + "\r\n", "GET /"},
      {"http_1_0_without_host", "GET / HTTP/1.0\r\n\r\n", "GET / close"},
      {"http_1_0_with_host", "GET / HTTP/1.0\r\nHost: a\r\n\r\n", "GET / close"},
      {"http_1_0_keep_alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET /"},
      {"http_1_0_keep_alive_with_body",
       "POST /e HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi",
       "POST /e body=hi"},
      {"connection_close", get + host + "Connection: close\r\n\r\n", "GET / close"},
      {"connection_close_any_case", get + host + "CONNECTION: Close\r\n\r\n", "GET / close"},
      {"connection_list", get + host + "Connection: foo, close\r\n\r\n", "GET / close"},
      {"connection_keep_alive", get + host + "Connection: keep-alive\r\n\r\n", "GET /"},
      {"head", "HEAD /x HTTP/1.1\r\n" + host + "\r\n", "HEAD /x"},
      {"put", "PUT /x HTTP/1.1\r\n" + host + "Content-Length: 1\r\n\r\nz", "PUT /x body=z"},
      {"options_asterisk", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "OPTIONS *"},
      {"options_path", "OPTIONS /x HTTP/1.1\r\n" + host + "\r\n", "OPTIONS /x"},
      {"delete", "DELETE /x HTTP/1.1\r\n" + host + "\r\n", "OTHER /x"},
      {"patch", "PATCH /x HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "OTHER /x"},
      {"query", "GET /p?a=b&c HTTP/1.1\r\n" + host + "\r\n", "GET /p?a=b&c"},
      {"empty_query", "GET /p? HTTP/1.1\r\n" + host + "\r\n", "GET /p"},
      {"query_with_marks", "GET /p?a?b=/ HTTP/1.1\r\n" + host + "\r\n", "GET /p?a?b=/"},
      {"percent_encoding_is_kept", "GET /%2e%2E/x HTTP/1.1\r\n" + host + "\r\n", "GET /%2e%2E/x"},
      {"double_slash", "GET //x HTTP/1.1\r\n" + host + "\r\n", "GET //x"},
      {"odd_but_visible_target", "GET /{a|b}^`<> HTTP/1.1\r\n" + host + "\r\n", "GET /{a|b}^`<>"},
      {"absolute_form", "GET http://a/p?q HTTP/1.1\r\n" + host + "\r\n", "GET /p?q"},
      {"absolute_form_without_path", "GET http://a HTTP/1.1\r\n" + host + "\r\n", "GET /"},
      {"absolute_form_with_query_only", "GET http://a?q HTTP/1.1\r\n" + host + "\r\n", "GET /?q"},
      {"absolute_form_host_case", "GET HTTP://A:80/ HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET /"},
      {"absolute_form_http_1_0", "GET http://a/ HTTP/1.0\r\n\r\n", "GET / close"},
      {"host_with_port", get + "Host: example.org:8080\r\n\r\n", "GET /"},
      {"host_ipv4", get + "Host: 127.0.0.1:1\r\n\r\n", "GET /"},
      {"host_ipv6", get + "Host: [::1]:8080\r\n\r\n", "GET /"},
      {"host_ipv6_without_port", get + "Host: [fe80::1]\r\n\r\n", "GET /"},
      {"host_empty", get + "Host:\r\n\r\n", "GET /"},
      {"host_with_spaces_around", get + "Host: \t a \t\r\n\r\n", "GET /"},
      {"host_any_case", get + "hOST: a\r\n\r\n", "GET /"},
      {"value_empty", get + host + "X:\r\n\r\n", "GET /"},
      {"value_only_space", get + host + "X: \t \r\n\r\n", "GET /"},
      {"value_without_space", get + "Host:a\r\n\r\n", "GET /"},
      {"value_opaque_bytes", get + host + "X: \x80\xff\xc3\xa4\r\n\r\n", "GET /"},
      {"value_with_tab", get + host + "X: a\tb\r\n\r\n", "GET /"},
      {"value_with_colons_and_quotes", get + host + "X: \"a:b\", 'c' (d)\r\n\r\n", "GET /"},
      {"name_with_every_mark", get + host + "!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n", "GET /"},
      {"same_name_twice", get + host + "Accept: a\r\nAccept: b\r\n\r\n", "GET /"},
      {"empty_line_before", "\r\n" + get + host + "\r\n", "GET /"},
      {"upgrade_is_ignored", get + host + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "GET /"},
      {"upgrade_with_body",
       "POST / HTTP/1.1\r\n" + host +
           "Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\nhi" + get + host + "\r\n",
       "POST / body=hi; GET /"},
      {"body", "POST /e HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello",
       "POST /e body=hello"},
      {"body_of_nothing", "POST /e HTTP/1.1\r\n" + host + "Content-Length: 0\r\n\r\n", "POST /e"},
      {"post_without_length", "POST /e HTTP/1.1\r\n" + host + "\r\n", "POST /e"},
      {"length_with_leading_zeros",
       "POST /e HTTP/1.1\r\n" + host + "Content-Length: 0002\r\n\r\nhi", "POST /e body=hi"},
      {"get_with_body", get + host + "Content-Length: 2\r\n\r\nhi", "GET / body=hi"},
      {"body_that_looks_like_a_request",
       "POST /e HTTP/1.1\r\n" + host + "Content-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\n",
       "POST /e body=GET / HTTP/1.1\r\n\r\n"},
      {"pipelined", get + host + "\r\nGET /2 HTTP/1.1\r\n" + host + "\r\n", "GET /; GET /2"},
      {"pipelined_after_body",
       "POST /e HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nhi" + get + host + "\r\n",
       "POST /e body=hi; GET /"},
      {"pipelined_with_empty_line",
       "POST /e HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\nhi\r\n" + get + host + "\r\n",
       "POST /e body=hi; GET /"},
      {"half_of_a_request", get + host, "more"},
      {"half_of_a_line", "GET / HT", "more"},
      {"one_and_a_half", get + host + "\r\nGET /2", "GET /; more"},
      {"half_of_a_body", "POST / HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhe", "more"},
      {"expect_continue_with_body",
       "POST /e HTTP/1.1\r\n" + host + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
       "POST /e body=hi"},
  };
}

}  // namespace jackdaw::http
