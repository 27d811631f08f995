// ADS over AMS (Beckhoff Information System, "ADS specification"): messages between AMS addresses on TCP port 48898, and the routers'
// datagrams on UDP port 48899.
#include "common/text.hpp"
#include "sensor/dissect/ads_items.hpp"
#include "sensor/dissect/ads_router.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace ads;

constexpr std::array<std::uint16_t, 1> tcp_ports{48898};
constexpr std::array<std::uint16_t, 1> udp_ports{48899};
constexpr std::size_t head_size = 6, ams_size = 32, longest = 4u << 20, shown = 64, most_samples = 256;
constexpr std::array<std::uint16_t, 5> kinds{0, 1, 0x1000, 0x1001, 0x1002};  ///< AMS message, then words between a program and its router
constexpr std::uint16_t is_response = 0x0001, no_return = 0x0002, is_ads = 0x0004, known_flags = 0x80ff;
constexpr std::uint8_t stated = 85, likely = 70;

result<std::size_t> frame(bytes head) {
  if (head.size() < head_size) return 0u;
  reader in{head};
  const auto kind = in.u16le();
  const std::size_t length = in.u32le();
  if (std::ranges::find(kinds, kind) == kinds.end()) return fail(fault::malformed, "kind of AMS/TCP message");
  if (length > longest || (kind == 0 && length < ams_size)) return fail(fault::malformed, "AMS/TCP length", 2);
  return head_size + length;
}

struct ams {
  address target, source;
  std::uint16_t command = 0, flags = 0;
  std::uint32_t length = 0, error = 0, invoke = 0;
};
ams read_ams(reader& in) {
  ams a;
  a.target = read_address(in), a.source = read_address(in);
  a.command = in.u16le(), a.flags = in.u16le();
  a.length = in.u32le(), a.error = in.u32le(), a.invoke = in.u32le();
  return a;
}

match probe(bytes head, transport t) {
  reader in{head};
  if (t == transport::udp) {
    const auto cookie = in.u32le();
    in.skip(4);
    const auto service = in.u32le() & 0x7fffffffu;
    (void)read_address(in);
    in.skip(4);
    return in.ok() && cookie == router_cookie && service <= 16 ? match::certain : match::no;
  }
  if (t != transport::tcp) return match::no;
  const auto kind = in.u16le();
  const auto length = in.u32le();
  if (!in.ok()) return match::unsure;
  if (kind != 0 || length < ams_size || length > longest) return match::no;
  const auto a = read_ams(in);
  if (!in.ok()) return match::unsure;
  const bool sane = !command_name(a.command).empty() && (a.flags & is_ads) != 0 && (a.flags & ~known_flags) == 0 &&
                    a.length == length - ams_size && ((a.flags & is_response) != 0 || a.error == 0);
  return sane ? match::yes : match::no;
}

class ads_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::udp) {
      router_.on_datagram(m, out);
      return verdict::taken;
    }
    reader in{m.data};
    const auto kind = in.u16le();
    auto body = in.part(in.u32le());
    if (!in.ok()) {
      out.violate(m.from, "length", "the message is shorter than its header says");
      return verdict::taken;
    }
    if (kind != 0) {
      out.count("ads", "router_message", kind);
      return verdict::taken;
    }
    const auto a = read_ams(body);
    if (!body.ok()) {
      out.violate(m.from, "length", "the message ends inside the AMS header");
      return verdict::taken;
    }
    out.count("ads", "command", a.command);
    if (a.error != 0) out.count("ads", "error", a.error);
    const auto unit = to_string((a.flags & is_response) != 0 ? a.source : a.target);
    if (command_name(a.command).empty()) out.violate(m.from, "command", "a command that is not assigned", unit);
    if (a.length != body.left()) out.violate(m.from, "length", "the data is not as long as the AMS header says", unit);
    learn(m.from, m, {}, "ams_net_id", net_text(a.source), true, out);
    if ((a.flags & is_response) != 0)
      on_response(a, body, m, out);
    else
      on_request(a, body, m, out);
    return verdict::taken;
  }
  void on_gap(side) override { missed_ = true; }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out), router_.on_time(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out), router_.on_end(out); }

