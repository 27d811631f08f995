// The Remote Desktop Protocol (MS-RDPBCGR) on TCP: what client and server negotiate, who they are, who logs on. What it carries in TLS is
// beyond this file: the conversation is handed to TLS when the server chooses that.
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/rdp_blocks.hpp"
#include "sensor/dissect/rdp_connect.hpp"
#include "sensor/dissect/rdp_data.hpp"
#include "sensor/dissect/rdp_names.hpp"
#include "sensor/dissect/tpkt.hpp"

#include <array>

namespace mw {
namespace {

using namespace rdp;

constexpr std::array<std::uint16_t, 1> ports{3389};
constexpr std::uint8_t tpkt_version = 3;

match probe(bytes head, transport t) {
  if (t != transport::tcp) return match::no;
  while (!head.empty()) {
    const auto size = tpkt::frame(head);
    if (!size) return match::no;
    if (*size == 0 || *size > head.size()) return match::unsure;
    const auto whole = head.first(*size);
    const auto unit = tpkt::parse(whole);
    if (!unit) return match::no;
    if (unit->kind == tpkt::kind::data) {
      client_settings client;
      server_settings server;
      if (is_connect_initial(unit->user_data)) return read(unit->user_data, client).rule.empty() ? match::certain : match::no;
      if (is_connect_response(unit->user_data)) return read(unit->user_data, server).rule.empty() ? match::certain : match::no;
      if (!is_mcs(unit->user_data)) return match::no;
    } else if (unit->kind == tpkt::kind::connect_request || unit->kind == tpkt::kind::connect_confirm) {
      const bool request = unit->kind == tpkt::kind::connect_request;
      const auto c = read_connect(whole);
      if (!unit->user_data.empty() || !c.complete || !c.well_formed) return match::no;
      if (!c.user.empty() || !c.route.empty()) return match::certain;
      if (c.negotiates) return request == (c.type == asked) ? match::certain : match::no;
    } else {
      return match::no;
    }
    head = head.subspan(*size);
  }
  return match::unsure;  // an old client's connection request says nothing
}

/// TPKT frames; once a session stands also the short frames of 2.2.9.1.2, whose first octet has 0 in its low bits.
result<std::size_t> frame(bytes head) {
  if (head.empty() || head[0] == tpkt_version) return tpkt::frame(head);
  reader in{head};
  if ((in.u8() & 3) != 0) return fail(fault::malformed, "a frame is neither TPKT nor fast path", 0);
  if (head.size() < 3) return std::size_t{0};
  std::size_t size = in.u8();
  if ((size & 0x80) != 0) size = (size & 0x7f) << 8 | in.u8();
  if (size < 3) return fail(fault::malformed, "a fast path frame is shorter than its head", 1);
  return size;
}

class rdp_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    if (!m.data.empty() && m.data[0] != tpkt_version) {
      out.count("rdp", "fast_path", m.from == side::client ? std::string_view{"input"} : std::string_view{"output"});
      return verdict::taken;
    }
    const auto unit = tpkt::parse(m.data);
    if (!unit) {
      out.violate(m.from, "tpdu", unit.error().what);
      return verdict::taken;
    }
    switch (unit->kind) {
      case tpkt::kind::connect_request: on_request(m, out); return verdict::taken;
      case tpkt::kind::connect_confirm: on_confirm(m, out); return verdict::taken;
      case tpkt::kind::data: return on_data(unit->user_data, m, out);
      case tpkt::kind::disconnect_request: out.describe("disconnect_reason", std::to_string(unit->reason)); return verdict::taken;
      default: return verdict::taken;
    }
  }
  void on_time(timestamp now, output& out) override {
    pending_.expire(now, out);
    if (logon_ && now - logon_->time > std::chrono::minutes{5}) tell_logon(outcome::none, out);
  }
  void on_end(timestamp, output& out) override {
    pending_.finish(out);
    if (logon_) tell_logon(outcome::none, out);  // encrypted: whether it was let in is not told
  }

private:
  enum class step : std::uint8_t { negotiate, connect };

