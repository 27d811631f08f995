// GOOSE: one operation for each publication, what a publisher owes its subscribers, management, and the routed form.
#include "tests/dissect/bytes.hpp"
#include "tests/dissect/modbus_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

/// A publication of control block "P/LLN0$GO$a".
struct said {
  std::uint64_t state = 1, sequence = 0, configuration = 1, entries = 1, allowed = 1000;
  std::string data = "830101";
  std::string simulation = "00", name = "P/LLN0$GO$a";
  std::string apdu() const {
    return hex_tlv(0x61, hex_tlv(0x80, hex_text(name)) + hex_tlv(0x81, hex_number(allowed, 4)) + hex_tlv(0x82, hex_text("P/LLN0$d")) +
                             hex_tlv(0x83, hex_text("a")) + hex_tlv(0x84, "386ebbf3 800000 2a") + hex_tlv(0x85, hex_number(state, 5)) +
                             hex_tlv(0x86, hex_number(sequence, 5)) + hex_tlv(0x87, simulation) +
                             hex_tlv(0x88, hex_number(configuration, 1)) + hex_tlv(0x89, "00") + hex_tlv(0x8a, hex_number(entries, 1)) +
                             hex_tlv(0xab, data));
  }
};
std::string frame(const std::string& apdu, unsigned appid = 3, const std::string& reserved = "0000 0000") {
  return hex_number(appid, 2) + hex_number(hex(apdu).size() + 8, 2) + reserved + apdu;
}
std::string publish(const said& s) { return frame(s.apdu()); }

conversation on_wire() { return conversation{"goose", transport::ethernet}; }

TEST(goose, a_publication_is_one_operation) {
  auto talk = on_wire();
  talk.client(publish({.state = 7, .sequence = 2, .configuration = 5}) + "0000");  // padded
  ASSERT_EQ(talk.out.operations.size(), 1U);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.unit, "3");
  EXPECT_EQ(op.function, "publish");
  EXPECT_EQ(to_string(op.action), "report");
  EXPECT_EQ(to_string(op.outcome), "none");
  EXPECT_EQ(text(op.objects), "goose P/LLN0$GO$ax1");
  EXPECT_EQ(text(op.values), "true");
  EXPECT_EQ(field_of(op, "stNum"), "7");
  EXPECT_EQ(field_of(op, "sqNum"), "2");
  EXPECT_EQ(field_of(op, "timeAllowedToLive"), "1000");
  EXPECT_EQ(field_of(op, "confRev"), "5");
  EXPECT_EQ(field_of(op, "goID"), "a");
  EXPECT_EQ(field_of(op, "datSet"), "P/LLN0$d");
  EXPECT_EQ(field_of(op, "timeQuality"), "42");
  EXPECT_EQ(field_of(op, "clockNotSynchronized"), "true");
  EXPECT_EQ(field_of(op, "clockFailure"), "absent");
  EXPECT_EQ(field_of(op, "simulation"), "false");
  EXPECT_EQ(field_of(op, "ndsCom"), "false");
  EXPECT_EQ(field_of(op, "numDatSetEntries"), "1");
  EXPECT_EQ(field_of(op, "extension"), "absent");
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(talk.out.counts["goose/appid/3"], 1U);
  EXPECT_EQ(fact_of(talk.out, "role"), "3=goose_publisher");
  EXPECT_EQ(fact_of(talk.out, "control_block"), "3=P/LLN0$GO$a");
  EXPECT_EQ(fact_of(talk.out, "logical_device"), "3=P");
  talk.client(publish({.state = 7, .sequence = 3, .configuration = 5}));
  EXPECT_EQ(talk.out.facts.size(), 3U);  // told once
}

