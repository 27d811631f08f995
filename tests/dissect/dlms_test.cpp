// DLMS/COSEM: wrapper and HDLC frames, and what each APDU says, written by hand from IEC 62056-46, -4-7 and -5-3.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;

octets wrapped(unsigned source, unsigned target, std::string_view apdu) {
  const auto data = hex(apdu);
  octets out{0, 1};
  for (const auto n : {source, target, static_cast<unsigned>(data.size())})
    out.push_back(static_cast<std::uint8_t>(n >> 8)), out.push_back(static_cast<std::uint8_t>(n));
  out.insert(out.end(), data.begin(), data.end());
  return out;
}
/// CRC-16 of X.25, bit by bit as ISO/IEC 13239 has it.
void add_sum(octets& data) {
  unsigned crc = 0xffff;
  for (const auto octet : data)
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool one = ((crc ^ octet >> bit) & 1) != 0;
      crc >>= 1;
      if (one) crc ^= 0x8408;
    }
  crc ^= 0xffff;
  data.push_back(static_cast<std::uint8_t>(crc)), data.push_back(static_cast<std::uint8_t>(crc >> 8));
}
octets hdlc(std::string_view addresses, unsigned control, std::string_view information = "", bool segmented = false) {
  auto inside = hex(addresses);
  const auto info = hex(information);
  const auto size = 2 + inside.size() + 1 + (info.empty() ? 0 : 2 + info.size()) + 2;
  octets out{static_cast<std::uint8_t>(0xa0 | (segmented ? 8 : 0) | size >> 8), static_cast<std::uint8_t>(size)};
  out.insert(out.end(), inside.begin(), inside.end());
  out.push_back(static_cast<std::uint8_t>(control));
  if (!info.empty()) add_sum(out);
  out.insert(out.end(), info.begin(), info.end());
  add_sum(out);
  out.insert(out.begin(), 0x7e);
  out.push_back(0x7e);
  return out;
}
constexpr std::string_view to_meter = "03 21", to_client = "21 03";

/// A client (16) and a meter (1) behind the wrapper.
struct talk : conversation {
  talk() : conversation{"dlms"} {}
  void ask(std::string_view apdu) { say(side::client, wrapped(16, 1, apdu)); }
  void answer(std::string_view apdu) { say(side::server, wrapped(1, 16, apdu)); }
};

