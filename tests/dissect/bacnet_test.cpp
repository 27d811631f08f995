// BACnet services: what requests, answers and notices say; values are hand-made from ASHRAE 135, Annex F among others.
#include "tests/dissect/bacnet_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

struct row {
  std::string name, request, answer;  // APDUs
  std::string function;
  action what;
  std::string objects, values;
  outcome how;
  std::string field, said, violations;
};
const row rows[] = {
    {"read", "00 04 01 0c 0c 00000005 19 55", "30 01 0c 0c 00000005 19 55 3e 44 42903333 3f", "confirmed/12", action::read, "0,5/85",
     "72.0999984741211", outcome::ok, "property_name", "present_value", ""},
    {"read_element", "00 04 01 0c 0c 02000001 19 4c 29 02", "30 01 0c 0c 02000001 19 4c 29 02 3e c4 00000005 3f", "confirmed/12",
     action::read, "8,1/76[2]", "0,5", outcome::ok, "object_type", "device", ""},
    {"read_other", "00 04 01 0c 0c 00000005 19 55", "30 01 0c 0c 00000005 19 56 3e 11 3f", "confirmed/12", action::read, "0,5/85", "true",
     outcome::ok, "property_name", "present_value", "mismatch"},
    {"read_types", "00 04 01 0c 0c 00000005 19 57",
     "30 01 0c 0c 00000005 19 57 3e 00 10 21 07 31 ff 55 08 3ff8000000000000 63 010203 75 05 00 50756d70 82 04 a0 91 03 a4 6d031e05 b4 "
     "0b1e0563 3f",
     "confirmed/12", action::read, "0,5/87", "null false 7 -1 1.5 0x010203 Pump 1010 3 2009-03-30 11:30:05.99", outcome::ok, "", "", ""},
    {"read_nested", "00 04 01 0c 0c 00000005 19 7b", "30 01 0c 0c 00000005 19 7b 3e 0e 21 01 0e 21 02 0f 09 03 0f 1e 1f 3f", "confirmed/12",
     action::read, "0,5/123", "1 2 0x03", outcome::ok, "", "", ""},
    {"read_refused", "00 04 01 0c 0c 00000005 19 55", "50 01 0c 91 02 91 20", "confirmed/12", action::read, "0,5/85", "", outcome::refused,
     "error_code", "unknown_property", ""},
    {"rejected", "00 04 01 0c 0c 00000005 19 55", "60 01 09", "confirmed/12", action::read, "0,5/85", "", outcome::refused, "reason",
     "unrecognized_service", ""},
    {"aborted", "00 04 01 0c 0c 00000005 19 55", "71 01 04", "confirmed/12", action::read, "0,5/85", "", outcome::refused, "reason",
     "segmentation_not_supported", ""},
    {"read_cut", "00 04 01 0c 0c 00000005", "60 01 05", "confirmed/12", action::read, "", "", outcome::refused, "reason",
     "missing_required_parameter", "parameters"},
    {"read_many", "00 04 01 0e 0c 00000021 1e 09 55 09 67 1f 0c 00000022 1e 09 55 1f",
     "30 01 0e 0c 00000021 1e 29 55 4e 44 42290000 4f 29 67 5e 91 02 91 20 5f 1f 0c 00000022 1e 29 55 4e 91 01 4f 1f", "confirmed/14",
     action::read, "0,33/85 0,33/103 0,34/85", "42.25 null 1", outcome::ok, "property_errors", "1", ""},
    {"read_range", "00 04 01 1a 0c 05000001 19 83 3e 21 01 31 02 3f",
     "30 01 1a 0c 05000001 19 83 3a 05 c0 49 01 5e 0e a4 6d031e05 b4 0b1e0563 0f 1e 2c 41900000 1f 5f", "confirmed/26", action::read,
     "20,1/131", "2009-03-30 11:30:05.99 0x41900000", outcome::ok, "item_count", "1", ""},
    {"write", "00 04 01 0f 0c 00400001 19 55 3e 44 43340000 3f 49 08", "20 01 0f", "confirmed/15", action::write, "1,1/85", "180",
     outcome::ok, "priority", "8", ""},
    {"write_gives_back", "00 04 01 0f 0c 00400001 19 55 3e 00 3f 49 08", "20 01 0f", "confirmed/15", action::write, "1,1/85", "null",
     outcome::ok, "relinquish", "true", ""},
    {"write_reserved", "00 04 01 0f 0c 00400001 19 55 3e 00 3f 49 06", "20 01 0f", "confirmed/15", action::write, "1,1/85", "null",
     outcome::ok, "priority", "6", "reserved_priority"},
    {"write_no_priority", "00 04 01 0f 0c 00400001 19 55 3e 91 01 3f 49 11", "50 01 0f 91 02 91 25", "confirmed/15", action::write,
     "1,1/85", "1", outcome::refused, "error_code", "value_out_of_range", "priority"},
    {"write_many", "00 04 01 10 0c 00400001 1e 09 55 2e 44 43340000 2f 39 05 1f 0c 01400002 1e 09 55 2e 91 01 2f 1f",
     "50 01 10 0e 91 02 91 28 0f 1e 0c 01400002 19 55 1f", "confirmed/16", action::write, "1,1/85 5,2/85", "180 1", outcome::refused,
     "first_failed", "5,2", ""},
    {"subscribe", "00 04 01 05 09 12 1c 0000000a 29 01 39 3c", "20 01 05", "confirmed/5", action::subscribe, "0,10", "", outcome::ok,
     "lifetime", "60", ""},
    {"unsubscribe", "00 04 01 05 09 12 1c 0000000a", "20 01 05", "confirmed/5", action::subscribe, "0,10", "", outcome::ok, "cancellation",
     "true", ""},
    {"subscribe_property", "00 04 01 1c 09 12 1c 0000000a 29 01 39 3c 4e 09 55 4f 5c 3f800000", "20 01 1c", "confirmed/28",
     action::subscribe, "0,10/85", "", outcome::ok, "increment", "1", ""},
    {"subscribe_many", "00 04 01 1e 09 12 19 01 29 3c 39 05 4e 0c 0000000a 1e 0e 09 55 0f 1c 3f800000 29 01 1f 4f", "20 01 1e",
     "confirmed/30", action::subscribe, "0,10/85", "", outcome::ok, "most_delay", "5", ""},
    {"cov", "00 04 01 01 09 12 1c 02000004 2c 0000000a 39 00 4e 09 55 2e 44 42820000 2f 09 6f 2e 82 04 00 2f 4f", "20 01 01", "confirmed/1",
     action::report, "0,10/85 0,10/111", "65 0000", outcome::ok, "device", "4", ""},
    {"cov_many",
     "00 04 01 1f 09 12 1c 02000004 29 27 3e a4 71060301 b4 030f352f 3f 4e 0c 0000000a 1e 09 55 2e 44 42820000 2f 3c 030f342f 1f 4f",
     "20 01 1f", "confirmed/31", action::report, "0,10/85", "65", outcome::ok, "changed_at", "2013-06-03 03:15:53.47", ""},
    {"event",
     "00 04 01 02 09 01 1c 02000004 2c 00000002 3e 19 10 3f 49 04 59 64 69 05 7d 05 00 686f7421 89 00 99 01 a9 00 b9 03 ce 5e 0c 42a00000 "
     "5f "
     "cf",
     "20 01 02", "confirmed/2", action::alarm, "0,2", "3", outcome::ok, "to_state", "high_limit", ""},
    {"acknowledge", "00 04 01 00 09 01 1c 00000002 29 03 3e 19 10 3f 4c 00 4d444c 5e 2e a4 5c0615ff b4 0d032900 2f 5f", "20 01 00",
     "confirmed/0", action::alarm, "0,2", "", outcome::ok, "operator", "MDL", ""},
    {"alarms", "00 04 01 03", "30 01 03 c4 00000002 91 03 82 05 60 c4 00000003 91 02 82 05 e0", "confirmed/3", action::read, "",
     "3 011 2 111", outcome::ok, "", "", ""},
    {"events", "00 04 01 1d",
     "30 01 1d 0e 0c 00000002 19 03 2a 05 60 3e 0c 0f230000 19 00 19 00 3f 49 00 5a 05 e0 6e 21 0f 21 0f 21 14 6f 0f 19 00", "confirmed/29",
     action::read, "", "3", outcome::ok, "more_events", "false", ""},
    {"restart", "00 04 01 14 09 01 1d 08 00 41624344456667", "20 01 14", "confirmed/20", action::restart, "", "", outcome::ok, "state",
     "warmstart", ""},
    {"silence", "00 04 01 11 09 05 19 01 2d 08 00 2365676269736a", "20 01 11", "confirmed/17", action::configure, "", "", outcome::ok,
     "state", "disable", ""},
    {"file_read", "00 04 01 06 c4 02800001 0e 31 1e 21 1b 0f", "30 01 06 10 0e 31 1e 63 010203 0f", "confirmed/6", action::file_read,
     "10,1x27", "0x010203", outcome::ok, "access", "stream", ""},
    {"file_write", "00 04 01 07 c4 02800001 0e 31 1e 63 010203 0f", "30 01 07 09 1e", "confirmed/7", action::file_write, "10,1x3",
     "0x010203", outcome::ok, "written_at", "30", ""},
    {"file_records", "00 04 01 07 c4 02800002 1e 31 ff 21 02 62 0102 62 0304 1f", "30 01 07 19 0e", "confirmed/7", action::file_write,
     "10,2x2", "0x0102 0x0304", outcome::ok, "access", "record", ""},
    {"create", "00 04 01 0a 0e 09 0a 0f 1e 09 4d 2e 73 00 4131 2f 1f", "30 01 0a c4 0280000d", "confirmed/10", action::configure, "10,13",
     "A1", outcome::ok, "", "", ""},
    {"delete", "00 04 01 0b c4 02c00006", "20 01 0b", "confirmed/11", action::configure, "11,6", "", outcome::ok, "object_type", "group",
     ""},
    {"element", "00 04 01 08 0c 02c00003 19 35 3e 21 01 3f", "20 01 08", "confirmed/8", action::write, "11,3/53", "1", outcome::ok, "", "",
     ""},
    {"private", "00 04 01 12 09 19 19 08 2e 44 42906666 62 1649 2f", "30 01 12 09 19 19 08", "confirmed/18", action::configure, "",
     "0x44429066666216"
     "49",
     outcome::ok, "service_number", "8", ""},
    {"message", "00 04 01 13 0c 02000005 29 00 3d 05 00 74657374", "20 01 13", "confirmed/19", action::report, "", "test", outcome::ok,
     "device", "5", ""},
    {"life_safety", "00 04 01 1b 09 12 1c 00 4d444c 29 04 3c 05400001", "20 01 1b", "confirmed/27", action::control, "21,1", "",
     outcome::ok, "operation", "reset", ""},
    {"unknown", "00 04 01 63", "60 01 09", "confirmed/99", action::diagnose, "", "", outcome::refused, "", "", "service"},
};

