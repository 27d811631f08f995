// DoIP, diagnostic communication over IP (ISO 13400-2:2019): testers find vehicles and machines, have a route activated and send diagnostic
// messages, here UDS, to control units behind a gateway.
#include "common/text.hpp"
#include "sensor/dissect/told.hpp"
#include "sensor/dissect/uds.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{13400};
constexpr std::size_t head_size = 8, most_told = 64, most_testers = 16;
constexpr std::uint32_t longest = 1u << 20;
constexpr std::uint8_t stated = 90;

enum payload : std::uint16_t {
  generic_refusal = 0x0000,
  vehicle_request = 0x0001,
  vehicle_request_eid = 0x0002,
  vehicle_request_vin = 0x0003,
  vehicle_announcement = 0x0004,
  activation_request = 0x0005,
  activation_response = 0x0006,
  alive_request = 0x0007,
  alive_response = 0x0008,
  status_request = 0x4001,
  status_response = 0x4002,
  power_request = 0x4003,
  power_response = 0x4004,
  diagnostic = 0x8001,
  diagnostic_acknowledged = 0x8002,
  diagnostic_refused = 0x8003,
};
struct payload_info {
  std::uint16_t type;
  std::string_view name;
  std::uint32_t shortest, most;  ///< of the payload
};
constexpr auto payloads = std::to_array<payload_info>({
    {generic_refusal, "generic_refusal", 1, 1},
    {vehicle_request, "vehicle_identification_request", 0, 0},
    {vehicle_request_eid, "vehicle_identification_request_eid", 6, 6},
    {vehicle_request_vin, "vehicle_identification_request_vin", 17, 17},
    {vehicle_announcement, "vehicle_announcement", 32, 33},
    {activation_request, "routing_activation", 7, 11},
    {activation_response, "routing_activation_response", 9, 13},
    {alive_request, "alive_check", 0, 0},
    {alive_response, "alive_check_response", 2, 2},
    {status_request, "entity_status", 0, 0},
    {status_response, "entity_status_response", 3, 7},
    {power_request, "power_mode", 0, 0},
    {power_response, "power_mode_response", 1, 1},
    {diagnostic, "diagnostic_message", 5, longest},
    {diagnostic_acknowledged, "diagnostic_acknowledgement", 5, longest},
    {diagnostic_refused, "diagnostic_refusal", 5, longest},
});

struct word {
  std::uint8_t code;
  std::string_view name;
};
constexpr auto generic_refusals = std::to_array<word>(
    {{0, "incorrect_pattern"}, {1, "unknown_payload_type"}, {2, "message_too_large"}, {3, "out_of_memory"}, {4, "invalid_payload_length"}});
constexpr auto activations = std::to_array<word>({{0x00, "unknown_source_address"},
                                                  {0x01, "no_socket_free"},
                                                  {0x02, "another_source_address"},
                                                  {0x03, "source_address_in_use"},
                                                  {0x04, "missing_authentication"},
                                                  {0x05, "rejected_confirmation"},
                                                  {0x06, "unsupported_type"},
                                                  {0x07, "tls_required"},
                                                  {0x08, "unknown_client"},
                                                  {0x10, "activated"},
                                                  {0x11, "confirmation_required"}});
constexpr auto activation_types = std::to_array<word>({{0x00, "default"}, {0x01, "regulation"}, {0xe0, "central_security"}});
constexpr auto diagnostic_refusals = std::to_array<word>({{0x02, "invalid_source_address"},
                                                          {0x03, "unknown_target_address"},
                                                          {0x04, "message_too_large"},
                                                          {0x05, "out_of_memory"},
                                                          {0x06, "target_unreachable"},
                                                          {0x07, "unknown_network"},
                                                          {0x08, "transport_protocol_error"}});
constexpr auto node_types = std::to_array<word>({{0, "gateway"}, {1, "node"}});
constexpr auto power_modes = std::to_array<word>({{0, "not_ready"}, {1, "ready"}, {2, "not_supported"}});
constexpr std::uint8_t activated = 0x10, confirmation_required = 0x11;

template <class Table>
std::string_view name_in(const Table& table, std::uint8_t code) {
  const auto at = std::ranges::find(table, code, &word::code);
  return at == table.end() ? std::string_view{} : at->name;
}
const payload_info* find_payload(std::uint16_t type) {
  const auto at = std::ranges::find(payloads, type, &payload_info::type);
  return at == payloads.end() ? nullptr : &*at;
}

/// Editions up to 2019, and the version of an identification request, which asks whatever the vehicle speaks.
bool is_version(std::uint8_t v) { return (v >= 1 && v <= 4) || v == 0xff; }

