// What MMS carries for IEC 61850 and TASE.2: controls, reports and their gaps, name plates, transfer sets.
#include "tests/dissect/mms_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace mms;
constexpr auto client = side::client, server = side::server;

// ---- control
const octets origin = tlv(0xa2, {tag_hex(0x85, "02"), tag_text(0x89, "HMI1")});
const octets when = tag_hex(0x91, "00 00 00 0a 80 00 00 0a");
octets command(std::string_view value, std::string_view number, bool with_check = true) {
  return tlv(0xa2, {hex(value), origin, tag_hex(0x86, number), when, tag_hex(0x83, "00"), with_check ? tag_hex(0x84, "06 40") : octets{}});
}
octets write(std::string_view item, const octets& data) { return tlv(0xa5, {tlv(0xa0, listed(in_domain("LD", item))), tlv(0xa0, data)}); }
const octets written = tlv(0xa5, tlv(0x81)), denied = tlv(0xa5, tag_hex(0x80, "03"));

TEST(mms_control, a_command_says_what_who_and_how) {
  const struct {
    std::string_view item;
    octets data;
    action what;
    std::string values, fields;
  } cases[] = {
      {"XCBR1$CO$Pos$Oper", command("83 01 01", "07"), action::control, "true,2,0x484d4931,7,10.5,false,01",
       "control=operate ctl_val=true origin=station_control originator=HMI1 ctl_num=7 command_time=10.5 test=false synchrocheck=false "
       "interlock_check=true"},
      {"XCBR1$CO$Pos$SBOw", command("83 01 00", "08"), action::control, "false,2,0x484d4931,8,10.5,false,01",
       "control=select_with_value ctl_val=false origin=station_control originator=HMI1 ctl_num=8 command_time=10.5 test=false "
       "synchrocheck=false interlock_check=true"},
      {"XCBR1$CO$Pos$Cancel", command("83 01 00", "09", false), action::control, "false,2,0x484d4931,9,10.5,false",
       "control=cancel ctl_val=false origin=station_control originator=HMI1 ctl_num=9 command_time=10.5 test=false"},
      {"ATCC1$CO$TapPos$Oper", command("a2 07 87 05 08 3f c0 00 00", "01"), action::control, "1.5,2,0x484d4931,1,10.5,false,01",
       "control=operate ctl_val=1.5 origin=station_control originator=HMI1 ctl_num=1 command_time=10.5 test=false synchrocheck=false "
       "interlock_check=true"},
      {"XCBR1$CO$Pos$Oper",
       tlv(0xa2, {tag_hex(0x83, "01"), when, origin, tag_hex(0x86, "03"), when, tag_hex(0x83, "01"), tag_hex(0x84, "06 80")}),
       action::control, "true,10.5,2,0x484d4931,3,10.5,true,10",
       "control=operate ctl_val=true operate_time=10.5 origin=station_control originator=HMI1 ctl_num=3 command_time=10.5 test=true "
       "synchrocheck=true interlock_check=false"},
      {"XCBR1$CO$Pos$Oper$ctlVal", tag_hex(0x83, "01"), action::control, "true", "control=operate ctl_val=true"},
      {"XCBR1$CF$Pos$ctlModel", tag_hex(0x85, "01"), action::write, "1", ""},
      {"LLN0$BR$brcb01$RptEna", tag_hex(0x83, "01"), action::write, "true", ""},
      {"Oper", tag_hex(0x83, "01"), action::write, "true", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.item);
    conversation talk{"mms"};
    talk.say(client, request(1, write(c.item, c.data)));
    talk.say(server, response(1, written));
    ASSERT_EQ(talk.out.operations.size(), 1u);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.action, c.what);
    EXPECT_EQ(op.function, "5");
    EXPECT_EQ(text(op.objects), "LD/" + std::string{c.item});
    EXPECT_EQ(text(op.values), c.values);
    EXPECT_EQ(fields(op), c.fields);
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(mms_control, a_read_of_sbo_selects) {
  const auto sbo = tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(in_domain("LD", "XCBR1$CO$Pos$SBO")))));
  for (const std::string_view answer : {"LD/XCBR1$CO$Pos", ""}) {
    conversation talk{"mms"};
    talk.say(client, request(1, sbo));
    talk.say(server, response(1, tlv(0xa4, tlv(0xa1, tag_text(0x8a, answer)))));
    ASSERT_EQ(talk.out.operations.size(), 1u);
    EXPECT_EQ(talk.out.operations[0].action, action::control);
    EXPECT_EQ(fields(talk.out.operations[0]), std::string{"control=select selected="} + (answer.empty() ? "false" : "true"));
  }
}

