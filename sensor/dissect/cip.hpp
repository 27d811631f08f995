// The Common Industrial Protocol above its encapsulation: wrappers, connections, and which response belongs to which request
// (CIP Specification Volume 1, 2-4, 3-5; Volume 2, 3-2).
#pragma once
#include "sensor/dissect/cip_connection.hpp"
#include "sensor/dissect/cip_identity.hpp"
#include "sensor/dissect/cip_message.hpp"
#include "sensor/dissect/pending.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mw::cip {

/// How a message came: unconnected by session and sender context, connected by connection id and sequence count.
struct origin {
  side from = side::client;
  timestamp time{};
  std::uint32_t session = 0;
  std::uint64_t context = 0;
  std::optional<std::uint32_t> connection;
  std::uint16_t sequence = 0;
};

class conversation {
public:
  /// A message router request or response.
  void on_message(bytes data, const origin& o, output& out);
  /// The encapsulation refused what the sender context names, with its own status; false where nothing waits for it.
  bool refuse(const origin& o, std::uint32_t status, output& out);
  void on_gap(side from) { lost_[from == side::server] = true; }
  void on_time(timestamp now, output& out) { open_.expire(now, out); }
  void on_end(output& out) { open_.finish(out); }
  identity_book& book() { return book_; }

  static bool is_response(bytes data) { return !data.empty() && (data.front() & 0x80) != 0; }

private:
  struct key {
    bool connected = false;
    side asker = side::client;
    std::uint32_t channel = 0;  ///< the session, or the connection id that requests bear
    std::uint64_t number = 0;   ///< the sender context, or the sequence count
    std::size_t index = 0;      ///< within a Multiple Service Packet
    friend bool operator==(const key&, const key&) = default;
  };
  using waiting = pending_requests<key, asked, 1024>;
  /// What the wrappers around a request have told.
  struct wrapping {
    std::string unit;
    bool wrapped = false, grouped = false;
    unsigned depth = 0;
  };

  void request(reader in, const origin& o, key& k, wrapping w, output& out);
  void unconnected_send(reader& in, const origin& o, key& k, wrapping w, output& out);
  void several_requests(reader& in, const origin& o, key& k, wrapping w, output& out);
  void response(reader in, const origin& o, key& k, bool member, output& out);
  void several_responses(const response_head& head, reader& in, const origin& o, key& k, output& out);
  void complete(const response_head& head, reader& in, const origin& o, std::optional<waiting::request> r, output& out);
  void give_up(waiting::request&& r, output& out);
  std::optional<waiting::request> take(const key& k, std::uint8_t service, bool member, output& out);
  std::optional<std::uint32_t> channel_of(const origin& o, std::uint8_t service);
  static bool answers(std::uint8_t service, const asked& a, bool member);

  waiting open_;
  connection_table connections_;
  identity_book book_;
  bool lost_[2] = {false, false};  ///< messages of the client, of the server are missing
};

}  // namespace mw::cip
