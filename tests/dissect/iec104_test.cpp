// IEC 60870-5-104: what each APDU turns into, what breaks a rule, and what must not.
#include "tests/dissect/iec104_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace iec104;

match probe(std::string_view text) { return named("iec104").about.probe(hex(text), transport::tcp); }
result<std::size_t> frame(std::string_view text) { return named("iec104").about.frame(hex(text)); }

TEST(iec104, probe_takes_whole_valid_apdus_only) {
  const struct {
    std::string_view bytes;
    match expected;
  } cases[] = {
      {"68 04 07 00 00 00", match::yes},
      {"68 04 0b 00 00 00", match::yes},
      {"68 04 83 00 00 00", match::yes},
      {"68 04 17 00 00 00", match::no},  // two functions at once
      {"68 04 07 00 00 01", match::no},
      {"68 04 01 00 0a 00", match::yes},
      {"68 04 01 00 0b 00", match::no},  // N(R) with its spare bit set
      {"68 04 02 00 0a 00", match::no},  // an I-frame without an ASDU proves nothing
      {"68 0e 00 00 02 00 64 01 06 00 0d 91 00 00 00 14", match::yes},
      {"68 0e 00 00 02 00 64 01 07 00 0d 91 00 00 00 14", match::yes},
      {"68 0e 00 00 02 00 64 01 07 00 0d 91 00 00", match::unsure},
      {"68 0e 00 00 02 00 64 05 06 00 0d 91 00 00 00 14", match::no},  // says five objects
      {"68 0e 00 00 02 00 63 01 06 00 0d 91 00 00 00 14", match::no},  // no such type
      {"68 0e 00 00 02 00 64 01 14 00 0d 91 00 00 00 14", match::no},  // not a cause of a command
      {"68 0b 00 00 02 00 64 01 06 05 00 00 14", match::yes},          // widths of an IEC 101 line
      {"68", match::unsure},
      {"", match::unsure},
      {"68 03 07", match::no},
      {"68 fe 00", match::no},
      {"03 00 00 16 11 e0", match::no},
      {"68 65 6c 6c 6f", match::unsure},
      {"68 04 43 00 00 00 68 04 83", match::yes},
      {"68 04 43 00 00 00 41 04 83", match::no},
  };
  for (const auto& c : cases) EXPECT_EQ(probe(c.bytes), c.expected) << c.bytes;
  EXPECT_EQ(named("iec104").about.probe(hex("68 04 07 00 00 00"), transport::udp), match::no);
}

TEST(iec104, frame_finds_the_size) {
  EXPECT_EQ(*frame("68 04 07 00 00 00 68"), 6u);
  EXPECT_EQ(*frame("68 fd"), 255u);
  EXPECT_EQ(*frame("68"), 0u);
  EXPECT_FALSE(frame("00 68 04"));
  EXPECT_FALSE(frame("68 03"));
  EXPECT_FALSE(frame("68 fe"));
}