TEST(mms_control, what_is_operated_must_be_what_was_selected) {
  const auto select_then = [](const octets& answer, std::string_view value, std::string_view number) {
    conversation talk{"mms"};
    talk.say(client, request(1, write("XCBR1$CO$Pos$SBOw", command("83 01 01", "07"))));
    talk.say(server, response(1, answer));
    talk.say(client, request(2, write("XCBR1$CO$Pos$Oper", command(value, number))));
    talk.say(client, request(3, write("XCBR1$CO$Pos$Oper", command(value, number))));  // the selection is used up
    return rules(talk.out);
  };
  EXPECT_EQ(select_then(written, "83 01 01", "07"), "");
  EXPECT_EQ(select_then(written, "83 01 00", "07"), "control_mismatch");
  EXPECT_EQ(select_then(written, "83 01 01", "08"), "control_mismatch");
  EXPECT_EQ(select_then(denied, "83 01 00", "08"), "");
}

TEST(mms_control, a_command_without_originator_breaks_the_layout) {
  conversation talk{"mms"};
  talk.say(client, request(1, write("XCBR1$CO$Pos$Oper", tlv(0xa2, {tag_hex(0x83, "01"), tag_hex(0x86, "01")}))));
  EXPECT_EQ(rules(talk.out), "control_layout");
}

TEST(mms_control, the_end_of_a_command_is_reported) {
  const auto failed =
      tlv(0xa2, {tag_text(0x8a, "LD/XCBR1$CO$Pos$Oper"), tag_hex(0x85, "02"), origin, tag_hex(0x86, "07"), tag_hex(0x85, "0a")});
  conversation talk{"mms"};
  talk.say(server, report(tlv(0xa0, listed(in_domain("LD", "XCBR1$CO$Pos$Oper"))), command("83 01 01", "07")));
  talk.say(server, report(tlv(0xa0, listed(vmd("LastApplError")) + listed(in_domain("LD", "XCBR1$CO$Pos$Oper"))),
                          failed + command("83 01 01", "07")));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(fields(talk.out.operations[0]), "control=operate_terminated");
  EXPECT_EQ(fields(talk.out.operations[1]),
            "control_object=LD/XCBR1$CO$Pos$Oper control_error=timeout_test_not_ok origin=station_control originator=HMI1 ctl_num=7 "
            "add_cause=blocked_by_interlocking control=operate_terminated");
}

// ---- reports
struct options {
  std::string_view bits = "06 00 00";
  octets between{};  ///< what the options announce
  std::string_view inclusion = "05 60";
  octets behind = tag_hex(0x83, "01") + tag_hex(0x85, "2a");
};
octets rpt(const options& o, std::string_view id = "rpt1") {
  return report(tlv(0xa1, vmd("RPT")),
                joined({tag_text(0x8a, id), tag_hex(0x84, o.bits), o.between, tag_hex(0x84, o.inclusion), o.behind}));
}
octets numbered(std::string_view sequence) { return rpt({.bits = "06 40 00", .between = tag_hex(0x86, sequence)}); }
octets segment(std::string_view sequence, std::string_view part, bool more) {
  return rpt({.bits = "06 40 40", .between = joined({tag_hex(0x86, sequence), tag_hex(0x86, part), tag_hex(0x83, more ? "01" : "00")})});
}

