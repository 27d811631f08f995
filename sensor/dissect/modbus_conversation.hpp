// Which Modbus answer belongs to which request, for both framings (MODBUS Messaging on TCP/IP Implementation Guide V1.0b, 4.3).
#pragma once
#include "sensor/dissect/modbus_pdu.hpp"
#include "sensor/dissect/pending.hpp"

namespace mw::modbus {

/// One message without its frame. Serial framing has no transaction numbers: 0.
struct adu {
  std::uint16_t transaction = 0;
  std::uint8_t unit = 0;
  bytes pdu;
  side from = side::client;
  timestamp time{};
};

class conversation {
public:
  enum class framing : std::uint8_t { mbap, rtu };
  explicit conversation(framing f) : framing_{f} {}

  void on_adu(const adu& a, output& out);
  void on_time(timestamp now, output& out);
  void on_end(output& out);

private:
  struct key {
    std::uint16_t transaction = 0;
    std::uint8_t unit = 0, function = 0;
    friend bool operator==(const key&, const key&) = default;
  };
  using waiting = pending_requests<key, asked>;
  struct silence {
    key about;
    operation op;
    side asker = side::client;
    asked kept;
  };

  void request(const adu& a, output& out);
  void response(const adu& a, output& out);
  void unpaired(const adu& a, output& out);
  void weigh(const adu& a);
  void close_silent(output& out);
  side asker() const { return lean_ >= 0 ? side::client : side::server; }

  framing framing_;
  int lean_ = 1;  ///< above: the requests come from the client; below: from the server
  waiting open_;
  std::optional<silence> silent_;  ///< force listen only mode: what obeys it does not answer
  std::optional<key> last_;        ///< of the last request
};

}  // namespace mw::modbus
