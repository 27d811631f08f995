// Commands that change a controller itself: they need no learning (ATT&CK T0858, T0816, T0843, T0845, T0857, T0835).
#include "analyzer/assets/roles.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>
#include <array>

namespace mw {
namespace {

constexpr auto kind = family::command;
constexpr auto sure = basis::deterministic;
constexpr meta stop{
    "MW-0501",
    "T0858",
    severity::critical,
    events::violation_other,
    stage::action,
    attack_side::source,
    kind,
    sure,
    {.en = "Controller stop", .zh = "控制器停止"},
    {.en = "Check the controller's state on site at once; find who was at the client; start it again only after the program is verified.",
     .zh = "立即到现场核实控制器状态；查明客户端操作人员；核对程序后再启动。"}};
constexpr meta start{"MW-0502",
                     "T0858",
                     severity::high,
                     events::violation_other,
                     stage::action,
                     attack_side::source,
                     kind,
                     sure,
                     {.en = "Controller start", .zh = "控制器启动"},
                     {.en = "Check that the start was ordered and that the program in the controller is the released one.",
                      .zh = "确认启动有工单，且控制器内程序为已发布版本。"}};
constexpr meta restart{
    "MW-0503",
    "T0816",
    severity::high,
    events::violation_other,
    stage::action,
    attack_side::source,
    kind,
    sure,
    {.en = "Device restart", .zh = "设备重启"},
    {.en = "Check that the device came back and that its outputs are as they should be.", .zh = "确认设备已恢复，输出状态正确。"}};
constexpr meta mode{
    "MW-0504",
    "T0858",
    severity::high,
    events::violation_other,
    stage::action,
    attack_side::source,
    kind,
    sure,
    {.en = "Operating mode changed", .zh = "模式切换"},
    {.en = "Put the key switch back to RUN and find who asked for the change.", .zh = "将钥匙开关恢复到 RUN，并查明是谁请求切换。"}};
constexpr meta download{"MW-0505",
                        "T0843",
                        severity::critical,
                        events::violation_other,
                        stage::action,
                        attack_side::source,
                        kind,
                        sure,
                        {.en = "Program download to a controller", .zh = "组态下载"},
                        {.en = "Compare the program in the controller with the released version; if it was not ordered, restore it.",
                         .zh = "将控制器程序与发布版本比对；如无工单，请恢复原程序。"}};
constexpr meta upload{"MW-0506",
                      "T0845",
                      severity::medium,
                      events::violation_other,
                      stage::action,
                      attack_side::source,
                      kind,
                      sure,
                      {.en = "Program upload from a controller", .zh = "组态上传"},
                      {.en = "Check whether a backup was scheduled; else the control logic may have been taken.",
                       .zh = "核实是否为计划内备份；否则控制逻辑可能已外泄。"}};
constexpr meta firmware{
    "MW-0507",
    "T0857",
    severity::critical,
    events::violation_other,
    stage::action,
    attack_side::source,
    kind,
    sure,
    {.en = "Firmware update", .zh = "固件更新"},
    {.en = "Check the order for this update and the firmware's signature and version.", .zh = "核实更新工单以及固件签名和版本。"}};
constexpr meta force{"MW-0508",
                     "T0835",
                     severity::high,
                     events::violation_other,
                     stage::action,
                     attack_side::source,
                     kind,
                     sure,
                     {.en = "Values forced", .zh = "强制变量"},
                     {.en = "List the active forces in the controller and take back those that nobody ordered.",
                      .zh = "查看控制器中的强制表，撤销无工单的强制。"}};
constexpr meta configure{"MW-0509",
                         "T0836",
                         severity::medium,
                         events::violation_other,
                         stage::action,
                         attack_side::source,
                         kind,
                         sure,
                         {.en = "Device configuration changed", .zh = "设备配置更改"},
                         {.en = "Compare the configuration with the released one.", .zh = "将设备配置与发布版本比对。"}};
constexpr meta storm{"MW-0510",
                     "T0814",
                     severity::critical,
                     events::dos,
                     stage::action,
                     attack_side::source,
                     family::volume,
                     sure,
                     {.en = "Repeated stop or restart commands", .zh = "反复启停控制器"},
                     {.en = "Disconnect the client; bring the controller to a safe state.", .zh = "断开该客户端，使控制器进入安全状态。"}};
constexpr const meta* rules[] = {&stop, &start, &restart, &mode, &download, &upload, &firmware, &force, &configure, &storm};

const meta* rule_for(action a) {
  switch (a) {
    case action::stop: return &stop;
    case action::start: return &start;
    case action::restart: return &restart;
    case action::mode_change: return &mode;
    case action::program_download: return &download;
    case action::program_upload: return &upload;
    case action::firmware: return &firmware;
    case action::force: return &force;
    case action::configure: return &configure;
    default: return nullptr;
  }
}
bool interrupts(action a) { return a == action::stop || a == action::restart || a == action::mode_change; }

class critical_command final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    const auto* rule = rule_for(o.action);
    if (!rule || o.outcome == outcome::unsolicited) return;
    // a service of an office computer that starts or stops is no machine of the plant
    if ((is_everyday(o.protocol) || (is_office(o.protocol) && rule != &configure)) && !c.in_control(o.server)) return;
    // sending configuration to itself is what masters do all day in some protocols; special functions have their own rules
    if (o.action == action::configure && c.novel.phase != phase::learn && c.novel.function && c.novel.function->known) return;
    if (o.action == action::configure && o.protocol == "dnp3" && (o.function == "20" || o.function == "21")) return;
    auto f = about(*rule, o, c, {"no such command outside ordered work", "除工单作业外不应出现此类命令"});
    f.key = o.function;
    if (o.outcome == outcome::refused && f.level == severity::critical) f.level = severity::high;
    f.level = c.tempered(f.level, f.actor, f.victim);
    f.p = 1e-5;
    out(std::move(f));
    if (!interrupts(o.action)) return;
    auto& count = counts_.touch(host_of(o.server)).first;
    const auto n = count.add(o.repeat ? o.repeat->count : 1, c.now, c.limits.command_window);
    if (n < c.limits.commands) return;
    out(about(storm, o, c,
              {fmt::format("fewer than {} in {} minutes", c.limits.commands, c.limits.command_window.count() / 60),
               fmt::format("{} 分钟内少于 {} 次", c.limits.command_window.count() / 60, c.limits.commands)},
              {fmt::format("{} stop or restart commands", n), fmt::format("{} 次启停命令", n)}));
  }
  std::uint64_t forgotten() const override { return counts_.forgotten(); }

private:
  bounded_map<std::string, recent_count> counts_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<critical_command>(); }};

}  // namespace
}  // namespace mw
