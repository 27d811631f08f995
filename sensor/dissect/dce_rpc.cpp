// DCE/RPC (The Open Group C706, chapter 12 and appendix on the universal unique identifier).
#include "sensor/dissect/dce_rpc.hpp"

#include <algorithm>

namespace mw::dce_rpc {
namespace {

constexpr std::uint8_t connectionless = 4, connected = 5;
constexpr std::size_t common_size = 16;
constexpr std::uint8_t is_little = 0x10;
constexpr std::uint8_t last_fragment_4 = 0x02, fragment_4 = 0x04;                         // flags of version 4
constexpr std::uint8_t first_fragment_5 = 0x01, last_fragment_5 = 0x02, object_5 = 0x80;  // of version 5
constexpr std::size_t most_contexts = 64, authentication_head = 8;

result<header> read_4(reader& in) {
  header h;
  h.version = connectionless;
  in.skip(1);
  h.type = static_cast<kind>(in.u8());
  h.flags = in.u8();
  in.skip(1);
  const auto representation = in.u8();
  in.skip(2);
  h.little = (representation & 0xf0) == is_little;
  in.skip(1);
  h.object = read_uuid(in, h.little);
  h.interface_id = read_uuid(in, h.little);
  h.activity = read_uuid(in, h.little);
  in.skip(4);  // when the server was started
  h.interface_version = u32(in, h.little);
  h.call = u32(in, h.little);
  h.operation = u16(in, h.little);
  in.skip(4);  // hints
  const auto length = u16(in, h.little);
  h.fragment = u16(in, h.little);
  h.authenticated = in.u8() != 0;
  in.skip(1);
  in.expect(h.type <= kind::cancel_ack, "a kind of message of version 4");
  in.expect((representation & 0xf0) == 0 || h.little, "a byte order that is assigned");
  const bool part = (h.flags & fragment_4) != 0;
  h.first = !part || h.fragment == 0;
  h.last = !part || (h.flags & last_fragment_4) != 0;
  auto body = in.part(length);
  h.body = body.rest();
  if ((h.type == kind::fault || h.type == kind::reject) && length >= 4) h.status = u32(body, h.little);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return h;
}

result<header> read_5(reader& in, std::size_t size) {
  header h;
  h.version = connected;
  in.skip(1);
  h.minor = in.u8();
  h.type = static_cast<kind>(in.u8());
  h.flags = in.u8();
  const auto representation = in.u8();
  in.skip(3);
  h.little = (representation & 0xf0) == is_little;
  const std::size_t length = u16(in, h.little), authentication = u16(in, h.little);
  h.call = u32(in, h.little);
  in.expect(h.minor <= 1, "minor version 0 or 1");
  in.expect(h.type <= kind::orphaned, "a kind of message of version 5");
  in.expect(length >= common_size && length <= size, "a fragment's length");
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  auto rest = in.part(length - common_size);
  h.first = (h.flags & first_fragment_5) != 0;
  h.last = (h.flags & last_fragment_5) != 0;
  if (authentication != 0) {
    h.authenticated = true;
    const auto trailer = authentication + authentication_head;
    rest.expect(trailer <= rest.left(), "authentication that fits");
    rest = rest.part(rest.left() - std::min(trailer, rest.left()));
  }
  if (h.type == kind::request || h.type == kind::response || h.type == kind::fault) {
    rest.skip(4);  // size of all fragments: a hint
    h.context = u16(rest, h.little);
    if (h.type == kind::request) {
      h.operation = u16(rest, h.little);
      if ((h.flags & object_5) != 0) h.object = read_uuid(rest, h.little);
    } else {
      rest.skip(2);
      if (h.type == kind::fault) h.status = u32(rest, h.little);
    }
  }
  h.body = rest.rest();
  if (!rest.ok()) return tl::unexpected<error>{rest.why()};
  return h;
}

}  // namespace

std::uint16_t u16(reader& in, bool little) { return little ? in.u16le() : in.u16(); }
std::uint32_t u32(reader& in, bool little) { return little ? in.u32le() : in.u32(); }

uuid read_uuid(reader& in, bool little) {
  const auto a = u32(in, little);
  const auto b = u16(in, little), c = u16(in, little);
  return make_uuid(a, b, c, in.u64());
}

std::string to_string(const uuid& u) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < u.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    out += digits[u[i] >> 4], out += digits[u[i] & 15];
  }
  return out;
}

