// The elements of the Cisco Discovery Protocol, which the Foundry Discovery Protocol took over: who the neighbour is and what runs on it.
// There is no public specification; layouts follow what has been published about it and what switches were seen to say.
#include "sensor/dissect/cdp_discovery.hpp"

#include "common/text.hpp"

#include <array>

namespace mw::cdp {
namespace {

constexpr std::size_t most_elements = 64, most_addresses = 8, longest_text = 255;

enum element : std::uint16_t {
  device_id = 1,
  addresses = 2,
  port_id = 3,
  capabilities = 4,
  software_version = 5,
  platform = 6,
  vtp_domain = 9,
  native_vlan = 10,
  duplex = 11,
  voice_vlan = 14,
  system_name = 0x14,
  system_object = 0x15,
  management_addresses = 0x16,
  location = 0x17,
  serial_number = 0x1001,
};
constexpr std::array<std::string_view, 11> capability_names{
    "router", "transparent_bridge", "source_route_bridge", "switch",        "host", "igmp", "repeater",
    "phone",  "remotely_managed",   "dispute_resolution",  "two_port_relay"};
constexpr std::uint32_t is_router = 1, is_switch = 8;

/// The names by which makers write themselves in front of a model.
constexpr struct {
  std::string_view prefix, vendor;
} vendors[] = {{"cisco ", "Cisco"},     {"Cisco ", "Cisco"},   {"Hirschmann ", "Hirschmann"},
               {"MOXA ", "Moxa"},       {"VMware ", "VMware"}, {"Allen-Bradley ", "Rockwell Automation"},
               {"MikroTik", "MikroTik"}};
constexpr struct {
  std::string_view words, os;
} systems[] = {{"IOS-XE", "Cisco IOS XE"}, {"IOS XE", "Cisco IOS XE"}, {"IOS XR", "Cisco IOS XR"},
               {"NX-OS", "Cisco NX-OS"},   {"IOS", "Cisco IOS"},       {"Internetwork Operating System", "Cisco IOS"},
               {"ESX", "VMware ESXi"},     {"Linux", "Linux"},         {"RouterOS", "RouterOS"}};

/// "12.2(25)SEG4" out of "…, Version 12.2(25)SEG4, RELEASE SOFTWARE (fc1)".
std::string_view version_in(std::string_view text) {
  constexpr std::string_view word = "Version ";
  const auto at = text.find(word);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + word.size());
  return text.substr(0, text.find_first_of(" ,\n\r"));
}

void on_software(bytes value, const auto& say) {
  const auto text = printable(value, longest_text);
  const std::string_view all{text};
  const auto line = std::ranges::find_if(value, [](std::uint8_t c) { return c == '\n' || c == '\r'; });  // behind it: copyrights
  say("software", printable(value.first(static_cast<std::size_t>(line - value.begin())), longest_text), stated, false);
  say("firmware", std::string{version_in(all)}, hinted, false);
  for (const auto& s : systems)
    if (all.find(s.words) != std::string_view::npos) return say("os", std::string{s.os}, hinted, false);
}

void on_platform(bytes value, const auto& say) {
  const auto text = printable(value, longest_text);
  std::string_view model{text};
  for (const auto& v : vendors)
    if (model.starts_with(v.prefix)) {
      say("vendor", std::string{v.vendor}, stated, false);
      if (model.size() > v.prefix.size() && v.prefix.back() == ' ') model.remove_prefix(v.prefix.size());
      break;
    }
  say("model", std::string{model}, stated, false);
}

/// False where they are cut short.
bool on_addresses(reader in, const auto& say) {
  constexpr std::uint64_t ip4 = 0xcc, ip6 = 0xaaaa0300000086dd;
  const auto announced = in.u32();
  for (std::uint32_t i = 0; i < announced && i < most_addresses && in.left() != 0; ++i) {
    in.skip(1);
    const std::size_t size = in.u8();
    const auto protocol = size <= 8 ? in.be_n(size) : (in.skip(size), 0);
    const auto a = in.take(in.u16());
    if (!in.ok()) return false;
    if (size == 1 && protocol == ip4 && a.size() == 4) say("ip", to_string(ip::v4(a[0], a[1], a[2], a[3])), hinted, true);
    std::array<std::uint8_t, 16> six{};
    if (size != 8 || protocol != ip6 || a.size() != six.size()) continue;
    std::ranges::copy(a, six.begin());
    say("ip", to_string(ip::v6(six)), hinted, true);
  }
  return in.ok();
}

void on_capabilities(std::uint32_t bits, const auto& say) {
  std::string text;
  for (std::size_t i = 0; i < capability_names.size(); ++i)
    if ((bits >> i & 1) != 0) (text += text.empty() ? "" : " ") += capability_names[i];
  say("capability", text, stated, false);
  if ((bits & is_switch) != 0)
    say("role", "switch", stated, true);
  else if ((bits & is_router) != 0)
    say("role", "router", stated, true);
}

/// An object identifier in BER, with its tag and length.
std::string object_of(reader in) {
  const auto tag = in.u8();
  auto value = in.part(in.u8());
  const auto first = value.u8();
  if (!value.ok() || tag != 6) return {};
  std::string text = std::to_string(first / 40) + '.' + std::to_string(first % 40);
  for (std::uint32_t arc = 0; value.left() != 0;) {
    const auto o = value.u8();
    arc = arc << 7 | (o & 0x7fu);
    if ((o & 0x80) == 0) text += '.' + std::to_string(arc), arc = 0;
  }
  return text;
}

/// False where the value has not the length of its kind.
bool on_element(std::uint16_t type, bytes value, const auto& say) {
  reader in{value};
  switch (type) {
    case device_id: say("host_name", printable(value, longest_text), stated, false); return !value.empty();
    case addresses: return on_addresses(in, say);
    case management_addresses: return on_addresses(in, say);
    case port_id: say("port_id", printable(value, longest_text), stated, true); return true;
    case capabilities: on_capabilities(in.u32(), say); return in.ok();
    case software_version: on_software(value, say); return true;
    case platform: on_platform(value, say); return true;
    case vtp_domain: say("vtp_domain", printable(value, longest_text), stated, false); return true;
    case native_vlan: say("native_vlan", std::to_string(in.u16()), stated, false); return in.ok();
    case voice_vlan: in.skip(1), say("voice_vlan", std::to_string(in.u16()), stated, false); return in.ok() || value.empty();
    case duplex: say("duplex", in.u8() != 0 ? "full" : "half", stated, false); return in.ok();
    case system_name: say("system_name", printable(value, longest_text), stated, false); return true;
    case system_object: say("object_id", object_of(in), stated, false); return true;
    case location: in.skip(1), say("location", printable(in.rest(), longest_text), stated, false); return in.ok();
    case serial_number: say("serial", printable(value, longest_text), stated, false); return true;
    default: return true;
  }
}

}  // namespace

