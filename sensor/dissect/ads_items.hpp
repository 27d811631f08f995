// What ADS requests address and carry: index groups and offsets, symbols behind handles, and many of them in sum commands.
#pragma once
#include "sensor/dissect/ads_names.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace mw::ads {

/// Names behind handles, and what notifications are about. Bounded: the oldest is forgotten.
class symbols {
public:
  void remember(const address& where, std::uint32_t handle, std::string name);
  const std::string* find(const address& where, std::uint32_t handle) const;
  bool full() const { return entries_.size() >= most; }

private:
  static constexpr std::size_t most = 1024;
  struct entry {
    address where;
    std::uint32_t handle = 0;
    std::string name;
  };
  std::deque<entry> entries_;
};

/// Of a request, kept for its answer.
struct asked {
  std::uint32_t group = 0, offset = 0, length = 0;
  std::string name;                  ///< of a symbol whose handle or value is asked for
  std::vector<std::uint32_t> sizes;  ///< of each answer in a sum command, at most 256
  bool expects_data = false;
};

object object_of(const address& target, std::uint32_t group, std::uint32_t offset, std::uint32_t length, const symbols& known);
/// Fills objects, values and `kept` from the data of a read, write or read-write; false where it is too short.
bool read_request(std::uint16_t command, reader& in, const address& target, const symbols& known, operation& op, asked& kept);
/// Values of a sum command's answer; "statuses" where not all are good.
void read_sum_answer(reader& in, operation& op, const asked& kept);

}  // namespace mw::ads
