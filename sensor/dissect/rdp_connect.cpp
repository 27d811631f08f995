// The first messages of a remote desktop conversation (MS-RDPBCGR 2.2.1.1, 2.2.1.2), and what the messages behind them are (T.125 7).
#include "sensor/dissect/rdp_connect.hpp"

#include "common/text.hpp"
#include "sensor/dissect/rdp_blocks.hpp"

#include <algorithm>
#include <string_view>

namespace mw::rdp {
namespace {

constexpr std::uint16_t negotiation_size = 8;
constexpr std::string_view user_cookie = "Cookie: mstshash=", route_cookie = "Cookie: msts=";
constexpr std::size_t longest_cookie = 256;

}  // namespace

connect_part read_connect(bytes message) {
  connect_part c;
  reader in{message};
  in.skip(4);
  auto head = in.part(in.u8());
  head.skip(6);
  const auto text = head.rest();
  if (!text.empty() && text[0] > failed) {  // text that ends with CR LF
    const auto end = std::ranges::find(text, std::uint8_t{'\n'});
    if (end == text.end()) {
      c.complete = false;
      return c;
    }
    const auto line = head.take(static_cast<std::size_t>(end - text.begin()) + 1);
    const auto shown = printable(line.first(line.size() - (line.size() > 1 && line[line.size() - 2] == '\r' ? 2 : 1)), longest_cookie);
    if (shown.starts_with(user_cookie)) c.user = shown.substr(user_cookie.size());
    if (shown.starts_with(route_cookie)) c.route = shown.substr(route_cookie.size());
    c.well_formed = !c.user.empty() || !c.route.empty() || shown.starts_with("Cookie:") || shown.starts_with("tsv://");
  }
  if (head.left() == 0) return c;
  c.negotiates = true;
  c.type = head.u8(), c.flags = head.u8();
  const auto size = head.u16le();
  c.value = head.u32le();
  c.complete = head.ok() && size == negotiation_size && c.type >= asked && c.type <= failed;
  return c;
}

bool is_mcs(bytes data) {
  if (data.empty()) return false;
  if (is_connect_initial(data) || is_connect_response(data)) return true;
  switch (data[0] >> 2) {
    case erect_domain: return data.size() == 5;
    case disconnect: return data.size() == 2;
    case attach_request: return data.size() == 1;
    case attach_confirm: return data.size() == 2 || data.size() == 4;
    case join_request: return data.size() == 5;
    case join_confirm: return data.size() == 6 || data.size() == 8;
    case send_request:
    case send_indication: return data.size() >= 7;
    default: return false;
  }
}

}  // namespace mw::rdp
