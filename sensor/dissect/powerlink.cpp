// Ethernet POWERLINK V2 (EPSG DS 301 V1.5) on Ethernet, and its SDO on UDP: cycles, states of nodes, network management, objects.
// What goes to a group has a conversation per sender, so a request and its answer meet only on UDP and in unicast frames.
#include "common/text.hpp"
#include "sensor/dissect/powerlink_names.hpp"
#include "sensor/dissect/powerlink_node.hpp"
#include "sensor/dissect/powerlink_sdo.hpp"

#include <array>
#include <bitset>

namespace mw {
namespace {

using namespace powerlink;

constexpr std::array<std::uint16_t, 1> ethertypes{0x88ab}, udp_ports{3819};
constexpr std::size_t head_size = 3;
/// A sender that came in time so often has a cycle; what then keeps away for so many cycles is missing.
constexpr std::uint32_t steady = 16, too_many = 3;

bool is_manager(std::uint8_t node) { return node == managing_node || (node >= first_spare_manager && node <= last_spare_manager); }

class powerlink_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto type = static_cast<std::uint8_t>(in.u8() & 0x7f);
    const auto to = in.u8(), from = in.u8();
    if (!in.ok()) {
      out.violate(m.from, "length", "the frame is shorter than its head");
      return verdict::taken;
    }
    out.count("powerlink", "message", type);
    if (message_name(type).empty()) {
      out.violate(m.from, "message_type", "a message type that is reserved", std::to_string(from));
      return verdict::taken;
    }
    switch (type) {
      case start_of_cycle: on_cycle(in, from, m, out); break;
      case poll_request: on_poll(in, type, from, to, m, out); break;
      case poll_response: on_poll(in, type, from, to, m, out); break;
      case start_of_asynchronous: on_invitation(in, from, m, out); break;
      case asynchronous_send: on_service(in, from, to, m, out); break;
      case active_manager: report(m, from, "active_manager_indication", action::mode_change, out); break;
      default: break;
    }
    return verdict::taken;
  }
  void on_gap(side) override { sdo_.on_gap(); }
  void on_time(timestamp now, output& out) override { sdo_.on_time(now, out); }
  void on_end(timestamp, output& out) override { sdo_.on_end(out); }

private:
  /// What a node repeats with each cycle; a record is made when it changes.
  struct cyclic {
    std::uint8_t state = 0, version = 0;
    std::uint16_t size = 0;
    bool ready = false, exception = false, seen = false;
    timestamp last{};
    nanoseconds period{};
    std::uint32_t in_time = 0;
  };

  static operation start(const message& m, std::uint8_t unit, std::uint8_t type, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.unit = std::to_string(unit);
    op.action = what;
    op.function = std::to_string(type);
    op.function_name = name;
    op.outcome = outcome::none;
    return op;
  }
  static void report(const message& m, std::uint8_t node, std::string_view name, action what, output& out) {
    out.emit(start(m, node, static_cast<std::uint8_t>(m.data[0] & 0x7f), name, what), m.from);
  }

  /// True where the frame came later than its cycle lets it.
  static bool late(cyclic& c, timestamp now) {
    const auto passed = now - std::exchange(c.last, now);
    const bool known = c.in_time >= steady;
    if (!c.seen || passed <= nanoseconds{}) return false;
    const bool fits = passed < c.period * 3 / 2 && passed > c.period / 2;
    if (known && passed > c.period * too_many) return true;
    c.in_time = fits ? std::min(c.in_time + 1, 2 * steady) : c.in_time > 0 ? c.in_time - 1 : 0;
    if (!known && !fits) c.period = passed;
    if (fits) c.period += (passed - c.period) / 8;
    return false;
  }

