// What the data frames of a stream are made of: configuration frames 1, 2 and 3 of IEEE C37.118.2.
#pragma once
#include "sensor/dissect/synchrophasor_frame.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mw::synchrophasor {

struct phasor_scale {
  double factor = 1, turn = 0;  ///< turn: radians to add
  bool current = false;         ///< amperes, else volts
};
struct analog_scale {
  double factor = 1, offset = 0;
};
struct station {
  std::string name;
  std::uint16_t id = 0;
  bool float_frequency = false, float_analogs = false, float_phasors = false, polar = false;
  std::uint8_t nominal = 60;  ///< Hz
  std::uint16_t change_count = 0;
  std::vector<phasor_scale> phasors;
  std::vector<analog_scale> analogs;
  std::uint16_t digitals = 0;  ///< words
  // of configuration 3
  std::string global_id;  ///< hex
  std::optional<float> latitude, longitude, elevation;
  char service_class = 0;  ///< 'M' or 'P'

  std::size_t data_size() const;
};
struct configuration {
  std::uint32_t time_base = 1;
  std::int16_t rate = 0;  ///< frames each second; negative: seconds between two frames
  std::vector<station> stations;
  std::string phasors, analogs, digitals;  ///< names of the channels, joined by a comma
  bool fragment = false;                   ///< one of several frames, of which nothing was read

  std::size_t data_size() const;
  double period() const;  ///< seconds between two frames; 0 = not said
};
result<configuration> read_configuration(bytes body, kind what);

}  // namespace mw::synchrophasor
