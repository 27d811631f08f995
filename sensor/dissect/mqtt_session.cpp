// One MQTT connection: packets become operations, requests find their acknowledgements.
#include "sensor/dissect/mqtt_session.hpp"

#include <algorithm>
#include <chrono>

namespace mw::mqtt {
namespace {

constexpr std::size_t most_filters = 256, most_fields = 64;
enum connect_flag : std::uint8_t { spare = 1, clean = 2, has_will = 4, will_retain = 0x20, has_password = 0x40, has_user = 0x80 };

bool asks(std::uint8_t type) { return type == connect || type == subscribe || type == unsubscribe || type == pingreq; }
bool answers(std::uint8_t type) { return type == connack || type == suback || type == unsuback || type == pingresp; }
std::string_view version_name(std::uint8_t level) {
  constexpr std::array<std::string_view, 6> names{"", "", "", "3.1", "3.1.1", "5.0"};
  return level < names.size() ? names.at(level) : "";
}
void append(std::string& list, std::uint64_t n) { (list += list.empty() ? "" : ",") += std::to_string(n); }

/// Filters under which all that a Sparkplug node says comes through.
bool is_wide(std::string_view filter) {
  return filter == "#" || filter == "spBv1.0/#" || filter == "+/#" ||
         (filter.starts_with("spBv1.0/") && filter.ends_with("/#") && std::ranges::count(filter, '/') == 2);
}

}  // namespace

void connection::wrong(const message& m, std::string_view rule, std::string_view detail, output& out) const {
  out.violate(m.from, rule, detail, id_);
}

verdict connection::on_message(const message& m, output& out) {
  const auto head = read_header(m.data);
  if (!head || !*head) {
    wrong(m, "length", "the packet has no whole fixed header", out);
    return verdict::taken;
  }
  const auto [type, flags, size, body] = **head;
  reader in{m.data};
  in.skip(size);
  out.count("mqtt", "message", type);
  if (in.left() != body) wrong(m, "length", "the remaining length is not that of the packet", out);
  if (type == reserved || (type == auth && level_ != 0 && level_ != 5)) {
    wrong(m, "packet_type", "a control packet type that is reserved", out);
    return verdict::taken;
  }
  if (!valid_flags(type, flags)) wrong(m, type == publish ? "qos" : "flags", "the flags are not those of the packet's type", out);
  check_sender(type, m, out);
  switch (type) {
    case connect: on_connect(in, m, out); break;
    case connack: on_connack(in, m, out); break;
    case publish: on_publish(in, flags, m, out); break;
    case subscribe:
    case unsubscribe: on_filters(type, in, m, out); break;
    case suback:
    case unsuback: on_granted(type, in, m, out); break;
    case pingreq:
    case pingresp: (void)wrong_tail(in, type, m, out); break;
    case disconnect:
    case auth: on_parting(type, in, m, out); break;
    default: on_publish_answer(type, in, m, out); break;
  }
  return verdict::taken;
}

void connection::on_gap(side from) {
  whole_ = false;
  last_ = {};
  std::erase_if(aliases_, [&](const auto& a) { return a.first.first == from; });
  sparkplug_.on_gap(from);
}

/// Some packets come from one side only; what is not known yet is learned from them.
void connection::check_sender(std::uint8_t type, const message& m, output& out) {
  if (asks(type) || answers(type)) {
    const auto client = asks(type) ? m.from : other(m.from);
    if (!client_ || type == connect)
      client_ = client;
    else if (*client_ != client)
      wrong(m, "direction", "a packet that only the other side may send", out);
  }
  if (!client_ || *client_ != m.from) return;
  // a client that is silent for one and a half times its keep alive is to be cut off (3.1.2.10)
  if (keep_alive_ != 0 && last_ != timestamp{} && m.time - last_ > std::chrono::milliseconds{1500} * keep_alive_)
    wrong(m, "keep_alive", "the client was silent for more than one and a half times its keep alive", out);
  last_ = m.time;
}

operation connection::start(std::uint8_t type, const message& m, action what) const {
  operation op;
  op.time = m.time;
  op.unit = id_;
  op.action = what;
  op.function = std::to_string(type);
  op.function_name = name_of(type);
  return op;
}

void connection::take(operation& op, properties&& p, const message& m, output& out) const {
  if (!p.wrong.empty()) wrong(m, "property", p.wrong, out);
  if (op.fields.size() < most_fields) std::ranges::move(p.fields, std::back_inserter(op.fields));  // acknowledgements may come without end
}

bool connection::wrong_tail(const reader& in, std::uint8_t type, const message& m, output& out) const {
  if (in.ok() && in.left() == 0) return false;
  wrong(m, "length",
        std::string{in.ok() ? "more than it can hold stands in a " : "something is missing in a "} + std::string{name_of(type)}, out);
  return true;
}

/// Whether a packet is of version 5. Where CONNECT was not seen, the shape of what follows decides, and is remembered.
bool connection::five(const reader& in, std::uint8_t packet, std::size_t least) {
  if (level_ != 0 && !(guessed_ && level_ == 5)) return level_ >= 5;
  auto copy = in;
  const auto p = read_properties(copy, packet);
  const bool fits = copy.ok() && p.wrong.empty() && copy.left() >= least;
  if (packet == suback && level_ == 0) return fits;  // two codes look like no properties and one code
  level_ = fits ? 5 : 4;
  guessed_ = true;
  return fits;
}

void connection::on_connect(reader& in, const message& m, output& out) {
  if (whole_) wrong(m, "second_connect", "a second CONNECT on one connection", out);
  const auto level = read_level(in);
  const auto flags = in.u8();
  const auto keep_alive = in.u16();
  if (!in.ok()) return wrong(m, "length", "something is missing in a connect", out);
  if (level == 0) wrong(m, "protocol_name", "the protocol's name and level are not those of a known version", out);
  level_ = level == 0 ? 4 : level;
  guessed_ = false, whole_ = true;
  auto op = start(connect, m, action::session);
  op.fields.emplace_back("version", std::string{level == 0 ? "unknown" : version_name(level)});
  op.fields.emplace_back("clean_session", (flags & clean) != 0);
  op.fields.emplace_back("keep_alive", std::uint64_t{keep_alive});
  if (level_ == 5) take(op, read_properties(in, connect), m, out);
  bool sound = true;
  id_ = text_of(read_string(in, sound));
  op.unit = id_;
  if ((flags & spare) != 0) wrong(m, "connect_flags", "the reserved flag of CONNECT is set", out);
  if ((flags & has_will) == 0 && (flags & 0x38) != 0) wrong(m, "connect_flags", "quality or retain of a will without a will", out);
  if ((flags >> 3 & 3) == 3) wrong(m, "qos", "the will has QoS 3", out);
  if (level_ < 5 && (flags & has_user) == 0 && (flags & has_password) != 0)
    wrong(m, "connect_flags", "a password without a user name", out);
  if (level_ == 4 && id_.empty() && (flags & clean) == 0) wrong(m, "client_id", "a lasting session without a client id", out);
  if ((flags & has_will) != 0) read_will(in, flags, m, op, out);
  const auto user = (flags & has_user) != 0 ? read_string(in, sound) : bytes{};
  if ((flags & has_password) != 0) in.skip(in.u16());  // is never shown
  if (!sound) wrong(m, "string", "a text is not UTF-8 or has control characters", out);
  if ((flags & has_user) != 0) op.fields.emplace_back("user_name", text_of(user));
  op.fields.emplace_back("password_given", (flags & has_password) != 0);
  const bool method = std::ranges::find(op.fields, "authentication_method", &field::first) != op.fields.end();
  op.fields.emplace_back("anonymous", (flags & (has_user | has_password)) == 0 && !method);
  (void)wrong_tail(in, connect, m, out);
  keep_alive_ = keep_alive;
  aliases_.clear();
  if (!id_.empty()) out.learn(m.from, {}, "client_id", id_, 80);
  out.learn(other(m.from), {}, "role", "mqtt_broker", 70);
  pending_.add({m.from, connect, 0}, std::move(op), out, m.from);
}

void connection::read_will(reader& in, std::uint8_t flags, const message& m, operation& op, output& out) {
  bool sound = true;
  if (level_ == 5) take(op, read_properties(in, will), m, out);
  const auto topic = read_string(in, sound);
  const auto payload = in.take(in.u16());
  if (!in.ok()) return;
  if (!sound || !valid_topic(topic)) wrong(m, "topic", "the will's topic is empty, has wildcards or is not UTF-8", out);
  const auto name = text_of(topic);
  op.fields.emplace_back("will_topic", name);
  op.fields.emplace_back("will_qos", std::uint64_t{flags} >> 3 & 3);
  op.fields.emplace_back("will_retain", (flags & will_retain) != 0);
  op.fields.emplace_back("will_size", std::uint64_t{payload.size()});
  bool bad = false;
  if (const auto where = sparkplug::read_topic(name, bad)) sparkplug_.on_will(*where, payload, m.from, out);
}

void connection::on_connack(reader& in, const message& m, output& out) {
  const auto flags = in.u8(), code = in.u8();
  if (!in.ok()) return wrong(m, "length", "something is missing in a connack", out);
  out.count("mqtt", "connack", code);
  if (level_ == 0) level_ = in.left() != 0 ? 5 : 4, guessed_ = true;
  properties p;
  if (level_ == 5 && in.left() != 0) p = read_properties(in, connack);
  (void)wrong_tail(in, connack, m, out);
  if (flags > 1) wrong(m, "flags", "reserved flags of CONNACK are set", out);
  if (flags == 1 && code != 0) wrong(m, "session_present", "a session is kept for a client that is refused", out);
  const auto name = level_ == 5 ? reason_name(connack, code) : return_name(code);
  if (name == "unknown" && code != 0) wrong(m, "reason_code", "a return code that is not assigned", out);
  if (flags == 1) whole_ = false;  // what was open before this connection goes on in it
  if (p.keep_alive) keep_alive_ = *p.keep_alive;
  if (!p.assigned_client.empty()) id_ = p.assigned_client;
  auto r = pending_.take({other(m.from), connect, 0});
  if (!r) return unpaired(connack, 0, m, out);
  r->op.unit = id_;
  r->op.fields.emplace_back("session_present", (flags & 1) != 0);
  take(r->op, std::move(p), m, out);
  r->op.code = std::to_string(code);
  if (code != 0) r->op.fields.emplace_back("reason", std::string{name});
  answer(*r, m.time, code == 0 ? outcome::ok : outcome::refused, out);
}

void connection::unpaired(std::uint8_t type, std::uint16_t id, const message& m, output& out) {
  if (whole_) wrong(m, "unpaired_response", std::string{name_of(type)} + " answers nothing that was seen", out);
  auto op = start(type, m, type == suback || type == unsuback ? action::subscribe : type == connack ? action::session : action::report);
  op.outcome = outcome::unpaired;
  if (id != 0) op.fields.emplace_back("packet_id", std::uint64_t{id});
  out.emit(std::move(op), other(m.from));
}

/// SUBSCRIBE and UNSUBSCRIBE.
void connection::on_filters(std::uint8_t type, reader& in, const message& m, output& out) {
  const auto id = in.u16();
  auto op = start(type, m, action::subscribe);
  if (five(in, type, type == subscribe ? 4 : 3)) take(op, read_properties(in, type), m, out);
  if (id == 0 && in.ok()) wrong(m, "packet_id", "packet identifier 0", out);
  bool sound = true, well_formed = true, options_exist = true;
  std::string qualities;
  std::uint32_t items = 0;
  for (; in.left() != 0; ++items) {
    const auto filter = read_string(in, sound);
    const std::uint8_t options = type == subscribe ? in.u8() : std::uint8_t{0};
    if (!in.ok()) break;
    well_formed = well_formed && valid_filter(filter);
    options_exist = options_exist && (options & 3) != 3 && (level_ >= 5 || options <= 2) && options <= 0x2e;
    if (items >= most_filters) continue;
    op.objects.push_back(topic_object(text_of(filter)));
    if (type == subscribe) append(qualities, options & 3u);
    subscribed_widely_ = subscribed_widely_ || (type == subscribe && is_wide(op.objects.back().address));
  }
  if (!well_formed) wrong(m, "topic_filter", "a topic filter is empty or has wildcards in a wrong place", out);
  if (!options_exist) wrong(m, "qos", "options of a subscription that do not exist", out);
  if (!sound) wrong(m, "string", "a text is not UTF-8 or has control characters", out);
  if (in.ok() && items == 0) wrong(m, "topic_filter", "no topic filter is given", out);
  (void)wrong_tail(in, type, m, out);
  if (type == subscribe) op.fields.emplace_back("qos", qualities);
  pending_.add({m.from, type, id}, std::move(op), out, m.from, {.received = false, .items = items});
}

/// SUBACK and UNSUBACK: one code for each filter (before version 5 UNSUBACK has none).
void connection::on_granted(std::uint8_t type, reader& in, const message& m, output& out) {
  const auto id = in.u16();
  if (!in.ok()) return wrong(m, "length", std::string{"something is missing in a "} + std::string{name_of(type)}, out);
  if (level_ == 0 && type == unsuback) level_ = in.left() != 0 ? 5 : 4, guessed_ = true;
  properties p;
  if (five(in, type, 1)) p = read_properties(in, type);
  const bool coded = type == suback || level_ == 5;
  if (!coded || !in.ok()) (void)wrong_tail(in, type, m, out);
  const auto codes = coded && in.ok() ? in.rest() : bytes{};
  auto r = pending_.take({other(m.from), type == suback ? subscribe : unsubscribe, id});
  if (!r) return unpaired(type, id, m, out);
  take(r->op, std::move(p), m, out);
  if (coded && codes.size() != r->extra.items) wrong(m, "count", "not one code for each filter", out);
  std::string granted;
  for (const auto c : codes.first(std::min(codes.size(), most_filters))) append(granted, c);
  if (coded) r->op.fields.emplace_back("granted", granted);
  const auto refused = std::ranges::find_if(codes, [](std::uint8_t c) { return c >= refusal; });
  const bool nothing = !codes.empty() && std::ranges::all_of(codes, [](std::uint8_t c) { return c >= refusal; });
  if (refused != codes.end()) {
    r->op.code = std::to_string(*refused);
    r->op.fields.emplace_back("reason", std::string{level_ == 5 ? reason_name(type, *refused) : "failure"});
  }
  answer(*r, m.time, nothing ? outcome::refused : outcome::ok, out);
}

/// DISCONNECT and AUTH, which need no answer.
void connection::on_parting(std::uint8_t type, reader& in, const message& m, output& out) {
  auto op = start(type, m, type == auth ? action::authenticate : action::session);
  if (in.left() != 0 && level_ == 0) level_ = 5, guessed_ = true;
  std::uint8_t code = 0;
  if (level_ == 5 && in.left() != 0) code = in.u8();
  if (level_ == 5 && in.left() != 0) take(op, read_properties(in, type), m, out);
  (void)wrong_tail(in, type, m, out);
  if (level_ < 5 && type == disconnect && client_ && *client_ != m.from)
    wrong(m, "direction", "before version 5 only the client says that it leaves", out);
  const auto name = reason_name(type, code);
  if (name == "unknown") wrong(m, "reason_code", "a reason code that is not assigned", out);
  if (level_ == 5) {
    op.code = std::to_string(code);
    op.fields.emplace_back("reason", std::string{name});
  }
  op.outcome = outcome::none;
  out.emit(std::move(op), m.from);
}

}  // namespace mw::mqtt
