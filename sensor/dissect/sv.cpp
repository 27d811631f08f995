// Sampled values of substations (IEC 61850-9-2) on EtherType 0x88BA, and routed on UDP (IEC 61850-90-5). Each message is one operation;
// what its publisher owes its subscribers over time is judged in sv_watch.
#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/goose_link.hpp"
#include "sensor/dissect/goose_pdu.hpp"
#include "sensor/dissect/sv_watch.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ethertypes{0x88ba};
constexpr std::array<std::uint16_t, 1> udp_ports{gse::routed_port};
constexpr std::uint32_t sav_pdu = 0;  // application tag
constexpr std::uint8_t sav_pdu_octet = 0x60;
constexpr std::uint8_t told_by_itself = 80;

class sv_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::udp) return on_routed(m, out);
    const auto p = gse::read_frame(m.data);
    if (!p) {
      out.violate(m.from, "length", "the frame ends inside its head");
      return verdict::taken;
    }
    if (!p->fits) out.violate(m.from, "length", "the frame does not hold the octets that it announces");
    on_apdu(*p, m, out);
    return verdict::taken;
  }

private:
  verdict on_routed(const message& m, output& out) {
    const auto r = gse::read_routed(m.data);
    if (!r) return verdict::not_mine;
    reader in{r->payloads};
    bool mine = false;
    while (in.left() != 0) {
      const auto p = gse::next_payload(in);
      if (!in.ok()) break;
      if (p.user != gse::user::sampled_values) continue;
      mine = true;
      out.count("sv", "routed", r->kind);
      on_apdu(p.what, m, out);
    }
    if (mine && !in.ok()) out.violate(m.from, "length", "the session ends inside a payload");
    return mine ? verdict::taken : verdict::not_mine;
  }

  void on_apdu(const gse::payload& p, const message& m, output& out) {
    out.count("sv", "appid", p.appid);
    reader in{p.apdu};
    const auto pdu = ber::next(in);
    if (!in.ok()) return out.violate(m.from, "encoding", "the message ends inside an element");
    if (!pdu.is(ber::tag_class::application, sav_pdu)) return out.violate(m.from, "encoding", "not a message of sampled values");
    sv::message_of all;
    if (!sv::read_message(pdu.content, all, m.from, out)) return;
    operation op;
    op.time = m.time;
    op.unit = std::to_string(p.appid);
    op.action = action::report;
    op.function = op.function_name = "publish";
    op.outcome = outcome::none;
    for (std::size_t i = 0; i < all.size; ++i) on_asdu(all.asdus.at(i), p.simulated, op, m, out);
    tell_fields(all, p, op);
    out.emit(std::move(op), m.from);
  }

  void on_asdu(const sv::asdu& a, bool simulated, operation& op, const message& m, output& out) {
    out.count("sv", "message", "asdu");
    if (a.id.empty()) return;
    const bool is_new = watch_.on_sample(a, simulated, m, out);
    auto id = printable(a.id);
    if (is_new) {
      out.learn(m.from, op.unit, "role", "sv_publisher", told_by_itself);
      out.learn(m.from, op.unit, "stream", id, told_by_itself);
    }
    // the samples of one stream, one after the other, are one object
    if (op.objects.empty() || op.objects.back().address != id)
      op.objects.push_back({.space = "sv", .address = std::move(id), .count = 1, .property = {}, .index = {}});
    else
      ++op.objects.back().count;
  }

  /// Of the first ASDU.
  static void tell_fields(const sv::message_of& all, const gse::payload& p, operation& op) {
    const auto& a = all.asdus.front();
    const auto number = [&](const char* name, const auto& v) {
      if (v) op.fields.emplace_back(name, std::uint64_t{*v});
    };
    op.fields.reserve(20);
    number("smpCnt", a.count);
    number("confRev", a.configuration);
    number("smpSynch", a.synchronized);
    number("smpRate", a.rate);
    number("smpMod", a.mode);
    op.fields.emplace_back("asdus", std::uint64_t{all.size});
    op.fields.emplace_back("simulation", p.simulated);
    if (!a.data_set.empty()) op.fields.emplace_back("datSet", printable(a.data_set));
    if (const auto t = goose::utc_time(a.refreshed)) op.fields.emplace_back("refrTm", *t);
    if (!a.grandmaster.empty()) op.fields.emplace_back("gmIdentity", hex(a.grandmaster));
    op.fields.emplace_back("sampleSize", std::uint64_t{a.sample.size()});
    sv::tell_channels(a.sample, op);
  }

  sv::watch watch_;
};

match probe(bytes head, transport t) {
  if (t == transport::udp) return gse::is_routed(head, gse::user::sampled_values) ? match::yes : match::no;
  if (t != transport::ethernet) return match::no;
  const auto p = gse::read_frame(head);
  if (!p) return match::unsure;
  return p->fits && !p->apdu.empty() && p->apdu.front() == sav_pdu_octet ? match::yes : match::no;
}

const protocol sv_protocol{{
    .name = "sv",
    .udp_ports = udp_ports,
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<sv_session>(); },
}};

}  // namespace
}  // namespace mw
