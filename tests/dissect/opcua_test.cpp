// OPC UA binary: chunks and channels, the built-in types, and what each service says, written by hand from OPC 10000-4 and -6.
#include "tests/dissect/harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using octets = std::vector<std::uint8_t>;
constexpr auto client = side::client, server = side::server;

/// Writes the encodings of OPC 10000-6, 5.2.
struct body {
  octets data;
  template <class T>
  body& le(T v) {
    auto n = static_cast<std::uint64_t>(v);
    for (std::size_t i = 0; i < sizeof(T); ++i) data.push_back(static_cast<std::uint8_t>(n)), n >>= 8;
    return *this;
  }
  body& u8(unsigned v) { return le(static_cast<std::uint8_t>(v)); }
  body& u16(unsigned v) { return le(static_cast<std::uint16_t>(v)); }
  body& u32(std::uint32_t v) { return le(v); }
  body& time(std::int64_t v) { return le(v); }
  body& real(double v) { return le(std::bit_cast<std::uint64_t>(v)); }
  body& raw(const octets& more) { return data.insert(data.end(), more.begin(), more.end()), *this; }
  body& raw(std::string_view digits) { return raw(hex(digits)); }
  body& text(std::string_view s) {
    le(static_cast<std::uint32_t>(s.size()));
    for (char c : s) data.push_back(static_cast<std::uint8_t>(c));
    return *this;
  }
  body& string(const octets& s) { return le(static_cast<std::uint32_t>(s.size())).raw(s); }
  body& none() { return u32(0xffffffff); }
  body& id(unsigned number) { return u8(1).u8(0).u16(number); }
  body& name(unsigned space, std::string_view s) { return u8(3).u16(space).text(s); }
  body& qualified(unsigned space, std::string_view s) { return u16(space).text(s); }
  body& localized(std::string_view s) { return u8(2).text(s); }
  body& nothing() { return raw("00 00 00"); }  // an extension object
  body& extension(unsigned type, const octets& inside) { return id(type).u8(1).string(inside); }
};

body request(unsigned id) { return body{}.id(id).raw("00 00").time(0).u32(7).u32(0).none().u32(1000).nothing(); }
body response(unsigned id, std::uint32_t result = 0) { return body{}.id(id).time(0).u32(7).u32(result).u8(0).none().nothing(); }

octets chunk(std::string_view type, const body& inside) {
  body b;
  for (char c : type) b.u8(static_cast<unsigned char>(c));
  return b.u32(static_cast<std::uint32_t>(inside.data.size() + 8)).raw(inside.data).data;
}
octets hello(std::string_view url = "opc.tcp://press:4840") {
  return chunk("HELF", body{}.u32(0).u32(65536).u32(65536).u32(0).u32(0).text(url));
}
octets acknowledge() { return chunk("ACKF", body{}.u32(0).u32(65536).u32(65536).u32(0).u32(0)); }
constexpr std::string_view none_policy = "http://opcfoundation.org/UA/SecurityPolicy#None";
octets open(std::uint32_t channel, const body& inside, std::uint32_t sequence = 1, std::uint32_t request_id = 1,
            std::string_view policy = none_policy, const octets& certificate = {}) {
  body b;
  b.u32(channel).text(policy);
  certificate.empty() ? b.none() : b.string(certificate);
  return chunk("OPNF", b.none().u32(sequence).u32(request_id).raw(inside.data));
}
octets said(const body& inside, std::uint32_t sequence, std::uint32_t request_id, std::string_view type = "MSGF",
            std::uint32_t channel = 5) {
  return chunk(type, body{}.u32(channel).u32(1).u32(sequence).u32(request_id).raw(inside.data));
}

/// A conversation that counts its sequence numbers.
struct talk : conversation {
  talk() : conversation{"opcua"} {}
  void ask(const body& inside) { say(side::client, said(inside, ++sent[0], ++number)); }
  void answer(const body& inside) { say(side::server, said(inside, ++sent[1], number)); }
  void both(const body& q, const body& a) { ask(q), answer(a); }
  std::uint32_t sent[2] = {10, 10}, number = 10;
};