private:
  struct key {
    address asker, target;
    std::uint32_t invoke = 0;
    std::uint16_t command = 0;
    friend bool operator==(const key&, const key&) = default;
  };

  void learn(side who, const message& m, const std::string& unit, std::string_view kind, const std::string& value, bool several,
             output& out) {
    const auto& e = who == m.from ? m.source : m.target;
    // a fact about a part is another fact for each part
    const auto said = unit.empty() ? value : unit + ' ' + value;
    if (!value.empty() && told_.fresh(e.address, e.hardware, kind, said, m.time, "ads", out, several))
      out.learn(who, unit, kind, value, stated);
  }

  static operation made(const ams& a, const address& target, const message& m) {
    operation op;
    op.time = m.time;
    op.unit = to_string(target);
    op.function = std::to_string(a.command);
    op.function_name = command_name(a.command).empty() ? std::string_view{"unknown"} : command_name(a.command);
    op.action = meaning(a.command, target.port, 0);
    if (const auto name = port_name(target.port); !name.empty()) op.fields.emplace_back("port", std::string{name});
    return op;
  }

  void on_request(const ams& a, reader& in, const message& m, output& out) {
    if (a.command == notification) return on_notification(a, in, m, out);
    auto op = made(a, a.target, m);
    op.fields.emplace_back("source", to_string(a.source));
    asked kept;
    bool whole = true;
    switch (a.command) {
      case read_data:
      case write_data:
      case read_write:
        whole = read_request(a.command, in, a.target, symbols_, op, kept);
        op.action = meaning(a.command, a.target.port, kept.group);
        break;
      case write_control: {
        const auto state = in.u16le(), device = in.u16le();
        const auto data = in.take(in.u32le());
        whole = in.ok();
        if (!whole) break;
        op.action = meaning_of_state(state);
        op.values = {std::uint64_t{state}, std::uint64_t{device}};
        op.fields.emplace_back("state", std::string{state_name(state)});
        if (!data.empty()) op.fields.emplace_back("data", hex(data, shown));
        break;
      }
      case add_notification: {
        kept.group = in.u32le(), kept.offset = in.u32le(), kept.length = in.u32le();
        const auto mode = in.u32le(), delay = in.u32le(), cycle = in.u32le();
        whole = in.ok();
        if (!whole) break;
        op.objects.push_back(object_of(a.target, kept.group, kept.offset, kept.length, symbols_));
        if (const auto name = group_name(a.target.port, kept.group); !name.empty()) op.fields.emplace_back("group", std::string{name});
        op.fields.emplace_back("mode", std::string{mode == 3 ? "cyclic" : mode == 4 ? "on_change" : std::to_string(mode)});
        op.fields.emplace_back("delay_us", std::uint64_t{delay} / 10);
        op.fields.emplace_back("cycle_us", std::uint64_t{cycle} / 10);
        break;
      }
      case delete_notification: {
        const auto handle = in.u32le();
        whole = in.ok();
        if (!whole) break;
        const auto* what = notifications_.find(a.target, handle);
        op.objects.push_back(
            {.space = "notification", .address = what != nullptr ? *what : std::to_string(handle), .property = {}, .index = {}});
        break;
      }
      default: break;
    }
    if (!whole) out.violate(m.from, "data_length", "the request is shorter than its command needs", op.unit);
    missed_ = false;
    if ((a.flags & no_return) != 0) {
      op.outcome = outcome::none;
      return out.emit(std::move(op), m.from);
    }
    waiting_.add({a.source, a.target, a.invoke, a.command}, std::move(op), out, m.from, std::move(kept));
  }

  void on_response(const ams& a, reader& in, const message& m, output& out) {
    auto r = waiting_.take({a.target, a.source, a.invoke, a.command});
    auto op = r ? std::move(r->op) : made(a, a.source, m);
    auto failure = a.error;
    if (failure == 0 && !command_name(a.command).empty()) {
      failure = in.u32le();
      if (!in.ok()) out.violate(m.from, "data_length", "an answer without its result", op.unit);
    }
    if (failure == 0) read_answer(a, in, r ? &r->extra : nullptr, op, m, out);
    if (failure != 0) op.code = std::to_string(failure), op.fields.emplace_back("error", error_name(failure));
    if (r) {
      r->op = std::move(op);
      return answer(std::move(*r), m.time, failure != 0 ? outcome::refused : outcome::ok, out);
    }
    if (!missed_) out.violate(m.from, "unpaired_response", "an answer to nothing that was asked", op.unit);
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }

  void read_answer(const ams& a, reader& in, const asked* kept, operation& op, const message& m, output& out) {
    const auto unit = op.unit;
    switch (a.command) {
      case read_device_info: {
        const auto major = in.u8(), minor = in.u8();
        const auto build = in.u16le();
        const auto field = in.take(16);  // what stands behind the first zero is left over from before
        const auto name = printable(field.first(static_cast<std::size_t>(std::ranges::find(field, 0) - field.begin())));
        if (!in.ok()) break;
        const auto text = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build);
        op.values = {name, text};
        learn(m.from, m, unit, "model", name, true, out);
        learn(m.from, m, unit, "software", text, true, out);
        learn(m.from, m, {}, "vendor", "Beckhoff", false, out);
        break;
      }
      case read_state: {
        const auto state = in.u16le(), device = in.u16le();
        if (!in.ok()) break;
        op.values = {std::uint64_t{state}, std::uint64_t{device}};
        op.fields.emplace_back("state", std::string{state_name(state)});
        on_state(a.source, state, unit, m, out);
        break;
      }
      case write_control:
        // the state that was asked for is on its way
        break;
      case read_data:
      case read_write: {
        const auto length = in.u32le();
        if (kept != nullptr && length > kept->length) out.violate(m.from, "answer_length", "more was read than was asked for", unit);
        auto data = in.part(length);
        if (!in.ok() || data.left() == 0) break;
        if (kept != nullptr && kept->group == groups::handle_by_name && length == 4) {
          if (symbols_.full()) out.count("ads", "forgotten", "symbol");
          symbols_.remember(a.source, data.u32le(), kept->name);
          break;
        }
        if (kept != nullptr && !kept->sizes.empty()) {
          read_sum_answer(data, op, *kept);
          break;
        }
        if (a.command == read_write && !op.values.empty())
          op.fields.emplace_back("answer", hex(data.rest(), shown));
        else
          op.values.emplace_back(hex(data.rest(), shown));
        break;
      }
      case add_notification: {
        const auto handle = in.u32le();
        if (!in.ok()) break;
        op.fields.emplace_back("handle", std::uint64_t{handle});
        if (kept == nullptr || op.objects.empty()) break;
        if (notifications_.full()) out.count("ads", "forgotten", "notification");
        notifications_.remember(a.source, handle, op.objects[0].space + ' ' + op.objects[0].address);
        break;
      }
      default: break;
    }
    if (!in.ok()) out.violate(m.from, "data_length", "the answer is shorter than its command needs", unit);
  }

  /// Which state a part is in, when it changes. Ports that run a program are what the plant knows as its controllers.
  void on_state(const address& who, std::uint16_t state, const std::string& unit, const message& m, output& out) {
    const auto it = std::ranges::find(states_, who, [](const auto& s) { return s.first; });
    if (it != states_.end() && it->second == state) return;
    if (it != states_.end()) {
      it->second = state;
    } else {
      if (states_.size() >= most_states) {
        states_.erase(states_.begin());
        out.count("ads", "forgotten", "state");
      }
      states_.emplace_back(who, state);
      if (port_name(who.port) == "plc_runtime") out.learn(m.from, unit, "role", "plc", likely);
    }
    out.learn(m.from, unit, "run_state", state_name(state), stated);
  }

  /// Samples by stamps of time: one message is one report, whatever is in it.
  void on_notification(const ams& a, reader& in, const message& m, output& out) {
    auto op = made(a, a.source, m);
    in.skip(4);  // length
    for (auto stamps = in.u32le(); stamps != 0 && in.left() != 0; --stamps) {
      in.skip(8);  // when
      for (auto samples = in.u32le(); samples != 0 && in.left() != 0; --samples) {
        const auto handle = in.u32le();
        const auto data = in.take(in.u32le());
        if (!in.ok() || op.objects.size() >= most_samples) break;
        const auto* what = notifications_.find(a.source, handle);
        const auto blank = what != nullptr ? what->find(' ') : std::string::npos;
        if (blank == std::string::npos)
          op.objects.push_back({.space = "notification", .address = std::to_string(handle), .property = {}, .index = {}});
        else
          op.objects.push_back({.space = what->substr(0, blank), .address = what->substr(blank + 1), .property = {}, .index = {}});
        op.values.emplace_back(hex(data, shown));
      }
    }
    if (!in.ok()) out.violate(m.from, "data_length", "a notification is shorter than its samples", op.unit);
    op.outcome = outcome::none;
    out.emit(std::move(op), other(m.from));
  }

  static constexpr std::size_t most_states = 128;
  pending_requests<key, asked> waiting_;
  router router_;
  symbols symbols_, notifications_;
  told_facts<128> told_;
  std::vector<std::pair<address, std::uint16_t>> states_;
  bool missed_ = true;
};

const protocol ads_protocol{{
    .name = "ads",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ads_session>(); },
}};

}  // namespace
}  // namespace mw
