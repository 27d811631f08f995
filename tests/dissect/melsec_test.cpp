// MC protocol and SLMP: the same requests in frames 1E, 3E and 4E, in binary and in text, with devices, values and end codes.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;

octets raw(std::string_view text) { return {text.begin(), text.end()}; }
/// A 3E frame around hex digits: the length is that of what follows it.
octets framed(std::string_view subheader, std::string_view body) {
  auto all = hex(subheader);
  const auto data = hex(body);
  const auto route = hex("00 ff ff03 00");
  all.insert(all.end(), route.begin(), route.end());
  all.push_back(static_cast<std::uint8_t>(data.size()));
  all.push_back(static_cast<std::uint8_t>(data.size() >> 8));
  all.insert(all.end(), data.begin(), data.end());
  return all;
}
octets request(std::string_view body) { return framed("5000", "1000" + std::string{body}); }
octets response(std::string_view body) { return framed("d000", body); }

std::string text(const std::vector<object>& all) {
  std::string s;
  for (const auto& o : all) s += (s.empty() ? "" : ",") + o.space + ' ' + o.address + (o.count != 1 ? 'x' + std::to_string(o.count) : "");
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
    if (f.kind == kind) return f.value;
  return "absent";
}
std::string rules(const recorder& r) {
  std::string s;
  for (const auto& v : r.violations) s += (s.empty() ? "" : ",") + v.rule;
  return s;
}

struct row {
  std::string name, asks, answers, function;
  action what;
  std::string objects, values;
  outcome how = outcome::ok;
  std::string code = "", violations = "";
};
const row rows[] = {
    {"reads_words", "0104 0000 640000 a8 0300", "0000 3412 0200 ef1d", "1025", action::read, "D 100x3", "4660,2,7663"},
    {"reads_bits", "0104 0100 640000 90 0500", "0000 10 11 10", "1025", action::read, "M 100x5", "true,false,true,true,true"},
    {"reads_inputs", "0104 0100 1f0000 9c 0200", "0000 01", "1025", action::read, "X 1Fx2", "false,true"},
    {"reads_wide", "0104 0200 64000000 a800 0100", "0000 0100", "1025", action::read, "D 100", "1"},
    {"reads_a_device_that_is_new", "0104 0000 010000 7f 0100", "0000 0100", "1025", action::read, "device_127 1", "1"},
    {"reads_at_random", "0304 0000 02 01 000000 a8 000000 c2 dc0500 a8", "0000 9519 0212 4e4f544c", "1027", action::read, "D 0,TN 0,D 1500",
     "6549,4610,1280593742"},
    {"reads_blocks", "0604 0000 01 01 000000 b4 0200 000000 90 0100", "0000 0810 2004 3120", "1030", action::read, "W 0x2,M 0x16",
     "4104,1056,8241"},
    {"writes_words", "0114 0000 640000 a8 0200 9519 0212", "0000", "5121", action::write, "D 100x2", "6549,4610"},
    {"writes_bits", "0114 0100 320000 90 0300 11 00", "0000", "5121", action::write, "M 50x3", "true,true,false"},
    {"writes_bits_at_random", "0214 0100 02 320000 90 00 2f0000 9d 01", "0000", "5122", action::write, "M 50,Y 2F", "false,true"},
    {"writes_words_at_random", "0214 0000 01 01 000000 a8 5005 dc0500 a8 02121000", "0000", "5122", action::write, "D 0,D 1500",
     "1360,1053186"},
    {"writes_blocks", "0614 0000 01 00 000000 a8 0200 0800 2028", "0000", "5126", action::write, "D 0x2", "8,10272"},
    {"write_refused", "0114 0000 640000 a8 0100 0100", "59c0 00 ff ff03 00 0114 0000", "5121", action::write, "D 100", "1",
     outcome::refused, "49241"},
    {"runs", "0110 0000 0300 00 00", "0000", "4097", action::start, "", ""},
    {"stops", "0210 0000 0100", "0000", "4098", action::stop, "", ""},
    {"pauses", "0310 0000 0300", "0000", "4099", action::stop, "", ""},
    {"clears_the_latches", "0510 0000 0100", "0000", "4101", action::configure, "", ""},
    {"resets", "0610 0000 0100", "0000", "4102", action::restart, "", ""},
    {"unlocks", "3016 0000 0400 31323334", "0000", "5680", action::authenticate, "", ""},
    {"unlocks_with_a_wrong_password", "3016 0000 0400 31323334", "00c2 00ffff0300 3016 0000", "5680", action::authenticate, "", "",
     outcome::refused, "49664"},
    {"locks", "3116 0000 0400 31323334", "0000", "5681", action::authenticate, "", ""},
    {"clears_errors", "1716 0000", "0000", "5655", action::configure, "", ""},
    {"tests", "1906 0000 0500 4142434445", "0000 0500 4142434445", "1561", action::diagnose, "", ""},
    {"asks_for_the_model", "0101 0000", "0000 51303255435055202020202020202020 6300", "257", action::identify, "", "Q02UCPU,99"},
    {"reads_a_buffer", "1306 0000 78000000 0200", "0000 0100 0200", "1555", action::read, "buffer 120x2", "1,2"},
    {"reads_a_module", "0106 0000 00010000 0400 0300", "0000 0100 0200", "1537", action::read, "module_3 256x4", "1,2"},
    {"opens_a_file", "2718 0000 20202020 0100 0400 0400 54455354", "0000 0500", "6183", action::session, "file 4:TEST", "5"},
    {"reads_a_file", "2818 0000 0500 10000000 0200", "0000 0200 abcd", "6184", action::file_read, "file_handle 5:16x2", "0xabcd"},
    {"writes_a_file", "2918 0000 0500 00000000 0200 abcd", "0000 0200", "6185", action::file_write, "file_handle 5:0x2", "0xabcd,0x0200"},
    {"deletes_a_file", "2218 0000 61626364 0400 0400 54455354", "0000", "6178", action::file_delete, "file 4:TEST", ""},
    {"reads_by_a_module", "0104 8000 0000 640000 a8 0000 ff0100 f9", "0000 0100", "1025", action::read, "", "0x0100"},
    {"cut", "0104 0000 6400", "61c0", "1025", action::read, "", "", outcome::refused, "49249", "length"},
    {"answer_too_long", "0104 0000 640000 a8 0100", "0000 0100 0200", "1025", action::read, "D 100", "1", outcome::ok, "", "mismatch"},
    {"error_of_another", "0104 0000 640000 a8 0100", "59c0 00 ff ff03 00 0214 0000", "1025", action::read, "D 100", "", outcome::refused,
     "49241", "unpaired_response"},
    {"unknown", "0177 0000", "59c0", "30465", action::diagnose, "", "", outcome::refused, "49241", "command"},
};

