// One GOOSE publication (IEC 61850-8-1, IECGoosePdu) and the data in it (ISO 9506-2, Data).
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/protocol.hpp"

#include <optional>

namespace mw::goose {

/// Absent on the wire = nothing; octets are those of the message.
struct publication {
  bytes control_block, data_set, id;
  std::optional<std::uint64_t> time_allowed_to_live;  ///< milliseconds
  std::optional<std::uint64_t> state, sequence, configuration, entries;
  bytes changed_at;  ///< UtcTime, eight octets
  bool simulated = false;
  std::optional<bool> needs_commissioning;
  std::optional<bytes> data;
};

/// Reads what it can and says by `out.violate` what is wrong. False where nothing of it can be believed.
bool read_publication(bytes content, publication& p, side from, output& out);

/// UtcTime as epoch seconds; nothing where it has not eight octets.
std::optional<double> utc_time(bytes eight);

/// The members of a data set, flattened, in their order; gives how many there are at the top. `at_fault`: an element is not as its kind
/// must be; it is told as octets.
std::size_t read_data(bytes all, std::vector<value>& to, bool& at_fault);

}  // namespace mw::goose
