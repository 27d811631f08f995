// BACnet (ASHRAE 135): over UDP with BVLC (Annexes J and U), and on Ethernet with LLC (clause 7).
#include "sensor/dissect/bacnet_exchange.hpp"

#include <array>
#include <span>
#include <string>

namespace mw {
namespace {

using namespace bacnet;

/// 47808 and the ones above it, which plants use for networks of their own.
constexpr std::array<std::uint16_t, 16> ports{47808, 47809, 47810, 47811, 47812, 47813, 47814, 47815,
                                              47816, 47817, 47818, 47819, 47820, 47821, 47822, 47823};
constexpr std::array<std::uint16_t, 1> llc{0};
constexpr std::size_t most_entries = 256;

/// Which function a result refuses, by its code over 16.
constexpr std::array<std::uint8_t, 7> refused4{0, 1, 2, 5, 6, 8, 9};
constexpr std::array<std::uint8_t, 13> refused6{0, 0, 0, 3, 0, 0, 6, 0, 0, 9, 10, 0, 12};

enum ip4_function : std::uint8_t { result4 = 0, write_table, read_table, table, forwarded, enrol, read_foreign, foreign, remove_foreign };
enum ip6_function : std::uint8_t { result6 = 0, forwarded6 = 8, enrol6 = 9, remove_foreign6 = 10 };

match probe(bytes head, transport t) { return t == transport::tcp || !convincing(head, t) ? match::no : match::yes; }

class bacnet_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto frame = read_link(m.data, m.transport);
    if (!frame) {
      if (m.transport == transport::ethernet) return verdict::not_mine;
      out.violate(m.from, "bvlc", frame.error().what);
      return verdict::taken;
    }
    if (frame->longer || frame->shorter) out.violate(m.from, "length", "the BVLC length is not the datagram's");
    envelope e{.from = m.from, .at = m.time, .sender = m.source, .origin = frame->origin, .source = {}, .destination = {}};
    if (frame->by == carrier::ip4) out.count("bacnet", "bvlc", frame->function);
    if (frame->by == carrier::ip6) out.count("bacnet", "bvlc6", frame->function);
    if (frame->origin) {
      auto relay = e;
      relay.origin.reset();
      exchange_.tell(relay, "role", "bacnet_bbmd", 90, out);
    }
    if (frame->has_npdu)
      on_npdu(e, frame->body, out);
    else if (frame->by == carrier::ip4)
      on_ip4(e, *frame, out);
    else if (frame->by == carrier::ip6)
      on_ip6(e, *frame, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out), exchange_.on_time(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out), exchange_.on_end(out); }

private:
  struct key {
    side asker = side::client;
    std::uint8_t function = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  using requests = pending_requests<key, std::monostate, 64>;

  void on_npdu(envelope& e, bytes data, output& out) {
    const auto n = read_npdu(data);
    if (!n) return out.violate(e.from, "npdu", n.error().what);
    if (n->reserved) out.violate(e.from, "reserved_bits", "reserved bits of the NPDU are set");
    if (n->source && (n->source->size == 0 || n->source->network == 0 || n->source->network == route::all_networks))
      out.violate(e.from, "source_address", "the source of a routed message is one device on one network");
    if (n->destination && n->destination->network == 0) out.violate(e.from, "destination_address", "network 0 is no destination");
    e.source = n->source, e.destination = n->destination;
    if (n->message)
      exchange_.on_network(e, *n, out);
    else
      exchange_.on_apdu(e, n->data, out);
  }

  void on_ip4(const envelope& e, const link_frame& f, output& out) {
    const auto about = link_function(f.function);
    reader in{f.body};
    auto op = exchange_.begin(e, "bvlc/", f.function, about);
    switch (f.function) {
      case result4: return on_result(e, in, {enrol, write_table, remove_foreign}, refused4, "bvlc/", about, out);
      case table:
      case foreign: {
        const auto asked = f.function == table ? read_table : read_foreign;
        exchange_.tell(e, "role", "bacnet_bbmd", 90, out);
        auto request = waiting_.take({other(e.from), asked});
        auto& to = request ? request->op : op;
        if (!request) op = exchange_.begin(e, "bvlc/", asked, link_function(asked));
        read_entries(in, f.function == table, to, e, out);
        if (request) return answer(*request, e.at, outcome::ok, out);
        op.outcome = outcome::unpaired;
        return out.emit(std::move(op), other(e.from));
      }
      case write_table: read_entries(in, true, op, e, out); break;
      case enrol: {
        const auto seconds = in.u16();
        if (in.ok()) op.fields.emplace_back("seconds", std::uint64_t{seconds});
        exchange_.tell(e, "role", "bacnet_foreign_device", 80, out);
        break;
      }
      case remove_foreign: {
        const auto who = read_address(in, false);
        if (in.ok()) op.fields.emplace_back("entry", to_string(who));
        break;
      }
      case read_table:
      case read_foreign: break;
      default:
        if (about.name == "unknown") out.violate(e.from, "function", "a BVLC function that is not assigned");
        return out.emit(std::move(op), e.from);
    }
    if (!in.ok()) out.violate(e.from, "length", "the BVLC message is shorter than its parameters");
    waiting_.add({e.from, f.function}, std::move(op), out, e.from);
  }

