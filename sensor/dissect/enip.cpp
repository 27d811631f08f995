// EtherNet/IP: the encapsulation of CIP on TCP and UDP (CIP Specification Volume 2, chapter 2).
#include "common/text.hpp"
#include "sensor/dissect/cip.hpp"
#include "sensor/dissect/enip_io.hpp"
#include "sensor/dissect/pending.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> tcp_ports{44818};
constexpr std::array<std::uint16_t, 2> udp_ports{44818, 2222};

constexpr std::size_t header_size = 24;
constexpr std::uint16_t longest = 65511, longest_unknown = 4096;  ///< of what follows the header; where the command is not known
constexpr std::size_t most_items = 64;

enum command : std::uint16_t {
  nop = 0,
  list_services = 4,
  list_identity = 99,
  list_interfaces = 100,
  register_session = 101,
  unregister_session = 102,
  send_rr_data = 111,
  send_unit_data = 112
};
struct command_info {
  std::uint16_t code;
  std::string_view name;
  action what;
  bool answered;
};
constexpr std::array commands{
    command_info{nop, "nop", action::session, false},
    command_info{list_services, "list_services", action::identify, true},
    command_info{list_identity, "list_identity", action::identify, true},
    command_info{list_interfaces, "list_interfaces", action::identify, true},
    command_info{register_session, "register_session", action::session, true},
    command_info{unregister_session, "unregister_session", action::session, false},
    command_info{send_rr_data, "send_rr_data", action::session, true},
    command_info{send_unit_data, "send_unit_data", action::session, false},
    command_info{114, "indicate_status", action::diagnose, true},
    command_info{115, "cancel", action::session, true},
    command_info{200, "start_dtls", action::session, true},
};
const command_info* find(std::uint16_t code) {
  const auto it = std::find_if(commands.begin(), commands.end(), [&](const command_info& c) { return c.code == code; });
  return it == commands.end() ? nullptr : &*it;
}
constexpr std::array<std::uint32_t, 8> statuses{0, 1, 2, 3, 0x64, 0x65, 0x69, 0x6a};

struct header {
  std::uint16_t command = 0, length = 0;
  std::uint32_t session = 0, status = 0;
  std::uint64_t context = 0;
  std::uint32_t options = 0;
  std::size_t size() const { return header_size + length; }
};
std::optional<header> read_header(bytes head) {
  reader in{head};
  header h;
  h.command = in.u16le();
  h.length = in.u16le();
  h.session = in.u32le();
  h.status = in.u32le();
  h.context = in.u64();
  h.options = in.u32le();
  if (!in.ok()) return {};
  return h;
}

// --- the common packet format --------------------------------------------------------------------------------------

enum item_type : std::uint16_t {
  null_address = 0,
  identity_item = 0x0c,
  connected_address = 0xa1,
  connected_data = 0xb1,
  unconnected_data = 0xb2,
  services_item = 0x100
};
struct item {
  std::uint16_t type = 0;
  bytes data;
};
std::vector<item> read_items(reader& in) {
  std::vector<item> items;
  const auto count = in.u16le();
  while (in.left() && items.size() < std::min<std::size_t>(count, most_items)) {
    item i;
    i.type = in.u16le();
    i.data = in.take(in.u16le());
    if (in.ok()) items.push_back(i);
  }
  in.expect(items.size() == count, "as many items as announced");
  return items;
}
const item* first_of(const std::vector<item>& items, std::initializer_list<std::uint16_t> types) {
  const auto it =
      std::find_if(items.begin(), items.end(), [&](const item& i) { return std::find(types.begin(), types.end(), i.type) != types.end(); });
  return it == items.end() ? nullptr : &*it;
}
/// What SendRRData and SendUnitData carry. Interface handle and time-out stand in front.
struct carried {
  std::vector<item> items;
  std::uint32_t interface = 0;
  std::optional<std::uint32_t> connection;
  std::uint16_t sequence = 0;
  bytes cip;
  bool whole = false;
};
carried read_carried(reader in) {
  carried c;
  c.interface = in.u32le();
  in.skip(2);
  c.items = read_items(in);
  c.whole = in.ok();
  if (const auto* address = first_of(c.items, {connected_address})) {
    reader id{address->data};
    const auto v = id.u32le();
    if (id.ok())
      c.connection = v;
    else
      c.whole = false;
  }
  const auto* data = first_of(c.items, {connected_data, unconnected_data});
  if (data == nullptr) return c;
  reader body{data->data};
  if (data->type == connected_data)
    c.sequence = body.u16le();
  else
    c.connection.reset();
  if (data->type == connected_data && !c.connection) c.connection = 0;
  c.cip = body.rest();
  return c;
}

// --- is it ours? ---------------------------------------------------------------------------------------------------

