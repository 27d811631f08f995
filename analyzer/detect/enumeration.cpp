// Devices are asked who they are by a host that is no engineering station (Modbus 43/14 and 17, S7 SZL, CIP ListIdentity, DNP3 g0;
// ATT&CK T0888 Remote System Information Discovery).
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta asked{"MW-1301",
                     "T0888",
                     severity::low,
                     events::scan,
                     stage::recon,
                     attack_side::source,
                     family::scan,
                     basis::deterministic,
                     {.en = "Identity of a device read", .zh = "读取设备身份"},
                     {.en = "Check which program asked; masters and engineering tools do so at their start.",
                      .zh = "查明请求程序；主站和工程工具启动时会如此。"}};
constexpr meta many{"MW-1302",
                    "T0888",
                    severity::medium,
                    events::scan,
                    stage::recon,
                    attack_side::source,
                    family::scan,
                    basis::deterministic,
                    {.en = "Device enumeration", .zh = "工控设备枚举"},
                    {.en = "Find the host that takes stock of the plant; disconnect it if no inventory was ordered.",
                     .zh = "定位正在盘点设备的主机；若无资产盘点工单，请断开。"}};
constexpr const meta* rules[] = {&asked, &many};

/// Discovery that belongs to a protocol's ordinary start and is sent to everybody.
bool is_background(const operation& o) {
  return o.protocol == "bacnet" || o.protocol == "profinet_dcp" || o.protocol == "opcua" || o.protocol == "mms";
}

class enumeration final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (o.action != action::identify || !c.novel.function || is_background(o)) return;
    const auto actor = host_of(o.client);
    if (c.is_engineering(actor)) return;
    const bool past_learning = c.novel.ready && c.novel.phase != phase::learn;
    if (past_learning && c.novel.function->known) return;
    if (c.novel.function->first || past_learning) {
      auto f = about(asked, o, c, {"identity read by engineering stations only", "仅工程师站读取设备身份"});
      f.key = o.protocol + "/" + o.function, f.p = 1e-2;
      out(std::move(f));
    }
    const auto n = targets_.touch(actor).first.add(key_of(host_of(o.server), o.unit), c.now, c.limits.sweep_window);
    if (n < c.limits.identity_targets) return;
    auto f = about(
        many, o, c,
        {fmt::format("fewer than {} devices asked in {} s", c.limits.identity_targets, c.limits.sweep_window.count()),
         fmt::format("{} 秒内被询问设备少于 {} 台", c.limits.sweep_window.count(), c.limits.identity_targets)},
        {fmt::format("{} devices asked; last: {}", n, describe(o).en), fmt::format("已询问 {} 台设备；最近一次：{}", n, describe(o).zh)});
    f.title = {fmt::format("Device enumeration by {}: {} devices", actor, n), fmt::format("工控设备枚举：{} 已询问 {} 台设备", actor, n)};
    f.key = "many", f.p = 1e-4;
    out(std::move(f));
  }
  std::uint64_t forgotten() const override { return targets_.forgotten(); }

private:
  bounded_map<std::string, recent_keys> targets_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<enumeration>(); }};

}  // namespace
}  // namespace mw