bool checksum_holds(bytes data) {
  if (data.size() % 2 != 0) return true;
  std::uint64_t sum = 0;
  for (reader in{data}; in.left() != 0;) sum += in.u16();
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum == 0xffff;
}

void on_discovery(bytes data, const message& m, std::string_view protocol, teller& to, output& out) {
  const bool is_cdp = protocol == "cdp";
  constexpr std::uint16_t last_of_fdp = platform;
  reader in{data};
  const auto version = in.u8();
  const auto lives = in.u8();
  in.skip(2);  // checksum
  const auto wrong = [&](std::string_view rule, std::string_view detail) { out.violate(m.from, rule, detail); };
  if (!in.ok()) return wrong("length", "the message is shorter than its head");
  if (version != 1 && !(is_cdp && version == 2)) wrong("version", "a version that is not known");
  if (is_cdp && !checksum_holds(data)) wrong("checksum", "the checksum is not that of the message");
  if (lives == 0) out.count(protocol, "packet", "leaves");
  const auto say = [&](std::string_view kind, const std::string& value, std::uint8_t confidence, bool several) {
    to.say(m, protocol, kind, value, confidence, out, several);
  };
  for (std::size_t i = 0; in.left() != 0 && i < most_elements; ++i) {
    constexpr std::size_t head = 4;
    const auto type = in.u16();
    const std::size_t size = in.u16();
    const auto value = size >= head ? in.take(size - head) : bytes{};
    if (!in.ok() || size < head) return wrong("length", "the message ends inside an element");
    out.count(protocol, "tlv", type);
    if (!is_cdp && type > last_of_fdp) continue;  // Foundry's own: lists of VLANs and tags
    if (!on_element(type, value, say)) wrong("element", "an element has not the length of its kind");
  }
}

}  // namespace mw::cdp