TEST(iec104, monitor_types) {
  const struct {
    std::string_view asdu, expected, field, text;
  } cases[] = {
      {"01 01 03 00 0a 00 01 00 00 91", "1 M_SP_NA_1 1 = true", "quality", "blocked+invalid"},
      {"02 01 03 00 0a 00 01 00 00 00 10 27 05", "2 M_SP_TA_1 1 = false", "time_tag", ":05:10.000"},
      {"03 02 14 00 0a 00 01 00 00 02 05 00 00 43", "3 M_DP_NA_1 1,5 = 2 3", "quality", "good,not_topical"},
      {"05 01 14 00 0a 00 02 00 00 7f 00", "5 M_ST_NA_1 2 = -1", "transient", "-"},
      {"05 01 14 00 0a 00 02 00 00 bf 01", "5 M_ST_NA_1 2 = 63", "transient", "true"},
      {"06 01 03 00 0a 00 02 00 00 40 01 10 27 85", "6 M_ST_TA_1 2 = -64", "time_condition", "invalid"},
      {"07 01 03 00 0a 00 03 00 00 ef be ad de 20", "7 M_BO_NA_1 3 = 3735928559", "quality", "substituted"},
      {"09 81 01 00 0a 00 01 02 00 00 40 01", "9 M_ME_NA_1 513 = 0.5", "quality", "overflow"},
      {"09 01 01 00 0a 00 01 00 00 00 80 00", "9 M_ME_NA_1 1 = -1", "quality", "good"},
      {"0a 01 03 00 0a 00 01 00 00 00 c0 00 10 27 05", "10 M_ME_TA_1 1 = -0.5", "quality", "good"},
      {"0b 82 03 00 0a 00 ff 00 00 fe ff 00 2a 00 10", "11 M_ME_NB_1 255,256 = -2 42", "quality", "good,blocked"},
      {"0d 01 03 00 0a 00 01 00 01 00 00 c0 3f 00", "13 M_ME_NC_1 65537 = 1.5", "cause_name", "spontaneous"},
      {"0f 01 25 00 0a 00 01 00 00 ff ff ff ff e3", "15 M_IT_NA_1 1 = -1", "counter_sequence", "3"},
      {"0f 01 25 00 0a 00 01 00 00 01 00 00 00 83", "15 M_IT_NA_1 1 = 1", "quality", "invalid"},
      {"11 01 03 00 0a 00 01 00 00 0a 34 12 10 27 05", "17 M_EP_TA_1 1 = 2", "elapsed_ms", "4660"},
      {"12 01 03 00 0a 00 01 00 00 21 08 34 12 10 27 05", "18 M_EP_TB_1 1 = 33", "quality", "elapsed_invalid"},
      {"13 01 03 00 0a 00 01 00 00 0f 00 34 12 10 27 05", "19 M_EP_TC_1 1 = 15", "operating_ms", "4660"},
      {"14 01 14 00 0a 00 01 00 00 05 80 01 00 00", "20 M_PS_NA_1 1 = 32773", "changed_bits", "1"},
      {"15 82 01 00 0a 00 01 00 00 00 40 00 20", "21 M_ME_ND_1 1,2 = 0.5 0.25", "quality", "-"},
      {"1e 01 03 00 0a 00 01 00 00 01 d1 55 2a 00 01 01 08", "30 M_SP_TB_1 1 = true", "time_tag", "2008-01-01T00:42:21.969"},
      {"1f 01 03 00 0a 00 01 00 00 01 ff ff ff ff ff ff ff", "31 M_DP_TB_1 1 = 1", "time_tag", "0xffffffffffffff"},
      {"20 01 03 00 0a 00 01 00 00 01 00 d1 55 2a 80 01 01 08", "32 M_ST_TB_1 1 = 1", "time_condition", "summer_time"},
      {"21 01 03 00 0a 00 01 00 00 01 00 00 00 00 d1 55 2a 00 01 01 08", "33 M_BO_TB_1 1 = 1", "quality", "good"},
      {"22 01 03 00 0a 00 01 00 00 00 20 00 d1 55 2a 00 01 01 08", "34 M_ME_TD_1 1 = 0.25", "quality", "good"},
      {"23 01 03 00 0a 00 01 00 00 07 00 00 d1 55 2a 00 01 01 08", "35 M_ME_TE_1 1 = 7", "quality", "good"},
      {"24 01 03 00 0a 00 01 00 00 00 00 20 c1 00 d1 55 2a 00 01 01 08", "36 M_ME_TF_1 1 = -10", "quality", "good"},
      {"25 01 03 00 0a 00 01 00 00 07 00 00 00 21 d1 55 2a 00 01 01 08", "37 M_IT_TB_1 1 = 7", "carry", "true"},
      {"26 01 03 00 0a 00 01 00 00 01 01 00 d1 55 2a 00 01 01 08", "38 M_EP_TD_1 1 = 1", "elapsed_ms", "1"},
      {"27 01 03 00 0a 00 01 00 00 01 00 01 00 d1 55 2a 00 01 01 08", "39 M_EP_TE_1 1 = 1", "duration_ms", "1"},
      {"28 01 03 00 0a 00 01 00 00 01 00 01 00 d1 55 2a 00 01 01 08", "40 M_EP_TF_1 1 = 1", "operating_ms", "1"},
      {"46 01 04 00 0a 00 00 00 00 82", "70 M_EI_NA_1 0 =", "initialisation", "remote_reset"},
  };
  for (const auto& c : cases) {
    talk t;
    t.i(server, c.asdu);
    const auto& op = only(t.out);
    EXPECT_EQ(brief(op), c.expected) << c.asdu;
    EXPECT_EQ(text_of(op, c.field), c.text) << c.asdu;
    EXPECT_EQ(op.action, action::report);
    EXPECT_EQ(op.outcome, outcome::none);
    EXPECT_EQ(op.unit, "10");
    EXPECT_EQ(t.out.askers.at(0), client);
    EXPECT_EQ(rules(t.out), "") << c.asdu;
  }
}

