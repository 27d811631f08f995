// SNMP: variables and their values, which response belongs to which request, what an agent says of itself, and what breaks a rule.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

octets integer(int n) {
  return tlv(2, {static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                 static_cast<std::uint8_t>(n)});
}
octets text(std::string_view s) { return tlv(4, {s.begin(), s.end()}); }
octets oid(const std::vector<std::uint32_t>& arcs) {
  octets out{static_cast<std::uint8_t>(arcs[0] * 40 + arcs[1])};
  for (std::size_t i = 2; i < arcs.size(); ++i) {
    if (arcs[i] > 127) out.push_back(static_cast<std::uint8_t>(0x80 | arcs[i] >> 7));
    out.push_back(static_cast<std::uint8_t>(arcs[i] & 0x7f));
  }
  return tlv(6, out);
}
const octets nothing = tlv(5, {});
octets variable(const octets& name, const octets& value) { return tlv(0x30, name + value); }
octets pdu(unsigned kind, int id, const octets& variables, int status = 0, int index = 0) {
  return tlv(static_cast<std::uint8_t>(0xa0 + kind), integer(id) + integer(status) + integer(index) + tlv(0x30, variables));
}
octets message(int version, const octets& pdu, std::string_view community = "public") {
  return tlv(0x30, integer(version) + text(community) + pdu);
}
const octets engine = tlv(4, hex("80 00 00 09 03 00 02aabbcc0001"));
octets message3(unsigned flags, int id, const octets& data, const octets& whose = engine, std::string_view user = "anna") {
  const auto usm = tlv(0x30, whose + integer(1) + integer(2) + text(user) + text("") + text(""));
  return tlv(0x30, integer(3) + tlv(0x30, integer(id) + integer(1500) + tlv(4, {static_cast<std::uint8_t>(flags)}) + integer(3)) +
                       tlv(4, usm) + data);
}
octets scoped(const octets& pdu, std::string_view context = "") { return tlv(0x30, engine + text(context) + pdu); }

const octets sys_name = oid({1, 3, 6, 1, 2, 1, 1, 5, 0}), in_octets = oid({1, 3, 6, 1, 2, 1, 2, 2, 1, 10, 1});

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string brief(const operation& op) {
  std::string out = op.function + " " + op.function_name;
  for (const auto& o : op.objects) out += " " + o.address;
  for (const auto& o : op.returned) out += " >" + o.address;
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
  for (const auto& f : r.facts)
    out += (f.who == side::client ? "client " : "") + f.kind + (f.unit.empty() ? "" : "/" + f.unit) + "=" + f.value + ";";
  return out;
}
struct talk : conversation {
  talk() : conversation{"snmp", transport::udp} {}
};

TEST(snmp, values_by_type) {
  const struct {
    const char* name;
    octets value;
    std::string expected;
  } rows[] = {
      {"integer", integer(-5), "-5"},
      {"text", text("on"), "on"},
      {"lines", text("a\r\nb"), "a  b"},
      {"octets", tlv(4, hex("00ff")), "0x00ff"},
      {"oid", oid({1, 3, 6, 1, 4, 1, 200}), "1.3.6.1.4.1.200"},
      {"address", tlv(0x40, hex("0a000001")), "10.0.0.1"},
      {"counter32", tlv(0x41, hex("00ffffffff")), "4294967295"},
      {"gauge", tlv(0x42, hex("07")), "7"},
      {"ticks", tlv(0x43, hex("0100")), "256"},
      {"opaque", tlv(0x44, hex("9f7804")), "0x9f7804"},
      {"counter64", tlv(0x46, hex("00ffffffffffffffff")), "18446744073709551615"},
      {"no_such_object", tlv(0x80, {}), to_string(value{})},
      {"end_of_view", tlv(0x82, {}), to_string(value{})},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, message(1, pdu(0, 7, variable(in_octets, nothing))));
    t.say(side::server, message(1, pdu(2, 7, variable(in_octets, r.value))));
    EXPECT_EQ(told(t.out), "0 get 1.3.6.1.2.1.2.2.1.10.1 =" + r.expected + " ok 0");
    EXPECT_EQ(rules(t.out), "");
  }
}

