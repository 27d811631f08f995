// The blocks of PROFINET's context manager (IEC 61158-6-10, 5.2): what a relation is made of, and records that are read and written.
#pragma once
#include "sensor/dissect/profinet_names.hpp"
#include "sensor/dissect/protocol.hpp"

#include <vector>

namespace mw::profinet {

/// Who a fact is about: of a relation, or of a card that a block names.
enum class party : std::uint8_t { controller, device };
struct finding {
  party whom = party::device;
  std::string unit;
  std::string_view kind;
  std::string value;
  std::uint8_t confidence = 80;
};
struct fault_found {
  std::string_view rule, detail;
};

/// What is gathered from the blocks of one message.
struct cm_reading {
  operation& op;
  bool response = false;
  std::vector<finding> facts{};
  std::vector<fault_found> wrong{};
  mac controller{}, device{};  ///< cards of the two ends, where blocks say so

  void learn(party whom, std::string unit, std::string_view kind, std::string value, std::uint8_t confidence = 80) {
    if (!value.empty() && facts.size() < 256) facts.push_back({whom, std::move(unit), kind, std::move(value), confidence});
  }
  void breaks(std::string_view rule, std::string_view detail) {
    if (wrong.size() < 8) wrong.push_back({rule, detail});
  }
};

/// Reads blocks to the end, counting each by its type.
void read_cm_blocks(reader& in, cm_reading& r, output& out);
/// The content of a record: identification and maintenance, real and expected modules, diagnosis; else a value.
void read_record(std::uint16_t index, const std::string& unit, bytes data, cm_reading& r);
/// "slot/subslot"; empty of the device itself.
std::string unit_of(std::uint16_t slot, std::uint16_t subslot);
/// The annotation of an endpoint (5.2.2): model, order number, versions.
void read_annotation(bytes text, cm_reading& r);

}  // namespace mw::profinet
