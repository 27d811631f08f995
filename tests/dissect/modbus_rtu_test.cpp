// Modbus RTU in a TCP stream: borders by function and CRC, and what the frames say.
#include "tests/dissect/bytes.hpp"
#include "tests/dissect/modbus_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

/// Unit and PDU with their CRC, computed bit by bit as the specification's appendix describes it.
std::vector<std::uint8_t> serial(std::string_view unit_and_pdu) {
  auto out = hex(unit_and_pdu);
  unsigned crc = 0xffff;
  for (const auto octet : out) {
    crc ^= octet;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? (crc >> 1) ^ 0xa001U : crc >> 1;
  }
  out.push_back(static_cast<std::uint8_t>(crc & 0xff));
  out.push_back(static_cast<std::uint8_t>(crc >> 8));
  return out;
}
match probe(const std::vector<std::uint8_t>& head) { return named("modbus_rtu").about.probe(head, transport::tcp); }
int size_of(const std::vector<std::uint8_t>& head) {
  const auto n = named("modbus_rtu").about.frame(head);
  return n ? static_cast<int>(*n) : -1;
}
std::vector<std::uint8_t> cut(const std::vector<std::uint8_t>& whole, std::size_t n) {
  return {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)};
}

struct row {
  std::string name, request, response, function, objects, values;
};
const row rows[] = {
    {"coils", "01 01 0000 0003", "01 01 01 05", "1", "coil 0x3", "true,false,true"},
    {"registers", "01 03 0000 0002", "01 03 04 0001 0002", "3", "holding 0x2", "1,2"},
    {"many_registers", "01 03 0000 000a", "01 03 14 0001 0002 0003 0004 0005 0006 0007 0008 0009 000a", "3", "holding 0x10",
     "1,2,3,4,5,6,7,8,9,10"},
    {"input", "f7 04 0000 0001", "f7 04 02 0001", "4", "input 0x1", "1"},
    {"coil", "01 05 0001 ff00", "01 05 0001 ff00", "5", "coil 1x1", "true"},
    {"register", "01 06 0001 1234", "01 06 0001 1234", "6", "holding 1x1", "4660"},
    {"status", "01 07", "01 07 10", "7", "", "16"},
    {"diagnostic", "01 08 000b 0000", "01 08 000b 0003", "8/11", "", "3"},
    {"event_counter", "01 0b", "01 0b 0000 0001", "11", "", "0,1"},
    {"event_log", "01 0c", "01 0c 06 0000 0001 0002", "12", "", "0,1,2,0x"},
    {"coils_written", "01 0f 0001 0002 01 03", "01 0f 0001 0002", "15", "coil 1x2", "true,true"},
    {"registers_written", "01 10 0001 0001 02 000a", "01 10 0001 0001", "16", "holding 1x1", "10"},
    {"server_id", "01 11", "01 11 02 07 ff", "17", "", ""},
    {"file", "01 14 07 06 0004 0001 0001", "01 14 04 03 06 0dfe", "20", "file 4:1x1", "3582"},
    {"file_written", "01 15 09 06 0004 0007 0001 06af", "01 15 09 06 0004 0007 0001 06af", "21", "file 4:7x1", "1711"},
    {"mask", "01 16 0004 00f2 0025", "01 16 0004 00f2 0025", "22", "holding 4x1", "242,37"},
    {"read_and_write", "01 17 0003 0001 000e 0001 02 00ff", "01 17 02 00fe", "23", "holding 3x1,holding 14x1", "254,255"},
    {"fifo", "01 18 04de", "01 18 0006 0002 01b8 1284", "24", "holding 1246x1", "440,4740"},
    {"device_id", "01 2b 0e 01 00", "01 2b 0e 01 01 00 00 01 00 02 4d57", "43/14", "", "MW"},
};

TEST(modbus_rtu, each_function_is_framed_and_read) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    const auto request = serial(r.request), response = serial(r.response);
    for (const auto& whole : {request, response}) {
      EXPECT_EQ(size_of(whole), static_cast<int>(whole.size()));
      EXPECT_EQ(size_of(whole + request), static_cast<int>(whole.size()));
      const bool roc_plus_too = whole.size() > 5 && whole[5] + 8U == whole.size();  // its length stands in the sixth octet
      EXPECT_EQ(probe(whole), roc_plus_too ? match::unsure : match::certain);
      for (std::size_t n = 0; n < whole.size(); ++n) {
        EXPECT_EQ(size_of(cut(whole, n)), 0) << n;
        EXPECT_EQ(probe(cut(whole, n)), match::unsure) << n;
      }
    }
    conversation talk{"modbus_rtu"};
    EXPECT_EQ(talk.say(side::client, request), 0U);
    EXPECT_EQ(talk.say(side::server, response), 0U);
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.protocol, "modbus");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(op.outcome, outcome::ok);
    EXPECT_EQ(rules(talk.out), "");
    EXPECT_EQ(talk.out.counts.size(),
              2U + talk.out.counts.count("modbus/diagnostic_request/11") + talk.out.counts.count("modbus/mei_request/14"));
  }
}