TEST(melsec, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"melsec"};
    EXPECT_EQ(talk.say(side::client, request(r.asks)), 0U);
    EXPECT_EQ(talk.say(side::server, response(r.answers)), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, "0.255.1023.0");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_TRUE(op.latency.has_value());
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["melsec/command/" + r.function], 1U);
  }
}

recorder said(std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name) {
      conversation talk{"melsec"};
      talk.say(side::client, request(r.asks));
      talk.say(side::server, response(r.answers));
      return talk.out;
    }
  throw std::runtime_error("no such row");
}

TEST(melsec, fields_say_what_objects_cannot) {
  EXPECT_EQ(field_of(said("runs").operations.at(0), "forced"), "true");
  EXPECT_EQ(field_of(said("stops").operations.at(0), "forced"), "false");
  EXPECT_EQ(field_of(said("write_refused").operations.at(0), "reason"), "unknown_command");
  EXPECT_EQ(field_of(said("deletes_a_file").operations.at(0), "password_given"), "true");
  EXPECT_EQ(field_of(said("opens_a_file").operations.at(0), "password_given"), "false");
  EXPECT_EQ(field_of(said("reads_by_a_module").operations.at(0), "undecoded"), "true");
  const auto password = said("unlocks");
  EXPECT_EQ(field_of(password.operations.at(0), "password_given"), "true");
  for (const auto& [name, v] : password.operations.at(0).fields) EXPECT_EQ(to_string(v).find("1234"), std::string::npos) << name;
  const auto model = said("asks_for_the_model");
  EXPECT_EQ(fact_of(model, "model"), "Q02UCPU");
  EXPECT_EQ(fact_of(model, "vendor"), "Mitsubishi Electric");
  EXPECT_EQ(fact_of(model, "product_code"), "99");
  EXPECT_EQ(fact_of(model, "role"), "plc");
}

