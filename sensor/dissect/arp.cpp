// ARP over Ethernet (RFC 826) with probes, announcements and conflicts (RFC 5227): which card says that it has which address.
#include "sensor/dissect/protocol.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ethertypes{0x0806};
constexpr std::uint16_t ethernet = 1, ip4 = 0x0800, request = 1, reply = 2, last_assigned = 25;  // IANA, ARP parameters

constexpr std::uint8_t sure = 90;
constexpr std::size_t most_bindings = 64;  ///< of one pair of cards; the one that was said longest ago goes first
constexpr std::size_t most_asked = 256;    ///< addresses asked for between one pair of cards; the oldest question goes first
constexpr std::size_t told_together = 8;   ///< addresses in one fact
constexpr nanoseconds say_again = std::chrono::minutes{10};         ///< what has not changed, for whoever began to listen late
constexpr nanoseconds same_announcement = std::chrono::seconds{1};  ///< a flood of one announcement is one a second
constexpr nanoseconds ask_again = std::chrono::minutes{5};          ///< a question that rested for so long is a new one

struct packet_of_arp {
  std::uint16_t hardware = 0, protocol = 0, operation = 0;
  std::uint8_t hardware_size = 0, protocol_size = 0;
  mac sender, target;
  ip sender_address, target_address;
};

mac read_mac(reader& in) {
  mac m;
  std::ranges::copy(in.take(m.octets.size()), m.octets.begin());
  return m;
}
ip read_ip(reader& in) {
  const auto b = in.take(4);
  return in.ok() ? ip::v4(b[0], b[1], b[2], b[3]) : ip{};
}

class arp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    packet_of_arp p;
    p.hardware = in.u16(), p.protocol = in.u16();
    p.hardware_size = in.u8(), p.protocol_size = in.u8();
    p.operation = in.u16();
    if (!in.ok()) return broken(m, out, "length", "the packet ends inside its header");
    out.count("arp", "operation", p.operation);
    if (p.operation == 0 || p.operation > last_assigned) out.violate(m.from, "operation", "an operation code that nobody assigned");
    if (p.hardware != ethernet || p.protocol != ip4) {  // another link or network: nothing that we can name
      out.count("arp", "packet", "other_addresses");
      return verdict::taken;
    }
    if (p.hardware_size != 6 || p.protocol_size != 4)
      return broken(m, out, "address_size", "the address sizes are not those of Ethernet and IPv4");
    p.sender = read_mac(in), p.sender_address = read_ip(in);
    p.target = read_mac(in), p.target_address = read_ip(in);
    if (!in.ok()) return broken(m, out, "length", "the packet ends inside its addresses");
    if (p.operation == request || p.operation == reply) read(p, m, out);
    return verdict::taken;
  }

private:
  struct binding {
    ip address;
    mac card;
    timestamp told{};
  };
  struct question {
    ip address;
    timestamp last{};
  };

  static verdict broken(const message& m, output& out, std::string_view rule, std::string_view detail) {
    out.violate(m.from, rule, detail);
    return verdict::taken;
  }

  void read(const packet_of_arp& p, const message& m, output& out) {
    constexpr auto unspecified = ip::v4(0, 0, 0, 0);
    if (p.sender.is_group() || p.sender.is_none()) {  // RFC 1812 3.3.2
      out.violate(m.from, "sender_card", "the sender gives a group's or no hardware address as its own");
      return;
    }
    // a card answers for another one behind bridges and with virtual routers; it is worth counting, not an error
    if (!m.source.hardware.is_none() && m.source.hardware != p.sender) out.count("arp", "packet", "other_card");
    if (p.sender_address == unspecified) {
      if (p.operation == reply)
        out.violate(m.from, "sender_address", "an answer without the address that was asked for");
      else
        out.count("arp", "packet", "probe");  // RFC 5227 2.1.1: it claims nothing yet
    } else if (p.sender_address.is_multicast() || p.sender_address.is_broadcast()) {
      out.violate(m.from, "sender_address", "the sender gives a group's address as its own");
      return;
    } else {
      const bool announced = p.sender_address == p.target_address;
      if (announced) out.count("arp", "packet", "gratuitous");
      claim(p, announced, m.time, out);
    }
    if (p.operation == request && p.sender_address != p.target_address) ask(p, m.time, out);
  }

  /// Says who has an address: an announcement each time, anything else when it is new, changed or long ago.
  void claim(const packet_of_arp& p, bool announced, timestamp now, output& out) {
    auto at = std::ranges::find(bindings_, p.sender_address, &binding::address);
    if (at == bindings_.end()) {
      if (bindings_.size() >= most_bindings) {
        out.count("arp", "forgotten", "binding");
        bindings_.erase(std::ranges::min_element(bindings_, {}, &binding::told));
      }
      at = bindings_.insert(bindings_.end(), binding{p.sender_address, {}, {}});
    }
    const auto wait = announced ? same_announcement : say_again;
    if (at->card == p.sender && now - at->told < wait) return;
    at->card = p.sender, at->told = now;
    out.learn_about(p.sender_address, p.sender, announced ? "gratuitous_arp" : "mac", to_string(p.sender), sure);
  }

  /// Who asks for many addresses is told of, eight addresses at a time; fewer are everyday life and stay here.
  void ask(const packet_of_arp& p, timestamp now, output& out) {
    const auto at = std::ranges::find(asked_, p.target_address, &question::address);
    const bool fresh = at == asked_.end() || now - at->last >= ask_again;
    if (at != asked_.end())
      at->last = now;
    else if (asked_.size() < most_asked)
      asked_.push_back({p.target_address, now});
    else
      out.count("arp", "forgotten", "question"), *std::ranges::min_element(asked_, {}, &question::last) = {p.target_address, now};
    if (!fresh) return;
    untold_[waiting_++] = p.target_address;
    if (waiting_ < untold_.size()) return;
    waiting_ = 0;
    std::string list;
    for (const auto& a : untold_) (list += list.empty() ? "" : " ") += to_string(a);
    const auto sender = p.sender_address == ip::v4(0, 0, 0, 0) ? ip{} : p.sender_address;
    out.learn_about(sender, p.sender, "arp_asked", list, sure);
  }

  std::vector<binding> bindings_;
  std::vector<question> asked_;
  std::array<ip, told_together> untold_{};
  std::size_t waiting_ = 0;
};

const protocol arp{{
    .name = "arp",
    .ethertypes = ethertypes,
    .probe = [](bytes head, transport) { return head.size() < 8 ? match::unsure : match::yes; },
    .open = []() -> std::unique_ptr<session> { return std::make_unique<arp_session>(); },
}};

}  // namespace
}  // namespace mw
