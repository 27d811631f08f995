// The services of MMS: what each request names, and what its response adds to the operation.
#include "tests/dissect/mms_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace mms;

struct row {
  const char* name;
  octets request, response;
  std::string function, function_name;
  action what;
  std::string objects, values, fields, returned;
};

const octets breaker = in_domain("LD", "XCBR1$ST$Pos$stVal"), voltage = in_domain("LD", "MMXU1$MX$V");
const octets data_set = in_domain("LD", "LLN0$ds");
const octets entry =
    tlv(0x30, {tag_text(0x80, "id"), tlv(0xa1, tlv(0x30)),
               tlv(0xa2, {tag_hex(0x80, "00 00 00 01 00 02"),
                          tlv(0xa2, tlv(0xa1, tlv(0x30, {tag_text(0x80, "LD/T$stVal"), tlv(0xa1, tag_hex(0x85, "07"))})))})});

const std::vector<row>& rows() {
  static const std::vector<row> all{
      {"status", tag_hex(0x80, "00"), tlv(0xa0, {tag_hex(0x80, "00"), tag_hex(0x81, "03"), tag_hex(0x82, "06 40")}), "0", "status",
       action::diagnose, "", "", "logical_status=state_changes_allowed physical_status=needs_commissioning local_detail=01", ""},
      {"domains", tlv(0xa1, {tlv(0xa0, tag_hex(0x80, "09")), tlv(0xa1, tlv(0x80))}),
       tlv(0xa1, {tlv(0xa0, tag_text(0x1a, "LD1") + tag_text(0x1a, "LD2")), tag_hex(0x81, "00")}), "1", "get_name_list", action::identify,
       "vmd/all", "LD1,LD2", "object_class=domain more_follows=false", ""},
      {"names", tlv(0xa1, {tlv(0xa0, tag_hex(0x80, "02")), tlv(0xa1, tag_text(0x81, "LD1")), tag_text(0x82, "a")}),
       tlv(0xa1, tlv(0xa0, tag_text(0x1a, "b"))), "1", "get_name_list", action::identify, "LD1/all", "b",
       "object_class=named_variable_list continue_after=a more_follows=true", ""},
      {"identify", tlv(0x82), tlv(0xa2, {tag_text(0x80, "ACME"), tag_text(0x81, "R1"), tag_text(0x82, "2.0")}), "2", "identify",
       action::identify, "", "ACME,R1,2.0", "", ""},
      {"rename", tlv(0xa3, {tlv(0xa0, tag_hex(0x80, "02")), tlv(0xa1, data_set), tag_text(0x82, "new")}), tlv(0x83), "3", "rename",
       action::configure, "LD/LLN0$ds", "", "object_class=named_variable_list new_name=new", ""},
      {"read", tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(breaker) + listed(voltage)))),
       tlv(0xa4, tlv(0xa1, tag_hex(0x84, "06 40") + tlv(0xa2, {tag_hex(0x87, "08 3f c0 00 00"), tag_hex(0x83, "01")}))), "4", "read",
       action::read, "LD/XCBR1$ST$Pos$stVal,LD/MMXU1$MX$V", "01,1.5,true", "", ""},
      {"read_partly", tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(breaker) + listed(voltage)))),
       tlv(0xa4, tlv(0xa1, tag_hex(0x80, "0a") + tag_hex(0x85, "ff"))), "4", "read", action::read, "LD/XCBR1$ST$Pos$stVal,LD/MMXU1$MX$V",
       "null,-1", "statuses=object_non_existent,ok", ""},
      {"read_list", tlv(0xa4, {tag_hex(0x80, "00"), tlv(0xa1, tlv(0xa1, data_set))}), tlv(0xa4, tlv(0xa1, tag_hex(0x86, "ff"))), "4",
       "read", action::read, "LD/LLN0$ds", "255", "", ""},
      {"read_part",
       tlv(0xa4, tlv(0xa1, tlv(0xa0, tlv(0x30, tlv(0xa0, voltage) +
                                                   tlv(0xa5, tlv(0xa0, tag_hex(0x81, "03") + tlv(0x30, tag_text(0x81, "mag")))))))),
       tlv(0xa4, tlv(0xa1, tag_hex(0x87, "0b 3f f8 00 00 00 00 00 00"))), "4", "read", action::read, "LD/MMXU1$MX$V", "1.5",
       "selection=(3)$mag", ""},
      {"read_range",
       tlv(0xa4, tlv(0xa1, tlv(0xa0, tlv(0x30, tlv(0xa0, voltage) + tlv(0xa5, tlv(0xa3, tag_hex(0x80, "02") + tag_hex(0x81, "04"))))))),
       tlv(0xa4, tlv(0xa1, tlv(0xa1, tag_hex(0x85, "01") + tag_hex(0x85, "02")))), "4", "read", action::read, "LD/MMXU1$MX$V", "1,2",
       "selection=(2+4)", ""},
      {"read_address",
       tlv(0xa4, tlv(0xa1, tlv(0xa0, tlv(0x30, tlv(0xa1, tag_hex(0x80, "01 00"))) + tlv(0x30, tlv(0xa1, tag_text(0x81, "DB1")))))),
       tlv(0xa4, tlv(0xa1, tag_hex(0x89, "de ad") + tlv(0xa1, {}))), "4", "read", action::read, "address/256,address/DB1", "0xdead", "",
       ""},
      {"write",
       tlv(0xa5, {tlv(0xa0, listed(vmd("speed")) + listed(tag_text(0x82, "mine"))), tlv(0xa0, tag_hex(0x85, "2a") + tag_text(0x8a, "on"))}),
       tlv(0xa5, tlv(0x81) + tlv(0x81)), "5", "write", action::write, "vmd/speed,aa/mine", "42,on", "", ""},
      {"write_partly",
       tlv(0xa5, {tlv(0xa0, listed(vmd("speed")) + listed(vmd("x"))), tlv(0xa0, tag_hex(0x85, "2a") + tag_hex(0x85, "2b"))}),
       tlv(0xa5, tlv(0x81) + tag_hex(0x80, "03")), "5", "write", action::write, "vmd/speed,vmd/x", "42,43",
       "statuses=ok,object_access_denied", ""},
      {"times", tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(vmd("t"))))),
       tlv(0xa4, tlv(0xa1, tlv(0xa2, {tag_hex(0x91, "00 00 00 0a 80 00 00 0a"), tag_hex(0x8c, "00 00 03 e8 00 01"),
                                      tag_hex(0x8c, "00 00 03 e8"), tag_text(0x8b, "19700101000010.5Z"), tag_hex(0x8d, "12"),
                                      tag_hex(0x8f, "2b 06"), tag_text(0x90, "µ"), tag_hex(0x8e, "00 a0")}))),
       "4", "read", action::read, "vmd/t", "10.5,441849601,1,10.5,18,1.3.6,µ,10100000", "", ""},
      {"attributes", tlv(0xa6, tlv(0xa0, breaker)),
       tlv(0xa6,
           {tag_hex(0x80, "00"),
            tlv(0xa2, tlv(0xa2, tlv(0xa1, tlv(0x30, {tag_text(0x80, "q"), tlv(0xa1, tag_hex(0x84, "f3"))}) +
                                              tlv(0x30, {tag_text(0x80, "t"), tlv(0xa1, tlv(0x91))}) +
                                              tlv(0x30, {tag_text(0x80, "f"), tlv(0xa1, tlv(0xa7, {tag_hex(2, "20"), tag_hex(2, "08")}))}) +
                                              tlv(0x30, {tag_text(0x80, "a"),
                                                         tlv(0xa1, tlv(0xa1, {tag_hex(0x81, "05"), tlv(0xa2, tag_hex(0x85, "10"))}))}))))}),
       "6", "get_variable_access_attributes", action::identify, "LD/XCBR1$ST$Pos$stVal", "",
       "deletable=false data_type={q:bit_string(13),t:utc_time,f:floating_point(32),a:array(5) of integer(16)}", ""},
      {"define_variable", tlv(0xa7, {tlv(0xa0, vmd("v")), tlv(0xa1, tag_hex(0x80, "01"))}), tlv(0x87), "7", "define_named_variable",
       action::configure, "vmd/v", "", "", ""},
      {"define_list", tlv(0xab, {data_set, tlv(0xa0, listed(breaker) + listed(voltage))}), tlv(0x8b), "11", "define_named_variable_list",
       action::configure, "LD/LLN0$ds", "", "", "LD/XCBR1$ST$Pos$stVal,LD/MMXU1$MX$V"},
      {"list_attributes", tlv(0xac, data_set), tlv(0xac, {tag_hex(0x80, "01"), tlv(0xa1, listed(breaker))}), "12",
       "get_named_variable_list_attributes", action::identify, "LD/LLN0$ds", "", "deletable=true", "LD/XCBR1$ST$Pos$stVal"},
      {"delete_list", tlv(0xad, {tag_hex(0x80, "00"), tlv(0xa1, data_set)}), tlv(0xad, {tag_hex(0x80, "01"), tag_hex(0x81, "01")}), "13",
       "delete_named_variable_list", action::configure, "LD/LLN0$ds", "", "scope=specific matched=1 deleted=1", ""},
      {"delete_lists_of_domain", tlv(0xad, {tag_hex(0x80, "02"), tag_text(0x82, "LD")}),
       tlv(0xad, {tag_hex(0x80, "03"), tag_hex(0x81, "02")}), "13", "delete_named_variable_list", action::configure, "LD/all", "",
       "scope=domain matched=3 deleted=2", ""},
      {"named_type", tlv(0xaf, vmd("T")), tlv(0xaf, {tag_hex(0x80, "01"), tlv(0xa2, tlv(0xa1, tlv(0x30, tlv(0xa1, tlv(0x83)))))}), "15",
       "get_named_type_attributes", action::identify, "vmd/T", "", "deletable=true data_type={boolean}", ""},
      {"input", tlv(0xb1, {tag_text(0x80, "op"), tlv(0xa2, tag_text(0x1a, "more?"))}), tag_text(0x91, "yes"), "17", "input", action::read,
       "operator_station/op", "more?,yes", "", ""},
      {"take_control", tlv(0xb3, {tlv(0xa0, vmd("sem")), tag_hex(0x82, "40")}), tlv(0xb3, tlv(0x80)), "19", "take_control", action::control,
       "vmd/sem", "", "", ""},
      {"download", tlv(0xba, {tag_text(0x80, "PLC"), tlv(0xa1, tag_text(0x1a, "cap")), tag_hex(0x82, "00")}), tlv(0x9a), "26",
       "initiate_download_sequence", action::program_download, "domain/PLC", "", "capabilities=cap", ""},
      {"upload", tag_text(0x9d, "PLC"), tlv(0xbd, {tag_hex(0x80, "07"), tlv(0xa1, {})}), "29", "initiate_upload_sequence",
       action::program_upload, "domain/PLC", "", "ulsm_id=7 capabilities=", ""},
      {"load", tlv(0xbf22, {tag_text(0x80, "PLC"), tag_hex(0x82, "01"), tlv(0xa4, tag_text(0x19, "prog.bin"))}), tlv(0x9f22), "34",
       "load_domain_content", action::program_download, "domain/PLC", "", "file=prog.bin", ""},
      {"store", tlv(0xbf23, {tag_text(0x80, "PLC"), tlv(0xa1, tag_text(0x19, "save.bin"))}), tlv(0x9f23), "35", "store_domain_content",
       action::program_upload, "domain/PLC", "", "file=save.bin", ""},
      {"delete_domain", tag_text(0x9f24, "PLC"), tlv(0x9f24), "36", "delete_domain", action::configure, "domain/PLC", "", "", ""},
      {"domain_attributes", tag_text(0x9f25, "PLC"),
       tlv(0xbf25, {tlv(0xa0, {}), tag_hex(0x81, "03"), tag_hex(0x82, "00"), tag_hex(0x83, "01"), tlv(0xa4, tag_text(0x1a, "P1"))}), "37",
       "get_domain_attributes", action::identify, "domain/PLC", "",
       "capabilities= state=in_use deletable=false sharable=true program_invocations=P1", ""},
      {"create", tlv(0xbf26, {tag_text(0x80, "P1"), tlv(0xa1, tag_text(0x1a, "PLC"))}), tlv(0x9f26), "38", "create_program_invocation",
       action::configure, "program/P1", "", "domains=PLC", ""},
      {"delete_program", tag_text(0x9f27, "P1"), tlv(0x9f27), "39", "delete_program_invocation", action::configure, "program/P1", "", "",
       ""},
      {"start", tlv(0xbf28, {tag_text(0x80, "P1"), tag_text(0x81, "arg")}), tlv(0x9f28), "40", "start", action::start, "program/P1", "",
       "argument=arg", ""},
      {"stop", tlv(0xbf29, tag_text(0x80, "P1")), tlv(0x9f29), "41", "stop", action::stop, "program/P1", "", "", ""},
      {"resume", tlv(0xbf2a, tag_text(0x80, "P1")), tlv(0x9f2a), "42", "resume", action::start, "program/P1", "", "", ""},
      {"reset", tlv(0xbf2b, tag_text(0x80, "P1")), tlv(0x9f2b), "43", "reset", action::restart, "program/P1", "", "", ""},
      {"kill", tlv(0xbf2c, tag_text(0x80, "P1")), tlv(0x9f2c), "44", "kill", action::stop, "program/P1", "", "", ""},
      {"program_attributes", tag_text(0x9f2d, "P1"),
       tlv(0xbf2d, {tag_hex(0x80, "03"), tlv(0xa1, tag_text(0x1a, "PLC")), tag_hex(0x82, "01")}), "45", "get_program_invocation_attributes",
       action::identify, "program/P1", "", "state=running domains=PLC deletable=true", ""},
      {"obtain", tlv(0xbf2e, {tlv(0xa1, tag_text(0x19, "a.fw")), tlv(0xa2, tag_text(0x19, "b.fw"))}), tlv(0x9f2e), "46", "obtain_file",
       action::file_write, "file/b.fw", "", "source_file=a.fw", ""},
      {"acknowledge", tlv(0xbf3e, {tlv(0xa0, vmd("EE")), tag_hex(0x82, "02"), tlv(0xa3, tag_hex(0x81, "01"))}), tlv(0x9f3e), "62",
       "acknowledge_event_notification", action::alarm, "vmd/EE", "", "", ""},
      {"alarms", tlv(0xbf3f, {tag_hex(0x80, "00")}), tlv(0xbf3f, tlv(0xa0, {})), "63", "get_alarm_summary", action::alarm, "", "", "", ""},
      {"journal", tlv(0xbf41, {tlv(0xa0, in_domain("LD", "LLN0$log")), tlv(0xa1, tag_hex(0x80, "00 00 00 01 00 02"))}),
       tlv(0xbf41, {tlv(0xa0, entry), tag_hex(0x81, "01")}), "65", "read_journal", action::read, "LD/LLN0$log", "7",
       "entries=1 more_follows=true", "journal/LD/T$stVal"},
      {"clear_journal", tlv(0xbf43, {tlv(0xa0, in_domain("LD", "LLN0$log"))}), tag_hex(0x9f43, "05"), "67", "initialize_journal",
       action::configure, "LD/LLN0$log", "", "", ""},
      {"open", tlv(0xbf48, {tlv(0xa0, tag_text(0x19, "COMTRADE/1.cfg")), tag_hex(0x81, "00")}),
       tlv(0xbf48, {tag_hex(0x80, "05"), tlv(0xa1, {tag_hex(0x80, "04 00"), tag_text(0x81, "19700101000010Z")})}), "72", "file_open",
       action::file_read, "file/COMTRADE/1.cfg", "", "position=0 frsm_id=5 size=1024 last_modified=10", ""},
      {"rename_file", tlv(0xbf4b, {tlv(0xa0, tag_text(0x19, "a")), tlv(0xa1, tag_text(0x19, "b"))}), tlv(0x9f4b), "75", "file_rename",
       action::file_write, "file/a,file/b", "", "", ""},
      {"delete_file", tlv(0xbf4c, tag_text(0x19, "a")), tlv(0x9f4c), "76", "file_delete", action::file_delete, "file/a", "", "", ""},
      {"directory", tlv(0xbf4d, tlv(0xa0, tag_text(0x19, "COMTRADE"))),
       tlv(0xbf4d,
           {tlv(0xa0, tlv(0x30, tlv(0x30, {tlv(0xa0, tag_text(0x19, "1.cfg")), tlv(0xa1, tag_hex(0x80, "0a"))}))), tag_hex(0x81, "00")}),
       "77", "file_directory", action::file_read, "file/COMTRADE", "10", "more_follows=false", "file/1.cfg"},
      {"directory_without_inner_tag", tlv(0xbf4d, {}),
       tlv(0xbf4d, tlv(0xa0, tlv(0x30, {tlv(0xa0, tag_text(0x19, "1.cfg")), tlv(0xa1, tag_hex(0x80, "0a"))}))), "77", "file_directory",
       action::file_read, "", "10", "more_follows=false", "file/1.cfg"},
  };
  return all;
}

