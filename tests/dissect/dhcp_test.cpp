// DHCP: what a client says of itself, which address it was given, who gives addresses, and that no lease looks like a claim.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string text(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) (out += out.empty() ? "" : ",") += f.kind + ' ' + f.subject + '=' + f.value;
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}
std::string zeros(std::size_t n) { return std::string(2 * n, '0'); }

const std::string card = "02aa00000001", none = "00000000", magic = "63825363";
const std::string a = "02:aa:00:00:00:01";
struct fixed {
  std::string op = "01", hardware = "0106", ciaddr = none, yiaddr = none, giaddr = none, chaddr = card, sname = zeros(64),
              file = zeros(128);
};
std::string packet(const std::string& rest, const fixed& f = {}) {
  return f.op + f.hardware + "00 4b5b9c77 0000 8000" + f.ciaddr + f.yiaddr + none + f.giaddr + f.chaddr + zeros(10) + f.sname + f.file +
         rest;
}
std::string options(const std::string& list, const fixed& f = {}) { return packet(magic + list + "ff", f); }
const fixed answer{.op = "02", .yiaddr = "0a000063"};
const std::string server = "3604 0a000014", name = "0c04 70756d70", maker = "3c07 756468637020 31";

TEST(dhcp, each_message_says_what_it_says) {
  const struct {
    const char* name;
    std::string packet, facts, rules;
  } rows[] = {
      {"discover", options("350101" + name + maker), "host_name " + a + "=pump,vendor_class " + a + "=udhcp 1", ""},
      {"request", options("350103 3204 0a000063" + server + name), "host_name " + a + "=pump,requested_address " + a + "=10.0.0.99", ""},
      {"renewal", options("350103" + name, {.ciaddr = "0a000063"}), "host_name 10.0.0.99=pump", ""},
      {"release", options("350107" + server, {.ciaddr = "0a000063"}), "", ""},
      {"card_as_identity", options("350101 3d07 01 02aa00000001"), "", ""},
      {"other_card_as_identity", options("350101 3d07 01 02bb00000002"), "client_id " + a + "=02:bb:00:00:00:02", ""},
      {"identity_that_is_no_card", options("350101 3d07 ff 02bb00000002"), "", ""},
      {"infiniband", options("350101 3d07 01 02bb00000002" + name, {.hardware = "2000", .chaddr = zeros(6)}),
       "host_name 02:bb:00:00:00:02=pump,client_id 02:bb:00:00:00:02=02:bb:00:00:00:02", ""},
      {"offer", options("350102" + server + "0304 0a000001 0608 0a000002 0a000003", answer),
       "role 10.0.0.20=dhcp_server,router 10.0.0.20=10.0.0.1,dns 10.0.0.20=10.0.0.2 10.0.0.3", ""},
      {"ack", options("350105" + server, answer), "role 10.0.0.20=dhcp_server,ip " + a + "=10.0.0.99", ""},
      {"ack_of_renewal", options("350105" + server, {.op = "02", .ciaddr = "0a000063", .yiaddr = "0a000063"}),
       "role 10.0.0.20=dhcp_server,mac 10.0.0.99=" + a, ""},
      {"ack_of_inform", options("350105" + server, {.op = "02", .ciaddr = "0a000063"}), "role 10.0.0.20=dhcp_server", ""},
      {"ack_without_server", options("350105", answer), "ip " + a + "=10.0.0.99", ""},
      {"nak", options("350106" + server + "0304 0a000001", {.op = "02"}), "role 10.0.0.20=dhcp_server", ""},
      {"group_is_given_away", options("350105" + server, {.op = "02", .yiaddr = "e0000001"}), "role 10.0.0.20=dhcp_server", "address"},
      {"bootp", packet(zeros(64)), "", ""},
      {"bootp_reply", packet(zeros(64), answer), "", ""},
      {"bootp_with_name", options(name), "host_name " + a + "=pump", ""},
      {"bootp_without_vendor_part", packet(""), "", ""},
      {"pads", options("00 350101 000000" + name + "00"), "host_name " + a + "=pump", ""},
      {"joined_parts", options("350101 0c02 7075 0c02 6d70"), "host_name " + a + "=pump", ""},
      {"name_in_file", options("350101 340101", {.file = name + "ff" + zeros(121)}), "host_name " + a + "=pump", ""},
      {"name_in_server_name", options("350101 340102", {.sname = name + "ff" + zeros(57)}), "host_name " + a + "=pump", ""},
      {"both", options("350101 340103", {.sname = maker + "ff" + zeros(54), .file = name + "ff" + zeros(121)}),
       "host_name " + a + "=pump,vendor_class " + a + "=udhcp 1", ""},
      {"file_has_no_end", options("350101 340101", {.file = name + zeros(122)}), "host_name " + a + "=pump", "options"},
      {"file_is_not_asked_for", options("350101", {.file = name + "ff" + zeros(121)}), "", ""},
      {"overload_4", options("350101 340104" + name), "host_name " + a + "=pump", "overload"},
      {"no_end", packet(magic + "350101" + name), "host_name " + a + "=pump", "options"},
      {"option_is_cut", packet(magic + "350101" + name + "3c20 7564"), "host_name " + a + "=pump", "options"},
      {"option_without_length", packet(magic + "350101" + name + "3c"), "host_name " + a + "=pump", "options"},
      {"empty_name", options("350101 0c00"), "", "option_length"},
      {"type_of_two", options("35020101" + name), "host_name " + a + "=pump", "option_length"},
      {"router_of_three", options("350105" + server + "0303 0a0000", answer), "role 10.0.0.20=dhcp_server,ip " + a + "=10.0.0.99",
       "option_length"},
      {"type_0", options("350100"), "", "message_type"},
      {"type_19", options("350113"), "", "message_type"},
      {"discover_from_server", options("350101", answer), "", "operation"},
      {"ack_from_client", options("350105"), "", "operation"},
      {"operation_3", options("350101", {.op = "03"}), "", "operation"},
      {"card_of_eight", options("350101", {.hardware = "0108"}), "", "hardware_size"},
      {"card_of_17", options("350101", {.hardware = "2011"}), "", "hardware_size"},
      {"group_card", options("350101" + name, {.chaddr = "ffffffffffff"}), "", "client_card"},
      {"cut", packet("").substr(0, 400), "", "length"},
      {"empty_name_of_blanks", options("350101 0c02 2000"), "", ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"dhcp", transport::udp};
    talk.client(r.packet);
    EXPECT_EQ(text(talk.out), r.facts);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_TRUE(talk.out.operations.empty());
  }
}

