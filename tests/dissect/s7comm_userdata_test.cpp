// S7comm: what runs as userdata: status lists, tests, cyclic reads, blocks, clocks, alarms.
#include "tests/dissect/s7comm_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace s7comm;

octets szl(std::size_t id, std::size_t index, std::size_t size, std::size_t count, const octets& records) {
  return word(id) + word(index) + word(size) + word(count) + records;
}
octets padded(octets o, std::size_t n) { return o.resize(n), o; }
octets module(std::size_t index, std::string_view order, std::size_t first, std::size_t second) {
  auto name = chars(order);
  name.resize(20, ' ');
  return word(index) + name + hex("00c0") + word(first) + word(second);
}
octets component(std::size_t index, std::string_view name) { return word(index) + padded(chars(name), 32); }

TEST(S7comm, StatusListsIdentify) {
  talk t;
  t.asks(connect_request);
  t.asks(ask(1, 4, 1, body(hex("0011 0000"))));
  t.answers(
      reply(1, 4, 1,
            body(szl(0x11, 0, 28, 3,
                     module(1, "6ES7 315-2EH14-0AB0", 3, 1) + module(6, "6ES7 315-2EH14-0AB0", 3, 1) + module(7, "", 0x5603, 0x0207)))));
  EXPECT_EQ(t.at(0).action, action::identify);
  EXPECT_EQ(t.at(0).function, "userdata/4/1");
  EXPECT_EQ(show(t.at(0).objects), "szl:0x0011/0x0000x1");
  EXPECT_EQ(t.at(0).outcome, outcome::ok);
  EXPECT_EQ(t.fact("order_number"), "6ES7 315-2EH14-0AB0");
  EXPECT_EQ(t.fact("hardware"), "3");
  EXPECT_EQ(t.fact("firmware"), "3.2.7");
  EXPECT_EQ(t.fact("vendor"), "Siemens");
  EXPECT_EQ(t.out.facts.front().unit, "0/2");
  EXPECT_EQ(t.out.facts.front().who, side::server);
  t.asks(ask(2, 4, 1, body(hex("0424 0000"))));
  t.answers(reply(2, 4, 1, body(szl(0x424, 0, 20, 1, padded(hex("5144 ff 08"), 20)))));
  EXPECT_EQ(t.fact("run_state"), "run");
  t.asks(ask(3, 4, 1, body(hex("0132 0004"))));
  t.answers(reply(3, 4, 1, body(szl(0x132, 4, 40, 1, padded(hex("0004 0001 0000 0003 0002 0000 0000 5656 00000001 00000002"), 40)))));
  EXPECT_EQ(t.fact("key_switch"), "run_p");
  EXPECT_EQ(field_of(t.at(2), "protection_level"), "3");
  EXPECT_EQ(field_of(t.at(2), "program_checksum"), "2");
  t.asks(ask(4, 4, 1, body(hex("00a0 0000"))));
  t.answers(reply(4, 4, 1, body(szl(0xa0, 0, 20, 2, padded(hex("4304"), 40)))));
  EXPECT_EQ(field_of(t.at(3), "diagnostic_entries"), "2");
  EXPECT_EQ(field_of(t.at(3), "newest_event"), "0x4304");
  t.asks(ask(5, 4, 1, body(hex("9999 0000"))));
  t.answers(reply(5, 4, 1, nothing, 0, 0xd401));
  EXPECT_EQ(t.at(4).outcome, outcome::refused);
  EXPECT_EQ(t.at(4).code, "54273");
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, StatusListInPartsIsReadWhole) {
  const auto whole =
      szl(0x1c, 0, 34, 5,
          component(1, "LINE 3") + component(2, "PLC_1") + component(3, "NORTH") + component(5, "S C-X1") + component(7, "CPU 315"));
  const octets first(whole.begin(), whole.begin() + 60), second(whole.begin() + 60, whole.end());
  for (const bool lost : {false, true}) {
    talk t;
    t.asks(ask(1, 4, 1, body(hex("001c 0000"))));
    t.answers(reply(1, 4, 1, body(first), 2, 0, 0xd5, true));
    if (lost) t.gap(side::server);
    t.asks(tpkt_data(pdu(7, 2, hex("00 01 12 08 12 44 01 02 00 00 0000"), nothing)));
    t.answers(reply(2, 4, 1, body(second), 2, 0, 0xd5, false));
    ASSERT_EQ(t.out.operations.size(), 2u);
    EXPECT_EQ(field_of(t.at(0), "part"), "true");
    EXPECT_EQ(show(t.at(1).objects), lost ? "" : "szl:0x001c/0x0000x1");
    EXPECT_EQ(t.fact("host_name"), lost ? "(none)" : "LINE 3");
    EXPECT_EQ(t.fact("module"), lost ? "(none)" : "PLC_1");
    EXPECT_EQ(t.fact("plant"), lost ? "(none)" : "NORTH");
    EXPECT_EQ(t.fact("serial"), lost ? "(none)" : "S C-X1");
    EXPECT_EQ(t.fact("model"), lost ? "(none)" : "CPU 315");
    EXPECT_EQ(t.rules(), "");
  }
}

