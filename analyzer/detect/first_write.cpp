// A host changes process data on a server that it never changed before (ATT&CK T0836 Modify Parameter, T0855 Unauthorized Command).
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

namespace mw {
namespace {

constexpr meta write{
    "MW-0401",
    "T0836",
    severity::high,
    events::violation_other,
    stage::action,
    attack_side::source,
    family::novelty,
    basis::learned,
    {.en = "Write from a host that never wrote there", .zh = "未授权写操作"},
    {.en =
         "Check that this host may change this process; compare the value with the engineering limits and set it back if it is not wanted.",
     .zh = "确认该主机有权更改此工艺；将写入值与工程限值比较，必要时恢复。"}};
constexpr meta control{"MW-0402",
                       "T0855",
                       severity::critical,
                       events::violation_other,
                       stage::action,
                       attack_side::source,
                       family::novelty,
                       basis::learned,
                       {.en = "Control command from a host that never commanded there", .zh = "非法遥控"},
                       {.en = "Verify the state of the switchgear or actuator at once, and whether the dispatcher gave this command.",
                        .zh = "立即核实开关或执行机构的状态，以及该命令是否由调度人员下达。"}};
constexpr meta noted{"MW-0403",
                     "T0836",
                     severity::info,
                     events::violation_other,
                     stage::action,
                     attack_side::source,
                     family::command,
                     basis::deterministic,
                     {.en = "Process data is written", .zh = "写入工艺数据"},
                     {.en = "Nothing is known yet about who may write here; review the writers before learning ends.",
                      .zh = "尚不清楚谁可在此写入；请在学习期结束前审阅写入方。"}};
constexpr meta commanded{"MW-0404",
                         "T0855",
                         severity::info,
                         events::violation_other,
                         stage::action,
                         attack_side::source,
                         family::command,
                         basis::deterministic,
                         {.en = "Control command", .zh = "控制命令"},
                         {.en = "Nothing is known yet about who may command here; review the masters before learning ends.",
                          .zh = "尚不清楚谁可在此下达控制命令；请在学习期结束前审阅主站。"}};
constexpr const meta* rules[] = {&write, &control, &noted, &commanded};

class first_write final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (!c.novel.writer) return;
    const bool is_control = o.action == action::control;
    if (!c.novel.ready || c.novel.phase == phase::learn) {
      // once for each pair and function: context for whoever reviews, never an alarm
      if (!c.novel.function || !c.novel.function->first) return;
      auto f = about(is_control ? commanded : noted, o, c);
      f.key = o.protocol + "/" + o.function, f.p = 0.1;
      out(std::move(f));
      return;
    }
    if (c.novel.writer->known) return;
    if (!said_.touch(key_of(host_of(o.client), host_of(o.server), o.function)).first.due(c.now, std::chrono::seconds{10})) return;
    auto f = about(is_control ? control : write, o, c, {"no write from this client to this server", "该客户端从未写入该服务端"});
    f.key = o.protocol + "/" + o.function;
    const bool talks = c.novel.edge && c.novel.edge->known;
    // a known master that commands elsewhere is an operator at work more often than an intruder
    if (talks && c.known.is_known_writer(host_of(o.client)))
      f.level = is_control ? severity::medium : severity::low, f.p = 1e-2;
    else
      f.p = talks ? 1e-3 : 1e-4;
    f.level = c.tempered(f.level, f.actor, f.victim);
    out(std::move(f));
  }
  std::uint64_t forgotten() const override { return said_.forgotten(); }

private:
  bounded_map<std::uint64_t, throttle> said_{50'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<first_write>(); }};

}  // namespace
}  // namespace mw