  void on_request(const message& m, output& out) {
    const auto c = read_connect(m.data);
    out.count("rdp", "tpdu", "connect_request");
    if (!c.complete || !c.well_formed || (c.negotiates && c.type != asked))
      return out.violate(m.from, "negotiation", "the connection request holds neither a cookie nor a whole negotiation");
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = "connect_request", op.function_name = "negotiate";
    if (!c.user.empty()) {
      op.fields.emplace_back("user", c.user);
      out.describe("user", c.user);
      user_ = c.user;
    }
    if (!c.route.empty()) op.fields.emplace_back("routing_token", c.route);
    offered_ = c.negotiates ? c.value : standard;
    op.fields.emplace_back("requested_protocols", security_names(*offered_));
    if ((c.flags & restricted_admin) != 0) op.fields.emplace_back("restricted_admin", true);
    if ((c.flags & correlation_info) != 0) op.fields.emplace_back("correlation_id", true);
    pending_.add(step::negotiate, std::move(op), out, m.from);
  }

  void on_confirm(const message& m, output& out) {
    const auto c = read_connect(m.data);
    out.count("rdp", "tpdu", "connect_confirm");
    if (!c.complete || (c.negotiates && c.type == asked))
      return out.violate(m.from, "negotiation", "the answer to the connection request is no whole negotiation");
    auto r = pending_.take(step::negotiate);
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = "connect_request", op.function_name = "negotiate";
    if (r) op = std::move(r->op), op.latency = m.time - op.time;
    op.outcome = r ? outcome::ok : outcome::unpaired;
    out.learn(m.from, {}, "role", "remote_desktop_server", 70);
    if (c.negotiates && c.type == failed) {
      op.outcome = outcome::refused;
      op.code = std::to_string(c.value);
      op.fields.emplace_back("failure", std::string{failure_name(c.value)});
      out.describe("result", failure_name(c.value));
      return out.emit(std::move(op), other(m.from));
    }
    const auto chosen = c.negotiates ? c.value : std::uint32_t{standard};
    const auto name = security_name(chosen);
    if (name.empty()) {
      out.violate(m.from, "negotiation", "the server chooses other than one known protocol");
    } else {
      op.fields.emplace_back("selected_protocol", std::string{name});
      out.describe("security_protocol", name);
    }
    if (offered_ && chosen != standard && (*offered_ & chosen) == 0)
      out.violate(m.from, "not_offered", "the server chooses a protocol that the client did not offer");
    if (c.flags != 0) op.fields.emplace_back("server_flags", std::uint64_t{c.flags});
    out.emit(std::move(op), other(m.from));
    if (chosen == standard)
      out.learn(m.from, {}, "insecure_configuration", "accepts remote desktop without TLS", 80);
    else
      out.become("tls");
  }

  verdict on_data(bytes data, const message& m, output& out) {
    if (!is_mcs(data)) {
      if (!connected_) return verdict::not_mine;
      out.violate(m.from, "mcs", "a message is none that T.125 knows");
      return verdict::taken;
    }
    if (is_connect_initial(data))
      on_initial(data, m, out);
    else if (is_connect_response(data))
      on_response(data, m, out);
    else
      on_domain(data, m, out);
    return verdict::taken;
  }

  void on_initial(bytes data, const message& m, output& out) {
    out.count("rdp", "mcs", "connect_initial");
    connected_ = true;
    client_settings c;
    if (const auto bad = read(data, c); !bad.rule.empty()) return out.violate(m.from, bad.rule, bad.detail);
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = "connect_initial", op.function_name = "connect";
    if (c.version) op.fields.emplace_back("version", std::string{version_name(*c.version)});
    tell_client(c, op, m, out);
    std::string channels;
    for (const auto& name : c.channels) (channels += channels.empty() ? "" : ",") += name;
    if (!channels.empty()) {
      op.fields.emplace_back("channels", channels);
      out.describe("channels", channels);
    }
    if (c.more_channels != 0) out.violate(m.from, "channels", "the client asks for more static channels than 31");
    const auto has = [&](std::string_view name) {
      return std::ranges::any_of(c.channels, [&](const auto& each) { return same_letters(each, name); });
    };
    if (has("rdpdr")) op.fields.emplace_back("drives", true);
    if (has("cliprdr")) op.fields.emplace_back("clipboard", true);
    // CVE-2019-0708: the server's own channel, which a client that means no harm never asks for
    if (has("MS_T120")) out.violate(m.from, "reserved_channel", "the client asks for the channel MS_T120, which is the server's own");
    pending_.add(step::connect, std::move(op), out, m.from);
  }

