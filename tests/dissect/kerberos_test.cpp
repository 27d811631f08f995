// Kerberos: who asks for which ticket, with which encryption, what is answered, and what breaks a rule.
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
octets in(unsigned number, const octets& content) { return tlv(0xa0 + number, content); }
octets seq(const octets& content) { return tlv(0x30, content); }
octets num(int n) {
  return tlv(2, {static_cast<std::uint8_t>(n >> 24), static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                 static_cast<std::uint8_t>(n)});
}
octets str(std::string_view s) { return tlv(27, {s.begin(), s.end()}); }
octets oct(const octets& o) { return tlv(4, o); }
octets when() { return tlv(24, octets{'2', '0', '3', '7', '0', '9', '1', '3', '0', '2', '4', '8', '0', '5', 'Z'}); }
octets name(const std::vector<std::string>& parts) {
  octets all;
  for (const auto& p : parts) all = all + str(p);
  return seq(in(0, num(1)) + in(1, seq(all)));
}
octets sealed(int etype) { return seq(in(0, num(etype)) + in(1, num(2)) + in(2, oct(octets(24, 0x5a)))); }
octets ticket(int etype, const std::vector<std::string>& service = {"krbtgt", "MILL.LOCAL"}) {
  return tlv(0x61, seq(in(0, num(5)) + in(1, str("MILL.LOCAL")) + in(2, name(service)) + in(3, sealed(etype))));
}
octets padata(int type, const octets& value) { return seq(in(1, num(type)) + in(2, oct(value))); }
octets message(unsigned type, const octets& fields) { return tlv(0x60 + type, seq(fields)); }

struct ask {
  unsigned type = 10;
  std::string client = "paula";
  std::vector<std::string> service{"krbtgt", "MILL.LOCAL"};
  std::vector<int> etypes{18, 17, 23};
  octets preauth = padata(128, hex("3005a0030101ff"));
  int nonce = 7;
  octets addresses{};
};
octets request(const ask& a) {
  octets etypes;
  for (const auto e : a.etypes) etypes = etypes + num(e);
  return message(a.type, in(1, num(5)) + in(2, num(static_cast<int>(a.type))) + in(3, seq(a.preauth)) +
                             in(4, seq(in(0, tlv(3, hex("00 40810010"))) + (a.client.empty() ? octets{} : in(1, name({a.client}))) +
                                       in(2, str("MILL.LOCAL")) + in(3, name(a.service)) + in(5, when()) + in(7, num(a.nonce)) +
                                       in(8, seq(etypes)) + (a.addresses.empty() ? octets{} : in(9, a.addresses)))));
}
octets reply(unsigned type, const octets& what, int etype, std::string_view client = "paula") {
  return message(type, in(0, num(5)) + in(1, num(static_cast<int>(type))) + in(3, str("MILL.LOCAL")) + in(4, name({std::string{client}})) +
                           in(5, what) + in(6, sealed(etype)));
}
octets error(int code, const octets& data = {}) {
  return message(30, in(0, num(5)) + in(1, num(30)) + in(4, when()) + in(5, num(0)) + in(6, num(code)) + in(9, str("MILL.LOCAL")) +
                         in(10, name({"krbtgt", "MILL.LOCAL"})) + (data.empty() ? octets{} : in(12, oct(data))));
}
octets shown(int etype, const std::vector<std::string>& service) {
  return message(14,
                 in(0, num(5)) + in(1, num(14)) + in(2, tlv(3, hex("00 20000000"))) + in(3, ticket(etype, service)) + in(4, sealed(18)));
}
const octets proven = padata(128, hex("3005a0030101ff")) + padata(2, sealed(18));
const octets tgs_proof = padata(1, shown(18, {"krbtgt", "MILL.LOCAL"}));

