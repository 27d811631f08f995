// TriStation: datagrams built from the published layouts, and what they mean.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;

void put16(octets& to, unsigned v) { to.push_back(static_cast<std::uint8_t>(v)), to.push_back(static_cast<std::uint8_t>(v >> 8)); }
octets datagram(std::uint8_t type, const octets& content = {}) {
  octets d{type, 0};
  put16(d, static_cast<unsigned>(content.size()));
  d.insert(d.end(), content.begin(), content.end());
  unsigned crc = 0;
  for (const auto b : d) {
    crc ^= b;
    for (int i = 0; i < 8; ++i) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  put16(d, crc);
  return d;
}
octets command(std::uint8_t path, std::uint8_t number, std::uint8_t sequence, const octets& data = {}) {
  const auto length = static_cast<unsigned>(10 + data.size());
  octets c{path, static_cast<std::uint8_t>(path), number, sequence, 0, 0};
  unsigned sum = length + (length & 255) + (length >> 8);
  for (const auto b : c) sum += b;
  for (const auto b : data) sum += b;
  put16(c, sum), put16(c, length);
  c.insert(c.end(), data.begin(), data.end());
  return datagram(5, c);
}
octets request(std::uint8_t number, std::string_view data = "", std::uint8_t sequence = 7) {
  return command(0, number, sequence, hex(data));
}
octets reply(std::uint8_t number, std::string_view data = "", std::uint8_t sequence = 7) { return command(1, number, sequence, hex(data)); }

struct talk_over_udp : conversation {
  talk_over_udp() : conversation{"tristation", transport::udp} {}
};

std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) (out += out.empty() ? "" : "|") += f.unit + (f.unit.empty() ? "" : ":") + f.kind + '=' + f.value;
  return out;
}

const std::string project_name = "4d494c4c00 0000000000", version = "0100 0300 80436d5a";
std::string zeros(std::size_t n) {
  std::string s;
  while (n-- > 0) s += "00";
  return s;
}
const std::string status = "0100 00 01 0d 00 01 03 02" + zeros(49) + version + project_name;

TEST(tristation, the_layout_of_a_datagram_is_the_published_one) {
  EXPECT_EQ(datagram(1), hex("0100 0000 01fc"));
  EXPECT_EQ(datagram(2), hex("0200 0000 01b8"));
  EXPECT_EQ(command(0, 19, 0), hex("0500 0a00 00 00 13 00 0000 2700 0a00 5010"));
}

