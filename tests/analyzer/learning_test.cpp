// Learning, trial and detection of sites and of devices that appear later; approvals; poisoning; saving.
#include "tests/detect/harness.hpp"

#include "analyzer/baseline/allow_list.hpp"
#include "analyzer/report/json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace mw::testing {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A site in mode auto that has gone through learning (24 h) and trial (12 h) with the master polling.
plant grown(int until_hours) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < until_hours * 6; ++i) {
    p.see(say{});
    p.see(talk{});
    p.now += minutes{10} - std::chrono::seconds{2};
  }
  return p;
}

TEST(phases, learn_trial_detect) {
  EXPECT_EQ(grown(23)->sites().front().phase, "learn");
  EXPECT_EQ(grown(30)->sites().front().phase, "trial");
  EXPECT_EQ(grown(37)->sites().front().phase, "detect");
}

TEST(phases, novelty_speaks_in_detect_only) {
  const say strange{.function = "4"};
  auto p = grown(23);
  p.see(strange);
  EXPECT_TRUE(p->detections().empty());
  p = grown(30);
  p.see(strange);
  ASSERT_EQ(p->detections().size(), 1u);
  EXPECT_TRUE(p->detections().front().trial);
  EXPECT_TRUE(p->incidents().empty()) << "recorded, not alerted";
  EXPECT_EQ(p->stats().trial, 1u);
  p = grown(37);
  p.see(strange);
  EXPECT_EQ(p.count("MW-0301"), 1u);
  EXPECT_EQ(p->incidents().size(), 1u);
}

TEST(phases, a_device_that_appears_later_learns_for_itself) {
  auto p = grown(37);
  const std::string_view late = "10.0.0.20";
  const auto poll = [&](int n) {
    for (int i = 0; i < n; ++i) {
      p.see(say{});
      p.see(say{.client = late});
      p.see(talk{.client = late});
      p.now += minutes{10} - std::chrono::seconds{3};
    }
  };
  poll(6 * 23);
  EXPECT_EQ(p.count("MW-0101"), 1u) << "it is news at once";
  EXPECT_EQ(p.count("MW-0201"), 0u) << "its habits are not";
  p.see(say{.client = late, .function = "6", .action = action::write});
  EXPECT_GE(p.count("MW-0401"), 1u) << "but it is not free to write";
  const auto before = p.count("MW-0301", severity::medium);
  EXPECT_EQ(before, 1u) << "the write was also a new function";
  poll(6 * 14);
  p.see(say{.client = late});
  EXPECT_EQ(p.count("MW-0101"), 2u) << "and again the next day";
  EXPECT_EQ(p.count("MW-0201"), 0u);
  p.see(say{.client = late, .function = "4"});
  EXPECT_EQ(p.count("MW-0301", severity::medium), before + 1) << "now it has a baseline";
}

TEST(phases, deterministic_rules_speak_while_a_site_learns) {
  auto p = grown(1);
  p.see(say{.client = stranger, .protocol = "s7comm", .function = "41", .action = action::stop, .port = 102});
  EXPECT_EQ(p.count("MW-0501"), 1u);
}

TEST(phases, late_records_do_not_turn_time_back) {
  auto p = grown(37);
  p.see(record{op(say{.function = "4"}, start)});
  EXPECT_EQ(p->sites().front().phase, "detect");
  EXPECT_EQ(p->stats().late, 1u);
}

