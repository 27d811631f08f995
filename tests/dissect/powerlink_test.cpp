// Ethernet POWERLINK: cycles and states, who a node is, its errors, commands of network management, objects by SDO.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace mw::test {
namespace {

const auto manager_card = *mac::parse("02:aa:00:00:00:f0"), node_card = *mac::parse("02:aa:00:00:00:05"),
           group = *mac::parse("01:11:1e:00:00:04");

struct link {
  conversation talk;
  explicit link(const mac& from, const mac& to = group, transport t = transport::ethernet) : talk{"powerlink", t} {
    talk.client_end.hardware = from, talk.server_end.hardware = to;
  }
  void say(const std::string& text) { talk.client(text); }
  std::string operations() const {
    std::string text;
    for (const auto& o : talk.out.operations)
      (text += text.empty() ? "" : ",") += std::string{to_string(o.action)} + ' ' + o.function_name + '/' + o.unit;
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
bool has(const operation& o, const std::string& name, const value& v) {
  return std::ranges::find(o.fields, field{name, v}) != o.fields.end();
}

std::string octet(unsigned n) {
  constexpr std::string_view digits = "0123456789abcdef";
  return {digits[n >> 4 & 15], digits[n & 15]};
}
std::string relative(unsigned n) { return octet(n) + "00000000000000"; }
std::string cycle(unsigned n) { return "01 ff f0 00 c0 00 00f15365 05000000" + relative(n); }
std::string response(const std::string& state, const std::string& flags = "01", const std::string& data = "0400 01020304") {
  return "04 ff 05" + state + flags + "00 10 00" + data;
}

TEST(powerlink, a_cycle_is_told_once_and_watched) {
  link l{manager_card};
  for (unsigned i = 1; i < 40; ++i) l.say(cycle(i));
  EXPECT_EQ(l.operations(), "report start_of_cycle/240");
  EXPECT_EQ(l.facts(), "role=managing_node,node_id=240");
  EXPECT_EQ(l.rules(), "");
  l.talk.now += std::chrono::milliseconds{10};
  l.say(cycle(50));
  EXPECT_EQ(l.rules(), "cycle_missing");
  l.say(cycle(49));
  EXPECT_EQ(l.rules(), "cycle_missing,relative_time");
}

TEST(powerlink, a_request_is_told_when_it_changes) {
  link l{manager_card, node_card};
  const std::string ready = "03 05 f0 00 01 00 10 00 0400 01020304", not_ready = "03 05 f0 00 00 00 10 00 0400 01020304";
  for (const auto& f : {ready, ready, not_ready, not_ready}) l.say(f);
  EXPECT_EQ(l.operations(), "report poll_request/5,report poll_request/5");
  EXPECT_TRUE(has(l.at(0), "ready", true));
  EXPECT_TRUE(has(l.at(1), "ready", false));
  EXPECT_TRUE(has(l.at(0), "pdo_version", std::string{"1.0"}));
  EXPECT_EQ(l.facts(), "node_id=240,role=managing_node");
}

TEST(powerlink, the_state_of_a_node_is_a_fact_and_its_change_a_record) {
  link l{node_card};
  for (const auto* s : {"5d", "5d", "6d", "fd", "4d"}) l.say(response(s));
  EXPECT_EQ(l.facts(),
            "run_state=pre_operational_2,node_id=5,role=controlled_node,run_state=ready_to_operate,run_state=operational,"
            "run_state=stopped");
  EXPECT_EQ(l.operations(), "report poll_response/5,report state_change/5,report state_change/5,report state_change/5");
  EXPECT_TRUE(has(l.at(3), "previous_state", std::string{"operational"}));
}

TEST(powerlink, an_exception_is_an_alarm) {
  link l{node_card};
  for (const auto* f : {"01", "11", "11", "01"}) l.say(response("fd", f));
  EXPECT_EQ(l.operations(), "report poll_response/5,alarm exception_new/5,alarm exception_new/5");
}

TEST(powerlink, responses_that_keep_away_are_missing) {
  link l{node_card};
  for (int i = 0; i < 30; ++i) l.say(response("fd"));
  l.talk.now += std::chrono::milliseconds{2};
  l.say(response("fd"));
  EXPECT_EQ(l.rules(), "");
  l.talk.now += std::chrono::milliseconds{5};
  l.say(response("fd"));
  EXPECT_EQ(l.rules(), "response_missing");
}

TEST(powerlink, an_invitation_asks_who_a_node_is) {
  link l{manager_card};
  for (int i = 0; i < 3; ++i) l.say("05 ff f0 1d 04 00 01 05 20 00");
  l.say("05 ff f0 fd 04 00 02 05 20 00");
  EXPECT_EQ(l.operations(), "identify ident_request/5,report state_change/240");
  EXPECT_EQ(l.facts(), "run_state=pre_operational_1,role=managing_node,run_state=operational");
  EXPECT_EQ(l.talk.out.counts["powerlink/invitation/1"], 3u);
}

const std::string ident =
    "06 f0 05 01 10 08 1d 00 20 00 45000000 dc05 2400 2400 d0070000 0000 91010f00 6c000001 34120000 02000100 09030000"
    "0000000000000000 01000000 02000000 03000000 04000000 0564a8c0 00ffffff fe64a8c0 76616c7665" +
    std::string(54, '0') + std::string(96, '0');

TEST(powerlink, a_node_says_who_it_is) {
  link l{node_card};
  l.say(ident);
  l.say(ident);
  EXPECT_EQ(l.facts(),
            "node_id=5,vendor_id=16777324,vendor=B&R Industrial Automation,product_code=4660,revision=65538,serial=777,"
            "device_type=401,ip=192.168.100.5,host_name=valve,run_state=pre_operational_1");
  EXPECT_EQ(l.operations(), "identify ident_response/5");
  EXPECT_TRUE(has(l.at(0), "gateway", std::string{"192.168.100.254"}));
}

TEST(powerlink, an_error_is_told_once) {
  link l{node_card};
  const std::string head = "06 f0 05 02 10 08 fd 000000 1100000000000000", end = std::string(40, '0');
  const std::string first = "0290 4582 00f15365 00000000 0700000000000000", second = "0290 1181 01f15365 00000000 0000000000000000";
  l.say(head + first + end);
  l.say(head + first + end);
  l.say(head + second + first + end);
  EXPECT_EQ(l.operations(), "alarm error_entry/5,alarm error_entry/5");
  EXPECT_EQ(l.at(0).code, "33349");
  EXPECT_TRUE(has(l.at(0), "error", std::string{"dll_loss_soc_th"}));
  EXPECT_TRUE(has(l.at(0), "mode", std::string{"error_active"}));
}

TEST(powerlink, commands_of_network_management_have_their_actions) {
  const struct {
    std::string frame, operations;
  } rows[] = {
      {"06 05 f0 04 21 00", "start start_node/5"},
      {"06 ff f0 04 22 00", "stop stop_node/255"},
      {"06 05 f0 04 23 00", "mode_change enter_pre_operational_2/5"},
      {"06 05 f0 04 28 00 1182", "restart reset_node/5"},
      {"06 05 f0 04 2d 00 04", "configure dynamic_node_allocation/5"},
      {"06 05 f0 04 62 00 6162000000", "configure set_host_name/5"},
      {"06 ff f0 04 b0 00 000000000000", "time_sync publish_time/255"},
      {"06 f0 05 03 28 07", "restart request_reset_node/7"},
  };
  for (const auto& r : rows) {
    link l{manager_card};
    l.say(r.frame);
    EXPECT_EQ(l.operations(), r.operations) << r.frame;
    EXPECT_EQ(l.rules(), "") << r.frame;
  }
  link l{manager_card};
  l.say("06 05 f0 04 62 00 6162000000");
  EXPECT_EQ(l.at(0).values.at(0), value{std::string{"ab"}});
  EXPECT_EQ(l.at(0).function, "6/4/98");
}

// ---- SDO on UDP, where requests meet answers
const std::string head = "06 00 00 05";
std::string sequence(unsigned received, unsigned sent) { return octet(received << 2 | 2) + octet(sent << 2 | 2) + "0000"; }

struct udp final : link {
  udp() : link{manager_card, node_card, transport::udp} {}
  void ask(unsigned n, const std::string& command) { talk.client(head + sequence(n - 1, n) + command); }
  void tell(unsigned n, const std::string& command) { talk.server(head + sequence(n, n) + command); }
};

TEST(powerlink, objects_are_read_and_written) {
  udp l;
  l.talk.client(head + "0001 0000");
  l.talk.server(head + "0101 0000");
  l.ask(1, "00 07 00 02 0400 0000 1810 04 00");
  l.tell(1, "00 07 80 02 0400 0000 09030000");
  l.ask(2, "00 08 00 01 0500 0000 511f 01 00 00");
  l.tell(2, "00 08 80 01 0000 0000");
  l.ask(3, "00 09 00 01 0500 0000 0020 01 00 05");
  l.tell(3, "00 09 c0 01 0400 0000 02000106");
  l.ask(4, "00 0a 00 32 0800 0000 1810 01 00 1810 02 00");
  l.talk.client(head + "0000 0000");
  l.talk.end();
  EXPECT_EQ(l.operations(),
            "session sdo_open/,read read_by_index/,mode_change write_by_index/,write write_by_index/,session sdo_close/,"
            "read read_multiple_by_index/");
  EXPECT_EQ(l.rules(), "");
  EXPECT_EQ(l.facts(), "serial=777");
  EXPECT_EQ(l.at(1).objects.at(0).address, "0x1018/4");
  EXPECT_EQ(l.at(1).values.at(0), value{std::uint64_t{777}});
  EXPECT_EQ(l.at(1).outcome, outcome::ok);
  EXPECT_TRUE(l.at(1).latency.has_value());
  EXPECT_TRUE(has(l.at(2), "object", std::string{"program_control"}));
  EXPECT_EQ(l.at(3).outcome, outcome::refused);
  EXPECT_EQ(l.at(3).code, "100728834");
  EXPECT_TRUE(has(l.at(3), "reason", std::string{"read_only"}));
  EXPECT_EQ(l.at(5).outcome, outcome::timeout);
  EXPECT_EQ(l.at(5).objects.size(), 2u);
}

TEST(powerlink, a_program_that_is_written_in_parts_is_one_operation) {
  udp l;
  l.ask(1, "00 07 10 01 0c00 0000 b80b0000 501f 01 00 6162636465666768");
  l.ask(2, "00 07 20 01 0400 0000 61626364");
  l.ask(3, "00 07 30 01 0400 0000 61626364");
  l.tell(3, "00 07 80 01 0000 0000");
  EXPECT_EQ(l.operations(), "firmware write_by_index/");
  EXPECT_EQ(l.at(0).outcome, outcome::ok);
  EXPECT_TRUE(has(l.at(0), "size", std::uint64_t{2996}));
}

TEST(powerlink, what_is_sent_again_is_counted_once_and_a_gap_blinds_nobody) {
  udp l;
  l.ask(1, "00 07 00 02 0400 0000 0810 00 00");
  l.ask(1, "00 07 00 02 0400 0000 0810 00 00");
  l.tell(1, "00 07 80 02 0300 0000 783230");
  EXPECT_EQ(l.operations(), "read read_by_index/");
  EXPECT_EQ(l.facts(), "model=x20");
  EXPECT_EQ(l.talk.out.counts["powerlink/sdo/repeated"], 1u);
  l.talk.gap(side::client);
  l.ask(1, "00 09 00 02 0400 0000 0910 00 00");
  l.talk.wait(std::chrono::minutes{1});
  EXPECT_EQ(l.at(1).outcome, outcome::timeout);
  l.tell(2, "00 0f 80 02 0100 0000 07");
  EXPECT_EQ(l.at(2).outcome, outcome::unpaired);
}

TEST(powerlink, in_a_group_nobody_waits_for_an_answer) {
  link l{manager_card};
  l.say("06 05 f0 05 060a0000 00 07 00 02 0400 0000 1810 01 00");
  EXPECT_EQ(l.operations(), "read read_by_index/5");
  EXPECT_EQ(l.at(0).outcome, outcome::none);
  link n{node_card};
  n.say("06 f0 05 05 0a0a0000 00 07 80 02 0400 0000 6c000001");
  EXPECT_EQ(n.at(0).outcome, outcome::unpaired);
  EXPECT_EQ(n.talk.out.askers.at(0), side::client);
}

TEST(powerlink, waiting_requests_are_bounded) {
  udp l;
  for (unsigned i = 0; i < 100; ++i) l.ask(i % 60 + 1, "00 " + octet(i) + " 00 02 0400 0000 0810 00 00");
  EXPECT_EQ(l.talk.out.operations.size(), 36u);
}

TEST(powerlink, what_breaks_the_rules_is_said) {
  const struct {
    const char* name;
    std::string frame, rules;
  } rows[] = {
      {"cut", "01 ff", "length"},
      {"type", "02 ff f0", "message_type"},
      {"cycle_cut", "01 ff f0 00 c0", "length"},
      {"cycle_of_a_node", "01 ff 05 00 c0 00 00f15365 05000000" + relative(1), "manager"},
      {"cycle_of_a_spare_manager", "01 ff f1 00 c0 00 00f15365 05000000" + relative(1), ""},
      {"process_data", response("fd", "01", "0900 01"), "length"},
      {"state", response("77"), "nmt_state"},
      {"response_to_one", "04 f0 05 fd 01 00 10 00 0000", "node"},
      {"request_of_a_node", "03 05 06 00 01 00 10 00 0000", "node"},
      {"invitation_of_a_node", "05 ff 05 fd 04 00 00 00 20", "manager"},
      {"no_service", "06 ff f0", "length"},
      {"reserved_service", "06 ff f0 09", "service"},
      {"own_service", "06 ff f0 a0", ""},
      {"ident_cut", "06 f0 05 01 10 08", "length"},
      {"status_cut", "06 f0 05 02 10 08", "length"},
      {"command_cut", "06 05 f0 04", "length"},
      {"sdo_cut", "06 05 f0 05 06", "length"},
      {"sdo_command", "06 05 f0 05 060a0000 00 07 00 55 0000 0000", "sdo_command"},
      {"sdo_too_long", "06 05 f0 05 060a0000 00 07 00 02 0900 0000 1810", "length"},
      {"sdo_without_object", "06 05 f0 05 060a0000 00 07 00 02 0200 0000 1810", "length"},
  };
  for (const auto& r : rows) {
    link l{node_card};
    l.say(r.frame);
    EXPECT_EQ(l.rules(), r.rules) << r.name;
  }
}

TEST(powerlink, the_probe_is_strict_on_udp) {
  const auto probe = named("powerlink").about.probe;
  EXPECT_EQ(probe(hex(head + sequence(0, 1) + "00 07 00 02 0400 0000 1810 04 00"), transport::udp), match::yes);
  EXPECT_EQ(probe(hex("06 00 00 04 00000000"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("06 00 00 05 00"), transport::udp), match::no);
  EXPECT_EQ(probe(hex("01 ff f0"), transport::ethernet), match::yes);
  EXPECT_EQ(probe(hex("02 ff f0"), transport::ethernet), match::no);
}

TEST(powerlink, every_prefix) {
  every_prefix("powerlink",
               {{side::client, hex(cycle(1))},
                {side::client, hex(response("fd"))},
                {side::client, hex(ident)},
                {side::client, hex("06 f0 05 02 10 08 fd 000000 1100000000000000 0290 4582 00f15365 00000000 0700000000000000")},
                {side::client, hex("06 05 f0 04 62 00 616200")},
                {side::client, hex("05 ff f0 fd 04 00 01 05 20 00")}},
               transport::ethernet);
  every_prefix("powerlink",
               {{side::client, hex(head + sequence(0, 1) + "00 07 00 02 0400 0000 1810 04 00")},
                {side::server, hex(head + sequence(1, 1) + "00 07 80 02 0400 0000 09030000")},
                {side::client, hex(head + sequence(1, 2) + "00 08 10 01 0800 0000 b80b0000 501f 01 00 61626364")},
                {side::client, hex(head + sequence(1, 3) + "00 08 00 31 0800 0000 00000000 501f 01 00")},
                {side::server, hex(head + sequence(2, 2) + "00 08 c0 01 0400 0000 02000106")}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
