// LLDP: what a neighbour says that it is, of PROFINET devices and phones too, and what is wrong with a frame.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

const auto port_card = *mac::parse("02:aa:00:00:00:07");
const std::string chassis_card = "02:aa:00:00:00:01", sender = "02:aa:00:00:00:07";

/// Frames of one sender, whose card the engine would give.
struct neighbour {
  recorder out;
  timestamp now{std::chrono::seconds{1'700'000'000}};
  void say(const std::vector<std::uint8_t>& data) {
    now += std::chrono::milliseconds{1};
    (void)talk_->on_message({.data = data, .time = now, .transport = transport::ethernet, .source = {{}, {}, port_card}}, out);
  }
  void say(const std::string& text) { say(hex(text)); }
  std::string facts() const {
    std::string text;
    for (const auto& f : out.facts)
      (text += text.empty() ? "" : ",") +=
          f.kind + ' ' + (f.subject.empty() ? sender : f.subject) + (f.unit.empty() ? "" : "/" + f.unit) + '=' + f.value;
    return text;
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : out.violations) (text += text.empty() ? "" : ",") += v.rule;
    return text;
  }

private:
  std::unique_ptr<session> talk_ = named("lldp").about.open();
};

std::string ascii(std::string_view s) {
  std::string out;
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char c : s) out += digits[static_cast<unsigned char>(c) >> 4], out += digits[static_cast<unsigned char>(c) & 15];
  return out;
}
std::string tlv(unsigned type, const std::string& value) {
  const auto head = type << 9 | static_cast<unsigned>(hex(value).size());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[head >> shift & 15];
  return out + value;
}

const std::string chassis = tlv(1, "04 02aa00000001"), port = tlv(2, "05" + ascii("1/3")), ttl = tlv(3, "0078"), end = "0000";
const std::string head = chassis + port + ttl;
const std::string of_port = ",port_id 02:aa:00:00:00:07=1/3,chassis 02:aa:00:00:00:07=02:aa:00:00:00:01";
const std::string profinet_card = tlv(127, "000ecf 05 02aa00000009");
const std::string local_chassis = tlv(1, "07" + ascii("pump-3"));

std::string told(const std::string& facts) {  // what is said of the chassis, then of the port
  return facts.empty() ? of_port.substr(1) : facts + of_port;
}
std::string of(const std::string& kind, const std::string& value) { return kind + ' ' + chassis_card + '=' + value; }

