// Modbus over TCP and UDP: the MBAP header (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 3.1.3).
#include "sensor/dissect/modbus_conversation.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{502};

constexpr std::size_t prefix = 6;                 ///< transaction, protocol, length; the length counts from the unit on
constexpr std::uint16_t longest = 254;            ///< unit and the largest PDU
constexpr std::uint16_t longest_tolerated = 260;  ///< some count the prefix, too: reported, but no reason to lose the border
constexpr std::uint16_t longest_exception = 5;    ///< unit, function and code; some servers pad
constexpr std::uint16_t longest_unity = 2048;     ///< function 90 negotiates frames beyond the specification

struct header {
  std::uint16_t transaction = 0, protocol = 0, length = 0;
  std::optional<std::uint8_t> unit, function;  ///< as far as they are there
  std::size_t size() const { return prefix + length; }
};
std::optional<header> read_header(bytes head) {
  reader in{head};
  header h{in.u16(), in.u16(), in.u16(), {}, {}};
  if (!in.ok()) return {};
  if (in.left()) h.unit = in.u8();
  if (in.left()) h.function = in.u8();
  return h;
}
/// Whether a header is one, as far as it can be seen.
bool plausible(const header& h) {
  if (h.protocol != 0 || h.length < 2) return false;
  if (!h.function) return h.length <= longest_unity;
  return *h.function != 0 && *h.function != modbus::error_bit && h.length <= (*h.function == modbus::unity ? longest_unity : longest);
}

match probe(bytes head, transport t) {
  const auto h = read_header(head);
  if (!h) {
    reader in{head};
    in.skip(2);
    return in.left() >= 2 && in.u16() != 0 ? match::no : match::unsure;
  }
  if (!plausible(*h)) return match::no;
  if (!h->function) return match::unsure;
  const bool exception = (*h->function & modbus::error_bit) != 0;
  if (exception && h->length > longest_exception) return match::no;
  if (head.size() < h->size()) return t == transport::udp ? match::no : match::unsure;
  if (head.size() > h->size()) {
    if (t == transport::udp) return match::no;
    const auto next = read_header(head.subspan(h->size()));
    if (next && !plausible(*next)) return match::no;
  }
  reader in{head};
  in.skip(prefix + 1);
  const auto pdu = in.take(h->length - 1U);
  if (modbus::shape_of(pdu).any() || (exception && modbus::shape_of(pdu.first(std::min<std::size_t>(pdu.size(), 2))).any()))
    return match::yes;
  // a known function with a body of the wrong shape is damaged or an attack, but it is Modbus; an unknown one alone proves nothing
  return !exception && modbus::describe(*h->function).assigned ? match::yes : match::unsure;
}

result<std::size_t> frame(bytes head) {
  const auto h = read_header(head);
  if (!h) return 0U;
  if (h->protocol != 0) {  // a wrong protocol number in a message that is otherwise whole is worth a report, not a search
    if (h->length < 2 || h->length > longest) return fail(fault::malformed, "the MBAP protocol is not 0", 2);
    if (head.size() <= h->size()) return h->size();
    const auto next = read_header(head.subspan(h->size()));
    if (next && !plausible(*next)) return fail(fault::malformed, "the MBAP protocol is not 0", 2);
    return h->size();
  }
  if (h->length <= longest_tolerated) return h->size();
  if (h->length > longest_unity) return fail(fault::over_limit, "the MBAP length is above the maximum", 4);
  if (!h->function) return 0U;
  if (*h->function != modbus::unity) return fail(fault::over_limit, "the MBAP length is above the maximum", 4);
  return h->size();
}

class modbus_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto h = read_header(m.data);
    if (!h) {
      out.violate(m.from, "length", "a message shorter than its header");
      return verdict::taken;
    }
    const auto unit = h->unit ? std::to_string(*h->unit) : std::string{};
    if (h->protocol != 0) {
      out.violate(m.from, "protocol_id", "the protocol number in the header is not 0", unit);
      return verdict::taken;
    }
    if (m.data.size() < h->size())
      out.violate(m.from, "length", "the message ends before the length in its header", unit);
    else if (m.data.size() > h->size())
      out.violate(m.from, "length", "octets follow the end that the header gives", unit);
    reader in{m.data};
    in.skip(prefix);
    auto body = in.part(std::min<std::size_t>(h->length, in.left()));
    const auto number = body.u8();
    if (!body.ok() || body.left() == 0) {
      out.violate(m.from, "length", "a message without a function code", unit);
      return verdict::taken;
    }
    if (h->length > longest && h->function != modbus::unity)
      out.violate(m.from, "length", "the length in the header is above the maximum", unit);
    talk_.on_adu({.transaction = h->transaction, .unit = number, .pdu = body.rest(), .from = m.from, .time = m.time}, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { talk_.on_time(now, out); }
  void on_end(timestamp, output& out) override { talk_.on_end(out); }

private:
  modbus::conversation talk_{modbus::conversation::framing::mbap};
};

const protocol modbus_tcp{{
    .name = "modbus",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<modbus_session>(); },
}};

}  // namespace
}  // namespace mw
