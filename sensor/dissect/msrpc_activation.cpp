// Objects of DCOM ([MS-DCOM] 2.2): which class is created, where its objects can be reached, and what WMI ([MS-WMI]) is asked.
#include "sensor/dissect/msrpc_memory.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace mw::msrpc {

namespace {

/// ORPC_EXTENT_ARRAY ([MS-DCOM] 2.2.21.2), which may follow both.
void skip_extensions(ndr& in) {
  if (!in.pointer()) return;
  (void)in.u32(), (void)in.u32();
  if (!in.pointer()) return;
  const auto count = in.size();
  std::size_t there = 0;
  for (std::uint64_t i = 0; i < count && in.ok() && in.left() != 0; ++i) there += in.pointer() ? 1 : 0;
  for (; there != 0 && in.ok(); --there) {
    const auto room = in.size();
    (void)in.uuid();
    (void)in.u32();
    in.skip(static_cast<std::size_t>(std::min<std::uint64_t>(room, in.left() + 1)));
  }
  in.align(4);
}

}  // namespace

void skip_this(ndr& in) {
  in.skip(12);  // version, flags, reserved
  (void)in.uuid();
  skip_extensions(in);
}
void skip_that(ndr& in) {
  (void)in.u32();
  skip_extensions(in);
}

namespace {

constexpr std::uint8_t stated = 60;
constexpr std::size_t most_bindings = 16, most_ids = 8, most_properties = 32;
constexpr std::uint16_t over_tcp = 7;

struct known_class {
  dce_rpc::uuid id;
  std::string_view name;
};
using dce_rpc::make_uuid;
constexpr std::array<known_class, 8> classes{{
    {make_uuid(0x13486d51, 0x4821, 0x11d2, 0xa4943cb306c10000), "OpcEnum"},
    {make_uuid(0x8bc3f05e, 0xd86b, 0x11d0, 0xa07500c04fb68820), "WbemLevel1Login"},
    {make_uuid(0x4590f811, 0x1d3a, 0x11d0, 0x891f00aa004b2e24), "WbemLocator"},
    {make_uuid(0x49b2791a, 0xb1ae, 0x4c90, 0x9b8ee860ba07f889), "MMC20.Application"},
    {make_uuid(0x9ba05972, 0xf6a8, 0x11cf, 0xa44200a0c90a8f39), "ShellWindows"},
    {make_uuid(0xc08afd90, 0xf2a1, 0x11d1, 0x845500a0c91f3880), "ShellBrowserWindow"},
    {make_uuid(0x00024500, 0x0000, 0x0000, 0xc000000000000046), "Excel.Application"},
    {make_uuid(0x0f87369f, 0xa4e5, 0x4cfc, 0xbd3e73e6154572dd), "Schedule.Service"},
}};
std::string class_text(const dce_rpc::uuid& id) {
  const auto* const at = std::ranges::find(classes, id, &known_class::id);
  return at != classes.end() ? std::string{at->name} : dce_rpc::to_string(id);
}
std::string interface_text(const dce_rpc::uuid& id) {
  const auto* const of = find(id);
  return of != nullptr ? std::string{of->name} : dce_rpc::to_string(id);
}

/// DUALSTRINGARRAY: where an object exporter listens. Addresses are facts, ports are conversations to come.
void read_bindings(ndr& in, call& c) {
  (void)in.size();
  const std::size_t words = in.u16();
  const std::size_t security = in.u16();
  ndr list{in.take(words * 2), in.little(), in.wide()};
  for (std::size_t n = 0; n < most_bindings && list.ok() && list.left() >= 4 && list.at() < security * 2; ++n) {
    const auto by = list.u16();
    if (by == 0) break;
    std::string text;
    for (std::uint16_t ch = list.u16(); ch != 0 && list.ok(); ch = list.u16())
      if (text.size() < 128) text += ch >= 0x20 && ch < 0x7f ? static_cast<char>(ch) : '?';
    if (by != over_tcp) continue;
    const auto bracket = std::min(text.find('['), text.size());
    const auto host = text.substr(0, bracket);
    const auto address = ip::parse(host);
    if (address)
      c.learn("ip", host, stated);
    else
      c.learn("host_name", host, stated);
    std::uint16_t number = 0;
    const auto* const from = text.data() + std::min(bracket + 1, text.size());
    if (std::from_chars(from, text.data() + text.size(), number).ec != std::errc{} || number == 0) continue;
    auto at = c.m.source;
    if (address) at.address = *address;
    at.port = port{number};
    c.out.expect(at, c.m.from, transport::tcp, "msrpc");
    if (n == 0) c.put("port", std::int64_t{number});
  }
}

void remote_activation(ndr& in, call& c) {
  c.op.objects.push_back({"class", class_text(in.uuid())});
  c.put_text("name", in.pointed_text());
  if (in.pointer()) return;  // storage, behind which the rest is not looked for
  (void)in.u32(), (void)in.u32();
  (void)in.u32();
  if (!in.pointer()) return;
  const auto count = in.size();
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, most_ids) && in.left() >= 16; ++i)
    c.op.objects.push_back({"interface", interface_text(in.uuid())});
}
void remotely_activated(ndr& in, call& c) {
  (void)in.u64();
  if (in.pointer()) read_bindings(in, c);
}

