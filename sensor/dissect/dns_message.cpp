// The message that DNS, multicast DNS, LLMNR and the NetBIOS name service share (RFC 1035 4, RFC 6762, RFC 4795, RFC 1002 4.2).
#include "sensor/dissect/dns_message.hpp"

#include "common/net.hpp"
#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::dns {
namespace {

constexpr std::size_t longest_name = 255, most_jumps = 32, longest_text = 256;
constexpr std::uint16_t a = 1, ns = 2, cname = 5, soa = 6, ptr = 12, hinfo = 13, mx = 15, txt = 16, aaaa = 28, srv = 33, naptr = 35,
                        dname = 39;
constexpr std::uint16_t opt = 41;

struct named_type {
  std::uint16_t number;
  std::string_view name;
};
/// IANA, Domain Name System parameters, resource record types; 32 and 33 mean NB and NBSTAT on port 137.
constexpr std::array<named_type, 32> types{
    {{1, "A"},      {2, "NS"},     {5, "CNAME"}, {6, "SOA"},    {10, "NULL"},  {12, "PTR"},   {13, "HINFO"}, {15, "MX"},
     {16, "TXT"},   {17, "RP"},    {24, "SIG"},  {25, "KEY"},   {28, "AAAA"},  {29, "LOC"},   {32, "NB"},    {33, "SRV"},
     {35, "NAPTR"}, {39, "DNAME"}, {41, "OPT"},  {43, "DS"},    {44, "SSHFP"}, {46, "RRSIG"}, {47, "NSEC"},  {48, "DNSKEY"},
     {50, "NSEC3"}, {52, "TLSA"},  {64, "SVCB"}, {65, "HTTPS"}, {251, "IXFR"}, {252, "AXFR"}, {255, "ANY"},  {65399, "PRIVATE"}}};
constexpr std::array<std::string_view, 11> rcodes{"noerror",  "formerr", "servfail", "nxdomain", "notimp", "refused",
                                                  "yxdomain", "yxrrset", "nxrrset",  "notauth",  "notzone"};

/// Reads a name at `in`; labels may continue at an earlier offset of `whole`. Fails `in` where the name breaks a rule.
std::string read_name(bytes whole, reader& in) {
  std::string out;
  std::size_t octets = 0, jumps = 0;
  reader away{bytes{}};
  reader* at = &in;
  while (true) {
    const auto length = at->u8();
    if (!at->ok()) break;
    if (length == 0) return out.empty() ? "." : out;
    if ((length & 0xc0u) == 0xc0u) {
      const std::size_t target = (length & 0x3fu) << 8 | at->u8();
      if (!at->ok()) break;
      if (target >= whole.size() || ++jumps > most_jumps) {
        in.fail({fault::malformed, "a name points out of the message or in a circle", in.at()});
        return {};
      }
      away = reader{whole.subspan(target), target};
      at = &away;
      continue;
    }
    if ((length & 0xc0u) != 0) {
      in.fail({fault::malformed, "a label has a type that RFC 1035 does not know", in.at()});
      return {};
    }
    const auto label = at->take(length);
    if (!at->ok()) break;
    octets += label.size() + 1u;
    if (octets > longest_name) {
      in.fail({fault::over_limit, "a name is longer than 255 octets", in.at()});
      return {};
    }
    if (!out.empty()) out += '.';
    out += printable(label, label.size());
  }
  in.fail({fault::truncated, "a name ends inside a label", in.at()});
  return {};
}

/// Character strings one behind the other; "/" between those of HINFO, nothing between those of TXT.
std::string strings(bytes data, std::string_view between) {
  reader in{data};
  std::string out;
  while (in.left() && out.size() < longest_text) {
    const auto part = in.take(in.u8());
    if (!in.ok()) break;
    if (!out.empty()) out += between;
    out += is_text(part) ? std::string(part.begin(), part.end()) : hex(part, longest_text);
  }
  if (out.size() > longest_text) out.resize(longest_text);
  return out;
}

std::string text_of(bytes whole, const record& r, std::size_t at) {
  reader in{r.data, at};
  const auto& d = r.data;
  std::string out;
  switch (r.type) {
    case a:
      if (d.size() == 4) return to_string(ip::v4(d[0], d[1], d[2], d[3]));
      break;
    case aaaa: {
      std::array<std::uint8_t, 16> six{};
      if (d.size() != six.size()) break;
      std::ranges::copy(d, six.begin());
      return to_string(ip::v6(six));
    }
    case ns:
    case cname:
    case ptr:
    case dname: out = read_name(whole, in); break;
    case soa: out = read_name(whole, in) + ' ' + read_name(whole, in); break;
    case mx:
      out = std::to_string(in.u16()) + ' ';
      out += read_name(whole, in);
      break;
    case srv: {
      if (d.size() < 7) break;  // NBSTAT has the same number
      const auto priority = in.u16(), weight = in.u16(), number = in.u16();
      out = std::to_string(priority) + ' ' + std::to_string(weight) + ' ' + std::to_string(number) + ' ';
      out += read_name(whole, in);
      break;
    }
    case naptr: {
      const auto order = in.u16(), preference = in.u16();
      const auto flags = in.take(in.u8());
      const auto service = in.take(in.u8());
      const auto expression = in.take(in.u8());
      out = std::to_string(order) + ' ' + std::to_string(preference) + ' ' + printable(flags) + ' ' + printable(service) + ' ' +
            printable(expression) + ' ';
      out += read_name(whole, in);
      break;
    }
    case txt: return strings(d, "");
    case hinfo: return strings(d, "/");
    default: return d.empty() ? std::string{} : hex(d, 64);
  }
  return in.ok() && !out.empty() ? out : hex(d, 64);
}

void read_records(bytes whole, reader& in, std::size_t count, std::vector<record>& to) {
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    record r;
    r.name = read_name(whole, in);
    r.type = in.u16(), r.cls = in.u16(), r.ttl = in.u32();
    const auto size = in.u16();
    const auto at = in.at();
    r.data = in.take(size);
    if (!in.ok() || r.type == opt || to.size() >= most_kept) continue;
    r.text = text_of(whole, r, at);
    to.push_back(std::move(r));
  }
}

}  // namespace

