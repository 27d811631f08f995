// PROFINET below IP: stations that are found, named and reset, cyclic data that comes regularly or not, alarms.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

const auto controller = *mac::parse("02:00:00:00:00:01"), device = *mac::parse("02:00:00:00:00:02"),
           group = *mac::parse("01:0e:cf:00:00:00");

std::string ascii(std::string_view s) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : s) out += digits[static_cast<unsigned char>(c) >> 4], out += digits[static_cast<unsigned char>(c) & 15];
  return out;
}
std::string be(std::uint64_t v, int octets) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (int shift = octets * 8 - 4; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
  return out;
}

/// Frames between two cards.
struct line {
  recorder out;
  timestamp now{std::chrono::seconds{1'700'000'000}};
  mac other_end = device;
  void say(side from, const std::string& text, nanoseconds after = std::chrono::milliseconds{1}) {
    now += after;
    const auto data = hex(text);
    const endpoint a{{}, {}, controller}, b{{}, {}, other_end};
    (void)talk_->on_message({.data = data,
                             .from = from,
                             .time = now,
                             .transport = transport::ethernet,
                             .source = from == side::client ? a : b,
                             .target = from == side::client ? b : a},
                            out);
  }
  void ask(const std::string& text) { say(side::client, text); }
  void answer(const std::string& text) { say(side::server, text); }
  void wait(nanoseconds d) { now += d, talk_->on_time(now, out); }
  void gap(side from) { talk_->on_gap(from); }
  void end() { talk_->on_end(now, out); }
  std::string facts() const {
    std::string text;
    for (const auto& f : out.facts) (text += text.empty() ? "" : ",") += (f.who == side::client ? "<" : ">") + f.kind + '=' + f.value;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }

private:
  std::unique_ptr<session> talk_ = named("profinet").about.open();
};

std::string shown(const operation& op) {
  std::string text = std::string{to_string(op.action)} + ' ' + op.function + ' ' + op.function_name + ' ';
  for (const auto& o : op.objects) text += o.space + '@' + o.address + ' ';
  for (const auto& o : op.returned) text += '>' + o.space + ' ';
  text += '[';
  for (const auto& v : op.values) text += (text.back() == '[' ? "" : ",") + to_string(v);
  return text + "] " + std::string{to_string(op.outcome)} + (op.code ? ' ' + *op.code : "");
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}

std::string block(const std::string& option, const std::string& value) {
  const auto size = hex(value).size();
  return option + be(size, 2) + value + (size % 2 != 0 ? "00" : "");
}
std::string dcp(const std::string& head, const std::string& blocks, const std::string& delay = "0000") {
  return head + "00000007" + delay + be(hex(blocks).size(), 2) + blocks;
}
const std::string identify = "fefe 05 00", identified = "feff 05 01", get = "fefd 03 00", got = "fefd 03 01", set = "fefd 04 00",
                  did = "fefd 04 01", hello = "fefc 06 00";
const std::string at = "02:00:00:00:00:02";

TEST(profinet_dcp, a_frame_of_very_many_blocks_is_read_in_part) {
  line l;
  std::string blocks;
  for (int i = 0; i < 100; ++i) blocks += block("0202", "0000" + ascii(i % 2 == 0 ? "A" : "B")) + block("0204", "0000");
  l.ask(dcp(get, "0202")), l.answer(dcp(got, blocks));
  EXPECT_EQ(l.rules(), "dcp_block,dcp_station_name");
  EXPECT_LE(l.out.facts.size(), 64u);
  EXPECT_EQ(l.out.counts.at("profinet_dcp/forgotten/blocks"), 1u);
}

TEST(profinet_dcp, each_exchange_becomes_an_operation) {
  const std::string ok = block("0504", "0202 00");
  const struct {
    const char* name;
    std::string request, response, expected, rules;
  } rows[] = {
      {"identify_all", dcp(identify, block("ffff", ""), "0001"), dcp(identified, block("0202", "0000" + ascii("pump-3"))),
       "identify 5/0 identify 255/255@" + at + " >2/2 [pump-3] ok", ""},
      {"identify_name", dcp(identify, block("0202", ascii("pump-3"))), "", "identify 5/0 identify 2/2@pump-3 [pump-3] timeout", ""},
      {"identify_alias", dcp(identify, block("0206", ascii("port-001.hall"))), "",
       "identify 5/0 identify 2/6@port-001.hall [port-001.hall] timeout", ""},
      {"get", dcp(get, "0202 0102"), dcp(got, block("0202", "0000" + ascii("a")) + block("0102", "0001 0a000001 ffffff00 0a0000fe")),
       "read 3/0 get 2/2@" + at + " 1/2@" + at + " >2/2 >1/2 [a,10.0.0.1,255.255.255.0,10.0.0.254] ok", ""},
      {"get_refused", dcp(get, "0301"), dcp(got, block("0504", "0301 01")), "read 3/0 get 3/1@" + at + " [] refused 1", ""},
      {"get_unsupported", dcp(get, "0301"), dcp("fefd 03 05", ""), "read 3/0 get 3/1@" + at + " [] refused 5", ""},
      {"set_name", dcp(set, block("0202", "0001" + ascii("pump-4"))), dcp(did, ok), "configure 4/0 set 2/2@" + at + " [pump-4] ok", ""},
      {"set_nothing", dcp(set, block("0202", "0001")), dcp(did, ok), "configure 4/0 set 2/2@" + at + " [] ok", ""},
      {"set_address", dcp(set, block("0102", "0000 0a000001 ffffff00 00000000")), dcp(did, block("0504", "0102 06")),
       "configure 4/0 set 1/2@" + at + " [10.0.0.1,255.255.255.0,0.0.0.0] refused 6", ""},
      {"set_two", dcp(set, block("0202", "0001" + ascii("b")) + block("0502", "0000")), dcp(did, ok + block("0504", "0502 00")),
       "configure 4/0 set 2/2@" + at + " 5/2@" + at + " [b] ok", ""},
      {"flash", dcp(set, block("0503", "0000 0100")), dcp(did, block("0504", "0503 00")), "control 4/0 set 5/3@" + at + " [0x0100] ok", ""},
      {"factory_reset", dcp(set, block("0505", "0000")), dcp(did, block("0504", "0505 00")), "restart 4/0 set 5/5@" + at + " [] ok", ""},
      {"reset_to_factory", dcp(set, block("0506", "0008")), dcp(did, block("0504", "0506 00")), "restart 4/0 set 5/6@" + at + " [] ok", ""},
      {"dhcp", dcp(set, block("03ff", "0001 02")), "", "configure 4/0 set 3/255@" + at + " [0x02] timeout", ""},
      {"hello", dcp(hello, block("0202", "0000" + ascii("c"))), "", "identify 6/0 hello 2/2@c [c] none", ""},
      {"bad_name", dcp(set, block("0202", "0001" + ascii("PUMP_4"))), dcp(did, ok), "configure 4/0 set 2/2@" + at + " [PUMP_4] ok",
       "dcp_station_name"},
      {"wrong_frame_id", dcp("fefe 03 00", "0202"), "", "read 3/0 get 2/2@" + at + " [] timeout", "dcp_frame_id"},
      {"other_service", dcp("fefd 09 00", ""), "", "identify 9/0 unknown [] timeout", "dcp_service"},
      {"other_type", dcp("fefd 03 02", "0202"), "", "read 3/2 get 2/2@" + at + " [] timeout", "dcp_type"},
      {"block_beyond", dcp(set, "0202 0010 0001 61"), "", "configure 4/0 set [] timeout", "dcp_block"},
      {"block_without_qualifier", dcp(set, "0202 0001 00 00"), "", "configure 4/0 set [] timeout", "dcp_block"},
      {"short_address", dcp(set, block("0102", "0001 0a000001")), "", "configure 4/0 set 1/2@" + at + " [0x0a000001] timeout", "dcp_block"},
      {"data_cut", set + "00000007 0000 0040" + block("0202", "0001" + ascii("ab")), "", "configure 4/0 set 2/2@" + at + " [ab] timeout",
       "dcp_length"},
      {"header_cut", "fefd 04 00 0000", "", "", "dcp_length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    line l;
    l.ask(r.request);
    if (!r.response.empty()) l.answer(r.response);
    l.end();
    ASSERT_EQ(l.out.operations.size(), r.expected.empty() ? 0U : 1U);
    if (!r.expected.empty()) {
      EXPECT_EQ(shown(l.out.operations[0]), r.expected);
      EXPECT_EQ(l.out.operations[0].protocol, "profinet_dcp");
      EXPECT_EQ(l.out.askers[0], side::client);
    }
    EXPECT_EQ(l.rules(), r.rules);
  }
}

TEST(profinet_dcp, a_question_to_all_needs_no_answer_and_an_answer_has_no_question) {
  line l;
  l.other_end = group;
  l.ask(dcp(identify, block("ffff", ""), "0040"));
  ASSERT_EQ(l.out.operations.size(), 1U);
  EXPECT_EQ(shown(l.out.operations[0]), "identify 5/0 identify 255/255@01:0e:cf:00:00:00 [] none");
  EXPECT_EQ(field_of(l.out.operations[0], "response_delay_factor"), "64");
  line other;
  other.answer(dcp(identified, block("0202", "0000" + ascii("pump-3"))));
  ASSERT_EQ(other.out.operations.size(), 1U);
  EXPECT_EQ(shown(other.out.operations[0]), "identify 5/1 identify_response 2/2@pump-3 [pump-3] unpaired");
  EXPECT_EQ(other.out.askers[0], side::client);
  EXPECT_EQ(other.rules(), "");
  other.answer(dcp(did, block("0504", "0202 00")));
  EXPECT_EQ(other.rules(), "dcp_unpaired_response");
  other.gap(side::client);
  other.answer(dcp(did, block("0504", "0202 00")));
  EXPECT_EQ(other.rules(), "dcp_unpaired_response");
}

TEST(profinet_dcp, qualifiers_and_states_stand_in_words) {
  const struct {
    const char* name;
    std::string request, field, expected;
  } rows[] = {
      {"temporary", dcp(set, block("0202", "0000" + ascii("a"))), "qualifier", "temporary"},
      {"permanent", dcp(set, block("0202", "0001" + ascii("a"))), "qualifier", "permanent"},
      {"application", dcp(set, block("0506", "0002")), "qualifier", "application_data"},
      {"communication", dcp(set, block("0506", "0004")), "qualifier", "communication_parameter"},
      {"all", dcp(set, block("0506", "0008")), "qualifier", "all_stored_data"},
      {"device", dcp(set, block("0506", "0010")), "qualifier", "device_to_factory_values"},
      {"flash", dcp(set, block("0503", "0000 0100")), "signal", "flash_once"},
      {"dhcp", dcp(set, block("03ff", "0001 02")), "dhcp", "true"},
      {"conflict", dcp(hello, block("0102", "0081 0a000001 ffffff00 00000000")), "ip_state", "set_conflict"},
      {"no_address", dcp(hello, block("0102", "0000 00000000 00000000 00000000")), "ip_state", "not_set"},
      {"by_dhcp", dcp(hello, block("0102", "0002 0a000001 ffffff00 00000000")), "ip_state", "set_by_dhcp"},
      {"vendor", dcp(hello, block("0203", "0000 002a 0313")), "vendor_id", "0x002a"},
      {"role", dcp(hello, block("0204", "0000 06 00")), "role", "io_controller io_multidevice"},
      {"instance", dcp(hello, block("0207", "0000 00 64")), "instance", "0.100"},
      {"oem", dcp(hello, block("0208", "0000 0001 0002")), "oem_device_id", "0x0002"},
      {"initiative", dcp(hello, block("0601", "0000 0001")), "hello", "true"},
  };
  for (const auto& r : rows) {
    line l;
    l.ask(r.request);
    l.end();
    ASSERT_EQ(l.out.operations.size(), 1U) << r.name;
    EXPECT_EQ(field_of(l.out.operations[0], r.field), r.expected) << r.name;
  }
}

TEST(profinet_dcp, a_station_says_what_it_is_once) {
  line l;
  const auto blocks = block("0202", "0000" + ascii("pump-3")) + block("0201", "0000" + ascii("ET200SP")) + block("0203", "0000 002a 0313") +
                      block("0204", "0000 01 00") + block("0102", "0081 0a000005 ffffff00 0a000001");
  l.answer(dcp(identified, blocks));
  EXPECT_EQ(l.facts(),
            ">station_name=pump-3,>host_name=pump-3,>model=ET200SP,>vendor=Siemens,>vendor_id=0x002a,>product_code=0x0313,>role=io_device,"
            ">ip=10.0.0.5,>router=10.0.0.1,>ip_conflict=10.0.0.5");
  const auto before = l.out.facts.size();
  l.answer(dcp(identified, blocks));
  EXPECT_EQ(l.out.facts.size(), before);
  l.ask(dcp(set, block("0202", "0001" + ascii("pump-4")) + block("0102", "0001 0a000006 ffffff00 0a000001")));
  l.answer(dcp(did, block("0504", "0202 00") + block("0504", "0102 00")));
  EXPECT_EQ(l.facts().substr(l.facts().find("ip_conflict=10.0.0.5")), "ip_conflict=10.0.0.5,>station_name=pump-4,>ip=10.0.0.6");
  l.ask(dcp(set, block("0202", "0001" + ascii("pump-5"))));
  l.answer(dcp(did, block("0504", "0202 05")));
  EXPECT_EQ(l.out.facts.size(), before + 2);
}

TEST(profinet_dcp, many_questions_are_bounded_and_a_quiet_station_times_out) {
  line l;
  l.ask(dcp(get, "0202"));
  l.wait(std::chrono::seconds{11});
  ASSERT_EQ(l.out.operations.size(), 1U);
  EXPECT_EQ(l.out.operations[0].outcome, outcome::timeout);
  for (unsigned i = 0; i < 300; ++i) l.ask(get + be(i, 4) + "0000 0002 0202");
  EXPECT_EQ(l.out.operations.size(), 1U + 300 - 256);
}

std::string cyclic(unsigned counter, const std::string& status = "35", const std::string& transfer = "00", const std::string& id = "8000") {
  std::string data;
  for (int i = 0; i < 40; ++i) data += "80";
  return id + data + be(counter & 0xffff, 2) + status + transfer;
}
constexpr std::chrono::milliseconds cycle{16};

TEST(profinet_rt, what_a_stream_does_wrong) {
  const struct {
    const char* name;
    std::vector<std::string> frames;
    std::string rules;
  } rows[] = {
      {"regular", {cyclic(0xfe00), cyclic(0), cyclic(0x200), cyclic(0x400)}, ""},
      {"lost_one", {cyclic(0), cyclic(0x200), cyclic(0x600), cyclic(0x800)}, "cycle_gap"},
      {"first_gap_is_learned_away", {cyclic(0), cyclic(0x400), cyclic(0x600), cyclic(0x800)}, ""},
      {"backwards", {cyclic(0x400), cyclic(0x600), cyclic(0x200)}, "cycle_counter"},
      {"other_step", {cyclic(0), cyclic(0x200), cyclic(0x500)}, "cycle_counter"},
      {"repeated", {cyclic(0), cyclic(0x200), cyclic(0x200), cyclic(0x400)}, ""},
      {"damaged", {cyclic(0), cyclic(0x200, "35", "01")}, "transfer_status"},
      {"reserved_bits", {cyclic(0, "3d")}, "data_status"},
      {"other_size", {cyclic(0), "8000 0102 0200 35 00"}, "rt_size"},
      {"cut", {"8000 0000"}, "rt_length"},
      {"no_id", {"80"}, "length"},
      {"unassigned", {"4000 00000000"}, "frame_id"},
      {"two_streams", {cyclic(0), cyclic(0x5, "35", "00", "8001"), cyclic(0x200), cyclic(0x205, "35", "00", "8001")}, ""},
      {"time_synchronisation", {"ff40 0000"}, ""},
  };
  for (const auto& r : rows) {
    line l;
    for (const auto& f : r.frames) l.say(side::client, f, cycle);
    EXPECT_EQ(l.rules(), r.rules) << r.name;
  }
}

TEST(profinet_rt, a_provider_that_stops_is_told) {
  line l;
  l.say(side::client, cyclic(0), cycle);
  l.say(side::client, cyclic(0x200), cycle);
  EXPECT_EQ(l.facts(), "<frame_id=0x8000 provider,<run_state=run");
  l.say(side::client, cyclic(0x400, "25"), cycle);
  l.say(side::client, cyclic(0x600, "25"), cycle);
  l.say(side::client, cyclic(0x800, "15"), cycle);
  EXPECT_EQ(l.facts(), "<frame_id=0x8000 provider,<run_state=run,<run_state=stop,<run_state=run");
  l.end();
  ASSERT_EQ(l.out.operations.size(), 4U);
  EXPECT_EQ(shown(l.out.operations[0]), "report begin cyclic_begin frame_id@0x8000 [53] none");
  EXPECT_EQ(field_of(l.out.operations[1], "status"), "primary stop valid ok");
  EXPECT_EQ(field_of(l.out.operations[2], "status"), "primary run valid problem");
  EXPECT_EQ(shown(l.out.operations[3]), "report end cyclic_end frame_id@0x8000 [21] none");
  EXPECT_EQ(field_of(l.out.operations[3], "cycle_us"), "16000");
  EXPECT_EQ(field_of(l.out.operations[3], "frames"), "5");
  EXPECT_EQ(field_of(l.out.operations[3], "interval_mean_us"), "16000");
  EXPECT_EQ(l.out.counts["profinet_rt/frame_id/32768"], 5U);
}

TEST(profinet_rt, what_is_lost_is_counted) {
  line l;
  for (const unsigned n : {0U, 1U, 2U, 5U, 6U}) l.say(side::client, cyclic(n * 0x200), cycle);
  l.end();
  ASSERT_EQ(l.out.violations.size(), 1U);
  EXPECT_EQ(l.out.violations[0].detail, "2 frames are missing");
  EXPECT_EQ(l.out.violations[0].unit, "0x8000");
  EXPECT_EQ(field_of(l.out.operations.back(), "lost"), "2");
}

TEST(profinet_rt, silence_is_seen_and_a_gap_is_no_loss) {
  line l;
  for (unsigned i = 0; i < 4; ++i) l.say(side::client, cyclic(i * 0x200), cycle);
  l.wait(std::chrono::milliseconds{500});
  EXPECT_EQ(l.rules(), "");
  l.wait(std::chrono::seconds{2});
  EXPECT_EQ(l.rules(), "provider_silent");
  l.wait(std::chrono::seconds{2});
  EXPECT_EQ(l.rules(), "provider_silent");
  l.say(side::client, cyclic(0x7000), cycle);
  l.gap(side::client);
  l.say(side::client, cyclic(0x7c00), cycle);
  EXPECT_EQ(l.rules(), "provider_silent");
}

TEST(profinet_rt, many_streams_are_bounded_and_a_counter_that_is_none_is_given_up) {
  line l;
  for (unsigned i = 0; i < 40; ++i) l.say(side::client, cyclic(0, "35", "00", be(0x8000 + i, 2)), cycle);
  EXPECT_EQ(l.out.counts["profinet_rt/forgotten/stream"], 8U);
  line other;
  for (unsigned i = 0; i < 60; ++i) other.say(side::client, cyclic(i * i * 977), cycle);
  EXPECT_LE(other.out.violations.size(), 16U);
}

std::string alarm(const std::string& id, const std::string& type, unsigned sent, const std::string& data) {
  return id + "0001 0002" + type + "11" + be(sent, 2) + "ffff" + be(hex(data).size(), 2) + data;
}
const std::string where = "00000000 0003 0001", modules = "00000042 00000043";
std::string notice(const std::string& type, const std::string& more = "", const std::string& kind = "0002") {
  const auto body = "0100" + type + where + modules + "0805" + more;
  return kind + be(hex(body).size(), 2) + body;
}
std::string acknowledged(const std::string& type, const std::string& status) {
  const auto body = "0100" + type + where + "0805" + status;
  return "8002" + be(hex(body).size(), 2) + body;
}

TEST(profinet_alarm, an_alarm_and_its_acknowledgement_are_one_operation) {
  const struct {
    const char* name;
    std::string notification, answer, expected, field, value;
  } rows[] = {
      {"diagnosis", notice("0001", "8000 0003 0800 0006"), acknowledged("0001", "00000000"), "alarm 1 diagnosis 0@3/1 [] ok", "channel",
       "3: wire_break appears"},
      {"extended", notice("0001", "8002 8000 1000 8000 0001 00000000"), acknowledged("0001", "00000000"), "alarm 1 diagnosis 0@3/1 [] ok",
       "channel", "all: data_transmission_impossible disappears"},
      {"pull", notice("0003"), acknowledged("0003", "00000000"), "alarm 3 pull 0@3/1 [] ok", "module", "0x00000042"},
      {"own", notice("0002", "0010 aabb"), acknowledged("0002", "00000000"), "alarm 2 process 0@3/1 [0xaabb] ok", "structure", "0x0010"},
      {"refused", notice("0004"), acknowledged("0004", "da813c01"), "alarm 4 plug 0@3/1 [] refused 3665902593", "status",
       "alarm_ack: pnio: alarm_ack 1"},
      {"no_answer", notice("0004"), "", "alarm 4 plug 0@3/1 [] timeout", "submodule", "0x00000043"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    line l;
    l.answer(alarm("fe01", "11", 0, r.notification));
    if (!r.answer.empty()) l.ask(alarm("fe01", "11", 0, r.answer));
    l.end();
    ASSERT_EQ(l.out.operations.size(), 1U);
    EXPECT_EQ(shown(l.out.operations[0]), r.expected);
    EXPECT_EQ(field_of(l.out.operations[0], r.field), r.value);
    EXPECT_EQ(l.out.askers[0], side::server);
    EXPECT_EQ(l.out.operations[0].protocol, "profinet_alarm");
    EXPECT_EQ(l.rules(), "");
  }
}

TEST(profinet_alarm, what_is_wrong_with_an_alarm) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"header_cut", "fe01 0001 0002 11", "alarm_length"},
      {"data_cut", "fe01 0001 0002 11 11 0000 ffff 0040 0002", "alarm_length,alarm_length"},
      {"version", alarm("fe01", "33", 0, ""), "alarm_version"},
      {"type", alarm("fe01", "19", 0, ""), "alarm_type"},
      {"nack", alarm("fe01", "12", 0, ""), "alarm_nack"},
      {"ack", alarm("fe01", "13", 0, ""), ""},
      {"block_beyond", alarm("fe01", "11", 0, "0002 0040 0100 0001"), "alarm_length"},
      {"block_short", alarm("fe01", "11", 0, "0002 0004 0100 0001"), "alarm_length"},
      {"other_block", alarm("fe01", "11", 0, "0777 0002 0100"), "alarm_block"},
      {"priority", alarm("fc01", "11", 0, notice("0003")), "alarm_priority"},
      {"error_cut", alarm("fe01", "14", 0, "cf81"), "alarm_length"},
  };
  for (const auto& r : rows) {
    line l;
    l.answer(r.frame);
    EXPECT_EQ(l.rules(), r.rules) << r.name;
  }
}

TEST(profinet_alarm, a_repetition_is_counted_and_an_abort_explains_silence) {
  line l;
  l.answer(alarm("fe01", "11", 5, notice("0003")));
  l.answer(alarm("fe01", "11", 5, notice("0003")));
  EXPECT_EQ(l.out.counts["profinet_alarm/repeated/data"], 1U);
  l.ask(alarm("fe01", "11", 0, acknowledged("0003", "00000000")));
  l.ask(alarm("fe01", "11", 1, acknowledged("0003", "00000000")));
  ASSERT_EQ(l.out.operations.size(), 2U);
  EXPECT_EQ(shown(l.out.operations[1]), "alarm 3 pull_acknowledgement 0@3/1 [] unpaired");
  for (unsigned i = 0; i < 4; ++i) l.say(side::client, cyclic(i * 0x200), cycle);
  l.answer(alarm("fe01", "14", 0xfffe, "cf81fd1f"));
  const auto& op = l.out.operations.back();
  EXPECT_EQ(shown(op), "alarm error relation_aborted [] none 3481402655");
  EXPECT_EQ(field_of(op, "status"), "rta_error: pnio: rta_protocol station_name_changed_by_dcp");
  l.wait(std::chrono::seconds{3});
  EXPECT_EQ(l.rules(), "");
}

TEST(profinet, no_prefix_and_no_flipped_bit_reads_beyond) {
  const auto c = side::client, s = side::server;
  every_prefix("profinet",
               {{c, hex(dcp(set, block("0202", "0001" + ascii("b")) + block("0102", "0001 0a000006 ffffff00 0a000001")))},
                {s, hex(dcp(did, block("0504", "0202 00") + block("0504", "0102 00")))}},
               transport::ethernet);
  every_prefix("profinet",
               {{c, hex(dcp(get, "0202 0102"))},
                {s, hex(dcp(got, block("0203", "0000 002a 0313") + block("0204", "0000 01 00") + block("03ff", "0000 02")))}},
               transport::ethernet);
  every_prefix("profinet", {{c, hex(cyclic(0))}, {c, hex(cyclic(0x200))}}, transport::ethernet);
  every_prefix("profinet",
               {{s, hex(alarm("fe01", "11", 0, notice("0001", "8002 8000 1000 8000 0001 00000000")))},
                {c, hex(alarm("fe01", "11", 0, acknowledged("0001", "00000000")))},
                {c, hex(alarm("fe01", "14", 0, "cf81fd1f"))}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
