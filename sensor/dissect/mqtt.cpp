// MQTT 3.1, 3.1.1 and 5.0 (OASIS): control packets on TCP, each with a type, flags and a remaining length.
#include "sensor/dissect/mqtt_packet.hpp"
#include "sensor/dissect/mqtt_session.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace mqtt;

constexpr std::array<std::uint16_t, 2> ports{1883, 8883};
constexpr std::size_t largest_guess = 256 * 1024;  ///< of a packet that shall prove what this is
constexpr std::size_t enough = 8;                  ///< octets of acknowledgements and pings that are no accident

result<std::size_t> frame(bytes head) {
  const auto h = read_header(head);
  if (!h) return tl::unexpected<error>{h.error()};
  return *h ? (*h)->size + (*h)->body : 0;
}

/// A topic as people name them: text without wildcards.
bool plain_topic(bytes name, bool sound) { return sound && valid_topic(name); }

bool filters_fit(reader in, std::uint8_t type) {
  bool sound = true;
  std::size_t n = 0;
  for (; in.left() != 0; ++n) {
    const auto filter = read_string(in, sound);
    const std::uint8_t options = type == subscribe ? in.u8() : std::uint8_t{0};
    if (!in.ok() || !sound || !valid_filter(filter) || (options & 3) == 3 || options > 0x2e) return false;
  }
  return in.ok() && n != 0;
}
bool properties_fit(reader& in, std::uint8_t type) { return read_properties(in, type).wrong.empty() && in.ok(); }

/// What one packet proves: nothing, that it may be one, or that it is one.
match weigh(std::uint8_t type, std::uint8_t flags, reader in) {
  if (!valid_flags(type, flags)) return match::no;
  const auto if_true = [](bool holds, match then) { return holds ? then : match::no; };
  switch (type) {
    case connect: {
      const auto level = read_level(in);
      const auto said = in.u8();
      return if_true(in.ok() && level != 0 && (said & 1) == 0, match::certain);
    }
    case connack: {
      const auto present = in.u8(), code = in.u8();
      return if_true(in.ok() && present <= 1 && (in.left() == 0 ? code <= 5 : properties_fit(in, type) && in.left() == 0), match::yes);
    }
    case publish: {
      bool sound = true;
      const auto topic = read_string(in, sound);
      if ((flags & 6) != 0) in.expect(in.u16() != 0, "a packet identifier");
      if (topic.empty()) return if_true(in.ok() && in.left() > 3 && properties_fit(in, type), match::unsure);  // an alias
      return if_true(in.ok() && plain_topic(topic, sound), match::yes);
    }
    case subscribe:
    case unsubscribe: {
      const auto id = in.u16();
      auto five = in;
      return if_true(id != 0 && (filters_fit(in, type) || (properties_fit(five, type) && filters_fit(five, type))), match::yes);
    }
    case suback: {
      const auto id = in.u16();
      if (auto five = in; id != 0 && in.left() > 1 && in.rest()[0] == 0 && properties_fit(five, type)) in = five;
      return if_true(id != 0 && in.left() != 0 && std::ranges::all_of(in.rest(), [](auto c) { return c <= 2 || c >= refusal; }),
                     match::unsure);
    }
    case puback:
    case pubrec:
    case pubrel:
    case pubcomp:
    case unsuback: {
      const auto id = in.u16();
      return if_true(in.ok() && id != 0 && in.left() < 1024, match::unsure);
    }
    case pingreq:
    case pingresp: return if_true(in.left() == 0, match::unsure);
    case disconnect:
    case auth: return if_true(in.left() < 1024, match::unsure);
    default: return match::no;
  }
}

/// Whether a packet that has only begun may be one.
bool may_be(std::uint8_t type, std::uint8_t flags, std::size_t body, bytes begun) {
  reader in{begun};
  return valid_flags(type, flags) && (type != publish || begun.size() < 2 || std::size_t{in.u16()} + 2 <= body);
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  std::size_t read = 0;
  while (read < head.size()) {  // small packets prove something when there are several
    const auto rest = head.subspan(read);
    const auto h = read_header(rest);
    if (!h) return match::no;
    if (!*h) return rest[0] >> 4 == reserved || !valid_flags(rest[0] >> 4, rest[0] & 15) ? match::no : match::unsure;
    const auto& [type, flags, size, body] = **h;
    if (type == reserved || body > largest_guess) return match::no;
    if (type == connect && body >= 10 && rest.size() >= size + 10) return weigh(type, flags, reader{rest.subspan(size)});
    if (rest.size() < size + body) return may_be(type, flags, body, rest.subspan(size)) ? match::unsure : match::no;
    const auto says = weigh(type, flags, reader{rest.subspan(size, body)});
    if (says != match::unsure) return says;
    read += size + body;
  }
  return read >= enough ? match::yes : match::unsure;
}

const protocol mqtt_protocol{{
    .name = "mqtt",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<connection>(); },
}};

}  // namespace
}  // namespace mw
