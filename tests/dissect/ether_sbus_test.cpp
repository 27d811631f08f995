// SAIA Ether-S-Bus: what each telegram turns into, what breaks a rule, and what must not.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

constexpr auto client = side::client, server = side::server;

std::vector<std::uint8_t> sealed(std::vector<std::uint8_t> t) {
  unsigned crc = 0;
  for (const auto b : t)
    for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
      const bool flip = ((crc & 0x8000u) != 0) != ((b & bit) != 0);
      crc = (crc << 1 & 0xffffu) ^ (flip ? 0x1021u : 0u);
    }
  t.push_back(static_cast<std::uint8_t>(crc >> 8)), t.push_back(static_cast<std::uint8_t>(crc));
  return t;
}
/// A telegram with its head and its checksum.
std::vector<std::uint8_t> telegram(unsigned attribute, unsigned sequence, std::string_view body) {
  const auto data = hex(body);
  std::vector<std::uint8_t> t{0, 0, static_cast<std::uint8_t>((data.size() + 11) >> 8), static_cast<std::uint8_t>(data.size() + 11), 1, 0};
  t.push_back(static_cast<std::uint8_t>(sequence >> 8)), t.push_back(static_cast<std::uint8_t>(sequence));
  t.push_back(static_cast<std::uint8_t>(attribute));
  t.insert(t.end(), data.begin(), data.end());
  return sealed(t);
}
std::string text(const std::vector<object>& all) {
  std::string out;
  for (const auto& o : all) out += (out.empty() ? "" : ",") + o.space + ' ' + o.address + 'x' + std::to_string(o.count);
  return out;
}
std::string text(const std::vector<value>& all) {
  std::string out;
  for (const auto& v : all) out += (out.empty() ? "" : " ") + to_string(v);
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}

