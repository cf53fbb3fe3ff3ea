// A certificate for 127.0.0.1 in files, as a server wants it; who signed it, as a client wants it.
#pragma once

#include <jackdaw/tests/io/tls/certificates.hpp>

#include <string>
#include <vector>

namespace jackdaw::test {

class tls_identity {
 public:
  [[nodiscard]] std::vector<std::string> options() const {
    return {"--tls-cert", certificate_.path(), "--tls-key", key_.path()};
  }
  [[nodiscard]] const std::string& authority_file() const { return authority_.path(); }

 private:
  jackdaw::testing::scratch_file certificate_{jackdaw::testing::localhost_identity().certificate};
  jackdaw::testing::scratch_file key_{jackdaw::testing::localhost_identity().key};
  jackdaw::testing::scratch_file authority_{jackdaw::testing::trusted_authority().certificate()};
};

}  // namespace jackdaw::test
