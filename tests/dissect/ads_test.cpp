// ADS: what is asked of which AMS address, symbols behind handles, sum commands, notifications, and the routers' datagrams.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string le(std::uint64_t v, int octets) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < octets; ++i, v >>= 8) out += digits[v >> 4 & 15], out += digits[v & 15];
  return out;
}
std::string ascii(std::string_view s) {
  std::string out;
  for (const char c : s) out += le(static_cast<unsigned char>(c), 1);
  return out;
}
std::size_t size_of(const std::string& text) { return hex(text).size(); }
const std::string plc = "050d75600101", engineer = "c0a801630101";

std::string ams(const std::string& to, unsigned to_port, const std::string& from, unsigned from_port, unsigned command, unsigned flags,
                const std::string& data, unsigned error = 0, unsigned invoke = 9) {
  const auto body = to + le(to_port, 2) + from + le(from_port, 2) + le(command, 2) + le(flags, 2) + le(size_of(data), 4) + le(error, 4) +
                    le(invoke, 4) + data;
  return "0000" + le(size_of(body), 4) + body;
}
std::string ask(unsigned command, const std::string& data, unsigned port = 851, unsigned invoke = 9) {
  return ams(plc, port, engineer, 33400, command, 4, data, 0, invoke);
}
std::string reply(unsigned command, const std::string& data, unsigned port = 851, unsigned error = 0, unsigned invoke = 9) {
  return ams(engineer, 33400, plc, port, command, 5, data, error, invoke);
}
std::string at(std::uint32_t group, std::uint32_t offset, std::uint32_t length) { return le(group, 4) + le(offset, 4) + le(length, 4); }
std::string rw(std::uint32_t group, std::uint32_t offset, std::uint32_t length, const std::string& data) {
  return at(group, offset, length) + le(size_of(data), 4) + data;
}
const std::string good = "00000000";
std::string got(const std::string& data) { return good + le(size_of(data), 4) + data; }

