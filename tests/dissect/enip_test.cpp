// The encapsulation of EtherNet/IP, its probe and frame, and implicit I/O.
#include "tests/dissect/enip_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

const protocol& enip() { return named("enip"); }

/// A ListIdentity answer of a controller: version, socket address, Rockwell, PLC, code 54, 20.11, status, serial, name, state.
octets identity_answer(std::uint16_t status = 0x3160) {
  const auto item = hex("0100 0002 af12 0a0101a4 0000000000000000 0100 0e00 3600 140b") + le(status, 2) + hex("8e4d5200 0b") +
                    hex("313735362d4c36312f42 41") + hex("03");
  return le(1, 2) + le(0x0c, 2) + le(item.size(), 2) + item;
}

TEST(enip, registers_a_session) {
  conversation talk{"enip"};
  talk.say(side::client, encapsulated(101, hex("0100 0000"), 7, 0));
  talk.say(side::server, encapsulated(101, hex("0100 0000"), 7, 0x0a0b0c0d));
  talk.say(side::client, encapsulated(102, {}, 8, 0x0a0b0c0d));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  const auto& opened = talk.out.operations[0];
  EXPECT_EQ(opened.protocol, "enip");
  EXPECT_EQ(opened.function, "101");
  EXPECT_EQ(opened.function_name, "register_session");
  EXPECT_EQ(opened.action, action::session);
  EXPECT_EQ(opened.outcome, outcome::ok);
  EXPECT_EQ(opened.latency, nanoseconds{1'000'000});
  EXPECT_EQ(field_of(opened, "session"), std::to_string(0x0a0b0c0d));
  EXPECT_EQ(talk.out.operations[1].function, "102");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::none);
  EXPECT_EQ(talk.out.counts, (std::map<std::string, unsigned>{{"enip/request/101", 1}, {"enip/response/101", 1}, {"enip/request/102", 1}}));
  EXPECT_TRUE(talk.out.violations.empty());
}

TEST(enip, refuses_with_its_own_status) {
  conversation talk{"enip"};
  talk.say(side::client, encapsulated(101, hex("0900 0000"), 7, 0));
  talk.say(side::server, encapsulated(101, hex("0100 0000"), 7, 0, 0x69));
  talk.say(side::client, unconnected("0e 03 2001 2401 3001", 9));
  talk.say(side::server, encapsulated(111, {}, 9, 0x11223344, 0x64));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code, "105");
  EXPECT_EQ(talk.out.operations[1].protocol, "cip");
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[1].code, "100");
  EXPECT_EQ(field_of(talk.out.operations[1], "encapsulation_status"), "100");
}

TEST(enip, learns_from_list_identity) {
  conversation talk{"enip"};
  talk.say(side::client, encapsulated(99, {}, 5, 0));
  talk.say(side::server, encapsulated(99, identity_answer(), 5, 0));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.action, action::identify);
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(field_of(op, "product_name"), "1756-L61/BA");
  EXPECT_EQ(field_of(op, "socket_address"), "10.1.1.164:44818");
  EXPECT_EQ(field_of(op, "state"), "3");
  EXPECT_EQ(fact_of(talk.out, "vendor"), "=Rockwell Automation@100");
  EXPECT_EQ(fact_of(talk.out, "device_type"), "=Programmable Logic Controller@100");
  EXPECT_EQ(fact_of(talk.out, "product_code"), "=54@100");
  EXPECT_EQ(fact_of(talk.out, "firmware"), "=20.11@100");
  EXPECT_EQ(fact_of(talk.out, "serial"), "=00524d8e@100");
  EXPECT_EQ(fact_of(talk.out, "model"), "=1756-L61/BA@100");
  EXPECT_EQ(fact_of(talk.out, "key_switch"), "=remote@90");
  EXPECT_EQ(fact_of(talk.out, "run_state"), "=run@90");
  for (const auto& f : talk.out.facts) EXPECT_EQ(f.who, side::server);
}

TEST(enip, tells_a_fact_again_only_when_it_changes) {
  conversation talk{"enip"};
  for (const auto status : {std::uint16_t{0x3160}, std::uint16_t{0x3160}, std::uint16_t{0x2070}}) {
    talk.say(side::client, encapsulated(99, {}, 5, 0));
    talk.say(side::server, encapsulated(99, identity_answer(status), 5, 0));
  }
  const auto told = [&](std::string_view kind) {
    return std::count_if(talk.out.facts.begin(), talk.out.facts.end(), [&](const learned& f) { return f.kind == kind; });
  };
  EXPECT_EQ(told("vendor"), 1);
  EXPECT_EQ(told("run_state"), 2);
  EXPECT_EQ(fact_of(talk.out, "key_switch"), "=program@90");
  EXPECT_EQ(fact_of(talk.out, "run_state"), "=program@90");
}