struct row {
  std::string name;
  octets request, answer;
  std::string function, function_name;
  action what;
  std::string objects, values;
  outcome how;
  std::string code, violations;
};
const row rows[] = {
    {"connect", datagram(1), datagram(2), "connect", "connect", action::session, "", "", outcome::ok, "", ""},
    {"denied", datagram(1), datagram(10), "connect", "connect", action::session, "", "", outcome::refused, "10", ""},
    {"disconnect", datagram(4), datagram(3), "disconnect", "disconnect", action::session, "", "", outcome::ok, "", ""},
    {"not_connected", request(21), datagram(8), "21", "halt_program", action::stop, "", "", outcome::refused, "8", ""},
    {"status", request(19), reply(108, status), "19", "get_cp_status", action::diagnose, "", "", outcome::ok, "", ""},
    {"status_cut", request(19), reply(108, "0100"), "19", "get_cp_status", action::diagnose, "", "", outcome::ok, "", "length"},
    {"download_all", request(0), reply(101), "0", "start_download_all", action::program_download, "", "", outcome::ok, "", ""},
    {"download_change", request(1, project_name + version), reply(102), "1", "start_download_change", action::program_download, "", "",
     outcome::ok, "", ""},
    {"download_ends", request(11), reply(103), "11", "end_download_change", action::program_download, "", "", outcome::ok, "", ""},
    {"run", request(20), reply(109), "20", "run_program", action::start, "", "", outcome::ok, "", ""},
    {"run_refused", request(20), reply(100, "cb00"), "20", "run_program", action::start, "", "", outcome::refused, "203", ""},
    {"rejected_for_nothing", request(20), reply(100), "20", "run_program", action::start, "", "", outcome::refused, "0", "length"},
    {"halt", request(21), reply(110), "21", "halt_program", action::stop, "", "", outcome::ok, "", ""},
    {"halt_is_paused", request(21), reply(111), "21", "halt_program", action::stop, "", "", outcome::ok, "", "mismatch"},
    {"pause", request(22), reply(111), "22", "pause_program", action::stop, "", "", outcome::ok, "", ""},
    {"voter_diagnostics", request(40), reply(134), "40", "disable_all_ovds", action::configure, "", "", outcome::ok, "", ""},
    {"points_set", request(27, "0102"), reply(103), "27", "set_io_point_values", action::write, "", "", outcome::ok, "", ""},
    {"mode", request(80), reply(103), "80", "go_to_download_mode", action::mode_change, "", "", outcome::ok, "", ""},
    {"allocate", request(55, "0300 0100 0300 0000 0200 0102030405060708"), reply(153), "55", "allocate_program", action::program_download,
     "program 3x8", "0x0102030405060708", outcome::ok, "", ""},
    {"allocate_lies", request(55, "0300 0100 0300 0000 0300 0102030405060708"), reply(153), "55", "allocate_program",
     action::program_download, "", "", outcome::ok, "", "length"},
    {"allocate_function", request(56, "0900 0000 0100 0000 0100 01020304"), reply(154), "56", "allocate_function", action::program_download,
     "function 9x4", "0x01020304", outcome::ok, "", ""},
    {"upload", request(65, "0300 00000000 0000"), reply(162, "0300 0100 0200 0000 0200 0102030405060708"), "65", "upload_program",
     action::program_upload, "program 3x8", "0x0102030405060708", outcome::ok, "", ""},
    {"upload_of_another", request(65, "0300 00000000 0000"), reply(162, "0400 0100 0200 0000 0100 01020304"), "65", "upload_program",
     action::program_upload, "program 3x1", "0x01020304", outcome::ok, "", "mismatch"},
    {"upload_cut", request(66, "03"), reply(100, "d001"), "66", "upload_function", action::program_upload, "", "", outcome::refused, "208",
     "length"},
    {"not_a_command", request(99), reply(100, "c800"), "99", "unknown", action::diagnose, "", "", outcome::refused, "200", "command"},
};

std::string text(const std::vector<object>& objects) {
  std::string out;
  for (const auto& o : objects) (out += out.empty() ? "" : ",") += o.space + ' ' + o.address + 'x' + std::to_string(o.count);
  return out;
}
std::string text(const std::vector<value>& values) {
  std::string out;
  for (const auto& v : values) (out += out.empty() ? "" : ",") += to_string(v);
  return out;
}

TEST(tristation, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk_over_udp talk;
    talk.say(side::client, r.request), talk.say(side::server, r.answer);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
    EXPECT_EQ(rules(talk.out), r.violations);
  }
}

TEST(tristation, both_directions_are_counted_by_command) {
  talk_over_udp talk;
  talk.say(side::client, request(19)), talk.say(side::server, reply(108, status));
  EXPECT_EQ(talk.out.counts["tristation/request/19"], 1U);
  EXPECT_EQ(talk.out.counts["tristation/response/108"], 1U);
  EXPECT_EQ(talk.out.counts["tristation/message/5"], 2U);
}

TEST(tristation, the_status_tells_key_state_and_project_once) {
  talk_over_udp talk;
  for (int i = 0; i < 3; ++i) talk.say(side::client, request(19)), talk.say(side::server, reply(108, status));
  EXPECT_EQ(facts(talk.out), "run_state=pause|key_switch=remote|user_application=MILL 3.1|vendor=Triconex");
  EXPECT_EQ(talk.out.facts[0].who, side::server);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(field_of(op, "key_switch"), "remote");
  EXPECT_EQ(field_of(op, "run_state"), "pause");
  EXPECT_EQ(field_of(op, "modification_in_progress"), "true");
  EXPECT_EQ(field_of(op, "load_state"), "13");
  EXPECT_EQ(field_of(op, "project_time"), "1517110144");
}

