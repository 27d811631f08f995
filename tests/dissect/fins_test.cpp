// FINS: frames over UDP and TCP, commands with what they address and carry, end codes, nodes behind a gateway.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

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
    if (f.kind == kind) return f.unit + '=' + f.value;
  return "absent";
}
std::string rules(const recorder& r) {
  std::string s;
  for (const auto& v : r.violations) s += (s.empty() ? "" : ",") + v.rule;
  return s;
}

// from node 0.5.0 to node 1.7.0, service 9, and back
std::string command(std::string_view body) { return "80 00 02 01 07 00 00 05 00 09 " + std::string{body}; }
std::string response(std::string_view body) { return "c0 00 02 00 05 00 01 07 00 09 " + std::string{body}; }

struct row {
  std::string name, asks, answers, function;
  action what;
  std::string objects, values;
  outcome how = outcome::ok;
  std::string code = "", violations = "";
};
const row rows[] = {
    {"reads_words", "0101 82 0064 00 0002", "0101 0000 1234 0001", "257", action::read, "130 100.0x2", "4660,1"},
    {"reads_bits", "0101 30 0010 05 0003", "0101 0000 01 00 01", "257", action::read, "48 16.5x3", "true,false,true"},
    {"reads_an_index_register", "0101 dc 0100 00 0001", "0101 0000 00012345", "257", action::read, "220 256.0", "74565"},
    {"read_refused", "0101 82 ffff 00 0001", "0101 1103", "257", action::read, "130 65535.0", "", outcome::refused, "4355"},
    {"read_while_the_battery_is_low", "0101 82 0001 00 0001", "0101 0040 0007", "257", action::read, "130 1.0", "7"},
    {"writes_words", "0102 b0 0003 00 0002 0001 fffe", "0102 0000", "258", action::write, "176 3.0x2", "1,65534"},
    {"writes_bits", "0102 31 0003 02 0002 01 00", "0102 0000", "258", action::write, "49 3.2x2", "true,false"},
    {"fills", "0103 82 0000 00 0010 00ff", "0103 0000", "259", action::write, "130 0.0x16", "255"},
    {"reads_several", "0104 82 0001 00 30 0002 03", "0104 0000 82 000a 30 01", "260", action::read, "130 1.0,48 2.3", "10,true"},
    {"is_told_another_area", "0104 82 0001 00", "0104 0000 30 01", "260", action::read, "130 1.0", "", outcome::ok, "", "mismatch"},
    {"transfers", "0105 82 0001 00 82 0064 00 0005", "0105 0000", "261", action::write, "130 1.0x5,130 100.0x5", ""},
    {"reads_parameters", "0201 8010 0000 80ff", "0201 0000 8010 0000 80ff 0102", "513", action::read, "parameter 32784:0x255",
     "0x8010000080ff0102"},
    {"writes_parameters", "0202 8010 0000 0001 abcd", "0202 0000", "514", action::configure, "parameter 32784:0", "0xabcd"},
    {"clears_parameters", "0203 8010 0000 0004 0000", "0203 0000", "515", action::configure, "parameter 32784:0x4", "0x0000"},
    {"reads_the_link_table", "0220 0000 534e 0001 0002", "0220 0000 02", "544", action::read, "data_link_table 1x2", "0x02"},
    {"protects", "0304 0000 00 00000000 ffffffff 41424344", "0304 0000", "772", action::program_upload, "program 0:0", ""},
    {"clears_protection", "0305 0000 00 00000000 ffffffff", "0305 2602", "773", action::program_download, "program 0:0", "",
     outcome::refused, "9730"},
    {"uploads", "0306 ffff 00000000 0080", "0306 0000 ffff 00000000 8004 01020304", "774", action::program_upload, "program 65535:0x128",
     "0x01020304"},
    {"downloads", "0307 ffff 00000010 8002 0a0b", "0307 0000", "775", action::program_download, "program 65535:16x2", "0x0a0b"},
    {"clears_the_program", "0308 ffff 00", "0308 0000", "776", action::program_download, "program 65535", ""},
    {"runs", "0401 ffff 04", "0401 0000", "1025", action::start, "", ""},
    {"stops", "0402", "0402 0000", "1026", action::stop, "", ""},
    {"resets", "0403", "0403 0000", "1027", action::restart, "", ""},
    {"asks_for_units", "0502 00", "0502 0000 81 10 434a31572d45544e3231 00000000000000000000", "1282", action::identify, "unit 0",
     "CJ1W-ETN21"},
    {"asks_for_cycle_time", "0620 01", "0620 0000 00000064 000000c8 00000032", "1568", action::diagnose, "", ""},
    {"reads_the_clock", "0701", "0701 0000 24 02 29 12 30 59 04", "1793", action::read, "", "24022912305904"},
    {"sets_the_clock", "0702 24 02 29 12 30", "0702 0000", "1794", action::time_sync, "", "2402291230"},
    {"tests", "0801 aabbcc", "0801 0000 aabbcc", "2049", action::diagnose, "", ""},
    {"takes_the_access_right", "0c01 ffff", "0c01 3001 00 05 00", "3073", action::session, "", "", outcome::refused, "12289"},
    {"forces_the_access_right", "0c02 ffff", "0c02 0000", "3074", action::session, "", ""},
    {"clears_the_error_log", "2103", "2103 0000", "8451", action::configure, "", ""},
    {"reads_the_error_log", "2102 0000 0001", "2102 0000 0014 0001 0001 80f1 0000 010203040506", "8450", action::diagnose, "error_log 0",
     "0x80f10000010203040506"},
    {"reads_a_file", "2202 8000 52454349504520204f424a20 00000000 0010", "2202 0000 00000020 00000000 0002 0102", "8706", action::file_read,
     "file 32768:RECIPE  OBJ", "0x0102"},
    {"writes_a_file", "2203 8000 0000 52454349504520204f424a20 00000000 0002 0a0b", "2203 0000", "8707", action::file_write,
     "file 32768:RECIPE  OBJ", "0x0a0b"},
    {"deletes_files", "2205 8000 0001 52454349504520204f424a20", "2205 0000 0001", "8709", action::file_delete, "file 32768:RECIPE  OBJ",
     ""},
    {"takes_the_program_from_a_file", "220c 0001 ffff 00000000 ffffffff 8000 4155544f455845434f424a20", "220c 0000 00000000", "8716",
     action::program_download, "program 65535:0x4294967295,file 32768:AUTOEXECOBJ", ""},
    {"forces", "2301 0002 0001 30 0001 02 8000 30 0001 03", "2301 0000", "8961", action::force, "48 1.2,48 1.3", "force_set,release_reset"},
    {"cancels_forcing", "2302", "2302 0000", "8962", action::force, "", ""},
    {"names", "2601 4d495831", "2601 0000", "9729", action::configure, "", "MIX1"},
    {"cut", "0101 82 00", "0101 1002", "257", action::read, "", "", outcome::refused, "4098", "length"},
    {"unknown", "7777", "7777 0401", "30583", action::diagnose, "", "", outcome::refused, "1025", "command"},
};