TEST(snmp, requests_and_their_answers) {
  const octets asked = variable(in_octets, nothing), found = variable(in_octets, integer(5));
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
    action what;
  } rows[] = {
      {"get", message(0, pdu(0, 1, asked)), message(0, pdu(2, 1, found)), "0 get 1.3.6.1.2.1.2.2.1.10.1 =5 ok 0", action::read},
      {"who_are_you", message(0, pdu(0, 1, variable(sys_name, nothing))), message(0, pdu(2, 1, variable(sys_name, text("r1")))),
       "0 get 1.3.6.1.2.1.1.5.0 =r1 ok 0", action::identify},
      {"next", message(1, pdu(1, 1, variable(sys_name, nothing))), message(1, pdu(2, 1, found)),
       "1 get_next 1.3.6.1.2.1.1.5.0 >1.3.6.1.2.1.2.2.1.10.1 =5 ok 0", action::identify},
      {"bulk", message(1, pdu(5, 1, asked, 0, 2)), message(1, pdu(2, 1, found + found)),
       "5 get_bulk 1.3.6.1.2.1.2.2.1.10.1 >1.3.6.1.2.1.2.2.1.10.1 >1.3.6.1.2.1.2.2.1.10.1 =5 =5 ok 0", action::read},
      {"set", message(1, pdu(3, 1, found)), message(1, pdu(2, 1, found)), "3 set 1.3.6.1.2.1.2.2.1.10.1 =5 ok 0", action::write},
      {"set_refused", message(1, pdu(3, 1, found)), message(1, pdu(2, 1, found, 17, 1)), "3 set 1.3.6.1.2.1.2.2.1.10.1 =5 refused 17",
       action::write},
      {"no_such_name", message(0, pdu(0, 1, asked)), message(0, pdu(2, 1, asked, 2, 1)), "0 get 1.3.6.1.2.1.2.2.1.10.1 refused 2",
       action::read},
      {"unasked", {}, message(0, pdu(2, 1, found)), "2 response 1.3.6.1.2.1.2.2.1.10.1 =5 unpaired", action::read},
      {"other_number", message(0, pdu(0, 2, asked)), message(0, pdu(2, 1, found)), "2 response 1.3.6.1.2.1.2.2.1.10.1 =5 unpaired",
       action::read},
      {"inform", message(1, pdu(6, 1, found)), message(1, pdu(2, 1, found)), "6 inform 1.3.6.1.2.1.2.2.1.10.1 =5 ok 0", action::alarm},
      {"version_3", message3(5, 9, scoped(pdu(0, 1, asked), "ctx")), message3(1, 9, scoped(pdu(2, 77, found))),
       "0 get 1.3.6.1.2.1.2.2.1.10.1 =5 ok 0", action::read},
      {"encrypted", message3(7, 9, text("xxxx")), message3(3, 9, text("yyyy")), "encrypted encrypted ok", action::session},
      {"discovery", message3(4, 9, scoped(pdu(0, 1, {})), text(""), ""),
       message3(0, 9, scoped(pdu(8, 1, variable(oid({1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0}), integer(1))))), "0 get ok 4", action::session},
      {"wrong_digest", message3(5, 9, scoped(pdu(0, 1, asked))),
       message3(0, 9, scoped(pdu(8, 1, variable(oid({1, 3, 6, 1, 6, 3, 15, 1, 1, 5, 0}), integer(1))))),
       "0 get 1.3.6.1.2.1.2.2.1.10.1 refused 5", action::read},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    if (!r.request.empty()) t.say(side::client, r.request);
    t.say(side::server, r.answer);
    EXPECT_EQ(told(t.out), r.told);
    ASSERT_FALSE(t.out.operations.empty());
    EXPECT_EQ(t.out.operations[0].action, r.what);
    EXPECT_EQ(rules(t.out), "");
  }
}

TEST(snmp, a_community_is_never_shown) {
  talk t;
  for (const auto* word : {"public", "s3cretword"}) {
    t.say(side::client, message(0, pdu(0, 1, variable(in_octets, nothing)), word));
    t.say(side::server, message(0, pdu(2, 1, variable(in_octets, integer(1))), word));
  }
  ASSERT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(text_of(t.out.operations[0], "default_community"), "true");
  EXPECT_EQ(text_of(t.out.operations[1], "default_community"), "false");
  for (const auto& o : t.out.operations)
    for (const auto& f : o.fields) EXPECT_EQ(to_string(f.second).find("s3cret"), std::string::npos);
  t.say(side::client, message(1, pdu(3, 5, variable(oid({1, 3, 6, 1, 6, 3, 18, 1, 1, 1, 2, 1}), text("s3cretword")))));
  t.end();
  EXPECT_EQ(t.out.operations.back().values.at(0), value{});  // a community that is set
}

