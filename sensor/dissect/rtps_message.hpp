// What DDSI-RTPS messages are made of: identities, submessages, the parameter lists by which participants announce themselves.
#pragma once
#include "common/net.hpp"
#include "common/reader.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::rtps {

using guid_prefix = std::array<std::uint8_t, 12>;
using entity_id = std::uint32_t;  ///< three octets of key, one of kind

struct guid {
  guid_prefix prefix{};
  entity_id entity = 0;
  friend auto operator<=>(const guid&, const guid&) = default;
};
std::string to_string(const guid_prefix& p);
std::string to_string(const guid& g);

/// Submessages (9.4.5.1.1 of the standard, and vendors' own from 0x80).
enum submessage : std::uint8_t {
  pad = 0x01,
  acknack = 0x06,
  heartbeat = 0x07,
  gap = 0x08,
  info_timestamp = 0x09,
  info_source = 0x0c,
  info_destination = 0x0e,
  nack_fragment = 0x12,
  heartbeat_fragment = 0x13,
  data = 0x15,
  data_fragment = 0x16,
  secure_body = 0x30,
  secure_prefix = 0x31,
  secure_postfix = 0x32,
  secure_rtps_prefix = 0x33,
  secure_rtps_postfix = 0x34,
};
bool is_known(std::uint8_t id);

/// The built-in writers (9.3.1.3), by entity.
constexpr entity_id participant_writer = 0x000100c2, publications_writer = 0x000003c2, subscriptions_writer = 0x000004c2;
constexpr bool is_users(entity_id e) { return (e & 0xc0) == 0; }  ///< neither built in nor a vendor's

std::string_view vendor_name(std::uint16_t id);  ///< "" where not assigned
std::string_view product_name(std::uint16_t id);

/// A value of the header of a sample.
struct sample {
  guid writer;
  entity_id reader = 0;
  std::int64_t number = 0;
  std::uint32_t fragment = 0;  ///< first of the fragments in here; 0: not in fragments
  std::uint64_t size = 0;      ///< of the whole sample
  bool little = true, has_data = false, has_key = false;
  bool disposed = false, unregistered = false;
  std::string topic;        ///< where the sample itself names it
  std::optional<guid> key;  ///< of what the sample is about, where that is a participant or an endpoint
  bytes payload;            ///< with its encapsulation
};
/// Reads DATA (fragmented: DATA_FRAG) behind its submessage header.
std::optional<sample> read_sample(reader in, std::uint8_t flags, bool fragmented, const guid_prefix& source);

/// What a participant or an endpoint says of itself.
struct announcement {
  std::optional<guid> participant, endpoint;
  std::string topic, type, entity_name, host_name, user, executable, target, product_version, domain_tag, security;
  std::optional<std::uint32_t> domain, reliability, durability;
  std::vector<std::string> partitions, locators;
  bool complete = false;  ///< ended as it has to
};
/// `vendor` decides what the vendors' own parameters mean.
std::optional<announcement> read_announcement(bytes payload, std::uint16_t vendor);

}  // namespace mw::rtps
