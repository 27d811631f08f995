// CIP: paths, services, values, wrappers, connections, and which response belongs to which request.
#include "tests/dissect/enip_harness.hpp"

#include "sensor/dissect/cip_path.hpp"
#include "sensor/dissect/cip_services.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

TEST(cip_path, rows) {
  const struct {
    const char *path, *object, *route, *text;
    bool whole;
  } rows[] = {
      {"2001 2401 3007", "class/1:1/7", "", "class/1 1/7", true},
      {"206b 2500 3412", "class/107:4660", "", "class/107 4660", true},
      {"2100 2c03 2600 78563412", "class/812:305419896", "", "class/812 305419896", true},
      {"2004", "class/4:0", "", "class/4", true},
      {"2004 2c65", "class/4:101", "", "class/4 point/101", true},
      {"0100 2002 2401", "class/2:1", "1/0", "1/0 class/2 1", true},
      {"0100 1209 3130 2e30 2e30 2e31 3500 0103", "class/0:0", "1/0,2/10.0.0.15,1/3", "1/0,2/10.0.0.15,1/3", true},
      {"0f34 1205", "class/0:0", "4660/5", "4660/5", true},
      {"3404 0100 0e00 3600 9401 2004 2465", "class/4:101", "", "class/4 101", true},
      {"9105 4162 6364 6500", "tag:Abcde", "", "Abcde", true},
      {"9104 4162 6364 2803", "tag:Abcd[3]", "", "Abcd[3]", true},
      {"910c 5072 6f67 7261 6d3a 4d61 696e 9103 5461 6700 2803 2900 0001 9105 4669 656c 6400", "tag:Program:Main.Tag[3,256].Field", "",
       "Program:Main.Tag[3,256].Field", true},
      {"6354 6167", "tag:Tag", "", "Tag", true},
      {"206b 2500 2a00 2802", "class/107:42[2]", "", "class/107 42 member/2", true},
      {"4302 2004 2401", "class/4:1", "", "class/4 1", true},
      {"8002 aabb ccdd", "class/0:0", "", "", true},
      {"20", "class/0:0", "", "", false},
      {"2301", "class/0:0", "", "", false},
      {"91ff 41", "class/0:0", "", "", false},
      {"e0", "class/0:0", "", "", false},
  };
  for (const auto& row : rows) {
    const auto data = hex(row.path);
    const auto p = cip::read_path(reader{data});
    if (row.whole) {
      EXPECT_EQ(text_of({cip::to_object(p)}), row.object) << row.path;
      EXPECT_EQ(p.route, row.route) << row.path;
      EXPECT_EQ(p.text, row.text) << row.path;
    }
    EXPECT_EQ(p.whole, row.whole) << row.path;
  }
}

TEST(cip_path, the_last_object_of_a_nested_path_is_addressed) {
  const auto data = hex("2068 2500 2024 206a 2500 2459");
  const auto p = cip::read_path(reader{data});
  EXPECT_EQ(text_of({cip::to_object(p)}), "class/106:22820");
  EXPECT_EQ(p.text, "class/104 9248 class/106 22820");
  EXPECT_EQ(p.classes, 2u);
}

