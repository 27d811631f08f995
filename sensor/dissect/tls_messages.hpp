// TLS records in a stream, cut anywhere, for TLS on TCP and for protocols that carry it in frames of their own (RFC 8446 5.1).
#pragma once
#include "sensor/dissect/tls_report.hpp"

namespace mw::tls {

/// Size of the first record in `head`; 0 = more bytes are needed to say; an error where none begins.
result<std::size_t> record_size(bytes head);
/// True where a record of TLS begins, as far as five octets say it.
bool begins_record(bytes head);
/// What is thought of a stream that begins so.
match probe_stream(bytes head);

/// Reads both sides of one TLS connection and tells what it shows. Bounded: what is sealed is counted, never kept.
class watch {
public:
  /// `inside`: another protocol carries the records; then operations and violations say that they are of TLS.
  explicit watch(bool inside = true) { of_.inside = inside; }

  /// The next bytes of the side that says `m`.
  void add(const message& m, bytes data, output& out);
  void on_gap(side from);
  void on_time(timestamp now, output& out) { tell(connection_, of_, now, false, out); }
  void on_end(timestamp now, output& out) { tell(connection_, of_, now, true, out); }
  const connection& seen() const { return connection_; }

private:
  static constexpr std::size_t longest_message = 128 * 1024;
  struct direction {
    std::vector<std::uint8_t> record;     ///< the beginning of one
    std::vector<std::uint8_t> handshake;  ///< likewise of a message, which may go on over records
    std::size_t skip = 0;                 ///< octets of a message that is not kept
    bool adrift = false;                  ///< not at the beginning of a record
  };
  direction& of(side s) { return sides_[static_cast<std::size_t>(s)]; }
  std::size_t read_records(side from, bytes data, timestamp time, output& out);
  void on_record(side from, bytes record, timestamp time, output& out);
  void joined_late(std::uint16_t version, output& out);
  void on_handshake(side from, bytes fragment, timestamp time, output& out);
  std::size_t read_messages(side from, bytes data, timestamp time, output& out);

  connection connection_;
  std::array<direction, 2> sides_;
  telling of_;
  bool late_ = false;  ///< it was said that the handshake was not seen
};

}  // namespace mw::tls