std::string text(const std::vector<object>& all) {
  std::string out;
  for (const auto& o : all) out += (out.empty() ? "" : " ") + o.space + '/' + o.address;
  return out;
}
std::string text(const std::vector<value>& all) {
  std::string out;
  for (const auto& v : all) out += (out.empty() ? "" : "|") + (v.index() == 0 ? std::string{"null"} : to_string(v));
  return out;
}
std::string field_of(const operation& op, std::string_view name) {
  for (const auto& [k, v] : op.fields)
    if (k == name) return to_string(v);
  return "absent";
}
std::string facts(const recorder& r, std::string_view kind, side who) {
  std::string out;
  for (const auto& f : r.facts)
    if (f.kind == kind && f.who == who) out += (out.empty() ? "" : "|") + (f.unit.empty() ? "" : f.unit + "=") + f.value;
  return out;
}
std::string rules(const recorder& r) {
  std::string out;
  for (const auto& v : r.violations) out += (out.empty() ? "" : " ") + v.rule;
  return out;
}
const operation& only(const recorder& r) {
  if (r.operations.size() != 1) throw std::runtime_error("operations: " + std::to_string(r.operations.size()));
  return r.operations[0];
}

// ---- values
struct value_row {
  std::string_view variant, values;
};
const value_row variants[] = {
    {"00", "null"},
    {"01 01", "true"},
    {"02 ff", "-1"},
    {"03 ff", "255"},
    {"04 00 80", "-32768"},
    {"05 00 80", "32768"},
    {"06 ff ff ff ff", "-1"},
    {"07 ff ff ff ff", "4294967295"},
    {"08 ff ff ff ff ff ff ff ff", "-1"},
    {"09 ff ff ff ff ff ff ff ff", "18446744073709551615"},
    {"0a 00 00 c0 3f", "1.5"},
    {"0b 00 00 00 00 00 00 04 40", "2.5"},
    {"0c 02 00 00 00 6f 6b", "ok"},
    {"0c ff ff ff ff", ""},
    {"0d 00 80 3e d5 de b1 9d 01", "0"},
    {"0d 00 00 00 00 00 00 00 00", "null"},
    {"0e 91 2b 96 72 75 fa e6 4a 8d 28 b4 04 dc 7d af 63", "72962b91-fa75-4ae6-8d28-b404dc7daf63"},
    {"0f 02 00 00 00 0a 0b", "0x0a0b"},
    {"10 03 00 00 00 3c 61 3e", "<a>"},
    {"11 00 55", "i=85"},
    {"11 01 05 01 04", "ns=5;i=1025"},
    {"11 02 0a 00 01 00 00 00", "ns=10;i=1"},
    {"11 03 01 00 03 00 00 00 48 6f 74", "ns=1;s=Hot"},
    {"11 04 02 00 91 2b 96 72 75 fa e6 4a 8d 28 b4 04 dc 7d af 63", "ns=2;g=72962b91-fa75-4ae6-8d28-b404dc7daf63"},
    {"11 05 02 00 04 00 00 00 01 02 03 04", "ns=2;b=AQIDBA=="},
    {"12 c3 01 00 01 00 00 00 78 03 00 00 00 75 3a 61 02 00 00 00", "svr=2;nsu=u:a;s=x"},
    {"13 00 00 34 80", "BadNodeIdUnknown"},
    {"13 ff ff ff ff", "0xffffffff"},
    {"14 02 00 01 00 00 00 54", "2:T"},
    {"14 00 00 01 00 00 00 54", "T"},
    {"15 03 02 00 00 00 65 6e 02 00 00 00 48 69", "Hi"},
    {"15 00", ""},
    {"16 01 00 76 03 01 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 59 40", "0|100"},
    {"16 01 02 39 30 01 02 00 00 00 aa bb", "0xaabb"},
    {"16 00 00 00", "null"},
    {"17 03 06 05 00 00 00 00 00 00 40", "5"},
    {"17 03 06 05 00 00 00 00 00 00 80", "null"},
    {"17 02 00 00 34 80", "null"},
    {"98 02 00 00 00 01 01 06 02 00 00 00", "true|2"},
    {"19 70 04 00 00 00 69 6e 66 6f 00 00 34 80 01 09 00 00 00", "info=info status=BadNodeIdUnknown inner=symbol=9"},
    {"86 02 00 00 00 01 00 00 00 02 00 00 00", "1|2"},
    {"86 ff ff ff ff", ""},
    {"c6 04 00 00 00 01 00 00 00 02 00 00 00 03 00 00 00 04 00 00 00 02 00 00 00 02 00 00 00 02 00 00 00", "1|2|3|4"},
};

