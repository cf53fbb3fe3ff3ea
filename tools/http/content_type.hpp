// What kind of thing a file is, by its name.
#pragma once

#include <string_view>

namespace jackdaw::http {

/// For the Content-Type field; "application/octet-stream" if the extension says nothing to us. Texts are
/// taken for UTF-8.
[[nodiscard]] std::string_view content_type_of(std::string_view file_name) noexcept;

}  // namespace jackdaw::http