TEST(bacnet, a_request_and_its_answer_are_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"bacnet", transport::udp};
    talk.say(side::client, on_ip("01 04" + r.request));
    talk.say(side::server, on_ip("01 00" + r.answer));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
    EXPECT_EQ(talk.out.askers[0], side::client);
    if (!r.field.empty()) {
      EXPECT_EQ(field_of(op, r.field), r.said);
    }
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["bacnet/confirmed_request/" + r.function.substr(10)], 1U);
    EXPECT_EQ(talk.out.counts["bacnet/bvlc/10"], 2U);
  }
}

TEST(bacnet, a_password_is_told_of_and_not_kept) {
  for (const std::string request : {"00 04 01 14 09 01 1d 08 00 41624344456667", "00 04 01 11 09 05 19 01 2d 08 00 41624344456667"}) {
    conversation talk{"bacnet", transport::udp};
    talk.say(side::client, on_ip("01 04" + request));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(field_of(talk.out.operations[0], "password_given"), "true");
    EXPECT_EQ(to_string(talk.out.operations[0].outcome), "timeout");
    for (const auto& [name, v] : talk.out.operations[0].fields) EXPECT_EQ(to_string(v).find("AbCD"), std::string::npos) << name;
  }
}

TEST(bacnet, each_notice_is_an_operation_of_who_sends_it) {
  const struct {
    std::string name, apdu, function, objects, values, field, said, facts;
    action what = action::identify;
    std::string violations = "";
  } notices[] = {
      {"i_am", "10 00 c4 0200007b 22 01e0 91 00 21 18", "unconfirmed/0", "8,123", "", "vendor", "Automated Logic Corporation",
       "device_instance=123,vendor_id=24,vendor=Automated Logic Corporation"},
      {"i_am_nobody", "10 00 c4 023fffff 22 01e0 91 03 22 fff0", "unconfirmed/0", "8,4194303", "", "segmentation", "none",
       "device_instance=4194303,vendor_id=65520", action::identify, "instance"},
      {"i_am_cut", "10 00 c4 0200007b", "unconfirmed/0", "", "", "", "", "", action::identify, "parameters"},
      {"who_is", "10 08", "unconfirmed/8", "", "", "", "", ""},
      {"who_is_range", "10 08 09 03 19 07", "unconfirmed/8", "", "", "high", "7", ""},
      {"who_is_empty_range", "10 08 09 07 19 03", "unconfirmed/8", "", "", "low", "7", "", action::identify, "range"},
      {"who_has", "10 07 3d 07 00 4f415454656d", "unconfirmed/7", "", "", "object_name", "OATTem", ""},
      {"who_has_object", "10 07 2c 00000003", "unconfirmed/7", "0,3", "", "", "", ""},
      {"i_have", "10 01 c4 02000008 c4 00000003 75 04 00 4f4154", "unconfirmed/1", "0,3", "OAT", "device", "8", ""},
      {"time", "10 06 a4 5c0b1102 b4 162d1e46", "unconfirmed/6", "", "1992-11-17 22:45:30.70", "", "", "", action::time_sync},
      {"utc", "10 09 a4 5c0b1102 b4 162d1e46", "unconfirmed/9", "", "1992-11-17 22:45:30.70", "", "", "", action::time_sync},
      {"cov", "10 02 09 12 1c 02000004 2c 0000000a 39 00 4e 09 55 2e 44 42820000 2f 4f", "unconfirmed/2", "0,10/85", "65", "time_remaining",
       "0", "", action::report},
      {"private", "10 04 09 19 19 08", "unconfirmed/4", "", "", "vendor_id", "25", "", action::report},
      {"message", "10 05 0c 02000005 29 01 3d 05 00 74657374", "unconfirmed/5", "", "test", "urgent", "true", "", action::report},
      {"group", "10 0a 09 17 19 08 2e 09 0c 44 42820000 09 0d 19 0a 00 2f 39 00", "unconfirmed/10", "channel,12 channel,13", "65 null",
       "group", "23", "", action::write},
      {"who_am_i", "10 0d 22 022b 75 04 00 4d3234 75 03 00 3132", "unconfirmed/13", "", "", "model", "M24", "model=M24,serial=12"},
      {"you_are", "10 0e 22 022b 75 04 00 4d3234 75 03 00 3132 c4 02000003 61 2a", "unconfirmed/14", "8,3", "", "address", "0x2a", "",
       action::configure},
      {"unknown", "10 40", "unconfirmed/64", "", "", "", "", "", action::diagnose, "service"},
  };
  for (const auto& r : notices) {
    SCOPED_TRACE(r.name);
    conversation talk{"bacnet", transport::udp};
    talk.say(side::server, on_ip("01 20 ffff 00 ff" + r.apdu, 0x0b));
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), "none");
    EXPECT_EQ(talk.out.askers[0], side::server);
    EXPECT_EQ(op.unit, "");
    if (!r.field.empty()) {
      EXPECT_EQ(field_of(op, r.field), r.said);
    }
    auto facts = told(talk.out);
    if (r.name == "who_am_i") facts = facts.substr(facts.find("model"));  // whatever the vendor is called
    EXPECT_EQ(facts, r.facts);
    EXPECT_EQ(rules(talk.out), r.violations);
  }
}

