// PCCC commands inside CIP: addresses, values, modes, programs, statuses.
#include "tests/dissect/enip_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

constexpr std::string_view path = "4b 02 2067 2401";
constexpr std::string_view requester = "07 4d00 e0312b3d";

octets request(std::string_view command, std::uint64_t context = 1) {
  return unconnected(hex(path) + hex(requester) + hex(command), context);
}
octets response(std::string_view answer, std::uint64_t context = 1) {
  return unconnected(hex("cb 00 00 00") + hex(requester) + hex(answer), context);
}

struct row {
  const char* name;
  const char* request;   ///< from the command on
  const char* response;  ///< from the command on; nullptr: none is sent
  const char* function;
  action what;
  const char* objects;
  const char* values;
  outcome how;
};
constexpr row rows[] = {
    {"ReadN7", "0f 00 0100 a2 04 07 89 00 00", "4f 00 0100 2a00 feff", "75/15/162", action::read, "file:N7:0x2", "42 -2", outcome::ok},
    {"ReadTwoFields", "0f 00 0100 a1 02 07 89 05", "4f 00 0100 0100", "75/15/161", action::read, "file:N7:5", "1", outcome::ok},
    {"ReadFloat", "0f 00 0100 a2 08 08 8a 03 00", "4f 00 0100 0000803f 0000c0bf", "75/15/162", action::read, "file:F8:3x2", "1 -1.5",
     outcome::ok},
    {"ReadLong", "0f 00 0100 a2 04 ff 2c01 91 ff 0001 00", "4f 00 0100 ffffffff", "75/15/162", action::read, "file:L300:256", "-1",
     outcome::ok},
    {"ReadTimer", "0f 00 0100 a2 06 04 86 01 00", "4f 00 0100 00e0 6400 0a00", "75/15/162", action::read, "file:T4:1", "57344 100 10",
     outcome::ok},
    {"ReadAccumulator", "0f 00 0100 a2 02 05 87 01 02", "4f 00 0100 ffff", "75/15/162", action::read, "file:C5:1.ACC", "-1", outcome::ok},
    {"ReadString", "0f 00 0100 a2 54 09 8d 00 00", "4f 00 0100 0300 4241 0043", "75/15/162", action::read, "file:ST9:0", "0x030042410043",
     outcome::ok},
    {"WriteN7", "0f 00 0100 aa 04 07 89 0a 00 0100 0080", "4f 00 0100", "75/15/170", action::write, "file:N7:10x2", "1 -32768",
     outcome::ok},
    {"WriteTwoFields", "0f 00 0100 a9 02 03 85 00 ffff", "4f 00 0100", "75/15/169", action::write, "file:B3:0", "65535", outcome::ok},
    {"WriteUnknownType", "0f 00 0100 aa 02 07 3f 00 00 0102", "4f 00 0100", "75/15/170", action::write, "file:0x3f/7:0x2", "0x0102",
     outcome::ok},
    {"MaskedWrite", "0f 00 0100 ab 02 00 82 00 00 0400 0400", "4f 00 0100", "75/15/171", action::write, "file:O0:0", "4", outcome::ok},
    {"Force", "0f 00 0100 ab 02 01 a2 00 00 2000 2000", "4f 00 0100", "75/15/171", action::force, "file:IF1:0", "32", outcome::ok},
    {"ReadLadder", "0f 00 0100 a2 04 02 22 00 00", "4f 00 0100 01020304", "75/15/162", action::program_upload, "file:LAD2:0x4",
     "0x01020304", outcome::ok},
    {"WriteLadder", "0f 00 0100 aa 02 02 22 00 00 0102", "4f 00 0100", "75/15/170", action::program_download, "file:LAD2:0x2", "0x0102",
     outcome::ok},
    {"ChangeMode", "0f 00 0100 80 01", "4f 00 0100", "75/15/128", action::mode_change, "", "1", outcome::ok},
    {"SetCpuMode", "0f 00 0100 3a 02", "4f 00 0100", "75/15/58", action::mode_change, "", "2", outcome::ok},
    {"DownloadAll", "0f 00 0100 50", "4f 00 0100", "75/15/80", action::program_download, "", "", outcome::ok},
    {"DownloadCompleted", "0f 00 0100 52", "4f 00 0100", "75/15/82", action::program_download, "", "", outcome::ok},
    {"UploadAll", "0f 00 0100 53", "4f 00 0100", "75/15/83", action::program_upload, "", "", outcome::ok},
    {"UploadCompleted", "0f 00 0100 55", "4f 00 0100", "75/15/85", action::program_upload, "", "", outcome::ok},
    {"InitializeMemory", "0f 00 0100 57", "4f 00 0100", "75/15/87", action::program_download, "", "", outcome::ok},
    {"Shutdown", "0f 00 0100 07", "4f 00 0100", "75/15/7", action::stop, "", "", outcome::ok},
    {"WordRangeRead", "0f 00 0100 01 0000 0200 06 07 0a 04", "4f 00 0100 0100 ffff", "75/15/1", action::read, "file:7:10x2", "1 65535",
     outcome::ok},
    {"WordRangeWrite", "0f 00 0100 00 0000 0100 00 24 4e373a30 00 2a00", "4f 00 0100", "75/15/0", action::write, "file:N7:0", "42",
     outcome::ok},
    {"TypedRead", "0f 00 0100 68 0000 0200 06 07 00 0200", "4f 00 0100 99 09 05 42 0100 0200", "75/15/104", action::read, "file:7:0x2",
     "1 2", outcome::ok},
    {"TypedWrite", "0f 00 0100 67 0000 0100 06 08 00 94 08 0000803f", "4f 00 0100", "75/15/103", action::write, "file:8:0", "1",
     outcome::ok},
    {"BitWrite", "0f 00 0100 02 06 03 01 feff 0100", "4f 00 0100", "75/15/2", action::write, "file:3:1", "65534 1", outcome::ok},
    {"Echo", "06 00 0100 00 aabb", "46 00 0100 aabb", "75/6/0", action::diagnose, "", "0xaabb", outcome::ok},
    {"UnprotectedRead", "01 00 0100 0a00 02", "41 00 0100 0102", "75/1", action::read, "plc2:10x2", "0x0102", outcome::ok},
    {"ProtectedWrite", "00 00 0100 0a00 0102", "40 00 0100", "75/0", action::write, "plc2:10x2", "0x0102", outcome::ok},
    {"UnknownFunction", "0f 00 0100 ee 0102", "4f 00 0100", "75/15/238", action::control, "", "0x0102", outcome::ok},
    {"Refused", "0f 00 0100 aa 02 07 89 00 00 0100", "4f 10 0100", "75/15/170", action::write, "file:N7:0", "1", outcome::refused},
    {"Unanswered", "0f 00 0100 80 06", nullptr, "75/15/128", action::mode_change, "", "6", outcome::timeout},
};

