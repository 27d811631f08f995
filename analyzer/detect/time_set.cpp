// A device's clock is set by a host that does not do so usually (ATT&CK T0836; T0856 where time stamps become false).
#include "analyzer/detect/proof.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr meta set{"MW-0701",
                   "T0836",
                   severity::medium,
                   events::violation_other,
                   stage::action,
                   attack_side::source,
                   family::command,
                   basis::deterministic,
                   {.en = "Clock of a device set", .zh = "设置设备时钟"},
                   {.en = "Compare the device's clock with the plant's time source; wrong time stamps hide what happened.",
                    .zh = "将设备时钟与全厂时钟源比对；错误的时标会掩盖事件真相。"}};
constexpr const meta* rules[] = {&set};

/// In these protocols a master sets clocks as a matter of course.
constexpr std::array<std::string_view, 5> routine{"dnp3", "iec101", "iec104", "ntp", "ptp"};

class time_set final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (o.action != action::time_sync || !c.novel.function) return;
    const bool usual = std::find(routine.begin(), routine.end(), o.protocol) != routine.end();
    const bool known = c.novel.function->known;
    if (c.novel.ready && c.novel.phase != phase::learn ? known : usual && !c.novel.function->first) return;
    auto f = about(set, o, c, {"time from the plant's own source", "由全厂时钟源对时"});
    f.key = o.function;
    if (usual && (!c.novel.ready || c.novel.phase == phase::learn)) f.level = severity::info, f.p = 0.1;
    f.level = c.tempered(f.level, f.actor, f.victim);
    out(std::move(f));
  }
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<time_set>(); }};

}  // namespace
}  // namespace mw