  static void tell_client(const client_settings& c, operation& op, const message& m, output& out) {
    if (!c.name.empty()) {
      op.fields.emplace_back("client_name", c.name);
      out.learn(m.from, {}, "host_name", c.name, 70);
      out.describe("client_name", c.name);
    }
    if (c.build) {
      op.fields.emplace_back("client_build", std::uint64_t{*c.build});
      if (const auto os = os_of_build(*c.build); !os.empty()) out.learn(m.from, {}, "os", os, 50);
    }
    if (c.keyboard_layout) op.fields.emplace_back("keyboard_layout", keyboard_name(*c.keyboard_layout));
    if (c.keyboard_type) op.fields.emplace_back("keyboard_type", std::uint64_t{*c.keyboard_type});
    op.fields.emplace_back("desktop", std::to_string(c.width) + 'x' + std::to_string(c.height));
    if (c.color_depth != 0) op.fields.emplace_back("color_depth", std::uint64_t{c.color_depth});
    if (!c.product_id.empty()) {
      op.fields.emplace_back("client_product_id", c.product_id);
      out.learn(m.from, {}, "product_id", c.product_id, 60);
    }
    if (c.encryption_methods) op.fields.emplace_back("encryption_methods", encryption_names(*c.encryption_methods));
    if (c.cluster_flags) op.fields.emplace_back("redirected", (*c.cluster_flags & 2) != 0);
    if (c.early_graphics) op.fields.emplace_back("graphics_pipeline", true);
  }

  void on_response(bytes data, const message& m, output& out) {
    out.count("rdp", "mcs", "connect_response");
    connected_ = true;
    server_settings s;
    if (const auto bad = read(data, s); !bad.rule.empty()) return out.violate(m.from, bad.rule, bad.detail);
    auto r = pending_.take(step::connect);
    operation op;
    op.time = m.time;
    op.action = action::session;
    op.function = "connect_initial", op.function_name = "connect";
    if (r) op = std::move(r->op), op.latency = m.time - op.time;
    op.outcome = *s.result != 0 ? outcome::refused : r ? outcome::ok : outcome::unpaired;
    if (*s.result != 0) op.code = std::to_string(*s.result);
    op.fields.emplace_back("result", std::string{result_name(*s.result)});
    if (s.version) op.fields.emplace_back("server_version", std::string{version_name(*s.version)});
    if (s.encryption_method) {
      method_ = *s.encryption_method;
      op.fields.emplace_back("encryption_method", encryption_names(*s.encryption_method));
      out.describe("encryption_method", encryption_names(*s.encryption_method));
    }
    if (s.encryption_level) {
      op.fields.emplace_back("encryption_level", std::string{level_name(*s.encryption_level)});
      if (*s.encryption_level < 2) out.learn(m.from, {}, "insecure_configuration", "remote desktop with low or no encryption", 80);
    }
    if (s.certificate) {
      op.fields.emplace_back("certificate", std::string{(*s.certificate & 0x7fffffff) == 2 ? "x509" : "rsa"});
      op.fields.emplace_back("certificate_permanent", (*s.certificate & 0x80000000) == 0);
    }
    if (s.requested && offered_ && *s.requested != *offered_)
      out.violate(m.from, "downgrade", "the server heard another offer of protocols than the client made");
    out.emit(std::move(op), other(m.from));
  }

