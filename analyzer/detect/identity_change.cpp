// A controller says that it is another one: firmware, serial number, model, module or run state changed
// (ATT&CK T0857 System Firmware, T0839 Module Firmware, T0858 Change Operating Mode).
#include "analyzer/detect/proof.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr auto kind = family::identity;
constexpr auto sure = basis::deterministic;
constexpr meta firmware{
    "MW-1901",
    "T0857",
    severity::high,
    events::violation_other,
    stage::action,
    attack_side::none,
    kind,
    sure,
    {.en = "Firmware of a device changed", .zh = "设备固件变更"},
    {.en = "Check the order for the update and the version against the vendor's release.", .zh = "核实更新工单，并与厂商发布版本比对。"}};
constexpr meta hardware{"MW-1902",
                        "T0839",
                        severity::high,
                        events::violation_other,
                        stage::action,
                        attack_side::none,
                        kind,
                        sure,
                        {.en = "Device or module exchanged", .zh = "设备或模块被更换"},
                        {.en = "Check whether the exchange was ordered and what was put in.", .zh = "核实更换是否有工单以及换入的部件。"}};
constexpr meta state{"MW-1903",
                     "T0858",
                     severity::medium,
                     events::violation_other,
                     stage::action,
                     attack_side::none,
                     kind,
                     sure,
                     {.en = "Run state or key switch changed", .zh = "运行状态或钥匙开关变化"},
                     {.en = "Check on site whether somebody turned the switch.", .zh = "到现场核实是否有人操作开关。"}};
constexpr const meta* rules[] = {&firmware, &hardware, &state};

struct row {
  std::string_view kind;
  const meta* rule;
  text name;
};
constexpr std::array<row, 13> table{{
    {"firmware", &firmware, {.en = "firmware", .zh = "固件版本"}},
    {"software", &firmware, {.en = "software", .zh = "软件版本"}},
    {"bootloader", &firmware, {.en = "boot loader", .zh = "引导程序"}},
    {"serial", &hardware, {.en = "serial number", .zh = "序列号"}},
    {"model", &hardware, {.en = "model", .zh = "型号"}},
    {"vendor", &hardware, {.en = "vendor", .zh = "厂商"}},
    {"order_number", &hardware, {.en = "order number", .zh = "订货号"}},
    {"product_code", &hardware, {.en = "product code", .zh = "产品代码"}},
    {"module", &hardware, {.en = "module", .zh = "模块"}},
    {"hardware", &hardware, {.en = "hardware version", .zh = "硬件版本"}},
    {"run_state", &state, {.en = "run state", .zh = "运行状态"}},
    {"key_switch", &state, {.en = "key switch", .zh = "钥匙开关"}},
    {"mode", &state, {.en = "mode", .zh = "模式"}},
}};

class identity_change final : public detector {
public:
  void on(const fact& x, const context& c, const raise& out) override {
    for (const auto& change : c.changed.changes) {
      const auto at = std::find_if(table.begin(), table.end(), [&](const row& r) { return r.kind == change.kind; });
      if (at == table.end()) continue;
      auto f = about(*at->rule, x, c, {fmt::format("{} {}", at->name.en, change.from), fmt::format("{} {}", at->name.zh, change.from)},
                     {fmt::format("{} {}", at->name.en, change.to), fmt::format("{} {}", at->name.zh, change.to)});
      const auto where = change.unit.empty() ? f.victim : f.victim + " / " + change.unit;
      f.title = {fmt::format("{}: {}, {} from {} to {}", at->rule->title.en, where, at->name.en, change.from, change.to),
                 fmt::format("{}：{}，{} 由 {} 变为 {}", at->rule->title.zh, where, at->name.zh, change.from, change.to)};
      f.key = change.kind + "/" + change.unit, f.p = 1e-5, f.result = attack_result::success;
      f.proof.previous = change.from;
      // facts name no culprit: a window of the machine itself excuses
      if (f.maintenance) f.level = std::min(f.level, severity::medium);
      out(std::move(f));
    }
  }
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<identity_change>(); }};

}  // namespace
}  // namespace mw
