// Synchrophasors: commands and what answers them, configurations 1 to 3, data read as they say, and what is wrong with a frame.
#include "sensor/dissect/synchrophasor_data.hpp"
#include "tests/dissect/modbus_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

std::string octets(std::uint64_t v, unsigned n) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (auto shift = static_cast<int>(n * 8) - 4; shift >= 0; shift -= 4) out += digits[v >> shift & 15];
  return out;
}
std::string ascii(std::string_view s) {
  std::string out;
  for (const char c : s) out += octets(static_cast<unsigned char>(c), 1);
  return out;
}
std::string name(std::string_view s) {  // sixteen octets, padded with blanks
  return ascii(std::string{s} + std::string(16 - s.size(), ' '));
}
std::string counted(std::string_view s) { return octets(s.size(), 1) + ascii(s); }

struct at {
  std::uint32_t second = 1000, fraction = 0;
  unsigned quality = 0, stream = 7;
};
std::string frame(unsigned kind, const std::string& body, at t = {}, unsigned version = 1) {
  const auto head = "aa" + octets(kind << 4 | version, 1) + octets(hex(body).size() + 16, 2) + octets(t.stream, 2) + octets(t.second, 4) +
                    octets(t.quality, 1) + octets(t.fraction, 3);
  return head + body + octets(synchrophasor::crc(hex(head + body)), 2);
}
std::string command(unsigned code, const std::string& more = "") { return frame(4, octets(code, 2) + more); }

/// Station "A": two phasors, one analog, one digital word, 50 Hz.
std::string station(unsigned format, unsigned id = 7, std::string_view of = "A") {
  std::string digitals;
  for (int i = 0; i < 16; ++i) digitals += name("D" + std::to_string(i));
  return name(of) + octets(id, 2) + octets(format, 2) + "0002 0001 0001" + name("VA") + name("IA") + name("PW") + digitals + "00 0186a0" +
         "01 000001" + "01 000002" + "0000 ffff" + "0001" + "0003";
}
std::string configuration(const std::string& stations, unsigned count = 1, unsigned rate = 50, unsigned kind = 3) {
  return frame(kind, "00 0f4240" + octets(count, 2) + stations + octets(rate, 2));
}
/// As integers and rectangular: (3, 4) volts, (0, 2e-5 A), +10 mHz, 0.5 Hz/s, -5, 0x00ff.
const std::string integers = "0003 0004 0000 0002 000a 0032 fffb 00ff";
std::string data(const std::string& measured, std::uint32_t fraction = 0, const std::string& status = "0000") {
  return frame(0, status + measured, {.fraction = fraction});
}

TEST(synchrophasor, the_checksum_is_crc_ccitt) {
  EXPECT_EQ(synchrophasor::crc(hex("313233343536373839")), 0x29b1);  // the check value of this checksum
}

TEST(synchrophasor, a_command_is_an_operation) {
  const struct {
    unsigned code;
    std::string more, function, function_name, what, outcome, values, rules;
  } rows[] = {
      {1, "", "4/1", "turn_off_transmission", "subscribe", "none", "", ""},
      {2, "", "4/2", "turn_on_transmission", "subscribe", "none", "", ""},
      {3, "", "4/3", "send_header", "identify", "timeout", "", ""},
      {4, "", "4/4", "send_configuration_1", "identify", "timeout", "", ""},
      {5, "", "4/5", "send_configuration_2", "identify", "timeout", "", ""},
      {6, "", "4/6", "send_configuration_3", "identify", "timeout", "", ""},
      {8, "0102", "4/8", "extended_frame", "control", "none", "0x0102", ""},
      {0x123, "", "4/291", "user_command", "control", "none", "", ""},
      {7, "", "4/7", "unknown", "control", "none", "", "command"},
      {0x1000, "", "4/4096", "unknown", "control", "none", "", "command"},
      {1, "0102", "4/1", "turn_off_transmission", "subscribe", "none", "", "length"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.function);
    conversation talk{"synchrophasor"};
    EXPECT_EQ(talk.say(side::client, command(r.code, r.more)), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.unit, "7");
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), r.what);
    EXPECT_EQ(to_string(op.outcome), r.outcome);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(talk.out.askers[0], side::client);
    EXPECT_EQ(talk.out.counts["synchrophasor/frame/4"], 1U);
    EXPECT_EQ(talk.out.counts["synchrophasor/command/" + std::to_string(r.code)], 1U);
    EXPECT_EQ(fact_of(talk.out, "role"), "=phasor_data_client");
  }
}

