// What a connection's messages refer to later: monitored items by the client's handle, and nodes that identify devices.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/protocol.hpp"

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::opcua {

/// Bounded: what was remembered first is forgotten first, and counted.
class memory {
public:
  static constexpr std::size_t most_items = 4096, most_nodes = 256;

  struct item {
    object node;
    std::uint32_t id = 0;  ///< as the server numbers it
  };
  void watch(std::uint32_t subscription, std::uint32_t handle, item i);
  const item* find(std::uint32_t subscription, std::uint32_t handle) const;
  /// Items, by the server's number, were given other handles.
  void rename(std::uint32_t subscription, std::vector<std::pair<std::uint32_t, std::uint32_t>> handles);
  void forget(std::uint32_t subscription, std::vector<std::uint32_t> ids);
  void forget(std::vector<std::uint32_t> subscriptions);

  struct identity {
    std::string_view kind;  ///< of the fact, a literal
    std::string device;     ///< the node it describes
  };
  /// Remembers that the value of `node` is a property by this browse name, if it is one that identifies a device.
  void name(const std::string& node, std::string_view browse_name, std::string device);
  const identity* identifies(const std::string& node) const;
  std::size_t take_forgotten() { return std::exchange(forgotten_, 0); }

private:
  static std::uint64_t key(std::uint32_t subscription, std::uint32_t handle) { return std::uint64_t{subscription} << 32 | handle; }
  absl::flat_hash_map<std::uint64_t, item> items_;  // of a hash that a sender cannot foresee
  std::deque<std::uint64_t> order_;
  absl::flat_hash_map<std::string, identity> nodes_;
  std::deque<std::string> node_order_;
  std::size_t forgotten_ = 0;
};

}  // namespace mw::opcua
