// Fox: messages as stations and workbenches write them, and what they mean.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

octets fox(std::string_view head, std::string_view body = "") {
  return chars("fox " + std::string{head} + "\n{\n" + std::string{body} + "};;\n");
}
struct station : conversation {
  station() : conversation{"fox"} {}
  std::size_t client(std::string_view head, std::string_view body = "") { return say(side::client, fox(head, body)); }
  std::size_t server(std::string_view head, std::string_view body = "") { return say(side::server, fox(head, body)); }
};
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
std::string facts(const recorder& r, side who) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.who == who) (out += out.empty() ? "" : "|") += f.kind + '=' + f.value;
  return out;
}

constexpr std::string_view workbench =
    "fox.version=s:1.0\nid=i:1\nhostName=s:PC7\nhostAddress=s:10.0.0.9\napp.name=s:Workbench\napp.version=s:3.8\nos.name=s:Windows 7\n"
    "os.version=s:6.1\nhostId=s:Win-1\nbrandId=s:vykon\n";
constexpr std::string_view jace =
    "fox.version=s:1.0.1\nid=i:2\nhostName=s:10.0.0.1\nhostAddress=s:10.0.0.1\napp.name=s:Station\napp.version=s:3.8.1\nvm.name=s:J9\n"
    "vm.version=s:2.3\nos.name=s:QNX\nos.version=s:6.4.1\nstation.name=s:Mill#20;1\nhostId=s:Qnx-NPM6-1\nbrandId=s:vykon\n"
    "sysInfo=o:bog 12[<bog>};;\n\n{}]\n";

TEST(fox, a_hello_and_its_answer_are_one_operation) {
  station s;
  EXPECT_EQ(s.client("a 1 -1 fox hello", workbench), 0U);
  EXPECT_EQ(s.server("a 0 -1 fox hello", jace), 0U);
  ASSERT_EQ(s.out.operations.size(), 1U);
  const auto& op = s.out.operations[0];
  EXPECT_EQ(op.function, "fox.hello");
  EXPECT_EQ(op.function_name, "hello");
  EXPECT_EQ(op.action, action::session);
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(field_of(op, "app_name"), "Workbench");
  EXPECT_EQ(field_of(op, "peer_app_version"), "3.8.1");
  EXPECT_EQ(facts(s.out, side::client),
            "host_name=PC7|ip=10.0.0.9|software=Workbench 3.8|os=Windows 7 6.1|host_id=Win-1|brand=vykon|role=engineering_station");
  EXPECT_EQ(facts(s.out, side::server),
            "ip=10.0.0.1|station_name=Mill 1|software=Station 3.8.1|os=QNX 6.4.1|runtime=J9 2.3|host_id=Qnx-NPM6-1|brand=vykon|"
            "vendor=Tridium|role=niagara_station");
  EXPECT_EQ(s.out.counts["fox/message/asynchronous"], 2U);
  EXPECT_EQ(rules(s.out), "");
}

TEST(fox, a_login_is_one_operation_from_challenge_to_welcome) {
  station s;
  s.server("a 1 -1 fox kerberos", "useKerberos=z:f\n"), s.client("a 2 -1 fox username", "username=s:ope#72;ator\n");
  s.server("a 2 -1 fox challenge", "method=s:n4digest\n");
  s.client("a 3 -1 fox authMessage1", "authHandshake1=s:c2VjcmV0\n"), s.server("a 3 -1 fox authMessage1", "authHandshake1=s:eA==\n");
  s.server("a 4 -1 fox welcome");
  ASSERT_EQ(s.out.operations.size(), 1U);
  const auto& op = s.out.operations[0];
  EXPECT_EQ(op.action, action::authenticate);
  EXPECT_EQ(op.function_name, "login");
  EXPECT_EQ(op.outcome, outcome::ok);
  EXPECT_EQ(s.out.askers[0], side::client);
  EXPECT_EQ(field_of(op, "user"), "operator");
  EXPECT_EQ(field_of(op, "method"), "n4digest");
  for (const auto& [n, v] : op.fields) EXPECT_EQ(to_string(v).find("c2VjcmV0"), std::string::npos);
}

TEST(fox, a_login_that_fails_says_why) {
  station s;
  s.server("a 1 -1 fox challenge", "method=s:basic\n"), s.client("a 2 -1 fox response", "user=s:admin\npassword=s:hunter2\n");
  s.server("a 2 -1 fox rejected", "authfail_reason=s:User Lockout\n");
  ASSERT_EQ(s.out.operations.size(), 1U);
  const auto& op = s.out.operations[0];
  EXPECT_EQ(op.outcome, outcome::refused);
  EXPECT_EQ(field_of(op, "reason"), "User Lockout");
  EXPECT_EQ(field_of(op, "password_given"), "true");
  for (const auto& [n, v] : op.fields) EXPECT_EQ(to_string(v).find("hunter2"), std::string::npos);
  station busy;
  busy.client("a 1 -1 fox hello", workbench), busy.server("a 0 -1 fox busy");
  EXPECT_EQ(busy.out.operations.at(0).outcome, outcome::refused);
  EXPECT_EQ(field_of(busy.out.operations.at(0), "reason"), "busy");
}

