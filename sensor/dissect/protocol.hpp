// What it takes to be a protocol here: a probe, a frame size, a session. One file, one registration line.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"
#include "common/registry.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace mw {

enum class side : unsigned char { client, server };
constexpr side other(side s) { return s == side::client ? side::server : side::client; }

/// What a probe thinks of the first bytes of one direction (or of a datagram, or of a frame's payload).
enum class match : unsigned char {
  no,       ///< not this protocol
  unsure,   ///< too short to say
  yes,      ///< a whole valid message; enough on a hinted port, elsewhere the other direction must say yes, too
  certain,  ///< self-proving (checksum, long magic): enough on any port
};

/// What a session tells the world. It is implemented by the engine, which fills in addresses, flow id and packet numbers.
class output {
public:
  virtual ~output() = default;
  /// An operation. The session sets time, unit, action, function, objects, values, outcome, code, latency, fields; and
  /// `protocol` where it is not the registered name. `asker` is who asks: side::client means the flow's client.
  virtual void emit(operation&& op, side asker = side::client) = 0;
  /// Something learned about the machine on side `who`.
  virtual void learn(side who, std::string_view unit, std::string_view kind, std::string_view value, std::uint8_t confidence) = 0;
  /// Something learned about a machine that the message names (ARP, DHCP, LLDP). `none` where unknown.
  virtual void learn_about(const ip& address, const mac& hardware, std::string_view kind, std::string_view value,
                           std::uint8_t confidence) = 0;
  /// A protocol rule was broken by a message of side `from`. `rule` is a literal; the parser carries on. `protocol`, where it is not the
  /// registered name, is the one that runs inside (DCE/RPC in SMB).
  virtual void violate(side from, std::string_view rule, std::string_view detail, std::string_view unit = {},
                       std::string_view protocol = {}) = 0;
  /// PDU statistics: protocols.PROTOCOL.KIND.CODE. `protocol` and `kind` must be string literals.
  virtual void count(std::string_view protocol, std::string_view kind, std::uint32_t code) = 0;
  virtual void count(std::string_view protocol, std::string_view kind, std::uint32_t code, std::uint32_t sub) = 0;  ///< "code/sub"
  virtual void count(std::string_view protocol, std::string_view kind, std::string_view word) = 0;                  ///< word: literal
  /// A fact about the conversation itself, for its flow record ("sni", "user_agent"). Said again it replaces; bounded.
  virtual void describe(std::string_view name, std::string_view value) = 0;
  /// TCP only: behind this message both sides speak the protocol registered as `name` (STARTTLS, CONNECT). The session ends.
  virtual void become(std::string_view name) = 0;
  /// A new conversation of endpoint `at` (address and port), which is its `who`, will be the protocol registered as `name`: announced
  /// data connections, ports told by a mapper. Holds for ten minutes; bounded, the oldest is forgotten first.
  virtual void expect(const endpoint& at, side who, mw::transport over, std::string_view name) = 0;
};

/// One whole message of one direction.
struct message {
  bytes data;  ///< as `frame` cut it
  side from = side::client;
  timestamp time{};  ///< of its first byte
  mw::transport transport = mw::transport::tcp;
  endpoint source, target;  ///< of the packet; sessions need them only below IP
};

enum class verdict : unsigned char {
  taken,     ///< read, or reported as a violation
  not_mine,  ///< well framed, but another protocol's (S7comm and MMS share TPKT): the engine asks the others
};

/// The state of one conversation. It is handed whole messages, never a stream. Bounded: every table in it has a cap.
class session {
public:
  virtual ~session() = default;
  virtual verdict on_message(const message& m, output& out) = 0;
  /// Bytes of side `from` are missing before the next message (lost packets, or skipped while resynchronising).
  virtual void on_gap(side /*from*/) {}
  /// Packet time passes (about once a second while the flow is active): expire what waits, report timeouts.
  virtual void on_time(timestamp /*now*/, output& /*out*/) {}
  /// The conversation ends: what is still open ends as `timeout`.
  virtual void on_end(timestamp /*now*/, output& /*out*/) {}
};

/// Everything that the engine needs to know. All members are pure functions of bytes, so that one object serves the live
/// path, the tests and the fuzzer.
struct protocol : registered<protocol> {
  struct spec {
    std::string_view name;                          ///< unique; also the name in records, metrics, configuration
    std::span<const std::uint16_t> tcp_ports = {};  ///< hints, never verdicts; with udp_ports empty: not on UDP
    std::span<const std::uint16_t> udp_ports = {};
    std::span<const std::uint16_t> ethertypes = {};  ///< verdicts: frames with these EtherTypes are this protocol's
    bool any_tcp_port = true;                        ///< may be looked for on TCP ports that are not hinted
    bool any_udp_port = true;
    match (*probe)(bytes head, transport t) = nullptr;  ///< is this ours? `head`: what one direction has said so far
    /// TCP only: size of the first message in `head`, 0 = need more bytes to say. An error means "not at a message border":
    /// the engine skips forward to the next offset where frame() gives a size and probe() does not say no.
    result<std::size_t> (*frame)(bytes head) = nullptr;
    std::unique_ptr<session> (*open)() = nullptr;
    bool risks_by_ndpi = false;  ///< nDPI goes on reading beside the session: its flow risks are worth their time here (IT protocols)
  };
  explicit protocol(spec s) : about{s} {}
  const spec about;
};

}  // namespace mw
