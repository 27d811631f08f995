// S7comm: items, jobs and their answers, blocks, userdata.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <iomanip>
#include <sstream>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;

octets number(std::size_t n) { return {static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}; }
octets operator+(octets a, const octets& b) { return a.insert(a.end(), b.begin(), b.end()), a; }
octets text(std::string_view s) { return {s.begin(), s.end()}; }

octets packet(const octets& s7, bool last = true) {
  return hex("03 00") + number(7 + s7.size()) + octets{0x02, 0xf0, static_cast<std::uint8_t>(last ? 0x80 : 0)} + s7;
}
octets pdu(std::uint8_t kind, std::uint16_t reference, const octets& parameters, const octets& data = {}, std::uint16_t error = 0) {
  auto p = octets{0x32, kind, 0, 0} + number(reference) + number(parameters.size()) + number(data.size());
  if (kind == 2 || kind == 3) p = p + number(error);
  return p + parameters + data;
}
octets job(std::uint16_t reference, const octets& parameters, const octets& data = {}) {
  return packet(pdu(1, reference, parameters, data));
}
octets ack(std::uint16_t reference, const octets& parameters, const octets& data = {}, std::uint16_t error = 0) {
  return packet(pdu(3, reference, parameters, data, error));
}
octets body(const octets& content, std::uint8_t code = 0xff) { return octets{code, 0x09} + number(content.size()) + content; }
const octets nothing = hex("0a 00 00 00");
/// Userdata with the short head of requests and the long one of answers and pushes.
octets ask(std::uint16_t reference, std::uint8_t group, std::uint8_t function, const octets& data, std::uint8_t sequence = 0) {
  return packet(pdu(7, reference, hex("00 01 12 04 11") + octets{static_cast<std::uint8_t>(0x40 | group), function, sequence}, data));
}
octets reply(std::uint16_t reference, std::uint8_t group, std::uint8_t function, const octets& data, std::uint8_t sequence = 0,
             std::uint16_t error = 0, std::uint8_t unit = 0, bool more = false, std::uint8_t kind = 0x80) {
  return packet(pdu(7, reference,
                    hex("00 01 12 08 12") +
                        octets{static_cast<std::uint8_t>(kind | group), function, sequence, unit, static_cast<std::uint8_t>(more)} +
                        number(error),
                    data));
}
octets push(std::uint8_t group, std::uint8_t function, const octets& data, std::uint8_t sequence = 0) {
  return reply(0, group, function, data, sequence, 0, 0, false, 0);
}
const octets connect_request = hex("03 00 00 16 11 e0 00 00 00 01 00 c0 01 0a c1 02 01 00 c2 02 01 02");
const octets connect_confirm = hex("03 00 00 16 11 d0 00 01 00 07 00 c0 01 0a c1 02 01 00 c2 02 01 02");

std::string show(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : " ") += o.space + ':' + o.address + 'x' + std::to_string(o.count);
  return out;
}
std::string show(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : " ") += std::holds_alternative<std::monostate>(v) ? "null" : to_string(v);
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "(none)";
}

struct talk : conversation {
  talk() : conversation{"s7comm"} {}
  void asks(const octets& o) { say(side::client, o); }
  void answers(const octets& o) { say(side::server, o); }
  const operation& at(std::size_t n) {
    static const operation none;
    EXPECT_GT(out.operations.size(), n);
    return n < out.operations.size() ? out.operations[n] : none;
  }
  const operation& only() {
    EXPECT_EQ(out.operations.size(), 1u);
    return at(0);
  }
  std::string rules() const {
    std::string all;
    for (const auto& v : out.violations) (all += all.empty() ? "" : " ") += v.rule;
    return all;
  }
  std::string fact(std::string_view kind) const {
    for (const auto& f : out.facts)
      if (f.kind == kind) return f.value;
    return "(none)";
  }
};

