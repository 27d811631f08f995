// UMAS, the payload of Modbus function 90: one operation for each request, with what it reads, writes and transfers.
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
    {"greeting", "00 5a 00 01 00", "00 5a 00 fe fd00 0104 00003200 00000000 00", "1", "init_comm", action::session, "", "", outcome::ok, "",
     ""},
    {"identity", "00 5a 00 02", "00 5a 00 fe 10ff 5a010100 0000 7002 0000 2700 0900 08000000 0000 04 50312041 01 01010000 00001100", "2",
     "read_id", action::identify, "", "P1 A", outcome::ok, "", ""},
    {"identity_cut", "00 5a 00 02", "00 5a 00 fe 10ff 5a010100", "2", "read_id", action::identify, "", "", outcome::ok, "", ""},
    {"project", "00 5a 00 03 00",
     "00 5a 00 fe 020500009888010000 020500009888010000 020c3b0c0e01de07 020d3b0c0e01de07 08000000 05 4d696c6c00", "3", "read_project_info",
     action::identify, "", "Mill", outcome::ok, "", ""},
    {"project_of_another_layout", "00 5a 00 03 04",
     "00 5a 00 fe 0980000000000026000000000b40000000000260080000000100000100190000000000000400000100", "3", "read_project_info",
     action::identify, "", "", outcome::ok, "", ""},
    {"controller", "00 5a 00 04", "00 5a 00 fe 0282", "4", "read_plc_info", action::identify, "", "", outcome::ok, "", ""},
    {"echo", "00 5a 00 0a 00 5454", "00 5a 00 fe 00 5454", "10", "repeat", action::diagnose, "", "", outcome::ok, "", ""},
    {"reserve", "00 5a 00 10 434c0000 03 504331", "00 5a 00 fe 01", "16", "take_plc_reservation", action::session, "", "", outcome::ok, "",
     ""},
    {"reserve_refused", "00 5a 00 10 434c0000 03 504331", "00 5a 00 fd 81 80", "16", "take_plc_reservation", action::session, "", "",
     outcome::refused, "129", ""},
    {"release", "00 5a 01 11", "00 5a 00 fe", "17", "release_plc_reservation", action::session, "", "", outcome::ok, "", ""},
    {"alive", "00 5a 01 12", "00 5a 01 fe", "18", "keep_alive", action::session, "", "", outcome::ok, "", ""},
    {"memory_read", "00 5a 00 20 00 1300 64000000 0400", "00 5a 00 fe 00 0400 01020304", "32", "read_memory_block", action::read,
     "block 19:100x4", "0x01020304", outcome::ok, "", ""},
    {"memory_read_short", "00 5a 00 20 00 1300 64000000 0400", "00 5a 00 fe 00 0200 0102", "32", "read_memory_block", action::read,
     "block 19:100x4", "0x0102", outcome::ok, "", "mismatch"},
    {"memory_read_cut", "00 5a 00 20 00 1300", "00 5a 00 fd 01", "32", "read_memory_block", action::read, "", "", outcome::refused, "1",
     "length"},
    {"memory_write", "00 5a 01 21 00 1300 00010000 0200 abcd", "00 5a 01 fe", "33", "write_memory_block", action::write, "block 19:256x2",
     "0xabcd", outcome::ok, "", ""},
    {"memory_write_lies", "00 5a 01 21 00 1300 00010000 0300 abcd", "00 5a 01 fe", "33", "write_memory_block", action::write,
     "block 19:256x3", "0xabcd", outcome::ok, "", "byte_count"},
    {"variables", "00 5a 00 22 11223344 02 02 3000 01 0400 02  13 3100 01 0000 08 0200", "00 5a 00 fe 0500 01020304", "34",
     "read_variables", action::read, "block 48:6x2,block 49:8x8", "0x050001020304", outcome::ok, "", ""},
    {"variables_of_another_layout", "00 5a 00 22 11223344 02 02 3000", "00 5a 00 fe", "34", "read_variables", action::read, "", "",
     outcome::ok, "", ""},
    {"variables_written", "00 5a 01 23 11223344 01 02 3000 0400 0200 1234", "00 5a 01 fe", "35", "write_variables", action::write,
     "block 48:6x2", "0x1234", outcome::ok, "", ""},
    {"coils", "00 5a 00 24 0102", "00 5a 00 fe 0a0b", "36", "read_coils_registers", action::read, "", "0x0a0b", outcome::ok, "", ""},
    {"coils_written", "00 5a 00 25 0102", "00 5a 00 fe", "37", "write_coils_registers", action::write, "", "", outcome::ok, "", ""},
    {"download_begins", "00 5a 01 30 0001", "00 5a 01 fe 00", "48", "initialize_program_download", action::program_download, "", "",
     outcome::ok, "", ""},
    {"download", "00 5a 01 31 0001 0700 0300 aabbcc", "00 5a 01 fe", "49", "program_download_block", action::program_download, "block 7x3",
     "0xaabbcc", outcome::ok, "", ""},
    {"download_ends", "00 5a 01 32 0001", "00 5a 01 fe", "50", "end_program_download", action::program_download, "", "", outcome::ok, "",
     ""},
    {"upload_begins", "00 5a 01 33 0001 fb00", "00 5a 01 fe 000137300000", "51", "initialize_program_upload", action::program_upload, "",
     "", outcome::ok, "", ""},
    {"upload", "00 5a 01 34 0001 0500", "00 5a 01 fe 01 00 0200 4150", "52", "program_upload_block", action::program_upload, "block 5x2",
     "0x4150", outcome::ok, "", ""},
    {"upload_ends", "00 5a 01 35 0001 3500", "00 5a 01 fe", "53", "end_program_upload", action::program_upload, "", "", outcome::ok, "",
     ""},
    {"start", "00 5a 01 40 ff00", "00 5a 01 fe", "64", "start_plc", action::start, "", "", outcome::ok, "", ""},
    {"stop", "00 5a 01 41 ff00", "00 5a 01 fe", "65", "stop_plc", action::stop, "", "", outcome::ok, "", ""},
    {"stop_not_known", "00 5a 01 41 ff00", "00 da 01", "65", "stop_plc", action::stop, "", "", outcome::refused, "1", ""},
    {"nonces", "00 5a 00 6e 01", "00 5a 00 fe 02", "110", "reservation_nonces", action::authenticate, "", "", outcome::ok, "", ""},
    {"unknown", "00 5a 00 ee 01", "00 5a 00 fd 01", "238", "unknown", action::diagnose, "", "", outcome::refused, "1", "function"},
    {"odd_answer", "00 5a 00 12", "00 5a 00 17", "18", "keep_alive", action::session, "", "", outcome::ok, "", "value"},
    {"empty_answer", "00 5a 00 12", "00 5a 00", "18", "keep_alive", action::session, "", "", outcome::ok, "", "length"},
    {"signed_stop", "00 5a 02 38 01 0000000000000000 0000000000000000 0000000000000000 0000000000000000 5a 02 41 ff00",
     "00 5a 02 fe 01 0000000000000000 0000000000000000 0000000000000000 0000000000000000 5a 02 fe", "56", "signed_stop_plc", action::stop,
     "", "", outcome::ok, "", ""},
    {"signed_stop_refused", "00 5a 02 38 01 0000000000000000 0000000000000000 0000000000000000 0000000000000000 5a 02 41 ff00",
     "00 5a 02 fe 01 0000000000000000 0000000000000000 0000000000000000 0000000000000000 5a 02 fd 0a", "56", "signed_stop_plc",
     action::stop, "", "", outcome::refused, "10", ""},
    {"signed_nothing", "00 5a 02 38 01 0000", "00 5a 02 fd 01", "56", "signed", action::diagnose, "", "", outcome::refused, "1", "length"},
};

