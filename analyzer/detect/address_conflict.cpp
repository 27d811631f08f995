// An address is claimed by another card: ARP spoofing, or two machines with one address (RFC 826, RFC 5227; ATT&CK T0830).
#include "analyzer/detect/proof.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta spoof{
    "MW-1401",
    "T0830",
    severity::high,
    events::broadcast_fraud,
    stage::attempt,
    attack_side::source,
    family::identity,
    basis::deterministic,
    {.en = "ARP spoofing", .zh = "ARP 欺骗"},
    {.en = "Find the claiming card at its switch port and disconnect it; traffic of the address may have been read or changed.",
     .zh = "在交换机端口定位冒用网卡并断开；该地址的流量可能已被窃听或篡改。"}};
constexpr meta conflict{"MW-1402",
                        "T0830",
                        severity::high,
                        events::broadcast_fraud,
                        stage::attempt,
                        attack_side::source,
                        family::identity,
                        basis::deterministic,
                        {.en = "One address, two cards", .zh = "IP 与 MAC 冲突"},
                        {.en = "Check whether the device was replaced; else two machines share an address, or one pretends.",
                         .zh = "核实设备是否更换；否则为地址冲突或冒用。"}};
constexpr const meta* rules[] = {&spoof, &conflict};

class address_conflict_detector final : public detector {
public:
  void on(const fact& f, const context& c, const raise& out) override {
    for (const auto& x : c.changed.conflicts) {
      // whoever claims an address beside its own lies; a card without one may be a replaced device
      const auto* claimant = c.assets.find(c.site(), x.claimant);
      const bool has_own = claimant && !claimant->addresses.empty() && claimant->addresses.front() != x.address;
      tell(has_own || x.gratuitous || claims_.touch(x.address).first++ > 0 ? spoof : conflict, f, x.address, x.owner, x.claimant, claimant,
           c, out);
    }
    if (!c.changed.conflicts.empty() || f.address.is_none() || f.hardware.is_none() || f.hardware.is_group()) return;
    if (f.protocol != "arp") return;
    const auto approved = c.known.approved_mac(to_string(f.address));
    const auto claimed = to_string(f.hardware);
    if (!approved.empty() && approved != claimed)
      tell(spoof, f, to_string(f.address), approved, claimed, c.assets.find(c.site(), claimed), c, out);
  }
  void on(const flow_record& f, const context& c, const raise& out) override { on_traffic(f, c, out); }
  void on(const operation& o, const context& c, const raise& out) override { on_traffic(o, c, out); }
  std::uint64_t forgotten() const override { return claims_.forgotten(); }

private:
  template <class R>
  void on_traffic(const R& r, const context& c, const raise& out) {
    for (const auto& x : c.changed.conflicts) {
      auto f = about(conflict, r, c, expected(x.address, x.owner), observed(x.address, x.claimant));
      name(f, x.address, x.owner, x.claimant, c.assets.find(c.site(), x.claimant));
      out(std::move(f));
    }
  }
  static words expected(const std::string& address, const std::string& owner) {
    return {fmt::format("{} on card {}", address, owner), fmt::format("{} 位于网卡 {}", address, owner)};
  }
  static words observed(const std::string& address, const std::string& claimant) {
    return {fmt::format("{} on card {}", address, claimant), fmt::format("{} 出现在网卡 {}", address, claimant)};
  }
  static void name(finding& f, const std::string& address, const std::string& owner, const std::string& claimant, const asset* machine) {
    f.actor = machine && !machine->addresses.empty() && machine->addresses.front() != address ? machine->addresses.front() : claimant;
    f.victim = address, f.key = claimant, f.p = 1e-6, f.result = attack_result::success;
    f.title = {fmt::format("{}: {} claims {}, which belongs to {}", f.rule->title.en, claimant, address, owner),
               fmt::format("{}：{} 冒用 {}（原属 {}）", f.rule->title.zh, claimant, address, owner)};
  }
  static void tell(const meta& rule, const fact& x, const std::string& address, const std::string& owner, const std::string& claimant,
                   const asset* machine, const context& c, const raise& out) {
    auto f = about(rule, x, c, expected(address, owner), observed(address, claimant));
    name(f, address, owner, claimant, machine);
    out(std::move(f));
  }
  bounded_map<std::string, std::uint64_t> claims_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<address_conflict_detector>(); }};

}  // namespace
}  // namespace mw
