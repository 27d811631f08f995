// Community ID flow hashing, version 1.
#include "sensor/flow/community_id.hpp"

#include "common/reader.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace mw {
namespace {

/// Octets to be hashed; the longest are those of two IPv6 addresses.
class input {
public:
  template <class Octets>
  void put(const Octets& all) {
    size_ = static_cast<std::size_t>(std::copy(all.begin(), all.end(), data_.begin() + static_cast<std::ptrdiff_t>(size_)) - data_.begin());
  }
  void put(std::uint8_t b) { data_.at(size_++) = b; }
  void put(port p) { put(static_cast<std::uint8_t>(p.number >> 8)), put(static_cast<std::uint8_t>(p.number & 0xff)); }
  bytes all() const { return bytes{data_}.first(size_); }

private:
  std::array<std::uint8_t, 48> data_{};
  std::size_t size_ = 0;
};

/// Kept from one hash to the next: looking for SHA-1 in OpenSSL 3 takes longer than the hash of so few octets.
struct sha1_state {
  struct release {
    void operator()(EVP_MD* kind) const { EVP_MD_free(kind); }
    void operator()(EVP_MD_CTX* state) const { EVP_MD_CTX_free(state); }
  };
  std::unique_ptr<EVP_MD, release> kind{EVP_MD_fetch(nullptr, "SHA1", nullptr)};
  std::unique_ptr<EVP_MD_CTX, release> state{EVP_MD_CTX_new()};
};

std::string base64_sha1(bytes data, std::string_view prefix) {
  thread_local const sha1_state sha1;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestInit_ex2(sha1.state.get(), sha1.kind.get(), nullptr);
  EVP_DigestUpdate(sha1.state.get(), data.data(), data.size());
  EVP_DigestFinal_ex(sha1.state.get(), digest.data(), &size);
  std::array<unsigned char, 64> text{};
  const int n = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  std::string out;
  out.reserve(prefix.size() + static_cast<std::size_t>(n));
  out = prefix;
  out.append(text.begin(), text.begin() + n);
  return out;
}

/// ICMP types that answer each other; the pair stands for the ports (community-id-spec, baseline implementation).
constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 8> icmp_pairs{
    {{8, 0}, {0, 8}, {13, 14}, {14, 13}, {15, 16}, {16, 15}, {17, 18}, {18, 17}}};
constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 12> icmp6_pairs{{{128, 129},
                                                                             {129, 128},
                                                                             {133, 134},
                                                                             {134, 133},
                                                                             {135, 136},
                                                                             {136, 135},
                                                                             {130, 131},
                                                                             {131, 130},
                                                                             {144, 145},
                                                                             {145, 144},
                                                                             {139, 140},
                                                                             {140, 139}}};

}  // namespace

std::string community_id(const ip& source, const ip& target, std::uint8_t protocol, port source_port, port target_port, bool has_ports) {
  auto a = source, b = target;
  auto pa = source_port, pb = target_port;
  bool one_way = false;
  if (protocol == 1 || protocol == 58) {
    one_way = true;
    const auto find = [&](const auto& pairs) {
      for (const auto& [asks, answers] : pairs)
        if (asks == pa.number) {
          pb.number = answers;
          one_way = false;
        }
    };
    if (protocol == 1)
      find(icmp_pairs);
    else
      find(icmp6_pairs);
  }
  if (!one_way && (b < a || (a == b && pb < pa))) {
    std::swap(a, b);
    std::swap(pa, pb);
  }
  input data;
  const auto put = [&](const ip& x) { data.put(bytes{x.bytes()}.subspan(x.is_v4() ? 12 : 0)); };
  data.put(port{0});  // the seed
  put(a), put(b);
  data.put(protocol), data.put(std::uint8_t{0});
  if (has_ports) data.put(pa), data.put(pb);
  return base64_sha1(data.all(), "1:");
}

std::string link_id(const mac& source, const mac& target, std::uint16_t ethertype) {
  auto a = source, b = target;
  if (b < a) std::swap(a, b);
  input data;
  data.put(a.octets), data.put(b.octets), data.put(port{ethertype});
  return base64_sha1(data.all(), "2:");
}

}  // namespace mw