TEST(melsec, text_says_the_same) {
  const struct {
    std::string_view asks, answers, objects, values;
  } pairs[] = {
      {"500000FF03FF000018001004010000D*0001000003",
       "D00000FF03FF000010000012340002"
       "1DEF",
       "D 100x3", "4660,2,7663"},
      {"500000FF03FF000018001004010001M*0001000008", "D00000FF03FF00000C000000010011", "M 100x8",
       "false,false,false,true,false,false,true,true"},
      {"500000FF03FF00001C001004010002X***0000001F0002", "D00000FF03FF00000C000012340001", "X 1Fx2", "4660,1"},
      {"500000FF03FF000020001014010000D*00010000021995"
       "1202",
       "D00000FF03FF0000040000", "D 100x2", "6549,4610"},
      {"500000FF03FF000010001010020000"
       "0001",
       "D00000FF03FF0000040000", "", ""},
      {"500000FF03FF00000C001001010000", "D00000FF03FF0000180000Q02UCPU         0063", "", "Q02UCPU,99"},
  };
  for (const auto& p : pairs) {
    SCOPED_TRACE(p.asks);
    conversation talk{"melsec"};
    EXPECT_EQ(talk.say(side::client, raw(p.asks)), 0U);
    EXPECT_EQ(talk.say(side::server, raw(p.answers)), 0U);
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(text(talk.out.operations[0].objects), p.objects);
    EXPECT_EQ(text(talk.out.operations[0].values), p.values);
    EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(melsec, serial_numbers_of_4e_pair) {
  conversation talk{"melsec", transport::udp};
  talk.client("5400 3412 0000 00ffff0300 0c00 1000 0104 0000 640000 a8 0100");
  talk.client("5400 3512 0000 00ffff0300 0c00 1000 0104 0000 650000 a8 0100");
  talk.server("d400 3512 0000 00ffff0300 0400 0000 0200");
  talk.server("d400 3412 0000 00ffff0300 0400 0000 0100");
  talk.server("d400 9999 0000 00ffff0300 0400 0000 0100");
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(text(talk.out.operations[0].objects) + '=' + text(talk.out.operations[0].values), "D 101=2");
  EXPECT_EQ(text(talk.out.operations[1].objects) + '=' + text(talk.out.operations[1].values), "D 100=1");
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::unpaired);
  conversation chars{"melsec"};
  chars.say(side::client, raw("54001234000000FF03FF000018001004010000D*0001000001"));
  chars.say(side::server, raw("D4001234000000FF03FF00000800000007"));
  ASSERT_EQ(chars.out.operations.size(), 1U);
  EXPECT_EQ(text(chars.out.operations[0].values), "7");
}

TEST(melsec, monitors_are_read_as_they_were_registered) {
  conversation talk{"melsec"};
  talk.say(side::client, request("0108 0000 01 01 640000 a8 c80000 a8"));
  talk.say(side::server, response("0000"));
  for (int i = 0; i < 2; ++i) {
    talk.say(side::client, request("0208 0000"));
    talk.say(side::server, response("0000 0500 01000100"));
  }
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[0].action, action::subscribe);
  EXPECT_EQ(text(talk.out.operations[0].values), "");
  EXPECT_EQ(text(talk.out.operations[2].objects), "D 100,D 200");
  EXPECT_EQ(text(talk.out.operations[2].values), "5,65537");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(melsec, frames_of_1e) {
  const struct {
    std::string_view asks, answers, function;
    action what;
    std::string_view objects, values;
    outcome how = outcome::ok;
  } pairs[] = {
      {"01 ff 0a00 64000000 2044 02 00", "81 00 3412 0200", "1e/1", action::read, "D 100x2", "4660,2"},
      {"00 ff 0a00 64000000 204d 03 00", "80 00 10 10", "1e/0", action::read, "M 100x3", "true,false,true"},
      {"02 ff 0a00 20000000 2059 03 00 11 00", "82 00", "1e/2", action::write, "Y 20x3", "true,true,false"},
      {"03 ff 0a00 64000000 2044 01 00 3412", "83 00", "1e/3", action::write, "D 100", "4660"},
      {"03 ff 0a00 64000000 2044 01 00 3412", "83 5b 10", "1e/3", action::write, "D 100", "4660", outcome::refused},
      {"04 ff 0a00 01 00 05000000 204d 01", "84 00", "1e/4", action::write, "M 5", "true"},
      {"05 ff 0a00 01 00 05000000 2044 0700", "85 00", "1e/5", action::write, "D 5", "7"},
      {"13 ff 0a00", "93 00", "1e/19", action::start, "", ""},
      {"14 ff 0a00", "94 00", "1e/20", action::stop, "", ""},
      {"15 ff 0a00", "95 00 a2 00", "1e/21", action::identify, "", "162"},
  };
  for (const auto& p : pairs) {
    SCOPED_TRACE(p.asks);
    conversation talk{"melsec"};
    EXPECT_EQ(talk.say(side::client, p.asks), 0U);
    EXPECT_EQ(talk.say(side::server, p.answers), 0U);
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(talk.out.operations[0].function, p.function);
    EXPECT_EQ(talk.out.operations[0].action, p.what);
    EXPECT_EQ(text(talk.out.operations[0].objects), p.objects);
    EXPECT_EQ(text(talk.out.operations[0].values), p.values);
    EXPECT_EQ(talk.out.operations[0].outcome, p.how);
    EXPECT_EQ(rules(talk.out), "");
  }
  conversation chars{"melsec"};
  EXPECT_EQ(chars.say(side::client, raw("01FF000A4420000000640200")), 0U);
  EXPECT_EQ(chars.say(side::server, raw("810012340002")), 0U);
  ASSERT_EQ(chars.out.operations.size(), 1U);
  EXPECT_EQ(text(chars.out.operations[0].objects), "D 100x2");
  EXPECT_EQ(text(chars.out.operations[0].values), "4660,2");
  conversation monitor{"melsec"};
  monitor.client("07 ff 0a00 01 00 64000000 2044");
  monitor.server("87 00");
  monitor.client("09 ff 0a00");
  monitor.server("89 00 0900");
  ASSERT_EQ(monitor.out.operations.size(), 2U);
  EXPECT_EQ(text(monitor.out.operations[1].objects) + '=' + text(monitor.out.operations[1].values), "D 100=9");
}

TEST(melsec, what_stays_open_ends_as_timeout) {
  conversation talk{"melsec"};
  talk.say(side::client, request("0210 0000 0100"));
  talk.wait(std::chrono::seconds{40});
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  talk.say(side::server, response("0000"));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unpaired);
  talk.gap(side::server);
  talk.say(side::client, request("0104 0000 640000 a8 0100"));
  talk.say(side::server, response("0000 0100"));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::ok);
  for (int i = 0; i < 300; ++i) talk.say(side::client, request("1716 0000"));
  EXPECT_EQ(talk.out.operations.size(), 47U);
  talk.end();
  EXPECT_EQ(talk.out.operations.size(), 303U);
}

