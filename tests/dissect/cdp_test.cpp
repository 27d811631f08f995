// CDP, FDP and EDP: who the neighbour is; VTP, DTP, UDLD and EAPS: what changes in the network.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
std::string ascii(std::string_view s) {
  std::string out;
  for (const char c : s) out += digits[static_cast<unsigned char>(c) >> 4], out += digits[static_cast<unsigned char>(c) & 15];
  return out;
}
std::string number(std::size_t n, int octets) {
  std::string out;
  for (int shift = octets * 8 - 4; shift >= 0; shift -= 4) out += digits[n >> shift & 15];
  return out;
}
std::string tlv(unsigned type, const std::string& value) { return number(type, 2) + number(hex(value).size() + 4, 2) + value; }
/// The same with the right checksum in octets 2 and 3, where its length is even.
std::string summed(const std::string& text) {
  auto data = hex(text);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) sum += static_cast<std::uint32_t>(data[i] << 8 | data[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return text.substr(0, 4) + number(~sum & 0xffff, 2) + text.substr(8);
}

const std::string snap = "aaaa0300000c";
const std::string of_cdp = snap + "2000", of_vtp = snap + "2003", of_dtp = snap + "2004", of_udld = snap + "0111";
std::string cdp(const std::string& elements) { return of_cdp + summed("02b40000" + elements); }

struct port {
  explicit port(std::string_view name) : talk{name, transport::ethernet} { talk.client_end.hardware = *mac::parse("02:aa:00:00:00:12"); }
  conversation talk;
  void say(const std::string& text) { talk.client(text); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations) (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : talk.out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }
  std::string facts() const {
    std::string text;
    for (const auto& f : talk.out.facts) (text += text.empty() ? "" : ",") += f.kind + '=' + f.value;
    return text;
  }
};

TEST(cdp, each_element_says_what_it_says) {
  const struct {
    const char* name;
    std::string elements, facts;
  } rows[] = {
      {"device", tlv(1, ascii("core")), "host_name=core"},
      {"address", tlv(2, "00000001 01 01 cc 0004 0a000001"), "ip=10.0.0.1"},
      {"two_addresses", tlv(2, "00000002 01 01 cc 0004 0a000001 02 08 aaaa0300000086dd 0010 20010db8000000000000000000000001"),
       "ip=10.0.0.1,ip=2001:db8::1"},
      {"management", tlv(0x16, "00000001 01 01 cc 0004 0a000001"), "ip=10.0.0.1"},
      {"port", tlv(3, ascii("Fa0/9")), "port_id=Fa0/9"},
      {"switch", tlv(4, "00000028"), "capability=switch igmp,role=switch"},
      {"router", tlv(4, "00000001"), "capability=router,role=router"},
      {"software", tlv(5, ascii("Cisco IOS Software, X, Version 12.2(25)SEG4, RELEASE\nCopyright")),
       "software=Cisco IOS Software, X, Version 12.2(25)SEG4, RELEASE,firmware=12.2(25)SEG4,os=Cisco IOS"},
      {"platform", tlv(6, ascii("cisco WS-C2960")), "vendor=Cisco,model=WS-C2960"},
      {"domain", tlv(9, ascii("plant")), "vtp_domain=plant"},
      {"vlan", tlv(10, "0003"), "native_vlan=3"},
      {"duplex", tlv(11, "01"), "duplex=full"},
      {"voice", tlv(14, "01 0064"), "voice_vlan=100"},
      {"name", tlv(0x14, ascii("sw1")), "system_name=sw1"},
      {"object", tlv(0x15, "06 08 2b06010401098b00"), "object_id=1.3.6.1.4.1.9.1408"},
      {"location", tlv(0x17, "00" + ascii("hall")), "location=hall"},
      {"serial", tlv(0x1001, ascii("FOC1")), "serial=FOC1"},
      {"unknown", tlv(0x7777, "00"), ""},
  };
  for (const auto& r : rows) {
    port p{"cdp"};
    p.say(cdp(r.elements));
    p.say(cdp(r.elements));
    EXPECT_EQ(p.facts(), r.facts) << r.name;
    EXPECT_EQ(p.rules(), "") << r.name;
    EXPECT_EQ(p.operations(), "") << r.name;
  }
}

TEST(cdp, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"head_only", of_cdp + summed("02b40000"), ""},
      {"no_head", of_cdp + "02b400", "length"},
      {"version", of_cdp + summed("07b40000"), "version"},
      {"checksum", of_cdp + "02b4 1234" + tlv(10, "0003"), "checksum"},
      {"element_of_3", cdp("0001 0003"), "length"},
      {"element_too_long", cdp("0001 0010 4142"), "length"},
      {"vlan_of_1", cdp(tlv(10, "03")), "element"},
      {"addresses_cut", cdp(tlv(2, "00000002 01 01 cc 0004 0a00")), "element"},
      {"vtp_cut", of_vtp + "0101", "length"},
      {"vtp_version", of_vtp + "0901 00 05" + ascii("plant") + std::string(54, '0'), "version"},
      {"dtp_cut", of_dtp + "01 0002 0009 81", "length"},
      {"udld_cut", of_udld + "21", "length"},
      {"udld_version", of_udld + "41 00 0000", "version"},
  };
  for (const auto& r : rows) {
    port p{"cdp"};
    p.say(r.frame);
    EXPECT_EQ(p.rules(), r.rules) << r.name;
  }
}

