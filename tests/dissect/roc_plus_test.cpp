// ROC Plus: messages built from the layouts of the manual, and what they mean.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;

octets framed(std::uint8_t opcode, const octets& data, bool to_controller, unsigned crc) {
  octets m = to_controller ? octets{1, 2, 3, 4} : octets{3, 4, 1, 2};
  m.push_back(opcode), m.push_back(static_cast<std::uint8_t>(data.size()));
  m.insert(m.end(), data.begin(), data.end());
  for (const auto b : m) {
    crc ^= b;
    for (int i = 0; i < 8; ++i) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  m.push_back(static_cast<std::uint8_t>(crc)), m.push_back(static_cast<std::uint8_t>(crc >> 8));
  return m;
}
octets ask(std::uint8_t opcode, std::string_view data = "") { return framed(opcode, hex(data), true, 0); }
octets say(std::uint8_t opcode, std::string_view data = "") { return framed(opcode, hex(data), false, 0); }

std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : ",") += o.space + ' ' + o.address + 'x' + std::to_string(o.count);
  return out;
}
std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : ",") += to_string(v);
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}

std::string padded(std::string_view s, std::size_t width) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < width; ++i) {
    const auto c = i < s.size() ? static_cast<unsigned char>(s[i]) : 0U;
    out += digits[c >> 4], out += digits[c & 15];
  }
  return out;
}
const std::string folder = padded("/flash/data/", 100), file = padded("a.txt", 25);
const std::string configuration = "01 0100 00 02 01 01 0000000000000000000000 06 0001";
const std::string clock_data = "1e 2d 0c 0f 03 e807";

