// Strings, properties and reason codes of MQTT 3.1, 3.1.1 and 5.0.
#include "sensor/dissect/mqtt_packet.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <bitset>
#include <utility>

namespace mw::mqtt {
namespace {

constexpr std::array<std::string_view, 16> names{"reserved", "connect",  "connack",    "publish", "puback",      "pubrec",
                                                 "pubrel",   "pubcomp",  "subscribe",  "suback",  "unsubscribe", "unsuback",
                                                 "pingreq",  "pingresp", "disconnect", "auth"};

constexpr std::pair<std::uint8_t, std::string_view> reasons[] = {
    {0x00, "success"},
    {0x01, "granted_qos_1"},
    {0x02, "granted_qos_2"},
    {0x04, "disconnect_with_will_message"},
    {0x10, "no_matching_subscribers"},
    {0x11, "no_subscription_existed"},
    {0x18, "continue_authentication"},
    {0x19, "re_authenticate"},
    {0x80, "unspecified_error"},
    {0x81, "malformed_packet"},
    {0x82, "protocol_error"},
    {0x83, "implementation_specific_error"},
    {0x84, "unsupported_protocol_version"},
    {0x85, "client_identifier_not_valid"},
    {0x86, "bad_user_name_or_password"},
    {0x87, "not_authorized"},
    {0x88, "server_unavailable"},
    {0x89, "server_busy"},
    {0x8a, "banned"},
    {0x8b, "server_shutting_down"},
    {0x8c, "bad_authentication_method"},
    {0x8d, "keep_alive_timeout"},
    {0x8e, "session_taken_over"},
    {0x8f, "topic_filter_invalid"},
    {0x90, "topic_name_invalid"},
    {0x91, "packet_identifier_in_use"},
    {0x92, "packet_identifier_not_found"},
    {0x93, "receive_maximum_exceeded"},
    {0x94, "topic_alias_invalid"},
    {0x95, "packet_too_large"},
    {0x96, "message_rate_too_high"},
    {0x97, "quota_exceeded"},
    {0x98, "administrative_action"},
    {0x99, "payload_format_invalid"},
    {0x9a, "retain_not_supported"},
    {0x9b, "qos_not_supported"},
    {0x9c, "use_another_server"},
    {0x9d, "server_moved"},
    {0x9e, "shared_subscriptions_not_supported"},
    {0x9f, "connection_rate_exceeded"},
    {0xa0, "maximum_connect_time"},
    {0xa1, "subscription_identifiers_not_supported"},
    {0xa2, "wildcard_subscriptions_not_supported"},
};
constexpr std::array<std::string_view, 6> returns{"accepted",           "unacceptable_protocol_version", "identifier_rejected",
                                                  "server_unavailable", "bad_user_name_or_password",     "not_authorized"};

enum class shape : std::uint8_t { octet, word, long_word, variable, text, binary, pair };
struct property {
  std::uint8_t id;
  std::string_view name;
  shape is;
  std::uint16_t where;  ///< bit per packet type; bit 0: the will
};
template <class... Types>
constexpr std::uint16_t in(Types... types) {
  return static_cast<std::uint16_t>((0u | ... | (1u << types)));
}
constexpr std::uint16_t everywhere = 0xffff;
/// MQTT 5.0, table 2-4.
constexpr property known[] = {
    {0x01, "payload_format_indicator", shape::octet, in(publish, will)},
    {0x02, "message_expiry_interval", shape::long_word, in(publish, will)},
    {0x03, "content_type", shape::text, in(publish, will)},
    {0x08, "response_topic", shape::text, in(publish, will)},
    {0x09, "correlation_data", shape::binary, in(publish, will)},
    {0x0b, "subscription_identifier", shape::variable, in(publish, subscribe)},
    {0x11, "session_expiry_interval", shape::long_word, in(connect, connack, disconnect)},
    {0x12, "assigned_client_identifier", shape::text, in(connack)},
    {0x13, "server_keep_alive", shape::word, in(connack)},
    {0x15, "authentication_method", shape::text, in(connect, connack, auth)},
    {0x16, "authentication_data", shape::binary, in(connect, connack, auth)},
    {0x17, "request_problem_information", shape::octet, in(connect)},
    {0x18, "will_delay_interval", shape::long_word, in(will)},
    {0x19, "request_response_information", shape::octet, in(connect)},
    {0x1a, "response_information", shape::text, in(connack)},
    {0x1c, "server_reference", shape::text, in(connack, disconnect)},
    {0x1f, "reason_string", shape::text, in(connack, puback, pubrec, pubrel, pubcomp, suback, unsuback, disconnect, auth)},
    {0x21, "receive_maximum", shape::word, in(connect, connack)},
    {0x22, "topic_alias_maximum", shape::word, in(connect, connack)},
    {0x23, "topic_alias", shape::word, in(publish)},
    {0x24, "maximum_qos", shape::octet, in(connack)},
    {0x25, "retain_available", shape::octet, in(connack)},
    {0x26, "user_property", shape::pair, everywhere},
    {0x27, "maximum_packet_size", shape::long_word, in(connect, connack)},
    {0x28, "wildcard_subscription_available", shape::octet, in(connack)},
    {0x29, "subscription_identifier_available", shape::octet, in(connack)},
    {0x2a, "shared_subscription_available", shape::octet, in(connack)},
};
constexpr std::uint8_t authentication_data = 0x16, topic_alias = 0x23, topic_alias_maximum = 0x22, server_keep_alive = 0x13,
                       assigned_client_identifier = 0x12, subscription_identifier = 0x0b;
constexpr std::size_t most_fields = 24;  ///< of one list; user properties have no limit of their own

value read_value(reader& list, const property& p, bool& sound) {
  switch (p.is) {
    case shape::octet: return std::uint64_t{list.u8()};
    case shape::word: return std::uint64_t{list.u16()};
    case shape::long_word: return std::uint64_t{list.u32()};
    case shape::variable: return std::uint64_t{read_varint(list)};
    case shape::text: return printable(read_string(list, sound));
    case shape::binary: {
      const auto data = list.take(list.u16());
      if (p.id == authentication_data) return std::uint64_t{data.size()};  // a secret: its size only
      return hex(data, 64);
    }
    case shape::pair: {  // the value may be a token
      const auto name = read_string(list, sound);
      (void)read_string(list, sound);
      return printable(name);
    }
  }
  return {};
}

}  // namespace

std::string_view name_of(std::uint8_t kind) { return names.at(kind & 15); }
std::string_view reason_name(std::uint8_t packet, std::uint8_t code) {
  if (code == 0 && packet == disconnect) return "normal_disconnection";
  if (code == 0 && packet == suback) return "granted_qos_0";
  const auto at = std::ranges::find(reasons, code, &std::pair<std::uint8_t, std::string_view>::first);
  return at != std::end(reasons) ? at->second : "unknown";
}
std::string_view return_name(std::uint8_t code) { return code < returns.size() ? returns.at(code) : "unknown"; }

result<std::optional<header>> read_header(bytes head) {
  reader in{head};
  if (head.size() < 2) return std::nullopt;
  header h;
  const auto first = in.u8();
  h.type = first >> 4, h.flags = first & 15;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    if (in.left() == 0) return std::nullopt;
    const auto b = in.u8();
    h.body |= static_cast<std::size_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) {
      h.size = in.at();
      return h;
    }
  }
  return fail(fault::malformed, "the remaining length has more than four octets", 4);
}

