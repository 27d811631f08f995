// OPC UA binary: greetings, channels and their chunks, discovery and sessions, written by hand from OPC 10000-4 and -6.
#include "tests/dissect/opcua_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace opcua;

// ---- greeting, channel, discovery, session
body application(std::string_view uri, std::string_view name, std::uint32_t type) {
  return body{}.text(uri).text("urn:product").localized(name).u32(type).none().none().none();
}
body endpoint(std::string_view policy, std::uint32_t mode, std::uint32_t token) {
  return body{}
      .text("opc.tcp://press:4840")
      .raw(application("urn:press", "Press", 0).data)
      .none()
      .u32(mode)
      .text("http://opcfoundation.org/UA/SecurityPolicy#" + std::string{policy})
      .u32(1)
      .text("p")
      .u32(token)
      .none()
      .none()
      .none()
      .none()
      .u8(0);
}

TEST(opcua, the_greeting_is_told_by_the_channel_that_it_opens) {
  conversation t{"opcua"};
  t.say(client, hello()), t.say(server, acknowledge());
  EXPECT_TRUE(t.out.operations.empty());
  t.say(client, open(0, request(446).u32(0).u32(0).u32(1).none().u32(60000)));
  t.say(server, open(5, response(449).u32(0).u32(5).u32(1).time(0).u32(30000).none()));
  const auto& op = only(t.out);
  EXPECT_EQ(op.function, "446");
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(op.outcome, outcome::ok);
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"endpoint_url", "opc.tcp://press:4840"},
                                                                                    {"security_policy", "None"},
                                                                                    {"security_mode", "none"},
                                                                                    {"insecure", "true"},
                                                                                    {"request_type", "issue"},
                                                                                    {"channel", "5"},
                                                                                    {"revised_lifetime", "30000"}})
    EXPECT_EQ(field_of(op, name), value) << name;
  EXPECT_EQ(facts(t.out, "security_policy", server), "None");
  t.say(client, said(request(452), 2, 2, "CLOF"));
  EXPECT_EQ(t.out.operations.back().function, "452");
  EXPECT_EQ(t.out.operations.back().outcome, outcome::none);
  for (const auto word : {"HEL", "ACK", "OPN", "CLO"}) EXPECT_TRUE(t.out.counts.contains(std::string{"opcua/message/"} + word)) << word;
}

TEST(opcua, greetings_that_fail) {
  conversation refused{"opcua"};
  refused.say(client, hello()), refused.say(server, chunk("ERRF", body{}.u32(0x80830000).text("no such endpoint")));
  EXPECT_EQ(only(refused.out).function, "HEL");
  EXPECT_EQ(only(refused.out).outcome, outcome::refused);
  EXPECT_EQ(only(refused.out).code, std::to_string(0x80830000));
  EXPECT_EQ(field_of(only(refused.out), "reason"), "no such endpoint");
  conversation silent{"opcua"};
  silent.say(client, hello());
  silent.wait(std::chrono::seconds{61});
  EXPECT_EQ(only(silent.out).outcome, outcome::timeout);
  conversation sudden{"opcua"};
  sudden.say(server, chunk("ERRF", body{}.u32(0x80860000).none()));
  EXPECT_EQ(only(sudden.out).function, "ERR");
  EXPECT_EQ(sudden.out.askers[0], client);
  conversation reverse{"opcua"};  // the server calls, the client then greets
  reverse.say(client, chunk("RHEF", body{}.text("urn:press").text("opc.tcp://press:4840")));
  EXPECT_EQ(only(reverse.out).function, "RHE");
  EXPECT_EQ(facts(reverse.out, "application_uri", client), "urn:press");
  reverse.say(server, hello()), reverse.say(client, acknowledge());
  reverse.say(server, open(0, request(446).u32(0).u32(0).u32(1).none().u32(60000)));
  reverse.say(client, open(5, response(449).u32(0).u32(5).u32(1).time(0).u32(30000).none()));
  EXPECT_EQ(reverse.out.askers.back(), server);
  EXPECT_EQ(reverse.out.operations.back().outcome, outcome::ok);
}