TEST(opcua, variants) {
  for (const auto& row : variants) {
    SCOPED_TRACE(row.variant);
    talk t;
    t.ask(request(631).real(0).u32(0).u32(1).name(1, "x").u32(13).none().u16(0).none());
    t.answer(response(634).u32(1).u8(1).raw(row.variant).none());
    EXPECT_EQ(text(only(t.out).values), row.values);
    EXPECT_EQ(text(only(t.out).objects), "13/ns=1;s=x");
    EXPECT_EQ(rules(t.out), "");
  }
}

TEST(opcua, what_is_nested_too_deep_or_too_long_is_malformed) {
  const octets deep(64, 0x18);
  for (const auto& bad : {deep, hex("86 ff ff ff 7f 01 00 00 00"), hex("0c 05 00 00 00 61"), hex("11 06 00"), hex("80 01 00 00 00")}) {
    talk t;
    t.ask(request(631).real(0).u32(0).u32(1).id(2258).u32(13).none().u16(0).none());
    t.answer(response(634).u32(1).u8(1).raw(bad));
    EXPECT_EQ(rules(t.out).substr(0, 8), "encoding");
    EXPECT_EQ(only(t.out).outcome, outcome::ok);
  }
}

TEST(opcua, secrets_in_values_stay_out) {
  talk t;
  const auto token = body{}.text("policy").text("joe").text("hunter2").none();
  t.ask(request(673).u32(1).name(1, "x").u32(13).none().u8(1).u8(22).extension(324, token.data));
  t.answer(response(676).u32(1).u32(0).none());
  EXPECT_EQ(text(only(t.out).values), "policy|joe");
}

