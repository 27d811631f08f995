// DNP3 below its application layer: link frames on TCP and in datagrams, and fragments put together (IEEE 1815-2012, clauses 8 and 9).
#include "tests/dissect/dnp3_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace dnp3;

// ---- link frames ----

TEST(dnp3_link, recognises_frames_by_their_checksum) {
  // A link reset as devices send it: the checksum is d7 f7.
  const auto reset = hex("05 64 05 c0 00 04 01 00 d7 f7");
  EXPECT_EQ(named("dnp3").about.probe(reset, transport::tcp), match::certain);
  EXPECT_EQ(link(0xc0, 1024, 1), reset);
  EXPECT_EQ(named("dnp3").about.probe(reply("c0 81 00 00"), transport::udp), match::certain);
  EXPECT_EQ(named("dnp3").about.probe({}, transport::tcp), match::unsure);
  for (std::size_t n = 1; n < reset.size(); ++n)
    EXPECT_EQ(named("dnp3").about.probe(bytes{reset}.first(n), transport::tcp), match::unsure) << n;
  struct {
    std::string_view name, octets;
  } const others[] = {
      {"Modbus", "00 01 00 00 00 06 01 03 00 00 00 01"},
      {"text", "47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31"},
      {"second start octet", "05 65 05 c0 00 04 01 00 d7 f7"},
      {"checksum, length below 5", "05 64 04 c0 00 04 01 00 d7 f7"},
      {"checksum, reserved function", "05 64 05 c7 00 04 01 00 d7 f7 00 00 00 00 00 00 00 00 00 00"},
  };
  for (const auto& o : others) EXPECT_EQ(named("dnp3").about.probe(hex(o.octets), transport::tcp), match::no) << o.name;
}

TEST(dnp3_link, one_spoiled_header_does_not_hide_the_conversation) {
  auto spoiled = ask("c0 01 3c 01 06");
  spoiled[8] ^= 1;
  EXPECT_EQ(named("dnp3").about.probe(spoiled, transport::tcp), match::yes) << "its block is in order";
  spoiled.back() ^= 1;
  EXPECT_EQ(named("dnp3").about.probe(spoiled, transport::tcp), match::unsure);
  const auto next = ask("c1 01 3c 01 06");
  auto both = spoiled;
  both.insert(both.end(), next.begin(), next.end());
  EXPECT_EQ(named("dnp3").about.probe(both, transport::tcp), match::yes);
  both = spoiled;
  both.resize(both.size() + 20);
  EXPECT_EQ(named("dnp3").about.probe(both, transport::tcp), match::no);
}

TEST(dnp3_link, sizes) {
  struct {
    std::uint8_t length;
    std::size_t size;
  } const rows[] = {{5, 10}, {6, 13}, {20, 27}, {21, 28}, {22, 31}, {255, 292}};
  for (const auto& r : rows) {
    const auto f = link(0xc4, 1, 2, octets(r.length - std::size_t{5}, 0xaa));
    EXPECT_EQ(f.size(), r.size);
    EXPECT_EQ(*named("dnp3").about.frame(f), r.size) << int{r.length};
    EXPECT_EQ(*named("dnp3").about.frame(bytes{f}.first(9)), 0u);
    EXPECT_EQ(*named("dnp3").about.frame(bytes{f}.first(10)), r.size);
  }
  EXPECT_FALSE(named("dnp3").about.frame(hex("64 05")));
  EXPECT_FALSE(named("dnp3").about.frame(hex("05 64 02 c0 00 04 01 00 00 00")));
}

TEST(dnp3_link, a_spoiled_length_does_not_swallow_the_frames_behind_it) {
  auto all = ask("c0 01 3c 01 06");
  const auto first = all.size();
  all[2] = 200;
  EXPECT_EQ(*named("dnp3").about.frame(all), 10u);
  all[2] = 11 - 5 + 5;
  all[8] ^= 0xff;
  const auto next = ask("c1 01 3c 02 06");
  all.insert(all.end(), next.begin(), next.end());
  EXPECT_EQ(*named("dnp3").about.frame(all), first);
  talk t;
  t.say(side::client, all);
  t.end();
  EXPECT_EQ(t.rules(), "crc");
  EXPECT_EQ(text(t.only().objects), "g60v2[all]");
}

TEST(dnp3_link, rules) {
  const auto data = hex("c0 c0 01 3c 01 06");
  auto bad_block = ask("c0 01 3c 01 06");
  bad_block.back() ^= 1;
  octets short_length{0x05, 0x64, 0x02, 0xc4, 0x0a, 0x00, 0x01, 0x00};
  append_crc(short_length, 0);
  struct {
    std::string_view name;
    octets frame;
    std::string_view rules;
    std::size_t operations;
  } const rows[] = {
      {"plain", link(0xc4, 10, 1, data), "", 1},
      {"confirmed", link(0xf3, 10, 1, data), "", 1},
      {"reset", link(0xc0, 10, 1), "", 0},
      {"status", link(0xc9, 10, 1), "", 0},
      {"acknowledged", link(0x00, 1, 10), "", 0},
      {"link status", link(0x0b, 1, 10), "", 0},
      {"reserved function", link(0xc5, 10, 1, data), "reserved", 1},
      {"reserved secondary function", link(0x07, 1, 10), "reserved", 0},
      {"secondary with data", link(0x00, 1, 10, data), "length", 0},
      {"reset with data", link(0xc0, 10, 1, data), "length", 0},
      {"data function without data", link(0xc4, 10, 1), "length", 0},
      {"no frame count", link(0xc3, 10, 1, data), "frame_count", 1},
      {"needless frame count", link(0xd4, 10, 1, data), "frame_count", 1},
      {"broadcast source", link(0xc4, 10, 0xffff, data), "address", 1},
      {"block checksum", bad_block, "crc", 0},
      {"length 2", short_length, "length", 0},
  };
  for (const auto& r : rows) {
    talk t;
    EXPECT_EQ(t.say(side::client, r.frame), 0u) << r.name;
    t.end();
    EXPECT_EQ(t.rules(), r.rules) << r.name;
    EXPECT_EQ(t.out.operations.size(), r.operations) << r.name;
  }
}