TEST(opcua, endpoints_say_how_a_server_is_secured) {
  talk t;
  t.both(request(428).text("opc.tcp://press:4840").none().none(),
         response(431).u32(2).raw(endpoint("None", 1, 0).data).raw(endpoint("Basic256Sha256", 3, 1).data));
  const auto& op = only(t.out);
  EXPECT_EQ(field_of(op, "security_policies"), "None,Basic256Sha256");
  EXPECT_EQ(field_of(op, "security_modes"), "none,sign_and_encrypt");
  EXPECT_EQ(field_of(op, "user_tokens"), "anonymous,user_name");
  EXPECT_EQ(field_of(op, "insecure"), "true");
  EXPECT_EQ(facts(t.out, "endpoint", server),
            "opc.tcp://press:4840 None none anonymous|opc.tcp://press:4840 Basic256Sha256 sign_and_encrypt user_name");
  EXPECT_EQ(facts(t.out, "application_uri", server), "urn:press");
  EXPECT_EQ(facts(t.out, "product_uri", server), "urn:product");
  EXPECT_EQ(facts(t.out, "application_name", server), "Press");
  EXPECT_EQ(facts(t.out, "host_name", server), "press");
  EXPECT_EQ(facts(t.out, "insecure_configuration", server), "security policy None is offered|anonymous users are accepted");
  talk safe;
  safe.both(request(428).none().none().none(), response(431).u32(1).raw(endpoint("Basic256Sha256", 3, 1).data));
  EXPECT_EQ(field_of(only(safe.out), "insecure"), "false");
  EXPECT_EQ(facts(safe.out, "insecure_configuration", server), "");
}

TEST(opcua, endless_lists_of_endpoints_are_cut) {
  talk t;
  body answer = response(431).u32(1000);
  for (int i = 0; i < 1000; ++i) answer.raw(endpoint("P" + std::to_string(i), 3, 1).data);
  t.both(request(428).none().none().none(), answer);
  EXPECT_LE(t.out.facts.size(), 256u);
  EXPECT_GT(t.out.counts.at("opcua/forgotten/finding"), 700u);
}

TEST(opcua, discovery_servers_and_registration) {
  talk t;
  t.both(request(422).none().none().none(), response(425).u32(1).raw(application("urn:lds", "LDS", 3).data));
  EXPECT_EQ(facts(t.out, "role", server), "opcua_discovery_server");
  t.both(request(12208).u32(0).u32(0).none(), response(12209).time(0).u32(1).u32(1).text("Press").text("opc.tcp://press:4840").none());
  EXPECT_EQ(t.out.operations.back().function, "12208");
  EXPECT_EQ(facts(t.out, "knows_server", server), "urn:lds LDS|Press opc.tcp://press:4840");
  t.both(request(437).text("urn:press").text("urn:p").u32(1).localized("Press").u32(0).none().u32(1).text("opc.tcp://press").none().u8(1),
         response(440));
  EXPECT_EQ(text(t.out.operations.back().objects), "server/urn:press");
  EXPECT_EQ(facts(t.out, "application_uri", client), "urn:press");
  EXPECT_EQ(rules(t.out), "");
}

// a self-signed certificate: CN=Press 3, O=Mill, valid in 2027, with the names urn:press and press3; signature and key are made up
const octets certificate =
    hex("30 81 a6 30 81 97 a0 03 02 01 02 02 01 07 30 03 06 01 2a"
        "30 21 31 10 30 0e 06 03 55 04 03 0c 07 50 72 65 73 73 20 33 31 0d 30 0b 06 03 55 04 0a 0c 04 4d 69 6c 6c"
        "30 1e 17 0d 32 37 30 31 30 31 30 30 30 30 30 30 5a 17 0d 32 37 31 32 33 31 32 33 35 39 35 39 5a"
        "30 21 31 10 30 0e 06 03 55 04 03 0c 07 50 72 65 73 73 20 33 31 0d 30 0b 06 03 55 04 0a 0c 04 4d 69 6c 6c"
        "30 00 a3 20 30 1e 30 1c 06 03 55 1d 11 04 15 30 13 86 09 75 72 6e 3a 70 72 65 73 73 82 06 70 72 65 73 73 33"
        "30 08 06 01 2a 03 03 00 01 02 30 00");

