// ANSI C12.22, how meters are read and switched over networks, on TCP and UDP. Each service is one operation, with its answer; what is
// encrypted is told as such.
#include "common/text.hpp"
#include "sensor/dissect/c1222_message.hpp"
#include "sensor/dissect/c1222_services.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

using namespace c1222;

constexpr std::array<std::uint16_t, 1> ports{1153};
constexpr std::size_t most_told = 64, most_services = 64;
constexpr std::uint8_t stated = 85, by_title = 70;
constexpr std::array<std::string_view, 4> security_names{"clear", "authenticated", "encrypted", "reserved"};

class c1222_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto read = read_envelope(m.data);
    if (!read) {
      out.violate(m.from, "encoding", read.error().what);
      return verdict::taken;
    }
    const auto& e = *read;
    out.count("c1222", "security", static_cast<std::uint32_t>(e.security));
    if (!e.calling.empty() && told_.fresh({}, {}, "ap_title", e.calling, m.time, "c1222", out, true))
      out.learn(m.from, {}, "ap_title", e.calling, by_title);
    if (e.security == security::encrypted) {
      on_encrypted(e, m, out);
      return verdict::taken;
    }
    if (e.security == security::reserved) out.violate(m.from, "security_mode", "a mode of security that is reserved", e.called);
    reader in{e.services};
    for (std::size_t i = 0; in.left() != 0; ++i) {
      const auto service = next_service(in);
      if (!in.ok()) break;
      if (i >= most_services) {
        out.count("c1222", "left_out", "service");
        continue;
      }
      if (service.front() <= last_response)
        on_response(e, service, m, out);
      else
        on_request(e, service, m, out);
    }
    if (!in.ok()) out.violate(m.from, "length", in.why().what, e.called);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  struct key {
    std::uint64_t invocation = 0;
    side asker = side::client;
    friend bool operator==(const key&, const key&) = default;
  };

  static operation begin(const envelope& e, const message& m) {
    operation op;
    op.time = m.time;
    op.unit = e.called;
    if (!e.calling.empty()) op.fields.emplace_back("calling", e.calling);
    op.fields.emplace_back("security", std::string{security_names.at(static_cast<std::size_t>(e.security))});
    if (e.recovery) op.fields.emplace_back("recovery", true);
    if (e.proxy) op.fields.emplace_back("proxy", true);
    if (!e.device_class.empty()) op.fields.emplace_back("device_class", e.device_class);
    return op;
  }
  static void say(const std::vector<remark>& remarks, const message& m, const std::string& unit, output& out) {
    for (const auto& r : remarks) out.violate(m.from, r.rule, r.detail, unit);
  }

  static void on_encrypted(const envelope& e, const message& m, output& out) {
    auto op = begin(e, m);
    op.action = action::session;
    op.function = op.function_name = "encrypted";
    op.fields.emplace_back("size", std::uint64_t{e.services.size()});
    out.emit(std::move(op), m.from);
  }

  void on_request(const envelope& e, bytes service, const message& m, output& out) {
    auto op = begin(e, m);
    asked kept;
    std::vector<remark> remarks;
    read_request(service, op, kept, remarks);
    out.count("c1222", "command", basic(kept.code));
    say(remarks, m, op.unit, out);
    // who wants no answer, or only a bad one, most often gets none
    if (e.response_control != always_answers) return out.emit(std::move(op), m.from);
    pending_.add({*e.calling_invocation, m.from}, std::move(op), out, m.from, kept);
  }

  void on_response(const envelope& e, bytes service, const message& m, output& out) {
    const auto code = service.front();
    out.count("c1222", "response", code);
    const auto how = code == 0 ? outcome::ok : outcome::refused;
    std::vector<remark> remarks;
    if (name_of_response(code) == "unknown") remarks.push_back({"response", "a code of a response that is not known"});
    // the number of the request comes back as that of who was called, with older devices as their own
    auto request = pending_.take({e.called_invocation.value_or(*e.calling_invocation), other(m.from)});
    if (!request) {
      auto op = begin(e, m);
      op.unit = e.calling;
      op.action = action::diagnose;
      op.function = "response";
      op.function_name = name_of_response(code);
      op.outcome = outcome::unpaired;
      if (code != 0) op.code = std::to_string(code);
      remarks.push_back({"unpaired_response", "a response whose request was not seen"});
      say(remarks, m, op.unit, out);
      return out.emit(std::move(op), other(m.from));
    }
    auto& op = request->op;
    std::vector<finding> findings;
    if (code == 0) {
      read_answer(service.subspan(1), request->extra, op, findings, remarks);
    } else {
      op.code = std::to_string(code);
      op.fields.emplace_back("error", std::string{name_of_response(code)});
    }
    for (const auto& f : findings)
      if (told_.fresh({}, {}, f.kind, op.unit + ' ' + f.value, m.time, "c1222", out, true))
        out.learn(m.from, op.unit, f.kind, f.value, stated);
    say(remarks, m, op.unit, out);
    answer(std::move(*request), m.time, how, out);
  }

  pending_requests<key, asked> pending_;
  told_facts<most_told> told_;
};

match probe(bytes head, transport t) {
  const auto size = size_of(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size()) return t == transport::udp ? match::no : match::unsure;
  if (t == transport::udp && *size != head.size()) return match::no;
  const auto e = read_envelope(head.first(*size));
  if (!e || e->services.empty()) return match::no;
  if (e->security == security::encrypted) return match::yes;
  reader in{e->services};
  while (in.left() != 0) (void)next_service(in);
  return in.ok() ? match::yes : match::no;
}

const protocol c1222_protocol{{
    .name = "c1222",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = size_of,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<c1222_session>(); },
}};

}  // namespace
}  // namespace mw