TEST(enip, reads_list_services) {
  conversation talk{"enip"};
  talk.say(side::client, encapsulated(4, {}, 5, 0));
  talk.say(side::server, encapsulated(4, hex("0100 0001 1400 0100 2001 436f6d6d756e69636174696f6e730000"), 5, 0));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(field_of(talk.out.operations[0], "service"), "Communications");
  EXPECT_EQ(field_of(talk.out.operations[0], "capabilities"), "288");
}

TEST(enip, an_answer_to_a_broadcast_is_a_flow_of_its_own) {
  conversation talk{"enip", transport::udp};
  talk.say(side::client, encapsulated(99, identity_answer(), 5, 0));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.askers[0], side::server);
  EXPECT_EQ(talk.out.facts.front().who, side::client);
  EXPECT_EQ(talk.out.counts.at("enip/response/99"), 1u);
}

TEST(enip, an_unanswered_request_times_out) {
  conversation talk{"enip"};
  talk.say(side::client, encapsulated(4, {}, 5, 0));
  talk.wait(std::chrono::seconds{31});
  talk.say(side::client, encapsulated(100, {}, 6, 0));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2u);
  for (const auto& op : talk.out.operations) EXPECT_EQ(op.outcome, outcome::timeout);
}

TEST(enip, reports_what_breaks_its_rules_and_goes_on) {
  const struct {
    const char* name;
    octets data;
    const char* rule;
  } rows[] = {
      {"unknown command", encapsulated(0x77, {}, 1, 0), "command"},
      {"register of a wrong size", encapsulated(101, hex("01 00"), 1, 0), "length"},
      {"options", le(4, 2) + le(0, 2) + le(0, 16) + le(9, 4), "options"},
      {"items cut", encapsulated(111, hex("00000000 0000 0200 0000 0000 b200 ff00 0e")), "length"},
      {"no items at all", encapsulated(111, {}), "length"},
      {"another interface", encapsulated(111, hex("05000000 0000 0200 0000 0000 b200 0200 0e00")), "interface_handle"},
  };
  for (const auto& row : rows) {
    conversation talk{"enip"};
    talk.say(side::client, row.data);
    EXPECT_EQ(rules_of(talk.out), row.rule) << row.name;
    talk.say(side::client, unconnected("07 02 208e 2401"));
    talk.end();
    EXPECT_EQ(talk.out.operations.back().action, action::stop) << row.name;
  }
}

TEST(enip, probe) {
  const struct {
    const char* name;
    octets head;
    transport t;
    match expected;
  } rows[] = {
      {"register", encapsulated(101, hex("01000000"), 0, 0), transport::tcp, match::yes},
      {"register answered", encapsulated(101, hex("01000000")), transport::tcp, match::yes},
      {"list identity", encapsulated(99, {}, 0, 0), transport::udp, match::yes},
      {"list identity answered", encapsulated(99, identity_answer(), 0, 0), transport::udp, match::yes},
      {"request", unconnected("07 02 208e 2401"), transport::tcp, match::yes},
      {"response", unconnected("87 00 00 00"), transport::tcp, match::yes},
      {"connected", connected("07 02 208e 2401", 5, 6), transport::tcp, match::yes},
      {"two bytes", hex("6f00"), transport::tcp, match::unsure},
      {"nothing", {}, transport::tcp, match::unsure},
      {"zeros", octets(64, 0), transport::tcp, match::no},
      {"options", le(4, 2) + le(0, 2) + le(0, 16) + le(9, 4), transport::tcp, match::no},
      {"a status that is none", encapsulated(111, {}, 0, 1, 77), transport::tcp, match::no},
      {"modbus", hex("0001 0000 0006 01 03 0000 0001"), transport::tcp, match::no},
      {"http", hex("474554202f20485454502f312e310d0a486f73743a20610d0a0d0a"), transport::tcp, match::no},
      {"datagram too long", encapsulated(99, {}, 0, 0) + hex("00"), transport::udp, match::no},
      {"items beyond the end", encapsulated(111, hex("00000000 0000 0200 0000 0000 b200 ff00 0e00")), transport::tcp, match::no},
      {"connected data without a connection", encapsulated(112, hex("00000000 0000 0200 0000 0000 b200 0400 0e000000")), transport::tcp,
       match::no},
      {"implicit", hex("0200 0280 0800 03064b00 db943f00 b100 0600 a587 e80f0300"), transport::udp, match::yes},
      {"implicit, cut", hex("0200 0280 0800 03064b00 db943f00 b100 0600 a587"), transport::udp, match::no},
  };
  for (const auto& row : rows) EXPECT_EQ(enip().about.probe(row.head, row.t), row.expected) << row.name;
}

