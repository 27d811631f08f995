// HART-IP: sessions, HART frames and commands for the server itself; what commands read, write and tell of devices.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

/// A message: type, id, status, sequence number, body.
std::vector<std::uint8_t> hart(unsigned type, unsigned id, std::string_view body, unsigned sequence = 7, unsigned status = 0) {
  const auto inside = hex(body);
  const auto size = inside.size() + 8;
  std::vector<std::uint8_t> out{1,
                                static_cast<std::uint8_t>(type),
                                static_cast<std::uint8_t>(id),
                                static_cast<std::uint8_t>(status),
                                static_cast<std::uint8_t>(sequence >> 8),
                                static_cast<std::uint8_t>(sequence),
                                static_cast<std::uint8_t>(size >> 8),
                                static_cast<std::uint8_t>(size)};
  out.insert(out.end(), inside.begin(), inside.end());
  return out;
}
/// A HART frame of the device 26 01 00 00 11 (or of polling address 0) with its check octet.
std::string framed(bool asks, unsigned command, std::string_view data, bool polled = false) {
  std::vector<std::uint8_t> all = polled ? std::vector<std::uint8_t>{static_cast<std::uint8_t>(asks ? 0x02 : 0x06), 0x80}
                                         : std::vector<std::uint8_t>{static_cast<std::uint8_t>(asks ? 0x82 : 0x86), 0xa6, 0x01, 0, 0, 0x11};
  const auto inside = hex(data);
  all.push_back(static_cast<std::uint8_t>(command)), all.push_back(static_cast<std::uint8_t>(inside.size()));
  all.insert(all.end(), inside.begin(), inside.end());
  std::uint8_t sum = 0;
  std::string text;
  constexpr std::string_view digits = "0123456789abcdef";
  for (const auto b : all) sum ^= b;
  all.push_back(sum);
  for (const auto b : all) text += digits[b >> 4], text += digits[b & 15];
  return text;
}
std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : " ") += (o.space == "variable" ? "#" : "") + o.address;
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
std::string told(const recorder& out) {
  std::string all;
  for (const auto& f : out.facts) (all += all.empty() ? "" : ",") += (f.unit.empty() ? "" : f.unit + ' ') + f.kind + '=' + f.value;
  return all;
}

