// Frames of CC-Link IE Control, Field and TSN (EtherType 0x890f). CLPA's specifications are for members; types, the station's number and
// the kind of network follow what CLPA and others have published for tools that read captures. Headers end in a check of unknown making.
#include "sensor/dissect/cclink_ie_ethernet.hpp"

#include <algorithm>
#include <iterator>
#include <string>

namespace mw::cclink {
namespace {

enum class network : std::uint8_t { control, field, tsn };
constexpr std::string_view network_names[] = {"cc_link_ie_control", "cc_link_ie_field", "cc_link_ie_tsn"};

struct frame_type {
  std::uint8_t type;
  std::string_view name;
  network of;
  action what;
};
constexpr frame_type frame_types[] = {
    {0x00, "connect", network::control, action::session},
    {0x01, "connect_ack", network::control, action::session},
    {0x02, "scan", network::control, action::report},
    {0x03, "collect", network::control, action::report},
    {0x04, "select", network::control, action::report},
    {0x05, "launch", network::control, action::report},
    {0x06, "token", network::control, action::report},
    {0x24, "dummy", network::control, action::report},
    {0x2f, "network_test", network::control, action::diagnose},
    {0x80, "cyclic_data_w", network::control, action::report},
    {0x81, "cyclic_data_b", network::control, action::report},
    {0x8c, "cyclic_data_out_1", network::control, action::report},
    {0x8d, "cyclic_data_out_2", network::control, action::report},
    {0x8e, "cyclic_data_in_1", network::control, action::report},
    {0x8f, "cyclic_data_in_2", network::control, action::report},
    {0x10, "persuasion", network::field, action::session},
    {0x11, "test_data", network::field, action::diagnose},
    {0x12, "test_data_ack", network::field, action::diagnose},
    {0x13, "setup", network::field, action::session},
    {0x14, "setup_ack", network::field, action::session},
    {0x15, "token", network::field, action::report},
    {0x1c, "timer", network::field, action::report},
    {0x20, "my_status", network::field, action::report},
    {0x22, "transient_1", network::field, action::report},
    {0x23, "transient_ack", network::field, action::report},
    {0x25, "transient_2", network::field, action::report},
    {0x26, "ip_transient", network::field, action::report},
    {0x28, "parameter_check", network::field, action::diagnose},
    {0x29, "parameter", network::field, action::configure},
    {0x40, "measure", network::field, action::time_sync},
    {0x41, "measure_ack", network::field, action::time_sync},
    {0x42, "offset", network::field, action::time_sync},
    {0x43, "update", network::field, action::time_sync},
    {0x82, "cyclic_data_rww", network::field, action::report},
    {0x83, "cyclic_data_ry", network::field, action::report},
    {0x84, "cyclic_data_rwr", network::field, action::report},
    {0x85, "cyclic_data_rx", network::field, action::report},
    {0xc0, "priority", network::tsn, action::session},
    {0xc1, "detection", network::tsn, action::session},
    {0xc2, "detection_ack", network::tsn, action::session},
    {0xc3, "acyclic_data", network::tsn, action::report},
    {0xc4, "cyclic_master", network::tsn, action::report},
    {0xc5, "cyclic_slave", network::tsn, action::report},
};

const frame_type* find_type(std::uint8_t type) {
  const auto at = std::ranges::find(frame_types, type, &frame_type::type);
  return at == std::end(frame_types) ? nullptr : at;
}

}  // namespace

std::string_view frame_name(std::uint8_t type) {
  const auto* t = find_type(type);
  return t == nullptr ? std::string_view{} : t->name;
}

void ethernet_frames::on_frame(const message& m, output& out) {
  constexpr std::uint8_t stated = 80;
  reader in{m.data};
  const auto type = in.u8();
  const auto* t = find_type(type);
  if (!in.ok()) return out.violate(m.from, "length", "the frame is empty");
  out.count("cclink_ie", "frame", type);
  if (t == nullptr) return out.violate(m.from, "frame_type", "a frame type that is not known");
  std::string station;
  if (t->of != network::tsn) {  // one head of fourteen octets; TSN's differ by type and hold no station
    in.skip(5);
    station = std::to_string(in.u16());
    in.skip(6);
    if (!in.ok()) return out.violate(m.from, "length", "the frame is shorter than its head");
  }
  const auto name = network_names[static_cast<std::size_t>(t->of)];
  const auto say = [&](std::string_view kind, std::string_view value) {
    if (told_.fresh({}, {}, kind, value, m.time, "cclink_ie", out, true)) out.learn(m.from, {}, kind, value, stated);
  };
  say("network", name);
  if (!station.empty()) say("station", station);
  if (seen_[type]) return;
  seen_[type] = true;
  operation op;
  op.time = m.time;
  op.unit = station;
  op.action = t->what;
  op.function = std::to_string(type);
  op.function_name = t->name;
  op.outcome = outcome::none;
  op.fields.emplace_back("network", std::string{name});
  out.emit(std::move(op), m.from);
}

}  // namespace mw::cclink