TEST(iec104, command_types) {
  const struct {
    std::string_view asdu, expected, field, text;
    mw::action action;
  } cases[] = {
      {"2d 01 06 00 0a 00 01 00 00 81", "45 C_SC_NA_1 1 = true", "select_execute", "select", action::control},
      {"2e 01 06 00 0a 00 01 00 00 06", "46 C_DC_NA_1 1 = 2", "qualifier", "short_pulse", action::control},
      {"2f 01 06 00 0a 00 01 00 00 0d", "47 C_RC_NA_1 1 = 1", "qualifier", "persistent", action::control},
      {"30 01 06 00 0a 00 01 00 00 00 c0 05", "48 C_SE_NA_1 1 = -0.5", "qualifier", "5", action::control},
      {"31 01 06 00 0a 00 01 00 00 7b 00 00", "49 C_SE_NB_1 1 = 123", "select_execute", "execute", action::control},
      {"32 01 06 05 0a 00 01 00 00 00 00 c0 3f 00", "50 C_SE_NC_1 1 = 1.5", "originator", "5", action::control},
      {"33 01 06 00 0a 00 01 00 00 02 00 00 80", "51 C_BO_NA_1 1 = 2147483650", "cause", "6", action::control},
      {"3a 01 06 00 0a 00 01 00 00 01 d1 55 2a 00 01 01 08", "58 C_SC_TA_1 1 = true", "time_tag", "2008-01-01T00:42:21.969",
       action::control},
      {"3b 01 06 00 0a 00 01 00 00 01 d1 55 2a 00 01 01 08", "59 C_DC_TA_1 1 = 1", "time_tag", "2008-01-01T00:42:21.969", action::control},
      {"3c 01 06 00 0a 00 01 00 00 02 d1 55 2a 00 01 01 08", "60 C_RC_TA_1 1 = 2", "time_tag", "2008-01-01T00:42:21.969", action::control},
      {"3d 01 06 00 0a 00 01 00 00 00 40 00 d1 55 2a 00 01 01 08", "61 C_SE_TA_1 1 = 0.5", "qualifier", "0", action::control},
      {"3e 01 06 00 0a 00 01 00 00 01 00 00 d1 55 2a 00 01 01 08", "62 C_SE_TB_1 1 = 1", "qualifier", "0", action::control},
      {"3f 01 06 00 0a 00 01 00 00 00 00 20 c1 80 d1 55 2a 00 01 01 08", "63 C_SE_TC_1 1 = -10", "select_execute", "select",
       action::control},
      {"40 01 86 00 0a 00 01 00 00 01 00 00 00 d1 55 2a 00 01 01 08", "64 C_BO_TA_1 1 = 1", "test", "true", action::control},
      {"64 01 06 00 0a 00 00 00 00 14", "100 C_IC_NA_1 0 =", "interrogated", "station", action::read},
      {"64 01 06 00 0a 00 00 00 00 17", "100 C_IC_NA_1 0 =", "interrogated", "group_3", action::read},
      {"65 01 06 00 0a 00 00 00 00 85", "101 C_CI_NA_1 0 =", "freeze", "freeze_and_reset", action::read},
      {"66 01 05 00 0a 00 07 00 00", "102 C_RD_NA_1 7 =", "cause_name", "requested", action::read},
      {"68 01 06 00 0a 00 00 00 00 aa 55", "104 C_TS_NA_1 0 =", "test_pattern_right", "true", action::diagnose},
      {"69 01 06 00 0a 00 00 00 00 01", "105 C_RP_NA_1 0 =", "reset", "process", action::restart},
      {"6a 01 06 00 0a 00 00 00 00 34 12", "106 C_CD_NA_1 0 =", "delay_ms", "4660", action::time_sync},
      {"6b 01 06 00 0a 00 00 00 00 34 12 d1 55 2a 00 01 01 08", "107 C_TS_TA_1 0 =", "test_counter", "4660", action::diagnose},
      {"6e 01 06 00 0a 00 01 00 00 00 40 01", "110 P_ME_NA_1 1 = 0.5", "parameter_kind", "threshold", action::configure},
      {"6f 01 06 00 0a 00 01 00 00 05 00 44", "111 P_ME_NB_1 1 = 5", "parameter_changed_locally", "true", action::configure},
      {"70 01 06 00 0a 00 01 00 00 00 00 c0 3f 82", "112 P_ME_NC_1 1 = 1.5", "parameter_not_in_operation", "true", action::configure},
      {"71 01 06 00 0a 00 01 00 00 03", "113 P_AC_NA_1 1 =", "parameter_activation", "cyclic_transmission", action::configure},
  };
  for (const auto& c : cases) {
    talk t;
    t.i(client, c.asdu);
    EXPECT_TRUE(t.out.operations.empty()) << "waits for its confirmation: " << c.asdu;
    t.end();
    const auto& op = only(t.out);
    EXPECT_EQ(brief(op), c.expected);
    EXPECT_EQ(text_of(op, c.field), c.text) << c.asdu;
    EXPECT_EQ(op.action, c.action) << c.asdu;
    EXPECT_EQ(op.outcome, outcome::timeout);
    EXPECT_EQ(rules(t.out), "") << c.asdu;
  }
}

