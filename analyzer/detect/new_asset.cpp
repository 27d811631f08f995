// A machine that was never seen at this site before (ATT&CK T0848 Rogue Master, T0864 Transient Cyber Asset).
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta fresh{"MW-0101",
                     "T0864",
                     severity::medium,
                     events::unauthorised_use,
                     stage::recon,
                     attack_side::source,
                     family::novelty,
                     basis::presence,
                     {.en = "New device", .zh = "未知设备接入"},
                     {.en = "Find the device at its switch port; approve it in the inventory if it belongs here, else disconnect it.",
                      .zh = "在交换机端口定位该设备；若属本厂，请在资产台账中批准，否则断开。"}};
constexpr const meta* rules[] = {&fresh};

class new_asset final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    check(c.novel.client, o.client, c.changed.client, [&] { return about(fresh, o, c); }, c, out);
    check(c.novel.server, o.server, c.changed.server, [&] { return about(fresh, o, c); }, c, out);
  }
  void on(const flow_record& f, const context& c, const raise& out) override {
    check(c.novel.client, f.client, c.changed.client, [&] { return about(fresh, f, c, {}, {}); }, c, out);
    check(c.novel.server, f.server, c.changed.server, [&] { return about(fresh, f, c, {}, {}); }, c, out);
  }
  void on(const fact& f, const context& c, const raise& out) override {
    check(c.novel.client, {f.address, {}, f.hardware}, c.changed.client, [&] { return about(fresh, f, c, {}, {}); }, c, out);
  }
  std::uint64_t forgotten() const override { return said_.forgotten(); }

private:
  template <class Make>
  void check(const std::optional<sighting>& seen, const endpoint& who, const asset* machine, Make make, const context& c,
             const raise& out) {
    if (!seen || seen->known) return;
    const auto host = host_of(who);
    if (!said_.touch(host).first.due(c.now, std::chrono::hours{24})) return;  // once a day until somebody decides
    auto f = make();
    const auto vendor = machine ? machine->vendor : std::string{};
    f.actor = host, f.victim.clear();
    if (c.in_control(host) && vendor.empty()) f.level = severity::high;
    const auto maker = vendor.empty() ? words{"unknown vendor", "厂商未知"} : words{vendor, vendor};
    f.title = {fmt::format("New device: {} ({})", host, maker.en), fmt::format("未知设备接入：{}（{}）", host, maker.zh)};
    f.proof.expected = {fmt::format("one of {} known hosts", c.known.count(key_class::host)),
                        fmt::format("已知的 {} 台主机之一", c.known.count(key_class::host))};
    f.proof.observed = {fmt::format("{}, card {}", host, machine && !machine->hardware.empty() ? machine->hardware : "not seen"),
                        fmt::format("{}，网卡 {}", host, machine && !machine->hardware.empty() ? machine->hardware : "未见")};
    f.p = 1e-3;
    out(std::move(f));
  }
  bounded_map<std::string, throttle> said_{20'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<new_asset>(); }};

}  // namespace
}  // namespace mw