std::string summary(unsigned revision) {
  return of_vtp + "02 01 01 05" + ascii("plant") + std::string(54, '0') + number(revision, 4) + "0a000001" + ascii("230101120000") +
         std::string(32, '0');
}

TEST(cdp, a_new_revision_changes_the_table_of_vlans) {
  port p{"cdp"};
  for (const auto r : {7u, 7u, 9u, 3u}) p.say(summary(r));
  EXPECT_EQ(p.operations(),
            "report summary_advertisement,report summary_advertisement,configure vlan_table_change,configure vlan_table_change");
  EXPECT_EQ(p.facts(), "vtp_domain=plant");
  EXPECT_EQ(p.rules(), "revision");
  const auto& op = p.talk.out.operations.at(2);
  EXPECT_EQ(op.protocol, "vtp");
  EXPECT_EQ(op.objects.at(0).address, "plant");
  EXPECT_NE(std::ranges::find(op.fields, field{"updater", std::string{"10.0.0.1"}}), op.fields.end());
  EXPECT_NE(std::ranges::find(op.fields, field{"previous_revision", std::uint64_t{7}}), op.fields.end());
}

TEST(cdp, a_port_that_becomes_a_trunk_is_told) {
  port p{"cdp"};
  const auto dtp = [](const std::string& status) {
    return of_dtp + "01" + tlv(1, "00") + tlv(2, status) + tlv(3, "a5") + tlv(4, "02aa00000012");
  };
  for (const auto* s : {"03", "03", "83"}) p.say(dtp(s));
  EXPECT_EQ(p.operations(), "session trunk_negotiation,configure trunk_change");
  const auto& op = p.talk.out.operations.at(1);
  EXPECT_EQ(op.protocol, "dtp");
  EXPECT_NE(std::ranges::find(op.fields, field{"operating", std::string{"trunk"}}), op.fields.end());
  EXPECT_NE(std::ranges::find(op.fields, field{"administrative", std::string{"desirable"}}), op.fields.end());
}

TEST(cdp, a_link_that_is_given_up_is_told) {
  port p{"cdp"};
  p.say(of_udld + "21 01 0000" + tlv(1, ascii("FOC1")) + tlv(2, ascii("Fa9")) + tlv(6, ascii("core")));
  p.say(of_udld + "23 00 0000" + tlv(1, ascii("FOC1")));
  EXPECT_EQ(p.operations(), "alarm flush");
  EXPECT_EQ(p.facts(), "chassis_id=FOC1,port_id=Fa9,system_name=core");
  EXPECT_EQ(p.talk.out.counts["udld/opcode/1"], 1u);
}

TEST(cdp, domains_are_forgotten_oldest_first) {
  port p{"cdp"};
  for (unsigned i = 0; i < 20; ++i) p.say(of_vtp + "02 01 01 01" + number(0x41 + i, 1) + std::string(62, '0') + number(1, 4));
  EXPECT_EQ(p.talk.out.counts["vtp/forgotten/domain"], 4u);
}

