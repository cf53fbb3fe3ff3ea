// Keys on P-256, signed with SHA-256.
#include "certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

namespace jackdaw::testing {
namespace {

constexpr long day_seconds = 24L * 60 * 60;

void require(bool fine) {
  if (!fine) {
    throw std::runtime_error("OpenSSL cannot make a certificate");
  }
}

EVP_PKEY* new_key() {
  std::string curve = "P-256";
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.data());
  require(key != nullptr);
  return key;
}

template <class Write>
std::string pem_of(Write write) {
  BIO* const text = BIO_new(BIO_s_mem());
  require(write(text) == 1);
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(text, &bytes);
  std::string pem(bytes, static_cast<std::size_t>(count));
  BIO_free(text);
  return pem;
}

std::string pem_of_key(EVP_PKEY* key) {
  return pem_of([key](BIO* text) {
    return PEM_write_bio_PrivateKey(text, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string pem_of_certificate(X509* certificate) {
  return pem_of([certificate](BIO* text) { return PEM_write_bio_X509(text, certificate); });
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  require(made != nullptr && X509_add_ext(certificate, made, -1) == 1);
  X509_EXTENSION_free(made);
}

X509* new_certificate(const certificate_request& wanted, EVP_PKEY* key) {
  static std::atomic<long> serial{1};
  X509* const made = X509_new();
  require(made != nullptr);
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), wanted.valid_from_days * day_seconds);
  X509_gmtime_adj(X509_getm_notAfter(made), wanted.valid_to_days * day_seconds);
  X509_set_pubkey(made, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                             -1, 0);
  return made;
}

}  // namespace

authority::authority(const std::string& name)
    : key_(new_key()), root_(new_certificate({name, "", -1000, 1000}, key_)) {
  X509_set_issuer_name(root_, X509_get_subject_name(root_));
  add_extension(root_, root_, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(root_, root_, NID_subject_key_identifier, "hash");
  require(X509_sign(root_, key_, EVP_sha256()) > 0);
  certificate_ = pem_of_certificate(root_);
}

authority::~authority() {
  X509_free(root_);
  EVP_PKEY_free(key_);
}

identity authority::issue(const certificate_request& wanted) const {
  EVP_PKEY* const key = new_key();
  X509* const made = new_certificate(wanted, key);
  X509_set_issuer_name(made, X509_get_subject_name(root_));
  add_extension(made, root_, NID_basic_constraints, "critical,CA:FALSE");
  if (!wanted.names.empty()) {
    add_extension(made, root_, NID_subject_alt_name, wanted.names);
  }
  require(X509_sign(made, key_, EVP_sha256()) > 0);
  identity issued{pem_of_certificate(made), pem_of_key(key)};
  X509_free(made);
  EVP_PKEY_free(key);
  return issued;
}

const authority& trusted_authority() {
  static const authority made("jackdaw test authority");
  return made;
}

const identity& localhost_identity() {
  static const identity made =
      trusted_authority().issue({"localhost", "DNS:localhost,IP:127.0.0.1", -1, 1});
  return made;
}

scratch_file::scratch_file(const std::string& contents) : path_(::testing::TempDir() + "jdXXXXXX") {
  const int descriptor = mkstemp(path_.data());
  if (descriptor < 0 || write(descriptor, contents.data(), contents.size()) !=
                            static_cast<ssize_t>(contents.size())) {
    throw std::runtime_error("no scratch file");
  }
  close(descriptor);
}

scratch_file::~scratch_file() { unlink(path_.c_str()); }

}  // namespace jackdaw::testing
