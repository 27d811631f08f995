// Remote desktop: what is negotiated, who the client is, who logs on, and what breaks a rule.
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
octets raw(std::string_view s) { return {s.begin(), s.end()}; }
octets u16(std::size_t n) { return {static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8)}; }
octets u32(std::size_t n) { return u16(n & 0xffff) + u16(n >> 16); }
octets wide(std::string_view s, std::size_t size = 0) {
  octets out;
  for (const char c : s) out.push_back(static_cast<std::uint8_t>(c)), out.push_back(0);
  if (size != 0) out.resize(size);
  return out;
}
octets tpkt(const octets& tpdu) {
  const auto n = tpdu.size() + 4;
  return octets{3, 0, static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)} + tpdu;
}
octets connect(std::uint8_t code, const octets& part) {
  return tpkt(octets{static_cast<std::uint8_t>(6 + part.size()), code, 0, 0, 0, 0, 0} + part);
}
octets request(std::string_view cookie, const octets& negotiation = {}) { return connect(0xe0, raw(cookie) + negotiation); }
octets confirm(const octets& negotiation = {}) { return connect(0xd0, negotiation); }
octets data(const octets& user_data) { return tpkt(octets{2, 0xf0, 0x80} + user_data); }
octets packed(const octets& content) {
  return octets{static_cast<std::uint8_t>(0x80 | content.size() >> 8), static_cast<std::uint8_t>(content.size())} + content;
}
octets tlv(std::uint8_t tag, const octets& content) {
  return octets{tag, 0x82, static_cast<std::uint8_t>(content.size() >> 8), static_cast<std::uint8_t>(content.size())} + content;
}
octets block(std::size_t type, const octets& content) { return u16(type) + u16(content.size() + 4) + content; }

octets core(std::string_view name, std::size_t build) {
  return block(0xc001, u32(0x80004) + u16(1280) + u16(1024) + hex("01ca 03aa") + u32(0x409) + u32(build) + wide(name, 32) + u32(4) +
                           u32(0) + u32(12) + octets(64) + hex("01ca 0100 00000000 1800 0700 0100") + wide("69712-783-0357974-42714", 64));
}
octets channels(const std::vector<std::string>& names) {
  octets out = u32(names.size());
  for (const auto& n : names) {
    auto name = raw(n);
    name.resize(8);
    out = out + name + hex("00000080");
  }
  return block(0xc003, out);
}
octets initial(const octets& blocks) {
  const auto conference = hex("0005 00147c0001") + packed(hex("0008001000 01c000") + raw("Duca") + packed(blocks));
  const auto parameters = hex("30 03 020101");
  return data(octets{0x7f} + tlv(101, hex("040101 040101 0101ff") + parameters + parameters + parameters + tlv(4, conference)));
}
octets initial() {
  return initial(core("ELTONS-DEV2", 3790) + block(0xc004, hex("0d000000 00000000")) + block(0xc002, hex("1b000000 00000000")) +
                 channels({"rdpdr", "cliprdr", "rdpsnd"}));
}
/// The size that servers write in front of their node is not that of what follows.
octets response(const octets& blocks, std::uint8_t result = 0) {
  const auto conference = hex("0005 00147c0001 2a 14760a01010001c000") + raw("McDn") + packed(blocks);
  return data(octets{0x7f} + tlv(102, octets{0x0a, 1, result} + hex("020100 3003020101") + tlv(4, conference)));
}
octets response(std::size_t method, std::size_t level) {
  return response(block(0x0c01, u32(0x80004) + u32(0)) +
                  block(0x0c02, u32(method) + u32(level) + (method == 0 ? octets{} : u32(4) + u32(4) + hex("01020304 01000000"))) +
                  block(0x0c03, u16(1003) + u16(0)));
}
octets sent(std::uint8_t code, const octets& content) { return data(octets{code} + hex("0006 03eb 70") + packed(content)); }
octets info(std::uint16_t header, const octets& content) { return sent(0x64, u16(header) + u16(0) + content); }
const octets who = u32(0x409) + u32(0x10 | 0x08) + u16(8) + u16(10) + u16(14) + u16(0) + u16(0) + wide("MILL") + octets(2) + wide("paula") +
                   octets(2) + wide("hunter2") + octets(2) + octets(2) + octets(2) + u16(2) + u16(20) + wide("10.0.0.9") + octets(4) +
                   u16(8) + wide("C:\\") + octets(2);