TEST(goose, members_have_the_value_of_their_kind) {
  const struct {
    const char* name;
    std::string data, values, violations;
    std::uint64_t entries = 1;
  } rows[] = {
      {"false", "830100", "false", ""},
      {"bits", "8402 06 80", "10", ""},
      {"no_bits", "8401 00", "", ""},
      {"bits_of_another_form", "8402 09 80", "0x0980", "value"},
      {"minus_one", "8501ff", "-1", ""},
      {"unsigned", "8602 01f4", "500", ""},
      {"unsigned_of_five", "8605 00ffffffff", "4294967295", ""},
      {"float", "8705 08 3fc00000", "1.5", ""},
      {"double", "8709 0b 3ff8000000000000", "1.5", ""},
      {"float_of_another_form", "8703 08 3fc0", "0x083fc0", "value"},
      {"real", "880100", "0x00", ""},
      {"octets", "8903 deadbe", "0xdeadbe", ""},
      {"text", "8a02 4f4b", "OK", ""},
      {"midnight_1984", "8c06 000003e8 0000", "441763201", ""},
      {"time_of_day", "8c04 000003e8", "1", ""},
      {"bcd", "8d01 12", "18", ""},
      {"booleans", "8e02 05 a0", "101", ""},
      {"object_id", "8f03 2b0601", "1.3.6.1", ""},
      {"mms_text", "900161", "a", ""},
      {"time", "9108 386ebbf3 800000 0a", "946781171.5", ""},
      {"time_of_seven", "9107 386ebbf3 800000", "0x386ebbf3800000", "value"},
      {"structure", "a207 830101 8402 0680", "true,10", ""},
      {"array_and_more", "a106 830101 830100 830101", "true,false,true", "", 2},
      {"unknown_kind", "9a0101", "0x01", "value"},
      {"cut", "83010183", "true", "value"},
      {"entries_lie", "830101 830100", "true,false", "entries"},
      {"none", "", "", "", 0},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    auto talk = on_wire();
    talk.client(publish({.entries = r.entries, .data = r.data}));
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(text(talk.out.operations[0].values), r.values);
    EXPECT_EQ(rules(talk.out), r.violations);
  }
}

TEST(goose, structures_may_not_nest_without_end) {
  auto talk = on_wire();
  std::string data = "830101";
  for (int i = 0; i < 12; ++i) data = hex_tlv(0xa2, data);
  talk.client(publish({.data = data}));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(rules(talk.out), "value");
}