TEST(poisoning, an_hour_of_a_scan_in_learning_silences_nothing) {
  plant teacher{quiet(learning_mode::learn)};
  for (int i = 0; i < 60; ++i) teacher.see(say{});
  for (int i = 0; i < 3600; ++i) {
    teacher.see(record{probe(stranger, fmt::format("10.0.{}.{}", 1 + i / 250, 1 + i % 250), 502, teacher.step())});
    if (i % 60 == 0) teacher.see(talk{.client = stranger});
    if (i % 60 == 30) teacher.see(say{.client = stranger, .function = "6", .action = action::write});
  }
  EXPECT_TRUE(teacher->detections().empty()) << "mode learn is silent";
  plant p;
  ASSERT_TRUE(p->load(teacher->save()));
  p.now = teacher.now + hours{1};
  p.see(say{.client = stranger, .function = "6", .action = action::write});
  p.see(talk{.client = stranger});
  for (int i = 1; i < 40; ++i) p.see(record{probe(stranger, fmt::format("10.0.1.{}", i), 502, p.step())});
  EXPECT_GE(p.count("MW-1101"), 1u) << "the scan itself";
  EXPECT_GE(p.count("MW-0201"), 1u) << "a scanner's conversation is not normal because it was seen";
  EXPECT_GE(p.count("MW-0401"), 1u);
  p.see(say{});
  EXPECT_EQ(p.count("MW-0301"), 1u) << "only the scanner's own; the master's habits were learned";
}

TEST(good_turing, falls_as_the_site_repeats_itself) {
  EXPECT_TRUE(plant {} -> sites().empty());
  plant p{quiet(learning_mode::learn)};
  p.see(talk{});
  EXPECT_DOUBLE_EQ(p->sites().front().unseen_mass, 1.0);
  for (int i = 0; i < 9; ++i) p.see(talk{});
  p.see(talk{.server = "10.0.0.10"});
  EXPECT_NEAR(p->sites().front().unseen_mass, 1.0 / 11, 1e-9);
}

constexpr std::string_view approval = R"({
 "view": "A", "comment": "what an operator would have approved",
 "hosts": [{"ip": "10.0.0.66", "mac": "00:10:18:00:00:66", "role": "engineering-workstation"}],
 "edges": [{"client": "10.0.0.66", "server": "*", "transport": "*", "port": "*", "protocol": "*"}],
 "functions": [{"client": "10.0.0.66", "server": "10.0.0.9", "protocol": "modbus", "requests": [3, 6], "responses": "*"},
               {"client": "10.0.0.5", "server": "10.0.0.9", "protocol": "dnp3", "requests": [0, 1], "responses": [129, 130]}]})";

TEST(approval, opens_what_it_names_and_nothing_else) {
  auto p = detecting();
  auto list = parse_allow_list(R"({"hosts":[{"ip":"10.0.0.66"}],"edges":[{"client":"10.0.0.66","server":"10.0.0.0/24","port":502}],
    "functions":[{"client":"10.0.0.66","server":"10.0.0.9","protocol":"modbus","requests":[3,6]}]})");
  ASSERT_TRUE(list) << list.error();
  p->approve(*list);
  p.see(talk{.client = stranger});
  p.see(say{.client = stranger});
  p.see(say{.client = stranger, .function = "6", .action = action::write});
  EXPECT_TRUE(p->detections().empty());
  p.see(say{.client = stranger, .function = "16", .action = action::write});
  EXPECT_EQ(p.count("MW-0301"), 1u);
  p.see(say{.client = stranger, .protocol = "s7comm", .function = "4", .port = 102});
  EXPECT_EQ(p.count("MW-0201"), 1u);
}

TEST(approval, alone_makes_a_baseline) {
  plant p;
  p->approve(*parse_allow_list(approval));
  p.see(say{.client = stranger});
  EXPECT_TRUE(p->detections().empty());
  p.see(say{.client = "10.0.0.77"});
  EXPECT_EQ(p.count("MW-0201"), 1u);
  EXPECT_EQ(p.count("MW-0101"), 1u) << "the PLC is named in an approved function: only the other host is new";
}

TEST(approval, names_the_role_of_a_machine) {
  plant p;
  p->approve(*parse_allow_list(approval));
  p.see(say{.client = stranger});
  const auto all = p->assets();
  const auto at = std::find_if(all.begin(), all.end(), [](const asset& a) { return a.addresses.front() == stranger; });
  ASSERT_NE(at, all.end());
  EXPECT_EQ(at->role, asset_role::engineering_station);
  EXPECT_TRUE(at->approved);
}

