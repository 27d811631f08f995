// What carries BACnet: BVLC, routes, segments, broadcasts; pairing, repetitions, time outs and bounds.
#include "tests/dissect/bacnet_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

const std::string read_request = "00 04 01 0c 0c 00000005 19 55", read_answer = "30 01 0c 0c 00000005 19 55 3e 44 42903333 3f";

TEST(bacnet_link, what_is_bacnet) {
  const struct {
    std::string name, data;
    match thinks;
    transport over = transport::udp;
  } rows[] = {
      {"request", "81 0a 0011 01 04 00 04 01 0c 0c 00000005 19 55", match::yes},
      {"wrong_type", "80 0a 0011 01 04 00 04 01 0c 0c 00000005 19 55", match::no},
      {"wrong_version", "81 0a 0011 02 04 00 04 01 0c 0c 00000005 19 55", match::no},
      {"reserved_bits", "81 0a 0011 01 44 00 04 01 0c 0c 00000005 19 55", match::no},
      {"length_lies", "81 0a 0019 01 04 00 04 01 0c 0c 00000005 19 55", match::yes},
      {"length_lies_and_no_service", "81 0a 0019 01 04 00 04 01 77 0c 00000005 19 55", match::no},
      {"no_apdu", "81 0a 0006 01 04", match::no},
      {"source_is_nobody", "81 0b 000c 01 08 0005 00 10 08 00", match::no},
      {"table_read", "81 02 0004", match::yes},
      {"table_read_long", "81 02 0005 00", match::no},
      {"table", "81 03 000e 0a000001bac0 ffffffff", match::yes},
      {"table_cut", "81 03 000d 0a000001bac0 ffffff", match::no},
      {"result", "81 00 0006 0030", match::yes},
      {"who_is_router", "81 0b 0007 01 80 00", match::yes},
      {"six", "82 02 000b 00007b 01 00 10 08", match::yes},
      {"six_resolution", "82 03 000a 00007b 000008", match::yes},
      {"six_short", "82 03 0009 00007b 0000", match::no},
      {"empty", "", match::no},
      {"ethernet", "828203 01 20 ffff 00 ff 10 08", match::yes, transport::ethernet},
      {"spanning_tree", "424203 0000000000", match::no, transport::ethernet},
      {"mstp_token", "aaaa03 0010900001 000080 00 01 72 0000 84", match::yes, transport::ethernet},
      {"other_snap", "aaaa03 00000c010b 000080 00 01 72 0000 84", match::no, transport::ethernet},
      {"not_on_tcp", "81 0a 0011 01 04 00 04 01 0c 0c 00000005 19 55", match::no, transport::tcp},
  };
  for (const auto& r : rows) EXPECT_EQ(named("bacnet").about.probe(hex(r.data), r.over), r.thinks) << r.name;
}

