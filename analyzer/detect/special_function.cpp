// Functions of single protocols that silence, restart or blind a device (Modbus 08, DNP3 20/21, BACnet DCC, UMAS reservation).
#include "analyzer/detect/proof.hpp"

#include <array>

namespace mw {
namespace {

constexpr auto kind = family::command;
constexpr auto sure = basis::deterministic;
constexpr meta silence{"MW-0601",
                       "T0814",
                       severity::critical,
                       events::dos,
                       stage::action,
                       attack_side::source,
                       kind,
                       sure,
                       {.en = "Device told to fall silent", .zh = "强制设备静默"},
                       {.en = "Restart the device's communication; until then it takes no commands and sends no alarms.",
                        .zh = "恢复设备通信；在此之前设备不接受命令，也不上送报警。"}};
constexpr meta restart{"MW-0602",
                       "T0816",
                       severity::high,
                       events::dos,
                       stage::action,
                       attack_side::source,
                       kind,
                       sure,
                       {.en = "Communication of a device restarted", .zh = "重启设备通信"},
                       {.en = "Check who has diagnostic tools connected; the device's event log may be cleared.",
                        .zh = "检查谁接入了诊断工具；设备事件日志可能已被清除。"}};
constexpr meta clear{
    "MW-0603",
    "T0872",
    severity::medium,
    events::violation_other,
    stage::action,
    attack_side::source,
    kind,
    sure,
    {.en = "Diagnostic counters cleared", .zh = "清除诊断计数器"},
    {.en = "Traces in the device are gone; rely on the records kept here.", .zh = "设备内的痕迹已被清除，请以本系统记录为准。"}};
constexpr meta unsolicited{
    "MW-0604",
    "T0804",
    severity::high,
    events::violation_other,
    stage::action,
    attack_side::source,
    kind,
    sure,
    {.en = "Event reporting of an outstation switched off", .zh = "关闭子站主动上送"},
    {.en = "Check that the master sent this at its own start; else switch reporting on again: alarms are being withheld.",
     .zh = "确认是否为主站启动时的正常操作；否则请重新启用上送：报警正被屏蔽。"}};
constexpr meta enabled{"MW-0605",
                       "T0836",
                       severity::low,
                       events::violation_other,
                       stage::action,
                       attack_side::source,
                       kind,
                       sure,
                       {.en = "Event reporting of an outstation switched on", .zh = "启用子站主动上送"},
                       {.en = "Normal at the start of a master; check the sender.", .zh = "主站启动时属正常；请核对发送方。"}};
constexpr meta reserved{"MW-0606",
                        "T0843",
                        severity::low,
                        events::violation_other,
                        stage::action,
                        attack_side::source,
                        kind,
                        sure,
                        {.en = "Controller reserved for programming", .zh = "控制器被占用以备编程"},
                        {.en = "A programming tool has taken the controller; check that this work was ordered.",
                         .zh = "编程工具已占用控制器；请核实是否有工单。"}};
constexpr const meta* rules[] = {&silence, &restart, &clear, &unsolicited, &enabled, &reserved};

struct row {
  std::string_view protocol, function;
  const meta* rule;
  bool routine;  ///< normal where the baseline knows it
};
constexpr std::array<row, 9> table{{
    {"modbus", "8/4", &silence, false},
    {"modbus", "8/1", &restart, false},
    {"modbus", "8/10", &clear, false},
    {"dnp3", "21", &unsolicited, true},
    {"dnp3", "20", &enabled, true},
    {"bacnet", "confirmed/17", &silence, false},
    {"umas", "16", &reserved, false},
    {"modbus_rtu", "8/4", &silence, false},
    {"modbus_rtu", "8/1", &restart, false},
}};

class special_function final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    for (const auto& r : table) {
      if (r.function != o.function || r.protocol != o.protocol) continue;
      if (r.routine && c.novel.phase != phase::learn && c.novel.function && c.novel.function->known) return;
      auto f = about(*r.rule, o, c, {"not in normal operation", "正常运行中不应出现"});
      f.key = o.function;
      if (o.outcome == outcome::refused && f.level == severity::critical) f.level = severity::high;
      f.level = c.tempered(f.level, f.actor, f.victim);
      out(std::move(f));
      return;
    }
  }
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<special_function>(); }};

}  // namespace
}  // namespace mw