// ---- services
struct service_row {
  std::string name;
  body request, response;
  action what;
  std::string objects, values, fields;  // "name=value" for each field that is looked at
};
std::vector<service_row> services() {
  const auto asks = [](unsigned id) { return request(id); };
  const auto answers = [](unsigned id) { return response(id); };
  std::vector<service_row> rows;
  rows.push_back({"read",
                  asks(631).real(0).u32(2).u32(2).id(2258).u32(13).none().u16(0).none().name(2, "Hot").u32(5).text("0:2").u16(0).none(),
                  answers(634).u32(2).u8(0x0d).raw("06 05 00 00 00").time(1).time(1).u8(2).u32(0x80350000).none(), action::read,
                  "13/i=2258 5/ns=2;s=Hot", "5|null", "statuses=Good,BadAttributeIdInvalid index_range=0:2"});
  rows.push_back({"write", asks(673).u32(1).name(2, "Set").u32(13).none().u8(1).raw("0a 00 00 c0 3f"),
                  answers(676).u32(1).u32(0x803b0000).none(), action::write, "13/ns=2;s=Set", "1.5", "statuses=BadNotWritable"});
  rows.push_back(
      {"browse", asks(527).raw("00 00").time(0).u32(0).u32(0).u32(1).id(85).u32(0).id(33).u8(1).u32(0).u32(63),
       answers(530).u32(1).u32(0).none().u32(1).id(35).u8(1).name(2, "P").qualified(2, "Press").localized("Press").u32(1).id(58).none(),
       action::identify, "node/i=85", "", "references=1 names=2:Press"});
  rows.push_back({"browse_next", asks(533).u8(0).u32(1).text("cp"), answers(536).u32(1).u32(0x804a0000).none().none().none(),
                  action::identify, "", "", "references=0 statuses=BadContinuationPointInvalid"});
  rows.push_back({"translate_browse_paths",
                  asks(554).u32(1).id(85).u32(2).id(33).raw("00 01").qualified(2, "Press").id(33).raw("00 01").qualified(0, "Mode"),
                  answers(557).u32(1).u32(0).u32(1).name(2, "M").u32(0xffffffff).none(), action::identify, "path/i=85/2:Press/Mode",
                  "ns=2;s=M", ""});
  rows.push_back({"call", asks(712).u32(1).name(2, "Press").name(2, "Start").u32(2).raw("01 01").raw("06 07 00 00 00"),
                  answers(715).u32(1).u32(0).none().none().u32(1).raw("0c 02 00 00 00 6f 6b").none(), action::control,
                  "object/ns=2;s=Press method/ns=2;s=Start", "true|7", "outputs=ok"});
  rows.push_back({"add_nodes", asks(488).u32(1).id(85).id(35).raw("00 00").qualified(1, "New").u32(1).nothing().id(58),
                  answers(491).u32(1).u32(0).name(1, "n1").none(), action::configure, "parent/i=85", "1:New", "node_classes=1"});
  rows.push_back({"delete_nodes", asks(500).u32(1).name(1, "n1").u8(1), answers(503).u32(1).u32(0x80340000).none(), action::configure,
                  "node/ns=1;s=n1", "", "statuses=BadNodeIdUnknown"});
  rows.push_back({"add_references", asks(494).u32(1).name(1, "a").id(35).u8(1).none().name(1, "b").u32(1),
                  answers(497).u32(1).u32(0).none(), action::configure, "node/ns=1;s=a", "ns=1;s=b", ""});
  rows.push_back({"delete_references", asks(506).u32(1).name(1, "a").id(35).u8(1).name(1, "b").u8(1), answers(509).u32(1).u32(0).none(),
                  action::configure, "node/ns=1;s=a", "ns=1;s=b", ""});
  rows.push_back({"history_read", asks(664).extension(649, {0}).u32(0).u8(0).u32(1).name(2, "Hot").none().u16(0).none().none(),
                  answers(667).u32(1).u32(0).none().extension(658, body{}.u32(2).raw("01 06 01 00 00 00 01 06 02 00 00 00").data).none(),
                  action::read, "history/ns=2;s=Hot", "1|2", "details=raw"});
  rows.push_back({"history_update", asks(700).u32(1).extension(682, body{}.name(2, "Hot").u32(1).u32(1).raw("01 06 09 00 00 00").data),
                  answers(703).u32(1).u32(0).u32(1).u32(0).none().none(), action::write, "history/ns=2;s=Hot", "9", "details=update_data"});
  rows.push_back(
      {"register_nodes", asks(560).u32(1).name(2, "Hot"), answers(563).u32(1).id(7), action::session, "node/ns=2;s=Hot", "", ""});
  rows.push_back({"create_subscription", asks(787).real(500).u32(10).u32(5).u32(0).u8(1).u8(0),
                  answers(790).u32(3).real(1000).u32(10).u32(5), action::subscribe, "", "",
                  "publishing_interval=500 subscription=3 revised_interval=1000"});
  rows.push_back({"set_publishing_mode", asks(799).u8(1).u32(2).u32(3).u32(4), answers(802).u32(2).u32(0).u32(0).none(), action::subscribe,
                  "", "", "enabled=true subscriptions=3,4"});
  rows.push_back({"transfer_subscriptions", asks(841).u32(1).u32(3).u8(0), answers(844).u32(1).u32(0x80280000).none().none(),
                  action::subscribe, "", "", "subscriptions=3 statuses=BadSubscriptionIdInvalid"});
  rows.push_back({"set_triggering", asks(775).u32(3).u32(9).none().none(), answers(778).none().none().none().none(), action::subscribe, "",
                  "", "subscription=3 triggering_item=9"});
  rows.push_back({"close_session", asks(473).u8(1), answers(476), action::session, "", "", "delete_subscriptions=true"});
  rows.push_back({"cancel", asks(479).u32(3), answers(482).u32(1), action::session, "", "", ""});
  rows.push_back({"query_first", asks(615).raw("00 00"), answers(618), action::identify, "", "", ""});
  return rows;
}

TEST(opcua, each_service_is_one_operation) {
  for (const auto& row : services()) {
    SCOPED_TRACE(row.name);
    talk t;
    t.both(row.request, row.response);
    const auto& op = only(t.out);
    EXPECT_EQ(op.function_name, row.name);
    EXPECT_EQ(op.function, std::to_string(row.request.data[2] | row.request.data[3] << 8));
    EXPECT_EQ(to_string(op.action), to_string(row.what));
    EXPECT_EQ(op.unit, "");
    EXPECT_EQ(text(op.objects), row.objects);
    EXPECT_EQ(text(op.values), row.values);
    EXPECT_EQ(op.outcome, outcome::ok);
    EXPECT_EQ(op.latency, std::chrono::milliseconds{1});
    EXPECT_EQ(rules(t.out), "");
    for (std::size_t at = 0; at < row.fields.size();) {
      const auto end = std::min(row.fields.find(' ', at), row.fields.size());
      const auto one = row.fields.substr(at, end - at);
      EXPECT_EQ(field_of(op, one.substr(0, one.find('='))), one.substr(one.find('=') + 1)) << one;
      at = end + 1;
    }
    EXPECT_EQ(t.out.counts.at("opcua/service/" + op.function), 1u);
    EXPECT_EQ(t.out.counts.at("opcua/message/MSG"), 2u);
  }
}