TEST(iec104, clock_setting_is_compared_with_the_packet) {
  talk t;  // 2023-11-14T22:13:20 is the conversation's beginning; the command comes 1 ms later and is 10 s ahead
  t.i(client, "67 01 06 00 0a 00 00 00 00 30 75 0d 16 4e 0b 17");
  t.i(server, "67 01 07 00 0a 00 00 00 00 30 75 0d 16 4e 0b 17");
  const auto& op = only(t.out);
  EXPECT_EQ(op.action, action::time_sync);
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(text_of(op, "clock"), "2023-11-14T22:13:30.000");
  ASSERT_NE(find_field(op, "clock_difference"), nullptr);
  EXPECT_NEAR(std::get<double>(find_field(op, "clock_difference")->second), 9.999, 1e-6);
}

TEST(iec104, file_transfer_is_one_operation_per_asdu) {
  const struct {
    side from;
    std::string_view asdu, field, text;
    mw::action action;
    mw::outcome outcome;
  } cases[] = {
      {client, "7a 01 0d 00 01 00 00 00 00 01 00 00 01", "file_call", "select_file", action::file_read, outcome::none},
      {server, "78 01 0d 00 01 00 00 00 00 01 00 0b 00 00 00", "file_length", "11", action::file_read, outcome::none},
      {server, "78 01 0d 00 01 00 00 00 00 01 00 0b 00 00 80", "qualifier", "128", action::file_read, outcome::refused},
      {server, "79 01 0d 00 01 00 00 00 00 01 00 01 0b 00 00 00", "section_length", "11", action::file_read, outcome::none},
      {server, "7d 01 0d 00 01 00 00 00 00 01 00 01 03 61 62 63", "segment_length", "3", action::file_read, outcome::none},
      {server, "7b 01 0d 00 01 00 00 00 00 01 00 01 03 91", "last_of", "section", action::file_read, outcome::none},
      {client, "7c 01 0d 00 01 00 00 00 00 01 00 01 03", "acknowledged", "section", action::file_read, outcome::none},
      {client, "7c 01 0d 00 01 00 00 00 00 01 00 01 24", "file_error", "checksum", action::file_read, outcome::refused},
      {client, "78 01 0d 00 01 00 00 00 00 01 00 0b 00 00 00", "file", "1", action::file_write, outcome::none},
      {server, "7a 01 0d 00 01 00 00 00 00 01 00 00 02", "file_call", "request_file", action::file_write, outcome::none},
      {client, "7a 01 0d 00 01 00 00 00 00 01 00 00 04", "file_call", "delete_file", action::file_delete, outcome::none},
      {server, "7a 01 6d 00 01 00 00 00 00 01 00 00 01", "cause", "45", action::file_read, outcome::refused},
      {server, "7e 01 05 00 01 00 00 00 00 01 00 0b 00 00 20 d1 55 2a 00 01 01 08", "last_of_directory", "true", action::file_read,
       outcome::none},
      {client, "7f 01 0d 00 01 00 00 00 00 01 00 d1 55 2a 00 01 01 08 d1 55 2a 00 02 01 08", "until", "2008-01-02T00:42:21.969",
       action::file_read, outcome::none},
  };
  for (const auto& c : cases) {
    talk t;
    t.i(c.from, c.asdu);
    const auto& op = only(t.out);
    EXPECT_EQ(op.action, c.action) << c.asdu;
    EXPECT_EQ(op.outcome, c.outcome) << c.asdu;
    EXPECT_EQ(text_of(op, c.field), c.text) << c.asdu;
    EXPECT_EQ(t.out.askers.at(0), client);
    EXPECT_EQ(rules(t.out), "") << c.asdu;
  }
}

