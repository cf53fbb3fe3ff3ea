// Rows of request_parser_test.cpp: where does the request end? Every disagreement here is a way to
// smuggle a request past a proxy. And the limits.

#include <jackdaw/tests/tools/http/request_cases.hpp>

#include <string>
#include <vector>

namespace jackdaw::http {

using namespace std::string_literals;

namespace {

const std::string post = "POST /e HTTP/1.1\r\nHost: a\r\n";
const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";

std::string repeat(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) {
    all += text;
  }
  return all;
}

std::vector<request_case> length_cases() {
  return {
      {"length_twice", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", "400"},
      {"length_twice_same", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "400"},
      {"length_list", post + "Content-Length: 2, 2\r\n\r\nhi", "400"},
      {"length_negative", post + "Content-Length: -1\r\n\r\n", "400"},
      {"length_plus", post + "Content-Length: +2\r\n\r\nhi", "400"},
      {"length_hexadecimal", post + "Content-Length: 0x2\r\n\r\nhi", "400"},
      {"length_fraction", post + "Content-Length: 2.0\r\n\r\nhi", "400"},
      {"length_with_space", post + "Content-Length: 1 2\r\n\r\nhi", "400"},
      {"length_empty", post + "Content-Length:\r\n\r\n", "400"},
      {"length_word", post + "Content-Length: two\r\n\r\nhi", "400"},
      {"length_quoted", post + "Content-Length: \"2\"\r\n\r\nhi", "400"},
      {"length_overflow", post + "Content-Length: 18446744073709551616\r\n\r\n", "400"},
      {"length_far_overflow", post + "Content-Length: 99999999999999999999999\r\n\r\n", "400"},
      {"length_largest", post + "Content-Length: 18446744073709551615\r\n\r\n", "400"},
      {"length_and_coding",
       post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
      {"coding_and_length",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", "400"},
      {"coding_and_zero_length",
       post + "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n", "400"},
      {"coding_unknown", post + "Transfer-Encoding: gzip\r\n\r\n", "501"},
      {"coding_identity", post + "Transfer-Encoding: identity\r\n\r\n", "501"},
      {"coding_unknown_before_chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501"},
      {"coding_unknown_after_chunked", post + "Transfer-Encoding: chunked, gzip\r\n\r\n", "400"},
      {"coding_chunked_twice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n", "400"},
      {"coding_in_two_fields",
       post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
      {"coding_identity_then_chunked_field",
       post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n", "501"},
      {"coding_with_parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n", "400"},
      {"coding_with_empty_element", post + "Transfer-Encoding: ,chunked\r\n\r\n", "400"},
      {"coding_with_trailing_comma", post + "Transfer-Encoding: chunked,\r\n\r\n", "400"},
      {"coding_empty", post + "Transfer-Encoding:\r\n\r\n", "400"},
      {"coding_with_prefix", post + "Transfer-Encoding: xchunked\r\n\r\n", "501"},
      {"coding_quoted", post + "Transfer-Encoding: \"chunked\"\r\n\r\n", "400"},
      {"coding_in_http_1_0", "POST /e HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "400"},
      {"coding_after_space", post + "Transfer-Encoding : chunked\r\n\r\n", "400"},
  };
}

std::vector<request_case> chunk_cases() {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  return {
      {"chunked", chunked + "5\r\nhello\r\n0\r\n\r\n", "POST /e body=hello"},
      {"chunked_any_case", post + "TRANSFER-ENCODING: ChunkeD\r\n\r\n1\r\nx\r\n0\r\n\r\n",
       "POST /e body=x"},
      {"chunked_several", chunked + "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" + get,
       "POST /e body=hello; GET /"},
      {"chunked_empty", chunked + "0\r\n\r\n" + get, "POST /e; GET /"},
      {"chunked_hexadecimal", chunked + "A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n",
       "POST /e body=01234567890123456789"},
      {"chunked_leading_zeros", chunked + "0005\r\nhello\r\n000\r\n\r\n", "POST /e body=hello"},
      {"chunked_binary", chunked + "4\r\n\r\n\r\n\r\n0\r\n\r\n", "POST /e body=\r\n\r\n"},
      {"chunk_extension", chunked + "5;a=b;c\r\nhello\r\n0;x\r\n\r\n", "POST /e body=hello"},
      {"chunk_extension_quoted", chunked + "5;a=\"b c\"\r\nhello\r\n0\r\n\r\n",
       "POST /e body=hello"},
      {"trailers", chunked + "1\r\nx\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\n" + get,
       "POST /e body=x; GET /"},
      {"chunked_half", chunked + "5\r\nhel", "more"},
      {"chunk_size_half", chunked + "5", "more"},
      {"chunk_end_half", chunked + "5\r\nhello\r", "more"},
      {"trailer_half", chunked + "0\r\n", "more"},
      {"chunk_size_missing", chunked + "\r\nhello\r\n", "400"},
      {"chunk_size_not_a_number", chunked + "g\r\n", "400"},
      {"chunk_size_prefix", chunked + "0x5\r\nhello\r\n", "400"},
      {"chunk_size_plus", chunked + "+5\r\nhello\r\n", "400"},
      {"chunk_size_minus", chunked + "-5\r\nhello\r\n", "400"},
      {"chunk_size_leading_space", chunked + " 5\r\nhello\r\n", "400"},
      {"chunk_size_trailing_space", chunked + "5 \r\nhello\r\n", "400"},
      {"chunk_size_wraps", chunked + "10000000000000005\r\nhello\r\n", "400"},
      {"chunk_size_seventeen_zeros", chunked + "00000000000000005\r\nhello\r\n", "400"},
      {"chunk_size_largest", chunked + "ffffffffffffffff\r\n", "413"},
      {"chunk_line_bare_lf", chunked + "5\nhello\r\n0\r\n\r\n", "400"},
      {"chunk_line_bare_cr", chunked + "5\rhello\r\n0\r\n\r\n", "400"},
      {"chunk_extension_bare_lf", chunked + "5;a\nhello\r\n0\r\n\r\n", "400"},
      {"chunk_extension_bare_cr", chunked + "5;a\rb\r\nhello\r\n0\r\n\r\n", "400"},
      {"chunk_extension_nul", chunked + "5;\0\r\nhello\r\n0\r\n\r\n"s, "400"},
      {"chunk_extension_open_quote", chunked + "5;a=\"\r\nhello\r\n0\r\n\r\n", "400"},
      {"chunk_extension_without_name", chunked + "5;\r\nhello\r\n0\r\n\r\n", "400"},
      {"chunk_extension_without_semicolon", chunked + "5 a\r\nhello\r\n0\r\n\r\n", "400"},
      {"chunk_end_missing", chunked + "5\r\nhello0\r\n\r\n", "400"},
      {"chunk_end_any_two_bytes", chunked + "5\r\nhelloXX0\r\n\r\n", "400"},
      {"chunk_end_bare_lf", chunked + "5\r\nhello\n0\r\n\r\n", "400"},
      {"chunk_end_cr_and_other", chunked + "5\r\nhello\rX0\r\n\r\n", "400"},
      {"last_chunk_bare_lf", chunked + "0\n\r\n", "400"},
      {"end_bare_lf", chunked + "0\r\n\n", "400"},
      {"trailer_folded", chunked + "0\r\nX: 1\r\n 2\r\n\r\n", "400"},
      {"trailer_without_colon", chunked + "0\r\nX\r\n\r\n", "400"},
      {"trailer_bare_lf", chunked + "0\r\nX: 1\n\r\n", "400"},
  };
}

}  // namespace

std::vector<request_case> framing_cases() {
  std::vector<request_case> cases = length_cases();
  const std::vector<request_case> chunks = chunk_cases();
  cases.insert(cases.end(), chunks.begin(), chunks.end());
  return cases;
}

std::vector<request_case> limit_cases() {
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::size_t head_max = 8UL * 1024;
  const std::string fits = get + "X: " + std::string(head_max - get.size() - 7, 'x') + "\r\n\r\n";
  const std::string too_long =
      get + "X: " + std::string(head_max - get.size() - 6, 'x') + "\r\n\r\n";
  const std::string path(4096, '/');
  const std::string body_max = std::to_string(1024 * 1024);
  const std::string body_beyond = std::to_string(1024 * 1024 + 1);
  return {
      {"head_of_8_kib", fits, "GET /"},
      {"head_of_8_kib_and_one", too_long, "431"},
      {"field_without_end", get + "X: " + std::string(head_max, 'x'), "431"},
      {"many_small_fields", get + repeat("A: b\r\n", 2000), "431"},
      {"fields_100", get + repeat("A: b\r\n", 99) + "\r\n", "GET /"},
      {"fields_101", get + repeat("A: b\r\n", 100) + "\r\n", "431"},
      {"target_of_4_kib", "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n", "GET " + path},
      {"target_of_4_kib_and_one", "GET /" + path + " HTTP/1.1\r\nHost: a\r\n\r\n", "414"},
      {"request_line_without_end", "GET /" + std::string(head_max, 'x'), "414"},
      {"body_at_the_limit_is_awaited", post + "Content-Length: " + body_max + "\r\n\r\n", "more"},
      {"body_beyond_the_limit", post + "Content-Length: " + body_beyond + "\r\n\r\n", "413"},
      {"chunk_beyond_the_limit", chunked + "100001\r\n", "413"},
      {"chunks_beyond_the_limit_together", chunked + "2\r\nhi\r\nfffff\r\n", "413"},
      {"chunk_line_too_long", chunked + "5;" + std::string(300, 'x'), "400"},
      {"trailers_too_long", chunked + "0\r\nX: " + std::string(head_max, 'x'), "431"},
      {"trailers_too_many", chunked + "0\r\n" + repeat("A: b\r\n", 101), "431"},
  };
}

}  // namespace jackdaw::http