struct row {
  std::string name;
  octets request, answer;
  std::string function, function_name;
  action what;
  std::string objects, values;
  outcome how;
  std::string code, violations;
};
const row rows[] = {
    {"configuration", ask(6), say(6, configuration), "6", "system_configuration", action::identify, "", "ROC800", outcome::ok, "", ""},
    {"configuration_cut", ask(6), say(6, "01"), "6", "system_configuration", action::identify, "", "", outcome::ok, "", "length"},
    {"clock", ask(7), say(7, clock_data + "03"), "7", "read_clock", action::read, "", "2024-03-15 12:45:30", outcome::ok, "", ""},
    {"clock_high_first", ask(7), say(7, "1e2d0c0f03 07e8 03"), "7", "read_clock", action::read, "", "2024-03-15 12:45:30", outcome::ok, "",
     ""},
    {"clock_set", ask(8, clock_data), say(8), "8", "set_clock", action::time_sync, "", "2024-03-15 12:45:30", outcome::ok, "", ""},
    {"clock_set_old", ask(8, "1e2d0c0f0318"), say(8), "8", "set_clock", action::time_sync, "", "2024-03-15 12:45:30", outcome::ok, "", ""},
    {"no_clock", ask(8, "3c2d0c0f03e807"), say(8), "8", "set_clock", action::time_sync, "", "", outcome::ok, "", "value"},
    {"table", ask(10, "01 00 02"), say(10, "01 00 02 01000000 0a0b"), "10", "read_configurable_opcode", action::read, "table 1.0x2",
     "0x0a0b", outcome::ok, "", ""},
    {"table_set", ask(11, "01 00 01 42"), say(11), "11", "write_configurable_opcode", action::write, "table 1.0x1", "0x42", outcome::ok, "",
     ""},
    {"table_cut", ask(10, "01"), say(255, "06 00"), "10", "read_configurable_opcode", action::read, "", "", outcome::refused, "6",
     "length"},
    {"login", ask(17, "4c4f49 e803 05"), say(17), "17", "login", action::authenticate, "", "", outcome::ok, "", ""},
    {"login_refused", ask(17, "4c4f49 e803 05"), say(255, "15 06"), "17", "login", action::authenticate, "", "", outcome::refused, "21",
     ""},
    {"enhanced_login", ask(17, padded("OPERATOR1", 30) + padded("SECRET", 40) + "01"), say(17), "17", "enhanced_login",
     action::authenticate, "", "", outcome::ok, "", ""},
    {"logout", ask(17, "4c4f49 e803 4c4f474f5554"), say(17), "17", "logout", action::session, "", "", outcome::ok, "", ""},
    {"session_key", ask(17, padded("SESSIONKEY_13", 13)), say(17, padded("", 24)), "17", "request_session_key", action::session, "", "",
     outcome::ok, "", ""},
    {"login_odd", ask(17, "4c4f"), say(17), "17", "login", action::authenticate, "", "", outcome::ok, "", "length"},
    {"forward", ask(24, "0102 0304 0506 0000 0000 b5 01 42"), say(24), "24", "store_and_forward", action::write, "", "", outcome::ok, "",
     ""},
    {"minimum", ask(105, "00 03"), say(105, "00 03 86 67 00 0e 0000803f 0000003f 0000c03f"), "105", "read_min_max", action::read,
     "history 0.3x1", "1,0.5,1.5", outcome::ok, "", ""},
    {"history", ask(135, "00 02 00 0000 02"), say(135, "00 02 0000 02 0000803f 00000040"), "135", "read_history_point", action::read,
     "history 0.2x1", "0x0000803f,0x00000040", outcome::ok, "", ""},
    {"history_short", ask(135, "00 02 00 0000 02"), say(135, "00 02 0000 02 0000803f"), "135", "read_history_point", action::read,
     "history 0.2x1", "0x0000803f", outcome::ok, "", "length"},
    {"history_list", ask(139, "00 01"), say(139, "00 01 02 05 06"), "139/0", "read_history_information", action::read, "", "5,6",
     outcome::ok, "", ""},
    {"alarms", ask(118, "01 0100"), say(118, "01 0100 0200" + padded("", 23)), "118", "read_alarms", action::read, "",
     "0x" + padded("", 23), outcome::ok, "", ""},
    {"events_lie", ask(119, "02 0100"), say(119, "02 0100 0200" + padded("", 22)), "119", "read_events", action::read, "",
     "0x" + padded("", 22), outcome::ok, "", "length"},
    {"row_set", ask(166, "67 00 01 0e 0000803f"), say(166), "166", "set_point_parameters", action::write, "tlp 103.0.14x1", "0x0000803f",
     outcome::ok, "", ""},
    {"row", ask(167, "67 00 02 0e"), say(167, "67 00 02 0e 0102"), "167", "read_point_parameters", action::read, "tlp 103.0.14x2", "0x0102",
     outcome::ok, "", ""},
    {"row_of_another", ask(167, "67 00 02 0e"), say(167, "67 01 02 0e 0102"), "167", "read_point_parameters", action::read,
     "tlp 103.0.14x2", "0x0102", outcome::ok, "", "mismatch"},
    {"parameters", ask(180, "02 67000e 670000"), say(180, "02 67000e 0000803f 670000 54414730303030303031"), "180", "read_parameters",
     action::read, "tlp 103.0.14x1,tlp 103.0.0x1", "0x0000803f,TAG0000001", outcome::ok, "", ""},
    {"parameter_text", ask(180, "01 670000"), say(180, "01 670000 5441473030303030303031"), "180", "read_parameters", action::read,
     "tlp 103.0.0x1", "0x5441473030303030303031", outcome::ok, "", ""},
    {"parameters_lie", ask(180, "02 67000e"), say(255, "06 06"), "180", "read_parameters", action::read, "tlp 103.0.14x1", "",
     outcome::refused, "6", "length"},
    {"parameter_set", ask(181, "01 66000f 01"), say(181), "181", "write_parameters", action::write, "tlp 102.0.15x1", "0x01", outcome::ok,
     "", ""},
    {"parameters_set", ask(181, "02 66000f 01 66010f 00"), say(255, "14 06"), "181", "write_parameters", action::write,
     "tlp 102.0.15x1,tlp 102.1.15x1", "0x01,0x00", outcome::refused, "20", ""},
    {"parameters_of_unknown_width", ask(181, "02 66000f 01 66010f 0001"), say(181), "181", "write_parameters", action::write,
     "tlp 102.0.15x2", "", outcome::ok, "", ""},
    {"file_deleted", ask(203, "06" + folder + file), say(203, "05"), "203/5", "delete_file", action::file_delete,
     "file /flash/data/a.txtx1", "", outcome::ok, "", ""},
    {"files_listed", ask(203, "06" + folder + "00"), say(203, "06 00 02 6100 6200 00"), "203/6", "list_files", action::file_read,
     "file /flash/data/x1", "a,b", outcome::ok, "", ""},
    {"files_listed_long", ask(203, "06" + folder + "0000"), say(203, "40 01 0200 6100"), "203/64", "list_files", action::file_read,
     "file /flash/data/x1", "a", outcome::ok, "", ""},
    {"file_command", ask(203, "63"), say(255, "01 00"), "203/99", "file_transfer", action::file_read, "", "", outcome::refused, "1",
     "command"},
    {"old_error", ask(180, "01 67000e"), say(255, "02 b4 08"), "180", "read_parameters", action::read, "tlp 103.0.14x1", "",
     outcome::refused, "2", ""},
};