TEST(mms_services, each_is_one_operation) {
  for (const auto& r : rows()) {
    SCOPED_TRACE(r.name);
    conversation talk{"mms"};
    EXPECT_EQ(talk.say(side::client, request(7, r.request)), 0u);
    EXPECT_EQ(talk.say(side::server, response(7, r.response)), 0u);
    ASSERT_EQ(talk.out.operations.size(), 1u);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op.objects), r.objects);
    EXPECT_EQ(text(op.values), r.values);
    EXPECT_EQ(fields(op), r.fields);
    EXPECT_EQ(text(op.returned), r.returned);
    EXPECT_EQ(op.outcome, outcome::ok);
    EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
    EXPECT_EQ(rules(talk.out), "");
    EXPECT_EQ(talk.out.counts["mms/confirmed_request/" + r.function], 1u);
    EXPECT_EQ(talk.out.counts["mms/confirmed_response/" + r.function], 1u);
  }
}

TEST(mms_services, all_failed_is_refused) {
  conversation talk{"mms"};
  talk.say(side::client, request(1, tlv(0xa4, tlv(0xa1, tlv(0xa0, listed(breaker))))));
  talk.say(side::server, response(1, tlv(0xa4, tlv(0xa1, tag_hex(0x80, "0a")))));
  talk.say(side::client, request(2, tlv(0xa5, {tlv(0xa0, listed(vmd("x"))), tlv(0xa0, tag_hex(0x85, "2a"))})));
  talk.say(side::server, response(2, tlv(0xa5, tag_hex(0x80, "03"))));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[0].code, "10");
  EXPECT_TRUE(talk.out.operations[0].values.empty());
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::refused);
  EXPECT_EQ(talk.out.operations[1].code, "3");
  EXPECT_EQ(field_of(talk.out.operations[1], "reason"), "object_access_denied");
  EXPECT_EQ(text(talk.out.operations[1].values), "42");
}

