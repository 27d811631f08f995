// Logins that fail one after another, at controllers and at the services of plant machines (ATT&CK T0812 Default Credentials,
// T0859; the login services are guessed at by many short connections where their content is encrypted).
#include "analyzer/baseline/key.hpp"
#include "analyzer/detect/proof.hpp"
#include "analyzer/detect/window.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr auto kind = family::credential;
constexpr auto sure = basis::deterministic;
constexpr meta failed{"MW-1801",
                      "T0812",
                      severity::low,
                      events::credential,
                      stage::attempt,
                      attack_side::source,
                      kind,
                      sure,
                      {.en = "Login refused", .zh = "登录认证失败"},
                      {.en = "One failure is a typing error; watch for more.", .zh = "单次失败多为输入错误；请留意是否继续。"}};
constexpr meta guessing{"MW-1802",
                        "T0812",
                        severity::high,
                        events::credential,
                        stage::attempt,
                        attack_side::source,
                        kind,
                        sure,
                        {.en = "Password guessing", .zh = "口令暴力破解"},
                        {.en = "Block the client; check for a success after the failures; change the password.",
                         .zh = "封锁该客户端；检查失败之后是否登录成功；更换口令。"}};
constexpr const meta* rules[] = {&failed, &guessing};

constexpr std::array<std::uint16_t, 8> login_ports{21, 22, 23, 445, 512, 513, 3389, 5900};
constexpr std::uint32_t short_sessions = 10;  // G11 of the goals: within seconds
constexpr std::chrono::seconds session_length{60};

class login_failure final : public detector {
public:
  void on(const operation& o, const context& c, const raise& out) override {
    if (o.action != action::authenticate || o.outcome != outcome::refused) return;
    const auto n = counts_.touch(key_of(host_of(o.client), host_of(o.server), o.protocol))
                       .first.add(o.repeat ? o.repeat->count : 1, c.now, c.limits.login_window);
    auto f = about(n >= c.limits.login_failures ? guessing : failed, o, c,
                   {fmt::format("fewer than {} failures in {} s", c.limits.login_failures, c.limits.login_window.count()),
                    fmt::format("{} 秒内失败少于 {} 次", c.limits.login_window.count(), c.limits.login_failures)},
                   {fmt::format("{} failures; last: {}", n, describe(o).en), fmt::format("失败 {} 次；最近一次：{}", n, describe(o).zh)});
    f.p = n >= c.limits.login_failures ? 1e-5 : 1e-1;
    out(std::move(f));
  }
  void on(const flow_record& r, const context& c, const raise& out) override {
    if (r.transport != transport::tcp || r.interim || r.last - r.first > session_length) return;
    if (std::find(login_ports.begin(), login_ports.end(), r.server.port.number) == login_ports.end()) return;
    // a session that ended soon after both sides spoke: a login that led to nothing
    if (r.client_payload == 0 || r.server_payload == 0 || r.server_payload > 20'000 || r.tcp_state == "rejected" || r.tcp_state == "syn")
      return;
    const auto n = counts_.touch(key_of(host_of(r.client), host_of(r.server), std::uint64_t{r.server.port.number}))
                       .first.add(1, c.now, c.limits.login_window);
    if (n < short_sessions) return;
    auto f = about(guessing, r, c,
                   {fmt::format("fewer than {} short sessions in {} s", short_sessions, c.limits.login_window.count()),
                    fmt::format("{} 秒内短会话少于 {} 个", c.limits.login_window.count(), short_sessions)},
                   {fmt::format("{} short sessions on a login service", n), fmt::format("登录服务上出现 {} 个短会话", n)});
    f.p = 1e-4, f.result = attack_result::attempt;
    out(std::move(f));
  }
  std::uint64_t forgotten() const override { return counts_.forgotten(); }

private:
  bounded_map<std::uint64_t, recent_count> counts_{10'000};
};

const detection_rule here{rules, []() -> std::unique_ptr<detector> { return std::make_unique<login_failure>(); }};

}  // namespace
}  // namespace mw
