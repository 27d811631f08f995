// Message digests as lower-case hex text: for fingerprints (JA3, HASSH, certificates, program blocks), not for secrets.
#pragma once
#include "common/reader.hpp"

#include <string>
#include <string_view>

namespace mw {

std::string md5(std::string_view data);     ///< RFC 1321
std::string sha1(bytes data);               ///< FIPS 180-4
std::string sha256(bytes data);             ///< FIPS 180-4
std::string sha256(std::string_view data);  ///< FIPS 180-4

}  // namespace mw