struct row {
  std::string name, request, body, answer, answer_body;
  std::string function, function_name;
  action what;
  std::string object;
  outcome how;
};
const row rows[] = {
    {"rpc", "s 1 7 sys niagaraRpc", "ord=s:station:|slot:/Services\n", "r 0 7 sys niagaraRpc", "", "sys.niagaraRpc", "niagara_rpc",
     action::control, "ord station:|slot:/Services", outcome::ok},
    {"summary", "s 1 8 sys summary", "", "n 0 8 sys summary", "", "sys.summary", "summary", action::identify, "", outcome::ok},
    {"error", "s 1 9 broker invoke", "", "e 0 9 broker invoke", "message=s:denied\n", "broker.invoke", "invoke", action::control, "",
     outcome::refused},
    {"silence", "s 1 9 file list", "path=s:/home\n", "r 0 4 file list", "", "file.list", "list", action::file_read, "path /home",
     outcome::timeout},
};
TEST(fox, a_synchronous_request_finds_its_reply_by_number) {
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    station s;
    s.client(r.request, r.body), s.server(r.answer, r.answer_body);
    s.end();
    ASSERT_FALSE(s.out.operations.empty());
    const auto& op = s.out.operations.back();
    EXPECT_EQ(op.function, r.function);
    EXPECT_EQ(op.function_name, r.function_name);
    EXPECT_EQ(to_string(op.action), to_string(r.what));
    EXPECT_EQ(op.objects.empty() ? "" : op.objects[0].space + ' ' + op.objects[0].address, r.object);
    EXPECT_EQ(to_string(op.outcome), to_string(r.how));
    if (r.how == outcome::refused) {
      EXPECT_EQ(field_of(op, "reason"), "denied");
    }
    if (r.how == outcome::timeout) {
      EXPECT_EQ(s.out.operations.front().outcome, outcome::unpaired);
    }
  }
}

TEST(fox, a_circuit_is_known_by_what_it_is_for) {
  station s;
  s.client("a 1 -1 circuit open", "id=i:1\nchannel=s:file\ncommand=s:put\n"),
      s.client("a 2 -1 circuit stream", "id=i:1\ndata=b:5[};;\n{]\n");
  s.server("a 0 -1 circuit stream", "id=i:1\ndata=b:2[ok]\n"), s.client("a 3 -1 circuit close", "id=i:1\n");
  s.client("a 4 -1 circuit stream", "id=i:1\ndata=b:1[x]\n");
  ASSERT_EQ(s.out.operations.size(), 5U);
  EXPECT_EQ(field_of(s.out.operations[0], "for"), "file.put");
  EXPECT_EQ(s.out.operations[1].action, action::file_write);
  EXPECT_EQ(field_of(s.out.operations[1], "payload_size"), "5");
  EXPECT_EQ(s.out.operations[2].action, action::file_read);
  EXPECT_EQ(s.out.operations[4].action, action::session);
  EXPECT_EQ(s.out.operations[1].outcome, outcome::none);
}

TEST(fox, circuits_and_requests_are_bounded) {
  station s;
  for (int i = 0; i < 70; ++i) s.client("a " + std::to_string(i) + " -1 circuit open", "id=i:" + std::to_string(i) + "\n");
  EXPECT_EQ(s.out.counts["fox/forgotten/circuit"], 6U);
  station t;
  for (int i = 0; i < 260; ++i) t.client("s " + std::to_string(i) + " " + std::to_string(i) + " sys summary");
  EXPECT_EQ(t.out.operations.size(), 4U);
}

TEST(fox, sequence_version_and_syntax_are_watched) {
  station s;
  s.client("a 1 -1 fox hello", workbench), s.client("k -1 -1 fox keepalive"), s.client("a 2 -1 fox ping"), s.client("a 4 -1 fox ping");
  EXPECT_EQ(rules(s.out), "sequence");
  s.gap(side::client);
  s.client("a 9 -1 fox ping"), s.client("c -1 -1 fox close");
  EXPECT_EQ(rules(s.out), "sequence");
  EXPECT_EQ(s.out.counts["fox/message/keep_alive"], 1U);
  EXPECT_EQ(s.out.counts["fox/message/close"], 1U);
  s.client("a 10 -1 fox hello", "fox.version=s:2.0\n"), s.client("a 11 -1 circuit stream");
  EXPECT_EQ(rules(s.out), "sequence,version,circuit");
}

