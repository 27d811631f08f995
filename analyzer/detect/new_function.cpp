// A known pair uses a function that it never used, or writes an object that it never wrote (ATT&CK T0855, T0836).
#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta function{"MW-0301",
                        "T0855",
                        severity::medium,
                        events::baseline,
                        stage::attempt,
                        attack_side::source,
                        family::novelty,
                        basis::learned,
                        {.en = "New function on a conversation", .zh = "指令基线异常"},
                        {.en = "Ask the operator of the client what was done; approve the function if it belongs to the process.",
                         .zh = "向客户端操作员核实所做操作；若属工艺所需，请批准该功能码。"}};
constexpr meta object{"MW-0302",
                      "T0836",
                      severity::info,
                      events::baseline,
                      stage::action,
                      attack_side::source,
                      family::novelty,
                      basis::learned,
                      {.en = "First write to this object", .zh = "首次写入该点位"},
                      {.en = "Compare with the change log of the process; first writes of an operator are common.",
                       .zh = "对照工艺变更记录；操作员首次写入较为常见。"}};
constexpr const meta* rules[] = {&function, &object};

bool is_quiet(action a) { return a == action::report || a == action::subscribe || a == action::session || a == action::alarm; }

class new_function final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (c.novel.function && !c.novel.function->known) {
      if (!said_.touch(key_of(host_of(o.client), host_of(o.server), o.protocol, o.function)).first.due(c.now, std::chrono::seconds{10}))
        return;
      auto f = about(function, o, c, {"the functions that this client has used on this server", "该客户端对该服务端使用过的功能"});
      f.key = o.protocol + "/" + o.function;
      const bool aside = is_office(o.protocol) && !c.in_control(o.client) && !c.in_control(o.server);
      f.level = is_quiet(o.action) || aside ? severity::low : severity::medium;
      f.p = is_change(o.action) ? 1e-3 : 1e-2;
      out(std::move(f));
      return;
    }
    if (!c.novel.writer || !c.novel.writer->known) return;  // first_write speaks about those
    for (std::size_t i = 0; i < c.novel.objects.size(); ++i) {
      const auto& s = c.novel.objects[i];
      if (s.known || !s.first) continue;
      auto f = about(object, o, c, {"the objects that this client has written before", "该客户端以前写过的点位"});
      f.key = s.key->detail;
      f.title = {fmt::format("First write to {} by {}", s.key->detail, f.actor),
                 fmt::format("首次写入点位 {}：{}", s.key->detail, f.actor)};
      f.p = 0.1;
      out(std::move(f));
    }
  }
  std::uint64_t forgotten() const override { return said_.forgotten(); }

private:
  bounded_map<std::uint64_t, throttle> said_{50'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<new_function>(); }};

}  // namespace
}  // namespace mw
