// A control that skips the select step (IEEE 1815 4.4.4, IEC 60870-5-5 6.8; ATT&CK T0855).
#include "analyzer/detect/proof.hpp"

namespace mw {
namespace {

constexpr meta broken{"MW-0901",
                      "T0855",
                      severity::medium,
                      events::protocol,
                      stage::action,
                      attack_side::source,
                      family::protocol_state,
                      basis::deterministic,
                      {.en = "Control executed without its select", .zh = "遥控未经选择直接执行"},
                      {.en = "The master's select-execute sequence was broken: check whether another host injects commands.",
                       .zh = "主站“选择—执行”过程被破坏：检查是否有其他主机注入命令。"}};
constexpr meta direct{"MW-0902",
                      "T0855",
                      severity::info,
                      events::protocol,
                      stage::action,
                      attack_side::source,
                      family::command,
                      basis::deterministic,
                      {.en = "Direct control command", .zh = "直接控制命令"},
                      {.en = "Use select before operate where the device offers it.", .zh = "设备支持时请采用“选择—执行”方式。"}};
constexpr const meta* rules[] = {&broken, &direct};

/// Only DNP3 tells by the function alone; where a protocol has both ways, the sensor checks the select (see `broken`).
bool is_direct(const operation& o) {
  return o.action == action::control && o.protocol == "dnp3" && (o.function == "5" || o.function == "6");
}

class control_without_select final : public detector {
public:
  void on(const violation& v, const context& c, const raise& out) override {
    if (v.rule != "select_before_operate") return;
    auto f = about(broken, v, c, {"select, then operate with the same object", "先选择，再以相同对象执行"}, {v.detail, v.detail});
    out(std::move(f));
  }
  void on(const operation& o, const context& c, const raise& out) override {
    if (!is_direct(o) || !c.novel.function) return;
    if (c.novel.function->known && !c.novel.function->first) return;
    auto f = about(direct, o, c, {"select before operate", "选择后执行"});
    f.key = o.function, f.p = 0.1;
    if (c.novel.ready && c.novel.phase == phase::detect && !c.novel.function->known) f.level = severity::medium, f.p = 1e-3;
    f.level = c.tempered(f.level, f.actor, f.victim);
    out(std::move(f));
  }
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<control_without_select>(); }};

}  // namespace
}  // namespace mw