TEST(S7comm, PasswordIsNotRecorded) {
  talk t;
  t.asks(ask(1, 5, 1, body(chars("SECRET12"))));
  t.answers(reply(1, 5, 1, nothing, 0, 0xd602));
  const auto& op = t.only();
  EXPECT_EQ(op.action, action::authenticate);
  EXPECT_EQ(op.outcome, outcome::refused);
  EXPECT_EQ(field_of(op, "reason"), "wrong_password");
  EXPECT_TRUE(op.values.empty());
  EXPECT_TRUE(op.objects.empty());
  EXPECT_EQ(op.fields.size(), 1u);
}

octets test_request(const octets& data) { return body(word(20) + word(data.size()) + padded({}, 18) + hex("0200") + data); }

TEST(S7comm, ModifyAndForceCarryValues) {
  for (const std::uint8_t function : {std::uint8_t{8}, std::uint8_t{9}}) {
    talk t;
    t.asks(ask(1, 1, function, test_request(hex("0002 03 01 0000 0000 10 01 0000 0008 00 09 0004 4133851f 00 09 0001 01 00"))));
    t.answers(reply(1, 1, function, nothing, 2));
    EXPECT_EQ(t.at(0).action, action::force);
    EXPECT_EQ(show(t.at(0).objects), "M:0.0x1 I:8.1x1");
    EXPECT_EQ(show(t.at(0).values), "1093895455 true");
    EXPECT_EQ(t.at(0).outcome, outcome::ok);
    t.asks(ask(2, 1, 0x0e, test_request(octets{function, 2})));
    t.answers(reply(2, 1, 0x0e, nothing, 3));
    EXPECT_EQ(t.at(1).action, action::force) << "to enable a job that writes is what writes";
    EXPECT_EQ(field_of(t.at(1), "job_id"), "2");
    t.answers(push(1, function, body(hex("0004 0004 0100 0002 0002 ff 05")), 2));
    EXPECT_EQ(t.at(2).action, action::report);
    EXPECT_EQ(t.at(2).outcome, outcome::unsolicited);
    EXPECT_EQ(show(t.at(2).objects), "M:0.0x1 I:8.1x1");
    EXPECT_EQ(field_of(t.at(2), "return_codes"), "255,5");
    EXPECT_EQ(t.rules(), "");
  }
}