TEST(iec104, activation_confirmation_termination_are_one_operation) {
  talk t;
  t.i(client, "2d 01 06 00 0a 00 0d 00 00 01");
  t.i(server, "2d 01 07 00 0a 00 0d 00 00 01");
  EXPECT_TRUE(t.out.operations.empty());
  t.i(server, "2d 01 0a 00 0a 00 0d 00 00 01");
  const auto& op = only(t.out);
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(*op.latency, std::chrono::milliseconds{1});
  EXPECT_EQ(text_of(op, "cause"), "6");
  EXPECT_EQ(text_of(op, "terminated_after"), to_string(value{0.002}));
}

TEST(iec104, a_confirmed_command_without_termination_is_ok_once_it_expires) {
  talk t;
  t.i(client, "32 01 06 00 0a 00 0d 00 00 00 00 c0 3f 00");
  t.i(server, "32 01 07 00 0a 00 0d 00 00 00 00 c0 3f 00");
  t.wait(std::chrono::seconds{31});
  EXPECT_EQ(only(t.out).outcome, outcome::ok);
  t.i(server, "32 01 0a 00 0a 00 0d 00 00 00 00 c0 3f 00");  // late, but known
  EXPECT_EQ(t.out.operations.size(), 1u);
}

TEST(iec104, refusals_bear_their_cause) {
  const struct {
    std::string_view ask, answer, code;
  } cases[] = {
      {"2d 01 06 00 0a 00 0d 00 00 81", "2d 01 47 00 0a 00 0d 00 00 81", "7"},
      {"2d 01 08 00 0a 00 0d 00 00 81", "2d 01 49 00 0a 00 0d 00 00 81", "9"},
      {"2d 01 06 00 0a 00 0d 00 00 01", "2d 01 6f 00 0a 00 0d 00 00 01", "47"},
      {"64 01 06 00 0b 00 00 00 00 14", "64 01 6e 00 0b 00 00 00 00 14", "46"},
      {"66 01 05 00 0a 00 07 00 00", "66 01 6f 00 0a 00 07 00 00", "47"},
      {"c8 01 06 00 0a 00 07 00 00 01", "c8 01 6c 00 0a 00 07 00 00 01", "44"},
      {"32 01 06 00 0a 00 0d 00 00 00 00 c0 3f 00", "32 01 2d 00 0a 00 0d 00 00 00 00 c0 3f 00", "45"},
  };
  for (const auto& c : cases) {
    talk t;
    t.i(client, c.ask);
    t.i(server, c.answer);
    const auto& op = only(t.out);
    EXPECT_EQ(op.outcome, outcome::refused) << c.answer;
    EXPECT_EQ(op.code.value_or("-"), c.code) << c.answer;
    EXPECT_EQ(t.out.askers.at(0), client);
  }
}

