// CODESYS V3 and V2: messages built from the published layouts, and what they mean.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
void put(octets& to, std::uint64_t v, int n) {
  for (int i = 0; i < n; ++i) to.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
}
void add(octets& to, const octets& more) { to.insert(to.end(), more.begin(), more.end()); }
std::uint32_t crc32(const octets& data) {
  std::uint32_t c = ~0U;
  for (const auto b : data) {
    c ^= b;
    for (int i = 0; i < 8; ++i) c = (c & 1) != 0 ? (c >> 1) ^ 0xedb88320U : c >> 1;
  }
  return ~c;
}

/// A datagram with addresses of six octets each, as on TCP.
octets datagram(std::uint8_t service, const octets& content) {
  octets d = hex("c5 6b 40 00 00 33 2ddc0a000001 2ddc0a000002");
  d[3] = service;
  d.resize((d.size() + 3) / 4 * 4);
  add(d, content);
  return d;
}
octets tcp(const octets& d) {
  octets out = hex("000117e8");
  put(out, d.size() + 8, 4);
  add(out, d);
  return out;
}
octets on_channel(std::string_view content) { return tcp(datagram(0x40, hex(content))); }
/// One part of a message: `from` and `size` cut it.
octets block(bool request, std::uint32_t number, const octets& message, std::size_t from = 0, std::size_t size = 1 << 16) {
  octets c{1, static_cast<std::uint8_t>((request ? 0x80 : 0) | (from == 0 ? 1 : 0))};
  put(c, 7, 2), put(c, number, 4), put(c, 0, 4);
  if (from == 0) put(c, message.size(), 4), put(c, crc32(message), 4);
  const auto end = std::min(message.size(), from + size);
  c.insert(c.end(), message.begin() + static_cast<std::ptrdiff_t>(from), message.begin() + static_cast<std::ptrdiff_t>(end));
  return tcp(datagram(0x40, c));
}
octets service(std::uint16_t component, std::uint16_t command, std::string_view tags = "", std::uint16_t protocol = 0xcd55) {
  const auto t = hex(tags);
  octets s;
  put(s, protocol, 2), put(s, 16, 2), put(s, component, 2), put(s, command, 2), put(s, 0x1234, 4), put(s, t.size(), 4), put(s, 0, 4);
  add(s, t);
  return s;
}
octets ask(std::uint16_t component, std::uint16_t command, std::string_view tags = "") {
  return block(true, 1, service(component, command, tags));
}
octets reply(std::uint16_t component, std::uint16_t command, std::string_view tags = "") {
  return block(false, 1, service(static_cast<std::uint16_t>(component | 0x80), command, tags));
}

std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [n, v] : op.fields)
    if (n == name) return to_string(v);
  return "absent";
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : ",") += v.rule;
  return out;
}
std::string facts(const recorder& r) {
  std::string out;
  for (const auto& f : r.facts) (out += out.empty() ? "" : "|") += f.kind + '=' + f.value;
  return out;
}
std::string text(const operation& op) {
  std::string out;
  for (const auto& o : op.objects) (out += out.empty() ? "" : ",") += o.space + ' ' + o.address;
  for (const auto& v : op.values) (out += out.empty() ? "" : ",") += to_string(v);
  return out;
}

const octets identity =
    hex("80c2 0004 05000000 0400 01 00 0000 0300 0200 0300 0010 0100 00000000 1e 0f 05 03 00000000 04 0000000000000000000000"
        "5000 4c00 4300 0000  5800 5900 0000  4100 4300 4d00 0000 53313233");

