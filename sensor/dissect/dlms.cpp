// DLMS/COSEM, the language of meters (IEC 62056-5-3), over the wrapper of TCP and UDP (IEC 62056-4-7) and over HDLC frames on TCP.
#include "common/text.hpp"
#include "sensor/dissect/dlms_link.hpp"
#include "sensor/dissect/dlms_message.hpp"
#include "sensor/dissect/dlms_security.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace mw {
namespace {

using namespace dlms;

constexpr std::array<std::uint16_t, 1> ports{4059};
constexpr std::uint8_t snrm_tag = 0x93, disc_tag = 0x53;

/// Whether an APDU is what its tag says, for a wrapper has no checksum. `size`: of all of it, of which `head` is what came so far.
bool convincing(bytes head, std::size_t size) {
  reader in{head};
  const auto tag = in.u8(), choice = in.u8();
  const auto* known = find_apdu(tag);
  if (!in.ok() || known == nullptr) return false;
  const auto rest = size - 2;
  switch (tag) {
    case aarq:
    case aare:
    case rlrq:
    case rlre: return choice == rest || choice == 0x81 || choice == 0x82;
    case get_request: return (choice == 1 && rest >= 11) || (choice == 2 && rest == 5) || (choice == 3 && rest >= 12);
    case set_request:
    case action_request: return choice >= 1 && choice <= 6 && rest >= 3;
    case get_response:
    case set_response:
    case action_response: return choice >= 1 && choice <= 5 && rest >= 2;
    case exception_response: return size >= 3 && size <= 7;
    default: return is_ciphered(tag) ? rest >= 5 : rest >= 3;
  }
}

match probe(bytes head, transport) {
  constexpr std::size_t enough = 10;  // header of the wrapper, tag and choice
  const auto size = frame(head);
  if (!size) return match::no;
  if (*size == 0) return match::unsure;
  const bool complete = head.size() >= *size;
  if (head[0] != 0) {
    if (!complete) return begins_wrong(head) ? match::no : match::unsure;
    const auto f = read_hdlc(head.first(*size));
    return f && f->sums_valid && f->control != control::unknown ? match::certain : match::no;
  }
  if (!complete && head.size() < enough) return match::unsure;
  reader in{head};
  in.skip(2);
  const auto source = in.u16(), target = in.u16(), length = in.u16();
  if (source == 0 || target == 0 || !convincing(in.rest().first(std::min<std::size_t>(in.left(), length)), length)) return match::no;
  return complete ? match::yes : match::unsure;
}

/// Which association asks what: the service and the invoke id tell its requests apart.
struct key {
  std::uint32_t server = 0, client = 0;
  std::uint8_t tag = 0, invoke = 0;
  friend bool operator==(const key&, const key&) = default;
};

class dlms_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.data.empty()) return verdict::taken;
    if (m.data[0] == 0) {
      const auto w = read_wrapper(m.data);
      if (!w) return broken(m, "length", "the wrapper announces another length", out);
      on_apdu(w->apdu, {w->target, w->source}, m, out);
      return verdict::taken;
    }
    auto rest = m.data;
    while (!rest.empty()) {  // a datagram may hold several frames
      const auto size = frame(rest);
      if (!size || *size == 0 || *size > rest.size()) return broken(m, "length", "not a whole HDLC frame", out);
      const auto f = read_hdlc(rest.first(*size));
      rest = rest.subspan(*size);
      if (!f) return broken(m, "length", "the HDLC frame is shorter than its header", out);
      on_frame(*f, m, out);
    }
    return verdict::taken;
  }
  void on_gap(side) override {
    for (auto& f : flows_) f.gap();
    blocks_.gap();
  }
  void on_time(timestamp now, output& out) override { requests_.expire(now, out); }
  void on_end(timestamp, output& out) override { requests_.finish(out); }