TEST(tristation, the_chassis_tells_its_modules) {
  const auto slot = [](std::string_view head) { return std::string{head} + zeros(28); };
  const auto chassis = "0200 ff 00 02 00" + version + "c8000000 c8000000 b500 00000000 01000000" + project_name +
                       "80436d5a 56020000 b7447f00 70ea7d00 1b000000 32000000" + zeros(100) + slot("1521f001") + slot("0201f001") +
                       slot("0201f001") + slot("05215c01") + slot("05ff0704") + slot("0501fa05") + zeros(32 * 10);
  talk_over_udp talk;
  talk.say(side::client, request(24)), talk.say(side::server, reply(119, chassis));
  EXPECT_EQ(facts(talk.out),
            "run_state=run|key_switch=run|user_application=MILL 3.1|0:module=main processor A|1:module=main processor B|"
            "2:module=main processor C|3:module=3663 dual digital output 120 V|4:module=3505 digital input 24 V low threshold|"
            "5:module=type 250|vendor=Triconex");
  const auto& op = talk.out.operations.at(0);
  EXPECT_EQ(op.action, action::identify);
  EXPECT_EQ(field_of(op, "node"), "2");
  EXPECT_EQ(field_of(op, "scan_time"), "200");
  EXPECT_EQ(field_of(op, "memory"), "8340663");
  EXPECT_EQ(field_of(op, "slot_4_mismatch"), "4");
  EXPECT_EQ(field_of(op, "slot_0_lamps"), "21");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(tristation, versions_and_generation_become_facts) {
  const auto versions = "01 ff ff00 1027 0000 0000 5500 0200 0000 0000" + zeros(14 * 8) + "313233343536 303031 3132333435363738" +
                        zeros(303) + "373839303132 303032 3837363534333231";
  talk_over_udp talk;
  talk.say(side::client, request(54)), talk.say(side::server, reply(151, versions));
  talk.say(side::client, request(13)), talk.say(side::server, reply(106, "0300 33 0a 04 00"));
  EXPECT_EQ(facts(talk.out),
            "0:order_number=3008|0:firmware=10000|1:order_number=4352|1:firmware=2|pib:order_number=123-456|pib:hardware=001|"
            "pib:serial=12345678|order_number=789-012|hardware=002|serial=87654321|vendor=Triconex|model=Tricon|firmware=10.4");
}

TEST(tristation, the_mark_of_the_implant_is_found_also_in_parts) {
  // crc32("123456789abc") ^ 0x7b5241d3, little endian, before the last word
  const auto crc = [] {
    std::uint32_t c = ~0U;
    for (const char ch : std::string_view{"123456789abc"}) {
      c ^= static_cast<std::uint8_t>(ch);
      for (int i = 0; i < 8; ++i) c = (c & 1) != 0 ? (c >> 1) ^ 0xedb88320U : c >> 1;
    }
    return ~c ^ 0x7b5241d3U;
  }();
  octets tail;
  put16(tail, crc & 0xffff), put16(tail, crc >> 16);
  tail.resize(8);
  const auto with = [](octets head, const octets& t) {
    head.insert(head.end(), t.begin(), t.end());
    return head;
  };
  talk_over_udp whole, parts, other_program, broken;
  whole.say(side::client, command(0, 55, 1, with(hex("0300 0100 0500 0000 0500 313233343536373839616263"), tail)));
  EXPECT_EQ(rules(whole.out), "implant");
  parts.say(side::client, command(0, 55, 1, hex("0300 0100 0500 0000 0200 3132333435363738")));
  parts.say(side::client, command(0, 55, 2, with(hex("0300 0100 0500 0200 0300 39616263"), tail)));
  EXPECT_EQ(rules(parts.out), "implant");
  parts.end();
  EXPECT_EQ(field_of(parts.out.operations.at(1), "implant"), "triton");
  other_program.say(side::client, command(0, 55, 1, with(hex("0300 0100 0500 0000 0500 313233343536373839616264"), tail)));
  EXPECT_EQ(rules(other_program.out), "");
  broken.say(side::client, command(0, 55, 2, with(hex("0300 0100 0500 0200 0300 39616263"), tail)));
  EXPECT_EQ(rules(broken.out), "");
}

TEST(tristation, a_program_outside_a_download_is_out_of_sequence) {
  const auto allocate = request(55, "0300 0100 0300 0000 0100 01020304");
  talk_over_udp middle, after;
  middle.say(side::client, allocate);
  EXPECT_EQ(rules(middle.out), "");
  after.say(side::client, request(1)), after.say(side::server, reply(102));
  after.say(side::client, allocate), after.say(side::server, reply(153));
  after.say(side::client, request(11)), after.say(side::server, reply(103));
  EXPECT_EQ(rules(after.out), "");
  after.say(side::client, allocate);
  EXPECT_EQ(rules(after.out), "sequence");
}

TEST(tristation, what_does_not_add_up_is_a_violation) {
  auto crc = request(19);
  crc.back() ^= 1;
  auto inner = octets{0, 0, 19, 7, 0, 0, 0, 0, 10, 0};
  const auto bad_sum = datagram(5, inner);
  inner[8] = 11;
  const auto bad_length = datagram(5, inner);
  const std::pair<octets, std::string> wrong[] = {{crc, "crc"},           {bad_sum, "checksum"},
                                                  {bad_length, "length"}, {hex("0500"), "length"},
                                                  {datagram(77), "type"}, {command(2, 19, 1), "direction"}};
  for (const auto& [bytes, rule] : wrong) {
    talk_over_udp talk;
    talk.say(side::client, bytes);
    EXPECT_EQ(rules(talk.out), rule);
    talk.say(side::client, request(19)), talk.say(side::server, reply(108, status));
    EXPECT_EQ(talk.out.operations.size(), 1U) << "the session goes on";
  }
}

TEST(tristation, answers_find_their_requests_or_say_that_there_is_none) {
  talk_over_udp talk;
  talk.say(side::client, request(19, "", 1)), talk.say(side::client, request(20, "", 2));
  talk.say(side::server, reply(109, "", 2)), talk.say(side::server, reply(108, status, 1)), talk.say(side::server, reply(108, status, 9));
  talk.say(side::server, datagram(2));
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(talk.out.operations[0].function, "20");
  EXPECT_EQ(talk.out.operations[1].function, "19");
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[2].function, "108");
  EXPECT_EQ(talk.out.operations[3].outcome, outcome::unpaired);
  talk.say(side::client, request(21));
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 5U);
  EXPECT_EQ(talk.out.operations[4].outcome, outcome::timeout);
}