  void on_ip6(const envelope& e, const link_frame& f, output& out) {
    const auto about = link6_function(f.function);
    reader in{f.body};
    if (f.function == result6) return on_result(e, in, {enrol6, remove_foreign6}, refused6, "bvlc6/", about, out);
    auto op = exchange_.begin(e, "bvlc6/", f.function, about);
    if (f.vmac) op.fields.emplace_back("source_vmac", std::uint64_t{*f.vmac});
    if (f.function == enrol6) {
      const auto seconds = in.u16();
      if (in.ok()) op.fields.emplace_back("seconds", std::uint64_t{seconds});
      exchange_.tell(e, "role", "bacnet_foreign_device", 80, out);
    } else if (f.function == remove_foreign6) {
      const auto who = read_address(in, true);
      if (in.ok()) op.fields.emplace_back("entry", to_string(who));
    } else {
      if (in.left() >= 3) op.fields.emplace_back("target_vmac", in.be_n(3));
      if (about.name == "unknown") out.violate(e.from, "function", "a BVLC function that is not assigned");
      return out.emit(std::move(op), e.from);
    }
    if (!in.ok()) out.violate(e.from, "length", "the BVLC message is shorter than its parameters");
    waiting_.add({e.from, f.function}, std::move(op), out, e.from);
  }

  /// A refusal says of which function; a success may be the answer to any that has no answer of its own.
  void on_result(const envelope& e, reader& in, std::initializer_list<std::uint8_t> quiet, std::span<const std::uint8_t> refused,
                 std::string_view family, const service& about, output& out) {
    const auto code = in.u16();
    if (!in.ok()) return out.violate(e.from, "length", "the BVLC result has no code");
    std::optional<requests::request> request;
    if (code != 0) {
      if (const auto i = static_cast<std::size_t>(code >> 4); i < refused.size()) request = waiting_.take({other(e.from), refused[i]});
    } else {
      const requests::request* first = nullptr;
      for (const auto function : quiet)
        if (const auto* r = waiting_.find({other(e.from), function}); r != nullptr && (first == nullptr || r->op.time < first->op.time))
          first = r;
      if (first != nullptr) request = waiting_.take(first->key);
    }
    if (request) {
      if (code != 0) request->op.code = std::to_string(code);
      return answer(*request, e.at, code == 0 ? outcome::ok : outcome::refused, out);
    }
    auto op = exchange_.begin(e, family, 0, about);  // also of a broadcast that was not distributed
    op.code = std::to_string(code);
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(e.from));
  }

  static void read_entries(reader& in, bool masks, operation& op, const envelope& e, output& out) {
    std::size_t entries = 0;
    while (in.left()) {
      const auto who = read_address(in, false);
      if (masks) {
        const auto mask = in.take(4);
        if (in.ok() && entries < most_entries)
          op.values.emplace_back(to_string(who) + '/' + to_string(ip::v4(mask[0], mask[1], mask[2], mask[3])));
      } else {
        const auto lives = in.u16(), left = in.u16();
        if (in.ok() && entries < most_entries)
          op.values.emplace_back(to_string(who) + ' ' + std::to_string(lives) + ' ' + std::to_string(left));
      }
      ++entries;
    }
    if (!in.ok()) out.violate(e.from, "length", "the table ends inside an entry");
    op.fields.emplace_back("entries", std::uint64_t{entries});
  }

  requests waiting_;
  exchange exchange_;
};

const protocol bacnet_protocol{{
    .name = "bacnet",
    .udp_ports = ports,
    .ethertypes = llc,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<bacnet_session>(); },
}};

}  // namespace
}  // namespace mw
