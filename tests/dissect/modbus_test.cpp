// Modbus over TCP and UDP: what each function is written down as, and what is done about messages that break the rules.
#include "tests/dissect/modbus_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

struct row {
  std::string name, request, response;
  std::string function, function_name;
  action what;
  std::string objects, values;
  outcome how;
  std::string code, violations;
};
const row rows[] = {
    {"coils", "11 01 0013 000a", "11 01 02 cd 01", "1", "read_coils", action::read, "coil 19x10",
     "true,false,true,true,false,false,true,true,true,false", outcome::ok, "", ""},
    {"discrete", "11 02 0000 0003", "11 02 01 05", "2", "read_discrete_inputs", action::read, "discrete 0x3", "true,false,true",
     outcome::ok, "", ""},
    {"holding", "11 03 006b 0002", "11 03 04 022b ffff", "3", "read_holding_registers", action::read, "holding 107x2", "555,65535",
     outcome::ok, "", ""},
    {"input", "11 04 0008 0001", "11 04 02 000a", "4", "read_input_registers", action::read, "input 8x1", "10", outcome::ok, "", ""},
    {"coil_on", "11 05 00ac ff00", "11 05 00ac ff00", "5", "write_single_coil", action::write, "coil 172x1", "true", outcome::ok, "", ""},
    {"coil_odd", "11 05 00ac 1234", "11 85 03", "5", "write_single_coil", action::write, "coil 172x1", "4660", outcome::refused, "3",
     "value"},
    {"register", "11 06 0001 0003", "11 06 0001 0003", "6", "write_single_register", action::write, "holding 1x1", "3", outcome::ok, "",
     ""},
    {"register_echo", "11 06 0001 0003", "11 06 0001 0004", "6", "write_single_register", action::write, "holding 1x1", "3", outcome::ok,
     "", "mismatch"},
    {"status", "11 07", "11 07 6d", "7", "read_exception_status", action::diagnose, "", "109", outcome::ok, "", ""},
    {"echo", "11 08 0000 a537", "11 08 0000 a537", "8/0", "return_query_data", action::diagnose, "", "", outcome::ok, "", ""},
    {"echo_changed", "11 08 0000 a537", "11 08 0000 a538", "8/0", "return_query_data", action::diagnose, "", "", outcome::ok, "",
     "mismatch"},
    {"restart", "11 08 0001 ff00", "11 08 0001 ff00", "8/1", "restart_communications", action::diagnose, "", "", outcome::ok, "", ""},
    {"clear", "11 08 000a 0000", "11 08 000a 0000", "8/10", "clear_counters", action::diagnose, "", "", outcome::ok, "", ""},
    {"counter", "11 08 000b 0000", "11 08 000b 0102", "8/11", "return_bus_message_count", action::diagnose, "", "258", outcome::ok, "", ""},
    {"listen_refused", "11 08 0004 0000", "11 88 0b", "8/4", "force_listen_only_mode", action::diagnose, "", "", outcome::refused, "11",
     ""},
    {"event_counter", "11 0b", "11 0b ffff 0108", "11", "get_comm_event_counter", action::diagnose, "", "65535,264", outcome::ok, "", ""},
    {"event_log", "11 0c", "11 0c 08 0000 0108 0121 2000", "12", "get_comm_event_log", action::diagnose, "", "0,264,289,0x2000",
     outcome::ok, "", ""},
    {"coils_written", "11 0f 0013 000a 02 cd01", "11 0f 0013 000a", "15", "write_multiple_coils", action::write, "coil 19x10",
     "true,false,true,true,false,false,true,true,true,false", outcome::ok, "", ""},
    {"registers_written", "11 10 0001 0002 04 000a 0102", "11 10 0001 0002", "16", "write_multiple_registers", action::write, "holding 1x2",
     "10,258", outcome::ok, "", ""},
    {"registers_refused", "11 10 0001 0001 02 000a", "11 90 02", "16", "write_multiple_registers", action::write, "holding 1x1", "10",
     outcome::refused, "2", ""},
    {"registers_answered_otherwise", "11 10 0001 0001 02 000a", "11 10 0002 0001", "16", "write_multiple_registers", action::write,
     "holding 1x1", "10", outcome::ok, "", "mismatch"},
    {"server_id", "11 11", "11 11 06 07 ff 50 4c 43 31", "17", "report_server_id", action::identify, "", "", outcome::ok, "", ""},
    {"file_read", "11 14 0e 06 0004 0001 0002 06 0003 0009 0001", "11 14 0a 05 06 0dfe 0020 03 06 33cd", "20", "read_file_record",
     action::file_read, "file 4:1x2,file 3:9x1", "3582,32,13261", outcome::ok, "", ""},
    {"file_written", "11 15 0b 06 0004 0007 0002 06af 04be", "11 15 0b 06 0004 0007 0002 06af 04be", "21", "write_file_record",
     action::file_write, "file 4:7x2", "1711,1214", outcome::ok, "", ""},
    {"mask", "11 16 0004 00f2 0025", "11 16 0004 00f2 0025", "22", "mask_write_register", action::write, "holding 4x1", "242,37",
     outcome::ok, "", ""},
    {"read_and_write", "11 17 0003 0002 000e 0001 02 00ff", "11 17 04 00fe 0acd", "23", "read_write_multiple_registers", action::write,
     "holding 3x2,holding 14x1", "254,2765,255", outcome::ok, "", ""},
    {"read_and_write_refused", "11 17 0003 0002 000e 0001 02 00ff", "11 97 02", "23", "read_write_multiple_registers", action::write,
     "holding 3x2,holding 14x1", "null,null,255", outcome::refused, "2", ""},
    {"fifo", "11 18 04de", "11 18 0006 0002 01b8 1284", "24", "read_fifo_queue", action::read, "holding 1246x1", "440,4740", outcome::ok,
     "", ""},
    {"device_id", "11 2b 0e 01 00", "11 2b 0e 01 01 00 00 02 00 02 4d57 01 01 58", "43/14", "read_device_identification", action::identify,
     "", "MW,X", outcome::ok, "", ""},
    {"device_id_refused", "11 2b 0e 01 00", "11 ab 01", "43/14", "read_device_identification", action::identify, "", "", outcome::refused,
     "1", ""},
    {"canopen", "11 2b 0d 4041", "11 2b 0d 4041", "43/13", "canopen_general_reference", action::diagnose, "", "", outcome::ok, "", ""},
    {"refused_read", "11 03 0258 000a", "11 83 02", "3", "read_holding_registers", action::read, "holding 600x10", "", outcome::refused,
     "2", ""},
    {"unassigned", "11 33 0102", "11 b3 01", "51", "unassigned", action::diagnose, "", "", outcome::refused, "1", "function"},
    {"user_defined", "11 41 0102", "11 41 00", "65", "user_defined", action::diagnose, "", "", outcome::ok, "", ""},
    {"firmware", "11 7d 01", "11 7d 00", "125", "firmware_replacement", action::firmware, "", "", outcome::ok, "", ""},
    // rules broken by the request
    {"quantity_zero", "11 03 0001 0000", "11 83 03", "3", "read_holding_registers", action::read, "holding 1x0", "", outcome::refused, "3",
     "quantity"},
    {"quantity_126", "11 03 0000 007e", "11 83 03", "3", "read_holding_registers", action::read, "holding 0x126", "", outcome::refused, "3",
     "quantity"},
    {"coils_2001", "11 01 0000 07d1", "11 81 03", "1", "read_coils", action::read, "coil 0x2001", "", outcome::refused, "3", "quantity"},
    {"beyond", "11 03 ffff 0002", "11 83 02", "3", "read_holding_registers", action::read, "holding 65535x2", "", outcome::refused, "2",
     "address_range"},
    {"count_mismatch", "11 10 0001 0002 02 000a", "11 90 03", "16", "write_multiple_registers", action::write, "holding 1x2", "10",
     outcome::refused, "3", "byte_count"},
    {"count_beyond", "11 10 0001 0002 04 000a", "11 90 03", "16", "write_multiple_registers", action::write, "holding 1x2", "10",
     outcome::refused, "3", "byte_count"},
    {"short", "11 03 0001", "11 83 03", "3", "read_holding_registers", action::read, "", "", outcome::refused, "3", "length"},
    {"long", "11 06 0001 0002 03", "11 86 03", "6", "write_single_register", action::write, "holding 1x1", "2", outcome::refused, "3",
     "length"},
    {"device_level", "11 2b 0e 09 00", "11 ab 03", "43/14", "read_device_identification", action::identify, "", "", outcome::refused, "3",
     "value"},
    // rules broken by the answer
    {"fewer", "11 03 0000 0003", "11 03 04 0001 0002", "3", "read_holding_registers", action::read, "holding 0x3", "1,2", outcome::ok, "",
     "mismatch"},
    {"more", "11 03 0000 0001", "11 03 04 0001 0002", "3", "read_holding_registers", action::read, "holding 0x1", "1", outcome::ok, "",
     "mismatch"},
    {"cut", "11 03 0000 0002", "11 03 04 0001", "3", "read_holding_registers", action::read, "holding 0x2", "1", outcome::ok, "",
     "byte_count"},
    {"odd_code", "11 03 0000 0001", "11 83 63", "3", "read_holding_registers", action::read, "holding 0x1", "", outcome::refused, "99",
     "exception_code"},
    {"no_code", "11 03 0000 0001", "11 83", "3", "read_holding_registers", action::read, "holding 0x1", "", outcome::refused, "", "length"},
};

