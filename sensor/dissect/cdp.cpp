// Cisco's protocols of neighbours in LLC with SNAP: CDP with VTP, DTP, UDLD and PAgP, which go to one group, so to one conversation; and
// FDP, which Foundry (Brocade, Ruckus) made after CDP.
#include "sensor/dissect/cdp_vlan.hpp"

#include <array>

namespace mw {
namespace {

using namespace cdp;

constexpr std::array<std::uint16_t, 1> ethertypes{0};
constexpr std::uint32_t organization_foundry = 0x00e052;
enum pid : std::uint16_t { pagp = 0x0104, udld = 0x0111, discovery = 0x2000, vtp = 0x2003, dtp = 0x2004 };

bool is_cisco(const link_payload& p) {
  return p.service == llc_snap && p.organization == organization_cisco &&
         (p.protocol == discovery || p.protocol == vtp || p.protocol == dtp || p.protocol == udld || p.protocol == pagp);
}
bool is_foundry(const link_payload& p) {
  return p.service == llc_snap && p.organization == organization_foundry && p.protocol == discovery;
}

class cisco_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = read_llc(m.data);
    if (!p || !is_cisco(*p)) return verdict::not_mine;
    switch (p->protocol) {
      case discovery: out.count("cdp", "packet", "discovery"), on_discovery(p->data, m, "cdp", teller_, out); break;
      case vtp: others_.on_vtp(p->data, m, teller_, out); break;
      case dtp: others_.on_dtp(p->data, m, teller_, out); break;
      case udld: others_.on_udld(p->data, m, teller_, out); break;
      default: out.count("pagp", "packet", "aggregation"); break;
    }
    return verdict::taken;
  }

private:
  teller teller_;
  vlan_protocols others_;
};

class foundry_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto p = read_llc(m.data);
    if (!p || !is_foundry(*p)) return verdict::not_mine;
    on_discovery(p->data, m, "fdp", teller_, out);
    return verdict::taken;
  }

private:
  teller teller_;
};

template <bool (*Is)(const link_payload&)>
match probe(bytes head, transport t) {
  if (t != transport::ethernet) return match::no;
  const auto p = read_llc(head);
  return p && Is(*p) ? match::yes : match::no;
}

const protocol of_cisco{{
    .name = "cdp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe<is_cisco>,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<cisco_session>(); },
}};
const protocol of_foundry{{
    .name = "fdp",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe<is_foundry>,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<foundry_session>(); },
}};

}  // namespace
}  // namespace mw
