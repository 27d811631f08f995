// DHCP for IPv4 (RFC 2131, options of RFC 2132, long options of RFC 3396) and BOOTP (RFC 951): who asks for an address, what it
// calls itself, who gives addresses away. Clients without an address share one flow, so each message is read by itself.
#include "common/text.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mw {
namespace {

// Not 68, which both directions have: with 67 alone the server is known by its port. 4011 is the boot server of PXE.
constexpr std::array<std::uint16_t, 2> ports{67, 4011};
constexpr std::uint32_t magic = 0x63825363;  // RFC 2132 2
constexpr std::size_t fixed_part = 236, bootp_size = 300;
constexpr std::uint8_t request = 1, reply = 2, ethernet = 1;                         // op, htype
constexpr std::uint8_t inform = 8, offer = 2, ack = 5, nak = 6, last_assigned = 18;  // IANA, DHCP message types

constexpr std::uint8_t sure = 90, stated = 80, wished = 50;
constexpr std::size_t most_told = 256, longest = 512, most_listed = 8;

enum option : std::uint8_t {
  pad = 0,
  routers = 3,
  name_servers = 6,
  host_name = 12,
  requested_address = 50,
  overload = 52,
  message_type = 53,
  server_id = 54,
  vendor_class = 60,
  client_id = 61,
  end_of_options = 255,
};

/// The options that are read, and the size of their values: from `least` to `most`, a multiple of `unit`.
struct rule_of_option {
  std::uint8_t code;
  std::size_t least, unit, most;
};
constexpr std::array rules_of_options{
    rule_of_option{routers, 4, 4, longest},     rule_of_option{name_servers, 4, 4, longest}, rule_of_option{host_name, 1, 1, longest},
    rule_of_option{requested_address, 4, 4, 4}, rule_of_option{overload, 1, 1, 1},           rule_of_option{message_type, 1, 1, 1},
    rule_of_option{server_id, 4, 4, 4},         rule_of_option{vendor_class, 1, 1, longest}, rule_of_option{client_id, 2, 1, longest},
};
constexpr std::size_t place_of(std::uint8_t code) {
  return static_cast<std::size_t>(std::ranges::find(rules_of_options, code, &rule_of_option::code) - rules_of_options.begin());
}

ip read_ip(reader& in) {
  const auto b = in.take(4);
  return in.ok() ? ip::v4(b[0], b[1], b[2], b[3]) : ip{};
}
mac read_mac(bytes b) {
  mac m;
  if (b.size() >= m.octets.size()) std::ranges::copy(b.first(m.octets.size()), m.octets.begin());
  return m.is_group() ? mac{} : m;
}
bool is_host(const ip& a) { return !a.is_none() && a != ip::v4(0, 0, 0, 0) && !a.is_multicast() && !a.is_broadcast(); }

class options {
public:
  /// Reads one area up to its end. Returns what is wrong with it, or nothing.
  std::string_view read(reader in) {
    while (in.left() != 0) {
      const auto code = in.u8();
      if (code == pad) continue;
      if (code == end_of_options) return {};
      const auto value = in.take(in.u8());
      if (!in.ok()) return "an option goes beyond its area";
      const auto at = place_of(code);
      if (at == values_.size()) continue;
      auto& to = values_[at];
      to.here = true;
      to.value.insert(to.value.end(), value.begin(), value.end());  // parts are joined; the datagram bounds them
    }
    return "the options have no end";
  }
  /// Empty where it is absent.
  bytes operator[](std::uint8_t code) const { return values_[place_of(code)].value; }
  /// Forgets options of a wrong size; true where there was none.
  bool check() {
    bool good = true;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      const auto n = values_[i].value.size();
      const auto& r = rules_of_options[i];
      if (values_[i].here && (n < r.least || n % r.unit != 0 || n > r.most)) values_[i] = {}, good = false;
    }
    return good;
  }

private:
  struct option_value {
    bool here = false;
    std::vector<std::uint8_t> value;
  };
  std::array<option_value, rules_of_options.size()> values_;
};

struct packet_of_dhcp {
  std::uint8_t operation = 0, hardware = 0, hardware_size = 0, type = 0;  ///< type 0: BOOTP
  ip client, yours, relay;                                                ///< ciaddr, yiaddr, giaddr
  mac card;                                                               ///< none where it is not Ethernet's
  options said;
};

class dhcp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    packet_of_dhcp p;
    p.operation = in.u8(), p.hardware = in.u8(), p.hardware_size = in.u8();
    in.skip(9);  // hops, transaction, seconds, flags
    p.client = read_ip(in), p.yours = read_ip(in);
    in.skip(4);  // the next boot server
    p.relay = read_ip(in);
    const auto card = in.take(16);
    auto server_name = in.part(64), file = in.part(128);
    if (!in.ok()) return broken(m, out, "length", "the message ends inside its fixed part");
    if (p.operation != request && p.operation != reply) return broken(m, out, "operation", "neither a request nor a reply");
    if (p.hardware == ethernet && p.hardware_size != 6) return broken(m, out, "hardware_size", "a card of Ethernet without six octets");
    if (p.hardware_size > card.size()) return broken(m, out, "hardware_size", "a hardware address beyond its field");
    if (p.hardware == ethernet) {
      p.card = read_mac(card);
      if (p.card.is_none()) out.violate(m.from, "client_card", "the client gives a group's or no hardware address as its own");
    }
    if (in.left() >= 4 && in.u32() == magic) read_options(in, server_name, file, p, m, out);
    if (p.type == 0)
      out.count("dhcp", "packet", "bootp");
    else
      out.count("dhcp", "message", p.type);
    if (p.operation == request)
      tell_client(p, m.time, out);
    else
      tell_server(p, m, out);
    return verdict::taken;
  }

