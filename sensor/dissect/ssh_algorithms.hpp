// SSH algorithm negotiation (RFC 4253 7.1): what both sides offer, what they agree on, and how big the agreed packets are.
#pragma once
#include "common/reader.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mw::ssh {

/// The name-lists of SSH_MSG_KEXINIT in their order; c2s is from client to server.
enum list : std::uint8_t { kex, host_key, cipher_c2s, cipher_s2c, mac_c2s, mac_s2c, compression_c2s, compression_s2c };
inline constexpr std::size_t list_count = 8;
using offer = std::array<std::string, list_count>;

/// Of the payload of SSH_MSG_KEXINIT, its type octet included; nothing where it is not exactly one.
std::optional<offer> parse_offer(bytes payload);
/// MD5 over key exchange, cipher, MAC and compression, each as offered in its own direction (HASSH and HASSHserver).
std::string hassh(const offer& o, bool server);
/// The first of the client's that the server has, too; "" where there is none (RFC 4253 7.1).
std::string_view agreed(std::string_view client, std::string_view server);
bool offers(std::string_view list, std::string_view name);
/// Known broken or below today's minimum (RFC 9142, RFC 8758, NIST SP 800-131A).
bool is_weak(std::string_view algorithm);
/// The weak ones of a list, joined by commas.
std::string weak_of(std::string_view list);

/// What an encrypted packet of one direction looks like from outside (RFC 4253 6, RFC 5647, OpenSSH PROTOCOL).
struct shape {
  std::size_t block = 8, tag = 0;
  bool counts_length = true;  ///< the length field is padded to the block together with the rest
  bool clear_length = false;  ///< the length field is readable: borders are known
  /// The most octets that a packet of `wire` octets can carry; up to block - 1 fewer in fact, and padding may be longer than it must.
  std::size_t most_payload(std::size_t wire) const {
    const auto around = 9u + tag;  // length, padding length and the least padding
    return wire > around ? wire - around : 0;
  }
};
std::optional<shape> shape_of(std::string_view cipher, std::string_view mac);

}  // namespace mw::ssh