// ---- fragments ----

TEST(dnp3_fragments, are_put_together) {
  talk t;
  t.say(side::client, ask("c3 01 3c 01 06"));
  t.say(side::server, segment(false, 0x45, hex("c3 81 00 00 1e 04 00 00 02 01")));
  t.say(side::server, segment(false, 0x06, hex("00 02")));
  t.say(side::server, segment(false, 0x06, hex("00 02")));  // repeated by the link layer
  t.say(side::server, segment(false, 0x87, hex("00 03 00")));
  EXPECT_EQ(t.rules(), "");
  EXPECT_EQ(text(t.only().values), "1 2 3");
  EXPECT_EQ(t.only().latency, std::chrono::milliseconds{1}) << "counts from the first segment of the answer";
  EXPECT_EQ(t.out.counts["dnp3/function/129"], 1u);
  EXPECT_EQ(t.out.counts["dnp3/object/30/4"], 1u);
}

TEST(dnp3_fragments, a_missing_segment_is_reported) {
  talk t;
  t.say(side::server, segment(false, 0x45, hex("c3 81 00 00 1e 04 00 00 02 01")));
  t.say(side::server, segment(false, 0x87, hex("00 02 00 03 00")));
  EXPECT_EQ(t.rules(), "transport_sequence");
  t.say(side::server, segment(false, 0x08, hex("00")));
  EXPECT_EQ(t.rules(), "transport_sequence transport_sequence");
  t.say(side::server, segment(false, 0x40, hex("c3 81")));
  t.say(side::server, segment(false, 0xc1, hex("c3 81 00 00")));
  EXPECT_EQ(t.rules(), "transport_sequence transport_sequence transport_sequence");
  EXPECT_EQ(t.out.operations.size(), 1u);
}

TEST(dnp3_fragments, coming_late_is_no_violation) {
  talk t;
  t.say(side::server, segment(false, 0x08, hex("00 01")));
  t.say(side::server, segment(false, 0x89, hex("00 01")));
  EXPECT_EQ(t.rules(), "");
  t.say(side::server, segment(false, 0x4a, hex("c3 81 00")));
  t.gap(side::server);
  t.say(side::server, segment(false, 0x8c, hex("00 01")));
  EXPECT_EQ(t.rules(), "");
  EXPECT_TRUE(t.out.operations.empty());
}

TEST(dnp3_fragments, have_a_largest_size) {
  talk t;
  t.say(side::client, segment(true, 0x40, octets(249, 0)));
  for (unsigned i = 1; i < 300; ++i) t.say(side::client, segment(true, static_cast<std::uint8_t>(i & 0x3f), octets(249, 0)));
  EXPECT_EQ(t.out.violations.front().rule, "length");
  EXPECT_TRUE(t.out.operations.empty());
}

TEST(dnp3_fragments, a_response_of_several_fragments_is_one_operation) {
  talk t;
  t.asks("cf 01 3c 01 06");
  t.replies("af 81 00 00 1e 04 00 00 00 01 00");
  t.asks("cf 00");
  EXPECT_TRUE(t.out.operations.empty());
  t.replies("20 81 00 00 1e 04 00 01 01 02 00");
  t.replies("41 81 04 00 1e 04 00 02 02 03 00");
  EXPECT_EQ(text(t.only().returned), "g30v4[0] g30v4[1] g30v4[2]");
  EXPECT_EQ(text(t.only().values), "1 2 3");
  EXPECT_EQ(how(t.only()), "ok");
  EXPECT_EQ(text(t.only(), "iin"), "class_2_events");
  EXPECT_EQ(t.rules(), "");
}

TEST(dnp3_udp, several_frames_in_a_datagram) {
  auto both = ask("c1 01 3c 01 06");
  const auto status = link(0xc9, 10, 1);
  both.insert(both.end(), status.begin(), status.end());
  talk t{transport::udp};
  t.say(side::client, both);
  t.replies("c1 81 00 00");
  EXPECT_EQ(how(t.only()), "ok");
  EXPECT_EQ(t.out.counts["dnp3/link_primary/9"], 1u);
  EXPECT_EQ(t.rules(), "");
  both.insert(both.end(), {0xde, 0xad});
  t.say(side::client, both);
  EXPECT_EQ(t.rules(), "frame");
  both.resize(both.size() - 4);
  t.say(side::client, both);
  EXPECT_EQ(t.rules(), "frame length");
}

}  // namespace
}  // namespace mw::test
