// S7comm (protocol id 0x32), how SIMATIC S7-300, 400 and 1200 are read, written and programmed, over TPKT and COTP.
// Siemens publishes no specification; the layouts are those that its own tools and controllers speak.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/s7comm_blocks.hpp"
#include "sensor/dissect/s7comm_continued.hpp"
#include "sensor/dissect/tpkt.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace s7comm;

constexpr std::uint8_t protocol_id = 0x32;

/// Remote operating service control: what a message is.
enum class rosctr : std::uint8_t { job = 1, ack = 2, ack_data = 3, userdata = 7 };
constexpr bool known(std::uint8_t r) { return (r >= 1 && r <= 3) || r == 7; }

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  while (!head.empty()) {
    const auto size = tpkt::frame(head);
    if (!size) return match::no;
    if (*size == 0 || *size > head.size()) return match::unsure;
    const auto unit = tpkt::parse(head.first(*size));
    if (!unit) return match::no;
    if (unit->kind == tpkt::kind::data && !unit->user_data.empty()) {
      const auto payload = unit->user_data;
      if (payload[0] != protocol_id || (payload.size() > 1 && !known(payload[1]))) return match::no;
      return payload.size() > 1 ? match::yes : match::unsure;
    }
    head = head.subspan(*size);
  }
  return match::unsure;
}

struct header {
  rosctr kind = rosctr::job;
  std::uint16_t reference = 0;
  std::uint8_t error_class = 0, error_code = 0;
  std::uint16_t error() const { return static_cast<std::uint16_t>(error_class << 8 | error_code); }
};

/// What a request is found by. An acknowledgement without data does not say its function: it matches any.
struct request_key {
  bool userdata = false;
  side asker = side::client;
  std::uint16_t reference = 0;
  std::uint8_t group = 0;
  std::optional<std::uint8_t> function;
  friend bool operator==(const request_key& a, const request_key& b) {
    return a.userdata == b.userdata && a.asker == b.asker && a.reference == b.reference && a.group == b.group &&
           (!a.function || !b.function || *a.function == *b.function);
  }
};

struct asked {
  std::uint8_t function = 0;
  std::vector<item> items;
  std::string transfer;
};

class s7comm_session final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp now, output& out) override {
    pending_.expire(now, out);
    pending_.finish(out);
  }

private:
  struct said {  // a message on its way through the session
    side from;
    timestamp time;
    output& out;
    header head{};
  };

  void connect(const tpkt::tpdu& unit, side from, output& out);
  void on_pdu(bytes pdu, said& s);
  void on_job(reader& parameters, reader& data, said& s);
  void on_answer(reader& parameters, reader& data, said& s);
  void on_userdata(reader& parameters, reader& data, said& s);
  void on_userdata_request(const userdata_head& head, const userdata_body& body, said& s);
  void on_userdata_answer(const userdata_head& head, const userdata_body& body, said& s);

  operation start(const said& s, meaning what, std::string function, std::string_view fallback) const;
  void emit(operation&& op, outcome how, output& out) {
    op.outcome = how;
    out.emit(std::move(op), opener());
  }
  void broken(const said& s, std::string_view rule, std::string_view detail) { s.out.violate(s.from, rule, detail, unit_); }
  side opener() const { return opener_.value_or(side::client); }
  void learn(const said& s, const std::vector<learned>& facts) {
    for (const auto& f : facts) s.out.learn(other(opener()), unit_, f.kind, f.value, f.confidence);
  }

  std::array<tpkt::reassembly, 2> parts_;
  std::array<std::optional<timestamp>, 2> began_;  ///< of a message in parts
  std::optional<side> opener_;                     ///< who opened the connection: always the client of its operations
  bool asked_to_connect_ = false;                  ///< the connection request was seen
  std::string unit_;
  bool roles_told_ = false;
  std::optional<std::uint8_t> resource_;  ///< kind of connection that was asked for
  pending_requests<request_key, asked> pending_;
  block_transfers transfers_;
  subscriptions subscriptions_;
  partial_answers partials_;
};

constexpr std::size_t index(side s) { return s == side::client ? 0 : 1; }

