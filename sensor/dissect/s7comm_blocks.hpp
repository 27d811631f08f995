// Program blocks on their way into a controller and out of it (S7comm functions 0x1A to 0x1F), and program services (0x28, 0x29).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <deque>

namespace mw::s7comm {

/// The transfers of a connection. Jobs and answers go through it in the order of the wire; it remembers which block an
/// upload id stands for, and digests what is transferred.
class block_transfers {
public:
  static constexpr std::size_t capacity = 16;

  /// Fills objects and fields of a job; what is returned is to be given back with the answer.
  std::string job(std::uint8_t function, reader& parameters, operation& op);
  void answer(std::uint8_t function, const std::string& key, reader& parameters, reader& data, operation& op);
  /// Bytes are missing: what is under way has no digest any more.
  void gap();

private:
  struct transfer {
    std::string key;
    std::vector<object> block;
    std::uint64_t digest = 0, size = 0;
    bool whole = true, ended = false;
  };
  transfer& begin(std::string key, std::vector<object> block);
  transfer* find(const std::string& key);
  void finish(const std::string& key, operation& op);
  std::deque<transfer> under_way_;
};

/// A program invocation: service and what it is about. Sets the action, too.
void read_program_service(reader& parameters, operation& op);
/// The stop of a controller names the program that is to stop.
void read_stop(reader& parameters, operation& op);

}  // namespace mw::s7comm