std::string text(const std::vector<object>& all) {
  std::string out;
  for (const auto& o : all) out += (out.empty() ? "" : " ") + o.space + ' ' + o.address;
  return out;
}
std::string text(const std::vector<value>& all) {
  std::string out;
  for (const auto& v : all) out += (out.empty() ? "" : "|") + (v.index() == 0 ? std::string{"null"} : to_string(v));
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "absent";
}
std::string fact(const recorder& r, std::string_view kind) {
  for (const auto& f : r.facts)
    if (f.kind == kind) return (f.who == server ? "server " : "client ") + f.unit + '=' + f.value;
  return "absent";
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
const operation& only(const recorder& r) {
  if (r.operations.size() != 1) throw std::runtime_error("operations: " + std::to_string(r.operations.size()));
  return r.operations[0];
}

struct row {
  std::string name, request, response;
  std::string function, function_name;
  action what;
  std::string objects, values;
  outcome how;
  std::string code, fields;
};
const row rows[] = {
    {"get", "c0 01 c1 0003 0100010800ff 02 00", "c4 01 c1 00 06 00000105", "192/1", "get_request", action::read, "class/3 1.0.1.8.0.255/2",
     "261", outcome::ok, "", ""},
    {"get_with_rows", "c0 01 c1 0007 0100630100ff 02 01 02 02 04 06 00000001 06 00000002 12 0001 12 0000",
     "c4 01 c1 00 01 02 02 02 12 0001 05 ffffffff 02 02 12 0002 00", "192/1", "get_request", action::read, "class/7 1.0.99.1.0.255/2",
     "1|-1|2|null", outcome::ok, "", "selector=2"},
    {"get_refused", "c0 01 c1 0003 0100010800ff 02 00", "c4 01 c1 01 03", "192/1", "get_request", action::read, "class/3 1.0.1.8.0.255/2",
     "", outcome::refused, "3", "status=read_write_denied"},
    {"get_list", "c0 03 c1 02 0001 0000600100ff 02 00 0003 0100010800ff 02 00", "c4 03 c1 02 00 0a 03 414243 01 04", "192/3", "get_request",
     action::read, "class/1 0.0.96.1.0.255/2 class/3 1.0.1.8.0.255/2", "ABC|null", outcome::ok, "", "results=success,object_undefined"},
    {"object_list", "c0 01 c1 000f 0000280000ff 02 00", "c4 01 c1 00 01 00", "192/1", "get_request", action::identify,
     "class/15 0.0.40.0.0.255/2", "", outcome::ok, "", ""},
    {"set", "c1 01 c1 0001 0000600d00ff 02 00 11 07", "c5 01 c1 00", "193/1", "set_request", action::write, "class/1 0.0.96.13.0.255/2",
     "7", outcome::ok, "", ""},
    {"set_refused", "c1 01 c1 0001 0000600d00ff 02 00 11 07", "c5 01 c1 03", "193/1", "set_request", action::write,
     "class/1 0.0.96.13.0.255/2", "7", outcome::refused, "3", "status=read_write_denied"},
    {"set_clock", "c1 01 c1 0008 0000010000ff 02 00 09 0c 07e8010103000000ff800000", "c5 01 c1 00", "193/1", "set_request",
     action::time_sync, "class/8 0.0.1.0.0.255/2", "0x07e8010103000000ff800000", outcome::ok, "", ""},
    {"set_up", "c1 01 c1 0014 00000d0000ff 0a 00 00", "c5 01 c1 00", "193/1", "set_request", action::configure,
     "class/20 0.0.13.0.0.255/10", "null", outcome::ok, "", ""},
    {"set_list", "c1 04 c1 01 0001 0000600d00ff 02 00 01 11 07", "c5 05 c1 01 00", "193/4", "set_request", action::write,
     "class/1 0.0.96.13.0.255/2", "7", outcome::ok, "", ""},
    {"set_secret", "c1 01 c1 000f 0000280001ff 07 00 09 04 31323334", "c5 01 c1 00", "193/1", "set_request", action::configure,
     "class/15 0.0.40.0.1.255/7", "", outcome::ok, "", "secret_given=true"},
    {"disconnect", "c3 01 c1 0046 0000600300ff 01 01 0f 00", "c7 01 c1 00 00", "195/1", "action_request", action::control,
     "method/70 0.0.96.3.0.255/1", "0", outcome::ok, "", ""},
    {"image", "c3 01 c1 0012 00002c0000ff 01 01 02 02 09 02 4657 06 00001000", "c7 01 c1 00 00", "195/1", "action_request",
     action::firmware, "method/18 0.0.44.0.0.255/1", "0x4657|4096", outcome::ok, "", ""},
    {"challenge", "c3 01 c1 000f 0000280000ff 01 01 09 02 abcd", "c7 01 c1 00 01 00 09 02 1234", "195/1", "action_request",
     action::authenticate, "method/15 0.0.40.0.0.255/1", "", outcome::ok, "", "secret_given=true"},
    {"method_returns", "c3 01 c1 0007 0100630100ff 02 00", "c7 01 c1 00 01 00 11 09", "195/1", "action_request", action::control,
     "method/7 1.0.99.1.0.255/2", "", outcome::ok, "", "returned=9"},
    {"action_refused", "c3 01 c1 0046 0000600300ff 01 01 0f 00", "c7 01 c1 0b 00", "195/1", "action_request", action::control,
     "method/70 0.0.96.3.0.255/1", "0", outcome::refused, "11", "status=object_unavailable"},
    {"exception", "c0 01 c1 0003 0100010800ff 02 00", "d8 01 02", "192/1", "get_request", action::read, "class/3 1.0.1.8.0.255/2", "",
     outcome::refused, "2", "state_error=service_not_allowed"},
    {"short_read", "05 02 02 0028 04 0030 01 11 02", "0c 02 00 12 0007 01 03", "5", "read_request", action::read, "short 40 short 48",
     "7|null", outcome::ok, "", "results=success,read_write_denied"},
    {"short_write", "06 01 02 0028 01 11 09", "0d 01 00", "6", "write_request", action::write, "short 40", "9", outcome::ok, "", ""},
    {"access", "d9 40000001 00 02 01 0003 0100010800ff 02 03 0046 0000600300ff 01 02 00 0f 00",
     "da 40000001 00 00 02 06 00000007 00 02 01 00 03 00", "217", "access_request", action::control,
     "class/3 1.0.1.8.0.255/2 method/70 0.0.96.3.0.255/1", "null|0", outcome::ok, "", ""},
    {"sealed", "c8 1e 30 00000001 0102030405060708090a0b0c0d0e0f101112131415161718 19", "cc 10 30 00000001 0102030405060708090a0b", "200",
     "glo_get_request", action::read, "", "", outcome::ok, "", "encrypted=true invocation_counter=1 security_control=48"},
    {"general_sealed", "db 08 4d4d4d0000000001 0a 30 00000005 0102030405", "db 08 4d4d4d0000000002 0a 30 00000009 0102030405", "219",
     "general_glo_ciphering", action::session, "", "", outcome::ok, "", "system_title=0x4d4d4d0000000001"},
};

TEST(dlms, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.ask(r.request), t.answer(r.response);
    t.end();
    const auto& op = only(t.out);
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(op.unit, "1");
    EXPECT_EQ(field_of(op, "client_address"), "16");
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
    EXPECT_EQ(rules(t.out), "");
    for (std::size_t at = 0; at < r.fields.size();) {
      const auto end = std::min(r.fields.find(' ', at), r.fields.size());
      const auto one = r.fields.substr(at, end - at);
      EXPECT_EQ(field_of(op, one.substr(0, one.find('='))), one.substr(one.find('=') + 1)) << one;
      at = end + 1;
    }
  }
}

