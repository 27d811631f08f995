// Which protocols a port number hints at, and who is looked for on any port: tables made once, so that a packet asks no list of all
// protocols.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <vector>

namespace mw {

class port_hints {
public:
  using list = std::vector<const protocol*>;
  /// `all` in the order in which they are to be asked.
  explicit port_hints(const list& all) {
    for (const auto t : {transport::tcp, transport::udp})
      for (const auto* p : all) {
        if (!speaks(*p, t)) continue;
        for (const auto number : t == transport::tcp ? p->about.tcp_ports : p->about.udp_ports) of(t).by_port[number].push_back(p);
        if (t == transport::tcp ? p->about.any_tcp_port : p->about.any_udp_port) of(t).anywhere.push_back(p);
      }
  }
  static bool speaks(const protocol& p, transport t) {
    if (t == transport::tcp) return p.about.frame != nullptr && (p.about.any_tcp_port || !p.about.tcp_ports.empty());
    if (t == transport::udp) return !p.about.udp_ports.empty();
    return false;
  }
  /// Who has this port; `t` is TCP or UDP.
  const list& at(transport t, port number) const {
    static const list nobody;
    const auto& by_port = of(t).by_port;
    const auto found = by_port.find(number.number);
    return found == by_port.end() ? nobody : found->second;
  }
  /// Who is recognised on any port.
  const list& anywhere(transport t) const { return of(t).anywhere; }

private:
  struct table {
    absl::flat_hash_map<std::uint16_t, list> by_port;
    list anywhere;
  };
  table& of(transport t) { return tables_[t == transport::tcp ? 0 : 1]; }
  const table& of(transport t) const { return tables_[t == transport::tcp ? 0 : 1]; }
  std::array<table, 2> tables_;
};

}  // namespace mw
