// PTP: who gives the time and how good it is, unicast negotiation, management, and what breaks a rule.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

octets text(std::string_view s) { return octets{static_cast<std::uint8_t>(s.size())} + octets{s.begin(), s.end()}; }
octets ptp_tlv(std::size_t type, const octets& value) { return word(type) + word(value.size()) + value; }

struct head {
  unsigned type = 0, sequence = 1, flags = 0, domain = 0, sdo = 0;
  std::string_view clock = "0001020304050607";
};
octets message(const head& h, const octets& body) {
  return octets{static_cast<std::uint8_t>(h.sdo << 4 | h.type), 0x12} + word(34 + body.size()) +
         octets{static_cast<std::uint8_t>(h.domain), 0} + word(h.flags) + hex("0000000000000000 00000000") + hex(h.clock) + word(1) +
         word(h.sequence) + hex("0000") + body;
}
octets instant(std::uint64_t seconds, std::uint32_t nanoseconds) {
  octets out;
  for (int shift = 40; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(seconds >> shift));
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(nanoseconds >> shift));
  return out;
}
octets announce(unsigned sequence, std::string_view grandmaster = "0001020304050607", unsigned steps = 0, const octets& more = {}) {
  return message({.type = 11, .sequence = sequence, .flags = 0x003c, .domain = 3},
                 instant(0, 0) + hex("0025 00 80 06 21 4e5d 7f") + hex(grandmaster) + word(steps) + hex("20") + more);
}
octets sync(unsigned sequence, bool two_step = true) {
  return message({.type = 0, .sequence = sequence, .flags = two_step ? 0x0200u : 0u}, instant(0, 0));
}
const octets all_ports = hex("ffffffffffffffff ffff");
octets managed(unsigned action, unsigned sequence, const octets& t) {
  return message({.type = 13, .sequence = sequence}, all_ports + octets{1, 1, static_cast<std::uint8_t>(action), 0} + t);
}

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string brief(const operation& op) {
  std::string out = op.function + " " + op.function_name + "(" + op.unit + ")";
  for (const auto& v : op.values) out += " =" + to_string(v);
  return out + " " + std::string{to_string(op.outcome)} + (op.code ? " " + *op.code : "");
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) out += (out.empty() ? "" : "; ") + brief(o);
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) out += f.kind + (f.unit.empty() ? "" : "/" + f.unit) + "=" + f.value + ";";
  return out;
}
/// Unicast, both ways in one flow.
struct talk : conversation {
  talk() : conversation{"ptp", transport::udp} {}
};

TEST(ptp, an_announcement_says_who_and_how_good) {
  talk t;
  t.say(side::client, announce(1));
  ASSERT_EQ(told(t.out), "11 announce(3) none");
  const auto& op = t.out.operations[0];
  EXPECT_EQ(op.objects.at(0).address, "0001020304050607/1");
  EXPECT_EQ(op.action, action::report);
  const std::pair<const char*, const char*> expected[] = {{"grandmaster", "0001020304050607"},
                                                          {"clock_class", "6"},
                                                          {"clock_accuracy", "100 ns"},
                                                          {"variance", "20061"},
                                                          {"priority1", "128"},
                                                          {"priority2", "127"},
                                                          {"steps_removed", "0"},
                                                          {"time_source", "gnss"},
                                                          {"utc_offset", "37"},
                                                          {"flags", "utc_reasonable ptp_timescale time_traceable frequency_traceable"}};
  for (const auto& [name, value] : expected) EXPECT_EQ(text_of(op, name), value) << name;
  EXPECT_EQ(
      facts(t.out),
      "clock_identity/3=0001020304050607;clock_role/3=grandmaster;grandmaster/3=0001020304050607;clock_class/3=6;time_source/3=gnss;");
  EXPECT_EQ(rules(t.out), "");
}

TEST(ptp, another_grandmaster_is_told) {
  talk t;
  t.say(side::client, announce(1));
  t.say(side::client, announce(2, "00aabbccddeeff00", 1, ptp_tlv(8, hex("00aabbccddeeff00 0001020304050607"))));
  ASSERT_EQ(rules(t.out), "grandmaster_change");
  EXPECT_EQ(t.out.violations[0].detail, "the grandmaster is 00aabbccddeeff00 after 0001020304050607");
  EXPECT_EQ(text_of(t.out.operations[1], "path"), "2");
  EXPECT_EQ(t.out.facts[t.out.facts.size() - 2].value, "boundary_clock");
  EXPECT_EQ(t.out.facts.back().value, "00aabbccddeeff00");
  t.say(side::client, announce(3, "00aabbccddeeff01", 0));
  EXPECT_EQ(rules(t.out), "grandmaster_change grandmaster_change steps_removed");
}

