// Message digests as lower-case hex text: for fingerprints (JA3, HASSH, certificates, program blocks, files), not for secrets.
#pragma once
#include "common/reader.hpp"

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace mw {

std::string md5(std::string_view data);     ///< RFC 1321
std::string sha1(bytes data);               ///< FIPS 180-4
std::string sha256(bytes data);             ///< FIPS 180-4
std::string sha256(std::string_view data);  ///< FIPS 180-4

/// SHA-256 of what comes piece by piece. Costs nothing before the first octet.
class sha256_sum {
public:
  void add(bytes data);
  std::string text();  ///< of all that was added, and begins anew
  void clear();

private:
  struct release {
    void operator()(evp_md_ctx_st* c) const;
  };
  std::unique_ptr<evp_md_ctx_st, release> state_;
  bool begun_ = false;
};

}  // namespace mw