TEST(mms_services, identity_and_state_become_facts_once) {
  conversation talk{"mms"};
  for (unsigned n = 1; n < 4; ++n) {
    talk.say(side::client, request(n, tlv(0x82)));
    talk.say(side::server, response(n, tlv(0xa2, {tag_text(0x80, "ACME"), tag_text(0x81, "R1"), tag_text(0x82, "2.0")})));
  }
  talk.say(side::client, request(9, tag_hex(0x80, "00")));
  talk.say(side::server, response(9, tlv(0xa0, {tag_hex(0x80, "00"), tag_hex(0x81, "00")})));
  talk.say(side::server, whole(tlv(0xa3, tlv(0xa1, {tag_hex(0x80, "02"), tag_hex(0x81, "02")}))));
  EXPECT_EQ(facts(talk.out),
            "server vendor=ACME,server model=R1,server firmware=2.0,server run_state=operational,server run_state=inoperable");
  EXPECT_EQ(talk.out.operations.back().function, "unconfirmed/1");
  EXPECT_EQ(talk.out.operations.back().outcome, outcome::unsolicited);
}

/// One request and its response.
void exchange(conversation& talk, unsigned invoke, side asker, const octets& asked, const octets& answered) {
  talk.say(asker, request(invoke, asked));
  talk.say(other(asker), response(invoke, answered));
}