TEST(pccc, rows) {
  for (const auto& r : rows) {
    conversation talk{"enip"};
    talk.say(side::client, request(r.request));
    if (r.response != nullptr) talk.say(side::server, response(r.response));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1u) << r.name;
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.protocol, "cip") << r.name;
    EXPECT_EQ(op.function, r.function) << r.name;
    EXPECT_EQ(op.action, r.what) << r.name;
    EXPECT_EQ(text_of(op.objects), r.objects) << r.name;
    EXPECT_EQ(text_of(op.values), r.values) << r.name;
    EXPECT_EQ(op.outcome, r.how) << r.name;
    EXPECT_EQ(rules_of(talk.out), "") << r.name;
    EXPECT_EQ(field_of(op, "requester_vendor"), "77") << r.name;
    EXPECT_EQ(talk.out.counts.at("cip/request/75"), 1u) << r.name;
  }
}

TEST(pccc, statuses) {
  conversation talk{"enip"};
  talk.say(side::client, request("0f 00 0100 80 06"));
  talk.say(side::server, response("4f f0 0100 0b"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code, "240");
  EXPECT_EQ(field_of(talk.out.operations[0], "extended_status"), "11");
  EXPECT_EQ(field_of(talk.out.operations[0], "mode"), "run");
}

TEST(pccc, a_whole_string_element) {
  conversation talk{"enip"};
  talk.say(side::client, request("0f 00 0100 a2 54 09 8d 00 00"));
  octets element = hex("0300 4241 0043");
  element.resize(84);
  talk.say(side::server, unconnected(hex("cb 00 00 00") + hex(requester) + hex("4f 00 0100") + element));
  EXPECT_EQ(text_of(talk.out.operations.at(0).values), "ABC");
}

TEST(pccc, learns_what_a_micrologix_is) {
  conversation talk{"enip"};
  talk.say(side::client, request("06 00 0100 03"));
  talk.say(side::server, response("46 00 0100 00 ee 4a 9f 23 313736362d4c454320202020 00 00 26 00 3682 9efc01"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].action, action::identify);
  EXPECT_EQ(fact_of(talk.out, "vendor"), "=Rockwell Automation@70");
  EXPECT_NE(fact_of(talk.out, "model").find("1766-LEC"), std::string::npos);
  EXPECT_EQ(fact_of(talk.out, "hardware"), "=series B, revision D@80");
}

TEST(pccc, learns_the_mode_from_the_status_word) {
  const struct {
    const char* mode;
    const char *run_state, *key_switch;
  } modes[] = {{"0100", "=program@70", "=remote@60"},
               {"2600", "=run@70", "=remote@60"},
               {"1e00", "=run@70", "=run@70"},
               {"1100", "=program@70", "=program@70"},
               {"0700", "=test@70", ""}};
  for (const auto& m : modes) {
    conversation talk{"enip"};
    talk.say(side::client, request("06 00 0100 03"));
    talk.say(side::server, response(std::string{"46 00 0100 00 ee 4a 9f 23 313736362d4c4543202020 0000 "} + m.mode + " 3682 9efc01"));
    EXPECT_EQ(fact_of(talk.out, "run_state"), m.run_state) << m.mode;
    EXPECT_EQ(fact_of(talk.out, "key_switch"), m.key_switch) << m.mode;
    EXPECT_EQ(field_of(talk.out.operations.at(0), "program_id"), "33334") << m.mode;
  }
}

TEST(pccc, an_answer_whose_request_was_not_seen) {
  conversation talk{"enip"};
  talk.say(side::server, response("4f 00 0100 2a00"));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].function, "75/15");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(text_of(talk.out.operations[0].values), "0x2a00");
}

TEST(pccc, what_is_cut_is_reported) {
  for (const char* command :
       {"0f 00 0100", "0f 00 0100 a2 04 07", "0f 00 0100 aa 04 07 89 00 00 01", "0f 00 0100 80", "01 00 0100 0a", "0f"}) {
    conversation talk{"enip"};
    talk.say(side::client, request(command));
    talk.end();
    EXPECT_EQ(rules_of(talk.out), "length") << command;
    EXPECT_EQ(talk.out.operations.size(), 1u) << command;
  }
}

TEST(pccc, every_prefix_and_every_flipped_byte) {
  for (const auto* name : {"ReadTimer", "WriteN7", "TypedRead", "TypedWrite", "WordRangeWrite", "MaskedWrite", "ProtectedWrite"})
    for (const auto& r : rows)
      if (r.name == std::string_view{name})
        every_prefix("enip", {{side::client, request(r.request)}, {side::server, response(r.response)}});
  every_prefix("enip", {{side::client, request("06 00 0100 03")},
                        {side::server, response("46 00 0100 00 ee 4a 9f 23 313736362d4c4543202020 0000 2600 3682 9efc01")}});
}

}  // namespace
}  // namespace mw::test