TEST(hart_ip, each_command_is_one_operation) {
  const struct {
    std::string name;
    unsigned command;
    std::string request, answer, objects, values;
    action what;
    std::string how = "ok", code = "", field = "", said = "", violations = "";
  } rows[] = {
      {"primary", 1, "", "00 00 20 41c80000", "pv", "25", action::read, "ok", "", "pv_units", "32"},
      {"loop", 2, "", "00 00 41400000 42480000", "loop_current percent_range", "12 50", action::read},
      {"dynamic", 3, "", "00 40 41400000 20 41c80000 27 3f800000", "loop_current pv sv", "12 25 1", action::read, "ok", "", "device_status",
       "configuration_changed"},
      {"variables", 9, "00 f4", "00 00 01 00 00 20 41c80000 c0 f4 00 39 42480000 c0 00007d00", "#0 #244", "25 50", action::read, "ok", "",
       "data_time", "1"},
      {"some_variables", 33, "00", "00 00 00 20 41c80000", "#0", "25", action::read},
      {"message", 12, "", "00 00 0420e0820820820820820820820820820820820820820820", "message", "ABC", action::read},
      {"polling", 6, "05 01", "00 00 05 01", "polling_address loop_current_mode", "5 1", action::configure},
      {"range", 35, "20 42c80000 00000000", "00 00 20 42c80000 00000000", "upper_range lower_range", "100 0", action::write, "ok", "",
       "range_units", "32"},
      {"range_protected", 35, "20 42c80000 00000000", "07 00", "upper_range lower_range", "100 0", action::write, "refused", "7",
       "response", "in_write_protect_mode"},
      {"damping_rounded", 34, "3f800000", "08 00 3f800000", "damping", "1", action::write, "ok", "8", "response",
       "command_specific_warning"},
      {"fixed_current", 40, "41400000", "00 08 41400000", "fixed_current", "12", action::force, "ok", "", "device_status",
       "loop_current_fixed"},
      {"variable_forced", 79, "00 01 20 41c80000 c0", "00 00 00 01 20 41c80000 c0", "variable command_code variable_value status",
       "0 1 25 192", action::force},
      {"reset", 42, "", "00 00", "", "", action::restart},
      {"lock", 71, "01", "00 00 01", "lock_code", "1", action::mode_change},
      {"squawk", 72, "", "00 00 00", "squawk_control", "0", action::diagnose},
      {"long_tag", 22, "50756d7020370000000000000000000000000000000000000000000000000000", "00 00", "long_tag", "Pump 7",
       action::configure},
      {"clock", 89, "01 0a 0b 78 6ddd0000", "00 00", "time_set_code date time_of_day", "1 2020-11-10 57600", action::time_sync},
      {"burst", 109, "01 00", "00 00 01 00", "burst_mode burst_message", "1 0", action::configure},
      {"line_error", 1, "", "88 00", "", "", action::read, "refused", "136", "response", "communication_error"},
      {"not_known", 64, "01 3f800000", "40 00", "channel damping", "1 1", action::write, "refused", "64", "response",
       "command_not_implemented"},
      {"of_the_device", 130, "aabb", "00 00 01", "", "", action::diagnose, "ok", "", "data", "0xaabb"},
      {"request_cut", 34, "3f80", "05 00", "", "", action::write, "refused", "5", "", "", "length"},
      {"answer_cut", 1, "", "00 00 20 41c8", "", "", action::read, "ok", "", "", "", "length"},
      {"no_status", 1, "", "00", "", "", action::read, "timeout", "", "", "", "length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"hart_ip"};
    EXPECT_EQ(talk.say(side::client, hart(0, 3, framed(true, r.command, r.request))), 0U);
    EXPECT_EQ(talk.say(side::server, hart(1, 3, framed(false, r.command, r.answer))), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, std::to_string(r.command));
    EXPECT_EQ(op.unit, "2601000011");
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), r.how);
    EXPECT_EQ(op.code.value_or(""), r.code);
    if (!r.field.empty()) {
      EXPECT_EQ(field_of(op, r.field), r.said);
    }
    EXPECT_EQ(rules(talk.out), r.violations);
    EXPECT_EQ(talk.out.counts["hart_ip/command/" + op.function], 1U);
    EXPECT_EQ(talk.out.counts["hart_ip/message/0/3"], 1U);
    EXPECT_EQ(talk.out.counts["hart_ip/message/1/3"], 1U);
  }
}

const std::string identity = "00 00 fe 2601 05 07 02 0a 48 00 000011 05 09 0102 01 0026 0026 01";

