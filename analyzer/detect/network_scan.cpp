// Host sweeps, port scans and slow scans by unanswered connections and ARP questions (ATT&CK T0846 Remote System Discovery).
// Sequential test: Jung, Paxson et al., "Fast Portscan Detection Using Sequential Hypothesis Testing" (2004), with
// theta0 = 0.8, theta1 = 0.2, alpha = 1e-5, beta = 0.01.
#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <cmath>

namespace mw {
namespace {

constexpr auto kind = family::scan;
constexpr auto sure = basis::deterministic;
constexpr text remedy{.en = "Find the scanning host and what runs on it; disconnect it if no scan was ordered.",
                      .zh = "定位扫描主机及其运行程序；若无扫描工单，请断开。"};
constexpr meta sweep{
    "MW-1101", "T0846", severity::high, events::scan, stage::recon, attack_side::source, kind, sure, {.en = "Host scan", .zh = "主机扫描"},
    remedy};
constexpr meta ports{
    "MW-1102", "T0846", severity::high, events::scan, stage::recon, attack_side::source, kind, sure, {.en = "Port scan", .zh = "端口扫描"},
    remedy};
constexpr meta pings{"MW-1103",    "T0846",      severity::medium,
                     events::scan, stage::recon, attack_side::source,
                     kind,         sure,         {.en = "Ping sweep", .zh = "Ping 扫描"},
                     remedy};
constexpr meta slow{"MW-1104",    "T0846",      severity::medium,
                    events::scan, stage::recon, attack_side::source,
                    kind,         sure,         {.en = "Slow scan", .zh = "慢速扫描"},
                    remedy};
constexpr const meta* rules[] = {&sweep, &ports, &pings, &slow};

constexpr std::array<std::uint16_t, 18> plant_ports{102,  502,  789,  1089,  1911,  1962,  2222,  2404,  4000,
                                                    4840, 5007, 9600, 18245, 20000, 20547, 34962, 44818, 47808};
constexpr double said_no = 1.3862943611198906;  // ln((1 - theta1) / (1 - theta0))
const double certain = std::log(0.99 / 1e-5), innocent = std::log(0.01 / (1 - 1e-5));

bool one_to_one(const flow_record& f) {
  return !f.server.address.is_none() && !f.server.address.is_multicast() && !f.server.address.is_broadcast();
}
/// Nobody answered, or only to refuse.
bool unanswered(const flow_record& f) {
  if (f.transport == transport::tcp) return f.tcp_state == "syn" || f.tcp_state == "rejected";
  return f.server_packets == 0;
}
/// Opened and closed without a word: how a connect scan looks at an open port.
bool empty(const flow_record& f) {
  return f.transport == transport::tcp && f.tcp_state != "midstream" && f.client_payload + f.server_payload == 0 && !f.interim;
}

struct source {
  recent_keys contacts;  ///< first contacts of the sequential test
  recent_keys pinged, day;
  double walk = 0;
  timestamp caught{};
};

class network_scan final : public detector {
public:
  void on(const flow_record& f, const context& c, const raise& out) override {
    if (!one_to_one(f) || f.interim) return;
    const auto actor = host_of(f.client), victim = host_of(f.server);
    const bool failed = unanswered(f);
    // a known server that does not answer is an outage, not a probe
    if (c.novel.edge && c.novel.edge->known && !c.novel.edge->first && c.novel.phase != phase::learn) return;
    if (f.transport == transport::icmp) return ping(f, c, out, actor, victim, failed);
    if (f.transport != transport::tcp && f.transport != transport::udp) return;
    auto& s = sources_.touch(actor).first;
    if (f.transport == transport::tcp) walk(s, f, c, out, failed, victim);
    if (!failed && !empty(f)) return;
    const std::uint64_t number = f.server.port.number;
    const auto over = to_string(f.transport);
    const bool plant = std::find(plant_ports.begin(), plant_ports.end(), f.server.port.number) != plant_ports.end();
    const auto hosts = sets_.touch(key_of("hosts", actor, over, number)).first.add(key_of(victim), c.now, c.limits.scan_window);
    if (hosts >= (plant ? c.limits.control_sweep_hosts : c.limits.sweep_hosts)) tell(sweep, f, c, out, hosts, "hosts", "台主机", true);
    const auto open = sets_.touch(key_of("ports", actor, victim, over)).first.add(number, c.now, c.limits.scan_window);
    if (open >= c.limits.scan_ports) tell(ports, f, c, out, open, "ports", "个端口", false);
    if (!failed || f.transport != transport::tcp) return;
    const auto day = s.day.add(key_of(victim, number), c.now, c.limits.slow_scan_window);
    if (day >= c.limits.slow_scan_targets && c.now - s.caught > std::chrono::hours{1})
      tell(slow, f, c, out, day, "targets in a day", "个目标（一天内）", true);
  }
  /// A machine that asks over ARP for addresses behind which nobody is known. Known ones do not count: a polling server that
  /// starts asks for all of its controllers.
  void on(const fact& f, const context& c, const raise& out) override {
    if (f.kind != "arp_asked" || c.assets.is_router(c.site(), f.hardware)) return;
    const auto actor = f.address.is_none() ? to_string(f.hardware) : to_string(f.address);
    auto& asked = sets_.touch(key_of("arp", actor)).first;
    std::size_t n = 0;
    for (std::string_view rest = f.value; !rest.empty();) {
      const auto one = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), one.size() + 1));
      if (!one.empty() && !c.assets.find(c.site(), one)) n = asked.add(key_of(one), c.now, c.limits.scan_window);
    }
    if (n < c.limits.arp_targets || !said_.touch(key_of(sweep.id, "arp", actor)).first.due(c.now, std::chrono::seconds{5})) return;
    const auto seen = n >= recent_keys::limit ? fmt::format("{} or more", n) : fmt::format("{}", n);
    auto x = about(sweep, f, c, {"ARP questions for machines that exist", "仅对存在的设备发起 ARP 询问"},
                   {fmt::format("ARP questions for {} addresses where nobody is known; last: {}", seen, f.value),
                    fmt::format("对 {} 个未知地址发起 ARP 询问；最近：{}", seen, f.value)});
    x.actor = actor, x.victim.clear();
    x.title = {fmt::format("{} by {}: ARP questions for {} unknown addresses", sweep.title.en, actor, seen),
               fmt::format("{}：来自 {}，对 {} 个未知地址发起 ARP 询问", sweep.title.zh, actor, seen)};
    x.key = "arp", x.p = 1e-5, x.result = attack_result::attempt;
    out(std::move(x));
  }
  std::uint64_t forgotten() const override { return sources_.forgotten() + sets_.forgotten(); }