TEST(dlms, types_of_data) {
  const struct {
    std::string_view data, values;
  } cases[] = {
      {"00", "null"},
      {"03 01", "true"},
      {"04 0a a040", "1010000001"},
      {"05 80000000", "-2147483648"},
      {"06 80000000", "2147483648"},
      {"09 02 abcd", "0xabcd"},
      {"0a 02 4869", "Hi"},
      {"0c 02 4869", "Hi"},
      {"0d 10", "16"},
      {"0f ff", "-1"},
      {"10 ffff", "-1"},
      {"11 ff", "255"},
      {"12 ffff", "65535"},
      {"14 ffffffffffffffff", "-1"},
      {"15 ffffffffffffffff", "18446744073709551615"},
      {"16 05", "5"},
      {"17 3fc00000", "1.5"},
      {"18 4004000000000000", "2.5"},
      {"19 07e8010103000000ff800000", "0x07e8010103000000ff800000"},
      {"1a 07e8010103", "0x07e8010103"},
      {"1b 01020304", "0x01020304"},
      {"01 02 11 01 02 02 11 02 03 00", "1|2|false"},
      {"13 11 03 010203", "1|2|3"},
      {"13 02 02 12 11 06 0001 02 0003 04", "1|2|3|4"},
      {"13 01 0002 11 04 01020304", "1|2|3|4"},
      {"09 81 80", "?"},  // cut
      {"63", "?"},
      {"01 ff", "?"},
      {"13 01 ffff 02 00 01 00", "?"},  // elements without contents
  };
  for (const auto& c : cases) {
    talk t;
    t.ask("c0 01 c1 0003 0100010800ff 02 00");
    t.answer("c4 01 c1 00 " + std::string{c.data});
    EXPECT_EQ(rules(t.out), c.values == "?" ? "encoding" : "") << c.data;
    if (c.values != "?") {
      EXPECT_EQ(text(only(t.out).values), c.values) << c.data;
    }
  }
  std::string deep;
  for (int n = 0; n < 40; ++n) deep += "02 01 ";
  talk t;
  t.ask("c0 01 c1 0003 0100010800ff 02 00"), t.answer("c4 01 c1 00 " + deep + "00");
  EXPECT_EQ(rules(t.out), "encoding");
}

