// Omron FINS (W227, W342) over UDP, and over TCP with the header of W421 7-4: a header of ten octets, a command and its text.
#include "common/text.hpp"
#include "sensor/dissect/fins_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace fins;

constexpr std::array<std::uint16_t, 1> ports{9600};
constexpr std::uint32_t magic = 0x46494e53;  // "FINS"
constexpr std::size_t tcp_head = 8, shortest_tcp = 8, longest_tcp = 4096;
constexpr std::uint8_t response_bit = 0x40, no_response_bit = 0x01, reserved_bits = 0x3e;

/// Commands of the TCP header.
enum class wrap : std::uint32_t { client_address = 0, server_address = 1, frame = 2, error = 3, confirm = 6 };

struct address {
  std::uint8_t network = 0, node = 0, unit = 0;
  std::string text() const { return text(unit); }
  std::string text(unsigned other_unit) const {
    return std::to_string(network) + '.' + std::to_string(node) + '.' + std::to_string(other_unit);
  }
};

struct header {
  std::uint8_t control = 0, reserved = 0, gateways = 0, service = 0;
  address destination, source;
  std::uint16_t command = 0;
  bool is_response() const { return (control & response_bit) != 0; }
};

header read_header(reader& in) {
  header h;
  h.control = in.u8();
  h.reserved = in.u8();
  h.gateways = in.u8();
  h.destination = {in.u8(), in.u8(), in.u8()};
  h.source = {in.u8(), in.u8(), in.u8()};
  h.service = in.u8();
  h.command = in.u16();
  return h;
}

/// A header that says nothing it must not, with a command that exists and is long enough.
bool convincing(bytes data) {
  reader in{data};
  const auto h = read_header(in);
  const auto what = meaning_of(h.command);
  if (!in.ok() || what.name.empty() || (h.control & reserved_bits) != 0 || h.reserved != 0 || h.gateways > 7) return false;
  if ((h.control & 0x80) == 0 || h.destination.network > 127 || h.source.network > 127) return false;
  return in.left() >= (h.is_response() ? 2 : what.shortest);
}

result<std::size_t> frame(bytes head) {
  reader in{head};
  constexpr std::array<std::uint8_t, 4> name{0x46, 0x49, 0x4e, 0x53};
  if (!std::equal(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(std::min(head.size(), name.size())), name.begin()))
    return fail(fault::malformed, "does not begin with FINS");
  if (head.size() < tcp_head) return 0u;
  in.skip(4);
  const std::size_t length = in.u32();
  if (length < shortest_tcp || length > longest_tcp) return fail(fault::malformed, "length in the FINS/TCP header", 4);
  return tcp_head + length;
}

match probe(bytes head, transport t) {
  if (t == transport::udp) return convincing(head) ? match::yes : match::no;
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  reader in{head};
  in.skip(tcp_head);
  const auto command = in.u32();
  if (!in.ok()) return match::unsure;
  return command <= static_cast<std::uint32_t>(wrap::confirm) ? match::certain : match::no;
}

struct request_key {
  side asker = side::client;
  std::uint8_t service = 0;
  std::uint16_t command = 0;
  friend bool operator==(const request_key&, const request_key&) = default;
};

class fins_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::tcp)
      on_wrapped(m, out);
    else
      on_frame(m.data, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp now, output& out) override {
    pending_.expire(now, out);
    pending_.finish(out);
  }

private:
  void on_wrapped(const message& m, output& out);
  void on_addresses(wrap what, reader& in, std::uint32_t error, const message& m, output& out);
  void on_frame(bytes data, const message& m, output& out);
  void on_command(const header& h, reader& in, const message& m, output& out);
  void on_response(const header& h, reader& in, const message& m, output& out);

  static void unread(const reader& in, const message& m, const std::string& unit, output& out) {
    if (!in.ok()) out.violate(m.from, in.why().kind == fault::truncated ? "length" : "mismatch", in.why().what, unit);
  }
  operation start(const header& h, const message& m, const address& unit) const {
    const auto what = meaning_of(h.command);
    operation op;
    op.time = m.time;
    op.unit = unit.text();
    op.function = std::to_string(h.command);
    op.function_name = what.name.empty() ? "unknown" : what.name;
    op.action = what.action;
    return op;
  }

  pending_requests<request_key, asked> pending_;
  std::optional<operation> greeting_;
  told_facts<64> told_;
};

void fins_session::on_wrapped(const message& m, output& out) {
  reader in{m.data};
  in.expect(in.u32() == magic, "FINS");
  auto body = in.part(in.u32());
  const auto command = body.u32(), error = body.u32();
  if (!body.ok()) return out.violate(m.from, "length", "the message is shorter than its FINS/TCP header");
  out.count("fins", "tcp_command", command);
  const auto what = static_cast<wrap>(command);
  switch (what) {
    case wrap::client_address:
    case wrap::server_address: return on_addresses(what, body, error, m, out);
    case wrap::frame:
      if (error != 0) out.violate(m.from, "tcp_error", "a frame with error " + std::to_string(error) + " in its header");
      return on_frame(body.rest(), m, out);
    case wrap::error: {
      operation op;
      op.time = m.time;
      op.function = "tcp/3";
      op.function_name = "frame_send_error";
      op.action = action::session;
      op.outcome = outcome::unsolicited;
      op.code = std::to_string(error);
      return out.emit(std::move(op), other(m.from));
    }
    case wrap::confirm: return;
  }
  out.violate(m.from, "tcp_command", "a command in the FINS/TCP header that is not assigned");
}