TEST(melsec, only_whole_frames_are_recognised) {
  const auto probe = [](const octets& data, transport t) { return named("melsec").about.probe(data, t); };
  const auto ask = request("0104 0000 640000 a8 0300");
  EXPECT_EQ(probe(ask, transport::tcp), match::yes);
  EXPECT_EQ(probe(ask, transport::udp), match::yes);
  EXPECT_EQ(probe({ask.begin(), ask.end() - 1}, transport::tcp), match::unsure);
  EXPECT_EQ(probe({ask.begin(), ask.end() - 1}, transport::udp), match::no);
  EXPECT_EQ(probe(request("0177 0000"), transport::tcp), match::no);
  EXPECT_EQ(probe(response("0000"), transport::tcp), match::yes);
  EXPECT_EQ(probe(raw("500000FF03FF000018001004010000D*0001000003"), transport::tcp), match::yes);
  EXPECT_EQ(probe(hex("5000 00 ff ff07 00 0c00 1000 0104 0000 640000 a8 0300"), transport::tcp), match::no);
  EXPECT_EQ(probe(hex("01 ff 0a00 64000000 2044 02 00"), transport::tcp), match::yes);
  EXPECT_EQ(probe(hex("01 ff 0a00 64000000 2041 02 00"), transport::tcp), match::no);
  EXPECT_EQ(probe(hex("14 ff 0a00"), transport::tcp), match::no);
  EXPECT_EQ(probe(raw("GET / HTTP/1.1\r\n"), transport::tcp), match::no);
  EXPECT_EQ(probe(raw("DELETE /x HTTP/1.1\r\n"), transport::tcp), match::no);
  EXPECT_EQ(probe(hex("5000 00 ff ff03 00 ffff"), transport::tcp), match::no);
}

TEST(melsec, broken_frames_are_violations) {
  conversation talk{"melsec", transport::udp};
  talk.client("5000 00 ff ff03 00 0c00 1000");
  talk.client("77");
  talk.say(side::client, raw("500000FF03FF000018001004010000D*0001ZZ0003"));
  EXPECT_EQ(rules(talk.out), "frame,frame,content");
}

TEST(melsec, every_prefix) {
  std::vector<std::pair<side, octets>> talk;
  for (const auto& r : rows) {
    talk.assign({{side::client, request(r.asks)}, {side::server, response(r.answers)}});
    every_prefix("melsec", talk);
  }
  every_prefix("melsec",
               {{side::client, raw("500000FF03FF000018001004010000D*0001000003")}, {side::server, raw("D00000FF03FF00000C000012340002")}});
  every_prefix("melsec", {{side::client, hex("02 ff 0a00 20000000 2059 03 00 11 00")}, {side::server, hex("82 00")}});
  every_prefix("melsec", {{side::client, raw("01FF000A4420000000640200")}, {side::server, raw("810012340002")}});
}

}  // namespace
}  // namespace mw::test