/// Whether a body can be this command's; bodies of requests and of answers.
bool fits(const header& h, bytes body) {
  if (h.status != 0) return body.size() <= 512;
  reader in{body};
  switch (h.command) {
    case nop: return h.length > 0 || h.session != 0 || h.context != 0;  // zeros alone prove nothing
    case unregister_session: return body.empty();
    case register_session: {
      const auto version = in.u16le(), options = in.u16le();
      return in.ok() && in.left() == 0 && version >= 1 && version <= 2 && options == 0;
    }
    case list_services:
    case list_identity:
    case list_interfaces:
      if (body.empty()) return true;
      (void)read_items(in);
      return in.ok() && in.left() == 0;
    case send_rr_data:
    case send_unit_data: {
      const auto c = read_carried(in);
      return c.whole && c.interface == 0 && c.cip.size() >= 2 && (h.command == send_unit_data) == c.connection.has_value();
    }
    default: return body.size() <= longest_unknown;
  }
}

match probe(bytes head, transport t) {
  if (t == transport::udp) {
    enip::io_datagram d;
    if (enip::read_io(head, d)) return match::yes;
  }
  const auto h = read_header(head);
  if (!h) {
    if (t == transport::udp) return match::no;
    reader in{head};
    if (in.left() < 2) return match::unsure;
    const auto code = in.u16le();
    return find(code) != nullptr ? match::unsure : match::no;
  }
  if (find(h->command) == nullptr || h->options != 0 || h->length > longest) return match::no;
  if (std::find(statuses.begin(), statuses.end(), h->status) == statuses.end()) return match::no;
  if (t == transport::udp && head.size() != h->size()) return match::no;
  if (head.size() < h->size()) {
    const bool short_ones = h->command == register_session || h->command == unregister_session;
    return short_ones && h->length > 4 ? match::no : match::unsure;
  }
  if (!fits(*h, head.subspan(header_size, h->length))) return match::no;
  return h->command == nop ? match::unsure : match::yes;
}

result<std::size_t> frame(bytes head) {
  reader start{head};
  if (head.size() < 2) return 0U;
  const bool known = find(start.u16le()) != nullptr;
  const auto h = read_header(head);
  if (!h) return known || head.size() < 12 ? result<std::size_t>{0U} : fail(fault::malformed, "an unknown command");
  if (!known && (h->status != 0 || h->options != 0 || h->length > longest_unknown || h->command > 0x7fff))
    return fail(fault::malformed, "an unknown command");
  if (known && (h->status > 0xffff || h->length > longest)) return fail(fault::malformed, "a status that is none", 8);
  return h->size();
}

// --- the conversation ----------------------------------------------------------------------------------------------

class enip_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::udp) {
      enip::io_datagram d;
      if (enip::read_io(m.data, d)) {
        io_.on_datagram(d, m, out);
        return verdict::taken;
      }
    }
    const auto h = read_header(m.data);
    if (!h) {
      out.violate(m.from, "length", "a message shorter than its header");
      return verdict::taken;
    }
    const auto body = m.data.subspan(header_size, std::min<std::size_t>(h->length, m.data.size() - header_size));
    if (m.data.size() != h->size()) out.violate(m.from, "length", "the length in the header is not that of the message");
    if (h->options != 0) out.violate(m.from, "options", "the options of the header are not 0");
    if (find(h->command) == nullptr) out.violate(m.from, "command", "a command that the encapsulation does not have");

    const bool data = h->command == send_rr_data || h->command == send_unit_data;
    const auto inside = data ? read_carried(reader{body}) : carried{};
    weigh(*h, body, inside, m.from);
    const bool asks = m.from == asker();
    out.count("enip", asks ? "request" : "response", h->command);
    if (data)
      on_data(*h, inside, body, asks, m, out);
    else if (asks)
      on_request(*h, body, m, out);
    else
      on_answer(*h, body, m, out);
    return verdict::taken;
  }
  void on_gap(side from) override { cip_.on_gap(from); }
  void on_time(timestamp now, output& out) override {
    open_.expire(now, out);
    cip_.on_time(now, out);
    io_.on_time(now, out);
  }
  void on_end(timestamp, output& out) override {
    open_.finish(out);
    cip_.on_end(out);
    io_.on_end(out);
  }

