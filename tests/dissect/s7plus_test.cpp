// S7comm-plus: messages with header and trailer over TPKT and COTP, values, objects, subscriptions, and what goes on as TLS.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

octets part(std::string_view body, std::uint8_t version = 2, bool trailer = true) {
  const auto data = hex(body);
  return octets{0x72, version} + word(data.size()) + data + (trailer ? octets{0x72, version, 0, 0} : octets{});
}
octets message(std::string_view body, std::uint8_t version = 2, bool trailer = true) { return tpkt_data(part(body, version, trailer)); }

std::string text(const std::vector<object>& all) {
  std::string s;
  for (const auto& o : all) s += (s.empty() ? "" : ",") + o.space + ' ' + o.address;
  return s;
}
std::string text(const std::vector<value>& all) {
  std::string s;
  for (const auto& v : all) s += (s.empty() ? "" : ",") + to_string(v);
  return s;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string fact_of(const recorder& r, std::string_view kind) {
  for (const auto& f : r.facts)
    if (f.kind == kind) return (f.who == side::client ? "client=" : "server=") + f.value;
  return "absent";
}
std::string rules(const recorder& r) {
  std::string s;
  for (const auto& v : r.violations) s += (s.empty() ? "" : ",") + v.rule;
  return s;
}

// what stands before each body: opcode, reserved, function, reserved, sequence 7, session 0x3a0, flags; and what follows it
std::string request(std::string_view function, std::string_view body, std::string_view flags = "34") {
  return "31 0000 " + std::string{function} + " 0000 0007 000003a0 " + std::string{flags} + ' ' + std::string{body} + " 00000000";
}
std::string response(std::string_view function, std::string_view body) {
  return "32 0000 " + std::string{function} + " 0000 0007 34 " + std::string{body} + " 00000000";
}
constexpr std::string_view qualifier = "000004e8 8969 0012 00000000 896a 0013 00 896b 0004 00 00";

struct row {
  std::string name, function, asks, answers;
  action what;
  std::string objects, values;
  outcome how = outcome::ok;
  std::string code = "", violations = "";
};
const std::string q{qualifier};
std::string times(int n, std::string_view what) {
  std::string all;
  while (n-- > 0) all += what;
  return all;
}
const row rows[] = {
    {"reads_a_data_block", "054c", "00000000 01 05 88d0b88001 88d0b88001 02 9376 0a" + q, "00 01 0007 002a 00 00", action::read, "DB1 10",
     "42"},
    {"reads_markers_and_an_attribute", "054c", "00000000 02 0a 00 52 02 9d18 09 00 32 01 9a7b" + q, "00 01 0001 01 02 0004 8100 00 00",
     action::read, "M 9,object 50/3451", "true,128"},
    {"one_item_fails", "054c", "00000000 02 0a 00 52 02 9d18 09 00 52 02 9d18 0a" + q, "00 01 0007 0001 00 02 c08895b080ef91fff4 00",
     action::read, "M 9,M 10", "1,null"},
    {"all_items_fail", "054c", "00000000 01 05 00 52 02 9d18 09" + q, "00 00 01 c08895b080ef91fff4 00", action::read, "M 9", "",
     outcome::refused, "-12"},
    {"refused", "054c", "00000000 01 05 00 52 02 9d18 09" + q, "c08895b080ef91fff4", action::read, "M 9", "", outcome::refused, "-12"},
    {"writes", "0542", "00000000 02 0a 00 88d0b88001 02 9376 0a 00 51 02 9d18 03 01 000e 3f800000 02 0001 01 00" + q, "00 00",
     action::write, "DB1 10,Q 3", "1,true"},
    {"write_fails", "0542", "00000000 01 05 00 51 02 9d18 03 01 0001 01 00" + q, "00 01 c08895b080ef91fffe 00", action::write, "Q 3",
     "true", outcome::refused, "-2"},
    {"stops", "04f2", "00000034 01 9077 0008 01" + q + "00", "00", action::stop, "object 52/2167", "1"},
    {"starts", "04f2", "00000034 01 9077 0008 03" + q + "00", "00", action::start, "object 52/2167", "3"},
    {"stops_among_several", "0542", "00000034 01 01 9077 01 0008 01 00" + q, "00 00", action::stop, "object 52/2167", "1"},
    {"sets_another_attribute", "04f2", "00000032 01 9a7b 0003 0102" + q + "00", "00", action::write, "object 50/3451", "258"},
    {"gives_more_credit", "04f2", "70000e51 01 881d 0007 0009" + q + "00", "00", action::subscribe, "object 1879051857/1053", "9"},
    {"watches_a_variable_table", "04f2", "7000000a 01 9517 0004 01" + q + "00", "00", action::subscribe, "object 1879048202/2711", "1"},
    {"proves_a_password", "057c", "000003a0 20 04 01 8e36" + q + "0001 0014 00 03 aabbcc", "00", action::authenticate, "object 928/1846",
     ""},
    {"reads_one", "04fc", "00000032 01 9a7b" + q, "00 0002 07", action::read, "object 50/3451", "7"},
    {"reads_a_stream", "0586", "00000031 20 04 01 9a7b" + q + "0001", "00 00 0014 00 02 abcd", action::read, "object 49/3451", "0xabcd"},
    {"reads_code", "0586", "8a320000 20 04 01 9414" + q + "0001", "00 00 0014 00 02 abcd", action::program_upload, "object 2318532608/2580",
     "0xabcd"},
    {"downloads_a_block", "04ca",
     "00000003 0004 00 00000000 a1 8a320000 9457 00 00 a3 8169 0015 03 4d6978 a3 9359 0003 0001 a3 9414 0014 00 03 010203 a2", "00 00",
     action::program_download, "class 2647", ""},
    {"deletes_a_block", "04d4", "8a320000" + q, "00 8a320000", action::program_download, "object 2318532608", ""},
    {"ends_a_session", "04d4", "000003a0" + q, "00 000003a0", action::session, "object 928", ""},
    {"explores", "04bb", "00000003 00 01 00 01 00 02 8169 9359 00",
     "00 00000003 a1 00000003 9358 00 00 a3 8169 0015 02 5031 a1 8a0e0007 940e 00 00 a3 8169 0015 01 44 a2 a2", action::identify,
     "object 3", "P1,D"},
    {"explores_code", "04bb", "00000003 00 01 00 01 00 01 9414", "00 00000003", action::program_upload, "object 3", ""},
    {"links", "0524", "00000031 915e 0000", "00 02 00000021 00000022", action::read, "object 49/2270", "33,34"},
    {"begins", "0556", "02 0001 00 a1 7fffc001 8d24 00 00 a3 8169 0015 0d 444c5472616e73616374696f6e a2", "00 0012 0000006a",
     action::program_download, "class 1700", ""},
    {"ends", "0560", "0001", "00", action::session, "", ""},
    {"calls", "056b", "70000010 00000004 01 0004 05 00 00", "00 00 00 01 0004 06 00 00", action::control, "object 1879048208/4", "5"},
    {"downloads_by_a_call", "056b", "70000010 00e4e1d0 00 00", "00 00 00 00", action::program_download, "object 1879048208/15000016", ""},
    {"updates_firmware", "056b", "70000010 0000498b 00 00", "00 00 00 00", action::firmware, "object 1879048208/18827", ""},
    {"unknown", "0777", "", "00", action::diagnose, "", "", outcome::ok, "", "function"},
    {"cut", "054c", "00000000 7f 7f", "c08895b080ef91fff4", action::read, "", "", outcome::refused, "-12", "structure"},
    {"values_of_all_types", "054c", "00000000 0e 46" + times(14, "00 52 02 9d18 01") + q,
     "00 "
     "01 0002 ff 02 0003 ffff 03 0005 ffffffffffffffffff 04 0006 ff 05 0007 ffff 06 0008 ff00 07 0009 ffffffffffffffffff 08 000a 10 "
     "09 000b 0100 0a 000c 00010000 0b 000d 0000000100000000 0c 000f 3ff8000000000000 0d 0010 0000000077359400 0e 0011 c07f "
     "00 00",
     action::read, times(13, "M 1,") + "M 1", "255,65535,18446744073709551615,-1,-1,-128,-1,16,256,65536,4294967296,1.5,2,-8065"},
    {"values_in_values", "054c",
     "00000000 06 1e 00 52 02 9d18 01 00 52 02 9d18 02 00 52 02 9d18 03 00 52 02 9d18 04 00 52 02 9d18 05 00 52 02 9d18 06" + q,
     "00 01 0012 00000005 02 0013 05 03 0015 02 6869 04 1003 02 0001 0002 05 0017 00000d99 01 0001 00 02 0003 0004 00 "
     "06 0017 02000010 0102030405060708 02 02 beef 00 00",
     action::read, "M 1,M 2,M 3,M 4,M 5,M 6", "5,5,hi,1,2,false,4,0xbeef"},
};

TEST(s7plus, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"s7comm_plus"};
    EXPECT_EQ(talk.say(side::client, message(request(r.function, r.asks))), 0U);
    EXPECT_EQ(talk.say(side::server, message(response(r.function, r.answers))), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.protocol, "s7comm_plus");
    EXPECT_EQ(op.function, std::to_string(std::stoi(r.function, nullptr, 16)));
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_TRUE(op.latency.has_value());
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(field_of(op, "session"), "928");
    EXPECT_EQ(talk.out.counts["s7comm_plus/request/" + op.function], 1U);
    EXPECT_EQ(talk.out.counts["s7comm_plus/response/" + op.function], 1U);
  }
}