struct row {
  const char* name;
  const char *request, *response;  ///< of the message router; nullptr: none is sent
  const char* function;
  action what;
  const char *objects, *values;
  outcome how;
  const char* code = "";
};
constexpr row rows[] = {
    {"ReadTag", "4c 03 9104 4162 6364 0200", "cc 00 00 00 c400 01000000 ffffffff", "76", action::read, "tag:Abcdx2", "1 -1", outcome::ok},
    {"ReadReal", "4c 03 9104 4162 6364 0100", "cc 00 00 00 ca00 cdcc1c40", "76", action::read, "tag:Abcd", "2.450000047683716",
     outcome::ok},
    {"ReadBool", "4c 03 9104 4162 6364 0100", "cc 00 00 00 c100 ff", "76", action::read, "tag:Abcd", "true", outcome::ok},
    {"ReadText", "4c 03 9104 4162 6364 0100", "cc 00 00 00 d000 0200 4f4b", "76", action::read, "tag:Abcd", "OK", outcome::ok},
    {"ReadStructure", "4c 03 9104 4162 6364 0100", "cc 00 00 00 a002 ce0f 0102", "76", action::read, "tag:Abcd", "0x0102", outcome::ok},
    {"ReadBySymbolInstance", "4c 03 206b 2500 0900 0100", "cc 00 00 00 c200 80", "76", action::read, "class/107:9", "-128", outcome::ok},
    {"ReadFragment", "52 03 9104 4162 6364 0300 00000000", "d2 00 06 00 c300 0100", "82", action::read, "tag:Abcdx3", "1", outcome::ok},
    {"WriteTag", "4d 03 9104 4162 6364 c300 0200 0100 ffff", "cd 00 00 00", "77", action::write, "tag:Abcdx2", "1 -1", outcome::ok},
    {"WriteStructure", "4d 03 9104 4162 6364 a002 ce0f 0100 0a0b", "cd 00 00 00", "77", action::write, "tag:Abcd", "0x0a0b", outcome::ok},
    {"WriteFragment", "53 03 9104 4162 6364 c800 0200 04000000 05000000", "d3 00 00 00", "83", action::write, "tag:Abcdx2", "5",
     outcome::ok},
    {"ReadModifyWrite", "4e 03 9104 4162 6364 0200 0100 feff", "ce 00 00 00", "78", action::write, "tag:Abcd", "0x0100 0xfeff",
     outcome::ok},
    {"ReadTemplate", "4c 02 206c 2405 00000000 1000", "cc 00 00 00 0102", "76", action::read, "class/108:5", "0x0102", outcome::ok},
    {"NoSuchTag", "4c 03 9104 4162 6364 0100", "cc 00 05 01 0000", "76", action::read, "tag:Abcd", "", outcome::refused, "5"},
    {"GetSingle", "0e 03 2004 2465 3003", "8e 00 00 00 0a0b", "14", action::read, "class/4:101/3", "0x0a0b", outcome::ok},
    {"SetSingle", "10 03 2004 2465 3003 0a0b", "90 00 00 00", "16", action::write, "class/4:101/3", "0x0a0b", outcome::ok},
    {"IdentitySerial", "0e 03 2001 2401 3006", "8e 00 00 00 78563412", "14", action::identify, "class/1:1/6", "305419896", outcome::ok},
    {"IdentityRevisionOfTheClass", "0e 03 2001 2400 3001", "8e 00 00 00 0100", "14", action::identify, "class/1:0/1", "0x0100",
     outcome::ok},
    {"List", "03 02 2064 2401 0200 0100 0700", "83 00 00 00 0200 0100 0000 aa 0700 0000 bb", "3", action::read,
     "class/100:1/1 class/100:1/7", "null null", outcome::ok},
    {"ListOfOne", "03 02 2064 2401 0100 0700", "83 00 00 00 0100 0700 0000 aabb", "3", action::read, "class/100:1/7", "0xaabb",
     outcome::ok},
    {"ListPartlyRefused", "03 02 2064 2401 0200 0100 0700", "83 00 00 00 0200 0100 1400 0700 0000 bb", "3", action::read,
     "class/100:1/1 class/100:1/7", "null 0xbb", outcome::ok},
    {"IdentityList", "03 02 2001 2401 0300 0100 0500 0700", "83 00 00 00 0300 0100 0000 0100 0500 0000 6030 0700 0000 02 4142", "3",
     action::identify, "class/1:1/1 class/1:1/5 class/1:1/7", "1 12384 AB", outcome::ok},
    {"SetListOfOne", "04 02 2064 2401 0100 0700 aabb", "84 00 00 00 0100 0700 0000", "4", action::write, "class/100:1/7", "0xaabb",
     outcome::ok},
    {"SetList", "04 02 2064 2401 0200 0700 aa 0800 bb", "84 00 00 00 0200 0700 0000 0800 0000", "4", action::write, "class/100:1",
     "0x0700aa0800bb", outcome::ok},
    {"SetClock", "04 02 208b 2401 0100 0600 00c0587222085a04", "84 00 00 00 0100 0600 0000", "4", action::time_sync, "class/139:1/6",
     "0x00c0587222085a04", outcome::ok},
    {"SetAddress", "10 03 20f5 2401 3005 0a000001", "90 00 00 00", "16", action::configure, "class/245:1/5", "0x0a000001", outcome::ok},
    {"Reset", "05 02 2001 2401 01", "85 00 00 00", "5", action::restart, "class/1:1", "0x01", outcome::ok},
    {"Start", "06 02 208e 2401", "86 00 00 00", "6", action::start, "class/142:1", "", outcome::ok},
    {"Stop", "07 02 208e 2401", "87 00 00 00", "7", action::stop, "class/142:1", "", outcome::ok},
    {"StopRefused", "07 02 208e 2401", "87 00 10 00", "7", action::stop, "class/142:1", "", outcome::refused, "16"},
    {"CreateInProject", "08 02 20ac 2401 0100", "88 00 00 00", "8", action::program_download, "class/172:1", "0x0100", outcome::ok},
    {"CreateElsewhere", "08 02 2004 2400", "88 00 00 00 0500", "8", action::configure, "class/4:0", "", outcome::ok},
    {"Download", "50 03 206a 2500 e401 0102", "d0 00 00 00", "80", action::program_download, "class/106:484", "0x0102", outcome::ok},
    {"Upload", "4f 02 206a 2405 000000000100", "cf 00 00 00 0102", "79", action::program_upload, "class/106:5", "0x0102", outcome::ok},
    {"Force", "4d 02 2069 2401 01", "cd 00 00 00", "77", action::force, "class/105:1", "0x01", outcome::ok},
    {"ForceOff", "4e 02 2068 2401", "ce 00 00 00", "78", action::force, "class/104:1", "", outcome::ok},
    {"Parameter", "51 02 206a 2401 01", "d1 00 00 00", "81", action::configure, "class/106:1", "0x01", outcome::ok},
    {"Firmware", "4d 02 20a1 2401 00000000", "cd 00 00 00 000000000200", "77", action::firmware, "class/161:1", "0x00000000", outcome::ok},
    {"FirmwareRefused", "4d 02 20a1 2401 00000000", "cd 00 01 01 0909", "77", action::firmware, "class/161:1", "0x00000000",
     outcome::refused, "1"},
    {"FileDownload", "50 02 2037 2401 00 0102", "d0 00 00 00 00", "80", action::file_write, "class/55:1", "0x000102", outcome::ok},
    {"FileUpload", "4f 02 2037 2401 00", "cf 00 00 00 00 01", "79", action::file_read, "class/55:1", "0x0001", outcome::ok},
    {"ClearFile", "51 02 2037 2401", "d1 00 00 00", "81", action::file_delete, "class/55:1", "", outcome::ok},
    {"Apply", "0d 02 2064 2401", "8d 00 00 00", "13", action::configure, "class/100:1", "", outcome::ok},
    {"VendorRead", "4c 02 2072 2400 5803", "cc 00 00 00 0a0b", "76", action::read, "class/114:0", "0x0a0b", outcome::ok},
    {"Unknown", "5f 02 2064 2401 01", "df 00 08 00", "95", action::control, "class/100:1", "0x01", outcome::refused, "8"},
    {"Unanswered", "07 02 208e 2401", nullptr, "7", action::stop, "class/142:1", "", outcome::timeout},
    {"AnswerAlone", nullptr, "cc 00 00 00 c400", "76", action::read, "", "0xc400", outcome::unpaired},
    {"RefusalAlone", nullptr, "87 00 10 00", "7", action::stop, "", "", outcome::unpaired, "16"},
};

