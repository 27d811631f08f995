// The framing of S7comm-plus inside transport messages.
#include "sensor/dissect/s7plus_part.hpp"

namespace mw::s7plus {

result<part> read_part(bytes payload) {
  reader in{payload};
  part p;
  in.expect(in.u8() == protocol_id, "protocol id 0x72");
  p.version = in.u8();
  if (p.version == keep_alive) {
    in.skip(2);
    p.last = true;
  } else {
    const auto size = in.u16();
    p.data = in.take(size);
    p.rest = in.rest();
    reader next{in.rest()};
    if (next.u8() == protocol_id && next.u8() == p.version && next.u16() == 0 && next.ok()) p.last = true, p.rest = next.rest();
    if (size == 0) p.last = true;  // a trailer of its own
  }
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  if (p.version == keep_alive) p.rest = in.rest();
  if (p.version == digest_version && p.data.size() > digest_size && p.data[0] == digest_size)
    p.data = p.data.subspan(1 + digest_size), p.digest = true;
  return p;
}

}  // namespace mw::s7plus