TEST(fins, each_command_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"fins", transport::udp};
    talk.client(command(r.asks));
    talk.server(response(r.answers));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, "1.7.0");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_TRUE(op.latency.has_value());
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["fins/command/" + r.function], 1U);
    EXPECT_EQ(talk.out.counts["fins/response/" + r.function], 1U);
  }
}

recorder said(std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name) {
      conversation talk{"fins", transport::udp};
      talk.client(command(r.asks));
      talk.server(response(r.answers));
      return talk.out;
    }
  throw std::runtime_error("no such row");
}

TEST(fins, fields_say_what_objects_cannot) {
  EXPECT_EQ(field_of(said("protects").operations.at(0), "password_given"), "true");
  EXPECT_EQ(field_of(said("clears_protection").operations.at(0), "password_given"), "false");
  EXPECT_EQ(field_of(said("clears_protection").operations.at(0), "reason"), "incorrect_password");
  const auto protects = said("protects");
  for (const auto& [name, v] : protects.operations.at(0).fields) EXPECT_EQ(to_string(v).find("ABCD"), std::string::npos) << name;
  EXPECT_EQ(field_of(said("runs").operations.at(0), "mode"), "run");
  EXPECT_EQ(field_of(said("read_while_the_battery_is_low").operations.at(0), "controller_error"), "true");
  EXPECT_EQ(field_of(said("reads_words").operations.at(0), "source"), "0.5.0");
  EXPECT_EQ(field_of(said("takes_the_program_from_a_file").operations.at(0), "direction"), "to_controller");
  EXPECT_EQ(field_of(said("asks_for_cycle_time").operations.at(0), "maximum"), "200");
  EXPECT_EQ(field_of(said("downloads").operations.at(0), "last"), "true");
}

TEST(fins, the_controller_says_what_it_is) {
  conversation talk{"fins", transport::udp};
  talk.client(command("0501"));
  talk.server(response("0501 0000 434a324d2d435055333100000000202020202020 30322e3030000000000030312e30350000000000 00"));
  EXPECT_EQ(fact_of(talk.out, "vendor"), "1.7.0=Omron");
  EXPECT_EQ(fact_of(talk.out, "model"), "1.7.0=CJ2M-CPU31");
  EXPECT_EQ(fact_of(talk.out, "firmware"), "1.7.0=02.00");
  EXPECT_EQ(fact_of(talk.out, "role"), "1.7.0=plc");
  EXPECT_EQ(text(talk.out.operations.at(0).values), "CJ2M-CPU31,02.00");
  const auto known = talk.out.facts.size();
  talk.client(command("0501"));
  talk.server(response("0501 0000 434a324d2d435055333100000000202020202020 30322e3030000000000030312e30350000000000 00"));
  EXPECT_EQ(talk.out.facts.size(), known);
  // another node behind the same address
  talk.client("80 00 02 01 08 00 00 05 00 0a 0501");
  talk.server(
      "c0 00 02 00 05 00 01 08 00 0a 0501 0000 434a324d2d435055333200000000202020202020 30322e3030000000000030312e30350000000000 00");
  EXPECT_EQ(talk.out.facts.back().unit, "1.8.0");
  EXPECT_EQ(fact_of(said("asks_for_units"), "model"), "1.7.16=CJ1W-ETN21");
}