TEST(iec104, read_takes_its_value_and_the_value_is_reported) {
  talk t;
  t.i(client, "66 01 05 00 0a 00 07 00 00");
  t.i(server, "0d 01 05 00 0a 00 08 00 00 00 00 c0 3f 00");  // another point
  t.i(server, "0d 01 05 00 0a 00 07 00 00 00 00 c0 3f 00");
  ASSERT_EQ(t.out.operations.size(), 3u);
  const auto& read = t.out.operations[1];
  EXPECT_EQ(brief(read), "102 C_RD_NA_1 7 = 1.5");
  EXPECT_EQ(read.outcome, outcome::ok);
  ASSERT_EQ(read.returned.size(), 1u);
  EXPECT_EQ(read.returned[0].space, "M_ME_NC_1");
  EXPECT_EQ(brief(t.out.operations[2]), "13 M_ME_NC_1 7 = 1.5");
}

TEST(iec104, answers_without_a_question_are_unpaired) {
  talk t;
  t.i(server, "2d 01 07 00 0a 00 0d 00 00 01");
  t.i(server, "2d 01 0a 00 0a 00 0d 00 00 01");  // belongs to it
  EXPECT_EQ(only(t.out).outcome, outcome::unpaired);
  EXPECT_EQ(t.out.askers.at(0), client);
  t.i(server, "2d 01 0a 00 0a 00 0e 00 00 01");
  EXPECT_EQ(t.out.operations.size(), 2u);
  t.i(server, "2d 01 6f 00 0a 00 0f 00 00 01");
  ASSERT_EQ(t.out.operations.size(), 3u);
  EXPECT_EQ(t.out.operations[2].outcome, outcome::unpaired);
  EXPECT_EQ(t.out.operations[2].code.value_or("-"), "47");
}

