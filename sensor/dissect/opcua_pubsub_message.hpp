// The headers of OPC UA PubSub messages in their UADP encoding.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mw::pubsub {

enum class message_kind : std::uint8_t { data, discovery_request, discovery_announcement };
enum class data_kind : std::uint8_t { key_frame, delta_frame, event, keep_alive };
std::string_view to_string(data_kind k);  ///< "" where not assigned

/// What stands in front of the payload (7.2.4.4).
struct network_message {
  std::uint8_t version = 0;
  message_kind kind = message_kind::data;
  bool chunk = false, group_header = false, payload_header = false;
  std::string publisher;  ///< "" where it is not said
  std::optional<std::uint16_t> group, number, sequence;
  std::optional<std::uint32_t> group_version;
  std::vector<std::uint16_t> writers;
  std::optional<std::int64_t> time;  ///< 100 ns since 1601
  bool has_security = false, is_signed = false, is_encrypted = false;
  std::uint32_t token = 0;
  bytes payload;  ///< with the signature behind it
};
std::optional<network_message> read_network_message(reader in);

/// One of its data set messages (7.2.4.5).
struct data_set {
  std::uint16_t writer = 0;
  bool valid = true;
  data_kind kind = data_kind::key_frame;
  std::uint8_t encoding = 0;
  std::optional<std::uint16_t> sequence, status;
  std::optional<std::uint32_t> major, minor;
};
constexpr std::uint8_t raw_encoding = 1, data_value_encoding = 2;
/// Reads the header and, where they describe themselves, the fields. False where the bytes do not fit.
bool read_data_set(reader& in, data_set& d, std::vector<value>& values);

}  // namespace mw::pubsub
