// Two machines talk that never talked, or speak another protocol (ATT&CK T0886 Remote Services, T0848 Rogue Master).
#include "analyzer/assets/roles.hpp"
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>

namespace mw {
namespace {

constexpr meta edge{"MW-0201",
                    "T0886",
                    severity::medium,
                    events::baseline,
                    stage::attempt,
                    attack_side::source,
                    family::novelty,
                    basis::learned,
                    {.en = "New conversation", .zh = "白名单外通信"},
                    {.en = "Ask who set up this connection; approve it if it is wanted, else block it at the zone boundary.",
                     .zh = "核实该连接由谁建立；若为正常业务请批准，否则在区域边界阻断。"}};
constexpr meta protocol{
    "MW-0202",
    "T0886",
    severity::low,
    events::baseline,
    stage::attempt,
    attack_side::source,
    family::novelty,
    basis::learned,
    {.en = "New protocol on a known connection", .zh = "已知连接上的新协议"},
    {.en = "Check whether the service on this port was replaced or is tunnelled.", .zh = "检查该端口上的服务是否被替换或被用作隧道。"}};
constexpr const meta* rules[] = {&edge, &protocol};

class new_conversation final : public detector {
public:
  void on(const flow_record& f, const context& c, const raise& out) override {
    if (unknown(c.novel.edge)) {
      if (due(*c.novel.edge, c)) say(about(edge, f, c, expected(f.client, f.server, c), {}), f.client, f.server, f.application, c, out);
    } else if (unknown(c.novel.protocol) && due(*c.novel.protocol, c)) {
      auto x = about(protocol, f, c, {"the protocols seen on this port before", "该端口此前出现过的协议"}, {f.application, f.application});
      x.key = f.application;
      x.p = 1e-2;
      out(std::move(x));
    }
  }
  void on(const operation& o, const context& c, const raise& out) override {
    if (unknown(c.novel.edge) && due(*c.novel.edge, c))
      say(about(edge, o, c, expected(o.client, o.server, c)), o.client, o.server, o.protocol, c, out);
  }
  std::uint64_t forgotten() const override { return said_.forgotten(); }

private:
  static bool unknown(const std::optional<sighting>& s) { return s && !s->known; }
  static words expected(const endpoint& client, const endpoint& server, const context& c) {
    return {fmt::format("{} known conversations of the site; {} with {} on port {} is none of them", c.known.count(key_class::edge),
                        host_of(client), host_of(server), server.port.number),
            fmt::format("本站已知 {} 条通信关系，其中没有 {} 与 {} 端口 {} 的通信", c.known.count(key_class::edge), host_of(client),
                        host_of(server), server.port.number)};
  }
  bool due(const sighting& s, const context& c) {
    // every record would say the same; ten seconds keep the times of a detection exact enough
    return said_.touch(key_of(s.key->client, s.key->server, s.key->transport, s.key->protocol, std::uint64_t{s.key->port}))
        .first.due(c.now, std::chrono::seconds{10});
  }
  void say(finding f, const endpoint& client, const endpoint& server, const std::string& spoken, const context& c, const raise& out) const {
    const bool group =
        server.address.is_multicast() || server.address.is_broadcast() || (server.address.is_none() && server.hardware.is_group());
    const bool plant = is_industrial(spoken) || c.in_control(server) || c.in_control(client);
    f.level = group ? severity::low : plant ? severity::medium : severity::low;
    if (group && plant && is_industrial(spoken) && !c.in_control(client)) f.level = severity::medium;
    f.key = fmt::format("{}/{}", server.port.number, f.proof.protocol);
    f.p = group ? 0.3 : plant ? 1e-3 : 1e-2;
    out(std::move(f));
  }
  bounded_map<std::uint64_t, throttle> said_{50'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<new_conversation>(); }};

}  // namespace
}  // namespace mw