TEST(mms_report, the_options_say_what_stands_in_it) {
  const auto reason = tag_hex(0x84, "02 40") + tag_hex(0x84, "02 08");
  const octets all = joined({tag_hex(0x86, "05"), tag_hex(0x8c, "00 00 03 e8 00 01"), tag_text(0x8a, "LD/LLN0$ds"), tag_hex(0x83, "00"),
                             tag_hex(0x89, "00 00 00 00 00 00 00 09"), tag_hex(0x86, "01"), tag_hex(0x86, "00"), tag_hex(0x83, "00")});
  const octets values = tag_hex(0x83, "01") + tag_hex(0x85, "2a");
  const octets references = tag_text(0x8a, "LD/XCBR1$ST$Pos") + tag_text(0x8a, "LD/MMXU1$MX$V");
  const struct {
    const char* name;
    octets said;
    std::string fields, returned, rules;
  } cases[] = {
      {"bare", rpt({}), "rpt_id=rpt1 included=2", "", ""},
      {"sequence", numbered("05"), "rpt_id=rpt1 sequence=5 included=2", "", ""},
      {"reasons", rpt({.bits = "06 10 00", .behind = values + reason}), "rpt_id=rpt1 included=2 reasons=data_change integrity", "", ""},
      {"all", rpt({.bits = "06 7f c0", .between = all, .behind = references + values + reason}),
       "rpt_id=rpt1 time_of_entry=441849601 buffer_overflow=false entry_id=0x0000000000000009 conf_rev=1 segment=0 more_segments=false "
       "sequence=5 "
       "data_set=LD/LLN0$ds included=2 reasons=data_change integrity",
       "LD/XCBR1$ST$Pos,LD/MMXU1$MX$V", ""},
      {"overflow", rpt({.bits = "06 02 00", .between = tag_hex(0x83, "01")}), "rpt_id=rpt1 buffer_overflow=true included=2", "",
       "report_buffer_overflow"},
      {"too few values", rpt({.behind = tag_hex(0x83, "01")}), "rpt_id=rpt1 included=2", "", "report_layout"},
      {"too many values", rpt({.behind = values + values}), "rpt_id=rpt1 included=2", "", "report_layout"},
      {"options lie", rpt({.bits = "06 08 00"}), "rpt_id=rpt1 included=0", "", "report_layout"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    conversation talk{"mms"};
    talk.say(server, c.said);
    ASSERT_EQ(talk.out.operations.size(), 1u);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.action, action::report);
    EXPECT_EQ(op.function, "unconfirmed/0");
    EXPECT_EQ(op.function_name, "information_report");
    EXPECT_EQ(op.outcome, outcome::unsolicited);
    EXPECT_EQ(talk.out.askers[0], client);
    EXPECT_EQ(text(op.objects), "vmd/RPT");
    EXPECT_EQ(fields(op), c.fields);
    EXPECT_EQ(text(op.returned), c.returned);
    EXPECT_EQ(rules(talk.out), c.rules);
    EXPECT_EQ(talk.out.counts["mms/unconfirmed/0"], 1u);
  }
}

TEST(mms_report, a_data_set_that_was_looked_at_names_its_members) {
  const auto members = listed(in_domain("LD", "A$ST$x")) + listed(in_domain("LD", "B$ST$x")) + listed(in_domain("LD", "C$ST$x"));
  conversation talk{"mms"};
  talk.say(client, request(1, tlv(0xac, in_domain("LD", "LLN0$ds"))));
  talk.say(server, response(1, tlv(0xac, {tag_hex(0x80, "00"), tlv(0xa1, members)})));
  const auto said = rpt({.bits = "06 08 00", .between = tag_text(0x8a, "LD/LLN0$ds"), .inclusion = "05 a0"});
  talk.say(server, said);
  EXPECT_EQ(text(talk.out.operations.back().returned), "LD/A$ST$x,LD/C$ST$x");
  talk.say(client, request(2, tlv(0xad, tlv(0xa1, in_domain("LD", "LLN0$ds")))));
  talk.say(server, response(2, tlv(0xad, {tag_hex(0x80, "01"), tag_hex(0x81, "01")})));
  talk.say(server, said);
  EXPECT_EQ(text(talk.out.operations.back().returned), "");
}

