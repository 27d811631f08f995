// GSE management (IEC 61850-8-1 annex A, GSEMngtPdu): how a subscriber asks a publisher for the names behind a control block.
#pragma once
#include "sensor/dissect/goose_link.hpp"
#include "sensor/dissect/pending.hpp"

namespace mw::goose {

class management {
public:
  /// `content`: of the GSEMngtPdu.
  void on_message(bytes content, std::uint16_t appid, const message& m, output& out);
  void on_time(timestamp now, output& out) { pending_.expire(now, out); }
  void on_end(output& out) { pending_.finish(out); }

private:
  struct key {
    std::uint64_t state_id = 0;
    side asker = side::client;
    friend bool operator==(const key&, const key&) = default;
  };
  pending_requests<key, std::monostate, 64> pending_;
};

}  // namespace mw::goose