TEST(dlms, associations) {
  talk low;
  low.ask(
      "60 36 a1 09 06 07 60857405080101 8a 02 0780 8b 07 60857405080201 ac 0a 80 08 7365637265743132 be 10 04 0e 01000000 06 5f1f04 00 "
      "00fe1d ffff");
  low.answer("61 29 a1 09 06 07 60857405080101 a2 03 02 01 00 a3 05 a1 03 02 01 00 be 10 04 0e 08 00 06 5f1f04 00 003a1d 0072 0007");
  const auto& op = only(low.out);
  EXPECT_EQ(op.function, "96");
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(op.outcome, outcome::ok);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"context", "logical_names"},
                                                                                    {"mechanism", "low_level"},
                                                                                    {"authentication_given", "true"},
                                                                                    {"insecure", "true"},
                                                                                    {"proposed_conformance", "0x00fe1d"},
                                                                                    {"client_max_pdu", "65535"},
                                                                                    {"negotiated_conformance", "0x003a1d"},
                                                                                    {"server_max_pdu", "114"}})
    EXPECT_EQ(field_of(op, name), value) << name;
  EXPECT_EQ(fact(low.out, "insecure_configuration"), "server 1=a password was sent in the clear");
  for (const auto& [name, value] : op.fields) EXPECT_EQ(to_string(value).find("secret"), std::string::npos) << name;
  for (const auto& [name, value] : op.fields) EXPECT_EQ(to_string(value).find("736563"), std::string::npos) << name;
  talk refused;
  refused.ask("60 1d a1 09 06 07 60857405080101 be 10 04 0e 01000000 06 5f1f04 00 00fe1d ffff");
  refused.answer("61 17 a1 09 06 07 60857405080101 a2 03 02 01 01 a3 05 a1 03 02 01 0d");
  EXPECT_EQ(only(refused.out).outcome, outcome::refused);
  EXPECT_EQ(only(refused.out).code, "13");
  EXPECT_EQ(field_of(only(refused.out), "status"), "authentication_failure");
  EXPECT_EQ(field_of(only(refused.out), "mechanism"), "none");
  talk high;  // with GMAC, and the titles of both
  high.ask(
      "60 32 a1 09 06 07 60857405080103 a6 0a 04 08 4d4d4d00000000bc 8b 07 60857405080205 ac 0a 80 08 0102030405060708 be 04 04 02 21 00");
  high.answer("61 23 a1 09 06 07 60857405080103 a2 03 02 01 00 a3 05 a1 03 02 01 0e a4 0a 04 08 4c475a0000000001");
  EXPECT_EQ(field_of(only(high.out), "mechanism"), "high_level_gmac");
  EXPECT_EQ(field_of(only(high.out), "insecure"), "false");
  EXPECT_EQ(field_of(only(high.out), "context"), "logical_names_ciphered");
  EXPECT_EQ(field_of(only(high.out), "encrypted"), "true");
  EXPECT_EQ(field_of(only(high.out), "diagnostic"), "authentication_required");
  EXPECT_EQ(fact(high.out, "system_title"), "client =0x4d4d4d00000000bc");
  EXPECT_EQ(field_of(only(high.out), "server_system_title"), "0x4c475a0000000001");
  high.ask("62 03 80 01 00"), high.answer("63 03 80 01 00");
  EXPECT_EQ(high.out.operations.back().function, "98");
  EXPECT_EQ(high.out.operations.back().outcome, outcome::ok);
  EXPECT_EQ(rules(high.out), "");
  EXPECT_EQ(high.out.counts.at("dlms/apdu/96"), 1u);
  EXPECT_EQ(high.out.counts.at("dlms/apdu/99"), 1u);
}

TEST(dlms, meters_identify_themselves) {
  talk t;
  t.ask("c0 01 c1 0001 00002a0000ff 02 00"), t.answer("c4 01 c1 00 09 0d 41445830303131353838383430");
  t.ask("c0 01 c1 0001 0000600100ff 02 00"), t.answer("c4 01 c1 00 0a 03 413132");
  t.ask("c0 01 c1 0001 0100000200ff 02 00"), t.answer("c4 01 c1 00 09 03 342e32");
  EXPECT_EQ(fact(t.out, "logical_device_name"), "server 1=ADX0011588840");
  EXPECT_EQ(fact(t.out, "vendor"), "server 1=ADX");
  EXPECT_EQ(fact(t.out, "serial"), "server 1=A12");
  EXPECT_EQ(fact(t.out, "firmware"), "server 1=4.2");
}

