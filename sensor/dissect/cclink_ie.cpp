// CC-Link IE: Field Basic on UDP (cyclic data, searches, addresses) and the presence of Control, Field and TSN on Ethernet.
// Most requests go to all stations and answers to the master, so the two are often two conversations.
#include "common/text.hpp"
#include "sensor/dissect/cclink_ie_basic.hpp"
#include "sensor/dissect/cclink_ie_ethernet.hpp"
#include "sensor/dissect/pending.hpp"

#include <array>

namespace mw {
namespace {

using namespace cclink;

constexpr std::array<std::uint16_t, 1> ethertypes{0x890f};
constexpr std::array<std::uint16_t, 2> ports{61450, 61451};
constexpr std::uint8_t stated = 80;
constexpr std::size_t most_groups = 64;
constexpr std::uint8_t last_group = 64;
constexpr std::uint16_t most_stations = 16;
constexpr nanoseconds silence = std::chrono::seconds{10};

/// Where nobody in this conversation can answer: a subnet's broadcast is taken to be one that ends in 255.
bool to_all(const ip& a) { return a.is_broadcast() || a.is_multicast() || a.bytes().back() == 255; }

std::string_view unit_state(std::uint16_t info) {
  constexpr std::string_view names[] = {"stop", "run", "stop_by_user"};
  return info < std::size(names) ? names[info] : "";
}

class cclink_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (m.transport == transport::ethernet) {
      frames_.on_frame(m, out);
      return verdict::taken;
    }
    const auto s = read_slmp(m.data);
    if (!s) return verdict::not_mine;
    if (!s->response && s->command != cyclic && s->command != node_search && s->command != set_address) return verdict::not_mine;
    if (s->response && s->numbered) {
      on_answer(*s, m, out);
    } else if (s->response) {
      if (const auto r = read_response(*s))
        on_cyclic(*r, m, out);
      else if (pending_.size() == 0)
        return verdict::not_mine;  // answers do not say to what; other commands have the same head
    } else if (s->command == cyclic) {
      if (const auto r = read_request(*s))
        on_cyclic(*r, m, out);
      else
        out.violate(m.from, "length", "a cyclic request has not the length of its stations");
    } else {
      on_request(*s, m, out);
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// What one side repeats for one group.
  struct repeated {
    side from = side::client;
    std::uint8_t group = 0;
    std::uint16_t unit_info = 0, sequence = 0, stations = 0, parameter = 0, transmission = 0, code = 0, error = 0;
    timestamp last{};
  };

  static operation start(const message& m, std::string unit, std::uint16_t function, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.unit = std::move(unit);
    op.action = what;
    op.function = std::to_string(function);
    op.function_name = name;
    op.outcome = outcome::none;
    return op;
  }
  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    if (!value.empty() && told_.fresh({}, {}, kind, (m.from == side::client ? "c" : "s") + value, m.time, "cclink_ie", out, true))
      out.learn(m.from, {}, kind, value, stated);
  }
  void say_state(const message& m, std::uint16_t info, const repeated& before, bool first, output& out) const {
    if (const auto state = unit_state(info); !state.empty() && (first || before.unit_info != info))
      out.learn(m.from, {}, "run_state", state, stated);
  }

  repeated& remembered(std::uint8_t group, side from, output& out) {
    const auto at = std::ranges::find_if(groups_, [&](const repeated& r) { return r.group == group && r.from == from; });
    if (at != groups_.end()) return *at;
    if (groups_.size() >= most_groups) {
      out.count("cclink_ie", "forgotten", "group");
      groups_.erase(std::ranges::min_element(groups_, {}, &repeated::last));
    }
    groups_.push_back({.from = from, .group = group});
    return groups_.back();
  }

  static void check_sequence(const repeated& before, std::uint16_t now, bool first, const message& m, const std::string& unit,
                             output& out) {
    if (first || now == before.sequence || now == static_cast<std::uint16_t>(before.sequence + 1)) return;
    out.violate(m.from, "sequence", std::to_string(now) + " after " + std::to_string(before.sequence), unit);
  }

