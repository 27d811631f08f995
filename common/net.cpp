// Text forms and classes of addresses.
#include "common/net.hpp"

#include <arpa/inet.h>
#include <span>

namespace mw {

double to_seconds(timestamp t) { return to_seconds(t.time_since_epoch()); }
double to_seconds(nanoseconds d) {
  // whole seconds and the rest apart: an epoch in nanoseconds does not fit the mantissa
  const auto whole = std::chrono::floor<std::chrono::seconds>(d);
  return static_cast<double>(whole.count()) + static_cast<double>((d - whole).count()) * 1e-9;
}

result<ip> ip::parse(std::string_view text) {
  const std::string z{text};
  if (std::array<std::uint8_t, 4> four{}; inet_pton(AF_INET, z.c_str(), four.data()) == 1) return v4(four[0], four[1], four[2], four[3]);
  ip r;
  if (inet_pton(AF_INET6, z.c_str(), r.bytes_.data()) == 1) return r;
  return fail(fault::malformed, "not an IP address");
}

bool ip::is_multicast() const { return is_v4() ? (bytes_[12] & 0xf0) == 0xe0 : bytes_[0] == 0xff; }
bool ip::is_broadcast() const { return *this == v4(255, 255, 255, 255); }
bool ip::is_link_local() const {
  return is_v4() ? bytes_[12] == 169 && bytes_[13] == 254 : bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}
bool ip::is_private() const {
  if (is_link_local()) return true;
  if (!is_v4()) return (bytes_[0] & 0xfe) == 0xfc || *this == v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  const auto a = bytes_[12], b = bytes_[13];
  return a == 10 || a == 127 || (a == 172 && (b & 0xf0) == 16) || (a == 192 && b == 168) || (a == 100 && (b & 0xc0) == 64);
}
bool ip::is_public() const {
  if (is_none() || is_private() || is_multicast() || is_broadcast()) return false;
  if (!is_v4()) return (bytes_[0] & 0xe0) == 0x20;  // 2000::/3 is what is allocated
  const auto a = bytes_[12], b = bytes_[13], c = bytes_[14];
  if (a == 0 || a >= 240) return false;
  const bool documentation = (a == 192 && b == 0 && c == 2) || (a == 198 && b == 51 && c == 100) || (a == 203 && b == 0 && c == 113);
  const bool benchmark = a == 198 && (b & 0xfe) == 18;
  return !documentation && !benchmark;
}

std::string to_string(const ip& a) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = a.is_v4();
  inet_ntop(v4 ? AF_INET : AF_INET6, std::span{a.bytes()}.subspan(v4 ? 12 : 0).data(), text.data(), text.size());
  return text.data();
}

result<mac> mac::parse(std::string_view text) {
  mac m;
  if (text.size() != 17) return fail(fault::malformed, "not a MAC address");
  const auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
  };
  for (std::size_t i = 0; i < 6; ++i) {
    const int high = digit(text[3 * i]), low = digit(text[3 * i + 1]);
    if (high < 0 || low < 0 || (i < 5 && text[3 * i + 2] != ':' && text[3 * i + 2] != '-'))
      return fail(fault::malformed, "not a MAC address");
    m.octets[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return m;
}

std::string to_string(const mac& m) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(17);
  for (auto o : m.octets) {
    if (!out.empty()) out += ':';
    out += digits[o >> 4];
    out += digits[o & 15];
  }
  return out;
}

std::string host_of(const endpoint& e) { return e.address.is_none() ? to_string(e.hardware) : to_string(e.address); }

std::string to_string(const endpoint& e) {
  if (e.address.is_none()) return to_string(e.hardware);
  const auto port = std::to_string(e.port.number);
  return e.address.is_v4() ? to_string(e.address) + ':' + port : '[' + to_string(e.address) + "]:" + port;
}

}  // namespace mw