octets any(std::uint8_t size, std::size_t count, std::size_t block, std::uint8_t area, std::size_t address) {
  return octets{0x12, 0x0a, 0x10, size} + number(count) + number(block) + octets{area, static_cast<std::uint8_t>(address >> 16)} +
         number(address & 0xffff);
}
octets datum(std::uint8_t size, std::size_t length, const octets& d) { return octets{0xff, size} + number(length) + d; }

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
  t.asks(job(8, hex("1d 00 0000 00000000 09") + text("_0800001A")));
  t.answers(packet(pdu(2, 8, {}, {}, 0xd241)));
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
  const auto name = hex("09") + text("_0A00010P");
  t.asks(job(1, hex("1a 00 0100 00000000") + name + hex("0d") + text("1000006000002")));
  t.answers(ack(1, hex("1a")));
  t.answers(job(0x501, hex("1b 00 0000 00000000") + name));
  t.asks(ack(0x501, hex("1b 01"), number(4) + hex("00fb") + text("abcd")));
  t.answers(job(0x502, hex("1b 00 0000 00000000") + name));
  t.asks(ack(0x502, hex("1b 00"), number(2) + hex("00fb") + text("ef")));
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
    t.asks(job(1, hex("1d 00 0000 00000000 09") + text("_0800001A")));
    t.answers(ack(1, hex("1d 00 0100 00000007 07") + text("0000003")));
    t.asks(job(2, hex("1e 00 0000 00000007")));
    t.answers(ack(2, hex("1e 00"), number(3) + hex("00fb") + text("xyz")));
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
    return hex("28 000000000000fd") + number(argument.size()) + argument + octets{static_cast<std::uint8_t>(name.size())} + text(name);
  };
  const std::vector<service_row> rows = {
      {"warm start", service({}, "P_PROGRAM"), action::start, "", "(none)"},
      {"cold start", service(text("C "), "P_PROGRAM"), action::start, "", "C"},
      {"activate blocks", service(hex("02 00") + text("0A00001P0800035P"), "_INSE"), action::program_download, "block:DB1x1 block:OB35x1",
       "(none)"},
      {"delete a block", service(hex("01 00") + text("0C00007B"), "_DELE"), action::program_download, "block:FC7x1", "(none)"},
      {"RAM to ROM", service(text("EP"), "_MODU"), action::configure, "", "EP"},
      {"compress", service({}, "_GARB"), action::configure, "", "(none)"},
      {"select a program", service(hex("03") + text("P01") + hex("05") + text("/_N_X"), "_N_SELECT"), action::control, "", "P01,/_N_X"},
      {"password of a control", service(hex("03") + text("P01") + hex("06") + text("SECRET"), "_N_LOGIN_"), action::authenticate, "",
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
  t.asks(job(1, hex("29 0000000000 09") + text("P_PROGRAM")));
  t.answers(ack(1, hex("29")));
  EXPECT_EQ(t.only().action, action::stop);
  EXPECT_EQ(field_of(t.only(), "service"), "P_PROGRAM");
}

octets szl(std::size_t id, std::size_t index, std::size_t size, std::size_t count, const octets& records) {
  return number(id) + number(index) + number(size) + number(count) + records;
}
octets padded(octets o, std::size_t n) { return o.resize(n), o; }
octets module(std::size_t index, std::string_view order, std::size_t first, std::size_t second) {
  auto name = text(order);
  name.resize(20, ' ');
  return number(index) + name + hex("00c0") + number(first) + number(second);
}
octets component(std::size_t index, std::string_view name) { return number(index) + padded(text(name), 32); }

TEST(S7comm, StatusListsIdentify) {
  talk t;
  t.asks(connect_request);
  t.asks(ask(1, 4, 1, body(hex("0011 0000"))));
  t.answers(
      reply(1, 4, 1,
            body(szl(0x11, 0, 28, 3,
                     module(1, "6ES7 315-2EH14-0AB0", 3, 1) + module(6, "6ES7 315-2EH14-0AB0", 3, 1) + module(7, "", 0x5603, 0x0207)))));
  EXPECT_EQ(t.at(0).action, action::identify);
  EXPECT_EQ(t.at(0).function, "userdata/4/1");
  EXPECT_EQ(show(t.at(0).objects), "szl:0x0011/0x0000x1");
  EXPECT_EQ(t.at(0).outcome, outcome::ok);
  EXPECT_EQ(t.fact("order_number"), "6ES7 315-2EH14-0AB0");
  EXPECT_EQ(t.fact("hardware"), "3");
  EXPECT_EQ(t.fact("firmware"), "3.2.7");
  EXPECT_EQ(t.fact("vendor"), "Siemens");
  EXPECT_EQ(t.out.facts.front().unit, "0/2");
  EXPECT_EQ(t.out.facts.front().who, side::server);
  t.asks(ask(2, 4, 1, body(hex("0424 0000"))));
  t.answers(reply(2, 4, 1, body(szl(0x424, 0, 20, 1, padded(hex("5144 ff 08"), 20)))));
  EXPECT_EQ(t.fact("run_state"), "run");
  t.asks(ask(3, 4, 1, body(hex("0132 0004"))));
  t.answers(reply(3, 4, 1, body(szl(0x132, 4, 40, 1, padded(hex("0004 0001 0000 0003 0002 0000 0000 5656 00000001 00000002"), 40)))));
  EXPECT_EQ(t.fact("key_switch"), "run_p");
  EXPECT_EQ(field_of(t.at(2), "protection_level"), "3");
  EXPECT_EQ(field_of(t.at(2), "program_checksum"), "2");
  t.asks(ask(4, 4, 1, body(hex("00a0 0000"))));
  t.answers(reply(4, 4, 1, body(szl(0xa0, 0, 20, 2, padded(hex("4304"), 40)))));
  EXPECT_EQ(field_of(t.at(3), "diagnostic_entries"), "2");
  EXPECT_EQ(field_of(t.at(3), "newest_event"), "0x4304");
  t.asks(ask(5, 4, 1, body(hex("9999 0000"))));
  t.answers(reply(5, 4, 1, nothing, 0, 0xd401));
  EXPECT_EQ(t.at(4).outcome, outcome::refused);
  EXPECT_EQ(t.at(4).code, "54273");
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, StatusListInPartsIsReadWhole) {
  const auto whole =
      szl(0x1c, 0, 34, 5,
          component(1, "LINE 3") + component(2, "PLC_1") + component(3, "NORTH") + component(5, "S C-X1") + component(7, "CPU 315"));
  const octets first(whole.begin(), whole.begin() + 60), second(whole.begin() + 60, whole.end());
  for (const bool lost : {false, true}) {
    talk t;
    t.asks(ask(1, 4, 1, body(hex("001c 0000"))));
    t.answers(reply(1, 4, 1, body(first), 2, 0, 0xd5, true));
    if (lost) t.gap(side::server);
    t.asks(packet(pdu(7, 2, hex("00 01 12 08 12 44 01 02 00 00 0000"), nothing)));
    t.answers(reply(2, 4, 1, body(second), 2, 0, 0xd5, false));
    ASSERT_EQ(t.out.operations.size(), 2u);
    EXPECT_EQ(field_of(t.at(0), "part"), "true");
    EXPECT_EQ(show(t.at(1).objects), lost ? "" : "szl:0x001c/0x0000x1");
    EXPECT_EQ(t.fact("host_name"), lost ? "(none)" : "LINE 3");
    EXPECT_EQ(t.fact("module"), lost ? "(none)" : "PLC_1");
    EXPECT_EQ(t.fact("plant"), lost ? "(none)" : "NORTH");
    EXPECT_EQ(t.fact("serial"), lost ? "(none)" : "S C-X1");
    EXPECT_EQ(t.fact("model"), lost ? "(none)" : "CPU 315");
    EXPECT_EQ(t.rules(), "");
  }
}

TEST(S7comm, PasswordIsNotRecorded) {
  talk t;
  t.asks(ask(1, 5, 1, body(text("SECRET12"))));
  t.answers(reply(1, 5, 1, nothing, 0, 0xd602));
  const auto& op = t.only();
  EXPECT_EQ(op.action, action::authenticate);
  EXPECT_EQ(op.outcome, outcome::refused);
  EXPECT_EQ(field_of(op, "reason"), "wrong_password");
  EXPECT_TRUE(op.values.empty());
  EXPECT_TRUE(op.objects.empty());
  EXPECT_EQ(op.fields.size(), 1u);
}

octets test_request(const octets& data) { return body(number(20) + number(data.size()) + padded({}, 18) + hex("0200") + data); }

TEST(S7comm, ModifyAndForceCarryValues) {
  for (const std::uint8_t function : {std::uint8_t{8}, std::uint8_t{9}}) {
    talk t;
    t.asks(ask(1, 1, function, test_request(hex("0002 03 01 0000 0000 10 01 0000 0008 00 09 0004 4133851f 00 09 0001 01 00"))));
    t.answers(reply(1, 1, function, nothing, 2));
    EXPECT_EQ(t.at(0).action, action::force);
    EXPECT_EQ(show(t.at(0).objects), "M:0.0x1 I:8.1x1");
    EXPECT_EQ(show(t.at(0).values), "1093895455 true");
    EXPECT_EQ(t.at(0).outcome, outcome::ok);
    t.asks(ask(2, 1, 0x0e, test_request(octets{function, 2})));
    t.answers(reply(2, 1, 0x0e, nothing, 3));
    EXPECT_EQ(t.at(1).action, action::force) << "to enable a job that writes is what writes";
    EXPECT_EQ(field_of(t.at(1), "job_id"), "2");
    t.answers(push(1, function, body(hex("0004 0004 0100 0002 0002 ff 05")), 2));
    EXPECT_EQ(t.at(2).action, action::report);
    EXPECT_EQ(t.at(2).outcome, outcome::unsolicited);
    EXPECT_EQ(show(t.at(2).objects), "M:0.0x1 I:8.1x1");
    EXPECT_EQ(field_of(t.at(2), "return_codes"), "255,5");
    EXPECT_EQ(t.rules(), "");
  }
}

TEST(S7comm, VariableStatusIsPushed) {
  talk t;
  t.asks(ask(1, 1, 2, test_request(hex("0003 01 03 0000 0000 72 01 0007 000a 54 01 0000 0005"))));
  t.answers(reply(1, 1, 2, nothing, 4));
  EXPECT_EQ(t.at(0).action, action::read);
  EXPECT_EQ(show(t.at(0).objects), "M:0.0x3 DB7:10.0x1 T:5x1");
  t.answers(push(1, 2, body(hex("0004 001a 0100 0002 0003 ff 09 0003 010203 00 ff 09 0002 ffff ff 09 0002 2504")), 4));
  EXPECT_EQ(t.at(1).action, action::report);
  EXPECT_EQ(show(t.at(1).objects), show(t.at(0).objects));
  EXPECT_EQ(show(t.at(1).values), "1 2 3 65535 0x2504");
  t.answers(push(1, 2, body(hex("0004 0008 0100 0002 0001 ff 09 0001 07 00")), 9));
  EXPECT_EQ(show(t.at(2).values), "0x07") << "of a job that was not seen";
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, CyclicReadIsASubscription) {
  talk t;
  t.asks(ask(1, 2, 1, body(hex("0001 01 05") + any(4, 2, 1, 0x84, 0))));
  t.answers(reply(1, 2, 1, body(hex("0001") + datum(4, 32, hex("0001 0002"))), 3));
  EXPECT_EQ(t.at(0).action, action::subscribe);
  EXPECT_EQ(field_of(t.at(0), "interval_ms"), "5000");
  EXPECT_EQ(field_of(t.at(0), "job_id"), "3");
  EXPECT_EQ(show(t.at(0).values), "1 2");
  t.answers(push(2, 1, body(hex("0001") + datum(4, 32, hex("0003 0004"))), 3));
  EXPECT_EQ(t.at(1).action, action::report);
  EXPECT_EQ(t.at(1).outcome, outcome::unsolicited);
  EXPECT_EQ(show(t.at(1).objects), "DB1:0.0x2");
  EXPECT_EQ(show(t.at(1).values), "3 4");
  t.asks(ask(2, 2, 4, body(hex("01 03"))));
  t.answers(reply(2, 2, 4, nothing, 3));
  EXPECT_EQ(field_of(t.at(2), "job_id"), "3");
  EXPECT_EQ(t.at(2).outcome, outcome::ok);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, BlockListsAndInfo) {
  talk t;
  t.asks(ask(1, 3, 1, nothing));
  t.answers(reply(1, 3, 1, body(text("08") + number(2) + text("0A") + number(5))));
  EXPECT_EQ(show(t.at(0).returned), "block:OBx2 block:DBx5");
  t.asks(ask(2, 3, 2, body(text("0A"))));
  t.answers(reply(2, 3, 2, body(hex("0001 2205 0064 2205"))));
  EXPECT_EQ(show(t.at(1).objects), "block:DBx1");
  EXPECT_EQ(show(t.at(1).returned), "block:DB1x1 block:DB100x1");
  t.asks(ask(3, 3, 3, body(text("0A00100A"))));
  t.answers(reply(3, 3, 3,
                  body(text("0A") + hex("004a 0000") + text("pp") +
                       hex("00 01 05 0a 0064 000000d8 00000003 000000000000 000000000000 0001 0002 0003 0058") + padded(text("ANNA"), 8) +
                       padded(text("PUMPS"), 8) + padded(text("P1"), 8) + hex("12 00 abcd 00000000 00000000"))));
  EXPECT_EQ(show(t.at(2).objects), "block:DB100x1");
  EXPECT_EQ(show(t.at(2).returned), "block:DB100x1");
  EXPECT_EQ(field_of(t.at(2), "load_size"), "216");
  EXPECT_EQ(field_of(t.at(2), "code_size"), "88");
  EXPECT_EQ(field_of(t.at(2), "know_how_protected"), "true");
  EXPECT_EQ(field_of(t.at(2), "author"), "ANNA");
  EXPECT_EQ(field_of(t.at(2), "name"), "P1");
  EXPECT_EQ(field_of(t.at(2), "version"), "1.2");
  EXPECT_EQ(t.at(2).action, action::identify);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, ClockIsReadAndSet) {
  talk t;
  t.asks(ask(1, 7, 1, nothing));
  t.answers(reply(1, 7, 1, body(hex("00 19 14 08 20 11 59 43 91 24"))));
  EXPECT_EQ(t.at(0).action, action::read);
  EXPECT_EQ(show(t.at(0).values), "2014-08-20T11:59:43.912");
  t.asks(ask(2, 7, 2, body(hex("00 19 94 01 06 00 27 20 39 75"))));
  t.answers(reply(2, 7, 2, nothing));
  EXPECT_EQ(t.at(1).action, action::time_sync);
  EXPECT_EQ(t.at(1).outcome, outcome::ok);
  EXPECT_EQ(show(t.at(1).values), "1994-01-06T00:27:20.397");
}

TEST(S7comm, AlarmsModesAndMessages) {
  talk t;
  t.asks(ask(1, 4, 2, body(hex("81 00") + text("HmiRtm  ") + hex("05 00"))));
  t.answers(reply(1, 4, 2, body(hex("02 00 05 00"))));
  EXPECT_EQ(t.at(0).action, action::subscribe);
  EXPECT_EQ(field_of(t.at(0), "events"), "mode,alarms");
  EXPECT_EQ(field_of(t.at(0), "user"), "HmiRtm");
  t.answers(push(4, 5, body(hex("94 01 06 00 27 20 39 75 00 01 12 0a 16 01 000000af 01 00 fe fe ff 09 0002 0001"))));
  EXPECT_EQ(t.at(1).action, action::alarm);
  EXPECT_EQ(t.at(1).outcome, outcome::unsolicited);
  EXPECT_EQ(show(t.at(1).objects), "alarm:175x1");
  EXPECT_EQ(show(t.at(1).values), "1 0x0001");
  EXPECT_EQ(field_of(t.at(1), "device_time"), "1994-01-06T00:27:20.397");
  t.asks(ask(2, 4, 0x0b, body(hex("09 01 12 08 19 00 000000af 01 00"))));
  t.answers(reply(2, 4, 0x0b, body(hex("09 01 0a"))));
  EXPECT_EQ(show(t.at(2).objects), "alarm:175x1");
  EXPECT_EQ(t.at(2).outcome, outcome::refused);
  EXPECT_EQ(t.at(2).code, "10");
  t.asks(ask(3, 4, 0x13, body(hex("00 01 12 08 1a 00 01 34 00000002"))));
  t.answers(reply(3, 4, 0x13, body(hex("00 01 ff 09 000c 0a 0000 02 0000002f 00 04 cf cf"))));
  EXPECT_EQ(field_of(t.at(3), "alarm_type"), "alarm_8");
  EXPECT_EQ(show(t.at(3).returned), "alarm:47x1");
  EXPECT_EQ(show(t.at(3).values), "4");
  t.answers(push(0, 0, {}));
  EXPECT_EQ(t.at(4).action, action::mode_change);
  EXPECT_EQ(t.at(4).function, "userdata/0/0");
  EXPECT_EQ(t.fact("run_state"), "stop");
  t.answers(push(4, 3, body(hex("4302 ff 00 0000 0000 00000000 94 01 06 00 27 20 39 75"))));
  EXPECT_EQ(t.at(5).action, action::report);
  EXPECT_EQ(t.out.facts.back().value, "run");
  t.answers(packet(pdu(7, 0, hex("01 01 12 04 11 00 02 00"))));
  EXPECT_EQ(t.at(6).function, "userdata/0/2");
  EXPECT_EQ(t.rules(), "");
}

struct action_row {
  std::uint8_t group, function;
  action does;
  const char* name;
};
constexpr action_row actions[] = {
    {1, 0x07, action::force, "force_selection"},  {1, 0x0a, action::control, "breakpoint"},
    {1, 0x0b, action::start, "exit_hold"},        {1, 0x0c, action::restart, "memory_reset"},
    {1, 0x10, action::diagnose, "read_job_list"}, {1, 0x16, action::identify, "flash_led"},
    {4, 0x07, action::alarm, "alarm_lock"},       {5, 0x02, action::authenticate, "clear_password"},
    {2, 0x66, action::subscribe, "unknown"},
};
TEST(S7comm, UserdataFunctionsHaveTheirMeaning) {
  for (const auto& row : actions) {
    talk t;
    t.asks(ask(1, row.group, row.function, nothing));
    t.answers(reply(1, row.group, row.function, nothing));
    EXPECT_EQ(t.only().action, row.does) << row.name;
    EXPECT_EQ(t.only().function_name, row.name);
  }
}

TEST(S7comm, SendBlocks) {
  talk t;
  t.asks(packet(pdu(7, 1, hex("00 01 12 08 13 00 0000002a 00 00"), hex("ff 00 0001 00 09 0002 0102"))));
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
  t.asks(packet(first, false));
  t.asks(packet(second));
  t.answers(ack(1, hex("04 01"), datum(4, 8, hex("09"))));
  EXPECT_EQ(show(t.only().values), "9");
  EXPECT_EQ(t.only().latency, std::chrono::milliseconds{2}) << "from the first part on";
  t.asks(packet(first, false));
  t.gap(side::client);
  t.asks(packet(second));
  EXPECT_EQ(t.last, verdict::taken);
  EXPECT_EQ(t.out.operations.size(), 1u);
  EXPECT_EQ(t.rules(), "");
}

TEST(S7comm, OthersInTheSameTransportAreNotMine) {
  talk t;
  t.asks(packet(hex("72 01 00 04")));
  EXPECT_EQ(t.last, verdict::not_mine);
  t.asks(packet(hex("a0 03 02 01 01")));
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
      {"header cut", packet(hex("32 01 00 00 00 01")), "length", 0},
      {"one octet", packet(hex("32")), "length", 0},
      {"unknown kind", packet(pdu(9, 1, hex("04 00"))), "rosctr", 0},
      {"lengths too long", packet(hex("32 01 0000 0001 00ff 0000 29")), "length parameters", 1},
      {"no function", job(1, {}), "length", 0},
      {"items cut", job(1, hex("04 02") + any(2, 1, 0, 0x83, 0)), "parameters", 1},
      {"item leaves its message", job(1, hex("04 01 12 20 10")), "parameters", 1},
      {"write without data", job(1, hex("05 01") + any(2, 1, 0, 0x83, 0)), "data", 1},
      {"setup cut", job(1, hex("f0 00 00")), "parameters", 1},
      {"userdata head cut", packet(pdu(7, 1, hex("00 01 12"))), "parameters", 0},
      {"userdata data cut", packet(pdu(7, 1, hex("00 01 12 04 11 44 01 00"), hex("ff 09 00ff 0011"))), "data", 1},
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
      {"S7comm-plus", packet(hex("72 01 00 04")), match::no},
      {"MMS", packet(hex("a0 03 02 01 01")), match::no},
      {"unknown kind", packet(hex("32 04 0000 0001 0000 0000")), match::no},
      {"no TPKT", hex("00 01 00 00 00 06 01 03 00 00 00 01"), match::no},
      {"remote desktop", hex("03 00 00 13 0e e0 00 00 00 00 00 01 00 08 00 03 00 00 00") + hex("03 00 00 0a 02 f0 80 7f 65 82"), match::no},
  };
  for (const auto& row : rows) EXPECT_EQ(named("s7comm").about.probe(row.head, transport::tcp), row.verdict) << row.what;
  EXPECT_EQ(named("s7comm").about.probe(read, transport::udp), match::no);
}