  void on_cycle(reader in, std::uint8_t from, const message& m, output& out) {
    const auto unit = std::to_string(from);
    in.skip(3);
    in.skip(8);  // network time
    const auto relative = in.u64le();
    if (!in.ok()) return out.violate(m.from, "length", "a start of cycle is shorter than its layout", unit);
    if (!is_manager(from)) out.violate(m.from, "manager", "a cycle is begun by a node that is no manager", unit);
    if (relative != 0 && relative_ != 0 && relative <= relative_)
      out.violate(m.from, "relative_time", "the relative time goes back or stands", unit);
    relative_ = relative;
    if (!cycle_.seen) {
      words_.say(m, "role", "managing_node", out);
      words_.say(m, "node_id", unit, out);
      report(m, from, "start_of_cycle", action::report, out);
    }
    if (late(cycle_, m.time)) out.violate(m.from, "cycle_missing", "cycles were left out", unit);
    cycle_.seen = true;
  }

  void on_poll(reader in, std::uint8_t type, std::uint8_t from, std::uint8_t to, const message& m, output& out) {
    const bool response = type == poll_response;
    const auto node = response ? from : to;
    const auto unit = std::to_string(node);
    auto& c = polls_[response ? 1 : 0];
    const auto state = in.u8();  // reserved in a request
    const auto flags = in.u8();
    in.skip(1);
    const auto version = in.u8();
    in.skip(1);
    const auto size = in.u16le();
    if (!in.ok()) return out.violate(m.from, "length", "a poll is shorter than its layout", unit);
    if (size > in.left()) return out.violate(m.from, "length", "the process data are longer than the frame", unit);
    if (response && to != every_node) out.violate(m.from, "node", "a response to less than all nodes", unit);
    if (!response && (!is_manager(from) || to == 0 || to == every_node))
      out.violate(m.from, "node", "a request of no manager or to no node", unit);
    const bool ready = (flags & 1) != 0, exception = response && (flags & 0x10) != 0;
    const bool was_late = late(c, m.time);
    if (was_late && response) out.violate(m.from, "response_missing", "the node left out responses", unit);
    if (response && (!c.seen || c.state != state)) on_state(state, c, node, m, out);
    if (!c.seen || c.ready != ready || c.version != version || c.size != size) {
      auto op = start(m, node, type, message_name(type), action::report);
      op.fields.emplace_back("size", std::uint64_t{size});
      op.fields.emplace_back("pdo_version", std::to_string(version >> 4) + '.' + std::to_string(version & 15));
      op.fields.emplace_back("ready", ready);
      out.emit(std::move(op), m.from);
    }
    if (response && c.seen && c.exception != exception) report(m, node, "exception_new", action::alarm, out);
    if (!c.seen) words_.say(m, "node_id", std::to_string(from), out);
    if (!c.seen) words_.say(m, "role", is_manager(from) ? "managing_node" : "controlled_node", out);
    c.state = state, c.version = version, c.size = size, c.ready = ready, c.exception = exception, c.seen = true;
  }

  void on_state(std::uint8_t state, const cyclic& c, std::uint8_t node, const message& m, output& out) {
    const auto name = state_name(state, is_manager(node));
    if (name.empty()) return out.violate(m.from, "nmt_state", "a state that does not exist", std::to_string(node));
    words_.say(m, "run_state", std::string{name}, out);
    if (!c.seen) return;
    auto op = start(m, node, static_cast<std::uint8_t>(m.data[0] & 0x7f), "state_change", action::report);
    op.fields.emplace_back("state", std::string{name});
    op.fields.emplace_back("previous_state", std::string{state_name(c.state, is_manager(node))});
    out.emit(std::move(op), m.from);
  }

