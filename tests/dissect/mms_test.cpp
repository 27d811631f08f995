// MMS: the layers below it, associations, requests and their answers, and what breaks a rule.
#include "tests/dissect/mms_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace mms;
constexpr auto client = side::client, server = side::server;

const octets identify = tlv(0x82), identity = tlv(0xa2, {tag_text(0x80, "ACME"), tag_text(0x81, "R1"), tag_text(0x82, "2.0")});
const octets cotp_request = hex("0300000b 06e00000000100"), cotp_confirm = hex("0300000b 06d00001000200");
const octets conclude = tlv(0x8b), concluded = tlv(0x8c);

match probe(const octets& data) { return named("mms").about.probe(data, transport::tcp); }

TEST(mms, a_connect_proves_itself_and_other_data_need_both_sides) {
  EXPECT_EQ(probe({}), match::unsure);
  EXPECT_EQ(probe(cotp_request), match::unsure);
  EXPECT_EQ(probe(cotp_request + connect()), match::certain);
  EXPECT_EQ(probe(cotp_confirm + accept()), match::yes);
  EXPECT_EQ(probe(request(1, identify)), match::yes);
  EXPECT_EQ(probe(response(1, identity)), match::yes);
  EXPECT_EQ(probe(tpkt_data(initiate_request())), match::yes);  // without session
  EXPECT_EQ(probe(tpkt_data(conclude)), match::yes);
  EXPECT_EQ(named("mms").about.probe(request(1, identify), mw::transport::udp), match::no);
}

TEST(mms, others_on_the_same_port_are_not_taken) {
  const std::vector<octets> others{
      hex("03000019 02f080 32010000000100080000f0000001000101e0"),  // S7comm
      hex("0300000c 02f080 7201000000"),                            // S7comm-plus
      hex("0300000c 02f080 7f65 820000"),                           // the beginning of remote desktop
      tpkt_data(hex("0d 05 c1 03 61 01 00")),                       // a connect without contexts
      tpkt_data(hex("01 00 01 00 61 05 30 03 02 01 01")),           // a value without content
      tpkt_data(session(presented(tlv(0x61, hex("0500")), 1))),     // data that are no PDU of MMS
      tpkt_data(tlv(0xa8, hex("0500"))),
      tpkt_data(tlv(0xa0, tag_hex(0x02, "01")) + octets{0}),  // followed by something
      hex("03000003"),
      hex("04000007 02f080"),
  };
  for (const auto& o : others) EXPECT_EQ(probe(o), match::no) << ::testing::PrintToString(o);
  conversation talk{"mms"};
  talk.say(client, others[0]);
  EXPECT_EQ(talk.last, verdict::not_mine);
  talk.say(client, others[1]);
  EXPECT_EQ(talk.last, verdict::not_mine);
  talk.say(client, request(1, identify));
  EXPECT_EQ(talk.last, verdict::taken);
  conversation siemens{"s7comm"};
  siemens.say(client, request(1, identify));
  EXPECT_EQ(siemens.last, verdict::not_mine);
}

