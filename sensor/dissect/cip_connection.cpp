// The Connection Manager of CIP: Forward Open, Large Forward Open, Forward Close (CIP Specification Volume 1, 3-5.5).
#include "sensor/dissect/cip_connection.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mw::cip {
namespace {

constexpr std::array<std::string_view, 4> kinds{"null", "multicast", "point_to_point", "reserved"};
constexpr std::array<std::string_view, 4> priorities{"low", "high", "scheduled", "urgent"};
constexpr std::array<std::string_view, 8> triggers{"cyclic",   "change_of_state", "application", "reserved",
                                                   "reserved", "reserved",        "reserved",    "reserved"};

/// One direction's network connection parameters: 16 bits, or 32 in the large form, where the size has 16 of them.
void describe_direction(std::string_view prefix, std::uint32_t parameters, bool large, operation& op) {
  const std::uint32_t size = large ? parameters & 0xffff : parameters & 0x1ff;
  const std::uint32_t bits = large ? parameters >> 16 : parameters;
  const auto name = [&](std::string_view what) { return std::string{prefix}.append(what); };
  op.fields.emplace_back(name("_size"), std::uint64_t{size});
  op.fields.emplace_back(name("_variable"), (bits & 0x200) != 0);
  op.fields.emplace_back(name("_priority"), std::string{priorities[(bits >> 10) & 3]});
  op.fields.emplace_back(name("_type"), std::string{kinds[(bits >> 13) & 3]});
  if ((bits & 0x8000) != 0) op.fields.emplace_back(name("_redundant_owner"), true);
}

void describe(const connection_name& n, operation& op) {
  op.fields.emplace_back("connection_serial", std::uint64_t{n.serial});
  op.fields.emplace_back("originator_vendor", std::uint64_t{n.vendor});
  op.fields.emplace_back("originator_serial", std::uint64_t{n.originator});
}

connection_name read_name(reader& in) {
  connection_name n;
  n.serial = in.u16le();
  n.vendor = in.u16le();
  n.originator = in.u32le();
  return n;
}

}  // namespace

bool read_forward_open(reader& in, bool large, operation& op, forward_open& into) {
  in.skip(2);  // priority and time tick, time-out ticks
  into.to_target = in.u32le();
  into.to_originator = in.u32le();
  into.name = read_name(in);
  const auto multiplier = in.u8();
  in.skip(3);
  const auto interval_to_target = in.u32le();
  const auto to_target = large ? in.u32le() : in.u16le();
  const auto interval_to_originator = in.u32le();
  const auto to_originator = large ? in.u32le() : in.u16le();
  const auto transport = in.u8();
  const std::size_t words = in.u8();
  if (!in.ok()) return false;
  describe(into.name, op);
  op.fields.emplace_back("timeout_multiplier", std::uint64_t{4} << std::min<unsigned>(multiplier, 7));
  op.fields.emplace_back("o_t_rpi", std::uint64_t{interval_to_target});
  describe_direction("o_t", to_target, large, op);
  op.fields.emplace_back("t_o_rpi", std::uint64_t{interval_to_originator});
  describe_direction("t_o", to_originator, large, op);
  op.fields.emplace_back("transport_class", std::uint64_t{transport & 0x0fU});
  op.fields.emplace_back("trigger", std::string{triggers[(transport >> 4) & 7]});
  const auto p = read_path(in.part(2 * words));
  into.route = p.route;
  op.fields.emplace_back("connection_path", p.text);
  if (p.key) {
    op.fields.emplace_back("key_vendor", std::uint64_t{p.key->vendor});
    op.fields.emplace_back("key_device_type", std::uint64_t{p.key->device_type});
    op.fields.emplace_back("key_product_code", std::uint64_t{p.key->product_code});
    op.fields.emplace_back("key_revision", std::to_string(p.key->major) + '.' + std::to_string(p.key->minor));
  }
  return in.ok();
}

bool read_forward_open_answer(reader& in, bool success, operation& op, forward_open& into) {
  if (!success) {
    in.skip(8);  // the name again
    if (in.left()) op.fields.emplace_back("remaining_path", std::uint64_t{in.u8()});
    return in.ok();
  }
  into.to_target = in.u32le();
  into.to_originator = in.u32le();
  into.name = read_name(in);
  const auto to_target = in.u32le();
  const auto to_originator = in.u32le();
  if (!in.ok()) return false;
  op.fields.emplace_back("o_t_connection_id", std::uint64_t{into.to_target});
  op.fields.emplace_back("t_o_connection_id", std::uint64_t{into.to_originator});
  op.fields.emplace_back("o_t_api", std::uint64_t{to_target});
  op.fields.emplace_back("t_o_api", std::uint64_t{to_originator});
  return true;
}

bool read_forward_close(reader& in, operation& op, connection_name& into) {
  in.skip(2);
  into = read_name(in);
  const std::size_t words = in.u8();
  in.skip(1);
  if (!in.ok()) return false;
  describe(into, op);
  op.fields.emplace_back("connection_path", read_path(in.part(2 * words)).text);
  return in.ok();
}

connection_table::connection& connection_table::add(connection c) {
  if (known_.size() >= capacity) known_.pop_front();
  return known_.emplace_back(std::move(c));
}

void connection_table::open(const forward_open& f, side originator) {
  std::erase_if(known_, [&](const connection& c) {
    return c.originator == originator && (c.to_target == f.to_target || c.to_originator == f.to_originator);
  });
  add({.to_target = f.to_target, .to_originator = f.to_originator, .name = f.name, .route = f.route, .originator = originator});
}

void connection_table::close(const connection_name& n) {
  std::erase_if(known_, [&](const connection& c) { return c.name == n; });
}

connection_table::connection& connection_table::of_request(std::uint32_t id, side from) {
  const auto it = std::find_if(known_.begin(), known_.end(), [&](const auto& c) { return c.to_target == id && c.originator == from; });
  if (it != known_.end()) return *it;
  return add({.to_target = id, .to_originator = {}, .name = {}, .route = {}, .originator = from});
}

connection_table::connection* connection_table::of_answer(std::uint32_t id, side from) {
  const auto it = std::find_if(known_.begin(), known_.end(), [&](const auto& c) { return c.to_originator == id && c.originator != from; });
  return it == known_.end() ? nullptr : &*it;
}

}  // namespace mw::cip