TEST(fox, a_message_ends_where_its_body_ends) {
  const auto first = fox("a 0 -1 fox hello", jace), second = fox("s 1 2 sys summary", "a=m:{\nb=m:{\nc=s:};;\n}\n}\nd=b:4[};;\n]\n");
  const auto third = fox("a 2 -1 fox x=b:9[");  // nothing of this is a value
  const auto all = first + second + third;
  for (const std::size_t piece : {all.size(), first.size(), std::size_t{7}, std::size_t{1}}) {
    SCOPED_TRACE(piece);
    station s;
    for (std::size_t at = 0; at < all.size(); at += piece)
      s.say(side::client, octets(all.begin() + static_cast<std::ptrdiff_t>(at),
                                 all.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece, all.size()))));
    EXPECT_EQ(s.out.counts["fox/message/asynchronous"], 2U);
    EXPECT_EQ(s.out.counts["fox/message/synchronous"], 1U);
    s.end();
    EXPECT_EQ(s.out.operations.size(), 3U);
    EXPECT_EQ(rules(s.out), "");
  }
}

TEST(fox, what_is_no_message_is_reported_and_the_next_is_found) {
  for (const auto* bad : {"foxes\n", "fox z 1 -1 fox hello\n{\n};;\n", "fox a x -1 fox hello\n{\n};;\n", "fox a 1 -1 fox hello\n[\n};;\n",
                          "fox a 1 -1 fox hello\n{\na=b:-1[]\n};;\n", "fox a 1 -1 fox hello\n{\n};\n\n};;\n", "GET / HTTP/1.1\r\n"}) {
    SCOPED_TRACE(bad);
    station s;
    s.say(side::client, chars(bad)), s.client("a 1 -1 fox ping");
    EXPECT_EQ(s.out.violations.size(), 1U);
    EXPECT_EQ(s.out.operations.size(), 1U);
  }
  std::string deep = "fox a 1 -1 fox hello\n{\n";
  for (int i = 0; i < 40; ++i) deep += "a=m:{\n";
  station nested;
  nested.say(side::client, chars(deep + "};;\n"));
  EXPECT_EQ(rules(nested.out), "syntax");
  station endless;
  endless.say(side::client, chars("fox a 1 -1 fox hello\n{\na=s:" + std::string(300'000, 'x')));
  endless.say(side::client, chars(std::string(300'000, 'x'))), endless.client("a 1 -1 fox ping");
  EXPECT_EQ(rules(endless.out), "framing");
  EXPECT_EQ(endless.out.operations.size(), 1U);
  station lossy;
  lossy.say(side::client, chars("fox a 1 -1 fox hello\n{\na=s:"));
  lossy.gap(side::client);
  lossy.say(side::client, chars("lost\n};;\n")), lossy.client("a 1 -1 fox ping");
  EXPECT_EQ(rules(lossy.out), "");
  EXPECT_EQ(lossy.out.operations.size(), 1U);
}

TEST(fox, small_pieces_cost_no_more_than_large_ones) {
  std::string body;
  for (int i = 0; i < 20'000; ++i) body += "a=s:\n";
  const auto whole = fox("a 1 -1 fox ping", body);
  station s;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto b : whole) s.say(side::client, octets{b});
  EXPECT_EQ(s.out.operations.size(), 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});  // to read all of it with each piece takes minutes
}

TEST(fox, the_largest_number_has_no_next) {
  station s;
  s.client("a 9223372036854775807 -1 fox ping"), s.client("a 1 -1 fox ping");
  EXPECT_EQ(rules(s.out), "");
}

TEST(fox, a_login_does_not_grow_without_end) {
  station s;
  for (int i = 1; i < 200; ++i) s.client("a " + std::to_string(i) + " -1 fox response", "password=s:hunter2\n");
  s.end();
  EXPECT_LT(s.out.operations.at(0).fields.size(), 8U);
}

TEST(fox, the_probe_wants_a_whole_message) {
  const auto& probe = named("fox").about.probe;
  EXPECT_EQ(probe(fox("a 1 -1 fox hello", workbench), transport::tcp), match::certain);
  EXPECT_EQ(probe(chars("fox a 1"), transport::tcp), match::unsure);
  EXPECT_EQ(probe(chars("fox jumps over"), transport::tcp), match::no);
  EXPECT_EQ(probe(fox("a 1 -1 fox hello"), transport::udp), match::no);
}

TEST(fox, no_prefix_and_no_flipped_bit_reads_beyond) {
  every_prefix("fox", {{side::client, fox("a 1 -1 fox hello", "fox.version=s:1.0\nx=m:{\ny=b:3[abc]\n}\nsysInfo=o:bog 2[ab]\n")},
                       {side::server, fox("a 1 -1 fox challenge", "method=s:#6;d\nnonce=b:2[\n}]\n")}});
  every_prefix("fox", {{side::client, fox("a 1 -1 circuit open", "id=i:1\nchannel=s:file\n")},
                       {side::client, fox("a 2 -1 circuit stream", "id=i:1\ndata=b:2[ab]\n")}});
}

}  // namespace
}  // namespace mw::test