TEST(modbus, each_function_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    for (const auto how : {transport::tcp, transport::udp}) {
      conversation talk{"modbus", how};
      const auto asked_at = talk.now + std::chrono::milliseconds{1};
      EXPECT_EQ(talk.say(side::client, framed(r.request)), 0U);
      EXPECT_TRUE(talk.out.operations.empty());
      EXPECT_EQ(talk.say(side::server, framed(r.response)), 0U);
      ASSERT_EQ(talk.out.operations.size(), 1U);
      const auto& op = talk.out.operations[0];
      EXPECT_EQ(op.protocol, "modbus");
      EXPECT_EQ(op.unit, "17");
      EXPECT_EQ(op.time, asked_at);
      EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
      EXPECT_EQ(op.function, r.function);
      EXPECT_EQ(op.function_name, r.function_name);
      EXPECT_EQ(to_string(op.action), to_string(r.what));
      EXPECT_EQ(text(op.objects), r.objects);
      EXPECT_EQ(text(op.values), r.values);
      EXPECT_EQ(to_string(op.outcome), to_string(r.how));
      EXPECT_EQ(op.code.value_or(""), r.code);
      EXPECT_EQ(rules(talk.out), r.violations);
      talk.end();
      EXPECT_EQ(talk.out.operations.size(), 1U);
    }
  }
}