TEST(mms_services, a_file_is_named_while_it_is_read) {
  conversation talk{"mms"};
  talk.say(side::client, connect());
  talk.say(side::server, accept());
  talk.out.operations.clear();
  exchange(talk, 1, side::client, tlv(0xbf48, {tlv(0xa0, tag_text(0x19, "f")), tag_hex(0x81, "00")}),
           tlv(0xbf48, {tag_hex(0x80, "05"), tlv(0xa1, tag_hex(0x80, "03"))}));
  exchange(talk, 2, side::client, tag_hex(0x9f49, "05"), tlv(0xbf49, {tag_hex(0x80, "01 02 03"), tag_hex(0x81, "00")}));
  exchange(talk, 3, side::client, tag_hex(0x9f4a, "05"), tlv(0x9f4a));
  EXPECT_EQ(rules(talk.out), "");
  exchange(talk, 4, side::client, tag_hex(0x9f49, "05"), tlv(0xbf49, tag_hex(0x80, "")));
  ASSERT_EQ(talk.out.operations.size(), 4u);
  const auto& read = talk.out.operations[1];
  EXPECT_EQ(text(read.objects), "file/f");
  EXPECT_EQ(text(read.values), "0x010203");
  EXPECT_EQ(fields(read), "frsm_id=5 payload_direction=from_controller payload_size=3 more_follows=false");
  EXPECT_EQ(text(talk.out.operations[2].objects), "file/f");
  EXPECT_EQ(text(talk.out.operations[3].objects), "");
  EXPECT_EQ(rules(talk.out), "file_sequence");
}