struct row {
  std::string_view name, request;
  unsigned attribute;
  std::string_view response, function, function_name;
  action what;
  std::string_view objects, values, code, violations;
};
const row rows[] = {
    {"registers", "0a 06 01 0064", 1, "00000001 ffffffff", "6", "read_registers", action::read, "register 100x2", "1 4294967295", "", ""},
    {"registers_short", "0a 06 01 0064", 1, "00000001", "6", "read_registers", action::read, "register 100x2", "1", "", "mismatch"},
    {"registers_refused", "0a 06 01 0064", 2, "0001", "6", "read_registers", action::read, "register 100x2", "", "1", ""},
    {"registers_cut", "0a 06 01 00", 2, "0001", "6", "read_registers", action::read, "", "", "1", "length"},
    {"timers", "0a 07 00 0000", 1, "0000000a", "7", "read_timers", action::read, "timer 0x1", "10", "", ""},
    {"counters", "0a 00 00 0010", 1, "0000000b", "0", "read_counters", action::read, "counter 16x1", "11", "", ""},
    {"flags", "0a 02 08 07d0", 1, "0501", "2", "read_flags", action::read, "flag 2000x9",
     "true false true false false false false false true", "", ""},
    {"inputs", "0a 03 01 0000", 1, "02", "3", "read_inputs", action::read, "input 0x2", "false true", "", ""},
    {"outputs", "0a 05 01 0020", 1, "0303", "5", "read_outputs", action::read, "output 32x2", "true true", "", "mismatch"},
    {"display", "0a 01", 1, "00000007", "1", "read_display_register", action::read, "", "7", "", ""},
    {"write_registers", "0a 0e 09 0005 00000001 00000002", 2, "0000", "14", "write_registers", action::write, "register 5x2", "1 2", "",
     ""},
    {"write_registers_lies", "0a 0e 0d 0005 00000001 00000002", 2, "0000", "14", "write_registers", action::write, "register 5x2", "1 2",
     "", "byte_count"},
    {"write_registers_password", "0a 0e 05 0005 00000001", 2, "0002", "14", "write_registers", action::write, "register 5x1", "1", "2", ""},
    {"write_outputs", "0a 0d 03 0020 02 05", 2, "0000", "13", "write_outputs", action::write, "output 32x3", "true false true", "", ""},
    {"write_flags", "0a 0b 03 0020 00 01", 2, "0000", "11", "write_flags", action::write, "flag 32x1", "true", "", ""},
    {"write_flags_lies", "0a 0b 03 0020 20 01", 2, "0000", "11", "write_flags", action::write, "flag 32x33",
     "true false false false false false false false", "", "byte_count"},
    {"clock", "0a 04", 1, "1403 240403 162530", "4", "read_clock", action::read, "", "2024-04-03 16:25:30", "", ""},
    {"set_clock", "0a 0c 1403 240403 162530", 2, "0000", "12", "write_clock", action::time_sync, "", "2024-04-03 16:25:30", "", ""},
    {"set_no_clock", "0a 0c 1403 2404ff 162530", 2, "0001", "12", "write_clock", action::time_sync, "", "", "1", ""},
    {"status", "0a 1b", 1, "52", "27", "read_pcd_status", action::diagnose, "cpu ownx1", "run", "", ""},
    {"status_of_another", "0a 15", 1, "48", "21", "read_pcd_status", action::diagnose, "cpu 1x1", "halt", "", ""},
    {"number", "0a 1d", 1, "0a", "29", "read_station_number", action::identify, "", "10", "", ""},
    {"memory", "0a 1e 00 000010", 1, "4d6f6465", "30", "read_user_memory", action::read, "memory 16x1", "0x4d6f6465", "", ""},
    {"write_memory", "0a 23 06 000010 01020304", 2, "0000", "35", "write_user_memory", action::program_download, "memory 16x1",
     "0x01020304", "", ""},
    {"firmware", "0a 20", 1, "44324d3438 303230 00", "32", "read_firmware_version", action::identify, "", "D2M48 020", "", ""},
    {"firmware_cut", "0a 20", 1, "44324d", "32", "read_firmware_version", action::identify, "", "", "", "length"},
    {"byte", "0a 47 01 002000", 1, "0102", "71", "read_byte", action::read, "memory 8192x2", "0x0102", "", ""},
    {"write_byte", "0a 51 0a 00c43c 23c60000c4444e75", 2, "0000", "81", "write_byte", action::write, "memory 50236x8", "0x23c60000c4444e75",
     "", ""},
    {"eeprom", "0a a1 00 00 0005", 1, "00000009", "161", "read_eeprom_register", action::read, "eeprom 5x1", "9", "", ""},
    {"run", "0a 28", 2, "0000", "40", "run", action::start, "cpu 0x1", "", "", ""},
    {"stop", "0a 44", 2, "0000", "68", "stop", action::stop, "cpu allx1", "", "", ""},
    {"restart", "0a 39", 2, "0000", "57", "restart_cold", action::restart, "cpu allx1", "", "", ""},
    {"restart_warm", "0a 64", 2, "0003", "100", "restart_warm", action::restart, "cpu 1x1", "", "3", ""},
    {"clear", "0a 5a", 2, "0000", "90", "clear_all", action::write, "", "", "", ""},
    {"pointer", "0a 4a", 1, "000102", "74", "read_instruction_pointer", action::read, "", "258", "", ""},
    {"index", "0a 49", 1, "0102", "73", "read_index_register", action::read, "", "258", "", ""},
    {"block", "0a 9d", 1, "03 0007", "157", "read_current_block", action::diagnose, "", "FB 7", "", ""},
    {"system", "0a ab 00 00", 1, "01 02", "171", "read_system_information", action::identify, "system_information 0x1", "", "", ""},
    {"firmware_written", "0a ae 0102", 2, "0000", "174", "download_firmware", action::firmware, "", "", "", ""},
    {"unknown", "0a c8 0102", 2, "0001", "200", "unknown", action::diagnose, "", "", "1", "command"},
    {"delete", "0a a9 05 20 02 0007 00", 1, "01 00", "169/32", "delete_block", action::file_delete, "block PB 7x1", "", "", ""},
    {"delete_file", "0a a9 06 20 21 6d696c6c 00", 1, "01 83", "169/32", "delete_block", action::file_delete, "file millx1", "", "131",
     "byte_count"},
    {"block_size", "0a a9 04 21 02 0007", 1, "09 00 00000064 01020304", "169/33", "get_block_size", action::identify, "block PB 7x1", "",
     "", ""},
    {"block_nothing", "0a a9", 2, "0001", "169", "block_transfer", action::diagnose, "", "", "1", "length"},
    {"block_unknown", "0a a9 01 77", 2, "0001", "169/119", "block_transfer", action::diagnose, "", "", "1", "telegram"},
};

TEST(ether_sbus, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"ether_sbus", transport::udp};
    talk.say(client, telegram(0, 7, r.request));
    talk.say(server, telegram(r.attribute, 7, r.response));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, "10");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(to_string(op.outcome), to_string(r.code.empty() ? outcome::ok : outcome::refused));
    EXPECT_TRUE(op.latency.has_value());
    EXPECT_EQ(rules(talk.out), r.violations);
  }
}

TEST(ether_sbus, probe_wants_a_whole_telegram_with_its_checksum) {
  const auto probe = [](std::vector<std::uint8_t> b, transport t = transport::udp) { return named("ether_sbus").about.probe(b, t); };
  const auto good = hex("0000000d01000001000a205318");  // the checksum as a controller's tool computed it
  EXPECT_EQ(probe(good), match::certain);
  EXPECT_EQ(probe(good, transport::tcp), match::no);
  for (std::size_t i = 0; i < good.size(); ++i) {
    auto bad = good;
    bad[i] ^= 1;
    EXPECT_EQ(probe(bad), match::no) << i;
  }
  EXPECT_EQ(probe(sealed(hex("0000000d 02 00 0001 00 0a 20"))), match::no);  // a later version
  EXPECT_EQ(probe(sealed(hex("0000000d 01 00 0001 03 0a 20"))), match::no);
  EXPECT_EQ(probe({}), match::no);
}

