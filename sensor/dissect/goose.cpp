// GOOSE, the events of substations (IEC 61850-8-1), on EtherType 0x88B8, its management on 0x88B9, and routed on UDP (IEC 61850-90-5). Each
// message is one operation; what its publisher owes its subscribers over time is judged in goose_watch.
#include "common/text.hpp"
#include "sensor/dissect/ber.hpp"
#include "sensor/dissect/goose_management.hpp"
#include "sensor/dissect/goose_watch.hpp"

#include <array>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ethertypes{0x88b8, 0x88b9};
constexpr std::array<std::uint16_t, 1> udp_ports{gse::routed_port};
constexpr std::uint32_t management_pdu = 0, publication_pdu = 1;  // application tags
constexpr std::uint8_t told_by_itself = 80;
constexpr std::uint8_t clock_failure = 0x40, clock_not_synchronized = 0x20;

class goose_session final : public session {
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
  void on_time(timestamp now, output& out) override {
    watch_.on_time(now, out);
    management_.on_time(now, out);
  }
  void on_end(timestamp, output& out) override { management_.on_end(out); }

private:
  verdict on_routed(const message& m, output& out) {
    const auto r = gse::read_routed(m.data);
    if (!r) return verdict::not_mine;
    reader in{r->payloads};
    bool mine = false;
    while (in.left() != 0) {
      const auto p = gse::next_payload(in);
      if (!in.ok()) break;
      if (p.user != gse::user::goose && p.user != gse::user::management) continue;
      mine = true;
      out.count("goose", "routed", r->kind);
      on_apdu(p.what, m, out, &*r);
    }
    if (!in.ok()) {
      // with a key the payload may be encrypted
      if (r->key == 0 || mine)
        out.violate(m.from, "length", "the session ends inside a payload");
      else
        out.count("goose", "payload", "not_readable");
      mine = true;
    }
    return mine ? verdict::taken : verdict::not_mine;
  }

  void on_apdu(const gse::payload& p, const message& m, output& out, const gse::routed* r = nullptr) {
    out.count("goose", "appid", p.appid);
    reader in{p.apdu};
    const auto pdu = ber::next(in);
    if (!in.ok()) {
      out.violate(m.from, "encoding", "the message ends inside an element");
    } else if (pdu.is(ber::tag_class::application, publication_pdu)) {
      on_publication(pdu.content, p, m, out, in.left(), r);
    } else if (pdu.is(ber::tag_class::application, management_pdu)) {
      management_.on_message(pdu.content, p.appid, m, out);
    } else {
      out.violate(m.from, "encoding", "neither a publication nor a management message");
    }
  }

  void on_publication(bytes content, const gse::payload& from, const message& m, output& out, std::size_t behind, const gse::routed* r) {
    goose::publication p;
    if (!goose::read_publication(content, p, m.from, out)) return;
    operation op;
    op.time = m.time;
    op.unit = std::to_string(from.appid);
    op.action = action::report;
    op.function = op.function_name = "publish";
    op.outcome = outcome::none;
    if (!p.control_block.empty())
      op.objects.push_back({.space = "goose", .address = printable(p.control_block), .count = 1, .property = {}, .index = {}});
    tell_fields(p, from, op);
    if (r != nullptr) {
      op.fields.emplace_back("spduNumber", std::uint64_t{r->number});
      op.fields.emplace_back("signed", r->is_signed);
    }
    if (behind != 0) op.fields.emplace_back("extension", std::uint64_t{behind});  // IEC 62351-6
    read_values(p, op, m.from, out);
    if (!p.control_block.empty() && watch_.on_publication(p, p.simulated || from.simulated, m, out)) learn(p, op.unit, m, out);
    out.emit(std::move(op), m.from);
  }

  static void tell_fields(const goose::publication& p, const gse::payload& from, operation& op) {
    const auto number = [&](const char* name, const std::optional<std::uint64_t>& v) {
      if (v) op.fields.emplace_back(name, *v);
    };
    op.fields.reserve(14);
    number("stNum", p.state);
    number("sqNum", p.sequence);
    number("timeAllowedToLive", p.time_allowed_to_live);
    number("confRev", p.configuration);
    if (!p.id.empty()) op.fields.emplace_back("goID", printable(p.id));
    if (!p.data_set.empty()) op.fields.emplace_back("datSet", printable(p.data_set));
    if (const auto t = goose::utc_time(p.changed_at)) {
      const auto quality = p.changed_at.back();
      op.fields.emplace_back("t", *t);
      op.fields.emplace_back("timeQuality", std::uint64_t{quality});
      if ((quality & clock_failure) != 0) op.fields.emplace_back("clockFailure", true);
      if ((quality & clock_not_synchronized) != 0) op.fields.emplace_back("clockNotSynchronized", true);
    }
    op.fields.emplace_back("simulation", p.simulated || from.simulated);
    if (p.needs_commissioning) op.fields.emplace_back("ndsCom", *p.needs_commissioning);
    number("numDatSetEntries", p.entries);
  }

  static void read_values(const goose::publication& p, operation& op, side from, output& out) {
    if (!p.data) return;
    bool at_fault = false;
    const auto entries = goose::read_data(*p.data, op.values, at_fault);
    if (at_fault) out.violate(from, "value", "a member of the data set has not the form of its kind", op.unit);
    if (p.entries && *p.entries != entries)
      out.violate(from, "entries", "the data set has another number of members than it says", op.unit);
  }

  void learn(const goose::publication& p, const std::string& unit, const message& m, output& out) {
    const auto name = printable(p.control_block);
    out.learn(m.from, unit, "role", "goose_publisher", told_by_itself);
    out.learn(m.from, unit, "control_block", name, told_by_itself);
    // "name of the IED and of its logical device / LLN0 $ GO $ name of the control block"
    if (const auto slash = name.find('/'); slash != std::string::npos && slash != 0)
      out.learn(m.from, unit, "logical_device", name.substr(0, slash), told_by_itself);
  }

  goose::watch watch_;
  goose::management management_;
};

match probe(bytes head, transport t) {
  if (t == transport::udp)
    return gse::is_routed(head, gse::user::goose) || gse::is_routed(head, gse::user::management) ? match::yes : match::no;
  if (t != transport::ethernet) return match::no;
  const auto p = gse::read_frame(head);
  if (!p) return match::unsure;
  return p->fits && !p->apdu.empty() && (p->apdu.front() == 0x61 || p->apdu.front() == 0x60) ? match::yes : match::no;
}

const protocol goose_protocol{{
    .name = "goose",
    .udp_ports = udp_ports,
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<goose_session>(); },
}};

}  // namespace
}  // namespace mw
