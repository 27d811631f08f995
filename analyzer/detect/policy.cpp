// Matching of addresses, windows and approvals.
#include "analyzer/detect/policy.hpp"

#include <algorithm>
#include <charconv>

namespace mw {

bool subnet::contains(const ip& a) const {
  const auto whole = prefix / 8, rest = prefix % 8;
  for (unsigned i = 0; i < whole; ++i)
    if (a.bytes().at(i) != base.bytes().at(i)) return false;
  if (rest == 0) return true;
  const auto mask = static_cast<unsigned>(0xff00u >> rest) & 0xffu;
  return (a.bytes().at(whole) & mask) == (base.bytes().at(whole) & mask);
}

result<subnet> parse_subnet(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = ip::parse(text.substr(0, slash));
  if (!base) return tl::unexpected<error>{base.error()};
  const unsigned width = base->is_v4() ? 32 : 128;
  unsigned bits = width;
  if (slash != std::string_view::npos) {
    const auto tail = text.substr(slash + 1);
    const auto [end, wrong] = std::from_chars(tail.data(), tail.data() + tail.size(), bits);
    if (wrong != std::errc{} || end != tail.data() + tail.size() || bits > width)
      return fail(fault::malformed, "not a prefix length", slash + 1);
  }
  return subnet{*base, bits + (128 - width)};
}

result<host_pattern> host_pattern::parse(std::string_view text) {
  host_pattern p;
  p.text_ = text;
  if (text == "*") return p;
  if (const auto m = mac::parse(text)) {
    p.text_ = to_string(*m);
    return p;
  }
  const auto net = parse_subnet(text);
  if (!net) return tl::unexpected<error>{net.error()};
  p.net_ = *net;
  return p;
}

bool host_pattern::matches(std::string_view host) const {
  if (text_ == "*" || text_ == host) return true;
  if (!net_) return false;
  const auto a = ip::parse(host);
  return a && net_->contains(*a);
}

bool maintenance_window::open(timestamp now) const {
  if (from || until) return (!from || now >= *from) && (!until || now < *until);
  const auto local = now + std::chrono::minutes{utc_offset_minutes};
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const auto minute = std::chrono::floor<std::chrono::minutes>(local - day).count();
  const auto on = [&](std::chrono::sys_days d) { return ((weekdays >> (std::chrono::weekday{d}.iso_encoding() - 1)) & 1) != 0; };
  if (begin_minute <= end_minute) return on(day) && minute >= begin_minute && minute < end_minute;
  // over midnight: the early hours belong to the day before
  return (on(day) && minute >= begin_minute) || (on(day - std::chrono::days{1}) && minute < end_minute);
}

const zone* policy::zone_of(const ip& a) const {
  const zone* best = nullptr;
  unsigned width = 0;
  for (const auto& z : zones)
    for (const auto& net : z.ranges)
      if (net.contains(a) && (!best || net.prefix > width)) best = &z, width = net.prefix;
  return best;
}

bool policy::is_engineering(std::string_view host) const {
  return std::any_of(engineering.begin(), engineering.end(), [&](const auto& p) { return p.matches(host); });
}

bool policy::in_window(std::string_view host, timestamp now) const {
  return std::any_of(windows.begin(), windows.end(), [&](const auto& w) {
    return w.open(now) && (w.hosts.empty() || std::any_of(w.hosts.begin(), w.hosts.end(), [&](const auto& p) { return p.matches(host); }));
  });
}

bool policy::is_muted(std::string_view rule, std::string_view actor, std::string_view victim, timestamp now) const {
  return std::any_of(mutes.begin(), mutes.end(), [&](const auto& m) {
    return (m.rule == "*" || m.rule == rule) && m.actor.matches(actor) && m.victim.matches(victim) && (!m.until || now < *m.until);
  });
}

}  // namespace mw