TEST(dlms, values_come_in_blocks) {
  talk t;
  t.ask("c0 01 c1 0007 0100630100ff 02 00");
  t.answer("c4 02 c1 00 00000001 00 04 01 02 12 00");
  t.ask("c0 02 c1 00000001");
  EXPECT_TRUE(t.out.operations.empty());
  t.answer("c4 02 c1 01 00000002 00 04 07 11 05 00");  // one octet too many is not read
  EXPECT_EQ(only(t.out).function, "192/1");
  EXPECT_EQ(text(only(t.out).values), "7|5");
  EXPECT_EQ(field_of(only(t.out), "blocks"), "2");
  EXPECT_EQ(only(t.out).latency, std::chrono::milliseconds{3});  // from the first request to the last block
  EXPECT_EQ(rules(t.out), "");
  talk gap;
  gap.ask("c0 01 c1 0007 0100630100ff 02 00");
  gap.answer("c4 02 c1 00 00000001 00 04 01 02 12 00"), gap.ask("c0 02 c1 00000001"), gap.answer("c4 02 c1 01 00000003 00 03 07 11 05");
  EXPECT_EQ(rules(gap.out), "block");
  talk failed;
  failed.ask("c0 01 c1 0007 0100630100ff 02 00");
  failed.answer("c4 02 c1 00 00000001 00 04 01 02 12 00"), failed.ask("c0 02 c1 00000001"), failed.answer("c4 02 c1 01 00000002 01 13");
  EXPECT_EQ(only(failed.out).code, "19");
  talk written;
  written.ask("c1 02 c1 0001 0000600d00ff 02 00 00 00000001 02 09 04"), written.answer("c5 02 c1 00000001");
  written.ask("c1 03 c1 01 00000002 04 01020304"), written.answer("c5 03 c1 00 00000002");
  EXPECT_EQ(only(written.out).function, "193/2");
  EXPECT_EQ(text(only(written.out).values), "0x01020304");
  EXPECT_EQ(only(written.out).outcome, outcome::ok);
  talk method;
  method.ask("c3 04 c1 0012 00002c0000ff 02 00 00000001 03 09 04 aa"), method.answer("c7 04 c1 00000001");
  method.ask("c3 06 c1 01 00000002 03 bbccdd"), method.answer("c7 01 c1 00 00");
  EXPECT_EQ(only(method.out).action, action::firmware);
  EXPECT_EQ(text(only(method.out).values), "0xaabbccdd");
  talk general;
  general.ask("e0 40 0001 0000 07 c0 01 c1 0003 0100"), general.ask("e0 c0 0002 0000 06 010800ff 02 00");
  general.answer("c4 01 c1 00 11 05");
  EXPECT_EQ(text(only(general.out).objects), "class/3 1.0.1.8.0.255/2");
  EXPECT_EQ(rules(general.out), "");
}

TEST(dlms, elements_without_contents_are_not_read_without_end) {
  talk t;
  t.ask("c0 01 c1 0007 0100630100ff 02 00");
  t.answer("c4 01 c1 00 13 02 02 01 ea60 02 00 11 01 05");  // 60000 empty structures before each octet
  EXPECT_EQ(rules(t.out), "encoding");
  talk sparse;
  sparse.ask("c0 01 c1 0007 0100630100ff 02 00");
  sparse.answer("c4 01 c1 00 13 02 03 00 11 02 00 03 010203");
  EXPECT_EQ(text(only(sparse.out).values), "null|1|null|2|null|3");
  EXPECT_EQ(rules(sparse.out), "");
}

TEST(dlms, an_exchange_does_not_grow_with_its_blocks) {
  talk t;
  t.ask("c1 02 c1 0001 0000600d00ff 02 00 00 00000001 02 09 04");
  for (int n = 0; n < 300; ++n) t.ask("c1 03 c1 01 00000002 04 01020304");
  t.end();
  EXPECT_LT(t.out.operations.back().fields.size(), 8u);
  talk sealed;
  sealed.ask("c0 01 c1 0007 0100630100ff 02 00");
  for (int n = 1; n < 200; ++n) {
    const auto number = hex_number(static_cast<unsigned>(n), 4);
    sealed.answer("cc 1f 10 " + number + "c4 02 c1 00 " + number + "00 02 01 02 000000000000000000000000");
  }
  sealed.end();
  EXPECT_LT(sealed.out.operations.back().fields.size(), 8u);
}

TEST(dlms, the_access_service_shows_no_secrets) {
  talk t;
  t.ask("d9 40000001 00 02 02 000f 0000280000ff 07 01 0001 0100010800ff 02 02 09 06 73656372 6574 00");
  t.answer("da 40000001 00 00 02 00 11 05 02 02 00 01 00");
  const auto& op = only(t.out);
  EXPECT_EQ(field_of(op, "secret_given"), "true");
  EXPECT_TRUE(op.values.empty());
}

TEST(dlms, endless_names_are_told_in_part) {
  talk t;
  std::string asked, told;
  for (int n = 0; n < 100; ++n)
    asked += "0001 00002a0000ff 02 00", told += "00 09 04 414243" + hex_number(0x21U + static_cast<unsigned>(n % 80), 1);
  t.ask("c0 03 c1 64" + asked), t.answer("c4 03 c1 64" + told);
  EXPECT_LE(t.out.facts.size(), 65u);
}

