// LLDP (IEEE 802.1AB) with the inventory of LLDP-MED (ANSI/TIA-1057) and the PROFINET extension (IEC 61158-6-10): what a neighbour
// says that it is. Each frame is whole in itself; what cannot be read is counted and the rest is read on.
#include "common/text.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ethertypes{0x88cc};
constexpr std::uint8_t stated = 80, hinted = 50, bridge_inside = 20;
constexpr std::size_t most_told = 48;    // one sender; the fact that was told longest ago goes first
constexpr std::size_t size_of_head = 3;  ///< elements
constexpr std::size_t most_addresses = 8, longest_text = 255, longest_inventory = 32;

enum tlv : std::uint8_t {
  end_of_unit = 0,
  chassis_id = 1,
  port_id = 2,
  time_to_live = 3,
  port_description = 4,
  system_name = 5,
  system_description = 6,
  capabilities = 7,
  management_address = 8,
  organization = 127,
};
constexpr std::uint32_t oui_profinet = 0x000ecf, oui_med = 0x0012bb, oui_8021 = 0x0080c2, oui_8023 = 0x00120f;
constexpr std::uint8_t by_mac_chassis = 4, by_mac_port = 3, by_network_chassis = 5, by_network_port = 4, by_local = 7;
constexpr std::uint8_t family_ip4 = 1, family_ip6 = 2;  // IANA, address family numbers
constexpr std::uint8_t profinet_chassis_mac = 5;

/// LLDP-MED subtypes 5 to 11 (ANSI/TIA-1057 10.2.6).
constexpr std::array<std::string_view, 7> inventory_kinds{"hardware", "firmware", "software", "serial", "vendor", "model", "asset_id"};
constexpr std::uint8_t first_inventory = 5;

constexpr std::array<std::string_view, 11> capability_names{"other",       "repeater", "bridge", "wlan_ap", "router",        "telephone",
                                                            "cable_modem", "station",  "c_vlan", "s_vlan",  "two_port_relay"};
constexpr std::uint16_t bridge = 1u << 2, router = 1u << 4, station = 1u << 7;

/// Words in a description that name an operating system.
constexpr std::string_view systems[] = {"Windows", "Linux", "FreeBSD", "VxWorks", "RouterOS", "Cisco IOS", "JUNOS"};

struct neighbour {
  std::optional<mac> chassis_card, profinet_card;
  std::string chassis, port, port_text, name, description;
  std::vector<ip> addresses;
  std::vector<std::pair<std::string_view, std::string>> inventory;
  std::uint16_t enabled = 0;
  std::uint8_t chassis_kind = 0;
  bool leaves = false, profinet = false;
};

mac read_mac(bytes b) {
  mac m;
  if (b.size() == m.octets.size()) std::ranges::copy(b, m.octets.begin());
  return m;
}
/// None where the family is not IP's or the size is not the family's.
ip read_ip(std::uint8_t family, bytes b) {
  if (family == family_ip4 && b.size() == 4) return ip::v4(b[0], b[1], b[2], b[3]);
  std::array<std::uint8_t, 16> six{};
  if (family != family_ip6 || b.size() != six.size()) return {};
  std::ranges::copy(b, six.begin());
  return ip::v6(six);
}
bool is_host(const ip& a) { return !a.is_none() && a != ip::v4(0, 0, 0, 0) && !a.is_multicast() && !a.is_broadcast(); }
bool is_card(const mac& m) { return !m.is_none() && !m.is_group(); }

std::string id_text(bytes value, bool by_mac, bool by_network) {
  if (by_mac && value.size() == 6) return to_string(read_mac(value));
  if (by_network && value.size() > 1)
    if (const auto a = read_ip(value[0], value.subspan(1)); !a.is_none()) return to_string(a);
  return printable(value);
}

/// PROFINET's name of a station is written in small letters, digits, hyphens and dots (RFC 5890 and IEC 61158-6-10).
bool is_station_name(std::string_view s) {
  return !s.empty() && s.size() <= 240 &&
         std::ranges::all_of(s, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}
/// It stands behind the port ("port-001.pump-3") or, with an older device, it is the chassis itself.
std::string station_of(const neighbour& n) {
  if (!n.profinet) return {};
  if (const auto dot = n.port.find('.'); n.port.starts_with("port-") && dot != std::string::npos)
    if (auto s = n.port.substr(dot + 1); is_station_name(s)) return s;
  return n.chassis_kind == by_local && is_station_name(n.chassis) ? n.chassis : std::string{};
}

class lldp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    neighbour n;
    if (read(m, n, out)) tell(n, m, out);
    return verdict::taken;
  }

