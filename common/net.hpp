// Addresses, ports and time as values: comparable, hashable, printable, never bare integers.
#pragma once
#include "common/result.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mw {

using timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;
using nanoseconds = std::chrono::nanoseconds;

/// Epoch seconds, for output only; within the program time is never a floating-point number.
double to_seconds(timestamp t);
double to_seconds(nanoseconds d);

/// A port number that cannot be mixed up with a length or a count.
struct port {
  std::uint16_t number = 0;
  friend auto operator<=>(port, port) = default;
};

/// An IP address; version 4 is held v4-mapped, so there is one shape to hash and to compare. All zero means "none".
class ip {
public:
  constexpr ip() = default;
  static constexpr ip v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    ip r;
    r.bytes_ = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
    return r;
  }
  static constexpr ip v6(const std::array<std::uint8_t, 16>& b) {
    ip r;
    r.bytes_ = b;
    return r;
  }
  static result<ip> parse(std::string_view text);

  constexpr bool is_v4() const {
    for (std::size_t i = 0; i < 10; ++i)
      if (bytes_[i] != 0) return false;
    return bytes_[10] == 0xff && bytes_[11] == 0xff;
  }
  constexpr bool is_none() const { return *this == ip{}; }
  bool is_multicast() const;   ///< RFC 5771, RFC 4291 2.7
  bool is_broadcast() const;   ///< 255.255.255.255 only; a subnet's broadcast cannot be told from the address
  bool is_link_local() const;  ///< RFC 3927, RFC 4291 2.5.6
  bool is_private() const;     ///< RFC 1918, RFC 4193, RFC 6598, link-local and loopback
  bool is_public() const;      ///< a unicast address that is routed on the internet
  constexpr const std::array<std::uint8_t, 16>& bytes() const { return bytes_; }
  friend constexpr auto operator<=>(const ip&, const ip&) = default;

private:
  std::array<std::uint8_t, 16> bytes_{};
};
std::string to_string(const ip&);

/// An IEEE 802 MAC address. All zero means "none".
struct mac {
  std::array<std::uint8_t, 6> octets{};
  static result<mac> parse(std::string_view text);
  constexpr bool is_none() const { return *this == mac{}; }
  constexpr bool is_group() const { return (octets[0] & 1) != 0; }  ///< multicast or broadcast
  friend constexpr auto operator<=>(const mac&, const mac&) = default;
};
std::string to_string(const mac&);  ///< "00:1b:1b:aa:bb:cc"

/// One end of a conversation: an IP address and port, or, where there is no IP, a MAC address alone.
struct endpoint {
  ip address;
  mw::port port;
  mac hardware;  ///< the MAC seen on this side of the wire (of the router, where the peer is remote)
  friend auto operator<=>(const endpoint&, const endpoint&) = default;
};
/// "10.0.0.1:502", "[fe80::1]:502", or the MAC where there is no IP address.
std::string to_string(const endpoint&);
/// "10.0.0.1" or the MAC: the key of the machine behind an endpoint.
std::string host_of(const endpoint&);

static_assert(ip::v4(10, 0, 0, 1).is_v4() && ip::v4(10, 0, 0, 1) < ip::v4(10, 0, 0, 2));

}  // namespace mw

template <>
struct std::hash<mw::ip> {
  std::size_t operator()(const mw::ip& a) const noexcept {
    const auto [high, low] = std::bit_cast<std::array<std::uint64_t, 2>>(a.bytes());
    std::uint64_t h = (high ^ 0x9e3779b97f4a7c15u) * 0xff51afd7ed558ccdu;
    h ^= low + (h >> 29);
    h *= 0xc4ceb9fe1a85ec53u;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }
};
template <>
struct std::hash<mw::mac> {
  std::size_t operator()(const mw::mac& m) const noexcept {
    std::uint64_t v = 0;
    for (auto o : m.octets) v = (v << 8) | o;
    v *= 0xff51afd7ed558ccdu;
    return static_cast<std::size_t>(v ^ (v >> 32));
  }
};
