// The routers of TwinCAT find one another and make routes by datagrams on UDP port 48899 (as published with Beckhoff's ADS library).
#pragma once
#include "sensor/dissect/pending.hpp"

namespace mw::ads {

inline constexpr std::uint32_t router_cookie = 0x71146603;

class router {
public:
  void on_datagram(const message& m, output& out);
  void on_time(timestamp now, output& out) { waiting_.expire(now, out); }
  void on_end(output& out) { waiting_.finish(out); }

private:
  struct key {
    std::uint32_t invoke = 0, service = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  pending_requests<key, std::monostate, 64> waiting_;
  bool heard_ = false;
};

}  // namespace mw::ads