TEST(modbus_rtu, an_exception_keeps_what_was_asked_for) {
  conversation talk{"modbus_rtu"};
  talk.say(side::client, serial("01 03 1000 0002"));
  talk.say(side::server, serial("01 83 02"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code, "2");
  EXPECT_EQ(text(talk.out.operations[0].objects), "holding 4096x2");
}

TEST(modbus_rtu, a_new_request_ends_the_one_before) {
  conversation talk{"modbus_rtu"};
  talk.say(side::client, serial("01 03 0000 0001"));
  talk.say(side::client, serial("01 03 0005 0001"));
  talk.say(side::server, serial("01 03 02 0009"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(text(talk.out.operations[1].objects) + '=' + text(talk.out.operations[1].values), "holding 5x1=9");
}

TEST(modbus_rtu, nobody_answers_a_broadcast) {
  conversation talk{"modbus_rtu"};
  talk.say(side::client, serial("00 06 0001 0002"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::none);
}

TEST(modbus_rtu, a_wrong_crc_is_reported_and_not_read) {
  auto bad = serial("01 06 0001 0002");
  bad.back() ^= 1;
  conversation talk{"modbus_rtu"};
  EXPECT_EQ(talk.say(side::client, bad), 0U);
  EXPECT_EQ(talk.say(side::client, bad + serial("01 06 0003 0004")), 0U);
  EXPECT_EQ(rules(talk.out), "crc,crc");
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(text(talk.out.operations[0].objects), "holding 3x1");
}

TEST(modbus_rtu, a_frame_too_short_is_reported) {
  recorder out;
  const std::vector<std::uint8_t> data{1, 3, 0};
  message m;
  m.data = data;
  (void)named("modbus_rtu").about.open()->on_message(m, out);
  EXPECT_EQ(rules(out), "length");
}

TEST(modbus_rtu, probe_leaves_others_alone) {
  EXPECT_EQ(probe(hex("0001 0000 0006 01 03 0000 0001")), match::no);    // MBAP
  EXPECT_EQ(probe(hex("0103 0000 0006 01 03 0000 0001")), match::no);    // MBAP with a transaction that looks like unit and function
  EXPECT_EQ(probe(hex("474554202f20485454502f312e310d0a")), match::no);  // HTTP
  EXPECT_EQ(probe(hex("0300 0016 11e0 0000 0001 00c1 0201 00c2 0201 02c0 010a")), match::no);  // TPKT
  EXPECT_EQ(probe(hex("1603 0100 8501 0000 8103 03")), match::no);                             // TLS: function 3, but no CRC
  EXPECT_EQ(probe(hex("01 00")), match::no);
  EXPECT_EQ(probe(hex("f8 03")), match::no);
  EXPECT_EQ(probe(serial("f8 06 0001 0002")), match::no);  // no such unit
  EXPECT_EQ(probe(serial("01 06 0001 0002") + hex("ff00 ff00 ff00")), match::yes);
  EXPECT_EQ(probe(serial("01 06 0001 0002") + serial("02 06 0001 0002")), match::certain);
  EXPECT_EQ(probe(serial("01 03 0000 00ff")), match::yes);     // a quantity that may not be
  EXPECT_EQ(probe(serial("01 02 0304 0600")), match::unsure);  // ROC Plus says so, too: opcode 6, no data
  EXPECT_EQ(probe(serial("01 05 0001 ff00") + serial("01 06 0001 0002")), match::certain);
  EXPECT_EQ(probe(serial("01 33 0102")), match::unsure);
  EXPECT_EQ(probe(serial("01 5a 00 12")), match::yes);
}

TEST(modbus_rtu, umas_goes_by_serial_lines_too) {
  conversation talk{"modbus_rtu"};
  talk.say(side::client, serial("01 5a 01 41 ff00"));
  talk.say(side::server, serial("01 5a 01 fe"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].protocol, "umas");
  EXPECT_EQ(talk.out.operations[0].action, action::stop);
}

TEST(modbus_rtu, a_field_device_may_have_called_its_master) {
  conversation talk{"modbus_rtu"};
  for (int i = 0; i < 3; ++i) {
    talk.say(side::server, serial("01 03 0000 0001"));
    talk.say(side::client, serial("01 03 02 0005"));
  }
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::ok);
  EXPECT_EQ(talk.out.askers.back(), side::server);
}

TEST(modbus_rtu, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("modbus_rtu", {{side::client, serial(r.request)}, {side::server, serial(r.response)}});
}

}  // namespace
}  // namespace mw::test