TEST(hart_ip, a_device_tells_what_it_is) {
  conversation talk{"hart_ip"};
  talk.say(side::client, hart(0, 3, framed(true, 0, "")));
  talk.say(side::server, hart(1, 3, framed(false, 0, identity)));
  const std::string facts =
      "U vendor_id=38,U vendor=Rosemount,U device_type=9729,U serial=000011,U firmware=10,U hardware=9,U device_revision=2";
  const auto of = [&](const std::string& unit) {
    auto all = facts;
    for (auto at = all.find("U "); at != std::string::npos; at = all.find("U ", at)) all.replace(at, 2, unit);
    return all;
  };
  EXPECT_EQ(told(talk.out), of("2601000011 "));

  conversation own{"hart_ip"};  // who answers to polling address 0 is the machine itself, also under its long address
  own.say(side::client, hart(0, 3, framed(true, 0, "", true)));
  own.say(side::server, hart(1, 3, framed(false, 0, identity, true)));
  EXPECT_EQ(told(own.out), of(""));
  own.say(side::client, hart(0, 3, framed(true, 20, "")));
  own.say(side::server, hart(1, 3, framed(false, 20, "00 00 50756d7020370000000000000000000000000000000000000000000000000000")));
  EXPECT_EQ(told(own.out), of("") + ",host_name=Pump 7");
  own.say(side::client, hart(0, 4, "00 00 0000 00"));
  own.say(side::server, hart(1, 4, "00 00 0000 17" + identity.substr(0, 2) + identity.substr(5)));
  EXPECT_EQ(told(own.out), of("") + ",host_name=Pump 7");  // told once
  EXPECT_EQ(rules(own.out), "");

  conversation old{"hart_ip"};  // HART 5: the maker is in the type
  old.say(side::client, hart(0, 3, framed(true, 0, "", true)));
  old.say(side::server, hart(1, 3, framed(false, 0, "00 00 fe 1142 05 05 02 0a 48 00 000011", true)));
  EXPECT_NE(told(old.out).find("vendor=Endress+Hauser"), std::string::npos);

  conversation tags{"hart_ip"};
  tags.say(side::client, hart(0, 3, framed(true, 13, "", true)));
  tags.say(side::server, hart(1, 3, framed(false, 13, "00 00 0420e0820820 0420e0820820820820820820 01 02 78", true)));
  EXPECT_EQ(told(tags.out), "tag=ABC,description=ABC");
  EXPECT_EQ(text(tags.out.operations.at(0).values), "ABC ABC 2020-02-01");
}

TEST(hart_ip, commands_for_the_server_itself) {
  conversation talk{"hart_ip"};
  talk.say(side::client, hart(0, 4, "00 00 0001 00 0023 09 20 42c80000 00000000"));
  talk.say(side::server, hart(1, 4, "20 00 0001 06 00 20 41c80000 0023 01 07"));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function, "1");
  EXPECT_EQ(talk.out.operations[0].unit, "");
  EXPECT_EQ(text(talk.out.operations[0].values), "25");
  EXPECT_EQ(field_of(talk.out.operations[0], "device_status"), "cold_start");
  EXPECT_EQ(to_string(talk.out.operations[1].outcome), "refused");
  EXPECT_EQ(talk.out.counts["hart_ip/direct_command/1"], 1U);
  EXPECT_EQ(rules(talk.out), "");
  talk.say(side::client, hart(0, 4, "00 00 0001 05 00"));
  EXPECT_EQ(rules(talk.out), "length");
}

TEST(hart_ip, commands_inside_commands) {
  conversation talk{"hart_ip"};
  talk.say(side::client, hart(0, 3, framed(true, 31, "0201 4445")));
  talk.say(side::server, hart(1, 3, framed(false, 31, "00 00 0201 4445")));
  talk.say(side::client, hart(0, 3, framed(true, 77, "01 02 05 82 a6 02 00 00 22 28 04 41400000")));
  talk.say(side::server, hart(1, 3, framed(false, 77, "00 00 01 02 86 a6 02 00 00 22 28 06 10 00 41400000")));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function, "513");
  EXPECT_EQ(talk.out.operations[0].function_name, "write_country_code");
  EXPECT_EQ(to_string(talk.out.operations[0].action), "configure");
  EXPECT_EQ(talk.out.operations[1].function, "77");
  EXPECT_EQ(talk.out.operations[1].unit, "2602000022");
  EXPECT_EQ(to_string(talk.out.operations[1].action), "force");  // that is what it does to the device behind
  EXPECT_EQ(to_string(talk.out.operations[1].outcome), "refused");
  EXPECT_EQ(talk.out.operations[1].code, "16");
  EXPECT_EQ(text(talk.out.operations[1].values), "12");
  EXPECT_EQ(field_of(talk.out.operations[1], "embedded_name"), "enter_exit_fixed_current_mode");
}