private:
  struct key {
    std::uint16_t command = 0;
    std::uint64_t context = 0;
    friend bool operator==(const key&, const key&) = default;
  };

  side asker() const { return lean_ >= 0 ? side::client : side::server; }
  /// Ports tell who asks, except where a capture begins in the midst of a conversation, or an answer to a broadcast opens a
  /// flow of its own. One odd message must not turn the direction for good.
  void weigh(const header& h, bytes body, const carried& inside, side from) {
    std::optional<bool> asks;
    switch (h.command) {
      case list_services:
      case list_identity:
      case list_interfaces: asks = body.empty() && h.status == 0; break;
      case register_session: asks = h.session == 0 && h.status == 0; break;
      case unregister_session: break;
      default:
        if (!inside.cip.empty()) asks = !cip::conversation::is_response(inside.cip);
    }
    if (asks) lean_ = std::clamp(lean_ + (*asks == (from == side::client) ? 1 : -1), -2, 2);
  }

  static operation describe(const header& h, timestamp at) {
    operation op;
    const auto* known = find(h.command);
    op.protocol = "enip";
    op.time = at;
    op.action = known != nullptr ? known->what : action::diagnose;
    op.function = std::to_string(h.command);
    op.function_name = known != nullptr ? known->name : "unknown_command";
    if (h.session != 0) op.fields.emplace_back("session", std::uint64_t{h.session});
    return op;
  }

  void on_request(const header& h, bytes body, const message& m, output& out) {
    auto op = describe(h, m.time);
    const auto* known = find(h.command);
    if ((h.command == register_session && body.size() != 4) || (h.command == unregister_session && !body.empty()))
      out.violate(m.from, "length", "the body has not the size that the command asks for");
    const bool to_all = m.target.address.is_broadcast() || m.target.address.is_multicast();
    if ((known != nullptr && !known->answered) || to_all) {
      op.outcome = outcome::none;  // answers to a broadcast come in conversations of their own
      return out.emit(std::move(op), m.from);
    }
    open_.add({h.command, h.context}, std::move(op), out, m.from);
  }

  void on_answer(const header& h, bytes body, const message& m, output& out) {
    auto found = open_.take({h.command, h.context});
    auto op = found ? std::move(found->op) : describe(h, m.time);
    if (found) op.latency = m.time - op.time;
    op.outcome = found ? outcome::ok : outcome::unpaired;
    if (h.status != 0) {
      if (found) op.outcome = outcome::refused;
      op.code = std::to_string(h.status);
    } else if (h.command == register_session) {
      if (found && h.session != 0 && op.fields.empty()) op.fields.emplace_back("session", std::uint64_t{h.session});
    } else if (h.command == list_services || h.command == list_identity || h.command == list_interfaces) {
      reader in{body};
      bool first = true;
      for (const auto& i : read_items(in)) {
        if (i.type == identity_item) on_identity(reader{i.data}, op, first, m, out);
        if (i.type == services_item && first) on_services(reader{i.data}, op, m, out);
        first = false;
      }
      if (!in.ok()) out.violate(m.from, "length", "an answer ends inside its items");
    }
    out.emit(std::move(op), other(m.from));
  }

  /// The device's own description. Further ones in the same answer are of devices behind it.
  void on_identity(reader in, operation& op, bool first, const message& m, output& out) {
    in.skip(2);  // version of the protocol
    in.skip(2);  // the address family, then port and address, most significant octet first
    const auto port = in.u16();
    const auto a = in.u32();
    in.skip(8);
    const auto device = cip::read_identity(in);
    if (!device.name) return out.violate(m.from, "length", "an identity item ends inside its fields");
    std::string where;
    for (int shift = 24; shift >= 0; shift -= 8) where += std::to_string((a >> shift) & 0xff) + (shift ? "." : "");
    cip_.book().tell(device, m.from, first ? std::string{} : where, out);
    if (!first) return;
    op.fields.emplace_back("product_name", *device.name);
    op.fields.emplace_back("status", std::uint64_t{device.status.value_or(0)});
    op.fields.emplace_back("socket_address", where + ':' + std::to_string(port));
    if (in.left()) op.fields.emplace_back("state", std::uint64_t{in.u8()});
  }

  static void on_services(reader in, operation& op, const message& m, output& out) {
    in.skip(2);
    const auto capabilities = in.u16le();
    const auto name = in.take(std::min<std::size_t>(in.left(), 16));
    if (!in.ok()) return out.violate(m.from, "length", "a services item ends inside its fields");
    const auto end = std::find(name.begin(), name.end(), std::uint8_t{0});
    op.fields.emplace_back("service", printable(name.first(static_cast<std::size_t>(end - name.begin()))));
    op.fields.emplace_back("capabilities", std::uint64_t{capabilities});
  }

  void on_data(const header& h, const carried& c, bytes body, bool asks, const message& m, output& out) {
    const cip::origin o{
        .from = m.from, .time = m.time, .session = h.session, .context = h.context, .connection = c.connection, .sequence = c.sequence};
    if (h.status != 0 && !asks) {  // the encapsulation itself refuses
      if (h.command == send_rr_data && cip_.refuse(o, h.status, out)) return;
      auto op = describe(h, m.time);
      op.outcome = outcome::unpaired;
      op.code = std::to_string(h.status);
      return out.emit(std::move(op), other(m.from));
    }
    if (!c.whole || body.empty()) out.violate(m.from, "length", "the items are not as many or as long as they say");
    if (c.interface != 0) return out.violate(m.from, "interface_handle", "an interface other than CIP");
    if (!c.cip.empty()) cip_.on_message(c.cip, o, out);
  }

  int lean_ = 0;  ///< below 0: the messages look as if the server asks
  pending_requests<key, std::monostate, 64> open_;
  cip::conversation cip_;
  enip::io_watch io_;
};

const protocol ethernet_ip{{
    .name = "enip",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<enip_session>(); },
}};

}  // namespace
}  // namespace mw
