// BVLC (ASHRAE 135 Annexes J and U), LLC and MS/TP on Ethernet (clauses 7 and 9) and the NPDU (clause 6.2).
#include "sensor/dissect/bacnet_link.hpp"

#include "common/text.hpp"
#include "sensor/dissect/bacnet_data.hpp"

#include <algorithm>

namespace mw::bacnet {
namespace {

constexpr std::uint8_t type_ip4 = 0x81, type_ip6 = 0x82, npdu_version = 1;
constexpr std::uint8_t bit_message = 0x80, bits_reserved = 0x50, bit_destination = 0x20, bit_source = 0x08, bit_reply = 0x04;
constexpr std::uint8_t first_proprietary = 0x80;
constexpr std::uint32_t llc_bacnet = 0x828203, llc_snap = 0xaaaa03;
constexpr std::uint64_t snap_cimetrics_mstp = 0x0010900001;
constexpr std::uint8_t mstp_data_expecting_reply = 5, mstp_data_not_expecting_reply = 6;

enum bvlc : std::uint8_t { forwarded = 4, distribute = 9, unicast = 10, broadcast = 11, secure = 12 };
enum bvlc6 : std::uint8_t { unicast6 = 1, broadcast6 = 2, forwarded6 = 8, secure6 = 11, distribute6 = 12 };

route read_route(reader& in) {
  route r;
  r.network = in.u16();
  r.size = in.u8();
  in.expect(r.size <= route::longest, "an address of a known length");
  std::ranges::copy(in.take(r.size), r.address.begin());
  if (!in.ok()) return {};
  return r;
}

/// Sizes that Annex J fixes for messages without an NPDU.
bool fits(std::uint8_t function, std::size_t body) {
  switch (function) {
    case 0:
    case 5: return body == 2;
    case 1:
    case 3:
    case 7: return body % 10 == 0;
    case 2:
    case 6: return body == 0;
    case 8: return body == 6;
    default: return false;
  }
}
/// The same of Annex U, where the sender's virtual address comes first and was taken off.
bool fits6(std::uint8_t function, std::size_t body) {
  switch (function) {
    case 0:
    case 9: return body == 2;
    case 3:
    case 5:
    case 7: return body == 3;
    case 4: return body == 21;
    case 6: return body == 0;
    case 10: return body == 18;
    default: return false;
  }
}

result<link_frame> read_bvlc(bytes data) {
  reader in{data};
  link_frame f;
  const auto type = in.u8();
  f.function = in.u8();
  const std::size_t length = in.u16();
  if (!in.ok() || (type != type_ip4 && type != type_ip6)) return fail(fault::malformed, "neither of the two types of BVLC");
  if (length < 4) return fail(fault::malformed, "BVLC length", 2);
  f.by = type == type_ip4 ? carrier::ip4 : carrier::ip6;
  f.shorter = length < data.size();
  f.longer = length > data.size();
  auto rest = in;  // where the length lies, receivers were seen to take the datagram's
  if (f.by == carrier::ip4) {
    if (f.function == forwarded) f.origin = read_address(rest, false);
    f.has_npdu = f.function == forwarded || f.function == distribute || f.function == unicast || f.function == broadcast;
  } else {
    if (f.function != secure6) f.vmac = static_cast<std::uint32_t>(rest.be_n(3));
    if (f.function == unicast6) rest.skip(3);
    if (f.function == forwarded6) f.origin = read_address(rest, true);
    f.has_npdu = f.function == unicast6 || f.function == broadcast6 || f.function == forwarded6 || f.function == distribute6;
  }
  if (!rest.ok()) return fail(fault::truncated, "the BVLC header is cut short", rest.at());
  f.body = rest.rest();
  return f;
}

result<link_frame> read_ethernet(bytes data) {
  reader in{data};
  link_frame f;
  const auto llc = in.be_n(3);
  if (llc == llc_bacnet) {
    f.by = carrier::ethernet;
    f.has_npdu = true;
    f.body = in.rest();
    return f;
  }
  if (llc != llc_snap || in.be_n(5) != snap_cimetrics_mstp) return fail(fault::malformed, "LLC of something else");
  in.skip(3);  // the time since the frame before, and a number
  f.by = carrier::mstp;
  f.function = in.u8();
  in.skip(2);
  const std::size_t length = in.u16();
  in.skip(1);
  f.body = in.take(length);
  if (!in.ok()) return fail(fault::truncated, "the MS/TP frame is cut short", in.at());
  f.has_npdu = f.function == mstp_data_expecting_reply || f.function == mstp_data_not_expecting_reply;
  return f;
}

/// Whether an APDU begins as one; `closely`: with a service that exists, since nothing else speaks for it.
bool well_headed(bytes apdu, bool closely) {
  constexpr std::uint8_t segmented = 8, last_confirmed = 34, last_unconfirmed = 14;
  reader in{apdu};
  const auto first = in.u8();
  const auto type = first >> 4;
  if (type == 1) {
    const auto service = in.u8();
    return in.ok() && (first & 15) == 0 && (!closely || service <= last_unconfirmed);
  }
  if (type == 0) in.skip(1);
  in.skip(1);  // invoke identifier
  if ((type == 0 || type == 3) && (first & segmented) != 0) in.skip(2);
  if (type == 4) in.skip(1);
  const auto service = in.u8();
  const bool names_service = type == 0 || type == 2 || type == 3 || type == 5;
  return in.ok() && type <= 7 && (!closely || !names_service || service <= last_confirmed);
}

}  // namespace

std::string route::text() const {
  const auto whole = hex(bytes{address.data(), size});
  return std::to_string(network) + '/' + whole.substr(2);
}

endpoint read_address(reader& in, bool six) {
  endpoint e;
  const auto a = in.take(six ? 16 : 4);
  std::array<std::uint8_t, 16> octets{};
  std::ranges::copy(a, octets.begin());
  if (in.ok()) e.address = six ? ip::v6(octets) : ip::v4(octets[0], octets[1], octets[2], octets[3]);
  e.port.number = in.u16();
  return e;
}

result<npdu> read_npdu(bytes data) {
  reader in{data};
  npdu n;
  if (in.u8() != npdu_version) return fail(fault::unsupported, "the version of the NPDU is not 1");
  const auto control = in.u8();
  n.expects_reply = (control & bit_reply) != 0;
  n.reserved = (control & bits_reserved) != 0;
  n.priority = control & 3;
  if ((control & bit_destination) != 0) n.destination = read_route(in);
  if ((control & bit_source) != 0) n.source = read_route(in);
  if (n.destination) n.hops = in.u8();
  if ((control & bit_message) != 0) {
    n.message = in.u8();
    if (*n.message >= first_proprietary) n.vendor = in.u16();
  }
  if (!in.ok()) return fail(in.why().kind, "the NPDU is cut short", in.at());
  n.data = in.rest();
  return n;
}

result<link_frame> read_link(bytes data, transport over) { return over == transport::ethernet ? read_ethernet(data) : read_bvlc(data); }

bool convincing(bytes data, transport over) {
  const auto f = read_link(data, over);
  if (!f) return false;
  const bool lies = f->longer || f->shorter;
  if (!f->has_npdu) {
    if (lies) return false;
    if (f->by == carrier::mstp) return true;
    return f->by == carrier::ip4 ? fits(f->function, f->body.size()) : fits6(f->function, f->body.size());
  }
  const auto n = read_npdu(f->body);
  if (!n || n->reserved || (n->source && n->source->size == 0)) return false;
  if (n->message) return *n->message <= 0x13 || *n->message >= first_proprietary;
  return well_headed(n->data, lies);
}

}  // namespace mw::bacnet
