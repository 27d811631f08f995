// MMS (ISO 9506-2) as IEC 61850-8-1 and TASE.2 use it: over TPKT and COTP (RFC 1006), session, presentation and ACSE.
#include "sensor/dissect/mms_conversation.hpp"
#include "sensor/dissect/tpkt.hpp"

#include <algorithm>
#include <memory>

namespace mw {
namespace {

using namespace mms;

// ---- identification
match judge(bytes payload) {
  if (!begins_message(payload)) return match::no;
  reader in{bytes{}};
  const auto e = read_envelope(payload, in);
  if (!in.ok()) return match::no;
  const auto all_pdus = [](const std::vector<presented>& values) {
    return !values.empty() && std::ranges::all_of(values, [](const presented& v) { return is_pdu(v.content); });
  };
  switch (e.what) {
    case step::connect:
      return std::ranges::any_of(e.contexts, [](const agreed& a) { return a.meaning == syntax::mms; }) ? match::certain : match::no;
    case step::direct:
    case step::data: return all_pdus(e.values) ? match::yes : match::no;
    case step::accept:
      for (const auto& v : e.values) {
        const auto apdu = first(v.content, in);
        if (in.ok() && apdu.is(ber::tag_class::application, 1) && all_pdus(read_acse(apdu, in).values) && in.ok()) return match::yes;
      }
      return match::unsure;
    default: return match::unsure;
  }
}

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  tpkt::reassembly parts;
  while (!head.empty()) {
    const auto size = tpkt::frame(head);
    if (!size) return match::no;
    if (*size == 0 || *size > head.size()) return match::unsure;
    const auto unit = tpkt::parse(head.first(*size));
    if (!unit) return match::no;
    head = head.subspan(*size);
    if (unit->kind != tpkt::kind::data) continue;
    if (!parts.open() && !unit->user_data.empty() && !begins_message(unit->user_data)) return match::no;
    if (parts.add(*unit) != tpkt::reassembly::step::complete || parts.whole().empty()) continue;
    if (const auto thinks = judge(parts.whole()); thinks != match::unsure) return thinks;
  }
  return match::unsure;
}

class mms_session final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override {
    parts_[index(from)].gap();
    began_[index(from)].reset();
    talk_.on_gap(from);
  }
  void on_time(timestamp now, output& out) override { talk_.expire(now, out); }
  void on_end(timestamp now, output& out) override {
    talk_.expire(now, out);
    talk_.finish(out);
  }

private:
  static constexpr std::size_t index(side s) { return s == side::client ? 0 : 1; }

  std::array<tpkt::reassembly, 2> parts_;
  std::array<std::optional<timestamp>, 2> began_;  ///< of a message in parts
  mms::conversation talk_;
};

verdict mms_session::on_message(const message& m, output& out) {
  said s{m.from, m.time, out};
  const auto unit = tpkt::parse(m.data);
  if (!unit) {
    s.broken("cotp", unit.error().what);
    return verdict::taken;
  }
  if (unit->kind == tpkt::kind::disconnect_request) talk_.finish(out);
  if (unit->kind != tpkt::kind::data) {
    if (!unit->parameters_valid) s.broken("cotp", "a parameter of the connection message ends outside of it");
    return verdict::taken;
  }
  auto& parts = parts_[index(m.from)];
  const bool begins = begins_message(unit->user_data);
  if (!begins && !unit->user_data.empty() && !parts.open()) return verdict::not_mine;
  auto& began = began_[index(m.from)];
  if (!parts.open() || !began) began = m.time;
  s.time = *began;
  switch (parts.add(*unit, begins)) {
    case tpkt::reassembly::step::complete:
      if (!parts.whole().empty()) talk_.on_payload(parts.whole(), s);
      began.reset();
      break;
    case tpkt::reassembly::step::over_limit:
      s.broken("fragment", "a message goes on over more parts than are kept");
      began.reset();
      break;
    default: break;
  }
  return verdict::taken;
}

constexpr std::array<std::uint16_t, 1> ports{102};

const protocol mms_protocol{{
    .name = "mms",
    .tcp_ports = ports,
    .probe = probe,
    .frame = tpkt::frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<mms_session>(); },
}};

}  // namespace
}  // namespace mw
