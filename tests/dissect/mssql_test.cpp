// SQL Server: how client and server meet, who logs in, what kind of statements run, and what breaks a rule.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
octets operator+(octets a, const octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
octets raw(std::string_view s) { return {s.begin(), s.end()}; }
octets le(std::uint64_t n, std::size_t size) {
  octets out;
  for (std::size_t i = 0; i < size; ++i) out.push_back(static_cast<std::uint8_t>(n >> 8 * i));
  return out;
}
octets be(std::size_t n) { return {static_cast<std::uint8_t>(n >> 8), static_cast<std::uint8_t>(n)}; }
octets wide(std::string_view s) {
  octets out;
  for (const char c : s) out.push_back(static_cast<std::uint8_t>(c)), out.push_back(0);
  return out;
}
octets packet(unsigned type, const octets& payload, unsigned status = 1, unsigned number = 1) {
  return octets{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(status)} + be(payload.size() + 8) +
         octets{0, 0, static_cast<std::uint8_t>(number), 0} + payload;
}
octets prelogin(std::string_view version, unsigned encryption) {
  return hex("00 0010 0006 01 0016 0001 04 0017 0001 ff") + hex(version) + octets{static_cast<std::uint8_t>(encryption), 1};
}
octets login(std::string_view user, std::string_view password, const octets& token = {}) {
  octets places, data;
  const auto add = [&](const octets& bytes, std::size_t size) {
    places = places + le(94 + data.size(), 2) + le(size, 2);
    data = data + bytes;
  };
  for (const std::string_view text :
       {std::string_view{"PC7"}, user, password, std::string_view{"wonderware"}, std::string_view{"HIST1"}, std::string_view{},
        std::string_view{"ODBC"}, std::string_view{"us_english"}, std::string_view{"hist"}})
    add(wide(text), text.size());
  places = places + hex("001122aabbcc");
  add(token, token.size()), add({}, 0), add({}, 0);
  const octets body = le(0x74000004, 4) + le(4096, 4) + le(7, 4) + le(42, 4) + le(0, 4) +
                      octets{0xe0, static_cast<std::uint8_t>(token.empty() ? 3 : 0x83), 0, 0} + le(0, 4) + le(0x409, 4) + places +
                      le(0, 4) + data;
  return le(body.size() + 4, 4) + body;
}
octets token(unsigned kind, const octets& body) { return octets{static_cast<std::uint8_t>(kind)} + le(body.size(), 2) + body; }
octets short_text(std::string_view s) { return octets{static_cast<std::uint8_t>(s.size())} + wide(s); }
octets long_text(std::string_view s) { return le(s.size(), 2) + wide(s); }
octets error(std::uint32_t number, std::string_view text, unsigned kind = 0xaa) {
  return token(kind, le(number, 4) + octets{1, 14} + long_text(text) + short_text("HIST1\\MILL") + short_text("") + le(1, 4));
}
octets done(unsigned status, unsigned rows = 0, unsigned kind = 0xfd) {
  return octets{static_cast<std::uint8_t>(kind)} + le(status, 2) + le(0xc1, 2) + le(rows, 8);
}
const octets accepted = token(0xe3, octets{1} + short_text("hist") + short_text("master")) + error(5701, "changed", 0xab) +
                        token(0xad, octets{1, 0x74, 0, 0, 4} + short_text("Microsoft SQL Server") + octets{15, 0, 7, 208}) +
                        hex("ae 04 01000000 01 ff") + done(0);
const octets headers = le(22, 4) + le(18, 4) + le(2, 2) + le(0, 8) + le(1, 4);
octets text(std::string_view s) { return octets{0, 0, 0xe7} + le(8000, 2) + octets(5) + le(2 * s.size(), 2) + wide(s); }
octets call(unsigned number, const octets& parameters) { return headers + le(0xffff, 2) + le(number, 2) + le(0, 2) + parameters; }
const octets handle = hex("00 01 26 04 00");
const octets rows = hex("81 0100 00000000 0000 38 01 6e00 d1 05000000");

std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}
std::string told(const recorder& r) {
  std::string out;
  for (const auto& o : r.operations) {
    (out += out.empty() ? "" : "; ") += o.function_name + (o.objects.empty() ? "" : ' ' + o.objects[0].address);
    out += ' ' + std::string{to_string(o.outcome)} + (o.code ? ' ' + *o.code : "");
  }
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) (out += out.empty() ? "" : " ") += v.rule;
  return out;
}
std::string facts(const recorder& r, side who) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.who == who) (out += out.empty() ? "" : "|") += f.kind + '=' + f.value;
  return out;
}
struct database : conversation {
  explicit database(transport t = transport::tcp) : conversation{"mssql", t} {
    client_end = {ip::v4(10, 0, 0, 9), port{40000}, {}}, server_end = {ip::v4(10, 0, 0, 1), port{1433}, {}};
  }
  void client(const octets& o) { EXPECT_EQ(say(side::client, o), 0U); }
  void server(const octets& o) { EXPECT_EQ(say(side::server, o), 0U); }
};

