// Message digests by OpenSSL.
#include "common/digest.hpp"

#include <openssl/evp.h>

#include <array>

namespace mw {
namespace {

std::string digest(const void* data, std::size_t octets, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(data, octets, out.data(), &size, kind, nullptr) != 1) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += digits[out[i] >> 4], text += digits[out[i] & 15];
  return text;
}

}  // namespace

std::string md5(std::string_view data) { return digest(data.data(), data.size(), EVP_md5()); }
std::string sha1(bytes data) { return digest(data.data(), data.size(), EVP_sha1()); }
std::string sha256(bytes data) { return digest(data.data(), data.size(), EVP_sha256()); }
std::string sha256(std::string_view data) { return digest(data.data(), data.size(), EVP_sha256()); }

}  // namespace mw