  void on_domain(bytes data, const message& m, output& out) {
    const auto kind = static_cast<std::uint8_t>(data[0] >> 2);
    if (kind != send_request && kind != send_indication) {
      out.count("rdp", "mcs", std::uint32_t{kind});
      if (kind != disconnect) return;
      reader in{data};
      const auto word = in.u16();  // choice of six bits, then the reason in three
      return out.describe("disconnect_reason", disconnect_reason(static_cast<std::uint8_t>(word >> 7 & 7)));
    }
    reader in{data};
    in.skip(1 + 2 + 2 + 1);  // initiator, channel, priority
    const auto size = packed_length(in);
    if (!in.ok() || size > in.left()) return out.violate(m.from, "mcs", "the data of a channel does not fit its message");
    on_user_data(in.part(size), kind == send_request, m, out);
  }

  /// What begins with a security header says so by flags that no share message has in that place.
  void on_user_data(reader in, bool from_client, const message& m, output& out) {
    reader ahead = in;
    const auto flags = ahead.u16le();
    if (ahead.u16le() == 0 && ahead.ok() && (flags & (exchange_packet | info_packet | license_packet)) != 0) {
      if ((flags & info_packet) != 0 && from_client) return on_info(ahead, (flags & encrypted) != 0, m, out);
      if ((flags & license_packet) != 0 && (flags & encrypted) == 0) on_license(ahead, m, out);
      return;
    }
    if (method_.value_or(0) != 0 || from_client) return;
    const auto word = read_share(in);
    switch (word.is) {
      case session_word::logged_on:
        if (logon_ && logon_->fields.empty() && !word.user.empty()) logon_->fields.emplace_back("user", word.user);
        if (logon_) tell_logon(outcome::ok, out, m.time);
        break;
      case session_word::logon_failed:
        if (logon_) logon_->code = std::to_string(word.code), tell_logon(outcome::refused, out, m.time);
        break;
      case session_word::error: out.describe("disconnect_reason", error_info(word.code)); break;
      case session_word::nothing: break;
    }
  }

  void on_info(reader in, bool is_encrypted, const message& m, output& out) {
    out.count("rdp", "packet", "client_info");
    if (logon_) tell_logon(outcome::none, out);
    operation op;
    op.time = m.time;
    op.action = action::authenticate;
    op.function = "client_info", op.function_name = "logon";
    if (is_encrypted) {
      if (!user_.empty()) op.fields.emplace_back("user", user_);
      op.fields.emplace_back("encrypted", true);
    } else {
      const auto info = read_logon(in);
      if (!info) return out.violate(m.from, "client_info", "the client's information packet ends inside a field");
      const auto put = [&](std::string_view name, const std::string& value) {
        if (!value.empty()) op.fields.emplace_back(name, value);
      };
      put("user", info->user);
      put("domain", info->domain);
      put("shell", info->shell);
      put("client_address", info->client_address);
      put("client_directory", info->client_directory);
      op.fields.emplace_back("password_given", info->password_given);
      op.fields.emplace_back("automatic", info->automatic);
      if (!info->user.empty()) out.describe("user", info->user);
      if (!info->domain.empty()) out.learn(m.from, {}, "domain", info->domain, 40);
      out.violate(m.from, "clear_text", "the client's information, where a password may be, is not encrypted");
    }
    logon_ = std::move(op);
    asker_ = m.from;
  }

  void on_license(reader in, const message& m, output& out) {
    const auto l = read_license(in);
    if (!l) return out.violate(m.from, "license", "a license message does not fit its packet");
    out.count("rdp", "license", license_message(l->type));
    constexpr std::uint32_t valid_client = 7;
    if (!l->error || *l->error == valid_client) return;
    out.describe("license_error", license_error(*l->error));
  }

  void tell_logon(outcome how, output& out, std::optional<timestamp> at = {}) {
    if (at) logon_->latency = *at - logon_->time;
    logon_->outcome = how;
    out.emit(std::move(*logon_), asker_);
    logon_.reset();
  }

  std::optional<std::uint32_t> offered_, method_;  ///< security protocols of the client; encryption of the server
  std::string user_;
  bool connected_ = false;
  std::optional<operation> logon_;
  side asker_ = side::client;
  pending_requests<step, std::monostate, 4> pending_;
};

const protocol here{{
    .name = "rdp",
    .tcp_ports = ports,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<rdp_session>(); },
    .risks_by_ndpi = true,
}};

}  // namespace
}  // namespace mw
