// ANSI C12.22: services and what answers them, tables and procedures, secrets that are left out, and what is wrong with a message.
#include "tests/dissect/modbus_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string octets(std::uint64_t v, unsigned n) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto shift = static_cast<int>(n * 8) - 4; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
  return out;
}
std::string ascii(std::string_view s) {
  std::string out;
  for (const char c : s) out += octets(static_cast<unsigned char>(c), 1);
  return out;
}
std::string tlv(unsigned tag, const std::string& value) {
  const auto n = hex(value).size();
  return octets(tag, 1) + (n < 128 ? octets(n, 1) : "81" + octets(n, 1)) + value;
}
std::string part(const std::string& service) { return octets(hex(service).size(), 1) + service; }
/// What a table holds, with its size and checksum.
std::string sized(const std::string& data) {
  unsigned sum = 0;
  for (const auto b : hex(data)) sum += b;
  return octets(hex(data).size(), 2) + data + octets((0x100 - (sum & 0xff)) & 0xff, 1);
}

const std::string reader_title = "0603 2b0601", meter_title = "8002 8148";  // 1.3.6.1 and .200
std::string message(const std::string& called, const std::string& calling, const std::string& numbers, const std::string& epsem) {
  return tlv(0x60, tlv(0xa2, called) + tlv(0xa6, calling) + numbers + tlv(0xbe, tlv(0x28, tlv(0x81, epsem))));
}
std::string ask(const std::string& services, unsigned number = 5, const std::string& flags = "80") {
  return message(meter_title, reader_title, tlv(0xa8, "0201" + octets(number, 1)), flags + services);
}
std::string reply(const std::string& services, unsigned number = 5) {
  return message(reader_title, meter_title, tlv(0xa4, "0201" + octets(number, 1)) + tlv(0xa8, "020177"), "80" + services);
}

std::string all_of(const recorder& r) {
  std::string out;
  for (const auto& op : r.operations) {
    out += text(op.values);
    for (const auto& [k, v] : op.fields) out += ' ' + k + '=' + to_string(v);
  }
  for (const auto& v : r.violations) out += v.detail;
  for (const auto& f : r.facts) out += f.value;
  return out;
}

