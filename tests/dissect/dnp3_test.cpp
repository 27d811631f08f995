// DNP3 over TCP and UDP: link frames, fragments, objects and which response answers which request (IEEE 1815-2012).
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
constexpr std::uint16_t master = 1, outstation = 10;

/// The checksum bit by bit, so that the table of the dissector is not checked against itself.
void append_crc(octets& to, std::size_t from) {
  unsigned v = 0;
  for (auto i = from; i < to.size(); ++i) {
    v ^= to[i];
    for (int bit = 0; bit < 8; ++bit) v = (v & 1) != 0 ? v >> 1 ^ 0xa6bc : v >> 1;
  }
  v = ~v & 0xffff;
  to.push_back(static_cast<std::uint8_t>(v));
  to.push_back(static_cast<std::uint8_t>(v >> 8));
}

octets link(std::uint8_t control, std::uint16_t destination, std::uint16_t source, const octets& data = {}) {
  const auto low = [](std::size_t n) { return static_cast<std::uint8_t>(n); };
  octets f{0x05, 0x64, low(5 + data.size()), control, low(destination), low(destination >> 8), low(source), low(source >> 8)};
  append_crc(f, 0);
  for (std::size_t i = 0; i < data.size(); i += 16) {
    const auto from = f.size();
    f.insert(f.end(), data.begin() + static_cast<std::ptrdiff_t>(i),
             data.begin() + static_cast<std::ptrdiff_t>(std::min(i + 16, data.size())));
    append_crc(f, from);
  }
  return f;
}
/// A segment with its transport octet, as user data.
octets segment(bool from_master, std::uint8_t transport_octet, octets application, std::uint16_t station = outstation) {
  application.insert(application.begin(), transport_octet);
  return from_master ? link(0xc4, station, master, application) : link(0x44, master, station, application);
}
octets ask(std::string_view application, std::uint16_t station = outstation) { return segment(true, 0xc0, hex(application), station); }
octets reply(std::string_view application, std::uint16_t station = outstation) { return segment(false, 0xc0, hex(application), station); }

struct talk : conversation {
  explicit talk(transport t = transport::tcp) : conversation{"dnp3", t} {}
  void asks(std::string_view application, std::uint16_t station = outstation) { say(side::client, ask(application, station)); }
  void replies(std::string_view application, std::uint16_t station = outstation) { say(side::server, reply(application, station)); }
  const operation& only() {
    EXPECT_EQ(out.operations.size(), 1u);
    static const operation none;
    return out.operations.empty() ? none : out.operations.back();
  }
  std::string rules() const {
    std::string all;
    for (const auto& v : out.violations) (all += all.empty() ? "" : " ") += v.rule;
    return all;
  }
  std::string fact(std::string_view kind) const {
    for (const auto& f : out.facts)
      if (f.kind == kind) return f.value;
    return {};
  }
};

std::string text(const std::vector<object>& objects) {
  std::string all;
  for (const auto& o : objects) {
    (all += all.empty() ? "" : " ") += o.space + '[' + o.address + ']';
    if (o.count != 1) all += 'x' + std::to_string(o.count);
  }
  return all;
}
std::string text(const std::vector<value>& values) {
  std::string all;
  for (std::size_t i = 0; i < values.size(); ++i) (all += i == 0 ? "" : " ") += values[i].index() == 0 ? "null" : to_string(values[i]);
  return all;
}
std::string text(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return {};
}
std::string how(const operation& op) { return std::string{to_string(op.outcome)} + (op.code ? ' ' + *op.code : ""); }

const protocol& dnp3() { return named("dnp3"); }

// ---- link frames ----

TEST(dnp3_link, recognises_frames_by_their_checksum) {
  // A link reset as devices send it: the checksum is d7 f7.
  const auto reset = hex("05 64 05 c0 00 04 01 00 d7 f7");
  EXPECT_EQ(dnp3().about.probe(reset, transport::tcp), match::certain);
  EXPECT_EQ(link(0xc0, 1024, 1), reset);
  EXPECT_EQ(dnp3().about.probe(reply("c0 81 00 00"), transport::udp), match::certain);
  EXPECT_EQ(dnp3().about.probe({}, transport::tcp), match::unsure);
  for (std::size_t n = 1; n < reset.size(); ++n) EXPECT_EQ(dnp3().about.probe(bytes{reset}.first(n), transport::tcp), match::unsure) << n;
  struct {
    std::string_view name, octets;
  } const others[] = {
      {"Modbus", "00 01 00 00 00 06 01 03 00 00 00 01"},
      {"text", "47 45 54 20 2f 20 48 54 54 50 2f 31 2e 31"},
      {"second start octet", "05 65 05 c0 00 04 01 00 d7 f7"},
      {"checksum, length below 5", "05 64 04 c0 00 04 01 00 d7 f7"},
      {"checksum, reserved function", "05 64 05 c7 00 04 01 00 d7 f7 00 00 00 00 00 00 00 00 00 00"},
  };
  for (const auto& o : others) EXPECT_EQ(dnp3().about.probe(hex(o.octets), transport::tcp), match::no) << o.name;
}

TEST(dnp3_link, one_spoiled_header_does_not_hide_the_conversation) {
  auto spoiled = ask("c0 01 3c 01 06");
  spoiled[8] ^= 1;
  EXPECT_EQ(dnp3().about.probe(spoiled, transport::tcp), match::yes) << "its block is in order";
  spoiled.back() ^= 1;
  EXPECT_EQ(dnp3().about.probe(spoiled, transport::tcp), match::unsure);
  const auto next = ask("c1 01 3c 01 06");
  auto both = spoiled;
  both.insert(both.end(), next.begin(), next.end());
  EXPECT_EQ(dnp3().about.probe(both, transport::tcp), match::yes);
  both = spoiled;
  both.resize(both.size() + 20);
  EXPECT_EQ(dnp3().about.probe(both, transport::tcp), match::no);
}

TEST(dnp3_link, sizes) {
  struct {
    std::uint8_t length;
    std::size_t size;
  } const rows[] = {{5, 10}, {6, 13}, {20, 27}, {21, 28}, {22, 31}, {255, 292}};
  for (const auto& r : rows) {
    const auto f = link(0xc4, 1, 2, octets(r.length - std::size_t{5}, 0xaa));
    EXPECT_EQ(f.size(), r.size);
    EXPECT_EQ(*dnp3().about.frame(f), r.size) << int{r.length};
    EXPECT_EQ(*dnp3().about.frame(bytes{f}.first(9)), 0u);
    EXPECT_EQ(*dnp3().about.frame(bytes{f}.first(10)), r.size);
  }
  EXPECT_FALSE(dnp3().about.frame(hex("64 05")));
  EXPECT_FALSE(dnp3().about.frame(hex("05 64 02 c0 00 04 01 00 00 00")));
}