struct row {
  std::string name;
  octets request, answer;
  std::string function, function_name;
  action what;
  std::string about;
  outcome how;
  std::string code;
};
const row rows[] = {
    {"open", on_channel("c3 00 0101 00000000 01020304 00401f00 05000000"),
     on_channel("83 00 0101 00000000 01020304 0000 0700 00401f00 04000000"), "channel/195", "open_channel", action::session, "",
     outcome::ok, ""},
    {"not_opened", on_channel("c3 00 0101 00000000 01020304 00401f00 05000000"),
     on_channel("83 00 0101 00000000 01020304 0500 0000 00401f00 04000000"), "channel/195", "open_channel", action::session, "",
     outcome::refused, "5"},
    {"login", ask(1, 2, "22 04 01000000 81 01 0c 10 06 6f7065726174 11 02 aabb"), reply(1, 2, "82 01 06 21 04 44332211"), "1/2",
     "device_login", action::authenticate, "", outcome::ok, ""},
    {"login_refused", ask(1, 2, "81 01 08 10 06 6f7065726174"), reply(1, 2, "82 01 04 20 02 1900"), "1/2", "device_login",
     action::authenticate, "", outcome::refused, "25"},
    {"download", ask(2, 5, "01 02 abcd"), reply(2, 5), "2/5", "app_download", action::program_download, "", outcome::ok, ""},
    {"online_change", ask(2, 6), reply(2, 6), "2/6", "app_online_change", action::program_download, "", outcome::ok, ""},
    {"start", ask(2, 0x10), reply(2, 0x10), "2/16", "app_start", action::start, "", outcome::ok, ""},
    {"stop", ask(2, 0x11), reply(2, 0x11), "2/17", "app_stop", action::stop, "", outcome::ok, ""},
    {"reset", ask(2, 0x12), reply(2, 0x12), "2/18", "app_reset", action::restart, "", outcome::ok, ""},
    {"content", ask(2, 0x35), reply(2, 0x35, "01 01 00"), "2/53", "app_read_content", action::program_upload, "", outcome::ok, ""},
    {"origin", ask(1, 4), reply(1, 4), "1/4", "device_reset_origin", action::restart, "", outcome::ok, ""},
    {"read", ask(9, 5), reply(9, 5), "9/5", "var_read", action::read, "", outcome::ok, ""},
    {"write", ask(9, 6), reply(9, 6), "9/6", "var_write", action::write, "", outcome::ok, ""},
    {"force", ask(0x13, 1), reply(0x13, 1), "19/1", "force_1", action::force, "", outcome::ok, ""},
    {"users", ask(0x0c, 3), reply(0x0c, 3), "12/3", "user_3", action::configure, "", outcome::ok, ""},
    {"shell", ask(0x11, 1, "11 04 00000000 10 08 73746f7070726700"), reply(0x11, 1), "17/1", "shell_command", action::stop, "stopprg",
     outcome::ok, ""},
    {"shell_question", ask(0x11, 1, "10 02 3f00"), reply(0x11, 1), "17/1", "shell_command", action::diagnose, "?", outcome::ok, ""},
    {"file", ask(8, 5, "01 06 612e62696e00 02 01 00"), reply(8, 5, "84 01 04 08 02 0200"), "8/5", "file_start_upload", action::file_read,
     "file a.bin", outcome::refused, "2"},
    {"file_written", ask(8, 2, "01 02 6100"), reply(8, 2, "84 01 04 08 02 0000"), "8/2", "file_start_download", action::file_write,
     "file a", outcome::ok, ""},
    {"directory", ask(8, 12, "0b 02 2f00"), reply(8, 12), "8/12", "file_get_directory", action::file_read, "file /", outcome::ok, ""},
};

TEST(codesys, each_request_is_one_operation) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    conversation talk{"codesys"};
    EXPECT_EQ(talk.say(side::client, r.request), 0U);
    EXPECT_EQ(talk.say(side::server, r.answer), 0U);
    talk.end();
    ASSERT_EQ(talk.out.operations.size(), 1U);
    const auto& op = talk.out.operations[0];
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(text(op), r.about);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    EXPECT_EQ(op.code.value_or(""), r.code);
    EXPECT_EQ(rules(talk.out), "");
  }
}

TEST(codesys, a_login_tells_the_user_and_never_the_password) {
  conversation talk{"codesys"};
  talk.say(side::client, rows[2].request), talk.say(side::server, rows[2].answer);
  const auto& op = talk.out.operations.at(0);
  EXPECT_EQ(field_of(op, "user"), "operat");
  EXPECT_EQ(field_of(op, "password_given"), "true");
  for (const auto& [n, v] : op.fields) EXPECT_EQ(to_string(v).find("aabb"), std::string::npos);
  EXPECT_EQ(talk.out.counts["codesys/request/1/2"], 1U);
  EXPECT_EQ(talk.out.counts["codesys/response/1/2"], 1U);
}

TEST(codesys, a_download_says_what_it_carries) {
  conversation talk{"codesys"};
  talk.say(side::client, rows[4].request), talk.say(side::server, rows[4].answer);
  EXPECT_EQ(field_of(talk.out.operations.at(0), "payload_direction"), "to_controller");
  EXPECT_EQ(field_of(talk.out.operations.at(0), "payload_size"), "4");
}

