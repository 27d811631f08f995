// Sampled values: one operation for each message, streams held to their counter and clock, and the routed form.
#include "tests/dissect/bytes.hpp"
#include "tests/dissect/modbus_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

struct sample {
  unsigned count = 1, configuration = 1, synchronized = 2;
  std::string id = "mu1", data = "ffffffff 00000000 00000064 00002000", more;
  std::string asdu() const {
    return hex_tlv(0x30, hex_tlv(0x80, hex_text(id)) + hex_tlv(0x82, hex_number(count, 2)) + hex_tlv(0x83, hex_number(configuration, 4)) +
                             hex_tlv(0x85, hex_number(synchronized, 1)) + more + hex_tlv(0x87, data));
  }
};
std::string apdu(const std::string& asdus, unsigned announced = 1) {
  return hex_tlv(0x60, hex_tlv(0x80, hex_number(announced, 1)) + hex_tlv(0xa2, asdus));
}
std::string frame(const std::string& apdu, const std::string& reserved = "0000 0000") {
  return "4001" + hex_number(hex(apdu).size() + 8, 2) + reserved + apdu;
}
std::string publish(const sample& s) { return frame(apdu(s.asdu())); }
conversation on_wire() { return conversation{"sv", transport::ethernet}; }

TEST(sv, a_message_is_one_operation) {
  auto talk = on_wire();
  talk.client(publish({.count = 280, .configuration = 3}));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.unit, "16385");
  EXPECT_EQ(op.function, "publish");
  EXPECT_EQ(to_string(op.action), "report");
  EXPECT_EQ(to_string(op.outcome), "none");
  EXPECT_EQ(text(op.objects), "sv mu1x1");
  EXPECT_TRUE(op.values.empty());
  EXPECT_EQ(field_of(op, "smpCnt"), "280");
  EXPECT_EQ(field_of(op, "confRev"), "3");
  EXPECT_EQ(field_of(op, "smpSynch"), "2");
  EXPECT_EQ(field_of(op, "smpRate"), "absent");
  EXPECT_EQ(field_of(op, "asdus"), "1");
  EXPECT_EQ(field_of(op, "channel1"), "-1");
  EXPECT_EQ(field_of(op, "channel2"), "100");
  EXPECT_EQ(field_of(op, "channel3"), "absent");
  EXPECT_EQ(field_of(op, "quality"), "8192");
  EXPECT_EQ(talk.out.counts["sv/appid/16385"], 1U);
  EXPECT_EQ(fact_of(talk.out, "role"), "16385=sv_publisher");
  EXPECT_EQ(fact_of(talk.out, "stream"), "16385=mu1");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(sv, optional_elements_are_told) {
  auto talk = on_wire();
  const auto before = hex_tlv(0x80, hex_text("mu1")) + hex_tlv(0x81, hex_text("MU/LLN0$d")) + hex_tlv(0x82, "0001") +
                      hex_tlv(0x83, "00000001") + hex_tlv(0x84, "386ebbf3 800000 0a") + hex_tlv(0x85, "01") + hex_tlv(0x86, "0fa0") +
                      hex_tlv(0x87, "00000001 ffffffff") + hex_tlv(0x88, "0001") + hex_tlv(0x89, "0001020304050607");
  talk.client(frame(apdu(hex_tlv(0x30, before))));
  const auto& op = talk.out.operations.at(0);
  EXPECT_EQ(field_of(op, "datSet"), "MU/LLN0$d");
  EXPECT_EQ(field_of(op, "refrTm"), "946781171.5");
  EXPECT_EQ(field_of(op, "smpRate"), "4000");
  EXPECT_EQ(field_of(op, "smpMod"), "1");
  EXPECT_EQ(field_of(op, "gmIdentity"), "0x0001020304050607");
  EXPECT_EQ(field_of(op, "sampleSize"), "8");
  EXPECT_EQ(field_of(op, "channel1"), "absent");  // another layout: no quality has all bits
  EXPECT_EQ(rules(talk.out), "");
}

TEST(sv, samples_of_one_stream_are_one_object) {
  auto talk = on_wire();
  talk.client(frame(apdu(sample{.count = 4}.asdu() + sample{.count = 5}.asdu() + sample{.count = 9, .id = "mu2"}.asdu(), 3)));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(text(talk.out.operations[0].objects), "sv mu1x2,sv mu2x1");
  EXPECT_EQ(field_of(talk.out.operations[0], "asdus"), "3");
  EXPECT_EQ(talk.out.counts["sv/message/asdu"], 3U);
  EXPECT_EQ(rules(talk.out), "");
  talk.client(frame(apdu(sample{.count = 6}.asdu() + sample{.count = 7}.asdu(), 2)));
  EXPECT_EQ(rules(talk.out), "");
}

