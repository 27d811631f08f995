// DDSI-RTPS 2.5, 9.6.3: the parameter lists of the discovery protocols, and what vendors add to them.
#include "common/text.hpp"
#include "sensor/dissect/rtps_message.hpp"

#include <algorithm>

namespace mw::rtps {
namespace {

constexpr std::size_t longest_text = 256, most_listed = 16;
constexpr std::uint16_t parameter_list_big = 0x0002, parameter_list_little = 0x0003, second_big = 0x000a, second_little = 0x000b;
constexpr std::uint16_t rti = 0x0101, rti_micro = 0x010a;
constexpr std::uint16_t to_be_understood = 0x4000, of_vendor = 0x8000;

enum parameter : std::uint16_t {
  sentinel = 0x0001,
  topic_name = 0x0005,
  type_name = 0x0007,
  domain_id = 0x000f,
  reliability = 0x001a,
  durability = 0x001d,
  partition = 0x0029,
  default_unicast = 0x0031,
  metatraffic_unicast = 0x0032,
  participant_guid = 0x0050,
  property_list = 0x0059,
  endpoint_guid = 0x005a,
  entity_name = 0x0062,
  identity_token = 0x1001,
  domain_tag = 0x0014,
  rti_product_version = 0x8000,
  rti_domain_id = 0x800f,
};

struct list {
  bool little = true;
  std::uint32_t u32(reader& in) const { return little ? in.u32le() : in.u32(); }
  /// A string of CDR: its length, which counts the NUL, and padding to four octets.
  std::string text(reader& in) const {
    const auto size = u32(in);
    const auto said = in.take(size);
    if (in.left()) in.skip(std::min<std::size_t>(in.left(), (4 - size % 4) % 4));
    return in.ok() ? printable(said, longest_text) : std::string{};
  }
};

guid read_guid(reader& in) {
  guid g;
  const auto prefix = in.take(g.prefix.size());
  g.entity = in.u32();
  if (in.ok()) std::ranges::copy(prefix, g.prefix.begin());
  return g;
}

void read_locator(const list& l, reader in, announcement& a) {
  constexpr std::uint32_t udp4 = 1, udp6 = 2, tcp4 = 4, tcp6 = 8;
  const auto kind = l.u32(in), port = l.u32(in);
  const auto address = in.take(16);
  if (!in.ok() || port > 0xffff || a.locators.size() >= most_listed) return;
  endpoint e{.address = {}, .port = {static_cast<std::uint16_t>(port)}, .hardware = {}};
  if (kind == udp4 || kind == tcp4) {
    e.address = ip::v4(address[12], address[13], address[14], address[15]);
  } else if (kind == udp6 || kind == tcp6) {
    std::array<std::uint8_t, 16> octets{};
    std::ranges::copy(address, octets.begin());
    e.address = ip::v6(octets);
  } else {
    return;  // shared memory and the like say nothing about the network
  }
  a.locators.push_back(to_string(e));
}

void read_properties(const list& l, reader in, announcement& a) {
  l.u32(in);  // how many; the list ends with its octets
  while (in.left()) {
    const auto name = l.text(in);
    auto said = l.text(in);
    if (!in.ok() || said.empty()) continue;
    if (name == "dds.sys_info.hostname" || name == "__Hostname") a.host_name = std::move(said);
    if (name == "fastdds.physical_data.host") a.host_name = said.substr(0, said.find(':'));  // a hash stands behind it
    if (name == "dds.sys_info.username" || name == "fastdds.physical_data.user") a.user = std::move(said);
    if (name == "dds.sys_info.executable_filepath" || name == "__ProcessName") a.executable = std::move(said);
    if (name == "dds.sys_info.target") a.target = std::move(said);
  }
}

void read_partitions(const list& l, reader in, announcement& a) {
  l.u32(in);
  while (in.left() && a.partitions.size() < most_listed) {
    auto name = l.text(in);
    if (in.ok()) a.partitions.push_back(std::move(name));
  }
}

std::string dotted(bytes octets) {
  std::string out;
  for (const auto b : octets) out += (out.empty() ? "" : ".") + std::to_string(b);
  return out;
}

void read_parameter(const list& l, std::uint16_t id, reader in, std::uint16_t vendor, announcement& a) {
  if ((id & of_vendor) != 0) {
    if (vendor != rti && vendor != rti_micro) return;
    if (id == rti_product_version && in.left() >= 4) a.product_version = dotted(in.take(4));
    if (id == rti_domain_id && !a.domain && in.left() >= 4) a.domain = l.u32(in);
    return;
  }
  const auto number = [&]() -> std::optional<std::uint32_t> {
    const auto v = l.u32(in);
    return in.ok() ? std::optional{v} : std::nullopt;
  };
  switch (id & ~to_be_understood) {
    case topic_name: a.topic = l.text(in); break;
    case type_name: a.type = l.text(in); break;
    case entity_name: a.entity_name = l.text(in); break;
    case domain_tag: a.domain_tag = l.text(in); break;
    case identity_token: a.security = l.text(in); break;
    case domain_id: a.domain = number(); break;
    case reliability: a.reliability = number(); break;
    case durability: a.durability = number(); break;
    case partition: read_partitions(l, in, a); break;
    case default_unicast:
    case metatraffic_unicast: read_locator(l, in, a); break;
    case property_list: read_properties(l, in, a); break;
    case participant_guid:
    case endpoint_guid: {
      const auto g = read_guid(in);
      if (in.ok()) (id == participant_guid ? a.participant : a.endpoint) = g;
      break;
    }
    default: break;
  }
}

}  // namespace

std::optional<announcement> read_announcement(bytes payload, std::uint16_t vendor) {
  reader in{payload};
  const auto kind = in.u16();
  in.skip(2);
  if (!in.ok()) return {};
  if (kind != parameter_list_big && kind != parameter_list_little && kind != second_big && kind != second_little) return {};
  const list l{.little = (kind & 1) != 0};
  announcement a;
  while (in.left()) {
    const auto id = l.little ? in.u16le() : in.u16();
    const auto size = l.little ? in.u16le() : in.u16();
    if (in.ok() && id == sentinel) {
      a.complete = true;
      break;
    }
    auto value = in.part(size);
    if (!in.ok()) break;
    read_parameter(l, id, value, vendor, a);
  }
  return a;
}

}  // namespace mw::rtps