private:
  static constexpr std::size_t most_flows = 128;
  using queue = pending_requests<key, asked>;

  static verdict broken(const message& m, std::string_view rule, std::string_view detail, output& out) {
    out.violate(m.from, rule, detail);
    return verdict::taken;
  }

  // ---- HDLC
  void on_frame(const hdlc_frame& f, const message& m, output& out) {
    out.count("dlms", "hdlc", name(f.control));
    if (!f.sums_valid) out.violate(m.from, "checksum", "an HDLC frame does not match its checksum", address_text(f.target));
    if (!f.head_valid) return;  // nothing in it means what it seems to; a wrong end may still tell what somebody tried
    switch (f.control) {
      case control::information:
      case control::ui: {
        const auto whole = flow_between(f.target, f.source, out).add(f, m.from, out);
        if (!whole.empty()) on_llc(whole, {f.target, f.source}, m, out);
        return;
      }
      case control::snrm:
      case control::disc: {
        restart(f.target, f.source);
        operation op = begin(m, f.target, f.source);
        op.function = op.function_name = f.control == control::snrm ? "SNRM" : "DISC";
        op.function_name = f.control == control::snrm ? "set_normal_response_mode" : "disconnect";
        requests_.add({f.target, f.source, f.control == control::snrm ? snrm_tag : disc_tag, 0}, std::move(op), out, m.from);
        return;
      }
      case control::ua:
      case control::dm: {
        auto r = requests_.take({f.source, f.target, snrm_tag, 0});
        if (!r) r = requests_.take({f.source, f.target, disc_tag, 0});
        if (!r || r->asker == m.from) return;
        const bool gone = f.control == control::dm;
        if (gone) r->op.fields.emplace_back("status", std::string{"disconnected"});
        return answer(*r, m.time, gone && r->key.tag == snrm_tag ? outcome::refused : outcome::ok, out);
      }
      case control::frmr: return out.violate(m.from, "rejected", "the other side reports a frame that it rejects", address_text(f.source));
      case control::unknown: return out.violate(m.from, "control", "an HDLC frame of a kind that is not known", address_text(f.target));
      default: return;
    }
  }
  hdlc_flow& flow_between(std::uint32_t target, std::uint32_t source, output& out) {
    const auto at = std::ranges::find_if(flows_, [&](const hdlc_flow& f) { return f.target == target && f.source == source; });
    if (at != flows_.end()) return *at;
    if (flows_.size() >= most_flows) {
      out.count("dlms", "forgotten", "link");
      flows_.pop_front();
    }
    auto& fresh = flows_.emplace_back();
    fresh.target = target, fresh.source = source;
    return fresh;
  }
  void restart(std::uint32_t one, std::uint32_t two) {
    for (auto& f : flows_)
      if ((f.target == one && f.source == two) || (f.target == two && f.source == one)) f.restart();
  }
  /// Logical link control: three octets before each APDU.
  void on_llc(bytes information, ends e, const message& m, output& out) {
    reader in{information};
    const auto target = in.u8(), source = in.u8(), quality = in.u8();
    if (!in.ok() || target != 0xe6 || (source != 0xe6 && source != 0xe7) || quality != 0) {
      out.count("dlms", "forgotten", "beginning");
      return;
    }
    on_apdu(in.rest(), e, m, out);
  }

  // ---- APDUs
  operation begin(const message& m, std::uint32_t server, std::uint32_t client) const {
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.unit = address_text_of(server, m);
    op.fields.emplace_back("client_address", address_text_of(client, m));
    return op;
  }
  static std::string address_text_of(std::uint32_t address, const message& m) {
    return m.data[0] == 0 ? std::to_string(address) : address_text(address);
  }
  static void name_it(operation& op, const apdu& a, std::optional<std::uint8_t> choice) {
    op.action = a.what;
    op.function = std::to_string(a.tag);
    if (choice) op.function += '/' + std::to_string(*choice);
    op.function_name = a.name;
  }
  static void add(std::vector<field>& extra, operation& op) {
    for (auto& [name, v] : extra) set_field(op, name, std::move(v));
  }
  static bool has_choice(std::uint8_t tag) { return tag >= get_request && tag <= action_response && tag != event_notification; }

  void on_apdu(bytes data, ends e, const message& m, output& out, unsigned depth = 0, std::vector<field> extra = {}) {
    reader in{data};
    const auto tag = in.u8();
    const auto* a = find_apdu(tag);
    if (!in.ok() || a == nullptr) return out.violate(m.from, "apdu", "an APDU that is not known", address_text_of(e.target, m));
    out.count("dlms", "apdu", tag);
    if (tag == general_block_transfer) return on_general_block(in, e, m, out, depth);
    if (is_ciphered(tag) && depth == 0 && on_authenticated(*a, in, e, m, out)) return;
    auto role = a->role;
    if (role == role::either) role = answers_waiting(tag, e, m) ? role::response : role::request;
    if (role == role::request)
      on_request(*a, in, data, e, m, out, std::move(extra));
    else if (role == role::response)
      on_response(*a, in, data, e, m, out, std::move(extra));
    else
      on_told(*a, in, e, m, out, std::move(extra));
  }
  bool answers_waiting(std::uint8_t tag, ends e, const message& m) {
    const auto* waits = requests_.find({e.source, e.target, tag, 0});
    return waits != nullptr && waits->asker != m.from;
  }
  static std::uint8_t invoke_of(reader in, std::uint8_t tag) {
    if (!has_choice(tag)) return 0;
    in.skip(1);
    return in.u8() & 0x0f;
  }
  static std::optional<std::uint8_t> choice_of(reader in, std::uint8_t tag) {
    if (!has_choice(tag)) return {};
    return in.u8();
  }

  void on_request(const apdu& a, reader& in, bytes data, ends e, const message& m, output& out, std::vector<field> extra) {
    const key k{e.target, e.source, a.tag, invoke_of(in, a.tag)};
    const auto choice = choice_of(in, a.tag);
    newest_ = k;
    const bool may_continue = choice && *choice != 1 && requests_.find(k) != nullptr;
    if (may_continue) {  // read into a copy first: only what continues may touch what waits
      auto& waits = *requests_.find(k);
      if (continues(a.tag, *choice)) {
        remarks notes;
        read_request(in, waits.op, waits.extra, notes);
        waits.op.time = m.time;  // it does not time out while blocks come
        return tell(notes, e.target, m.from, m, out);
      }
    }
    operation op = begin(m, e.target, e.source);
    name_it(op, a, choice);
    add(extra, op);
    asked kept{.tag = a.tag, .begun = m.time};
    remarks notes;
    switch (a.tag) {
      case get_request:
      case set_request:
      case action_request: read_request(in, op, kept, notes); break;
      case aarq: read_aarq(data, op, notes); break;
      case short_read:
      case short_write:
        read_short_request(a.tag, in, op);
        if (!in.ok()) notes.breaks("encoding", std::string{in.why().what});
        break;
      case access_request:
        read_access_request(in, op, kept);
        if (!in.ok()) notes.breaks("encoding", std::string{in.why().what});
        break;
      default:
        if (is_ciphered(a.tag) || a.tag == general_ciphering) say_sealed(a, in, e, m, op, out);
    }
    tell(notes, e.target, m.from, m, out);
    if (auto before = requests_.take(k)) {  // its answer does not come any more, or the next would be taken for it
      before->op.outcome = outcome::timeout;
      out.emit(std::move(before->op), before->asker);
    }
    requests_.add(k, std::move(op), out, m.from, std::move(kept));
  }
  static bool continues(std::uint8_t tag, std::uint8_t choice) {
    return (tag == get_request && choice == 2) || (tag == set_request && choice == 3) ||
           (tag == action_request && (choice == 2 || choice == 6));
  }

  void on_response(const apdu& a, reader& in, bytes data, ends e, const message& m, output& out, std::vector<field> extra) {
    key k{e.source, e.target, a.answers, invoke_of(in, a.tag)};
    const bool is_error = a.answers == 0;
    if (is_error && newest_ && newest_->server == e.source && newest_->client == e.target) k = *newest_;
    auto r = requests_.take(k);
    if (r && r->asker == m.from) r.reset();
    const bool paired = r.has_value();
    if (!paired) {
      r = queue::request{k, begin(m, e.source, e.target), other(m.from), {.tag = a.answers, .begun = m.time}};
      name_it(r->op, a, choice_of(in, a.tag));
    }
    add(extra, r->op);
    remarks notes;
    auto how = state::complete;
    switch (a.tag) {
      case get_response:
      case set_response:
      case action_response: how = read_response(in, r->op, r->extra, notes); break;
      case aare: how = read_aare(data, r->op, notes); break;
      case rlre: how = read_rlre(data, r->op); break;
      case short_read_response:
      case short_write_response: how = read_short_response(a.tag, in, r->op); break;
      case access_response: how = read_access_response(in, r->op, r->extra, notes); break;
      case exception_response:
      case confirmed_service_error: how = read_error(a.tag, in, r->op); break;
      default:
        if (is_ciphered(a.tag) || a.tag == general_ciphering) say_sealed(a, in, e, m, r->op, out);
    }
    if (!in.ok() && notes.broken.empty()) notes.breaks("encoding", std::string{in.why().what});
    tell(notes, e.source, other(m.from), m, out);
    if (how == state::continues && paired) {
      r->op.time = m.time;
      return requests_.add(k, std::move(r->op), out, r->asker, std::move(r->extra));
    }
    if (paired) {
      r->op.time = r->extra.begun;
      r->op.latency = m.time - r->op.time;
    }
    if (!paired)
      r->op.outcome = outcome::unpaired;
    else if (how != state::refused)
      r->op.outcome = outcome::ok;
    out.emit(std::move(r->op), r->asker);
  }
  static state read_error(std::uint8_t tag, reader& in, operation& op) {
    const auto first = in.u8(), second = in.u8();
    if (tag == exception_response) {
      op.fields.emplace_back("state_error", state_error(first));
      refuse(op, second, service_error(second));
    } else {
      const auto third = in.u8();
      op.fields.emplace_back("service", std::uint64_t{first});
      refuse(op, third, "error_" + std::to_string(second) + '_' + std::to_string(third));
    }
    return state::refused;
  }
  void on_told(const apdu& a, reader& in, ends e, const message& m, output& out, std::vector<field> extra) {
    const bool by_client = a.tag == unconfirmed_write || a.tag == 54 || a.tag == 86;
    const auto meter = by_client ? e.target : e.source;
    operation op = begin(m, meter, by_client ? e.source : e.target);
    name_it(op, a, {});
    add(extra, op);
    remarks notes;
    if (is_ciphered(a.tag))
      say_sealed(a, in, e, m, op, out);
    else
      read_told(a.tag, in, op, notes);
    tell(notes, meter, by_client ? m.from : other(m.from), m, out);
    out.emit(std::move(op), m.from);
  }

  // ---- security
  void say_sealed(const apdu& a, reader& in, ends e, const message& m, operation& op, output& out) {
    op.fields.emplace_back("encrypted", true);
    out.count("dlms", "opaque", a.tag);
    if (a.tag == general_ciphering) return;
    const auto s = read_seal(a.tag, in);
    if (!s) return out.violate(m.from, "length", "the security header is cut short", address_text_of(e.target, m));
    if (!s->title.empty()) op.fields.emplace_back("system_title", hex(s->title, 16));
    op.fields.emplace_back("security_control", std::uint64_t{s->control});
    op.fields.emplace_back("invocation_counter", std::uint64_t{s->counter});
    check_counter(a.tag, *s, e, m, out);
  }
  void check_counter(std::uint8_t tag, const seal& s, ends e, const message& m, output& out) {
    if (!counters_.goes_up(tag, s, e, out))
      out.violate(m.from, "invocation_counter", "the invocation counter does not go up", address_text_of(e.target, m));
  }
  /// What is only authenticated can be read. False: it is encrypted, or no security header.
  bool on_authenticated(const apdu& a, reader in, ends e, const message& m, output& out) {
    const auto s = read_seal(a.tag, in);
    const auto inside = s ? in_the_clear(*s) : std::nullopt;
    if (!inside) return false;
    check_counter(a.tag, *s, e, m, out);
    on_apdu(*inside, e, m, out, 1, {{"authenticated", true}, {"invocation_counter", std::uint64_t{s->counter}}});
    return true;
  }
  void on_general_block(reader& in, ends e, const message& m, output& out, unsigned depth) {
    const auto whole = blocks_.add(in, e, out);
    if (!in.ok()) return out.violate(m.from, "length", "a block is cut short", address_text_of(e.target, m));
    if (depth == 0 && !whole.empty() && whole[0] != general_block_transfer) on_apdu(whole, e, m, out);
  }

  // ---- what is learned
  void tell(const remarks& notes, std::uint32_t server, side asker, const message& m, output& out) {
    const auto unit = address_text_of(server, m);
    for (const auto& [rule, detail] : notes.broken) out.violate(m.from, rule, detail, unit);
    for (const auto& f : notes.findings) {
      const auto who = f.of_server ? other(asker) : asker;
      const auto subject = ip::v4(0, 0, 0, who == side::client ? 1 : 2);  // only to tell the two sides apart
      if (told_.fresh(subject, {}, f.kind, unit + '\n' + f.value, m.time, "dlms", out, true))
        out.learn(who, f.of_server ? unit : std::string{}, f.kind, f.value, f.confidence);
    }
  }

  std::deque<hdlc_flow> flows_;
  counters counters_;
  general_blocks blocks_;
  std::optional<key> newest_;  ///< errors do not say what they answer
  queue requests_;
  told_facts<64> told_;
};

const protocol dlms_protocol{{
    .name = "dlms",
    .tcp_ports = ports,
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<dlms_session>(); },
}};

}  // namespace
}  // namespace mw
