// CC-Link IE: cyclic data and searches of Field Basic, the presence of Control, Field and TSN, and what is wrong with a frame.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

std::string octet(std::size_t n) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[n >> 4 & 15], digits[n & 15]};
}
std::string little(std::size_t n) { return octet(n & 0xff) + octet(n >> 8 & 0xff); }
const std::string all_of = "00 ff ff03 00";

std::string request_3e(const std::string& body) { return "5000" + all_of + little(hex(body).size() + 6) + "0000 700e 0000" + body; }
std::string response_3e(const std::string& body) { return "d000" + all_of + little(hex(body).size() + 2) + "0000" + body; }
std::string request_4e(unsigned serial, const std::string& command, const std::string& body) {
  return "5400" + little(serial) + "0000" + all_of + little(hex(body).size() + 6) + "0000" + command + "0000" + body;
}
std::string response_4e(unsigned serial, const std::string& body, const std::string& code = "0000") {
  return "d400" + little(serial) + "0000" + all_of + little(hex(body).size() + 2) + code + body;
}

struct scan {
  std::string unit = "0100", transmission = "0100", version = "0100", group = "01", parameter = "0000";
  unsigned sequence = 1, stations = 1;
};
std::string asks(const scan& s) {
  return request_3e(s.version + "0000 2400" + std::string(28, '0') + s.unit + "0000 00aabbcc00000000" + "0100000a" + s.group + "00" +
                    little(s.sequence) + "f401 0300" + s.parameter + little(s.stations) + s.transmission + "0000" +
                    std::string(s.stations * (4 + 64 + 8) * 2, '0'));
}
std::string tells(unsigned sequence, const std::string& unit = "0100", const std::string& code = "0000",
                  const std::string& error = "0000") {
  return response_3e("0100" + code + "2800" + std::string(28, '0') + "3412 0000 78563412 0200 0000" + unit + error +
                     "00000000 0200000a 01 00" + little(sequence) + std::string(72 * 2, '0'));
}

struct station {
  conversation talk;
  explicit station(const ip& to = ip::v4(10, 0, 0, 255), transport t = transport::udp) : talk{"cclink_ie", t} {
    talk.client_end.address = ip::v4(10, 0, 0, 1), talk.server_end.address = to;
  }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations)
      (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name + (o.unit.empty() ? "" : '/' + o.unit);
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
  const operation& at(std::size_t i) const { return talk.out.operations.at(i); }
};

TEST(cclink_ie, a_master_tells_what_changes) {
  station s;
  s.talk.client(asks({.sequence = 1}));
  s.talk.client(asks({.sequence = 2}));
  s.talk.client(asks({.unit = "0000", .sequence = 3}));
  s.talk.client(asks({.unit = "0000", .transmission = "0000", .sequence = 4}));
  s.talk.client(asks({.unit = "0000", .transmission = "0000", .sequence = 5, .stations = 2}));
  EXPECT_EQ(s.operations(),
            "report cyclic_request/1,report master_state_change/1,report transmission_change/1,configure parameter_change/1");
  EXPECT_EQ(s.facts(), "role=master,run_state=run,run_state=stop");
  EXPECT_EQ(s.rules(), "");
  EXPECT_EQ(s.at(0).function, "3696");
  EXPECT_NE(std::ranges::find(s.at(0).fields, field{"master", std::string{"10.0.0.1"}}), s.at(0).fields.end());
}

TEST(cclink_ie, a_slave_says_who_it_is_and_what_fails) {
  station s{ip::v4(10, 0, 0, 2)};
  s.talk.server(tells(1));
  s.talk.server(tells(2));
  s.talk.server(tells(3, "0000"));
  s.talk.server(tells(4, "0000", "e0cf"));
  s.talk.server(tells(5, "0000", "0000", "0700"));
  EXPECT_EQ(s.operations(), "report cyclic_response/1,report slave_state_change/1,alarm slave_error/1,alarm slave_error/1");
  EXPECT_EQ(s.facts(), "role=slave,vendor_id=4660,product_code=305419896,hardware=2,run_state=run,run_state=stop");
  EXPECT_EQ(s.at(2).code, "53216");
  EXPECT_NE(std::ranges::find(s.at(2).fields, field{"error", std::string{"master_duplication"}}), s.at(2).fields.end());
  EXPECT_EQ(s.rules(), "");
}

const std::string master = "f00000aa0002 04 0100000a", slave = "010000aa0002 04 0200000a 00ffffff ffffffff";
const std::string found = master + slave + "00 3412 78563412 0200 04 ffffffff ffff 0000 0bf0 01";
const std::string setting = master + slave + "00 04 ffffffff ffff 01";

TEST(cclink_ie, a_node_that_is_found_tells_who_it_is) {
  station s{ip::v4(10, 0, 0, 2)};
  s.talk.client(request_4e(7, "300e", master));
  s.talk.server(response_4e(7, found));
  EXPECT_EQ(s.operations(), "identify node_search");
  EXPECT_EQ(s.at(0).outcome, outcome::ok);
  EXPECT_EQ(s.at(0).objects.at(0).address, "02:00:aa:00:00:01");
  EXPECT_EQ(s.at(0).values.at(0), value{std::string{"10.0.0.2"}});
  EXPECT_EQ(s.facts(), "role=master,role=slave,mac=02:00:aa:00:00:01,vendor_id=4660,product_code=305419896,hardware=2");
  s.talk.server(response_4e(9, found));
  EXPECT_EQ(s.at(1).outcome, outcome::unpaired);
}

