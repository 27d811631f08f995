// A machine of a control zone talks to the internet, or is reached from it (ATT&CK T0883 Internet Accessible Device, T0869).
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta outbound{
    "MW-1701",
    "T0869",
    severity::medium,
    events::violation_other,
    stage::c2,
    attack_side::destination,
    family::beacon,
    basis::deterministic,
    {.en = "Internet contact from a control zone", .zh = "违规外联"},
    {.en = "Block it at the zone boundary; find the program; approve the edge only if the vendor's service is contracted.",
     .zh = "在区域边界阻断；查明程序；仅在合同约定的厂商服务情况下批准。"}};
constexpr meta inbound{"MW-1702",
                       "T0883",
                       severity::high,
                       events::exposure,
                       stage::recon,
                       attack_side::source,
                       family::novelty,
                       basis::deterministic,
                       {.en = "Control device reached from the internet", .zh = "工控系统互联网暴露"},
                       {.en = "Close the port at the boundary firewall at once; remote service goes through a gateway with authentication.",
                        .zh = "立即在边界防火墙关闭该端口；远程服务须经带认证的网关。"}};
constexpr const meta* rules[] = {&outbound, &inbound};

class internet_contact final : public detector {
public:
  void on(const flow_record& f, const context& c, const raise& out) override { check(f, c, out, f.server_packets > 0); }
  void on(const operation& o, const context& c, const raise& out) override {
    check(o, c, out, o.outcome != outcome::none && o.outcome != outcome::timeout);
  }
  std::uint64_t forgotten() const override { return said_.forgotten(); }

private:
  template <class R>
  void check(const R& r, const context& c, const raise& out, bool answered) {
    const bool leaves = r.server.address.is_public() && r.client.address.is_private();
    const bool enters = r.client.address.is_public() && r.server.address.is_private() && answered;
    if (!leaves && !enters) return;
    if (!c.in_control(leaves ? r.client : r.server)) return;
    if (c.novel.edge && c.novel.edge->key->standing == standing::approved) return;  // learning alone does not make it right
    if (!said_.touch(key_of(host_of(r.client), host_of(r.server), std::uint64_t{r.server.port.number}))
             .first.due(c.now, std::chrono::seconds{30}))
      return;
    auto f = about(leaves ? outbound : inbound, r, c, {"conversations inside the plant only", "仅厂内通信"}, {});
    f.proof.observed = f.title;
    f.key = fmt::format("{}", r.server.port.number), f.p = 1e-4;
    f.result = answered ? attack_result::success : attack_result::attempt;
    out(std::move(f));
  }
  bounded_map<std::uint64_t, throttle> said_{20'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<internet_contact>(); }};

}  // namespace
}  // namespace mw