TEST(lldp, each_frame_says_what_it_says) {
  const struct {
    const char* name;
    std::string frame, facts, rules;
  } rows[] = {
      {"shortest", head + end, told(""), ""},
      {"padded", head + end + "0000 ffff 1234", told(""), ""},
      {"name", head + tlv(5, ascii("core")) + end, told(of("host_name", "core")), ""},
      {"description", head + tlv(6, ascii("Ubuntu Linux 3.13")) + end,
       told(of("description", "Ubuntu Linux 3.13") + "," + of("os", "Linux")), ""},
      {"versions", head + tlv(6, ascii("Siemens, CPU 315, HW: 5, FW: Version V3.2.10, SN: 1")) + end,
       told(of("description", "Siemens, CPU 315, HW: 5, FW: Version V3.2.10, SN: 1") + "," + of("hardware", "5") + "," +
            of("firmware", "V3.2.10")),
       ""},
      {"switch", head + tlv(7, "0014 0004") + end, told(of("capability", "bridge")), ""},
      {"router", head + tlv(7, "0014 0014") + end, told(of("capability", "bridge router")), ""},
      {"not_enabled", head + tlv(7, "0014 0000") + end, told(""), ""},
      {"address", head + tlv(8, "05 01 0a000001 02 00000001 00") + end, told(of("ip", "10.0.0.1")), ""},
      {"two_addresses",
       head + tlv(8, "05 01 0a000001 02 00000001 00") + tlv(8, "11 02 20010db8000000000000000000000001 02 00000001 02 2b06") + end,
       told(of("ip", "10.0.0.1") + "," + of("ip", "2001:db8::1")), ""},
      {"address_is_a_card", head + tlv(8, "07 06 02aa00000001 02 00000001 00") + end, told(""), ""},
      {"port_description", head + tlv(4, ascii("uplink")) + end,
       "port_id 02:aa:00:00:00:07=1/3,port_description 02:aa:00:00:00:07=1/3: uplink,chassis 02:aa:00:00:00:07=02:aa:00:00:00:01", ""},
      {"inventory",
       head + tlv(127, "0012bb 05" + ascii("A1")) + tlv(127, "0012bb 06" + ascii("F2")) + tlv(127, "0012bb 07" + ascii("S3")) +
           tlv(127, "0012bb 08" + ascii("N4")) + tlv(127, "0012bb 09" + ascii("Acme")) + tlv(127, "0012bb 0a" + ascii("M6")) +
           tlv(127, "0012bb 0b" + ascii("T7")) + end,
       told(of("hardware", "A1") + "," + of("firmware", "F2") + "," + of("software", "S3") + "," + of("serial", "N4") + "," +
            of("vendor", "Acme") + "," + of("model", "M6") + "," + of("asset_id", "T7")),
       ""},
      {"inventory_says_it_better", head + tlv(6, ascii("x, FW: 1")) + tlv(127, "0012bb 06" + ascii("F2")) + end,
       told(of("description", "x, FW: 1") + "," + of("firmware", "F2")), ""},
      {"empty_inventory", head + tlv(127, "0012bb 08") + end, told(""), ""},
      {"other_organization", head + tlv(127, "0080c2 01 0001") + tlv(127, "00120f 01 03") + tlv(127, "001b1b 01") + end, told(""), ""},
      {"profinet", local_chassis + tlv(2, "07" + ascii("port-001")) + ttl + tlv(7, "0084 0084") + profinet_card + end,
       "host_name 02:aa:00:00:00:09=pump-3,station_name 02:aa:00:00:00:09=pump-3,capability 02:aa:00:00:00:09=bridge station,"
       "port_id 02:aa:00:00:00:07=port-001,chassis 02:aa:00:00:00:07=02:aa:00:00:00:09",
       ""},
      {"profinet_with_name_in_port",
       tlv(1, "07" + ascii("ET200SP  6ES7")) + tlv(2, "07" + ascii("port-001.pump.4")) + ttl + profinet_card + end,
       "host_name 02:aa:00:00:00:09=pump.4,station_name 02:aa:00:00:00:09=pump.4,chassis_id 02:aa:00:00:00:09=ET200SP  6ES7,"
       "port_id 02:aa:00:00:00:07=port-001.pump.4,chassis 02:aa:00:00:00:07=02:aa:00:00:00:09",
       ""},
      {"profinet_card_of_five", local_chassis + port + ttl + tlv(127, "000ecf 05 02aa000000") + end,
       "host_name 02:aa:00:00:00:07=pump-3,station_name 02:aa:00:00:00:07=pump-3,port_id 02:aa:00:00:00:07=1/3", "element"},
      {"local_name", local_chassis + port + ttl + end, "chassis_id 02:aa:00:00:00:07=pump-3,port_id 02:aa:00:00:00:07=1/3", ""},
      {"address_as_chassis", tlv(1, "05 01 0a000001") + port + ttl + end,
       "chassis_id 02:aa:00:00:00:07=10.0.0.1,port_id 02:aa:00:00:00:07=1/3", ""},
      {"card_as_port", chassis + tlv(2, "03 02aa00000008") + ttl + end,
       "port_id 02:aa:00:00:00:07=02:aa:00:00:00:08,chassis 02:aa:00:00:00:07=02:aa:00:00:00:01", ""},
      {"leaves", chassis + port + tlv(3, "0000") + end, "", ""},
      {"no_end", head, told(""), "end"},
      {"end_with_value", head + "0001 00", told(""), "end"},
      {"cut_after_head", head + tlv(5, ascii("core")) + "0c08 41", told(of("host_name", "core")), "length"},
      {"cut_in_head", chassis + port + "0602 00", "", "length"},
      {"half_an_element", head + "0c", told(""), "length"},
      {"empty", "", "", "end"},
      {"port_first", port + chassis + ttl + end, "", "order"},
      {"no_time_to_live", chassis + port + tlv(5, ascii("core")) + end, "", "order"},
      {"no_port", chassis + ttl + end, "", "order"},
      {"ends_at_once", end, "", "order"},
      {"second_chassis", head + chassis + end, "", "order"},
      {"second_time_to_live", head + ttl + end, "", "order"},
      {"second_name", head + tlv(5, ascii("core")) + tlv(5, ascii("edge")) + end, told(of("host_name", "core")), "twice"},
      {"chassis_of_five", tlv(1, "04 02aa000000") + port + ttl + end, "", "element"},
      {"chassis_without_id", tlv(1, "07") + port + ttl + end, "", "element"},
      {"port_without_kind", chassis + tlv(2, "") + ttl + end, "", "element"},
      {"time_of_one", chassis + port + tlv(3, "00") + end, "", "element"},
      {"capabilities_of_three", head + tlv(7, "001400") + tlv(5, ascii("core")) + end, told(of("host_name", "core")), "element"},
      {"address_beyond_element", head + tlv(8, "20 01 0a000001 02 00000001 00") + end, told(""), "element"},
      {"address_without_interface", head + tlv(8, "05 01 0a000001 02") + end, told(""), "element"},
      {"organization_of_three", head + tlv(127, "0012bb") + end, told(""), "element"},
      {"inventory_of_33", head + tlv(127, "0012bb 08" + ascii("123456789012345678901234567890123")) + end, told(""), "element"},
      {"group_chassis", tlv(1, "04 01aa00000001") + port + ttl + end, "port_id 02:aa:00:00:00:07=1/3", "chassis_card"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    neighbour n;
    n.say(r.frame);
    EXPECT_EQ(n.facts(), r.facts);
    EXPECT_EQ(n.rules(), r.rules);
    EXPECT_TRUE(n.out.operations.empty());
  }
}

TEST(lldp, a_bridge_inside_a_device_is_a_weak_word) {
  const struct {
    const char* name;
    std::string frame;
    int confidence;
  } rows[] = {
      {"switch", head + tlv(7, "0004 0004") + end, 80},
      {"device_of_two_ports", head + tlv(7, "0084 0084") + end, 20},
      {"profinet", head + tlv(7, "0004 0004") + tlv(127, "000ecf 02 0000 0000") + end, 20},
      {"station", head + tlv(7, "0080 0080") + end, 80},
  };
  for (const auto& r : rows) {
    neighbour n;
    n.say(r.frame);
    ASSERT_FALSE(n.out.facts.empty()) << r.name;
    EXPECT_EQ(n.out.facts[0].kind, "capability") << r.name;
    EXPECT_EQ(n.out.facts[0].confidence, r.confidence) << r.name;
  }
}

TEST(lldp, elements_are_counted) {
  neighbour n;
  n.say(head + tlv(9, "") + profinet_card + tlv(127, "0012bb 01 0021 01") + tlv(127, "0080c2 01 0001") + tlv(127, "00120f 01 03") +
        tlv(127, "001b1b 01") + end);
  n.say(chassis + port + tlv(3, "0000") + end);
  const std::map<std::string, unsigned> expected{{"lldp/tlv/0", 2},
                                                 {"lldp/tlv/1", 2},
                                                 {"lldp/tlv/2", 2},
                                                 {"lldp/tlv/3", 2},
                                                 {"lldp/tlv/9", 1},
                                                 {"lldp/tlv/127", 5},
                                                 {"lldp/profinet/5", 1},
                                                 {"lldp/med/1", 1},
                                                 {"lldp/organization/802.1", 1},
                                                 {"lldp/organization/802.3", 1},
                                                 {"lldp/organization/other", 1},
                                                 {"lldp/packet/leaves", 1}};
  EXPECT_EQ(n.out.counts, expected);
}

TEST(lldp, the_same_is_said_once_and_a_change_at_once) {
  neighbour n;
  const auto frame = [](std::string_view name, std::string_view at) {
    return chassis + tlv(2, "05" + ascii(at)) + ttl + tlv(5, ascii(name)) + tlv(8, "05 01 0a000001 02 00000001 00") +
           tlv(8, "05 01 0a000002 02 00000001 00") + end;
  };
  for (int i = 0; i < 10; ++i) n.say(frame("core", "1/3"));
  EXPECT_EQ(n.out.facts.size(), 5U);  // name, two addresses, port, chassis
  for (int i = 0; i < 10; ++i) n.say(frame("core", i % 2 == 0 ? "1/4" : "1/3"));
  EXPECT_EQ(n.out.facts.size(), 6U);  // the other port
  n.say(frame("edge", "1/3"));
  EXPECT_EQ(n.out.facts.size(), 7U);
  n.now += std::chrono::minutes{11};
  n.say(frame("edge", "1/3"));
  EXPECT_EQ(n.out.facts.size(), 12U);
}

TEST(lldp, what_was_told_is_bounded) {
  neighbour n;
  auto frame = hex(head + tlv(5, ascii("core")) + end);
  for (unsigned i = 100; i < 200; ++i) frame[8] = static_cast<std::uint8_t>(i), n.say(frame);
  const auto chassis_told = std::ranges::count(n.out.facts, "chassis", &learned::kind);
  EXPECT_EQ(chassis_told, 100);  // one property of the sender, which changes
  EXPECT_EQ(n.out.counts["lldp/forgotten/fact"], n.out.facts.size() - 99U - 48U);
}

TEST(lldp, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix(
      "lldp",
      {{side::client, hex(head + tlv(4, ascii("uplink")) + tlv(5, ascii("core")) + tlv(6, ascii("Linux, HW: 1, FW: 2")) +
                          tlv(7, "0014 0014") + tlv(8, "05 01 0a000001 02 00000001 02 2b06") + tlv(127, "0012bb 08" + ascii("N4")) + end)},
       {side::client, hex(local_chassis + tlv(2, "07" + ascii("port-001.pump")) + ttl + profinet_card + end)}},
      transport::ethernet);
}

}  // namespace
}  // namespace mw::test
