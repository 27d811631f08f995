// What the MMS tests say alike: elements of BER, PDUs in their layers, records as short text.
#pragma once
#include "tests/dissect/bytes.hpp"

namespace mw::test::mms {

inline octets tag_text(unsigned tag, std::string_view s) { return tlv(tag, chars(s)); }
inline octets tag_hex(unsigned tag, std::string_view h) { return tlv(tag, hex(h)); }
inline octets vmd(std::string_view item) { return tag_text(0x80, item); }
inline octets in_domain(std::string_view domain, std::string_view item) {
  return tlv(0xa1, {tag_text(0x1a, domain), tag_text(0x1a, item)});
}
inline octets listed(const octets& name) { return tlv(0x30, tlv(0xa0, name)); }  ///< one of listOfVariable

// ---- layers
inline octets presented(const octets& pdu, unsigned context = 3) {
  return tlv(0x61, tlv(0x30, {tlv(0x02, octets{static_cast<std::uint8_t>(context)}), tlv(0xa0, pdu)}));
}
inline octets session(const octets& ppdu) { return octets{1, 0, 1, 0} + ppdu; }
inline octets whole(const octets& pdu, unsigned context = 3) { return tpkt_data(session(presented(pdu, context))); }

inline octets invoke_id(unsigned n) { return tlv(0x02, octets{static_cast<std::uint8_t>(n)}); }
inline octets request(unsigned invoke, const octets& service) { return whole(tlv(0xa0, invoke_id(invoke) + service)); }
inline octets response(unsigned invoke, const octets& service) { return whole(tlv(0xa1, invoke_id(invoke) + service)); }
inline octets error(unsigned invoke, unsigned error_class, unsigned code) {
  return whole(tlv(0xa2, {tlv(0x80, octets{static_cast<std::uint8_t>(invoke)}),
                          tlv(0xa2, tlv(0xa0, tlv(0x80 + error_class, octets{static_cast<std::uint8_t>(code)})))}));
}
inline octets report(const octets& access, const octets& results) { return whole(tlv(0xa3, tlv(0xa0, access + tlv(0xa0, results)))); }

/// A session message with one parameter, its user data; long lengths are written as session does.
inline octets spdu(unsigned kind, const octets& ppdu) {
  const auto sized = [](unsigned code, const octets& content) {
    octets out{static_cast<std::uint8_t>(code)};
    if (content.size() > 0xfe) out.push_back(0xff), out.push_back(static_cast<std::uint8_t>(content.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(content.size()));
    return out + content;
  };
  return tpkt_data(sized(kind, sized(0xc1, ppdu)));
}
/// The user information of ACSE.
inline octets user_information(const octets& pdu) {
  return tlv(0xbe, tlv(0x28, {tag_hex(0x06, "51 01"), tag_hex(0x02, "03"), tlv(0xa0, pdu)}));
}
inline octets initiate_request() {
  return tlv(0xa8, {tag_hex(0x80, "00 fa 00"), tag_hex(0x81, "05"), tag_hex(0x82, "05"), tag_hex(0x83, "04"),
                    tlv(0xa4, {tag_hex(0x80, "01"), tag_hex(0x81, "05 f1 00"), tag_hex(0x82, "03 ee 1c")})});
}
inline octets initiate_response() {
  return tlv(0xa9, {tag_hex(0x80, "7d 00"), tag_hex(0x81, "01"), tag_hex(0x82, "02"), tag_hex(0x83, "03"),
                    tlv(0xa4, {tag_hex(0x80, "01"), tag_hex(0x81, "05 e1 00"), tag_hex(0x82, "03 ee 08")})});
}
/// A connect that proposes the contexts 1 for ACSE and 3 for MMS, with an association request in it.
inline octets connect(const octets& more = {}) {
  const auto context = [](std::string_view id, std::string_view syntax) {
    return tlv(0x30, {tag_hex(0x02, id), tag_hex(0x06, syntax), tlv(0x30, tag_hex(0x06, "51 01"))});
  };
  const auto aarq =
      tlv(0x60, {tlv(0xa1, tag_hex(0x06, "28 ca 22 02 03")), tlv(0xa2, tag_hex(0x06, "2b ce 0f 17")), tlv(0xa3, tag_hex(0x02, "17")),
                 tlv(0xa6, tag_hex(0x06, "2b ce 0f 69")), tlv(0xa7, tag_hex(0x02, "21")), more, user_information(initiate_request())});
  return spdu(0x0d,
              tlv(0x31, {tlv(0xa0, tag_hex(0x80, "01")),
                         tlv(0xa2, {tag_hex(0x81, "00 00 00 01"), tlv(0xa4, context("01", "52 01 00 01") + context("03", "28 ca 22 02 01")),
                                    presented(aarq, 1)})}));
}
inline octets accept(unsigned result = 0, const octets& pdu = initiate_response()) {
  const auto aare = tlv(0x61, {tlv(0xa1, tag_hex(0x06, "28 ca 22 02 03")), tlv(0xa2, tlv(0x02, octets{static_cast<std::uint8_t>(result)})),
                               tlv(0xa3, tlv(0xa1, tag_hex(0x02, "0d"))), tlv(0xa4, tag_hex(0x06, "2b ce 0f 17")), user_information(pdu)});
  return spdu(0x0e, tlv(0x31, {tlv(0xa0, tag_hex(0x80, "01")), tlv(0xa2, presented(aare, 1))}));
}

// ---- records
inline std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : ",") += std::holds_alternative<std::monostate>(v) ? "null" : to_string(v);
  return out;
}
inline std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : ",") += o.space + '/' + o.address;
  return out;
}
inline std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}
/// All fields as "name=value", those of the profile left out.
inline std::string fields(const operation& op) {
  std::string out;
  for (const auto& [k, v] : op.fields)
    if (k != "profile") (out += out.empty() ? "" : " ") += k + '=' + to_string(v);
  return out;
}
inline std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "absent";
}
inline std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts)
    ((out += out.empty() ? "" : ",") += f.who == side::client ? "client " : "server ") += f.kind + '=' + f.value;
  return out;
}

}  // namespace mw::test::mms
