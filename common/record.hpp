// The words that leave a sensor: flow, operation, fact, violation, status (docs/records.md documents each field).
#pragma once
#include "common/net.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mw {

/// One value read from or written to a machine. Nothing = absent on the wire; octets are text "0x…".
using value = std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string>;
std::string to_string(const value&);

/// What an operation means to the plant: one closed set for all protocols, so that detectors are written once.
enum class action : std::uint8_t {
  read,
  write,
  control,
  subscribe,
  report,
  start,
  stop,
  restart,
  program_download,
  program_upload,
  firmware,
  mode_change,
  configure,
  force,
  diagnose,
  identify,
  authenticate,
  time_sync,
  file_read,
  file_write,
  file_delete,
  alarm,
  session
};
inline constexpr std::size_t action_count = 23;
std::string_view to_string(action);
std::optional<action> parse_action(std::string_view);
/// True where the operation changes the plant or its controller: everything that is not reading, watching or greeting.
bool is_change(action);

enum class outcome : std::uint8_t { ok, refused, timeout, unpaired, unsolicited, none };
std::string_view to_string(outcome);
std::optional<outcome> parse_outcome(std::string_view);

enum class transport : std::uint8_t { tcp, udp, icmp, ethernet, other };
std::string_view to_string(transport);
std::optional<transport> parse_transport(std::string_view);

/// Which packets of the input a record was seen in: the number counts from 1 over all inputs of a run.
struct packet_ref {
  std::uint64_t first = 0, last = 0;
  friend bool operator==(const packet_ref&, const packet_ref&) = default;
};

/// What was addressed. `space` and `address` are written as docs/records.md fixes for each protocol.
struct object {
  std::string space, address;
  std::uint32_t count = 1;
  std::optional<std::uint32_t> property, index;  ///< BACnet property and array index
  friend bool operator==(const object&, const object&) = default;
};

/// A further field of a record, by name.
using field = std::pair<std::string, value>;

/// What a summary of a repeated operation says beyond its first instance (design.md 1.7).
struct repeat {
  static constexpr std::size_t buckets = 32;  ///< bucket i counts [2^i, 2^(i+1)) microseconds; 0 also below
  struct point {                              ///< one element of `values`, in their order
    value first, last;
    double minimum = 0, maximum = 0, mean = 0, variance = 0;
    std::uint64_t changes = 0;
    friend bool operator==(const point&, const point&) = default;
  };
  std::uint64_t count = 1;                                         ///< operations that this record stands for
  timestamp last{};                                                ///< time of the last of them
  std::uint64_t missed = 0;                                        ///< polls that the channel's period led to expect and that did not come
  std::vector<std::uint32_t> intervals, latencies;                 ///< histograms, trailing zeros cut
  std::vector<std::pair<std::string, std::uint32_t>> transitions;  ///< symbol that came before on this channel -> count
  std::vector<point> points;
  friend bool operator==(const repeat&, const repeat&) = default;
};

/// What was said to a machine, and what it answered.
struct operation {
  timestamp time{};      ///< of the request's first byte; of the message itself where there is no request
  std::string protocol;  ///< "modbus"; the name of the dissector unless it says otherwise
  endpoint client, server;
  mw::transport transport = mw::transport::tcp;
  std::string unit;  ///< the device behind the server; "" where the protocol has none
  mw::action action = mw::action::read;
  std::string function, function_name;  ///< the protocol's own number in decimal, and its name in snake case
  std::vector<object> objects;
  std::vector<object> returned;  ///< what the answer holds, where the request names classes or ranges (DNP3)
  std::vector<value> values;
  mw::outcome outcome = mw::outcome::none;
  std::optional<std::string> code;  ///< the protocol's own error code, decimal
  std::optional<nanoseconds> latency;
  std::string flow;        ///< Community ID v1
  std::uint16_t vlan = 0;  ///< outermost VLAN id; 0 = untagged
  packet_ref packets;
  std::vector<field> fields;         ///< further fields by name: "cause", "status", "quality", …
  std::optional<mw::repeat> repeat;  ///< present where the record stands for several operations
  friend bool operator==(const operation&, const operation&) = default;
};

