// The head of a GE SRTP message, as published dissectors and drivers agree on it (DFRWS 2017, tables 1 and 4).
#include "sensor/dissect/ge_srtp_message.hpp"

namespace mw::ge_srtp {
namespace {

piggyback read_piggyback(reader& in) {
  piggyback p;
  p.program = in.u8(), p.privilege = in.u8();
  p.sweep = in.u16le(), p.status = in.u16le();
  return p;
}
void read_target(reader& in, envelope& e) {
  e.first = in.u8(), e.second = in.u8();
  e.index = in.u16le(), e.count = in.u16le();
}

}  // namespace

result<envelope> parse(bytes message) {
  reader in{message};
  envelope e;
  e.packet = in.u16le();
  e.sequence = in.u8();
  in.skip(1);
  const auto length = in.u16le();
  in.skip(25);
  e.mailbox = in.u8();
  e.source = in.u32le(), e.destination = in.u32le();
  auto body = in.part(16);
  if (!in.ok() || in.left() != length) return fail(fault::malformed, "the text is not as long as the head says");
  e.text = in.rest();
  if (!e.is_mailbox()) return e;
  const bool extended = e.mailbox == long_request || e.mailbox == long_reply;
  if (extended) body.skip(8);
  e.number = body.u8(), e.total = body.u8();
  switch (e.mailbox) {
    case short_request:
      read_target(body, e);
      e.inline_data = body.rest();
      break;
    case long_request: read_target(body, e); break;
    case long_reply:
      // some controllers repeat the service and selector here, others tell their state
      if (const auto here = body.rest(); here[0] == 0xff || (here[0] == 0 && here[1] <= 4)) e.piggyback = read_piggyback(body);
      break;
    case short_reply:
    case error_reply:
      e.first = body.u8(), e.second = body.u8();
      e.inline_data = body.take(6);
      if (e.mailbox == short_reply) e.piggyback = read_piggyback(body);
      break;
    default: return fail(fault::unsupported, "a mailbox message of a type that is not known");
  }
  return e;
}

}  // namespace mw::ge_srtp
