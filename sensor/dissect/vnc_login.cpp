// How a VNC server lets its viewers in, or does not: RFC 6143 7.2 and the security types of makers.
#include "sensor/dissect/vnc_handshake.hpp"

namespace mw::rfb {
void handshake::choose(std::uint32_t type, output& out) {
  type_ = type;
  out.count("vnc", "security", type);
  out.describe("security_type", security_text(type));
  switch (type) {
    case none:
      out.describe("no_authentication", "yes");
      ask();
      if (minor_ < 8) {  // no word follows
        finish_login(outcome::ok, out);
        at_ = stage::client_init;
      }
      return;
    case vnc: at_ = stage::challenge; return;
    case tight: at_ = stage::tunnels; return;
    case vencrypt: at_ = stage::vencrypt_version; return;
    case xvp: at_ = stage::xvp_login; return;
    case apple_dh: at_ = stage::apple_key; return;
    case ms_logon: at_ = stage::logon_key; return;
    case plain: at_ = stage::plain; return;
    case tls:
      give_up(out);
      out.become("tls");
      return;
    default: break;
  }
  if (type > plain && type < tight_first)
    at_ = stage::vencrypt_go;
  else
    give_up(out);
}
void handshake::ask() {
  operation op;
  op.time = now_;
  op.action = action::authenticate;
  op.function = std::to_string(type_);
  op.function_name = security_text(type_);
  login_ = std::move(op);
  at_ = stage::verdict;
}
void handshake::finish_login(outcome how, output& out) {
  if (!login_) return;
  auto op = std::move(*login_);
  login_.reset();
  op.outcome = how;
  if (how != outcome::timeout) op.latency = now_ - op.time;
  out.count("vnc", "login", how == outcome::ok ? std::string_view{"ok"} : how == outcome::refused ? "refused" : "timeout");
  out.describe("auth_success", how == outcome::ok ? "yes" : "no");
  out.emit(std::move(op), *viewer_);
}
bool handshake::refuse(output& out, bool with_reason) {
  refused_ = true;
  at_ = stage::reason;
  if (!with_reason) give_up(out);
  return true;
}
bool handshake::broken(side from, std::string_view rule, std::string_view detail, output& out) {
  out.violate(from, rule, detail);
  give_up(out);
  return true;
}
void handshake::give_up(output& out) {
  at_ = stage::hidden;
  heard_[0].clear(), heard_[1].clear();
  tell(refused_ ? outcome::refused : outcome::none, out);
}
void handshake::tell(outcome how, output& out) {
  if (server_version_.empty() || std::exchange(told_, true)) return;
  operation op;
  op.time = began_;
  op.action = action::session;
  op.function = "handshake";
  op.function_name = "handshake";
  op.outcome = how;
  if (how == outcome::ok) op.latency = now_ - began_;
  const auto put = [&](std::string_view field, const std::string& text) {
    if (!text.empty()) op.fields.emplace_back(field, text);
  };
  put("server_version", server_version_);
  put("client_version", client_version_);
  put("security_types", types_);
  if (type_ != invalid) put("security_type", security_text(type_));
  put("desktop_name", desktop_);
  put("reason", reason_);
  if (width_ != 0) put("screen", std::to_string(width_) + 'x' + std::to_string(height_));
  out.emit(std::move(op), viewer_.value_or(side::client));
}
void handshake::end(output& out) {
  finish_login(outcome::timeout, out);
  tell(at_ == stage::hidden && !refused_ ? outcome::none : refused_ ? outcome::refused : outcome::timeout, out);
}

}  // namespace mw::rfb
