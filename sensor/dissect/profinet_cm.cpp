// PROFINET's context manager (IEC 61158-6-10, 5.2): relations between controllers and devices are made and records are moved, by
// connectionless DCE/RPC on UDP. The answer to a first call comes from a port of its own, and with it all that follows.
#include "common/text.hpp"
#include "sensor/dissect/dce_rpc.hpp"
#include "sensor/dissect/profinet_cm_blocks.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <deque>

namespace mw {
namespace {

using namespace profinet;
using dce_rpc::kind;

constexpr std::uint16_t mapper_port = 34964;
constexpr std::array<std::uint16_t, 1> ports{mapper_port};
constexpr std::uint64_t node = 0x827100a02442df7d;
constexpr std::array interfaces{dce_rpc::make_uuid(0xdea00001, 0x6c97, 0x11d1, node), dce_rpc::make_uuid(0xdea00002, 0x6c97, 0x11d1, node),
                                dce_rpc::make_uuid(0xdea00003, 0x6c97, 0x11d1, node), dce_rpc::make_uuid(0xdea00004, 0x6c97, 0x11d1, node)};
constexpr std::uint8_t stated = 80;
constexpr nanoseconds patience = std::chrono::seconds{30};
constexpr std::size_t most_waiting = 64;

struct call_info {
  std::string_view name;
  action what;
};
constexpr std::array calls{call_info{"connect", action::session}, call_info{"release", action::session},
                           call_info{"read", action::read},       call_info{"write", action::configure},
                           call_info{"control", action::session}, call_info{"read_implicit", action::read}};
/// Of the endpoint mapper (C706, appendix on it).
constexpr std::array mapper_calls{call_info{"insert", action::configure}, call_info{"delete", action::configure},
                                  call_info{"lookup", action::identify}, call_info{"map", action::identify},
                                  call_info{"lookup_handle_free", action::session}};

bool is_ours(const dce_rpc::uuid& u) { return std::ranges::find(interfaces, u) != interfaces.end(); }

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  const auto h = dce_rpc::read(head);
  if (!h || h->version != 4) return match::no;
  if (is_ours(h->interface_id)) return match::certain;
  return h->interface_id == dce_rpc::endpoint_mapper ? match::yes : match::no;
}

class cm_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto h = dce_rpc::read(m.data);
    if (!h || h->version != 4) {
      out.violate(m.from, "rpc_header", h ? std::string_view{"a version that is not spoken here"} : h.error().what);
      return verdict::taken;
    }
    out.count("profinet_cm", "rpc", static_cast<std::uint32_t>(h->type));
    switch (h->type) {
      case kind::request:
      case kind::response: on_call(*h, m, out); break;
      case kind::fault:
      case kind::reject: on_refusal(*h, m, out); break;
      default: break;  // pings, acknowledgements: counted
    }
    return verdict::taken;
  }
  void on_gap(side) override { missed_ = true, fragments_.clear(); }
  void on_time(timestamp now, output& out) override {
    while (!waiting_.empty() && now - waiting_.front().op.time > patience) give_up(out);
  }
  void on_end(timestamp, output& out) override {
    while (!waiting_.empty()) give_up(out);
  }