TEST(mms_report, gaps_in_the_numbers_are_said) {
  const auto judged = [](const std::vector<octets>& reports) {
    conversation talk{"mms"};
    for (const auto& r : reports) talk.say(server, r);
    return rules(talk.out);
  };
  EXPECT_EQ(judged({numbered("05"), numbered("06"), numbered("07")}), "");
  EXPECT_EQ(judged({numbered("05"), numbered("07"), numbered("08")}), "report_gap");
  EXPECT_EQ(judged({numbered("05"), numbered("05")}), "report_repeated");
  EXPECT_EQ(judged({numbered("05"), numbered("03")}), "report_order");
  EXPECT_EQ(judged({numbered("05"), numbered("00"), numbered("01")}), "");  // enabled anew
  EXPECT_EQ(judged({numbered("00 ff"), numbered("00")}), "");               // an unbuffered one begins again
  EXPECT_EQ(judged({numbered("00 ff ff"), numbered("01")}), "");
  EXPECT_EQ(judged({segment("05", "00", true), segment("05", "01", false), numbered("06")}), "");
  EXPECT_EQ(judged({segment("05", "00", true), segment("05", "02", false)}), "report_gap");
  EXPECT_EQ(judged({segment("05", "00", true), numbered("06")}), "report_gap");
  EXPECT_EQ(judged({numbered("05"), rpt({.bits = "06 40 00", .between = tag_hex(0x86, "09")}, "rpt2"), numbered("06")}), "");
}

TEST(mms_report, what_the_sensor_lost_is_no_gap_of_the_device) {
  conversation talk{"mms"};
  talk.say(server, numbered("05"));
  talk.gap(client);
  talk.say(server, numbered("06"));
  talk.gap(server);
  talk.say(server, numbered("09"));
  EXPECT_EQ(rules(talk.out), "");
}

TEST(mms_report, their_table_is_bounded) {
  conversation talk{"mms"};
  for (int n = 0; n < 300; ++n) talk.say(server, rpt({.bits = "06 40 00", .between = tag_hex(0x86, "09")}, "rpt" + std::to_string(n)));
  EXPECT_EQ(talk.out.counts["mms/forgotten/report"], 300u - 256u);
}

// ---- name plates, roles
TEST(mms_plates, a_name_plate_becomes_facts) {
  const auto read = [](conversation& talk, std::string_view item, const octets& value) {
    talk.say(client, request(1, tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(in_domain("LD", item)))))));
    talk.say(server, response(1, tlv(0xa4, tlv(0xa1, value))));
  };
  conversation talk{"mms"};
  read(talk, "LPHD1$DC$PhyNam$hwRev", tag_hex(0x80, "0a"));  // refused: nothing is known of who answers
  EXPECT_EQ(facts(talk.out), "");
  read(talk, "LPHD1$DC$PhyNam$serNum", tag_text(0x8a, "S1"));
  read(talk, "LLN0$DC$NamPlt$vendor", tag_text(0x8a, "ACME"));
  read(talk, "LLN0$DC$NamPlt$swRev", tag_text(0x8a, "9"));    // of the node, not of the machine
  read(talk, "LPHD1$ST$PhyNam$model", tag_text(0x8a, "no"));  // no name plate
  read(talk, "LPHD1$DC$PhyNam$model", tag_hex(0x80, "0a"));   // not there
  EXPECT_EQ(facts(talk.out), "server serial=S1,server role=ied,server vendor=ACME");
}

TEST(mms_plates, a_whole_plate_is_read_by_its_type) {
  const auto part = [](std::string_view name, const octets& type) { return tlv(0x30, {tag_text(0x80, name), tlv(0xa1, type)}); };
  const auto plate = tlv(0xa2, tlv(0xa1, part("vendor", tag_hex(0x8a, "ff")) + part("swRev", tag_hex(0x8a, "ff"))));
  const auto type = tlv(0xa2, tlv(0xa1, part("PhyNam", plate) + part("Proxy", tlv(0x83))));
  const auto values = tlv(0xa2, tlv(0xa2, tag_text(0x8a, "ACME") + tag_text(0x8a, "8.40")) + tag_hex(0x83, "00"));
  conversation talk{"mms"};
  const auto read = [&] {
    talk.say(client, request(1, tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(in_domain("LD", "LPHD1$DC")))))));
    talk.say(server, response(1, tlv(0xa4, tlv(0xa1, values))));
  };
  read();
  EXPECT_EQ(facts(talk.out), "");
  talk.say(client, request(2, tlv(0xa6, tlv(0xa0, in_domain("LD", "LPHD1$DC")))));
  talk.say(server, response(2, tlv(0xa6, {tag_hex(0x80, "00"), tlv(0xa2, type)})));
  read();
  EXPECT_EQ(facts(talk.out), "server vendor=ACME,server firmware=8.40");
}