  void on_invitation(reader in, std::uint8_t from, const message& m, output& out) {
    constexpr std::uint8_t ident = 1;
    const auto unit = std::to_string(from);
    const auto state = in.u8();
    in.skip(2);
    const auto service = in.u8(), target = in.u8();
    in.skip(1);
    if (!in.ok()) return out.violate(m.from, "length", "an invitation is shorter than its layout", unit);
    if (!is_manager(from)) out.violate(m.from, "manager", "an invitation of a node that is no manager", unit);
    if (!invitation_.seen || invitation_.state != state) on_state(state, invitation_, from, m, out);
    if (!invitation_.seen) words_.say(m, "role", "managing_node", out);
    invitation_.state = state, invitation_.seen = true;
    if (service != 0) out.count("powerlink", "invitation", service);
    if (service != ident || asked_[target]) return;
    asked_[target] = true;  // nodes that are not there are asked with each cycle
    out.emit(start(m, target, start_of_asynchronous, "ident_request", action::identify), m.from);
  }

  void on_service(reader in, std::uint8_t from, std::uint8_t to, const message& m, output& out) {
    const auto service = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "an asynchronous frame without its service", std::to_string(from));
    out.count("powerlink", "service", service);
    switch (service) {
      case ident_response: return words_.on_ident(in, from, m, out);
      case status_response: return words_.on_status(in, from, m, out);
      case nmt_request: return on_command(in, service, from, m, out);
      case nmt_command: return on_command(in, service, to, m, out);
      case sdo: return sdo_.on_frame(in.rest(), m, from, to, out);
      default: break;
    }
    constexpr std::uint8_t first_of_manufacturers = 0xa0;
    if (service == 0 || service == 0xff || (service > sync_response && service < first_of_manufacturers))
      out.violate(m.from, "service", "a service that is reserved", std::to_string(from));
  }

  /// A command of the manager, or a node's wish for one (to itself or another).
  static void on_command(reader in, std::uint8_t service, std::uint8_t node, const message& m, output& out) {
    constexpr std::uint8_t set_host_name = 98, allocate = 45, reset_node = 40;
    const auto code = in.u8();
    const auto target = in.u8();  // reserved in a command
    if (!in.ok()) return out.violate(m.from, "length", "a command of network management is cut short", std::to_string(node));
    const auto c = nmt_of(code);
    out.count("powerlink", service == nmt_command ? "nmt_command" : "nmt_request", code);
    auto op = start(m, service == nmt_command ? node : target, asynchronous_send, c.name, c.what);
    op.function += '/' + std::to_string(service) + '/' + std::to_string(code);
    if (service == nmt_request) {
      op.function_name = "request_" + op.function_name;
      op.fields.emplace_back("asked_by", std::uint64_t{node});
    }
    if (code == reset_node && in.left() >= 2)
      if (const auto reason = in.u16le(); reason != 0) op.fields.emplace_back("reason", std::string{error_name(reason)});
    if (code == set_host_name) {
      const auto name = in.take(std::min<std::size_t>(in.left(), 32));
      const auto end = std::ranges::find(name, std::uint8_t{0});
      op.values.emplace_back(printable(name.first(static_cast<std::size_t>(end - name.begin())), 32));
    }
    if (code == allocate) op.fields.emplace_back("flags", std::uint64_t{in.u8()});
    out.emit(std::move(op), m.from);
  }

  cyclic cycle_, invitation_;
  std::array<cyclic, 2> polls_;  ///< requests, responses
  std::bitset<256> asked_;
  std::uint64_t relative_ = 0;
  node_words words_;
  sdo_channel sdo_;
};

/// On UDP there is nothing but SDO, and the nodes are left out.
match probe(bytes head, transport t) {
  reader in{head};
  const auto type = in.u8();
  if (t == transport::ethernet) return head.size() >= head_size && !message_name(type & 0x7f).empty() ? match::yes : match::no;
  in.skip(2);
  const auto service = in.u8();
  in.skip(2);
  const auto reserved = in.u16();
  return t == transport::udp && in.ok() && type == asynchronous_send && service == sdo && reserved == 0 ? match::yes : match::no;
}

const protocol ethernet_powerlink{{
    .name = "powerlink",
    .udp_ports = udp_ports,
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<powerlink_session>(); },
}};

}  // namespace
}  // namespace mw
