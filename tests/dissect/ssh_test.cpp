// SSH: the clear handshake, and logins seen by the sizes of what is encrypted.
#include "sensor/dissect/ssh_algorithms.hpp"
#include "sensor/dissect/ssh_names.hpp"
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mw;
using namespace mw::test;

namespace {

using octets = std::vector<std::uint8_t>;

octets text(std::string_view s) { return {s.begin(), s.end()}; }
void put32(octets& to, std::size_t n) {
  for (const int shift : {24, 16, 8, 0}) to.push_back(static_cast<std::uint8_t>(n >> shift));
}
void put(octets& to, std::string_view s) {
  put32(to, s.size());
  to.insert(to.end(), s.begin(), s.end());
}
octets packet(const octets& payload) {
  const std::size_t padding = 8 - (payload.size() + 5) % 8 + (8 - (payload.size() + 5) % 8 < 4 ? 8 : 0);
  octets out;
  put32(out, payload.size() + padding + 1);
  out.push_back(static_cast<std::uint8_t>(padding));
  out.insert(out.end(), payload.begin(), payload.end());
  out.insert(out.end(), padding, 0);
  return out;
}
octets offer(std::string_view kex, std::string_view key, std::string_view cipher, std::string_view mac) {
  octets p{20};
  p.insert(p.end(), 16, 0x55);
  for (const auto list :
       {kex, key, cipher, cipher, mac, mac, std::string_view{"none"}, std::string_view{"none"}, std::string_view{}, std::string_view{}})
    put(p, list);
  p.insert(p.end(), 5, 0);
  return packet(p);
}
octets reply() {
  octets key;
  put(key, "ssh-ed25519");
  put(key, std::string(32, '\x11'));
  octets p{31};
  put32(p, key.size());
  p.insert(p.end(), key.begin(), key.end());
  put(p, std::string(32, '\x22'));
  put(p, std::string(83, '\x33'));
  return packet(p);
}
octets sealed(std::size_t size) { return octets(size, 0xa7); }
/// With the length in the clear, as AES-GCM and "-etm" have it.
octets open_length(std::size_t size, std::size_t tag) {
  octets out;
  put32(out, size - 4 - tag);
  out.insert(out.end(), size - 4, 0xa7);
  return out;
}
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}
bool learned_of(const recorder& out, side who, std::string_view kind, std::string_view what) {
  return std::ranges::any_of(out.facts, [&](const learned& f) { return f.who == who && f.kind == kind && f.value == what; });
}

constexpr std::string_view chacha = "chacha20-poly1305@openssh.com", modern = "curve25519-sha256";

void shake(conversation& c, std::string_view cipher = chacha, std::string_view mac = "hmac-sha2-256") {
  c.say(side::client, text("SSH-2.0-OpenSSH_9.6\r\n"));
  c.say(side::server, text("SSH-2.0-OpenSSH_9.6p1 Ubuntu-3ubuntu13.11\r\n"));
  c.say(side::client, offer(modern, "ssh-ed25519", cipher, mac));
  c.say(side::server, offer(modern, "ssh-ed25519,ssh-rsa", cipher, mac));
  c.say(side::client, packet(octets{30, 0, 0, 0, 1, 9}));
  c.say(side::server, reply() + packet({21}));
}