void judge(const row& r, const conversation& talk, std::string_view unit) {
  ASSERT_EQ(talk.out.operations.size(), 1u) << r.name;
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.protocol, "cip") << r.name;
  EXPECT_EQ(op.unit, unit) << r.name;
  EXPECT_EQ(op.function, r.function) << r.name;
  EXPECT_EQ(op.action, r.what) << r.name << ' ' << to_string(op.action);
  EXPECT_EQ(text_of(op.objects), r.objects) << r.name;
  EXPECT_EQ(text_of(op.values), r.values) << r.name;
  EXPECT_EQ(op.outcome, r.how) << r.name << ' ' << to_string(op.outcome);
  EXPECT_EQ(op.code.value_or(""), r.code) << r.name;
  EXPECT_EQ(rules_of(talk.out), "") << r.name;
  std::vector<std::string> names;
  for (const auto& f : op.fields) names.push_back(f.first);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end()) << r.name << ": a field twice";
}

TEST(cip, unconnected) {
  for (const auto& r : rows) {
    conversation talk{"enip"};
    if (r.request != nullptr) talk.say(side::client, unconnected(r.request));
    if (r.response != nullptr) talk.say(side::server, unconnected(r.response));
    talk.end();
    judge(r, talk, "");
  }
}

TEST(cip, connected_from_the_middle_of_a_conversation) {
  for (const auto& r : rows) {
    conversation talk{"enip"};
    if (r.request != nullptr) talk.say(side::client, connected(r.request, 0x09a56fac, 7));
    if (r.response != nullptr) talk.say(side::server, connected(r.response, 0x80fe0001, 7));
    talk.end();
    judge(r, talk, "");
  }
}