TEST(S7comm, VariableStatusIsPushed) {
  talk t;
  t.asks(ask(1, 1, 2, test_request(hex("0003 01 03 0000 0000 72 01 0007 000a 54 01 0000 0005"))));
  t.answers(reply(1, 1, 2, nothing, 4));
  EXPECT_EQ(t.at(0).action, action::read);
  EXPECT_EQ(show(t.at(0).objects), "M:0.0x3 DB7:10.0x1 T:5x1");
  t.answers(push(1, 2, body(hex("0004 001a 0100 0002 0003 ff 09 0003 010203 00 ff 09 0002 ffff ff 09 0002 2504")), 4));
  EXPECT_EQ(t.at(1).action, action::report);
  EXPECT_EQ(show(t.at(1).objects), show(t.at(0).objects));
  EXPECT_EQ(show(t.at(1).values), "1 2 3 65535 0x2504");
  t.answers(push(1, 2, body(hex("0004 0008 0100 0002 0001 ff 09 0001 07 00")), 9));
  EXPECT_EQ(show(t.at(2).values), "0x07") << "of a job that was not seen";
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, CyclicReadIsASubscription) {
  talk t;
  t.asks(ask(1, 2, 1, body(hex("0001 01 05") + any(4, 2, 1, 0x84, 0))));
  t.answers(reply(1, 2, 1, body(hex("0001") + datum(4, 32, hex("0001 0002"))), 3));
  EXPECT_EQ(t.at(0).action, action::subscribe);
  EXPECT_EQ(field_of(t.at(0), "interval_ms"), "5000");
  EXPECT_EQ(field_of(t.at(0), "job_id"), "3");
  EXPECT_EQ(show(t.at(0).values), "1 2");
  t.answers(push(2, 1, body(hex("0001") + datum(4, 32, hex("0003 0004"))), 3));
  EXPECT_EQ(t.at(1).action, action::report);
  EXPECT_EQ(t.at(1).outcome, outcome::unsolicited);
  EXPECT_EQ(show(t.at(1).objects), "DB1:0.0x2");
  EXPECT_EQ(show(t.at(1).values), "3 4");
  t.asks(ask(2, 2, 4, body(hex("01 03"))));
  t.answers(reply(2, 2, 4, nothing, 3));
  EXPECT_EQ(field_of(t.at(2), "job_id"), "3");
  EXPECT_EQ(t.at(2).outcome, outcome::ok);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, BlockListsAndInfo) {
  talk t;
  t.asks(ask(1, 3, 1, nothing));
  t.answers(reply(1, 3, 1, body(chars("08") + word(2) + chars("0A") + word(5))));
  EXPECT_EQ(show(t.at(0).returned), "block:OBx2 block:DBx5");
  t.asks(ask(2, 3, 2, body(chars("0A"))));
  t.answers(reply(2, 3, 2, body(hex("0001 2205 0064 2205"))));
  EXPECT_EQ(show(t.at(1).objects), "block:DBx1");
  EXPECT_EQ(show(t.at(1).returned), "block:DB1x1 block:DB100x1");
  t.asks(ask(3, 3, 3, body(chars("0A00100A"))));
  t.answers(reply(3, 3, 3,
                  body(chars("0A") + hex("004a 0000") + chars("pp") +
                       hex("00 01 05 0a 0064 000000d8 00000003 000000000000 000000000000 0001 0002 0003 0058") + padded(chars("ANNA"), 8) +
                       padded(chars("PUMPS"), 8) + padded(chars("P1"), 8) + hex("12 00 abcd 00000000 00000000"))));
  EXPECT_EQ(show(t.at(2).objects), "block:DB100x1");
  EXPECT_EQ(show(t.at(2).returned), "block:DB100x1");
  EXPECT_EQ(field_of(t.at(2), "load_size"), "216");
  EXPECT_EQ(field_of(t.at(2), "code_size"), "88");
  EXPECT_EQ(field_of(t.at(2), "know_how_protected"), "true");
  EXPECT_EQ(field_of(t.at(2), "author"), "ANNA");
  EXPECT_EQ(field_of(t.at(2), "name"), "P1");
  EXPECT_EQ(field_of(t.at(2), "version"), "1.2");
  EXPECT_EQ(t.at(2).action, action::identify);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, ClockIsReadAndSet) {
  talk t;
  t.asks(ask(1, 7, 1, nothing));
  t.answers(reply(1, 7, 1, body(hex("00 19 14 08 20 11 59 43 91 24"))));
  EXPECT_EQ(t.at(0).action, action::read);
  EXPECT_EQ(show(t.at(0).values), "2014-08-20T11:59:43.912");
  t.asks(ask(2, 7, 2, body(hex("00 19 94 01 06 00 27 20 39 75"))));
  t.answers(reply(2, 7, 2, nothing));
  EXPECT_EQ(t.at(1).action, action::time_sync);
  EXPECT_EQ(t.at(1).outcome, outcome::ok);
  EXPECT_EQ(show(t.at(1).values), "1994-01-06T00:27:20.397");
}