TEST(dhcp, a_probe_knows_its_own) {
  const struct {
    const char* name;
    std::string packet;
    match thinks;
  } rows[] = {
      {"discover", options("350101"), match::yes},
      {"bootp", packet(zeros(64)), match::yes},
      {"other_magic", packet("63825364" + zeros(8)), match::no},
      {"operation_3", options("350101", {.op = "03"}), match::no},
      {"short", "010106", match::unsure},
      {"dns", "4b5b 0100 0001 0000 0000 0000", match::no},
  };
  for (const auto& r : rows) EXPECT_EQ(named("dhcp").about.probe(hex(r.packet), transport::udp), r.thinks) << r.name;
}

TEST(dhcp, messages_are_counted) {
  conversation talk{"dhcp", transport::udp};
  for (int i = 0; i < 2; ++i) talk.client(options("350101"));
  talk.client(options("350101 340101", {.file = "ff" + zeros(127)}));
  talk.server(options("350105" + server, answer));
  talk.client(packet(zeros(64)));
  const std::map<std::string, unsigned> expected{
      {"dhcp/message/1", 3}, {"dhcp/message/5", 1}, {"dhcp/packet/bootp", 1}, {"dhcp/packet/overload", 1}};
  EXPECT_EQ(talk.out.counts, expected);
}

/// The inventory takes a fact about an address and a card together for a claim of the address.
TEST(dhcp, a_lease_that_goes_to_the_next_client_is_no_claim) {
  conversation talk{"dhcp", transport::udp};
  for (const auto* client : {"02aa00000001", "02aa00000002", "02aa00000003"}) {
    talk.client(options("350101" + name, {.chaddr = client}));
    talk.server(options("350105" + server, {.op = "02", .yiaddr = "0a000063", .chaddr = client}));
  }
  unsigned leases = 0;
  for (const auto& f : talk.out.facts) {
    EXPECT_NE(f.kind, "mac");
    EXPECT_NE(f.kind, "vendor");
    if (f.kind != "ip") continue;
    EXPECT_EQ(f.subject, "02:aa:00:00:00:0" + std::to_string(++leases));
  }
  EXPECT_EQ(leases, 3U);
}

TEST(dhcp, the_same_is_said_once_and_a_change_at_once) {
  conversation talk{"dhcp", transport::udp};
  for (int i = 0; i < 10; ++i) talk.client(options("350101" + name));
  EXPECT_EQ(talk.out.facts.size(), 1U);
  talk.client(options("350101 0c03 666f6f"));
  talk.client(options("350101" + name));
  EXPECT_EQ(text(talk.out), "host_name " + a + "=pump,host_name " + a + "=foo,host_name " + a + "=pump");
  talk.wait(std::chrono::minutes{11});
  talk.client(options("350101" + name));
  EXPECT_EQ(talk.out.facts.size(), 4U);
}

TEST(dhcp, what_was_told_is_bounded) {
  conversation talk{"dhcp", transport::udp};
  auto p = hex(options("350101" + name));
  for (unsigned i = 0; i < 300; ++i) {
    p[32] = static_cast<std::uint8_t>(i >> 8), p[33] = static_cast<std::uint8_t>(i);
    talk.say(side::client, p);
  }
  EXPECT_EQ(talk.out.facts.size(), 300U);
  EXPECT_EQ(talk.out.counts["dhcp/forgotten/fact"], 300U - 256U);
}

TEST(dhcp, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix("dhcp",
               {{side::client, hex(options("350103 3204 0a000063 3d07 01 02bb00000002" + server + name + maker))},
                {side::server,
                 hex(options("350105 340103" + server + "0304 0a000001 0608 0a000002 0a000003",
                             {.op = "02", .yiaddr = "0a000063", .sname = maker + "ff" + zeros(54), .file = name + "ff" + zeros(121)}))}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
