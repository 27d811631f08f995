// What the operator has decided: zones, engineering stations, maintenance windows, rules that are off, findings that are expected.
#pragma once
#include "common/net.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

struct subnet {
  ip base;
  unsigned prefix = 128;  ///< bits of the v6 or v4-mapped form: 0..128
  bool contains(const ip&) const;
  friend bool operator==(const subnet&, const subnet&) = default;
};
result<subnet> parse_subnet(std::string_view text);  ///< "10.1.0.0/16", "10.1.2.3", "fd00::/8"

/// Whom a rule means: "*", an address, a CIDR, or a MAC.
class host_pattern {
public:
  static result<host_pattern> parse(std::string_view text);
  bool matches(std::string_view host) const;  ///< `host` is an IP or MAC text, as in host_of()
  const std::string& source() const { return text_; }

private:
  std::string text_ = "*";
  std::optional<subnet> net_;  ///< of "*" and of a MAC: none
};

struct zone {
  std::string name;
  std::vector<subnet> ranges;
  bool control = false;  ///< controllers live here
  double level = -1;     ///< Purdue level; -1 = not said
};

/// When work on machines is expected. Either a span, or a weekly one.
struct maintenance_window {
  std::vector<host_pattern> hosts;          ///< either end of the operation; empty = all
  std::optional<timestamp> from, until;     ///< a span: [from, until)
  std::uint8_t weekdays = 0x7f;             ///< weekly: bit 0 = Monday
  int begin_minute = 0, end_minute = 1440;  ///< weekly: minutes of the local day, may wrap over midnight
  int utc_offset_minutes = 480;             ///< Beijing time
  bool open(timestamp now) const;
};

/// An approved finding: it is counted, not alerted.
struct mute {
  std::string rule;  ///< id, or "*"
  host_pattern actor, victim;
  std::optional<timestamp> until;
};

struct policy {
  std::vector<zone> zones;
  std::vector<maintenance_window> windows;
  std::vector<host_pattern> engineering;
  std::vector<mute> mutes;
  std::set<std::string, std::less<>> disabled;  ///< rule ids

  const zone* zone_of(const ip&) const;  ///< the narrowest that contains it
  bool is_engineering(std::string_view host) const;
  bool in_window(std::string_view host, timestamp now) const;
  bool is_muted(std::string_view rule, std::string_view actor, std::string_view victim, timestamp now) const;
};

}  // namespace mw