octets password(std::uint16_t version, const octets& ap, const octets& rest) {
  const auto size = 6 + ap.size() + rest.size();
  return octets{static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size),           static_cast<std::uint8_t>(version >> 8),
                static_cast<std::uint8_t>(version),   static_cast<std::uint8_t>(ap.size() >> 8), static_cast<std::uint8_t>(ap.size())} +
         ap + rest;
}
const octets private_part = message(21, in(0, num(5)) + in(1, num(21)) + in(3, sealed(18)));
octets on_tcp(const octets& m) { return octets{0, 0, static_cast<std::uint8_t>(m.size() >> 8), static_cast<std::uint8_t>(m.size())} + m; }

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) {
    (out += out.empty() ? "" : "; ") += o.function_name + (o.objects.empty() ? "" : ' ' + o.objects[0].address);
    out += ' ' + std::string{to_string(o.outcome)} + (o.code ? ' ' + *o.code + ' ' + text_of(o, "error") : "");
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
struct realm : conversation {
  realm() : conversation{"kerberos", transport::udp} { client_end.address = ip::v4(10, 0, 0, 9), server_end.address = ip::v4(10, 0, 0, 1); }
  void client(const octets& o) { (void)say(side::client, o); }
  void server(const octets& o) { (void)say(side::server, o); }
};

TEST(kerberos, requests_and_their_answers) {
  const std::string tgt = "krbtgt/MILL.LOCAL@MILL.LOCAL";
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
    action what;
  } rows[] = {
      {"as", request({.preauth = proven}), reply(11, ticket(18), 18), "as " + tgt + " ok", action::authenticate},
      {"preauth_required", request({}), error(25, seq(padata(19, seq(seq(in(0, num(18))) + seq(in(0, num(23))))))),
       "as " + tgt + " refused 25 PREAUTH_REQUIRED", action::session},
      {"preauth_failed", request({.preauth = proven}), error(24), "as " + tgt + " refused 24 PREAUTH_FAILED", action::authenticate},
      {"unknown", request({}), error(6), "as " + tgt + " refused 6 CLIENT_PRINCIPAL_UNKNOWN", action::authenticate},
      {"skew", request({.preauth = proven}), error(37), "as " + tgt + " refused 37 SKEW", action::authenticate},
      {"tgs", request({.type = 12, .client = "", .service = {"cifs", "hist1"}, .preauth = tgs_proof}),
       reply(13, ticket(23, {"cifs", "hist1"}), 18), "tgs cifs/hist1@MILL.LOCAL ok", action::session},
      {"ap", shown(18, {"HTTP", "scada"}), message(15, in(0, num(5)) + in(1, num(15)) + in(2, sealed(18))), "ap HTTP/scada ok",
       action::authenticate},
      {"silence", request({}), {}, "as " + tgt + " timeout", action::authenticate},
      {"unasked", {}, reply(11, ticket(18), 18), "as " + tgt + " unpaired", action::authenticate},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    realm k;
    if (!r.request.empty()) k.client(r.request);
    if (!r.answer.empty()) k.server(r.answer);
    k.end();
    ASSERT_EQ(told(k.out), r.told);
    EXPECT_EQ(k.out.operations[0].action, r.what);
    EXPECT_EQ(k.out.askers[0], side::client);
    EXPECT_EQ(rules(k.out), "");
  }
}

TEST(kerberos, what_a_request_and_its_answer_say) {
  const struct {
    const char* name;
    octets request, answer;
    std::vector<std::pair<std::string, std::string>> fields;
  } rows[] = {
      {"as",
       request({.preauth = proven}),
       reply(11, ticket(18), 18),
       {{"user", "paula@MILL.LOCAL"},
        {"realm", "MILL.LOCAL"},
        {"etypes", "aes256_cts_hmac_sha1_96,aes128_cts_hmac_sha1_96,rc4_hmac"},
        {"only_weak_etypes", "false"},
        {"preauth", "pac_request,encrypted_timestamp"},
        {"preauthenticated", "true"},
        {"options", "forwardable,renewable,canonicalize,renewable_ok"},
        {"till", "20370913024805Z"},
        {"ticket_etype", "aes256_cts_hmac_sha1_96"},
        {"weak_ticket", "false"},
        {"reply_etype", "aes256_cts_hmac_sha1_96"}}},
      {"roasted",
       request({.etypes = {23, 3}}),
       reply(11, ticket(23), 23),
       {{"preauthenticated", "false"}, {"only_weak_etypes", "true"}, {"weak_ticket", "true"}, {"reply_etype", "rc4_hmac"}}},
      {"for_another",
       request({.type = 12, .client = "", .service = {"host1"}, .preauth = tgs_proof + padata(129, seq(in(0, name({"admin"}))))}),
       reply(13, ticket(17, {"host1"}), 18, "HOST1$"),
       {{"impersonated", "admin"}, {"shown_ticket_etype", "aes256_cts_hmac_sha1_96"}, {"user", "HOST1$@MILL.LOCAL"}}},
      {"salt",
       request({}),
       error(25, seq(padata(19, seq(seq(in(0, num(18))))) + padata(2, {}))),
       {{"server_etypes", "aes256_cts_hmac_sha1_96"}}},
      {"windows",
       request({}),
       error(18, seq(in(1, num(3)) + in(2, oct(hex("720000c0 00000000 01000000"))))),
       {{"nt_status", "3221225586"}}},
      {"named",
       request({.addresses = seq(seq(in(0, num(20)) + in(1, oct({'P', 'C', '7', ' ', ' '}))))}),
       error(6),
       {{"client_host", "PC7"}}},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    realm k;
    k.client(r.request), k.server(r.answer);
    ASSERT_EQ(k.out.operations.size(), 1U);
    for (const auto& [name, value] : r.fields) EXPECT_EQ(text_of(k.out.operations[0], name), value) << name;
    EXPECT_EQ(rules(k.out), "");
  }
}