/// Unconnected Send to the module in slot 0 of the backplane.
octets wrapped(std::string_view request) {
  const auto inner = hex(request);
  return hex("52 02 2006 2401 07f9") + le(inner.size(), 2) + inner + octets(inner.size() % 2, 0) + hex("01 00 0100");
}

TEST(cip, wrapped_in_an_unconnected_send) {
  for (const auto& r : rows) {
    if (r.request == nullptr) continue;
    conversation talk{"enip"};
    talk.say(side::client, unconnected(wrapped(r.request)));
    if (r.response != nullptr) talk.say(side::server, unconnected(r.response));
    talk.end();
    judge(r, talk, "1/0");
    EXPECT_GE(talk.out.counts.at("cip/request/82"), 1u) << r.name;
  }
}

TEST(cip, a_wrapper_refused_on_the_way_refuses_what_it_carries) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected(wrapped("07 02 208e 2401")));
  talk.say(side::server, unconnected("d2 00 01 01 0402 02"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].function, "7");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code, "1");
  EXPECT_EQ(field_of(talk.out.operations[0], "extended_status"), "516");
  EXPECT_EQ(talk.out.counts,
            (std::map<std::string, unsigned>{
                {"enip/request/111", 1}, {"enip/response/111", 1}, {"cip/request/82", 1}, {"cip/request/7", 1}, {"cip/response/82", 1}}));
}

octets several(std::string_view head, const std::vector<octets>& parts) {
  auto out = hex(head) + le(parts.size(), 2);
  std::size_t at = 2 + 2 * parts.size();
  for (const auto& p : parts) out = out + le(at, 2), at += p.size();
  for (const auto& p : parts) out = out + p;
  return out;
}

TEST(cip, every_member_of_a_multiple_service_packet_is_an_operation) {
  conversation talk{"enip"};
  talk.say(
      side::client,
      connected(several("0a 02 2002 2401", {hex("4c 03 9104 4162 6364 0100"), hex("07 02 208e 2401"), hex("0e 03 2001 2401 3006")}), 5, 9));
  talk.say(side::server,
           connected(several("8a 00 1e 00", {hex("cc 00 00 00 c300 0700"), hex("87 00 10 00"), hex("8e 00 00 00 01000000")}), 6, 9));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 3u);
  EXPECT_EQ(text_of(talk.out.operations[0].values), "7");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[1].code, "16");
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::ok);
  EXPECT_EQ(talk.out.counts.at("cip/request/10"), 1u);
  EXPECT_EQ(talk.out.counts.at("cip/request/76"), 1u);
  EXPECT_EQ(talk.out.counts.at("cip/response/10"), 1u);
  EXPECT_EQ(talk.out.counts.at("cip/response/14"), 1u);
}

TEST(cip, a_multiple_service_packet_refused_as_a_whole) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected(several("0a 02 2002 2401", {hex("07 02 208e 2401"), hex("06 02 208e 2401")})));
  talk.say(side::server, unconnected("8a 00 08 00"));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2u);
  for (const auto& op : talk.out.operations) EXPECT_EQ(op.outcome, outcome::refused);
}

