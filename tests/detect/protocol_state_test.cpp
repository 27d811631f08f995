// Broken protocol rules, address conflicts, and controllers that change who they are.
#include "tests/detect/harness.hpp"

namespace mw::testing {
namespace {

constexpr std::string_view plc_card = "00:1b:1b:00:00:09", stranger_card = "00:10:18:00:00:66";

struct row {
  const char* name;
  violation what;
  std::string_view rule;
  severity level;
};
const row broken[] = {
    {"Iec104Duplicate", broke("iec104", "sequence", "duplicate N(S) 4, expected 5", start), "MW-1601", severity::high},
    {"Iec104OutOfOrder", broke("iec104", "sequence", "out of order N(S) 4, expected 6", start), "MW-1601", severity::high},
    {"Iec104Gap", broke("iec104", "sequence", "gap before N(S) 9, expected 7", start), "MW-1602", severity::medium},
    {"GooseStNum", broke("goose", "st_num", "stNum goes back from 9 to 4", start), "MW-1601", severity::high},
    {"Dnp3Transport", broke("dnp3", "transport_sequence", "segments repeat", start), "MW-1601", severity::high},
    {"Window", broke("iec104", "window", "I-frames sent without an acknowledgement: 13, allowed 12", start), "MW-1602", severity::medium},
    {"OneUnpaired", broke("modbus", "unpaired_response", "no request", start), "MW-1603", severity::low},
    {"OneMalformed", broke("modbus", "length", "short", start), "MW-1501", severity::low},
    {"OperateWithoutSelect", broke("dnp3", "select_before_operate", "an operate comes without a select", start), "MW-0901",
     severity::medium},
};
class broken_rule : public ::testing::TestWithParam<row> {};
TEST_P(broken_rule, is_told) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{GetParam().what});
  ASSERT_EQ(p->detections().size(), 1u);
  EXPECT_EQ(p.only(GetParam().rule).severity, GetParam().level);
}
INSTANTIATE_TEST_SUITE_P(all, broken_rule, ::testing::ValuesIn(broken), [](const auto& i) { return std::string{i.param.name}; });

TEST(malformed, two_in_ten_minutes_are_medium) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{broke("modbus", "length", "short", p.step())});
  p.see(record{broke("modbus", "length", "short", p.step())});
  EXPECT_EQ(p.only("MW-1501").severity, severity::medium);
  EXPECT_EQ(p.only("MW-1501").count, 2u);
}

TEST(malformed, what_a_device_always_did_is_a_defect) {
  plant teacher{quiet(learning_mode::learn)};
  for (int i = 0; i < 20; ++i) teacher.see(record{broke("modbus", "length", "short", teacher.step())});
  for (int i = 0; i < 20; ++i) teacher.see(say{});
  plant p;
  ASSERT_TRUE(p->load(teacher->save()));
  p.now += std::chrono::hours{1};
  for (int i = 0; i < 20; ++i) p.see(record{broke("modbus", "length", "short", p.step())});
  EXPECT_EQ(p.only("MW-1501").severity, severity::low);
}

TEST(unpaired, five_are_medium) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 5; ++i) p.see(record{broke("modbus", "unpaired_response", "no request", p.step())});
  EXPECT_EQ(p.only("MW-1603").severity, severity::medium);
}

TEST(address, spoofed_by_a_host_with_an_address_of_its_own) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{tell(plc, plc_card, "mac", plc_card, "arp", p.step())});
  p.see(record{tell(stranger, stranger_card, "mac", stranger_card, "arp", p.step())});
  EXPECT_TRUE(p->detections().empty());
  p.see(record{tell(plc, stranger_card, "mac", stranger_card, "arp", p.step())});
  const auto d = p.only("MW-1401");
  EXPECT_EQ(d.severity, severity::high);
  EXPECT_EQ(d.actor, stranger);
  EXPECT_EQ(d.victim, plc);
  EXPECT_EQ(d.technique, "T0830");
}

TEST(address, a_card_without_an_address_is_a_conflict) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{tell(plc, plc_card, "mac", plc_card, "arp", p.step())});
  p.see(record{tell(plc, stranger_card, "mac", stranger_card, "arp", p.step())});
  EXPECT_EQ(p.only("MW-1402").actor, stranger_card);
}

TEST(address, gratuitous_claims_of_anothers_address_are_spoofing) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{tell(plc, plc_card, "mac", plc_card, "arp", p.step())});
  p.see(record{tell(plc, stranger_card, "gratuitous_arp", stranger_card, "arp", p.step())});
  EXPECT_EQ(p.count("MW-1401"), 1u);
}

TEST(address, an_approved_card_is_the_truth_from_the_first_packet) {
  plant p{quiet(learning_mode::automatic)};
  p->approve(*parse_allow_list(R"({"hosts":[{"ip":"10.0.0.9","mac":"00:1B:1B:00:00:09","role":"plc"}]})"));
  p.see(record{tell(plc, stranger_card, "mac", stranger_card, "arp", p.step())});
  EXPECT_EQ(p.count("MW-1401"), 1u);
}

TEST(address, given_away_after_a_long_silence_is_no_conflict) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{tell(plc, plc_card, "mac", plc_card, "arp", p.step())});
  p.now += std::chrono::hours{8};
  p.see(record{tell(plc, stranger_card, "mac", stranger_card, "arp", p.step())});
  EXPECT_TRUE(p->detections().empty());
}

TEST(address, repeating_ones_own_address_is_none) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 50; ++i) p.see(record{tell(plc, plc_card, i % 2 ? "mac" : "gratuitous_arp", plc_card, "arp", p.step())});
  EXPECT_TRUE(p->detections().empty());
}

TEST(identity, new_firmware_serial_and_run_state) {
  plant p{quiet(learning_mode::automatic)};
  for (const auto* v : {"V2.1", "V2.1", "V2.2"}) p.see(record{tell(plc, "", "firmware", v, "s7comm", p.step())});
  for (const auto* v : {"S1", "S2"}) p.see(record{tell(plc, "", "serial", v, "s7comm", p.step(), "0/2")});
  for (const auto* v : {"run", "stop"}) p.see(record{tell(plc, "", "run_state", v, "s7comm", p.step())});
  EXPECT_EQ(p.only("MW-1901").severity, severity::high);
  EXPECT_EQ(p.only("MW-1901").evidence.previous, "V2.1");
  EXPECT_EQ(p.only("MW-1902").technique, "T0839");
  EXPECT_EQ(p.only("MW-1903").severity, severity::medium);
}

TEST(identity, two_modules_of_one_device_are_no_change) {
  plant p{quiet(learning_mode::automatic)};
  p.see(record{tell(plc, "", "serial", "S1", "s7comm", p.step(), "0/1")});
  p.see(record{tell(plc, "", "serial", "S2", "s7comm", p.step(), "0/2")});
  p.see(record{tell(plc, "", "vendor", "Siemens", "s7comm", p.step())});
  p.see(record{tell(plc, "", "vendor", "SIEMENS AG", "lldp", p.step())});
  EXPECT_TRUE(p->detections().empty());
}

}  // namespace
}  // namespace mw::testing
