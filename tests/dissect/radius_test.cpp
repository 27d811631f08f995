// RADIUS: who is let in where, rounds of EAP, accounting, throwing out, and what breaks a rule.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets attribute(unsigned type, const octets& v) {
  return octets{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(v.size() + 2)} + v;
}
octets attribute(unsigned type, std::string_view v) { return attribute(type, octets{v.begin(), v.end()}); }
octets number(unsigned type, unsigned n) {
  return attribute(type, octets{0, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)});
}
octets message(unsigned code, unsigned id, const octets& attributes, std::uint8_t authenticator = 1) {
  const auto n = attributes.size() + 20;
  return octets{static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(id), static_cast<std::uint8_t>(n >> 8),
                static_cast<std::uint8_t>(n)} +
         octets(16, authenticator) + attributes;
}
const octets proof = attribute(80, octets(16)), user = attribute(1, "paula"), password = attribute(2, octets(16, 0x77));
octets eap(const octets& packet) { return attribute(79, packet) + proof; }

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) {
    (out += out.empty() ? "" : "; ") += o.function_name + (o.objects.empty() ? "" : ' ' + o.objects[0].address);
    out += ' ' + std::string{to_string(o.outcome)} + (o.code ? ' ' + *o.code : "");
  }
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : " ") += v.rule;
  return out;
}
std::string facts(const recorder& r, side who) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.who == who && f.subject.empty()) (out += out.empty() ? "" : "|") += f.kind + '=' + f.value;
  return out;
}
struct network : conversation {
  network() : conversation{"radius", transport::udp} { client_end.address = ip::v4(10, 0, 0, 9), server_end.address = ip::v4(10, 0, 0, 1); }
  void client(const octets& o) { (void)say(side::client, o); }
  void server(const octets& o) { (void)say(side::server, o); }
};
using fields = std::vector<std::pair<std::string, std::string>>;

TEST(radius, requests_and_their_answers) {
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
    action what;
    fields said;
  } rows[] = {
      {"accept",
       message(1, 1,
               user + password + attribute(4, hex("c0a80110")) + number(5, 3) + attribute(32, "sw1") + number(6, 6) + number(61, 15) +
                   attribute(31, "00-1B-1B-AA-BB-CC") + proof),
       message(2, 1,
               attribute(81,
                         "\x01"
                         "120") +
                   attribute(8, hex("0a000063")) + attribute(11, "acl") + number(27, 3600) + proof),
       "access_request paula ok",
       action::authenticate,
       {{"user", "paula"},
        {"method", "pap"},
        {"nas_address", "192.168.1.16"},
        {"nas_port", "3"},
        {"nas_identifier", "sw1"},
        {"service", "administrative"},
        {"nas_port_type", "ethernet"},
        {"calling_station", "00-1B-1B-AA-BB-CC"},
        {"vlan_assigned", "120"},
        {"framed_address", "10.0.0.99"},
        {"filter", "acl"},
        {"session_timeout", "3600"},
        {"message_authenticator", "true"},
        {"answer", "access_accept"}}},
      {"reject",
       message(1, 2, user + attribute(3, octets(17)) + proof),
       message(3, 2, attribute(18, "no") + proof),
       "access_request paula refused 3",
       action::authenticate,
       {{"method", "chap"}, {"reply", "no"}}},
      {"ms_chap",
       message(1, 2, user + attribute(26, hex("00000137 19 34") + octets(50)) + proof),
       message(2, 2, proof),
       "access_request paula ok",
       action::authenticate,
       {{"method", "ms_chap_v2"}}},
      {"accounting",
       message(4, 3, user + number(40, 2) + attribute(44, "s7") + number(46, 60) + number(42, 100) + number(43, 200) + number(49, 6)),
       message(5, 3, {}),
       "accounting_request paula ok",
       action::session,
       {{"status", "stop"},
        {"session", "s7"},
        {"session_seconds", "60"},
        {"input_octets", "100"},
        {"output_octets", "200"},
        {"terminate_cause", "admin_reset"}}},
      {"disconnect",
       message(40, 4, user),
       message(42, 4, number(101, 503)),
       "disconnect_request paula refused 503",
       action::control,
       {{"error", "session_context_not_found"}}},
      {"change", message(43, 5, user), message(44, 5, {}), "coa_request paula ok", action::configure, {{"answer", "coa_ack"}}},
      {"status", message(12, 6, proof), message(2, 6, {}), "status_server ok", action::diagnose, {}},
      {"silence", message(1, 7, user + password + proof), {}, "access_request paula timeout", action::authenticate, {}},
      {"unasked", {}, message(3, 8, proof), "access_request unpaired 3", action::authenticate, {}},
      {"wrong_kind",
       message(4, 9, user),
       message(2, 9, proof),
       "access_request unpaired; accounting_request paula timeout",
       action::authenticate,
       {}},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    network n;
    if (!r.request.empty()) n.client(r.request);
    if (!r.answer.empty()) n.server(r.answer);
    n.end();
    ASSERT_EQ(told(n.out), r.told);
    EXPECT_EQ(n.out.operations[0].action, r.what);
    for (const auto& [name, value] : r.said) EXPECT_EQ(text_of(n.out.operations[0], name), value) << name;
    for (const auto& [name, v] : n.out.operations[0].fields) EXPECT_EQ(to_string(v).find("wwww"), std::string::npos);
    EXPECT_EQ(rules(n.out), "");
  }
}