TEST(c1222, each_service_is_one_operation) {
  const std::string secret = ascii("hunter2hunter2hunter");
  const struct {
    const char* name;
    std::string request, response, function, function_name, what, objects, values, outcome, code, rules;
  } rows[] = {
      {"identify", "20", "00 03 02 01 00", "32", "identify", "identify", "", "", "ok", "", ""},
      {"terminate", "21", "00", "33", "terminate", "session", "", "", "ok", "", ""},
      {"logoff", "52", "00", "82", "logoff", "session", "", "", "ok", "", ""},
      {"wait", "70 1e", "00", "112", "wait", "session", "", "", "ok", "", ""},
      {"negotiate", "62 0200 01 0605", "00 0200 01 06", "96", "negotiate", "session", "", "", "ok", "", ""},
      {"read", "30 0017", "00" + sized("0102"), "48", "full_read", "read", "table ST-23x1", "0x0102", "ok", "", ""},
      {"read_of_manufacturer", "30 0805", "00" + sized("01"), "48", "full_read", "read", "table MT-5x1", "0x01", "ok", "", ""},
      {"read_pending", "30 1005", "00" + sized("01"), "48", "full_read", "read", "table PST-5x1", "0x01", "ok", "", ""},
      {"read_offset", "3f 0017 000104 0002", "00" + sized("0102"), "63", "partial_read_offset", "read", "table ST-23:260x2", "0x0102", "ok",
       "", ""},
      {"read_index", "32 0017 0001 0002 0003", "00" + sized("01"), "50", "partial_read_index", "read", "table ST-23/1.2x3", "0x01", "ok",
       "", ""},
      {"read_default", "3e", "00" + sized("01"), "62", "default_read", "read", "", "", "ok", "", ""},
      {"read_refused", "30 0017", "03", "48", "full_read", "read", "table ST-23x1", "", "refused", "3", ""},
      {"read_checksum", "30 0017", "00 0002 0102 00", "48", "full_read", "read", "table ST-23x1", "0x0102", "ok", "", "checksum"},
      {"read_short", "30 0017", "00 0009 0102 00", "48", "full_read", "read", "table ST-23x1", "", "ok", "", "length"},
      {"write", "40 0817" + sized("0102"), "00", "64", "full_write", "write", "table MT-23x1", "0x0102", "ok", "", ""},
      {"write_refused", "40 0817" + sized("0102"), "05", "64", "full_write", "write", "table MT-23x1", "0x0102", "refused", "5", ""},
      {"write_offset", "4f 0017 000004" + sized("0102"), "00", "79", "partial_write_offset", "write", "table ST-23:4x1", "0x0102", "ok", "",
       ""},
      {"write_index", "41 0017 0004" + sized("ff"), "00", "65", "partial_write_index", "write", "table ST-23/4x1", "0xff", "ok", "", ""},
      {"write_short", "40 0017 0009 01", "06", "64", "full_write", "write", "table ST-23x1", "", "refused", "6", "length,length"},
      {"restart", "40 0007" + sized("0000 01"), "00", "64", "full_write", "restart", "table ST-7x1", "", "ok", "", ""},
      {"set_clock", "40 0007" + sized("0a00 02 aabb"), "00", "64", "full_write", "time_sync", "table ST-7x1", "0xaabb", "ok", "", ""},
      {"load_control_most_first", "40 0007" + sized("0015 02 01"), "00", "64", "full_write", "control", "table ST-7x1", "0x01", "ok", "",
       ""},
      {"mode", "40 0007" + sized("0600 02 01"), "00", "64", "full_write", "mode_change", "table ST-7x1", "0x01", "ok", "", ""},
      {"log_in_by_procedure", "40 0007" + sized("1200 02 0001" + secret), "00", "64", "full_write", "authenticate", "table ST-7x1", "",
       "ok", "", ""},
      {"log_in_most_first", "40 0007" + sized("0012 02 0001" + secret), "00", "64", "full_write", "authenticate", "table ST-7x1", "", "ok",
       "", ""},
      {"procedure_not_known", "40 0007" + sized("ff00 02" + secret), "00", "64", "full_write", "control", "table ST-7x1", "", "ok", "", ""},
      {"procedure_of_manufacturer", "40 0007" + sized("0108 02" + secret), "00", "64", "full_write", "control", "table ST-7x1", "", "ok",
       "", ""},
      {"procedure_in_parts", "4f 0007 000003" + sized(secret), "00", "79", "partial_write_offset", "write", "table ST-7:3x1", "", "ok", "",
       ""},
      {"passwords_written", "40 002a" + sized(secret), "00", "64", "full_write", "write", "table ST-42x1", "", "ok", "", ""},
      {"passwords_read", "30 002a", "00" + sized(secret), "48", "full_read", "read", "table ST-42x1", "", "ok", "", ""},
      {"keys_read", "3f 002d 000000 0014", "00" + sized(secret), "63", "partial_read_offset", "read", "table ST-45:0x20", "", "ok", "", ""},
      {"write_default", "4e" + sized(secret), "00", "78", "default_write", "write", "", "", "ok", "", ""},
      {"logon", "50 0002" + ascii("operator  ") + "003c", "00 003c", "80", "logon", "session", "", "", "ok", "", ""},
      {"security", "51" + secret + "0002", "00", "81", "security", "authenticate", "", "", "ok", "", ""},
      {"security_refused", "51" + secret, "03", "81", "security", "authenticate", "", "", "refused", "3", ""},
      {"security_short", "51" + secret.substr(2), "01", "81", "security", "authenticate", "", "", "refused", "1", "length"},
      {"authenticate", "53 14" + secret, "00", "83", "authenticate", "authenticate", "", "", "ok", "", ""},
      {"unknown", "7f 00", "02", "127", "unknown", "diagnose", "", "", "refused", "2", "service"},
      {"unknown_response", "20", "1f", "32", "identify", "identify", "", "", "refused", "31", "response"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"c1222"};
    EXPECT_EQ(talk.say(side::client, ask(part(r.request))), 0U);
    EXPECT_EQ(talk.say(side::server, reply(part(r.response))), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, ".200");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), r.what);
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), r.outcome);
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(op.latency, nanoseconds{std::chrono::milliseconds{1}});
    EXPECT_EQ(field_of(op, "calling"), "1.3.6.1");
    EXPECT_EQ(talk.out.counts["c1222/command/" + r.function], 1U);
    const auto said = all_of(talk.out);
    EXPECT_EQ(said.find("hunter2"), std::string::npos);
    EXPECT_EQ(said.find("68756e746572"), std::string::npos);
  }
}