TEST(snmp, security_of_version_3) {
  talk t;
  t.say(side::client, message3(7, 9, text("xxxx")));
  t.say(side::server, message3(3, 9, text("yyyy")));
  const auto& op = t.out.operations.at(0);
  EXPECT_EQ(text_of(op, "security_level"), "auth_priv");
  EXPECT_EQ(text_of(op, "user_name"), "anna");
  EXPECT_EQ(text_of(op, "engine_id"), "0x80000009030002aabbcc0001");
  EXPECT_EQ(facts(t.out), "engine_id=80000009030002aabbcc0001;mac=02:aa:bb:cc:00:01;vendor=Cisco;");
  t.say(side::client, message3(3, 10, text("zzzz")));  // waits for nothing
  EXPECT_EQ(t.out.operations.back().outcome, outcome::none);
}

TEST(snmp, traps) {
  talk t;
  const auto when = variable(oid({1, 3, 6, 1, 2, 1, 1, 3, 0}), tlv(0x43, hex("00c8")));
  const auto which = variable(oid({1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0}), oid({1, 3, 6, 1, 6, 3, 1, 1, 5, 3}));
  t.say(side::client, message(1, pdu(7, 1, when + which)));
  t.say(side::client, message(0, tlv(0xa4, oid({1, 3, 6, 1, 4, 1, 248, 14}) + tlv(0x40, hex("0a000001")) + integer(6) + integer(12) +
                                               tlv(0x43, hex("64")) + tlv(0x30, {}))));
  ASSERT_EQ(t.out.operations.size(), 2u);
  const auto &second = t.out.operations[0], &first = t.out.operations[1];
  EXPECT_EQ(brief(second), "7 trap 1.3.6.1.2.1.1.3.0 1.3.6.1.6.3.1.1.4.1.0 =200 =1.3.6.1.6.3.1.1.5.3 none");
  EXPECT_EQ(second.action, action::alarm);
  EXPECT_EQ(text_of(second, "trap"), "1.3.6.1.6.3.1.1.5.3");
  EXPECT_EQ(text_of(second, "uptime"), "2");
  EXPECT_EQ(brief(first), "4 trap none");
  EXPECT_EQ(text_of(first, "generic_trap"), "enterprise_specific");
  EXPECT_EQ(text_of(first, "specific_trap"), "12");
  EXPECT_EQ(text_of(first, "agent_address"), "10.0.0.1");
  EXPECT_EQ(facts(t.out), "client vendor=Hirschmann;");
  EXPECT_EQ(rules(t.out), "");
  t.say(side::client, message(1, pdu(7, 1, which)));
  EXPECT_EQ(rules(t.out), "trap");
}

TEST(snmp, an_agent_says_what_it_is) {
  talk t;
  const auto entity = [](std::uint32_t column, std::uint32_t index, std::string_view s) {
    return variable(oid({1, 3, 6, 1, 2, 1, 47, 1, 1, 1, 1, column, index}), text(s));
  };
  const auto system = [](std::uint32_t n, const octets& v) { return variable(oid({1, 3, 6, 1, 2, 1, 1, n, 0}), v); };
  const auto all = system(1, text("Siemens, SIMATIC NET, HW: Version 4, FW: Version V5.2, S1")) +
                   system(2, oid({1, 3, 6, 1, 4, 1, 4329, 6})) + system(5, text("sw1")) + system(6, text("hall 3")) + entity(11, 1, "S77") +
                   entity(13, 2, "MM991") + entity(11, 3, "");
  for (int i = 0; i < 3; ++i) t.say(side::server, message(1, pdu(2, i, all)));
  EXPECT_EQ(facts(t.out),
            "description=Siemens, SIMATIC NET, HW: Version 4, FW: Version V5.2, S1;hardware=4;firmware=V5.2;object_id=1.3.6.1.4.1.4329.6;"
            "vendor=Siemens;host_name=sw1;location=hall 3;serial=S77;model/2=MM991;");
  t.say(side::server, message(1, pdu(2, 9, system(5, text("sw2")))));
  EXPECT_EQ(t.out.facts.back().value, "sw2");
}

