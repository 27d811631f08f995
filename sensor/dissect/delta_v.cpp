// Emerson DeltaV on UDP, as far as it is known: there is no public specification, the wrapper around its messages follows what the Apache
// PLC4X project found out. Who talks, and what kinds of messages pass, is told when it begins, and now and then.
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 4> ports{18507, 18508, 18509, 18510};
constexpr std::uint16_t mark = 0xface;
constexpr std::size_t checksum_size = 2, most_kinds = 64, most_senders = 32, most_told = 16;
constexpr std::uint8_t hinted = 60;
constexpr nanoseconds again = std::chrono::minutes{10};
constexpr std::uint16_t data = 2, connection_request = 3, connection_response = 4, synchronisation = 6;
constexpr std::uint16_t far_apart = 0x4000;

struct head {
  std::uint16_t length = 0, type = 0, number = 0, sender = 0;
};
std::optional<head> read_head(reader& in) {
  const auto word = in.u16();
  head h;
  h.length = in.u16(), h.type = in.u16(), h.number = in.u16(), h.sender = in.u16();
  in.skip(4);  // a time stamp of three octets, a flag
  const auto fixed = in.u8(), zero = in.u8();
  if (!in.ok() || word != mark || (fixed & 0x3f) != 0x04 || zero != 0) return {};
  return h;
}
/// Behind the payload stands a checksum, which the length may count.
bool fits(const head& h, std::size_t behind) { return behind == h.length || behind == h.length + checksum_size; }

match probe(bytes datagram, transport t) {
  if (t != transport::udp) return match::no;
  reader in{datagram};
  const auto h = read_head(in);
  return h && h->type >= 1 && h->type <= 16 && fits(*h, in.left()) ? match::yes : match::no;
}

struct family {
  std::uint8_t number;
  std::string_view name;
  action what;
};
constexpr auto families = std::to_array<family>({{0x02, "registration", action::session},
                                                 {0x03, "alarms", action::alarm},
                                                 {0x04, "values", action::report},
                                                 {0x05, "version", action::identify}});

class delta_v_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!h || !fits(*h, in.left())) {
      out.violate(m.from, "length", "the message does not have the length that it says, or does not begin as one");
      return verdict::taken;
    }
    const auto unit = std::to_string(h->sender);
    out.count("delta_v", "type", std::uint32_t{h->type});
    if (told_.fresh(m.source.address, m.source.hardware, "vendor", "Emerson", m.time, "delta_v", out))
      out.learn(m.from, {}, "vendor", "Emerson", hinted), out.learn(m.from, {}, "role", "delta_v_node", hinted);
    if (h->type == connection_response) {
      if (auto r = waiting_.take(0); r && r->asker != m.from) return answer(*r, m.time, outcome::ok, out), verdict::taken;
    } else if (h->type == connection_request) {
      waiting_.add(0, begin(m, unit, "3", "connect", action::session), out, m.from);
    } else if (h->type == data && h->length != 0) {
      watch(*h, m, unit, out);
      on_data(in, m, unit, out);
    } else if (h->type != data && h->type != synchronisation && h->length != 0 && fresh(m, 0, h->type, out)) {
      emit(begin(m, unit, std::to_string(h->type), "message", action::diagnose), m, out);
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out, std::chrono::seconds{10}); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  struct kind {  // of messages of one side
    side from = side::client;
    std::uint32_t id = 0;
    timestamp heard{};
  };
  struct sender {
    side from = side::client;
    std::uint16_t id = 0, last = 0;
    timestamp heard{};
  };

  static operation begin(const message& m, const std::string& unit, std::string function, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.unit = unit;
    op.function = std::move(function);
    op.function_name = name;
    op.action = what;
    return op;
  }
  static void emit(operation&& op, const message& m, output& out) {
    op.outcome = outcome::none;
    out.emit(std::move(op), m.from);
  }
  void on_data(reader& in, const message& m, const std::string& unit, output& out) {
    const auto group = in.u8(), number = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "a message of data without its kind", unit);
    out.count("delta_v", "data", std::uint32_t{group}, std::uint32_t{number});
    if (!fresh(m, data, static_cast<std::uint16_t>(group << 8 | number), out)) return;
    const auto at = std::ranges::find(families, group, &family::number);
    const bool known = at != families.end();
    emit(begin(m, unit, "2/" + std::to_string(group) + '/' + std::to_string(number), known ? at->name : "data",
               known ? at->what : action::diagnose),
         m, out);
  }
  /// True where messages of this kind are new, or were told long ago.
  bool fresh(const message& m, std::uint16_t type, std::uint16_t sub, output& out) {
    const auto id = static_cast<std::uint32_t>(type) << 16 | sub;
    const auto at = std::ranges::find_if(kinds_, [&](const kind& k) { return k.from == m.from && k.id == id; });
    if (at != kinds_.end()) {
      if (m.time - at->heard < again) return false;
      at->heard = m.time;
      return true;
    }
    forget(kinds_, most_kinds, "kind", out);
    kinds_.push_back({m.from, id, m.time});
    return true;
  }
  /// Numbers count up by one for each message to a partner.
  void watch(const head& h, const message& m, const std::string& unit, output& out) {
    const auto at = std::ranges::find_if(senders_, [&](const sender& s) { return s.from == m.from && s.id == h.sender; });
    if (at == senders_.end()) {
      forget(senders_, most_senders, "sender", out);
      senders_.push_back({m.from, h.sender, h.number, m.time});
      return;
    }
    const auto step = static_cast<std::uint16_t>(h.number - at->last);
    if (step == 0) out.count("delta_v", "sequence", "again");
    if (step > 1 && step < far_apart) out.violate(m.from, "sequence", "messages are missing", unit);
    at->last = h.number, at->heard = m.time;
  }
  template <class Table>
  static void forget(Table& table, std::size_t most, std::string_view what, output& out) {
    if (table.size() < most) return;
    out.count("delta_v", "forgotten", what);
    table.erase(std::ranges::min_element(table, {}, &Table::value_type::heard));
  }

  pending_requests<int, std::monostate, 16> waiting_;
  std::vector<kind> kinds_;
  std::vector<sender> senders_;
  told_facts<most_told> told_;
};

const protocol delta_v{{
    .name = "delta_v",
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<delta_v_session>(); },
}};

}  // namespace
}  // namespace mw
