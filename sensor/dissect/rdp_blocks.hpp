// The settings that a remote desktop client and its server exchange when they connect (MS-RDPBCGR 2.2.1.3, 2.2.1.4): the MCS connect
// messages (T.125), the GCC conference in them (T.124) and its blocks.
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::rdp {

/// What the client says of itself. Texts are empty and numbers absent where the message ends before them.
struct client_settings {
  std::optional<std::uint32_t> version, keyboard_layout, keyboard_type, build, encryption_methods, cluster_flags, server_protocol;
  std::uint16_t width = 0, height = 0, color_depth = 0;
  std::string name, product_id;
  std::vector<std::string> channels;
  std::uint32_t more_channels = 0;  ///< beyond those that are kept
  bool early_graphics = false;      ///< asks for the graphics pipeline
};
struct server_settings {
  std::optional<std::uint8_t> result;  ///< of the MCS connection, 0 = successful
  std::optional<std::uint32_t> version, requested, encryption_method, encryption_level, certificate;
  std::optional<std::uint16_t> io_channel;
};

/// What a TPDU's data begins with.
bool is_connect_initial(bytes data);
bool is_connect_response(bytes data);

/// `rule` is empty where nothing is broken, else a violation's rule with its detail.
struct broken_rule {
  std::string_view rule, detail;
};
broken_rule read(bytes connect_initial, client_settings& to);
broken_rule read(bytes connect_response, server_settings& to);

/// A length of packed encoding rules (X.691 10.9), as MCS and GCC use it.
std::size_t packed_length(reader& in);

}  // namespace mw::rdp
