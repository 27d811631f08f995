// HART-IP (FieldComm TP10300, with the token-passing frames of TS20081): a header of eight octets, then a session message, a HART frame
// or a list of commands for the server itself.
#include "common/text.hpp"
#include "sensor/dissect/hart_ip_commands.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace hart;

constexpr std::array<std::uint16_t, 1> ports{5094};
constexpr std::size_t header = 8, longest = 4096;
constexpr std::uint8_t version_1 = 1, version_2 = 2, extended = 31, to_sub_device = 77;

enum message_type : std::uint8_t { request = 0, response = 1, publish = 2, error_message = 3, refusal = 15 };
enum message_id : std::uint8_t { initiate = 0, close = 1, keep_alive = 2, token_passing = 3, direct = 4, audit_log = 5 };
enum frame_type : std::uint8_t { burst = 1, from_master = 2, from_slave = 6 };

struct head {
  std::uint8_t version = 0, type = 0, id = 0, status = 0;
  std::uint16_t sequence = 0;
  std::size_t length = 0;
};
head read_head(reader& in) {
  head h;
  h.version = in.u8(), h.type = in.u8(), h.id = in.u8(), h.status = in.u8();
  h.sequence = in.u16();
  h.length = in.u16();
  return h;
}
bool possible(const head& h) {
  if ((h.version != version_1 && h.version != version_2) || h.id > audit_log || h.length < header || h.length > longest) return false;
  return h.type <= error_message || h.type == refusal;
}
std::string_view message_name(std::uint8_t id) {
  constexpr std::array<std::string_view, 6> names{"session_initiate", "session_close", "keep_alive",
                                                  "token_passing",    "direct",        "read_audit_log"};
  return id < names.size() ? names.at(id) : "unknown";
}

/// A frame of token-passing HART, as on a wire, without its preambles.
struct token_frame {
  std::uint8_t type = 0, command = 0;
  std::string address;
  bool is_long = false, sum_right = false;
  bytes data;
};
result<token_frame> read_token_frame(bytes all, bool with_sum) {
  reader in{all};
  token_frame f;
  const auto delimiter = in.u8();
  f.type = delimiter & 7;
  f.is_long = (delimiter & 0x80) != 0;
  if (f.is_long) {
    const auto first = static_cast<std::uint8_t>(in.u8() & 0x3f);  // which master asks and whether it bursts is no part of the address
    const auto rest = in.take(4);
    std::vector<std::uint8_t> address{first};
    address.insert(address.end(), rest.begin(), rest.end());
    f.address = hex(address).substr(2);
  } else {
    f.address = std::to_string(in.u8() & 0x3f);
  }
  in.skip(delimiter >> 5 & 3);  // expansion octets
  f.command = in.u8();
  f.data = in.take(in.u8());
  std::uint8_t sum = 0;
  for (const auto b : all.first(all.size() - in.left())) sum ^= b;
  f.sum_right = !with_sum || in.u8() == sum;
  if (!in.ok()) return fail(fault::truncated, "the HART frame is cut short", in.at());
  if (f.type != burst && f.type != from_master && f.type != from_slave) return fail(fault::malformed, "no type of a HART frame");
  return f;
}

result<std::size_t> frame(bytes data) {
  if (data.size() < header) return 0u;
  reader in{data};
  const auto h = read_head(in);
  if (!possible(h)) return fail(fault::malformed, "HART-IP header");
  return h.length;
}

bool convincing(bytes all) {
  reader in{all};
  const auto h = read_head(in);
  if (!in.ok() || !possible(h) || h.length != all.size()) return false;
  switch (h.id) {
    case initiate: return (in.left() == 5 && in.u8() <= 1) || (in.left() == 1 && h.type >= error_message);
    case close:
    case keep_alive: return in.left() <= 1;
    case token_passing: {
      const auto f = read_token_frame(in.rest(), true);
      return (f && f->sum_right) || (h.status != 0 && in.left() <= 1);
    }
    case direct: {
      in.skip(2);
      while (in.left()) in.skip(2), in.skip(in.u8());
      return in.ok();
    }
    default: return in.left() >= 2;
  }
}

match probe(bytes data, transport t) {
  const auto size = frame(data);
  if (!size) return match::no;
  if (*size == 0 || data.size() < *size) return t == transport::tcp ? match::unsure : match::no;
  if (t == transport::udp && data.size() != *size) return match::no;
  return convincing(data.first(*size)) ? match::yes : match::no;
}