TEST(synchrophasor, a_configuration_answers_its_command) {
  conversation talk{"synchrophasor"};
  talk.client(command(5));
  talk.server(configuration(station(0)));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.function, "4/5");
  EXPECT_EQ(to_string(op.outcome), "ok");
  EXPECT_EQ(op.latency, nanoseconds{std::chrono::milliseconds{1}});
  EXPECT_EQ(text(op.objects), "pmu 7x1");
  EXPECT_EQ(text(op.values), "A");
  EXPECT_EQ(field_of(op, "data_rate"), "50");
  EXPECT_EQ(field_of(op, "phasors"), "VA,IA");
  EXPECT_EQ(field_of(op, "analogs"), "PW");
  EXPECT_EQ(field_of(op, "digitals").substr(0, 8), "D0,D1,D2");
  EXPECT_EQ(field_of(op, "phasor_units"), "VA");
  EXPECT_EQ(field_of(op, "nominal_frequency"), "50");
  EXPECT_EQ(field_of(op, "configuration_count"), "3");
  EXPECT_EQ(rules(talk.out), "");
  ASSERT_EQ(talk.out.facts.size(), 3U);
  EXPECT_EQ(talk.out.facts[1].value, "pmu");
  EXPECT_EQ(talk.out.facts[1].who, side::server);
  EXPECT_EQ(fact_of(talk.out, "station_name"), "7=A");
  talk.client(command(5));
  talk.server(configuration(station(0)));
  EXPECT_EQ(talk.out.facts.size(), 3U);  // told once
}

TEST(synchrophasor, frames_that_nobody_asked_for) {
  conversation talk{"synchrophasor", transport::udp};
  talk.client(configuration(station(0, 8, "A") + station(0, 9, "B"), 2));
  talk.client(frame(1, ascii("substation x")));
  ASSERT_EQ(talk.out.operations.size(), 2U);
  EXPECT_EQ(talk.out.operations[0].function, "3");
  EXPECT_EQ(talk.out.operations[0].function_name, "configuration_2");
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "unsolicited");
  EXPECT_EQ(text(talk.out.operations[0].objects), "pmu 8x1,pmu 9x1");
  EXPECT_EQ(talk.out.askers[0], side::server);  // who gets it
  EXPECT_EQ(text(talk.out.operations[1].values), "substation x");
  EXPECT_EQ(fact_of(talk.out, "role"), "7=phasor_data_concentrator");
  EXPECT_EQ(fact_of(talk.out, "description"), "7=substation x");
}

TEST(synchrophasor, data_is_read_as_the_configuration_says) {
  const struct {
    const char* name;
    unsigned format;
    std::string data, values;
  } rows[] = {
      {"integers", 0, integers, "5,53.13010235,2e-05,90,50.01,0.5,-5,255"},
      {"integers_polar", 1, "0005 3d5c 0002 0000 fff6 0000 0001 0000", "5,90.00021046,2e-05,0,49.99,0,1,0"},
      {"not_measured", 0, "8000 8000 8000 8000 8000 8000 8000 0000", "null,null,null,null,null,null,null,0"},
      {"floats", 14, "40400000 40800000 00000000 40000000 42480000 3f000000 c0a00000 00ff", "5,53.13010235,2,90,50,0.5,-5,255"},
      {"floats_polar", 15, "40a00000 00000000 7fc00000 7fc00000 42480000 00000000 40000000 0000", "5,0,null,null,50,0,2,0"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"synchrophasor"};
    talk.server(configuration(station(r.format)));
    talk.server(data(r.data, 500000));
    ASSERT_EQ(talk.out.operations.size(), 2U);
    const auto& op = talk.out.operations[1];
    std::string values;
    for (const auto& v : op.values) {
      char buffer[32]{};
      if (const auto* d = std::get_if<double>(&v))
        (void)std::snprintf(buffer, sizeof buffer, "%.10g", *d);
      else
        (void)std::snprintf(buffer, sizeof buffer, "%s", std::holds_alternative<std::monostate>(v) ? "null" : to_string(v).c_str());
      (values += values.empty() ? "" : ",") += buffer;
    }
    EXPECT_EQ(values, r.values);
    EXPECT_EQ(text(op.objects), "pmu 7x8");
    EXPECT_EQ(op.function, "0");
    EXPECT_EQ(to_string(op.action), "report");
    EXPECT_EQ(to_string(op.outcome), "none");
    EXPECT_EQ(talk.out.askers[1], side::client);
    EXPECT_EQ(field_of(op, "measured_at"), "1000.5");
    EXPECT_EQ(field_of(op, "stat"), "0");
    EXPECT_EQ(field_of(op, "status"), "absent");
    EXPECT_EQ(rules(talk.out), "");
  }
}

