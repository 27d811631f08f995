// Cisco's protocols beside CDP: VTP (the table of VLANs), DTP (what becomes a trunk), UDLD (links that are cut one way).
#pragma once
#include "sensor/dissect/cdp_discovery.hpp"

#include <deque>

namespace mw::cdp {

class vlan_protocols {
public:
  void on_vtp(bytes data, const message& m, teller& to, output& out);
  void on_dtp(bytes data, const message& m, teller& to, output& out);
  void on_udld(bytes data, const message& m, teller& to, output& out);

private:
  struct domain {
    std::string name;
    std::uint32_t revision = 0;
  };
  std::deque<domain> domains_;  ///< capped; the oldest goes first
  std::optional<std::uint8_t> trunk_status_;
};

}  // namespace mw::cdp