class hart_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!in.ok() || !possible(h) || h.length != m.data.size()) {
      out.violate(m.from, "header", "the header is not one of HART-IP, or its length is not the message's");
      return verdict::taken;
    }
    // commands for the server itself came with version 2 of the protocol; they are counted apart
    if (h.id <= token_passing)
      out.count("hart_ip", "message", std::uint32_t{h.type}, h.id);
    else
      out.count("hart_ip", "later_message", std::uint32_t{h.type}, h.id);
    // told once: the beginning of the next session may have been missed
    if (h.type == request && h.id != initiate && std::exchange(closed_, false))
      out.violate(m.from, "no_session", "a request after the session was closed");
    switch (h.id) {
      case token_passing: on_token(h, in.rest(), m, out); break;
      case direct: on_direct(h, in, m, out); break;
      default: on_session(h, in, m, out); break;
    }
    return verdict::taken;
  }
  void on_gap(side) override { closed_ = false; }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  struct key {
    side asker = side::client;
    std::uint8_t id = 0;
    std::uint16_t sequence = 0, command = 0;
    friend bool operator==(const key&, const key&) = default;
  };

  void on_session(const head& h, reader in, const message& m, output& out) {
    if (h.type == request) {
      operation op;
      op.time = m.time;
      op.function = op.function_name = message_name(h.id);
      op.action = h.id == audit_log ? action::diagnose : action::session;
      if (h.id == initiate) {
        closed_ = false;
        const auto master = in.u8();
        const auto timer = in.u32();
        if (!in.ok()) out.violate(m.from, "length", "the session begins without its parameters");
        if (master > 1) out.violate(m.from, "master_type", "a host is primary or secondary");
        op.fields.emplace_back("host_type", std::string{master == 1 ? "primary" : "secondary"});
        op.fields.emplace_back("inactivity_close_ms", std::uint64_t{timer});
      } else if (h.id == audit_log) {
        const auto first = in.u8(), records = in.u8();
        if (in.ok())
          op.fields.emplace_back("start_record", std::uint64_t{first}), op.fields.emplace_back("records", std::uint64_t{records});
      } else if (h.id == close) {
        closed_ = true;
      }
      waiting_.add({m.from, h.id, h.sequence, 0}, std::move(op), out, m.from);
      return;
    }
    auto request = waiting_.take({other(m.from), h.id, h.sequence, 0});
    const bool refused = h.status != 0 && !is_warning(h.status);
    if (request) {
      if (h.status != 0) tell_status(h, request->op);
      if (h.id == audit_log && in.left() >= 2) read_audit(in, request->op);
      return answer(*request, m.time, refused ? outcome::refused : outcome::ok, out);
    }
    operation op;
    op.time = m.time;
    op.function = op.function_name = message_name(h.id);
    op.action = action::session;
    op.outcome = outcome::unpaired;
    if (h.status != 0) tell_status(h, op);
    out.emit(std::move(op), other(m.from));
  }
  static void tell_status(const head& h, operation& op) {
    op.code = std::to_string(h.status);
    op.fields.emplace_back("status", std::string{response_name(h.status)});
  }
  static void read_audit(reader in, operation& op) {
    const auto first = in.u8(), records = in.u8();
    in.skip(18);
    const auto size = in.u16();
    if (!in.ok()) return;
    op.fields.emplace_back("first_returned", std::uint64_t{first});
    op.fields.emplace_back("records_returned", std::uint64_t{records});
    op.fields.emplace_back("record_size", std::uint64_t{size});
  }

  void on_token(const head& h, bytes data, const message& m, output& out) {
    if (data.size() <= 1 && h.status != 0) return on_refused(h, m, out);  // the server could not pass it on
    const auto f = read_token_frame(data, true);
    if (!f) return out.violate(m.from, "hart_frame", f.error().what);
    if (!f->sum_right) out.violate(m.from, "checksum", "the check octet of the HART frame is wrong", f->address);
    const bool asks = f->type == from_master;
    if (asks != (h.type == request)) out.violate(m.from, "frame_type", "the HART frame goes the other way than its message", f->address);
    if (asks) {
      out.count("hart_ip", "command", f->command);
      ask({m.from, h.id, h.sequence, 0}, f->address, f->command, f->data, m, out);
    } else {
      out.count("hart_ip", "answer", f->command);
      reader in{f->data};
      const auto code = in.u8(), status = in.u8();
      if (!in.ok()) return out.violate(m.from, "length", "the answer has no status", f->address);
      reply({other(m.from), h.id, h.sequence, 0}, f->address, f->command, code, status, in.rest(), h.type == publish, m, out);
    }
  }
  void on_refused(const head& h, const message& m, output& out) {
    auto request = waiting_.take({other(m.from), h.id, h.sequence, 0});
    if (!request) return out.count("hart_ip", "answer", "unpaired");
    tell_status(h, request->op);
    answer(*request, m.time, outcome::refused, out);
  }

  void on_direct(const head& h, reader in, const message& m, output& out) {
    const auto status = in.u8();
    const auto more = in.u8();
    (void)more;
    if (!in.ok() && h.status != 0) return;
    bool answered = true;
    while (in.left()) {
      const auto command = in.u16();
      auto data = in.part(in.u8());
      if (!in.ok()) break;
      if (h.type == request) {
        out.count("hart_ip", "direct_command", command);
        ask({m.from, h.id, h.sequence, command}, {}, command, data.rest(), m, out);
      } else {
        const auto code = data.u8();
        answered = answered && data.ok();
        if (data.ok()) reply({other(m.from), h.id, h.sequence, command}, {}, command, code, status, data.rest(), h.type == publish, m, out);
      }
    }
    if (!answered) out.violate(m.from, "length", "the answer to a command has no response code");
    if (!in.ok()) out.violate(m.from, "length", "the list of commands ends inside a command");
  }

  /// The command inside, where it is one of more than eight bits or for a device behind an I/O system.
  struct inner {
    const command* what = nullptr;
    std::uint16_t number = 0;
    bytes data;
    std::string unit;
    std::vector<field> fields;
  };
  static inner unwrap(std::uint16_t number, bytes data, bool answers, const std::string& unit) {
    inner i{.what = &command_of(number), .number = number, .data = data, .unit = unit, .fields = {}};
    reader in{data};
    if (number == extended && in.left() >= 2) {
      i.number = in.u16();
      i.what = &command_of(i.number);
      i.data = in.rest();
      i.fields.emplace_back("extended", true);
    } else if (number == to_sub_device) {
      const auto card = in.u8(), channel = in.u8();
      if (!answers) in.skip(1);  // preambles
      const auto f = read_token_frame(in.rest(), false);
      if (!in.ok() || !f) return i;
      i.what = &command_of(f->command);
      i.unit = f->address;
      i.data = f->data;
      i.fields.emplace_back("io_card", std::uint64_t{card});
      i.fields.emplace_back("channel", std::uint64_t{channel});
      i.fields.emplace_back("embedded_command", std::uint64_t{f->command});
      i.fields.emplace_back("embedded_name", std::string{i.what->name});
    }
    return i;
  }

  static operation begin(const inner& i, timestamp at) {
    operation op;
    op.time = at;
    op.unit = i.unit;
    op.function = std::to_string(i.number);
    op.function_name = i.number == to_sub_device ? command_of(to_sub_device).name : i.what->name;
    op.action = i.what->what;
    op.fields = i.fields;
    return op;
  }
  void ask(const key& k, const std::string& unit, std::uint16_t number, bytes data, const message& m, output& out) {
    const auto i = unwrap(number, data, false, unit);
    auto op = begin(i, m.time);
    auto said = read_request(*i.what, i.data);
    if (said.short_of) out.violate(m.from, "length", "the request ends inside a parameter", i.unit);
    op.objects = std::move(said.objects), op.values = std::move(said.values);
    for (auto& f : said.fields) op.fields.push_back(std::move(f));
    waiting_.add(k, std::move(op), out, m.from);
  }
  void reply(const key& k, const std::string& unit, std::uint16_t number, std::uint8_t code, std::uint8_t status, bytes data, bool unasked,
             const message& m, output& out) {
    auto i = unwrap(number, data, true, unit);
    if (number == to_sub_device && i.what->number != to_sub_device && i.data.size() >= 2) {  // the status of the device behind
      reader in{i.data};
      if (code == 0)
        code = in.u8(), status = in.u8();
      else
        in.skip(2);
      i.data = in.rest();
    }
    auto pending = unasked ? std::nullopt : waiting_.take(k);
    auto op = pending ? std::move(pending->op) : begin(i, m.time);
    if (pending && op.function != std::to_string(i.number)) out.violate(m.from, "mismatch", "the answer is to another command", i.unit);
    const bool refused = code != 0 && !is_warning(code);
    if (code != 0) op.code = std::to_string(code), op.fields.emplace_back("response", std::string{response_name(code)});
    if (status != 0 && (code & 0x80) == 0) op.fields.emplace_back("device_status", device_status_text(status));
    if (!refused) {
      auto said = read_answer(*i.what, i.data);
      if (said.short_of) out.violate(m.from, "length", "the answer ends inside an item", i.unit);
      tell(said, i.unit, m, out);
      if (!is_change(op.action) || op.values.empty()) {  // what was written is told by the request
        if (!said.objects.empty()) op.objects = std::move(said.objects);
        if (!said.values.empty()) op.values = std::move(said.values);
      }
      for (auto& f : said.fields) op.fields.push_back(std::move(f));
    }
    const auto how = refused ? outcome::refused : outcome::ok;
    if (pending) {
      pending->op = std::move(op);
      return answer(*pending, m.time, how, out);
    }
    op.outcome = unasked ? outcome::unsolicited : outcome::unpaired;
    if (unasked) op.action = action::report;
    out.emit(std::move(op), other(m.from));
  }

  /// The server's own address is told by its identity: what is learned at that address is about the machine itself.
  void tell(const content& said, const std::string& unit, const message& m, output& out) {
    if (said.address && (unit.empty() || unit == "0")) own_ = *said.address;
    const auto about = unit == "0" || unit == own_ ? std::string{} : unit;
    for (const auto& f : said.findings)
      if (told_.fresh(m.source.address, {}, f.kind, about + ' ' + f.value, m.time, "hart_ip", out, true))
        out.learn(m.from, about, f.kind, f.value, f.confidence);
  }

  pending_requests<key> waiting_;
  told_facts<64> told_;
  std::string own_;
  bool closed_ = false;
};

const protocol hart_ip{{
    .name = "hart_ip",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<hart_session>(); },
}};

}  // namespace
}  // namespace mw
