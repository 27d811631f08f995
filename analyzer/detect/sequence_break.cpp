// Numbers that a protocol counts with repeat, go back or leave a gap: replay, injection or loss of messages
// (IEC 60870-5-104 5.1, IEEE 1815 8.2, IEC 61850-8-1 18.1; ATT&CK T0856 Spoof Reporting Message, T0830 Adversary-in-the-Middle).
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/broken_rules.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

namespace mw {
namespace {

constexpr auto kind = family::protocol_state;
constexpr auto sure = basis::deterministic;
constexpr meta replay{"MW-1601",
                      "T0856",
                      severity::high,
                      events::protocol,
                      stage::attempt,
                      attack_side::source,
                      kind,
                      sure,
                      {.en = "Messages repeated or out of order", .zh = "报文重放或乱序"},
                      {.en = "Compare with the master's own log: what it received twice may be a replay; check for a second sender.",
                       .zh = "与主站日志比对：重复收到的报文可能为重放；检查是否存在第二个发送方。"}};
constexpr meta loss{"MW-1602",
                    "T0830",
                    severity::medium,
                    events::unavailable,
                    stage::none,
                    attack_side::none,
                    kind,
                    sure,
                    {.en = "Messages lost", .zh = "报文缺失"},
                    {.en = "Check the line and the sensor's losses first; if both are clean, somebody takes messages out.",
                     .zh = "先检查线路与探针丢包；若均正常，则可能有人截除报文。"}};
constexpr meta unpaired{"MW-1603",
                        "T0856",
                        severity::medium,
                        events::protocol,
                        stage::attempt,
                        attack_side::source,
                        kind,
                        sure,
                        {.en = "Responses that nobody asked for", .zh = "无请求的响应"},
                        {.en = "Check for a second sender that answers in the device's place.", .zh = "检查是否有其他主机冒充设备应答。"}};
constexpr const meta* rules[] = {&replay, &loss, &unpaired};

class sequence_break final : public detector {
public:
  void on(const violation& v, const context& c, const raise& out) override {
    const auto what = breach_of(v);
    const auto* rule = what == breach::replay ? &replay : what == breach::loss ? &loss : what == breach::unpaired ? &unpaired : nullptr;
    if (!rule) return;
    auto f = about(*rule, v, c, {"numbers that go up by one, each once", "序号逐一递增，每个一次"}, {v.detail, v.detail});
    f.key = v.rule;
    f.p = what == breach::replay ? 1e-5 : 1e-4;
    if (what == breach::unpaired) {
      // the first answers after a sensor starts have their requests before it; a mirror may also lose requests
      const auto n = counts_.touch(key_of(f.actor, v.protocol)).first.add(v.count, c.now, c.limits.malformed_window);
      if (n < 5) f.level = severity::low, f.p = 1e-1;
    }
    const bool habit = c.novel.phase != phase::learn && c.novel.refusal && c.novel.refusal->known;
    if (habit) f.level = severity::low, f.p = 1e-2;
    out(std::move(f));
  }
  std::uint64_t forgotten() const override { return counts_.forgotten(); }

private:
  bounded_map<std::uint64_t, recent_count> counts_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<sequence_break>(); }};

}  // namespace
}  // namespace mw
