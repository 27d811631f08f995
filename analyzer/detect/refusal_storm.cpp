// A device refuses one request after another (ATT&CK T0806 Brute Force I/O, T0855); counts after detections of peers: 10 in 10 minutes.
#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta storm{"MW-1001",
                     "T0806",
                     severity::medium,
                     events::protocol,
                     stage::attempt,
                     attack_side::source,
                     family::scan,
                     basis::deterministic,
                     {.en = "Many refused requests", .zh = "异常响应频发"},
                     {.en = "See which requests are refused: a wrong configuration repeats one, an intruder tries many.",
                      .zh = "查看被拒绝的请求：配置错误会重复同一请求，入侵者会尝试多种请求。"}};
constexpr meta refused{"MW-1002",
                       "T0855",
                       severity::low,
                       events::protocol,
                       stage::attempt,
                       attack_side::source,
                       family::novelty,
                       basis::learned,
                       {.en = "New kind of refused request", .zh = "新的被拒绝请求"},
                       {.en = "Check whether the client was reconfigured.", .zh = "检查客户端配置是否变更。"}};
constexpr const meta* rules[] = {&storm, &refused};

class refusal_storm final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (o.outcome != outcome::refused || !c.novel.refusal || (is_office(o.protocol) && !c.in_control(o.server))) return;
    const bool past_learning = c.novel.ready && c.novel.phase != phase::learn;
    if (past_learning && c.novel.refusal->known) return;  // it has always refused this
    if (past_learning && c.novel.refusal->first) {
      auto f = about(refused, o, c, {"the requests that this device has refused to this client before", "该设备以前拒绝过该客户端的请求"});
      f.key = o.function + "/" + o.code.value_or(""), f.p = 1e-2;
      out(std::move(f));
    }
    const auto n = counts_.touch(key_of(host_of(o.client), host_of(o.server), o.protocol))
                       .first.add(o.repeat ? o.repeat->count : 1, c.now, c.limits.refusal_window);
    if (n < c.limits.refusals) return;
    auto f = about(storm, o, c,
                   {fmt::format("fewer than {} refusals in {} s", c.limits.refusals, c.limits.refusal_window.count()),
                    fmt::format("{} 秒内少于 {} 次拒绝", c.limits.refusal_window.count(), c.limits.refusals)},
                   {fmt::format("{} refusals; last: {}", n, describe(o).en), fmt::format("{} 次拒绝；最近一次：{}", n, describe(o).zh)});
    f.p = 1e-4;
    out(std::move(f));
  }
  std::uint64_t forgotten() const override { return counts_.forgotten(); }

private:
  bounded_map<std::uint64_t, recent_count> counts_{20'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<refusal_storm>(); }};

}  // namespace
}  // namespace mw