/// The selector of a module: what the connection is for, then rack (3 bits) and slot (5 bits). Other products use text.
void s7comm_session::connect(const tpkt::tpdu& unit, side from, output& out) {
  const bool request = unit.kind == tpkt::kind::connect_request;
  if (!unit.parameters_valid) out.violate(from, "cotp", "a parameter of the connection message ends outside of it", unit_);
  opener_ = request ? from : other(from);
  const auto called = unit.called;
  if (!request && asked_to_connect_) return;  // the request tells what was called; some controllers answer with both exchanged
  asked_to_connect_ = asked_to_connect_ || request;
  if (called.size() != 2 || (is_text(called) && called[0] >= 'A')) return;
  resource_ = called[0];
  unit_ = std::to_string(called[1] >> 5) + '/' + std::to_string(called[1] & 0x1f);
}

verdict s7comm_session::on_message(const message& m, output& out) {
  said s{m.from, m.time, out};
  const auto unit = tpkt::parse(m.data);
  if (!unit) {
    broken(s, "cotp", unit.error().what);
    return verdict::taken;
  }
  auto& parts = parts_[index(m.from)];
  switch (unit->kind) {
    case tpkt::kind::connect_request:
    case tpkt::kind::connect_confirm: connect(*unit, m.from, out); return verdict::taken;
    case tpkt::kind::data: break;
    default: return verdict::taken;
  }
  const auto payload = unit->user_data;
  const bool begins = !payload.empty() && payload[0] == protocol_id;
  if (!begins && !payload.empty() && !parts.open()) return verdict::not_mine;
  auto& began = began_[index(m.from)];
  if (!parts.open() || !began) began = m.time;
  s.time = *began;
  switch (parts.add(*unit, begins)) {
    case tpkt::reassembly::step::complete:
      if (!parts.whole().empty()) on_pdu(parts.whole(), s);
      began.reset();
      break;
    case tpkt::reassembly::step::over_limit:
      broken(s, "fragment", "a message goes on over more parts than are kept");
      began.reset();
      break;
    default: break;
  }
  return verdict::taken;
}

void s7comm_session::on_gap(side from) {
  parts_[index(from)].gap();
  began_[index(from)].reset();
  partials_.gap(from);
  transfers_.gap();
}

void s7comm_session::on_pdu(bytes pdu, said& s) {
  reader in{pdu};
  in.skip(1);
  const auto kind = in.u8();
  if (!in.ok()) return broken(s, "length", "the message ends inside its header");
  s.out.count("s7comm", "rosctr", kind);
  if (!known(kind)) return broken(s, "rosctr", "the message is no job, acknowledgement or userdata");
  s.head.kind = static_cast<rosctr>(kind);
  in.skip(2);
  s.head.reference = in.u16();
  const std::size_t parameter_length = in.u16();
  const std::size_t data_length = in.u16();
  if (s.head.kind == rosctr::ack || s.head.kind == rosctr::ack_data) {
    s.head.error_class = in.u8();
    s.head.error_code = in.u8();
  }
  if (!in.ok()) return broken(s, "length", "the message ends inside its header");
  if (parameter_length + data_length > in.left()) broken(s, "length", "parameters and data are longer than the message");
  auto parameters = in.part(std::min(parameter_length, in.left()));
  auto data = in.part(std::min(data_length, in.left()));
  switch (s.head.kind) {
    case rosctr::job: return on_job(parameters, data, s);
    case rosctr::ack:
    case rosctr::ack_data: return on_answer(parameters, data, s);
    case rosctr::userdata: return on_userdata(parameters, data, s);
  }
}

operation s7comm_session::start(const said& s, meaning what, std::string function, std::string_view fallback) const {
  operation op;
  op.time = s.time;
  op.unit = unit_;
  op.action = what.action;
  op.function = std::move(function);
  op.function_name = what.name.empty() ? fallback : what.name;
  return op;
}

