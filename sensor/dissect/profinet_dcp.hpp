// DCP (IEC 61158-6-10, 4.3): stations are found, named and given addresses without any, by frames of EtherType 0x8892.
#pragma once
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/profinet_dcp_blocks.hpp"
#include "sensor/dissect/told.hpp"

namespace mw::profinet {

/// DCP between two cards, or from a card to a group.
class dcp {
public:
  void on_frame(std::uint16_t frame_id, reader& in, const message& m, output& out);
  void on_time(timestamp now, output& out) { waiting_.expire(now, out, patience); }
  void on_end(output& out) { waiting_.finish(out); }
  void on_gap() { missed_ = true; }

private:
  static constexpr nanoseconds patience = std::chrono::seconds{10};
  struct key {
    std::uint32_t xid = 0;
    std::uint8_t service = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct change {  ///< what a Set asks a station to become
    std::optional<std::string> name, address;
  };
  struct pdu;
  void on_request(const pdu& p, const message& m, output& out);
  void on_response(const pdu& p, const message& m, output& out);
  void tell(const dcp_block& b, const message& m, output& out);
  void tell_set(const change& c, const message& m, output& out);
  void say(side who, const mac& card, std::string_view kind, std::string_view value, std::uint8_t confidence, timestamp at, output& out);

  pending_requests<key, change> waiting_;
  told_facts<48> told_;
  bool missed_ = true;  ///< a request may have been missed: there was a gap, or nothing was heard yet
};

}  // namespace mw::profinet