TEST(tristation, who_is_not_connected_learns_it_from_the_command_sent_last) {
  talk_over_udp talk;
  talk.say(side::client, request(19, "", 3)), talk.say(side::client, request(21, "", 5)), talk.say(side::server, datagram(8));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].function, "21");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
}

TEST(tristation, open_requests_are_bounded) {
  talk_over_udp talk;
  for (int i = 0; i < 300; ++i) talk.say(side::client, request(19, "", static_cast<std::uint8_t>(i)));
  EXPECT_EQ(talk.out.operations.size(), 44U);
}

TEST(tristation, the_probe_believes_checksums_only) {
  const auto& probe = named("tristation").about.probe;
  EXPECT_EQ(probe(request(19), transport::udp), match::certain);
  EXPECT_EQ(probe(datagram(1), transport::udp), match::yes);
  EXPECT_EQ(probe(request(19), transport::tcp), match::no);
  auto bad = request(19);
  bad[10] ^= 1;
  EXPECT_EQ(probe(bad, transport::udp), match::no);
  EXPECT_EQ(probe(hex("0000 0000 0000"), transport::udp), match::no);
}

TEST(tristation, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("tristation", {{side::client, r.request}, {side::server, r.answer}}, transport::udp);
  // flipped bits do not get behind the checks; data of every length does
  for (const auto number : {106, 108, 119, 151, 162})
    for (std::size_t n = 0; n < 700; n += n < 90 ? 1 : 41) {
      talk_over_udp talk;
      talk.say(side::server, command(1, static_cast<std::uint8_t>(number), 1, octets(n, 0xff)));
      EXPECT_EQ(talk.out.operations.size(), 1U);
    }
  for (const auto number : {1, 55, 59, 65})
    for (std::size_t n = 0; n < 60; ++n) {
      talk_over_udp talk;
      talk.say(side::client, command(0, static_cast<std::uint8_t>(number), 1, octets(n, 0xff)));
    }
}

}  // namespace
}  // namespace mw::test