TEST(modbus, every_message_is_counted) {
  conversation talk{"modbus"};
  for (const auto* m : {"11 03 0000 0001", "11 03 0000 0001", "11 08 0004 0000", "11 2b 0e 01 00", "11 33"})
    talk.say(side::client, framed(m));
  for (const auto* m : {"11 03 02 0001", "11 83 02", "11 ab 01"}) talk.say(side::server, framed(m));
  const std::map<std::string, unsigned> expected{
      {"modbus/request/3", 2},     {"modbus/request/8", 1},    {"modbus/request/43", 1},
      {"modbus/request/51", 1},    {"modbus/response/3", 2},   {"modbus/response/43", 1},
      {"modbus/exception/3", 1},   {"modbus/exception/43", 1}, {"modbus/diagnostic_request/4", 1},
      {"modbus/mei_request/14", 1}};
  EXPECT_EQ(talk.out.counts, expected);
}

TEST(modbus, answers_find_their_requests_by_transaction_unit_and_function) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("01 03 0000 0001", 1));
  talk.say(side::client, framed("02 03 0010 0001", 1));
  talk.say(side::client, framed("01 03 0020 0001", 2));
  talk.say(side::server, framed("01 03 02 0002", 2));
  talk.say(side::server, framed("02 03 02 0003", 1));
  talk.say(side::server, framed("01 03 02 0004", 1));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(text(talk.out.operations[0].objects) + '=' + text(talk.out.operations[0].values), "holding 32x1=2");
  EXPECT_EQ(text(talk.out.operations[1].objects) + '=' + text(talk.out.operations[1].values), "holding 16x1=3");
  EXPECT_EQ(text(talk.out.operations[2].objects) + '=' + text(talk.out.operations[2].values), "holding 0x1=4");
  EXPECT_EQ(talk.out.operations[1].unit, "2");
}