TEST(cclink_ie, setting_an_address_is_configuring) {
  station s{ip::v4(10, 0, 0, 2)};
  s.talk.client(request_4e(7, "310e", setting));
  s.talk.server(response_4e(7, "f00000aa0002"));
  s.talk.client(request_4e(8, "310e", setting));
  s.talk.server(response_4e(8, all_of + "310e 0000", "20cf"));
  s.talk.client(request_4e(9, "310e", setting));
  s.talk.wait(std::chrono::minutes{1});
  EXPECT_EQ(s.operations(), "configure set_ip_address,configure set_ip_address,configure set_ip_address");
  EXPECT_EQ(s.at(0).outcome, outcome::ok);
  EXPECT_EQ(s.at(1).outcome, outcome::refused);
  EXPECT_EQ(s.at(1).code, "53024");
  EXPECT_EQ(s.at(2).outcome, outcome::timeout);
  EXPECT_EQ(s.at(0).values.at(0), value{std::string{"10.0.0.2"}});
}

TEST(cclink_ie, nobody_waits_for_an_answer_to_all) {
  station s{ip::v4(255, 255, 255, 255)};
  s.talk.client(request_4e(7, "300e", master));
  EXPECT_EQ(s.at(0).outcome, outcome::none);
}

TEST(cclink_ie, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"right", asks({}), ""},
      {"version", asks({.version = "0900"}), "version"},
      {"group", asks({.group = "00"}), "group"},
      {"stations", asks({.stations = 17}), "stations"},
      {"short", request_3e("0100 0000 2400"), "length"},
      {"search", request_4e(1, "300e", "00"), "length"},
      {"answer", response_4e(1, "00"), "length"},
  };
  for (const auto& r : rows) {
    station s;
    s.talk.client(r.frame);
    EXPECT_EQ(s.rules(), r.rules) << r.name;
  }
  station s;
  for (const auto n : {1u, 2u, 2u, 9u, 3u}) s.talk.client(asks({.sequence = n}));
  EXPECT_EQ(s.rules(), "sequence,sequence");
  station other;
  other.talk.client_end.address = ip::v4(10, 0, 0, 9);
  other.talk.client(asks({}));
  EXPECT_EQ(other.rules(), "master_id");
}

TEST(cclink_ie, other_slmp_is_not_ours) {
  station s;
  s.talk.client("5000 00ffff0300 0c00 1000 0104 0000 640000 a8 0100");
  EXPECT_EQ(s.talk.last, verdict::not_mine);
  const auto probe = named("cclink_ie").about.probe;
  EXPECT_EQ(probe(hex("5000 00ffff0300 0c00 1000 0104 0000 640000 a8 0100"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("d000 00ffff0300 0400 0000 3412"), transport::udp), match::no);
  for (const auto& f : {asks({}), tells(1), request_4e(7, "300e", master), response_4e(7, found), request_4e(7, "310e", setting)})
    EXPECT_EQ(probe(hex(f), transport::udp), match::yes) << f;
  EXPECT_EQ(probe(hex(asks({}) + "00"), transport::udp), match::no);
}

TEST(cclink_ie, groups_are_forgotten_oldest_first) {
  station s;
  for (unsigned i = 1; i <= 70; ++i) s.talk.client(asks({.group = octet(i)}));
  EXPECT_EQ(s.talk.out.counts["cclink_ie/forgotten/group"], 6u);
}

TEST(cclink_ie, stations_on_ethernet_are_present) {
  const struct {
    std::string frame, operations, facts, rules;
  } rows[] = {
      {"82 00 00000000 0003 01 00 00000000 1234", "report cyclic_data_rww/3", "network=cc_link_ie_field,station=3", ""},
      {"06 00 00000000 0002 00 00 00000000", "report token/2", "network=cc_link_ie_control,station=2", ""},
      {"29 00 00000000 0000 01 00 00000000", "configure parameter/0", "network=cc_link_ie_field,station=0", ""},
      {"c4 00 0000", "report cyclic_master", "network=cc_link_ie_tsn", ""},
      {"82 00", "", "", "length"},
      {"77 00", "", "", "frame_type"},
  };
  for (const auto& r : rows) {
    station s{{}, transport::ethernet};
    s.talk.client(r.frame);
    s.talk.client(r.frame);
    EXPECT_EQ(s.operations(), r.operations) << r.frame;
    EXPECT_EQ(s.facts(), r.facts) << r.frame;
    EXPECT_EQ(s.rules().substr(0, r.rules.size()), r.rules) << r.frame;
  }
}

TEST(cclink_ie, every_prefix) {
  every_prefix("cclink_ie",
               {{side::client, hex(asks({}))},
                {side::server, hex(tells(1))},
                {side::client, hex(request_4e(7, "300e", master))},
                {side::server, hex(response_4e(7, found))},
                {side::client, hex(request_4e(8, "310e", setting))},
                {side::server, hex(response_4e(8, all_of + "310e 0000", "20cf"))}},
               transport::udp);
  every_prefix("cclink_ie", {{side::client, hex("82 00 00000000 0003 01 00 00000000 1234")}}, transport::ethernet);
}

}  // namespace
}  // namespace mw::test