TEST(mssql, meeting_and_logging_in) {
  database d;
  d.client(packet(18, prelogin("110000000000", 2))), d.server(packet(4, prelogin("0f0007d00000", 2)));
  d.client(packet(16, login("sa", "hunter2"))), d.server(packet(4, error(18456, "Login failed for user 'sa'.") + done(2)));
  d.client(packet(16, login("sa", "hunter3"))), d.server(packet(4, accepted));
  ASSERT_EQ(told(d.out), "prelogin ok; login sa refused 18456; login sa ok");
  const auto& ops = d.out.operations;
  EXPECT_EQ(text_of(ops[0], "server_version"), "15.0.2000");
  EXPECT_EQ(text_of(ops[0], "encryption"), "not_supported");
  EXPECT_EQ(text_of(ops[0], "mars"), "true");
  EXPECT_EQ(text_of(ops[1], "error"), "Login failed for user 'sa'.");
  const std::pair<std::string_view, std::string_view> said[] = {{"user", "sa"},
                                                                {"host", "PC7"},
                                                                {"application", "wonderware"},
                                                                {"server_name", "HIST1"},
                                                                {"database", "hist"},
                                                                {"library", "ODBC"},
                                                                {"client_id", "00:11:22:aa:bb:cc"},
                                                                {"integrated", "false"},
                                                                {"password_given", "true"},
                                                                {"clear_text", "true"},
                                                                {"tds_version", "7.4"},
                                                                {"database_given", "hist"}};
  for (const auto& [name, value] : said) EXPECT_EQ(text_of(ops[2], name), value) << name;
  for (const auto& o : ops)
    for (const auto& [name, v] : o.fields) EXPECT_EQ(to_string(v).find("hunter"), std::string::npos);
  EXPECT_EQ(ops[2].action, action::authenticate);
  EXPECT_EQ(facts(d.out, side::client), "host_name=PC7|software=wonderware");
  EXPECT_EQ(facts(d.out, side::server),
            "insecure_configuration=does not encrypt logins|software=Microsoft SQL Server 2019 15.0.2000|role=database_server|"
            "host_name=HIST1|software=Microsoft SQL Server 15.0.2000|insecure_configuration=accepts passwords in clear text");
  EXPECT_EQ(d.out.described["application"], "wonderware");
  EXPECT_EQ(rules(d.out), "");
}

TEST(mssql, a_windows_login_has_rounds) {
  const auto ntlm = [](unsigned type, const octets& rest) { return raw("NTLMSSP") + octets{0} + le(type, 4) + rest; };
  const auto authenticate =
      ntlm(3, hex("0000 0000 58000000  1800 1800 58000000  0800 0800 70000000  0a00 0a00 78000000  0600 0600 82000000  0000 0000 88000000"
                  "01020000 0a00 6345 0000000f 00000000000000000000000000000000") +
                  octets(24, 0x5a) + wide("MILL") + wide("paula") + wide("PC7"));
  database d;
  d.client(packet(16, login("", "", ntlm(1, hex("01020000") + octets(16)))));
  d.server(packet(4, token(0xed, ntlm(2, octets(40)))));
  EXPECT_EQ(told(d.out), "");
  d.client(packet(17, authenticate));
  d.server(packet(4, accepted));
  ASSERT_EQ(d.out.operations.size(), 1U);
  EXPECT_EQ(d.out.operations[0].outcome, outcome::ok);
  EXPECT_EQ(text_of(d.out.operations[0], "user"), "paula");
  EXPECT_EQ(text_of(d.out.operations[0], "integrated"), "true");
}

