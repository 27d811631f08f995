// OPC UA binary: the built-in types and what each service says, written by hand from OPC 10000-4 and -6.
#include "tests/dissect/opcua_harness.hpp"

#include <gtest/gtest.h>

namespace mw::test {
namespace {

using namespace opcua;

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

// ---- hostile input
TEST(opcua, what_a_message_says_without_end_is_cut) {
  constexpr std::uint32_t many = 3000;
  const auto list = [](body head, const body& one) { return head.u32(many).raw(repeated(many, one.data)); };
  const auto report = [&](unsigned type, const octets& inside) {
    return list(response(829).u32(3).none().u8(0).u32(1).time(0), body{}.extension(type, inside)).none().none();
  };
  const struct {
    std::string name;
    body request, response;
  } rows[] = {
      {"index_ranges", list(request(631).real(0).u32(0), body{}.name(1, "x").u32(13).text("0:2").u16(0).none()), response(634).none()},
      {"status_changes", request(826).none(), report(820, hex("00 00 0a 80"))},
      {"cut_changes", request(826).none(), report(811, hex("01 00 00 00"))},
      {"nodes", list(request(488), body{}.id(85).id(35).raw("00 00").qualified(1, "New").u32(1).nothing().id(58)), response(491).none()},
      {"references", list(request(494), body{}.id(1).id(35).u8(1).none().id(2).u32(1)), response(497).none()},
      {"path", list(request(554).u32(1).id(85), body{}.id(33).raw("00 01").qualified(2, "Press")), response(557).none()},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    talk t;
    for (const auto from : {client, server}) {
      const auto& whole = (from == client ? row.request : row.response).data;
      auto& sequence = t.sent[from == client ? 0 : 1];
      t.say(from, said(body{whole}, ++sequence, 99));
    }
    const auto& op = only(t.out);
    EXPECT_LE(op.fields.size(), 80u);
    EXPECT_LE(op.values.size(), 2048u);
    EXPECT_LE(t.out.violations.size(), 2u);
    for (const auto& o : op.objects) EXPECT_LT(o.address.size(), 2048u);
  }
}

TEST(opcua, services_survive_every_prefix_and_every_flip) {
  for (const auto& row : services()) every_prefix("opcua", {{client, said(row.request, 1, 1)}, {server, said(row.response, 1, 1)}});
  every_prefix("opcua", {{client, said(request(826).none(), 1, 1)}, {server, said(notification(3, changes({{1, 2}})), 1, 1)}});
  for (const auto& row : variants)
    every_prefix("opcua", {{client, said(request(673).u32(1).name(1, "x").u32(13).none().u8(1).raw(row.variant), 1, 1)}});
}

}  // namespace
}  // namespace mw::test