TEST(bacnet, a_device_tells_what_it_is) {
  const struct {
    std::string property, value, fact;
  } properties[] = {
      {"19 4d", "75 05 00 50756d70", "host_name=Pump"},
      {"19 79", "75 05 00 41636d65", "vendor=Acme"},
      {"19 46", "73 00 4d31", "model=M1"},
      {"19 2c", "74 00 312e32", "firmware=1.2"},
      {"19 0c", "74 00 332e34", "software=3.4"},
      {"1a 0174", "73 00 5331", "serial=S1"},
      {"19 3a", "73 00 4831", "location=H1"},
      {"19 1c", "73 04 0041", "description=A"},
      {"19 70", "91 00", "run_state=operational"},
      {"19 78", "21 18", "vendor_id=24"},
      {"19 79", "71 00", ""},
      {"19 4d", "91 00", ""},
  };
  for (const auto& p : properties) {
    SCOPED_TRACE(p.fact);
    conversation talk{"bacnet", transport::udp};
    talk.say(side::client, on_ip("01 04 00 04 01 0c 0c 023fffff" + p.property));
    talk.say(side::server, on_ip("01 00 30 01 0c 0c 0200007b" + p.property + "3e" + p.value + "3f"));
    EXPECT_EQ(told(talk.out), p.fact);
    EXPECT_EQ(rules(talk.out), "");
    talk.say(side::client, on_ip("01 04 00 04 02 0c 0c 00000001" + p.property));
    talk.say(side::server, on_ip("01 00 30 02 0c 0c 00000001" + p.property + "3e" + p.value + "3f"));
    EXPECT_EQ(told(talk.out), p.fact);  // an input's name is not the machine's
    ASSERT_EQ(talk.out.operations.size(), 2U);
    EXPECT_EQ(talk.out.operations[1].unit, "123");
  }
  conversation talk{"bacnet", transport::udp};
  talk.say(side::client, on_ip("01 04 00 04 01 0e 0c 0200007b 1e 09 4d 09 46 1f"));
  talk.say(side::server, on_ip("01 08 0005 01 0a 30 01 0e 0c 0200007b 1e 29 4d 4e 73 00 5031 4f 29 46 4e 73 00 4d31 4f 1f"));
  EXPECT_EQ(told(talk.out), "123 host_name=P1,123 model=M1");  // of the device behind the router
}