TEST(cip, offsets_that_lie) {
  const struct {
    const char *name, *packet;
    std::size_t operations;
  } packets[] = {
      {"beyond the end", "0a 02 2002 2401 0200 0600 ff00 07 02 208e 2401", 1},
      {"backwards", "0a 02 2002 2401 0200 0600 0600 07 02 208e 2401", 1},
      {"into the table", "0a 02 2002 2401 0100 0000 07 02 208e 2401", 0},
      {"more than there are", "0a 02 2002 2401 ffff 0600", 0},
  };
  for (const auto& p : packets) {
    conversation talk{"enip"};
    talk.say(side::client, unconnected(p.packet));
    talk.end();
    EXPECT_EQ(talk.out.operations.size(), p.operations) << p.name;
    EXPECT_EQ(talk.out.violations.at(0).rule, "offset") << p.name;
  }
}

constexpr const char* open_request =
    "54 02 2006 2401 07f9 00000000 0180fe80 1400 4d00 f32b9532 00 000000 00127a00 f443 00127a00 f443 a3 03 0100 2002 2401";
constexpr const char* open_answer = "d4 00 00 00 01037900 0180fe80 1400 4d00 f32b9532 00127a00 00127a00 00 00";
constexpr const char* close_request = "4e 02 2006 2401 07f9 1400 4d00 f32b9532 03 00 0100 2002 2401";
constexpr const char* close_answer = "ce 00 00 00 1400 4d00 f32b9532 00 00";

TEST(cip, a_connection_gives_its_messages_their_route) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected(open_request, 1));
  talk.say(side::server, unconnected(open_answer, 1));
  talk.say(side::client, connected("07 02 208e 2401", 0x00790301, 1));
  talk.say(side::server, connected("87 00 00 00", 0x80fe8001, 1));
  talk.say(side::client, unconnected(close_request, 2));
  talk.say(side::server, unconnected(close_answer, 2));
  talk.say(side::client, connected("07 02 208e 2401", 0x00790301, 2));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 4u);
  const auto& opened = talk.out.operations[0];
  EXPECT_EQ(opened.action, action::session);
  EXPECT_EQ(opened.function, "84");
  EXPECT_EQ(opened.unit, "");
  EXPECT_EQ(text_of(opened.objects), "class/6:1");
  const struct {
    const char *field, *value;
  } fields[] = {{"o_t_connection_id", "7930625"},
                {"t_o_connection_id", "2164162561"},
                {"connection_serial", "20"},
                {"originator_vendor", "77"},
                {"timeout_multiplier", "4"},
                {"o_t_rpi", "8000000"},
                {"o_t_size", "500"},
                {"o_t_variable", "true"},
                {"o_t_type", "point_to_point"},
                {"transport_class", "3"},
                {"trigger", "application"},
                {"connection_path", "1/0 class/2 1"}};
  for (const auto& f : fields) EXPECT_EQ(field_of(opened, f.field), f.value) << f.field;
  EXPECT_EQ(talk.out.operations[1].unit, "1/0");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::ok);
  EXPECT_EQ(talk.out.operations[2].function_name, "forward_close");
  EXPECT_EQ(talk.out.operations[3].unit, "");  // after the close the id means nothing
}

TEST(cip, the_large_forward_open_and_a_refused_one) {
  conversation talk{"enip"};
  talk.say(side::client,
           unconnected(
               "5b 02 2006 2401 07f9 00000000 0180fe80 1400 4d00 f32b9532 01 000000 00127a00 a00f0042 10270000 a00f0042 01 02 2004 2c65"));
  talk.say(side::server, unconnected("db 00 01 01 0001 1400 4d00 f32b9532 02 00"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.outcome, outcome::refused);
  EXPECT_EQ(op.code, "1");
  EXPECT_EQ(field_of(op, "extended_status"), "256");
  EXPECT_EQ(field_of(op, "remaining_path"), "2");
  EXPECT_EQ(field_of(op, "o_t_size"), "4000");
  EXPECT_EQ(field_of(op, "t_o_rpi"), "10000");
  EXPECT_EQ(field_of(op, "timeout_multiplier"), "8");
  EXPECT_EQ(field_of(op, "trigger"), "cyclic");
  EXPECT_EQ(field_of(op, "transport_class"), "1");
}

TEST(cip, an_answered_forward_open_alone_still_names_the_connection) {
  conversation talk{"enip"};
  talk.say(side::server, unconnected(open_answer, 1));
  for (std::uint16_t n = 1; n <= 2; ++n) {
    talk.say(side::client, connected("07 02 208e 2401", 0x00790301, n));
    talk.say(side::client, connected("06 02 208e 2401", 0x00990301, n));
  }
  talk.say(side::server, connected("87 00 00 00", 0x80fe8001, 2));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 5u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[1].function, "7");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::ok);
}