TEST(mms_services, a_download_is_asked_for_by_the_device) {
  conversation talk{"mms"};
  talk.say(side::client, connect());
  talk.say(side::server, accept());
  talk.out.operations.clear(), talk.out.askers.clear();
  exchange(talk, 1, side::client, tlv(0xba, {tag_text(0x80, "PLC"), tlv(0xa1, {}), tag_hex(0x82, "00")}), tlv(0x9a));
  exchange(talk, 1, side::server, tag_text(0x9b, "PLC"), tlv(0xbb, {tag_hex(0x80, "aa bb"), tag_hex(0x81, "00")}));
  exchange(talk, 2, side::server, tlv(0xbc, tag_text(0x80, "PLC")), tlv(0x9c));
  EXPECT_EQ(rules(talk.out), "");
  exchange(talk, 3, side::server, tag_text(0x9b, "PLC"), tlv(0xbb, tag_hex(0x80, "")));
  EXPECT_EQ(rules(talk.out), "transfer_sequence");
  ASSERT_EQ(talk.out.operations.size(), 4u);
  EXPECT_EQ(talk.out.askers[0], side::client);
  EXPECT_EQ(talk.out.askers[1], side::server);
  EXPECT_EQ(fields(talk.out.operations[1]), "payload_direction=to_controller payload_size=2 more_follows=false");
  EXPECT_EQ(text(talk.out.operations[1].values), "0xaabb");
}