TEST(hart_ip, sessions_begin_live_and_end) {
  conversation talk{"hart_ip", transport::udp};
  talk.say(side::client, hart(0, 0, "01 000927c0", 1)), talk.say(side::server, hart(1, 0, "01 000927c0", 1));
  talk.say(side::client, hart(0, 2, "", 2)), talk.say(side::server, hart(1, 2, "", 2));
  talk.say(side::client, hart(0, 5, "00 ff", 3)), talk.say(side::server, hart(1, 5, "00 02" + std::string(36, '0') + "003a", 3, 8));
  talk.say(side::client, hart(0, 1, "", 4)), talk.say(side::server, hart(1, 1, "", 4));
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(field_of(talk.out.operations[0], "host_type"), "primary");
  EXPECT_EQ(field_of(talk.out.operations[0], "inactivity_close_ms"), "600000");
  EXPECT_EQ(talk.out.operations[1].function, "keep_alive");
  EXPECT_EQ(field_of(talk.out.operations[2], "records_returned"), "2");
  EXPECT_EQ(rules(talk.out), "");
  talk.say(side::client, hart(0, 3, framed(true, 1, "")));
  EXPECT_EQ(rules(talk.out), "no_session");
  talk.say(side::client, hart(0, 0, "02 000927c0", 1)), talk.say(side::server, hart(1, 0, "01 000927c0", 1, 15));
  EXPECT_EQ(rules(talk.out), "no_session,master_type");
  EXPECT_EQ(to_string(talk.out.operations.back().outcome), "refused");
  talk.say(side::client, hart(0, 3, framed(true, 1, ""), 9)), talk.say(side::server, hart(1, 3, "", 9, 16));
  EXPECT_EQ(talk.out.operations.back().code, "16");
  EXPECT_EQ(field_of(talk.out.operations.back(), "status"), "access_restricted");
  talk.wait(std::chrono::seconds{40});
  EXPECT_EQ(to_string(talk.out.operations.back().outcome), "timeout");
}

TEST(hart_ip, what_is_wrong_many_times_is_told_once) {
  conversation talk{"hart_ip"};
  talk.say(side::client, hart(0, 1, "")), talk.say(side::server, hart(1, 1, ""));
  for (unsigned n = 0; n < 5; ++n) talk.say(side::client, hart(0, 3, framed(true, 1, ""), n));  // the next session's beginning was missed
  EXPECT_EQ(rules(talk.out), "no_session");
  std::string empty = "00 00";
  for (int n = 0; n < 500; ++n) empty += "0000 00";
  talk.say(side::server, hart(1, 4, empty));
  EXPECT_EQ(rules(talk.out), "no_session,length");
}

TEST(hart_ip, answers_find_their_requests) {
  conversation talk{"hart_ip"};
  talk.say(side::client, hart(0, 3, framed(true, 1, ""), 1)), talk.say(side::client, hart(0, 3, framed(true, 2, ""), 2));
  talk.say(side::server, hart(1, 3, framed(false, 2, "00 00 41400000 42480000"), 2));
  talk.gap(side::server);
  talk.say(side::server, hart(1, 3, framed(false, 1, "00 00 20 41c80000"), 1));
  talk.say(side::server, hart(1, 3, framed(false, 1, "00 00 20 41c80000"), 1));
  talk.say(side::server, hart(2, 3, "81 a6 01 00 00 11 01 07 00 00 20 41c80000 a5", 1));
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(talk.out.operations[0].function, "2");
  EXPECT_EQ(talk.out.operations[1].function, "1");
  EXPECT_EQ(to_string(talk.out.operations[2].outcome), "unpaired");
  EXPECT_EQ(to_string(talk.out.operations[3].outcome), "unsolicited");
  EXPECT_EQ(to_string(talk.out.operations[3].action), "report");
  talk.say(side::client, hart(0, 3, framed(true, 1, ""), 3)), talk.say(side::server, hart(1, 3, framed(false, 2, "40 00"), 3));
  EXPECT_NE(rules(talk.out).find("mismatch"), std::string::npos);
}