TEST(goose, a_publisher_is_held_to_its_counters) {
  const std::uint64_t most = 0xffffffff;
  const struct {
    const char* name;
    said before, after;
    std::string rule;
  } rows[] = {
      {"next_message", {.state = 4, .sequence = 1}, {.state = 4, .sequence = 2}, ""},
      {"next_state", {.state = 4, .sequence = 9}, {.state = 5, .sequence = 0, .data = "830100"}, ""},
      {"state_begins_at_one", {.state = 4, .sequence = 9}, {.state = 5, .sequence = 1}, ""},
      {"sequence_rolls_over", {.state = 4, .sequence = most}, {.state = 4, .sequence = 1}, ""},
      {"sequence_rolls_over_to_zero", {.state = 4, .sequence = most}, {.state = 4, .sequence = 0}, ""},
      {"state_rolls_over", {.state = most, .sequence = 2}, {.state = 1, .sequence = 0}, ""},
      {"message_lost", {.state = 4, .sequence = 1}, {.state = 4, .sequence = 3}, "sequence_gap"},
      {"first_message_lost", {.state = 4, .sequence = 1}, {.state = 5, .sequence = 2}, "sequence_gap"},
      {"message_twice", {.state = 4, .sequence = 1}, {.state = 4, .sequence = 1}, "sequence_duplicate"},
      {"message_again_with_other_values",
       {.state = 4, .sequence = 1},
       {.state = 4, .sequence = 1, .data = "830100"},
       "sequence_duplicate,values_without_state"},
      {"message_of_before", {.state = 4, .sequence = 8}, {.state = 4, .sequence = 5}, "sequence_decrease"},
      {"state_lost", {.state = 4, .sequence = 8}, {.state = 6, .sequence = 0}, "state_gap"},
      {"injected_state", {.state = 4, .sequence = 8}, {.state = 9999, .sequence = 0}, "state_gap"},
      {"state_of_before", {.state = 4, .sequence = 8}, {.state = 3, .sequence = 9}, "state_decrease"},
      {"began_anew", {.state = 4, .sequence = 8}, {.state = 1, .sequence = 0}, "state_reset"},
      {"began_anew_in_the_first_state", {.state = 1, .sequence = 8}, {.state = 1, .sequence = 1, .data = "830100"}, "state_reset"},
      {"values_without_state", {.state = 4, .sequence = 1}, {.state = 4, .sequence = 2, .data = "830100"}, "values_without_state"},
      {"configuration",
       {.state = 4, .sequence = 1, .configuration = 1},
       {.state = 4, .sequence = 2, .configuration = 2},
       "configuration_changed"},
      {"simulation_begins", {.state = 4, .sequence = 1}, {.state = 4, .sequence = 2, .simulation = "01"}, "simulated"},
      {"simulation_ends", {.state = 4, .sequence = 1, .simulation = "01"}, {.state = 4, .sequence = 2}, "simulated"},
      {"simulation_goes_on", {.state = 4, .sequence = 1, .simulation = "01"}, {.state = 4, .sequence = 2, .simulation = "01"}, "simulated"},
      {"other_block", {.state = 4, .sequence = 1}, {.state = 9, .sequence = 5, .name = "P/LLN0$GO$b"}, ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    auto talk = on_wire();
    talk.client(publish(r.before));
    talk.client(publish(r.after));
    EXPECT_EQ(rules(talk.out), r.rule);
    EXPECT_EQ(talk.out.operations.size(), 2U);
  }
}

TEST(goose, the_head_may_say_that_it_is_a_simulation) {
  auto talk = on_wire();
  talk.client(frame(said{}.apdu(), 3, "8000 0000"));
  EXPECT_EQ(rules(talk.out), "simulated");
  EXPECT_EQ(field_of(talk.out.operations.at(0), "simulation"), "true");
}

TEST(goose, silence_beyond_what_was_allowed_is_told_once) {
  auto talk = on_wire();
  talk.client(publish({.sequence = 1}));
  talk.wait(std::chrono::milliseconds{999});
  EXPECT_EQ(rules(talk.out), "");
  talk.wait(std::chrono::milliseconds{2});
  talk.wait(std::chrono::seconds{5});
  EXPECT_EQ(rules(talk.out), "time_allowed_to_live");
  talk.client(publish({.sequence = 2}));
  EXPECT_EQ(rules(talk.out), "time_allowed_to_live");
  talk.now += std::chrono::seconds{2};  // nobody told the time
  talk.client(publish({.sequence = 3}));
  EXPECT_EQ(rules(talk.out), "time_allowed_to_live,time_allowed_to_live");
}

TEST(goose, both_ends_may_not_publish_one_control_block) {
  auto talk = on_wire();
  talk.client(publish({.state = 4, .sequence = 1}));
  talk.server(publish({.state = 90, .sequence = 1}));
  EXPECT_EQ(rules(talk.out), "second_publisher");
  talk.client(publish({.state = 4, .sequence = 2}));
  talk.server(publish({.state = 90, .sequence = 2}));
  EXPECT_EQ(rules(talk.out), "second_publisher");
}

TEST(goose, what_is_wrong_with_a_message_is_told) {
  const auto name = hex_tlv(0x80, hex_text("P")), rest = hex_tlv(0x81, "01") + hex_tlv(0x82, "61") + hex_tlv(0x84, "386ebbf38000002a") +
                                                         hex_tlv(0x85, "01") + hex_tlv(0x86, "00") + hex_tlv(0x88, "01") +
                                                         hex_tlv(0x8a, "00") + hex_tlv(0xab, "");
  const struct {
    const char* name;
    std::string frame, rules;
    std::size_t operations;
  } rows[] = {
      {"optional_ones_absent", frame(hex_tlv(0x61, name + rest)), "", 1},
      {"head_cut", "0003 0009 0000", "length", 0},
      {"announces_more", "0003 00ff 0000 0000" + said{}.apdu(), "length", 1},
      {"announces_less_than_head", "0003 0004 0000 0000" + said{}.apdu(), "length", 1},
      {"cut", frame("6105 80015081"), "encoding", 0},
      {"inner_cut", frame("6103 800550"), "encoding", 0},
      {"no_apdu", frame(""), "encoding", 0},
      {"another_pdu", frame("620100"), "encoding", 0},
      {"no_name", frame(hex_tlv(0x61, rest)), "missing_field", 1},
      {"no_configuration",
       frame(hex_tlv(0x61, name + hex_tlv(0x81, "01") + hex_tlv(0x82, "61") + hex_tlv(0x84, "386ebbf38000002a") + hex_tlv(0x85, "01") +
                               hex_tlv(0x86, "00") + hex_tlv(0x8a, "00") + hex_tlv(0xab, ""))),
       "missing_field", 1},
      {"twice", frame(hex_tlv(0x61, name + name + rest)), "encoding", 1},
      {"too_late", frame(hex_tlv(0x61, rest + name)), "order", 1},
      {"stranger", frame(hex_tlv(0x61, "0c0161" + name + rest)), "encoding", 1},
      {"stranger_behind", frame(hex_tlv(0x61, name + rest + "8c0161")), "", 1},
      {"number_of_nine", frame(hex_tlv(0x61, name + hex_tlv(0x81, "010203040506070809") + rest.substr(6))), "value", 1},
      {"security_behind", frame(said{}.apdu() + "af0101"), "", 1},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    auto talk = on_wire();
    talk.client(r.frame);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(talk.out.operations.size(), r.operations);
    talk.client(publish({.name = "Q"}));  // and goes on
    EXPECT_EQ(talk.out.operations.size(), r.operations + 1);
  }
}

TEST(goose, management_is_asked_and_answered) {
  const auto pdu = [](unsigned state, unsigned direction, const std::string& service) {
    return frame(hex_tlv(0x60, hex_tlv(0x80, hex_number(state, 1)) + hex_tlv(direction, service)));
  };
  const auto ask = pdu(7, 0xa1, hex_tlv(0xa2, hex_tlv(0x80, hex_text("P/a")) + hex_tlv(0xa1, "1a0178 1a0179")));
  const struct {
    const char* name;
    std::string request, response, function, values, outcome, code, rules;
  } rows[] = {
      {"elements", ask,
       pdu(7, 0xa2,
           hex_tlv(0xa2, hex_tlv(0x80, hex_text("P/a")) + hex_tlv(0x81, "02") +
                             hex_tlv(0xa2, hex_tlv(0x80, "64") + hex_tlv(0xa1, "800104 820101")))),
       "get_goose_element_number", "4,null", "ok", "", ""},
      {"references", pdu(7, 0xa1, hex_tlv(0xa1, hex_tlv(0x80, hex_text("P/a")) + hex_tlv(0xa1, "020104"))),
       pdu(7, 0xa2, hex_tlv(0xa1, hex_tlv(0x80, hex_text("P/a")) + hex_tlv(0xa2, hex_tlv(0xa1, "810178")))), "get_go_reference", "x", "ok",
       "", ""},
      {"refused", ask, pdu(7, 0xa2, hex_tlv(0xa2, hex_tlv(0x80, hex_text("P/a")) + hex_tlv(0x83, "01"))), "get_goose_element_number", "",
       "refused", "1", ""},
      {"not_supported", ask, pdu(7, 0xa2, "8000"), "get_goose_element_number", "", "refused", "", ""},
      {"other_state", ask, pdu(8, 0xa2, "8000"), "not_supported", "", "unpaired", "", "unpaired_response"},
      {"no_form", ask, frame("6003 800107"), "get_goose_element_number", "", "timeout", "", "encoding"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    auto talk = on_wire();
    talk.client(r.request);
    talk.server(r.response);
    talk.end();
    ASSERT_FALSE(talk.out.operations.empty());
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function_name, r.function);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), r.outcome);
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(to_string(op.action), "identify");
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(talk.out.askers[0], side::client);
  }
  auto talk = on_wire();
  talk.client(ask);
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "timeout");
  EXPECT_EQ(text(talk.out.operations[0].objects), "goose P/ax1");
  EXPECT_EQ(field_of(talk.out.operations[0], "asked"), "x,y");
}