TEST(radius, rounds_of_eap_are_one_login) {
  network n;
  n.client(message(1, 1, eap(hex("02 01 000a 01 7061756c61"))));
  n.server(message(11, 1, eap(hex("01 02 0006 19 20")) + attribute(24, hex("aa01"))));
  n.client(message(1, 2, eap(hex("02 02 0006 19 00")) + attribute(24, hex("aa01")), 2));
  EXPECT_EQ(told(n.out), "");
  n.server(message(3, 2, eap(hex("04 02 0004"))));
  ASSERT_EQ(told(n.out), "access_request paula refused 3");
  EXPECT_EQ(text_of(n.out.operations[0], "method"), "eap");
  EXPECT_EQ(text_of(n.out.operations[0], "eap_type"), "peap");
  EXPECT_EQ(n.out.operations[0].latency, std::chrono::milliseconds{3});
  network left;
  left.client(message(1, 1, user + password + proof)), left.server(message(11, 1, attribute(24, hex("bb")) + proof));
  left.wait(std::chrono::minutes{2});
  EXPECT_EQ(told(left.out), "access_request paula timeout");
}

TEST(radius, what_a_message_may_break) {
  const struct {
    const char* name;
    octets datagram;
    std::string rules, facts;
  } rows[] = {
      {"short", hex("01 01 0014 00"), "message", ""},
      {"attribute", message(1, 1, hex("01 01")), "message", ""},
      {"beyond", message(1, 1, hex("01 20 41")), "message", ""},
      {"code", message(99, 1, {}), "message", ""},
      {"password", message(1, 1, user + attribute(2, octets(15)) + proof), "password_size", "role=network_access_server"},
      {"eap", message(1, 1, attribute(79, hex("02 01 0005 01"))), "message_authenticator",
       "insecure_configuration=RADIUS without message authenticator|role=network_access_server"},
      {"proof", message(1, 1, attribute(80, octets(4))), "message_authenticator", "role=network_access_server"},
      {"padded", message(1, 1, user + password + proof) + octets{0, 0}, "", "role=network_access_server"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    network n;
    n.client(r.datagram);
    EXPECT_EQ(rules(n.out), r.rules);
    EXPECT_EQ(facts(n.out, side::client), r.facts);
  }
}

TEST(radius, facts) {
  network n;
  for (unsigned i = 1; i < 3; ++i) n.client(message(1, i, user + password + attribute(32, "sw1"))), n.server(message(2, i, {}));
  EXPECT_EQ(facts(n.out, side::client),
            "insecure_configuration=RADIUS without message authenticator|role=network_access_server|nas_identifier=sw1");
  EXPECT_EQ(facts(n.out, side::server), "insecure_configuration=RADIUS without message authenticator|role=radius_server");
  network on;
  on.client(message(4, 1, user + number(40, 1) + attribute(31, "001b.1baa.bbcc"))), on.client(message(4, 1, user + number(40, 1)));
  ASSERT_EQ(on.out.facts.back().subject, "00:1b:1b:aa:bb:cc");
  EXPECT_EQ(on.out.facts.back().value, "paula");
  EXPECT_EQ(on.out.counts["radius/repeated/request"], 1U);
}

TEST(radius, knows_itself_and_keeps_little) {
  const auto& p = named("radius").about;
  EXPECT_EQ(p.probe(message(1, 1, user + password), transport::udp), match::yes);
  EXPECT_EQ(p.probe(message(1, 1, user + password) + octets{0}, transport::udp), match::no);
  EXPECT_EQ(p.probe(message(1, 1, user), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex("1234 0100 0001 0000 0000 0000 01 61 00 0001 0001"), transport::udp), match::no);
  network n;
  for (unsigned i = 0; i < 258; ++i) n.client(message(1, i & 0xff, user, static_cast<std::uint8_t>(i >> 8)));
  EXPECT_EQ(n.out.operations.size(), 2U);
}

TEST(radius, every_prefix) {
  every_prefix("radius",
               {{side::client, message(1, 1, user + password + attribute(26, hex("00000137 19 04")) + eap(hex("02 01 0006 01 61")))},
                {side::server, message(11, 1,
                                       attribute(24, hex("aa")) +
                                           attribute(81,
                                                     "\x01"
                                                     "5") +
                                           proof)}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