octets share(std::uint8_t type, const octets& content) {
  const octets body = hex("0000 ea030100 00 01 0000") + octets{type, 0, 0, 0} + content;
  return sent(0x68, u16(body.size() + 4) + u16(0x17) + body);
}
const octets logged_on = share(0x26, u32(2) + octets(576));

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations)
    (out += out.empty() ? "" : "; ") += o.function_name + ' ' + std::string{to_string(o.outcome)} + (o.code ? ' ' + *o.code : "");
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
struct desk : conversation {
  desk() : conversation{"rdp"} {}
  void client(const octets& o) { EXPECT_EQ(say(side::client, o), 0U); }
  void server(const octets& o) { EXPECT_EQ(say(side::server, o), 0U); }
};

TEST(rdp, negotiations) {
  const struct {
    const char* name;
    octets asked, answered;
    std::string told, user, requested, selected, became, rules;
  } rows[] = {
      {"tls", request("Cookie: mstshash=paula\r\n", hex("01 00 0800 03000000")), confirm(hex("02 1f 0800 01000000")), "negotiate ok",
       "paula", "tls,credssp", "tls", "tls", ""},
      {"network_level", request("", hex("01 01 0800 0b000000")), confirm(hex("02 00 0800 08000000")), "negotiate ok", "-",
       "tls,credssp,credssp_early", "credssp_early", "tls", ""},
      {"refused", request("", hex("01 00 0800 00000000")), confirm(hex("03 00 0800 05000000")), "negotiate refused 5", "-", "rdp", "-", "",
       ""},
      {"old", request("Cookie: mstshash=x\r\n"), confirm(), "negotiate ok", "x", "rdp", "rdp", "", ""},
      {"balanced", request("Cookie: msts=3640205228.15629.0000\r\n", hex("01 00 0800 01000000")), confirm(hex("02 00 0800 00000000")),
       "negotiate ok", "-", "tls", "rdp", "", ""},
      {"not_offered", request("", hex("01 00 0800 01000000")), confirm(hex("02 00 0800 02000000")), "negotiate ok", "-", "tls", "credssp",
       "tls", "not_offered"},
      {"two_chosen", request("", hex("01 00 0800 03000000")), confirm(hex("02 00 0800 03000000")), "negotiate ok", "-", "tls,credssp", "-",
       "tls", "negotiation"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    desk d;
    d.client(r.asked), d.server(r.answered);
    EXPECT_EQ(told(d.out), r.told);
    ASSERT_EQ(d.out.operations.size(), 1U);
    const auto& op = d.out.operations[0];
    EXPECT_EQ(text_of(op, "user"), r.user);
    EXPECT_EQ(text_of(op, "requested_protocols"), r.requested);
    EXPECT_EQ(text_of(op, "selected_protocol"), r.selected);
    EXPECT_EQ(d.out.became, r.became);
    EXPECT_EQ(rules(d.out), r.rules);
    EXPECT_NE(facts(d.out, side::server).find("role=remote_desktop_server"), std::string::npos);
  }
}

TEST(rdp, a_client_says_who_it_is_and_a_server_how_it_encrypts) {
  desk d;
  d.client(initial()), d.server(response(2, 3));
  ASSERT_EQ(told(d.out), "connect ok");
  const auto& op = d.out.operations[0];
  const std::pair<std::string_view, std::string_view> expected[] = {
      {"client_name", "ELTONS-DEV2"},
      {"client_build", "3790"},
      {"version", "5.0-8.1"},
      {"keyboard_layout", "en-US"},
      {"desktop", "1280x1024"},
      {"color_depth", "24"},
      {"channels", "rdpdr,cliprdr,rdpsnd"},
      {"drives", "true"},
      {"clipboard", "true"},
      {"client_product_id", "69712-783-0357974-42714"},
      {"encryption_methods", "40bit,128bit,56bit,fips"},
      {"encryption_method", "128bit"},
      {"encryption_level", "high"},
      {"result", "successful"},
      {"certificate", "rsa"},
      {"redirected", "false"},
  };
  for (const auto& [name, value] : expected) EXPECT_EQ(text_of(op, name), value) << name;
  EXPECT_EQ(facts(d.out, side::client), "host_name=ELTONS-DEV2|os=Windows Server 2003|product_id=69712-783-0357974-42714");
  EXPECT_EQ(facts(d.out, side::server), "");
  EXPECT_EQ(d.out.described["channels"], "rdpdr,cliprdr,rdpsnd");
  EXPECT_EQ(rules(d.out), "");
}

TEST(rdp, what_a_connection_may_break) {
  const struct {
    const char* name;
    octets client, server;
    std::string rules, facts;
  } rows[] = {
      {"reserved_channel", initial(channels({"rdpdr", "MS_T120"})), response(2, 2), "reserved_channel", ""},
      {"low", initial(), response(1, 1), "", "insecure_configuration=remote desktop with low or no encryption"},
      {"block", initial(hex("01c0 ff00 00")), {}, "settings_block", ""},
      {"conference", data(octets{0x7f} + tlv(101, hex("040101 040101 0101ff 3000 3000 3000 0401 00"))), {}, "conference", ""},
      {"message", data(hex("7f65 03 040101")), {}, "mcs", ""},
      {"too_many", initial(channels(std::vector<std::string>(33, "x"))), {}, "channels", ""},
      {"after", initial(), data(hex("ff 00 00")), "mcs", ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    desk d;
    d.client(r.client);
    if (!r.server.empty()) d.server(r.server);
    EXPECT_EQ(rules(d.out), r.rules);
    EXPECT_EQ(facts(d.out, side::server), r.facts);
  }
  desk lied;
  lied.client(request("", hex("01 00 0800 03000000"))), lied.server(confirm(hex("02 00 0800 00000000")));
  lied.client(initial()), lied.server(response(0, 0));
  EXPECT_EQ(rules(lied.out), "downgrade");
  desk refused;
  refused.client(initial()), refused.server(response(octets{}, 8));
  EXPECT_EQ(told(refused.out), "connect refused 8");
}

TEST(rdp, logons) {
  const struct {
    const char* name;
    octets packet, answer;
    std::string told, user, domain;
  } rows[] = {
      {"accepted", info(0x40, who), logged_on, "logon ok", "paula", "MILL"},
      {"failed", info(0x40, who), share(0x26, u32(3) + u16(14) + u32(2) + u32(8) + u32(0xfffffffe) + u32(0)), "logon refused 0", "paula",
       "MILL"},
      {"encrypted", info(0x48, octets(64, 0x5a)), {}, "logon none", "-", "-"},
      {"unanswered", info(0x40, who), share(0x1f, u32(0)), "logon none", "paula", "MILL"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    desk d;
    d.client(r.packet);
    if (!r.answer.empty()) d.server(r.answer);
    d.end();
    ASSERT_EQ(told(d.out), r.told);
    const auto& op = d.out.operations[0];
    EXPECT_EQ(op.action, action::authenticate);
    EXPECT_EQ(text_of(op, "user"), r.user);
    EXPECT_EQ(text_of(op, "domain"), r.domain);
    for (const auto& [n, v] : op.fields) EXPECT_EQ(to_string(v).find("hunter2"), std::string::npos);
    if (r.user == "paula") {
      EXPECT_EQ(text_of(op, "password_given"), "true");
      EXPECT_EQ(text_of(op, "client_address"), "10.0.0.9");
      EXPECT_EQ(rules(d.out), "clear_text");
    }
  }
  desk cut;
  cut.client(info(0x40, octets(who.begin(), who.begin() + 20)));
  EXPECT_EQ(rules(cut.out), "client_info");
}

TEST(rdp, licences_and_ends) {
  desk d;
  d.server(sent(0x68, u16(0x80) + u16(0) + hex("ff 03 1000 07000000 02000000 00000000")));
  d.server(sent(0x68, u16(0x80) + u16(0) + hex("ff 03 1000 06000000 01000000 00000000")));
  EXPECT_EQ(d.out.counts["rdp/license/error_alert"], 2U);
  EXPECT_EQ(d.out.described["license_error"], "no_license_server");
  d.server(share(0x2f, u32(5)));
  EXPECT_EQ(d.out.described["disconnect_reason"], "disconnected_by_other_connection");
  d.client(data(hex("2180")));
  EXPECT_EQ(d.out.described["disconnect_reason"], "user_requested");
  d.server(hex("00 05 010203")), d.client(hex("44 8004 11"));
  EXPECT_EQ(d.out.counts["rdp/fast_path/output"], 1U);
  EXPECT_EQ(d.out.counts["rdp/fast_path/input"], 1U);
  EXPECT_EQ(rules(d.out), "");
}

TEST(rdp, silence_and_gaps) {
  desk d;
  d.client(request("Cookie: mstshash=paula\r\n")), d.wait(std::chrono::minutes{1});
  EXPECT_EQ(told(d.out), "negotiate timeout");
  d.gap(side::client), d.gap(side::server);
  d.server(response(2, 3));
  EXPECT_EQ(told(d.out), "negotiate timeout; connect unpaired");
}

TEST(rdp, leaves_the_neighbours_on_tpkt_alone) {
  const struct {
    const char* name;
    octets bytes;
    match expected;
  } rows[] = {
      {"cookie", request("Cookie: mstshash=a\r\n"), match::certain},
      {"negotiation", request("", hex("01 00 0800 00000000")), match::certain},
      {"confirm", confirm(hex("02 00 0800 01000000")), match::certain},
      {"nothing", request(""), match::unsure},
      {"then_connect", request("") + initial(), match::certain},
      {"s7_connect", connect(0xe0, hex("c1020100 c2020102 c0010a")), match::no},
      {"s7_job", data(hex("32 01 0000 0001 0008 0000 f0 00 0001 0001 01e0")), match::no},
      {"s7_plus", data(hex("72 01 00 04 31 00 04 ca")), match::no},
      {"mms_session", data(hex("0d 05 0506 130100")), match::no},
      {"wrong_direction", request("", hex("02 00 0800 00000000")), match::no},
  };
  for (const auto& r : rows) EXPECT_EQ(named("rdp").about.probe(r.bytes, transport::tcp), r.expected) << r.name;
  desk d;
  d.client(data(hex("32 01 0000 0001 0008 0000 f0 00 0001 0001 01e0")));
  EXPECT_EQ(d.last, verdict::not_mine);
}

TEST(rdp, every_prefix) {
  every_prefix("rdp", {{side::client, request("Cookie: mstshash=paula\r\n", hex("01 00 0800 00000000"))},
                       {side::server, confirm(hex("02 1f 0800 00000000"))},
                       {side::client, initial()},
                       {side::server, response(0, 0)},
                       {side::client, info(0x40, who)},
                       {side::server, share(0x26, u32(1) + octets(14) + u32(8) + u32(8) + octets(558) + wide("MILLpaul"))}});
}

}  // namespace
}  // namespace mw::test