TEST(mms_services, an_upload_is_known_by_its_number) {
  conversation talk{"mms"};
  talk.say(side::client, connect());
  talk.say(side::server, accept());
  talk.out.operations.clear();
  exchange(talk, 1, side::client, tag_text(0x9d, "PLC"), tlv(0xbd, {tag_hex(0x80, "07"), tlv(0xa1, {})}));
  exchange(talk, 2, side::client, tag_hex(0x9e, "07"), tlv(0xbe, {tag_hex(0x80, "aa"), tag_hex(0x81, "00")}));
  exchange(talk, 3, side::client, tag_hex(0x9f1f, "07"), tlv(0x9f1f));
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(text(talk.out.operations.at(1).objects), "domain/PLC");
  EXPECT_EQ(field_of(talk.out.operations.at(1), "payload_direction"), "from_controller");
  exchange(talk, 4, side::client, tag_hex(0x9e, "07"), tlv(0xbe, tag_hex(0x80, "")));
  EXPECT_EQ(rules(talk.out), "transfer_sequence");
}

TEST(mms_services, an_event_is_an_alarm) {
  conversation talk{"mms"};
  talk.say(side::server,
           whole(tlv(0xa3, tlv(0xa2, {tlv(0xa0, vmd("EE")), tlv(0xa1, tlv(0xa0, vmd("EC"))), tag_hex(0x82, "40"), tag_hex(0x83, "02")}))));
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].action, action::alarm);
  EXPECT_EQ(talk.out.askers[0], side::client);
  EXPECT_EQ(fields(talk.out.operations[0]), "condition=EC severity=64 state=active");
}

TEST(mms_services, what_breaks_its_layout_is_said_and_told_all_the_same) {
  const struct {
    octets service;
    std::string rules, objects;
  } cases[] = {
      {tlv(0xa4, tlv(0xa1, tlv(0xa5, {}))), "layout", ""},                                                        // no such access
      {tlv(0xa4, tlv(0xa1, tlv(0xa0, tlv(0x30, tlv(0xa0, tlv(0xa1, tag_text(0x1a, "LD"))))))), "layout", "LD/"},  // half a name
      {tlv(0xa5, tlv(0xa0, listed(vmd("x")))), "layout", "vmd/x"},                                                // no values
      {hex("a4 05 a1 7f 01 02 03"), "layout", ""},  // an element beyond its surroundings
      {hex("bf 81 00 00"), "service", ""},          // service 128
      {tlv(0xba, tag_text(0x81, "PLC")), "layout", ""},
  };
  for (const auto& c : cases) {
    conversation talk{"mms"};
    talk.say(side::client, request(1, c.service));
    talk.end();
    EXPECT_EQ(rules(talk.out), c.rules);
    ASSERT_EQ(talk.out.operations.size(), 1u);
    EXPECT_EQ(text(talk.out.operations[0].objects), c.objects);
  }
}