TEST(cip, two_connections_with_the_same_counts_are_told_apart) {
  conversation talk{"enip"};
  // each connection is met alone once; from then on the pairs of ids are known
  talk.say(side::client, connected("07 02 208e 2401", 0xa1, 1));
  talk.say(side::server, connected("87 00 00 00", 0xb1, 1));
  talk.say(side::client, connected("06 02 208e 2401", 0xa2, 1));
  talk.say(side::server, connected("86 00 00 00", 0xb2, 1));
  talk.say(side::client, connected("0e 03 2004 2401 3003", 0xa1, 2));
  talk.say(side::client, connected("0e 03 2004 2402 3003", 0xa2, 2));
  talk.say(side::server, connected("8e 00 00 00 22", 0xb2, 2));
  talk.say(side::server, connected("8e 00 00 00 11", 0xb1, 2));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 4u);
  EXPECT_EQ(text_of(talk.out.operations[2].objects), "class/4:2/3");
  EXPECT_EQ(text_of(talk.out.operations[2].values), "0x22");
  EXPECT_EQ(text_of(talk.out.operations[3].values), "0x11");
}

TEST(cip, pairs_by_sender_context) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected("0e 03 2004 2401 3003", 1));
  talk.say(side::client, unconnected("0e 03 2004 2402 3003", 2));
  talk.say(side::server, unconnected("8e 00 00 00 22", 2));
  talk.say(side::server, unconnected("8e 00 00 00 11", 1));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(text_of(talk.out.operations[0].objects), "class/4:2/3");
  EXPECT_EQ(text_of(talk.out.operations[0].values), "0x22");
}

TEST(cip, after_lost_responses_a_context_that_is_used_again_means_the_newest) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected("0e 03 2004 2401 3003", 0));
  talk.gap(side::server);
  talk.say(side::client, unconnected("0e 03 2004 2402 3003", 0));
  talk.say(side::server, unconnected("8e 00 00 00 22", 0));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  EXPECT_EQ(text_of(talk.out.operations[1].objects), "class/4:2/3");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::ok);
}

TEST(cip, a_response_of_another_service_answers_nothing) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected("0e 03 2004 2401 3003", 4));
  talk.say(side::server, unconnected("87 00 00 00", 4));
  talk.say(side::server, unconnected("8e 00 00 00 11", 4));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::ok);
}

TEST(cip, learns_the_device_behind_a_route) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected(wrapped("01 02 2001 2401")));
  talk.say(side::server, unconnected("81 00 00 00 0100 0e00 3600 1014 6030 3f825100 14 313735362d4c36312f42204c4f47495835353631"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(text_of(talk.out.operations[0].values), "1 14 54 16.20 12384 5341759 1756-L61/B LOGIX5561");
  EXPECT_EQ(fact_of(talk.out, "model"), "1/0=1756-L61/B LOGIX5561@100");
  EXPECT_EQ(fact_of(talk.out, "firmware"), "1/0=16.20@100");
  EXPECT_EQ(fact_of(talk.out, "serial"), "1/0=0051823f@100");
  EXPECT_EQ(fact_of(talk.out, "run_state"), "1/0=run@90");
  EXPECT_EQ(fact_of(talk.out, "key_switch"), "1/0=remote@90");
}

TEST(cip, reads_no_key_switch_into_the_status_of_others) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected("01 02 2001 2401"));
  talk.say(side::server, unconnected("81 00 00 00 2f00 0c00 0100 0101 6030 01000000 01 41"));  // Omron, communications adapter
  EXPECT_EQ(fact_of(talk.out, "vendor"), "=Omron@100");
  EXPECT_EQ(fact_of(talk.out, "key_switch"), "");
  EXPECT_EQ(fact_of(talk.out, "run_state"), "");
}