TEST(fins, status_is_a_fact) {
  conversation talk{"fins", transport::udp};
  talk.client(command("0601"));
  talk.server(response("0601 0000 01 02 0000 0000 0000 0000 4d534700000000000000000000000000"));
  EXPECT_EQ(fact_of(talk.out, "run_state"), "1.7.0=run");
  EXPECT_EQ(fact_of(talk.out, "mode"), "1.7.0=monitor");
  EXPECT_EQ(field_of(talk.out.operations.at(0), "message"), "MSG");
}

TEST(fins, tcp_has_a_header_of_its_own) {
  conversation talk{"fins"};
  talk.client("46494e53 0000000c 00000000 00000000 00000000");
  talk.server("46494e53 00000010 00000001 00000000 00000005 00000007");
  talk.client("46494e53 0000001a 00000002 00000000" + command("0101 82 0064 00 0001"));
  talk.server("46494e53 00000018 00000002 00000000" + response("0101 0000 1234"));
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function, "tcp/0");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(field_of(talk.out.operations[0], "client_node"), "5");
  EXPECT_EQ(field_of(talk.out.operations[0], "server_node"), "7");
  EXPECT_EQ(text(talk.out.operations[1].values), "4660");
  talk.server("46494e53 00000008 00000003 00000021");
  EXPECT_EQ(talk.out.operations.back().code, "33");
  EXPECT_EQ(talk.out.counts["fins/tcp_command/2"], 2U);
}

TEST(fins, what_stays_open_ends_as_timeout) {
  conversation talk{"fins", transport::udp};
  talk.client(command("0402"));
  talk.wait(std::chrono::seconds{40});
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  talk.server(response("0402 0000"));
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations.back().unit, "1.7.0");
  talk.client("81 00 02 01 07 00 00 05 00 09 0402");
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::none);
  talk.client(command("0401"));
  talk.gap(side::server);
  talk.end();
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::timeout);
}

TEST(fins, tables_are_bounded) {
  conversation talk{"fins", transport::udp};
  for (int i = 0; i < 300; ++i) talk.client(command("0402"));
  EXPECT_EQ(talk.out.operations.size(), 44U);
  for (int node = 0; node < 80; ++node) {
    auto data = hex(response("0402 0000"));
    data[7] = static_cast<std::uint8_t>(node);
    talk.say(side::server, data);
  }
  EXPECT_EQ(talk.out.counts["fins/forgotten/fact"], 16U);
}

TEST(fins, only_whole_messages_are_recognised) {
  const auto probe = [](std::string_view data, transport t) { return named("fins").about.probe(hex(data), t); };
  EXPECT_EQ(probe(command("0101 82 0064 00 0001"), transport::udp), match::yes);
  EXPECT_EQ(probe(response("0101 0000"), transport::udp), match::yes);
  EXPECT_EQ(probe(command("0101 82 00"), transport::udp), match::no);
  EXPECT_EQ(probe(command("7777"), transport::udp), match::no);
  EXPECT_EQ(probe("80 01 02 01 07 00 00 05 00 09 0402", transport::udp), match::no);
  EXPECT_EQ(probe("46494e53 0000000c 00000000 00000000 00000000", transport::tcp), match::certain);
  EXPECT_EQ(probe("46494e53 0000000c", transport::tcp), match::unsure);
  EXPECT_EQ(probe("46494e53 00000001 00000000", transport::tcp), match::no);
  EXPECT_EQ(probe("46494e54 0000000c", transport::tcp), match::no);
}

TEST(fins, broken_messages_are_violations) {
  conversation talk{"fins", transport::udp};
  talk.client("80 00 02");
  talk.client("8e 00 02 01 07 00 00 05 00 09 0402");
  talk.server(response("0402"));
  EXPECT_EQ(rules(talk.out), "length,header,length");
  conversation tcp{"fins"};
  tcp.client("46494e53 00000008 00000009 00000000");
  tcp.client("46494e53 0000000a 00000002 00000001 8000");
  EXPECT_EQ(rules(tcp.out), "tcp_command,tcp_error,length");
}

TEST(fins, every_prefix) {
  std::vector<std::pair<side, std::vector<std::uint8_t>>> talk, wrapped;
  for (const auto& r : rows) {
    talk.assign({{side::client, hex(command(r.asks))}, {side::server, hex(response(r.answers))}});
    every_prefix("fins", talk, transport::udp);
  }
  wrapped.emplace_back(side::client, hex("46494e53 0000000c 00000000 00000000 00000000"));
  wrapped.emplace_back(side::server, hex("46494e53 00000010 00000001 00000000 00000005 00000007"));
  wrapped.emplace_back(side::client, hex("46494e53 0000001a 00000002 00000000" + command("0101 82 0064 00 0001")));
  every_prefix("fins", wrapped);
}

}  // namespace
}  // namespace mw::test
