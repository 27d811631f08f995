// The parts of an S-Bus telegram behind its head: parameters of commands and what is answered to them.
#pragma once
#include "common/reader.hpp"
#include "sensor/dissect/ether_sbus_names.hpp"

#include <vector>

namespace mw::ether_sbus {

/// What has to be known of a request to read its answer.
struct asked {
  ether_sbus::command command;
  std::uint32_t count = 0;                   ///< elements that were asked for
  const block_telegram* telegram = nullptr;  ///< of a block transfer
  std::size_t carried = 0;                   ///< octets of a block that the request brought
  std::uint32_t retries = 0;
};

/// What is to be said beside the operation.
struct remarks {
  struct broken {
    std::string_view rule, detail;
  };
  struct finding {
    std::string_view kind;
    std::string value;
    std::uint8_t confidence;
  };
  std::vector<broken> violations;
  std::vector<finding> findings;
  void breaks(std::string_view rule, std::string_view detail) { violations.push_back({rule, detail}); }
};

/// Reads the parameters behind the command code.
asked read_request(const command& c, reader in, operation& op, remarks& notes);
/// Reads the answer. Returns the octets of a block that it brought.
std::size_t read_answer(const asked& a, reader in, operation& op, remarks& notes);

}  // namespace mw::ether_sbus