TEST(modbus, several_messages_in_one_segment_and_one_over_two) {
  conversation talk{"modbus"};
  EXPECT_EQ(talk.say(side::client, "0001 0000 0006 01 06 0000 0001  0002 0000 0006 01 06 0001 0002  0003 0000 0006 01 06"),
            8U);  // the third waits
  EXPECT_EQ(talk.out.counts["modbus/request/6"], 2U);
}

TEST(modbus, an_answer_without_request_is_unpaired_and_says_what_it_can) {
  const struct {
    std::string message, function, objects, values;
  } cases[] = {
      {"01 03 04 0001 0002", "3", "", "1,2"},
      {"01 01 01 05", "1", "", "0x05"},
      {"01 05 0003 ff00", "5", "coil 3x1", "true"},
      {"01 10 0003 0002", "16", "holding 3x2", ""},
      {"01 81 06", "1", "", ""},
      {"01 2b 0e 01 01 00 00 01 00 02 4d57", "43/14", "", "MW"},
      {"01 08 000a 0000", "8/10", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    conversation talk{"modbus"};
    talk.say(side::server, framed(c.message));
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.outcome, outcome::unpaired);
    EXPECT_EQ(op.time, talk.now);
    EXPECT_FALSE(op.latency);
    EXPECT_EQ(op.function, c.function);
    EXPECT_EQ(text(op.objects), c.objects);
    EXPECT_EQ(text(op.values), c.values);
    EXPECT_EQ(rules(talk.out), "unpaired_response");
    EXPECT_EQ(talk.out.askers[0], side::client);
  }
}

TEST(modbus, an_answer_of_another_function_does_not_end_the_request) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("01 03 0000 0001"));
  talk.say(side::server, framed("01 04 02 0001"));
  EXPECT_EQ(rules(talk.out), "mismatch");
  talk.say(side::server, framed("01 03 02 0007"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(text(talk.out.operations[1].values), "7");
}

TEST(modbus, requests_without_answer_time_out) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("01 03 0000 0001", 1));
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  talk.say(side::client, framed("01 05 0000 0000", 2));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::timeout);
  EXPECT_EQ(text(talk.out.operations[1].values), "false");
}

TEST(modbus, a_number_used_again_gives_the_older_request_up) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("01 03 0000 0001", 0));
  talk.now += std::chrono::seconds{1};
  talk.say(side::client, framed("01 03 0005 0001", 0));
  talk.say(side::server, framed("01 03 02 0009", 0));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(text(talk.out.operations[1].objects) + '=' + text(talk.out.operations[1].values), "holding 5x1=9");
}

TEST(modbus, requests_that_wait_are_bounded) {
  conversation talk{"modbus"};
  for (int i = 0; i < 300; ++i) talk.say(side::client, framed("01 03 0000 0001", static_cast<std::uint8_t>(i)));
  EXPECT_EQ(talk.out.operations.size(), 300U - 256U);
}

TEST(modbus, who_obeys_listen_only_mode_does_not_answer) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("01 08 0004 0000"));
  talk.wait(std::chrono::seconds{2});
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::none);
  EXPECT_EQ(talk.out.operations[0].function, "8/4");
}

