// Bridge protocol data units (IEEE 802.1Q-2018 clause 14): configuration, rapid, multiple and shortest path trees, topology changes.
#include "sensor/dissect/stp_bpdu.hpp"

#include "common/text.hpp"

namespace mw::stp {
namespace {

constexpr std::size_t most_instances = 64, instance_size = 16, region_size = 51;
constexpr std::size_t vlan_at = 36;  // also behind a configuration, which is one octet shorter and padded

bridge_id read_bridge(reader& in) {
  bridge_id b;
  b.priority = in.u16();
  b.address = read_card(in);
  return b;
}

/// Behind the common tree: the region, then what every instance of it says.
void read_region(reader in, bpdu& b) {
  const std::size_t length = in.u16();
  // older bridges that follow a draft say 0 and mean another layout; what they say beyond the common tree is left out
  if (!in.ok() || length < region_size + 13 || length > in.left()) return;
  auto body = in.part(length);
  body.skip(1);  // format selector
  b.region = printable(body.take(32), 32);
  b.region_revision = body.u16();
  body.skip(16);  // digest of the table of VLANs
  body.skip(4);   // the cost of the path to the regional root
  const auto sender = read_bridge(body);
  body.skip(1);  // remaining hops
  if (!body.ok()) return;
  b.regional_root = b.bridge;
  b.bridge = sender;
  while (body.left() >= instance_size && b.instances.size() < most_instances) {
    tree t;
    t.flags.bits = body.u8();
    t.root = read_bridge(body);
    t.instance = t.root.priority & 0x0fff;
    t.cost = body.u32();
    body.skip(1);  // priority of the sender
    t.port = static_cast<std::uint16_t>((body.u8() & 0xf0) << 8 | (b.common.port & 0x0fff));
    body.skip(1);  // remaining hops
    b.instances.push_back(t);
  }
}

}  // namespace

std::string to_string(const bridge_id& b) { return std::to_string(b.priority) + '/' + mw::to_string(b.address); }

std::string_view to_string(port_role r) {
  constexpr std::string_view names[] = {"unknown", "alternate_or_backup", "root", "designated"};
  return names[static_cast<std::size_t>(r)];
}

result<bpdu> read_bpdu(bytes data, bool per_vlan) {
  reader in{data};
  if (in.u16() != 0) return fail(fault::unsupported, "the protocol identifier is not 0");
  bpdu b;
  b.version = in.u8();
  b.type = in.u8();
  if (!in.ok()) return fail(fault::truncated, "the unit is shorter than its head", in.at());
  if (b.type == topology_change) return b;
  if (b.type != configuration && b.type != rapid) return fail(fault::unsupported, "a type that is reserved", 3);
  b.common.flags.bits = in.u8();
  b.common.root = read_bridge(in);
  b.common.cost = in.u32();
  b.bridge = read_bridge(in);
  b.common.port = in.u16();
  b.message_age = in.u16();
  b.max_age = in.u16();
  b.hello = in.u16();
  b.forward_delay = in.u16();
  if (b.type == rapid) in.skip(1);  // length of what version 1 adds, which is nothing
  if (!in.ok()) return fail(fault::truncated, "the unit is shorter than its type", in.at());
  if (b.type == rapid && b.version >= version_multiple) read_region(in, b);
  if (per_vlan && data.size() > vlan_at) {
    reader behind{data.subspan(vlan_at)};
    const auto type = behind.u16(), length = behind.u16(), vlan = behind.u16();
    if (behind.ok() && type == 0 && length == 2) b.vlan = vlan;
  }
  return b;
}

}  // namespace mw::stp