/// Configuration 3: one phasor of current with scale 2 and a turn, one analog with scale and offset.
std::string third(const std::string& continued = "0000") {
  std::string digitals;
  for (int i = 0; i < 16; ++i) digitals += "00";
  return frame(5,
               continued + "00 0f4240 0001" + counted("Nord") + "0007" + "000102030405060708090a0b0c0d0e0f" + "0001 0001 0001 0001" +
                   counted("IA") + counted("PW") + digitals + "0000 0c 00 40000000 3f800000" + "3f000000 40a00000" + "0000ffff" +
                   "424a0000 41100000 7f800000" + "4d" + "00000000 00000000" + "0001 0001" + "fffe",
               {}, 2);
}

TEST(synchrophasor, configuration_3_says_more) {
  conversation talk{"synchrophasor"};
  talk.client(command(6));
  talk.server(third());
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(text(talk.out.operations[0].values), "Nord");
  EXPECT_EQ(field_of(talk.out.operations[0], "data_rate"), "-2");
  EXPECT_EQ(field_of(talk.out.operations[0], "phasor_units"), "A");
  EXPECT_EQ(field_of(talk.out.operations[0], "version"), "2");
  EXPECT_EQ(fact_of(talk.out, "asset_id"), "7=0x000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(fact_of(talk.out, "location"), "7=50.500000 9.000000");
  talk.server(data("0005 0000 0000 0000 0004 0001"));
  const auto& op = talk.out.operations.at(1);
  ASSERT_EQ(op.values.size(), 6U);
  EXPECT_DOUBLE_EQ(std::get<double>(op.values[0]), 10);
  EXPECT_NEAR(std::get<double>(op.values[1]), 57.29578, 1e-4);  // one radian
  EXPECT_DOUBLE_EQ(std::get<double>(op.values[4]), 7);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(synchrophasor, a_part_of_a_configuration_is_not_one) {
  conversation talk{"synchrophasor"};
  talk.client(command(6));
  talk.server(third("0001"));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "fragment"), "true");
  EXPECT_EQ(talk.out.counts["synchrophasor/configuration/fragment"], 1U);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(synchrophasor, the_status_is_told_in_words) {
  const struct {
    std::uint16_t status;
    std::string words;
  } rows[] = {
      {0, ""},
      {0x2000, "not_synchronized"},
      {0x4000, "pmu_error"},
      {0x8000, "test_mode_or_absent"},
      {0xc000, "do_not_use"},
      {0x1000, "sorted_by_arrival"},
      {0x0801, "trigger:magnitude_low"},
      {0x080f, "trigger:15"},
      {0x0400, "configuration_changes"},
      {0x0200, "data_modified"},
      {0x2030, "not_synchronized+unlocked_1000_s"},
  };
  for (const auto& r : rows) EXPECT_EQ(synchrophasor::status_words(r.status), r.words);
  conversation talk{"synchrophasor"};
  talk.server(configuration(station(0)));
  talk.server(data(integers, 0, "2000"));
  EXPECT_EQ(field_of(talk.out.operations.at(1), "stat"), "8192");
  EXPECT_EQ(field_of(talk.out.operations.at(1), "status"), "7:not_synchronized");
}

TEST(synchrophasor, time_goes_on_without_gaps) {
  const struct {
    const char* name;
    std::vector<std::uint32_t> fractions;
    std::string rules;
  } rows[] = {
      {"steady", {0, 20000, 40000, 60000}, ""},   {"gap", {0, 20000, 60000}, "data_gap"},
      {"again", {0, 20000, 20000}, "time_order"}, {"back", {0, 40000, 20000}, "data_gap,time_order"},
      {"beyond_a_second", {1000000}, "time"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"synchrophasor"};
    talk.server(configuration(station(0)));
    for (const auto f : r.fractions) talk.server(data(integers, f));
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_EQ(talk.out.operations.size(), r.fractions.size() + 1);
  }
  conversation talk{"synchrophasor"};
  talk.server(configuration(station(0)));
  talk.server(data(integers, 0));
  talk.gap(side::server);
  talk.server(data(integers, 200000));
  talk.client(command(1));
  talk.client(command(2));
  talk.server(data(integers, 900000));
  EXPECT_EQ(rules(talk.out), "");
}

TEST(synchrophasor, data_that_cannot_be_read_is_still_told) {
  conversation talk{"synchrophasor"};
  talk.server(data(integers));  // picked up behind the configuration
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(field_of(talk.out.operations[0], "size"), "18");
  EXPECT_EQ(talk.out.counts["synchrophasor/data/no_configuration"], 1U);
  EXPECT_EQ(rules(talk.out), "");
  talk.server(configuration(station(0), 1, 50, 2));  // what could be sent says nothing about what is
  talk.server(data(integers));
  EXPECT_EQ(talk.out.counts["synchrophasor/data/no_configuration"], 2U);
  talk.server(configuration(station(0)));
  talk.server(data("00" + integers, 0));
  talk.server(data("00" + integers, 20000));
  EXPECT_EQ(talk.out.counts["synchrophasor/data/other_configuration"], 2U);
  EXPECT_EQ(rules(talk.out), "configuration_mismatch");
  EXPECT_TRUE(talk.out.operations.back().values.empty());
  talk.server(data(integers, 40000));
  EXPECT_EQ(talk.out.operations.back().values.size(), 8U);
}

TEST(synchrophasor, what_is_wrong_with_a_frame_is_told) {
  auto spoiled = hex(command(1));
  spoiled.back() ^= 1;
  const struct {
    const char* name;
    std::vector<std::uint8_t> frame;
    std::string rules;
  } rows[] = {
      {"checksum", spoiled, "crc"},
      {"more_stations_than_there_are", hex(configuration(station(0), 2)), "configuration"},
      {"fewer", hex(configuration(station(0) + station(0), 1)), "configuration"},
      {"no_part_of_a_second", hex(frame(3, "00 000000 0000 0032")), "configuration"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"synchrophasor"};
    EXPECT_EQ(talk.say(side::server, r.frame), 0U);
    EXPECT_EQ(rules(talk.out), r.rules);
    EXPECT_TRUE(talk.out.operations.empty());
    talk.client(command(2));
    EXPECT_EQ(talk.out.operations.size(), 1U);
  }
  conversation talk{"synchrophasor", transport::udp};
  talk.client(command(2) + "aa01");
  EXPECT_EQ(rules(talk.out), "length");
  EXPECT_EQ(talk.out.operations.size(), 1U);
}

TEST(synchrophasor, a_question_without_answer_times_out) {
  conversation talk{"synchrophasor"};
  talk.client(command(5));
  talk.wait(std::chrono::seconds{31});
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(to_string(talk.out.operations[0].outcome), "timeout");
}

TEST(synchrophasor, streams_are_bounded) {
  conversation talk{"synchrophasor"};
  for (unsigned i = 0; i < 20; ++i) talk.server(frame(0, "0000" + integers, {.stream = i}));
  EXPECT_EQ(talk.out.counts["synchrophasor/forgotten/stream"], 4U);
}

TEST(synchrophasor, only_whole_frames_are_recognised) {
  const auto& about = named("synchrophasor").about;
  const auto whole = hex(command(2));
  EXPECT_EQ(about.probe(whole, transport::tcp), match::certain);
  EXPECT_EQ(about.probe(whole, transport::udp), match::certain);
  for (std::size_t n = 0; n < whole.size(); ++n) {
    EXPECT_EQ(about.probe(bytes{whole}.first(n), transport::tcp), match::unsure) << n;
    EXPECT_EQ(about.probe(bytes{whole}.first(n), transport::udp), match::no) << n;
  }
  for (const auto* other : {"ab41001200070000", "aa61001200070000", "aa40001200070000", "aa44001200070000", "aa41001100070000"})
    EXPECT_EQ(about.probe(hex(other), transport::tcp), match::no) << other;
  auto spoiled = whole;
  spoiled[5] ^= 1;
  EXPECT_EQ(about.probe(spoiled, transport::tcp), match::no);
}

TEST(synchrophasor, no_prefix_and_no_flipped_bit_reads_beyond) {
  // with checksums that are right, so that the bodies are read; and as they are
  const std::vector<std::vector<std::uint8_t>> bodies{hex(configuration(station(0))), hex(third()), hex(command(8, "01")),
                                                      hex(data(integers))};
  for (const auto& whole : bodies)
    for (std::size_t i = 0; i < whole.size() - 2; ++i)
      for (std::size_t cut = 0; cut < 2; ++cut) {
        conversation talk{"synchrophasor", transport::udp};
        talk.server(configuration(station(0)));
        auto spoiled = whole;
        if (cut == 0) {
          spoiled[i] ^= 0xff;
        } else {
          if (i < 16) continue;
          spoiled.resize(i + 2);
          spoiled[2] = static_cast<std::uint8_t>(spoiled.size() >> 8), spoiled[3] = static_cast<std::uint8_t>(spoiled.size());
        }
        const auto sum = synchrophasor::crc(bytes{spoiled}.first(spoiled.size() - 2));
        spoiled[spoiled.size() - 2] = static_cast<std::uint8_t>(sum >> 8), spoiled.back() = static_cast<std::uint8_t>(sum);
        talk.say(side::server, spoiled);
      }
  every_prefix("synchrophasor", {{side::client, hex(command(5))},
                                 {side::server, hex(third())},
                                 {side::server, hex(frame(0,
                                                          "0000"
                                                          "000500000000000000040001"))}});
}

}  // namespace
}  // namespace mw::test
