// Messages that break a protocol's rules of form (ATT&CK T0814 where they stop a device, T0866 where they exploit it).
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/broken_rules.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta malformed{
    "MW-1501",
    "T0866",
    severity::medium,
    events::protocol,
    stage::attempt,
    attack_side::source,
    family::protocol_state,
    basis::deterministic,
    {.en = "Malformed protocol messages", .zh = "畸形报文"},
    {.en = "Check the sender: a defective device, another protocol on this port, or an attempt to exploit the receiver.",
     .zh = "检查发送方：设备缺陷、端口上的其他协议，或针对接收方的漏洞利用尝试。"}};
constexpr const meta* rules[] = {&malformed};

class malformed_message final : public detector {
public:
  void on(const violation& v, const context& c, const raise& out) override {
    if (breach_of(v) != breach::malformed) return;
    const auto sender = host_of(v.from_client ? v.client : v.server);
    auto& s = senders_.touch(key_of(sender, v.protocol)).first;
    const auto n = s.count.add(v.count, c.now, c.limits.malformed_window);
    auto f = about(malformed, v, c, {fmt::format("well-formed {} messages", v.protocol), fmt::format("格式正确的 {} 报文", v.protocol)},
                   {fmt::format("{}: {} ({} in the last minutes)", v.rule, v.detail, n),
                    fmt::format("{}：{}（近几分钟 {} 次）", v.rule, v.detail, n)});
    f.key = v.rule;
    // one is noise; what the device has always done is a defect, not an attack
    const bool habit = c.novel.phase != phase::learn && c.novel.refusal && c.novel.refusal->known;
    if (n < c.limits.malformed || habit)
      f.level = severity::low, f.p = 1e-2;
    else
      f.p = 1e-4;
    out(std::move(f));
  }
  std::uint64_t forgotten() const override { return senders_.forgotten(); }

private:
  struct sender {
    recent_count count;
  };
  bounded_map<std::uint64_t, sender> senders_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<malformed_message>(); }};

}  // namespace
}  // namespace mw