TEST(modbus, identification_becomes_facts_of_the_unit) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("05 2b 0e 03 00"));
  talk.say(
      side::server,
      framed("05 2b 0e 03 83 00 00 08  00 02 4142  01 02 4344  02 03 312e32  03 02 7777  04 02 4546  05 02 4748  06 02 494a  80 01 5a"));
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(fact_of(talk.out, "vendor"), "5=AB");
  EXPECT_EQ(fact_of(talk.out, "product_code"), "5=CD");
  EXPECT_EQ(fact_of(talk.out, "firmware"), "5=1.2");
  EXPECT_EQ(fact_of(talk.out, "url"), "5=ww");
  EXPECT_EQ(fact_of(talk.out, "product_name"), "5=EF");
  EXPECT_EQ(fact_of(talk.out, "model"), "5=GH");
  EXPECT_EQ(fact_of(talk.out, "user_application"), "5=IJ");
  EXPECT_EQ(talk.out.facts.size(), 7U);
  for (const auto& f : talk.out.facts) EXPECT_EQ(f.who, side::server);
}

TEST(modbus, server_id_becomes_facts) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("09 11"));
  talk.say(side::server, framed("09 11 07 12 ff 50 75 6d 70 31"));
  EXPECT_EQ(fact_of(talk.out, "run_state"), "9=run");
  EXPECT_EQ(fact_of(talk.out, "product_name"), "9=Pump1");
  talk.say(side::client, framed("09 11"));
  talk.say(side::server, framed("09 11 05 50 75 6d 70 00"));
  EXPECT_EQ(talk.out.facts[2].value, "stop");
}

TEST(modbus, headers_that_break_the_rules) {
  const struct {
    std::string message, rule;
    std::size_t operations;
  } cases[] = {
      {"0001 0007 0006 01 03 0000 0001", "protocol_id", 0},
      {"0001 0000 0001 01", "length", 0},
      {"0001 0000 0000", "length", 0},
      {"0001 0000", "length", 0},
      {"0001 0000 0008 01 03 0000 0001", "length", 1},
      {"0001 0000 0006 01 03 0000 0001 ff", "length", 1},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    conversation talk{"modbus", transport::udp};
    talk.client(c.message);
    EXPECT_EQ(rules(talk.out), c.rule);
    talk.end();
    EXPECT_EQ(talk.out.operations.size(), c.operations);
    talk.client("0002 0000 0006 01 03 0000 0001");  // and on it goes
    talk.end();
    EXPECT_EQ(talk.out.operations.size(), c.operations + 1);
  }
}

TEST(modbus, a_conversation_between_unknown_ports_is_turned_by_two_messages) {
  conversation talk{"modbus"};
  for (std::uint8_t i = 1; i <= 3; ++i) {
    talk.say(side::server, framed("01 03 0000 0001", i));
    talk.say(side::client, framed("01 03 02 0005", i));
  }
  ASSERT_FALSE(talk.out.operations.empty());
  const auto& last = talk.out.operations.back();
  EXPECT_EQ(last.outcome, outcome::ok);
  EXPECT_EQ(talk.out.askers.back(), side::server);
  EXPECT_EQ(text(last.objects) + '=' + text(last.values), "holding 0x1=5");
}

TEST(modbus, nobody_turns_the_conversation_by_answers_of_his_own) {
  conversation talk{"modbus"};
  for (int i = 0; i < 5; ++i) talk.say(side::client, framed("01 03 02 0005", 1)), talk.say(side::client, framed("01 83 02", 1));
  talk.say(side::client, framed("01 06 0000 0001", 2));
  talk.say(side::server, framed("01 06 0000 0001", 2));
  const auto& op = talk.out.operations.back();
  EXPECT_EQ(op.function, "6");
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(talk.out.askers.back(), side::client);
}

