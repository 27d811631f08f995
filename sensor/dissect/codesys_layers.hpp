// The layers of CODESYS V3 below and in an online service: datagram, name service, blocks of a channel, service head, tags.
#pragma once
#include "common/reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw::codesys {

constexpr std::size_t block_driver = 8;  ///< octets before a datagram on TCP

enum service : std::uint8_t { address_request = 1, address_reply = 2, name_server = 3, name_client = 4, channel_manager = 0x40 };

struct datagram {
  std::uint8_t service = 0, message = 0, hops = 0;
  bytes receiver, sender, content;
};
result<datagram> parse_datagram(bytes data);

struct name_message {
  std::uint16_t command = 0, version = 0;
  std::uint32_t id = 0;
};
enum name_command : std::uint16_t { resolve_address = 0xc201, resolve_name = 0xc202, device_info = 0xc280 };
result<name_message> parse_name(bytes content);

struct identity {
  std::string node, device, vendor, firmware, serial;
  std::uint16_t type = 0, id = 0;
};
std::optional<identity> parse_identity(bytes content);

enum channel_type : std::uint8_t {
  block = 1,
  acknowledge = 2,
  keep_alive = 3,
  get_info = 0xc2,
  open_request = 0xc3,
  close_channel = 0xc4,
  open_reply = 0x83
};

/// Joins the blocks of one side of one channel to a message.
class assembly {
public:
  static constexpr std::size_t limit = 1024 * 1024;
  enum class step : std::uint8_t { more, complete, broken, wrong_sum, over_limit };
  step add(reader in, bool first);  ///< `in`: behind the channel's number
  bytes whole() const { return held_; }
  /// The room of a large message is given back.
  void drop() {
    open_ = false;
    held_.clear();
    if (held_.capacity() > 16 * 1024) held_ = {};
  }

private:
  std::vector<std::uint8_t> held_;
  std::uint32_t last_ = 0, size_ = 0, sum_ = 0;
  bool open_ = false;
};

struct service_head {
  std::uint16_t protocol = 0;
  std::uint8_t component = 0;
  bool reply = false;
  std::uint16_t command = 0;
  std::uint32_t session = 0, size = 0;
  bytes tags;
};
constexpr std::uint16_t plain = 0xcd55, secure = 0x7557;
result<service_head> parse_service(bytes message);

/// A value in a service, with the tag that it stands in (0 = none). Bounded.
struct tag {
  std::uint32_t parent = 0, id = 0;
  bytes value;
};
std::vector<tag> parse_tags(bytes data);
const tag* find(const std::vector<tag>& tags, std::uint32_t parent, std::uint32_t id);

}  // namespace mw::codesys
