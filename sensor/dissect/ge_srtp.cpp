// GE SRTP, the Service Request Transport Protocol of GE Fanuc (now Emerson) controllers on TCP. There is no public specification; layouts
// follow the memory acquisition paper of DFRWS 2017, published dissectors and drivers.
#include "common/text.hpp"
#include "sensor/dissect/ge_srtp_message.hpp"
#include "sensor/dissect/ge_srtp_names.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace ge_srtp;

constexpr std::array<std::uint16_t, 1> ports{18245};
constexpr std::size_t most_told = 32, most_raw = 64, most_values = 2048;
constexpr std::uint8_t stated = 80;

bool is_mailbox_type(std::uint8_t t) {
  return t == short_request || t == long_request || t == short_reply || t == long_reply || t == error_reply;
}

result<std::size_t> frame(bytes head) {
  if (head.size() < 6) return 0u;
  reader in{head};
  const auto packet = in.u16le();
  in.skip(2);
  const std::size_t size = head_size + in.u16le();
  if (packet > reply && packet != failure && packet != ge_srtp::session) return fail(fault::malformed, "packet type");
  if (head.size() < head_size) return 0u;
  const bool zero = std::ranges::all_of(head.first(head_size), [](auto b) { return b == 0; });
  if ((packet == init) != zero) return fail(fault::malformed, "an opening that is not empty");
  if (packet != init && packet != init_reply && packet != failure && !is_mailbox_type(head[31]))
    return fail(fault::malformed, "mailbox type", 31);
  return size;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0) return match::unsure;
  const auto packet = head[0];
  if (packet == init || packet == failure) return match::unsure;  // says too little; what follows will tell
  if (packet == init_reply) {
    constexpr std::uint8_t known = 0x0f;
    const bool empty = std::ranges::all_of(head.subspan(9, head_size - 9), [](auto b) { return b == 0; });
    return *size == head_size && head[8] == known && empty ? match::yes : match::no;
  }
  if (head.size() < *size) return match::unsure;
  const auto e = parse(head.first(*size));
  if (!e || e->number == 0 || e->number > e->total || e->asks() == (e->packet == reply)) return match::no;
  if (e->asks() && !describe(e->first).known()) return match::no;
  return head[1] == 0 && head[29] == 0 ? match::yes : match::no;
}

/// The slot of the processor, as the mailbox is built: 0x0e10 is slot 1.
std::string unit_of(std::uint32_t mailbox) {
  if ((mailbox & 0xffffff0f) == 0x0e00) return std::to_string(mailbox >> 4 & 15);
  return std::to_string(mailbox);
}
bool reads_memory(std::uint8_t service) { return service >= 4 && service <= 6; }
bool writes_memory(std::uint8_t service) { return service >= 7 && service <= 9; }
bool gives_password(std::uint8_t service) { return service == 0x20 || service == 0x21; }
bool moves_program(action a) { return a == action::program_download || a == action::program_upload; }

std::size_t octets_of(const segment& s, std::size_t index, std::size_t count) {
  if (s.width == width::word) return count * 2;
  return s.width == width::byte ? count : (index % 8 + count + 7) / 8;
}
std::size_t least_octets(const segment& s, std::size_t count) { return s.width == width::bit ? (count + 7) / 8 : octets_of(s, 0, count); }
/// Bits are packed from the octet in which the first of them stands, or from the first itself.
void read_values(const segment& s, std::size_t index, std::size_t count, bytes data, operation& op) {
  reader in{data};
  count = std::min(count, most_values);
  if (s.width == width::word) {
    for (std::size_t i = 0; i < count && in.left() >= 2; ++i) op.values.emplace_back(std::uint64_t{in.u16le()});
  } else if (s.width == width::byte) {
    for (std::size_t i = 0; i < count && in.left() != 0; ++i) op.values.emplace_back(std::uint64_t{in.u8()});
  } else {
    const auto first = data.size() >= octets_of(s, index, count) ? index % 8 : 0;
    for (auto i = first; i < first + count && i / 8 < data.size(); ++i) op.values.emplace_back((data[i / 8] >> (i % 8) & 1) != 0);
  }
}

struct asked {
  std::uint8_t service = 0, selector = 0;
  std::uint16_t index = 0, count = 0;
};