TEST(mms_services, deep_and_wide_data_stay_bounded) {
  octets deep = tag_hex(0x83, "01");
  for (int n = 0; n < 40; ++n) deep = tlv(0xa2, deep);
  octets wide;
  for (int n = 0; n < 5000; ++n) wide = wide + hex("830101");
  conversation talk{"mms"};
  talk.say(side::client, request(1, tlv(0xa5, {tlv(0xa0, listed(vmd("x"))), tlv(0xa0, deep)})));
  talk.say(side::client, request(2, tlv(0xa5, {tlv(0xa0, listed(vmd("x"))), tlv(0xa0, tlv(0xa2, wide))})));
  talk.end();
  EXPECT_EQ(rules(talk.out), "layout");
  EXPECT_EQ(talk.out.operations.at(1).values.size(), 4096u);
  EXPECT_EQ(field_of(talk.out.operations[1], "values_cut"), "true");
  EXPECT_EQ(talk.out.counts["mms/forgotten/values"], 1u);
}

TEST(mms_services, what_comes_again_and_again_is_cut) {
  const auto many = [](const octets& one) { return repeated(3000, one); };
  const auto part = listed(vmd("x"));
  const struct {
    std::string name;
    octets request, response;
  } cases[] = {
      {"identity", tag_hex(0x82, ""), tlv(0xa2, many(tag_text(0x80, "ACME")))},
      {"status", tag_hex(0x80, "00"), tlv(0xa0, many(tag_hex(0x81, "00")))},
      {"selection", tlv(0xa4, tlv(0xa1, tlv(0xa0, tlv(0x30, {tlv(0xa0, vmd("x")), tlv(0xa5, many(tag_text(0x81, "abcd")))})))), {}},
      {"range", tlv(0xa4, tlv(0xa1, tlv(0xa0, tlv(0x30, {tlv(0xa0, vmd("x")), tlv(0xa5, tlv(0xa3, many(tag_hex(0x80, "7f"))))})))), {}},
      {"lists", tlv(0xa4, many(tlv(0xa1, tlv(0xa1, vmd("x"))))), {}},
      {"files", tlv(0xbf48, many(tlv(0xa0, tag_text(0x19, "x")))), {}},
      {"content", tag_hex(0x9f49, "07"), tlv(0xbf49, many(tag_hex(0x80, "00")))},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    conversation talk{"mms"};
    talk.say(side::client, request(1, c.request));
    if (!c.response.empty()) talk.say(side::server, response(1, c.response));
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1u);
    const auto& op = talk.out.operations[0];
    EXPECT_LE(op.fields.size(), 80u);
    EXPECT_LE(op.objects.size(), 1024u);
    EXPECT_LE(talk.out.facts.size(), 64u);
    for (const auto& [name, v] : op.fields) EXPECT_LT(to_string(v).size(), 2000u) << name;
  }
}

TEST(mms_services, a_message_of_very_many_values_is_reported_once) {
  conversation talk{"mms"};
  talk.say(side::server, tpkt_data(hex("01 00 01 00") + repeated(3000, hex("60 00"))));
  EXPECT_LT(talk.out.violations.size(), 80u);
}

TEST(mms_services, the_lowest_number_has_a_size) {
  conversation talk{"mms"};
  talk.say(side::client, request(1, tlv(0xa6, tlv(0xa0, vmd("x")))));
  talk.say(side::server, response(1, tlv(0xa6, {tag_hex(0x80, "00"), tlv(0xa2, tag_hex(0x85, "80 00 00 00 00 00 00 00"))})));
  EXPECT_EQ(field_of(talk.out.operations.at(0), "data_type"), "integer(9223372036854775808)");
}

TEST(mms_services, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows()) every_prefix("mms", {{side::client, request(7, r.request)}, {side::server, response(7, r.response)}});
}

}  // namespace
}  // namespace mw::test
