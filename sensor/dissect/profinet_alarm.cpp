// Alarms of PROFINET: the acyclic real-time protocol (IEC 61158-6-10, 4.8) and the notifications in it (5.2.7).
#include "sensor/dissect/profinet_alarm.hpp"

#include "sensor/dissect/profinet_diagnosis.hpp"
#include "sensor/dissect/profinet_names.hpp"

#include <algorithm>
#include <string>

namespace mw::profinet {
namespace {

enum pdu_type : std::uint8_t { data = 1, negative = 2, positive = 3, error = 4, fragment_request = 5, fragment_response = 6 };
constexpr std::uint16_t notification_high = 0x0001, notification_low = 0x0002, ack_high = 0x8001, ack_low = 0x8002;
constexpr std::uint16_t sequence_mask = 0x07ff;

operation made(const message& m) {
  operation op;
  op.time = m.time;
  op.protocol = "profinet_alarm";
  op.action = action::alarm;
  return op;
}

}  // namespace

bool alarms::on_frame(bool high, reader& in, const message& m, output& out) {
  in.skip(4);  // endpoints
  const auto type = in.u8();
  in.skip(1);
  const auto sent = in.u16();
  in.skip(2);
  const auto length = in.u16();
  if (!in.ok()) {
    out.violate(m.from, "alarm_length", "the frame ends inside the header");
    return false;
  }
  const auto kind = static_cast<std::uint8_t>(type & 0x0f);
  out.count("profinet_alarm", "pdu", kind);
  if (const auto version = type >> 4; version != 1 && version != 2) out.violate(m.from, "alarm_version", "the version is neither 1 nor 2");
  if (length > in.left()) out.violate(m.from, "alarm_length", "the data is shorter than the header says");
  auto body = in.part(std::min<std::size_t>(length, in.left()));
  on_pdu(high, kind, sent, body, m, out);
  return kind == error;
}

void alarms::on_pdu(bool high, std::uint8_t type, std::uint16_t sent, reader& body, const message& m, output& out) {
  switch (type) {
    case data: {
      auto& last = last_sent_[static_cast<std::size_t>(m.from)][high ? 1 : 0];
      if (last == sent) return out.count("profinet_alarm", "repeated", "data");
      last = sent;
      return on_data(high, body, m, out);
    }
    case negative: return out.violate(m.from, "alarm_nack", "an alarm was received out of order");
    case positive:
    case fragment_request:
    case fragment_response: return;
    case error: return on_error(body, m, out);
    default: return out.violate(m.from, "alarm_type", "the type of the frame is not assigned");
  }
}

void alarms::on_data(bool high, reader& in, const message& m, output& out) {
  const auto type = in.u16(), length = in.u16();
  in.skip(2);  // version
  if (!in.ok()) return out.violate(m.from, "alarm_length", "the frame ends inside the head of its block");
  if (length < 2 || length - 2u > in.left()) return out.violate(m.from, "alarm_length", "the block is longer than the frame");
  auto body = in.part(length - 2u);
  switch (type) {
    case notification_high:
    case notification_low: on_notification(high, body, m, out); break;
    case ack_high:
    case ack_low: on_acknowledgement(high, body, m, out); break;
    default: return out.violate(m.from, "alarm_block", "a block that is no alarm");
  }
  if (!body.ok()) out.violate(m.from, "alarm_length", "the block is shorter than its fields");
  const bool is_high = type == notification_high || type == ack_high;
  if (is_high != high) out.violate(m.from, "alarm_priority", "the alarm does not belong to the priority of its frame");
}

void alarms::on_notification(bool high, reader& in, const message& m, output& out) {
  key k{.high = high};
  k.type = in.u16();
  k.api = in.u32();
  k.slot = in.u16(), k.subslot = in.u16();
  const auto module = in.u32(), submodule = in.u32();
  const auto specifier = in.u16();
  if (!in.ok()) return;
  k.specifier = specifier & sequence_mask;
  out.count("profinet_alarm", "alarm", k.type);
  auto op = made(m);
  op.function = std::to_string(k.type);
  op.function_name = alarm_name(k.type);
  op.objects.push_back(
      {.space = std::to_string(k.api), .address = std::to_string(k.slot) + '/' + std::to_string(k.subslot), .property = {}, .index = {}});
  op.fields.emplace_back("priority", std::string{high ? "high" : "low"});
  op.fields.emplace_back("module", hex32(module));
  op.fields.emplace_back("submodule", hex32(submodule));
  op.fields.emplace_back("sequence", std::uint64_t{k.specifier});
  if ((specifier & 0x8000) != 0) op.fields.emplace_back("diagnosis_of_relation", true);
  read_diagnosis(in, op);
  waiting_.add(k, std::move(op), out, m.from);
}

void alarms::on_acknowledgement(bool high, reader& in, const message& m, output& out) {
  key k{.high = high};
  k.type = in.u16();
  k.api = in.u32();
  k.slot = in.u16(), k.subslot = in.u16();
  k.specifier = in.u16() & sequence_mask;
  const auto how = status_of(in.u32());
  if (!in.ok()) return;
  out.count("profinet_alarm", "acknowledgement", k.type);
  if (auto r = waiting_.take(k)) {
    if (!how.good()) r->op.code = std::to_string(how.number()), r->op.fields.emplace_back("status", to_text(how));
    return answer(std::move(*r), m.time, how.good() ? outcome::ok : outcome::refused, out);
  }
  auto op = made(m);
  op.function = std::to_string(k.type);
  op.function_name = std::string{alarm_name(k.type)} + "_acknowledgement";
  op.objects.push_back(
      {.space = std::to_string(k.api), .address = std::to_string(k.slot) + '/' + std::to_string(k.subslot), .property = {}, .index = {}});
  op.fields.emplace_back("status", to_text(how));
  if (!how.good()) op.code = std::to_string(how.number());
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), other(m.from));
}

/// A side ends the relation and says why: the cyclic data stops with it.
void alarms::on_error(reader& in, const message& m, output& out) {
  const auto why = status_of(in.u32());
  if (!in.ok()) return out.violate(m.from, "alarm_length", "an error without its status");
  auto op = made(m);
  op.function = "error";
  op.function_name = "relation_aborted";
  op.outcome = outcome::none;
  op.code = std::to_string(why.number());
  op.fields.emplace_back("status", to_text(why));
  out.emit(std::move(op), m.from);
}

}  // namespace mw::profinet
