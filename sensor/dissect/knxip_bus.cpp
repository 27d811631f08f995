// What a connection or a group carries in KNXnet/IP: telegrams of the bus, and the management of the interface itself.
#include "sensor/dissect/knxip_session.hpp"

#include <algorithm>
#include <string>

namespace mw::knxip {
namespace {

constexpr std::uint8_t load_state = 5, serial_number = 11, order_info = 15, firmware_revision = 9;  ///< properties

unsigned property_of(const operation& op) {
  const auto& a = op.objects.back().address;
  unsigned n = 0;
  for (const char c : a.substr(a.rfind('/') + 1)) n = n * 10 + static_cast<unsigned>(c - '0');
  return n;
}

}  // namespace

void connection::on_carried(const service_info& s, reader& in, const message& m, output& out) {
  std::uint8_t id = 0;
  if (read_connection(in, m, id, out)) on_telegram(s, id, in.take(in.left()), m, out);
}

void connection::on_telegram(const service_info& s, std::uint8_t id, bytes data, const message& m, output& out) {
  auto t = read_telegram(data);
  if (!t) return out.violate(m.from, "telegram", "what is carried is no telegram, or is cut");
  out.count("knxip", "message_code", t->code);
  auto op = start(s, m);
  op.unit = t->unit;
  op.objects = std::move(t->objects), op.values = std::move(t->values), op.fields = std::move(t->fields);
  if (t->code >= reset_indication) return on_management(*t, id, std::move(op), m, out);
  if (t->control == "transport_ack" || t->control == "transport_nak") return;
  if (!t->control.empty() || (t->code != data_request && t->code != data_indication && t->code != data_confirmation)) {
    op.function += '/' + std::string{t->control.empty() ? message_name(t->code) : t->control};
    op.function_name = t->control.empty() ? message_name(t->code) : t->control;
    op.action = t->control.empty() ? action::report : action::session;
    if (t->code != data_confirmation) out.emit(std::move(op), m.from);
    return;
  }
  const auto code = t->service != nullptr ? t->service->code : t->apci;
  out.count("knxip", "apci", code);
  if (t->service == nullptr) out.violate(m.from, "apci", "a service of the application layer that is not known", t->unit);
  op.function += '/' + std::to_string(code);
  op.function_name = t->service != nullptr ? t->service->name : "unknown";
  op.action = t->service != nullptr ? t->service->what : action::control;
  if (code == 0x3d7 && !op.objects.empty() && property_of(op) == load_state) op.action = action::program_download;
  on_application(*t, s, id, code, std::move(op), m, out);
}

void connection::on_application(const telegram& t, const service_info& s, std::uint8_t id, std::uint16_t code, operation&& op,
                                const message& m, output& out) {
  const auto about = [&](std::uint16_t address) { return static_cast<std::uint32_t>(t.to_group ? 1 : 0) << 16 | address; };
  const bool is_answer = t.service != nullptr && t.service->is_answer();
  if (is_answer) tell(t, code, op, m, out);
  if (s.number != tunnelling_request) return out.emit(std::move(op), m.from);  // routing: to everybody
  if (t.code == data_request) return pending_.add({m.from, code, id, about(t.destination)}, std::move(op), out, m.from);
  if (t.code == data_confirmation) {  // the telegram went to the bus, or did not
    const key k{other(m.from), code, id, about(t.destination)};
    if (!t.failed && has_answer(code)) return;  // which is waited for
    if (auto r = pending_.take(k)) answer(*r, m.time, t.failed ? outcome::refused : outcome::ok, out);
    return;
  }
  if (is_answer)
    if (auto r = pending_.take({other(m.from), t.service->answers, id, about(t.to_group ? t.destination : t.source)})) {
      if (r->op.values.empty()) r->op.values = std::move(op.values);
      return answer(*r, m.time, outcome::ok, out);
    }
  // what others say on the bus, passed on
  if (op.action == action::write) op.action = action::report;
  op.outcome = outcome::unsolicited;
  out.emit(std::move(op), m.from);
}

/// What devices on the bus say of themselves.
void connection::tell(const telegram& t, std::uint16_t code, const operation& op, const message& m, output& out) {
  const auto* text = op.values.empty() ? nullptr : std::get_if<std::string>(&op.values[0]);
  if (text == nullptr || text->size() < 3 || t.to_group) return;
  std::string_view kind;
  if (code == 0x340) kind = "mask_version";
  if (code == 0x3d6 && !op.objects.empty() && op.objects[0].address.starts_with("0/")) switch (property_of(op)) {
      case serial_number: kind = "serial"; break;
      case order_info: kind = "order_number"; break;
      case firmware_revision: kind = "firmware"; break;
      default: break;
    }
  if (!kind.empty() && told_.fresh({}, {}, kind, op.unit + '\n' + *text, m.time, "knxip", out, true))
    out.learn(m.from, op.unit, kind, std::string_view{*text}.substr(2), 75);
}

/// Management of the interface itself (device management connections).
void connection::on_management(const telegram& t, std::uint8_t id, operation&& op, const message& m, output& out) {
  op.function += '/' + std::to_string(t.code);
  op.function_name = message_name(t.code);
  const auto answered = [&](std::uint16_t request) {
    auto r = pending_.take({other(m.from), request, id, t.property});
    if (!r) {
      op.action = action::report, op.outcome = outcome::unpaired;
      return out.emit(std::move(op), other(m.from));
    }
    if (r->op.values.empty()) r->op.values = std::move(op.values);
    std::ranges::move(op.fields, std::back_inserter(r->op.fields));
    answer(*r, m.time, t.refused ? outcome::refused : outcome::ok, out);
  };
  switch (t.code) {
    case property_read:
    case function_read: op.action = action::read; break;
    case property_write:
    case function_command: op.action = action::configure; break;
    case property_read_confirmation: return answered(property_read);
    case property_write_confirmation: return answered(property_write);
    case function_confirmation: return answered(function_read);
    case reset_request_message: op.action = action::restart; return out.emit(std::move(op), m.from);
    default: op.action = action::report; return out.emit(std::move(op), m.from);
  }
  const std::uint16_t what = t.code == function_command ? std::uint16_t{function_read} : std::uint16_t{t.code};
  pending_.add({m.from, what, id, t.property}, std::move(op), out, m.from);
}

}  // namespace mw::knxip