recorder said(std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name) {
      conversation talk{"s7comm_plus"};
      talk.say(side::client, message(request(r.function, r.asks)));
      talk.say(side::server, message(response(r.function, r.answers)));
      return talk.out;
    }
  throw std::runtime_error("no such row");
}

TEST(s7plus, fields_say_what_objects_cannot) {
  EXPECT_EQ(field_of(said("reads_a_data_block").operations.at(0), "symbols"), "8a0e0001");
  EXPECT_EQ(field_of(said("one_item_fails").operations.at(0), "item_errors"), "2:-12");
  EXPECT_EQ(field_of(said("stops").operations.at(0), "operating_state"), "stop");
  EXPECT_EQ(field_of(said("downloads_by_a_call").operations.at(0), "method"), "activate_download");
  const auto block = said("downloads_a_block").operations.at(0);
  EXPECT_EQ(field_of(block, "class"), "program_cycle_ob");
  EXPECT_EQ(field_of(block, "name"), "Mix");
  EXPECT_EQ(field_of(block, "block_number"), "1");
  EXPECT_EQ(field_of(block, "payload_size"), "3");
  EXPECT_EQ(text(said("explores").operations.at(0).returned), "plc_program 3,db 2316173319");
  EXPECT_EQ(field_of(said("reads_code").operations.at(0), "payload_size"), "2");
  const auto password = said("proves_a_password").operations.at(0);
  EXPECT_EQ(field_of(password, "credential_given"), "true");
  EXPECT_EQ(text(password.values), "");
}

