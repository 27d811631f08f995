// Subscriptions of an S7comm-plus connection: which variable a number in a notification means, and whether one was lost.
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/s7plus_message.hpp"

#include <deque>
#include <optional>

namespace mw::s7plus {

/// Keeps the newest; of the oldest the variables are forgotten, which is counted.
class subscriptions {
public:
  static constexpr std::size_t most = 64, most_references = 4096;

  void add(std::uint32_t id, std::vector<reference>&& references, output& out);
  void remove(std::uint32_t id);
  /// Fills objects and values.
  void report(notification&& n, operation& op) const;
  /// False where notifications are missing before this one.
  bool in_sequence(const notification& n, output& out);
  void gap();

private:
  struct entry {
    std::uint32_t id = 0;
    std::vector<reference> references;
    std::optional<std::uint64_t> last;
  };
  entry& at(std::uint32_t id, output& out);
  std::deque<entry> entries_;
};

}  // namespace mw::s7plus
