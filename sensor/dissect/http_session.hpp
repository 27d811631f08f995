// One conversation of HTTP.
#pragma once
#include "sensor/dissect/http_body.hpp"
#include "sensor/dissect/http_head.hpp"
#include "sensor/dissect/http_websocket.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <deque>
#include <optional>

namespace mw::http {

inline constexpr std::size_t longest_line = 8192;

/// Adds what is not empty.
void put(operation& op, std::string_view name, const std::string& text);
void put_octets(operation& op, std::string_view name, std::uint64_t n);
/// Says which rule of a head is broken; nothing where `rule` is empty.
void say_broken(output& out, side from, std::string_view rule);

class conversation final : public session {
public:
  verdict on_message(const message& m, output& out) override;
  void on_gap(side from) override;
  void on_time(timestamp now, output& out) override;
  void on_end(timestamp now, output& out) override;

private:
  enum class where : std::uint8_t { start, head, body, chunk_size, chunk, chunk_end, trailer, rest, tunnel, socket };
  /// A request, from its head until its answer has ended.
  struct exchange {
    operation op;
    side asker = side::client;
    std::uint64_t number = 0;
    bool credentials = false;
    std::string expects;  ///< subprotocols that it offers
  };
  struct direction {
    where at = where::start;
    line_reader<longest_line> lines;
    std::uint64_t left = 0;    ///< octets of the body or chunk
    std::uint64_t number = 0;  ///< of the request whose body this is
    bool lost = false;
    timestamp began{};
    std::optional<operation> asked;  ///< request whose head is being read
    unsigned status = 0;
    fields head;
    http::body body;
    websocket socket;
  };

  direction& of(side s) { return sides_[static_cast<std::size_t>(s)]; }
  void step(direction& s, bytes& rest, const message& m, output& out);
  void begin(direction& s, std::string_view line, const message& m, output& out);
  void asked(direction& s, const message& m, output& out);
  void answered(direction& s, const message& m, output& out);
  void begin_body(direction& s, bool answer, const message& m, output& out);
  void end_body(direction& s, const message& m, output& out);
  void upgrade(const direction& s, exchange& e, output& out);
  void tell(const direction& s, const message& m, output& out);
  void learn(side who, std::string_view kind, std::string_view value, std::uint8_t confidence, timestamp now, output& out);
  void tunnel(std::string_view next, output& out);
  void finish_answer(output& out, bool whole);
  void give_up(output& out);

  std::array<direction, 2> sides_;
  std::deque<exchange> open_;       ///< answers come in the order of their requests (RFC 9112 9.3.2)
  std::optional<exchange> answer_;  ///< its head was read, its body is coming
  side answerer_ = side::server;
  timestamp answered_at_{};
  std::uint64_t numbers_ = 0;
  bool unanswered_ = false, gap_in_answer_ = false;
  told_facts<32> told_;
};

}  // namespace mw::http