TEST(snmp, what_breaks_a_rule) {
  const octets v = variable(in_octets, integer(5));
  const struct {
    const char* name;
    octets bytes;
    std::string rules;
  } rows[] = {
      {"no_message", hex("30 03 02 01 00"), "message"},
      {"version_2", message(2, pdu(0, 1, v)), "message"},
      {"octets_behind", message(1, pdu(0, 1, v)) + octets{0}, "length"},
      {"more_in_pdu", message(1, tlv(0xa0, integer(1) + integer(0) + integer(0) + tlv(0x30, v) + integer(1))), "length"},
      {"no_list", message(1, tlv(0xa0, integer(1) + integer(0) + integer(0))), "pdu"},
      {"bulk_of_1", message(0, pdu(5, 1, v)), "pdu"},
      {"old_trap_of_2",
       message(1, tlv(0xa4, oid({1, 3, 6}) + tlv(0x40, hex("0a000001")) + integer(1) + integer(1) + tlv(0x43, hex("01")) + tlv(0x30, {}))),
       "pdu"},
      {"value_missing", message(1, pdu(0, 1, tlv(0x30, in_octets))), "binding"},
      {"value_of_no_type", message(1, pdu(0, 1, variable(in_octets, tlv(1, hex("ff"))))), "binding"},
      {"name_is_text", message(1, pdu(0, 1, variable(text("a"), nothing))), "binding"},
      {"private_without_auth", message3(6, 1, text("x")), "security_level"},
      {"flag_without_encryption", message3(7, 1, scoped(pdu(0, 1, v))), "security_level"},
      {"security",
       tlv(0x30, integer(3) + tlv(0x30, integer(1) + integer(1500) + tlv(4, {4}) + integer(3)) + text("x") + scoped(pdu(0, 1, v))),
       "security"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, r.bytes);
    EXPECT_EQ(rules(t.out), r.rules);
  }
}

TEST(snmp, answers_that_do_not_fit) {
  const octets asked = variable(in_octets, nothing), v = variable(in_octets, integer(5)), w = variable(sys_name, text("r1"));
  const struct {
    const char* name;
    octets answer;
    std::string rules;
  } rows[] = {
      {"one_more", pdu(2, 1, v + v), "mismatch"},
      {"another", pdu(2, 1, w), "mismatch"},
      {"error_of_the_second", pdu(2, 1, v, 2, 2), "error_index"},
      {"error_99", pdu(2, 1, v, 99, 1), "error_status"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    talk t;
    t.say(side::client, message(1, pdu(0, 1, asked)));
    t.say(side::server, message(1, r.answer));
    EXPECT_EQ(rules(t.out), r.rules);
  }
}

TEST(snmp, what_is_not_answered_times_out) {
  talk t;
  const auto ask = message(1, pdu(0, 1, variable(in_octets, nothing)));
  t.say(side::client, ask);
  t.say(side::client, ask);  // the manager tries again
  t.wait(std::chrono::seconds{31});
  EXPECT_EQ(told(t.out), "0 get 1.3.6.1.2.1.2.2.1.10.1 timeout");
  EXPECT_EQ(t.out.counts.at("snmp/repeated/request"), 1u);
  EXPECT_EQ(t.out.counts.at("snmp/pdu/0"), 2u);
}

TEST(snmp, long_lists_are_cut) {
  talk t;
  octets many;
  for (int i = 0; i < 300; ++i) many = many + variable(in_octets, integer(i));
  t.say(side::server, message(1, pdu(2, 1, many)));
  EXPECT_EQ(t.out.operations.at(0).objects.size(), 256u);
  EXPECT_EQ(text_of(t.out.operations[0], "more_variables"), "44");
}

TEST(snmp, probe_takes_whole_messages_only) {
  const auto probe = [](const octets& b) { return named("snmp").about.probe(b, transport::udp); };
  const auto whole = message(1, pdu(0, 1, variable(in_octets, nothing)));
  EXPECT_EQ(probe(whole), match::yes);
  EXPECT_EQ(probe(message3(7, 1, text("x"))), match::yes);
  EXPECT_EQ(probe({whole.begin(), whole.end() - 1}), match::no);
  EXPECT_EQ(probe(whole + octets{0}), match::no);
  EXPECT_EQ(probe(hex("30 0c 02 01 01 60 07 02 01 03 04 00 80 00")), match::no);  // LDAP
  EXPECT_EQ(probe({}), match::no);
  EXPECT_EQ(named("snmp").about.probe(whole, transport::tcp), match::no);
}

TEST(snmp, survives_every_prefix) {
  every_prefix("snmp",
               {{side::client, message(1, pdu(0, 1, variable(sys_name, nothing)))},
                {side::server,
                 message(1, pdu(2, 1, variable(sys_name, text("r1")) + variable(oid({1, 3, 6, 1, 4, 1, 9}), tlv(0x40, hex("0a000001")))))},
                {side::client, message3(5, 9, scoped(pdu(5, 1, variable(in_octets, nothing), 0, 9), "c"))},
                {side::server, message3(0, 9, scoped(pdu(8, 1, variable(oid({1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0}), integer(1)))))},
                {side::client, message(0, tlv(0xa4, oid({1, 3, 6, 1, 4, 1, 9}) + tlv(0x40, hex("0a000001")) + integer(6) + integer(1) +
                                                        tlv(0x43, hex("64")) + tlv(0x30, {})))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