enum class certainty : std::uint8_t { none, candidate, confirmed, opaque };
std::string_view to_string(certainty);

/// Who talked to whom.
struct flow_record {
  timestamp first{}, last{};
  endpoint client, server;
  mw::transport transport = mw::transport::tcp;
  std::uint16_t ethertype = 0;  ///< of a conversation below IP
  std::uint8_t ip_protocol = 0;
  std::uint16_t vlan = 0;
  std::string id;           ///< Community ID v1
  std::string application;  ///< our protocol name, else nDPI's in lower case; "" = unknown
  mw::certainty certainty = mw::certainty::none;
  std::uint64_t client_packets = 0, server_packets = 0, client_bytes = 0, server_bytes = 0;  ///< bytes of IP datagrams or frames
  std::uint64_t client_payload = 0, server_payload = 0;                                      ///< bytes above the transport
  std::string tcp_state;  ///< "syn", "established", "closed", "reset", "rejected", "midstream"; "" otherwise
  std::uint64_t retransmits = 0, gaps = 0, gap_bytes = 0, resyncs = 0, skipped_bytes = 0;
  std::optional<nanoseconds> round_trip;  ///< of the handshake
  bool interim = false;                   ///< the flow goes on; counts are since the record before
  std::string reason;                     ///< why the record was made: "new", "interim", "end", "idle", "eof", "evicted"
  packet_ref packets;
  std::vector<std::string> risks;  ///< nDPI flow risks, snake case
  std::vector<field> facts;        ///< "sni", "ja3", "host", "user_agent", …
  friend bool operator==(const flow_record&, const flow_record&) = default;
};

/// Something learned about an asset.
struct fact {
  timestamp time{};
  ip address;        ///< subject, where known
  mac hardware;      ///< subject, where known
  std::string unit;  ///< sub-device behind it: Modbus unit, slot, link address; "" = the machine itself
  std::string kind;  ///< "vendor", "model", "firmware", "serial", "host_name", "role", "run_state", "ip", …
  std::string value;
  std::string protocol;
  std::uint8_t confidence = 0;  ///< 0..100
  std::uint16_t vlan = 0;
  packet_ref packets;
  friend bool operator==(const fact&, const fact&) = default;
};

/// A protocol rule that was broken: which, where, how.
struct violation {
  timestamp time{};
  std::string protocol;
  std::string rule;    ///< closed set per protocol, snake case: "length", "crc", "sequence", "unpaired_response", …
  std::string detail;  ///< one sentence; never payload
  endpoint client, server;
  mw::transport transport = mw::transport::tcp;
  bool from_client = true;  ///< who sent the offending message
  std::string unit;
  std::string flow;
  std::uint64_t count = 1;  ///< violations that this record stands for
  std::uint16_t vlan = 0;
  packet_ref packets;
  friend bool operator==(const violation&, const violation&) = default;
};

/// One line of the ledger: a stage's in = out + dropped + held.
struct ledger_stage {
  std::string stage;
  std::uint64_t in = 0, out = 0, held = 0;
  std::vector<std::pair<std::string, std::uint64_t>> dropped;  ///< by reason
  std::uint64_t dropped_total() const {
    std::uint64_t n = 0;
    for (const auto& [_, count] : dropped) n += count;
    return n;
  }
  bool balanced() const { return in == out + held + dropped_total(); }
  friend bool operator==(const ledger_stage&, const ledger_stage&) = default;
};

/// The heartbeat.
struct status {
  timestamp time{};
  std::string version, interface;
  std::uint64_t packets = 0, bytes = 0, flows_active = 0;
  std::vector<ledger_stage> ledger;
  std::vector<field> fields;
  friend bool operator==(const status&, const status&) = default;
};

using record = std::variant<flow_record, operation, fact, violation, status>;
timestamp time_of(const record&);
std::string_view type_of(const record&);  ///< "flow", "operation", "fact", "violation", "status"

/// Where records of a run go, in the order in which they are made.
class record_sink {
public:
  virtual ~record_sink() = default;
  virtual void on_record(record&& r) = 0;
};

}  // namespace mw