TEST(dlms, endless_blocks_are_given_up) {
  talk t;
  std::string zeros;
  for (int n = 0; n < 60000; ++n) zeros += "00";
  t.ask("c0 01 c1 0007 0100630100ff 02 00");
  for (unsigned n = 1; n <= 5; ++n) {
    const std::string number{"0000000" + std::to_string(n)};
    t.answer("c4 02 c1 " + std::string{n == 5 ? "01 " : "00 "} + number + " 00 82 ea60 " + zeros);
    if (n < 5) t.ask("c0 02 c1 " + number);
  }
  EXPECT_EQ(only(t.out).outcome, outcome::ok);
  EXPECT_TRUE(only(t.out).values.empty());
  for (int n = 0; n < 5; ++n) t.ask("e0 00 0001 0000 82 ea60 " + zeros);
  EXPECT_EQ(t.out.counts.at("dlms/forgotten/blocks"), 1u);
}

TEST(dlms, meters_tell_unasked) {
  talk t;
  t.answer("0f 40000001 0c 07e8010103000000ff800000 02 02 09 02 abcd 06 00000007");
  auto op = only(t.out);
  EXPECT_EQ(op.function, "15");
  EXPECT_EQ(op.action, action::report);
  EXPECT_EQ(op.outcome, outcome::none);
  EXPECT_EQ(op.unit, "1");
  EXPECT_EQ(t.out.askers[0], server);
  EXPECT_EQ(text(op.values), "0xabcd|7");
  t.answer("c2 00 0001 0000616200ff 02 06 00000004");
  op = t.out.operations.back();
  EXPECT_EQ(op.function_name, "event_notification");
  EXPECT_EQ(text(op.objects), "class/1 0.0.97.98.0.255/2");
  EXPECT_EQ(text(op.values), "4");
  t.answer("18 00 01 02 0028 01 11 05");
  EXPECT_EQ(text(t.out.operations.back().objects), "short 40");
  t.ask("16 01 02 0028 01 11 09");
  EXPECT_EQ(t.out.operations.back().action, action::write);
  EXPECT_EQ(t.out.operations.back().unit, "1");
  EXPECT_EQ(rules(t.out), "");
}

TEST(dlms, what_is_only_authenticated_is_read) {
  talk t;
  t.ask("c8 1e 10 00000001 c0 01 c1 0003 0100010800ff 02 00 000102030405060708090a0b");
  t.answer("cc 1a 10 00000001 c4 01 c1 00 06 00000007 000102030405060708090a0b");
  const auto& op = only(t.out);
  EXPECT_EQ(op.function, "192/1");
  EXPECT_EQ(text(op.values), "7");
  EXPECT_EQ(field_of(op, "authenticated"), "true");
}

TEST(dlms, invocation_counters_only_go_up) {
  talk t;
  for (const auto counter : {"05", "06", "09"}) t.ask("c8 06 30 000000" + std::string{counter} + "ff");
  EXPECT_EQ(rules(t.out), "");
  t.ask("c8 06 30 00000009 ff");
  EXPECT_EQ(rules(t.out), "invocation_counter");
  t.ask("d0 06 30 00000001 ff");  // the dedicated key has its own
  EXPECT_EQ(rules(t.out), "invocation_counter");
}

TEST(dlms, hdlc_carries_it_too) {
  conversation t{"dlms"};
  t.say(client, hdlc(to_meter, 0x93)), t.say(server, hdlc(to_client, 0x73, "818012050180060180070400000001080400000001"));
  EXPECT_EQ(only(t.out).function, "SNRM");
  EXPECT_EQ(only(t.out).outcome, outcome::ok);
  t.say(client, hdlc(to_meter, 0x10, "e6e600 c001c1 0003 0100010800ff 02 00"));
  t.say(server, hdlc(to_client, 0x30, "e6e700 c401c100 06", true)), t.say(client, hdlc(to_meter, 0x31));
  t.say(server, hdlc(to_client, 0x32, "00000105"));
  const auto& op = t.out.operations.back();
  EXPECT_EQ(op.function, "192/1");
  EXPECT_EQ(op.unit, "1");
  EXPECT_EQ(field_of(op, "client_address"), "16");
  EXPECT_EQ(text(op.values), "261");
  t.say(client, hdlc(to_meter, 0x53)), t.say(server, hdlc(to_client, 0x1f));
  EXPECT_EQ(t.out.operations.back().function, "DISC");
  EXPECT_EQ(t.out.operations.back().outcome, outcome::ok);
  EXPECT_EQ(rules(t.out), "");
  for (const auto word : {"SNRM", "UA", "I", "RR", "DISC", "DM"})
    EXPECT_TRUE(t.out.counts.contains(std::string{"dlms/hdlc/"} + word)) << word;
}

