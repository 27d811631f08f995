// The measurements in a data frame of IEEE C37.118.2, read as its configuration says.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/synchrophasor_configuration.hpp"

namespace mw::synchrophasor {

/// Fills objects (one for each station, with the number of its values), values and the status fields. Of a station: each phasor as
/// magnitude (V or A) and angle (degrees), frequency (Hz), its rate of change (Hz/s), the analogs, the digital words. Nothing where it was
/// not measured. False where the frame has not the size that the configuration says.
bool read_data(bytes body, const configuration& c, operation& op);

/// The words of a status: "not_synchronized+trigger:manual"; empty where all is well.
std::string status_words(std::uint16_t status);

}  // namespace mw::synchrophasor