const auto hello = message(
    "31 0000 04ca 0000 0007 00000120 36 0000011d 0004 00 00000000 a1 000000d3 821f 00 00 a3 8129 0015 00 a3 8228 0015 02 6f70 a3 8229 0015 "
    "04 "
    "544f4f4c a3 822a 0015 0a 50433031 5f3132333435 a2 00000000",
    1);
const auto welcome = message(
    "32 0000 04ca 0000 0007 36 11 01 8720 a1 00000120 821f 00 00 a3 8232 0017 0000013a 823b 0004 00 823f 0015 1b "
    "313b36455337203231342d31484534302d30584230203b56342e31 8241 0003 0003 00 a2 00000000",
    1);

TEST(s7plus, a_session_says_who_is_who) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, hex("0300 0023 1e e0 0000 0001 00 c0010a c1020600 c20f 53494d415449432d524f4f542d4553"));
  talk.say(side::client, hello);
  talk.say(side::server, welcome);
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(field_of(op, "user"), "op");
  EXPECT_EQ(field_of(op, "application"), "TOOL");
  EXPECT_EQ(field_of(op, "result"), "session_pre_legitimated");
  EXPECT_EQ(field_of(op, "created"), "928");
  EXPECT_EQ(fact_of(talk.out, "role"), "client=engineering_station");
  EXPECT_EQ(fact_of(talk.out, "host_name"), "client=PC01");
  EXPECT_EQ(fact_of(talk.out, "software"), "client=TOOL");
  EXPECT_EQ(fact_of(talk.out, "order_number"), "server=6ES7 214-1HE40-0XB0");
  EXPECT_EQ(fact_of(talk.out, "firmware"), "server=4.1");
  EXPECT_EQ(fact_of(talk.out, "vendor"), "server=Siemens");
}