TEST(bacnet, all_properties_are_told_as_returned) {
  conversation talk{"bacnet", transport::udp};
  talk.say(side::client, on_ip("01 04 00 04 01 0e 0c 00000021 1e 09 08 1f"));
  talk.say(side::server, on_ip("01 00 30 01 0e 0c 00000021 1e 29 55 4e 44 42290000 4f 29 57 39 03 4e 00 4f 1f"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(text(talk.out.operations[0].objects), "0,33/8");
  EXPECT_EQ(text(talk.out.operations[0].returned), "0,33/85 0,33/87[3]");
  EXPECT_EQ(text(talk.out.operations[0].values), "42.25 null");
}

TEST(bacnet, a_text_is_read_in_its_character_set) {
  const struct {
    std::string data, read;
  } texts[] = {{"74 05 e4f6fc", "äöü"},
               {"75 05 04 00e46f22", "ä漢"},
               {"75 05 03 00006f22", "漢"},
               {"75 05 01 0352 4142", "AB"},
               {"73 02 8abf", "0x8abf"},
               {"75 06 00 70617468 20", "path"},
               {"70", ""}};
  for (const auto& t : texts) {
    conversation talk{"bacnet", transport::udp};
    talk.say(side::client, on_ip("01 04 00 04 01 0c 0c 00000005 19 1c"));
    talk.say(side::server, on_ip("01 00 30 01 0c 0c 00000005 19 1c 3e" + t.data + "3f"));
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(text(talk.out.operations[0].values), t.read) << t.data;
  }
}

TEST(bacnet, endless_answers_are_told_in_part) {
  std::string names, writes;
  for (int i = 0; i < 200; ++i) {
    const std::string letter{"0123456789abcdef"[i / 16 % 16], "0123456789abcdef"[i % 16]};
    names += "29 4d 4e 75 03 00 41 4" + letter.substr(1) + "4f", writes += "09 55 2e 91 01 2f 39 08";
  }
  conversation talk{"bacnet", transport::udp};
  talk.say(side::server, on_ip("01 00 30 01 0e 0c 02000007 1e" + names + "1f"));
  EXPECT_LE(talk.out.facts.size(), 65u);
  EXPECT_EQ(talk.out.counts.at("bacnet/forgotten/finding"), 1u);
  talk.say(side::client, on_ip("01 04 00 04 02 10 0c 00400001 1e" + writes + "1f"));
  talk.end();
  const auto& op = talk.out.operations.back();
  EXPECT_EQ(op.objects.size(), 200u);
  EXPECT_EQ(field_of(op, "priority"), "8");
  EXPECT_LT(op.fields.size(), 80u);
}

TEST(bacnet, a_stronger_priority_takes_over) {
  conversation talk{"bacnet", transport::udp};
  const auto write = [&](const std::string& invoke, const std::string& to, const std::string& priority) {
    talk.say(side::client, on_ip("01 04 00 04" + invoke + "0f 0c 00400001 19 55 3e" + to + "3f 49" + priority));
    talk.say(side::server, on_ip("01 00 20" + invoke + "0f"));
    return field_of(talk.out.operations.back(), "takes_over_priority");
  };
  EXPECT_EQ(write("01", "44 43340000", "0a"), "-");  // nobody is known to rule
  EXPECT_EQ(write("02", "44 43340000", "0c"), "-");  // weaker
  EXPECT_EQ(write("03", "44 43340000", "08"), "10");
  EXPECT_EQ(write("04", "00", "08"), "-");  // given back: who rules now was not told
  EXPECT_EQ(write("05", "44 43340000", "05"), "-");
  talk.say(side::client, on_ip("01 04 00 04 06 0c 0c 00400001 19 57"));
  talk.say(side::server, on_ip("01 00 30 06 0c 0c 00400001 19 57 3e 00 00 00 44 43340000 00 00 00 00 00 00 00 00 00 00 00 00 3f"));
  EXPECT_EQ(write("07", "44 43340000", "02"), "4");
}

}  // namespace
}  // namespace mw::test
