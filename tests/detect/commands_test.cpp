// Commands that need no learning: they speak from the first packet, and their severity follows who sends them and when.
#include "tests/detect/harness.hpp"

#include "analyzer/detect/detector.hpp"

namespace mw::testing {
namespace {

struct row {
  const char* name;
  say what;
  std::string_view rule;
  severity level;
};
const row commands[] = {
    {"S7Stop", {.protocol = "s7comm", .function = "41", .action = action::stop, .port = 102}, "MW-0501", severity::critical},
    {"S7StopRefused",
     {.protocol = "s7comm", .function = "41", .action = action::stop, .outcome = outcome::refused, .port = 102},
     "MW-0501",
     severity::high},
    {"S7Start", {.protocol = "s7comm", .function = "40", .action = action::start, .port = 102}, "MW-0502", severity::high},
    {"Dnp3ColdRestart", {.protocol = "dnp3", .function = "13", .action = action::restart, .port = 20000}, "MW-0503", severity::high},
    {"ModeChange",
     {.protocol = "s7comm", .function = "userdata/0/2", .action = action::mode_change, .port = 102},
     "MW-0504",
     severity::high},
    {"UmasDownload", {.protocol = "umas", .function = "52", .action = action::program_download}, "MW-0505", severity::critical},
    {"S7Upload", {.protocol = "s7comm", .function = "30", .action = action::program_upload, .port = 102}, "MW-0506", severity::medium},
    {"Firmware", {.protocol = "cip", .function = "75", .action = action::firmware, .port = 44818}, "MW-0507", severity::critical},
    {"S7Force", {.protocol = "s7comm", .function = "userdata/1/16", .action = action::force, .port = 102}, "MW-0508", severity::high},
    {"CipConfigure", {.protocol = "cip", .function = "4", .action = action::configure, .port = 44818}, "MW-0509", severity::medium},
    {"ModbusListenOnly", {.function = "8/4", .action = action::diagnose}, "MW-0601", severity::critical},
    {"ModbusRestartCommunication", {.function = "8/1", .action = action::diagnose}, "MW-0602", severity::high},
    {"ModbusClearCounters", {.function = "8/10", .action = action::diagnose}, "MW-0603", severity::medium},
    {"Dnp3DisableUnsolicited",
     {.protocol = "dnp3", .function = "21", .action = action::configure, .port = 20000},
     "MW-0604",
     severity::high},
    {"Dnp3EnableUnsolicited", {.protocol = "dnp3", .function = "20", .action = action::configure, .port = 20000}, "MW-0605", severity::low},
    {"UmasReservation", {.protocol = "umas", .function = "16", .action = action::session}, "MW-0606", severity::low},
    {"S7SetClock",
     {.protocol = "s7comm", .function = "userdata/7/2", .action = action::time_sync, .port = 102},
     "MW-0701",
     severity::medium},
    {"Iec104SetClockIsRoutine",
     {.protocol = "iec104", .function = "103", .action = action::time_sync, .port = 2404},
     "MW-0701",
     severity::info},
    {"Dnp3FileWrite", {.protocol = "dnp3", .function = "25", .action = action::file_write, .port = 20000}, "MW-0801", severity::high},
    {"Dnp3FileDelete", {.protocol = "dnp3", .function = "27", .action = action::file_delete, .port = 20000}, "MW-0802", severity::high},
    {"Iec104FileRead", {.protocol = "iec104", .function = "122", .action = action::file_read, .port = 2404}, "MW-0803", severity::medium},
    {"Dnp3DirectOperate",
     {.protocol = "dnp3", .function = "6", .action = action::control, .outcome = outcome::none, .port = 20000},
     "MW-0902",
     severity::info},
    {"Iec104Command", {.protocol = "iec104", .function = "45", .action = action::control, .port = 2404}, "MW-0404", severity::info},
    {"ModbusWrite", {.function = "5", .action = action::write}, "MW-0403", severity::info},
    {"S7ReadsIdentity",
     {.protocol = "s7comm", .function = "userdata/4/1", .action = action::identify, .port = 102},
     "MW-1301",
     severity::low},
    {"EnipListIdentity", {.protocol = "enip", .function = "99", .action = action::identify, .port = 44818}, "MW-1301", severity::low},
};

class from_the_first_packet : public ::testing::TestWithParam<row> {};

TEST_P(from_the_first_packet, speaks) {
  plant p{quiet(learning_mode::automatic)};
  p.see(GetParam().what);
  const auto d = p.only(GetParam().rule);
  EXPECT_EQ(d.severity, GetParam().level);
  EXPECT_EQ(d.actor, master);
  EXPECT_EQ(d.victim, plc);
  EXPECT_EQ(d.evidence.function, GetParam().what.function);
  EXPECT_FALSE(d.title.en.empty() || d.title.zh.empty() || d.evidence.observed.zh.empty() || d.evidence.check.zh.empty());
}
TEST_P(from_the_first_packet, is_silent_in_mode_learn) {
  plant p{quiet(learning_mode::learn)};
  p.see(GetParam().what);
  EXPECT_TRUE(p->detections().empty());
}
INSTANTIATE_TEST_SUITE_P(all, from_the_first_packet, ::testing::ValuesIn(commands),
                         [](const auto& i) { return std::string{i.param.name}; });

TEST(commands, reading_raises_nothing) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 100; ++i) p.see(say{});
  EXPECT_TRUE(p->detections().empty());
}