private:
  void walk(source& s, const flow_record& f, const context& c, const raise& out, bool failed, const std::string& victim) {
    const auto contact = key_of(victim, std::uint64_t{f.server.port.number});
    if (s.contacts.holds(contact)) return;  // only the first contact says something
    s.contacts.add(contact, c.now, c.limits.slow_scan_window);
    s.walk += failed ? said_no : -said_no;
    if (s.walk <= innocent) s.walk = 0;
    if (s.walk < certain) return;
    const auto n = s.contacts.size();
    s.walk = certain / 2;  // it has to go on to be told again
    s.caught = c.now;
    tell(many_ports(f) ? ports : sweep, f, c, out, n, "first contacts, nearly all unanswered", "个首次连接，几乎全部无应答", false);
  }
  bool many_ports(const flow_record& f) const {
    const auto* p = sets_.find(key_of("ports", host_of(f.client), host_of(f.server), to_string(f.transport)));
    return p && p->size() >= 5;
  }
  void ping(const flow_record& f, const context& c, const raise& out, const std::string& actor, const std::string& victim, bool failed) {
    if (!failed && !c.novel.ready && f.server_packets >= f.client_packets) {
      // without a baseline a monitoring station looks the same; only a wide sweep counts
      const auto n = sources_.touch(actor).first.pinged.add(key_of(victim), c.now, c.limits.scan_window);
      if (n >= 2 * c.limits.ping_targets) tell(pings, f, c, out, n, "addresses", "个地址", true);
      return;
    }
    const auto n = sources_.touch(actor).first.pinged.add(key_of(victim), c.now, c.limits.scan_window);
    if (n >= c.limits.ping_targets) tell(pings, f, c, out, n, "addresses", "个地址", true);
  }
  void tell(const meta& rule, const flow_record& f, const context& c, const raise& out, std::size_t n, std::string_view en,
            std::string_view zh, bool many) {
    if (!said_.touch(key_of(rule.id, host_of(f.client), many ? std::string{} : host_of(f.server)))
             .first.due(c.now, std::chrono::seconds{5}))
      return;
    if (&rule != &slow) sources_.touch(host_of(f.client)).first.caught = c.now;
    const auto seen = n >= recent_keys::limit ? fmt::format("{} or more", n) : fmt::format("{}", n);
    auto x = about(rule, f, c, {"connections to known services that answer", "仅连接会应答的已知服务"},
                   {fmt::format("{} {}; last: {}", seen, en, pair_of(f.client, f.server)),
                    fmt::format("{} {}；最近一个：{}", seen, zh, pair_of(f.client, f.server))});
    x.title = {fmt::format("{} by {}: {} {}", rule.title.en, x.actor, seen, en),
               fmt::format("{}：来自 {}，{} {}", rule.title.zh, x.actor, seen, zh)};
    x.key = "scan", x.p = 1e-5, x.result = attack_result::attempt;
    if (many) x.key = "many";
    out(std::move(x));
  }

  bounded_map<std::string, source> sources_{10'000};
  bounded_map<std::uint64_t, recent_keys> sets_{20'000};
  bounded_map<std::uint64_t, throttle> said_{20'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<network_scan>(); }};

}  // namespace
}  // namespace mw
