// SuiteLink messages as values. AVEVA (once Wonderware) publishes no specification; the layouts are those that published analyses of its
// traffic found.
#include "sensor/dissect/suitelink_message.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>
#include <array>

namespace mw::suitelink {
namespace {

using identifier = std::array<std::uint8_t, 16>;
/// Messages outside of the data exchange are known by an identifier.
struct known_identifier {
  identifier octets;
  suitelink::kind kind;
};
constexpr identifier old_identifier{0x60, 0x5f, 0xc3, 0xb1, 0x2d, 0x05, 0xd1, 0x11, 0xbf, 0x08, 0x00, 0xa0, 0xc9, 0x72, 0x3e, 0x82};
constexpr std::array<known_identifier, 5> identifiers{
    {{{0xca, 0xfe, 0x8b, 0xba, 0xfe, 0x8b, 0xd3, 0x11, 0xaa, 0x05, 0x00, 0xa0, 0xc9, 0xec, 0xfd, 0x9f}, kind::query},
     {{0xd5, 0xcf, 0xc7, 0xf8, 0x0b, 0xcd, 0xd3, 0x11, 0xaa, 0x10, 0x00, 0xa0, 0xc9, 0xec, 0xfd, 0x9f}, kind::enroll},
     {{0xd4, 0xcf, 0xc7, 0xf8, 0x0b, 0xcd, 0xd3, 0x11, 0xaa, 0x10, 0x00, 0xa0, 0xc9, 0xec, 0xfd, 0x9f}, kind::manager_ack},
     {{0x96, 0xe2, 0x78, 0x44, 0xfc, 0xcd, 0xd3, 0x11, 0xaa, 0x10, 0x00, 0xa0, 0xc9, 0xec, 0xfd, 0x9f}, kind::enroll_ack},
     {{0xbc, 0x7a, 0x00, 0x61, 0x64, 0xdb, 0xd3, 0x11, 0xaa, 0x16, 0x00, 0xa0, 0xc9, 0xec, 0xfd, 0x9f}, kind::transfer}}};
constexpr std::size_t old_size = 48, most_items = 1024, longest = 256 * 1024;
constexpr std::uint8_t end_mark = 0xa5;

struct word {
  std::uint16_t number;
  std::string_view name;
};
constexpr std::array<word, 14> types{{{handshake_ack, "handshake_ack"},
                                      {advise_ack, "advise_ack"},
                                      {unadvise_ack, "unadvise_ack"},
                                      {time_stamp, "time"},
                                      {update, "update"},
                                      {poke_ack, "poke_ack"},
                                      {poke, "poke"},
                                      {pong, "pong"},
                                      {ping, "ping"},
                                      {peng, "peng"},
                                      {pang, "pang"},
                                      {connect, "connect"},
                                      {unadvise, "unadvise"},
                                      {advise, "advise"}}};
constexpr std::array<word, 6> records{
    {{0x21, "connect"}, {0x22, "connected"}, {0x23, "terminate"}, {0x24, "terminated"}, {0x25, "alarm_buffer"}, {0x26, "heartbeat"}}};

/// A size of one, three or seven octets; 0 where more are needed.
struct variable_size {
  std::size_t head = 0, size = 0;
};
variable_size read_size(bytes head) {
  reader in{head};
  if (const std::size_t one = in.u8(); one != 0) return {1, one};
  if (const std::size_t two = in.u16le(); two != 0) return {in.ok() ? std::size_t{3} : 0u, two};
  const std::size_t four = in.u32le();
  return {in.ok() ? std::size_t{7} : 0u, four};
}

/// Whether a message of the data exchange may have this size, of all but its own two octets.
bool is_possible(std::uint16_t t, std::size_t size) {
  constexpr std::size_t around = 3;  // type and mark
  if (size < around || type_name(t).empty()) return false;
  const auto body = size - around;
  switch (t) {
    case advise_ack:
    case unadvise_ack: return body != 0 && body % 5 == 0;
    case unadvise: return body != 0 && body % 4 == 0;
    case time_stamp: return body == 8;
    case update: return body >= 10;
    case poke: return body >= 6;
    case advise: return body >= 5;
    case connect: return body >= 9;
    case handshake_ack:
    case poke_ack: return true;
    default: return body == 0;
  }
}

enum class guess : std::uint8_t { no, more, yes };
/// Whether the content that begins here is one of those that are known by an identifier or a mark.
guess is_variable(bytes content, std::size_t size) {
  constexpr std::uint16_t alarm_mark = 0x2dde;
  constexpr std::uint8_t short_mark = 5;
  if (content.size() < 2) return guess::more;
  if (content[0] == short_mark && content[1] == 0) return guess::yes;
  guess best = guess::no;
  for (const auto& known : identifiers) {
    const auto n = std::min(content.size(), known.octets.size());
    if (!std::ranges::equal(content.first(n), bytes{known.octets}.first(n))) continue;
    if (n == known.octets.size()) return size >= n ? guess::yes : guess::no;
    best = guess::more;
  }
  if (best != guess::no || size < 0x14 || content[0] != 0) return best;
  if (content.size() < 6) return guess::more;
  reader in{content};
  in.skip(4);
  return in.u16le() == alarm_mark ? guess::yes : guess::no;
}

std::string counted(reader& in) { return ntlmssp::from_utf16(in.take(in.u8() * std::size_t{2})); }
std::string terminated(reader& in) {
  const auto rest = in.rest();
  std::size_t n = 0;
  while (n + 1 < rest.size() && (rest[n] != 0 || rest[n + 1] != 0)) n += 2;
  in.expect(n + 1 < rest.size(), "a text ends with a NUL");
  const auto text = in.take(n);
  in.skip(2);
  return ntlmssp::from_utf16(text);
}

/// A value by its type; nothing where the type is unknown, and with it the size.
std::optional<mw::value> read_value(reader& in) {
  enum : std::uint8_t { discrete = 1, integer = 2, real = 3, text = 4 };
  switch (in.u8()) {
    case discrete: return mw::value{in.u8() != 0};
    case integer: return mw::value{static_cast<std::int64_t>(static_cast<std::int32_t>(in.u32le()))};
    case real: return mw::value{static_cast<double>(in.f32le())};
    case text: return mw::value{printable(in.take(in.u16le()))};
    default: return {};
  }
}

void read_connect(reader& in, parsed& p) {
  p.application = counted(in);
  p.topic = counted(in);
  in.skip(3);
  p.client = counted(in);
  p.client_node = counted(in);
  p.user = counted(in);
  p.server_node = counted(in);
  if (in.left() < 22 || !in.ok()) return;
  in.skip(20);
  reader zone{in.rest()};  // its rest differs by version
  p.time_zone = terminated(zone);
}

void read_items(reader& in, parsed& p) {
  while (in.left() && p.items.size() < most_items) {
    item i;
    i.id = in.u32le();
    switch (p.type) {
      case advise: i.name = counted(in); break;
      case advise_ack:
      case unadvise_ack: in.skip(1); break;
      case unadvise: break;
      case update:
        i.elapsed = in.u16le(), i.quality = in.u16le();
        i.value = read_value(in);
        break;
      default: i.value = read_value(in); break;  // poke
    }
    if (!in.ok()) return;
    const bool open_end = (p.type == update || p.type == poke) && !i.value;
    p.items.push_back(std::move(i));
    if (open_end) {
      p.whole = false;
      return;
    }
  }
}

std::optional<parsed> read_data(bytes message) {
  parsed p;
  reader all{message};
  const auto size = all.u16le();
  p.type = all.u16le();
  if (!all.ok() || size + 2u != message.size() || message.back() != end_mark || !is_possible(p.type, size)) return {};
  auto in = all.part(size - 3u);
  switch (p.type) {
    case connect: read_connect(in, p); break;
    case advise:
    case advise_ack:
    case unadvise:
    case unadvise_ack:
    case update:
    case poke: read_items(in, p); break;
    default: break;
  }
  if (!in.ok()) return {};
  return p;
}

std::optional<parsed> read_variable(reader in, suitelink::kind kind) {
  parsed p;
  p.kind = kind;
  if (kind == kind::query || kind == kind::enroll) {
    in.skip(16 + 16 + 4);
    p.application = terminated(in);
    if (kind == kind::query) {
      p.client_node = terminated(in);
      p.user = terminated(in);
    }
    if (!in.ok()) return {};
  }
  return p;
}

std::optional<parsed> read_alarms(bytes content) {
  parsed p;
  p.kind = kind::alarm_manager;
  reader in{content};
  in.skip(8);
  const std::size_t head = in.u16le(), size = in.u16le();
  in.skip(2);
  if (!in.ok() || head < in.at() || head > content.size() || size > content.size()) return {};
  in.skip(head - in.at());
  in.skip(8);  // mark and version of the first record
  if (in.left() < 4) return p;
  p.type = in.u16le();
  return p;
}

}  // namespace

std::string_view type_name(std::uint16_t t) {
  const auto* const at = std::ranges::find(types, t, &word::number);
  return at == types.end() ? "" : at->name;
}
std::string_view record_name(std::uint16_t t) {
  const auto* const at = std::ranges::find(records, t, &word::number);
  return at == records.end() ? "unknown" : at->name;
}

result<std::size_t> frame(bytes head) {
  constexpr std::array<std::uint8_t, 3> short_one{2, 5, 0};
  if (head.size() < 4) return std::ranges::equal(head, short_one) ? short_one.size() : std::size_t{0};
  if (head[0] == old_identifier[0]) {
    const auto n = std::min(head.size(), old_identifier.size());
    if (std::ranges::equal(head.first(n), bytes{old_identifier}.first(n))) return n == old_identifier.size() ? old_size : std::size_t{0};
  }
  reader in{head};
  const std::size_t size = in.u16le();
  if (is_possible(in.u16le(), size)) {
    if (head.size() >= size + 2 && head[size + 1] != end_mark)
      return fail(fault::malformed, "a message does not end with its mark", size + 1);
    return size + 2;
  }
  const auto v = read_size(head);
  if (v.head == 0) return std::size_t{0};
  if (v.size < 2 || v.size > longest) return fail(fault::malformed, "a message is of no possible size", 0);
  switch (is_variable(head.subspan(v.head), v.size)) {
    case guess::yes: return v.head + v.size;
    case guess::more: return std::size_t{0};
    default: return fail(fault::malformed, "a message of no known type", 0);
  }
}

std::optional<parsed> read(bytes message) {
  if (message.size() == old_size && std::ranges::equal(message.first(old_identifier.size()), old_identifier)) {
    parsed p;
    p.kind = kind::old_query;
    auto name = message.subspan(old_identifier.size());
    p.application = printable(name.first(static_cast<std::size_t>(std::ranges::find(name, std::uint8_t{0}) - name.begin())));
    return p;
  }
  if (auto p = read_data(message)) return p;
  const auto v = read_size(message);
  if (v.head == 0 || v.head + v.size != message.size() || is_variable(message.subspan(v.head), v.size) != guess::yes) return {};
  const auto content = message.subspan(v.head);
  for (const auto& known : identifiers)
    if (content.size() >= known.octets.size() && std::ranges::equal(content.first(known.octets.size()), known.octets))
      return read_variable(reader{content}, known.kind);
  if (content[0] == 0) return read_alarms(content);
  parsed p;
  p.kind = kind::short_ping;
  return p;
}

}  // namespace mw::suitelink