TEST(approval, comes_with_the_first_record_of_a_site) {
  plant p;
  p->approve(*parse_allow_list(approval));
  const auto saved = p->save();
  plant q;
  ASSERT_TRUE(q->load(saved));
  q.see(say{.client = "10.0.0.77"});
  EXPECT_EQ(q.count("MW-0201"), 1u) << "kept for sites that were not seen yet";
}

TEST(allow_list, json_and_yaml_say_the_same) {
  const auto a = parse_allow_list(approval);
  ASSERT_TRUE(a) << a.error();
  EXPECT_EQ(a->functions.front().requests, (std::vector<std::string>{"3", "6"}));
  EXPECT_EQ(*parse_allow_list(to_yaml(*a)), *a);
  EXPECT_EQ(*parse_allow_list(to_json(*a)), *a);
}

TEST(allow_list, complaints_name_the_line) {
  for (const auto* text :
       {"hosts: 3", "hosts: [3]", "hosts:\n  - {ip: nonsense}", "edges: [{client: [1]}]", "[", "- a", "hosts:\n  - {mac: 1}"}) {
    const auto a = parse_allow_list(text);
    ASSERT_FALSE(a) << text;
    EXPECT_FALSE(a.error().empty());
  }
}

TEST(exporting, can_be_approved_at_an_empty_site) {
  plant p = detecting();
  const auto list = p->export_baseline("");
  EXPECT_EQ(list.site, "site1");
  EXPECT_EQ(list.hosts.size(), 2u);
  plant fresh;
  fresh->approve(*parse_allow_list(to_yaml(list)));
  fresh.see(say{});
  fresh.see(say{.function = "6", .action = action::write});
  fresh.see(talk{});
  EXPECT_TRUE(fresh->detections().empty());
  fresh.see(say{.client = stranger});
  EXPECT_FALSE(fresh->detections().empty());
}

TEST(saving, gives_the_same_state_and_the_same_text) {
  const auto first = learned();
  plant p;
  ASSERT_TRUE(p->load(first));
  EXPECT_EQ(nlohmann::json::parse(p->save()), nlohmann::json::parse(first));
  EXPECT_EQ(learned(), first);
}

TEST(saving, refuses_what_it_cannot_read_and_stays_as_it_was) {
  plant p = detecting();
  const auto before = p->save();
  for (const std::string bad : {"", "{", "[]", "{\"version\":2}", R"({"version":1,"sites":{},"approved":[],"assets":[{"id":"x"}]})",
                                R"({"version":1,"sites":{"a":{}},"approved":[],"assets":[]})"}) {
    EXPECT_FALSE(p->load(bad)) << bad;
    EXPECT_EQ(p->save(), before);
  }
}

TEST(saving, learn_captures_may_be_younger_than_what_is_tested) {
  plant p;
  ASSERT_TRUE(p->load(learned(start + hours{24 * 400})));
  p.see(say{});
  EXPECT_TRUE(p->detections().empty());
  p.see(say{.client = stranger});
  EXPECT_FALSE(p->detections().empty());
}

TEST(determinism, the_same_records_give_the_same_report) {
  const auto run = [] {
    plant p = detecting();
    for (int i = 0; i < 300; ++i) {
      p.see(record{probe(stranger, fmt::format("10.0.3.{}", i % 200), static_cast<std::uint16_t>(1 + i), p.step())});
      p.see(say{.client = i % 7 ? master : stranger, .function = i % 5 ? "3" : "6", .action = i % 5 ? action::read : action::write});
      p.see(record{tell(plc, "", "firmware", std::to_string(i % 3), "modbus", p.step())});
    }
    p->finish();
    return make_report(*p, {{"capture", 10, 9, 0, {{"short", 1}}}});
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace mw::testing
