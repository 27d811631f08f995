// Sparkplug B on MQTT: metrics by name and number, births and deaths, sequence numbers, commands.
#include "tests/dissect/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace mw::test {
namespace {

octets number(std::uint64_t n) {
  octets out;
  do out.push_back(static_cast<std::uint8_t>((n & 0x7f) | (n > 0x7f ? 0x80 : 0))), n >>= 7;
  while (n != 0);
  return out;
}
octets counted(unsigned field, std::uint64_t n) { return number(field << 3) + number(n); }
octets part(unsigned field, const octets& inside) { return number(field << 3 | 2) + number(inside.size()) + inside; }
octets words(unsigned field, std::string_view s) { return part(field, {s.begin(), s.end()}); }

octets topic(std::string_view s) { return word(s.size()) + chars(s); }
octets publication(std::string_view to, const octets& payload, std::uint8_t first = 0x30) {
  const auto body = topic(to) + payload;
  return octets{first} + number(body.size()) + body;
}
octets metric(std::string_view name, unsigned type, const octets& value) { return part(2, words(1, name) + counted(4, type) + value); }
octets sequence(std::uint64_t n) { return counted(3, n); }
const octets at_noon = counted(1, 1'700'000'000'000);

std::string brief(const operation& op) {
  std::string out = op.function_name;
  for (std::size_t i = 0; i < op.objects.size(); ++i)
    out += " " + op.objects[i].address + "=" + (i < op.values.size() ? to_string(op.values[i]) : "-");
  return out;
}
std::string text_of(const operation& op, std::string_view name) {
  const auto at = std::ranges::find(op.fields, name, &field::first);
  return at == op.fields.end() ? "-" : to_string(at->second);
}

struct node : conversation {
  node() : conversation{"mqtt"} {
    // the will is the death with number 3
    const auto death = part(2, words(1, "bdSeq") + counted(4, 8) + counted(11, 3));
    auto body = hex("0004 4d515454 04 06 003c") + topic("edge") + topic("spBv1.0/plant/NDEATH/edge");
    body = body + octets{0, static_cast<std::uint8_t>(death.size())} + death;
    say(side::client, octets{0x10} + number(body.size()) + body);
    say(side::server, hex("20 02 00 00"));
    out = {};
  }
  const operation& up(std::string_view to, const octets& payload) { return send(side::client, to, payload); }
  const operation& down(std::string_view to, const octets& payload) { return send(side::server, to, payload); }
  const operation& send(side from, std::string_view to, const octets& payload) {
    out.operations.clear();
    say(from, publication(to, payload));
    static const operation none;
    EXPECT_EQ(out.operations.size(), 1u);
    return out.operations.empty() ? none : out.operations[0];
  }
  void born(const octets& metrics = {}) {
    up("spBv1.0/plant/NBIRTH/edge", at_noon + metric("bdSeq", 8, counted(11, 3)) + metrics + sequence(0));
  }
  std::string rules() const {
    std::string text;
    for (const auto& v : out.violations) text += (text.empty() ? "" : " ") + v.rule;
    return text;
  }
};

TEST(sparkplug, values_by_type) {
  const struct {
    const char* name;
    octets metric;
    std::string expected;
  } rows[] = {
      {"int8", metric("a", 1, counted(10, 0xfffffffb)), "-5"},
      {"int16", metric("a", 2, counted(10, 0xfffffc18)), "-1000"},
      {"int32", metric("a", 3, counted(10, 0xffffffff)), "-1"},
      {"int64", metric("a", 4, counted(11, 0xffffffffffffffff)), "-1"},
      {"uint8", metric("a", 5, counted(10, 200)), "200"},
      {"uint32", metric("a", 7, counted(10, 4294967291)), "4294967291"},
      {"uint64", metric("a", 8, counted(11, 0xffffffffffffffff)), "18446744073709551615"},
      {"float", metric("a", 9, hex("65 0000c03f")), "1.5"},
      {"double", metric("a", 10, hex("69 000000000000f8bf")), "-1.5"},
      {"boolean", metric("a", 11, counted(14, 1)), "true"},
      {"string", metric("a", 12, words(15, "on")), "on"},
      {"date", metric("a", 13, counted(11, 1'500)), "1.5"},
      {"bytes", metric("a", 17, part(16, hex("0102"))), "0x0102"},
      {"dataset", metric("a", 16, part(17, hex("0801"))), "0x0801"},
      {"nothing", metric("a", 7, counted(7, 1)), ""},
      {"no_value", metric("a", 7, {}), ""},
      {"type_99", metric("a", 99, counted(10, 5)), "5"},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    node n;
    const auto& op = n.up("spBv1.0/plant/NDATA/edge", at_noon + r.metric + sequence(1));
    EXPECT_EQ(brief(op), "ndata plant/edge/a=" + (r.expected.empty() ? to_string(value{}) : r.expected));
    EXPECT_EQ(op.objects.at(0).space, "sparkplug");
    EXPECT_EQ(op.action, action::report);
    EXPECT_EQ(n.rules(), "");
  }
}

TEST(sparkplug, templates_are_flattened) {
  node n;
  const auto member = metric("speed", 7, counted(10, 9));
  const auto& op = n.up("spBv1.0/plant/DDATA/edge/m1", metric("motor", 19, part(18, words(1, "v1") + member + member)) + sequence(1));
  EXPECT_EQ(brief(op), "ddata plant/edge/m1/motor/speed=9 plant/edge/m1/motor/speed=9");
}

TEST(sparkplug, a_birth_names_what_later_has_numbers) {
  node n;
  n.born(part(2, words(1, "Level") + counted(2, 7) + counted(4, 3) + counted(10, 5)) + metric("Flow", 2, counted(10, 1)));
  EXPECT_EQ(brief(n.out.operations[0]), "nbirth plant/edge/bdSeq=3 plant/edge/Level=5 plant/edge/Flow=1");
  EXPECT_EQ(text_of(n.out.operations[0], "bd_seq"), "3");
  EXPECT_EQ(text_of(n.out.operations[0], "sequence"), "0");
  EXPECT_EQ(text_of(n.out.operations[0], "topic"), "spBv1.0/plant/NBIRTH/edge");
  const auto& by_number = n.up("spBv1.0/plant/NDATA/edge", part(2, counted(2, 7) + counted(10, 0xfffffffe)) + sequence(1));
  EXPECT_EQ(brief(by_number), "ndata plant/edge/Level=-2");
  const auto& by_name = n.up("spBv1.0/plant/NDATA/edge", part(2, words(1, "Flow") + counted(10, 0xfffffffe)) + sequence(2));
  EXPECT_EQ(brief(by_name), "ndata plant/edge/Flow=-2");
  const auto& command = n.down("spBv1.0/plant/NCMD/edge", part(2, counted(2, 7) + counted(10, 4)));
  EXPECT_EQ(brief(command), "ncmd plant/edge/Level=4");
  EXPECT_EQ(command.action, action::control);
  EXPECT_EQ(n.rules(), "");
  const auto& unknown = n.up("spBv1.0/plant/NDATA/edge", part(2, counted(2, 8) + counted(10, 4)) + sequence(3));
  EXPECT_EQ(brief(unknown), "ndata plant/edge/alias:8=4");
  EXPECT_EQ(n.rules(), "sparkplug_alias");
}

TEST(sparkplug, commands_that_mean_more) {
  node n;
  const auto& rebirth = n.down("spBv1.0/plant/NCMD/edge", metric("Node Control/Rebirth", 11, counted(14, 1)));
  EXPECT_EQ(text_of(rebirth, "rebirth_request"), "true");
  EXPECT_EQ(rebirth.action, action::control);
  EXPECT_EQ(n.down("spBv1.0/plant/NCMD/edge", metric("Node Control/Reboot", 11, counted(14, 1))).action, action::restart);
  const auto& device = n.down("spBv1.0/plant/DCMD/edge/m1", metric("Valve", 11, counted(14, 0)));
  EXPECT_EQ(brief(device), "dcmd plant/edge/m1/Valve=false");
  EXPECT_EQ(device.action, action::control);
  EXPECT_EQ(text_of(device, "device"), "m1");
}

TEST(sparkplug, births_say_what_a_machine_is) {
  node n;
  n.born(metric("Properties/Hardware Make", 12, words(15, "Acme")) + metric("Pump/Model", 12, words(15, "x")) +
         metric("Node Info/Serial Number", 12, words(15, "S1")));
  n.up("spBv1.0/plant/DBIRTH/edge/m1", sequence(1));
  n.born(metric("Properties/Hardware Make", 12, words(15, "Acme")));
  std::string all;
  for (const auto& f : n.out.facts)
    if (f.kind != "topic") all += f.kind + " " + f.unit + "=" + f.value + ";";
  EXPECT_EQ(all, "role plant/edge=sparkplug_edge_node;vendor plant/edge=Acme;serial plant/edge=S1;role plant/edge/m1=sparkplug_device;");
}

TEST(sparkplug, sequence_numbers) {
  const auto data = [](node& n, std::uint64_t at) { n.up("spBv1.0/plant/NDATA/edge", sequence(at)); };
  node n;
  n.born();
  data(n, 1);
  EXPECT_EQ(n.rules(), "");
  data(n, 3);
  EXPECT_EQ(n.rules(), "sparkplug_sequence");
  n.up("spBv1.0/plant/DDATA/edge/m1", sequence(4));  // a device counts with its node
  data(n, 255 + 1);
  EXPECT_EQ(n.rules(), "sparkplug_sequence sparkplug_sequence");
  node around;
  data(around, 255);
  data(around, 0);
  EXPECT_EQ(around.rules(), "");
  node lost;
  data(lost, 5);
  lost.gap(side::client);
  data(lost, 9);
  EXPECT_EQ(lost.rules(), "");
  node without;
  without.up("spBv1.0/plant/NDATA/edge", at_noon);
  EXPECT_EQ(without.rules(), "sparkplug_sequence");
  node host;  // it asked for a part only: what it does not get is not missing
  host.down("spBv1.0/plant/NDATA/other", sequence(5));
  host.down("spBv1.0/plant/NDATA/other", sequence(9));
  EXPECT_EQ(host.rules(), "");
  const auto filter = topic("spBv1.0/#");
  host.say(side::client, octets{0x82, static_cast<std::uint8_t>(filter.size() + 3), 0, 1} + filter + octets{0});
  host.down("spBv1.0/plant/NDATA/other", sequence(11));
  EXPECT_EQ(host.rules(), "sparkplug_sequence");
}

TEST(sparkplug, births_and_deaths) {
  node n;
  n.born();
  n.up("spBv1.0/plant/NDEATH/edge", metric("bdSeq", 8, counted(11, 3)));
  EXPECT_EQ(n.rules(), "");
  n.up("spBv1.0/plant/NDATA/edge", sequence(7));
  n.up("spBv1.0/plant/NDATA/edge", sequence(8));
  EXPECT_EQ(n.rules(), "sparkplug_no_birth");
  node other_birth;
  other_birth.up("spBv1.0/plant/NBIRTH/edge", metric("bdSeq", 8, counted(11, 4)) + sequence(0));
  EXPECT_EQ(other_birth.rules(), "sparkplug_bd_seq");
  node other_death;
  other_death.born();
  other_death.up("spBv1.0/plant/NDEATH/edge", metric("bdSeq", 8, counted(11, 2)));
  EXPECT_EQ(other_death.rules(), "sparkplug_bd_seq");
}

TEST(sparkplug, topics) {
  const struct {
    const char *name, *topic, *function, *rules;
  } rows[] = {
      {"device", "spBv1.0/g/DDATA/n/d", "ddata", ""},
      {"device_missing", "spBv1.0/g/DDATA/n", "publish", "sparkplug_topic"},
      {"device_too_many", "spBv1.0/g/NDATA/n/d", "publish", "sparkplug_topic"},
      {"unknown_word", "spBv1.0/g/XDATA/n", "publish", "sparkplug_topic"},
      {"no_group", "spBv1.0//NDATA/n", "publish", "sparkplug_topic"},
      {"too_deep", "spBv1.0/g/DDATA/n/d/e", "publish", "sparkplug_topic"},
      {"other_namespace", "spAv1.0/g/NDATA/n", "publish", ""},
      {"state", "spBv1.0/STATE/scada", "state", ""},
      {"old_state", "STATE/scada", "state", ""},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    node n;
    EXPECT_EQ(n.up(r.topic, sequence(1)).function_name, r.function);
    EXPECT_EQ(n.rules(), r.rules);
  }
  node n;
  const auto& state = n.up("spBv1.0/STATE/scada", {'{', '}'});
  EXPECT_EQ(brief(state), "state spBv1.0/STATE/scada={}");
  EXPECT_EQ(text_of(state, "host_application"), "scada");
}

TEST(sparkplug, malformed_payloads) {
  const struct {
    const char* name;
    octets payload;
  } rows[] = {
      {"cut", hex("12 05 0a")},
      {"field_0", hex("00 01")},
      {"group", hex("0b 0c")},
      {"endless_number", hex("18 ff ff ff ff ff ff ff ff ff ff 01")},
      {"longer_than_all", hex("12 ff ff ff ff ff ff ff ff 7f")},
      {"text", {'o', 'n'}},
  };
  for (const auto& r : rows) {
    SCOPED_TRACE(r.name);
    node n;
    n.up("spBv1.0/g/NDATA/n", r.payload);
    EXPECT_EQ(n.rules(), "sparkplug_payload");
  }
  node n;
  const auto& op = n.up("spBv1.0/g/NDATA/n", part(2, hex("0a 05 41")) + metric("b", 7, counted(10, 1)) + sequence(1));
  EXPECT_EQ(brief(op), "ndata g/n/b=1");
  EXPECT_EQ(n.rules(), "sparkplug_payload");
}

TEST(sparkplug, tables_are_bounded) {
  node n;
  for (int i = 0; i < 70; ++i) n.up("spBv1.0/g/NDATA/n" + std::to_string(i), sequence(1));
  EXPECT_EQ(n.out.counts.at("mqtt/forgotten/sparkplug_node"), 7u);  // the will names one, too
  octets many;
  for (unsigned i = 0; i < 9000; ++i) many = many + part(2, words(1, "m") + counted(2, i));
  const auto& op = n.up("spBv1.0/g/NBIRTH/big", many + sequence(0));
  EXPECT_EQ(op.objects.size(), 512u);
  EXPECT_EQ(text_of(op, "metrics"), "9000");
  EXPECT_EQ(n.out.counts.at("mqtt/forgotten/sparkplug_definition"), 9000u - 8192u);
  n.up("spBv1.0/g/NDATA/big", part(2, counted(2, 8999)) + sequence(1));  // forgotten, not wrong
  EXPECT_EQ(n.rules(), "");
  n.up("spBv1.0/g/NBIRTH/next", part(2, words(1, "m") + counted(2, 1)) + sequence(0));
  EXPECT_EQ(n.out.counts.at("mqtt/forgotten/sparkplug_definitions"), 1u);
}

TEST(sparkplug, what_is_wrong_many_times_in_a_message_is_told_once) {
  node n;
  n.born();
  octets broken, unknown;
  for (unsigned i = 0; i < 500; ++i) broken = broken + part(2, hex("0a 05 41")), unknown = unknown + part(2, counted(2, i));
  n.up("spBv1.0/plant/NDATA/edge", broken + sequence(1));
  EXPECT_EQ(n.rules(), "sparkplug_payload");
  n.out.violations.clear();
  n.up("spBv1.0/plant/NDATA/edge", unknown + sequence(2));
  EXPECT_EQ(n.rules(), "sparkplug_alias");
}

TEST(sparkplug, a_message_of_very_many_metrics_is_read_in_part) {
  node n;
  octets many;
  many.reserve(100'000);
  const auto one = part(2, counted(2, 1));
  for (unsigned i = 0; i < 20'000; ++i) many.insert(many.end(), one.begin(), one.end());
  n.up("spBv1.0/g/NDATA/n", many + sequence(1));
  EXPECT_EQ(n.out.counts.at("mqtt/forgotten/sparkplug_metrics"), 1u);
}

TEST(sparkplug, survives_every_prefix) {
  every_prefix("mqtt", {{side::client,
                         publication("spBv1.0/g/NBIRTH/n", at_noon + part(2, words(1, "L") + counted(2, 7) + counted(4, 3)) +
                                                               metric("t", 19, part(18, metric("s", 7, counted(10, 9)))) + sequence(0))},
                        {side::client, publication("spBv1.0/g/NDATA/n", part(2, counted(2, 7) + counted(10, 5)) + sequence(1))},
                        {side::server, publication("spBv1.0/g/DCMD/n/d", metric("V", 11, counted(14, 1)))}});
}

}  // namespace
}  // namespace mw::test
