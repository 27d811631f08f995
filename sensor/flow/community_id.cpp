// Community ID flow hashing, version 1.
#include "sensor/flow/community_id.hpp"

#include <openssl/evp.h>

#include <array>
#include <utility>
#include <vector>

namespace mw {
namespace {

std::string base64_sha1(const std::vector<std::uint8_t>& data, std::string prefix) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha1(), nullptr);
  std::array<unsigned char, 64> text{};
  const int n = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  prefix.append(text.begin(), text.begin() + n);
  return prefix;
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
  std::vector<std::uint8_t> data{0, 0};
  const auto put = [&](const ip& x) { data.insert(data.end(), x.bytes().begin() + (x.is_v4() ? 12 : 0), x.bytes().end()); };
  put(a);
  put(b);
  data.push_back(protocol);
  data.push_back(0);
  if (has_ports)
    for (const auto p : {pa, pb}) {
      data.push_back(static_cast<std::uint8_t>(p.number >> 8));
      data.push_back(static_cast<std::uint8_t>(p.number & 0xff));
    }
  return base64_sha1(data, "1:");
}

std::string link_id(const mac& source, const mac& target, std::uint16_t ethertype) {
  auto a = source, b = target;
  if (b < a) std::swap(a, b);
  std::vector<std::uint8_t> data(a.octets.begin(), a.octets.end());
  data.insert(data.end(), b.octets.begin(), b.octets.end());
  data.push_back(static_cast<std::uint8_t>(ethertype >> 8));
  data.push_back(static_cast<std::uint8_t>(ethertype & 0xff));
  return base64_sha1(data, "2:");
}

}  // namespace mw