TEST(dlms, hdlc_addresses_and_shared_flags) {
  conversation t{"dlms"};
  auto two = hdlc("02 23 21", 0x93);  // logical 1, physical 17; the flag between the frames is shared
  const auto next = hdlc("00 02 04 01 21", 0x93);
  two.insert(two.end(), next.begin() + 1, next.end());
  EXPECT_EQ(t.say(client, two), 0u);
  t.end();
  ASSERT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(t.out.operations[0].unit, "1/17");
  EXPECT_EQ(t.out.operations[1].unit, "1/256");
  EXPECT_EQ(t.out.operations[1].outcome, outcome::timeout);
}

TEST(dlms, rules_of_hdlc) {
  const std::string ask = "e6e600 c001c1 0003 0100010800ff 02 00";
  conversation spoiled{"dlms"};
  auto bad = hdlc(to_meter, 0x10, ask);
  bad[20] ^= 1;
  spoiled.say(client, bad);
  EXPECT_EQ(rules(spoiled.out), "checksum");
  EXPECT_EQ(spoiled.out.counts.at("dlms/apdu/192"), 1u);  // still tells what was tried
  bad = hdlc(to_meter, 0x10, ask);
  bad[3] ^= 2;  // in the header
  conversation worse{"dlms"};
  worse.say(client, bad);
  EXPECT_EQ(rules(worse.out), "checksum");
  EXPECT_FALSE(worse.out.counts.contains("dlms/apdu/192"));
  conversation missing{"dlms"};
  missing.say(client, hdlc(to_meter, 0x10, ask)), missing.say(client, hdlc(to_meter, 0x14, ask));
  EXPECT_EQ(rules(missing.out), "sequence");
  conversation repeated{"dlms"};
  repeated.say(client, hdlc(to_meter, 0x10, ask)), repeated.say(client, hdlc(to_meter, 0x10, ask));
  EXPECT_EQ(rules(repeated.out), "");
  EXPECT_EQ(repeated.out.counts.at("dlms/repeated/frame"), 1u);
  conversation lossy{"dlms"};
  lossy.say(client, hdlc(to_meter, 0x10, ask));
  lossy.gap(client);
  lossy.say(client, hdlc(to_meter, 0x1a, ask));
  EXPECT_EQ(rules(lossy.out), "");
  conversation rejected{"dlms"};
  rejected.say(server, hdlc(to_client, 0x97, "000000"));
  EXPECT_EQ(rules(rejected.out), "rejected");
}

TEST(dlms, endless_segments_are_given_up) {
  conversation t{"dlms"};
  std::string info;
  for (int n = 0; n < 2000; ++n) info += "00";
  for (unsigned n = 0; n < 140; ++n) t.say(client, hdlc(to_meter, (n & 7) << 1, info, true));
  EXPECT_EQ(t.out.counts.at("dlms/forgotten/segments"), 1u);
}