std::string shown(const operation& op) {
  std::string text = std::string{to_string(op.action)} + ' ' + op.function + ' ' + op.function_name + ' ';
  for (const auto& o : op.objects) text += o.space + '@' + o.address + '*' + std::to_string(o.count) + ' ';
  text += '[';
  for (const auto& v : op.values) text += (text.back() == '[' ? "" : ",") + to_string(v);
  return text + "] " + std::string{to_string(op.outcome)} + (op.code ? ' ' + *op.code : "");
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string facts(const recorder& r) {
  std::string text;
  for (const auto& f : r.facts)
    (text += text.empty() ? "" : ",") +=
        (f.who == side::client ? "<" : ">") + (f.unit.empty() ? "" : f.unit + ' ') + f.kind + '=' + f.value;
  return text;
}
std::string rules(const recorder& r) {
  std::string text;
  for (const auto& v : r.violations) (text += text.empty() ? "" : ",") += v.rule;
  return text;
}

TEST(ads, each_command_becomes_an_operation) {
  const struct {
    const char* name;
    std::string request, response, expected, field, value;
  } rows[] = {
      {"info", ask(1, ""), reply(1, good + "03 01 b80b" + ascii("Plc30 App") + "00434f4d252525"),
       "identify 1 read_device_info [Plc30 App,3.1.3000] ok", "port", "plc_runtime"},
      {"read", ask(2, at(0x4020, 100, 2)), reply(2, got("0a00")), "read 2 read 0x4020@100*2 [0x0a00] ok", "group", "plc_memory"},
      {"write", ask(3, at(0xf030, 4, 1) + "ff"), reply(3, good), "write 3 write 0xf030@4*1 [0xff] ok", "group", "outputs"},
      {"state", ask(4, ""), reply(4, good + "0500 0000"), "diagnose 4 read_state [5,0] ok", "state", "run"},
      {"start", ask(5, "0500 0000 00000000"), reply(5, good), "start 5 write_control [5,0] ok", "state", "run"},
      {"stop", ask(5, "0600 0000 00000000"), reply(5, good), "stop 5 write_control [6,0] ok", "state", "stop"},
      {"reset", ask(5, "0200 0000 00000000"), reply(5, good), "restart 5 write_control [2,0] ok", "state", "reset"},
      {"config", ask(5, "1000 0000 02000000 aabb", 10000), reply(5, good, 10000), "mode_change 5 write_control [16,0] ok", "data",
       "0xaabb"},
      {"notify", ask(6, at(0x4020, 8, 4) + "04000000 10270000 40420f00" + std::string(32, '0')), reply(6, good + "21000000"),
       "subscribe 6 add_notification 0x4020@8*4 [] ok", "cycle_us", "100000"},
      {"no_more", ask(7, "21000000"), reply(7, good), "subscribe 7 delete_notification notification@33*1 [] ok", "x", "absent"},
      {"handle", ask(9, rw(0xf003, 0, 4, ascii("MAIN.speed") + "00")), reply(9, got("0100009c")),
       "read 9 read_write symbol@MAIN.speed*1 [] ok", "group", "handle_by_name"},
      {"by_name", ask(9, rw(0xf004, 0, 2, ascii("MAIN.speed") + "00")), reply(9, got("0500")),
       "read 9 read_write symbol@MAIN.speed*1 [0x0500] ok", "group", "value_by_name"},
      {"exchange", ask(9, rw(0x1234, 5, 2, "aa")), reply(9, got("bb")), "write 9 read_write 0x1234@5*2 [0xaa] ok", "answer", "0xbb"},
      {"registry", ask(9, rw(200, 0, 100, ascii("Software")), 10000), reply(9, got("01"), 10000),
       "read 9 read_write 0x00c8@0*100 [0x536f667477617265] ok", "group", "registry"},
      {"file_open", ask(9, rw(120, 2, 4, ascii("boot.prj") + "00"), 10000), reply(9, got("01000000"), 10000),
       "file_read 9 read_write file@boot.prj*1 [0x01000000] ok", "group", "file_open"},
      {"file_write", ask(9, rw(123, 1, 0, "aabb"), 10000), reply(9, got(""), 10000), "file_write 9 read_write 0x007b@1*0 [0xaabb] ok",
       "group", "file_write"},
      {"process", ask(3, at(500, 0, 1) + "aa", 10000), reply(3, good, 10000), "control 3 write 0x01f4@0*1 [0xaa] ok", "group",
       "start_process"},
      {"route", ask(3, at(801, 0, 1) + "aa", 10000), reply(3, good, 10000), "configure 3 write 0x0321@0*1 [0xaa] ok", "group", "add_route"},
      {"no_port", ask(1, "", 500), reply(1, "", 500, 6), "identify 1 read_device_info [] refused 6", "error", "target_port_not_found"},
      {"no_symbol", ask(9, rw(0xf003, 0, 4, ascii("x"))), reply(9, "10070000 00000000"), "read 9 read_write symbol@x*1 [] refused 1808",
       "error", "symbol_not_found"},
      {"timeout", ask(2, at(0x4020, 100, 2)), "", "read 2 read 0x4020@100*2 [] timeout", "source", "192.168.1.99.1.1:33400"},
      {"sum_read", ask(9, rw(0xf080, 2, 14, at(0x4020, 0, 2) + at(0x4020, 2, 4))), reply(9, got(good + "03070000" + "0102" + "00000000")),
       "read 9 read_write 0x4020@0*2 0x4020@2*4 [0x0102,0x00000000] ok", "statuses", "0,1795"},
      {"sum_write", ask(9, rw(0xf081, 2, 8, at(0x4020, 0, 1) + at(0x4020, 1, 2) + "aa bbcc")), reply(9, got(good + good)),
       "write 9 read_write 0x4020@0*1 0x4020@1*2 [0xaa,0xbbcc] ok", "statuses", "absent"},
      {"sum_handles", ask(9, rw(0xf082, 2, 24, at(0xf003, 0, 8) + "01000000" + at(0xf003, 0, 4) + "01000000" + ascii("ab"))),
       reply(9, got(good + "04000000" + good + "02000000" + "05000000 0600")),
       "write 9 read_write symbol@a*1 symbol@b*1 [0x05000000,0x0600] ok", "group", "sum_read_write"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"ads"};
    EXPECT_EQ(talk.say(side::client, r.request), 0U);
    if (!r.response.empty()) talk.server(r.response);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(shown(talk.out.operations[0]), r.expected);
    EXPECT_EQ(field_of(talk.out.operations[0], r.field), r.value);
    EXPECT_EQ(talk.out.operations[0].unit.substr(0, 16), "5.13.117.96.1.1:");
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(ads, a_handle_stands_for_its_symbol) {
  conversation talk{"ads"};
  talk.client(ask(9, rw(0xf003, 0, 4, ascii("MAIN.speed") + "00")));
  talk.server(reply(9, got("0100009c")));
  talk.client(ask(3, at(0xf005, 0x9c000001, 2) + "0500"));
  talk.server(reply(3, good));
  EXPECT_EQ(shown(talk.out.operations.at(1)), "write 3 write symbol@MAIN.speed*2 [0x0500] ok");
  talk.client(ask(6, at(0xf005, 0x9c000001, 2) + "04000000 00000000 00000000" + std::string(32, '0')));
  talk.server(reply(6, good + "21000000"));
  const auto sample = "01000000 0080c3d7a9f0d101 02000000 21000000 02000000 0700 22000000 01000000 ff";
  talk.server(ams(engineer, 33400, plc, 851, 8, 4, le(4 + size_of(sample), 4) + sample));
  const auto& report = talk.out.operations.back();
  EXPECT_EQ(shown(report), "report 8 notification symbol@MAIN.speed*1 notification@34*1 [0x0700,0xff] none");
  EXPECT_EQ(talk.out.askers.back(), side::client);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(ads, what_a_machine_says_of_itself) {
  conversation talk{"ads"};
  talk.client(ask(1, ""));
  talk.server(reply(1, good + "03 01 b80b" + ascii("Plc30 App") + "00434f4d252525"));
  for (const auto* state : {"0500 0000", "0500 0000", "0600 0000"}) {
    talk.client(ask(4, ""));
    talk.server(reply(4, good + state));
  }
  EXPECT_EQ(facts(talk.out),
            "<ams_net_id=192.168.1.99.1.1,>ams_net_id=5.13.117.96.1.1,>5.13.117.96.1.1:851 model=Plc30 App,>5.13.117.96.1.1:851 "
            "software=3.1.3000,"
            ">vendor=Beckhoff,>5.13.117.96.1.1:851 role=plc,>5.13.117.96.1.1:851 run_state=run,>5.13.117.96.1.1:851 run_state=stop");
}

TEST(ads, what_breaks_a_rule) {
  const struct {
    const char* name;
    side from;
    std::string message, rules;
  } rows[] = {
      {"ams_cut", side::client, "0100 0400 0000 00000000", ""},
      {"command", side::client, ams(plc, 851, engineer, 1, 77, 4, ""), "command"},
      {"length", side::client, "0000 22000000" + plc + "5303" + engineer + "7882" + "0400 0400 09000000 00000000 09000000 0000", "length"},
      {"read_short", side::client, ask(2, le(1, 4)), "data_length"},
      {"write_short", side::client, ask(3, at(1, 2, 9) + "aa"), "data_length"},
      {"control_short", side::client, ask(5, "0500"), "data_length"},
      {"notification_short", side::server,
       ams(engineer, 33400, plc, 851, 8, 4, "10000000 01000000 0000000000000000 05000000 01000000 ff000000"), "data_length"},
      {"sum_short", side::client, ask(9, rw(0xf080, 3, 14, at(0x4020, 0, 2) + "00")), "data_length"},
  };
  for (const auto& r : rows) {
    conversation talk{"ads"};
    talk.say(r.from, r.message);
    EXPECT_EQ(rules(talk.out), r.rules) << r.name;
  }
  conversation talk{"ads"};
  talk.client(ask(2, at(1, 2, 2)));
  talk.server(reply(2, got("010203")));
  EXPECT_EQ(rules(talk.out), "answer_length");
  talk.server(reply(2, got("0102")));
  EXPECT_EQ(rules(talk.out), "answer_length,unpaired_response");
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unpaired);
  talk.gap(side::client);
  talk.server(reply(2, got("0102")));
  EXPECT_EQ(rules(talk.out), "answer_length,unpaired_response");
  talk.client(ask(2, at(1, 2, 2)));
  talk.server(reply(2, good));
  EXPECT_EQ(rules(talk.out), "answer_length,unpaired_response,data_length");
}

TEST(ads, requests_and_symbols_are_bounded) {
  conversation talk{"ads"};
  for (unsigned i = 0; i < 300; ++i) talk.client(ask(4, "", 851, i));
  EXPECT_EQ(talk.out.operations.size(), 300U - 256);
  talk.wait(std::chrono::seconds{40});
  EXPECT_EQ(talk.out.operations.size(), 300U);
  for (unsigned i = 0; i < 1100; ++i) {
    talk.client(ask(9, rw(0xf003, 0, 4, ascii("s"))));
    talk.server(reply(9, got(le(i, 4))));
  }
  EXPECT_EQ(talk.out.counts["ads/forgotten/symbol"], 1100U - 1024);
}

std::string datagram(std::uint32_t service, const std::string& from, unsigned count, const std::string& tags) {
  return "03661471 07000000" + le(service, 4) + from + "1027" + le(count, 4) + tags;
}
std::string tag(unsigned kind, const std::string& data) { return le(kind, 2) + le(size_of(data), 2) + data; }

TEST(ads, routers_find_each_other_and_make_routes) {
  conversation talk{"ads", transport::udp};
  talk.client(datagram(1, engineer, 0, ""));
  talk.server(datagram(0x80000001, plc, 3,
                       tag(5, ascii("CX-0D7560") + "00") + tag(4, "14010000 06000000 00000000 00000000 03000000") + tag(3, "02 0b b408")));
  EXPECT_EQ(facts(talk.out),
            "<ams_net_id=192.168.1.99.1.1,>ams_net_id=5.13.117.96.1.1,>host_name=CX-0D7560,>software=TwinCAT 2.11.2228,>os=Windows CE "
            "6.0,>vendor=Beckhoff");
  EXPECT_EQ(shown(talk.out.operations.at(0)), "identify router/1 identify [CX-0D7560] ok");
  const auto route = tag(12, ascii("station") + "00") + tag(7, engineer) + tag(13, ascii("Administrator") + "00") +
                     tag(2, ascii("secret") + "00") + tag(5, ascii("192.168.1.99") + "00");
  talk.client(datagram(6, engineer, 5, route));
  talk.server(datagram(0x80000006, plc, 1, tag(1, "04070000")));
  const auto& op = talk.out.operations.at(1);
  EXPECT_EQ(shown(op), "configure router/6 add_route route@station*1 [192.168.1.99.1.1,192.168.1.99] refused 1796");
  EXPECT_EQ(field_of(op, "user"), "Administrator");
  EXPECT_EQ(field_of(op, "password_given"), "true");
  for (const auto& [name, v] : op.fields) EXPECT_EQ(to_string(v).find("secret"), std::string::npos) << name;
  EXPECT_EQ(rules(talk.out), "");
  talk.server(datagram(0x80000006, plc, 1, tag(1, "00000000")));
  EXPECT_EQ(rules(talk.out), "unpaired_response");
  talk.client("03661471 00");
  talk.client(datagram(6, engineer, 1, "0c00 ff00 61"));
  EXPECT_EQ(rules(talk.out), "unpaired_response,router_header,router_field");
}

TEST(ads, a_probe_knows_its_own) {
  const auto& p = named("ads").about;
  EXPECT_EQ(p.probe(hex(ask(4, "")), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(hex("0000 2000"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("0100 0400 0000 00000000"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex(ams(plc, 1, engineer, 1, 4, 4, "", 6)), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex(ams(plc, 1, engineer, 1, 0, 4, "")), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex(ams(plc, 1, engineer, 1, 4, 0, "")), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex(datagram(1, engineer, 0, "")), transport::udp), match::certain);
  EXPECT_EQ(p.probe(hex("03661471 00000000"), transport::udp), match::no);
  EXPECT_EQ(p.frame(hex("0000 2000 0000")).value(), 38U);
  EXPECT_EQ(p.frame(hex("0000 2000")).value(), 0U);
  EXPECT_FALSE(p.frame(hex("0000 1f00 0000")));
  EXPECT_FALSE(p.frame(hex("0000 0000 ffff")));
  EXPECT_FALSE(p.frame(hex("4745 5420 2f20")));
}

TEST(ads, no_prefix_and_no_flipped_bit_reads_beyond) {
  const auto c = side::client, s = side::server;
  every_prefix("ads", {{c, hex(ask(9, rw(0xf082, 1, 12, at(0xf003, 0, 4) + "01000000" + ascii("a"))))},
                       {s, hex(reply(9, got(good + "04000000" + "05000000")))}});
  every_prefix("ads",
               {{c, hex(ask(6, at(0xf005, 1, 2) + "04000000 00000000 00000000" + std::string(32, '0')))},
                {s, hex(reply(6, good + "21000000"))},
                {s, hex(ams(engineer, 33400, plc, 851, 8, 4, "1c000000 01000000 0080c3d7a9f0d101 01000000 21000000 02000000 0700"))}});
  every_prefix("ads", {{c, hex(ask(1, ""))}, {s, hex(reply(1, good + "03 01 b80b" + ascii("Plc30 App") + "00434f4d252525"))}});
  every_prefix("ads",
               {{c, hex(datagram(6, engineer, 2, tag(12, ascii("st")) + tag(7, engineer)))},
                {s, hex(datagram(0x80000006, plc, 1, tag(1, "00000000")))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
