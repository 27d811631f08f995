// Synchrophasors (IEEE C37.118.2-2005 and -2011) over TCP and UDP: what the grid measures fifty times a second, and the commands that
// start, stop and describe it. Data can be read only behind a configuration, which is kept for each stream.
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/synchrophasor_data.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>
#include <utility>

namespace mw {
namespace {

using namespace synchrophasor;

constexpr std::array<std::uint16_t, 2> ports{4712, 4713};
constexpr std::size_t most_streams = 16, most_told = 128;
constexpr std::uint8_t stated = 90, likely = 70;
constexpr double late = 1.5;  // periods
constexpr std::uint16_t first_of_user = 0x0100, last_of_user = 0x0fff, turn_off = 1, turn_on = 2, extended = 8;

struct command_info {
  std::uint16_t code;
  std::string_view name;
  action what;
  std::optional<kind> answer = {};
};
constexpr std::array commands{
    command_info{turn_off, "turn_off_transmission", action::subscribe},
    command_info{turn_on, "turn_on_transmission", action::subscribe},
    command_info{3, "send_header", action::identify, kind::header},
    command_info{4, "send_configuration_1", action::identify, kind::configuration_1},
    command_info{5, "send_configuration_2", action::identify, kind::configuration_2},
    command_info{6, "send_configuration_3", action::identify, kind::configuration_3},
    command_info{extended, "extended_frame", action::control},
};
constexpr std::array<std::string_view, kinds> kind_names{"data",    "header",         "configuration_1", "configuration_2",
                                                         "command", "configuration_3"};

command_info describe(std::uint16_t code) {
  for (const auto& c : commands)
    if (c.code == code) return c;
  const bool of_user = code >= first_of_user && code <= last_of_user;
  return {code, of_user ? "user_command" : "unknown", action::control};
}
std::uint32_t number(kind k) { return static_cast<std::uint32_t>(k); }

class synchrophasor_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto rest = m.data;
    do {
      const auto f = read_frame(rest);
      if (!f) {
        out.violate(m.from, "length", "something that is not a whole frame");
        return verdict::taken;
      }
      on_frame(*f, m, out);
      rest = rest.subspan(*size_of(rest));
    } while (!rest.empty());  // a datagram may hold several
    return verdict::taken;
  }
  void on_gap(side) override {
    for (auto& s : streams_) s.last = {};
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  struct stream {
    std::uint16_t id = 0;
    side from = side::client;
    std::optional<configuration> layout;
    std::optional<double> last;  ///< when the newest data was measured
    bool mismatch_told = false;
  };
  struct key {
    kind answer = kind::header;
    std::uint16_t stream = 0;
    side asker = side::client;
    friend bool operator==(const key&, const key&) = default;
  };

  void on_frame(const frame& f, const message& m, output& out) {
    out.count("synchrophasor", "frame", number(f.kind));
    if (!f.sound) return out.violate(m.from, "crc", "the checksum of the frame is wrong", std::to_string(f.stream));
    switch (f.kind) {
      case kind::data: return on_data(f, m, out);
      case kind::command: return on_command(f, m, out);
      case kind::header: return on_header(f, m, out);
      default: return on_configuration(f, m, out);
    }
  }

  static operation begin(const frame& f, const message& m) {
    operation op;
    op.time = m.time;
    op.unit = std::to_string(f.stream);
    op.action = action::report;
    op.function = std::to_string(number(f.kind));
    op.function_name = kind_names.at(number(f.kind));
    op.outcome = outcome::unsolicited;
    return op;
  }

  void on_command(const frame& f, const message& m, output& out) {
    reader in{f.body};
    const auto code = in.u16();
    const auto about = describe(code);
    out.count("synchrophasor", "command", code);
    auto op = begin(f, m);
    op.action = about.what;
    op.function += '/' + std::to_string(code);
    op.function_name = about.name;
    op.outcome = outcome::none;
    if (about.name == "unknown") out.violate(m.from, "command", "a command that is reserved", op.unit);
    if (in.left() != 0) {
      if (about.answer || code == turn_off || code == turn_on)
        out.violate(m.from, "length", "a command with data that has none", op.unit);
      else
        op.values.emplace_back(hex(in.rest(), 256));
    }
    if (code == turn_off || code == turn_on) find(f.stream, other(m.from), out).last = {};
    if (told_.fresh({}, {}, "role", "phasor_data_client", m.time, "synchrophasor", out))
      out.learn(m.from, {}, "role", "phasor_data_client", likely);
    if (!about.answer) return out.emit(std::move(op), m.from);
    pending_.add({*about.answer, f.stream, m.from}, std::move(op), out, m.from);
  }

  /// The request that waits for this frame, or an operation of its own.
  template <class Fill>
  void complete(const frame& f, const message& m, output& out, const Fill& fill) {
    if (auto request = pending_.take({f.kind, f.stream, other(m.from)})) {
      fill(request->op);
      return answer(std::move(*request), m.time, outcome::ok, out);
    }
    auto op = begin(f, m);
    fill(op);
    out.emit(std::move(op), other(m.from));
  }

  void on_header(const frame& f, const message& m, output& out) {
    const auto text = printable(f.body, 1024);
    complete(f, m, out, [&](operation& op) { op.values.emplace_back(text); });
    if (!text.empty()) tell(m, out, std::to_string(f.stream), "description", text, likely);
  }

  void on_configuration(const frame& f, const message& m, output& out) {
    auto read = read_configuration(f.body, f.kind);
    if (!read) return out.violate(m.from, "configuration", read.error().what, std::to_string(f.stream));
    auto& c = *read;
    complete(f, m, out, [&](operation& op) { tell_configuration(f, c, op); });
    if (c.fragment) return out.count("synchrophasor", "configuration", "fragment");
    learn(f, c, m, out);
    // the first says what could be sent; data is as the second or third say
    if (f.kind == kind::configuration_1) return;
    auto& s = find(f.stream, m.from, out);
    s.layout = std::move(c);
    s.last = {};
    s.mismatch_told = false;
  }

  static void tell_configuration(const frame& f, const configuration& c, operation& op) {
    op.fields.emplace_back("version", std::uint64_t{f.version});
    if (c.fragment) return op.fields.emplace_back("fragment", true), void();
    for (const auto& s : c.stations) {
      op.objects.push_back({.space = "pmu", .address = std::to_string(s.id), .count = 1, .property = {}, .index = {}});
      op.values.emplace_back(s.name);
    }
    op.fields.emplace_back("data_rate", std::int64_t{c.rate});
    op.fields.emplace_back("time_base", std::uint64_t{c.time_base});
    if (!c.phasors.empty()) op.fields.emplace_back("phasors", c.phasors);
    if (!c.analogs.empty()) op.fields.emplace_back("analogs", c.analogs);
    if (!c.digitals.empty()) op.fields.emplace_back("digitals", c.digitals);
    std::string units, nominal, changes;
    for (const auto& s : c.stations) {
      for (const auto& p : s.phasors) units += p.current ? 'A' : 'V';
      (nominal += nominal.empty() ? "" : ",") += std::to_string(s.nominal);
      (changes += changes.empty() ? "" : ",") += std::to_string(s.change_count);
    }
    op.fields.emplace_back("phasor_units", units);
    op.fields.emplace_back("nominal_frequency", nominal);
    op.fields.emplace_back("configuration_count", changes);
  }

  void learn(const frame& f, const configuration& c, const message& m, output& out) {
    const bool alone = c.stations.size() == 1 && c.stations.front().id == f.stream;
    tell(m, out, std::to_string(f.stream), "role", alone ? "pmu" : "phasor_data_concentrator", likely);
    for (const auto& s : c.stations) {
      const auto unit = std::to_string(s.id);
      if (!s.name.empty()) tell(m, out, unit, "station_name", s.name, stated);
      if (s.global_id.find_first_not_of("0x") != std::string::npos) tell(m, out, unit, "asset_id", s.global_id, stated);
      if (s.latitude && s.longitude) {
        auto place = std::to_string(*s.latitude) + ' ' + std::to_string(*s.longitude);
        if (s.elevation) place += ' ' + std::to_string(*s.elevation);
        tell(m, out, unit, "location", place, stated);
      }
    }
  }
  void tell(const message& m, output& out, const std::string& unit, std::string_view kind, const std::string& value, std::uint8_t sure) {
    // of each station: the unit is part of what was told
    if (told_.fresh({}, {}, kind, unit + ' ' + value, m.time, "synchrophasor", out, true)) out.learn(m.from, unit, kind, value, sure);
  }

  void on_data(const frame& f, const message& m, output& out) {
    auto& s = find(f.stream, m.from, out);
    auto op = begin(f, m);
    op.outcome = outcome::none;
    op.fields.emplace_back("time_quality", std::uint64_t{f.time_quality});
    if (!s.layout) {
      out.count("synchrophasor", "data", "no_configuration");
      op.fields.emplace_back("size", f.body.size());
      return out.emit(std::move(op), other(m.from));
    }
    const auto when = f.second + static_cast<double>(f.fraction) / s.layout->time_base;
    op.fields.emplace_back("measured_at", when);
    if (f.fraction >= s.layout->time_base) out.violate(m.from, "time", "the fraction of the second is a second or more", op.unit);
    if (!read_data(f.body, *s.layout, op)) {
      out.count("synchrophasor", "data", "other_configuration");
      if (!std::exchange(s.mismatch_told, true))
        out.violate(m.from, "configuration_mismatch", "the data has not the size that the configuration says", op.unit);
    }
    judge_time(s, when, m.from, op.unit, out);
    out.emit(std::move(op), other(m.from));
  }

  static void judge_time(stream& s, double when, side from, const std::string& unit, output& out) {
    const auto period = s.layout->period();
    const auto last = std::exchange(s.last, when);
    if (!last) return;
    if (when <= *last)
      out.violate(from, "time_order", "the measurement is not newer than the one before it", unit);
    else if (period > 0 && when - *last > late * period)
      out.violate(from, "data_gap", "measurements are missing between this one and the one before it", unit);
  }

  stream& find(std::uint16_t id, side from, output& out) {
    for (auto& s : streams_)
      if (s.id == id && s.from == from) return s;
    if (streams_.size() >= most_streams) {
      out.count("synchrophasor", "forgotten", "stream");
      streams_.pop_front();
    }
    auto& s = streams_.emplace_back();
    s.id = id, s.from = from;
    return s;
  }

  std::deque<stream> streams_;
  pending_requests<key, std::monostate, 64> pending_;
  told_facts<most_told> told_;
};

match probe(bytes head, transport t) {
  const auto size = size_of(head);
  if (!size) return match::no;
  if (*size == 0 || *size > head.size()) return t == transport::udp ? match::no : match::unsure;
  const auto f = read_frame(head);
  return f && f->sound ? match::certain : match::no;
}

const protocol synchrophasor_protocol{{
    .name = "synchrophasor",
    .tcp_ports = ports,
    .udp_ports = ports,
    .probe = probe,
    .frame = size_of,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<synchrophasor_session>(); },
}};

}  // namespace
}  // namespace mw