  void on_cyclic(const cyclic_request& r, const message& m, output& out) {
    out.count("cclink_ie", "command", cyclic);
    const auto unit = std::to_string(r.group);
    auto& before = remembered(r.group, m.from, out);
    const bool first = before.last == timestamp{} || m.time - before.last > silence;
    if (r.version != 1 && r.version != 2) out.violate(m.from, "version", "neither version 1 nor 2", unit);
    if (r.group == 0 || r.group > last_group) out.violate(m.from, "group", "a group that cannot be", unit);
    if (r.stations == 0 || r.stations > most_stations) out.violate(m.from, "stations", "a number of stations that cannot be", unit);
    if (!m.source.address.is_none() && r.master != m.source.address)
      out.violate(m.from, "master_id", "the master names another's address as its own", unit);
    check_sequence(before, r.sequence, first, m, unit, out);
    const auto tell = [&](std::string_view name, action what) {
      auto op = start(m, unit, cyclic, name, what);
      op.fields.emplace_back("master", to_string(r.master));
      op.fields.emplace_back("state", std::string{unit_state(r.unit_info)});
      op.fields.emplace_back("stations", std::uint64_t{r.stations});
      op.fields.emplace_back("transmission", std::uint64_t{r.transmission});
      op.fields.emplace_back("parameter", std::uint64_t{r.parameter});
      op.fields.emplace_back("timeout", std::uint64_t{r.timeout});
      op.fields.emplace_back("timeout_count", std::uint64_t{r.timeout_count});
      out.emit(std::move(op), m.from);
    };
    if (first) {
      tell("cyclic_request", action::report);
      say(m, "role", "master", out);
    } else {
      if (before.unit_info != r.unit_info) tell("master_state_change", action::report);
      if (before.transmission != r.transmission) tell("transmission_change", action::report);
      if (before.stations != r.stations || before.parameter != r.parameter) tell("parameter_change", action::configure);
    }
    say_state(m, r.unit_info, before, first, out);
    before.unit_info = r.unit_info, before.sequence = r.sequence, before.stations = r.stations, before.parameter = r.parameter;
    before.transmission = r.transmission, before.last = m.time;
  }

  void on_cyclic(const cyclic_response& r, const message& m, output& out) {
    out.count("cclink_ie", "response", r.end_code);
    const auto unit = std::to_string(r.group);
    auto& before = remembered(r.group, m.from, out);
    const bool first = before.last == timestamp{} || m.time - before.last > silence;
    if (r.version != 1 && r.version != 2) out.violate(m.from, "version", "neither version 1 nor 2", unit);
    if (!m.source.address.is_none() && r.slave != m.source.address)
      out.violate(m.from, "slave_id", "the slave names another's address as its own", unit);
    check_sequence(before, r.sequence, first, m, unit, out);
    const auto tell = [&](std::string_view name, action what) {
      auto op = start(m, unit, cyclic, name, what);
      op.fields.emplace_back("slave", to_string(r.slave));
      op.fields.emplace_back("state", std::string{unit_state(r.unit_info)});
      op.fields.emplace_back("stations", std::uint64_t{r.stations});
      op.fields.emplace_back("management", std::uint64_t{r.management});
      if (r.end_code != 0) {
        op.code = std::to_string(r.end_code);
        op.outcome = outcome::refused;
        op.fields.emplace_back("error", std::string{error_name(r.end_code)});
      }
      if (r.error != 0) op.fields.emplace_back("slave_error", std::uint64_t{r.error});
      out.emit(std::move(op), m.from);
    };
    if (first) tell("cyclic_response", action::report);
    if (!first && before.unit_info != r.unit_info) tell("slave_state_change", action::report);
    if (r.end_code != (first ? 0 : before.code) || r.error != (first ? 0 : before.error)) tell("slave_error", action::alarm);
    if (first) {
      say(m, "role", "slave", out);
      tell_maker(r.vendor, r.model, r.equipment, m, out);
    }
    say_state(m, r.unit_info, before, first, out);
    before.unit_info = r.unit_info, before.sequence = r.sequence, before.code = r.end_code, before.error = r.error, before.last = m.time;
  }
  void tell_maker(std::uint16_t vendor, std::uint32_t model, std::uint16_t equipment, const message& m, output& out) {
    say(m, "vendor_id", std::to_string(vendor), out);
    say(m, "product_code", std::to_string(model), out);
    say(m, "hardware", std::to_string(equipment), out);
  }