TEST(codesys, numbers_of_tags_may_be_padded) {
  conversation talk{"codesys"};
  talk.say(side::client, ask(1, 2, "22 8400 01000000 81 01 8a00 10 8600 6f7065726174")), talk.say(side::server, reply(1, 2));
  EXPECT_EQ(field_of(talk.out.operations.at(0), "user"), "absent") << "the inner tag is longer than the outer one";
  conversation good{"codesys"};
  good.say(side::client, ask(1, 2, "22 8400 01000000 81 01 8900 10 8600 6f7065726174")), good.say(side::server, reply(1, 2));
  EXPECT_EQ(field_of(good.out.operations.at(0), "user"), "operat");
}

TEST(codesys, a_device_names_itself) {
  conversation talk{"codesys"};
  talk.say(side::client, tcp(datagram(3, hex("02c2 0004 05000000")))), talk.say(side::server, tcp(datagram(4, identity)));
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].function_name, "resolve_name");
  EXPECT_EQ(talk.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(facts(talk.out), "host_name=PLC|model=XY|vendor=ACM|firmware=3.5.15.30|serial=S123");
  EXPECT_EQ(field_of(talk.out.operations[0], "target_type"), "4096");
  conversation broadcast{"codesys", transport::udp};
  broadcast.say(side::server, datagram(4, identity));
  EXPECT_EQ(broadcast.out.operations.at(0).outcome, outcome::unpaired);
  EXPECT_EQ(broadcast.out.facts.size(), 5U);
  auto cut = identity;
  cut.resize(52);
  broadcast.say(side::server, datagram(4, cut));
  EXPECT_EQ(rules(broadcast.out), "identity");
}

TEST(codesys, blocks_are_joined_and_checked) {
  const auto message = service(2, 5, "01 08 0102030405060708");
  conversation talk{"codesys"};
  talk.say(side::client, block(true, 4, message, 0, 10)), talk.say(side::client, block(true, 5, message, 10, 10));
  talk.say(side::client, block(true, 5, message, 10, 10));
  EXPECT_TRUE(talk.out.counts["codesys/request/2/5"] == 0);
  talk.say(side::client, block(true, 6, message, 20));
  EXPECT_EQ(talk.out.counts["codesys/request/2/5"], 1U);
  EXPECT_EQ(rules(talk.out), "");
  talk.say(side::client, block(true, 7, message, 0, 10)), talk.say(side::client, block(true, 9, message, 10));
  EXPECT_EQ(rules(talk.out), "block");
  talk.say(side::client, block(true, 10, message, 0, 10));
  talk.gap(side::client);
  talk.say(side::client, block(true, 11, message, 10));
  EXPECT_EQ(talk.out.counts["codesys/request/2/5"], 1U);
  auto spoiled = block(true, 12, message);
  spoiled.back() ^= 1;
  talk.say(side::client, spoiled);
  EXPECT_EQ(rules(talk.out), "block,checksum");
  auto large = block(true, 13, message);
  large[8 + 20 + 12 + 3] = 0x7f;
  talk.say(side::client, large);
  EXPECT_EQ(rules(talk.out), "block,checksum,block");
}

TEST(codesys, what_is_not_known_is_a_violation) {
  conversation talk{"codesys"};
  talk.say(side::client, tcp(datagram(0x77, {}))), talk.say(side::client, on_channel("55 00 0000")), talk.say(side::client, ask(0x70, 1));
  talk.say(side::client, block(true, 2, service(2, 5, "", 0x1111))), talk.say(side::client, block(true, 3, hex("55cd 1000")));
  talk.say(side::client, block(true, 4, service(2, 5, "", 0x7557))), talk.say(side::client, tcp(hex("c6 6b")));
  talk.say(side::client, tcp(datagram(3, hex("02c2")))), talk.say(side::client, on_channel("c3 00 0101"));
  EXPECT_EQ(rules(talk.out), "service,channel_type,component,protocol,length,datagram,length,length");
  EXPECT_EQ(talk.out.counts["codesys/service/secure"], 1U);
}

TEST(codesys, replies_alone_ends_and_caps) {
  conversation talk{"codesys"};
  talk.say(side::server, reply(2, 0x10));
  EXPECT_EQ(talk.out.operations.at(0).outcome, outcome::unpaired);
  talk.say(side::client, ask(2, 0x11));
  talk.wait(std::chrono::seconds{31});
  EXPECT_EQ(talk.out.operations.at(1).outcome, outcome::timeout);
  talk.say(side::client, on_channel("c4 00 0101 00000000 0700 0000"));
  EXPECT_EQ(talk.out.operations.at(2).function_name, "close_channel");
  for (unsigned i = 0; i < 40; ++i) {
    auto b = block(true, 1, service(2, 0x14));
    b[8 + 20 + 2] = static_cast<std::uint8_t>(i);
    talk.say(side::client, b);
  }
  EXPECT_EQ(talk.out.counts["codesys/forgotten/channel"], 8U);
}