private:
  static verdict broken(const message& m, output& out, std::string_view rule, std::string_view detail) {
    out.violate(m.from, rule, detail);
    return verdict::taken;
  }

  static void read_options(reader in, reader server_name, reader file, packet_of_dhcp& p, const message& m, output& out) {
    auto wrong = p.said.read(in);
    if (const auto o = p.said[overload]; o.size() == 1) {  // RFC 2131 4.1: the file name first
      out.count("dhcp", "packet", "overload");
      if (o[0] == 0 || o[0] > 3) out.violate(m.from, "overload", "names no field that holds options");
      if ((o[0] & 1) != 0 && o[0] <= 3 && wrong.empty()) wrong = p.said.read(file);
      if ((o[0] & 2) != 0 && o[0] <= 3 && wrong.empty()) wrong = p.said.read(server_name);
    }
    if (!wrong.empty()) out.violate(m.from, "options", wrong);
    if (!p.said.check()) out.violate(m.from, "option_length", "an option has not the length of its kind");
    const auto type = p.said[message_type];
    if (type.empty()) return;  // BOOTP with extensions (RFC 1497)
    p.type = type[0];
    if (p.type == 0 || p.type > last_assigned)
      out.violate(m.from, "message_type", "a message type that nobody assigned");
    else if (p.type <= inform && (p.type == offer || p.type == ack || p.type == nak) != (p.operation == reply))
      out.violate(m.from, "operation", "the message type belongs to the other side");
  }

  void tell(const ip& address, const mac& card, std::string_view kind, std::string_view value, std::uint8_t confidence, timestamp now,
            output& out, bool several = false) {
    if (value.empty() || (address.is_none() && card.is_none())) return;
    if (told_.fresh(address, card, kind, value, now, "dhcp", out, several)) out.learn_about(address, card, kind, value, confidence);
  }

  void tell_client(const packet_of_dhcp& p, timestamp now, output& out) {
    const auto id = p.said[client_id];
    const auto identity = id.size() == 7 && id[0] == ethernet ? read_mac(id.subspan(1)) : mac{};
    // Never address and card together: the inventory would take them for a claim, and a lease that goes on to the next client
    // is no conflict. A client that has its address is behind a router perhaps, so that its card is not on this wire.
    const bool has_address = is_host(p.client);
    const auto address = has_address ? p.client : ip{};
    const auto card = has_address ? mac{} : !p.card.is_none() ? p.card : identity;
    const auto word = [&](std::uint8_t code) { return printable(p.said[code]); };
    tell(address, card, "host_name", word(host_name), stated, now, out);
    tell(address, card, "vendor_class", word(vendor_class), stated, now, out);
    if (reader in{p.said[requested_address]}; in.left() != 0)
      if (const auto wish = read_ip(in); is_host(wish)) tell(address, card, "requested_address", to_string(wish), wished, now, out);
    if (!identity.is_none() && identity != p.card) tell(address, card, "client_id", to_string(identity), stated, now, out);
  }

  void tell_server(const packet_of_dhcp& p, const message& m, output& out) {
    if (p.type != offer && p.type != ack && p.type != nak) return;
    reader in{p.said[server_id]};
    auto server = in.left() != 0 ? read_ip(in) : ip{};
    if (!is_host(server)) server = is_host(p.relay) ? ip{} : m.source.address;  // a relay is not who decides
    if (is_host(server)) {
      tell(server, {}, "role", "dhcp_server", stated, m.time, out);
      if (p.type != nak) {
        tell(server, {}, "router", list(p.said[routers]), stated, m.time, out);
        tell(server, {}, "dns", list(p.said[name_servers]), stated, m.time, out);
      }
    }
    if (p.type != ack || p.yours == ip::v4(0, 0, 0, 0)) return;  // an answer to inform gives nothing away
    if (!is_host(p.yours)) {
      out.violate(m.from, "address", "a group's address is given away");
      return;
    }
    if (p.card.is_none()) return;
    if (p.client == p.yours)
      tell(p.yours, {}, "mac", to_string(p.card), sure, m.time, out);  // renewed by who has it
    else
      tell({}, p.card, "ip", to_string(p.yours), sure, m.time, out, true);
  }

  static std::string list(bytes addresses) {
    std::string out;
    reader in{addresses};
    for (std::size_t n = 0; in.left() != 0 && n < most_listed; ++n) (out += out.empty() ? "" : " ") += to_string(read_ip(in));
    return out;
  }

  told_facts<most_told> told_;
};

match probe(bytes head, transport) {
  reader in{head};
  const auto operation = in.u8(), hardware = in.u8(), size = in.u8();
  if (!in.ok()) return match::unsure;
  if ((operation != request && operation != reply) || size > 16 || (hardware == ethernet && size != 6)) return match::no;
  in.skip(fixed_part - 3);
  if (!in.ok()) return match::unsure;
  if (in.left() >= 4 && in.u32() == magic) return match::yes;
  return hardware == ethernet && head.size() >= bootp_size ? match::yes : match::no;
}

const protocol dhcp{{
    .name = "dhcp",
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<dhcp_session>(); },
}};

}  // namespace
}  // namespace mw