void s7comm_session::on_job(reader& parameters, reader& data, said& s) {
  if (!parameters.left()) return broken(s, "length", "a job without parameters has no function");
  const auto function = parameters.u8();
  s.out.count("s7comm", "job", function);
  // The blocks of a download are asked for by the controller; everything else by who opened the connection.
  if (!opener_ && function != job::download_block && function != job::download_ended) opener_ = s.from;

  auto op = start(s, meaning_of_job(function), std::to_string(function), "unknown");
  asked about{function, {}, {}};
  switch (function) {
    case job::setup: {
      parameters.skip(1);
      const auto calling = parameters.u16();
      const auto called = parameters.u16();
      const auto size = parameters.u16();
      if (!parameters.ok()) break;
      op.fields.emplace_back("max_calling", std::uint64_t{calling});
      op.fields.emplace_back("max_called", std::uint64_t{called});
      op.fields.emplace_back("pdu_length_asked", std::uint64_t{size});
      break;
    }
    case job::read:
    case job::write: {
      const std::size_t count = parameters.u8();
      about.items = read_items(parameters, count);
      put_objects(op, about.items);
      if (function == job::write) (void)put_data(op, read_data(data, count, about.items), true);
      break;
    }
    case job::request_download:
    case job::download_block:
    case job::download_ended:
    case job::start_upload:
    case job::upload:
    case job::end_upload: about.transfer = transfers_.job(function, parameters, op); break;
    case job::program_service: read_program_service(parameters, op); break;
    case job::stop: read_stop(parameters, op); break;
    default: break;
  }
  if (!parameters.ok()) broken(s, "parameters", parameters.why().what);
  if (!data.ok()) broken(s, "data", data.why().what);
  pending_.add({false, s.from, s.head.reference, 0, function}, std::move(op), s.out, opener(), std::move(about));
}

void s7comm_session::on_answer(reader& parameters, reader& data, said& s) {
  std::optional<std::uint8_t> function;
  if (s.head.kind == rosctr::ack_data && parameters.left()) {
    function = parameters.u8();
    s.out.count("s7comm", "ack_data", *function);
  }
  auto found = pending_.take({false, other(s.from), s.head.reference, 0, function});
  const bool paired = found.has_value();
  if (!paired) {
    const auto code = function.value_or(0);
    auto op = start(s, function ? meaning_of_job(code) : meaning{"acknowledge", action::session}, function ? std::to_string(code) : "ack",
                    "unknown");
    found = {{}, std::move(op), opener(), {code, {}, {}}};
  }
  auto& op = found->op;
  auto how = outcome::ok;
  if (s.head.error() != 0) {
    how = outcome::refused;
    op.code = std::to_string(s.head.error());
    if (const auto why = reason_of(s.head.error()); !why.empty()) op.fields.emplace_back("reason", std::string{why});
  } else if (function) {
    switch (*function) {
      case job::setup: {
        parameters.skip(5);
        const auto size = parameters.u16();
        if (parameters.ok()) op.fields.emplace_back("pdu_length", std::uint64_t{size});
        if (!std::exchange(roles_told_, true)) {
          s.out.learn(other(opener()), unit_, "role", "plc", 80);
          // what a connection is for is what its opener says it is
          if (resource_ == 1) s.out.learn(opener(), {}, "role", "engineering_station", 30);
          if (resource_ == 2) s.out.learn(opener(), {}, "role", "hmi", 30);
        }
        break;
      }
      case job::read: {
        // Where the count is cut off, the job says how many there should be.
        if (!parameters.left()) broken(s, "parameters", "the answer does not say how many items it has");
        const std::size_t expected = found->extra.items.size();
        const std::size_t count = parameters.left() ? parameters.u8() : expected;
        how = put_data(op, read_data(data, count, found->extra.items), true);
        if (paired && count != expected) broken(s, "item_count", "the answer has another number of items than the job");
        break;
      }
      case job::write: {
        if (!parameters.left()) broken(s, "parameters", "the answer does not say how many items it has");
        const std::size_t count = parameters.left() ? parameters.u8() : found->extra.items.size();
        std::vector<item_data> codes;
        while (data.left() && codes.size() < count) codes.push_back({data.u8(), {}});
        data.expect(codes.size() == count, "as many return codes as the count says");
        how = put_data(op, codes, false);
        break;
      }
      default: transfers_.answer(*function, found->extra.transfer, parameters, data, op); break;
    }
  }
  if (!parameters.ok()) broken(s, "parameters", parameters.why().what);
  if (!data.ok()) broken(s, "data", data.why().what);
  if (paired) return answer(std::move(*found), s.time, how, s.out);
  emit(std::move(op), outcome::unpaired, s.out);
}

