// OPC UA PubSub (OPC 10000-14, 1.05): network messages and data set messages in their UADP encoding.
#include "sensor/dissect/opcua_pubsub_message.hpp"

#include "sensor/dissect/opcua_types.hpp"

#include <array>

namespace mw::pubsub {
namespace {

constexpr std::size_t most_writers = 64;

std::string read_publisher(reader& in, unsigned type) {
  switch (type) {
    case 0: return std::to_string(in.u8());
    case 1: return std::to_string(in.u16le());
    case 2: return std::to_string(in.u32le());
    case 3: return std::to_string(in.u64le());
    case 4: return opcua::read_text(in, 64);
    default: in.fail({fault::malformed, "type of the publisher's id", in.at()}); return {};
  }
}

void read_group(reader& in, network_message& m) {
  const auto flags = in.u8();
  in.expect((flags & 0xf0) == 0, "reserved flags of the group header are zero");
  if ((flags & 1) != 0) m.group = in.u16le();
  if ((flags & 2) != 0) m.group_version = in.u32le();
  if ((flags & 4) != 0) m.number = in.u16le();
  if ((flags & 8) != 0) m.sequence = in.u16le();
}

void read_security(reader& in, network_message& m) {
  const auto flags = in.u8();
  in.expect((flags & 0xf0) == 0, "reserved flags of the security header are zero");
  m.has_security = true;
  m.is_signed = (flags & 1) != 0, m.is_encrypted = (flags & 2) != 0;
  m.token = in.u32le();
  in.skip(in.u8());
  if ((flags & 4) != 0) in.skip(2);
}

}  // namespace

std::string_view to_string(data_kind k) {
  constexpr std::array<std::string_view, 4> names{"key_frame", "delta_frame", "event", "keep_alive"};
  const auto i = static_cast<std::size_t>(k);
  return i < names.size() ? names[i] : std::string_view{};
}

std::optional<network_message> read_network_message(reader in) {
  network_message m;
  const auto flags = in.u8();
  m.version = flags & 0x0f;
  m.group_header = (flags & 0x20) != 0, m.payload_header = (flags & 0x40) != 0;
  const auto extended = (flags & 0x80) != 0 ? in.u8() : std::uint8_t{0};
  const auto further = (extended & 0x80) != 0 ? in.u8() : std::uint8_t{0};
  m.chunk = (further & 1) != 0;
  const unsigned kind = further >> 2 & 7;
  in.expect(kind <= 2 && (further & 0xe0) == 0, "a kind of message that is known");
  m.kind = static_cast<message_kind>(kind);
  if ((flags & 0x10) != 0) m.publisher = read_publisher(in, extended & 7u);
  if ((extended & 0x08) != 0) in.skip(16);  // class of the data set
  if (m.group_header) read_group(in, m);
  if (m.payload_header && m.kind == message_kind::data) {
    const std::size_t count = m.chunk ? 1 : in.u8();
    in.expect(count <= most_writers, "a number of writers that is kept");
    for (std::size_t i = 0; i < count && in.ok(); ++i) m.writers.push_back(in.u16le());
  }
  if ((extended & 0x20) != 0) m.time = static_cast<std::int64_t>(in.u64le());
  if ((extended & 0x40) != 0) in.skip(2);
  if ((further & 0x02) != 0) in.skip(in.u16le());  // promoted fields
  if ((extended & 0x10) != 0) read_security(in, m);
  if (!in.ok()) return {};
  m.payload = in.rest();
  return m;
}

bool read_data_set(reader& in, data_set& d, std::vector<value>& values) {
  const auto flags = in.u8();
  const auto more = (flags & 0x80) != 0 ? in.u8() : std::uint8_t{0};
  d.valid = (flags & 1) != 0;
  d.encoding = flags >> 1 & 3;
  in.expect(d.encoding <= data_value_encoding && (more & 0x0f) <= 3 && (more & 0xc0) == 0, "flags of a data set message");
  d.kind = static_cast<data_kind>(more & 0x0f);
  if ((flags & 0x08) != 0) d.sequence = in.u16le();
  if ((more & 0x10) != 0) in.skip(8);
  if ((more & 0x20) != 0) in.skip(2);
  if ((flags & 0x10) != 0) d.status = in.u16le();
  if ((flags & 0x20) != 0) d.major = in.u32le();
  if ((flags & 0x40) != 0) d.minor = in.u32le();
  if (!in.ok()) return false;
  if (!d.valid || d.kind == data_kind::keep_alive || d.encoding == raw_encoding) return true;  // raw fields only the two of them know
  opcua::values to{values};
  const bool delta = d.kind == data_kind::delta_frame;
  for (auto n = in.u16le(); n > 0 && in.ok(); --n) {
    if (delta) in.skip(2);  // which field
    if (d.encoding == data_value_encoding)
      opcua::read_data_value(in, to);
    else
      opcua::read_variant(in, to);
  }
  return in.ok();
}

}  // namespace mw::pubsub
