// DNP3: which response answers which request, select before operate, and hostile input (IEEE 1815-2012).
#include "tests/dissect/dnp3_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace dnp3;

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