private:
  /// False where the frame says nothing that counts: IEEE 802.1AB 9.2.7.7 throws a unit away whose head is wrong.
  static bool read(const message& m, neighbour& n, output& out) {
    const auto wrong = [&](std::string_view rule, std::string_view detail) { out.violate(m.from, rule, detail); };
    reader in{m.data};
    std::array<bool, management_address> seen{};
    for (std::size_t place = 1; in.left() != 0; ++place) {
      const bool whole = place > size_of_head;  // then what was read stands, whatever comes
      const auto head = in.u16();
      const auto type = static_cast<std::uint8_t>(head >> 9);
      const auto value = in.take(head & 0x1ffu);
      if (!in.ok()) {
        wrong("length", "the unit ends inside an element");
        return whole;
      }
      out.count("lldp", "tlv", type);
      if (whole ? type >= chassis_id && type <= time_to_live : type != place) {
        wrong("order", "chassis, port and time to live come first, once, in this order");
        return false;
      }
      if (type == end_of_unit) {
        if (!value.empty()) wrong("end", "the end of the unit has a value");
        return true;
      }
      if (type < seen.size() && std::exchange(seen[type], true)) {
        wrong("twice", "an element comes twice");
      } else if (!read_one(type, value, n, out)) {
        wrong("element", "an element has not the length of its kind");
        if (!whole) return false;
      }
    }
    wrong("end", "the unit has no end");
    return seen[time_to_live];
  }

  /// False where the value has not the length of its kind.
  static bool read_one(std::uint8_t type, bytes value, neighbour& n, output& out) {
    reader in{value};
    switch (type) {
      case chassis_id: {
        n.chassis_kind = in.u8();
        const auto id = in.rest();
        if (id.empty() || id.size() > longest_text || (n.chassis_kind == by_mac_chassis && id.size() != 6)) return false;
        if (n.chassis_kind == by_mac_chassis) n.chassis_card = read_mac(id);
        n.chassis = id_text(id, n.chassis_kind == by_mac_chassis, n.chassis_kind == by_network_chassis);
        return true;
      }
      case port_id: {
        const auto kind = in.u8();
        const auto id = in.rest();
        if (id.empty() || id.size() > longest_text || (kind == by_mac_port && id.size() != 6)) return false;
        n.port = id_text(id, kind == by_mac_port, kind == by_network_port);
        return true;
      }
      case time_to_live: n.leaves = in.u16() == 0; return in.ok();
      case port_description: return read_text(value, n.port_text);
      case system_name: return read_text(value, n.name);
      case system_description: return read_text(value, n.description);
      case capabilities: in.skip(2), n.enabled = in.u16(); return in.ok();
      case management_address: return read_address(in, n);
      case organization: return read_organization(in, n, out);
      default: return true;
    }
  }
  static bool read_text(bytes value, std::string& to) {
    to = printable(value);
    return value.size() <= longest_text;
  }
  static bool read_address(reader in, neighbour& n) {
    auto address = in.part(in.u8());
    const auto family = address.u8();
    const auto a = read_ip(family, address.rest());
    if (address.left() == 0 || address.left() > 31) return false;
    in.skip(5);  // how the interface is numbered, and its number
    in.skip(in.u8());
    if (!in.ok()) return false;
    if (is_host(a) && n.addresses.size() < most_addresses) n.addresses.push_back(a);
    return true;
  }
  static bool read_organization(reader in, neighbour& n, output& out) {
    const auto oui = static_cast<std::uint32_t>(in.be_n(3));
    const auto subtype = in.u8();
    if (!in.ok()) return false;
    const auto value = in.rest();
    if (oui == oui_profinet) {
      out.count("lldp", "profinet", subtype);
      n.profinet = true;
      if (subtype != profinet_chassis_mac) return true;
      if (value.size() != 6) return false;
      n.profinet_card = read_mac(value);
    } else if (oui == oui_med) {
      out.count("lldp", "med", subtype);
      if (subtype < first_inventory || subtype >= first_inventory + inventory_kinds.size()) return true;
      if (value.size() > longest_inventory) return false;
      const auto kind = inventory_kinds[static_cast<std::size_t>(subtype - first_inventory)];
      const auto known = std::ranges::find(n.inventory, kind, [](const auto& i) { return i.first; }) != n.inventory.end();
      if (!known) n.inventory.emplace_back(kind, printable(value));
    } else {
      out.count("lldp", "organization", oui == oui_8021 ? "802.1" : oui == oui_8023 ? "802.3" : "other");
    }
    return true;
  }

  void tell(const neighbour& n, const message& m, output& out) {
    const auto& sender = m.source.hardware;
    // the card of the whole device, if it says which; a port of a switch sends from a card of its own
    const auto card = n.chassis_card && is_card(*n.chassis_card)     ? *n.chassis_card
                      : n.profinet_card && is_card(*n.profinet_card) ? *n.profinet_card
                                                                     : sender;
    if (n.chassis_card && !is_card(*n.chassis_card)) out.violate(m.from, "chassis_card", "the chassis is a group's or no hardware address");
    if (n.leaves) {
      out.count("lldp", "packet", "leaves");
      return;
    }
    if (!is_card(card)) return;
    const auto say = [&](std::string_view kind, std::string_view value, std::uint8_t confidence, bool several = false) {
      if (!value.empty() && told_.fresh({}, card, kind, value, m.time, "lldp", out, several))
        out.learn_about({}, card, kind, value, confidence);
    };
    const auto station_name = station_of(n);
    say("host_name", n.name.empty() ? station_name : n.name, stated);
    say("station_name", station_name, stated);
    if (!n.chassis_card && n.chassis != station_name) say("chassis_id", n.chassis, stated);
    tell_description(n, say);
    for (const auto& [kind, value] : n.inventory) say(kind, value, stated);
    // a device of two ports has a bridge inside, which does not make it a switch
    const bool device = n.profinet || (n.enabled & station) != 0;
    say("capability", names_of(n.enabled), device && (n.enabled & (bridge | router)) != 0 ? bridge_inside : stated);
    // as a word about the card: a management address may be another machine's, and is no claim
    for (const auto& a : n.addresses) say("ip", to_string(a), hinted, true);
    tell_port(n, card, m, out);
  }

  /// About the card that sent the frame, and of its ports: a switch that is seen at two of them does not change.
  void tell_port(const neighbour& n, const mac& card, const message& m, output& out) {
    const auto& sender = m.source.hardware;
    if (!is_card(sender) || n.port.empty()) return;
    const auto say = [&](std::string_view kind, const std::string& value) {
      if (told_.fresh({}, sender, kind, value, m.time, "lldp", out, true)) out.learn(m.from, {}, kind, value, stated);
    };
    say("port_id", n.port);
    if (!n.port_text.empty()) say("port_description", n.port + ": " + n.port_text);
    if (card != sender && told_.fresh({}, sender, "chassis", to_string(card), m.time, "lldp", out))
      out.learn(m.from, {}, "chassis", to_string(card), stated);
  }

  template <class Say>
  static void tell_description(const neighbour& n, const Say& say) {
    say("description", n.description, stated);
    for (const auto s : systems)
      if (n.description.find(s) != std::string::npos) {
        say("os", s, hinted);
        break;
      }
    if (!n.inventory.empty()) return;  // which says it better; two words for one thing would look like a change
    // "Siemens, SIMATIC S7, CPU 1516-3 PN/DP, 6ES7 516-3AN01-0AB0, HW: Version 3, FW: Version V2.6.0, …"
    std::string_view rest{n.description};
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(", "), rest.size());
      const auto part = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 2, rest.size()));
      if (part.starts_with("HW: ")) say("hardware", version_of(part), hinted);
      if (part.starts_with("FW: ")) say("firmware", version_of(part), hinted);
    }
  }
  static std::string_view version_of(std::string_view part) {
    part.remove_prefix(4);
    constexpr std::string_view word = "Version ";
    return part.starts_with(word) ? part.substr(word.size()) : part;
  }
  static std::string names_of(std::uint16_t bits) {
    std::string out;
    for (std::size_t i = 0; i < capability_names.size(); ++i)
      if ((bits >> i & 1u) != 0) (out += out.empty() ? "" : " ") += capability_names[i];
    return out;
  }

  told_facts<most_told> told_;
};

match probe(bytes head, transport) {
  if (head.size() < 2) return match::unsure;
  return head[0] >> 1 == chassis_id ? match::yes : match::no;
}

const protocol lldp{{
    .name = "lldp",
    .ethertypes = ethertypes,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<lldp_session>(); },
}};

}  // namespace
}  // namespace mw