result<std::size_t> frame(bytes head) {
  if (head.empty()) return 0u;
  if (head[0] != connected) return fail(fault::malformed, "no connection-oriented RPC");
  if (head.size() < common_size) return 0u;
  reader in{head};
  in.skip(1);
  const auto minor = in.u8(), type = in.u8();
  in.skip(1);
  const auto representation = in.u8();
  in.skip(3);
  const std::size_t length = u16(in, (representation & 0xf0) == is_little);
  if (minor > 1 || type > static_cast<std::uint8_t>(kind::orphaned)) return fail(fault::malformed, "kind of RPC message", 2);
  if (length < common_size) return fail(fault::malformed, "RPC fragment length", 8);
  return length;
}

result<header> read(bytes pdu) {
  if (pdu.empty()) return fail(fault::truncated, "an empty RPC message");
  reader in{pdu};
  if (pdu[0] == connectionless) return read_4(in);
  if (pdu[0] == connected) return read_5(in, pdu.size());
  return fail(fault::malformed, "RPC version");
}

std::vector<context> offered(const header& h) {
  std::vector<context> out;
  reader in{h.body};
  in.skip(8);  // sizes of fragments, association group
  auto count = in.u8();
  in.skip(3);
  for (; count != 0 && in.left() != 0 && out.size() < most_contexts; --count) {
    context c;
    c.id = u16(in, h.little);
    const std::size_t transfers = in.u8();
    in.skip(1);
    c.interface_id = read_uuid(in, h.little);
    c.version = u32(in, h.little);
    in.skip(transfers * 20);
    if (in.ok()) out.push_back(c);
  }
  return out;
}

std::vector<bool> accepted(const header& h) {
  std::vector<bool> out;
  reader in{h.body};
  in.skip(8);
  const std::size_t address = u16(in, h.little);
  in.skip(address + (4 - (address + 2) % 4) % 4);
  auto count = in.u8();
  in.skip(3);
  for (; count != 0 && in.left() != 0 && out.size() < most_contexts; --count) {
    const bool good = u16(in, h.little) == 0;
    in.skip(22);
    if (in.ok()) out.push_back(good);
  }
  return out;
}

std::optional<std::vector<std::uint8_t>> fragments::add(const header& h, side from) {
  const auto drop = [&](auto at) {
    calls_.erase(at);
    ++dropped;
  };
  auto at = std::ranges::find_if(calls_, [&](const call& c) { return c.number == h.call && c.from == from && c.activity == h.activity; });
  // fragments of version 5 have no numbers, they come in order: a first one begins anew
  const bool numbered = h.version == connectionless;
  if (at != calls_.end() && !numbered && h.first) at = (drop(at), calls_.end());
  if (at == calls_.end()) {
    if (!numbered && !h.first) return {};  // its beginning was not seen
    if (calls_.size() >= most_calls) drop(calls_.begin());
    calls_.push_back({.activity = h.activity, .number = h.call, .from = from});
    at = std::prev(calls_.end());
  }
  auto& c = *at;
  const auto number = numbered ? h.fragment : static_cast<std::uint16_t>(c.parts.size());
  if (std::ranges::find(c.parts, number, &part::number) == c.parts.end()) {
    c.octets += h.body.size();
    if (c.octets > most_octets || c.parts.size() >= most_fragments) {
      drop(at);
      return {};
    }
    c.parts.push_back({number, {h.body.begin(), h.body.end()}});
  }
  if (h.last) c.last = number;
  if (!c.last || c.parts.size() != *c.last + 1u) return {};
  std::ranges::sort(c.parts, {}, &part::number);
  std::vector<std::uint8_t> out;
  for (const auto& p : c.parts) out.insert(out.end(), p.data.begin(), p.data.end());
  calls_.erase(at);
  return out;
}

}  // namespace mw::dce_rpc