TEST(opcua, sealed_channels_are_told_as_such) {
  constexpr std::string_view policy = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256";
  octets noise(64);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<std::uint8_t>(0xa5 + 7 * i);
  conversation t{"opcua"};
  t.say(client, hello()), t.say(server, acknowledge());
  t.say(client, open(0, body{}.raw(noise), 0x12345678, 0x9abcdef0, policy, certificate));
  t.say(server, open(5, body{}.raw(noise), 0x87654321, 0x0fedcba9, policy, certificate));
  const auto& op = only(t.out);
  EXPECT_EQ(op.function, "446");
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(field_of(op, "security_policy"), "Basic256Sha256");
  EXPECT_EQ(field_of(op, "insecure"), "false");
  EXPECT_EQ(field_of(op, "encrypted"), "true");
  EXPECT_EQ(field_of(op, "client_certificate_subject"), "CN=Press 3, O=Mill");
  EXPECT_EQ(field_of(op, "client_certificate_not_before"), "2027-01-01T00:00:00Z");
  EXPECT_EQ(field_of(op, "client_certificate_not_after"), "2027-12-31T23:59:59Z");
  EXPECT_EQ(field_of(op, "client_certificate_self_signed"), "true");
  EXPECT_EQ(field_of(op, "server_certificate_thumbprint").size(), 40u);
  EXPECT_EQ(facts(t.out, "certificate_subject", client), "CN=Press 3, O=Mill");
  EXPECT_EQ(facts(t.out, "application_uri", server), "urn:press");
  EXPECT_EQ(facts(t.out, "host_name", server), "press3");
  t.say(client, said(body{}.raw(noise), 3, 3)), t.say(server, said(body{}.raw(noise), 3, 3));
  EXPECT_EQ(facts(t.out, "security_mode", server), "sign_and_encrypt");
  EXPECT_EQ(t.out.counts.at("opcua/opaque/MSG"), 2u);
  t.say(client, said(body{}.raw(noise), 4, 4, "CLOF"));
  EXPECT_EQ(t.out.operations.back().function, "452");
  EXPECT_EQ(rules(t.out), "");
}

TEST(opcua, signed_channels_are_read) {
  conversation t{"opcua"};
  constexpr std::string_view policy = "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256";
  t.say(client, open(0, body{}.raw(octets(64, 0xee)), 9, 9, policy));
  t.say(server, open(5, body{}.raw(octets(64, 0xee)), 9, 9, policy));
  const octets signature(32, 0xdd);
  t.say(client, said(request(673).u32(1).name(2, "Set").u32(13).none().u8(1).raw("06 05 00 00 00").raw(signature), 2, 2));
  // the answer in two chunks, each with its signature
  const auto whole = response(676).u32(1).u32(0).none().data;
  const octets first(whole.begin(), whole.begin() + 12), second(whole.begin() + 12, whole.end());
  t.say(server, said(body{}.raw(first).raw(signature), 2, 2, "MSGC")), t.say(server, said(body{}.raw(second).raw(signature), 3, 2));
  EXPECT_EQ(t.out.operations.back().function, "673");
  EXPECT_EQ(t.out.operations.back().outcome, outcome::ok);
  EXPECT_EQ(text(t.out.operations.back().values), "5");
  EXPECT_EQ(facts(t.out, "security_mode", server), "sign");
  EXPECT_EQ(rules(t.out), "");
  conversation bare{"opcua"};
  bare.say(client, open(0, request(446).u32(0).u32(0).u32(3).none().u32(60000), 1, 1, policy));
  EXPECT_EQ(rules(bare.out), "unprotected");
}

TEST(opcua, sessions_and_users) {
  talk t;
  t.both(request(461)
             .raw(application("urn:scada", "Scada", 1).data)
             .none()
             .text("opc.tcp://press:4840")
             .text("shift 1")
             .none()
             .none()
             .real(1)
             .u32(0),
         response(464)
             .name(1, "sid")
             .name(1, "secret")
             .real(1)
             .none()
             .none()
             .u32(1)
             .raw(endpoint("None", 1, 1).data)
             .none()
             .none()
             .none()
             .u32(0));
  const auto& op = only(t.out);
  EXPECT_EQ(field_of(op, "session_name"), "shift 1");
  EXPECT_EQ(field_of(op, "application_uri"), "urn:scada");
  EXPECT_EQ(field_of(op, "session_id"), "ns=1;s=sid");
  EXPECT_EQ(facts(t.out, "role", client), "opcua_client");
  EXPECT_EQ(facts(t.out, "role", server), "opcua_server");
  const struct {
    body token;
    std::string kind, user, given, weak;
  } users[] = {
      {body{}.nothing(), "anonymous", "absent", "absent", "an anonymous user logged on"},
      {body{}.extension(321, body{}.text("p").data), "anonymous", "absent", "absent", "an anonymous user logged on"},
      {body{}.extension(324, body{}.text("p").text("joe").text("hunter2").none().data), "user_name", "joe", "true",
       "a password was sent in the clear"},
      {body{}.extension(324, body{}.text("p").text("joe").text("xxxx").text("rsa").data), "user_name", "joe", "true", ""},
      {body{}.extension(327, body{}.text("p").string(certificate).data), "x509", "CN=Press 3, O=Mill", "absent", ""},
      {body{}.extension(940, body{}.text("p").text("token").none().data), "issued", "absent", "absent", ""},
  };
  for (const auto& u : users) {
    talk each;
    each.both(request(467).none().none().none().none().raw(u.token.data).none().none(), response(470).none().none().none());
    EXPECT_EQ(field_of(only(each.out), "user_token"), u.kind);
    EXPECT_EQ(field_of(only(each.out), "user"), u.user);
    EXPECT_EQ(field_of(only(each.out), "password_given"), u.given);
    EXPECT_EQ(facts(each.out, "insecure_configuration", server), u.weak);
    for (const auto& [name, value] : only(each.out).fields) EXPECT_EQ(to_string(value).find("hunter2"), std::string::npos) << name;
  }
}

