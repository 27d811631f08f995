// Data frames of IEEE C37.118.2-2011 (6.3, tables 5 and 6).
#include "sensor/dissect/synchrophasor_data.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace mw::synchrophasor {
namespace {

constexpr std::int16_t not_measured = -32768;
constexpr std::size_t most_values = 4096;

constexpr std::array<std::string_view, 4> errors{"", "pmu_error", "test_mode_or_absent", "do_not_use"};
struct flag {
  std::uint16_t bit;
  std::string_view name;
};
constexpr std::array flags{flag{1u << 13, "not_synchronized"}, flag{1u << 12, "sorted_by_arrival"}, flag{1u << 10, "configuration_changes"},
                           flag{1u << 9, "data_modified"}};
constexpr std::uint16_t trigger_bit = 1u << 11;
constexpr std::array<std::string_view, 4> unlocked{"", "unlocked_10_s", "unlocked_100_s", "unlocked_1000_s"};
constexpr std::array<std::string_view, 8> triggers{"manual",    "magnitude_low",  "magnitude_high", "angle_difference",
                                                   "frequency", "rate_of_change", "reserved",       "digital"};

value number(double v) { return std::isfinite(v) ? value{v} : value{}; }
std::int16_t i16(reader& in) { return static_cast<std::int16_t>(in.u16()); }
double degrees(double radians) { return std::remainder(radians * 180 / std::numbers::pi, 360.0); }

void read_phasor(reader& in, const station& s, const phasor_scale& p, std::vector<value>& to) {
  double magnitude = 0, angle = 0;
  bool absent = false;
  if (s.polar) {
    if (s.float_phasors) {
      magnitude = in.f32(), angle = in.f32();
    } else {
      const auto raw = in.u16();
      const auto turn = i16(in);
      absent = turn == not_measured;
      magnitude = raw * p.factor, angle = turn / 1e4 + p.turn;
    }
  } else {
    double real = 0, imaginary = 0;
    if (s.float_phasors) {
      real = in.f32(), imaginary = in.f32();
    } else {
      const auto x = i16(in), y = i16(in);
      absent = x == not_measured && y == not_measured;
      real = x * p.factor, imaginary = y * p.factor;
    }
    magnitude = std::hypot(real, imaginary);
    angle = std::atan2(imaginary, real) + (s.float_phasors ? 0 : p.turn);
  }
  to.push_back(absent ? value{} : number(magnitude));
  to.push_back(absent ? value{} : number(degrees(angle)));
}

void read_frequency(reader& in, const station& s, std::vector<value>& to) {
  if (s.float_frequency) {
    to.push_back(number(in.f32()));
    to.push_back(number(in.f32()));
    return;
  }
  const auto deviation = i16(in), change = i16(in);
  to.push_back(deviation == not_measured ? value{} : value{s.nominal + deviation / 1000.0});
  to.push_back(change == not_measured ? value{} : value{change / 100.0});
}

void read_analog(reader& in, const station& s, const analog_scale& a, std::vector<value>& to) {
  if (s.float_analogs) return to.push_back(number(in.f32()));
  const auto raw = i16(in);
  to.push_back(raw == not_measured ? value{} : number(raw * a.factor + a.offset));
}

}  // namespace

std::string status_words(std::uint16_t status) {
  std::string out;
  const auto add = [&](std::string_view word) {
    if (!word.empty()) (out += out.empty() ? "" : "+") += word;
  };
  add(errors[status >> 14]);
  for (const auto& f : flags)
    if ((status & f.bit) != 0) add(f.name);
  if ((status & trigger_bit) != 0) {
    const auto reason = status & 0x0fu;
    add("trigger:" + (reason < triggers.size() ? std::string{triggers[reason]} : std::to_string(reason)));
  }
  add(unlocked[status >> 4 & 3u]);
  return out;
}

bool read_data(bytes body, const configuration& c, operation& op) {
  if (body.size() != c.data_size()) return false;
  reader in{body};
  std::string statuses, words;
  for (const auto& s : c.stations) {
    if (op.values.size() >= most_values) {
      op.fields.emplace_back("stations_left_out", c.stations.size() - op.objects.size());
      break;
    }
    const auto before = op.values.size();
    const auto status = in.u16();
    for (const auto& p : s.phasors) read_phasor(in, s, p, op.values);
    read_frequency(in, s, op.values);
    for (const auto& a : s.analogs) read_analog(in, s, a, op.values);
    for (std::uint16_t i = 0; i < s.digitals; ++i) op.values.emplace_back(std::uint64_t{in.u16()});
    op.objects.push_back({.space = "pmu",
                          .address = std::to_string(s.id),
                          .count = static_cast<std::uint32_t>(op.values.size() - before),
                          .property = {},
                          .index = {}});
    (statuses += statuses.empty() ? "" : ",") += std::to_string(status);
    if (const auto w = status_words(status); !w.empty()) (words += words.empty() ? "" : ",") += std::to_string(s.id) + ':' + w;
  }
  op.fields.emplace_back("stat", std::move(statuses));
  if (!words.empty()) op.fields.emplace_back("status", std::move(words));
  return true;
}

}  // namespace mw::synchrophasor