TEST(umas, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"modbus"};
    EXPECT_EQ(talk.say(side::client, framed(r.request)), 0U);
    EXPECT_EQ(talk.say(side::server, framed(r.response)), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.protocol, "umas");
    EXPECT_EQ(op.unit, "0");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["modbus/request/90"], 1U);
    EXPECT_EQ(talk.out.counts["umas/request/" + r.function], 1U);
    EXPECT_EQ(talk.out.counts["modbus/response/90"], 1U);
  }
}

const recorder said(std::string_view name) {
  for (const auto& r : rows)
    if (r.name == name) {
      conversation talk{"modbus"};
      talk.say(side::client, framed(r.request));
      talk.say(side::server, framed(r.response));
      return talk.out;
    }
  throw std::runtime_error("no such row");
}

TEST(umas, a_transfer_says_which_side_carried_the_block) {
  const auto upload = said("upload").operations.at(0), download = said("download").operations.at(0);
  EXPECT_EQ(field_of(upload, "payload_direction"), "from_controller");
  EXPECT_EQ(field_of(upload, "payload_size"), "2");
  EXPECT_EQ(field_of(upload, "last"), "true");
  EXPECT_EQ(field_of(download, "payload_direction"), "to_controller");
  EXPECT_EQ(field_of(download, "payload_size"), "3");
  EXPECT_EQ(field_of(said("upload_begins").operations.at(0), "payload_direction"), "absent");
}