TEST(roc_plus, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"roc_plus"};
    EXPECT_EQ(talk.say(side::client, r.request), 0U);
    EXPECT_EQ(talk.say(side::server, r.answer), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, "1/2");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["roc_plus/request/" + std::to_string(r.request[4])], 1U);
    EXPECT_EQ(talk.out.counts["roc_plus/response/" + std::to_string(r.answer[4])], 1U);
  }
}

const recorder said(std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name) {
      conversation talk{"roc_plus"};
      talk.say(side::client, r.request), talk.say(side::server, r.answer);
      return talk.out;
    }
  throw std::runtime_error("no such row");
}

TEST(roc_plus, a_login_tells_the_user_and_never_the_password) {
  for (const auto* name : {"login", "enhanced_login", "logout"}) {
    const auto op = said(name).operations.at(0);
    EXPECT_EQ(field_of(op, "user"), name == std::string_view{"enhanced_login"} ? "OPERATOR1" : "LOI");
    EXPECT_EQ(field_of(op, "password_given"), "true");
    for (const auto& [n, v] : op.fields) {
      EXPECT_EQ(to_string(v).find("SECRET"), std::string::npos);
      EXPECT_EQ(to_string(v).find("e803"), std::string::npos);
    }
    EXPECT_TRUE(op.values.empty());
  }
  EXPECT_EQ(field_of(said("login").operations.at(0), "access_level"), "5");
  EXPECT_EQ(field_of(said("login_refused").operations.at(0), "reason"), "invalid_security_logon");
}

TEST(roc_plus, a_request_to_be_passed_on_says_where_and_what) {
  const auto op = said("forward").operations.at(0);
  EXPECT_EQ(field_of(op, "path"), "1.2>3.4>5.6");
  EXPECT_EQ(field_of(op, "forwarded_function"), "181");
  EXPECT_EQ(field_of(op, "forwarded_function_name"), "write_parameters");
}

TEST(roc_plus, the_answer_to_a_login_that_was_passed_on_is_not_shown) {
  conversation talk{"roc_plus"};
  talk.say(side::client, ask(24, "0102 0304 0506 0000 0000 11 05 414243 0102")), talk.say(side::server, say(24, "5ec2e7"));
  const auto& op = talk.out.operations.at(0);
  EXPECT_EQ(field_of(op, "forwarded_function"), "17");
  for (const auto& [name, v] : op.fields) EXPECT_EQ(to_string(v).find("5ec2e7"), std::string::npos) << name;
}

TEST(roc_plus, the_configuration_becomes_facts_once) {
  conversation talk{"roc_plus"};
  for (int i = 0; i < 2; ++i) talk.say(side::client, ask(6)), talk.say(side::server, say(6, configuration));
  std::string facts;
  for (const auto& f : talk.out.facts) facts += f.unit + ':' + f.kind + '=' + f.value + ' ';
  EXPECT_EQ(facts, "1/2:vendor=Emerson 1/2:model=ROC800 1/2:run_state=run ");
  EXPECT_EQ(talk.out.facts.at(0).who, side::server);
}

TEST(roc_plus, a_file_keeps_its_name_by_its_descriptor) {
  conversation talk{"roc_plus"};
  talk.say(side::client, ask(203, "01 01" + folder + file)), talk.say(side::server, say(203, "01 07000000"));
  talk.say(side::client, ask(203, "03 07000000 08000000 00000000 02 abcd")), talk.say(side::server, say(203, "03 07000000 02000000"));
  talk.say(side::client, ask(203, "02 07000000 00000000"));
  talk.say(side::server, say(203, "02 07000000 08000000 00000000 01 ab"));
  talk.say(side::client, ask(203, "04 07000000")), talk.say(side::server, say(203, "04"));
  talk.say(side::client, ask(203, "04 09000000")), talk.say(side::server, say(203, "04"));
  ASSERT_EQ(talk.out.operations.size(), 5U);
  const auto& [opened, written, read, closed, strange] =
      std::tie(talk.out.operations[0], talk.out.operations[1], talk.out.operations[2], talk.out.operations[3], talk.out.operations[4]);
  EXPECT_EQ(opened.action, action::file_write);
  EXPECT_EQ(field_of(opened, "mode"), "write");
  EXPECT_EQ(text(written.objects), "file /flash/data/a.txtx2");
  EXPECT_EQ(text(written.values), "0xabcd");
  EXPECT_EQ(written.action, action::file_write);
  EXPECT_EQ(field_of(written, "file_size"), "8");
  EXPECT_EQ(read.action, action::file_read);
  EXPECT_EQ(text(read.values), "0xab");
  EXPECT_EQ(text(closed.objects), "file /flash/data/a.txtx1");
  EXPECT_EQ(text(strange.objects), "file #9x1");
}