TEST(mms, an_association_tells_who_calls_whom_and_what_is_agreed_on) {
  conversation talk{"mms"};
  talk.say(client, cotp_request + connect());
  EXPECT_TRUE(talk.out.operations.empty());
  talk.say(server, cotp_confirm + accept());
  ASSERT_EQ(talk.out.operations.size(), 1u);
  const auto& op = talk.out.operations[0];
  EXPECT_EQ(op.function, "initiate");
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(
      fields(op),
      "context_name=1.0.9506.2.3 calling_ap_title=1.3.9999.105 calling_ae_qualifier=33 called_ap_title=1.3.9999.23 called_ae_qualifier=23 "
      "max_pdu_asked=64000 max_outstanding_calling_asked=5 max_outstanding_called_asked=5 max_nesting_asked=4 version_asked=1 "
      "parameters_asked=str1 str2 vnam valt vlis services_asked=1110111000011 responding_ap_title=1.3.9999.23 max_pdu=32000 "
      "max_outstanding_calling=1 max_outstanding_called=2 max_nesting=3 version=1 parameters=str1 str2 vnam vlis services=1110111000001");
  EXPECT_EQ(facts(talk.out), "client ap_title=1.3.9999.105,server ap_title=1.3.9999.23,server ap_title=1.3.9999.23");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(mms, a_password_is_said_to_be_given_and_never_shown) {
  conversation talk{"mms"};
  talk.say(client, connect(joined({tag_hex(0x8a, "07 80"), tag_hex(0x8b, "52 03 01"), tlv(0xac, tag_text(0x80, "secret"))})));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(field_of(talk.out.operations[0], "password_given"), "true");
  EXPECT_EQ(field_of(talk.out.operations[0], "authentication_mechanism"), "2.2.3.1");
  EXPECT_EQ(fields(talk.out.operations[0]).find("secret"), std::string::npos);
}

TEST(mms, an_association_may_be_refused_at_each_layer) {
  const struct {
    octets answer;
    std::string code, reason;
  } cases[] = {
      {accept(1), "1", "authentication_failure"},
      {accept(0, tlv(0xaa, tlv(0xa0, tag_hex(0x88, "05")))), "8/5", "initiate/service_cbb_insufficient"},
      {tpkt_data(hex("0c 03 32 01 81")), "129", "session_refused"},
      {whole(tlv(0xaa, tlv(0xa0, tag_hex(0x88, "01")))), "8/1", "initiate/version_incompatible"},
  };
  for (const auto& c : cases) {
    conversation talk{"mms"};
    talk.say(client, connect());
    talk.say(server, c.answer);
    ASSERT_EQ(talk.out.operations.size(), 1u) << c.reason;
    EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
    EXPECT_EQ(talk.out.operations[0].code, c.code);
    EXPECT_EQ(field_of(talk.out.operations[0], "reason"), c.reason);
  }
}

TEST(mms, an_association_ends_in_order_or_not) {
  const auto rlrq = presented(tlv(0x62, tag_hex(0x80, "00")), 1), rlre = presented(tlv(0x63, tag_hex(0x80, "00")), 1);
  conversation talk{"mms"};
  talk.say(client, whole(conclude));
  talk.say(server, whole(concluded));
  talk.say(client, spdu(9, rlrq));
  talk.say(server, spdu(10, rlre));
  talk.say(client, request(1, identify));
  talk.say(server, spdu(25, tlv(0xa0, presented(tlv(0x64, tag_hex(0x80, "01")), 1))));
  talk.say(server, tpkt_data(hex("19 03 11 01 02")));
  talk.say(client, whole(conclude));
  talk.say(server, whole(tlv(0xad, tlv(0xa0, tag_hex(0x89, "01")))));
  std::string all;
  for (const auto& op : talk.out.operations)
    all += op.function + ' ' + std::string{to_string(op.outcome)} + ' ' + field_of(op, "source") + ',';
  EXPECT_EQ(all, "conclude ok absent,release ok absent,abort none provider,2 timeout absent,abort none absent,conclude refused absent,");
  EXPECT_EQ(talk.out.operations.back().code, "9/1");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(mms, both_sides_may_ask_with_the_same_number) {
  conversation talk{"mms"};
  talk.say(client, request(1, identify));
  talk.say(server, request(1, identify));
  talk.say(client, response(1, identity));
  talk.say(server, response(1, identity));
  ASSERT_EQ(talk.out.operations.size(), 2u);
  EXPECT_EQ(talk.out.askers, (std::vector<side>{server, client}));
  EXPECT_EQ(rules(talk.out), "");
  EXPECT_EQ(talk.out.facts.size(), 6u);
}

TEST(mms, errors_rejects_and_cancels_answer_their_request) {
  const auto reject = [](std::string_view invoke, std::string_view reason) { return whole(tlv(0xa4, hex(invoke) + hex(reason))); };
  const struct {
    octets answer;
    std::string code, reason;
  } cases[] = {
      {error(1, 7, 2), "7/2", "access/object_non_existent"},
      {error(1, 11, 7), "11/7", "file/file_non_existent"},
      {error(1, 12, 0), "12/0", "others/unknown"},
      {error(1, 30, 1), "30/1", "unknown/unknown"},
      {reject("80 01 01", "81 01 01"), "1/1", "confirmed_request/unrecognized_service"},
      {reject("80 01 01", "85 01 01"), "5/1", "pdu/invalid_pdu"},
      {reject("80 01 01", "8f 01 01"), "15/1", "unknown/unknown"},
  };
  for (const auto& c : cases) {
    conversation talk{"mms"};
    talk.say(client, request(1, identify));
    talk.say(server, c.answer);
    ASSERT_EQ(talk.out.operations.size(), 1u) << c.reason;
    EXPECT_EQ(talk.out.operations[0].function, "2");
    EXPECT_EQ(talk.out.operations[0].outcome, outcome::refused);
    EXPECT_EQ(talk.out.operations[0].code, c.code);
    EXPECT_EQ(field_of(talk.out.operations[0], "reason"), c.reason);
  }
  conversation talk{"mms"};
  talk.say(client, request(5, identify));
  talk.say(client, whole(tag_hex(0x85, "05")));
  talk.say(server, whole(tag_hex(0x86, "05")));
  talk.say(server, error(5, 5, 3));
  talk.say(client, whole(tag_hex(0x85, "06")));
  talk.say(server, whole(tlv(0xa7, {tag_hex(0x80, "06"), tlv(0xa1, tlv(0xa0, tag_hex(0x8a, "01")))})));
  talk.say(server, reject("", "81 01 02"));
  ASSERT_EQ(talk.out.operations.size(), 4u);
  EXPECT_EQ(talk.out.operations[0].function, "cancel");
  EXPECT_EQ(fields(talk.out.operations[0]), "invoke_id=5");
  EXPECT_EQ(field_of(talk.out.operations[1], "reason"), "service_preempt/cancel");
  EXPECT_EQ(field_of(talk.out.operations[2], "reason"), "cancel/invoke_id_unknown");
  EXPECT_EQ(talk.out.operations[3].function, "reject");
  EXPECT_EQ(talk.out.operations[3].outcome, outcome::unpaired);
}

TEST(mms, what_does_not_fit_is_a_violation_and_the_session_goes_on) {
  const struct {
    const char* name;
    std::vector<std::pair<side, octets>> said;
    std::string rules;
  } cases[] = {
      {"invoke id", {{client, request(1, identify)}, {client, request(1, identify)}}, "invoke_id_reused"},
      {"unpaired", {{client, connect()}, {server, accept()}, {server, response(1, identity)}}, "unpaired_response"},
      {"other service", {{client, request(1, identify)}, {server, response(1, tlv(0xa0, tag_hex(0x80, "00")))}}, "service_mismatch"},
      {"no service", {{client, request(1, identify)}, {server, response(1, {})}}, "layout"},
      {"no such PDU", {{client, whole(tlv(0xaf, hex("0201 01")))}}, "pdu"},
      {"no such unconfirmed", {{server, whole(tlv(0xa3, tlv(0xa9)))}}, "service"},
      {"other context", {{client, connect()}, {server, accept()}, {client, whole(conclude, 5)}}, "presentation_context"},
      {"ACSE's context", {{client, connect()}, {server, accept()}, {client, whole(conclude, 1)}}, "presentation_context"},
      {"neither", {{client, whole(hex("0c0141"))}}, "presentation"},
      {"empty value", {{client, whole({})}}, "presentation"},
      {"trailing", {{client, whole(conclude + octets{0})}}, "layout"},
      {"cut session", {{client, tpkt_data(hex("0d 20 c1 01"))}}, "session"},
      {"cut presentation", {{client, tpkt_data(hex("0100 0100 61 20 30"))}}, "session"},
      {"cut value", {{client, tpkt_data(session(presented(hex("a0 10 02 01 01"))))}}, "layout"},
      {"cut transport", {{client, hex("03000008 09f080 00")}}, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    conversation talk{"mms"};
    for (const auto& [from, data] : c.said) talk.say(from, data);
    EXPECT_EQ(rules(talk.out), c.rules);
    const auto before = talk.out.operations.size();
    talk.say(client, request(99, identify));
    talk.say(server, response(99, identity));
    ASSERT_EQ(talk.out.operations.size(), before + 1);
    EXPECT_EQ(talk.out.operations.back().outcome, outcome::ok);
  }
}

TEST(mms, a_conversation_may_be_picked_up_anywhere) {
  conversation talk{"mms"};
  talk.say(server, response(4, identity));
  talk.say(server, whole(tlv(0xa3, tlv(0xa1, {tag_hex(0x80, "00"), tag_hex(0x81, "00")})), 7));  // whatever the context's number
  talk.say(client, request(5, identify));
  talk.end();
  ASSERT_EQ(talk.out.operations.size(), 3u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[0].function, "2");
  EXPECT_EQ(text(talk.out.operations[0].values), "ACME,R1,2.0");
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::timeout);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(mms, messages_come_in_parts_in_a_row_and_without_session) {
  const auto data = session(presented(tlv(0xa0, invoke_id(1) + identify)));
  conversation talk{"mms"};
  talk.say(client, tpkt_data({data.begin(), data.begin() + 6}, false));
  const auto first_part = talk.now;
  EXPECT_TRUE(talk.out.counts.empty());
  talk.say(client, tpkt_data({data.begin() + 6, data.end()}));
  talk.say(server, response(1, identity));
  EXPECT_EQ(talk.out.operations.at(0).time, first_part);
  // two messages in one transport message, the second with the session's heads of its own
  const auto two = data + session(presented(tlv(0xa0, invoke_id(2) + identify)));
  talk.say(client, tpkt_data(two));
  talk.say(server, response(2, identity) + response(1, identity));
  EXPECT_EQ(talk.out.operations.size(), 3u);
  // MMS in the transport itself
  talk.say(client, tpkt_data(initiate_request()));
  talk.say(server, tpkt_data(initiate_response()));
  talk.say(client, tpkt_data(tlv(0xa0, invoke_id(1) + identify)));
  talk.say(server, tpkt_data(tlv(0xa1, invoke_id(1) + identity)));
  talk.say(client, tpkt_data(conclude));
  talk.say(server, tpkt_data(concluded));
  ASSERT_EQ(talk.out.operations.size(), 6u);
  for (const auto& op : talk.out.operations) EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(field_of(talk.out.operations[3], "max_pdu"), "32000");
  EXPECT_EQ(rules(talk.out), "");
}

TEST(mms, a_gap_costs_what_it_took_and_no_more) {
  const auto data = session(presented(tlv(0xa0, invoke_id(1) + identify)));
  conversation talk{"mms"};
  talk.say(client, connect());
  talk.say(server, accept());
  talk.say(client, tpkt_data({data.begin(), data.begin() + 6}, false));
  talk.gap(client);
  talk.say(client, tpkt_data({data.begin() + 6, data.end()}));  // the rest of what was lost
  talk.say(server, response(8, identity));                      // its request may be what was lost
  talk.say(client, request(2, identify));
  talk.say(server, response(2, identity));
  ASSERT_EQ(talk.out.operations.size(), 3u);
  EXPECT_EQ(talk.out.operations[1].outcome, outcome::unpaired);
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::ok);
  EXPECT_EQ(rules(talk.out), "");
}

TEST(mms, what_is_not_answered_times_out) {
  conversation talk{"mms"};
  talk.say(client, request(1, identify));
  talk.wait(std::chrono::seconds{29});
  EXPECT_TRUE(talk.out.operations.empty());
  talk.wait(std::chrono::seconds{2});
  ASSERT_EQ(talk.out.operations.size(), 1u);
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::timeout);
  talk.say(client, request(2, identify));
  talk.say(client, hex("0300000b 068000000000 00"));  // the transport is disconnected
  EXPECT_EQ(talk.out.operations.size(), 2u);
}

TEST(mms, tables_stay_bounded_and_nothing_is_forgotten_in_silence) {
  const auto number = [](unsigned n) { return octets{static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}; };
  conversation talk{"mms"};
  for (unsigned n = 0; n < 300; ++n) talk.say(client, whole(tlv(0xa0, tlv(0x02, number(n)) + identify)));
  EXPECT_EQ(talk.out.operations.size(), 300u - 256u);
  talk.end();
  EXPECT_EQ(talk.out.operations.size(), 300u);
  for (unsigned n = 0; n < 70; ++n) {
    talk.say(client, request(1, tlv(0xbf48, {tlv(0xa0, tag_text(0x19, "f")), tag_hex(0x81, "00")})));
    talk.say(server, response(1, tlv(0xbf48, {tlv(0x80, number(n)), tlv(0xa1, tag_hex(0x80, "03"))})));
  }
  EXPECT_EQ(talk.out.counts["mms/forgotten/file"], 6u);
}

TEST(mms, a_message_that_never_ends_is_given_up) {
  conversation talk{"mms"};
  for (int n = 0; n < 300; ++n) talk.say(client, tpkt_data(octets(1000, 0x01), false));
  EXPECT_EQ(rules(talk.out), "fragment");
  talk.say(client, tpkt_data({1}));
  talk.say(client, request(1, identify));
  talk.say(server, response(1, identity));
  EXPECT_EQ(talk.out.operations.size(), 1u);
}

TEST(mms, survives_every_prefix_and_every_flip) {
  every_prefix("mms", {{client, connect(tlv(0xac, tag_text(0x80, "secret")))}, {server, accept()}});
  every_prefix("mms", {{client, request(1, identify)}, {server, error(1, 7, 2)}, {server, whole(tlv(0xa4, hex("800101 810101")))}});
  every_prefix(
      "mms", {{client, tpkt_data(initiate_request())}, {server, tpkt_data(initiate_response())}, {client, tpkt_data(tag_hex(0x85, "05"))}});
}

}  // namespace
}  // namespace mw::test