TEST(S7comm, EveryPrefixAndEveryFlip) {
  const auto c = side::client, s = side::server;
  const auto name = hex("09") + text("_0A00010P");
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
  every_prefix("s7comm", {{c, job(1, hex("1a 00 0100 00000000") + name + hex("0d") + text("1000006000002"))},
                          {s, job(5, hex("1b 00 0000 00000000") + name)},
                          {c, ack(5, hex("1b 00"), number(4) + hex("00fb") + text("abcd"))},
                          {s, job(6, hex("1c 00 0000 00000000") + name)}});
  every_prefix("s7comm", {{c, job(1, hex("1d 00 0000 00000000 09") + text("_0800001A"))},
                          {s, ack(1, hex("1d 00 0100 00000007 07") + text("0000003"))},
                          {c, job(2, hex("1e 00 0000 00000007"))},
                          {s, ack(2, hex("1e 00"), number(3) + hex("00fb") + text("xyz"))}});
  every_prefix("s7comm",
               {{c, job(1, hex("28 000000000000fd 000a 0100") + text("0A00001P") + hex("05") + text("_INSE"))},
                {c, job(2, hex("28 000000000000fd 0008 03") + text("P01") + hex("03") + text("ABC") + hex("09") + text("_N_SELECT"))}});
  every_prefix("s7comm",
               {{c, ask(1, 4, 1, body(hex("001c 0000")))},
                {s, reply(1, 4, 1, body(szl(0x1c, 0, 34, 2, component(1, "LINE 3") + component(9, "\x00\x2a"))), 2, 0, 0xd5, true)},
                {s, reply(1, 4, 1, body(szl(0x11, 0, 28, 1, module(7, "", 0x5603, 0x0207))))}});
  every_prefix("s7comm", {{c, ask(1, 1, 8, test_request(hex("0002 03 01 0000 0000 10 01 0000 0008 00 09 0004 4133851f 00 09 0001 01 00")))},
                          {s, reply(1, 1, 8, nothing, 2)},
                          {s, push(1, 8, body(hex("0004 0004 0100 0002 0002 ff 05")), 2)}});
  every_prefix("s7comm", {{c, ask(1, 2, 1, body(hex("0001 01 05") + any(4, 2, 1, 0x84, 0)))},
                          {s, reply(1, 2, 1, body(hex("0001") + datum(4, 32, hex("0001 0002"))), 3)},
                          {s, push(2, 1, body(hex("0001") + datum(4, 32, hex("0003 0004"))), 3)}});
  every_prefix("s7comm", {{s, push(4, 5, body(hex("94 01 06 00 27 20 39 75 00 01 12 0a 16 01 000000af 01 00 fe fe ff 09 0002 0001")))},
                          {s, reply(3, 4, 0x13, body(hex("00 01 ff 09 000c 0a 0000 02 0000002f 00 04 cf cf")))},
                          {s, packet(pdu(7, 1, hex("00 01 12 08 13 00 0000002a 00 00"), hex("ff 00 0001 00 09 0002 0102")))},
                          {s, push(4, 3, body(hex("4302 ff 00 0000 0000 00000000 94 01 06 00 27 20 39 75")))}});
}

}  // namespace
}  // namespace mw::test