TEST(kerberos, facts_are_told_once) {
  realm k;
  for (int i = 0; i < 3; ++i) k.client(request({.preauth = proven, .nonce = i})), k.server(reply(11, ticket(18), 18));
  EXPECT_EQ(facts(k.out, side::server), "role=kerberos_center|domain=MILL.LOCAL");
  EXPECT_EQ(facts(k.out, side::client), "domain=MILL.LOCAL|user=paula@MILL.LOCAL");
  realm machine;
  machine.client(request({.client = "HIST1$", .preauth = proven})), machine.server(reply(11, ticket(18), 18, "HIST1$"));
  EXPECT_EQ(facts(machine.out, side::client), "domain=MILL.LOCAL|host_name=HIST1");
}

TEST(kerberos, passwords_are_changed) {
  const auto mine = shown(18, {"kadmin", "changepw"});
  const struct {
    const char* name;
    octets request, answer;
    std::string told;
  } rows[] = {
      {"sealed", password(1, mine, private_part), password(1, message(15, in(2, sealed(18))), private_part),
       "change_password kadmin/changepw none"},
      {"refused", password(0xff80, mine, private_part), password(1, {}, error(60, hex("0005 4e6f"))),
       "set_password kadmin/changepw refused 5 access_denied"},
      {"bad_ticket", password(0xff80, mine, private_part), password(1, {}, error(32)),
       "set_password kadmin/changepw refused 32 TICKET_EXPIRED"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    realm k;
    k.client(r.request), k.server(r.answer);
    ASSERT_EQ(told(k.out), r.told);
    EXPECT_EQ(k.out.operations[0].action, action::configure);
    EXPECT_EQ(named("kerberos").about.probe(r.request, transport::udp), match::yes);
    EXPECT_EQ(named("kerberos").about.probe(r.answer, transport::udp), match::yes);
    EXPECT_EQ(rules(k.out), "");
  }
}

TEST(kerberos, rules) {
  const struct {
    const char* name;
    octets client, server;
    std::string rules;
  } rows[] = {
      {"cut", octets{0x6a, 0x10, 0x30}, {}, "message"},
      {"version", message(30, in(0, num(4)) + in(1, num(30)) + in(6, num(1))), {}, "version"},
      {"type", message(30, in(0, num(5)) + in(1, num(11)) + in(6, num(1))), {}, "message_type"},
      {"no_nonce", message(10, in(1, num(5)) + in(2, num(10)) + in(4, seq(in(2, str("M"))))), {}, "message"},
      {"etype", request({.etypes = {18}}), reply(11, ticket(18), 23), "etype_not_offered"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    realm k;
    k.client(r.client);
    if (!r.server.empty()) k.server(r.server);
    EXPECT_EQ(rules(k.out), r.rules);
  }
}

TEST(kerberos, what_is_said_twice_is_one_request) {
  realm k;
  k.client(request({})), k.client(request({})), k.server(error(6)), k.server(error(6));
  EXPECT_EQ(k.out.operations.size(), 2U);
  EXPECT_EQ(k.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(k.out.counts["kerberos/repeated/request"], 1U);
}

TEST(kerberos, a_stream_is_cut_by_its_sizes) {
  conversation k{"kerberos"};
  EXPECT_EQ(k.say(side::client, on_tcp(request({})) + on_tcp(request({.nonce = 8}))), 0U);
  k.gap(side::client), k.gap(side::server);
  EXPECT_EQ(k.say(side::server, on_tcp(error(6)) + octets{0, 0}), 2U);
  EXPECT_EQ(k.out.operations.size(), 1U);
  k.wait(std::chrono::minutes{1});
  EXPECT_EQ(k.out.operations.size(), 2U);
  const auto& p = named("kerberos").about;
  EXPECT_EQ(p.probe(on_tcp(request({})), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(hex("000000"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("00000010 30 0e 020103"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex("300c 0201 01 6007 0201 03 0400 8000"), transport::udp), match::no);
  EXPECT_FALSE(p.frame(hex("00200000 6a")));
}

TEST(kerberos, the_table_of_requests_is_bounded) {
  realm k;
  for (int i = 0; i < 70; ++i) k.client(request({.nonce = i}));
  EXPECT_EQ(k.out.operations.size(), 6U);
}

TEST(kerberos, every_prefix) {
  every_prefix("kerberos",
               {{side::client, request({.preauth = proven, .addresses = seq(seq(in(0, num(20)) + in(1, oct({'P'}))))})},
                {side::server, reply(11, ticket(18), 18)},
                {side::client, request({.type = 12, .client = "", .preauth = tgs_proof + padata(129, seq(in(0, name({"a"}))))})},
                {side::server, error(25, seq(padata(19, seq(seq(in(0, num(18)))))))},
                {side::client, password(1, shown(18, {"kadmin"}), private_part)},
                {side::server, password(1, {}, error(60, hex("0005")))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