TEST(dnp3_link, a_spoiled_length_does_not_swallow_the_frames_behind_it) {
  auto all = ask("c0 01 3c 01 06");
  const auto first = all.size();
  all[2] = 200;
  EXPECT_EQ(*dnp3().about.frame(all), 10u);
  all[2] = 11 - 5 + 5;
  all[8] ^= 0xff;
  const auto next = ask("c1 01 3c 02 06");
  all.insert(all.end(), next.begin(), next.end());
  EXPECT_EQ(*dnp3().about.frame(all), first);
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

// ---- requests and responses ----

TEST(dnp3, a_read_by_class_says_what_it_returned) {
  talk t;
  t.asks("c2 01 3c 02 06 3c 03 06 3c 04 06 3c 01 06");
  t.replies("c2 81 80 00 01 02 00 00 01 01 81 1e 02 00 05 05 01 fe ff");
  const auto& op = t.only();
  EXPECT_EQ(op.unit, "1->10");
  EXPECT_EQ(op.function, "1");
  EXPECT_EQ(op.function_name, "read");
  EXPECT_EQ(op.action, action::read);
  EXPECT_EQ(text(op.objects), "g60v2[all] g60v3[all] g60v4[all] g60v1[all]");
  EXPECT_EQ(text(op.returned), "g1v2[0] g1v2[1] g30v2[5]");
  EXPECT_EQ(op.values, (std::vector<value>{false, true, std::int64_t{-2}}));
  EXPECT_EQ(how(op), "ok");
  EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
  EXPECT_EQ(text(op, "iin"), "device_restart");
  EXPECT_EQ(t.out.askers.front(), side::client);
  EXPECT_EQ(t.out.counts["dnp3/function/1"], 1u);
  EXPECT_EQ(t.out.counts["dnp3/object/1/2"], 1u);
  EXPECT_EQ(t.out.counts["dnp3/object/60/1"], 1u);
}

TEST(dnp3, functions) {
  struct {
    std::string_view request;
    std::string_view function, name;
    action means;
    std::string_view how;
  } const rows[] = {
      {"c0 01 3c 01 06", "1", "read", action::read, "ok"},
      {"c0 02 50 01 00 07 07 00", "2", "write", action::write, "ok"},
      {"c0 03 0c 01 17 01 05 41 01 64 00 00 00 64 00 00 00 00", "3", "select", action::control, "ok"},
      {"c0 05 29 02 17 01 05 2a 00 00", "5", "direct_operate", action::control, "ok"},
      {"c0 06 29 02 17 01 05 2a 00 00", "6", "direct_operate_no_ack", action::control, "none"},
      {"c0 07 14 00 06", "7", "freeze", action::write, "ok"},
      {"c0 08 14 00 06", "8", "freeze_no_ack", action::write, "none"},
      {"c0 0a 14 00 06", "10", "freeze_clear_no_ack", action::write, "none"},
      {"c0 0c 32 02 07 01 00 00 00 00 00 00 00 00 00 00 14 00 06", "12", "freeze_at_time_no_ack", action::write, "none"},
      {"c0 0d", "13", "cold_restart", action::restart, "ok"},
      {"c0 0e", "14", "warm_restart", action::restart, "ok"},
      {"c0 0f", "15", "initialize_data", action::configure, "ok"},
      {"c0 10", "16", "initialize_application", action::configure, "ok"},
      {"c0 11", "17", "start_application", action::start, "ok"},
      {"c0 12", "18", "stop_application", action::stop, "ok"},
      {"c0 13", "19", "save_configuration", action::configure, "ok"},
      {"c0 14 3c 02 06", "20", "enable_unsolicited", action::configure, "ok"},
      {"c0 15 3c 02 06", "21", "disable_unsolicited", action::configure, "ok"},
      {"c0 16 3c 02 06 01 00 06", "22", "assign_class", action::configure, "ok"},
      {"c0 17", "23", "delay_measurement", action::time_sync, "ok"},
      {"c0 18", "24", "record_current_time", action::time_sync, "ok"},
      {"c0 1e", "30", "abort_file", action::file_write, "ok"},
      {"c0 1f", "31", "activate_configuration", action::configure, "ok"},
  };
  for (const auto& r : rows) {
    talk t;
    t.asks(r.request);
    if (r.how == "ok") t.replies("c0 81 00 00");
    const auto& op = t.only();
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.name);
    EXPECT_EQ(op.action, r.means) << r.name;
    EXPECT_EQ(how(op), r.how) << r.name;
    EXPECT_EQ(t.rules(), "") << r.name;
  }
}

TEST(dnp3, refusals) {
  struct {
    std::string_view response, how, reason, iin;
  } const rows[] = {
      {"c1 81 00 01", "refused 1", "function_not_supported", "function_not_supported"},
      {"c1 81 90 02", "refused 2", "object_unknown", "need_time,device_restart,object_unknown"},
      {"c1 81 00 04", "refused 4", "parameter_error", "parameter_error"},
      {"c1 81 0e 08", "ok", "", "class_1_events,class_2_events,class_3_events,event_buffer_overflow"},
      {"c1 81 61 30", "ok", "", "all_stations,local_control,device_trouble,already_executing,configuration_corrupt"},
  };
  for (const auto& r : rows) {
    talk t;
    t.asks("c1 01 1e 00 00 00 09");
    t.replies(r.response);
    EXPECT_EQ(how(t.only()), r.how);
    EXPECT_EQ(text(t.only(), "reason"), r.reason);
    EXPECT_EQ(text(t.only(), "iin"), r.iin);
    EXPECT_EQ(text(t.only().objects), "g30v0[0]x10");
    EXPECT_TRUE(t.only().values.empty());
  }
}

TEST(dnp3, unsolicited_responses_and_confirms) {
  talk t;
  t.replies("f1 82 00 00 33 01 07 01 e8 03 00 00 00 00 02 03 17 01 04 81 0a 00");
  t.asks("d1 00");
  const auto& op = t.only();
  EXPECT_EQ(how(op), "unsolicited");
  EXPECT_EQ(op.action, action::report);
  EXPECT_EQ(op.unit, "10->1");
  EXPECT_EQ(t.out.askers.front(), side::client) << "the flow's client stays the master";
  EXPECT_EQ(text(op.objects), "g51v1[0] g2v3[4]");
  EXPECT_EQ(op.values, (std::vector<value>{1.0, true}));
  EXPECT_EQ(text(op, "times"), "1.010") << "relative to the common time";
  EXPECT_EQ(t.out.counts["dnp3/function/130"], 1u);
  EXPECT_EQ(t.out.counts["dnp3/function/0"], 1u);
}