/// The client asks for a node number, the server gives it and tells its own.
void fins_session::on_addresses(wrap what, reader& in, std::uint32_t error, const message& m, output& out) {
  const auto client = in.u32();
  if (what == wrap::client_address) {
    operation op;
    op.time = m.time;
    op.function = "tcp/0";
    op.function_name = "node_address";
    op.action = action::session;
    if (greeting_) greeting_->outcome = outcome::timeout, out.emit(std::move(*greeting_), m.from);
    greeting_ = std::move(op);
    return;
  }
  const auto server = in.u32();
  auto op = greeting_ ? std::move(*greeting_) : operation{};
  const bool paired = std::exchange(greeting_, std::nullopt).has_value();
  if (!paired)
    op.time = m.time, op.function = "tcp/0", op.function_name = "node_address", op.action = action::session;
  else
    op.latency = m.time - op.time;
  op.outcome = !paired ? outcome::unpaired : error != 0 ? outcome::refused : outcome::ok;
  if (error != 0) op.code = std::to_string(error);
  if (in.ok() && error == 0) {
    op.fields.emplace_back("client_node", std::uint64_t{client});
    op.fields.emplace_back("server_node", std::uint64_t{server});
  }
  out.emit(std::move(op), other(m.from));
}

void fins_session::on_frame(bytes data, const message& m, output& out) {
  reader in{data};
  const auto h = read_header(in);
  if (!in.ok()) return out.violate(m.from, "length", "the frame is shorter than its header");
  if ((h.control & reserved_bits) != 0 || h.reserved != 0) out.violate(m.from, "header", "reserved bits of the header are set");
  if (h.is_response()) return on_response(h, in, m, out);
  on_command(h, in, m, out);
}

void fins_session::on_command(const header& h, reader& in, const message& m, output& out) {
  out.count("fins", "command", h.command);
  auto op = start(h, m, h.destination);
  if (op.function_name == "unknown") out.violate(m.from, "command", "a command that is not known", op.unit);
  op.fields.emplace_back("source", h.source.text());
  asked about;
  read_request(h.command, in, op, about);
  unread(in, m, op.unit, out);
  if ((h.control & no_response_bit) != 0) return out.emit(std::move(op), m.from);
  pending_.add({m.from, h.service, h.command}, std::move(op), out, m.from, std::move(about));
}

void fins_session::on_response(const header& h, reader& in, const message& m, output& out) {
  out.count("fins", "response", h.command);
  const auto end = in.u16();
  if (!in.ok()) return out.violate(m.from, "length", "a response without an end code", h.source.text());
  // Flags: a relay reports the error, the controller itself has a fatal or other error.
  const auto code = static_cast<std::uint16_t>(end & 0x7f3f);
  auto found = pending_.take({other(m.from), h.service, h.command});
  // what is sent and what is answered can go the same way where a gateway stands in between
  if (!found) found = pending_.take({m.from, h.service, h.command});
  const bool paired = found.has_value();
  if (!paired) {
    asked about;
    about.command = h.command;
    found = {{}, start(h, m, h.source), other(m.from), std::move(about)};
  }
  auto& op = found->op;
  auto how = outcome::ok;
  std::vector<learned> facts;
  if ((end & 0x8000) != 0) op.fields.emplace_back("relay_error", true);
  if ((end & 0x0080) != 0) op.fields.emplace_back("controller_fatal_error", true);
  if ((end & 0x0040) != 0) op.fields.emplace_back("controller_error", true);
  if (code != 0) {
    how = outcome::refused;
    op.code = std::to_string(code);
    if (const auto why = reason_of(code); !why.empty()) op.fields.emplace_back("reason", std::string{why});
  } else {
    read_response(in, op, found->extra, facts);
    unread(in, m, op.unit, out);
    facts.push_back({"role", "plc", 50});
  }
  for (const auto& f : facts) {
    const auto unit = f.unit < 0 ? h.source.text() : h.source.text(static_cast<unsigned>(f.unit));
    // one conversation can reach many nodes: what is told is remembered by node and kind
    mac node;
    node.octets = {0,
                   0,
                   h.source.network,
                   h.source.node,
                   static_cast<std::uint8_t>(f.unit < 0 ? h.source.unit : f.unit),
                   static_cast<std::uint8_t>(m.from == side::client)};
    if (told_.fresh({}, node, f.kind, f.value, m.time, "fins", out)) out.learn(m.from, unit, f.kind, f.value, f.confidence);
  }
  if (paired) return answer(std::move(*found), m.time, how, out);
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), found->asker);
}

const protocol fins_protocol{{
    .name = "fins",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<fins_session>(); },
}};

}  // namespace
}  // namespace mw