result<std::size_t> frame(bytes head) {
  if (head.empty()) return 0u;
  if (!is_version(head[0])) return fail(fault::malformed, "protocol version");
  if (head.size() >= 2 && (head[0] ^ head[1]) != 0xff) return fail(fault::malformed, "inverse of the version", 1);
  if (head.size() < head_size) return 0u;
  reader in{head};
  in.skip(4);
  const auto length = in.u32();
  if (length > longest - head_size) return fail(fault::malformed, "payload length", 4);
  return head_size + length;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp && t != transport::udp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0) return t == transport::tcp ? match::unsure : match::no;
  reader in{head};
  in.skip(2);
  const auto* about = find_payload(in.u16());
  const auto length = *size - head_size;
  if (about == nullptr || length < about->shortest || length > about->most) return match::no;
  return t == transport::udp && head.size() != *size ? match::no : match::yes;
}

class doip_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto version = in.u8(), inverse = in.u8();
    const auto type = in.u16();
    auto body = in.part(in.u32());
    if (!body.ok() || in.left()) {
      out.violate(m.from, "length", "the message is not as long as its head says");
      return verdict::taken;
    }
    if ((version ^ inverse) != 0xff || !is_version(version)) out.violate(m.from, "version", "the version and its inverse do not fit");
    out.count("doip", "payload", std::uint32_t{type});
    const auto* about = find_payload(type);
    if (about == nullptr) {
      if (type < 0xf000) out.violate(m.from, "payload_type", "a type of payload that is reserved");  // above they are makers' own
      return verdict::taken;
    }
    if (body.left() < about->shortest || body.left() > about->most) {
      out.violate(m.from, "length", "the payload is too short or too long for its type");
      return verdict::taken;
    }
    on_payload(*about, body, m, out);
    return verdict::taken;
  }
  void on_gap(side) override { uds_.on_gap(), whole_ = false; }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out, std::chrono::seconds{10}), uds_.on_time(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out), uds_.on_end(out); }

