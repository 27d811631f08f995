// The terminal and the webhook.
#include "analyzer/notify/channel.hpp"
#include "analyzer/notify/http_post.hpp"
#include "analyzer/notify/notifier.hpp"
#include "analyzer/report/json.hpp"
#include "analyzer/report/tables.hpp"
#include "common/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/hmac.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace mw {
namespace {

constexpr text labels[] = {{"new", "新事件"}, {"raised", "升级"}, {"changed", "变化"}, {"closed", "结束"}};

/// Text that cannot move the cursor or change colours.
std::string safe(const std::string& s) {
  std::vector<std::uint8_t> octets(s.size());
  std::ranges::transform(s, octets.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return printable(octets, 400);
}

std::string some(const std::vector<std::string>& hosts) {
  std::string out = hosts.empty() ? "?" : safe(hosts.front());
  if (hosts.size() > 1) out += fmt::format(" +{}", hosts.size() - 1);
  return out;
}

std::string_view ink_of(severity s) {
  switch (s) {
    case severity::critical: return "\x1b[31m";
    case severity::high: return "\x1b[38;5;208m";
    case severity::medium: return "\x1b[33m";
    default: return "\x1b[34m";
  }
}

class terminal final : public channel {
public:
  terminal(const notify_config& c, std::ostream& out) : config_{c}, out_{out} {}
  std::string_view name() const override { return "terminal"; }
  bool wants(news n) const override { return n != news::changed; }
  delivered deliver(const notice& n, timestamp) override {
    const auto& i = *n.about;
    const table_style style{.language = config_.language, .utc_offset_minutes = config_.utc_offset_minutes};
    out_ << fmt::format("{}{} [{}] {}{} {}  {}  {} -> {}  ({})\n", config_.colour ? ink_of(i.severity) : "", local_time(i.first, style),
                        in(style.language, label(i.severity)), in(style.language, labels[static_cast<std::size_t>(n.what)]),
                        config_.colour ? "\x1b[0m" : "", safe(i.site), safe(in(style.language, i.title)), some(i.actors), some(i.victims),
                        i.id)
         << std::flush;
    out_.clear();
    return {};
  }

private:
  const notify_config& config_;
  std::ostream& out_;
};

class webhook final : public channel {
public:
  webhook(const notify_config& c, http_url to) : config_{c}, to_{std::move(to)} {}
  std::string_view name() const override { return "webhook"; }
  bool wants(news n) const override { return n != news::changed; }
  delivered deliver(const notice& n, timestamp now) override {
    nlohmann::ordered_json body{{"version", 1}, {"event", to_string(n.what)}, {"sent_at", rfc3339(now)}, {"incident", to_json(*n.about)}};
    const auto text = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    std::vector<std::pair<std::string, std::string>> fields;
    if (!config_.webhook_secret.empty()) fields.emplace_back("X-Millwatch-Signature", signature(config_.webhook_secret, text));
    return judge(http_post(to_, text, fields, config_.timeout));
  }

private:
  static delivered judge(const http_answer& a) {
    if (a.status >= 200 && a.status < 300) return {};
    if (a.status == 0) return {delivery::again, a.error};
    const bool final = a.status >= 300 && a.status < 500 && a.status != 408 && a.status != 429;
    return {final ? delivery::refused : delivery::again, fmt::format("status {}", a.status)};
  }
  const notify_config& config_;
  const http_url to_;
};

}  // namespace

std::string signature(const std::string& secret, const std::string& body) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned n = 0;
  const std::vector<std::uint8_t> octets{body.begin(), body.end()};
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), octets.data(), octets.size(), out.data(), &n);
  return "sha256=" + hex(bytes{out}.first(n)).substr(2);
}

std::string rfc3339(timestamp t) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(t);
  const auto s = std::chrono::floor<std::chrono::seconds>(ms);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(s.time_since_epoch().count())), (ms - s).count());
}

std::unique_ptr<channel> make_terminal(const notify_config& c, std::ostream& out) { return std::make_unique<terminal>(c, out); }

std::unique_ptr<channel> make_webhook(const notify_config& c) {
  auto to = parse_http_url(c.webhook_url);
  if (!to)
    throw std::runtime_error{"notify.webhook.url " + c.webhook_url +
                             " is no address that can be used: give http://host:port/path (for https, a proxy on this machine)"};
  return std::make_unique<webhook>(c, std::move(*to));
}

}  // namespace mw
