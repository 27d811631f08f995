// How a TLS handshake goes and how it ends (RFC 8446, RFC 5246; TLCP by GB/T 38636 goes like TLS 1.2), seen by its shape.
#include "sensor/dissect/tls_connection.hpp"

#include "sensor/dissect/tls_names.hpp"

#include <algorithm>

namespace mw::tls {
namespace {

constexpr std::size_t most_certificates = 8, most_remarks = 8;
constexpr std::uint8_t warning = 1, close_notify = 0, user_canceled = 90;
constexpr std::uint8_t named_curve = 3;
constexpr std::size_t heartbeat_head = 3, shortest_padding = 16;
/// An alert under TLS 1.3: two octets, its type, and the tag of the suite (RFC 8446 5.2).
constexpr std::uint16_t short_tag_suite = 0x1305;
constexpr std::size_t alert_size = 3, tag_size = 16, short_tag_size = 8;
/// What a server may say without being asked in an extension: secure renegotiation (asked by a suite) and a cookie.
constexpr std::uint16_t renegotiation = 0xff01, cookie = 44;

}  // namespace

void connection::broke(side from, std::string_view rule, std::string_view detail) {
  if (remarks_.size() < most_remarks) remarks_.push_back({from, rule, detail});
}

handshake& connection::open(side from, bool asks, timestamp time) {
  if (!seen_) {
    seen_ = std::make_unique<handshake>();
    seen_->opener = asks ? from : other(from);
    seen_->asked = time;
    progress_ = progress::greeting;
  }
  of(from).greeted = true;
  return *seen_;
}

void connection::on_client_hello(side from, result<client_hello>&& h, timestamp time) {
  if (!h) return broke(from, "client_hello", h.error().what);
  if (told_) return;
  const bool again = seen_ && seen_->client;  // after a retry or a cookie; the first says what the client is
  auto& s = open(from, true, time);
  if (!again) {
    s.opener = from;
    s.client = std::move(*h);
  }
}

void connection::on_server_hello(side from, result<server_hello>&& h, timestamp time) {
  if (!h) return broke(from, "server_hello", h.error().what);
  if (told_) return;
  auto& s = open(from, false, time);
  if (s.client && s.opener == from) return broke(from, "message_order", "the side that opened the handshake answers it");
  if (s.answered == timestamp{}) s.answered = time;
  if (s.client) check(from, *s.client, *h);
  if (h->group != 0) s.group = h->group;
  s.server = std::move(*h);
  if (s.server->psk) s.resumed = true;
}

/// RFC 8446 4.1.3: a server chooses out of what it was offered.
void connection::check(side from, const client_hello& asked, const server_hello& chosen) {
  if (asked.ssl_2 || chosen.ssl_2) return;
  if (std::ranges::find(asked.ciphers, chosen.cipher) == asked.ciphers.end())
    broke(from, "cipher_not_offered", "the server chooses a cipher suite that the client did not offer");
  const bool listed = std::ranges::find(asked.versions, chosen.version) != asked.versions.end();
  const bool older = datagrams_ ? chosen.version >= asked.version : chosen.version <= asked.version;
  if (asked.versions.empty() ? !older : !listed)
    broke(from, "version_not_offered", "the server chooses a version that the client did not offer");
  else if (chosen.downgraded && is_1_3(asked.newest()) && !is_1_3(chosen.version))
    broke(from, "downgrade", "both sides could speak TLS 1.3, but an older version was chosen");
  for (const auto e : chosen.extensions)
    if (e != renegotiation && e != cookie && !asked.offers(e))
      return broke(from, "extension_not_offered", "the server answers an extension that the client did not send");
}

void connection::on_certificate(side from, bytes body, timestamp time) {
  if (!seen_) open(from, false, time);
  auto& s = *seen_;
  const std::size_t whose = from == s.opener ? 0 : 1;
  reader in{body};
  auto list = in.part(in.be_n(3));
  auto& chain = s.chains[whose];
  chain.clear();
  std::size_t count = 0;
  for (; list.left(); ++count) {
    const auto der = list.take(list.be_n(3));
    if (!list.ok() || chain.size() >= most_certificates) continue;
    if (auto c = x509::read_certificate(der))
      chain.push_back(std::move(*c));
    else
      broke(from, "certificate", "what stands for a certificate is none");
  }
  if (!list.ok() || !in.ok()) broke(from, "certificate", "the list of certificates ends inside of one");
  s.chain_sizes[whose] = count;
  if (whose == 0 && count == 0) s.no_client_certificate = true;
}

void connection::on_handshake(side from, std::uint8_t type, bytes body, timestamp time) {
  namespace t = handshake_type;
  if (type == t::client_hello) return on_client_hello(from, read_client_hello(body, datagrams_), time);
  if (type == t::server_hello) return on_server_hello(from, read_server_hello(body), time);
  if (told_) return;
  if (type == t::certificate) return on_certificate(from, body, time);
  if (!seen_) return;
  switch (type) {
    case t::certificate_request: seen_->certificate_requested = true; break;
    case t::hello_done: seen_->hello_done = true; break;
    case t::client_key_exchange: seen_->keys_sent = true; break;
    case t::key_exchange: {  // RFC 8422 5.4
      reader in{body};
      const bool curves = seen_->server && cipher_name(seen_->server->cipher).find("ECDH") != std::string_view::npos;
      if (curves && in.u8() == named_curve && body.size() > 4) seen_->group = in.u16();
      break;
    }
    default: break;
  }
}

void connection::on_hello_2(side from, bytes message, timestamp time) {
  if (!message.empty() && message.front() == 1) return on_client_hello(from, read_client_hello_2(message), time);
  reader in{message};
  in.skip(1);
  const bool hit = in.u8() != 0;
  in.skip(1);  // kind of certificate
  server_hello h;
  h.ssl_2 = true;
  h.version = h.legacy = in.u16();
  const std::size_t certificate = in.u16(), kinds = in.u16();
  in.skip(2);
  const auto der = in.take(certificate);
  if (kinds >= 3) h.cipher = static_cast<std::uint32_t>(in.be_n(3));
  if (!in.ok()) return broke(from, "server_hello", in.why().what);
  on_server_hello(from, std::move(h), time);
  if (!seen_ || told_) return;
  seen_->resumed = hit;
  if (auto c = x509::read_certificate(der)) seen_->chains[1].push_back(std::move(*c)), seen_->chain_sizes[1] = 1;
  agree(time);  // nothing behind it can be read
}

void connection::on_change_cipher(side from) {
  if (seen_ && seen_->server && is_1_3(seen_->server->version)) return;  // it means nothing there, but pleases old boxes in the middle
  if (seen_ && !seen_->server && seen_->client && seen_->client->early_data && from == seen_->opener) return;
  auto& d = of(from);
  if (d.sealed) return;
  d.sealed = true;
  if (!is_new() || told_) return;
  const bool of_client = from == seen_->opener;
  if (of_client && seen_->hello_done && !seen_->keys_sent && !d.lost)
    broke(from, "early_change_cipher", "the client turns encryption on before it sent its keys");
  if (!of_client && !seen_->hello_done && seen_->chain_sizes[1] == 0 && !d.lost) seen_->resumed = true;
}

void connection::agree(timestamp time) {
  if (progress_ != progress::greeting) return;
  progress_ = progress::agreed;
  if (seen_) seen_->ended = time;
}

void connection::refuse(side from, std::optional<std::uint8_t> alert, timestamp time) {
  if (progress_ != progress::greeting || !seen_) return;
  progress_ = progress::refused;
  seen_->ended = time;
  seen_->ended_by = from;
  seen_->alert = alert;
}

void connection::on_alert(side from, bytes body, timestamp time) {
  reader in{body};
  const auto level = in.u8(), code = in.u8();
  if (!in.ok() || !seen_) return;
  const bool ends = level != warning || code == close_notify || code == user_canceled;
  if (ends) refuse(from, code, time);
}

void connection::on_application(side from, std::size_t octets, timestamp time) {
  auto& d = of(from);
  ++d.records;
  if (!is_new() || progress_ != progress::greeting) return;
  const auto& chosen = *seen_->server;
  if (!is_1_3(chosen.version)) return of(side::client).sealed || of(side::server).sealed ? agree(time) : void();
  const auto tag = chosen.cipher == short_tag_suite ? short_tag_size : tag_size;
  const auto& back = of(other(from));
  if (octets == alert_size + tag) return refuse(from, {}, time);
  // a server that does not like the client's certificate says so behind the client's last word
  if (from != seen_->opener && d.finished && back.finished) return agree(time);
  d.finished = true;
  if (from == seen_->opener && back.lost) agree(time);
}

void connection::on_sealed(side from, std::uint8_t type, timestamp time) {
  if (progress_ != progress::greeting) return;
  if (type == content::alert) return refuse(from, {}, time);
  of(from).finished = true;
  if (of(other(from)).finished) agree(time);
}

/// RFC 6520 4: an echo names its own length, and once servers believed it.
void connection::on_heartbeat(side from, bytes body) {
  reader in{body};
  in.skip(1);
  const std::size_t named = in.u16();
  if (in.ok() && named + heartbeat_head + shortest_padding > body.size())
    broke(from, "heartbeat_length", "a heartbeat asks for more octets than it brings");
}

}  // namespace mw::tls
