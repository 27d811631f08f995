// Genisys of Union Switch & Signal (now Hitachi Rail STS): how a control office polls and commands field stations of railway signalling.
// Specification: US&S P2346A. A message is a header octet, a station, pairs of address and data, a CRC and an end octet.
#include "common/checksum.hpp"
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{10001};
constexpr std::uint8_t escape = 0xf0, first_header = 0xf1, end_octet = 0xf6, last_header = 0xfe;
constexpr std::size_t longest = 1100;  // a station has 256 addresses; everything may be escaped

enum header : std::uint8_t {
  acknowledge = 0xf1,
  indication_data = 0xf2,
  control_checkback = 0xf3,
  common_control = 0xf9,
  acknowledge_and_poll = 0xfa,
  poll = 0xfb,
  control_data = 0xfc,
  recall = 0xfd,
  execute = 0xfe,
};
struct meaning {
  std::uint8_t code;
  std::string_view name;
  action what;
  bool from_office;
};
constexpr meaning meanings[] = {
    {acknowledge, "acknowledge", action::report, false},
    {indication_data, "indication_data", action::report, false},
    {control_checkback, "control_data_checkback", action::report, false},
    {common_control, "common_control_data", action::control, true},
    {acknowledge_and_poll, "acknowledge_indication_and_poll", action::read, true},
    {poll, "poll", action::read, true},
    {control_data, "control_data", action::control, true},
    {recall, "recall", action::read, true},
    {execute, "execute_controls", action::control, true},
};
const meaning* meaning_of(std::uint8_t code) {
  const auto it = std::ranges::find(meanings, code, &meaning::code);
  return it == std::end(meanings) ? nullptr : &*it;
}

/// From the header to the end octet; octets from 0xf0 on stand inside only behind an escape. Some stations leave the CRC as it is.
result<std::size_t> frame(bytes data) {
  if (data.empty()) return 0u;
  if (data[0] < first_header || data[0] > last_header || data[0] == end_octet) return fail(fault::malformed, "no header octet");
  std::size_t odd = 0;  // where the first octet stands that only a CRC may hold
  for (std::size_t i = 1; i < data.size() && i < longest; ++i) {
    if (data[i] == end_octet) return i + 1;
    if (odd != 0 && i > odd + 1) return fail(fault::malformed, "a control octet inside a message", odd);
    const bool escaped = data[i] == escape && i + 1 < data.size() && data[i + 1] <= 0x0f;
    if (data[i] >= escape && !escaped && i + 1 < data.size() && odd == 0) odd = i;
    if (escaped && odd == 0) ++i;
  }
  if (data.size() >= longest) return fail(fault::over_limit, "no end octet");
  return 0u;
}

struct telegram {
  std::uint8_t code = 0, station = 0;
  bool checked = false, crc_right = false, whole = false;
  std::vector<std::uint8_t> pairs;
};
/// The octets without escapes; the last `raw` of them are taken as they are.
std::vector<std::uint8_t> unescape(bytes data, std::size_t raw) {
  std::vector<std::uint8_t> plain;
  reader in{data};
  while (in.left() > raw) {
    const auto b = in.u8();
    plain.push_back(b == escape && in.left() > raw ? static_cast<std::uint8_t>(escape | in.u8()) : b);
  }
  while (in.left()) plain.push_back(in.u8());
  return plain;
}
telegram read_plain(bytes plain) {
  telegram t;
  reader p{plain};
  t.code = p.u8();
  t.station = p.u8();
  if (!p.ok()) return t;
  // an acknowledgement has no CRC, a poll only where the office asks for security
  t.whole = true;
  if ((t.code == acknowledge || t.code == poll) && p.left() == 0) return t;
  if (p.left() < 2) {
    t.whole = false;
    return t;
  }
  const auto inside = p.take(p.left() - 2);
  t.checked = true;
  const auto crc = p.u16le();
  const auto covered = plain.first(plain.size() - 2);
  t.crc_right = crc == crc16_modbus(covered) || crc == crc16_arc(covered);  // makers begin either way
  t.pairs.assign(inside.begin(), inside.end());
  return t;
}
telegram read_telegram(bytes data) {
  if (data.size() < 2 || data.back() != end_octet) return data.empty() ? telegram{} : telegram{.code = data[0]};
  data = data.first(data.size() - 1);
  auto t = read_plain(unescape(data, 0));
  if (t.crc_right || data.size() < 4) return t;
  auto as_is = read_plain(unescape(data, 2));
  return as_is.crc_right ? as_is : t;
}

