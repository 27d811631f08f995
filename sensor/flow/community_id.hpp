// Community ID flow hashing, version 1, seed 0 (Corelight community-id-spec).
#pragma once
#include "common/net.hpp"

#include <string>

namespace mw {

/// "1:" and the base64 of a SHA-1 over both ends in a fixed order: the same text in every tool that sees the flow.
/// For protocols without ports give port 0 on both sides; ICMP gives type and counter type as ports.
std::string community_id(const ip& source, const ip& target, std::uint8_t protocol, port source_port, port target_port, bool has_ports);
/// The name of a conversation below IP, in the same spirit: "2:" and the hash of both MACs and the EtherType.
std::string link_id(const mac& source, const mac& target, std::uint16_t ethertype);

}  // namespace mw
