// One CoAP message: header, token, options, payload.
#include "sensor/dissect/coap_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mw::coap {
namespace {

/// IANA, CoRE Parameters, CoAP Codes.
constexpr std::pair<std::uint8_t, std::string_view> codes[] = {
    {0x00, "empty"},
    {0x01, "get"},
    {0x02, "post"},
    {0x03, "put"},
    {0x04, "delete"},
    {0x05, "fetch"},
    {0x06, "patch"},
    {0x07, "ipatch"},
    {0x41, "created"},
    {0x42, "deleted"},
    {0x43, "valid"},
    {0x44, "changed"},
    {0x45, "content"},
    {0x5f, "continue"},
    {0x80, "bad_request"},
    {0x81, "unauthorized"},
    {0x82, "bad_option"},
    {0x83, "forbidden"},
    {0x84, "not_found"},
    {0x85, "method_not_allowed"},
    {0x86, "not_acceptable"},
    {0x88, "request_entity_incomplete"},
    {0x89, "conflict"},
    {0x8c, "precondition_failed"},
    {0x8d, "request_entity_too_large"},
    {0x8f, "unsupported_content_format"},
    {0x96, "unprocessable_entity"},
    {0x9d, "too_many_requests"},
    {0xa0, "internal_server_error"},
    {0xa1, "not_implemented"},
    {0xa2, "bad_gateway"},
    {0xa3, "service_unavailable"},
    {0xa4, "gateway_timeout"},
    {0xa5, "proxying_not_supported"},
    {0xa8, "hop_limit_reached"},
    {0xe1, "capabilities"},
    {0xe2, "ping"},
    {0xe3, "pong"},
    {0xe4, "release"},
    {0xe5, "abort"},
};

enum class shape : std::uint8_t { nothing, number, text, octets, block };
struct option {
  std::uint32_t number;
  std::string_view name;
  shape is;
  std::size_t least, most;  ///< octets
};
/// IANA, CoRE Parameters, CoAP Option Numbers.
constexpr std::array options{
    option{1, "if_match", shape::octets, 0, 8},      option{3, "uri_host", shape::text, 1, 255},
    option{4, "etag", shape::octets, 1, 8},          option{5, "if_none_match", shape::nothing, 0, 0},
    option{6, "observe", shape::number, 0, 3},       option{7, "uri_port", shape::number, 0, 2},
    option{8, "location_path", shape::text, 0, 255}, option{9, "oscore", shape::octets, 0, 255},
    option{11, "uri_path", shape::text, 0, 255},     option{12, "content_format", shape::number, 0, 2},
    option{14, "max_age", shape::number, 0, 4},      option{15, "query", shape::text, 0, 255},
    option{16, "hop_limit", shape::number, 1, 1},    option{17, "accept", shape::number, 0, 2},
    option{19, "q_block1", shape::block, 0, 3},      option{20, "location_query", shape::text, 0, 255},
    option{21, "edhoc", shape::nothing, 0, 0},       option{23, "block2", shape::block, 0, 3},
    option{27, "block1", shape::block, 0, 3},        option{28, "size2", shape::number, 0, 4},
    option{31, "q_block2", shape::block, 0, 3},      option{35, "proxy_uri", shape::text, 1, 1034},
    option{39, "proxy_scheme", shape::text, 1, 255}, option{60, "size1", shape::number, 0, 4},
    option{252, "echo", shape::octets, 1, 40},       option{258, "no_response", shape::number, 0, 1},
    option{292, "request_tag", shape::octets, 0, 8},
};
constexpr std::uint32_t observe = 6, uri_path = 11, content_format = 12, uri_query = 15, location_path = 8;
constexpr std::size_t longest_token = 8, most_fields = 32, longest_path = 512;
constexpr std::uint8_t payload_marker = 0xff;

std::uint32_t number_of(bytes value) {
  reader in{value};
  return static_cast<std::uint32_t>(in.be_n(value.size()));
}
std::string block_text(bytes value) {
  const auto n = number_of(value);
  const bool more = (n & 8) != 0;
  return std::to_string(n >> 4) + (more ? "+" : "") + " of " + std::to_string(16u << (n & 7));
}

/// Delta or length of an option: 13 and 14 say that one or two octets more follow.
std::uint32_t extended(reader& in, std::uint32_t nibble) {
  if (nibble == 13) return 13u + in.u8();
  if (nibble == 14) return 269u + in.u16();
  in.expect(nibble != 15, "an option's delta and length below 15");
  return nibble;
}

void note(parsed& m, std::string_view rule, std::string_view what) {
  if (m.rule.empty()) m.rule = rule, m.wrong = what;
}

void take_option(parsed& m, std::uint32_t number, bytes value) {
  const auto at = std::ranges::lower_bound(options, number, {}, &option::number);
  if (at == options.end() || at->number != number) {
    if (m.fields.size() < most_fields) m.fields.emplace_back("option_" + std::to_string(number), hex(value, 32));
    return;
  }
  if (value.size() < at->least || value.size() > at->most) return note(m, "option_length", "an option has not the length of its kind");
  if (number == uri_path) {
    if (m.path.size() < longest_path) m.path += '/' + printable(value);
    return;
  }
  if (number == observe) m.observe = number_of(value);
  if (number == content_format) m.content_format = number_of(value);
  if (number == uri_query && value.size() > 3 && std::ranges::equal(value.first(3), std::string_view{"ep="}))
    m.endpoint = printable(value.subspan(3));
  if (m.fields.size() >= most_fields) return;
  const std::string name{at->name};
  switch (at->is) {
    case shape::nothing: m.fields.emplace_back(name, true); break;
    case shape::number: m.fields.emplace_back(name, std::uint64_t{number_of(value)}); break;
    case shape::text: {
      auto text = printable(value);
      if (number == location_path) text.insert(0, "/");
      const auto last = std::ranges::find(m.fields, name, &field::first);
      if (last == m.fields.end()) {
        m.fields.emplace_back(name, std::move(text));
      } else if (auto* before = std::get_if<std::string>(&last->second); before != nullptr && before->size() < longest_path) {
        *before += (number == location_path ? "" : "&") + text;
      }
      break;
    }
    case shape::octets: m.fields.emplace_back(name, hex(value, 40)); break;
    case shape::block: m.fields.emplace_back(name, block_text(value)); break;
  }
}

void read_options(reader& in, parsed& m) {
  std::uint32_t number = 0;
  const bool signal = is_signal(m.code);  // whose options have numbers of their own
  while (in.left() != 0) {
    const auto head = in.u8();
    if (head == payload_marker) {
      m.payload = in.rest();
      if (m.payload.empty()) note(m, "payload_marker", "a payload is announced and none follows");
      break;
    }
    number += extended(in, head >> 4u);
    const auto value = in.take(extended(in, head & 15u));
    if (!in.ok()) {
      m.options_whole = false;
      note(m, "length", "the message ends inside an option");
      break;
    }
    if (!signal) take_option(m, number, value);
  }
  if (m.path.empty()) m.path = "/";
}

void check_code(parsed& m) {
  if (!is_request(m.code) && !is_response(m.code) && !is_signal(m.code) && m.code != 0)
    note(m, "code", "a code of a class that is reserved");
}

bool read_token(reader& in, parsed& m, std::size_t length) {
  if (length > longest_token) note(m, "token_length", "a token of more than 8 octets");
  const auto token = in.take(length > longest_token ? in.left() + 1 : length);
  m.token.assign(token.begin(), token.end());
  if (!in.ok()) {
    note(m, "length", "the message ends inside its token");
    m.options_whole = false;
  }
  return in.ok();
}

/// On TCP the length stands beside the token's length.
std::size_t length_on_tcp(reader& in, std::uint8_t head) {
  switch (head >> 4) {
    case 13: return 13u + in.u8();
    case 14: return 269u + in.u16();
    case 15: return std::size_t{65805} + in.u32();
    default: return head >> 4;
  }
}

}  // namespace

