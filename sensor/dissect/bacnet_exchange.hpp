// Who asked what of whom in BACnet, and what was answered (ASHRAE 135, clauses 5 and 20): peers, so both sides ask.
#pragma once
#include "sensor/dissect/bacnet_link.hpp"
#include "sensor/dissect/bacnet_names.hpp"
#include "sensor/dissect/bacnet_segments.hpp"
#include "sensor/dissect/bacnet_services.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>

namespace mw::bacnet {

/// How a message came.
struct envelope {
  side from = side::client;
  timestamp at{};
  endpoint sender;  ///< of the packet
  std::optional<endpoint> origin;
  std::optional<route> source, destination;
};

class exchange {
public:
  void on_apdu(const envelope& e, bytes apdu, output& out);
  void on_network(const envelope& e, const npdu& n, output& out);
  /// A fact about who sent the message: the machine itself, or the device behind it.
  void tell(const envelope& e, std::string_view kind, std::string_view value, std::uint8_t confidence, output& out, bool several = false);
  /// An operation that needs no answer, with what both ends are.
  operation begin(const envelope& e, std::string_view family, std::uint8_t number, const service& what) const;
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  struct key {
    side asker = side::client;
    std::uint8_t invoke = 0;
    std::optional<route> from, to;
    friend bool operator==(const key&, const key&) = default;
  };
  struct kept {
    std::uint8_t service = 0;
    std::optional<std::uint32_t> priority;
  };
  struct place {  ///< who is where
    side at = side::client;
    std::optional<route> behind;
    std::uint32_t instance = 0;
  };
  struct command {  ///< which priority rules an output
    side at = side::client;
    std::optional<route> behind;
    object what;
    std::uint32_t priority = 0;
  };
  struct done {  ///< an answer that was given
    key about;
    timestamp at{};
    std::size_t hash = 0;
  };
  using requests = pending_requests<key, kept>;

  void on_request(const envelope& e, reader& in, std::uint8_t first, output& out);
  void on_notice(const envelope& e, reader& in, output& out);
  void on_answer(const envelope& e, reader& in, std::uint8_t first, output& out);
  void on_segment_ack(const envelope& e, reader& in, std::uint8_t first, output& out);
  void on_refusal(const envelope& e, reader& in, std::uint8_t first, output& out);
  void take_request(const envelope& e, std::uint8_t invoke, std::uint8_t service, bytes data, bool complete, output& out);
  void take_answer(const envelope& e, std::uint8_t invoke, std::uint8_t service, bytes data, bool complete, output& out);
  bool repeats(const key& k, bytes apdu, timestamp at) const;
  void remember(const key& k, bytes apdu, timestamp at);
  operation unpaired(const envelope& e, std::uint8_t service) const;
  void settle(const envelope& e, const remarks& notes, output& out);
  void place_device(const envelope& e, std::uint32_t instance, output& out);
  std::string unit_of(side at, const std::optional<route>& behind) const;
  void check_priority(const envelope& e, operation& op, const remarks& notes, output& out);
  void note_command(const envelope& e, const requests::request& r, output& out);
  command* find_command(side at, const std::optional<route>& behind, const object& what);
  void set_command(side at, const std::optional<route>& behind, const object& what, std::uint32_t priority, output& out);

  requests waiting_;
  segment_store segments_;
  std::deque<place> places_;      ///< oldest first, which is the one that is forgotten
  std::deque<command> commands_;  ///< the same
  std::array<done, 16> answered_{};
  std::size_t next_answered_ = 0;
  told_facts<64> told_;
};

}  // namespace mw::bacnet