TEST(c1222, what_a_service_says_beside_is_told) {
  const auto said = [](const std::string& request, const std::string& response, std::string_view field) {
    conversation talk{"c1222"};
    talk.client(ask(part(request)));
    talk.server(reply(part(response)));
    return field_of(talk.out.operations.at(0), field);
  };
  const auto logon = "50 0002" + ascii("operator  ") + "003c";
  EXPECT_EQ(said(logon, "00 001e", "user"), "operator");
  EXPECT_EQ(said(logon, "00 001e", "user_id"), "2");
  EXPECT_EQ(said(logon, "00 001e", "idle_timeout"), "60");
  EXPECT_EQ(said(logon, "00 001e", "idle_timeout_granted"), "30");
  EXPECT_EQ(said("51" + ascii("12345678901234567890"), "00", "password_given"), "true");
  EXPECT_EQ(said("20", "00 03 02 01 00", "standard"), "3");
  EXPECT_EQ(said("20", "00 03 02 01 00", "standard_version"), "2.1");
  EXPECT_EQ(said("40 0007" + sized("0000 09"), "00", "procedure"), "SF-0");
  EXPECT_EQ(said("40 0007" + sized("0000 09"), "00", "procedure_name"), "cold_start");
  EXPECT_EQ(said("40 0007" + sized("0000 09"), "00", "sequence"), "9");
  EXPECT_EQ(said("40 0007" + sized("0108 09"), "00", "procedure"), "MF-1");
  EXPECT_EQ(said("30 0001", "03", "error"), "insufficient_security_clearance");
  EXPECT_EQ(said("26 0603 2b0601", "00 0603 2b0601 8002 8148", "hops"), "1.3.6.1,.200");
  EXPECT_EQ(said("25 0603 2b0601", "00", "ap_title"), "1.3.6.1");
  const auto registers = "27 01 02 01020304 0603 2b0601 8002 8148 04" + ascii("10.1") + "000e10";
  EXPECT_EQ(said(registers, "00 0603 2b0602 0001 000e10 00", "native_address"), "10.1");
  EXPECT_EQ(said(registers, "00 0603 2b0602 0001 000e10 00", "serial_title"), ".200");
  EXPECT_EQ(said(registers, "00 0603 2b0602 0001 000e10 00", "ap_title_granted"), "1.3.6.2");
}

TEST(c1222, the_identity_of_a_meter_becomes_facts) {
  conversation talk{"c1222"};
  const auto identity = ascii("ACMEMETER 1 ") + "01 02 03 04" + ascii("SN00000000000042");
  for (int i = 0; i < 2; ++i) {
    talk.client(ask(part("30 0001") + part("30 0005")));
    talk.server(reply(part("00" + sized(identity)) + part("00" + sized(ascii("PLANT 7             ")))));
  }
  EXPECT_EQ(fact_of(talk.out, "vendor"), ".200=ACME");
  EXPECT_EQ(fact_of(talk.out, "model"), ".200=METER 1");
  EXPECT_EQ(fact_of(talk.out, "hardware"), ".200=1.2");
  EXPECT_EQ(fact_of(talk.out, "firmware"), ".200=3.4");
  EXPECT_EQ(fact_of(talk.out, "serial"), ".200=SN00000000000042");
  EXPECT_EQ(fact_of(talk.out, "asset_id"), ".200=PLANT 7");
  EXPECT_EQ(talk.out.facts.size(), 8U);  // told once, with the titles of both
  EXPECT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(c1222, services_of_one_message_are_answered_in_order) {
  conversation talk{"c1222"};
  talk.client(ask(part("30 0011") + part("30 0012"), 5));
  talk.client(ask(part("30 0013"), 6));
  talk.server(reply(part("00" + sized("03")), 6));
  talk.server(reply(part("00" + sized("01")) + part("04"), 5));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(text(talk.out.operations[0].objects), "table ST-19x1");
  EXPECT_EQ(text(talk.out.operations[1].objects), "table ST-17x1");
  EXPECT_EQ(text(talk.out.operations[1].values), "0x01");
  EXPECT_EQ(to_string(talk.out.operations[2].outcome), "refused");
}

TEST(c1222, a_meter_may_be_the_one_that_calls) {
  conversation talk{"c1222"};
  talk.server(ask(part("30 0011")));
  talk.client(reply(part("00" + sized("01"))));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.askers[0], side::server);
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "ok");
}

TEST(c1222, requests_and_responses_without_the_other) {
  conversation talk{"c1222"};
  talk.server(reply(part("03")));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "unpaired");
  EXPECT_EQ(talk.out.operations[0].code, "3");
  EXPECT_EQ(rules(talk.out), "unpaired_response");
  talk.client(ask(part("30 0011")));
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(to_string(talk.out.operations[1].outcome), "timeout");
  talk.client(ask(part("30 0011"), 5, "82"));  // never respond
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(to_string(talk.out.operations[2].outcome), "none");
}