bool valid_flags(std::uint8_t type, std::uint8_t flags) {
  switch (type) {
    case publish: return (flags & 6) != 6;
    case pubrel:
    case subscribe:
    case unsubscribe: return (flags & 7) == 2;  // the high bit was DUP in version 3.1
    default: return flags == 0;
  }
}

std::uint32_t read_varint(reader& in) {
  std::uint32_t v = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const auto b = in.u8();
    v |= static_cast<std::uint32_t>(b & 0x7f) << shift;
    if ((b & 0x80) == 0) return v;
  }
  in.fail({fault::malformed, "a variable number has more than four octets", in.at()});
  return 0;
}

bytes read_string(reader& in, bool& sound) {
  const auto text = in.take(in.u16());
  sound = sound && is_text(text);
  return text;
}

properties read_properties(reader& in, std::uint8_t packet) {
  properties p;
  auto list = in.part(read_varint(in));
  std::bitset<64> seen;
  bool sound = true;
  const auto where = static_cast<std::uint16_t>(1u << packet);
  while (list.left() != 0) {
    const auto id = list.u8();
    const auto at = std::ranges::find(known, id, &property::id);
    if (at == std::end(known)) {
      list.fail({fault::malformed, "an unknown property", list.at()});
      break;
    }
    auto v = read_value(list, *at, sound);
    if (!list.ok()) break;
    if ((at->where & where) == 0) p.wrong = "a property that may not stand in this packet";
    const bool repeats = at->is == shape::pair || (id == subscription_identifier && packet == publish);
    if (seen.test(id) && !repeats) p.wrong = "a property that comes twice";
    seen.set(id);
    const auto* number = std::get_if<std::uint64_t>(&v);
    if (id == topic_alias) p.topic_alias = static_cast<std::uint16_t>(*number);
    if (id == topic_alias_maximum) p.topic_alias_maximum = static_cast<std::uint16_t>(*number);
    if (id == server_keep_alive) p.keep_alive = static_cast<std::uint16_t>(*number);
    if (id == assigned_client_identifier) p.assigned_client = std::get<std::string>(v);
    if (p.fields.size() < most_fields)
      p.fields.emplace_back(std::string{at->name} + (id == authentication_data ? "_size" : ""), std::move(v));
  }
  if (!list.ok()) p.wrong = list.why().what;
  if (!sound && p.wrong.empty()) p.wrong = "a property's text is not UTF-8";
  return p;
}

bool valid_topic(bytes name) {
  return !name.empty() && std::ranges::none_of(name, [](std::uint8_t c) { return c == '#' || c == '+' || c == 0; });
}

bool valid_filter(bytes filter) {
  if (filter.empty()) return false;
  bool level_begins = true, wild = false;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    const auto c = filter[i];
    if (c == 0 || (wild && c != '/')) return false;
    wild = false;
    if (c == '#') return level_begins && i + 1 == filter.size();
    if (c == '+') {
      if (!level_begins) return false;
      wild = true;
    }
    level_begins = c == '/';
  }
  return true;
}

std::string text_of(bytes name) { return printable(name, 512); }
object topic_object(std::string address) { return {.space = "topic", .address = std::move(address), .property = {}, .index = {}}; }

std::uint8_t read_level(reader& in) {
  bool sound = true;
  const auto name = read_string(in, sound);
  const std::uint8_t level = in.u8() & 0x7f;
  if (!in.ok()) return 0;
  if (std::ranges::equal(name, std::string_view{"MQIsdp"})) return level == 3 ? level : std::uint8_t{0};
  if (!std::ranges::equal(name, std::string_view{"MQTT"})) return 0;
  return level == 4 || level == 5 ? level : std::uint8_t{0};
}

}  // namespace mw::mqtt
