// One operation for one handshake, however it ended.
#include "sensor/dissect/tls_report.hpp"

#include "sensor/dissect/tls_names.hpp"

#include <chrono>

namespace mw::tls {
namespace {

constexpr std::chrono::seconds patience{30};
constexpr std::uint8_t seen_in_clear = 90, by_name = 40;
constexpr std::size_t longest_list = 200;

/// Names and texts that go to the operation and to the flow alike.
class saying {
public:
  void put(std::string_view name, std::string text) {
    if (!text.empty()) all_.emplace_back(name, std::move(text));
  }
  void yes(std::string_view name, bool holds) {
    if (holds) all_.emplace_back(name, "yes");
  }
  void tell(operation& op, output& out) const {
    for (const auto& [name, text] : all_) {
      out.describe(name, text);
      op.fields.emplace_back(name, text);
    }
  }

private:
  std::vector<std::pair<std::string_view, std::string>> all_;
};

void join(std::string& list, std::string_view more, std::string_view by = ",") {
  if (list.size() + more.size() > longest_list) return;
  if (!list.empty()) list += by;
  list += more;
}
std::string joined(const std::vector<std::string>& all, const std::vector<std::string>& further = {}) {
  std::string list;
  for (const auto& s : all) join(list, s);
  for (const auto& s : further) join(list, s);
  return list;
}

std::string_view name_of(x509::validity v) {
  switch (v) {
    case x509::validity::valid: return "valid";
    case x509::validity::expired: return "expired";
    case x509::validity::not_yet: return "not_yet_valid";
    case x509::validity::unknown: break;
  }
  return {};
}
std::string key_of(const x509::certificate& c) { return c.key_bits == 0 ? c.key : c.key + ' ' + std::to_string(c.key_bits); }

std::string weaknesses(const handshake& h) {
  std::string list;
  if (h.server) {
    if (is_old(h.server->version)) join(list, "old_version");
    if (const auto why = weakness_of(h.server->cipher); !why.empty()) join(list, "cipher_" + std::string{why});
    if (h.server->compression) join(list, "compression");
  }
  if (h.chains[1].empty()) return list;
  const auto& c = h.chains[1].front();
  if (x509::weak_key(c)) join(list, "short_key");
  if (x509::weak_signature(c) && !c.self_signed()) join(list, "signature");
  if (const auto v = x509::valid_at(c, h.asked); v == x509::validity::expired || v == x509::validity::not_yet)
    join(list, "certificate_" + std::string{name_of(v)});
  return list;
}

void put_certificates(const handshake& h, saying& to) {
  if (!h.chains[1].empty()) {
    const auto& c = h.chains[1].front();
    to.put("subject", c.subject);
    to.put("issuer", c.issuer);
    to.put("certificate_serial", c.serial);
    to.put("certificate_not_before", c.not_before);
    to.put("certificate_not_after", c.not_after);
    to.put("certificate_state", std::string{name_of(x509::valid_at(c, h.asked))});
    to.yes("certificate_self_signed", c.self_signed());
    to.put("certificate_names", joined(c.hosts, c.addresses));
    to.put("certificate_key", key_of(c));
    to.put("certificate_signature", c.signature);
    to.put("certificate_sha256", c.sha256);
    to.put("certificate_sha1", c.thumbprint);
    to.put("certificate_chain", std::to_string(h.chain_sizes[1]));
  }
  if (h.certificate_requested || !h.chains[0].empty())
    to.put("client_certificate", !h.chains[0].empty() ? "given" : h.no_client_certificate ? "not_given" : "asked");
  if (h.chains[0].empty()) return;
  const auto& c = h.chains[0].front();
  to.put("client_subject", c.subject);
  to.put("client_issuer", c.issuer);
  to.put("client_certificate_not_after", c.not_after);
  to.put("client_certificate_state", std::string{name_of(x509::valid_at(c, h.asked))});
  to.put("client_certificate_sha256", c.sha256);
}

/// AnyDesk shows one certificate on both sides, under one name for all; others are told by the server they ask for.
std::string_view remote_access(const handshake& h) {
  const auto named = h.client ? remote_access_of(h.client->server_name) : std::string_view{};
  const auto of_anydesk = [](const auto& chain) { return !chain.empty() && chain.front().common_name == "AnyDesk Client"; };
  return named.empty() && (of_anydesk(h.chains[0]) || of_anydesk(h.chains[1])) ? "anydesk" : named;
}

saying everything(const handshake& h) {
  saying to;
  if (h.server) {
    to.put("tls_version", version_name(h.server->version));
    to.put("cipher", cipher_text(h.server->cipher));
  }
  to.put("tls_weakness", weaknesses(h));
  to.put("remote_access", std::string{remote_access(h)});
  std::string spoken = h.server ? h.server->application : std::string{};
  if (h.client) {
    const auto& c = *h.client;
    to.put("tls_version_offered", version_name(c.newest()));
    to.put("sni", c.server_name);
    to.put("alpn", joined(c.applications));
    to.put("ja3", ja3(c));
    to.put("ja4", ja4(c));
    to.yes("encrypted_client_hello", c.encrypted_hello);
    if (spoken.empty() && c.applications.size() == 1) spoken = c.applications.front();
  }
  if (h.server) {
    to.put("ja3s", ja3s(*h.server));
    to.put("alpn_chosen", h.server->application);
  }
  to.put("application", std::string{application_of(spoken)});
  if (h.group != 0) to.put("group", group_name(h.group));
  to.yes("resumed", h.resumed);
  if (h.ended_by) {
    to.put("alert", h.alert ? std::string{alert_name(*h.alert)} : "sealed");
    to.put("alert_from", *h.ended_by == h.opener ? "client" : "server");
  }
  put_certificates(h, to);
  return to;
}

outcome outcome_of(const connection& c, const handshake& h) {
  if (c.progress() == progress::refused) return outcome::refused;
  if (!h.client) return outcome::unpaired;
  if (h.server && h.server->ssl_2) return outcome::none;
  if (c.progress() == progress::agreed) return outcome::ok;
  // one direction may not have been heard: what is spoken then says that the handshake went well
  if (c.spoke()) return outcome::ok;
  return outcome::timeout;
}

void learn(const handshake& h, const telling& of, output& out) {
  const auto local = [&](side s) { return !of.addresses[static_cast<std::size_t>(s)].is_public(); };
  const auto say = [&](side who, std::string_view kind, std::string_view text, std::uint8_t sure = seen_in_clear) {
    if (!text.empty() && local(who)) out.learn(who, {}, kind, text, sure);
  };
  const auto certificate = [&](side who, const std::vector<x509::certificate>& chain) {
    if (chain.empty()) return;
    const auto& c = chain.front();
    say(who, "certificate_subject", c.subject);
    say(who, "certificate_issuer", c.issuer);
    say(who, "certificate_expires", c.not_after);
    say(who, "certificate_thumbprint", c.thumbprint);
  };
  const auto server = other(h.opener);
  certificate(h.opener, h.chains[0]);
  certificate(server, h.chains[1]);
  if (h.client && h.server && h.client->server_name.find_first_not_of("0123456789.:") != std::string::npos)
    say(server, "host_name", h.client->server_name, by_name);
  if (!h.server) return;
  say(server, "tls_version", version_name(h.server->version));
  if (is_old(h.server->version)) say(server, "insecure_configuration", "an old version of TLS is used");
  if (!weakness_of(h.server->cipher).empty()) say(server, "insecure_configuration", "a weak cipher suite is used");
}

}  // namespace

void tell_remarks(connection& c, const telling& of, output& out) {
  for (const auto& r : c.take_remarks()) out.violate(r.from, r.rule, r.detail, {}, of.inside ? of.protocol : std::string_view{});
}

void tell(connection& c, const telling& of, timestamp now, bool over, output& out) {
  const auto* h = c.seen();
  if (h == nullptr) return;
  const bool ended = c.progress() == progress::agreed || c.progress() == progress::refused;
  if (!ended && !over && now - h->asked <= patience) return;
  operation op;
  op.time = h->asked;
  if (of.inside) op.protocol = of.protocol;
  op.action = action::session;
  op.function = op.function_name = "handshake";
  op.outcome = outcome_of(c, *h);
  if (h->client && !h->client->server_name.empty()) op.objects.push_back({"sni", h->client->server_name});
  if (h->alert) op.code = std::to_string(*h->alert);
  if (h->client && h->answered != timestamp{})
    op.latency = h->answered - h->asked;
  else if (h->client && h->ended_by && *h->ended_by != h->opener)
    op.latency = h->ended - h->asked;
  everything(*h).tell(op, out);
  out.describe("handshake", to_string(op.outcome));
  if (h->server) out.count(of.protocol, "version", h->server->version);
  if (h->server) out.count(of.protocol, "cipher", h->server->cipher);
  learn(*h, of, out);
  out.emit(std::move(op), h->opener);
  c.release();
}

}  // namespace mw::tls