TEST(iec104, stations_answer_a_broadcast_each_for_itself) {
  talk t;
  t.i(client, "64 01 06 00 ff ff 00 00 00 14");
  t.i(server, "64 01 07 00 05 00 00 00 00 14");
  t.i(server, "64 01 07 00 06 00 00 00 00 14");
  t.i(server, "64 01 0a 00 05 00 00 00 00 14");
  t.end();
  ASSERT_EQ(t.out.operations.size(), 3u);
  EXPECT_EQ(t.out.operations[0].unit, "5");
  EXPECT_EQ(t.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(text_of(t.out.operations[0], "answers"), "broadcast");
  EXPECT_EQ(t.out.operations[1].unit, "6");
  EXPECT_EQ(t.out.operations[2].unit, "65535");
  EXPECT_EQ(t.out.operations[2].outcome, outcome::ok);
  EXPECT_EQ(text_of(t.out.operations[2], "stations"), "2");
}

TEST(iec104, the_side_that_activates_asks) {
  talk t;
  t.i(server, "64 01 06 00 0a 00 00 00 00 14");
  t.i(client, "64 01 07 00 0a 00 00 00 00 14");
  t.i(client, "01 01 14 00 0a 00 01 00 00 01");
  t.i(client, "64 01 0a 00 0a 00 00 00 00 14");
  ASSERT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(t.out.askers, (std::vector<side>{server, server}));
  EXPECT_EQ(t.out.operations[1].outcome, outcome::ok);
}

TEST(iec104, select_before_operate) {
  const std::string select = "2d 01 06 00 0a 00 0d 00 00 81", selected = "2d 01 07 00 0a 00 0d 00 00 81",
                    refused = "2d 01 47 00 0a 00 0d 00 00 81", execute = "2d 01 06 00 0a 00 0d 00 00 01",
                    off = "2d 01 06 00 0a 00 0d 00 00 00", pulse = "2d 01 06 00 0a 00 0d 00 00 05",
                    elsewhere = "2d 01 06 00 0a 00 0e 00 00 01", cancel = "2d 01 08 00 0a 00 0d 00 00 81",
                    as_timed = "3a 01 06 00 0a 00 0d 00 00 01 d1 55 2a 00 01 01 08";
  const struct {
    std::vector<std::pair<side, std::string>> said;
    std::string_view rules;
  } cases[] = {
      {{{client, execute}}, ""},
      {{{client, select}, {server, selected}, {client, execute}}, ""},
      {{{client, select}, {server, selected}, {client, elsewhere}}, ""},
      {{{client, select}, {server, selected}, {client, off}}, "select_before_operate"},
      {{{client, select}, {server, selected}, {client, pulse}}, "select_before_operate"},
      {{{client, select}, {server, selected}, {client, as_timed}}, "select_before_operate"},
      {{{client, select}, {server, refused}, {client, execute}}, "select_before_operate"},
      {{{client, select}, {server, selected}, {client, cancel}, {client, execute}}, "select_before_operate"},
      {{{client, select}, {server, selected}, {client, execute}, {client, execute}}, "select_before_operate"},
  };
  for (const auto& c : cases) {
    talk t;
    for (const auto& [from, asdu] : c.said) t.i(from, asdu);
    EXPECT_EQ(rules(t.out), c.rules) << (&c - cases);
  }
  talk lossy;
  lossy.i(client, select), lossy.i(server, selected), lossy.i(client, execute);
  lossy.gap(client);  // a second select may be in there
  lossy.i(client, execute);
  EXPECT_EQ(rules(lossy.out), "");
}

TEST(iec104, a_select_is_its_own_operation) {
  talk t;
  t.i(client, "2d 01 06 00 0a 00 0d 00 00 81");
  t.i(server, "2d 01 07 00 0a 00 0d 00 00 81");
  EXPECT_EQ(only(t.out).outcome, outcome::ok);
}

TEST(iec104, malformed_messages) {
  const struct {
    std::string_view apdu, rules, operation;
  } cases[] = {
      {"68 04 02 00 02 00", "length", ""},
      {"68 06 02 00 02 00 18 18", "length", ""},
      {"68 05 01 00 02 00 00", "length", ""},
      {"68 0d 02 00 02 00 0d 01 03 00 0a 00 01 00 00", "length", "13 M_ME_NC_1 1 ="},  // value cut away
      {"68 16 02 00 02 00 0d 02 03 00 0a 00 01 00 00 00 00 c0 3f 00 02 00 00 01", "length", "13 M_ME_NC_1 1,2 = 1.5 null"},
      {"68 12 02 00 02 00 0d 02 03 00 0a 00 01 00 00 00 00 c0 3f 00", "length", "13 M_ME_NC_1 1 = 1.5"},  // one of two
      {"68 10 02 00 02 00 01 01 03 00 0a 00 01 00 00 01 ff ff", "length", "1 M_SP_NA_1 1 = true"},        // more than announced
      {"68 0a 02 00 02 00 01 00 03 00 0a 00", "length", "1 ="},
      {"68 0e 02 00 02 00 01 01 07 00 0a 00 01 00 00 01", "cause", "1 M_SP_NA_1 1 = true"},
      {"68 0e 02 00 02 00 01 01 3f 00 0a 00 01 00 00 01", "cause", "1 M_SP_NA_1 1 = true"},
      {"68 0e 02 00 02 00 c8 01 03 00 0a 00 01 00 00 01", "type", "200 type_200 1 ="},
      {"68 14 02 00 02 00 7d 01 0d 00 01 00 00 00 00 01 00 01 ff 61 62 63", "length", "125 F_SG_NA_1 0 ="},
  };
  for (const auto& c : cases) {
    conversation t{"iec104"};
    EXPECT_EQ(t.say(server, c.apdu), 0u);
    EXPECT_EQ(rules(t.out), c.rules) << c.apdu;
    EXPECT_EQ(t.out.operations.empty() ? "" : brief(t.out.operations[0]), c.operation) << c.apdu;
    EXPECT_EQ(t.last, verdict::taken);
    t.say(server, i_frame("01 01 03 00 0a 00 09 00 00 01", 2, 1));  // and it goes on
    EXPECT_EQ(brief(t.out.operations.back()), "1 M_SP_NA_1 9 = true");
  }
}

TEST(iec104, widths_of_iec_101_lines_are_found_out) {
  talk t;
  const std::string two = "01 02 03 05 01 00 01 07 00 00";  // cause 1, common address 1, object address 2 octets
  for (int n = 0; n < 3; ++n) t.i(server, two);
  EXPECT_EQ(brief(t.out.operations.back()), "1 M_SP_NA_1 1,7 = true false");
  EXPECT_EQ(t.out.operations.back().unit, "5");
  const auto before = t.out.violations.size();
  t.i(client, "2d 01 06 05 0d 00 01");
  t.i(server, "2d 01 47 05 0d 00 01");
  EXPECT_EQ(t.out.violations.size(), before);
  EXPECT_EQ(t.out.operations.back().outcome, outcome::refused);
  EXPECT_EQ(t.out.operations.back().objects.at(0).address, "13");
}

TEST(iec104, roles_are_learned) {
  talk t;
  t.i(client, "64 01 06 00 0a 00 00 00 00 14");
  t.i(server, "01 01 14 00 0a 00 01 00 00 01");
  t.i(server, "01 01 14 00 0a 00 01 00 00 01");
  ASSERT_EQ(t.out.facts.size(), 2u);
  EXPECT_EQ(t.out.facts[0].value, "master");
  EXPECT_EQ(t.out.facts[0].who, client);
  EXPECT_EQ(t.out.facts[1].value, "outstation");
  EXPECT_EQ(t.out.facts[1].unit, "10");
}

TEST(iec104, tables_stay_bounded_and_nothing_is_forgotten_in_silence) {
  talk t;
  for (unsigned n = 0; n < 1000; ++n) {
    const std::string low{"0123456789abcdef"[n & 15], "0123456789abcdef"[n >> 4 & 15]}, high{'0', "0123456789abcdef"[n >> 8 & 15]};
    t.i(client, "2d 01 06 00 0a 00 " + low + high.substr(0, 2) + "00 81");
  }
  EXPECT_EQ(t.out.operations.size(), 1000u - 256u);
  t.end();
  EXPECT_EQ(t.out.operations.size(), 1000u);
}

TEST(iec104, survives_every_prefix_and_every_flip) {
  every_prefix("iec104", {{client, hex("68 04 07 00 00 00")},
                          {server, hex("68 04 0b 00 00 00")},
                          {client, i_frame("64 01 06 00 0a 00 00 00 00 14", 0, 0)},
                          {server, i_frame("64 01 07 00 0a 00 00 00 00 14", 0, 1)},
                          {server, i_frame("0d 82 14 00 0a 00 01 00 00 00 00 c0 3f 00 00 00 20 c1 01", 1, 1)},
                          {server, i_frame("1e 01 03 00 0a 00 01 00 00 01 d1 55 2a 00 01 01 08", 2, 1)},
                          {server, i_frame("12 01 03 00 0a 00 01 00 00 21 08 34 12 10 27 05", 3, 1)},
                          {client, i_frame("3f 01 06 00 0a 00 01 00 00 00 00 20 c1 80 d1 55 2a 00 01 01 08", 1, 4)},
                          {client, i_frame("67 01 06 00 0a 00 00 00 00 30 75 0d 16 4e 0b 17", 2, 4)},
                          {server, i_frame("7d 01 0d 00 01 00 00 00 00 01 00 01 03 61 62 63", 4, 3)},
                          {client, i_frame("7f 01 0d 00 01 00 00 00 00 01 00 d1 55 2a 00 01 01 08 d1 55 2a 00 02 01 08", 3, 5)},
                          {client, hex("68 04 01 00 0a 00")}});
}

}  // namespace
}  // namespace mw::test
