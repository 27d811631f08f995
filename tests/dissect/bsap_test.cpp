// BSAP: signals read and written over UDP and in frames of a serial line.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string little(std::uint64_t n, unsigned octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (; octets > 0; --octets, n >>= 8) out += digits[n >> 4 & 15], out += digits[n & 15];
  return out;
}
/// A datagram of one message.
std::string datagram(unsigned kind, unsigned sequence, const std::string& body) {
  const auto size = hex(body).size() + 9;
  return "0e00 0100" + little(kind, 2) + "01000000 00000000" + little(size, 4) + "0c" + little(sequence, 4) + body;
}
std::string ask(const std::string& body, unsigned sequence = 5) { return datagram(6, sequence, body); }
std::string reply(const std::string& body, unsigned sequence = 5) { return datagram(5, sequence, body); }

std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : " ") += o.address;
  return out;
}
std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : " ") += to_string(v);
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "-";
}
std::string rules(const recorder& out) {
  std::string all;
  for (const auto& v : out.violations) (all += all.empty() ? "" : ",") += v.rule;
  return all;
}
const std::string pump = "4050554d5000", level = "404c4556454c00";  // @PUMP, @LEVEL
const std::string both = "a0 00 04 03 d0 01 0f 02" + pump + level, both_said = "00 02 00 01 0400 2477 02 0000c841 0600 2477";

TEST(bsap, each_request_is_one_operation) {
  const struct {
    std::string name, request, answer, function, objects, values;
    action what;
    std::string how = "ok", field = "", said = "", violations = "";
  } rows[] = {
      {"by_name", both, both_said, "160/4", "@PUMP @LEVEL", "true 25", action::read, "ok", "security_level", "15"},
      {"values_only", "a0 00 04 01 c0 0f 01" + level, "00 01 02 0000c841", "160/4", "@LEVEL", "25", action::read},
      {"other_fields", "a0 00 04 01 ff 0f 01" + level, "00 01 02 0000c841", "160/4", "@LEVEL", "", action::read, "ok", "answer",
       "0x020000c841"},
      {"by_address", "a0 00 00 01 c0 2477 0f 02 0400 0600", "00 02 00 01 02 0000c841", "160/0", "4 6", "true 25", action::read, "ok",
       "database_version", "30500"},
      {"missing_signal", both, "00 01 00 01 0400 2477", "160/4", "@PUMP @LEVEL", "true", action::read, "ok", "", "", "mismatch"},
      {"refused", both, "04 00", "160/4", "@PUMP @LEVEL", "", action::read, "refused"},
      {"set_true", "a0 00 80 2477 0f 01 1100 09", "00 00", "160/128", "17", "true", action::write, "ok", "write_codes", "9"},
      {"set_false", "a0 00 80 2477 0f 01 1100 0a", "00 00", "160/128", "17", "false", action::write},
      {"set_analog", "a0 00 80 2477 0f 02 1100 0b 0000c841 1200 09", "00 00", "160/128", "17 18", "25 true", action::write, "ok",
       "write_codes", "11 9"},
      {"set_by_name", "a0 00 84 0f 01" + pump + "09", "00 00", "160/132", "@PUMP", "true", action::write},
      {"layout_not_known", "a0 00 80 2477 0f 02 1100", "00 00", "160/128", "", "", action::write, "ok", "data", "0x24770f021100"},
      {"list", "a0 00 0c 01 02", "00 00", "160/12", "", "", action::read, "ok", "data", "0x0102"},
      {"reset", "a1 00 0101", "00 00", "161/257", "", "", action::restart},
      {"clock", "a1 00 8102 0102", "00 00", "161/641", "", "", action::time_sync},
      {"node_address", "a1 00 0004 07", "00 00", "161/1024", "", "", action::configure},
      {"flash", "68 00 0102", "00 00", "104", "", "", action::firmware, "ok", "data_size", "2"},
      {"download", "78 00", "00 00", "120", "", "", action::program_download},
      {"not_known", "99 00", "00 00", "153", "", "", action::diagnose, "ok", "", "", "function"},
      {"silence", both, "", "160/4", "@PUMP @LEVEL", "", action::read, "timeout"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"bsap", transport::udp};
    talk.client(ask(r.request));
    if (!r.answer.empty()) talk.server(reply(r.answer));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), r.how);
    if (!r.field.empty()) {
      EXPECT_EQ(field_of(op, r.field), r.said);
    }
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["bsap/datagram/3584"], r.answer.empty() ? 1U : 2U);
  }
}

TEST(bsap, an_address_is_called_by_the_name_that_was_read) {
  conversation talk{"bsap", transport::udp};
  talk.client(ask(both)), talk.server(reply(both_said));
  talk.client(ask("a0 00 80 2477 0f 01 0400 0a", 6)), talk.server(reply("00 00", 6));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(field_of(talk.out.operations[1], "signals"), "@PUMP");
  const std::string half = "a0 00 04 03 d0 01 0f ff";
  std::string request = half, answer = "00 ff";
  for (unsigned round = 0; round < 5; ++round) {
    request = half, answer = "00 ff";
    for (unsigned i = 0; i < 255; ++i) {
      const auto address = round * 255 + i;
      request += "40" + little(0x414141 + (address >> 8 << 16) + ((address >> 4 & 15) << 8) + (address & 15), 3) + "00",
          answer += "0001" + little(address, 2) + "2477";
    }
    talk.client(ask(request)), talk.server(reply(answer));
  }
  EXPECT_EQ(talk.out.counts["bsap/forgotten/name"], 5U * 255U - 1024U);
}