TEST(ptp, sync_and_what_follows) {
  talk t;
  t.say(side::client, sync(7));
  t.say(side::client, message({.type = 8, .sequence = 7}, instant(1'700'000'037, 0)));
  t.say(side::client, sync(8));
  t.say(side::client, message({.type = 8, .sequence = 8}, instant(1'700'000'037, 2'000'000)));
  EXPECT_EQ(told(t.out), "0 sync(0) none; 0 sync(0) none");
  EXPECT_EQ(t.out.operations[0].action, action::report);
  EXPECT_EQ(text_of(t.out.operations[0], "two_step"), "true");
  EXPECT_EQ(facts(t.out), "clock_identity/0=0001020304050607;clock_role/0=master;");
  EXPECT_EQ(rules(t.out), "");
  t.say(side::client, sync(9));
  t.say(side::client, message({.type = 8, .sequence = 9}, instant(1'700'000'039, 0)));
  EXPECT_EQ(rules(t.out), "time_step");
  t.say(side::client, message({.type = 8, .sequence = 11}, instant(1'700'000'039, 0)));
  EXPECT_EQ(rules(t.out), "time_step follow_up");
  talk one;  // of one step
  one.say(side::client, message({.type = 0, .sequence = 1}, instant(1'700'000'000, 0)));
  one.say(side::client, message({.type = 0, .sequence = 2}, instant(1'700'000'005, 0)));
  EXPECT_EQ(rules(one.out), "time_step");
}

TEST(ptp, sequences) {
  const struct {
    const char* name;
    std::vector<unsigned> numbers;
    std::string rules;
  } rows[] = {
      {"in_order", {1, 2, 3}, ""},       {"around", {65535, 0, 1}, ""},  {"repeated", {5, 5}, "sequence_back"},
      {"back", {5, 4}, "sequence_back"}, {"of_many_slaves", {5, 8}, ""},  // unicast
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    for (const auto n : r.numbers) t.say(side::client, sync(n));
    EXPECT_EQ(rules(t.out), r.rules);
  }
  recorder out;  // to a group
  const auto s = named("ptp").about.open();
  timestamp now{std::chrono::seconds{1'700'000'000}};
  const endpoint group{ip::v4(224, 0, 1, 129), port{319}, {}};
  for (const unsigned n : {5u, 6u, 9u}) {
    const auto data = sync(n);
    now += std::chrono::seconds{1};
    (void)s->on_message({.data = data, .time = now, .transport = transport::udp, .target = group}, out);
  }
  ASSERT_EQ(rules(out), "sequence");
  EXPECT_EQ(out.violations[0].detail, "sync 9 after 6");
  talk late;
  late.say(side::client, sync(5));
  late.wait(std::chrono::seconds{61});
  late.say(side::client, sync(2));
  EXPECT_EQ(rules(late.out), "");
  talk two;  // domains and clocks count by themselves
  two.say(side::client, sync(5));
  two.say(side::client, message({.type = 0, .sequence = 1, .domain = 1}, instant(0, 0)));
  two.say(side::client, message({.type = 0, .sequence = 1, .clock = "0001020304050608"}, instant(0, 0)));
  EXPECT_EQ(rules(two.out), "");
}

TEST(ptp, unicast_negotiation) {
  talk t;
  t.say(side::client, message({.type = 12}, all_ports + ptp_tlv(4, hex("b0 01 0000012c")) + ptp_tlv(4, hex("00 00 0000012c"))));
  t.say(side::server, message({.type = 12}, all_ports + ptp_tlv(5, hex("b0 01 0000012c 00 01"))));
  t.say(side::server, message({.type = 12}, all_ports + ptp_tlv(5, hex("00 00 00000000 00 00"))));
  t.say(side::client, message({.type = 12}, all_ports + ptp_tlv(6, hex("b0 00"))));
  EXPECT_EQ(
      told(t.out),
      "12/4 request_unicast_transmission(0) ok; 12/4 request_unicast_transmission(0) refused; 12/6 cancel_unicast_transmission(0) none");
  EXPECT_EQ(t.out.operations[0].action, action::subscribe);
  EXPECT_EQ(text_of(t.out.operations[0], "message"), "announce");
  EXPECT_EQ(text_of(t.out.operations[0], "duration"), "300");
  EXPECT_EQ(text_of(t.out.operations[0], "log_interval"), "1");
  t.say(side::client, message({.type = 12}, all_ports + ptp_tlv(4, hex("b0 01 0000012c"))));
  t.wait(std::chrono::seconds{31});
  EXPECT_EQ(t.out.operations.back().outcome, outcome::timeout);
}

TEST(ptp, management) {
  const auto about = hex("8000") + text("IEEE 802.3") + word(6) + hex("020000000001") + hex("0001 0004 0a000001 00000000") +
                     text("Acme;TC-1;S7") + text("1;2.5;") + text("clock-1;hall 3") + hex("001b19000100");
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
    action what;
  } rows[] = {
      {"get", managed(0, 1, ptp_tlv(1, hex("2005"))), managed(2, 1, ptp_tlv(1, hex("2005 8000"))), "13/8197 get_priority1(0) =0x8000 ok",
       action::read},
      {"set", managed(1, 1, ptp_tlv(1, hex("2005 0100"))), managed(2, 1, ptp_tlv(1, hex("2005 0100"))),
       "13/8197 set_priority1(0) =0x0100 ok", action::configure},
      {"set_time", managed(1, 1, ptp_tlv(1, hex("200f 00000000000100000000"))), managed(2, 1, ptp_tlv(2, hex("0005 200f 00000000"))),
       "13/8207 set_time(0) =0x00000000000100000000 refused 5", action::time_sync},
      {"restart", managed(3, 1, ptp_tlv(1, hex("0005 0000"))), managed(4, 1, ptp_tlv(1, hex("0005 0000"))),
       "13/5 command_initialize(0) =0x0000 ok", action::restart},
      {"unasked", {}, managed(2, 1, ptp_tlv(1, hex("2005 8000"))), "13/8197 response_priority1(0) =0x8000 unpaired", action::report},
      {"unknown", managed(0, 1, ptp_tlv(1, hex("cf00"))), managed(2, 1, ptp_tlv(2, hex("0002 cf00 00000000"))),
       "13/52992 get_unknown(0) refused 2", action::read},
      {"who", managed(0, 1, ptp_tlv(1, hex("0001"))), managed(2, 1, ptp_tlv(1, hex("0001") + about)), "", action::identify},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    if (!r.request.empty()) t.say(side::client, r.request);
    t.say(side::server, r.answer);
    ASSERT_EQ(t.out.operations.size(), 1u);
    if (!r.told.empty()) {
      EXPECT_EQ(told(t.out), r.told);
    }
    EXPECT_EQ(t.out.operations[0].action, r.what);
    EXPECT_EQ(rules(t.out), "");
    if (r.what == action::identify) {
      EXPECT_NE(facts(t.out).find("vendor=Acme;model=TC-1;serial=S7;hardware=1;firmware=2.5;host_name=clock-1;location=hall 3;"),
                std::string::npos);
    }
  }
}

TEST(ptp, what_breaks_a_rule) {
  const octets none = instant(0, 0);
  const struct {
    const char* name;
    octets bytes;
    std::string rules;
  } rows[] = {
      {"short", hex("00 02 002c"), "length"},
      {"version_1", hex("00 01") + octets(42), "version"},
      {"reserved_type", message({.type = 5}, none), "message_type"},
      {"sync_of_40", message({.type = 0}, octets(6)), "length"},
      {"longer_than_the_datagram", hex("00 12 0060") + octets(40), "length"},
      {"no_nanoseconds", message({.type = 8}, instant(1, 1'000'000'000)), "timestamp"},
      {"tlv_cut", announce(1, "0001020304050607", 0, hex("0008 0010 00")), "tlv"},
      {"signal_cut", message({.type = 12}, all_ports + hex("0004 0006 b0")), "tlv"},
      {"short_request", message({.type = 12}, all_ports + ptp_tlv(4, hex("b0 00"))), "tlv"},
      {"no_management_tlv", managed(0, 1, ptp_tlv(3, hex("2005"))), "management"},
      {"action_9", managed(9, 1, ptp_tlv(1, hex("2005"))), "management"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, r.bytes);
    EXPECT_EQ(rules(t.out), r.rules);
  }
}

TEST(ptp, probe) {
  const auto probe = [](const octets& b, transport t) { return named("ptp").about.probe(b, t); };
  EXPECT_EQ(probe(sync(1), transport::udp), match::yes);
  EXPECT_EQ(probe(sync(1) + octets(2), transport::udp), match::yes);  // over IPv6
  EXPECT_EQ(probe(sync(1) + octets(3), transport::udp), match::no);
  EXPECT_EQ(probe(sync(1) + octets(16), transport::ethernet), match::yes);  // the shortest frame is longer
  EXPECT_EQ(probe(octets(44), transport::udp), match::no);
  EXPECT_EQ(probe(sync(1), transport::tcp), match::no);
  EXPECT_EQ(probe({}, transport::udp), match::no);
}

TEST(ptp, clocks_are_bounded_and_messages_counted) {
  talk t;
  for (unsigned i = 0; i < 70; ++i) {
    auto m = sync(i);
    m[20] = static_cast<std::uint8_t>(i);
    t.say(side::client, m);
  }
  EXPECT_EQ(t.out.counts.at("ptp/forgotten/clock"), 6u);
  EXPECT_EQ(t.out.counts.at("ptp/message/0"), 70u);
  t.say(side::client, message({.type = 3}, octets(20)));
  EXPECT_EQ(t.out.counts.at("ptp/message/3"), 1u);
  EXPECT_EQ(rules(t.out), "");
}

TEST(ptp, survives_every_prefix) {
  every_prefix("ptp",
               {{side::client, announce(1, "0001020304050607", 0, ptp_tlv(8, hex("0001020304050607")))},
                {side::client, sync(1)},
                {side::client, message({.type = 8}, instant(1'700'000'000, 5))},
                {side::client, message({.type = 12}, all_ports + ptp_tlv(4, hex("b0 01 0000012c")))},
                {side::server, message({.type = 12}, all_ports + ptp_tlv(5, hex("b0 01 0000012c 00 01")))},
                {side::client, managed(0, 1, ptp_tlv(1, hex("0001")))},
                {side::server, managed(2, 1,
                                       ptp_tlv(1, hex("0001 8000") + text("x") + hex("0001 02 0001 0001 0a 00000000") + text("A;B;C") +
                                                      text("1;2") + text("")))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