TEST(s7plus, maintenance_data_gives_the_serial_number) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, message(request("0586", "00000031 20 04 01 9d29" + q + "0001")));
  talk.say(side::server, message(response("0586",
                                          "00 00 0014 00 3c 0020 0038 0100 002a 36455337203231312d31414534302d30584230 20 "
                                          "5320432d4142433132333435363720 20 0003 56 040201 0000 0000 0000 0101 001e")));
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(fact_of(talk.out, "order_number"), "server=6ES7 211-1AE40-0XB0");
  EXPECT_EQ(fact_of(talk.out, "serial"), "server=S C-ABC1234567");
  EXPECT_EQ(fact_of(talk.out, "hardware"), "server=3");
  EXPECT_EQ(fact_of(talk.out, "firmware"), "server=4.2.1");
}

TEST(s7plus, the_operating_state_is_a_fact) {
  conversation talk{"s7comm_plus"};
  const auto ask = message(request("054c", "00000000 01 04 00 34 01 913d" + q));
  talk.say(side::client, ask);
  talk.say(side::server, message(response("054c", "00 01 0017 00000d99 9b1e 0008 04 00 00 00")));
  EXPECT_EQ(fact_of(talk.out, "run_state"), "server=stop");
  talk.say(side::client, ask);
  talk.say(side::server, message(response("054c", "00 01 0017 00000d99 9b1e 0008 08 00 00 00")));
  EXPECT_EQ(talk.out.facts.back().value, "run");
}

// a subscription of two variables under the numbers 1 and 2
const std::string subscribes =
    "000003af 0004 00 00000000 a1 7fffc001 8769 00 00 a3 8818 20 04 11 8880848000 00 02 8880908002 01 00 52 00 9d18 09 8880908002 02 00 "
    "88d0b88005 00 9376 0a a2";

TEST(s7plus, notifications_name_what_was_subscribed) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, message(request("04ca", subscribes)));
  talk.say(side::server, message(response("04ca", "00 01 8780808012")));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].action, action::subscribe);
  EXPECT_EQ(text(talk.out.operations[0].objects), "M 9,DB5 10");
  // of older and of newer controllers
  talk.say(side::server, message("33 70000012 0400 0000 0000 05 01 92 00000001 0007 0011 92 00000002 0001 01 00 00000000"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[1].action, action::report);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unsolicited);
  EXPECT_EQ(text(talk.out.operations[1].objects), "M 9,DB5 10");
  EXPECT_EQ(text(talk.out.operations[1].values), "17,true");
  EXPECT_EQ(talk.out.askers[1], side::client);
  talk.say(side::server, message("33 70000012 0400 0000 0000 06 01 13 00000002 92 00000009 0007 0012 00 00000000"));
  EXPECT_EQ(text(talk.out.operations[2].objects), "DB5 10,reference 9");
  EXPECT_EQ(text(talk.out.operations[2].values), "null,18");
  EXPECT_EQ(field_of(talk.out.operations[2], "item_errors"), "2");
  EXPECT_EQ(rules(talk.out), "");
  talk.say(side::server, message("33 70000012 0400 0000 0000 09 01 00 00000000"));
  EXPECT_EQ(rules(talk.out), "notification_sequence");
  talk.gap(side::server);
  talk.say(side::server, message("33 70000012 0400 0000 0000 0c 01 00 00000000"));
  EXPECT_EQ(rules(talk.out), "notification_sequence");
}

