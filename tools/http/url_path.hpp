// The path of a URL as the name of a file.
#pragma once

#include <jackdaw/tools/http/status.hpp>

#include <string>
#include <string_view>

namespace jackdaw::http {

/// Takes percent-encoding out of `path`, once, and appends the result to `out`.
///
/// Returns `none`; bad_request for broken encoding and for NUL, which ends names; not_found for an encoded
/// slash, since no name contains one. Dots are left to the kernel, which knows where they lead.
[[nodiscard]] status decode_path(std::string_view path, std::string& out);

}  // namespace jackdaw::http