TEST(bacnet_link, tables_of_broadcasts_and_foreign_devices) {
  const struct {
    std::string name, request, answer, function, values, how, code, field, said, facts;
    action what = action::configure;
  } rows[] = {
      {"write", "81 01 000e 0a000001bac0 ffffff00", "81 00 0006 0000", "bvlc/1", "10.0.0.1:47808/255.255.255.0", "ok", "", "entries", "1",
       ""},
      {"write_refused", "81 01 0004", "81 00 0006 0010", "bvlc/1", "", "refused", "16", "entries", "0", ""},
      {"read", "81 02 0004", "81 03 000e 0a000001bac0 ffffffff", "bvlc/2", "10.0.0.1:47808/255.255.255.255", "ok", "", "entries", "1",
       "role=bacnet_bbmd", action::read},
      {"read_refused", "81 02 0004", "81 00 0006 0020", "bvlc/2", "", "refused", "32", "", "", "", action::read},
      {"register", "81 05 0006 003c", "81 00 0006 0000", "bvlc/5", "", "ok", "", "seconds", "60", "role=bacnet_foreign_device"},
      {"register_refused", "81 05 0006 003c", "81 00 0006 0030", "bvlc/5", "", "refused", "48", "", "", "role=bacnet_foreign_device"},
      {"foreign", "81 06 0004", "81 07 000e 0a000001bac0 003c 0028", "bvlc/6", "10.0.0.1:47808 60 40", "ok", "", "", "", "role=bacnet_bbmd",
       action::read},
      {"delete", "81 08 000a 0a000001bac0", "81 00 0006 0050", "bvlc/8", "", "refused", "80", "entry", "10.0.0.1:47808", ""},
      {"register6", "82 09 0009 00007b 003c", "82 00 0009 000008 0090", "bvlc6/9", "", "refused", "144", "source_vmac", "123",
       "role=bacnet_foreign_device"},
      {"delete6", "82 0a 0019 00007b fe80000000000000000000000000000a bac0", "82 00 0009 000008 0000", "bvlc6/10", "", "ok", "", "entry",
       "[fe80::a]:47808", ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"bacnet", transport::udp};
    talk.client(r.request), talk.server(r.answer);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(to_string(op.outcome), r.how);
    EXPECT_EQ(op.code.value_or(""), r.code);
    if (!r.field.empty()) {
      EXPECT_EQ(field_of(op, r.field), r.said);
    }
    EXPECT_EQ(told(talk.out), r.facts);
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(bacnet_link, what_breaks_a_rule) {
  const struct {
    std::string data, rule;
  } rows[] = {
      {"81 0a 0003", "bvlc"},
      {"81 0a 0008 02 04 00 04", "npdu"},
      {"81 0a 0008 01 28 00 05", "npdu"},
      {"81 0a 0007 01 50 10 08", "length"},
      {"81 0a 0008 01 50 10 08", "reserved_bits"},
      {"81 0a 000b 01 08 0005 00 10 08", "source_address"},
      {"81 0a 000c 01 20 0000 00 ff 10 08", "destination_address"},
      {"81 0a 0006 01 04", "length"},
      {"81 0a 0007 01 04 f0", "type"},
      {"81 0a 0008 01 04 00 04", "length"},
      {"81 0a 0008 01 04 50 01", "length"},
      {"81 05 0005 00", "length"},
      {"81 0d 0004", "function"},
      {"81 03 0009 0a000001 00", "length"},
      {"81 0b 0008 01 80 03 00", "length"},
      {"81 0a 000a 01 04 40 01 00 00", "window"},
  };
  for (const auto& r : rows) {
    conversation talk{"bacnet", transport::udp};
    talk.client(r.data);
    const auto said = rules(talk.out);
    EXPECT_TRUE(said == r.rule || said.starts_with("length," + r.rule) || said.starts_with(r.rule + ",")) << r.data << " gave " << said;
    talk.say(side::client, on_ip("01 04" + read_request)), talk.say(side::server, on_ip("01 00" + read_answer));
    EXPECT_EQ(to_string(talk.out.operations.back().outcome), "ok") << r.data;  // the session goes on
  }
}

TEST(bacnet_link, routers_and_networks) {
  const struct {
    std::string npdu, function, objects, field, said, facts;
    action what = action::identify;
  } rows[] = {
      {"01 80 00 0005", "network/0", "network,5", "", "", ""},
      {"01 80 01 0005 0007", "network/1", "network,5 network,7", "", "", "role=bacnet_router,network=5,network=7"},
      {"01 80 02 0005 09", "network/2", "network,5", "performance", "9", ""},
      {"01 80 03 01 0005", "network/3", "network,5", "reason", "not_router_to_network", "", action::report},
      {"01 80 04 0005", "network/4", "network,5", "", "", "", action::report},
      {"01 80 06 01 0005 01 02 aabb", "network/6", "network,5", "ports", "1", "", action::configure},
      {"01 80 06 00", "network/6", "", "ports", "0", "", action::read},
      {"01 80 08 0005 3c", "network/8", "network,5", "seconds", "60", "", action::configure},
      {"01 80 13 0005 01", "network/19", "network,5", "configured", "true", ""},
      {"01 80 90 0018 55", "network/144", "", "vendor_id", "24", "", action::diagnose},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.npdu);
    conversation talk{"bacnet", transport::udp};
    talk.say(side::client, on_ip(r.npdu, 0x0b));
    ASSERT_EQ(talk.out.operations.size(), 1U);
    EXPECT_EQ(talk.out.operations[0].function, r.function);
    EXPECT_EQ(to_string(talk.out.operations[0].action), to_string(r.what));
    EXPECT_EQ(text(talk.out.operations[0].objects), r.objects);
    if (!r.field.empty()) {
      EXPECT_EQ(field_of(talk.out.operations[0], r.field), r.said);
    }
    EXPECT_EQ(told(talk.out), r.facts);
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(bacnet_link, peers_ask_each_other_with_the_same_number) {
  conversation talk{"bacnet", transport::udp};
  talk.say(side::client, on_ip("01 04" + read_request));
  talk.say(side::server, on_ip("01 04 00 04 01 0c 0c 00000009 19 55"));
  talk.say(side::client, on_ip("01 00 30 01 0c 0c 00000009 19 55 3e 91 01 3f"));
  talk.say(side::server, on_ip("01 00" + read_answer));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.askers, (std::vector{side::server, side::client}));
  EXPECT_EQ(text(talk.out.operations[0].objects), "0,9/85");
  EXPECT_EQ(text(talk.out.operations[1].objects), "0,5/85");
}

TEST(bacnet_link, devices_behind_a_router_are_apart) {
  conversation talk{"bacnet", transport::udp};
  const std::string first = "01 24 0005 01 0a ff", second = "01 24 0005 01 0b ff";
  talk.say(side::client, on_ip(first + read_request)), talk.say(side::client, on_ip(second + read_request));
  talk.say(side::server, on_ip("01 08 0005 01 0b" + read_answer));
  talk.say(side::server, on_ip("01 08 0005 01 0a 50 01 0c 91 01 91 1f"));
  talk.say(side::server, on_ip("01 08 0005 01 0a 10 00 c4 0200007b 22 01e0 91 00 21 18"));
  talk.say(side::client, on_ip(first + read_request));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(talk.out.operations[0].unit, "5/0b");
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "ok");
  EXPECT_EQ(talk.out.operations[1].unit, "5/0a");
  EXPECT_EQ(talk.out.operations[1].code, "31");
  EXPECT_EQ(talk.out.operations[3].unit, "123");  // known by name now
  EXPECT_EQ(told(talk.out), "123 device_instance=123,123 vendor_id=24,123 vendor=Automated Logic Corporation");
}

TEST(bacnet_link, a_forwarded_broadcast_is_of_who_sent_it_first) {
  conversation talk{"bacnet", transport::udp};
  talk.client("81 04 001c 0a000009bac0 01 20 ffff 00 ff 10 00 c4 0200007b 22 01e0 91 00 21 18");
  EXPECT_EQ(told(talk.out),
            "role=bacnet_bbmd,10.0.0.9 device_instance=123,10.0.0.9 vendor_id=24,10.0.0.9 vendor=Automated Logic Corporation");
  EXPECT_EQ(field_of(talk.out.operations.at(0), "origin"), "10.0.0.9:47808");
}

TEST(bacnet_link, segments_become_one_answer) {
  conversation talk{"bacnet", transport::udp};
  const std::string request = "01 04 02 74 01 0c 0c 00000005 19 55";
  talk.say(side::client, on_ip(request));
  talk.say(side::server, on_ip("01 04 3c 01 00 02 0c 0c 00000005 19"));
  talk.say(side::server, on_ip("01 04 3c 01 00 02 0c 0c 00000005 19"));  // repeated
  talk.say(side::client, on_ip("01 00 40 01 00 02"));
  talk.say(side::server, on_ip("01 04 3c 01 01 02 0c 55 3e 44 42"));
  talk.say(side::server, on_ip("01 04 38 01 02 02 0c 903333 3f"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(text(talk.out.operations[0].values), "72.0999984741211");
  EXPECT_EQ(talk.out.counts["bacnet/apdu/3"], 4U);
  EXPECT_EQ(talk.out.counts["bacnet/apdu/4"], 1U);
  EXPECT_EQ(rules(talk.out), "");

  talk.say(side::client, on_ip(request));
  talk.say(side::server, on_ip("01 04 3c 01 00 02 0c 0c 00000005 19"));
  talk.say(side::server, on_ip("01 04 38 01 02 02 0c 903333 3f"));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(to_string(talk.out.operations[1].outcome), "ok");
  EXPECT_EQ(field_of(talk.out.operations[1], "segments_missing"), "true");
  EXPECT_EQ(rules(talk.out), "segment_order");

  talk.say(side::client, on_ip("01 04 0e 74 02 00 02 07 c4 02800001 0e 31 00 63"));
  talk.say(side::client, on_ip("01 04 0a 74 02 01 02 07 010203 0f"));
  talk.say(side::server, on_ip("01 00 30 02 07 09 00"));
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(text(talk.out.operations[2].values), "0x010203");
  EXPECT_EQ(talk.out.operations[2].latency, std::chrono::milliseconds{2});  // from the first segment on
}

TEST(bacnet_link, segments_are_bounded) {
  conversation talk{"bacnet", transport::udp};
  constexpr std::string_view digits = "0123456789abcdef";
  for (int i = 0; i < 20; ++i)
    talk.say(side::server,
             on_ip("01 04 3c 0" + std::string{digits[static_cast<std::size_t>(i) % 16]} + " 00 02 0c 0" + (i < 16 ? "c" : "d")));
  EXPECT_EQ(talk.out.counts["bacnet/forgotten/segments"], 12U);
  const std::string much(2 * 1000, '0');
  for (int i = 0; i < 80; ++i) {
    const std::string sequence{digits[static_cast<std::size_t>(i) / 16], digits[static_cast<std::size_t>(i) % 16]};
    talk.say(side::server, on_ip("01 04 3c 77" + sequence + "02 0c" + much));
  }
  EXPECT_EQ(talk.out.counts["bacnet/forgotten/long_message"], 1U);
  talk.wait(std::chrono::seconds{70});
  EXPECT_EQ(talk.out.counts["bacnet/segment/never_ended"], 8U);
}

TEST(bacnet_link, what_is_not_answered_and_what_was_not_asked) {
  conversation talk{"bacnet", transport::udp};
  talk.say(side::client, on_ip("01 04" + read_request));
  talk.say(side::client, on_ip("01 04" + read_request));  // asked again
  talk.say(side::server, on_ip("01 00" + read_answer));
  talk.say(side::server, on_ip("01 00" + read_answer));  // seen twice
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "timeout");
  EXPECT_EQ(field_of(talk.out.operations[0], "asked_again"), "true");
  EXPECT_EQ(to_string(talk.out.operations[1].outcome), "ok");
  EXPECT_EQ(talk.out.counts["bacnet/answer/repeated"], 1U);
  talk.say(side::server, on_ip("01 00 30 07 0c 0c 00000008 19 55 3e 91 01 3f"));
  talk.say(side::server, on_ip("01 00 60 09 01"));
  ASSERT_EQ(talk.out.operations.size(), 4U);
  EXPECT_EQ(to_string(talk.out.operations[2].outcome), "unpaired");
  EXPECT_EQ(text(talk.out.operations[2].objects), "0,8/85");
  EXPECT_EQ(talk.out.operations[3].function, "reject");
  talk.say(side::client, on_ip("01 04" + read_request));
  talk.gap(side::server);
  talk.wait(std::chrono::seconds{40});
  ASSERT_EQ(talk.out.operations.size(), 5U);
  EXPECT_EQ(to_string(talk.out.operations[4].outcome), "timeout");
  talk.say(side::client, on_ip("01 04" + read_request));
  talk.say(side::client, on_ip("01 00 70 01 00"));  // who asked gives up
  ASSERT_EQ(talk.out.operations.size(), 6U);
  EXPECT_EQ(field_of(talk.out.operations[5], "given_up_by_asker"), "true");
  talk.say(side::client, on_ip("01 04" + read_request));
  talk.say(side::server, on_ip("01 00 20 01 0f"));
  EXPECT_EQ(rules(talk.out), "mismatch");
}

TEST(bacnet_link, devices_and_commands_are_bounded) {
  conversation talk{"bacnet", transport::udp};
  for (unsigned i = 0; i < 300; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::string n{digits[i >> 8 & 15], digits[i >> 4 & 15], digits[i & 15]};
    talk.say(side::server, on_ip("01 08 0" + n + " 01 0a 10 00 c4 02000" + n + " 22 01e0 91 00 21 18"));
    talk.say(side::client, on_ip("01 04 00 04 01 0f 0c 00400" + n + "19 55 3e 91 01 3f 49 08"));
    talk.say(side::server, on_ip("01 00 20 01 0f"));
  }
  EXPECT_EQ(talk.out.counts["bacnet/forgotten/device"], 44U);
  EXPECT_EQ(talk.out.counts["bacnet/forgotten/command"], 44U);
}

TEST(bacnet_link, below_ip) {
  conversation talk{"bacnet", transport::ethernet};
  talk.client("828203 01 04" + read_request);
  talk.server("828203 01 00" + read_answer);
  talk.client("aaaa03 0010900001 000080 05 72 01 0010 11 01 04 00 04 02 0c 0c 00000005 19 55 0000 00");
  talk.server("aaaa03 0010900001 000080 00 01 72 0000 84");
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "ok");
  EXPECT_EQ(talk.last, verdict::taken);
  talk.client("424203 00000000");
  EXPECT_EQ(talk.last, verdict::not_mine);
}

TEST(bacnet_link, no_byte_is_read_that_is_not_there) {
  const std::vector<std::pair<side, std::vector<std::uint8_t>>> messages{
      {side::client, on_ip("01 24 0005 01 0a ff 00 04 01 0e 0c 0200007b 1e 09 4d 09 08 1f")},
      {side::server, on_ip("01 08 0005 01 0a 30 01 0e 0c 0200007b 1e 29 4d 4e 73 00 5031 4f 29 57 39 03 5e 91 02 91 20 5f 1f")},
      {side::client, on_ip("01 04 0e 74 02 00 02 07 c4 02800001 0e 31 00 63")},
      {side::client, on_ip("01 04 0a 74 02 01 02 07 010203 0f")},
      {side::server, on_ip("01 00 50 02 07 91 01 91 1f")},
      {side::client, hex("81 04 001c 0a000009bac0 01 20 ffff 00 ff 10 00 c4 0200007b 22 01e0 91 00 21 18")},
      {side::client, hex("81 01 000e 0a000001bac0 ffffff00")},
      {side::server, hex("82 0a 0019 00007b fe80000000000000000000000000000a bac0")},
      {side::client, on_ip("01 80 06 01 0005 01 02 aabb")},
  };
  every_prefix("bacnet", messages, transport::udp);
  every_prefix("bacnet", {{side::client, hex("aaaa03 0010900001 000080 05 72 01 0010 11 01 04 00 04 02 0c 0c 00000005 19 55 0000 00")}},
               transport::ethernet);
}

}  // namespace
}  // namespace mw::test
