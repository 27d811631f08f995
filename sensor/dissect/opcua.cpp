// OPC UA binary over TCP (OPC 10000-6, 7.1 and 7.2): greeting, secure channel, and the services of OPC 10000-4 in it.
#include "sensor/dissect/opcua_channel.hpp"
#include "sensor/dissect/opcua_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mw {
namespace {

using namespace opcua;

constexpr std::array<std::uint16_t, 4> ports{4840, 4841, 48010, 53530};
constexpr std::size_t sequence_size = 8;

/// Octets of the signature behind each chunk (OPC 10000-7, the policies' symmetric signature algorithms).
std::size_t signature_size(std::string_view policy) {
  if (policy == "Basic128Rsa15" || policy == "Basic256") return 20;
  if (policy == "ECC_nistP384" || policy == "ECC_brainpoolP384r1") return 48;
  return policy.ends_with("ChaChaPoly") || policy.starts_with("ECC_curve") ? 16 : 32;
}

class opcua_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_header(in);
    if (!h || h->size != m.data.size()) {
      out.violate(m.from, "header", "the message has another size than its header says");
      return verdict::taken;
    }
    out.count("opcua", "message", word(h->kind));
    if (const auto most = largest_[index(m.from)]; most != 0 && h->size > most)
      out.violate(m.from, "chunk_size", "a chunk larger than was agreed on");
    switch (h->kind) {
      case kind::hello: on_hello(in, m, out); break;
      case kind::acknowledge: on_acknowledge(in, m, out); break;
      case kind::error: on_error(in, m, out); break;
      case kind::reverse_hello: on_reverse_hello(in, m, out); break;
      case kind::open: on_open(in, m, out); break;
      default: on_chunk(*h, in, m, out);
    }
    if (const auto n = memory_.take_forgotten(); n != 0)
      for (std::size_t i = 0; i < n; ++i) out.count("opcua", "forgotten", "node");
    return verdict::taken;
  }
  void on_gap(side from) override { flows_[index(from)].gap(); }
  void on_time(timestamp now, output& out) override {
    requests_.expire(now, out, patience);
    publishes_.expire(now, out, publish_patience);
    if (greeting_ && now - greeting_->time > patience) end_greeting(outcome::timeout, out);
  }
  void on_end(timestamp, output& out) override {
    if (greeting_) end_greeting(outcome::timeout, out);
    requests_.finish(out);
    publishes_.finish(out);
  }

