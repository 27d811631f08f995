// What a node of Ethernet POWERLINK says of itself: IdentResponse and StatusResponse (EPSG DS 301 V1.5, 7.3.3).
#pragma once
#include "sensor/dissect/told.hpp"

#include <string>

namespace mw::powerlink {

class node_words {
public:
  void on_ident(reader in, std::uint8_t node, const message& m, output& out);
  void on_status(reader in, std::uint8_t node, const message& m, output& out);
  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    if (!value.empty() && told_.fresh({}, {}, kind, value, m.time, "powerlink", out)) out.learn(m.from, {}, kind, value, stated);
  }

private:
  static constexpr std::uint8_t stated = 90;
  told_facts<32> told_;
  std::uint64_t last_entry_ = 0;  ///< of the history, so that one error is told once
  bool identified_ = false;
};

}  // namespace mw::powerlink