TEST(ssh, handshake) {
  conversation c{"ssh"};
  shake(c);
  c.say(side::client, packet({21}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  const auto& o = c.out.operations[0];
  EXPECT_EQ(o.action, action::session);
  EXPECT_EQ(o.function_name, "key_exchange");
  EXPECT_EQ(o.outcome, outcome::ok);
  EXPECT_EQ(field_of(o, "kex"), value{std::string{modern}});
  EXPECT_EQ(field_of(o, "mac"), value{std::string{"implicit"}});  // the cipher has its own
  EXPECT_EQ(c.out.described["mac_c2s"], "implicit");
  // md5("curve25519-sha256;chacha20-poly1305@openssh.com;hmac-sha2-256;none")
  EXPECT_EQ(c.out.described["hassh"], "5ba011fd9c6ce284eacc0176444acca2");
  EXPECT_EQ(c.out.described["host_key_type"], "ssh-ed25519");
  EXPECT_EQ(c.out.described["host_key_fingerprint"], "SHA256:SQfC+vTbLURn9cTkVxIS8fGQ3FKNAJWeB0o139+gV4M");
  EXPECT_EQ(c.out.described["weak_offered"], "ssh-rsa");
  EXPECT_FALSE(c.out.described.contains("weak_algorithms"));
  EXPECT_TRUE(learned_of(c.out, side::server, "software", "OpenSSH_9.6p1 Ubuntu-3ubuntu13.11"));
  EXPECT_TRUE(learned_of(c.out, side::server, "os", "Ubuntu"));
  EXPECT_TRUE(learned_of(c.out, side::client, "software", "OpenSSH_9.6"));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(ssh, weak_algorithms_are_told) {
  conversation c{"ssh"};
  c.say(side::client, text("SSH-2.0-Client_1\r\n") + offer("diffie-hellman-group1-sha1", "ssh-dss", "3des-cbc", "hmac-md5"));
  c.say(side::server, text("SSH-2.0-Cisco-1.25\n") + offer("diffie-hellman-group1-sha1", "ssh-dss", "3des-cbc", "hmac-md5"));
  EXPECT_EQ(c.out.described["weak_algorithms"], "diffie-hellman-group1-sha1,ssh-dss,3des-cbc,hmac-md5");
  EXPECT_TRUE(learned_of(c.out, side::server, "vendor", "Cisco"));
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(ssh, no_common_algorithm_and_disconnect) {
  conversation c{"ssh"};
  c.say(side::client, text("SSH-2.0-a\r\n") + offer("x", "ssh-dss", "3des-cbc", "hmac-md5"));
  c.say(side::server, text("SSH-2.0-b\r\n") + offer("y", "ssh-dss", "3des-cbc", "hmac-md5"));
  octets bye{1};
  put32(bye, 3), put(bye, "no"), put(bye, "");
  c.say(side::server, packet(bye));
  c.end();
  EXPECT_EQ(c.out.described["no_common_algorithm"], "kex");
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  EXPECT_EQ(c.out.operations[0].code, "3");
  EXPECT_EQ(field_of(c.out.operations[0], "reason"), value{std::string{"key_exchange_failed"}});
}

struct login_row {
  std::string_view name, cipher, mac;
  std::size_t accept, none, failure, wrong, success;
};
// chacha20: 4 + multiple of 8 + 16; GCM: 4 + multiple of 16 + 16; CTR: multiple of 16 + tag; EtM: 4 + multiple of 16 + tag
constexpr login_row logins[] = {{"Chacha", chacha, "hmac-sha2-256", 44, 60, 52, 148, 28},
                                {"Gcm", "aes128-gcm@openssh.com", "hmac-sha2-256", 52, 68, 52, 148, 36},
                                {"Ctr", "aes128-ctr", "hmac-sha2-256", 64, 80, 64, 160, 48},
                                {"Etm", "aes128-ctr", "hmac-sha2-256-etm@openssh.com", 68, 84, 68, 164, 52},
                                {"UnknownMac", "aes128-ctr", "hmac-of-tomorrow", 64, 80, 80, 160, 48}};

TEST(ssh, logins_by_shape) {
  for (const auto& row : logins) {
    SCOPED_TRACE(row.name);
    const auto shape = ssh::shape_of(row.cipher, row.mac);
    const auto seal = [&](std::size_t n) { return shape && shape->clear_length ? open_length(n, shape->tag) : sealed(n); };
    conversation c{"ssh"};
    shake(c, row.cipher, row.mac);
    c.say(side::client, packet({21}) + seal(row.accept));
    c.say(side::server, seal(row.accept));
    c.say(side::client, seal(row.none));
    c.say(side::server, seal(row.failure));
    c.say(side::client, seal(row.wrong));
    c.say(side::server, seal(row.failure));
    c.say(side::client, seal(row.wrong));
    c.say(side::server, seal(row.success));
    for (int i = 0; i < 3; ++i) c.say(side::client, seal(row.wrong)), c.say(side::server, seal(row.success));
    c.end();
    ASSERT_EQ(c.out.operations.size(), 4u);
    const auto& ops = c.out.operations;
    EXPECT_EQ(ops[1].function_name, shape ? "userauth_none" : "userauth_request");
    EXPECT_EQ(ops[1].outcome, outcome::refused);
    EXPECT_EQ(ops[2].action, action::authenticate);
    EXPECT_EQ(ops[2].outcome, outcome::refused);
    EXPECT_EQ(ops[2].latency, std::chrono::milliseconds{1});
    EXPECT_EQ(ops[3].outcome, outcome::ok);
    EXPECT_EQ(field_of(ops[3], "attempt"), value{std::uint64_t{3}});
    EXPECT_EQ(c.out.described["auth_success"], "yes");
    EXPECT_FALSE(c.out.described.contains("no_authentication"));
    EXPECT_TRUE(c.out.violations.empty());
  }
}

TEST(ssh, one_attempt_and_gone_and_prompts_and_nobody_asked) {
  conversation once{"ssh"};
  shake(once);
  once.say(side::client, packet({21}) + sealed(44));
  once.say(side::server, sealed(44));
  once.say(side::client, sealed(148));
  once.say(side::server, sealed(52));
  once.say(side::client, sealed(60));  // its farewell
  once.end();
  ASSERT_EQ(once.out.operations.size(), 2u);
  EXPECT_EQ(once.out.operations[1].outcome, outcome::refused);

  conversation prompted{"ssh"};
  shake(prompted);
  prompted.say(side::client, packet({21}) + sealed(44));
  prompted.say(side::server, sealed(44));
  prompted.say(side::client, sealed(60)), prompted.say(side::server, sealed(52));   // none: failure
  prompted.say(side::client, sealed(100)), prompted.say(side::server, sealed(68));  // a prompt is no outcome
  prompted.say(side::client, sealed(60)), prompted.say(side::server, sealed(28));
  prompted.end();
  ASSERT_EQ(prompted.out.operations.size(), 3u);
  EXPECT_EQ(prompted.out.operations[2].outcome, outcome::ok);

  conversation open{"ssh"};
  shake(open);
  open.say(side::client, packet({21}) + sealed(44));
  open.say(side::server, sealed(44));
  open.say(side::client, sealed(60)), open.say(side::server, sealed(28));
  EXPECT_EQ(open.out.described["no_authentication"], "yes");
}

TEST(ssh, octet_by_octet) {
  conversation c{"ssh"};
  const auto feed = [&](side from, const octets& all) {
    for (const auto b : all) c.say(from, octets{b});
  };
  feed(side::server, text("Welcome\r\nSSH-1.99-OpenSSH_3.0\r\n") + offer(modern, "ssh-ed25519", "aes128-ctr", "hmac-sha1"));
  feed(side::client, text("SSH-2.0-x\r\n") + offer(modern, "ssh-ed25519", "aes128-ctr", "hmac-sha1"));
  feed(side::server, reply() + packet({21}));
  feed(side::client, packet({21}));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.described["ssh1_offered"], "yes");
  EXPECT_EQ(c.out.described["host_key_type"], "ssh-ed25519");
  EXPECT_TRUE(c.out.violations.empty());
}

TEST(ssh, version_1) {
  conversation c{"ssh"};
  c.say(side::server, text("SSH-1.5-1.2.27\n"));
  c.say(side::client, text("SSH-1.5-PuTTY\n"));
  octets p{2};
  p.insert(p.end(), 8, 1);  // cookie
  put32(p, 24);
  for (const auto b : hex("0006 23 0018 800001")) p.push_back(b);
  put32(p, 32);
  for (const auto b : hex("0006 23 0020 80000003")) p.push_back(b);
  put32(p, 0), put32(p, 0x48), put32(p, 0x0c);
  octets whole;
  put32(whole, p.size() + 4);
  whole.insert(whole.end(), 8 - (p.size() + 4) % 8, 0);
  whole = whole + p + hex("00000000");
  c.say(side::server, whole);
  c.say(side::client, hex("00000006 0000 03 03 00000000"));
  c.say(side::server, hex("00000005 000000 aa bbbbbbbb"));
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(c.out.described["ciphers"], "3des,blowfish");
  EXPECT_EQ(c.out.described["login_methods"], "rsa,password");
  EXPECT_EQ(c.out.described["host_key_bits"], "32");
  EXPECT_EQ(field_of(c.out.operations[0], "cipher"), value{std::string{"3des"}});
  EXPECT_TRUE(learned_of(c.out, side::server, "insecure_configuration", "ssh protocol 1 is spoken"));
}

TEST(ssh, server_is_full) {
  conversation c{"ssh"};
  c.say(side::client, text("SSH-2.0-libssh2_1.11.0\r\n"));
  c.say(side::server, text("Exceeded MaxStartups\r\n"));
  c.end();
  ASSERT_EQ(c.out.operations.size(), 1u);
  EXPECT_EQ(c.out.operations[0].function_name, "version_exchange");
  EXPECT_EQ(c.out.operations[0].outcome, outcome::refused);
  conversation silent{"ssh"};
  silent.say(side::server, text("SSH-2.0-dropbear\r\n"));
  silent.end();
  ASSERT_EQ(silent.out.operations.size(), 1u);
  EXPECT_EQ(silent.out.operations[0].outcome, outcome::timeout);
}

TEST(ssh, violations) {
  struct row {
    std::string_view rule;
    side from;
    octets said;
  };
  const row rows[] = {{"identification", side::client, text("HELO\r\nHELO\r\n")},
                      {"version", side::client, text("SSH-3.0-x\r\n")},
                      {"version_length", side::client, text("SSH-2.0-" + std::string(300, 'x') + "\r\n")},
                      {"packet", side::client, text("SSH-2.0-x\r\n") + hex("ffffffff 04 14")},
                      {"packet", side::client, text("SSH-2.0-x\r\n") + hex("0000000c 01 14 00000000000000000000")},
                      {"kexinit", side::client, text("SSH-2.0-x\r\n") + packet({20, 1, 2})},
                      {"new_keys", side::client, text("SSH-2.0-x\r\n") + packet({21})},
                      {"key_exchange", side::client, text("SSH-2.0-x\r\n") + packet({30})},
                      {"unencrypted", side::client, text("SSH-2.0-x\r\n") + packet({50})},
                      {"unexpected_message", side::client, text("SSH-2.0-x\r\n") + packet({9})},
                      {"host_key", side::server, text("SSH-2.0-x\r\n") + offer("a", "b", "c", "d") + packet({31, 0, 0})}};
  for (const auto& r : rows) {
    conversation c{"ssh"};
    c.say(r.from, r.said);
    ASSERT_EQ(c.out.violations.size(), 1u) << r.rule;
    EXPECT_EQ(c.out.violations[0].rule, r.rule);
    c.say(side::client, text("SSH-2.0-x\r\n"));  // it goes on
    c.end();
  }
}

TEST(ssh, goes_on_after_gaps_and_from_the_middle) {
  conversation c{"ssh"};
  c.say(side::client, text("SSH-2.0-x\r\n"));
  c.gap(side::server);
  c.say(side::server, reply() + packet({21}));
  c.say(side::client, offer(modern, "ssh-ed25519", chacha, "hmac-sha1"));
  c.gap(side::client);
  c.say(side::client, sealed(44));
  EXPECT_TRUE(c.out.violations.empty());
  c.end();
  EXPECT_EQ(c.out.operations.size(), 1u);

  conversation midway{"ssh"};
  midway.say(side::client, offer(modern, "ssh-ed25519", chacha, "hmac-sha1"));
  midway.say(side::server, offer(modern, "ssh-ed25519", chacha, "hmac-sha1"));
  EXPECT_EQ(midway.out.described["kex"], modern);
  EXPECT_TRUE(midway.out.violations.empty());
}

TEST(ssh, probe) {
  const auto& p = named("ssh").about;
  EXPECT_EQ(p.probe(text("SSH-2.0-x"), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(text("SSH-1.99-x"), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(offer("a", "b", "c", "d"), transport::tcp), match::certain);
  EXPECT_EQ(p.probe(text("SSH"), transport::tcp), match::unsure);
  EXPECT_EQ(p.probe(text("GET / HTTP/1.1\r\n"), transport::tcp), match::unsure);
}

TEST(ssh, names) {
  EXPECT_EQ(ssh::program_of("OpenSSH_for_Windows_8.1").os, "Windows");
  EXPECT_EQ(ssh::program_of("ROSSSH").vendor, "MikroTik");
  EXPECT_EQ(ssh::program_of("dropbear_2022.83").os, "");
  EXPECT_EQ(ssh::reason_name(12), "too_many_connections");
  EXPECT_EQ(ssh::reason_name(99), "");
  EXPECT_EQ(ssh::agreed("a,b,c", "c,b"), "b");
  EXPECT_EQ(ssh::agreed("a", ""), "");
}

TEST(ssh, every_prefix) {
  every_prefix("ssh", {{side::client, text("SSH-2.0-x\r\n") + offer("a", "b", "c", "d")},
                       {side::server, text("SSH-2.0-y\r\n") + offer("a", "b", "c", "d") + reply() + packet({21})},
                       {side::client, packet({21}) + open_length(52, 16)}});
}

}  // namespace
