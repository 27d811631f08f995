// Files are moved to, from or deleted on a field device (DNP3 25-30, IEC 104 120-127, Modbus 20/21, BACnet, MMS; ATT&CK T0867, T0845,
// T0872).
#include "analyzer/assets/roles.hpp"
#include "analyzer/detect/proof.hpp"

namespace mw {
namespace {

constexpr meta written{"MW-0801",
                       "T0867",
                       severity::high,
                       events::violation_other,
                       stage::action,
                       attack_side::source,
                       family::command,
                       basis::deterministic,
                       {.en = "File written to a device", .zh = "向设备写入文件"},
                       {.en = "Find out which file it was; check firmware, configuration and program of the device.",
                        .zh = "查明写入的文件；检查设备固件、配置和程序。"}};
constexpr meta deleted{
    "MW-0802",
    "T0872",
    severity::high,
    events::violation_other,
    stage::action,
    attack_side::source,
    family::command,
    basis::deterministic,
    {.en = "File deleted on a device", .zh = "删除设备文件"},
    {.en = "Check whether logs, configuration or program are missing on the device.", .zh = "检查设备上的日志、配置或程序是否缺失。"}};
constexpr meta taken{"MW-0803",
                     "T0845",
                     severity::medium,
                     events::violation_other,
                     stage::action,
                     attack_side::source,
                     family::command,
                     basis::deterministic,
                     {.en = "File read from a device", .zh = "读取设备文件"},
                     {.en = "Reading disturbance records is routine for a master; from other hosts it may be theft.",
                      .zh = "主站读取录波文件属常规；其他主机读取则可能为窃取。"}};
constexpr const meta* rules[] = {&written, &deleted, &taken};

class file_operation final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    const auto* rule = o.action == action::file_write    ? &written
                       : o.action == action::file_delete ? &deleted
                       : o.action == action::file_read   ? &taken
                                                         : nullptr;
    if (!rule || ((is_office(o.protocol) || is_everyday(o.protocol)) && !c.in_control(o.server)))
      return;  // shares of offices are for files
    if (rule == &taken && c.novel.phase != phase::learn && c.novel.function && c.novel.function->known) return;
    auto f = about(*rule, o, c, {"no file transfer outside ordered work", "除工单作业外不应有文件传输"});
    f.key = o.function;
    f.level = c.tempered(f.level, f.actor, f.victim);
    out(std::move(f));
  }
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<file_operation>(); }};

}  // namespace
}  // namespace mw
