// The message that DNS, multicast DNS, LLMNR and the NetBIOS name service share (RFC 1035 4, RFC 6762, RFC 4795, RFC 1002 4.2).
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mw::dns {

struct question {
  std::string name;  ///< "www.example.org"; "." for the root; at most 255 octets
  std::uint16_t type = 0, cls = 0;
};
struct record {
  std::string name;
  std::uint16_t type = 0, cls = 0;
  std::uint32_t ttl = 0;
  bytes data;
  std::string text;  ///< of the types that this file knows; otherwise hex
};
struct content {
  std::uint16_t id = 0, flags = 0;
  std::vector<question> questions;  ///< at most `most_kept`
  std::vector<record> answers;      ///< answer section; at most `most_kept`
  std::vector<record> others;       ///< authority and additional sections; at most `most_kept`
  std::uint16_t question_count = 0, answer_count = 0, other_count = 0;

  bool is_response() const { return (flags & 0x8000u) != 0; }
  std::uint8_t opcode() const { return static_cast<std::uint8_t>(flags >> 11 & 15u); }
  std::uint8_t rcode() const { return static_cast<std::uint8_t>(flags & 15u); }
};
inline constexpr std::size_t most_kept = 32;

/// Reads a whole message; an error says where it breaks. Compression loops and names over 255 octets are errors.
result<content> parse(bytes message);

std::string_view type_name(std::uint16_t type);   ///< "A"; "" where unknown
std::string_view rcode_name(std::uint8_t rcode);  ///< "nxdomain"
/// "FILESERVER<20>" as NetBIOS writes it in one label of 32 letters (RFC 1001 14.1); empty where it is no such name.
std::string netbios_name(std::string_view name);

}  // namespace mw::dns