TEST(opcua, a_server_tells_what_it_is) {
  const auto build = body{}.text("urn:p").text("Mill Inc").text("Press OS").text("4.2").text("77").time(0);
  talk t;
  t.both(request(631).real(0).u32(0).u32(1).id(2256).u32(13).none().u16(0).none(),
         response(634).u32(1).u8(1).u8(22).extension(864, body{}.time(1).time(1).u32(0).raw(build.data).u32(0).localized("").data).none());
  EXPECT_EQ(facts(t.out, "vendor", server), "Mill Inc");
  EXPECT_EQ(facts(t.out, "model", server), "Press OS");
  EXPECT_EQ(facts(t.out, "software", server), "4.2");
  EXPECT_EQ(facts(t.out, "build", server), "77");
  EXPECT_EQ(facts(t.out, "run_state", server), "run");
  talk single;
  single.both(request(631).real(0).u32(0).u32(2).id(2263).u32(13).none().u16(0).none().id(2259).u32(13).none().u16(0).none(),
              response(634).u32(2).u8(1).u8(12).text("Mill Inc").u8(1).u8(6).u32(3).none());
  EXPECT_EQ(facts(single.out, "vendor", server), "Mill Inc");
  EXPECT_EQ(facts(single.out, "run_state", server), "suspended");
  talk device;  // a property that browsing named
  device.both(request(527).raw("00 00").time(0).u32(0).u32(0).u32(1).name(2, "Drive").u32(0).id(33).u8(1).u32(0).u32(63),
              response(530)
                  .u32(1)
                  .u32(0)
                  .none()
                  .u32(1)
                  .id(46)
                  .u8(1)
                  .name(2, "D.SN")
                  .qualified(3, "SerialNumber")
                  .localized("")
                  .u32(2)
                  .id(68)
                  .none());
  device.both(request(631).real(0).u32(0).u32(1).name(2, "D.SN").u32(13).none().u16(0).none(),
              response(634).u32(1).u8(1).u8(12).text("S-1").none());
  EXPECT_EQ(facts(device.out, "serial", server), "ns=2;s=Drive=S-1");
}

// ---- chunks
TEST(opcua, chunks_are_joined) {
  const auto whole = request(673).u32(1).name(2, "Set").u32(13).none().u8(1).raw("06 05 00 00 00").data;
  const body first{{whole.begin(), whole.begin() + 40}}, second{{whole.begin() + 40, whole.end()}};
  talk t;
  t.say(client, said(first, 1, 7, "MSGC")), t.say(client, said(second, 2, 7));
  t.say(server, said(response(676).u32(1).u32(0).none(), 1, 7));
  EXPECT_EQ(text(only(t.out).objects), "13/ns=2;s=Set");
  EXPECT_EQ(only(t.out).latency, std::chrono::milliseconds{2});  // from the first chunk
  EXPECT_EQ(rules(t.out), "");
  talk aborted;
  aborted.say(client, said(first, 1, 7, "MSGC")), aborted.say(client, said(body{}.u32(0x80b80000).text("too large"), 2, 7, "MSGA"));
  EXPECT_TRUE(aborted.out.operations.empty());
  aborted.ask(request(473).u8(0));
  aborted.say(server, said(body{}.u32(0x80b90000).text("too large"), 1, aborted.number, "MSGA"));
  EXPECT_EQ(only(aborted.out).outcome, outcome::refused);
  EXPECT_EQ(field_of(only(aborted.out), "status"), "BadResponseTooLarge");
  talk mixed;
  mixed.say(client, said(first, 1, 7, "MSGC")), mixed.say(client, said(request(473).u8(0), 2, 8));
  EXPECT_EQ(rules(mixed.out), "chunk");
  talk lost;  // its first chunk was missed
  lost.say(client, said(second, 2, 7));
  lost.ask(request(473).u8(0)), lost.answer(response(476));
  EXPECT_EQ(only(lost.out).outcome, outcome::ok);
  talk gap;
  gap.say(client, said(first, 1, 7, "MSGC"));
  gap.gap(client);
  gap.say(client, said(second, 5, 7));
  gap.say(client, said(request(473).u8(0), 6, 8)), gap.say(server, said(response(476), 1, 8));
  EXPECT_EQ(only(gap.out).function, "473");
  EXPECT_EQ(rules(gap.out), "");
}

