// What is new against what was learned: devices, conversations, functions, writers, objects.
#include "tests/detect/harness.hpp"

namespace mw::testing {
namespace {

TEST(novelty, what_was_learned_is_quiet) {
  auto p = detecting();
  for (int i = 0; i < 50; ++i) {
    p.see(say{});
    p.see(talk{});
    p.see(say{.function = "6", .action = action::write, .values = {std::uint64_t{8}}});
  }
  EXPECT_TRUE(p->detections().empty());
  EXPECT_TRUE(p->incidents().empty());
}

TEST(novelty, nothing_learned_means_nothing_new) {
  plant p;  // mode detect, empty memory
  for (int i = 0; i < 50; ++i) p.see(say{.client = stranger});
  EXPECT_EQ(p->detections().size(), 0u);
}

TEST(novelty, new_device_and_new_conversation) {
  auto p = detecting();
  p.see(talk{.client = stranger});
  EXPECT_EQ(p.only("MW-0101").actor, stranger);
  EXPECT_GE(p.only("MW-0101").severity, severity::medium);
  EXPECT_EQ(p.only("MW-0201").victim, plc);
  EXPECT_EQ(p.only("MW-0201").severity, severity::medium);
  ASSERT_EQ(p->incidents().size(), 1u) << "both are about the same actor";
}

TEST(novelty, a_conversation_is_told_again_as_long_as_nobody_approves_it) {
  auto p = detecting();
  for (int i = 0; i < 3; ++i) {
    p.see(talk{.client = stranger});
    p.now += std::chrono::hours{1};
  }
  EXPECT_EQ(p.count("MW-0201"), 3u);
  EXPECT_EQ(p.count("MW-0101"), 1u) << "a device is news once a day";
}

TEST(novelty, a_syn_that_nobody_answers_is_no_conversation) {
  auto p = detecting();
  p.see(record{probe(master, "10.0.0.77", 80, p.step())});
  EXPECT_EQ(p.count("MW-0201"), 0u);
}

TEST(novelty, new_protocol_on_a_known_port) {
  auto p = detecting();
  p.see(talk{.application = "ssh"});
  EXPECT_EQ(p.only("MW-0202").severity, severity::low);
  EXPECT_EQ(p.count("MW-0201"), 0u);
}

TEST(novelty, new_function_on_a_known_conversation) {
  auto p = detecting();
  p.see(say{.function = "4"});
  EXPECT_EQ(p.only("MW-0301").severity, severity::medium);
  EXPECT_EQ(p.only("MW-0301").evidence.function, "4");
}

TEST(novelty, new_object_of_a_known_writer_is_context) {
  auto p = detecting();
  p.see(say{.function = "6", .action = action::write, .objects = {{"holding", "200", 1, {}, {}}}, .values = {std::uint64_t{8}}});
  EXPECT_EQ(p.only("MW-0302").severity, severity::info);
  EXPECT_TRUE(p->incidents().empty()) << "context alone is no incident";
}

TEST(novelty, write_from_a_host_that_only_read) {
  plant teacher{quiet(learning_mode::learn)};
  for (int i = 0; i < 20; ++i) teacher.see(say{});
  plant p;
  ASSERT_TRUE(p->load(teacher->save()));
  p.now += std::chrono::hours{1};
  p.see(say{.function = "6", .action = action::write, .values = {std::uint64_t{8}}});
  EXPECT_EQ(p.only("MW-0401").severity, severity::high);
  p.see(say{.protocol = "iec104", .function = "45", .action = action::control, .port = 2404});
  EXPECT_EQ(p.only("MW-0402").severity, severity::critical);
}

TEST(novelty, a_stranger_writes) {
  auto p = detecting();
  p.see(say{.client = stranger, .function = "16", .action = action::write});
  EXPECT_EQ(p.only("MW-0401").severity, severity::high);
  const auto i = p->incidents();
  ASSERT_EQ(i.size(), 1u);
  EXPECT_EQ(i.front().severity, severity::high);
  EXPECT_EQ(i.front().actors, std::vector<std::string>{std::string{stranger}});
}

TEST(novelty, a_connection_seen_the_wrong_way_round_is_the_same) {
  auto p = detecting();
  auto f = flow(talk{}, p.step());
  std::swap(f.client, f.server), f.tcp_state = "midstream";
  p.see(record{f});
  EXPECT_EQ(p.count("MW-0201"), 0u);
}

TEST(internet, contact_from_a_control_host) {
  plant p{quiet(learning_mode::automatic)};
  p.see(say{});
  p.see(talk{.client = plc, .server = "93.184.216.34", .application = "tls", .port = 443});
  EXPECT_EQ(p.only("MW-1701").severity, severity::medium);
  p.see(talk{.client = "93.184.216.34", .server = plc, .application = "modbus"});
  EXPECT_EQ(p.only("MW-1702").severity, severity::high);
  EXPECT_EQ(p.only("MW-1702").actor, "93.184.216.34");
}

TEST(internet, an_office_host_may) {
  plant p{quiet(learning_mode::automatic)};
  p.see(talk{.client = "10.9.0.4", .server = "93.184.216.34", .application = "tls", .port = 443});
  EXPECT_TRUE(p->detections().empty());
}

TEST(internet, zones_decide_where_they_are_configured) {
  auto c = quiet(learning_mode::automatic);
  c.rules.zones = {{"cell", {*parse_subnet("10.0.0.0/24")}, true, 1}, {"office", {*parse_subnet("10.9.0.0/16")}, false, 4}};
  plant p{c};
  p.see(talk{.client = "10.0.0.30", .server = "93.184.216.34", .application = "tls", .port = 443});
  p.see(talk{.client = "10.9.0.30", .server = "93.184.216.34", .application = "tls", .port = 443});
  EXPECT_EQ(p.count("MW-1701"), 1u);
}

TEST(internet, an_approved_edge_may) {
  plant p{quiet(learning_mode::automatic)};
  p->approve(*parse_allow_list(R"({"edges":[{"client":"10.0.0.9","server":"internet","transport":"tcp","port":443,"protocol":"*"}]})"));
  p.see(say{});
  p.see(talk{.client = plc, .server = "93.184.216.34", .application = "tls", .port = 443});
  EXPECT_EQ(p.count("MW-1701"), 0u);
}

}  // namespace
}  // namespace mw::testing