TEST(fdp, elements_are_those_of_cdp) {
  port p{"fdp"};
  p.say("aaaa0300e0522000 01b40000" + tlv(1, ascii("fes")) + tlv(6, ascii("FES2402")) + tlv(0x101, "0000"));
  EXPECT_EQ(p.facts(), "host_name=fes,model=FES2402");
  EXPECT_EQ(p.rules(), "");
}

std::string mark(unsigned type, const std::string& value) { return "99" + number(type, 1) + number(hex(value).size() + 4, 2) + value; }
std::string extreme(const std::string& elements) {
  const auto all = elements + "99000004";
  const auto size = 16 + hex(all).size();
  auto data = hex("0100" + number(size, 2) + "0000 0001 0000 02aa00000001" + all);
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i + 1 < data.size(); i += 2) sum += static_cast<std::uint32_t>(data[i] << 8 | data[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return "aaaa0300e02b00bb 0100" + number(size, 2) + number(~sum & 0xffff, 2) + "0001 0000 02aa00000001" + all;
}
std::string ring(unsigned code, unsigned state) {
  return mark(11, "01" + number(code, 1) + "0064 00000000 02aa00000001 0001 0003" + number(state, 1) + "00 0001" + std::string(76, '0'));
}

TEST(edp, says_who_the_switch_is) {
  port p{"edp"};
  p.say(extreme(mark(2, "0000 0010 0000 000000000000 0c06020a" + std::string(32, '0')) + mark(1, ascii("stack") + "00")));
  EXPECT_EQ(p.facts(), "chassis=02:aa:00:00:00:01,port_id=1/17,software=12.6.2.10,role=switch,host_name=stack,vendor=Extreme Networks");
}

TEST(edp, a_ring_that_breaks_and_heals_is_told) {
  port p{"edp"};
  for (const auto& [code, state] : {std::pair{5u, 1u}, {5u, 1u}, {8u, 4u}, {7u, 2u}, {5u, 2u}, {5u, 1u}}) p.say(extreme(ring(code, state)));
  EXPECT_EQ(p.operations(), "alarm link_down,alarm ring_down_flush,alarm ring_state_change");
  EXPECT_EQ(p.talk.out.operations.at(0).unit, "vlan 100");
  EXPECT_EQ(p.rules(), "");
}

TEST(edp, what_breaks_the_rules_is_said) {
  port p{"edp"};
  p.say("aaaa0300e02b00bb 0100 0099 0000 0001 0000 02aa00000001");
  p.say("aaaa0300e02b00bb 0100 0014 0000 0001 0000 02aa00000001 99000004");
  EXPECT_EQ(p.rules(), "length,checksum");
}

TEST(cdp, each_probe_knows_its_own) {
  const struct {
    std::string frame;
    const char* name;
  } rows[] = {{cdp(""), "cdp"},
              {of_vtp, "cdp"},
              {of_dtp, "cdp"},
              {of_udld, "cdp"},
              {"aaaa0300e0522000", "fdp"},
              {"aaaa0300e02b00bb", "edp"},
              {"aaaa03000000 0800", ""},
              {"aaaa0300000c 010b 0000 00 80", ""},
              {"424203 0000 00 80", ""},
              {"aaaa03 0000", ""}};
  for (const auto& r : rows)
    for (const auto* name : {"cdp", "fdp", "edp"})
      EXPECT_EQ(named(name).about.probe(hex(r.frame), transport::ethernet), r.name == std::string_view{name} ? match::yes : match::no)
          << r.frame << name;
}

TEST(cdp, every_prefix) {
  every_prefix("cdp",
               {{side::client, hex(cdp(tlv(1, ascii("core")) + tlv(2, "00000001 01 01 cc 0004 0a000001") + tlv(0x15, "06 03 2b0601")))},
                {side::client, hex(summary(7))},
                {side::client, hex(of_dtp + "01" + tlv(2, "81"))},
                {side::client, hex(of_udld + "21 01 0000" + tlv(1, ascii("FOC1")))}},
               transport::ethernet);
  every_prefix("edp", {{side::client, hex(extreme(ring(5, 1) + mark(2, "0000 0010 0000 000000000000 0c06020a")))}}, transport::ethernet);
  every_prefix("fdp", {{side::client, hex("aaaa0300e0522000 01b40000" + tlv(1, ascii("fes")))}}, transport::ethernet);
}

}  // namespace
}  // namespace mw::test