TEST(mssql, statements_and_calls) {
  const struct {
    const char* name;
    octets asked, answered;
    std::string told;
    action what;
    std::string mentions, rows;
  } table[] = {
      {"select", packet(1, headers + wide("/* x */ -- y\n (select * from t where p='hunter2')")), packet(4, rows + done(0x10, 1)),
       "SELECT ok", action::read, "-", "1"},
      {"old", packet(1, wide("DELETE t")), packet(4, done(0x10, 7)), "DELETE ok", action::write, "-", "7"},
      {"shell", packet(1, headers + wide("exec @r = master.dbo.xp_cmdshell 'dir'")), packet(4, error(15281, "no") + done(2)),
       "EXEC master.dbo.xp_cmdshell refused 15281", action::control, "xp_cmdshell", "-"},
      {"bare", packet(1, headers + wide("sp_who2")), packet(4, done(0)), "EXEC sp_who2 ok", action::control, "-", "-"},
      {"hidden", packet(1, headers + wide("declare @x int; exec sp_configure 'a',1")), packet(4, done(0)), "DECLARE ok", action::session,
       "sp_configure", "-"},
      {"junk", packet(1, headers + wide("#!x")), packet(4, done(2)), "other refused", action::session, "-", "-"},
      {"execute_sql", packet(3, call(10, text("insert into h values(@p1)") + text("@p1 int"))),
       packet(4, hex("79 00000000") + done(0x10, 1, 0xfe)), "INSERT sp_executesql ok", action::write, "-", "1"},
      {"prepare", packet(3, call(13, handle + text("@p1 int") + text("update h set v=@p1"))), packet(4, done(0, 0, 0xfe)),
       "UPDATE sp_prepexec ok", action::write, "-", "-"},
      {"execute", packet(3, call(12, hex("00 00 26 04 04 01000000"))), packet(4, done(0, 0, 0xfe)), "EXEC sp_execute ok", action::control,
       "-", "-"},
      {"by_name", packet(3, headers + long_text("dbo.aaHist") + le(0, 2)), packet(4, done(0, 0, 0xfe)), "EXEC dbo.aaHist ok",
       action::control, "-", "-"},
      {"cursor", packet(3, call(7, {})), packet(4, done(0, 0, 0xfe)), "EXEC sp_cursorfetch ok", action::read, "-", "-"},
      {"bulk", packet(7, hex("8100")), packet(4, done(0x10, 9)), "BULK ok", action::write, "-", "9"},
      {"silence", packet(1, headers + wide("select 1")), {}, "SELECT timeout", action::read, "-", "-"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.name);
    database d;
    d.client(r.asked);
    if (!r.answered.empty()) d.server(r.answered);
    d.end();
    ASSERT_EQ(told(d.out), r.told);
    EXPECT_EQ(d.out.operations[0].action, r.what);
    EXPECT_EQ(text_of(d.out.operations[0], "mentions"), r.mentions);
    EXPECT_EQ(text_of(d.out.operations[0], "rows"), r.rows);
    EXPECT_EQ(rules(d.out), "");
  }
}

TEST(mssql, messages_of_several_packets_and_gaps) {
  const auto whole = login("sa", "x");
  database d;
  d.client(packet(16, {whole.begin(), whole.begin() + 50}, 0, 1)), d.client(packet(16, {whole.begin() + 50, whole.end()}, 1, 2));
  d.server(packet(4, accepted));
  EXPECT_EQ(told(d.out), "login sa ok");
  d.client(packet(1, headers + wide("select 1"))), d.server(packet(4, rows, 0, 1)), d.server(packet(4, done(0x10, 4), 1, 2));
  ASSERT_EQ(d.out.operations.size(), 2U);
  EXPECT_EQ(text_of(d.out.operations[1], "rows"), "4");
  d.client(packet(1, headers + wide("select 1"))), d.gap(side::server), d.server(packet(4, done(2), 1, 9));
  EXPECT_EQ(d.out.operations.at(2).outcome, outcome::refused);
  d.gap(side::client), d.client(packet(1, wide("middle of text"), 1, 3)), d.client(packet(1, headers + wide("update t"), 1, 1));
  d.server(packet(4, done(0)));
  EXPECT_EQ(d.out.operations.size(), 4U);
  EXPECT_EQ(d.out.operations.at(3).function_name, "UPDATE");
}