TEST(roc_plus, open_files_are_bounded) {
  conversation talk{"roc_plus"};
  for (int i = 0; i < 18; ++i) {
    const auto number = "0" + std::string(1, "0123456789abcdefgh"[i % 16]);
    talk.say(side::client, ask(203, "01 00" + folder + file));
    talk.say(side::server, say(203, "01 " + number + (i < 16 ? "000000" : "010000")));
  }
  EXPECT_EQ(talk.out.counts["roc_plus/forgotten/file"], 2U);
}

TEST(roc_plus, answers_without_requests_and_reports) {
  conversation talk{"roc_plus"};
  talk.say(side::server, say(167, "67 00 01 0e 01")), talk.say(side::server, say(224, "0102")), talk.say(side::server, say(255, "01 00"));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(text(talk.out.operations[0].objects), "tlp 103.0.14x1");
  EXPECT_EQ(talk.out.operations[0].unit, "1/2");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unsolicited);
  EXPECT_EQ(talk.out.operations[1].action, action::report);
  EXPECT_EQ(talk.out.operations[2].code.value_or(""), "1");
}

TEST(roc_plus, an_error_with_two_requests_open_belongs_to_neither) {
  conversation talk{"roc_plus"};
  talk.say(side::client, ask(7)), talk.say(side::client, ask(6)), talk.say(side::server, say(255, "01 00"));
  talk.say(side::server, say(6, configuration)), talk.say(side::server, say(7, clock_data + "03"));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[1].function, "6");
  EXPECT_EQ(talk.out.operations[2].function, "7");
}

TEST(roc_plus, gaps_and_silence_end_what_is_open) {
  conversation talk{"roc_plus"};
  talk.say(side::client, ask(7));
  talk.gap(side::server);
  talk.say(side::client, ask(7)), talk.say(side::server, say(7, clock_data + "03"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::ok);
  talk.say(side::client, ask(6));
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::timeout);
}

TEST(roc_plus, what_is_wrong_is_a_violation_and_the_session_goes_on) {
  conversation talk{"roc_plus"};
  auto bad = ask(6);
  bad.back() ^= 1;
  talk.say(side::client, bad), talk.say(side::client, ask(99));
  EXPECT_EQ(rules(talk.out), "crc,opcode");
  talk.say(side::client, ask(6)), talk.say(side::server, say(6, configuration));
  EXPECT_EQ(talk.out.operations.size(), 1U);
}

TEST(roc_plus, the_probe_wants_an_opcode_and_a_crc) {
  const auto& p = named("roc_plus").about;
  EXPECT_EQ(p.probe(ask(6), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(framed(6, {}, true, 0xffff), transport::udp), match::yes);
  EXPECT_EQ(p.probe(framed(6, {}, true, 0x1234), transport::tcp), match::no);
  EXPECT_EQ(p.probe(ask(99), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex("01020304"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("474554202f20485454502f312e310d0a"), transport::tcp), match::no);
  EXPECT_EQ(p.frame(hex("0102030406")).value(), 0U);
  EXPECT_EQ(p.frame(hex("010203040607")).value(), 15U);
  EXPECT_FALSE(p.frame(hex("0102030463 01 00 0000")).has_value());
}

TEST(roc_plus, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("roc_plus", {{side::client, r.request}, {side::server, r.answer}});
  // flipped bits do not get behind the CRC; data of every length does
  for (unsigned opcode = 0; opcode < 256; ++opcode)
    for (std::size_t n = 0; n < 140; n += n < 20 ? 1 : 17)
      for (const std::uint8_t fill : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{0xff}}) {
        conversation talk{"roc_plus"};
        talk.say(side::client, framed(static_cast<std::uint8_t>(opcode), octets(n, fill), true, 0));
        talk.say(side::server, framed(static_cast<std::uint8_t>(opcode), octets(n, fill), false, 0));
      }
}

}  // namespace
}  // namespace mw::test