std::optional<parsed> read_datagram(bytes data) {
  reader in{data};
  parsed m;
  const auto head = in.u8();
  m.is = static_cast<kind>(head >> 4 & 3);
  m.code = in.u8();
  m.id = in.u16();
  if (!in.ok()) return {};
  if (head >> 6 != 1) note(m, "version", "not version 1");
  if (m.code == 0) {
    if (data.size() != 4) note(m, "empty_message", "an empty message is longer than its header");
    return m;
  }
  if (!read_token(in, m, head & 15u)) return m;
  read_options(in, m);
  check_code(m);
  if (is_signal(m.code)) note(m, "code", "a signal of TCP in a datagram");
  if (m.is == kind::reset) note(m, "type", "a reset is not empty");
  if (m.is == kind::acknowledgement && is_request(m.code)) note(m, "type", "a request in an acknowledgement");
  return m;
}

std::optional<parsed> read_segment(bytes data) {
  reader in{data};
  parsed m;
  const auto head = in.u8();
  (void)length_on_tcp(in, head);
  m.code = in.u8();
  if (!in.ok()) return {};
  if (!read_token(in, m, head & 15u)) return m;
  read_options(in, m);
  check_code(m);
  return m;
}

std::size_t size_on_tcp(bytes head) {
  reader in{head};
  const auto first = in.u8();
  const auto length = length_on_tcp(in, first);
  return in.ok() ? in.at() + 1 + (first & 15u) + length : 0;
}

std::string_view name_of(std::uint8_t code) {
  const auto at = std::ranges::find(codes, code, &std::pair<std::uint8_t, std::string_view>::first);
  return at != std::end(codes) ? at->second : "unknown";
}
std::string dotted(std::uint8_t code) {
  const auto detail = code & 31;
  return std::to_string(class_of(code)) + (detail < 10 ? ".0" : ".") + std::to_string(detail);
}

}  // namespace mw::coap