private:
  void on_payload(const payload_info& about, reader& in, const message& m, output& out) {
    switch (about.type) {
      case generic_refusal: return on_generic_refusal(in, m, out);
      case vehicle_request:
      case vehicle_request_eid:
      case vehicle_request_vin: {
        auto op = begin(about, m, action::identify);
        op.outcome = outcome::none;  // vehicles answer from elsewhere, or not at all
        if (about.type == vehicle_request_eid) op.fields.emplace_back("eid", hex(in.take(6)));
        if (about.type == vehicle_request_vin) op.fields.emplace_back("vin", printable(in.take(17)));
        return out.emit(std::move(op), m.from);
      }
      case vehicle_announcement: return on_vehicle(about, in, m, out);
      case activation_request: {
        auto op = begin(about, m, action::session);
        const auto source = in.u16();
        const auto kind = in.u8();
        op.unit = uds::address_text(source);
        op.fields.emplace_back("activation_type", std::uint64_t{kind});
        if (!name_in(activation_types, kind).empty()) op.fields.emplace_back("activation", std::string{name_in(activation_types, kind)});
        return waiting_.add(activation_response, std::move(op), out, m.from, source);
      }
      case activation_response: return on_activation(in, m, out);
      case status_request: return waiting_.add(status_response, begin(about, m, action::identify), out, m.from);
      case power_request: return waiting_.add(power_response, begin(about, m, action::diagnose), out, m.from);
      case status_response: return on_status(about, in, m, out);
      case power_response: {
        const auto mode = in.u8();
        return complete(about, m, out, [&](operation& op) {
          op.values.emplace_back(std::uint64_t{mode});
          if (!name_in(power_modes, mode).empty()) op.fields.emplace_back("power_mode", std::string{name_in(power_modes, mode)});
        });
      }
      case diagnostic:
      case diagnostic_acknowledged:
      case diagnostic_refused: return on_diagnostic(about.type, in, m, out);
      default: return;  // alive checks are counted
    }
  }

  void on_generic_refusal(reader& in, const message& m, output& out) {
    const auto code = in.u8();
    out.count("doip", "refusal", std::uint32_t{code});
    for (const auto type : {activation_response, status_response, power_response})
      if (auto r = waiting_.take(type); r) {
        r->op.code = std::to_string(code);
        if (!name_in(generic_refusals, code).empty()) r->op.fields.emplace_back("reason", std::string{name_in(generic_refusals, code)});
        return answer(*r, m.time, outcome::refused, out);
      }
  }

  void on_vehicle(const payload_info& about, reader& in, const message& m, output& out) {
    const auto vin = in.take(17);
    const auto address = in.u16();
    const auto eid = in.take(6), gid = in.take(6);
    const auto further = in.u8();
    auto op = begin(about, m, action::identify);
    op.outcome = outcome::unsolicited;
    op.unit = uds::address_text(address);
    const auto blank = [](bytes b) { return std::ranges::all_of(b, [&](auto o) { return o == b[0]; }) && (b[0] == 0 || b[0] == 0xff); };
    const auto say = [&](std::string_view kind, std::string value, bool holds) {
      if (!holds || value.empty()) return;
      op.fields.emplace_back(std::string{kind}, value);
      if (told_.fresh(m.source.address, m.source.hardware, kind, value, m.time, "doip", out)) out.learn(m.from, {}, kind, value, stated);
    };
    say("vin", printable(vin), is_text(vin) && !blank(vin));
    say("logical_address", op.unit, true);
    say("eid", hex(eid), !blank(eid));
    say("gid", hex(gid), !blank(gid));
    op.fields.emplace_back("further_action", std::uint64_t{further});
    if (in.left()) op.fields.emplace_back("sync_status", std::uint64_t{in.u8()});
    out.emit(std::move(op), m.from);
  }

  void on_activation(reader& in, const message& m, output& out) {
    const auto tester = in.u16(), entity = in.u16();
    const auto code = in.u8();
    out.count("doip", "activation", std::uint32_t{code});
    auto r = waiting_.take(activation_response);
    if (!r) {
      operation op = begin(*find_payload(activation_request), m, action::session);
      op.unit = uds::address_text(tester);
      if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen", op.unit);
      r = {.key = activation_response, .op = std::move(op), .asker = other(m.from), .extra = tester};
      r->op.outcome = outcome::unpaired;
    } else if (r->extra != tester) {
      out.violate(m.from, "mismatch", "the answer is about another tester", uds::address_text(tester));
    }
    r->op.fields.emplace_back("logical_address", uds::address_text(entity));
    if (!name_in(activations, code).empty()) r->op.fields.emplace_back("result", std::string{name_in(activations, code)});
    const bool well = code == activated || code == confirmation_required;
    if (!well) r->op.code = std::to_string(code);
    std::erase(testers_, tester);
    if (well && testers_.size() < most_testers) testers_.push_back(tester);
    decided_ = true;
    if (told_.fresh(m.source.address, m.source.hardware, "logical_address", uds::address_text(entity), m.time, "doip", out))
      out.learn(m.from, {}, "logical_address", uds::address_text(entity), stated);
    if (r->op.outcome == outcome::unpaired) return out.emit(std::move(r->op), r->asker);
    answer(*r, m.time, well ? outcome::ok : outcome::refused, out);
  }

  void on_status(const payload_info& about, reader& in, const message& m, output& out) {
    const auto node = in.u8(), most = in.u8(), open = in.u8();
    const auto largest = in.left() >= 4 ? in.u32() : 0;
    complete(about, m, out, [&](operation& op) {
      if (!name_in(node_types, node).empty()) op.fields.emplace_back("node_type", std::string{name_in(node_types, node)});
      op.fields.emplace_back("most_sockets", std::uint64_t{most});
      op.fields.emplace_back("open_sockets", std::uint64_t{open});
      if (largest != 0) op.fields.emplace_back("largest_message", std::uint64_t{largest});
    });
    const auto role = node == 0 ? std::string_view{"doip_gateway"} : std::string_view{"doip_node"};
    if (node <= 1 && told_.fresh(m.source.address, m.source.hardware, "role", role, m.time, "doip", out))
      out.learn(m.from, {}, "role", role, stated);
  }

  void on_diagnostic(std::uint16_t type, reader& in, const message& m, output& out) {
    const auto source = in.u16(), target = in.u16();
    if (type == diagnostic) {
      if (m.from == side::client) {
        check_route(source, m, out);
        return uds_.on_request({source, target}, in.rest(), m, out);
      }
      return uds_.on_response({target, source}, in.rest(), m, out);
    }
    const auto code = in.u8();
    if (type == diagnostic_acknowledged) return;  // the gateway has taken it; the control unit is yet to answer
    out.count("doip", "diagnostic_refusal", std::uint32_t{code});
    uds_.refused({target, source}, code, name_in(diagnostic_refusals, code), m, out);
  }
  void check_route(std::uint16_t tester, const message& m, output& out) {
    if (!decided_ || !whole_ || std::ranges::find(testers_, tester) != testers_.end()) return;
    out.violate(m.from, "not_activated", "a diagnostic message of a tester whose route is not activated", uds::address_text(tester));
  }

  template <class Fill>
  void complete(const payload_info& about, const message& m, output& out, Fill fill) {
    if (auto r = waiting_.take(about.type); r) {
      fill(r->op);
      return answer(*r, m.time, outcome::ok, out);
    }
    auto op = begin(about, m, action::diagnose);
    op.outcome = outcome::unpaired;
    fill(op);
    if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
    out.emit(std::move(op), other(m.from));
  }
  static operation begin(const payload_info& about, const message& m, action what) {
    operation op;
    op.time = m.time;
    op.function = std::to_string(about.type);
    op.function_name = about.name;
    op.action = what;
    return op;
  }

  pending_requests<std::uint16_t, std::uint16_t, 32> waiting_;
  uds::exchange uds_;
  std::vector<std::uint16_t> testers_;  ///< whose routes are activated
  bool decided_ = false;                ///< an activation was seen
  bool whole_ = true;                   ///< nothing was missed
  told_facts<most_told> told_;
};

const protocol doip{{
    .name = "doip",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<doip_session>(); },
}};

}  // namespace
}  // namespace mw