TEST(cip, browses_symbols) {
  conversation talk{"enip"};
  talk.say(side::client, unconnected("55 03 206b 2500 0000 0200 0100 0200"));
  talk.say(side::server, unconnected("d5 00 06 00 0a000000 0300 546167 c400 0b000000 0200 4142 c1ff"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].action, action::read);
  EXPECT_EQ(text_of(talk.out.operations[0].returned), "tag:Tag tag:AB");
  EXPECT_EQ(field_of(talk.out.operations[0], "partial"), "true");
}

TEST(cip, what_is_cut_is_reported_and_still_told) {
  const struct {
    const char *request, *rule, *function;
  } cut[] = {
      {"07 09 208e 2401", "length", "7"},
      {"03 02 2001 2401 0500 0100", "length", "3"},
      {"4d 03 9104 4162 6364 c400 0100 0102", "length", "77"},
      {"54 02 2006 2401 07f9 0000", "length", "84"},
      {"07 02 ffff ffff", "path", "7"},
      {"52 02 2006 2401 07f9 ff00 07 02 208e 2401", "length", "7"},
  };
  for (const auto& c : cut) {
    conversation talk{"enip"};
    talk.say(side::client, unconnected(c.request));
    talk.end();
    EXPECT_EQ(rules_of(talk.out), c.rule) << c.request;
    ASSERT_EQ(talk.out.operations.size(), 1u) << c.request;
    EXPECT_EQ(talk.out.operations[0].function, c.function) << c.request;
  }
}

TEST(cip, wrappers_do_not_nest_for_ever) {
  auto inner = hex("07 02 208e 2401");
  for (int i = 0; i < 100; ++i) inner = several("0a 02 2002 2401", {inner});
  conversation talk{"enip"};
  talk.say(side::client, unconnected(inner));
  talk.end();
  EXPECT_EQ(talk.out.operations.size(), 1u);
  EXPECT_LE(talk.out.counts.at("cip/request/10"), 5u);
}

TEST(cip, forgets_the_oldest_of_too_many_requests) {
  conversation talk{"enip"};
  for (std::uint64_t i = 0; i < 3000; ++i) talk.say(side::client, unconnected("07 02 208e 2401", i));
  EXPECT_EQ(talk.out.operations.size(), 3000u - 1024u);
  for (std::uint32_t i = 0; i < 3000; ++i) talk.say(side::client, connected("07 02 208e 2401", i, 1));
  talk.end();
  EXPECT_EQ(talk.out.operations.size(), 6000u);
}

TEST(cip, classes_have_names) {
  EXPECT_EQ(cip::class_name(0x06), "connection_manager");
  EXPECT_EQ(cip::class_name(0xa1), "nonvolatile_storage");
  EXPECT_EQ(cip::class_name(0x9999), "");
}

TEST(cip, every_prefix_and_every_flipped_byte) {
  using said = std::vector<std::pair<side, octets>>;
  for (const auto& r : rows) {
    said messages;
    if (r.request != nullptr) messages.emplace_back(side::client, unconnected(r.request));
    if (r.response != nullptr) messages.emplace_back(side::server, unconnected(r.response));
    every_prefix("enip", messages);
  }
  every_prefix(
      "enip",
      said{{side::client, unconnected(open_request)},
           {side::server, unconnected(open_answer)},
           {side::client, unconnected(wrapped("01 02 2001 2401"), 2)},
           {side::server, unconnected("81 00 00 00 0100 0e00 3600 1014 6030 3f825100 02 3137", 2)},
           {side::client, connected(several("0a 02 2002 2401", {hex("4c 03 9104 4162 6364 0100"), hex("07 02 208e 2401")}), 0x00790301, 9)},
           {side::server, connected(several("8a 00 1e 00", {hex("cc 00 00 00 c300 0700"), hex("87 00 10 00")}), 0x80fe8001, 9)},
           {side::client, unconnected(close_request, 3)},
           {side::server, unconnected(close_answer, 3)},
           {side::client, unconnected("55 03 206b 2500 0000 0200 0100 0200", 4)},
           {side::server, unconnected("d5 00 00 00 0a000000 0300 546167 c400", 4)}});
}

}  // namespace
}  // namespace mw::test