TEST(mssql, shared_and_sealed_connections) {
  const auto shared = [](unsigned flags, unsigned id, const octets& data) {
    return octets{0x53, static_cast<std::uint8_t>(flags)} + le(id, 2) + le(16 + data.size(), 4) + le(1, 4) + le(4, 4) + data;
  };
  database d;
  d.client(shared(1, 0, {})), d.client(shared(8, 0, packet(1, headers + wide("select 1"))));
  d.client(shared(8, 1, packet(1, headers + wide("update t")))), d.server(shared(8, 1, packet(4, done(0)))),
      d.server(shared(8, 0, packet(4, done(2))));
  EXPECT_EQ(told(d.out), "UPDATE ok; SELECT refused");
  database tls;
  tls.client(packet(18, prelogin("110000000000", 1))), tls.server(packet(4, prelogin("0f0007d00000", 1)));
  tls.client(packet(18, hex("16 0303 0001 00"))), tls.client(hex("17 0303 0004 01020304")), tls.server(packet(4, accepted));
  EXPECT_EQ(told(tls.out), "prelogin ok; login ok");
  EXPECT_EQ(text_of(tls.out.operations[1], "encrypted"), "true");
  EXPECT_EQ(rules(tls.out), "");
  database many;
  for (unsigned i = 0; i < 40; ++i) many.client(shared(8, i, packet(1, headers + wide("select 1"))));
  EXPECT_EQ(many.out.operations.size(), 8U);
  EXPECT_EQ(many.out.counts["mssql/forgotten/channel"], 8U);
}

TEST(mssql, rules) {
  const struct {
    const char* name;
    octets packet;
    std::string rules;
  } table[] = {
      {"prelogin", packet(18, hex("00 0050 0006 ff")), "prelogin"},
      {"login", packet(16, le(94, 4) + octets(90, 0xff)), "login"},
      {"call", packet(3, headers + le(0xffff, 2) + le(99, 2)), "call"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.name);
    database d;
    d.client(r.packet);
    EXPECT_EQ(rules(d.out), r.rules);
  }
  database big;
  big.client(packet(16, octets(32000), 0)), big.client(packet(16, octets(32000), 0, 2)), big.client(packet(16, octets(32000), 1, 3));
  EXPECT_EQ(rules(big.out), "login_size");
}

TEST(mssql, the_browser_tells_ports) {
  database d{transport::udp};
  d.client(raw("\x04MILL") + octets{0});
  const auto list = raw("ServerName;HIST1;InstanceName;MILL;IsClustered;No;Version;15.0.2000.5;tcp;49172;;");
  d.server(octets{5} + le(list.size(), 2) + list);
  EXPECT_EQ(told(d.out), "browse MILL ok");
  EXPECT_EQ(facts(d.out, side::server), "host_name=HIST1|software=Microsoft SQL Server 15.0.2000.5");
  EXPECT_EQ(d.out.expected, (std::vector<std::string>{"10.0.0.1 49172 tcp server mssql"}));
  database worm{transport::udp};
  worm.client(octets{4} + octets(375, 1)), worm.wait(std::chrono::minutes{1});
  EXPECT_EQ(rules(worm.out), "instance_name");
  EXPECT_EQ(worm.out.operations.at(0).outcome, outcome::timeout);
}

TEST(mssql, knows_itself) {
  const struct {
    const char* name;
    octets bytes;
    match expected;
  } table[] = {
      {"prelogin", packet(18, prelogin("110000000000", 0)), match::certain},
      {"login", packet(16, login("sa", "x")), match::yes},
      {"batch", packet(1, headers + wide("select 1")), match::yes},
      {"other", packet(1, headers + wide("xyz")), match::no},
      {"answer", packet(4, done(0)), match::yes},
      {"rows", packet(4, rows), match::no},
      {"begin", hex("12 01 00"), match::unsure},
      {"tls", hex("16 0303 0001 00"), match::no},
      {"modbus", hex("0001 0000 0006 11 03 006b 0003"), match::no},
  };
  for (const auto& r : table) EXPECT_EQ(named("mssql").about.probe(r.bytes, transport::tcp), r.expected) << r.name;
  EXPECT_FALSE(named("mssql").about.frame(hex("12 01 0003 0000 01 00")));
  EXPECT_FALSE(named("mssql").about.frame(hex("12 01 0020 0000 01 07")));
}

TEST(mssql, every_prefix) {
  every_prefix("mssql", {{side::client, packet(18, prelogin("110000000000", 2))},
                         {side::server, packet(4, prelogin("0f0007d00000", 2))},
                         {side::client, packet(16, login("sa", "x", hex("6001")))},
                         {side::server, packet(4, error(18456, "no") + accepted)},
                         {side::client, packet(3, call(13, handle + text("@p int") + text("update h")))}});
  every_prefix("mssql", {{side::client, raw("\x04M") + octets{0}}, {side::server, octets{5} + le(20, 2) + raw("ServerName;A;tcp;80;")}},
               transport::udp);
}

}  // namespace
}  // namespace mw::test
