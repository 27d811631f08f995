// What both sides of one TLS connection show until they are agreed, however their messages travel (TCP, datagrams, another protocol).
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/tls_hello.hpp"
#include "sensor/dissect/x509.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace mw::tls {

namespace content {
constexpr std::uint8_t change_cipher = 20, alert = 21, handshake = 22, application = 23, heartbeat = 24;
}
namespace handshake_type {
constexpr std::uint8_t hello_request = 0, client_hello = 1, server_hello = 2, hello_verify = 3, certificate = 11, key_exchange = 12,
                       certificate_request = 13, hello_done = 14, client_key_exchange = 16, finished = 20;
}

/// A rule that a peer broke, as a violation tells it.
struct remark {
  side from;
  std::string_view rule, detail;
};

/// Everything that is known of a handshake, released once it is told.
struct handshake {
  std::optional<client_hello> client;
  std::optional<server_hello> server;
  side opener = side::client;
  timestamp asked{}, answered{}, ended{};
  std::array<std::vector<x509::certificate>, 2> chains;  ///< by 0 = opener, 1 = who answers; the first is the owner's
  std::array<std::size_t, 2> chain_sizes{};
  std::uint16_t group = 0;  ///< of the key exchange
  bool certificate_requested = false, no_client_certificate = false, keys_sent = false, hello_done = false;
  bool resumed = false;
  std::optional<std::uint8_t> alert;  ///< that ended it; nothing where it is sealed or there was none
  std::optional<side> ended_by;       ///< who said so
};

enum class progress : std::uint8_t {
  nothing,   ///< no greeting was seen
  greeting,  ///< on its way
  agreed,    ///< by its shape: both sides closed it and speak on
  refused,   ///< by an alert
};

class connection {
public:
  explicit connection(bool datagrams = false) : datagrams_{datagrams} {}

  void on_handshake(side from, std::uint8_t type, bytes body, timestamp time);
  /// A hello in the form of SSL 2.0, with what it holds behind its record's two octets.
  void on_hello_2(side from, bytes message, timestamp time);
  void on_change_cipher(side from);
  void on_alert(side from, bytes body, timestamp time);
  void on_application(side from, std::size_t octets, timestamp time);
  void on_heartbeat(side from, bytes body);
  void on_sealed(side from, std::uint8_t type, timestamp time);  ///< a handshake or alert record that nobody can read
  void lost(side from) { of(from).lost = true; }
  void broke(side from, std::string_view rule, std::string_view detail);

  /// What this side says is encrypted from here on.
  bool sealed(side from) const { return sides_[index(from)].sealed; }
  void seal(side from) { of(from).sealed = true; }
  bool greeted(side from) const { return sides_[index(from)].greeted; }
  bool lossy(side from) const { return sides_[index(from)].lost; }
  mw::tls::progress progress() const { return progress_; }
  /// Application data was seen.
  bool spoke() const { return sides_[0].records + sides_[1].records != 0; }
  std::uint64_t records(side from) const { return sides_[index(from)].records; }

  const handshake* seen() const { return seen_.get(); }
  void release() { seen_.reset(), told_ = true; }
  bool told() const { return told_; }
  std::vector<remark> take_remarks() { return std::exchange(remarks_, {}); }

private:
  struct direction {
    bool sealed = false, greeted = false, lost = false, finished = false;
    std::uint64_t records = 0;  ///< of application data
  };
  static constexpr std::size_t index(side s) { return static_cast<std::size_t>(s); }
  direction& of(side s) { return sides_[index(s)]; }
  handshake& open(side from, bool asks, timestamp time);
  void on_client_hello(side from, result<client_hello>&& h, timestamp time);
  void on_server_hello(side from, result<server_hello>&& h, timestamp time);
  void on_certificate(side from, bytes body, timestamp time);
  void check(side from, const client_hello& asked, const server_hello& chosen);
  void agree(timestamp time);
  void refuse(side from, std::optional<std::uint8_t> alert, timestamp time);
  bool is_new() const { return seen_ && seen_->server && !seen_->server->retry && !seen_->server->ssl_2; }

  bool datagrams_;
  std::array<direction, 2> sides_;
  std::unique_ptr<handshake> seen_;
  mw::tls::progress progress_ = mw::tls::progress::nothing;
  bool told_ = false;
  std::vector<remark> remarks_;
};

}  // namespace mw::tls
