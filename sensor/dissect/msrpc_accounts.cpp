// Arguments of accounts ([MS-SAMR] 3.1.5), of the secure channel ([MS-NRPC] 3.5.4) and of the endpoint mapper (C706 appendices L and O).
#include "sensor/dissect/msrpc_memory.hpp"

#include <algorithm>
#include <array>

namespace mw::msrpc {
namespace {

constexpr std::size_t most_names = 16, most_towers = 64;

// ---- accounts
void keep_handle(ndr& in, call& c) {
  const auto handle = in.handle();
  if (in.ok() && c.op.outcome == outcome::ok && !c.state.name.empty()) c.known.handles.put(handle, c.state.name, c.out);
}
void name_account(call& c, const std::string& name) {
  if (!name.empty()) c.op.objects.push_back({"account", name});
}
void on_account(ndr& in, call& c) {
  if (const auto* const name = c.known.handles.find(in.handle())) name_account(c, *name);
}
void named_account(ndr& in, call& c) {
  (void)in.handle();
  c.state.name = in.counted_text();
  name_account(c, c.state.name);
}
void named_domain(ndr& in, call& c) {
  (void)in.handle();
  if (const auto name = in.counted_text(); !name.empty()) c.op.objects.push_back({"domain", name});
}
void numbered_account(ndr& in, call& c) {
  (void)in.handle();
  (void)in.u32();  // access
  c.state.name = "rid " + std::to_string(in.u32());
  name_account(c, c.state.name);
}
void lookup_names(ndr& in, call& c) {
  (void)in.handle();
  (void)in.u32();  // count
  (void)in.size();
  const auto offset = in.size(), count = in.size();
  if (offset != 0 || count > in.left() / 8) return;
  std::size_t there = 0;
  for (std::uint64_t i = 0; i < count; ++i) there += in.counted_head() ? 1 : 0;
  for (std::size_t i = 0; i < std::min(there, most_names); ++i) name_account(c, in.text());
}
void change_password(ndr& in, call& c) {
  if (in.pointer()) (void)in.counted_text();  // server
  name_account(c, in.counted_text());
}

// ---- secure channel
/// [MS-NRPC] 3.1.4.1: a client challenge whose first five octets are all the same must be refused.
void check_challenge(call& c, bytes challenge) {
  if (challenge.size() < 5 || c.known.weak_challenge_told) return;
  if (std::ranges::any_of(challenge.first(5), [&](auto b) { return b != challenge[0]; })) return;
  c.known.weak_challenge_told = true;
  c.out.violate(c.m.from, "client_challenge", "the first five octets of a client challenge are the same", {}, "msrpc");
}
void request_challenge(ndr& in, call& c) {
  (void)in.pointed_text();
  const auto computer = in.text();
  if (!computer.empty()) c.op.objects.push_back({"computer", computer});
  check_challenge(c, in.take(8));
}
constexpr std::array<std::string_view, 8> channels{"",           "ms_ap",  "workstation", "trusted_dns_domain", "trusted_domain",
                                                   "uas_server", "server", "cdc_server"};
void secure_channel(ndr& in, call& c) {
  (void)in.pointed_text();
  name_account(c, in.text());
  const std::uint32_t kind = in.wide() ? in.u32() : in.u16();
  if (kind > 0 && kind < channels.size()) c.put("channel", std::string{channels[kind]});
  c.put_text("computer", in.text());
}
void authenticate(ndr& in, call& c) {
  secure_channel(in, c);
  const auto proof = in.take(8);
  const auto zero = !proof.empty() && std::ranges::all_of(proof, [](auto b) { return b == 0; });
  if (zero) c.put("credential_is_zero", true);
}

// ---- endpoint mapper
struct tower {
  std::string interface;
  std::optional<std::uint16_t> tcp, udp;
  std::optional<ip> address;
  std::string pipe;
};
/// C706 appendix L: floors, each a protocol identifier and what belongs to it, integers little-endian but for ports.
std::optional<tower> read_tower(bytes data) {
  enum floor : std::uint8_t { by_tcp = 0x07, by_udp = 0x08, by_ip = 0x09, by_uuid = 0x0d, by_pipe = 0x0f, by_http = 0x1f };
  reader in{data};
  tower t;
  const auto floors = in.u16le();
  for (std::uint16_t i = 0; i < floors && in.left(); ++i) {
    auto left = in.part(in.u16le());
    auto right = in.part(in.u16le());
    const auto kind = left.u8();
    if (!left.ok()) return {};
    if (kind == by_uuid && i == 0) {
      const auto id = dce_rpc::read_uuid(left, true);
      const auto* const of = find(id);
      t.interface = of != nullptr ? std::string{of->name} : dce_rpc::to_string(id);
    }
    if (kind == by_tcp && right.left() == 2) t.tcp = right.u16();
    if (kind == by_udp && right.left() == 2) t.udp = right.u16();
    if (kind == by_ip && right.left() == 4) {
      const auto a = right.take(4);
      t.address = ip::v4(a[0], a[1], a[2], a[3]);
    }
    if (kind == by_pipe) t.pipe = printable(right.rest(), 64);
  }
  if (!in.ok()) return {};
  return t;
}
std::optional<tower> next_tower(ndr& in) {
  (void)in.size();
  const auto length = in.u32();
  auto t = read_tower(in.take(length));
  if (!in.ok()) return {};
  return t;
}
void announce(call& c, const tower& t) {
  if (!t.tcp) return;
  auto at = c.m.source;
  if (t.address && *t.address != ip::v4(0, 0, 0, 0)) at.address = *t.address;
  at.port = port{*t.tcp};
  c.out.expect(at, c.m.from, transport::tcp, "msrpc");
}
void map(ndr& in, call& c) {
  if (in.pointer()) (void)in.uuid();
  if (!in.pointer()) return;
  if (const auto t = next_tower(in); t && !t->interface.empty()) c.op.objects.push_back({"interface", t->interface});
}
void mapped(ndr& in, call& c) {
  (void)in.handle();
  (void)in.u32();  // count
  (void)in.size();
  const auto offset = in.size(), count = in.size();
  if (offset != 0 || count > in.left() / 4) return;
  std::size_t there = 0;
  for (std::uint64_t i = 0; i < count; ++i) there += in.pointer() ? 1 : 0;
  for (std::size_t i = 0; i < std::min(there, most_towers); ++i) {
    const auto t = next_tower(in);
    if (!t) break;
    announce(c, *t);
    if (i != 0) continue;
    if (t->tcp) c.put("port", std::int64_t{*t->tcp});
    if (t->address) c.put("address", to_string(*t->address));
    c.put_text("pipe", t->pipe);
  }
}
void looked_up(ndr& in, call& c) {
  (void)in.handle();
  (void)in.u32();
  (void)in.size();
  const auto offset = in.size(), count = in.size();
  if (offset != 0 || count > in.left() / 28) return;
  std::size_t there = 0;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    (void)in.uuid();
    there += in.pointer() ? 1 : 0;
    (void)in.size();
    in.skip(static_cast<std::size_t>(std::min<std::uint64_t>(in.size(), 1u << 20)));  // annotation
    in.align(in.wide() ? 8 : 4);
  }
  c.put("entries", static_cast<std::int64_t>(count));
  for (std::size_t i = 0; i < std::min(there, most_towers); ++i) {
    const auto t = next_tower(in);
    if (!t) break;
    announce(c, *t);
    if (c.op.objects.size() < most_names && std::ranges::find(c.op.objects, t->interface, &object::address) == c.op.objects.end())
      c.op.objects.push_back({"interface", t->interface});
  }
}

constexpr std::array rules{
    rule{"epmapper", 2, nullptr, looked_up},         rule{"epmapper", 3, map, mapped},
    rule{"samr", 5, named_domain, nullptr},          rule{"samr", 12, named_account, keep_handle},
    rule{"samr", 17, lookup_names, nullptr},         rule{"samr", 34, numbered_account, keep_handle},
    rule{"samr", 27, numbered_account, keep_handle}, rule{"samr", 19, numbered_account, keep_handle},
    rule{"samr", 31, on_account, nullptr},           rule{"samr", 35, on_account, nullptr},
    rule{"samr", 36, on_account, nullptr},           rule{"samr", 37, on_account, nullptr},
    rule{"samr", 47, on_account, nullptr},           rule{"samr", 50, named_account, keep_handle},
    rule{"samr", 55, change_password, nullptr},      rule{"samr", 58, on_account, nullptr},
    rule{"netlogon", 4, request_challenge, nullptr}, rule{"netlogon", 5, authenticate, nullptr},
    rule{"netlogon", 6, secure_channel, nullptr},    rule{"netlogon", 15, authenticate, nullptr},
    rule{"netlogon", 26, authenticate, nullptr},     rule{"netlogon", 30, secure_channel, nullptr},
};

}  // namespace

std::span<const rule> directory_rules() { return rules; }

}  // namespace mw::msrpc