std::string routed(const std::string& payloads, const std::string& key = "00000000", const std::string& behind = "") {
  const auto size = hex(payloads).size();
  return "0140 a117 8015" + hex_number(size + 21 + hex(behind).size(), 4) + "00000009 0002 00000000 0000" + key + "00" +
         hex_number(size, 4) + payloads + behind;
}
std::string payload(const std::string& apdu, unsigned user = 0x81) {
  return hex_number(user, 1) + "00 0004" + hex_number(hex(apdu).size(), 2) + apdu;
}

TEST(goose, the_routed_form_is_the_same_message) {
  conversation talk{"goose", transport::udp};
  talk.client(routed(payload(said{}.apdu()) + payload(said{.name = "Q"}.apdu()) + payload("6000", 0x82), "00000001", "85 02 abcd"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].unit, "4");
  EXPECT_EQ(text(talk.out.operations[1].objects), "goose Qx1");
  EXPECT_EQ(field_of(talk.out.operations[0], "spduNumber"), "9");
  EXPECT_EQ(field_of(talk.out.operations[0], "signed"), "true");
  EXPECT_EQ(talk.out.counts["goose/routed/161"], 2U);
  EXPECT_EQ(rules(talk.out), "");
  talk.client(routed("81 00 0004 0009 61"));
  EXPECT_EQ(rules(talk.out), "length");
  talk.client(routed("55 00 0004 0009 61", "00000001"));  // encrypted
  EXPECT_EQ(rules(talk.out), "length");
  EXPECT_EQ(talk.out.counts["goose/payload/not_readable"], 1U);
  talk.client(routed(payload("6000", 0x82)));
  EXPECT_EQ(talk.last, verdict::not_mine);
}

