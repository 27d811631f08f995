// MC protocol of Mitsubishi MELSEC controllers (SH-080008) and SLMP (SH-080956): frames 1E, 3E and 4E over TCP and UDP.
#include "sensor/dissect/melsec_frame.hpp"
#include "sensor/dissect/melsec_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace melsec;

// the ports are set by the user; these are those of the manuals' examples and of SLMP
constexpr std::array<std::uint16_t, 13> ports{4999, 5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007, 5008, 5009, 5010, 45237};

match probe(bytes head, transport t) {
  const auto size = size_of(head);
  if (!size) return match::no;
  if (t == transport::udp) return *size == head.size() && convincing(head) ? match::yes : match::no;
  if (t != transport::tcp) return match::no;
  if (*size == 0 || *size > head.size()) return match::unsure;
  return convincing(head.first(*size)) ? match::yes : match::no;
}

/// Answers come in the order of the requests; 4E has numbers besides.
struct request_key {
  side asker = side::client;
  melsec::form form = form::e3;
  std::uint16_t number = 0;  ///< serial number of 4E, command of 1E
  friend bool operator==(const request_key&, const request_key&) = default;
};

class melsec_session final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp now, output& out) override {
    pending_.expire(now, out);
    pending_.finish(out);
  }
  void on_gap(side) override { gap_ = true; }

private:
  void on_request(const frame& f, const message& m, output& out);
  void on_response(const frame& f, const message& m, output& out);

  pending_requests<request_key, asked> pending_;
  std::vector<piece> monitored_;  ///< layout of the registered monitor; the last replaces all before
  std::vector<object> watched_;
  told_facts<32> told_;
  bool gap_ = false;
};

verdict melsec_session::on_message(const message& m, output& out) {
  const auto f = parse(m.data);
  if (!f) {
    out.violate(m.from, "frame", f.error().what);
    return verdict::taken;
  }
  if (f->response)
    on_response(*f, m, out);
  else
    on_request(*f, m, out);
  return verdict::taken;
}

void melsec_session::on_request(const frame& f, const message& m, output& out) {
  reader in{f.body};
  coded c{in, f.ascii};
  operation op;
  op.time = m.time;
  op.unit = f.unit();
  (void)c.u16();  // monitoring timer
  asked about;
  meaning what;
  request_key key{m.from, f.form, f.serial};
  if (f.form == form::e1) {
    what = meaning_of_1e(f.command_1e);
    op.function = "1e/" + std::to_string(f.command_1e);
    op.action = what.action;
    key.number = f.command_1e;
    out.count("melsec", "command_1e", f.command_1e);
    read_request_1e(f.command_1e, c, op, about);
  } else {
    about.command = c.u16(), about.sub = c.u16();
    what = meaning_of(about.command);
    op.function = std::to_string(about.command);
    op.action = what.action;
    out.count("melsec", "command", about.command);
    op.fields.emplace_back("subcommand", std::uint64_t{about.sub});
    if (in.ok()) read_request(c, op, about);
  }
  op.function_name = what.name.empty() ? "unknown" : what.name;
  op.fields.emplace_back("frame", std::string{f.form == form::e1 ? "1E" : f.form == form::e3 ? "3E" : "4E"});
  if (what.name.empty()) out.violate(m.from, "command", "a command that is not known", op.unit);
  if (!in.ok())
    out.violate(m.from, in.why().kind == fault::truncated ? "length" : "content", in.why().what, op.unit);
  else if (in.left() != 0)
    out.violate(m.from, "length", "octets behind what the command needs", op.unit);
  if (about.command == 0x0801 || (about.form_1e && (about.command == 0x06 || about.command == 0x07)))
    monitored_ = about.pieces, watched_ = op.objects;
  if (about.monitors) about.pieces = monitored_, op.objects = watched_;
  if (about.command == 0x2101 && !about.form_1e) return out.emit(std::move(op), other(m.from));
  pending_.add(key, std::move(op), out, m.from, std::move(about));
}

void melsec_session::on_response(const frame& f, const message& m, output& out) {
  reader in{f.body};
  coded c{in, f.ascii};
  const std::uint16_t end = f.form == form::e1 ? c.u8() : c.u16();
  if (!in.ok()) return out.violate(m.from, "length", "an answer without an end code", f.unit());
  out.count("melsec", "response", end);
  auto found = pending_.take({other(m.from), f.form, f.form == form::e1 ? std::uint16_t{f.command_1e} : f.serial});
  const bool paired = found.has_value();
  if (!paired) {
    operation op;
    op.time = m.time;
    op.unit = f.unit();
    const auto what = f.form == form::e1 ? meaning_of_1e(f.command_1e) : meaning{"response", action::diagnose};
    op.function = f.form == form::e1 ? "1e/" + std::to_string(f.command_1e) : "response";
    op.function_name = what.name;
    op.action = what.action;
    asked about;
    about.form_1e = f.form == form::e1;
    found = {{}, std::move(op), other(m.from), std::move(about)};
  }
  auto& op = found->op;
  auto how = outcome::ok;
  std::vector<learned> facts;
  if (end != 0) {
    how = outcome::refused;
    op.code = std::to_string(end);
    const auto why = f.form == form::e1 ? reason_of_1e(static_cast<std::uint8_t>(end)) : reason_of(end);
    if (!why.empty()) op.fields.emplace_back("reason", std::string{why});
    if (f.form == form::e1 && c.left() >= 1) op.fields.emplace_back("detail", std::uint64_t{c.u8()});
    // the route, the command and the subcommand that went wrong
    if (paired && f.form != form::e1 && c.left() >= 9) {
      in.skip(f.ascii ? 10 : 5);
      if (const auto command = c.u16(); in.ok() && command != found->extra.command && !gap_)
        out.violate(m.from, "unpaired_response", "an error that answers another command", op.unit);
    }
  } else if (paired) {
    read_response(c, op, found->extra, facts);
    if (!in.ok())
      out.violate(m.from, in.why().kind == fault::truncated ? "length" : "content", in.why().what, op.unit);
    else if (in.left() != 0 && !found->extra.pieces.empty() && !gap_)
      out.violate(m.from, "mismatch", "an answer longer than what was asked for", op.unit);
    facts.push_back({"role", "plc", 60});
  }
  if (pending_.size() == 0) gap_ = false;
  for (const auto& l : facts)
    if (told_.fresh({}, {}, l.kind, l.value, m.time, "melsec", out)) out.learn(m.from, {}, l.kind, l.value, l.confidence);
  if (paired) return answer(std::move(*found), m.time, how, out);
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), found->asker);
}

const protocol melsec_protocol{{
    .name = "melsec",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = size_of,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<melsec_session>(); },
}};

}  // namespace
}  // namespace mw
