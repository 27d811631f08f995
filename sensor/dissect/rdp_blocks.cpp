// The settings that a remote desktop client and its server exchange when they connect (MS-RDPBCGR 2.2.1.3, 2.2.1.4).
#include "sensor/dissect/rdp_blocks.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>
#include <array>

namespace mw::rdp {
namespace {

constexpr std::uint8_t application = 0x7f, initial = 101, response = 102;  // tags of T.125 7
constexpr std::size_t most_channels = 31, channel_size = 12, farthest_key = 32;
/// The nonstandard keys under which Microsoft puts its blocks into a conference (2.2.1.3, 2.2.1.4).
constexpr std::array<std::uint8_t, 4> client_key{'D', 'u', 'c', 'a'}, server_key{'M', 'c', 'D', 'n'};
constexpr std::array<std::uint8_t, 7> conference{0, 5, 0, 20, 124, 0, 1};  // choice, then object 0.0.20.124.0.1

enum block : std::uint16_t {
  client_core = 0xc001,
  client_security = 0xc002,
  client_network = 0xc003,
  client_cluster = 0xc004,
  server_core = 0x0c01,
  server_security = 0x0c02,
  server_network = 0x0c03,
};
constexpr std::uint16_t graphics_pipeline = 0x0100;

void read_client_core(reader in, client_settings& to) {
  to.version = in.u32le();
  to.width = in.u16le(), to.height = in.u16le();
  in.skip(4);  // color depth of old clients, secure access sequence
  to.keyboard_layout = in.u32le();
  to.build = in.u32le();
  to.name = ntlmssp::from_utf16(in.take(32));
  to.keyboard_type = in.u32le();
  in.skip(8 + 64);  // subtype, function keys, input method
  if (in.left() < 2) return;
  in.skip(2);  // what follows is optional
  if (in.left() >= 8) {
    in.skip(6);
    to.color_depth = in.u16le();
  }
  if (in.left() >= 4) {
    in.skip(2);
    to.early_graphics = (in.u16le() & graphics_pipeline) != 0;
  }
  if (in.left() >= 64) to.product_id = ntlmssp::from_utf16(in.take(64));
  if (in.left() >= 6) {
    in.skip(2);
    to.server_protocol = in.u32le();
  }
}

void read_client_network(reader in, client_settings& to) {
  const auto count = in.u32le();
  for (std::uint32_t i = 0; i < count && in.left() >= channel_size; ++i) {
    auto name = in.take(8);
    in.skip(4);
    name = name.first(static_cast<std::size_t>(std::ranges::find(name, std::uint8_t{0}) - name.begin()));
    if (to.channels.size() < most_channels)
      to.channels.push_back(printable(name));
    else
      ++to.more_channels;
  }
}

void read_server_security(reader in, server_settings& to) {
  to.encryption_method = in.u32le();
  to.encryption_level = in.u32le();
  if (in.left() < 8) return;  // neither random nor certificate without encryption
  const auto random = in.u32le();
  const auto certificate = in.u32le();
  in.skip(random);
  if (certificate >= 4 && in.left() >= 4) to.certificate = in.u32le();
}

/// The blocks behind `key`; nothing where the conference is another's.
std::optional<reader> blocks_of(bytes user_data, const std::array<std::uint8_t, 4>& key) {
  reader in{user_data};
  if (!std::ranges::equal(in.take(conference.size()), conference)) return {};
  const auto near = in.rest().first(std::min(in.left(), farthest_key));
  const auto at = std::ranges::search(near, key);
  if (at.empty()) return {};
  in.skip(static_cast<std::size_t>(at.begin() - near.begin()) + key.size());
  const auto size = packed_length(in);
  if (!in.ok()) return {};
  return in.part(std::min(size, in.left()));
}

template <class Settings, class Take>
broken_rule read_blocks(bytes user_data, const std::array<std::uint8_t, 4>& key, Settings& to, Take take) {
  auto in = blocks_of(user_data, key);
  if (!in) return {"conference", "the user data of the connection is no conference of this protocol"};
  while (in->left() >= 4) {
    const auto type = in->u16le();
    const std::size_t size = in->u16le();
    if (size < 4 || size - 4 > in->left()) return {"settings_block", "a block of settings does not fit its message"};
    take(type, in->part(size - 4), to);
  }
  return {};
}

bool begins(bytes data, std::uint8_t tag) { return data.size() >= 2 && data[0] == application && data[1] == tag; }

constexpr broken_rule bad_message{"mcs", "a connect message is not what T.125 says"};

}  // namespace

bool is_connect_initial(bytes data) { return begins(data, initial); }
bool is_connect_response(bytes data) { return begins(data, response); }

std::size_t packed_length(reader& in) {
  const std::size_t first = in.u8();
  if ((first & 0x80) == 0) return first;
  return (first & 0x3f) << 8 | in.u8();
}

broken_rule read(bytes connect_initial, client_settings& to) {
  reader all{connect_initial};
  reader in{ber::next(all).content};
  for (int skipped = 0; skipped < 6; ++skipped) ber::next(in);  // two domains, direction, three sets of parameters
  const auto user_data = ber::next(in);
  if (!all.ok() || !in.ok() || !user_data.universal(ber::octet_string)) return bad_message;
  return read_blocks(user_data.content, client_key, to, [](std::uint16_t type, reader r, client_settings& s) {
    if (type == client_core) read_client_core(r, s);
    if (type == client_security && r.left() >= 4) s.encryption_methods = r.u32le();
    if (type == client_network) read_client_network(r, s);
    if (type == client_cluster && r.left() >= 4) s.cluster_flags = r.u32le();
  });
}

broken_rule read(bytes connect_response, server_settings& to) {
  reader all{connect_response};
  reader in{ber::next(all).content};
  const auto result = ber::next(in);
  if (result.universal(ber::enumerated) && result.content.size() == 1) to.result = result.content[0];
  ber::next(in), ber::next(in);  // called connection, parameters
  const auto user_data = ber::next(in);
  if (!all.ok() || !in.ok() || !to.result || !user_data.universal(ber::octet_string)) return bad_message;
  if (*to.result != 0 && user_data.content.empty()) return {};
  return read_blocks(user_data.content, server_key, to, [](std::uint16_t type, reader r, server_settings& s) {
    if (type == server_core && r.left() >= 4) {
      s.version = r.u32le();
      if (r.left() >= 4) s.requested = r.u32le();
    }
    if (type == server_security && r.left() >= 8) read_server_security(r, s);
    if (type == server_network && r.left() >= 2) s.io_channel = r.u16le();
  });
}

}  // namespace mw::rdp