TEST(umas, identity_becomes_facts) {
  const auto r = said("identity");
  EXPECT_EQ(fact_of(r, "vendor"), "0=Schneider Electric");
  EXPECT_EQ(fact_of(r, "model"), "0=P1 A");
  EXPECT_EQ(fact_of(r, "product_code"), "0=0x0001015a");
  EXPECT_EQ(fact_of(r, "firmware"), "0=2.70");
  EXPECT_EQ(fact_of(r, "hardware"), "0=9");
  EXPECT_EQ(field_of(r.operations.at(0), "internal_code"), "39");
  EXPECT_TRUE(said("identity_cut").facts.empty());
}

TEST(umas, the_project_becomes_a_fact) {
  const auto r = said("project");
  EXPECT_EQ(fact_of(r, "user_application"), "0=Mill");
  EXPECT_EQ(field_of(r.operations.at(0), "created"), "2014-01-14 12:59:12");
  EXPECT_EQ(field_of(r.operations.at(0), "modified"), "2014-01-14 12:59:13");
  EXPECT_EQ(field_of(r.operations.at(0), "project_version"), "0.0.8");
  EXPECT_TRUE(said("project_of_another_layout").facts.empty());
}

TEST(umas, who_reserves_the_controller_names_itself) {
  const auto r = said("reserve");
  ASSERT_EQ(r.facts.size(), 1U);
  EXPECT_EQ(r.facts[0].who, side::client);
  EXPECT_EQ(fact_of(r, "host_name"), "=PC1");
  EXPECT_EQ(field_of(r.operations.at(0), "owner"), "PC1");
  EXPECT_EQ(field_of(r.operations.at(0), "session_key_given"), "1");
}

TEST(umas, a_signed_request_says_what_is_in_it) {
  const auto r = said("signed_stop");
  EXPECT_EQ(field_of(r.operations.at(0), "signed_function"), "65");
}

TEST(umas, answers_are_counted_by_how_they_went) {
  auto good = said("alive"), bad = said("reserve_refused");
  EXPECT_EQ(good.counts["umas/response/254"], 1U);
  EXPECT_EQ(bad.counts["umas/response/253"], 1U);
}

TEST(umas, an_answer_without_request_is_unpaired) {
  conversation talk{"modbus"};
  talk.say(side::server, framed("00 5a 01 fe 0102"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].protocol, "umas");
  EXPECT_EQ(talk.out.operations[0].function, "254");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(rules(talk.out), "unpaired_response");
}

TEST(umas, a_message_without_code_is_modbus) {
  conversation talk{"modbus"};
  talk.say(side::client, framed("00 5a 00"));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].protocol, "modbus");
  EXPECT_EQ(talk.out.operations[0].function, "90");
  EXPECT_EQ(rules(talk.out), "length");
}

TEST(umas, frames_may_be_longer_than_modbus_allows) {
  auto body = std::string{"00 5a 01 31 0001 0700 f401"};
  for (int i = 0; i < 500; ++i) body += " 5a";
  conversation talk{"modbus"};
  EXPECT_EQ(talk.say(side::client, framed(body)), 0U);
  talk.say(side::server, framed("00 5a 01 fe"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "payload_size"), "500");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(umas, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("modbus", {{side::client, framed(r.request)}, {side::server, framed(r.response)}});
}

}  // namespace
}  // namespace mw::test