class srtp_session final : public mw::session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto e = parse(m.data);
    if (!e) {
      out.violate(m.from, e.error().kind == fault::unsupported ? "mailbox_type" : "length", e.error().what);
      return verdict::taken;
    }
    out.count("ge_srtp", "packet", e->packet);
    if (e->packet == init)
      on_init(m, out);
    else if (e->packet == init_reply || e->packet == failure)
      conclude_newest(*e, m, out);
    else if (e->asks())
      on_request(*e, m, out);
    else
      on_reply(*e, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp, output& out) override { open_.finish(out); }

private:
  static constexpr int opening = -1;

  void on_init(const message& m, output& out) {
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = op.function_name = "init";
    newest_ = opening;
    open_.add(opening, std::move(op), out, m.from);
  }
  /// An answer without a number belongs to what was asked last.
  void conclude_newest(const envelope& e, const message& m, output& out) {
    auto asked = open_.take(e.packet == init_reply ? opening : newest_);
    if (asked) return answer(std::move(*asked), m.time, e.packet == init_reply ? outcome::ok : outcome::refused, out);
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = op.function_name = e.packet == init_reply ? "init" : "failure";
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }

  void on_request(const envelope& e, const message& m, output& out) {
    out.count("ge_srtp", "request", e.first);
    if (e.packet == reply) out.violate(m.from, "direction", "a request that is marked as a reply");
    if (e.number == 0 || e.number > e.total) out.violate(m.from, "packet_number", "a part beyond the number of parts");
    const auto about = describe(e.first);
    if (!about.known()) out.violate(m.from, "service", "service request " + std::to_string(e.first) + " is not known");
    operation op;
    op.time = m.time;
    op.unit = unit_of(e.destination);
    op.action = about.what;
    op.function = std::to_string(e.first);
    op.function_name = about.name;
    if (e.total > 1) op.fields.emplace_back("part", std::to_string(e.number) + '/' + std::to_string(e.total));
    if (reads_memory(e.first) || writes_memory(e.first)) {
      read_target(e, op, m, out);
    } else if (gives_password(e.first)) {
      const auto given = [](bytes b) { return std::ranges::any_of(b, [](auto c) { return c != 0; }); };
      op.fields.emplace_back("password_given", given(e.inline_data) || given(e.text) || e.index != 0 || e.count != 0);
    } else if (e.first == 0x23) {
      read_state_wanted(e.second, op);
    } else {
      op.fields.emplace_back("selector", std::uint64_t{e.second});
      keep(op, "data", e.text);
    }
    if (moves_program(op.action) && !e.text.empty()) carries(op, true, e.text.size());
    newest_ = e.sequence;
    open_.add(e.sequence, std::move(op), out, m.from, {e.first, e.second, e.index, e.count});
  }

  static void read_target(const envelope& e, operation& op, const message& m, output& out) {
    const auto* s = find_segment(e.second);
    if (s == nullptr) {
      op.objects.push_back({.space = "selector " + std::to_string(e.second),
                            .address = std::to_string(e.index),
                            .count = e.count,
                            .property = {},
                            .index = {}});
      if (writes_memory(e.first)) keep(op, "data", e.mailbox == long_request ? e.text : e.inline_data);
      return;
    }
    const bool octets = s->width == width::byte;
    op.objects.push_back({.space = std::string{s->name} + (octets ? " bytes" : ""),
                          .address = std::to_string(octets ? e.index : e.index + 1U),
                          .count = e.count,
                          .property = {},
                          .index = {}});
    if (!writes_memory(e.first)) return;
    const auto size = octets_of(*s, e.index, e.count);
    auto data = e.mailbox == long_request ? e.text : e.inline_data;
    if (data.size() < least_octets(*s, e.count)) out.violate(m.from, "byte_count", "a write carries less than it says", op.unit);
    if (e.mailbox == short_request) data = data.first(std::min(size, data.size()));
    constexpr std::uint8_t general_bytes = 0x38;  // robots take commands in words there
    if (e.second == general_bytes && data.size() > 3 && is_text(data))
      op.values.emplace_back(printable(data));
    else
      read_values(*s, e.index, e.count, data, op);
  }
  /// The numbers are those of the state that replies tell.
  static void read_state_wanted(std::uint8_t state, operation& op) {
    const auto name = plc_state(state);
    op.fields.emplace_back("state", name.empty() ? std::to_string(state) : std::string{name});
    if (name.starts_with("run")) op.action = action::start;
    if (name.starts_with("stop")) op.action = action::stop;
  }

  void on_reply(const envelope& e, const message& m, output& out) {
    out.count("ge_srtp", "reply", e.mailbox);
    auto asked = open_.take(e.sequence);
    operation alone;
    auto& op = asked ? asked->op : alone;
    const auto service = asked ? asked->extra.service : std::uint8_t{0};
    const bool failed = e.mailbox == error_reply || (e.mailbox == short_reply && e.first != 0);
    if (!asked) {
      op.time = m.time;
      op.unit = unit_of(e.source);
      op.action = action::diagnose;
      op.function = std::to_string(e.mailbox);
      op.function_name = failed ? "error_reply" : "reply";
    }
    if (failed) {
      op.code = std::to_string(e.first);
      const auto major = major_error(e.first), minor = minor_error(e.second);
      if (!major.empty()) op.fields.emplace_back("reason", std::string{major});
      op.fields.emplace_back("minor", std::uint64_t{e.second});
      if (!minor.empty()) op.fields.emplace_back("minor_reason", std::string{minor});
    } else if (asked) {
      read_answer(e, *asked, m, out);
    }
    if (e.piggyback) tell_state(*e.piggyback, op, m, out);
    if (asked && !failed && service == 0x43) tell_identity(e.text, op, m, out);
    if (asked) return answer(std::move(*asked), m.time, failed ? outcome::refused : outcome::ok, out);
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }

  template <class Request>
  static void read_answer(const envelope& e, Request& asked, const message& m, output& out) {
    const auto data = e.mailbox == long_reply ? e.text : e.inline_data;
    if (reads_memory(asked.extra.service)) {
      const auto* s = find_segment(asked.extra.selector);
      if (s == nullptr) return keep(asked.op, "answer", data);
      if (data.size() < least_octets(*s, asked.extra.count))
        out.violate(m.from, "byte_count", "an answer carries less than was asked for", asked.op.unit);
      return read_values(*s, asked.extra.index, asked.extra.count, data, asked.op);
    }
    if (gives_password(asked.extra.service)) return;
    if (moves_program(asked.op.action) && !e.text.empty()) carries(asked.op, false, e.text.size());
    keep(asked.op, "answer", data);
  }

  void tell_state(const piggyback& p, operation& op, const message& m, output& out) {
    const auto state = plc_state(p.state());
    op.fields.emplace_back("privilege_level", std::uint64_t{p.privilege});
    op.fields.emplace_back("logged_in", p.program != 0xff);
    op.fields.emplace_back("sweep_time", std::uint64_t{p.sweep});
    op.fields.emplace_back("plc_state", state.empty() ? std::to_string(p.state()) : std::string{state});
    op.fields.emplace_back("faults", (p.status & 0x30) != 0);
    op.fields.emplace_back("programmer_attached", (p.status & 0x40) != 0);
    if (!state.empty()) say(m, out, op.unit, "run_state", std::string{state});
    say(m, out, op.unit, "key_switch", (p.status & 0x100) != 0 ? "run" : "stop");
  }
  void tell_identity(bytes text, operation& op, const message& m, output& out) {
    reader in{text};
    in.skip(8);
    const auto echo = in.u8(), device = in.u8();
    in.skip(2);
    const auto name = in.take(8);
    if (!in.ok() || echo != 0x43) return;
    op.fields.emplace_back("device", std::uint64_t{device});
    say(m, out, op.unit, "vendor", "GE");
    say(m, out, op.unit, "device_type", std::to_string(device));
    const auto end = static_cast<std::size_t>(std::ranges::find(name, 0) - name.begin());
    if (end == 0 || !is_text(name.first(end))) return;
    op.values.emplace_back(printable(name.first(end)));
    say(m, out, op.unit, "station_name", printable(name.first(end)));
  }
  void say(const message& m, output& out, const std::string& unit, std::string_view kind, const std::string& value) {
    if (told_.fresh({}, {}, kind, unit + ':' + value, m.time, "ge_srtp", out)) out.learn(m.from, unit, kind, value, stated);
  }

  static void keep(operation& op, std::string_view name, bytes data) {
    if (!data.empty()) op.fields.emplace_back(name, hex(data, most_raw));
  }
  static void carries(operation& op, bool to_controller, std::size_t size) {
    op.action = to_controller ? action::program_download : action::program_upload;
    op.fields.emplace_back("payload_direction", std::string{to_controller ? "to_controller" : "from_controller"});
    op.fields.emplace_back("payload_size", std::uint64_t{size});
  }

  pending_requests<int, asked> open_;
  int newest_ = opening;
  told_facts<most_told> told_;
};

const protocol ge_srtp_protocol{{
    .name = "ge_srtp",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<mw::session> { return std::make_unique<srtp_session>(); },
}};

}  // namespace
}  // namespace mw
