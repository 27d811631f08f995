// The message of ANSI C12.22-2008 (5.3.4: ACSE PDU and EPSEM), in the basic encoding rules.
#include "sensor/dissect/c1222_message.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"

namespace mw::c1222 {
namespace {

constexpr std::uint8_t application_0 = 0x60;
constexpr std::size_t largest = 64 * 1024, code_size = 4, class_size = 4;
enum member : std::uint32_t {
  aso_context = 1,
  called_title = 2,
  called_invocation = 4,
  calling_title = 6,
  calling_qualifier = 7,
  calling_invocation = 8,
  mechanism = 11,
  authentication = 12,
  user_information = 30,
};
constexpr std::uint32_t external = 8, octet_aligned = 1, relative_title = 0;
constexpr std::uint8_t reserved_bit = 0x80, recovery_bit = 0x40, proxy_bit = 0x20, class_bit = 0x10;

std::string relative_oid(bytes content) {
  std::string out;
  std::uint64_t arc = 0;
  for (const auto b : content) {
    arc = arc << 7 | (b & 0x7fu);
    if (arc > 0xffffffffu) return {};
    if ((b & 0x80u) != 0) continue;
    out += '.' + std::to_string(arc);
    arc = 0;
  }
  return out;
}

std::optional<std::uint64_t> read_number(bytes content) {
  reader in{content};
  const auto e = ber::next(in);
  return in.ok() && e.universal(ber::integer) ? ber::to_unsigned(e.content) : std::nullopt;
}

void read_epsem(bytes all, envelope& to, reader& in) {
  reader epsem{all};
  const auto flags = epsem.u8();
  in.expect((flags & reserved_bit) != 0, "the first bit of EPSEM is set");
  to.recovery = (flags & recovery_bit) != 0;
  to.proxy = (flags & proxy_bit) != 0;
  to.security = static_cast<security>(flags >> 2 & 3u);
  to.response_control = flags & 3u;
  if ((flags & class_bit) != 0) to.device_class = hex(epsem.take(class_size));
  const bool coded = to.security == security::authenticated || to.security == security::encrypted;
  in.expect(epsem.ok() && (!coded || epsem.left() >= code_size), "EPSEM holds what its flags say");
  to.services = epsem.take(epsem.left() - (coded && epsem.left() >= code_size ? code_size : 0));
}

/// EXTERNAL, with or without what it refers to, and in it EPSEM as octets.
void read_information(bytes content, envelope& to, reader& in) {
  reader outer{content};
  const auto e = ber::next(outer);
  in.expect(outer.ok() && e.universal(external), "user information is an EXTERNAL");
  reader inner{e.content};
  while (inner.left() != 0) {
    const auto part = ber::next(inner);
    if (part.context(octet_aligned)) return read_epsem(part.content, to, in);
  }
  in.expect(false, "user information holds EPSEM");
}

}  // namespace

result<std::size_t> size_of(bytes head) {
  if (head.empty()) return 0u;
  if (head[0] != application_0) return fail(fault::malformed, "a message has the application tag 0", 0);
  if (head.size() < 2) return 0u;
  if (head[1] < 0x80) return std::size_t{2} + head[1];
  const std::size_t octets = head[1] & 0x7fu;
  if (octets == 0 || octets > 4) return fail(fault::malformed, "a length that a message can have", 1);
  if (head.size() < 2 + octets) return 0u;
  reader in{head.subspan(2)};
  const auto size = in.be_n(octets);
  if (size > largest) return fail(fault::over_limit, "a length that a message can have", 1);
  return 2 + octets + static_cast<std::size_t>(size);
}

std::string read_title(reader& in) {
  const auto e = ber::next(in);
  if (e.universal(ber::object_identifier)) return ber::to_oid(e.content);
  return e.context(relative_title) ? relative_oid(e.content) : std::string{};
}

result<envelope> read_envelope(bytes whole) {
  reader in{whole};
  const auto message = ber::next(in);
  in.expect(message.is(ber::tag_class::application, 0) && in.left() == 0, "one message with the application tag 0");
  envelope to;
  bool informed = false;
  reader members{message.content};
  while (in.ok() && members.left() != 0) {
    const auto e = ber::next(members);
    if (!members.ok()) break;
    reader inside{e.content};
    in.expect(e.kind == ber::tag_class::context, "an element of a message");
    switch (e.number) {
      case called_title: to.called = read_title(inside); break;
      case calling_title: to.calling = read_title(inside); break;
      case called_invocation: to.called_invocation = read_number(e.content); break;
      case calling_invocation: to.calling_invocation = read_number(e.content); break;
      case user_information:
        informed = true;
        read_information(e.content, to, in);
        break;
      case aso_context:
      case calling_qualifier:
      case mechanism:
      case authentication: break;
      default: in.expect(false, "an element of a message");
    }
  }
  in.expect(members.ok(), "the message ends behind its last element");
  in.expect(informed, "a message has user information");
  in.expect(to.calling_invocation.has_value(), "a message has a number");
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return to;
}

bytes next_service(reader& in) {
  std::size_t size = in.u8();
  if (size >= 0x80) {
    const auto octets = size & 0x7fu;
    in.expect(octets >= 1 && octets <= 2, "the length of a service has one octet or two");
    size = in.ok() ? static_cast<std::size_t>(in.be_n(octets)) : 0;
  }
  in.expect(size != 0, "a service has a code");
  return in.take(size);
}

}  // namespace mw::c1222
