// One conversation in KNXnet/IP: discovery, connections and their channels, telegrams of the bus.
#pragma once
#include "sensor/dissect/knxip_cemi.hpp"
#include "sensor/dissect/knxip_frame.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>
#include <string>

namespace mw::knxip {

class connection final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  /// What an answer repeats. `what` is the request's service, message code or application service.
  struct key {
    side asker = side::client;
    std::uint16_t what = 0;
    std::uint8_t channel = 0;
    std::uint32_t about = 0;  ///< address, property, feature
    friend bool operator==(const key&, const key&) = default;
  };
  struct channel {
    std::uint8_t id = 0;
    bool closed = false;
    std::array<std::optional<std::uint8_t>, 2> sequence;  ///< the last that each side sent
  };

  static operation start(const service_info& s, const message& m);
  void take(const service_info& s, reader& in, const message& m, output& out);
  void ask(key k, operation&& op, const message& m, output& out);
  void on_discovery(const service_info& s, reader& in, const message& m, output& out);
  void on_description(const service_info& s, reader& in, const message& m, output& out);
  void on_connect(const service_info& s, reader& in, const message& m, output& out);
  void on_connected(const service_info& s, reader& in, const message& m, output& out);
  channel& channel_of(std::uint8_t id, output& out);
  void on_channel_request(const service_info& s, reader& in, const message& m, output& out);
  void on_channel_response(const service_info& s, reader& in, const message& m, output& out);
  bool read_connection(reader& in, const message& m, std::uint8_t& id, output& out);
  void on_carried(const service_info& s, reader& in, const message& m, output& out);
  static void on_ack(reader& in, const message& m, output& out);
  void on_feature(const service_info& s, reader& in, const message& m, output& out);
  void on_secure(const service_info& s, reader& in, const message& m, output& out);
  void on_other(const service_info& s, reader& in, const message& m, output& out);
  static void read_selector(reader& in, operation& op);
  void on_telegram(const service_info& s, std::uint8_t id, bytes data, const message& m, output& out);
  void on_application(const telegram& t, const service_info& s, std::uint8_t id, std::uint16_t code, operation&& op, const message& m,
                      output& out);
  void tell(const telegram& t, std::uint16_t code, const operation& op, const message& m, output& out);
  void on_management(const telegram& t, std::uint8_t id, operation&& op, const message& m, output& out);

  pending_requests<key> pending_;
  std::deque<channel> channels_;
  told_facts<128> told_;
  bool secure_told_ = false;
};

}  // namespace mw::knxip