TEST(commands, an_engineering_station_in_its_window_is_at_work) {
  auto c = quiet();
  c.rules.engineering.push_back(*host_pattern::parse(master));
  const say download{.protocol = "s7comm", .function = "27", .action = action::program_download, .port = 102};
  {
    plant p{c};
    p.see(download);
    EXPECT_EQ(p.only("MW-0505").severity, severity::high) << "no windows are configured";
  }
  maintenance_window w;
  w.from = start, w.until = start + std::chrono::hours{1};
  c.rules.windows.push_back(w);
  {
    plant p{c};
    p.see(download);
    EXPECT_EQ(p.only("MW-0505").severity, severity::medium);
    EXPECT_TRUE(p.only("MW-0505").maintenance);
  }
  {
    plant p{c};
    p.now += std::chrono::hours{2};
    p.see(download);
    EXPECT_EQ(p.only("MW-0505").severity, severity::critical) << "outside the window";
  }
  c.rules.engineering.clear();
  plant p{c};
  p.see(download);
  EXPECT_EQ(p.only("MW-0505").severity, severity::critical) << "no engineering station";
}

TEST(commands, a_host_does_not_become_an_engineering_station_by_programming) {
  plant p{quiet(learning_mode::automatic)};
  for (int i = 0; i < 50; ++i)
    p.see(say{.client = stranger, .protocol = "s7comm", .function = "27", .action = action::program_download, .port = 102});
  EXPECT_EQ(p.only("MW-0505").severity, severity::critical);
}

TEST(commands, twenty_stops_are_a_storm) {
  plant p{quiet(learning_mode::automatic)};
  const say stop{.protocol = "s7comm", .function = "41", .action = action::stop, .port = 102};
  for (int i = 0; i < 19; ++i) p.see(stop);
  EXPECT_EQ(p.count("MW-0510"), 0u);
  p.see(stop);
  EXPECT_EQ(p.count("MW-0510"), 1u);
}

TEST(commands, previous_value_stands_in_the_evidence) {
  plant p{quiet(learning_mode::automatic)};
  p.see(
      say{.objects = {{"holding", "98", 4, {}, {}}}, .values = {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{33}, std::uint64_t{4}}});
  p.see(say{.function = "6", .action = action::write, .values = {std::uint64_t{999}}});
  EXPECT_EQ(p.only("MW-0403").evidence.previous, "33");
  EXPECT_NE(p.only("MW-0403").evidence.observed.en.find("holding 100 = 999"), std::string::npos);
}

TEST(commands, a_known_disable_of_unsolicited_is_routine) {
  plant teacher{quiet(learning_mode::learn)};
  const say off{.protocol = "dnp3", .function = "21", .action = action::configure, .port = 20000};
  for (int i = 0; i < 20; ++i) teacher.see(off);
  plant p;
  ASSERT_TRUE(p->load(teacher->save()));
  p.now += std::chrono::hours{1};
  p.see(off);
  EXPECT_TRUE(p->detections().empty());
}

TEST(rules, each_has_an_id_of_its_own) {
  const auto rules = all_rules();
  EXPECT_GE(rules.size(), 50u);
  for (std::size_t i = 1; i < rules.size(); ++i) EXPECT_NE(rules[i - 1]->id, rules[i]->id);
}

TEST(rules, one_that_is_off_stays_off) {
  auto c = quiet(learning_mode::automatic);
  c.rules.disabled.insert("MW-0501");
  plant p{c};
  p.see(say{.protocol = "s7comm", .function = "41", .action = action::stop, .port = 102});
  EXPECT_EQ(p.count("MW-0501"), 0u);
  EXPECT_EQ(p->stats().disabled, 1u);
}

TEST(rules, an_expected_finding_is_counted_and_not_told) {
  auto c = quiet(learning_mode::automatic);
  c.rules.mutes.push_back({"MW-0501", *host_pattern::parse(master), *host_pattern::parse("10.0.0.0/24"), start + std::chrono::minutes{1}});
  plant p{c};
  const say stop{.protocol = "s7comm", .function = "41", .action = action::stop, .port = 102};
  p.see(stop);
  EXPECT_EQ(p.count("MW-0501"), 0u);
  EXPECT_EQ(p->stats().muted, 1u);
  p.now += std::chrono::minutes{2};
  p.see(stop);
  EXPECT_EQ(p.count("MW-0501"), 1u) << "the approval has run out";
}

}  // namespace
}  // namespace mw::testing