TEST(goose, only_whole_messages_are_recognised) {
  const auto& about = named("goose").about;
  const auto whole = hex(routed(payload(said{}.apdu())));
  EXPECT_EQ(about.probe(whole, transport::udp), match::yes);
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_EQ(about.probe(bytes{whole}.first(n), transport::udp), match::no) << n;
  EXPECT_EQ(about.probe(hex(routed(payload("6000", 0x82))), transport::udp), match::no);
  EXPECT_EQ(about.probe(hex(publish(said{})), transport::ethernet), match::yes);
  EXPECT_EQ(about.probe(hex(publish(said{})), transport::tcp), match::no);
}

TEST(goose, control_blocks_are_bounded) {
  auto talk = on_wire();
  for (unsigned i = 0; i < 130; ++i) talk.client(publish({.name = "P/" + std::to_string(i)}));
  EXPECT_EQ(talk.out.counts["goose/forgotten/control_block"], 2U);
  talk.client(publish({.sequence = 5, .name = "P/129"}));
  EXPECT_EQ(rules(talk.out), "sequence_gap");
  talk.client(publish({.sequence = 5, .name = "P/0"}));  // forgotten
  EXPECT_EQ(rules(talk.out), "sequence_gap");
}

TEST(goose, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix(
      "goose",
      {{side::client, hex(publish({.data = "830101 a206 8402 0680 8500 8705 083fc00000 9108 386ebbf3800000 0a"}))},
       {side::client,
        hex(frame(hex_tlv(0x60, hex_tlv(0x80, "07") + hex_tlv(0xa1, hex_tlv(0xa2, hex_tlv(0x80, "50") + hex_tlv(0xa1, "1a0178"))))))},
       {side::server,
        hex(frame(hex_tlv(
            0x60, hex_tlv(0x80, "07") + hex_tlv(0xa2, hex_tlv(0xa2, hex_tlv(0x80, "50") + hex_tlv(0xa2, hex_tlv(0xa1, "800104")))))))}},
      transport::ethernet);
  every_prefix("goose", {{side::client, hex(routed(payload(said{}.apdu()), "00000001", "85 02 abcd"))}}, transport::udp);
}

}  // namespace
}  // namespace mw::test
