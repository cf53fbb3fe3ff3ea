// Names in the kernel's form and back.
#include <jackdaw/io/unix_address.hpp>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace jackdaw::io {
namespace {

[[noreturn]] void reject(std::string_view name, const char* reason) {
  // what() is a C string: it would end there.
  const std::string shown(name.substr(0, name.find('\0')));
  throw std::invalid_argument("local address \"" + shown + "\": " + reason);
}

}  // namespace

unix_address::unix_address() noexcept { storage_.sun_family = AF_UNIX; }

unix_address::unix_address(const sockaddr* raw, socklen_t length) : unix_address() {
  if (length < name_offset || raw->sa_family != AF_UNIX) {
    throw std::invalid_argument("local address: of another family");
  }
  length_ = std::min(length, static_cast<socklen_t>(sizeof(storage_)));
  std::memcpy(&storage_, raw, length_);
}

unix_address unix_address::path(std::string_view path) {
  if (path.empty()) {
    reject(path, "the path is empty");
  }
  if (path.find('\0') != std::string_view::npos) {
    reject(path, "the path contains a NUL");
  }
  if (path.size() > name_max) {
    reject(path, "the path is longer than 107 bytes");
  }
  unix_address made;
  std::memcpy(made.storage_.sun_path, path.data(), path.size());
  made.length_ = static_cast<socklen_t>(name_offset + path.size() + 1);
  return made;
}

unix_address unix_address::abstract(std::string_view name) {
  if (name.size() > name_max) {
    reject(name, "the name is longer than 107 bytes");
  }
  unix_address made;
  std::copy(name.begin(), name.end(), made.storage_.sun_path + 1);
  made.length_ = static_cast<socklen_t>(name_offset + 1 + name.size());
  return made;
}

bool unix_address::is_unnamed() const noexcept { return length_ == name_offset; }

bool unix_address::is_abstract() const noexcept {
  return !is_unnamed() && storage_.sun_path[0] == '\0';
}

bool unix_address::is_path() const noexcept { return !is_unnamed() && !is_abstract(); }

std::string_view unix_address::name() const noexcept {
  const std::string_view all(storage_.sun_path, length_ - name_offset);
  // The kernel may count the NUL at the end of a path, or leave it out.
  return is_abstract() ? all.substr(1) : all.substr(0, all.find('\0'));
}

std::string unix_address::to_string() const {
  if (is_unnamed()) {
    return "unnamed";
  }
  std::string text(name());
  std::replace(text.begin(), text.end(), '\0', '@');
  return is_abstract() ? "@" + text : text;
}

bool operator==(const unix_address& a, const unix_address& b) noexcept {
  return a.is_path() == b.is_path() && a.is_unnamed() == b.is_unnamed() && a.name() == b.name();
}

}  // namespace jackdaw::io
