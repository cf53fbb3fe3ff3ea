// tests/io/tls/certificates.hpp
//
// A certificate authority in memory: certificates for any name and any time, in some hundred us each.
#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace jackdaw::testing {

/// PEM, both.
struct identity {
  std::string certificate;
  std::string key;
};

/// What a certificate says.
struct certificate_request {
  std::string common_name;
  std::string
      names;  // subjectAltName as OpenSSL writes it: "DNS:localhost,IP:127.0.0.1"; may be empty.
  long valid_from_days = -1;  // From now.
  long valid_to_days = 1;
};

class authority {
 public:
  explicit authority(const std::string& name);
  authority(const authority&) = delete;
  authority& operator=(const authority&) = delete;
  ~authority();

  [[nodiscard]] const std::string& certificate() const { return certificate_; }
  [[nodiscard]] identity issue(const certificate_request& wanted) const;

 private:
  evp_pkey_st* key_;
  x509_st* root_;
  std::string certificate_;
};

/// The authority that clients of the tests trust.
[[nodiscard]] const authority& trusted_authority();
/// For localhost and 127.0.0.1, by it.
[[nodiscard]] const identity& localhost_identity();

/// A file that exists as long as the object.
class scratch_file {
 public:
  explicit scratch_file(const std::string& contents);
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace jackdaw::testing
