// Configuration frames of IEEE C37.118.2-2011 (6.4, tables 8 to 13).
#include "sensor/dissect/synchrophasor_configuration.hpp"

#include "common/text.hpp"

#include <cmath>
#include <numeric>

namespace mw::synchrophasor {
namespace {

constexpr std::size_t fixed_name = 16, bits_of_word = 16, longest_list = 2048;
constexpr std::uint16_t polar_bit = 1, float_phasors_bit = 2, float_analogs_bit = 4, float_frequency_bit = 8;
constexpr double unit = 1e-5;  // volts or amperes
constexpr std::uint8_t current_bit_3 = 8;

std::string name_of(reader& in, bool counted) { return printable(in.take(counted ? in.u8() : fixed_name)); }

void add_name(std::string& list, const std::string& name) {
  if (name.empty() || list.size() + name.size() >= longest_list) return;
  (list += list.empty() ? "" : ",") += name;
}
void read_names(reader& in, std::size_t count, bool counted, std::string& list) {
  for (std::size_t i = 0; i < count && in.ok(); ++i) add_name(list, name_of(in, counted));
}

void read_phasor_scales(reader& in, std::uint16_t count, bool third, station& s) {
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    phasor_scale p;
    if (third) {
      in.skip(2);  // how the value was modified
      p.current = (in.u8() & current_bit_3) != 0;
      in.skip(1);
      p.factor = in.f32(), p.turn = in.f32();
    } else {
      p.current = in.u8() != 0;
      p.factor = static_cast<double>(in.be_n(3)) * unit;
    }
    if (in.ok()) s.phasors.push_back(p);
  }
}
/// Of configurations 1 and 2 the scale is the user's business: values stay as they are.
void read_analog_scales(reader& in, std::uint16_t count, bool third, station& s) {
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    analog_scale a;
    if (third)
      a.factor = in.f32(), a.offset = in.f32();
    else
      in.skip(4);
    if (in.ok()) s.analogs.push_back(a);
  }
}

std::optional<float> known(float v) { return std::isfinite(v) ? std::optional{v} : std::nullopt; }

station read_station(reader& in, bool third, configuration& all) {
  station s;
  s.name = name_of(in, third);
  s.id = in.u16();
  if (third) s.global_id = hex(in.take(16));
  const auto format = in.u16();
  s.polar = (format & polar_bit) != 0;
  s.float_phasors = (format & float_phasors_bit) != 0;
  s.float_analogs = (format & float_analogs_bit) != 0;
  s.float_frequency = (format & float_frequency_bit) != 0;
  const auto phasors = in.u16(), analogs = in.u16();
  s.digitals = in.u16();
  read_names(in, phasors, third, all.phasors);
  read_names(in, analogs, third, all.analogs);
  read_names(in, s.digitals * bits_of_word, third, all.digitals);
  read_phasor_scales(in, phasors, third, s);
  read_analog_scales(in, analogs, third, s);
  in.skip(std::size_t{4} * s.digitals);  // which bits are in use, and what is normal
  if (third) {
    s.latitude = known(in.f32()), s.longitude = known(in.f32()), s.elevation = known(in.f32());
    s.service_class = static_cast<char>(in.u8());
    in.skip(4 + 4);  // window and delay of the measurement
  }
  s.nominal = (in.u16() & 1u) != 0 ? 50 : 60;
  s.change_count = in.u16();
  return s;
}

}  // namespace

std::size_t station::data_size() const {
  return 2 + phasors.size() * (float_phasors ? 8u : 4u) + (float_frequency ? 8u : 4u) + analogs.size() * (float_analogs ? 4u : 2u) +
         std::size_t{digitals} * 2;
}

std::size_t configuration::data_size() const {
  return std::accumulate(stations.begin(), stations.end(), std::size_t{0},
                         [](std::size_t n, const station& s) { return n + s.data_size(); });
}

double configuration::period() const { return rate > 0 ? 1.0 / rate : rate < 0 ? -1.0 * rate : 0; }

result<configuration> read_configuration(bytes body, kind what) {
  reader in{body};
  configuration c;
  const bool third = what == kind::configuration_3;
  if (third && in.u16() != 0) {
    c.fragment = true;
    return c;
  }
  in.skip(1);
  c.time_base = static_cast<std::uint32_t>(in.be_n(3));
  const auto count = in.u16();
  in.expect(c.time_base != 0, "a second is divided in one part or more");
  for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
    auto s = read_station(in, third, c);
    if (in.ok()) c.stations.push_back(std::move(s));
  }
  c.rate = static_cast<std::int16_t>(in.u16());
  in.expect(in.left() == 0, "nothing stands behind the rate");
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return c;
}

}  // namespace mw::synchrophasor
