// One message of the Precision Time Protocol: header, body, extensions.
#include "sensor/dissect/ptp_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mw::ptp {
namespace {

struct type_info {
  std::string_view name;
  std::size_t size;  ///< without extensions
};
constexpr std::array<type_info, 14> types{{{"sync", 44},
                                           {"delay_req", 44},
                                           {"pdelay_req", 54},
                                           {"pdelay_resp", 54},
                                           {"", header_size},
                                           {"", header_size},
                                           {"", header_size},
                                           {"", header_size},
                                           {"follow_up", 44},
                                           {"delay_resp", 54},
                                           {"pdelay_resp_follow_up", 54},
                                           {"announce", 64},
                                           {"signaling", 44},
                                           {"management", 48}}};

constexpr std::uint8_t finest_accuracy = 0x17;
constexpr std::array<std::string_view, 27> accuracies{"1 ps",   "2.5 ps", "10 ps",  "25 ps",  "100 ps", "250 ps",        "1 ns",
                                                      "2.5 ns", "10 ns",  "25 ns",  "100 ns", "250 ns", "1 us",          "2.5 us",
                                                      "10 us",  "25 us",  "100 us", "250 us", "1 ms",   "2.5 ms",        "10 ms",
                                                      "25 ms",  "100 ms", "250 ms", "1 s",    "10 s",   "more than 10 s"};
constexpr std::pair<std::uint8_t, std::string_view> sources[] = {
    {0x10, "atomic_clock"}, {0x20, "gnss"},  {0x30, "terrestrial_radio"},  {0x39, "serial_time_code"}, {0x40, "ptp"}, {0x50, "ntp"},
    {0x60, "hand_set"},     {0x90, "other"}, {0xa0, "internal_oscillator"}};
constexpr std::pair<std::uint16_t, std::string_view> flags_of[] = {{0x0100, "alternate_master"}, {0x0200, "two_step"},
                                                                   {0x0400, "unicast"},          {0x8000, "security"},
                                                                   {0x0001, "leap_61"},          {0x0002, "leap_59"},
                                                                   {0x0004, "utc_reasonable"},   {0x0008, "ptp_timescale"},
                                                                   {0x0010, "time_traceable"},   {0x0020, "frequency_traceable"},
                                                                   {0x0040, "uncertain"}};
constexpr std::pair<std::uint16_t, std::string_view> tlvs[] = {{management_tlv, "management"},
                                                               {management_error, "management_error_status"},
                                                               {organization, "organization_extension"},
                                                               {request_unicast, "request_unicast_transmission"},
                                                               {grant_unicast, "grant_unicast_transmission"},
                                                               {cancel_unicast, "cancel_unicast_transmission"},
                                                               {acknowledge_cancel, "acknowledge_cancel_unicast_transmission"},
                                                               {path_trace, "path_trace"},
                                                               {0x0009, "alternate_time_offset_indicator"},
                                                               {0x4000, "organization_extension_propagate"},
                                                               {0x4001, "enhanced_accuracy_metrics"},
                                                               {0x8000, "organization_extension_do_not_propagate"},
                                                               {0x8001, "l1_sync"},
                                                               {0x8002, "port_communication_availability"},
                                                               {0x8003, "protocol_address"},
                                                               {0x8004, "slave_rx_sync_timing_data"},
                                                               {0x8005, "slave_rx_sync_computed_data"},
                                                               {0x8006, "slave_tx_event_timestamps"},
                                                               {0x8007, "cumulative_rate_ratio"},
                                                               {0x8008, "pad"},
                                                               {0x8009, "authentication"}};

template <class Table, class Key>
std::string_view look_up(const Table& table, Key key, std::string_view otherwise) {
  const auto at = std::ranges::find(table, key, [](const auto& p) { return p.first; });
  return at != std::end(table) ? at->second : otherwise;
}

}  // namespace

std::string_view name_of(std::uint8_t kind) { return kind < types.size() ? types.at(kind).name : std::string_view{}; }
std::size_t least_size(std::uint8_t type) { return type < types.size() ? types.at(type).size : header_size; }

std::string clock_text(std::uint64_t clock) {
  std::array<std::uint8_t, 8> octets{};
  for (auto at = octets.rbegin(); at != octets.rend(); ++at) *at = static_cast<std::uint8_t>(clock), clock >>= 8;
  return hex(octets).substr(2);
}
std::string to_string(const port_identity& p) { return clock_text(p.clock) + '/' + std::to_string(p.port); }
port_identity read_port(reader& in) {
  port_identity p;
  p.clock = in.u64();
  p.port = in.u16();
  return p;
}

std::optional<header> read_header(reader& in) {
  header h;
  const auto first = in.u8(), second = in.u8();
  h.sdo = first >> 4, h.type = first & 15;
  h.minor = second >> 4, h.version = second & 15;
  h.length = in.u16();
  h.domain = in.u8();
  in.skip(1);
  h.flags = in.u16();
  in.skip(8 + 4);  // correction, and what the type makes of the next four
  h.source = read_port(in);
  h.sequence = in.u16();
  in.skip(2);  // control field and period
  if (!in.ok()) return {};
  return h;
}

instant read_instant(reader& in) {
  instant t;
  t.seconds = in.be_n(6);
  t.nanoseconds = in.u32();
  return t;
}

announcement read_announcement(reader& in) {
  announcement a;
  (void)read_instant(in);
  a.utc_offset = static_cast<std::int16_t>(in.u16());
  in.skip(1);
  a.priority1 = in.u8();
  a.clock_class = in.u8(), a.accuracy = in.u8(), a.variance = in.u16();
  a.priority2 = in.u8();
  a.grandmaster = in.u64();
  a.steps_removed = in.u16();
  a.time_source = in.u8();
  return a;
}

std::string_view accuracy_name(std::uint8_t accuracy) {
  const std::size_t at = accuracy - std::size_t{finest_accuracy};
  return accuracy >= finest_accuracy && at < accuracies.size() ? accuracies.at(at) : "unknown";
}
std::string_view time_source_name(std::uint8_t source) { return look_up(sources, source, "unknown"); }
std::string flag_names(std::uint16_t flags) {
  std::string out;
  for (const auto& [bit, name] : flags_of)
    if ((flags & bit) != 0) (out += out.empty() ? "" : " ") += name;
  return out;
}

std::string_view tlv_name(std::uint16_t type) { return look_up(tlvs, type, "unknown"); }
tlv read_tlv(reader& in) {
  tlv t;
  t.type = in.u16();
  t.value = in.take(in.u16());
  return t;
}

}  // namespace mw::ptp