TEST(sv, a_stream_is_held_to_its_counter_and_clock) {
  const struct {
    const char* name;
    std::vector<sample> samples;
    std::string rules;
  } rows[] = {
      {"in_order", {{.count = 1}, {.count = 2}, {.count = 3}}, ""},
      {"second_ends", {{.count = 3999}, {.count = 0}, {.count = 1}}, ""},
      {"second_ends_where_it_did", {{.count = 3}, {.count = 0}, {.count = 1}, {.count = 2}, {.count = 3}, {.count = 0}}, ""},
      {"gap", {{.count = 1}, {.count = 3}}, "sample_gap"},
      {"gap_at_the_end", {{.count = 3}, {.count = 0}, {.count = 1}, {.count = 2}, {.count = 0}}, "sample_gap"},
      {"end_learned_too_early", {{.count = 1}, {.count = 0}, {.count = 1}, {.count = 2}, {.count = 3}, {.count = 0}}, ""},
      {"gap_over_the_end", {{.count = 3999}, {.count = 1}}, "sample_gap"},
      {"duplicate", {{.count = 7}, {.count = 7}}, "sample_duplicate"},
      {"back", {{.count = 700}, {.count = 690}}, "sample_decrease"},
      {"configuration", {{.count = 1}, {.count = 2, .configuration = 2}}, "configuration_changed"},
      {"clock_lost", {{.count = 1}, {.count = 2, .synchronized = 0}, {.count = 3, .synchronized = 0}}, "synchronization_lost"},
      {"clock_local", {{.count = 1}, {.count = 2, .synchronized = 1}}, "synchronization_lost"},
      {"clock_found", {{.count = 1, .synchronized = 0}, {.count = 2, .synchronized = 2}}, ""},
      {"clock_reserved", {{.count = 1, .synchronized = 3}}, "value"},
      {"clock_of_an_area", {{.count = 1, .synchronized = 77}}, ""},
      {"rate", {{.count = 1, .more = "86020050"}, {.count = 2, .more = "86020100"}}, "rate_changed"},
      {"other_stream", {{.count = 1}, {.count = 99, .id = "mu2"}}, ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    auto talk = on_wire();
    for (const auto& s : r.samples) talk.client(publish(s));
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(talk.out.operations.size(), r.samples.size());
  }
}

TEST(sv, what_is_wrong_with_a_message_is_told) {
  const auto one = sample{}.asdu();
  const struct {
    const char* name;
    std::string frame, rules;
    std::size_t operations;
  } rows[] = {
      {"padded", publish({}) + "000000", "", 1},
      {"simulated", frame(apdu(one), "8000 0000"), "simulated", 1},
      {"head_cut", "4001 0009 0000", "length", 0},
      {"announces_more", "4001 00ff 0000 0000" + apdu(one), "length", 1},
      {"cut", frame("6005 800101"), "encoding", 0},
      {"another_pdu", frame("610100"), "encoding", 0},
      {"counts_wrong", frame(apdu(one, 2)), "asdu_count", 1},
      {"no_asdus", frame(hex_tlv(0x60, "800100")), "missing_field", 0},
      {"asdu_cut", frame(apdu(hex_tlv(0x30, "8005 6d75"))), "encoding", 0},
      {"no_asdu_at_all", frame(apdu("0c0161")), "encoding", 0},
      {"no_id", frame(apdu(hex_tlv(0x30, "82020001 830400000001 850102 870100"))), "missing_field", 1},
      {"no_clock", frame(apdu(hex_tlv(0x30, "80016d 82020001 830400000001 870100"))), "missing_field", 1},
      {"twice", frame(apdu(hex_tlv(0x30, "80016d 80016d 82020001 830400000001 850102 870100"))), "encoding", 1},
      {"too_late", frame(apdu(hex_tlv(0x30, "80016d 830400000001 82020001 850102 870100"))), "order", 1},
      {"count_of_three", frame(apdu(hex_tlv(0x30, "80016d 8203010000 830400000001 850102 870100"))), "value", 1},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    auto talk = on_wire();
    talk.client(r.frame);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(talk.out.operations.size(), r.operations);
    talk.client(publish({.id = "other"}));  // and goes on
    EXPECT_EQ(talk.out.operations.size(), r.operations + 1);
  }
}

TEST(sv, both_ends_may_not_publish_one_stream) {
  auto talk = on_wire();
  talk.client(publish({.count = 1}));
  talk.server(publish({.count = 900}));
  talk.client(publish({.count = 2}));
  talk.server(publish({.count = 901}));
  EXPECT_EQ(rules(talk.out), "second_publisher");
}

TEST(sv, asdus_and_streams_are_bounded) {
  auto talk = on_wire();
  std::string many;
  for (unsigned i = 0; i < 20; ++i) many += sample{.count = i, .data = "00"}.asdu();
  talk.client(frame(apdu(many, 20)));
  EXPECT_EQ(talk.out.counts["sv/left_out/asdu"], 4U);
  EXPECT_EQ(rules(talk.out), "");
  for (unsigned i = 0; i < 66; ++i) talk.client(publish({.id = "x" + std::to_string(i)}));
  EXPECT_EQ(talk.out.counts["sv/forgotten/stream"], 3U);
}

TEST(sv, the_routed_form_is_the_same_message) {
  const auto message = apdu(sample{}.asdu());
  const auto payload = "82 01 4002" + hex_number(hex(message).size(), 2) + message;
  const auto size = hex(payload).size();
  const auto datagram =
      hex("0140 a217 8015" + hex_number(size + 21, 4) + "00000001 0002 00000000 0000 00000000 00" + hex_number(size, 4) + payload);
  const auto& about = named("sv").about;
  EXPECT_EQ(about.probe(datagram, transport::udp), match::yes);
  for (std::size_t n = 0; n < datagram.size(); ++n) EXPECT_EQ(about.probe(bytes{datagram}.first(n), transport::udp), match::no) << n;
  conversation talk{"sv", transport::udp};
  talk.say(side::client, datagram);
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].unit, "16386");
  EXPECT_EQ(rules(talk.out), "simulated");
  every_prefix("sv", {{side::client, datagram}}, transport::udp);
}

TEST(sv, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix("sv",
               {{side::client, hex(publish({.more = "86020050"}))},
                {side::client, hex(frame(apdu(sample{.count = 2}.asdu() + sample{.count = 3}.asdu(), 2)))}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