TEST(opcua, added_nodes_are_returned) {
  for (const auto& row : services())
    if (row.name == "add_nodes") {
      talk t;
      t.both(row.request, row.response);
      EXPECT_EQ(text(only(t.out).returned), "node/ns=1;s=n1");
    }
}

TEST(opcua, faults_and_bad_results_are_refusals) {
  for (const auto& bad : {response(397, 0x80250000), response(634, 0x80250000)}) {
    talk t;
    t.ask(request(631).real(0).u32(0).u32(1).id(2258).u32(13).none().u16(0).none());
    t.answer(bad);
    EXPECT_EQ(only(t.out).outcome, outcome::refused);
    EXPECT_EQ(only(t.out).code, std::to_string(0x80250000));
    EXPECT_EQ(field_of(only(t.out), "status"), "BadSessionIdInvalid");
    EXPECT_EQ(only(t.out).values.size(), 0u);
  }
}

TEST(opcua, unpaired_late_and_wrong_answers) {
  talk alone;
  alone.answer(response(634).u32(1).u8(1).raw("06 05 00 00 00").none());
  EXPECT_EQ(only(alone.out).outcome, outcome::unpaired);
  EXPECT_EQ(text(only(alone.out).values), "5");
  EXPECT_EQ(alone.out.askers[0], client);
  talk late;
  late.ask(request(473).u8(1));
  late.wait(std::chrono::seconds{30});
  EXPECT_TRUE(late.out.operations.empty());
  late.wait(std::chrono::seconds{31});
  EXPECT_EQ(only(late.out).outcome, outcome::timeout);
  talk wrong;
  wrong.both(request(473).u8(1), response(676).u32(1).u32(0).none());
  EXPECT_EQ(rules(wrong.out), "mismatch");
  EXPECT_EQ(wrong.out.operations.size(), 1u);
  talk twice;
  twice.say(client, said(request(473).u8(1), 1, 9)), twice.say(client, said(request(473).u8(1), 2, 9));
  EXPECT_EQ(rules(twice.out), "request_id");
  talk publishing;
  publishing.ask(request(826).none());
  publishing.wait(std::chrono::minutes{30});
  EXPECT_TRUE(publishing.out.operations.empty());
  publishing.end();
  EXPECT_EQ(only(publishing.out).outcome, outcome::timeout);
}

// ---- subscriptions
body item(std::string_view node, std::uint32_t handle) {
  return body{}.name(2, node).u32(13).none().u16(0).none().u32(2).u32(handle).real(250).nothing().u32(1).u8(1);
}
body created(std::uint32_t status, std::uint32_t id) { return body{}.u32(status).u32(id).real(250).u32(1).nothing(); }
body changes(const std::vector<std::pair<std::uint32_t, std::uint32_t>>& handles_and_values) {
  body b;
  b.u32(static_cast<std::uint32_t>(handles_and_values.size()));
  for (const auto& [handle, value] : handles_and_values) b.u32(handle).u8(1).u8(7).u32(value);
  return b.none();
}
body notification(std::uint32_t subscription, const body& inside, unsigned type = 811) {
  return response(829).u32(subscription).none().u8(0).u32(1).time(0).u32(1).extension(type, inside.data).none().none();
}