void s7comm_session::on_userdata(reader& parameters, reader& data, said& s) {
  const auto head = read_userdata_head(parameters);
  if (!parameters.ok()) return broken(s, "parameters", parameters.why().what);
  if (head.uncoordinated) {
    auto op = start(s, {"usend", action::report}, head.code(), {});
    object o;
    o.space = "r_id";
    o.address = std::to_string(head.id);
    op.objects.push_back(std::move(o));
    read_send(data, op);
    if (!data.ok()) broken(s, "data", data.why().what);
    return emit(std::move(op), outcome::unsolicited, s.out);
  }
  const auto body = read_userdata_body(data);
  if (!data.ok()) broken(s, "data", data.why().what);
  if (head.way == way::request) return on_userdata_request(head, body, s);
  on_userdata_answer(head, body, s);
}

void s7comm_session::on_userdata_request(const userdata_head& head, const userdata_body& body, said& s) {
  // The blocks of a numerical control and of BSEND may be asked for by either side.
  if (!opener_ && head.group != group::nc && head.group != group::send) opener_ = s.from;
  auto op = start(s, meaning_of_userdata(head.group, head.function, way::request), head.code(), "unknown");
  asked about{head.function, {}, {}};
  reader in{body.content};
  if (in.left()) {
    read_request(head, body.content, op, about.items, in);
    if (!in.ok()) broken(s, "data", in.why().what);
  } else if (head.sequence != 0) {
    partials_.continued(head, other(s.from), op, about.items);
  }
  if (head.group == group::cyclic && head.function == cyclic::modify) subscriptions_.add(head, about.items);
  pending_.add({true, s.from, s.head.reference, head.group, head.function}, std::move(op), s.out, opener(), std::move(about));
}

void s7comm_session::on_userdata_answer(const userdata_head& head, const userdata_body& body, said& s) {
  const bool push = head.way == way::indication;
  auto found = push ? std::nullopt : pending_.take({true, other(s.from), s.head.reference, head.group, head.function});
  const bool paired = found.has_value();
  if (!paired) {
    auto op = start(s, meaning_of_userdata(head.group, head.function, head.way), head.code(), "unknown");
    op.outcome = push ? outcome::unsolicited : outcome::unpaired;
    found = {{}, std::move(op), opener(), {head.function, {}, {}}};
  }
  auto& op = found->op;
  auto& items = found->extra.items;
  std::vector<learned> facts;
  auto how = outcome::ok;
  if (head.error != 0) {
    how = outcome::refused;
    op.code = std::to_string(head.error);
    if (const auto why = reason_of(head.error); !why.empty()) op.fields.emplace_back("reason", std::string{why});
  } else if (body.code != success && !body.empty()) {
    how = outcome::refused;
    op.code = std::to_string(body.code);
  }
  if (push) {
    if (const auto* known_items = subscriptions_.find(head)) items = *known_items, put_objects(op, items);
    if (head.group == group::mode) {
      if (const auto mode = mode_in_transition(head.function); !mode.empty()) {
        op.fields.emplace_back("mode", std::string{mode});
        facts.push_back({"run_state", std::string{mode}, 95});
      }
    }
  }
  if (how == outcome::ok) {
    auto whole = body.content;
    if (!partials_.complete(head, s.from, op, items, whole)) {
      op.fields.emplace_back("part", true);
    } else if (!whole.empty()) {
      reader in{whole};
      how = read_answer(head, op, items, facts, in);
      if (!in.ok()) broken(s, "data", in.why().what);
    }
  }
  if (paired && how == outcome::ok && !items.empty() && head.sequence != 0 && (head.group == group::cyclic || head.group == group::test))
    subscriptions_.add(head, std::move(items));
  learn(s, facts);
  if (paired) return answer(std::move(*found), s.time, how, s.out);
  // A push that reports a failure says so in its code; it is a push all the same.
  const auto why = op.outcome;
  emit(std::move(op), why, s.out);
}

constexpr std::array<std::uint16_t, 1> ports{102};

const protocol s7comm_protocol{{
    .name = "s7comm",
    .tcp_ports = ports,
    .probe = probe,
    .frame = tpkt::frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<s7comm_session>(); },
}};

}  // namespace
}  // namespace mw