TEST(codesys, the_probe_wants_the_magic_or_the_port) {
  const auto& p = named("codesys").about;
  EXPECT_EQ(p.probe(rows[2].request, transport::tcp), match::certain);
  EXPECT_EQ(p.probe(hex("000117e8"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(hex("000117e9 10000000"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(datagram(4, identity), transport::udp), match::yes);
  EXPECT_EQ(p.probe(datagram(0x77, identity), transport::udp), match::no);
  EXPECT_FALSE(p.any_udp_port);
  EXPECT_FALSE(p.frame(hex("000117e8 01000000")).has_value());
  EXPECT_FALSE(p.frame(hex("000117e8 ffffffff")).has_value());
}

TEST(codesys, no_prefix_and_no_flipped_bit_reads_beyond) {
  for (const auto& r : rows) every_prefix("codesys", {{side::client, r.request}, {side::server, r.answer}});
  every_prefix("codesys", {{side::client, datagram(3, hex("02c2 0004 05000000"))}, {side::server, datagram(4, identity)}}, transport::udp);
  // flipped bits do not get behind the sum; tags of every kind do
  for (unsigned fill = 0; fill < 256; ++fill)
    for (std::size_t n = 0; n < 12; ++n) {
      octets message = service(1, 2);
      message.resize(20 + n, static_cast<std::uint8_t>(fill));
      message[12] = static_cast<std::uint8_t>(n);
      conversation talk{"codesys"};
      talk.say(side::client, block(true, 1, message));
    }
}

const std::string system_text = "4c696e75780000000000000000000000" + std::string(32, '0'), version_text = "332e3136" + std::string(56, '0');
const std::string v2_identity =
    "bbbb 9b000000 01" + std::string(114, '0') + system_text + version_text + "504c432d3031" + std::string(52, '0') + "00";

TEST(codesys_v2, the_identity_becomes_facts) {
  conversation talk{"codesys_v2"};
  EXPECT_EQ(talk.say(side::client, "bbbb 01000000 01"), 0U);
  EXPECT_EQ(talk.say(side::server, v2_identity), 0U);
  ASSERT_EQ(talk.out.operations.size(), 1U);
  EXPECT_EQ(talk.out.operations[0].function_name, "read_identity");
  EXPECT_EQ(talk.out.operations[0].action, action::identify);
  EXPECT_EQ(facts(talk.out), "os=Linux 3.16|model=PLC-01");
  talk.say(side::client, "bbbb 03000000 31 0001"), talk.say(side::server, "bbbb 01000000 00"), talk.say(side::server, "bbbb 01000000 00");
  ASSERT_EQ(talk.out.operations.size(), 3U);
  EXPECT_EQ(talk.out.operations[1].function, "49");
  EXPECT_EQ(talk.out.operations[2].outcome, outcome::unpaired);
  talk.say(side::client, "bbbb 01000000 01");
  talk.gap(side::server);
  talk.say(side::server, v2_identity);
  EXPECT_EQ(talk.out.operations[3].outcome, outcome::timeout);
  EXPECT_EQ(talk.out.operations[4].outcome, outcome::unpaired);
}

TEST(codesys_v2, the_signature_is_weak_and_bound_to_ports) {
  const auto& p = named("codesys_v2").about;
  EXPECT_FALSE(p.any_tcp_port);
  EXPECT_EQ(p.probe(hex("bbbb 01000000 01"), transport::tcp), match::yes);
  EXPECT_EQ(p.probe(hex("bbbb 01000000 0101"), transport::tcp), match::no);
  EXPECT_EQ(p.probe(hex("bbbb 02000000 01"), transport::tcp), match::unsure);
  EXPECT_FALSE(p.frame(hex("bbbc 0100")).has_value());
  EXPECT_FALSE(p.frame(hex("bbbb 00000000")).has_value());
  every_prefix("codesys_v2", {{side::client, hex("bbbb 01000000 01")}, {side::server, hex(v2_identity)}});
}

}  // namespace
}  // namespace mw::test
