// One MQTT connection: who asks for what, what the broker grants, and what breaks a rule.
#pragma once
#include "sensor/dissect/mqtt_packet.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/sparkplug.hpp"

#include <deque>
#include <string>
#include <unordered_set>
#include <utility>

namespace mw::mqtt {

class connection final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// What an answer names. Both sides number their own packets.
  struct key {
    side asker = side::client;
    std::uint8_t type = connect;
    std::uint16_t id = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  struct asked {
    bool received = false;    ///< PUBREC came
    std::uint32_t items = 0;  ///< filters
  };
  using requests = pending_requests<key, asked>;

  void on_connect(reader& in, const message& m, output& out);
  void read_will(reader& in, std::uint8_t flags, const message& m, operation& op, output& out);
  void on_connack(reader& in, const message& m, output& out);
  void on_publish(reader& in, std::uint8_t flags, const message& m, output& out);
  void on_publish_answer(std::uint8_t type, reader& in, const message& m, output& out);
  void on_filters(std::uint8_t type, reader& in, const message& m, output& out);
  void on_granted(std::uint8_t type, reader& in, const message& m, output& out);
  void on_parting(std::uint8_t type, reader& in, const message& m, output& out);

  operation start(std::uint8_t type, const message& m, action what) const;
  std::string resolve(bytes name, const properties& p, side from, std::string_view& wrong);
  void publish_sparkplug(const std::string& topic, bytes payload, std::uint8_t flags, const message& m, operation& op, output& out);
  void conclude(requests::request&& r, std::uint8_t code, std::string_view name, const message& m, output& out);
  void unpaired(std::uint8_t type, std::uint16_t id, const message& m, output& out);
  void check_sender(std::uint8_t type, const message& m, output& out);
  void tell_topic(const std::string& topic, const message& m, output& out);
  void take(operation& op, properties&& p, const message& m, output& out) const;
  bool five(const reader& in, std::uint8_t packet, std::size_t least);
  bool wrong_tail(const reader& in, std::uint8_t type, const message& m, output& out) const;
  void wrong(const message& m, std::string_view rule, std::string_view detail, output& out) const;
  bool from_client(const message& m) const { return !client_ || *client_ == m.from; }

  std::optional<side> client_;  ///< who called the broker, as far as the traffic has told
  std::uint8_t level_ = 0;      ///< 3, 4, 5; 0: not seen
  bool guessed_ = false;        ///< `level_` was read from the shape of packets
  bool whole_ = false;          ///< seen from CONNECT on, without a gap
  std::string id_;              ///< of the client
  std::uint16_t keep_alive_ = 0;
  timestamp last_{};  ///< of the client's last packet
  bool subscribed_widely_ = false;
  requests pending_;
  std::deque<std::pair<std::pair<side, std::uint16_t>, std::string>> aliases_;  ///< topics by number, per sender
  std::unordered_set<std::size_t> topics_;                                      ///< hashes of those that were told
  sparkplug::tracker sparkplug_;
};

}  // namespace mw::mqtt