TEST(dlms, unpaired_late_and_superseded) {
  talk alone;
  alone.answer("c4 01 c1 00 11 05");
  EXPECT_EQ(only(alone.out).outcome, outcome::unpaired);
  EXPECT_EQ(alone.out.askers[0], client);
  EXPECT_EQ(text(only(alone.out).values), "5");
  talk late;
  late.ask("c0 01 c1 0003 0100010800ff 02 00");
  late.wait(std::chrono::seconds{31});
  EXPECT_EQ(only(late.out).outcome, outcome::timeout);
  talk again;  // the first is never answered
  again.ask("c0 01 c1 0003 0100010800ff 02 00"), again.ask("c0 01 c1 0003 0100020800ff 02 00"), again.answer("c4 01 c1 00 11 05");
  ASSERT_EQ(again.out.operations.size(), 2u);
  EXPECT_EQ(again.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(text(again.out.operations[1].objects), "class/3 1.0.2.8.0.255/2");
  EXPECT_EQ(text(again.out.operations[1].values), "5");
}

TEST(dlms, malformed_apdus) {
  for (const auto& [apdu, rule] : std::vector<std::pair<std::string, std::string>>{{"99 01", "apdu"},
                                                                                   {"c0 01 c1 0003 0100", "encoding"},
                                                                                   {"c0 09 c1 0003 0100010800ff 02 00", "encoding"},
                                                                                   {"c1 01 c1 0003 0100010800ff 02 00 63", "encoding"},
                                                                                   {"60 36 a1 09 06", "length"},
                                                                                   {"c8 20 30 0000", "length"},
                                                                                   {"e0 80 0001", "length"}}) {
    talk t;
    t.ask(apdu);
    EXPECT_EQ(rules(t.out), rule) << apdu;
    t.ask("c0 01 c2 0003 0100010800ff 02 00"), t.answer("c4 01 c2 00 11 05");  // and it goes on
    EXPECT_EQ(text(t.out.operations.back().values), "5");
  }
}

TEST(dlms, over_udp) {
  conversation t{"dlms", transport::udp};
  t.say(client, wrapped(16, 1, "c0 01 c1 0003 0100010800ff 02 00")), t.say(server, wrapped(1, 16, "c4 01 c1 00 11 05"));
  EXPECT_EQ(only(t.out).outcome, outcome::ok);
  auto two = hdlc(to_meter, 0x93);
  const auto more = hdlc(to_meter, 0x31);
  two.insert(two.end(), more.begin(), more.end());
  t.say(client, two);
  EXPECT_EQ(t.out.counts.at("dlms/hdlc/RR"), 1u);
  t.say(client, hex("00 01 00 10 00 01 00 20 c0"));
  EXPECT_EQ(rules(t.out), "length");
}

TEST(dlms, probe_and_frame) {
  const auto& p = named("dlms").about;
  auto spoiled = hdlc(to_meter, 0x93);
  spoiled[4] ^= 1;
  const struct {
    octets head;
    match thinks;
  } cases[] = {
      {hdlc(to_meter, 0x93), match::certain},
      {spoiled, match::no},
      {wrapped(16, 1, "c0 01 c1 0003 0100010800ff 02 00"), match::yes},
      {wrapped(16, 1, "60 1d a1 09 06 07 60857405080101 be 10 04 0e 01000000 06 5f1f04 00 00fe1d ffff"), match::yes},
      {wrapped(0, 1, "c0 01 c1 0003 0100010800ff 02 00"), match::no},  // no station
      {hex("00 01 00 00 00 06 01 03 00 00 00 01"), match::no},         // Modbus
      {hex("00 01 01 00 00 ff c0 01 c1 00"), match::no},               // the middle of a request
      {hex("7e a0 19 03 21 b2 00 00"), match::no},                     // wrong checksum of the header
      {hex("7e a0"), match::unsure},
      {hex("47 45 54 20"), match::no},
  };
  for (const auto& c : cases) EXPECT_EQ(p.probe(c.head, transport::tcp), c.thinks) << &c - cases;
}

TEST(dlms, survives_every_prefix_and_every_flip) {
  for (const auto& r : rows) every_prefix("dlms", {{client, wrapped(16, 1, r.request)}, {server, wrapped(1, 16, r.response)}});
  every_prefix(
      "dlms",
      {{client, wrapped(16, 1,
                        "60 36 a1 09 06 07 60857405080101 8a 02 0780 8b 07 60857405080201 ac 0a 80 08 7365637265743132 be 10 04 0e "
                        "01000000 06 5f1f04 00 00fe1d ffff")},
       {server, wrapped(1, 16,
                        "61 29 a1 09 06 07 60857405080101 a2 03 02 01 00 a3 05 a1 03 02 01 00 be 10 04 0e 08 00 06 5f1f04 00 003a1d 0072 "
                        "0007")}});
  every_prefix("dlms", {{client, hdlc(to_meter, 0x10, "e6e600 c001c1 0003 0100010800ff 02 00")},
                        {server, hdlc(to_client, 0x30, "e6e700 c401c100 06", true)},
                        {server, hdlc(to_client, 0x32, "00000105")}});
  every_prefix("dlms",
               {{client, wrapped(16, 1, "c0 01 c1 0003 0100010800ff 02 00")},
                {server, wrapped(1, 16, "c4 01 c1 00 13 02 02 12 11 06 0001 02 0003 04")}},
               transport::udp);
  every_prefix("dlms", {{server, wrapped(1, 16, "0f 40000001 0c 07e8010103000000ff800000 02 02 09 02 abcd 06 00000007")}});
}

}  // namespace
}  // namespace mw::test
