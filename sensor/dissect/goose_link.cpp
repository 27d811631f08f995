// The head of a GOOSE or sampled value frame (IEC 61850-8-1 annex C, IEC 61850-9-2) and the session of IEC 61850-90-5.
#include "sensor/dissect/goose_link.hpp"

#include <algorithm>

namespace mw::gse {
namespace {

constexpr std::size_t head_size = 8;
constexpr std::uint8_t simulated_bit = 0x80;

// ISO/IEC 8602: a unit data TPDU without parameters
constexpr std::uint8_t transport_length = 0x01, unit_data = 0x40;
constexpr std::uint8_t first_kind = 0xa0, last_kind = 0xa3, common_header = 0x80, signature = 0x85;

}  // namespace

std::optional<payload> read_frame(bytes frame) {
  reader in{frame};
  payload p;
  p.appid = in.u16();
  p.announced = in.u16();
  p.simulated = (in.u8() & simulated_bit) != 0;
  in.skip(3);
  if (!in.ok()) return {};
  p.fits = p.announced >= head_size && p.announced - head_size <= in.left();
  p.apdu = p.fits ? in.take(p.announced - head_size) : in.rest();
  return p;
}

std::optional<routed> read_routed(bytes datagram) {
  reader in{datagram};
  routed r;
  in.expect(in.u8() == transport_length && in.u8() == unit_data, "a unit data TPDU");
  r.kind = in.u8();
  in.expect(r.kind >= first_kind && r.kind <= last_kind, "a session identifier of IEC 61850-90-5");
  auto head = in.part(in.u8());
  in.expect(head.u8() == common_header, "the common session header");
  auto common = head.part(head.u8());
  const auto size = common.u32();
  const auto behind_size = in.left() + head.left() + common.left();
  r.number = common.u32();
  r.version = common.u16();
  common.skip(4 + 2);  // when the key began, and when the next begins
  r.key = common.u32();
  in.expect(common.ok() && size == behind_size, "the length of the session message");
  r.payloads = in.take(in.u32());
  if (!in.ok()) return {};
  r.is_signed = in.left() != 0 && in.u8() == signature;
  return r;
}

routed_payload next_payload(reader& in) {
  routed_payload p;
  const auto user = in.u8();
  in.expect(user >= static_cast<std::uint8_t>(user::goose) && user <= static_cast<std::uint8_t>(user::management), "a known payload");
  p.user = static_cast<gse::user>(user);
  p.what.simulated = in.u8() != 0;
  p.what.appid = in.u16();
  p.what.announced = in.u16();
  p.what.apdu = in.take(p.what.announced);
  return p;
}

bool is_routed(bytes datagram, user who) {
  const auto r = read_routed(datagram);
  if (!r) return false;
  reader in{r->payloads};
  const auto p = next_payload(in);
  return in.ok() && p.user == who && !p.what.apdu.empty();
}

}  // namespace mw::gse
