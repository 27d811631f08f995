// Message digests by OpenSSL.
#include "common/digest.hpp"

#include <openssl/evp.h>

#include <array>

namespace mw {
namespace {

std::string as_text(bytes digest) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto b : digest) text += digits[b >> 4], text += digits[b & 15];
  return text;
}

std::string digest(const void* data, std::size_t octets, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_Digest(data, octets, out.data(), &size, kind, nullptr) != 1) return {};
  return as_text(bytes{out}.first(size));
}

}  // namespace

std::string md5(std::string_view data) { return digest(data.data(), data.size(), EVP_md5()); }
std::string sha1(bytes data) { return digest(data.data(), data.size(), EVP_sha1()); }
std::string sha256(bytes data) { return digest(data.data(), data.size(), EVP_sha256()); }
std::string sha256(std::string_view data) { return digest(data.data(), data.size(), EVP_sha256()); }

void sha256_sum::release::operator()(evp_md_ctx_st* c) const { EVP_MD_CTX_free(c); }

void sha256_sum::add(bytes data) {
  if (!state_) state_.reset(EVP_MD_CTX_new());
  if (!state_) return;
  if (!begun_) begun_ = EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) == 1;
  if (begun_) EVP_DigestUpdate(state_.get(), data.data(), data.size());
}
std::string sha256_sum::text() {
  if (!begun_) return sha256(bytes{});
  begun_ = false;
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (EVP_DigestFinal_ex(state_.get(), out.data(), &size) != 1) return {};
  return as_text(bytes{out}.first(size));
}
void sha256_sum::clear() { begun_ = false; }

}  // namespace mw