TEST(s7plus, newer_notifications_have_a_sequence_number) {
  conversation talk{"s7comm_plus"};
  talk.say(side::server, message("33 70000013 0400 0000 0000 01 8148 01 9b 01 0007 0011 00 00000000", 3));
  talk.say(side::server, message("33 70000013 0400 0000 0000 02 8149 00000000000000 01 02 9b 01 0007 0012 00 00000000", 3));
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(text(talk.out.operations.at(0).values), "17");
  EXPECT_EQ(text(talk.out.operations.at(1).values), "18");
  talk.say(side::server, message("33 70000013 0400 0000 0000 03 814b 01 9b 01 0007 0013 00 00000000", 3));
  EXPECT_EQ(rules(talk.out), "notification_sequence");
}

TEST(s7plus, an_alarm_is_an_alarm) {
  conversation talk{"s7comm_plus"};
  talk.say(side::server,
           message("33 70000014 0400 0000 0000 01 02 01 00 70000014 0000 81 a1 00000000 9479 00 00 a3 946e 0005 21 a2 00000000", 3));
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].action, action::alarm);
  EXPECT_EQ(field_of(talk.out.operations[0], "alarm_id"), "33");
}

TEST(s7plus, subscriptions_and_their_variables_are_bounded) {
  conversation talk{"s7comm_plus"};
  for (int i = 0; i < 70; ++i) {
    const std::uint8_t low = static_cast<std::uint8_t>(i);
    auto m = hex("33 70000000 0400 0000 0000 05 01 00 00000000");
    m[4] = low;
    octets p{0x72, 2, 0, static_cast<std::uint8_t>(m.size())};
    p.insert(p.end(), m.begin(), m.end());
    p.insert(p.end(), {0x72, 2, 0, 0});
    talk.say(side::server, tpkt_data(p));
  }
  EXPECT_EQ(talk.out.counts["s7comm_plus/forgotten/subscription"], 6U);
}

TEST(s7plus, messages_are_joined_from_parts_and_from_transport_parts) {
  conversation talk{"s7comm_plus"};
  const auto body = request("054c", "00000000 01 05 00 52 02 9d18 09" + q);
  const auto all = hex(body);
  std::string front, back;
  const auto put = [](std::string& to, std::uint8_t b) { to += "0123456789abcdef"[b >> 4], to += "0123456789abcdef"[b & 15]; };
  for (std::size_t i = 0; i < all.size(); ++i) put(i < 20 ? front : back, all[i]);
  talk.say(side::client, message(front, 2, false));
  talk.say(side::client, message(back));
  auto answer = part(response("054c", "00 01 0007 0011 00 00"));
  const octets first(answer.begin(), answer.begin() + 9), second(answer.begin() + 9, answer.end());
  talk.say(side::server, tpkt_data(first, false));
  talk.say(side::server, tpkt_data(second));
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(text(talk.out.operations[0].values), "17");
  // the middle of a message after a gap is not taken for a beginning
  talk.say(side::client, message(front, 2, false));
  talk.gap(side::client);
  talk.say(side::client, message("05060708"));
  talk.say(side::client, message(body));
  talk.say(side::server, message(response("054c", "00 01 0007 0012 00 00")));
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(text(talk.out.operations[1].values), "18");
}

TEST(s7plus, a_stream_is_one_request) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, message(request("057c", "8a320000 20 04 01 9414" + q + "0001 0014 00 03 010203"), 2, false));
  talk.say(side::client, message("04 0a0b0c0d", 2, false));
  talk.say(side::client, message("02 0e0f 00000000"));
  talk.say(side::server, message(response("057c", "00")));
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].action, action::program_download);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(talk.out.operations[0], "streamed_size"), "6");
}