TEST(S7comm, AlarmsModesAndMessages) {
  talk t;
  t.asks(ask(1, 4, 2, body(hex("81 00") + chars("HmiRtm  ") + hex("05 00"))));
  t.answers(reply(1, 4, 2, body(hex("02 00 05 00"))));
  EXPECT_EQ(t.at(0).action, action::subscribe);
  EXPECT_EQ(field_of(t.at(0), "events"), "mode,alarms");
  EXPECT_EQ(field_of(t.at(0), "user"), "HmiRtm");
  t.answers(push(4, 5, body(hex("94 01 06 00 27 20 39 75 00 01 12 0a 16 01 000000af 01 00 fe fe ff 09 0002 0001"))));
  EXPECT_EQ(t.at(1).action, action::alarm);
  EXPECT_EQ(t.at(1).outcome, outcome::unsolicited);
  EXPECT_EQ(show(t.at(1).objects), "alarm:175x1");
  EXPECT_EQ(show(t.at(1).values), "1 0x0001");
  EXPECT_EQ(field_of(t.at(1), "device_time"), "1994-01-06T00:27:20.397");
  t.asks(ask(2, 4, 0x0b, body(hex("09 01 12 08 19 00 000000af 01 00"))));
  t.answers(reply(2, 4, 0x0b, body(hex("09 01 0a"))));
  EXPECT_EQ(show(t.at(2).objects), "alarm:175x1");
  EXPECT_EQ(t.at(2).outcome, outcome::refused);
  EXPECT_EQ(t.at(2).code, "10");
  t.asks(ask(3, 4, 0x13, body(hex("00 01 12 08 1a 00 01 34 00000002"))));
  t.answers(reply(3, 4, 0x13, body(hex("00 01 ff 09 000c 0a 0000 02 0000002f 00 04 cf cf"))));
  EXPECT_EQ(field_of(t.at(3), "alarm_type"), "alarm_8");
  EXPECT_EQ(show(t.at(3).returned), "alarm:47x1");
  EXPECT_EQ(show(t.at(3).values), "4");
  t.answers(push(0, 0, {}));
  EXPECT_EQ(t.at(4).action, action::mode_change);
  EXPECT_EQ(t.at(4).function, "userdata/0/0");
  EXPECT_EQ(t.fact("run_state"), "stop");
  t.answers(push(4, 3, body(hex("4302 ff 00 0000 0000 00000000 94 01 06 00 27 20 39 75"))));
  EXPECT_EQ(t.at(5).action, action::report);
  EXPECT_EQ(t.out.facts.back().value, "run");
  t.answers(tpkt_data(pdu(7, 0, hex("01 01 12 04 11 00 02 00"))));
  EXPECT_EQ(t.at(6).function, "userdata/0/2");
  EXPECT_EQ(t.rules(), "");
}

struct action_row {
  std::uint8_t group, function;
  action does;
  const char* name;
};
constexpr action_row actions[] = {
    {1, 0x07, action::force, "force_selection"},  {1, 0x0a, action::control, "breakpoint"},
    {1, 0x0b, action::start, "exit_hold"},        {1, 0x0c, action::restart, "memory_reset"},
    {1, 0x10, action::diagnose, "read_job_list"}, {1, 0x16, action::identify, "flash_led"},
    {4, 0x07, action::alarm, "alarm_lock"},       {5, 0x02, action::authenticate, "clear_password"},
    {2, 0x66, action::subscribe, "unknown"},
};
TEST(S7comm, UserdataFunctionsHaveTheirMeaning) {
  for (const auto& row : actions) {
    talk t;
    t.asks(ask(1, row.group, row.function, nothing));
    t.answers(reply(1, row.group, row.function, nothing));
    EXPECT_EQ(t.only().action, row.does) << row.name;
    EXPECT_EQ(t.only().function_name, row.name);
  }
}

TEST(S7comm, UserdataSurvivesEveryPrefixAndEveryFlip) {
  const auto c = side::client, s = side::server;
  every_prefix("s7comm",
               {{c, ask(1, 4, 1, body(hex("001c 0000")))},
                {s, reply(1, 4, 1, body(szl(0x1c, 0, 34, 2, component(1, "LINE 3") + component(9, "\x00\x2a"))), 2, 0, 0xd5, true)},
                {s, reply(1, 4, 1, body(szl(0x11, 0, 28, 1, module(7, "", 0x5603, 0x0207))))}});
  every_prefix("s7comm", {{c, ask(1, 1, 8, test_request(hex("0002 03 01 0000 0000 10 01 0000 0008 00 09 0004 4133851f 00 09 0001 01 00")))},
                          {s, reply(1, 1, 8, nothing, 2)},
                          {s, push(1, 8, body(hex("0004 0004 0100 0002 0002 ff 05")), 2)}});
  every_prefix("s7comm", {{c, ask(1, 2, 1, body(hex("0001 01 05") + any(4, 2, 1, 0x84, 0)))},
                          {s, reply(1, 2, 1, body(hex("0001") + datum(4, 32, hex("0001 0002"))), 3)},
                          {s, push(2, 1, body(hex("0001") + datum(4, 32, hex("0003 0004"))), 3)}});
  every_prefix("s7comm", {{s, push(4, 5, body(hex("94 01 06 00 27 20 39 75 00 01 12 0a 16 01 000000af 01 00 fe fe ff 09 0002 0001")))},
                          {s, reply(3, 4, 0x13, body(hex("00 01 ff 09 000c 0a 0000 02 0000002f 00 04 cf cf")))},
                          {s, tpkt_data(pdu(7, 1, hex("00 01 12 08 13 00 0000002a 00 00"), hex("ff 00 0001 00 09 0002 0102")))},
                          {s, push(4, 3, body(hex("4302 ff 00 0000 0000 00000000 94 01 06 00 27 20 39 75")))}});
}

}  // namespace
}  // namespace mw::test