TEST(opcua, notifications_name_what_is_watched) {
  talk t;
  t.both(request(751).u32(3).u32(2).u32(3).raw(item("Hot", 1).data).raw(item("Cold", 2).data).raw(item("Gone", 3).data),
         response(754).u32(3).raw(created(0, 11).data).raw(created(0, 12).data).raw(created(0x80340000, 0).data).none());
  EXPECT_EQ(text(t.out.operations[0].objects), "13/ns=2;s=Hot 13/ns=2;s=Cold 13/ns=2;s=Gone");
  EXPECT_EQ(field_of(t.out.operations[0], "statuses"), "Good,Good,BadNodeIdUnknown");
  const auto reported = [&](const body& inside, unsigned type = 811, std::uint32_t subscription = 3) {
    t.both(request(826).none(), notification(subscription, inside, type));
    const auto& op = t.out.operations.back();
    EXPECT_EQ(op.function, "826");
    EXPECT_EQ(op.action, action::report);
    return text(op.objects) + " = " + text(op.values);
  };
  EXPECT_EQ(reported(changes({{2, 70}, {1, 80}})), "13/ns=2;s=Cold 13/ns=2;s=Hot = 70|80");
  EXPECT_EQ(reported(changes({{1, 80}, {9, 90}})), " = 80|90");
  EXPECT_EQ(field_of(t.out.operations.back(), "handles"), "1,9");
  EXPECT_EQ(reported(changes({{1, 80}}), 811, 4), " = 80");
  EXPECT_EQ(reported(body{}.u32(1).u32(1).u32(2).raw("07 05 00 00 00 0c 02 00 00 00 6f 6b"), 916), "13/ns=2;s=Hot = 5|ok");
  EXPECT_EQ(field_of(t.out.operations.back(), "events"), "1");
  reported(body{}.u32(0x800a0000).u8(0), 820);
  EXPECT_EQ(field_of(t.out.operations.back(), "subscription_status"), "BadTimeout");
  // a modified handle, a deleted item, a notification asked for again, a deleted subscription
  t.both(request(763).u32(3).u32(2).u32(1).u32(11).u32(21).real(250).nothing().u32(1).u8(1),
         response(766).u32(1).u32(0).real(250).u32(1).nothing().none());
  EXPECT_EQ(reported(changes({{21, 81}})), "13/ns=2;s=Hot = 81");
  t.both(request(781).u32(3).u32(1).u32(12), response(784).u32(1).u32(0).none());
  EXPECT_EQ(reported(changes({{2, 70}})), " = 70");
  t.both(request(832).u32(3).u32(1), response(835).u32(1).time(0).u32(1).extension(811, changes({{21, 82}}).data));
  EXPECT_EQ(text(t.out.operations.back().objects), "13/ns=2;s=Hot");
  t.both(request(847).u32(1).u32(3), response(850).u32(1).u32(0).none());
  EXPECT_EQ(reported(changes({{21, 81}})), " = 81");
  EXPECT_EQ(rules(t.out), "");
}

TEST(opcua, watched_items_are_bounded) {
  talk t;
  for (std::uint32_t n = 0; n < 4100; ++n)
    t.both(request(751).u32(3).u32(2).u32(1).raw(item("Hot", n).data), response(754).u32(1).raw(created(0, n).data).none());
  EXPECT_EQ(t.out.counts.at("opcua/forgotten/node"), 4u);
  t.both(request(826).none(), notification(3, changes({{3, 1}})));
  EXPECT_EQ(text(t.out.operations.back().objects), "");
  t.both(request(826).none(), notification(3, changes({{4, 1}})));
  EXPECT_EQ(text(t.out.operations.back().objects), "13/ns=2;s=Hot");
}

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
  std::vector<std::pair<side, octets>> all{
      {client, hello()},
      {server, acknowledge()},
      {client, open(0, request(446).u32(0).u32(0).u32(1).none().u32(60000), 1, 1, none_policy, certificate)},
      {server, open(5, response(449).u32(0).u32(5).u32(1).time(0).u32(30000).none())}};
  every_prefix("opcua", all);
  for (const auto& row : services()) every_prefix("opcua", {{client, said(row.request, 1, 1)}, {server, said(row.response, 1, 1)}});
  every_prefix("opcua", {{client, said(request(428).none().none().none(), 1, 1)},
                         {server, said(response(431).u32(1).raw(endpoint("None", 1, 0).data), 1, 1)}});
  every_prefix("opcua", {{client, said(request(826).none(), 1, 1)}, {server, said(notification(3, changes({{1, 2}})), 1, 1)}});
  for (const auto& row : variants)
    every_prefix("opcua", {{client, said(request(673).u32(1).name(1, "x").u32(13).none().u8(1).raw(row.variant), 1, 1)}});
}

}  // namespace
}  // namespace mw::test