TEST(enip, frame) {
  const auto whole = unconnected("07 02 208e 2401");
  EXPECT_EQ(enip().about.frame(whole).value(), whole.size());
  EXPECT_EQ(enip().about.frame(whole + whole).value(), whole.size());
  EXPECT_EQ(enip().about.frame({}).value(), 0u);
  EXPECT_EQ(enip().about.frame(bytes{whole}.first(23)).value(), 0u);
  EXPECT_FALSE(enip().about.frame(hex("474554202f20485454502f312e310d0a486f73743a20610d0a0d0a")).has_value());
  EXPECT_FALSE(enip().about.frame(encapsulated(111, {}, 0, 0, 0x12345678)).has_value());
}

TEST(enip, implicit_io_is_one_operation_per_connection) {
  conversation talk{"enip", transport::udp};
  const auto datagram = [](std::uint32_t id, std::uint32_t sequence, std::size_t size) {
    return hex("0200 0280 0800") + le(id, 4) + le(sequence, 4) + hex("b100") + le(size, 2) + octets(size, 0);
  };
  for (std::uint32_t i = 0; i < 10; ++i) {
    talk.say(side::client, datagram(0xa1, 100 + i * (i == 9 ? 2 : 1), 6));  // the last one after eight that are missing
    talk.say(side::server, datagram(0xa1, 7 + i, i == 3 ? 2 : 8));
  }
  EXPECT_TRUE(talk.out.operations.empty());
  talk.end();
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2u);
  const auto& one = talk.out.operations[0];
  EXPECT_EQ(one.action, action::report);
  EXPECT_EQ(one.function, "io");
  EXPECT_EQ(one.outcome, outcome::none);
  EXPECT_EQ(text_of(one.objects), "connection:0x000000a1");
  EXPECT_EQ(field_of(one, "datagrams"), "10");
  EXPECT_EQ(field_of(one, "octets"), "60");
  EXPECT_EQ(field_of(one, "missing"), "9");
  EXPECT_EQ(field_of(one, "interval"), "0.002");
  EXPECT_EQ(talk.out.askers[1], side::server);
  EXPECT_EQ(field_of(talk.out.operations[1], "size_min"), "2");
  EXPECT_EQ(field_of(talk.out.operations[1], "size_max"), "8");
  EXPECT_EQ(talk.out.counts.at("enip/io/datagram"), 20u);
}

TEST(enip, implicit_io_that_goes_on_is_told_once) {
  conversation talk{"enip", transport::udp};
  for (int i = 0; i < 3; ++i) {
    talk.client("0200 0280 0800 03064b00 db943f00 b100 0600 a587 e80f0300");
    talk.wait(std::chrono::seconds{11});
  }
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(field_of(talk.out.operations[0], "datagrams"), "1");
}

TEST(enip, every_prefix_and_every_flipped_byte) {
  every_prefix("enip", {{side::client, encapsulated(101, hex("01000000"), 7, 0)},
                        {side::server, encapsulated(101, hex("01000000"), 7)},
                        {side::client, encapsulated(99, {}, 5, 0)},
                        {side::server, encapsulated(99, identity_answer(), 5, 0)},
                        {side::client, encapsulated(4, {}, 5, 0)},
                        {side::server, encapsulated(4, hex("0100 0001 1400 0100 2001 436f6d6d756e69636174696f6e730000"), 5, 0)}});
  every_prefix("enip",
               {{side::client, hex("0200 0280 0800 03064b00 db943f00 b100 0600 a587 e80f0300")},
                {side::server, hex("0200 0280 0800 03064b00 db943f00 b100 0600 a587 e80f0300")},
                {side::client, encapsulated(99, identity_answer(), 5, 0)}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
