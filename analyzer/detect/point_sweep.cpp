// Somebody tries out what a device knows: its units, functions or objects (ATT&CK T0846, T0861 Point & Tag Identification, T0888).
#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr auto kind = family::scan;
constexpr auto sure = basis::deterministic;
constexpr text remedy{
    .en = "Find the program that asks; engineering tools do this when they are first connected, an intruder before an attack.",
    .zh = "查明发起请求的程序：工程工具首次连接时会如此，入侵者在攻击前也会如此。"};
constexpr meta units{"MW-1201",    "T0846",      severity::medium,
                     events::scan, stage::recon, attack_side::source,
                     kind,         sure,         {.en = "Unit scan", .zh = "单元号枚举"},
                     remedy};
constexpr meta functions{"MW-1202",    "T0861",      severity::medium,
                         events::scan, stage::recon, attack_side::source,
                         kind,         sure,         {.en = "Function scan", .zh = "功能码枚举"},
                         remedy};
constexpr meta objects{"MW-1203",    "T0861",      severity::medium,
                       events::scan, stage::recon, attack_side::source,
                       kind,         sure,         {.en = "Point scan", .zh = "点位枚举"},
                       remedy};
constexpr const meta* rules[] = {&units, &functions, &objects};

struct trial {
  recent_keys units, functions, objects;
};

class point_sweep final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (is_everyday(o.protocol) || is_office(o.protocol)) return;  // a name that does not exist is no point of a plant
    const bool failed = o.outcome == outcome::refused || o.outcome == outcome::timeout;
    const bool past_learning = c.novel.ready && c.novel.phase != phase::learn;
    const bool new_function = c.novel.function && (past_learning ? !c.novel.function->known : c.novel.function->first);
    if (!failed && !new_function) return;
    if (past_learning && c.novel.refusal && c.novel.refusal->known) return;
    auto& t = trials_.touch(key_of(host_of(o.client), host_of(o.server), o.protocol)).first;
    if (failed && !o.unit.empty()) {
      const auto n = t.units.add(key_of(o.unit), c.now, c.limits.sweep_window);
      if (n >= c.limits.units) tell(units, o, c, out, n, "units that do not answer", "个无效单元号");
    }
    if (new_function) {
      const auto n = t.functions.add(key_of(o.function), c.now, c.limits.sweep_window);
      if (n >= c.limits.functions && (past_learning || failed)) tell(functions, o, c, out, n, "functions that are new here", "个新功能码");
    }
    if (o.outcome != outcome::refused) return;
    for (std::size_t i = 0; i < o.objects.size() && i < 4; ++i) {
      const auto n = t.objects.add(key_of(o.unit, o.objects[i].space, o.objects[i].address), c.now, c.limits.sweep_window);
      if (n >= c.limits.refused_objects) tell(objects, o, c, out, n, "objects that do not exist", "个不存在的点位");
    }
  }
  std::uint64_t forgotten() const override { return trials_.forgotten(); }

private:
  static void tell(const meta& rule, const operation& o, const context& c, const raise& out, std::size_t n, std::string_view en,
                   std::string_view zh) {
    auto f = about(rule, o, c, {"requests for what the device has", "仅请求设备已有的内容"},
                   {fmt::format("{} {}; last: {}", n, en, describe(o).en), fmt::format("{} {}；最近一次：{}", n, zh, describe(o).zh)});
    f.level = c.tempered(f.level, f.actor, f.victim), f.p = 1e-4;
    out(std::move(f));
  }
  bounded_map<std::uint64_t, trial> trials_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<point_sweep>(); }};

}  // namespace
}  // namespace mw
