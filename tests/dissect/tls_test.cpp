// TLS on TCP: handshakes of every version and outcome, what is told of them, and what goes wrong on the way.
#include "tests/dissect/tls_harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test::wire {
namespace {

using std::chrono::seconds;

const octets hello_done = handshake(14, {}), key_exchange = handshake(12, joined({hex("03 001d 20"), octets(32, 6)}) /* x25519 */),
             client_keys = handshake(16, octets(66, 7));
octets opening(const hello_parts& h) { return handshake(1, client_hello(h), 0x0301); }
const octets common_extensions = joined(
    {server_name, alpn("mqtt"), extension(10, hex("0004 001d 0017")), extension(11, hex("01 00")), extension(13, hex("0004 0403 0804"))});
const octets plain_opening = opening({.extensions = common_extensions});
const octets plain_answer =
    joined({handshake(2, server_hello({.extensions = alpn("mqtt")})),
            handshake(11, certificates({certificate(), certificate({.subject = "Mill CA"})})), key_exchange, hello_done});

const operation& only(const recorder& out) {
  if (out.operations.size() != 1) throw std::runtime_error("there are " + std::to_string(out.operations.size()) + " operations");
  return out.operations.front();
}
timestamp in_2026() { return timestamp{std::chrono::sys_days{std::chrono::year{2026} / 5 / 1}}; }

TEST(tls, handshake_of_1_2) {
  conversation c{"tls"};
  c.now = in_2026();
  c.say(side::client, plain_opening);
  c.say(side::server, plain_answer);
  c.say(side::client, joined({client_keys, change_cipher, sealed_finished}));
  EXPECT_TRUE(c.out.operations.empty());
  c.say(side::server, joined({change_cipher, sealed_finished}));
  const auto& op = only(c.out);
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(op.function_name, "handshake");
  EXPECT_EQ(op.objects, (std::vector<object>{{"sni", "plc1.mill"}}));
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
  EXPECT_EQ(op.protocol, "");
  const std::pair<std::string_view, std::string_view> rows[] = {{"tls_version", "TLS 1.2"},
                                                                {"tls_version_offered", "TLS 1.2"},
                                                                {"cipher", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
                                                                {"sni", "plc1.mill"},
                                                                {"alpn", "mqtt"},
                                                                {"alpn_chosen", "mqtt"},
                                                                {"application", "mqtt"},
                                                                {"group", "x25519"},
                                                                {"subject", "CN=plc1"},
                                                                {"issuer", "CN=Mill CA"},
                                                                {"certificate_serial", "0x00a1b2"},
                                                                {"certificate_not_before", "2026-01-01T00:00:00Z"},
                                                                {"certificate_not_after", "2026-12-31T23:59:59Z"},
                                                                {"certificate_state", "valid"},
                                                                {"certificate_self_signed", "absent"},
                                                                {"certificate_names", "plc1.mill,10.1.2.3"},
                                                                {"certificate_key", "ec 256"},
                                                                {"certificate_chain", "2"},
                                                                {"client_certificate", "absent"},
                                                                {"resumed", "absent"},
                                                                {"tls_weakness", "absent"}};
  for (const auto& [name, text] : rows) {
    EXPECT_EQ(field_of(op, name), text) << name;
    EXPECT_EQ(told(c.out, name), text) << name;
  }
  EXPECT_EQ(told(c.out, "handshake"), "ok");
  EXPECT_EQ(field_of(op, "ja3").size(), 32u);
  EXPECT_EQ(field_of(op, "ja3s").size(), 32u);
  EXPECT_EQ(field_of(op, "ja4").substr(0, 10), "t12d0305mt");
  EXPECT_EQ(known_of(c.out, side::server, "certificate_subject"), "CN=plc1");
  EXPECT_EQ(known_of(c.out, side::server, "certificate_expires"), "2026-12-31T23:59:59Z");
  EXPECT_EQ(known_of(c.out, side::server, "host_name"), "plc1.mill");
  EXPECT_EQ(known_of(c.out, side::server, "tls_version"), "TLS 1.2");
  EXPECT_EQ(rules_of(c.out), "");
  for (int i = 0; i < 3; ++i) c.say(side::client, record(23, octets(100, 1)));
  c.end();
  EXPECT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.counts["tls/record/23"], 3u);
}

TEST(tls, facts_are_kept_of_machines_in_the_plant_only) {
  conversation c{"tls"};
  c.client_end.address = ip::v4(10, 0, 0, 1), c.server_end.address = ip::v4(93, 184, 216, 34);
  c.say(side::client, plain_opening), c.say(side::server, plain_answer);
  c.say(side::client, joined({client_keys, change_cipher, sealed_finished})), c.say(side::server, joined({change_cipher, sealed_finished}));
  EXPECT_EQ(only(c.out).outcome, outcome::ok);
  EXPECT_TRUE(c.out.facts.empty());
}

TEST(tls, messages_span_records_and_octets_come_singly) {
  const auto chain = message(11, certificates({certificate()}));
  octets answer = handshake(2, server_hello());
  for (std::size_t at = 0; at < chain.size(); at += 50)
    answer = joined({answer, record(22, {chain.begin() + static_cast<std::ptrdiff_t>(at),
                                         chain.begin() + static_cast<std::ptrdiff_t>(std::min(at + 50, chain.size()))})});
  conversation c{"tls"};
  c.say(side::client, plain_opening);
  c.say(side::server, joined({answer, hello_done}));
  c.say(side::client, joined({client_keys, change_cipher, sealed_finished})), c.say(side::server, joined({change_cipher, sealed_finished}));
  EXPECT_EQ(field_of(only(c.out), "subject"), "CN=plc1");
  EXPECT_EQ(rules_of(c.out), "");
}

const octets opening_1_3 = opening(
    {.session = octets(32, 9), .suites = hex("1301"), .extensions = joined({server_name, versions_1_3, extension(51, hex("0000"))})});
const octets answer_1_3 =
    handshake(2, server_hello({.suite = 0x1301,
                               .session = octets(32, 9),
                               .extensions = joined({extension(43, hex("0304")), extension(51, hex("001d 0001 aa"))})}));
octets sealed(std::size_t n) { return record(23, octets(n, 0xdd)); }

TEST(tls, handshake_of_1_3_by_its_shape) {
  conversation c{"tls"};
  c.say(side::client, opening_1_3);
  c.say(side::server, joined({answer_1_3, change_cipher, sealed(900)}));
  c.say(side::client, joined({change_cipher, sealed(53), sealed(80)}));
  EXPECT_TRUE(c.out.operations.empty());
  c.say(side::server, sealed(250));
  EXPECT_EQ(only(c.out).outcome, outcome::ok);
  EXPECT_EQ(field_of(only(c.out), "tls_version"), "TLS 1.3");
  EXPECT_EQ(field_of(only(c.out), "cipher"), "TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(field_of(only(c.out), "group"), "x25519");
  EXPECT_EQ(field_of(only(c.out), "resumed"), "absent");
  EXPECT_EQ(rules_of(c.out), "");
}

TEST(tls, a_server_of_1_3_that_says_nothing_more_agrees) {
  conversation c{"tls"};
  c.say(side::client, opening_1_3), c.say(side::server, joined({answer_1_3, sealed(900)})), c.say(side::client, sealed(53));
  c.wait(seconds{31});
  EXPECT_EQ(only(c.out).outcome, outcome::ok);
}

TEST(tls, a_sealed_alert_of_1_3_has_its_size) {
  for (const bool by_client : {true, false}) {
    conversation c{"tls"};
    c.say(side::client, opening_1_3), c.say(side::server, joined({answer_1_3, sealed(900)}));
    c.say(side::client, by_client ? sealed(19) : sealed(53));
    if (!by_client) c.say(side::server, sealed(19));
    EXPECT_EQ(only(c.out).outcome, outcome::refused);
    EXPECT_FALSE(only(c.out).code);
    EXPECT_EQ(field_of(only(c.out), "alert"), "sealed");
    EXPECT_EQ(field_of(only(c.out), "alert_from"), by_client ? "client" : "server");
  }
}

TEST(tls, a_retry_is_part_of_the_handshake) {
  const auto retry = hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
  conversation c{"tls"};
  c.say(side::client, opening_1_3);
  c.say(side::server, joined({handshake(2, server_hello({.suite = 0x1301,
                                                         .extensions = joined({extension(43, hex("0304")), extension(51, hex("0018"))}),
                                                         .random = retry})),
                              change_cipher}));
  c.say(side::client, joined({change_cipher, opening_1_3}));
  c.say(side::server, joined({answer_1_3, sealed(900)}));
  c.say(side::client, sealed(53)), c.say(side::server, sealed(200));
  EXPECT_EQ(only(c.out).outcome, outcome::ok);
  EXPECT_EQ(only(c.out).latency, std::chrono::milliseconds{1});
  EXPECT_EQ(rules_of(c.out), "");
}

TEST(tls, sessions_that_are_taken_up_again) {
  {
    conversation c{"tls"};
    c.say(side::client, opening({.session = octets(32, 3)}));
    c.say(side::server, joined({handshake(2, server_hello({.session = octets(32, 3)})), change_cipher, sealed_finished}));
    c.say(side::client, joined({change_cipher, sealed_finished}));
    EXPECT_EQ(only(c.out).outcome, outcome::ok);
    EXPECT_EQ(field_of(only(c.out), "resumed"), "yes");
  }
  {
    conversation c{"tls"};
    c.say(side::client, opening({.suites = hex("1301"), .extensions = joined({versions_1_3, extension(41, hex("0000"))})}));
    c.say(side::server,
          joined({handshake(
                      2, server_hello({.suite = 0x1301, .extensions = joined({extension(43, hex("0304")), extension(41, hex("0000"))})})),
                  sealed(90)}));
    c.say(side::client, sealed(53)), c.end();
    EXPECT_EQ(field_of(only(c.out), "resumed"), "yes");
  }
}

TEST(tls, client_certificates) {
  const struct {
    octets answer;
    std::string_view state, subject;
  } rows[] = {{handshake(11, certificates({certificate({.subject = "operator"})})), "given", "CN=operator"},
              {handshake(11, certificates({})), "not_given", "absent"},
              {{}, "asked", "absent"}};
  for (const auto& r : rows) {
    conversation c{"tls"};
    c.say(side::client, opening({}));
    c.say(side::server, joined({handshake(2, server_hello()), handshake(11, certificates({certificate()})),
                                handshake(13, hex("01 40 0000")), hello_done}));
    c.say(side::client, joined({r.answer, client_keys, change_cipher, sealed_finished})),
        c.say(side::server, joined({change_cipher, sealed_finished}));
    EXPECT_EQ(field_of(only(c.out), "client_certificate"), r.state);
    EXPECT_EQ(field_of(only(c.out), "client_subject"), r.subject);
    EXPECT_EQ(field_of(only(c.out), "subject"), "CN=plc1");
    EXPECT_EQ(known_of(c.out, side::client, "certificate_subject"), r.subject == "absent" ? "" : r.subject);
  }
}

TEST(tls, alerts) {
  const struct {
    std::string_view alert;
    outcome how;
    std::optional<std::string> code;
    std::string_view name;
  } rows[] = {{"02 28", outcome::refused, "40", "handshake_failure"},
              {"02 46", outcome::refused, "70", "protocol_version"},
              {"01 00", outcome::refused, "0", "close_notify"},
              {"02 f0", outcome::refused, "240", "unknown"},
              {"01 70", outcome::timeout, {}, "absent"}};  // a warning: the server goes on under another name
  for (const auto& r : rows) {
    conversation c{"tls"};
    c.say(side::client, plain_opening);
    c.say(side::server, record(21, hex(r.alert)));
    c.end();
    EXPECT_EQ(only(c.out).outcome, r.how) << r.alert;
    EXPECT_EQ(only(c.out).code, r.code) << r.alert;
    EXPECT_EQ(field_of(only(c.out), "alert"), r.name);
    EXPECT_EQ(only(c.out).latency.has_value(), r.how == outcome::refused);
    EXPECT_EQ(c.out.counts["tls/alert/" + std::to_string(hex(r.alert)[1])], 1u);
  }
}

TEST(tls, what_is_not_answered_times_out) {
  conversation c{"tls"};
  c.say(side::client, plain_opening);
  c.wait(seconds{29});
  EXPECT_TRUE(c.out.operations.empty());
  c.wait(seconds{2});
  EXPECT_EQ(only(c.out).outcome, outcome::timeout);
  EXPECT_EQ(field_of(only(c.out), "sni"), "plc1.mill");
  c.end();
  EXPECT_EQ(c.out.operations.size(), 1u);
}

TEST(tls, an_answer_alone_is_unpaired) {
  conversation c{"tls"};
  c.say(side::server, plain_answer);
  c.say(side::server, joined({change_cipher, sealed_finished}));
  c.end();
  EXPECT_EQ(only(c.out).outcome, outcome::unpaired);
  EXPECT_EQ(c.out.askers[0], side::client);
  EXPECT_EQ(field_of(only(c.out), "subject"), "CN=plc1");
  EXPECT_EQ(rules_of(c.out), "");
}

TEST(tls, one_direction_alone_shows_that_it_went_well) {
  conversation c{"tls"};
  c.say(side::client, joined({plain_opening, client_keys, change_cipher, sealed_finished, sealed(100)}));
  c.end();
  EXPECT_EQ(only(c.out).outcome, outcome::ok);
  EXPECT_EQ(rules_of(c.out), "");
}

TEST(tls, joined_late) {
  const struct {
    unsigned version;
    std::string_view name, weakness;
  } rows[] = {{0x0301, "TLS 1.0", "old_version"}, {0x0303, "TLS 1.2 or 1.3", "absent"}, {0x0101, "TLCP 1.1", "absent"}};
  for (const auto& r : rows) {
    conversation c{"tls"};
    for (int i = 0; i < 3; ++i)
      c.say(side::client, record(23, octets(80, 5), r.version)), c.say(side::server, record(22, octets(80, 5), r.version));
    c.end();
    EXPECT_TRUE(c.out.operations.empty());
    EXPECT_EQ(told(c.out, "handshake"), "not_seen");
    EXPECT_EQ(told(c.out, "tls_version"), r.name);
    EXPECT_EQ(told(c.out, "tls_weakness"), r.weakness);
    EXPECT_EQ(rules_of(c.out), "");
  }
}

TEST(tls, old_and_weak) {
  certificate_parts bad{.subject = "old", .to = "200101000000Z", .signature = "06 09 2a864886f70d010105"};
  bad.from = "190101000000Z";
  const struct {
    unsigned version, suite;
    std::string_view weakness, name;
  } rows[] = {{0x0301, 0x0005, "old_version,cipher_rc4,signature,certificate_expired", "TLS 1.0"},
              {0x0300, 0x000a, "old_version,cipher_3des,signature,certificate_expired", "SSL 3.0"},
              {0x0303, 0x003b, "cipher_null,signature,certificate_expired", "TLS 1.2"},
              {0x0303, 0xc02f, "signature,certificate_expired", "TLS 1.2"},
              {0x0101, 0xe013, "signature,certificate_expired", "TLCP 1.1"}};
  for (const auto& r : rows) {
    conversation c{"tls"};
    c.now = in_2026();
    c.say(side::client, handshake(1, client_hello({.version = r.version, .suites = joined({number(r.suite, 2)})}), r.version));
    c.say(side::server, joined({handshake(2, server_hello({.version = r.version, .suite = r.suite}), r.version),
                                handshake(11, certificates({certificate(bad)}), r.version)}));
    c.end();
    EXPECT_EQ(field_of(only(c.out), "tls_weakness"), r.weakness);
    EXPECT_EQ(field_of(only(c.out), "tls_version"), r.name);
    EXPECT_EQ(rules_of(c.out), "");
  }
}

TEST(tls, programs_for_remote_control) {
  const auto asks = [](std::string_view host) { return extension(0, sized(2, joined({{0}, sized(2, text(host))}))); };
  const struct {
    octets name;
    std::string_view subject, program;
  } rows[] = {{asks("relay-1.net.anydesk.com"), "other", "anydesk"},
              {asks("x.todesk.com"), "other", "todesk"},
              {{}, "AnyDesk Client", "anydesk"},
              {{}, "plc1", "absent"}};
  for (const auto& r : rows) {
    conversation c{"tls"};
    c.say(side::client, opening({.extensions = r.name}));
    c.say(side::server, joined({handshake(2, server_hello()), handshake(11, certificates({certificate({.subject = r.subject})}))}));
    c.end();
    EXPECT_EQ(field_of(only(c.out), "remote_access"), r.program);
    EXPECT_EQ(told(c.out, "remote_access"), r.program);
  }
}

TEST(tls, greetings_of_ssl_2) {
  const auto hello = hex("80 2f 01 0002 0006 0010 0010 010080 00002f" + std::string(64, '1'));
  {
    conversation c{"tls"};
    c.now = in_2026();
    const auto certificate_2 = certificate();
    c.say(side::client, hello);
    const auto body =
        joined({hex("04 00 01 0002"), number(certificate_2.size(), 2), hex("0003 0010"), certificate_2, hex("010080"), octets(16, 8)});
    c.say(side::server, joined({number(0x8000 + body.size(), 2), body}));
    EXPECT_EQ(only(c.out).outcome, outcome::none);
    EXPECT_EQ(field_of(only(c.out), "tls_version"), "SSL 2.0");
    EXPECT_EQ(field_of(only(c.out), "cipher"), "SSL2_RC4_128_WITH_MD5");
    EXPECT_EQ(field_of(only(c.out), "tls_weakness"), "old_version,cipher_rc4");
    EXPECT_EQ(field_of(only(c.out), "subject"), "CN=plc1");
    EXPECT_EQ(field_of(only(c.out), "ja3"), "absent");
    EXPECT_EQ(rules_of(c.out), "");
  }
  conversation c{"tls"};  // the old form may ask for a newer version
  c.say(side::client, hello), c.say(side::server, handshake(2, server_hello({.version = 0x0301, .suite = 0x002f}), 0x0301)), c.end();
  EXPECT_EQ(field_of(only(c.out), "tls_version"), "TLS 1.0");
}

TEST(tls, rules_that_are_broken) {
  const auto answer = [](const answer_parts& a) { return handshake(2, server_hello(a)); };
  octets downgraded = random_octets;
  std::ranges::copy(hex("444f574e47524401"), downgraded.begin() + 24);
  const struct {
    std::string_view rule;
    octets client, server;
  } rows[] = {
      {"cipher_not_offered", opening({}), answer({.suite = 0x0005})},
      {"version_not_offered", opening({}), answer({.version = 0x0304})},
      {"version_not_offered", opening_1_3, answer({.version = 0x0302, .suite = 0x1301})},
      {"extension_not_offered", opening({}), answer({.extensions = alpn("h2")})},
      {"downgrade", opening({.extensions = versions_1_3}), answer({.random = downgraded})},
      {"message_order", joined({opening({}), answer({})}), {}},
      {"client_hello", handshake(1, hex("0303 0102")), {}},
      {"server_hello", opening({}), handshake(2, hex("0303 0102"))},
      {"certificate", opening({}), joined({answer({}), handshake(11, hex("000004 000001 ff"))})},
      {"certificate", opening({}), joined({answer({}), handshake(11, hex("000004 000009 ff"))})},
      {"handshake_type", opening({}), joined({answer({}), handshake(99, hex("01"))})},
      {"handshake_length", opening({}), joined({answer({}), record(22, hex("0b 040000 00"))})},
      {"heartbeat_length", opening({}), record(24, hex("01 4000 00"))},
      {"early_change_cipher", joined({opening({}), record(21, hex("01 70"))}), joined({answer({}), hello_done})},
  };
  for (const auto& r : rows) {
    conversation c{"tls"};
    c.say(side::client, r.client), c.say(side::server, r.server);
    if (r.rule == "early_change_cipher") c.say(side::client, change_cipher);
    c.end();
    EXPECT_EQ(rules_of(c.out), r.rule);
    for (const auto& v : c.out.violations) EXPECT_EQ(v.protocol, "");
  }
}

TEST(tls, a_message_that_is_too_long_is_passed_by) {
  constexpr std::size_t size = 0x30000, piece = 16384;
  conversation c{"tls"};
  c.say(side::client, opening({}));
  c.say(side::server, joined({handshake(2, server_hello()), record(22, hex("0b 030000"))}));
  for (std::size_t sent = 0; sent < size; sent += piece) c.say(side::server, record(22, octets(piece, 1)));
  c.say(side::server, hello_done);
  EXPECT_EQ(c.out.counts["tls/forgotten/handshake"], 1u);
  EXPECT_EQ(c.out.counts["tls/handshake/14"], 1u);
  EXPECT_EQ(rules_of(c.out), "handshake_length");
}

TEST(tls, gaps_do_not_blind_it) {
  conversation c{"tls"};
  c.say(side::client, plain_opening);
  c.say(side::server, joined({handshake(2, server_hello()), record(22, hex("0b 000400 0000"))}));
  c.gap(side::server);
  c.say(side::server, joined({hello_done}));
  c.say(side::client, joined({client_keys, change_cipher, sealed_finished}));
  c.gap(side::server);
  c.say(side::server, record(22, octets(40, 0xee)));  // its sign was lost
  EXPECT_EQ(only(c.out).outcome, outcome::ok);
  EXPECT_EQ(rules_of(c.out), "");
}

TEST(tls, is_recognised) {
  const auto probe = [](const octets& data) { return named("tls").about.probe(data, transport::tcp); };
  EXPECT_EQ(probe(plain_opening), match::certain);
  EXPECT_EQ(probe({plain_opening.begin(), plain_opening.begin() + 60}), match::certain);
  EXPECT_EQ(probe({plain_opening.begin(), plain_opening.begin() + 20}), match::unsure);
  EXPECT_EQ(probe(plain_answer), match::certain);
  EXPECT_EQ(probe(hex("80 1f 01 0002 0006 0000 0010 010080 00002f" + std::string(32, '1'))), match::certain);
  EXPECT_EQ(probe(record(23, octets(30, 1))), match::yes);
  EXPECT_EQ(probe(joined({record(23, octets(30, 1)), hex("30")})), match::no);
  EXPECT_EQ(probe(record(21, hex("02 28"))), match::yes);
  EXPECT_EQ(probe(record(21, hex("07 28"))), match::no);
  EXPECT_EQ(probe(record(20, hex("01"))), match::yes);
  EXPECT_EQ(probe(record(20, hex("02"))), match::no);
  EXPECT_EQ(probe(hex("16 03")), match::unsure);
  EXPECT_EQ(probe(hex("16 0303 ffff 01")), match::no);
  EXPECT_EQ(probe(hex("16 0903 0040 01")), match::no);
  EXPECT_EQ(probe(handshake(1, hex("0303"))), match::no);
  EXPECT_EQ(probe(hex("03 00 00 16 11 e0")), match::no);
  EXPECT_EQ(probe(text("GET / HTTP/1.1")), match::no);
  EXPECT_EQ(named("tls").about.probe(plain_opening, transport::udp), match::no);
}

TEST(tls, hostile_octets) {
  every_prefix("tls", {{side::client, opening_1_3}, {side::server, answer_1_3}, {side::client, joined({change_cipher, sealed(53)})}});
  every_prefix("tls", {{side::client, opening({.extensions = server_name})},
                       {side::server, joined({handshake(2, server_hello()), handshake(11, certificates({certificate()})), key_exchange})},
                       {side::client, joined({record(24, hex("01 0001 00")), record(21, hex("02 28"))})}});
  every_prefix("tls", {{side::client, hex("80 1f 01 0002 0006 0000 0010 010080 00002f" + std::string(32, '1'))},
                       {side::server, hex("80 0e 04 00 01 0002 0000 0003 0000 010080")}});
}

}  // namespace
}  // namespace mw::test::wire
