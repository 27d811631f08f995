// Chunks of an OPC UA connection (OPC 10000-6, 6.7 and 7.1): their headers, their order, and the messages that they make up.
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mw::opcua {

enum class kind : std::uint8_t { hello, acknowledge, error, reverse_hello, open, close, message };
struct chunk_header {
  opcua::kind kind = kind::message;
  char final = 'F';  ///< F: ends its message, C: more follows, A: the sender gives up
  std::uint32_t size = 0;
};
inline constexpr std::size_t header_size = 8;
std::optional<chunk_header> read_header(reader& in);
result<std::size_t> frame(bytes head);
match probe(bytes head, transport t);
std::string_view word(kind k);  ///< "HEL", "MSG", …

/// The security header of OPN, in the clear in every policy.
struct asymmetric_header {
  std::string policy;  ///< short name: "None", "Basic256Sha256"
  bytes certificate;   ///< of the sender; empty where there is none
};
asymmetric_header read_asymmetric(reader& in);

/// Whether a message begins here that is not encrypted: the id of a service's encoding.
bool begins_service(bytes body);

/// Joins the chunks of one direction to messages and checks their order. Bounded; what is too long is skipped to its end.
class chunk_flow {
public:
  static constexpr std::size_t limit = 4 * 1024 * 1024;
  struct message {
    bytes body;
    timestamp time{};           ///< of its first chunk
    bool perhaps_rest = false;  ///< nothing was seen before it: it may be the end of a longer message
  };
  /// `sequence` and `request` stand before each chunk's body. Nothing: the message is not complete, or cannot be.
  std::optional<message> add(char final, std::uint32_t sequence, std::uint32_t request, bytes body, const mw::message& m, output& out);
  /// Whether a message is under way, so that a chunk needs not begin a service.
  bool continues(std::uint32_t request) const { return open_ && request_ == request; }
  void gap();
  void new_channel() { expected_.reset(); }

private:
  void check_sequence(std::uint32_t sequence, side from, output& out);
  std::vector<std::uint8_t> held_;
  std::optional<std::uint32_t> expected_;
  std::uint32_t request_ = 0;
  timestamp time_{};
  bool open_ = false, skipping_ = false, aligned_ = false;
};

}  // namespace mw::opcua