TEST(c1222, security_is_told) {
  conversation talk{"c1222"};
  talk.client(ask(part("20") + "aabbccdd", 5, "84"));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "security"), "authenticated");
  talk.client(ask("0102030405060708", 6, "88"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[1].function, "encrypted");
  EXPECT_EQ(field_of(talk.out.operations[1], "size"), "4");
  EXPECT_EQ(rules(talk.out), "");
  talk.client(ask("01020304" + part("20"), 7, "f0"));  // a class of device, recovery and proxy
  talk.end();
  EXPECT_EQ(field_of(talk.out.operations.at(2), "device_class"), "0x01020304");
  EXPECT_EQ(field_of(talk.out.operations[2], "recovery"), "true");
  talk.client(ask(part("20"), 8, "8c"));
  EXPECT_EQ(rules(talk.out), "security_mode");
}

TEST(c1222, what_is_wrong_with_a_message_is_told) {
  const auto information = tlv(0xbe, tlv(0x28, tlv(0x81, "80" + part("20"))));
  const struct {
    const char* name;
    std::string message, rules;
  } rows[] = {
      {"no_number", tlv(0x60, information), "encoding"},
      {"no_information", tlv(0x60, tlv(0xa8, "020105")), "encoding"},
      {"no_external", tlv(0x60, tlv(0xa8, "020105") + tlv(0xbe, "0400")), "encoding"},
      {"stranger", tlv(0x60, tlv(0xa8, "020105") + tlv(0xa3, "0500") + information), "encoding"},
      {"cut_inside", tlv(0x60, tlv(0xa8, "020105") + information + "a2"), "encoding"},
      {"first_bit", ask(part("20"), 5, "00"), "encoding"},
      {"no_code_of_authentication", ask("01", 5, "84"), "encoding"},
      {"service_beyond", ask("0520"), "length"},
      {"service_without_code", ask("00"), "length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"c1222"};
    EXPECT_EQ(talk.say(side::client, r.message), 0U);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_TRUE(talk.out.operations.empty());
    talk.client(ask(part("20")));
    talk.server(reply(part("00 030201")));
    EXPECT_EQ(talk.out.operations.size(), 1U);
  }
}

TEST(c1222, services_are_bounded) {
  std::string many;
  for (int i = 0; i < 70; ++i) many += "0121";
  conversation talk{"c1222"};
  talk.client(tlv(0x60, tlv(0xa8, "020105") + tlv(0xbe, tlv(0x28, tlv(0x81, "80" + many)))));
  talk.end();
  EXPECT_EQ(talk.out.operations.size(), 64U);
  EXPECT_EQ(talk.out.counts["c1222/left_out/service"], 6U);
}

TEST(c1222, only_whole_messages_are_recognised) {
  const auto& about = named("c1222").about;
  const auto whole = hex(ask(part("30 0011")));
  EXPECT_EQ(about.probe(whole, transport::tcp), match::yes);
  EXPECT_EQ(about.probe(whole, transport::udp), match::yes);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_EQ(about.probe(bytes{whole}.first(n), transport::tcp), match::unsure) << n;
    EXPECT_EQ(about.probe(bytes{whole}.first(n), transport::udp), match::no) << n;
  }
  for (const auto* other : {"3005 020101", "600d a109060760857405080101 be00", "6003 020101", "6085 0000000001", "6080"})
    EXPECT_EQ(about.probe(hex(other), transport::tcp), match::no) << other;
}

TEST(c1222, no_prefix_and_no_flipped_bit_reads_beyond) {
  const std::pair<std::string, std::string> talks[] = {
      {"30 0001", "00" + sized("01020304050607080910")},
      {"3f 0017 000104 0002", "00" + sized("0102")},
      {"40 0007" + sized("0a00 02 aabb"), "00"},
      {"27 01 02 01020304 0603 2b0601 8002 8148 0431302e31", "00 0603 2b0602"},
      {"50 0002" + ascii("operator  ") + "003c", "00 003c"},
      {"26 0603 2b0601", "00 0603 2b0601 8002 8148"},
  };
  for (const auto& [request, response] : talks)
    every_prefix("c1222", {{side::client, hex(ask(part(request)))}, {side::server, hex(reply(part(response)))}});
}

}  // namespace
}  // namespace mw::test