private:
  struct request {
    dce_rpc::uuid activity{};
    std::uint32_t call = 0;
    side asker = side::client;
    bool at_mapper = false;
    operation op;
  };

  void on_call(const dce_rpc::header& h, const message& m, output& out) {
    if (h.whole()) return on_stub(h, h.body, m, out);
    const auto before = fragments_.dropped;
    const auto stub = fragments_.add(h, m.from);
    for (auto n = fragments_.dropped - before; n != 0; --n) out.count("profinet_cm", "forgotten", "fragments");
    if (stub) on_stub(h, *stub, m, out);
  }

  void on_stub(const dce_rpc::header& h, bytes stub, const message& m, output& out) {
    reader in{stub};
    const bool mapper = h.interface_id == dce_rpc::endpoint_mapper;
    if (h.type == kind::request)
      on_request(h, in, mapper, m, out);
    else
      on_response(h, in, mapper, m, out);
  }

  static operation made(const dce_rpc::header& h, bool mapper, const message& m) {
    operation op;
    op.time = m.time;
    const auto& table = mapper ? std::span<const call_info>{mapper_calls} : std::span<const call_info>{calls};
    const auto known = h.operation < table.size();
    op.function = (mapper ? "mapper/" : "") + std::to_string(h.operation);
    op.function_name = known ? table[h.operation].name : std::string_view{"unknown"};
    op.action = known ? table[h.operation].what : action::diagnose;
    return op;
  }

  void on_request(const dce_rpc::header& h, reader& in, bool mapper, const message& m, output& out) {
    if (find(h, m.from) != waiting_.end()) return out.count("profinet_cm", "repeated", "request");
    out.count("profinet_cm", mapper ? "mapper_request" : "request", h.operation);
    auto op = made(h, mapper, m);
    if (op.function_name == "unknown") out.violate(m.from, "operation", "an operation number that is not assigned");
    if (!mapper) {
      cm_reading r{.op = op};
      in.skip(4);  // how much may be answered
      read_arguments(in, h.little, r, m, out);
      tell(r, m.from, m, out);
    }
    if (waiting_.size() >= most_waiting) give_up(out);
    waiting_.push_back({h.activity, h.call, m.from, m.target.port.number == mapper_port, std::move(op)});
    missed_ = false;
  }

  void on_response(const dce_rpc::header& h, reader& in, bool mapper, const message& m, output& out) {
    out.count("profinet_cm", mapper ? "mapper_response" : "response", h.operation);
    const auto asker = other(m.from);
    const auto at = find(h, asker);
    const bool paired = at != waiting_.end();
    operation op = paired ? std::move(at->op) : made(h, mapper, m);
    if (paired) {
      waiting_.erase(at);
      answered_ = true;
    } else if (!missed_) {
      out.violate(m.from, "unpaired_response", "nothing was asked with this sequence number");
    }
    cm_reading r{.op = op, .response = true};
    auto how = outcome::ok;
    if (mapper) {
      read_endpoints(in, h.little, r);
    } else {
      const auto s = status_of(dce_rpc::u32(in, h.little));
      if (!s.good()) {
        how = outcome::refused;
        op.code = std::to_string(s.number());
        op.fields.emplace_back("status", to_text(s));
      }
      read_arguments(in, h.little, r, m, out);
    }
    tell(r, asker, m, out);
    finish(std::move(op), paired, how, asker, m, out);
  }

  void on_refusal(const dce_rpc::header& h, const message& m, output& out) {
    const auto asker = other(m.from);
    const auto at = find(h, asker);
    const bool paired = at != waiting_.end();
    operation op = paired ? std::move(at->op) : made(h, h.interface_id == dce_rpc::endpoint_mapper, m);
    if (paired) waiting_.erase(at);
    op.code = std::to_string(h.status);
    op.fields.emplace_back("status", std::string{h.type == kind::fault ? "rpc_fault" : "rpc_reject"});
    finish(std::move(op), paired, outcome::refused, asker, m, out);
  }

  static void finish(operation&& op, bool paired, outcome how, side asker, const message& m, output& out) {
    op.outcome = paired ? how : outcome::unpaired;
    if (paired) op.latency = m.time - op.time;
    out.emit(std::move(op), asker);
  }

  /// Length of the arguments, then an array's maximum, offset and size, then the blocks.
  static void read_arguments(reader& in, bool little, cm_reading& r, const message& m, output& out) {
    const auto length = dce_rpc::u32(in, little);
    in.skip(4);
    const auto offset = dce_rpc::u32(in, little), size = dce_rpc::u32(in, little);
    if (!in.ok()) return out.violate(m.from, "length", "the call is shorter than its arguments' lengths");
    if (offset != 0 || size != length) r.breaks("arguments", "the array of arguments does not have the length that is stated");
    if (size > in.left()) r.breaks("length", "the arguments are longer than the call");
    auto blocks = in.part(std::min<std::size_t>(size, in.left()));
    read_cm_blocks(blocks, r, out);
  }

  /// What the mapper lists: a handle, then entries; each with an object, a pointer and an annotation, in which the device names itself.
  static void read_endpoints(reader& in, bool little, cm_reading& r) {
    in.skip(20);
    const auto count = dce_rpc::u32(in, little);
    in.skip(12);
    if (count == 0 || !in.ok()) return;
    in.skip(20 + 4);  // object, pointer to its tower; where the annotation starts
    const auto length = dce_rpc::u32(in, little);
    if (length <= in.left()) read_annotation(in.take(length), r);
  }

  void tell(const cm_reading& r, side controller, const message& m, output& out) {
    for (const auto& w : r.wrong) out.violate(m.from, w.rule, w.detail);
    for (const auto& f : r.facts) {
      const auto who = f.whom == party::controller ? controller : other(controller);
      const auto& e = who == m.from ? m.source : m.target;
      const auto key = f.unit.empty() ? f.value : f.unit + ' ' + f.value;
      if (told_.fresh(e.address, {}, f.kind, key, m.time, "profinet_cm", out, !f.unit.empty() || f.kind == "frame_id"))
        out.learn(who, f.unit, f.kind, f.value, f.confidence);
      // cyclic data knows cards alone: the frame ids of a relation are told of the card, too
      if (f.kind == "frame_id" && !r.device.is_none()) out.learn_about({}, r.device, f.kind, f.value, stated);
    }
  }

  std::deque<request>::iterator find(const dce_rpc::header& h, side asker) {
    return std::ranges::find_if(waiting_,
                                [&](const request& q) { return q.call == h.call && q.asker == asker && q.activity == h.activity; });
  }
  void give_up(output& out) {
    auto r = std::move(waiting_.front());
    waiting_.pop_front();
    r.op.outcome = r.at_mapper && !answered_ ? outcome::none : outcome::timeout;  // else the answer went another way
    out.emit(std::move(r.op), r.asker);
  }

  std::deque<request> waiting_;
  dce_rpc::fragments fragments_;
  told_facts<256> told_;
  bool answered_ = false, missed_ = true;
};

const protocol profinet_cm{{
    .name = "profinet_cm",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<cm_session>(); },
}};

}  // namespace
}  // namespace mw