result<content> parse(bytes message) {
  reader in{message};
  content c;
  c.id = in.u16(), c.flags = in.u16();
  c.question_count = in.u16(), c.answer_count = in.u16();
  const std::size_t authority = in.u16(), additional = in.u16();
  for (std::size_t i = 0; i < c.question_count && in.ok(); ++i) {
    question q;
    q.name = read_name(message, in);
    q.type = in.u16(), q.cls = in.u16();
    if (in.ok() && c.questions.size() < most_kept) c.questions.push_back(std::move(q));
  }
  read_records(message, in, c.answer_count, c.answers);
  c.other_count = static_cast<std::uint16_t>(std::min<std::size_t>(authority + additional, 0xffff));
  read_records(message, in, authority + additional, c.others);
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return c;
}

std::string_view type_name(std::uint16_t type) {
  const auto* const at = std::ranges::find(types, type, &named_type::number);
  return at == types.end() ? std::string_view{} : at->name;
}
std::string_view rcode_name(std::uint8_t rcode) { return rcode < rcodes.size() ? rcodes[rcode] : std::string_view{}; }

std::string netbios_name(std::string_view name) {
  constexpr std::size_t encoded = 32, length = 15;
  const auto label = name.substr(0, name.find('.'));
  if (label.size() != encoded || !std::ranges::all_of(label, [](char c) { return c >= 'A' && c <= 'P'; })) return {};
  std::array<std::uint8_t, encoded / 2> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::uint8_t>((label[i * 2] - 'A') << 4 | (label[i * 2 + 1] - 'A'));
  auto out = printable(bytes{octets}.first(length));
  constexpr std::string_view digits = "0123456789abcdef";
  return out + '<' + digits[octets[length] >> 4] + digits[octets[length] & 15] + '>';
}

}  // namespace mw::dns