TEST(s7plus, digests_are_no_data) {
  conversation talk{"s7comm_plus"};
  const std::string digest = "20 0001020304050607 0001020304050607 0001020304050607 0001020304050607 ";
  talk.say(side::client, message(digest + request("054c", "00000000 01 05 00 52 02 9d18 09" + q), 3));
  talk.say(side::server, message(digest + response("054c", "00 01 0007 0011 00 00 08"), 3));
  talk.say(side::client, message("31 0000 04d4 0000 0008 000003a0 34 000003a0" + q + "08" + digest));
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "integrity"), "digest");
  EXPECT_EQ(text(talk.out.operations[0].values), "17");
  talk.end();
  EXPECT_EQ(field_of(talk.out.operations.at(1), "integrity"), "digest");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::timeout);
}

TEST(s7plus, what_is_open_ends_as_timeout_and_what_needs_no_answer_does_not_wait) {
  conversation talk{"s7comm_plus"};
  const auto ask = message(request("054c", "00000000 01 05 00 52 02 9d18 09" + q));
  talk.say(side::client, ask);
  talk.say(side::client, ask);
  EXPECT_EQ(rules(talk.out), "sequence");
  talk.wait(std::chrono::seconds{40});
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  talk.say(side::server, message(response("054c", "00 01 0007 0011 00 00")));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unpaired);
  talk.say(side::client, message(request("04f2", "70000e51 01 881d 0007 0009" + q + "00", "74")));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::none);
  const auto before = talk.out.operations.size();
  talk.say(side::server, message("02 0000 04f2 0000 0007 74 00 00000000"));
  EXPECT_EQ(talk.out.operations.size(), before);
  talk.say(side::server, message("02 0000 04f2 0000 0007 74 c08895b080ef91fffe 00000000"));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations.back().code, "-2");
  EXPECT_EQ(talk.out.counts["s7comm_plus/response2/1266"], 2U);
}

TEST(s7plus, an_error_answers_any_function) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, message(request("054c", "00000000 01 05 00 52 02 9d18 09" + q)));
  talk.say(side::server, message(response("05a9", "c08895b080ef91ffff")));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].function, "1356");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(field_of(talk.out.operations[0], "reason"), "unknown_error");
}

TEST(s7plus, after_init_ssl_all_is_opaque) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, message("31 0000 05b3 0000 0001 00000120 30 00000000 00000000", 1));
  talk.say(side::server, message("32 0000 05b3 0000 0001 30 00 00000000", 1));
  const std::string random = "0001020304050607 0001020304050607 0001020304050607 0001020304050607 ";
  // a ClientHello that names a server, cut into two transport messages; a ServerHello that chooses version 1.3
  const auto client = hex("16 0301 004b 01 000047 0303 " + random +
                          "00 0002 1301 0100 001c 0000 000f 000d 00 000a 706c632e6c6f63616c31 002b 0005 04 0304 0303");
  talk.say(side::client, tpkt_data({client.begin(), client.begin() + 20}));
  talk.say(side::client, tpkt_data({client.begin() + 20, client.end()}));
  talk.say(side::server, tpkt_data(hex("16 0303 0032 02 00002e 0303 " + random + "00 1301 00 0006 002b 0002 0304")));
  talk.say(side::client, tpkt_data(hex("17 0303 0005 0102030405")));
  talk.end();
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function_name, "init_ssl");
  const auto& op = talk.out.operations[1];
  EXPECT_EQ(op.protocol, "tls");
  EXPECT_EQ(op.function_name, "handshake");
  EXPECT_EQ(field_of(op, "cipher"), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(talk.out.described["content"], "opaque");
  EXPECT_EQ(talk.out.described["tls_version"], "TLS 1.3");
  EXPECT_EQ(talk.out.described["sni"], "plc.local1");
  EXPECT_EQ(talk.out.described["ja4"].substr(0, 10), "t13d010200");
  EXPECT_EQ(talk.out.described["ja3"].size(), 32U);
  EXPECT_EQ(fact_of(talk.out, "tls_version"), "server=TLS 1.3");
}

TEST(s7plus, rules_that_tls_breaks_are_its_own) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, tpkt_data(hex("16 0303 0008 01 000004 01020304")));
  ASSERT_EQ(talk.out.violations.size(), 1U);
  EXPECT_EQ(talk.out.violations[0].rule, "client_hello");
  EXPECT_EQ(talk.out.violations[0].protocol, "tls");
}