TEST(bsap, messages_of_one_datagram_and_their_acknowledgement) {
  conversation talk{"bsap", transport::udp};
  talk.client(ask(both, 1)), talk.client(ask(both, 2));
  const auto one = reply(both_said, 2), two = reply(both_said, 1);
  const auto block = [](const std::string& d) { return d.substr(d.find("00000000") + 8); };
  talk.server("0e00 0200 0500 01000000 00000000" + block(one) + block(two));
  talk.client("0e00 0000 0000 00000000 01000000");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(text(talk.out.operations[1].values), "true 25");
  EXPECT_EQ(rules(talk.out), "");
  talk.server(reply(both_said, 9));
  EXPECT_EQ(to_string(talk.out.operations.back().outcome), "unpaired");
  talk.client(ask(both, 3));
  talk.wait(std::chrono::seconds{40});
  EXPECT_EQ(to_string(talk.out.operations.back().outcome), "timeout");
  for (unsigned i = 0; i < 300; ++i) talk.client(ask(both, 100 + i));
  EXPECT_EQ(talk.out.operations.size(), 4U + 44U);
}

TEST(bsap, frames_of_a_line) {
  conversation talk{"bsap", transport::udp};
  talk.client("10 02 05 01 a0 0700 03 00 04 01 c0 0f 01" + level + "10 03 1234");
  talk.server("10 02 05 01 03 0700 a0 00 00 01 02 0000c841 10 03 1234");
  talk.client("10 02 85 01 0200 0000 00 a0 1010 00 03 00 80 2477 0f 01 1100 0a 10 03 1234");  // sequence 16, doubled on the line
  talk.server("10 02 80 01 0000 0200 00 03 1010 00 a0 00 00 10 03 1234");
  talk.client("10 02 05 01 85 00 10 03 1234");  // a poll of the line
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].unit, "5");
  EXPECT_EQ(text(talk.out.operations[0].values), "25");
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "ok");
  EXPECT_EQ(talk.out.operations[1].unit, "2");
  EXPECT_EQ(talk.out.operations[1].function, "160/128");
  EXPECT_EQ(to_string(talk.out.operations[1].outcome), "ok");
  EXPECT_EQ(talk.out.counts["bsap/serial_function/133"], 1U);
  EXPECT_EQ(rules(talk.out), "");
  talk.client("10 02 05 01 a0 0700 03 00 04 01");
  EXPECT_EQ(rules(talk.out), "framing");
}

TEST(bsap, what_breaks_a_rule) {
  const struct {
    std::string data, rule;
  } rows[] = {
      {"0e", "length"},
      {"0f00 0100 0600 01000000 00000000", "header"},
      {"0e00 0100 0600 01000000 00000000 05000000 0c", "length"},
      {"0e00 0100 0600 01000000 00000000 20000000 0c 05000000 a0 00", "length"},
      {"0e00 0100 0700 01000000 00000000 0b000000 0c 05000000 a000", "kind"},
      {"0e00 0000 0000 00000000 01000000 00", "length"},
      {"0e00 ff00 0600 01000000 00000000", "blocks"},
      {ask(both) + "00", "length"},
      {"10 02 05 10 03 1234", "length"},
  };
  for (const auto& r : rows) {
    conversation talk{"bsap", transport::udp};
    talk.client(r.data);
    EXPECT_EQ(rules(talk.out), r.rule) << r.data;
    talk.client(ask(both, 8)), talk.server(reply(both_said, 8));
    EXPECT_EQ(to_string(talk.out.operations.back().outcome), "ok") << r.data;
  }
}

TEST(bsap, what_is_bsap) {
  const auto thinks = [](const std::string& data, transport t = transport::udp) { return named("bsap").about.probe(hex(data), t); };
  EXPECT_EQ(thinks(ask(both)), match::yes);
  EXPECT_EQ(thinks(reply(both_said)), match::yes);
  EXPECT_EQ(thinks("0e00 0000 0000 00000000 01000000"), match::yes);
  EXPECT_EQ(thinks("10 02 05 01 a0 0700 03 00 04 01 10 03 1234"), match::yes);
  EXPECT_EQ(thinks(ask(both), transport::tcp), match::no);
  EXPECT_EQ(thinks(ask(both) + "00"), match::no);
  EXPECT_EQ(thinks("0e00 0000 0000 00000000 01000000 00"), match::no);
  EXPECT_EQ(thinks("0e00 0100 0600 01000000 00000000"), match::no);
  EXPECT_EQ(thinks("0e00 0100 0700 01000000 00000000 0b000000 0c 05000000 a000"), match::no);
  EXPECT_EQ(thinks("10 02 05 01 a0 0700 03 00 04 01 10 04 1234"), match::no);
  EXPECT_EQ(thinks(""), match::no);
}

TEST(bsap, no_byte_is_read_that_is_not_there) {
  every_prefix("bsap",
               {{side::client, hex(ask(both))},
                {side::server, hex(reply(both_said))},
                {side::client, hex(ask("a0 00 80 2477 0f 02 1100 0b 0000c841 1200 09", 6))},
                {side::client, hex("10 02 85 01 0200 0000 00 a0 1010 00 03 00 80 2477 0f 01 1100 0a 10 03 1234")},
                {side::server, hex("10 02 80 01 0000 0200 00 03 1010 00 a0 00 00 10 03 1234")}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
