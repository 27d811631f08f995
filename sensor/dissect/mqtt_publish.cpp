// Publishing on MQTT: topics and their aliases, the three qualities of service, payloads.
#include "sensor/dissect/mqtt_session.hpp"
#include "sensor/dissect/mqtt_text.hpp"

#include <algorithm>

namespace mw::mqtt {
namespace {

constexpr std::size_t most_aliases = 256, most_topics = 512;
constexpr std::uint8_t retain = 1, duplicate = 8;
std::uint64_t qos_of(std::uint8_t flags) { return flags >> 1 & 3; }

}  // namespace

/// The topic's name, which version 5 may give as a number that an earlier message explained.
std::string connection::resolve(bytes name, const properties& p, side from, std::string_view& wrong) {
  const auto text = text_of(name);
  if (!p.topic_alias) {
    if (!valid_topic(name)) wrong = "a topic that is empty or has wildcards";
    return text;
  }
  const std::pair number{from, *p.topic_alias};
  const auto at = std::ranges::find(aliases_, number, &std::pair<std::pair<side, std::uint16_t>, std::string>::first);
  if (*p.topic_alias == 0) wrong = "topic alias 0";
  if (!name.empty()) {
    if (!valid_topic(name)) wrong = "a topic that has wildcards";
    if (at != aliases_.end())
      at->second = text;
    else
      aliases_.emplace_back(number, text);
    return text;
  }
  if (at != aliases_.end()) return at->second;
  if (whole_ && aliases_.size() < most_aliases) wrong = "a topic alias that nothing has explained";
  return "alias:" + std::to_string(*p.topic_alias);
}

void connection::on_publish(reader& in, std::uint8_t flags, const message& m, output& out) {
  bool sound = true;
  const auto name = read_string(in, sound);
  const auto qos = qos_of(flags);
  const std::uint16_t id = qos != 0 ? in.u16() : std::uint16_t{0};
  if (!in.ok()) return wrong(m, "length", "something is missing in a publish", out);
  properties p;
  if (five(in, publish, 0)) p = read_properties(in, publish);
  if (!in.ok()) return wrong(m, "length", "something is missing in a publish", out);
  std::string_view bad;
  const auto topic = resolve(name, p, m.from, bad);
  while (aliases_.size() > most_aliases) {
    out.count("mqtt", "forgotten", "topic_alias");
    aliases_.pop_front();
  }
  if (!sound) bad = "a topic that is not UTF-8 or has control characters";
  if (!bad.empty()) wrong(m, "topic", bad, out);
  if (qos != 0 && id == 0) wrong(m, "packet_id", "packet identifier 0", out);
  if (qos == 0 && (flags & duplicate) != 0) wrong(m, "duplicate", "a duplicate of QoS 0", out);
  if (auto* open = qos != 0 ? pending_.find({m.from, publish, id}) : nullptr; open != nullptr && (flags & duplicate) != 0) {
    out.count("mqtt", "repeated", "publish");
    open->op.fields.emplace_back("repeated", true);
    if (open->op.fields.size() > 32) open->op.fields.pop_back();
    return;
  }
  const auto payload = in.rest();
  auto op = start(publish, m, action::report);
  op.fields.emplace_back("qos", qos);
  op.fields.emplace_back("retain", (flags & retain) != 0);
  if ((flags & duplicate) != 0) op.fields.emplace_back("duplicate", true);
  op.fields.emplace_back("size", std::uint64_t{payload.size()});
  take(op, std::move(p), m, out);
  op.objects.push_back(topic_object(topic));
  publish_sparkplug(topic, payload, flags, m, op, out);
  tell_topic(topic, m, out);
  if (qos == 0) {
    op.outcome = outcome::none;
    out.emit(std::move(op), m.from);
  } else {
    pending_.add({m.from, publish, id}, std::move(op), out, m.from);
  }
}

void connection::publish_sparkplug(const std::string& topic, bytes payload, std::uint8_t flags, const message& m, operation& op,
                                   output& out) {
  bool bad = false;
  const auto where = sparkplug::read_topic(topic, bad);
  if (bad) wrong(m, "sparkplug_topic", "a topic of the Sparkplug namespace that is not formed as it must be", out);
  if (where) {
    op.fields.emplace_back("topic", topic);
    const bool complete = (client_ && *client_ == m.from) || subscribed_widely_;
    sparkplug_.on_publish({.where = *where,
                           .data = payload,
                           .from = m.from,
                           .time = m.time,
                           .repeated = (flags & duplicate) != 0,
                           .retained = (flags & retain) != 0,
                           .complete = complete},
                          op, out);
  }
  if (op.objects.empty()) op.objects.push_back(topic_object(topic));
  if (op.objects.front().space == "topic" && (!where || where->is == sparkplug::kind::state)) op.values.emplace_back(payload_text(payload));
}

/// The tree of topics, each with the time when it was first seen: the first ones of a connection.
void connection::tell_topic(const std::string& topic, const message& m, output& out) {
  const auto hash = std::hash<std::string_view>{}(topic);
  if (topics_.contains(hash)) return;
  if (topics_.size() >= most_topics) return out.count("mqtt", "forgotten", "topic");
  topics_.insert(hash);
  out.learn(m.from, from_client(m) ? id_ : std::string{}, "topic", topic, 60);
}

void connection::conclude(requests::request&& r, std::uint8_t code, std::string_view name, const message& m, output& out) {
  r.op.code = std::to_string(code);
  if (code != 0) r.op.fields.emplace_back("reason", std::string{name});
  answer(r, m.time, code < refusal ? outcome::ok : outcome::refused, out);
}

/// PUBACK, PUBREC, PUBREL and PUBCOMP.
void connection::on_publish_answer(std::uint8_t type, reader& in, const message& m, output& out) {
  const auto id = in.u16();
  if (!in.ok()) return wrong(m, "length", std::string{"something is missing in a "} + std::string{name_of(type)}, out);
  if (level_ == 0 && in.left() != 0) level_ = 5, guessed_ = true;
  const std::uint8_t code = level_ == 5 && in.left() != 0 ? in.u8() : std::uint8_t{0};
  properties p;
  if (level_ == 5 && in.left() != 0) p = read_properties(in, type);
  (void)wrong_tail(in, type, m, out);
  if (id == 0) wrong(m, "packet_id", "packet identifier 0", out);
  const auto name = reason_name(type, code);
  if (name == "unknown") wrong(m, "reason_code", "a reason code that is not assigned", out);
  const auto publisher = type == pubrel ? m.from : other(m.from);
  auto* open = pending_.find({publisher, publish, id});
  if (open != nullptr) take(open->op, std::move(p), m, out);
  if (type == pubrel) {
    if (open == nullptr && whole_) wrong(m, "unpaired_request", "PUBREL releases nothing that was seen", out);
    if (open != nullptr && !open->extra.received && whole_) wrong(m, "order", "PUBREL before PUBREC", out);
    return;
  }
  if (open == nullptr) {
    if (type != pubrec) unpaired(type, id, m, out);
    return;
  }
  const bool second =
      std::ranges::any_of(open->op.fields, [](const field& f) { return f.first == "qos" && f.second == value{std::uint64_t{2}}; });
  if (second != (type != puback)) wrong(m, "order", "an acknowledgement of another quality of service", out);
  if (type == pubrec && code < refusal) {
    open->extra.received = true;
    return;
  }
  if (type == pubcomp && !open->extra.received && whole_) wrong(m, "order", "PUBCOMP before PUBREC", out);
  if (auto r = pending_.take({publisher, publish, id})) conclude(std::move(*r), code, name, m, out);
}

}  // namespace mw::mqtt