TEST(hart_ip, what_breaks_a_rule) {
  const struct {
    std::string name;
    std::vector<std::uint8_t> data;
    std::string rule;
  } rows[] = {
      {"sum", hart(0, 3, "82 a6 01 00 00 11 01 00 36"), "checksum"},
      {"frame_cut", hart(0, 3, "82 a6 01 00 00 11 01 05 36"), "hart_frame"},
      {"frame_type", hart(0, 3, "83 a6 01 00 00 11 01 00 34"), "hart_frame"},
      {"direction", hart(1, 3, framed(true, 1, "")), "frame_type"},
      {"session_cut", hart(0, 0, "01 00"), "length"},
      {"header", hex("03 00 00 00 0001 0008"), "header"},
      {"length", hex("01 00 02 00 0001 0009"), "header"},
  };
  for (const auto& r : rows) {
    conversation talk{"hart_ip", transport::udp};
    talk.say(side::client, r.data);
    EXPECT_EQ(rules(talk.out), r.rule) << r.name;
    talk.say(side::client, hart(0, 3, framed(true, 1, ""))), talk.say(side::server, hart(1, 3, framed(false, 1, "00 00 20 41c80000")));
    EXPECT_EQ(to_string(talk.out.operations.back().outcome), "ok") << r.name;
  }
}

TEST(hart_ip, what_is_hart_ip) {
  const auto thinks = [](const std::vector<std::uint8_t>& data, transport t) { return named("hart_ip").about.probe(data, t); };
  auto wrong = hart(0, 3, framed(true, 1, ""));
  EXPECT_EQ(thinks(wrong, transport::tcp), match::yes);
  EXPECT_EQ(thinks(wrong, transport::udp), match::yes);
  wrong.back() ^= 1;
  EXPECT_EQ(thinks(wrong, transport::tcp), match::no);
  EXPECT_EQ(thinks(hart(0, 0, "01 000927c0"), transport::udp), match::yes);
  EXPECT_EQ(thinks(hart(0, 4, "00 00 0001 00"), transport::udp), match::yes);
  EXPECT_EQ(thinks(hart(0, 4, "00 00 0001 01"), transport::udp), match::no);
  EXPECT_EQ(thinks(hex("01 00 02"), transport::tcp), match::unsure);
  EXPECT_EQ(thinks(hex("01 00 02"), transport::udp), match::no);
  EXPECT_EQ(thinks(hex("01 00 09 00 0001 0008"), transport::tcp), match::no);
  EXPECT_EQ(thinks(hex("01 00 02 00 0001 0008 00"), transport::udp), match::no);
}

TEST(hart_ip, the_table_of_requests_is_bounded) {
  conversation talk{"hart_ip"};
  for (unsigned i = 0; i < 300; ++i) talk.say(side::client, hart(0, 3, framed(true, 1, ""), i));
  EXPECT_EQ(talk.out.operations.size(), 44U);
}

TEST(hart_ip, no_byte_is_read_that_is_not_there) {
  const std::vector<std::pair<side, std::vector<std::uint8_t>>> messages{
      {side::client, hart(0, 3, framed(true, 0, ""))},
      {side::server, hart(1, 3, framed(false, 0, identity))},
      {side::client, hart(0, 3, framed(true, 77, "01 02 05 82 a6 02 00 00 22 28 04 41400000"))},
      {side::server, hart(1, 3, framed(false, 77, "00 00 01 02 86 a6 02 00 00 22 28 06 10 00 41400000"))},
      {side::client, hart(0, 4, "00 00 0001 00 0023 09 20 42c80000 00000000")},
      {side::server, hart(1, 5, "00 02" + std::string(36, '0') + "003a", 3, 8)},
  };
  every_prefix("hart_ip", messages);
  every_prefix("hart_ip", messages, transport::udp);
}

}  // namespace
}  // namespace mw::test