private:
  static constexpr nanoseconds patience = std::chrono::minutes{1};        ///< what most clients wait
  static constexpr nanoseconds publish_patience = std::chrono::hours{1};  ///< these wait until there is news
  static constexpr std::uint64_t sealed_open = std::uint64_t{1} << 32;    ///< key of an OPN whose request id is encrypted
  using queue = pending_requests<std::uint64_t, asked>;

  static std::size_t index(side s) { return static_cast<std::size_t>(s); }

  // ---- greeting
  void on_hello(reader& in, const message& m, output& out) {
    if (greeting_) end_greeting(outcome::timeout, out);
    in.skip(4);  // version
    const auto receive = in.u32le(), send = in.u32le(), most = in.u32le(), chunks = in.u32le();
    const auto url = read_text(in);
    if (!in.ok()) return out.violate(m.from, "length", "the greeting is cut short");
    caller_ = m.from;
    largest_ = {};
    policy_.reset();
    channel_.reset();
    for (auto& f : flows_) f = {};
    greeting_.emplace();
    greeting_->time = m.time;
    greeting_->action = action::session;
    greeting_->function = "HEL";
    greeting_->function_name = "hello";
    auto& fields = greeting_->fields;
    fields.emplace_back("endpoint_url", url);
    fields.emplace_back("receive_buffer", std::uint64_t{receive});
    fields.emplace_back("send_buffer", std::uint64_t{send});
    fields.emplace_back("max_message", std::uint64_t{most});
    fields.emplace_back("max_chunks", std::uint64_t{chunks});
  }
  void on_acknowledge(reader& in, const message& m, output& out) {
    in.skip(4);
    const auto receive = in.u32le(), send = in.u32le();
    if (!in.ok()) return out.violate(m.from, "length", "the acknowledgement is cut short");
    if (caller_ == m.from) caller_ = other(m.from);
    largest_[index(caller_)] = receive, largest_[index(other(caller_))] = send;
    if (greeting_) said_ = std::move(greeting_->fields);  // the operation that opens the channel tells it
    greeting_.reset();
  }
  void on_error(reader& in, const message& m, output& out) {
    const auto status = in.u32le();
    const auto reason = read_text(in);
    if (!in.ok()) return out.violate(m.from, "length", "the error is cut short");
    auto op = operation{};
    auto asker = other(m.from);
    if (greeting_) {
      op = std::move(*greeting_);
      greeting_.reset();
      op.latency = m.time - op.time;
    } else if (auto open = requests_.take(sealed_open)) {
      op = std::move(open->op);
      op.latency = m.time - op.time;
      asker = open->asker;
    } else {
      op.time = m.time;
      op.action = action::session;
      op.function = "ERR";
      op.function_name = "error";
    }
    refuse(op, status);
    if (!reason.empty()) op.fields.emplace_back("reason", reason);
    out.emit(std::move(op), asker);
  }
  void on_reverse_hello(reader& in, const message& m, output& out) {
    const auto uri = read_text(in), url = read_text(in);
    if (!in.ok()) return out.violate(m.from, "length", "the reverse greeting is cut short");
    caller_ = other(m.from);
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = "RHE";
    op.function_name = "reverse_hello";
    op.fields.emplace_back("application_uri", uri);
    op.fields.emplace_back("endpoint_url", url);
    out.emit(std::move(op), m.from);
    tell({true, "application_uri", uri, 60, false, {}}, caller_, m, out);
    tell({true, "role", "opcua_server", 80, false, {}}, caller_, m, out);
  }
  void end_greeting(outcome how, output& out) {
    greeting_->outcome = how;
    out.emit(std::move(*greeting_), caller_);
    greeting_.reset();
  }
  static void refuse(operation& op, std::uint32_t status) {
    op.outcome = outcome::refused;
    op.code = std::to_string(status);
    op.fields.emplace_back("status", status_name(status));
  }

  // ---- secure channel
  void on_open(reader& in, const message& m, output& out) {
    const auto channel = in.u32le();
    const auto security = read_asymmetric(in);
    if (!in.ok()) return out.violate(m.from, "length", "the security header is cut short");
    policy_ = security.policy;
    if (channel == 0)
      for (auto& f : flows_) f.new_channel();
    else
      channel_ = channel;
    const bool readable = begins_service(in.rest().subspan(std::min(in.left(), sequence_size)));
    if (security.policy != "None" && !readable) return on_sealed_open(security, channel, m, out);
    if (security.policy != "None") out.violate(m.from, "unprotected", "a channel is opened in the clear although its policy forbids it");
    mode_ = 1;
    const auto sequence = in.u32le(), request = in.u32le();
    if (!in.ok()) return out.violate(m.from, "length", "the sequence header is cut short");
    auto whole = flows_[index(m.from)].add('F', sequence, request, in.rest(), m, out);
    if (whole) on_service(*whole, request, &security, m, out);
  }
  /// Signed and encrypted with the partners' keys; what kind of message it is and who sent it is in the clear.
  void on_sealed_open(const asymmetric_header& security, std::uint32_t channel, const message& m, output& out) {
    mode_.reset();
    const bool is_request = channel == 0 || m.from == caller_;
    remarks notes;
    out.count("opcua", "opaque", "OPN");
    if (is_request) {
      asked kept{.what = find_service(open_secure_channel).what, .subscription = 0, .numbers = {}};
      auto op = begin(*kept.what, m.time);
      say_security(op, security, notes, false);
      op.fields.emplace_back("encrypted", true);
      requests_.add(sealed_open, std::move(op), out, m.from, std::move(kept));
      return tell_all(notes, m.from, m, out);
    }
    auto r = requests_.take(sealed_open);
    if (!r) r = queue::request{sealed_open, begin(*find_service(open_secure_channel).what, m.time), other(m.from), {}};
    learn_certificate(security.certificate, true, r->op, notes);
    tell_all(notes, r->asker, m, out);
    if (r->extra.what != nullptr) return answer(*r, m.time, outcome::ok, out);
    r->op.outcome = outcome::unpaired;
    r->op.fields.emplace_back("security_policy", security.policy);
    out.emit(std::move(r->op), r->asker);
  }
  void say_security(operation& op, const asymmetric_header& security, remarks& notes, bool plain) {
    std::ranges::move(said_, std::back_inserter(op.fields));
    said_.clear();
    op.fields.emplace_back("security_policy", security.policy);
    op.fields.emplace_back("insecure", plain);
    learn_certificate(security.certificate, false, op, notes);
    notes.learn({true, "security_policy", security.policy, 90, true, {}});
    if (plain) notes.learn({true, "insecure_configuration", "a channel without security is used", 90, true, {}});
  }

  void on_chunk(const chunk_header& h, reader& in, const message& m, output& out) {
    const auto channel = in.u32le();
    in.skip(4);  // token
    auto rest = in.rest();
    if (!channel_) channel_ = channel;
    if (*channel_ != channel && std::exchange(stray_, channel) != channel)
      out.violate(m.from, "channel", "a chunk of a channel that is not open");
    const auto sequence = in.u32le(), request = in.u32le();
    if (!in.ok()) return out.violate(m.from, "length", "the sequence header is cut short");
    auto& flow = flows_[index(m.from)];
    const bool known_plain = policy_ ? *policy_ == "None" : mode_.has_value();
    const bool readable = known_plain || begins_service(rest.subspan(sequence_size)) || flow.continues(request);
    if (!readable) return on_sealed(h, m, out);
    if (policy_ && *policy_ != "None") {
      rest = rest.first(rest.size() - std::min(rest.size() - sequence_size, signature_size(*policy_)));
      find_mode(2, m, out);
    } else {
      mode_ = 1;
    }
    const auto body = rest.subspan(sequence_size);
    const auto whole = flow.add(h.final, sequence, request, body, m, out);
    if (h.final == 'A') return on_abort(body, request, m, out);
    if (whole) on_service(*whole, request, nullptr, m, out);
  }
  void on_sealed(const chunk_header& h, const message& m, output& out) {
    out.count("opcua", "opaque", word(h.kind));
    if (policy_) find_mode(3, m, out);
    if (h.kind != kind::close) return;
    auto op = begin(*find_service(close_secure_channel).what, m.time);
    op.fields.emplace_back("encrypted", true);
    out.emit(std::move(op), m.from);
  }
  void find_mode(std::uint32_t mode, const message& m, output& out) {
    if (mode_ == mode) return;
    mode_ = mode;
    tell({true, "security_mode", security_mode(mode), 80, true, {}}, caller_, m, out);
  }
  void on_abort(bytes body, std::uint32_t request, const message& m, output& out) {
    reader in{body};
    const auto status = in.u32le();
    out.count("opcua", "abort", status >> 16);
    auto r = requests_.take(request);
    if (!r) r = publishes_.take(request);
    if (!r || r->asker == m.from) return;
    refuse(r->op, status);
    r->op.latency = m.time - r->op.time;
    out.emit(std::move(r->op), r->asker);
  }

  // ---- services
  static operation begin(const service& s, timestamp at) {
    operation op;
    op.time = at;
    op.action = s.what;
    op.function = std::to_string(s.request);
    op.function_name = s.name;
    return op;
  }
  void on_service(const chunk_flow::message& whole, std::uint32_t request, const asymmetric_header* opening, const message& m,
                  output& out) {
    reader in{whole.body};
    const auto id = read_node(in);
    const auto found = id.standard ? find_service(*id.standard) : found_service{};
    const bool fault = id.is(service_fault);
    if (!in.ok() || (found.what == nullptr && !fault)) {
      if (whole.perhaps_rest) return out.count("opcua", "forgotten", "beginning");
      return out.violate(m.from, "service", "a message that is no service's");
    }
    out.count("opcua", "service", *id.standard);
    if (found.is_request)
      on_request(in, *found.what, whole.time, request, opening, m, out);
    else
      on_response(in, found.what, request, opening, m, out);
  }
  void on_request(reader& in, const service& s, timestamp at, std::uint32_t request, const asymmetric_header* opening, const message& m,
                  output& out) {
    caller_ = m.from;
    auto op = begin(s, at);
    asked kept{.what = &s, .subscription = 0, .numbers = {}};
    remarks notes;
    if (opening != nullptr) say_security(op, *opening, notes, opening->policy == "None");
    exchange x{in, op, kept, memory_, notes};
    read_request(x);
    if (!in.ok()) notes.breaks("encoding", std::string{s.name} + " request: " + std::string{in.why().what});
    tell_all(notes, m.from, m, out);
    if (s.request == close_secure_channel) return out.emit(std::move(op), m.from);
    if (requests_.find(request) != nullptr || publishes_.find(request) != nullptr)
      out.violate(m.from, "request_id", "a request id that still waits for its answer");
    (s.request == publish ? publishes_ : requests_).add(request, std::move(op), out, m.from, std::move(kept));
  }
  void on_response(reader& in, const service* s, std::uint32_t request, const asymmetric_header* opening, const message& m, output& out) {
    const bool fault = s == nullptr;
    auto& waits_in = requests_.find(request) != nullptr ? requests_ : publishes_;
    const auto* waits = waits_in.find(request);
    std::optional<queue::request> r;
    if (waits != nullptr && waits->asker != m.from && (fault || waits->extra.what == s)) r = waits_in.take(request);
    if (!r && waits != nullptr && waits->asker != m.from) out.violate(m.from, "mismatch", "the answer is of another service");
    const bool paired = r.has_value();
    if (!paired) {
      operation op;
      if (s != nullptr) {
        op = begin(*s, m.time);
      } else {
        op.time = m.time;
        op.action = action::diagnose;
        op.function = std::to_string(service_fault);
        op.function_name = "service_fault";
      }
      r = queue::request{request, std::move(op), other(m.from), {.what = s, .subscription = 0, .numbers = {}}};
    }
    remarks notes;
    if (opening != nullptr) learn_certificate(opening->certificate, true, r->op, notes);
    exchange x{in, r->op, r->extra, memory_, notes};
    const auto status = read_response(x, fault);
    if (!in.ok()) notes.breaks("encoding", std::string{s ? s->name : "fault"} + " response: " + std::string{in.why().what});
    tell_all(notes, r->asker, m, out);
    if (is_bad(status)) refuse(r->op, status);
    if (!paired)
      r->op.outcome = outcome::unpaired;
    else if (!is_bad(status))
      r->op.outcome = outcome::ok;
    if (paired) r->op.latency = m.time - r->op.time;
    if (s != nullptr && s->request == open_secure_channel && !r->extra.numbers.empty()) mode_ = r->extra.numbers[0];
    out.emit(std::move(r->op), r->asker);
  }

  // ---- what is learned
  void tell(const finding& f, side asker, const message& m, output& out) {
    const auto who = f.of_server ? other(asker) : asker;
    const auto subject = ip::v4(0, 0, 0, who == side::client ? 1 : 2);  // only to tell the two sides apart
    const auto value = f.unit.empty() ? f.value : f.unit + '\n' + f.value;
    if (told_.fresh(subject, {}, f.kind, value, m.time, "opcua", out, f.several)) out.learn(who, f.unit, f.kind, f.value, f.confidence);
  }
  void tell_all(const remarks& notes, side asker, const message& m, output& out) {
    for (const auto& [rule, detail] : notes.broken) out.violate(m.from, rule, detail);
    for (const auto& f : notes.findings) tell(f, asker, m, out);
    for (auto n = notes.left_out; n != 0; --n) out.count("opcua", "forgotten", "finding");
  }

  std::array<chunk_flow, 2> flows_;
  std::array<std::uint32_t, 2> largest_{};  ///< chunk that each side may send, 0 = not known
  side caller_ = side::client;              ///< who asks: with a reverse greeting it is the flow's server
  std::optional<operation> greeting_;
  std::vector<field> said_;                              ///< by the greeting
  std::optional<std::string> policy_;                    ///< of the channel
  std::optional<std::uint32_t> mode_, channel_, stray_;  ///< stray: of another channel, told once
  queue requests_, publishes_;
  memory memory_;
  told_facts<128> told_;
};

const protocol opcua_protocol{{
    .name = "opcua",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<opcua_session>(); },
}};

}  // namespace
}  // namespace mw