TEST(ether_sbus, the_controller_becomes_facts) {
  conversation talk{"ether_sbus", transport::udp};
  talk.say(client, telegram(0, 1, "0a 20"));
  talk.say(server, telegram(1, 1, "44324d3438 303230 00"));
  talk.say(client, telegram(0, 2, "0a 1b"));
  talk.say(server, telegram(1, 2, "52"));
  talk.say(client, telegram(0, 3, "0a 1b"));
  talk.say(server, telegram(1, 3, "52"));
  talk.say(client, telegram(0, 4, "0a 1b"));
  talk.say(server, telegram(1, 4, "53"));
  std::string all;
  for (const auto& f : talk.out.facts) all += f.unit + ':' + f.kind + '=' + f.value + (f.who == server ? " " : "?");
  EXPECT_EQ(all, "10:vendor=Saia-Burgess Controls 10:model=PCD2M48 10:firmware=020 10:run_state=run 10:run_state=stop ");
}

TEST(ether_sbus, a_request_sent_again_is_one_operation) {
  conversation talk{"ether_sbus", transport::udp};
  talk.say(client, telegram(0, 1, "0a 20"));
  talk.say(client, telegram(0, 1, "0a 20"));
  talk.say(server, telegram(2, 1, "0001"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "retries"), "1");
  EXPECT_EQ(field_of(talk.out.operations[0], "reason"), "no_reason_given");
  EXPECT_EQ(talk.out.counts["ether_sbus/command/32"], 2U);
  EXPECT_EQ(talk.out.counts["ether_sbus/retry/32"], 1U);
}

TEST(ether_sbus, a_block_is_told_where_it_begins_and_ends) {
  conversation talk{"ether_sbus", transport::udp};
  auto ask = [&, n = 0u](std::string_view request, std::string_view response) mutable {
    talk.say(client, telegram(0, ++n, request));
    talk.say(server, telegram(1, n, response));
  };
  ask("0a a9 0d 00 00 21 00000008 6d696c6c 2e31 00", "02 00 00");
  ask("0a a9 06 01 01 01020304", "02 00 01");
  ask("0a a9 06 01 02 05060708", "02 00 02");
  ask("0a a9 06 02 03 aabbccdd", "02 00 03");
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(text(talk.out.operations[0].objects), "file mill.1x1");
  EXPECT_EQ(field_of(talk.out.operations[0], "size"), "8");
  EXPECT_EQ(talk.out.operations[0].action, action::program_download);
  EXPECT_EQ(talk.out.operations[1].function_name, "write_end_of_stream");
  EXPECT_EQ(field_of(talk.out.operations[1], "octets"), "8");
  EXPECT_EQ(field_of(talk.out.operations[1], "telegrams"), "4");
  ask("0a a9 08 10 00 20 636667 00 00", "07 01 00 00000006 0102");
  ask("0a a9 02 11 01", "04 01 01 0304");
  ask("0a a9 02 11 02", "04 03 02 0506");
  ask("0a a9 02 11 03", "04 84 03");
  ASSERT_EQ(talk.out.operations.size(), 5U);
  EXPECT_EQ(field_of(talk.out.operations[3], "octets"), "6");
  EXPECT_EQ(talk.out.operations[3].action, action::program_upload);
  EXPECT_EQ(talk.out.operations[4].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[4].code.value_or(""), "132");
}

TEST(ether_sbus, what_is_left_open_times_out_and_what_nobody_asked_for_is_unpaired) {
  conversation talk{"ether_sbus", transport::udp};
  talk.say(client, telegram(0, 1, "0a 3c"));
  talk.wait(std::chrono::seconds{20});
  talk.say(server, telegram(2, 1, "0000"));
  talk.say(client, telegram(0, 2, "ff 3c"));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::none);  // for all stations
  EXPECT_EQ(talk.out.operations[2].unit, "255");
  EXPECT_EQ(rules(talk.out), "unpaired_response");
}

TEST(ether_sbus, broken_telegrams_are_told_and_the_session_goes_on) {
  conversation talk{"ether_sbus", transport::udp};
  talk.say(client, "0000000d01000001000a205319");
  talk.say(client, "0000000e01000001000a205318");
  talk.say(client, "0000");
  talk.say(client, sealed(hex("0000000d 01 00 0001 09 0a 20")));
  talk.say(client, sealed(hex("0000000c 01 00 0001 00 0a")));
  EXPECT_EQ(rules(talk.out), "crc length length attribute length");
  talk.say(client, telegram(0, 1, "0a 20"));
  talk.say(server, telegram(2, 1, "0000"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
}

TEST(ether_sbus, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows)
    every_prefix("ether_sbus", {{client, telegram(0, 7, r.request)}, {server, telegram(r.attribute, 7, r.response)}}, transport::udp);
  // behind the checksum every prefix of the parameters, too
  for (const auto& r : rows)
    for (std::size_t n = 0; n <= r.request.size(); ++n)
      for (std::size_t k = 0; k <= r.response.size(); k += 2) {
        conversation talk{"ether_sbus", transport::udp};
        talk.say(client, telegram(0, 7, r.request.substr(0, n)));
        talk.say(server, telegram(r.attribute, 7, r.response.substr(0, k)));
        talk.end();
      }
}

}  // namespace
}  // namespace mw::test
