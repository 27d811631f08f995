// The objects of DNP3: values, qualifiers, device attributes, files and authentication (IEEE 1815-2012, annex A and clause 7).
#include "tests/dissect/dnp3_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace dnp3;

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
  EXPECT_EQ(t.out.counts.at("dnp3/forgotten/route"), 1999u + 499u - 64u);
}

TEST(dnp3_objects, device_attributes_have_no_variation_0) {
  talk t;
  t.replies("c1 81 00 00 00 00 00 00 00 01 01 41 1e 04 00 00 00 01 00");
  EXPECT_EQ(t.rules(), "object");
  EXPECT_EQ(text(t.only().objects), "");  // what follows cannot be found
  talk read;
  read.asks("c1 01 00 00 06");
  EXPECT_EQ(read.rules(), "");
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

TEST(dnp3_files, the_one_opened_first_is_forgotten_first) {
  talk t;
  for (unsigned n = 0; n <= 16; ++n) {
    t.asks("c1 19 46 03 5b 01 1b 00 1a 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00 04 01 00 " +
           hex_number('a' + n, 1));
    t.replies("c1 81 00 00 46 04 5b 01 0d 00 " + hex_number(0xff - n, 1) + " 00 00 00 09 00 00 00 00 04 06 00 00");
  }
  EXPECT_EQ(t.out.counts.at("dnp3/forgotten/file"), 1u);
  for (const auto* handle : {"ff", "ef"}) t.asks(std::string{"c2 02 46 05 5b 01 09 00 "} + handle + " 00 00 00 01 00 00 80 68");
  t.end();
  const auto& all = t.out.operations;
  EXPECT_EQ(text(all.at(all.size() - 2), "file"), "");
  EXPECT_EQ(text(all.back(), "file"), "q");
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

}  // namespace
}  // namespace mw::test