TEST(s7plus, tls_that_was_joined_late_is_told_once) {
  conversation talk{"s7comm_plus"};
  for (int i = 0; i < 3; ++i) talk.say(side::client, tpkt_data(hex("17 0303 0005 0102030405")));
  talk.end();
  EXPECT_TRUE(talk.out.operations.empty());
  EXPECT_EQ(talk.out.described["content"], "opaque");
  EXPECT_EQ(talk.out.described["handshake"], "not_seen");
  EXPECT_EQ(talk.last, verdict::taken);
}

TEST(s7plus, system_events_and_keep_alives) {
  conversation talk{"s7comm_plus"};
  talk.say(side::server, tpkt_data(hex("72fe0010 00000000 00000123 00000000 00000000")));
  talk.say(side::client, tpkt_data(hex("72ff0100")));
  EXPECT_TRUE(talk.out.operations.empty());
  talk.say(side::server, tpkt_data(hex("72fe0016 00000000 00000123 00000000 00000000 4c4f474f5554")));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "message"), "LOGOUT");
  EXPECT_EQ(rules(talk.out), "");
  talk.say(side::server, tpkt_data(hex("72fe0004 00000000")));
  EXPECT_EQ(rules(talk.out), "length");
}

TEST(s7plus, what_is_not_ours_is_left_to_others) {
  conversation talk{"s7comm_plus"};
  talk.say(side::client, tpkt_data(hex("32 01 0000 0001 0008 0000 f0 00 0001 0001 01e0")));
  EXPECT_EQ(talk.last, verdict::not_mine);
  const auto probe = [](const octets& data) { return named("s7comm_plus").about.probe(data, transport::tcp); };
  EXPECT_EQ(probe(message(request("04d4", "000003a0"))), match::yes);
  EXPECT_EQ(probe(tpkt_data(hex("32 01 0000"))), match::no);
  EXPECT_EQ(probe(tpkt_data(hex("72 07 0000"))), match::no);
  EXPECT_EQ(probe(tpkt_data(hex("72 02 0010 31"))), match::no);
  EXPECT_EQ(probe(tpkt_data(hex("17 0303 0005 0102030405"))), match::yes);
  EXPECT_EQ(probe(hex("0300 0016 11 e0 0000 0001 00 c0010a c1020600 c2020102")), match::unsure);
  EXPECT_EQ(probe(hex("160301")), match::no);
  EXPECT_EQ(named("s7comm_plus").about.probe(message("31"), transport::udp), match::no);
}

TEST(s7plus, broken_messages_are_violations) {
  const std::pair<std::string, std::string> broken[] = {{"72 02 0010 31", "length"},
                                                        {"72 02 0001 55 72020000", "opcode"},
                                                        {"72 02 0003 310000 72020000", "length"},
                                                        {"72 02 0003 320000 72020000", "length"},
                                                        {"72 09 0001 31 72090000", "version"},
                                                        {"72", "length"}};
  for (const auto& [data, rule] : broken) {
    SCOPED_TRACE(data);
    conversation talk{"s7comm_plus"};
    talk.say(side::client, tpkt_data(hex(data)));
    EXPECT_EQ(rules(talk.out), rule);
  }
}

TEST(s7plus, every_prefix) {
  std::vector<std::pair<side, octets>> talk{{side::client, hello}, {side::server, welcome}};
  for (const auto& r : rows)
    if (r.name == "writes" || r.name == "explores" || r.name == "values_in_values" || r.name == "proves_a_password") {
      talk.emplace_back(side::client, message(request(r.function, r.asks)));
      talk.emplace_back(side::server, message(response(r.function, r.answers)));
    }
  talk.emplace_back(side::client, message(request("04ca", subscribes)));
  talk.emplace_back(side::server, message(response("04ca", "00 01 8780808012")));
  talk.emplace_back(side::server, message("33 70000012 0400 0000 0000 05 01 92 00000001 0007 0011 00 00000000"));
  every_prefix("s7comm_plus", talk);
}

}  // namespace
}  // namespace mw::test
