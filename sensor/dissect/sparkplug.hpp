// Sparkplug B on MQTT (Eclipse Sparkplug 3.0): births name the metrics that later messages only number, and sequence numbers tell
// what is missing. One tracker per MQTT connection.
#pragma once
#include "sensor/dissect/sparkplug_payload.hpp"
#include "sensor/dissect/told.hpp"

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace mw::sparkplug {

enum class kind : std::uint8_t { nbirth, ndeath, dbirth, ddeath, ndata, ddata, ncmd, dcmd, state };

struct topic {
  kind is = kind::ndata;
  std::string_view group, node, device;  ///< `node` is the host application's name in a state
  std::string path() const;              ///< "group/node/device"
};
/// Nothing where the topic is not of this namespace. `wrong`: it is, but not as chapter 4 allows.
std::optional<topic> read_topic(std::string_view name, bool& wrong);

class tracker {
public:
  struct publication {
    topic where;
    bytes data;
    side from = side::client;
    timestamp time{};
    bool repeated = false;  ///< sent again by MQTT
    bool retained = false;
    bool complete = false;  ///< this connection carries everything that the node says, so a missing number is a missing message
  };
  /// Writes metrics, values and meaning into the operation.
  void on_publish(const publication& p, operation& op, output& out);
  /// The death that the broker will tell, as CONNECT leaves it there.
  void on_will(const topic& where, bytes data, side from, output& out);
  void on_gap(side from);

private:
  struct definition {
    std::string name;
    std::uint8_t type = 0;
  };
  struct node {
    std::string name;  ///< "group/node"
    side from = side::client;
    enum class life : std::uint8_t { unknown, born, dead } is = life::unknown;
    bool whole = false;  ///< its birth was seen and nothing of it was forgotten
    std::optional<std::uint8_t> sequence;
    std::optional<std::uint64_t> birth_death, will;
    absl::flat_hash_map<std::uint64_t, definition> aliases;  // of a hash that a sender cannot foresee
    absl::flat_hash_map<std::string, std::uint8_t> types;    ///< of metrics without alias, by path and name
    std::size_t size() const { return aliases.size() + types.size(); }
  };
  struct writer;
  node* find(std::string_view name, side from);
  node& at(const topic& where, side from, output& out);
  void make_room(const node& keep, output& out);
  void check(const publication& p, node& n, const payload& head, std::optional<std::uint64_t> bd_seq, output& out);
  void remember(node& n, const metric& m, const std::string& path, output& out);
  static definition look_up(writer& w, const metric& m);
  void tell(const publication& p, const std::string& unit, const std::string& name, const value& v, output& out);
  void add(writer& w, const metric& m, const std::string& prefix, unsigned depth);

  std::deque<node> nodes_;
  told_facts<128> told_;
};

}  // namespace mw::sparkplug