TEST(opcua, endless_messages_are_given_up) {
  talk t;
  std::uint32_t n = 0;
  t.say(client, said(request(673), ++n, 7, "MSGC"));
  const body part{octets(60000, 0)};
  for (int i = 0; i < 100; ++i) t.say(client, said(part, ++n, 7, "MSGC"));
  EXPECT_EQ(t.out.counts.at("opcua/forgotten/chunks"), 1u);
  t.say(client, said(part, ++n, 7));
  t.say(client, said(request(473).u8(0), ++n, 8)), t.say(server, said(response(476), 1, 8));
  EXPECT_EQ(only(t.out).function, "473");
}

TEST(opcua, sequence_numbers) {
  const struct {
    std::vector<std::uint32_t> sent;
    std::string_view rules, detail;
  } cases[] = {
      {{5, 6, 7}, "", ""},
      {{5, 7, 8}, "sequence", "gap before sequence number 7, expected 6"},
      {{5, 6, 6}, "sequence", "out of order sequence number 6, expected 7"},
      {{4294966300, 1, 2}, "", ""},
      {{4294966200, 1, 2}, "sequence", "out of order sequence number 1, expected 4294966201"},
  };
  for (const auto& c : cases) {
    talk t;
    std::uint32_t id = 0;
    for (const auto n : c.sent) t.say(client, said(request(473).u8(0), n, ++id));
    EXPECT_EQ(rules(t.out), c.rules) << c.detail;
    EXPECT_EQ(t.out.violations.empty() ? "" : t.out.violations[0].detail, c.detail);
  }
  talk lossy;
  lossy.say(client, said(request(473).u8(0), 5, 1));
  lossy.gap(client);
  lossy.say(client, said(request(473).u8(0), 9, 2));
  EXPECT_EQ(rules(lossy.out), "");
}

TEST(opcua, rules_of_the_channel) {
  talk other_channel;
  other_channel.ask(request(473).u8(0));
  other_channel.say(client, said(request(473).u8(0), 12, 20, "MSGF", 6));
  EXPECT_EQ(rules(other_channel.out), "channel");
  conversation large{"opcua"};
  large.say(client, hello()), large.say(server, acknowledge());
  large.say(client, said(body{octets(70000, 0)}, 1, 1));
  EXPECT_EQ(rules(large.out).substr(0, 10), "chunk_size");
  talk odd;
  odd.ask(request(473).u8(0)), odd.answer(response(476));
  odd.ask(body{}.id(2258));
  EXPECT_EQ(rules(odd.out), "service");
}

TEST(opcua, probe_and_frame) {
  const auto& p = named("opcua").about;
  const struct {
    octets head;
    match thinks;
  } cases[] = {
      {hello(), match::certain},
      {hello("http://x"), match::yes},
      {acknowledge(), match::yes},
      {open(0, request(446)), match::certain},
      {said(request(473), 1, 1), match::yes},
      {hex("4d 53"), match::unsure},
      {hex("4d 53 47 46 ff ff ff 7f"), match::no},  // too large
      {hex("4d 53 47 58 20 00 00 00"), match::no},  // no such chunk
      {hex("47 45 54 20 2f 20 48 54"), match::no},
      {hex("48 45 4c 4c 4f 20 77 6f 72 6c 64"), match::no},
  };
  for (const auto& c : cases) EXPECT_EQ(p.probe(c.head, transport::tcp), c.thinks) << &c - cases;
  EXPECT_EQ(p.probe(hello(), transport::udp), match::no);
  EXPECT_EQ(*p.frame(hello()), hello().size());
}

TEST(opcua, survives_every_prefix_and_every_flip) {
  const std::vector<std::pair<side, octets>> all{
      {client, hello()},
      {server, acknowledge()},
      {client, open(0, request(446).u32(0).u32(0).u32(1).none().u32(60000), 1, 1, none_policy, certificate)},
      {server, open(5, response(449).u32(0).u32(5).u32(1).time(0).u32(30000).none())}};
  every_prefix("opcua", all);
  every_prefix("opcua", {{client, said(request(428).none().none().none(), 1, 1)},
                         {server, said(response(431).u32(1).raw(endpoint("None", 1, 0).data), 1, 1)}});
}

}  // namespace
}  // namespace mw::test
