// S7comm: items, jobs and their answers, blocks, broken messages.
#include "tests/dissect/s7comm_harness.hpp"

#include <gtest/gtest.h>

#include <iomanip>
#include <sstream>

namespace mw::test {
namespace {

using namespace s7comm;

struct item_row {
  const char* what;
  octets address, data;
  const char* objects;
  const char* values;
};

TEST(S7comm, ItemsAreReadByTheirAddress) {
  const std::vector<item_row> rows = {
      {"bit", any(1, 1, 1, 0x84, 2 * 8 + 3), datum(3, 1, hex("01")), "DB1:2.3x1", "true"},
      {"bytes", any(2, 3, 0, 0x83, 16 * 8), datum(4, 24, hex("01 02 ff")), "M:16.0x3", "1 2 255"},
      {"characters", any(3, 2, 0, 0x81, 0), datum(9, 2, hex("41 42")), "I:0.0x2", "0x4142"},
      {"words", any(4, 2, 0, 0x82, 8), datum(4, 32, hex("ffff 0001")), "Q:1.0x2", "65535 1"},
      {"integers", any(5, 2, 7, 0x85, 0), datum(5, 32, hex("ffff 0001")), "DI7:0.0x2", "-1 1"},
      {"double word", any(6, 1, 0, 0x80, 256 * 8), datum(4, 32, hex("fffffffe")), "P:256.0x1", "4294967294"},
      {"double integer", any(7, 1, 0, 0x86, 0), datum(6, 4, hex("fffffffe")), "L:0.0x1", "-2"},
      {"real", any(8, 1, 65535, 0x84, 65535 * 8), datum(7, 4, hex("3fc00000")), "DB65535:65535.0x1", "1.5"},
      {"timer", any(29, 1, 0, 0x1d, 5), datum(9, 2, hex("2504")), "T:5x1", "0x2504"},
      {"counter", any(28, 2, 0, 0x1c, 9), datum(9, 4, hex("0011 0012")), "C:9x2", "0x00110012"},
      {"data does not fit its type", any(4, 1, 0, 0x83, 0), datum(4, 24, hex("010203")), "M:0.0x1", "0x010203"},
      {"areas of blocks", hex("12 0c b0 02 05 0051 0172 04 0083 003c"), datum(9, 7, hex("ff 43 f6 90 35 60 fe")),
       "DB81:370.0x5 DB131:60.0x4", "0x43f6903560 null"},
      {"areas that are not so", hex("12 07 b0 01 05 0051 0172"), datum(9, 2, hex("ff 43")), "DB81:370.0x5", "0xff43"},
      {"symbol of a block", hex("12 12 b2 ff 8a0e 0003 01020304 2000000a 40000002"), datum(4, 16, hex("1234")), "DB3:0x01020304.10.2x1",
       "0x1234"},
      {"symbol of the flags", hex("12 0e b2 ff 0000 0052 0a0b0c0d 40000007"), datum(3, 1, hex("01")), "M:0x0a0b0c0d.7x1", "true"},
      {"numerical control", hex("12 08 82 41 0003 0007 1a 02"), datum(9, 4, hex("01020304")), "nck/26:2/1/3/7x2", "0x01020304"},
      {"drive", hex("12 0a a2 00 0000 0000 03ad 0002"), datum(4, 16, hex("0102")), "drive:941[2]x1", "0x0102"},
      {"unknown syntax", hex("12 04 99 010203"), datum(9, 1, hex("07")), "syntax/153:0x010203x1", "0x07"},
  };
  for (const auto& row : rows) {
    talk t;
    t.asks(job(1, hex("04 01") + row.address));
    t.answers(ack(1, hex("04 01"), row.data));
    const auto& op = t.only();
    EXPECT_EQ(show(op.objects), row.objects) << row.what;
    EXPECT_EQ(show(op.values), row.values) << row.what;
    EXPECT_EQ(op.outcome, outcome::ok) << row.what;
    EXPECT_EQ(t.rules(), "") << row.what;
  }
}

TEST(S7comm, ReadNamesUnitFunctionAndTimes) {
  talk t;
  t.asks(connect_request);
  t.answers(connect_confirm);
  t.asks(job(0x300, hex("04 01") + any(2, 1, 0, 0x83, 0)));
  t.answers(ack(0x300, hex("04 01"), datum(4, 8, hex("2a"))));
  const auto& op = t.only();
  EXPECT_EQ(op.unit, "0/2");
  EXPECT_EQ(op.action, action::read);
  EXPECT_EQ(op.function, "4");
  EXPECT_EQ(op.function_name, "read_variable");
  EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
  EXPECT_EQ(t.out.counts["s7comm/rosctr/1"], 1u);
  EXPECT_EQ(t.out.counts["s7comm/rosctr/3"], 1u);
  EXPECT_EQ(t.out.counts["s7comm/job/4"], 1u);
  EXPECT_EQ(t.out.counts["s7comm/ack_data/4"], 1u);
  EXPECT_EQ(t.rules(), "");
}

struct selector_row {
  const char* called;
  const char* unit;
};
constexpr selector_row selectors[] = {{"01 02", "0/2"}, {"03 45", "2/5"}, {"02 ff", "7/31"}, {"4d 57", ""}};  // the last is text: "MW"

TEST(S7comm, UnitIsRackAndSlotOfTheCalledSelector) {
  for (const auto& row : selectors) {
    talk t;
    t.asks(hex("03 00 00 12 0d e0 00 00 00 01 00 c0 01 0a c2 02") + hex(row.called));
    t.answers(hex("03 00 00 12 0d d0 00 01 00 01 00 c0 01 0a c2 02 01 00"));
    t.asks(job(1, hex("29 0000000000 00")));
    t.end();
    EXPECT_EQ(t.only().unit, row.unit) << row.called;
  }
}

TEST(S7comm, ItemsArePaddedButNotTheLast) {
  talk t;
  t.asks(job(1, hex("04 03") + any(1, 1, 1, 0x84, 0) + hex("12 07 b0 01 05 0051 0172 00") + any(2, 1, 0, 0x83, 0)));
  t.answers(ack(1, hex("04 03"), datum(3, 1, hex("01")) + hex("00") + datum(9, 1, hex("fe")) + hex("00") + datum(4, 8, hex("07"))));
  EXPECT_EQ(show(t.only().objects), "DB1:0.0x1 DB81:370.0x5 M:0.0x1");
  EXPECT_EQ(show(t.only().values), "true null 7");
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, RefusedItemsHaveNoValue) {
  talk t;
  const auto three = any(2, 1, 0, 0x83, 0) + any(2, 1, 9, 0x84, 0) + any(2, 1, 0, 0x83, 8);
  t.asks(job(1, hex("04 03") + three));
  t.answers(ack(1, hex("04 03"), datum(4, 8, hex("01")) + hex("00") + hex("0a 00 00 00") + datum(4, 8, hex("02"))));
  EXPECT_EQ(show(t.at(0).values), "1 null 2");
  EXPECT_EQ(t.at(0).outcome, outcome::ok);
  EXPECT_EQ(field_of(t.at(0), "return_codes"), "255,10,255");
  t.asks(job(2, hex("04 02") + any(2, 1, 9, 0x84, 0) + any(2, 1, 9, 0x84, 0)));
  t.answers(ack(2, hex("04 02"), hex("05 00 00 00 0a")));
  EXPECT_EQ(t.at(1).outcome, outcome::refused);
  EXPECT_EQ(t.at(1).code, "5");
  EXPECT_TRUE(t.at(1).values.empty());
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, WriteCarriesItsValuesAndItsCodes) {
  talk t;
  const auto two = any(4, 1, 0, 0x83, 0) + any(1, 1, 1, 0x84, 3);
  t.asks(job(1, hex("05 02") + two, hex("00 04 0010 dead 00 03 0001 01")));
  t.answers(ack(1, hex("05 02"), hex("ff ff")));
  EXPECT_EQ(show(t.at(0).objects), "M:0.0x1 DB1:0.3x1");
  EXPECT_EQ(show(t.at(0).values), "57005 true");
  EXPECT_EQ(t.at(0).action, action::write);
  EXPECT_EQ(t.at(0).outcome, outcome::ok);
  t.asks(job(2, hex("05 02") + two, hex("00 04 0010 dead 00 03 0001 01")));
  t.answers(ack(2, hex("05 02"), hex("0a 0a")));
  EXPECT_EQ(t.at(1).outcome, outcome::refused);
  EXPECT_EQ(t.at(1).code, "10");
  EXPECT_EQ(show(t.at(1).values), "57005 true") << "what was tried is worth knowing";
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, ErrorOfAnAcknowledgementIsARefusal) {
  talk t;
  t.asks(job(7, hex("05 01") + any(2, 1, 0, 0x83, 0), hex("00 04 0008 01")));
  t.answers(ack(7, hex("05"), {}, 0x8104));
  EXPECT_EQ(t.at(0).outcome, outcome::refused);
  EXPECT_EQ(t.at(0).code, "33028");
  EXPECT_EQ(field_of(t.at(0), "reason"), "not_implemented");
  // an acknowledgement without data does not name its function
  t.asks(job(8, hex("1d 00 0000 00000000 09") + chars("_0800001A")));
  t.answers(tpkt_data(pdu(2, 8, {}, {}, 0xd241)));
  EXPECT_EQ(t.at(1).function, "29");
  EXPECT_EQ(t.at(1).outcome, outcome::refused);
  EXPECT_EQ(t.at(1).code, "53825");
  EXPECT_EQ(field_of(t.at(1), "reason"), "protection_level");
  EXPECT_EQ(t.out.counts["s7comm/rosctr/2"], 1u);
}

TEST(S7comm, SetupNegotiates) {
  talk t;
  t.asks(connect_request);
  t.asks(job(1, hex("f0 00 0001 0002 01e0")));
  t.answers(ack(1, hex("f0 00 0001 0001 00f0")));
  EXPECT_EQ(t.only().action, action::session);
  EXPECT_EQ(t.only().function, "240");
  EXPECT_EQ(field_of(t.only(), "max_called"), "2");
  EXPECT_EQ(field_of(t.only(), "pdu_length_asked"), "480");
  EXPECT_EQ(field_of(t.only(), "pdu_length"), "240");
  EXPECT_EQ(t.fact("role"), "plc");
}

TEST(S7comm, AnswersWithoutRequestsAndRequestsWithoutAnswers) {
  talk t;
  t.answers(ack(5, hex("04 01"), datum(4, 16, hex("0102"))));
  EXPECT_EQ(t.at(0).outcome, outcome::unpaired);
  EXPECT_EQ(show(t.at(0).values), "0x0102");
  t.asks(job(6, hex("04 01") + any(2, 1, 0, 0x83, 0)));
  t.answers(ack(6, hex("05 01"), hex("ff")));  // of another function
  EXPECT_EQ(t.at(1).outcome, outcome::unpaired);
  EXPECT_EQ(t.at(1).function, "5");
  t.wait(std::chrono::minutes{1});
  EXPECT_EQ(t.at(2).outcome, outcome::timeout);
  EXPECT_EQ(t.at(2).function, "4");
  t.asks(ask(1, 7, 1, nothing));
  t.end();
  EXPECT_EQ(t.at(3).outcome, outcome::timeout);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, DownloadIsAskedForByTheControllerAndDigested) {
  talk t;
  t.asks(connect_request);
  const auto name = hex("09") + chars("_0A00010P");
  t.asks(job(1, hex("1a 00 0100 00000000") + name + hex("0d") + chars("1000006000002")));
  t.answers(ack(1, hex("1a")));
  t.answers(job(0x501, hex("1b 00 0000 00000000") + name));
  t.asks(ack(0x501, hex("1b 01"), word(4) + hex("00fb") + chars("abcd")));
  t.answers(job(0x502, hex("1b 00 0000 00000000") + name));
  t.asks(ack(0x502, hex("1b 00"), word(2) + hex("00fb") + chars("ef")));
  t.answers(job(0x503, hex("1c 00 0000 00000000") + name));
  t.asks(ack(0x503, hex("1c")));
  ASSERT_EQ(t.out.operations.size(), 4u);
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_EQ(show(t.at(n).objects), "block:DB10x1");
    EXPECT_EQ(t.at(n).action, action::program_download);
    EXPECT_EQ(t.at(n).outcome, outcome::ok);
    EXPECT_EQ(t.out.askers[n], side::client) << "the client is who opened the connection";
  }
  EXPECT_EQ(field_of(t.at(0), "load_size"), "6");
  EXPECT_EQ(field_of(t.at(0), "code_size"), "2");
  EXPECT_EQ(field_of(t.at(0), "file_system"), "passive");
  EXPECT_EQ(field_of(t.at(1), "octets"), "4");
  std::uint64_t h = 0xcbf29ce484222325;
  for (const char c : std::string_view{"abcdef"}) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::ostringstream expected;
  expected << "0x" << std::hex << std::setw(16) << std::setfill('0') << h;
  EXPECT_EQ(field_of(t.at(3), "content_hash"), expected.str());
  EXPECT_EQ(field_of(t.at(3), "content_size"), "6");
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, UploadKnowsItsBlockByTheId) {
  for (const bool lost : {false, true}) {
    talk t;
    t.asks(job(1, hex("1d 00 0000 00000000 09") + chars("_0800001A")));
    t.answers(ack(1, hex("1d 00 0100 00000007 07") + chars("0000003")));
    t.asks(job(2, hex("1e 00 0000 00000007")));
    t.answers(ack(2, hex("1e 00"), word(3) + hex("00fb") + chars("xyz")));
    if (lost) t.gap(side::server);
    t.asks(job(3, hex("1f 00 0000 00000007")));
    t.answers(ack(3, hex("1f")));
    ASSERT_EQ(t.out.operations.size(), 3u);
    EXPECT_EQ(show(t.at(0).objects), "block:OB1x1");
    EXPECT_EQ(field_of(t.at(0), "block_size"), "3");
    EXPECT_EQ(field_of(t.at(0), "upload_id"), "7");
    EXPECT_EQ(show(t.at(1).objects), "block:OB1x1");
    EXPECT_EQ(show(t.at(2).objects), "block:OB1x1");
    EXPECT_EQ(t.at(2).action, action::program_upload);
    EXPECT_EQ(field_of(t.at(2), "content_size"), lost ? "(none)" : "3") << "no digest of what was not seen whole";
    EXPECT_EQ(t.rules(), "");
  }
}

struct service_row {
  const char* what;
  octets parameters;
  action does;
  const char* objects;
  const char* argument;
};

TEST(S7comm, ProgramServices) {
  const auto service = [](const octets& argument, std::string_view name) {
    return hex("28 000000000000fd") + word(argument.size()) + argument + octets{static_cast<std::uint8_t>(name.size())} + chars(name);
  };
  const std::vector<service_row> rows = {
      {"warm start", service({}, "P_PROGRAM"), action::start, "", "(none)"},
      {"cold start", service(chars("C "), "P_PROGRAM"), action::start, "", "C"},
      {"activate blocks", service(hex("02 00") + chars("0A00001P0800035P"), "_INSE"), action::program_download, "block:DB1x1 block:OB35x1",
       "(none)"},
      {"delete a block", service(hex("01 00") + chars("0C00007B"), "_DELE"), action::program_download, "block:FC7x1", "(none)"},
      {"RAM to ROM", service(chars("EP"), "_MODU"), action::configure, "", "EP"},
      {"compress", service({}, "_GARB"), action::configure, "", "(none)"},
      {"select a program", service(hex("03") + chars("P01") + hex("05") + chars("/_N_X"), "_N_SELECT"), action::control, "", "P01,/_N_X"},
      {"password of a control", service(hex("03") + chars("P01") + hex("06") + chars("SECRET"), "_N_LOGIN_"), action::authenticate, "",
       "P01"},
      {"unknown", service({}, "_XYZ"), action::configure, "", "(none)"},
  };
  for (const auto& row : rows) {
    talk t;
    t.asks(job(1, row.parameters));
    t.answers(ack(1, hex("28")));
    EXPECT_EQ(t.only().action, row.does) << row.what;
    EXPECT_EQ(t.only().function, "40") << row.what;
    EXPECT_EQ(show(t.only().objects), row.objects) << row.what;
    EXPECT_EQ(field_of(t.only(), "argument"), row.argument) << row.what;
    EXPECT_EQ(t.rules(), "") << row.what;
  }
  talk t;
  t.asks(job(1, hex("29 0000000000 09") + chars("P_PROGRAM")));
  t.answers(ack(1, hex("29")));
  EXPECT_EQ(t.only().action, action::stop);
  EXPECT_EQ(field_of(t.only(), "service"), "P_PROGRAM");
}

TEST(S7comm, SendBlocks) {
  talk t;
  t.asks(tpkt_data(pdu(7, 1, hex("00 01 12 08 13 00 0000002a 00 00"), hex("ff 00 0001 00 09 0002 0102"))));
  EXPECT_EQ(t.at(0).function, "usend");
  EXPECT_EQ(show(t.at(0).objects), "r_id:42x1");
  EXPECT_EQ(show(t.at(0).values), "0x0102");
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, MessageInPartsAndSignsOfLife) {
  talk t;
  const auto whole = pdu(1, 1, hex("04 01") + any(2, 1, 0, 0x83, 0));
  const octets first(whole.begin(), whole.begin() + 11), second(whole.begin() + 11, whole.end());
  t.answers(hex("03 00 00 07 02 f0 00"));
  t.asks(hex("03 00 00 07 02 f0 80"));
  t.asks(tpkt_data(first, false));
  t.asks(tpkt_data(second));
  t.answers(ack(1, hex("04 01"), datum(4, 8, hex("09"))));
  EXPECT_EQ(show(t.only().values), "9");
  EXPECT_EQ(t.only().latency, std::chrono::milliseconds{2}) << "from the first part on";
  t.asks(tpkt_data(first, false));
  t.gap(side::client);
  t.asks(tpkt_data(second));
  EXPECT_EQ(t.last, verdict::taken);
  EXPECT_EQ(t.out.operations.size(), 1u);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, OthersInTheSameTransportAreNotMine) {
  talk t;
  t.asks(tpkt_data(hex("72 01 00 04")));
  EXPECT_EQ(t.last, verdict::not_mine);
  t.asks(tpkt_data(hex("a0 03 02 01 01")));
  EXPECT_EQ(t.last, verdict::not_mine);
  t.asks(connect_request);
  EXPECT_EQ(t.last, verdict::taken);
  EXPECT_TRUE(t.out.operations.empty());
}

struct broken_row {
  const char* what;
  octets message;
  const char* rules;
  std::size_t operations;
};
TEST(S7comm, BrokenMessagesAreReportedAndTheSessionGoesOn) {
  const std::vector<broken_row> rows = {
      {"header cut", tpkt_data(hex("32 01 00 00 00 01")), "length", 0},
      {"one octet", tpkt_data(hex("32")), "length", 0},
      {"unknown kind", tpkt_data(pdu(9, 1, hex("04 00"))), "rosctr", 0},
      {"lengths too long", tpkt_data(hex("32 01 0000 0001 00ff 0000 29")), "length parameters", 1},
      {"no function", job(1, {}), "length", 0},
      {"items cut", job(1, hex("04 02") + any(2, 1, 0, 0x83, 0)), "parameters", 1},
      {"item leaves its message", job(1, hex("04 01 12 20 10")), "parameters", 1},
      {"write without data", job(1, hex("05 01") + any(2, 1, 0, 0x83, 0)), "data", 1},
      {"setup cut", job(1, hex("f0 00 00")), "parameters", 1},
      {"userdata head cut", tpkt_data(pdu(7, 1, hex("00 01 12"))), "parameters", 0},
      {"userdata data cut", tpkt_data(pdu(7, 1, hex("00 01 12 04 11 44 01 00"), hex("ff 09 00ff 0011"))), "data", 1},
      {"list cut", reply(1, 4, 1, body(hex("0011 0000 001c 0002 0001"))), "data", 1},
  };
  for (const auto& row : rows) {
    talk t;
    t.asks(row.message);
    EXPECT_EQ(t.rules(), row.rules) << row.what;
    t.end();
    EXPECT_EQ(t.out.operations.size(), row.operations) << row.what;
    t.asks(job(9, hex("04 01") + any(2, 1, 0, 0x83, 0)));
    t.answers(ack(9, hex("04 01"), datum(4, 8, hex("01"))));
    EXPECT_EQ(t.out.operations.size(), row.operations + 1) << row.what;
  }
}

TEST(S7comm, ListsAreBounded) {
  talk t;
  octets areas;
  for (int n = 0; n < 50; ++n) areas = areas + hex("01 0001 0000");
  octets items;
  for (int n = 0; n < 255; ++n) items = items + hex("12 fc b0 32") + areas;
  t.asks(job(1, hex("04 ff") + items));
  t.end();
  EXPECT_EQ(t.only().objects.size(), 2048u);
}

struct probe_row {
  const char* what;
  octets head;
  match verdict;
};
TEST(S7comm, ProbeKnowsItsOwn) {
  const auto read = job(1, hex("04 01") + any(2, 1, 0, 0x83, 0));
  const std::vector<probe_row> rows = {
      {"nothing", {}, match::unsure},
      {"connection alone", connect_request, match::unsure},
      {"connection, then a job", connect_request + read, match::yes},
      {"confirmation, sign of life, answer", connect_confirm + hex("03 00 00 07 02 f0 00") + ack(1, hex("04 01")), match::yes},
      {"job", read, match::yes},
      {"answer", ack(1, hex("04 01"), datum(4, 8, hex("01"))), match::yes},
      {"push", push(2, 1, nothing), match::yes},
      {"half a job", octets(read.begin(), read.begin() + 12), match::unsure},
      {"S7comm-plus", tpkt_data(hex("72 01 00 04")), match::no},
      {"MMS", tpkt_data(hex("a0 03 02 01 01")), match::no},
      {"unknown kind", tpkt_data(hex("32 04 0000 0001 0000 0000")), match::no},
      {"no TPKT", hex("00 01 00 00 00 06 01 03 00 00 00 01"), match::no},
      {"remote desktop", hex("03 00 00 13 0e e0 00 00 00 00 00 01 00 08 00 03 00 00 00") + hex("03 00 00 0a 02 f0 80 7f 65 82"), match::no},
  };
  for (const auto& row : rows) EXPECT_EQ(named("s7comm").about.probe(row.head, transport::tcp), row.verdict) << row.what;
  EXPECT_EQ(named("s7comm").about.probe(read, transport::udp), match::no);
}

TEST(S7comm, EveryPrefixAndEveryFlip) {
  const auto c = side::client, s = side::server;
  const auto name = hex("09") + chars("_0A00010P");
  every_prefix(
      "s7comm",
      {{c, connect_request}, {s, connect_confirm}, {c, job(1, hex("f0 00 0001 0002 01e0"))}, {s, ack(1, hex("f0 00 0001 0001 00f0"))}});
  every_prefix(
      "s7comm",
      {{c, job(1, hex("04 03") + any(1, 1, 1, 0x84, 0) + hex("12 07 b0 01 05 0051 0172 00") + any(8, 1, 0, 0x83, 0))},
       {s, ack(1, hex("04 03"), datum(3, 1, hex("01")) + hex("00") + datum(9, 1, hex("fe")) + hex("00") + datum(7, 4, hex("3fc00000")))}});
  every_prefix("s7comm",
               {{c, job(1, hex("05 02") + hex("12 12 b2 ff 8a0e 0003 01020304 2000000a 40000002") + hex("12 08 82 41 0003 0007 1a 02"),
                        hex("00 04 0010 dead 00 09 0001 01"))},
                {s, ack(1, hex("05 02"), hex("ff 0a"))}});
  every_prefix("s7comm", {{c, job(1, hex("1a 00 0100 00000000") + name + hex("0d") + chars("1000006000002"))},
                          {s, job(5, hex("1b 00 0000 00000000") + name)},
                          {c, ack(5, hex("1b 00"), word(4) + hex("00fb") + chars("abcd"))},
                          {s, job(6, hex("1c 00 0000 00000000") + name)}});
  every_prefix("s7comm", {{c, job(1, hex("1d 00 0000 00000000 09") + chars("_0800001A"))},
                          {s, ack(1, hex("1d 00 0100 00000007 07") + chars("0000003"))},
                          {c, job(2, hex("1e 00 0000 00000007"))},
                          {s, ack(2, hex("1e 00"), word(3) + hex("00fb") + chars("xyz"))}});
  every_prefix("s7comm",
               {{c, job(1, hex("28 000000000000fd 000a 0100") + chars("0A00001P") + hex("05") + chars("_INSE"))},
                {c, job(2, hex("28 000000000000fd 0008 03") + chars("P01") + hex("03") + chars("ABC") + hex("09") + chars("_N_SELECT"))}});
}

}  // namespace
}  // namespace mw::test
