// How TDS is cut into packets ([MS-TDS] 2.2.3.1), and what else stands between them.
#include "sensor/dissect/mssql_packet.hpp"

namespace mw::mssql {
namespace {

constexpr std::size_t multiplex_head = 16, largest_packet = 32767;

bool is_client(std::uint8_t t) {
  return t == batch || t == call || (t >= attention && t <= federated_token) || t == transaction ||
         (t >= login_packet && t <= prelogin_packet);
}

}  // namespace

std::optional<header> read_header(reader& in) {
  constexpr std::uint8_t known_status = 0x1f;
  header h;
  h.type = in.u8(), h.status = in.u8();
  h.size = in.u16();
  in.skip(2);
  h.number = in.u8();
  const auto window = in.u8();
  const bool possible = (is_client(h.type) || h.type == tabular) && (h.status & ~known_status) == 0 && window == 0;
  if (!in.ok() || !possible || h.size < head_size || h.size > largest_packet) return {};
  return h;
}

result<std::size_t> frame(bytes head) {
  if (head.empty()) return std::size_t{0};
  reader in{head};
  if (is_tls(head)) {
    if (head.size() < 5) return std::size_t{0};
    in.skip(1);
    if (in.u8() != 3) return fail(fault::malformed, "no packet and no TLS record", 1);
    in.skip(1);
    return std::size_t{5} + in.u16();
  }
  if (is_shared(head)) {
    if (head.size() < multiplex_head) return std::size_t{0};
    in.skip(4);
    const std::size_t size = in.u32le();
    if (size < multiplex_head || size > multiplex_head + largest_packet)
      return fail(fault::malformed, "a shared frame has no possible size", 4);
    return size;
  }
  if (head.size() < head_size)
    return is_client(head[0]) || head[0] == tabular ? result<std::size_t>{0u} : fail(fault::malformed, "no packet of TDS", 0);
  const auto h = read_header(in);
  if (!h) return fail(fault::malformed, "no packet of TDS", 0);
  return h->size;
}

}  // namespace mw::mssql