/// Properties of an activation ([MS-DCOM] 2.2.22) out of the object reference that carries them, each to `take`.
template <class Take>
void each_property(ndr& in, const Take& take) {
  constexpr std::uint32_t signature = 0x574f454d, custom = 4;
  constexpr std::size_t head_of_serialization = 16;  // [MS-RPCE] 2.2.6
  (void)in.size();
  const auto octets = in.take(in.u32());
  reader r{octets};
  if (r.u32le() != signature || r.u32le() != custom) return;
  r.skip(16 + 16 + 4 + 4);  // interface, class, extension, size
  r.skip(8);                // size of what follows, reserved
  const auto body = r.rest();
  ndr head{body, true, false};
  head.skip(head_of_serialization);
  (void)head.u32();
  const auto size_of_head = head.u32();
  (void)head.u32(), (void)head.u32();
  const auto count = head.u32();
  (void)head.uuid();
  (void)head.u32(), (void)head.u32(), (void)head.u32();
  std::vector<dce_rpc::uuid> ids;
  std::vector<std::uint32_t> sizes;
  (void)head.u32();
  for (std::uint32_t i = 0; i < count && head.left() && ids.size() < most_properties; ++i) ids.push_back(head.uuid());
  (void)head.u32();
  for (std::uint32_t i = 0; i < count && head.left() && sizes.size() < most_properties; ++i) sizes.push_back(head.u32());
  if (!head.ok() || size_of_head > body.size()) return;
  reader rest{body.subspan(size_of_head)};
  for (std::size_t i = 0; i < ids.size() && i < sizes.size(); ++i) {
    const auto one = rest.take(sizes[i]);
    if (one.size() > head_of_serialization) take(ids[i], ndr{one.subspan(head_of_serialization), true, false});
  }
}
constexpr auto instantiation_info = make_uuid(0x000001ab, 0x0000, 0x0000, 0xc000000000000046),
               scm_reply_info = make_uuid(0x000001b6, 0x0000, 0x0000, 0xc000000000000046);

void activation(ndr& in, call& c) {
  if (c.state.operation == 4 && in.pointer()) return;  // an outer object is never allowed
  if (!in.pointer()) return;
  each_property(in, [&](const dce_rpc::uuid& id, ndr p) {
    if (id != instantiation_info) return;
    c.op.objects.push_back({"class", class_text(p.uuid())});
    (void)p.u32(), (void)p.u32(), (void)p.u32();
    const auto count = p.u32();
    (void)p.u32();
    if (!p.pointer()) return;
    p.skip(8);  // size, version
    (void)p.size();
    for (std::uint32_t i = 0; i < std::min<std::uint32_t>(count, most_ids) && p.left() >= 16; ++i)
      c.op.objects.push_back({"interface", interface_text(p.uuid())});
  });
}
void activated(ndr& in, call& c) {
  if (!in.pointer()) return;
  each_property(in, [&](const dce_rpc::uuid& id, ndr p) {
    if (id != scm_reply_info) return;
    (void)p.pointer();
    if (!p.pointer()) return;
    (void)p.u64();
    const bool bindings = p.pointer();
    (void)p.uuid();
    p.skip(8);  // hint, version
    if (bindings) read_bindings(p, c);
  });
}
void resolved(ndr& in, call& c) {
  if (in.pointer()) read_bindings(in, c);
}
void alive(ndr& in, call& c) {
  (void)in.u16(), (void)in.u16();
  if (in.pointer()) read_bindings(in, c);
}

// ---- WMI
/// BSTR ([MS-OAUT] 2.2.23): a pointer to a counted string.
std::string bstr(ndr& in) {
  if (!in.pointer()) return {};
  (void)in.size();
  (void)in.u32();
  const std::size_t characters = in.u32();
  if (characters > in.left() / 2) {
    in.skip(in.left() + 1);
    return {};
  }
  auto text = ntlmssp::from_utf16(in.take(characters * 2), 512);
  return text;
}
void wmi_login(ndr& in, call& c) { c.op.objects.push_back({"namespace", in.pointed_text()}); }
void wmi_object(ndr& in, call& c) { c.op.objects.push_back({"class", bstr(in)}); }
void wmi_query(ndr& in, call& c) {
  (void)bstr(in);
  c.op.objects.push_back({"query", bstr(in)});
}
void wmi_method(ndr& in, call& c) {
  const auto path = bstr(in);
  c.op.objects.push_back({"method", path + "::" + bstr(in)});
}

constexpr std::array rules{
    rule{"IRemoteActivation", 0, remote_activation, remotely_activated},
    rule{"IRemoteSCMActivator", 3, activation, activated},
    rule{"IRemoteSCMActivator", 4, activation, activated},
    rule{"IOXIDResolver", 0, nullptr, resolved},
    rule{"IOXIDResolver", 4, nullptr, resolved},
    rule{"IOXIDResolver", 5, nullptr, alive},
    rule{"IWbemLevel1Login", 6, wmi_login, nullptr},
    rule{"IWbemServices", 3, wmi_object, nullptr},
    rule{"IWbemServices", 6, wmi_object, nullptr},
    rule{"IWbemServices", 10, wmi_object, nullptr},
    rule{"IWbemServices", 16, wmi_object, nullptr},
    rule{"IWbemServices", 18, wmi_object, nullptr},
    rule{"IWbemServices", 20, wmi_query, nullptr},
    rule{"IWbemServices", 21, wmi_query, nullptr},
    rule{"IWbemServices", 22, wmi_query, nullptr},
    rule{"IWbemServices", 23, wmi_query, nullptr},
    rule{"IWbemServices", 24, wmi_method, nullptr},
    rule{"IWbemServices", 25, wmi_method, nullptr},
};

}  // namespace

std::span<const rule> object_rules() { return rules; }

}  // namespace mw::msrpc