TEST(dnp3, what_stays_open) {
  talk t;
  t.replies("c1 81 00 00 1e 04 00 00 00 01 00");  // before we came
  EXPECT_EQ(how(t.out.operations.back()), "unpaired");
  EXPECT_EQ(t.out.operations.back().action, action::report);
  EXPECT_EQ(text(t.out.operations.back().objects), "g30v4[0]");
  EXPECT_EQ(t.rules(), "");
  t.asks("c2 01 3c 01 06");
  t.replies("c3 81 00 00");
  EXPECT_EQ(how(t.out.operations.back()), "unpaired");
  EXPECT_EQ(t.rules(), "unpaired_response");
  t.wait(std::chrono::seconds{31});
  ASSERT_EQ(t.out.operations.size(), 3u);
  EXPECT_EQ(how(t.out.operations.back()), "timeout");
  t.asks("c4 01 3c 01 06");
  t.end();
  EXPECT_EQ(how(t.out.operations.back()), "timeout");
}

TEST(dnp3, requests_sent_ahead_are_answered_in_order) {
  talk t;
  for (const auto* request : {"c7 01 1e 04 00 00 00", "c8 01 1e 04 00 01 01", "c7 01 1e 04 00 02 02"}) t.asks(request);
  t.replies("c7 81 00 00 1e 04 00 00 00 0a 00");
  t.replies("c8 81 00 00 1e 04 00 01 01 0b 00");
  t.replies("c7 81 00 00 1e 04 00 02 02 0c 00");
  ASSERT_EQ(t.out.operations.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(text(t.out.operations[i].objects), text(t.out.operations[i].returned));
}

TEST(dnp3, an_answer_goes_to_the_repeated_request) {
  talk t;
  t.asks("c7 01 3c 01 06");
  t.wait(std::chrono::seconds{5});
  t.asks("c7 01 3c 01 06");
  t.replies("c7 81 00 00");
  ASSERT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(how(t.out.operations[0]), "timeout");
  EXPECT_EQ(how(t.out.operations[1]), "ok");
  EXPECT_EQ(t.out.operations[1].latency, std::chrono::milliseconds{1});
}

TEST(dnp3, a_lost_answer_does_not_shift_the_others) {
  talk t;
  t.asks("c1 01 1e 04 00 00 00");  // never answered
  t.asks("c2 01 1e 04 00 01 01");
  t.replies("c2 81 00 00 1e 04 00 01 01 0b 00");
  t.asks("c1 01 1e 04 00 02 02");
  t.replies("c1 81 00 00 1e 04 00 02 02 0c 00");
  ASSERT_EQ(t.out.operations.size(), 3u);
  EXPECT_EQ(how(t.out.operations[0]), "timeout");
  EXPECT_EQ(text(t.out.operations[2].objects), "g30v4[2]");
  EXPECT_EQ(how(t.out.operations[2]), "ok");
}

TEST(dnp3, both_ends_may_ask) {
  talk t;
  t.say(side::server, link(0xc4, 1, 10, hex("c0 c5 01 3c 01 06")));
  t.say(side::client, link(0x44, 10, 1, hex("c0 c5 81 00 00 0a 02 00 00 00 81")));
  EXPECT_EQ(t.only().unit, "10->1");
  EXPECT_EQ(t.out.askers.front(), side::server);
  EXPECT_EQ(how(t.only()), "ok");
}

TEST(dnp3, stations_behind_one_address_are_told_apart) {
  talk t;
  t.asks("c1 01 1e 04 00 00 00", 20);
  t.asks("c1 01 1e 04 00 00 00", 21);
  t.replies("c1 81 00 00 1e 04 00 00 00 15 00", 21);
  t.replies("c1 81 00 00 1e 04 00 00 00 14 00", 20);
  ASSERT_EQ(t.out.operations.size(), 2u);
  EXPECT_EQ(t.out.operations[0].unit, "1->21");
  EXPECT_EQ(text(t.out.operations[0].values), "21");
  EXPECT_EQ(text(t.out.operations[1].values), "20");
}

TEST(dnp3, broadcasts_are_not_answered) {
  talk t;
  t.asks("c1 15 3c 02 06", 0xffff);
  EXPECT_EQ(how(t.only()), "none");
  EXPECT_EQ(t.only().unit, "1->65535");
  EXPECT_EQ(text(t.only(), "broadcast"), to_string(value{true}));
}

TEST(dnp3, delays) {
  talk t;
  t.asks("c1 0d");
  t.replies("c1 81 00 00 34 02 07 01 f4 01");
  EXPECT_EQ(text(t.only().returned), "g52v2[0]");
  EXPECT_EQ(text(t.only(), "delay"), to_string(value{0.5}));
  t.asks("c2 0e");
  t.replies("c2 81 00 00 34 01 07 01 1e 00");
  EXPECT_EQ(text(t.out.operations.back(), "delay"), to_string(value{30.0}));
}

TEST(dnp3, writing_the_time) {
  talk t;
  t.asks("c1 02 32 01 07 01 d2 04 00 00 00 00");
  t.replies("c1 81 00 00");
  EXPECT_EQ(t.only().values, (std::vector<value>{1.234}));
  EXPECT_EQ(text(t.only().objects), "g50v1[0]");
}

// ---- select before operate ----

constexpr std::string_view point_8 = " 0c 01 17 01 08 42 01 f4 01 00 00 00 00 00 00 ",
                           point_9 = " 0c 01 17 01 09 42 01 f4 01 00 00 00 00 00 00 ";
std::string fragment(std::string_view head, std::string_view point, std::string_view status = "00") {
  return std::string{head} + std::string{point} + std::string{status};
}

TEST(dnp3_select, matched_and_executed) {
  talk t;
  t.asks(fragment("c1 03", point_8));
  t.replies(fragment("c1 81 00 00", point_8));
  t.asks(fragment("c2 04", point_8));
  t.replies(fragment("c2 81 00 00", point_8));
  ASSERT_EQ(t.out.operations.size(), 2u);
  const auto& op = t.out.operations.back();
  EXPECT_EQ(text(op.objects), "g12v1[8]");
  EXPECT_EQ(op.values, (std::vector<value>{std::string{"66:1:500:0"}}));
  EXPECT_TRUE(op.returned.empty());
  EXPECT_EQ(text(op, "status"), "0");
  EXPECT_EQ(text(op, "control"), "pulse_off:close");
  EXPECT_EQ(text(op, "select"), "matched");
  EXPECT_EQ(how(op), "ok");
  EXPECT_EQ(t.rules(), "");
}

TEST(dnp3_select, is_judged) {
  struct {
    std::string_view name;
    std::vector<std::string> messages;
    std::string_view select, rules;
  } const rows[] = {
      {"first thing seen", {fragment("c2 04", point_8)}, "not_seen", ""},
      {"none", {"c1 01 3c 01 06", fragment("c2 04", point_8)}, "missing", "select_before_operate"},
      {"other point", {fragment("c1 03", point_8), fragment("c2 04", point_9)}, "mismatch", "select_before_operate"},
      {"sequence", {fragment("c1 03", point_8), fragment("c3 04", point_8)}, "mismatch", "select_before_operate"},
      {"sequence wraps", {fragment("cf 03", point_8), fragment("c0 04", point_8)}, "matched", ""},
      {"something between", {fragment("c1 03", point_8), "c5 01 3c 01 06", fragment("c2 04", point_8)}, "missing", "select_before_operate"},
      {"repeated operate", {fragment("c1 03", point_8), fragment("c2 04", point_8), fragment("c2 04", point_8)}, "matched", ""},
  };
  for (const auto& r : rows) {
    talk t;
    for (const auto& m : r.messages) t.asks(m);
    t.end();
    EXPECT_EQ(text(t.out.operations.back(), "select"), r.select) << r.name;
    EXPECT_EQ(t.rules(), r.rules) << r.name;
  }
}

TEST(dnp3_select, refused) {
  talk t;
  t.asks(fragment("c1 03", point_8));
  t.replies(fragment("c1 81 00 00", point_8, "04"));
  EXPECT_EQ(how(t.only()), "refused 4");
  EXPECT_EQ(text(t.only(), "reason"), "not_supported");
  EXPECT_EQ(text(t.only(), "status"), "4");
  t.asks(fragment("c2 04", point_8));
  EXPECT_EQ(t.rules(), "select_before_operate");
  t.replies(fragment("c2 81 00 00", point_8, "02"));
  EXPECT_EQ(how(t.out.operations.back()), "refused 2");
  EXPECT_EQ(text(t.out.operations.back(), "select"), "refused");
}

TEST(dnp3_select, several_controls_in_one_message) {
  talk t;
  t.asks("c1 05 0c 01 28 02 00 01 00 03 01 00 00 00 00 00 00 00 00 00 02 01 81 02 0a 00 00 00 14 00 00 00 00");
  t.replies("c1 81 00 00 0c 01 28 02 00 01 00 03 01 00 00 00 00 00 00 00 00 00 02 01 81 02 0a 00 00 00 14 00 00 00 7f");
  EXPECT_EQ(text(t.only().objects), "g12v1[1] g12v1[258]");
  EXPECT_EQ(text(t.only().values), "3:1:0:0 129:2:10:20");
  EXPECT_EQ(text(t.only(), "control"), "latch_on,pulse_on:trip");
  EXPECT_EQ(text(t.only(), "status"), "0,127");
  EXPECT_EQ(how(t.only()), "refused 127");
}

// ---- objects ----

TEST(dnp3_objects, values) {
  struct {
    std::string_view octets, space, value, quality, times;
  } const rows[] = {
      {"01 02 17 01 05 81", "g1v2", "true", "", ""},
      {"01 02 17 01 05 06", "g1v2", "false", "g1v2[5]:offline,restart,comm_lost", ""},
      {"02 01 17 01 05 21", "g2v1", "false", "g2v1[5]:online,chatter_filter", ""},
      {"02 02 17 01 05 81 0a 00 00 00 01 00", "g2v2", "true", "", "4294967.306"},
      {"02 03 17 01 05 81 0a 00", "g2v3", "true", "", "+0.010"},
      {"03 02 17 01 05 81", "g3v2", "2", "", ""},
      {"04 01 17 01 05 c1", "g4v1", "3", "", ""},
      {"04 02 17 01 05 41 e8 03 00 00 00 00", "g4v2", "1", "", "1.000"},
      {"0a 02 17 01 05 11", "g10v2", "false", "g10v2[5]:online,local_forced", ""},
      {"0b 02 17 01 05 81 e8 03 00 00 00 00", "g11v2", "true", "", "1.000"},
      {"14 01 17 01 05 21 ff ff ff ff", "g20v1", "4294967295", "g20v1[5]:online,rollover", ""},
      {"14 02 17 01 05 40 ff ff", "g20v2", "65535", "g20v2[5]:offline,discontinuity", ""},
      {"14 05 17 01 05 01 00 00 80", "g20v5", "2147483649", "", ""},
      {"14 08 17 01 05 02 01", "g20v8", "258", "", ""},
      {"15 05 17 01 05 01 07 00 00 00 e8 03 00 00 00 00", "g21v5", "7", "", "1.000"},
      {"15 0c 17 01 05 07 00", "g21v12", "7", "", ""},
      {"16 06 17 01 05 01 07 00 e8 03 00 00 00 00", "g22v6", "7", "", "1.000"},
      {"17 01 17 01 05 01 07 00 00 00", "g23v1", "7", "", ""},
      {"1e 01 17 01 05 01 ff ff ff ff", "g30v1", "-1", "", ""},
      {"1e 02 17 01 05 21 00 80", "g30v2", "-32768", "g30v2[5]:online,over_range", ""},
      {"1e 05 17 01 05 01 00 00 20 41", "g30v5", "10", "", ""},
      {"1e 06 17 01 05 01 00 00 00 00 00 00 f8 3f", "g30v6", "1.5", "", ""},
      {"1f 05 17 01 05 fe ff ff ff", "g31v5", "-2", "", ""},
      {"20 03 17 01 05 01 02 00 00 00 e8 03 00 00 00 00", "g32v3", "2", "", "1.000"},
      {"20 07 17 01 05 01 00 00 20 41 e8 03 00 00 00 00", "g32v7", "10", "", "1.000"},
      {"21 02 17 01 05 01 02 00", "g33v2", "2", "", ""},
      {"22 01 17 01 05 ff ff", "g34v1", "65535", "", ""},
      {"22 03 17 01 05 00 00 20 41", "g34v3", "10", "", ""},
      {"28 04 17 01 05 01 00 00 00 00 00 00 f8 3f", "g40v4", "1.5", "", ""},
      {"29 01 17 01 05 fb ff ff ff 00", "g41v1", "-5", "", ""},
      {"29 03 17 01 05 00 00 20 41 00", "g41v3", "10", "", ""},
      {"2a 08 17 01 05 01 00 00 00 00 00 00 f8 3f e8 03 00 00 00 00", "g42v8", "1.5", "", "1.000"},
      {"2b 03 17 01 05 00 07 00 00 00 e8 03 00 00 00 00", "g43v3", "7", "", "1.000"},
      {"0d 02 17 01 05 80 e8 03 00 00 00 00", "g13v2", "true", "", "1.000"},
      {"32 04 17 01 05 d0 07 00 00 00 00 3c 00 00 00 05", "g50v4", "2", "", ""},
      {"51 01 17 01 05 64 02 00", "g81v1", "100", "", ""},
      {"53 01 17 01 05 41 42 43 44 01 00 02 00 ff ff", "g83v1", "ABCD", "", ""},
      {"56 02 17 01 05 03", "g86v2", "3", "", ""},
      {"64 01 17 01 05 00 00 20 41", "g100v1", "10", "", ""},
      {"65 01 17 01 05 34 12", "g101v1", "1234", "", ""},
      {"65 02 17 01 05 78 56 34 12", "g101v2", "12345678", "", ""},
      {"65 01 17 01 05 3a 12", "g101v1", "0x3a12", "", ""},
      {"66 01 17 01 05 ff", "g102v1", "255", "", ""},
      {"6e 05 17 01 05 48 65 6c 6c 6f", "g110v5", "Hello", "", ""},
      {"6f 04 17 01 05 41 42 00 00", "g111v4", "AB", "", ""},
      {"70 02 17 01 05 00 ff", "g112v2", "0x00ff", "", ""},
      {"71 02 17 01 05 6f 6b", "g113v2", "ok", "", ""},
      {"79 01 17 01 05 01 02 00 2a 00 00 00", "g121v1", "42", "", ""},
      {"7a 02 17 01 05 01 02 00 2a 00 00 00 e8 03 00 00 00 00", "g122v2", "42", "", "1.000"},
  };
  for (const auto& r : rows) {
    talk t;
    t.replies("f1 82 00 00 " + std::string{r.octets} + " 3c 01 06");  // what follows shows that the size was right
    ASSERT_EQ(t.out.operations.size(), 1u) << r.space;
    const auto& op = t.only();
    EXPECT_EQ(text(op.objects), std::string{r.space} + "[5] g60v1[all]") << r.octets;
    EXPECT_EQ(text(op.values), std::string{r.value} + " null") << r.octets;
    EXPECT_EQ(text(op, "quality"), r.quality) << r.octets;
    EXPECT_EQ(text(op, "times"), r.times) << r.octets;
    EXPECT_EQ(t.rules(), "") << r.octets;
  }
}

TEST(dnp3_objects, qualifiers) {
  struct {
    std::string_view octets, objects;
  } const with_data[] = {
      {"1e 04 00 03 04 01 00 02 00", "g30v4[3] g30v4[4]"},
      {"1e 04 01 2c 01 2d 01 01 00 02 00", "g30v4[300] g30v4[301]"},
      {"1e 04 02 00 00 01 00 00 00 01 00 01 00", "g30v4[65536]"},
      {"1e 04 03 03 04 01 00 02 00", "g30v4[3] g30v4[4]"},
      {"1e 04 05 03 00 00 00 03 00 00 00 01 00", "g30v4[3]"},
      {"1e 04 07 02 01 00 02 00", "g30v4[0] g30v4[1]"},
      {"1e 04 08 02 00 01 00 02 00", "g30v4[0] g30v4[1]"},
      {"1e 04 09 01 00 00 00 01 00", "g30v4[0]"},
      {"1e 04 17 01 09 01 00", "g30v4[9]"},
      {"1e 04 28 02 00 09 00 01 00 0a 01 02 00", "g30v4[9] g30v4[266]"},
      {"1e 04 39 01 00 00 00 00 00 01 00 01 00", "g30v4[65536]"},
      {"5a 01 5b 01 02 00 68 69", "g90v1[0]"},
      {"5a 01 4b 01 02 68 69", "g90v1[0]"},
      {"01 01 00 02 0b ff 03", "g1v1[2] g1v1[3] g1v1[4] g1v1[5] g1v1[6] g1v1[7] g1v1[8] g1v1[9] g1v1[10] g1v1[11]"},
      {"03 01 00 00 04 e4 01", "g3v1[0] g3v1[1] g3v1[2] g3v1[3] g3v1[4]"},
  };
  for (const auto& r : with_data) {
    talk t;
    t.replies("f1 82 00 00 " + std::string{r.octets});
    EXPECT_EQ(text(t.only().objects), r.objects) << r.octets;
    EXPECT_EQ(t.only().values.size(), t.only().objects.size());
    EXPECT_EQ(t.rules(), "") << r.octets;
  }
  struct {
    std::string_view octets, objects;
  } const headers[] = {
      {"1e 00 06", "g30v0[all]"},
      {"1e 02 00 03 07", "g30v2[3]x5"},
      {"1e 02 01 00 01 ff 01", "g30v2[256]x256"},
      {"02 03 07 0a", "g2v3[all]x10"},
      {"02 03 08 2c 01", "g2v3[all]x300"},
      {"1e 02 17 02 04 09", "g30v2[4] g30v2[9]"},
      {"1e 02 28 01 00 2c 01", "g30v2[300]"},
      {"46 05 5b 01 08 00 78 56 34 12 00 00 00 00", "g70v5[305419896]"},
      {"00 fe 00 00 00", "g0v254[0]"},
  };
  for (const auto& r : headers) {
    talk t;
    t.asks("c1 01 " + std::string{r.octets} + " 3c 01 06");
    t.end();
    EXPECT_EQ(text(t.only().objects), std::string{r.objects} + " g60v1[all]") << r.octets;
    EXPECT_EQ(t.rules(), "") << r.octets;
    EXPECT_TRUE(t.only().values.empty());
  }
}

TEST(dnp3_objects, packed_values) {
  talk t;
  t.replies("f1 82 00 00 01 01 00 06 0e 05 01 03 01 00 00 04 e4 01");
  EXPECT_EQ(text(t.only().values), "true false true false false false false false true 0 1 2 3 1");
}

TEST(dnp3_objects, broken_messages) {
  struct {
    std::string_view name, response, rules, objects;
  } const rows[] = {
      {"cut value", "f1 82 00 00 1e 01 00 00 01 01 05 00 00 00 01 06", "length", "g30v1[0]"},
      {"cut header", "f1 82 00 00 1e 04 00 00 00 05 00 1e", "length", "g30v4[0]"},
      {"cut range", "f1 82 00 00 1e 04 01 00 00 01", "length", "g30v4[]"},
      {"more points announced than sent", "f1 82 00 00 1e 04 09 ff ff ff ff 05 00", "length", "g30v4[0]"},
      {"more bits announced than sent", "f1 82 00 00 01 01 02 00 00 00 00 ff ff ff ff 01", "length",
       "g1v1[0] g1v1[1] g1v1[2] g1v1[3] g1v1[4] g1v1[5] g1v1[6] g1v1[7]"},
      {"stop before start", "f1 82 00 00 1e 04 00 05 04 01 00", "range", "g30v4[]"},
      {"reserved range", "f1 82 00 00 1e 04 0a 05 04 01 00", "reserved", "g30v4[]"},
      {"reserved prefix", "f1 82 00 00 1e 04 77 05 04 01 00", "reserved", "g30v4[]"},
      {"reserved bit", "f1 82 00 00 1e 04 87 01 01 00", "reserved", "g30v4[]"},
      {"unknown group", "f1 82 00 00 1e 04 00 00 00 05 00 05 01 07 01 00", "object", "g30v4[0]"},
      {"unknown variation", "f1 82 00 00 1e 63 07 01 00", "object", ""},
      {"variation 0 with data", "f1 82 00 00 1e 00 07 01 00", "object", ""},
      {"unknown, but of known size", "f1 82 00 00 05 01 5b 01 01 00 ff 1e 04 00 00 00 05 00", "object", "g30v4[0]"},
      {"no size", "f1 82 00 00 46 05 07 01 00", "object", ""},
      {"size beyond the message", "f1 82 00 00 5a 01 5b 01 ff 00 41", "length", ""},
      {"file name beyond its object", "f1 82 00 00 46 07 5b 01 14 00 14 00 ff 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00", "length",
       ""},
      {"no indications", "f1 82 00", "length", ""},
      {"no function", "f1", "length", ""},
      {"reserved indications", "f1 82 00 c0", "iin_reserved", ""},
      {"undefined response", "f1 90 00 00", "function", ""},
  };
  for (const auto& r : rows) {
    talk t;
    t.replies(r.response);
    EXPECT_EQ(t.rules(), r.rules) << r.name;
    EXPECT_EQ(t.out.operations.empty() ? "" : text(t.out.operations.front().objects), r.objects) << r.name;
  }
  struct {
    std::string_view name, request, rules;
  } const requests[] = {
      {"undefined function", "c1 70 3c 01 06", "function"}, {"several fragments", "81 01 3c 01 06", "fragment"},
      {"unsolicited bit", "d1 01 3c 01 06", "reserved"},    {"unknown group", "c1 01 05 00 06", "object"},
      {"unknown variation", "c1 01 01 63 06", "object"},
  };
  for (const auto& r : requests) {
    talk t;
    t.asks(r.request);
    t.end();
    EXPECT_EQ(t.rules(), r.rules) << r.name;
    EXPECT_EQ(how(t.only()), "timeout") << r.name;
  }
}

TEST(dnp3_objects, there_is_a_limit_to_their_number) {
  octets headers = hex("c1 01");
  for (int i = 0; i < 1100; ++i) headers.insert(headers.end(), {0x3c, 0x01, 0x06});
  octets bits = hex("f1 82 00 00 01 01 01 00 00 ff 0f");
  bits.resize(bits.size() + 512);
  const auto send = [](talk& t, side from, const octets& fragment) {
    for (std::size_t at = 0, n = 0; at < fragment.size(); at += 240, ++n) {
      const auto end = std::min(at + 240, fragment.size());
      const unsigned first = at == 0 ? 0x40 : 0, last = end == fragment.size() ? 0x80 : 0;
      t.say(from, segment(from == side::client, static_cast<std::uint8_t>(n | first | last),
                          {fragment.begin() + static_cast<std::ptrdiff_t>(at), fragment.begin() + static_cast<std::ptrdiff_t>(end)}));
    }
  };
  talk t;
  send(t, side::client, headers);
  EXPECT_EQ(t.rules(), "too_many_objects");
  send(t, side::server, bits);
  EXPECT_EQ(t.only().objects.size(), 2048u);
  EXPECT_EQ(t.only().values.size(), 2048u);
  EXPECT_EQ(text(t.only(), "points"), "4096");
}

TEST(dnp3_objects, many_stations_do_not_fill_the_memory) {
  talk t;
  for (std::uint16_t station = 1; station < 2000; ++station) t.say(side::client, segment(true, 0x40, octets(200, 0), station));
  for (std::uint16_t station = 1; station < 500; ++station) t.asks("c1 01 3c 01 06", station);
  t.end();
  EXPECT_EQ(t.out.operations.size(), 499u);
}

// ---- device attributes, files, authentication ----

TEST(dnp3_attributes, are_facts_about_the_outstation) {
  talk t;
  t.asks("c1 01 00 fe 00 00 00");
  t.replies(
      "c1 81 00 00 00 fc 00 00 00 01 04 41 43 4d 45 00 fa 00 00 00 01 03 52 54 55 00 f2 00 00 00 01 03 31 2e 32 00 f8 00 00 00 01 02 37 37 "
      "00 f7 00 00 00 01 04 50 75 6d 70 00 f3 00 00 00 01 01 42 00 f0 00 00 00 02 02 00 08 00 e0 00 00 00 03 01 ff "
      "00 cb 00 00 00 04 04 00 00 20 41 00 c6 00 00 00 07 06 e8 03 00 00 00 00 00 ff 00 00 00 fe 02 fc 01");
  EXPECT_EQ(t.rules(), "");
  EXPECT_EQ(t.fact("vendor"), "ACME");
  EXPECT_EQ(t.fact("model"), "RTU");
  EXPECT_EQ(t.fact("firmware"), "1.2");
  EXPECT_EQ(t.fact("serial"), "77");
  EXPECT_EQ(t.fact("host_name"), "Pump");
  EXPECT_EQ(t.fact("hardware"), "B");
  const auto vendor = std::find_if(t.out.facts.begin(), t.out.facts.end(), [](const learned& f) { return f.kind == "vendor"; });
  ASSERT_NE(vendor, t.out.facts.end());
  EXPECT_EQ(vendor->who, side::server);
  EXPECT_EQ(vendor->unit, "10");
  EXPECT_EQ(text(t.only().values), "ACME RTU 1.2 77 Pump B 2048 -1 10 1 0xfc01");
  EXPECT_EQ(t.only().returned.front().space, "g0v252");
  EXPECT_EQ(t.out.counts["dnp3/object/0/252"], 1u);
}

TEST(dnp3_attributes, roles) {
  talk t;
  t.asks("c1 01 3c 01 06");
  t.replies("c1 81 00 00");
  t.asks("c2 01 3c 01 06");
  ASSERT_EQ(t.out.facts.size(), 2u);
  EXPECT_EQ(t.out.facts[0].value, "master");
  EXPECT_EQ(t.out.facts[0].unit, "1");
  EXPECT_EQ(t.out.facts[1].value, "outstation");
  EXPECT_EQ(t.out.facts[1].who, side::server);
}

TEST(dnp3_files, opened_written_closed) {
  talk t;
  t.asks("c1 19 46 03 5b 01 1f 00 1a 00 05 00 e8 03 00 00 00 00 ff 01 00 00 00 00 09 00 00 00 02 00 00 04 06 00 61 2e 74 78 74");
  t.replies("c1 81 00 00 46 04 5b 01 0d 00 78 56 34 12 09 00 00 00 00 04 06 00 00");
  const auto& opened = t.only();
  EXPECT_EQ(opened.action, action::file_write);
  EXPECT_EQ(text(opened.objects), "g70v3[a.txt]");
  EXPECT_EQ(text(opened.values), "a.txt");
  EXPECT_EQ(text(opened.returned), "g70v4[305419896]");
  EXPECT_EQ(text(opened, "file"), "a.txt");
  EXPECT_EQ(text(opened, "mode"), "write");
  EXPECT_EQ(text(opened, "file_size"), "9");
  EXPECT_EQ(text(opened, "handle"), "305419896");
  EXPECT_EQ(text(opened, "file_status"), "success");
  EXPECT_EQ(how(opened), "ok");

  t.asks("c2 02 46 05 5b 01 0b 00 78 56 34 12 01 00 00 80 68 69 21");
  t.replies("c2 81 00 00 46 06 5b 01 09 00 78 56 34 12 01 00 00 80 00");
  const auto& written = t.out.operations.back();
  EXPECT_EQ(written.action, action::write);
  EXPECT_EQ(text(written.values), "0x686921");
  EXPECT_EQ(text(written, "file"), "a.txt") << "known by its handle";
  EXPECT_EQ(text(written, "block"), "1");
  EXPECT_EQ(text(written, "last_block"), to_string(value{true}));
  EXPECT_EQ(text(written, "octets"), "3");

  t.asks("c3 1a 46 04 5b 01 0d 00 78 56 34 12 00 00 00 00 00 00 07 00 00");
  t.replies("c3 81 00 00 46 04 5b 01 0d 00 78 56 34 12 00 00 00 00 00 00 07 00 06");
  const auto& closed = t.out.operations.back();
  EXPECT_EQ(closed.action, action::file_read);
  EXPECT_EQ(text(closed, "file"), "a.txt");
  EXPECT_EQ(how(closed), "refused 6");
  EXPECT_EQ(text(closed, "reason"), "invalid_handle");
  EXPECT_EQ(t.rules(), "");
}

TEST(dnp3_files, read_deleted_described_and_unlocked) {
  talk t;
  t.asks("c1 19 46 03 5b 01 1b 00 1a 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 04 01 00 2e");
  t.replies("c1 81 00 00 46 04 5b 01 0f 00 00 00 00 00 00 00 00 00 00 04 01 00 01 6e 6f");
  EXPECT_EQ(t.only().action, action::file_read);
  EXPECT_EQ(how(t.only()), "refused 1");
  EXPECT_EQ(text(t.only(), "status_text"), "no");
  t.asks("c2 1b 46 03 5b 01 1b 00 1a 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 78");
  t.replies("c2 81 00 00");
  EXPECT_EQ(t.out.operations.back().action, action::file_delete);
  t.asks("c3 1c 46 07 5b 01 15 00 14 00 01 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 79");
  t.replies("c3 81 00 00 46 07 5b 01 15 00 14 00 01 00 00 00 07 00 00 00 e8 03 00 00 00 00 ff 01 01 00 79");
  EXPECT_EQ(t.out.operations.back().function_name, "get_file_information");
  EXPECT_EQ(text(t.out.operations.back(), "file_type"), "directory") << "what the answer says, not what was asked";
  t.asks("c4 1d 46 02 5b 01 12 00 0c 00 03 00 0f 00 03 00 00 00 00 00 62 6f 62 70 77 64");
  t.replies("c4 81 00 00 46 02 5b 01 0c 00 0c 00 00 00 0c 00 00 00 2a 00 00 00");
  const auto& unlocked = t.out.operations.back();
  EXPECT_EQ(unlocked.action, action::authenticate);
  EXPECT_EQ(text(unlocked, "user_name"), "bob");
  for (const auto& f : unlocked.fields) EXPECT_EQ(to_string(f.second).find("pwd"), std::string::npos) << "a password must not be recorded";
  EXPECT_EQ(text(unlocked.values), "bob");
}

constexpr std::string_view challenge = "c1 83 00 00 78 01 5b 01 0c 00 01 00 00 00 07 00 04 01 aa bb cc dd",
                           proof = "c1 20 78 02 5b 01 0a 00 01 00 00 00 07 00 11 22 33 44",
                           failure = "c1 83 00 00 78 07 5b 01 11 00 01 00 00 00 07 00 01 00 01 00 00 00 00 00 00 6e 6f";

TEST(dnp3_authentication, challenged_and_proved) {
  talk t;
  t.asks("c1 0d");
  t.replies(challenge);
  t.asks(proof);
  EXPECT_TRUE(t.out.operations.empty());
  t.replies("c1 81 00 00 34 02 07 01 f4 01");
  ASSERT_EQ(t.out.operations.size(), 2u);
  const auto& proved = t.out.operations[0];
  const auto& restarted = t.out.operations[1];
  EXPECT_EQ(proved.function, "32");
  EXPECT_EQ(proved.action, action::authenticate);
  EXPECT_EQ(text(proved, "user"), "7");
  EXPECT_EQ(text(proved, "authentication"), "reply");
  EXPECT_EQ(how(proved), "ok");
  EXPECT_EQ(restarted.function, "13");
  EXPECT_EQ(text(restarted, "challenged"), to_string(value{true}));
  EXPECT_EQ(text(restarted, "mac_algorithm"), "hmac_sha256_16");
  EXPECT_EQ(text(restarted, "user"), "7");
  EXPECT_EQ(how(restarted), "ok");
  EXPECT_EQ(t.rules(), "");
  EXPECT_EQ(t.out.counts["dnp3/function/131"], 1u);
  EXPECT_EQ(t.out.counts["dnp3/object/120/2"], 1u);
}

TEST(dnp3_authentication, failed) {
  talk t;
  t.asks("c1 0d");
  t.replies(challenge);
  t.asks(proof);
  t.replies(failure);
  ASSERT_EQ(t.out.operations.size(), 2u);
  for (const auto& op : t.out.operations) {
    EXPECT_EQ(how(op), "refused 1");
    EXPECT_EQ(text(op, "authentication_error"), "authentication_failed");
    EXPECT_EQ(text(op, "error_text"), "no");
    EXPECT_EQ(text(op, "reason"), "authentication_failed");
  }
}

TEST(dnp3_authentication, keys_and_aggressive_mode) {
  talk t;
  t.asks("c2 20 78 04 07 01 07 00");
  t.replies("c2 83 00 00 78 05 5b 01 0f 00 01 00 00 00 07 00 02 02 04 02 00 aa bb 11 22");
  EXPECT_EQ(text(t.only(), "authentication"), "key_status_request,key_status");
  EXPECT_EQ(text(t.only(), "key_status"), "not_initialised");
  EXPECT_EQ(how(t.only()), "ok");
  t.asks("c3 20 78 06 5b 01 0a 00 01 00 00 00 07 00 11 22 33 44");
  t.replies("c3 83 00 00 78 05 5b 01 0d 00 01 00 00 00 07 00 02 04 04 00 00 11 22");
  EXPECT_EQ(how(t.out.operations.back()), "refused 4");
  t.asks("c4 05 78 03 07 01 01 00 00 00 07 00 29 02 17 01 05 2a 00 00 78 09 5b 01 04 00 11 22 33 44");
  t.replies("c4 81 00 00 29 02 17 01 05 2a 00 00");
  const auto& op = t.out.operations.back();
  EXPECT_EQ(text(op.objects), "g120v3[0] g41v2[5] g120v9[0]");
  EXPECT_EQ(text(op.values), "7 42 null");
  EXPECT_EQ(text(op, "authentication"), "aggressive_mode,mac");
  EXPECT_EQ(text(op, "user"), "7");
  EXPECT_EQ(how(op), "ok");
  t.asks("c5 20 78 0a 5b 01 16 00 04 01 01 00 00 00 02 00 1e 00 03 00 00 00 03 00 62 6f 62 aa bb cc");
  EXPECT_EQ(t.rules(), "");
  t.end();
  EXPECT_EQ(text(t.out.operations.back(), "user_name"), "bob");
  EXPECT_EQ(text(t.out.operations.back(), "user_operation"), "add");
}

TEST(dnp3_authentication, an_answer_about_keys_is_none_to_the_request_of_the_same_number) {
  talk t;
  t.asks("c2 01 3c 01 06");
  t.asks("c2 20 78 04 07 01 07 00");
  t.replies("c2 83 00 00 78 05 5b 01 0d 00 01 00 00 00 07 00 02 01 04 00 00 11 22");
  EXPECT_EQ(t.only().function, "32");
  t.replies("c2 81 00 00 1e 04 00 00 00 01 00");
  EXPECT_EQ(t.out.operations.back().function, "1");
  EXPECT_EQ(text(t.out.operations.back().values), "1");
}

// ---- datagrams, hostile input ----

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

TEST(dnp3_hostile, every_prefix_and_every_flip) {
  std::vector<std::pair<side, octets>> messages;
  for (const auto* m : {"c1 01 3c 02 06 1e 02 17 02 04 09", "c2 03 0c 01 17 01 08 42 01 f4 01 00 00 00 00 00 00 00",
                        "c3 02 32 01 07 01 d2 04 00 00 00 00", "c4 20 78 02 5b 01 0a 00 01 00 00 00 07 00 11 22 33 44",
                        "c5 19 46 03 5b 01 1b 00 1a 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 04 01 00 2e"})
    messages.emplace_back(side::client, ask(m));
  for (const auto* m :
       {"c1 81 00 00 01 01 00 00 09 ff 03 1e 02 00 05 05 01 fe ff", "f1 82 00 00 33 01 07 01 e8 03 00 00 00 00 02 03 17 01 04 81 0a 00",
        "c2 81 00 00 00 fc 00 00 00 01 04 41 43 4d 45", "c5 81 00 00 46 04 5b 01 0d 00 78 56 34 12 09 00 00 00 00 04 06 00 00",
        "c1 83 00 00 78 05 5b 01 0f 00 01 00 00 00 07 00 02 02 04 02 00 aa bb 11 22"})
    messages.emplace_back(side::server, reply(m));
  every_prefix("dnp3", messages);
  every_prefix("dnp3", messages, transport::udp);
}

/// Behind checksums a plain flip reaches nobody: here the checksums are right, and the application octets are not.
TEST(dnp3_hostile, spoiled_applications_with_right_checksums) {
  for (const auto* m :
       {"f1 82 00 00 46 03 5b 01 1f 00 1a 00 05 00 e8 03 00 00 00 00 ff 01 00 00 00 00 09 00 00 00 02 00 00 04 06 00 61 2e 74 78 74",
        "f1 82 00 00 46 07 5b 01 15 00 14 00 01 00 00 00 07 00 00 00 e8 03 00 00 00 00 ff 01 01 00 79",
        "f1 82 00 00 46 02 5b 01 12 00 0c 00 03 00 0f 00 03 00 00 00 00 00 62 6f 62 70 77 64",
        "f1 82 00 00 78 05 5b 01 0f 00 01 00 00 00 07 00 02 02 04 02 00 aa bb 11 22",
        "f1 82 00 00 78 0a 5b 01 16 00 04 01 01 00 00 00 02 00 1e 00 03 00 00 00 03 00 62 6f 62 aa bb cc",
        "f1 82 00 00 00 fc 00 00 00 01 04 41 43 4d 45 53 01 07 01 41 42 43 44 01 00 02 00 ff ff",
        "f1 82 00 00 1e 06 17 01 05 01 00 00 00 00 00 00 f8 3f 6e 05 17 01 05 48 65 6c 6c 6f"}) {
    const auto whole = hex(m);
    for (std::size_t n = 0; n < whole.size(); ++n) {
      talk cut;
      cut.say(side::server, segment(false, 0xc0, {whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)}));
      for (unsigned v = 0; v < 256; ++v) {
        auto spoiled = whole;
        spoiled[n] = static_cast<std::uint8_t>(v);
        talk t;
        t.say(side::server, segment(false, 0xc0, spoiled));
        EXPECT_LE(t.out.operations.size(), 1u);
      }
    }
  }
}

}  // namespace
}  // namespace mw::test