  void on_request(const slmp& s, const message& m, output& out) {
    out.count("cclink_ie", "command", s.command);
    const bool search = s.command == node_search;
    const auto n = search ? read_searcher(s.body) : read_setting(s.body);
    if (!n) return out.violate(m.from, "length", "a request has not the layout of its command");
    auto op = start(m, {}, s.command, search ? "node_search" : "set_ip_address", search ? action::identify : action::configure);
    op.fields.emplace_back("master", to_string(n->master));
    op.fields.emplace_back("master_card", to_string(n->master_card));
    say(m, "role", "master", out);
    if (!search) {
      op.objects.push_back({.space = "station", .address = to_string(n->card), .property = {}, .index = {}});
      op.values.emplace_back(to_string(n->address));
      op.values.emplace_back(to_string(n->netmask));
    }
    if (to_all(m.target.address)) return out.emit(std::move(op), m.from);
    pending_.add(s.serial, std::move(op), out, m.from);
  }

  void on_answer(const slmp& s, const message& m, output& out) {
    constexpr std::size_t settled = 6;  // the master's card alone
    auto r = pending_.take(s.serial);
    const bool paired = r.has_value();
    const auto n = s.end_code == 0 ? read_found(s.body) : std::nullopt;
    auto function = n ? node_search : set_address;
    if (s.end_code != 0 && s.body.size() >= 7) {
      reader in{s.body};
      in.skip(5);
      function = static_cast<command>(in.u16le());
    } else if (!n && s.body.size() != settled) {
      return out.violate(m.from, "length", "an answer has not the layout of its command");
    }
    if (!paired)
      r = {s.serial,
           start(m, {}, function, function == node_search ? "node_search" : "set_ip_address",
                 function == node_search ? action::identify : action::configure),
           other(m.from),
           {}};
    if (s.end_code != 0) {
      r->op.code = std::to_string(s.end_code);
      r->op.fields.emplace_back("error", std::string{error_name(s.end_code)});
    }
    if (n) {
      r->op.objects.push_back({.space = "station", .address = to_string(n->card), .property = {}, .index = {}});
      r->op.values.emplace_back(to_string(n->address));
      r->op.values.emplace_back(to_string(n->netmask));
      say(m, "role", "slave", out);
      say(m, "mac", to_string(n->card), out);
      say(m, "host_name", n->host_name, out);
      tell_maker(n->vendor, n->model, n->equipment, m, out);
      if (n->status != 0) r->op.fields.emplace_back("status", std::uint64_t{n->status});
    }
    const auto how = s.end_code != 0 ? outcome::refused : paired ? outcome::ok : outcome::unpaired;
    if (paired) return answer(*r, m.time, how, out);
    r->op.outcome = how;
    out.emit(std::move(r->op), r->asker);
  }

  std::vector<repeated> groups_;
  pending_requests<std::uint16_t, std::monostate, 32> pending_;
  told_facts<64> told_;
  ethernet_frames frames_;
};

match probe(bytes head, transport t) {
  if (t == transport::ethernet) return !head.empty() && !frame_name(head[0]).empty() ? match::yes : match::no;
  if (t != transport::udp) return match::no;
  const auto s = read_slmp(head);
  if (!s) return match::no;
  if (s->response) return (s->numbered ? s->end_code == 0 && read_found(s->body) : read_response(*s).has_value()) ? match::yes : match::no;
  if (s->command == cyclic) return read_request(*s) ? match::yes : match::no;
  if (s->command == node_search) return read_searcher(s->body) ? match::yes : match::no;
  return s->command == set_address && read_setting(s->body) ? match::yes : match::no;
}

const protocol cc_link{{
    .name = "cclink_ie",
    .udp_ports = ports,
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<cclink_session>(); },
}};

}  // namespace
}  // namespace mw