/// Sure only by a CRC: header and end are two octets that stand in any traffic.
match probe(bytes data, transport t) {
  if (t != transport::tcp) return match::no;
  bool proven = false;
  while (!data.empty()) {
    const auto size = frame(data);
    if (!size) return match::no;
    if (*size == 0 || *size > data.size()) break;
    const auto told = read_telegram(data.first(*size));
    if (!told.whole || (told.checked && !told.crc_right) || told.pairs.size() % 2 != 0) return match::no;
    proven = proven || told.checked;
    data = data.subspan(*size);
  }
  return proven ? match::certain : match::unsure;
}

class genisys_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto t = read_telegram(m.data);
    if (m.data.empty()) return verdict::taken;
    out.count("genisys", "header", t.code);
    const auto unit = std::to_string(t.station);
    if (!t.whole) {
      out.violate(m.from, "length", "the message has no station, no CRC or no end");
      return verdict::taken;
    }
    if (t.checked && !t.crc_right) {
      out.violate(m.from, "crc", "the CRC is wrong", unit);
      return verdict::taken;
    }
    const auto* about = meaning_of(t.code);
    if (about == nullptr) {
      out.violate(m.from, "header", "a header that is not assigned", unit);
      return verdict::taken;
    }
    if (t.pairs.size() % 2 != 0) out.violate(m.from, "length", "an address has no data", unit);
    if (about->from_office)
      on_office(t, *about, m, out);
    else
      on_station(t, *about, m, out);
    return verdict::taken;
  }
  void on_gap(side) override { stations_.clear(); }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out, patience); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  static constexpr std::chrono::seconds patience{10};
  struct key {
    side office = side::client;
    std::uint8_t station = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  /// Controls that wait to be executed.
  struct station_state {
    key of;
    std::vector<std::uint8_t> controls;
    bool armed = false;
  };

  static void add_pairs(const telegram& t, operation& op) {
    reader in{t.pairs};
    while (in.left() >= 2) {
      op.objects.push_back({.space = "byte", .address = std::to_string(in.u8()), .count = 1, .property = {}, .index = {}});
      op.values.emplace_back(std::uint64_t{in.u8()});
    }
  }
  static operation begin(const telegram& t, const meaning& about, timestamp at) {
    operation op;
    op.time = at;
    op.unit = std::to_string(t.station);
    op.function = std::to_string(t.code);
    op.function_name = about.name;
    op.action = about.what;
    add_pairs(t, op);
    return op;
  }
  station_state& state_of(const key& k) {  // at most one for each station of each side
    const auto it = std::ranges::find(stations_, k, &station_state::of);
    if (it != stations_.end()) return *it;
    stations_.push_back({.of = k, .controls = {}});
    return stations_.back();
  }
  bool is_known(const key& k) const { return std::ranges::find(stations_, k, &station_state::of) != stations_.end(); }

  void on_office(const telegram& t, const meaning& about, const message& m, output& out) {
    auto op = begin(t, about, m.time);
    if (t.code == common_control) return out.emit(std::move(op), m.from);  // to all: nobody answers
    const key k{m.from, t.station};
    if (t.code == poll) op.fields.emplace_back("secure", t.checked);
    if (t.code == execute) {
      if (is_known(k) && !state_of(k).armed)
        out.violate(m.from, "execute_without_control", "controls are executed that were not sent", op.unit);
      state_of(k).armed = false;
    }
    if (t.code == control_data) {
      auto& state = state_of(k);
      state.controls = t.pairs;
      state.armed = true;
    } else if (t.code == recall || t.code == poll) {
      (void)state_of(k);
    }
    while (auto before = waiting_.take(k)) {
      before->op.outcome = outcome::timeout;
      out.emit(std::move(before->op), before->asker);
    }
    waiting_.add(k, std::move(op), out, m.from);
  }

  void on_station(const telegram& t, const meaning& about, const message& m, output& out) {
    const key k{other(m.from), t.station};
    auto request = waiting_.take(k);
    if (!request) {
      auto op = begin(t, about, m.time);
      op.outcome = outcome::unpaired;
      return out.emit(std::move(op), other(m.from));
    }
    if (t.code == control_checkback) {
      const bool same = t.pairs == state_of(k).controls;
      if (!same) out.violate(m.from, "checkback", "the station repeats other controls than were sent", request->op.unit);
      request->op.fields.emplace_back("checkback", std::string{same ? "same" : "different"});
    } else if (t.code == indication_data) {
      operation said;
      add_pairs(t, said);
      const bool commands = !request->op.objects.empty();  // then what it says stands beside what it was told
      (commands ? request->op.returned : request->op.objects) = std::move(said.objects);
      if (!commands) request->op.values = std::move(said.values);
    }
    request->op.fields.emplace_back("answer", std::string{about.name});
    answer(*request, m.time, outcome::ok, out);
  }

  pending_requests<key> waiting_;
  std::deque<station_state> stations_;
};

const protocol genisys{{
    .name = "genisys",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<genisys_session>(); },
}};

}  // namespace
}  // namespace mw