TEST(modbus, an_exception_is_an_answer_whoever_sends_it) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("01 81 06 00"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[0].code, "6");
  EXPECT_EQ(talk.out.askers[0], side::server);
  EXPECT_EQ(talk.out.counts["modbus/exception/1"], 1U);
  EXPECT_EQ(rules(talk.out), "length,unpaired_response");
}

TEST(modbus, frame_cuts_at_the_length) {
  const auto size = [](std::string_view head) {
    const auto n = named("modbus").about.frame(hex(head));
    return n ? static_cast<int>(*n) : -1;
  };
  EXPECT_EQ(size("0001 0000 00"), 0);
  EXPECT_EQ(size("0001 0000 0006"), 12);
  EXPECT_EQ(size("0001 0000 00fe"), 260);
  EXPECT_EQ(size("0001 0000 0001 01"), 7);
  EXPECT_EQ(size("0001 0000 03ff 00 5a"), 1029);  // UMAS negotiates more
  EXPECT_EQ(size("0001 0000 03ff 00"), 0);
  EXPECT_EQ(size("0001 0000 03ff 00 03"), -1);
  EXPECT_EQ(size("0001 0000 ffff 00 5a"), -1);
  EXPECT_EQ(size("0001 0007 0006 01 03 0000 0001"), 12);  // wrong, but whole
  EXPECT_EQ(size("4745 5420 2f20 48"), -1);
  EXPECT_EQ(size("0001 0007 0006 01 03 0000 0001 0000 0001 0006 01 03"), -1);
}

TEST(modbus, probe_knows_its_own) {
  const auto probe = [](std::string_view head, transport t = transport::tcp) { return named("modbus").about.probe(hex(head), t); };
  EXPECT_EQ(probe(""), match::unsure);
  EXPECT_EQ(probe("0001 0000"), match::unsure);
  EXPECT_EQ(probe("0001 0001"), match::no);
  EXPECT_EQ(probe("0001 0000 0006 01 03"), match::unsure);
  EXPECT_EQ(probe("0001 0000 0006 01 03 0000 0001"), match::yes);
  EXPECT_EQ(probe("0001 0000 0005 01 03 02 0001"), match::yes);
  EXPECT_EQ(probe("0001 0000 0003 01 83 02"), match::yes);
  EXPECT_EQ(probe("0001 0000 0003 01 83 63"), match::unsure);
  EXPECT_EQ(probe("0001 0000 0004 01 83 02 00"), match::yes);  // padded
  EXPECT_EQ(probe("0001 0000 0004 01 83 63 00"), match::unsure);
  EXPECT_EQ(probe("0001 0000 0006 01 83 02 000000"), match::no);
  EXPECT_EQ(probe("0001 0000 0003 01 03 02"), match::yes);  // cut, but of a known function
  EXPECT_EQ(probe("0001 0000 0002 01 33"), match::unsure);
  EXPECT_EQ(probe("0001 0000 0002 01 00"), match::no);
  EXPECT_EQ(probe("0001 0000 0006 01 03 0000 0001 0002 0000 0006 01 03"), match::yes);
  EXPECT_EQ(probe("0001 0000 0006 01 03 0000 0001 4745 5420 2f20"), match::no);
  EXPECT_EQ(probe("0001 0000 0006 01 03 0000 0001 00", transport::udp), match::no);
  EXPECT_EQ(probe("0001 0000 0006 01 03 0000", transport::udp), match::no);
  EXPECT_EQ(probe("0300 0016 11e0 0000 0001 00c1 0201 00c2"), match::no);
  EXPECT_EQ(probe("1603 0100 8501 0000 8103"), match::no);
}

TEST(modbus, no_prefix_and_no_flipped_bit_reads_beyond) {
  std::vector<std::pair<side, std::vector<std::uint8_t>>> talk;
  for (const auto& r : rows) {
    talk.assign({{side::client, framed(r.request)}, {side::server, framed(r.response)}});
    every_prefix("modbus", talk);
    every_prefix("modbus", talk, transport::udp);
  }
  EXPECT_FALSE(talk.empty());
}

}  // namespace
}  // namespace mw::test