TEST(mms_plates, a_type_of_endless_names_is_not_kept) {
  const auto part = [](const octets& names) { return tlv(0x30, {names, tlv(0xa1, tag_hex(0x8a, "ff"))}); };
  const auto plate = tlv(0xa2, tlv(0xa1, part(tag_text(0x80, "vendor")) + part(repeated(400, tag_text(0x80, "part")))));
  conversation talk{"mms"};
  talk.say(client, request(2, tlv(0xa6, tlv(0xa0, in_domain("LD", "LPHD1$DC$PhyNam")))));
  talk.say(server, response(2, tlv(0xa6, {tag_hex(0x80, "00"), tlv(0xa2, plate)})));
  talk.say(client, request(1, tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(in_domain("LD", "LPHD1$DC$PhyNam")))))));
  talk.say(server, response(1, tlv(0xa4, tlv(0xa1, tlv(0xa2, tag_text(0x8a, "ACME") + tag_text(0x8a, "x"))))));
  EXPECT_EQ(facts(talk.out), "server role=ied");
}

// ---- TASE.2
octets scoped(std::string_view domain, std::string_view name) {
  return tlv(0xa2, {tag_hex(0x86, "01"), tag_text(0x8a, domain), tag_text(0x8a, name)});
}
octets number(std::string_view n) { return tag_hex(0x85, n); }
const octets yes = tag_hex(0x83, "01"), no = tag_hex(0x83, "00");

TEST(mms_tase2, a_transfer_set_is_known_by_the_names_of_the_association) {
  const auto set = tlv(0xa2, {scoped("CC", "DS1"), number("00"), number("1e"), number("00"), number("00"), number("3c"),
                              tag_hex(0x84, "03 a0"), no, no, yes, yes, number("00")});
  const auto asked = tlv(0xa5, {tlv(0xa0, listed(in_domain("CC", "TS1"))), tlv(0xa0, set)});
  conversation talk{"mms"};
  talk.say(client, request(1, asked));
  talk.say(server, response(1, written));
  EXPECT_EQ(fields(talk.out.operations.at(0)), "");
  talk.say(client, request(2, tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(in_domain("CC", "Next_DSTransfer_Set")))))));
  talk.say(server, response(2, tlv(0xa4, tlv(0xa1, scoped("CC", "TS1")))));
  EXPECT_EQ(facts(talk.out), "client role=control_center,server role=control_center");
  talk.say(client, request(3, asked));
  talk.say(server, response(3, written));
  EXPECT_EQ(fields(talk.out.operations.back()),
            "data_set=CC/DS1 interval=30 integrity_interval=60 conditions=interval_timeout object_change critical=false by_exception=true "
            "enabled=true");
  EXPECT_EQ(field_of(talk.out.operations.back(), "profile"), "tase2");
  EXPECT_EQ(talk.out.operations.back().action, action::write);
  talk.say(server, report(tlv(0xa1, in_domain("CC", "DS1")), scoped("CC", "TS1") + tag_hex(0x84, "03 20") + number("05")));
  EXPECT_EQ(fields(talk.out.operations.back()), "transfer_set=CC/TS1 conditions=object_change");
  EXPECT_EQ(text(talk.out.operations.back().objects), "CC/DS1");
  EXPECT_EQ(text(talk.out.operations.back().values), "1,CC,TS1,00100,5");
}

TEST(mms_iec61850, survives_every_prefix_and_every_flip) {
  const auto failed = tlv(0xa2, {tag_text(0x8a, "LD/X"), tag_hex(0x85, "02"), origin, tag_hex(0x86, "07"), tag_hex(0x85, "0a")});
  every_prefix("mms", {{client, request(1, write("X$CO$Pos$SBOw", command("83 01 01", "07")))},
                       {server, response(1, written)},
                       {client, request(1, write("X$CO$Pos$Oper", command("83 01 01", "07")))}});
  every_prefix(
      "mms",
      {{server, numbered("05")}, {server, segment("06", "00", true)}, {server, report(tlv(0xa0, listed(vmd("LastApplError"))), failed)}});
}

}  // namespace
}  // namespace mw::test
