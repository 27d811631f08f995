// What the server and the viewer say before the screen is seen: RFC 6143 7.1 to 7.3; Tight, VeNCrypt, xvp, Apple's and UltraVNC's logins
// after the community's description of the protocol (rfbproto).
#include "sensor/dissect/vnc_handshake.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::rfb {
namespace {

constexpr std::size_t longest_handshake = 65'536, longest_text = 256, most_types = 64;
constexpr std::uint32_t passed = 0, too_many = 2;
constexpr std::uint32_t tight_challenge = 2;
constexpr std::uint8_t stated = 70;

}  // namespace

std::optional<version> parse_version(bytes data) {
  constexpr std::string_view shape = "RFB ###.###\n";
  if (data.size() < version_size) return {};
  std::array<unsigned, 2> number{};
  for (std::size_t i = 0; i < version_size; ++i) {
    if (shape[i] != '#' && data[i] != static_cast<std::uint8_t>(shape[i])) return {};
    if (shape[i] == '#' && (data[i] < '0' || data[i] > '9')) return {};
    if (shape[i] == '#') number[i > 7 ? 1 : 0] = number[i > 7 ? 1 : 0] * 10 + data[i] - '0';
  }
  return version{number[0], number[1]};
}

void handshake::take(const message& m, output& out) {
  if (began_ == timestamp{}) began_ = m.time;
  now_ = m.time;
  if (!viewer_) viewer_ = parse_version(m.data) && m.from == side::client ? side::server : side::client;  // the server speaks first
  auto& b = heard_[m.from == *viewer_ ? 1 : 0];
  if (b.size() + m.data.size() > longest_handshake) {
    if (at_ != stage::hidden) out.violate(m.from, "handshake_length", "a handshake does not end");
    give_up(out);
  }
  if (at_ == stage::hidden) return;
  b.insert(b.end(), m.data.begin(), m.data.end());
  while (at_ != stage::hidden && at_ != stage::running && step(out)) {
  }
  if (at_ == stage::running) heard_[0].clear();
}
void handshake::lost() {
  heard_[0].clear(), heard_[1].clear();
  at_ = stage::hidden;
}

bool handshake::step(output& out) {
  const bool viewer = at_ == stage::client_version || at_ == stage::chosen || at_ == stage::tunnel || at_ == stage::tight_type ||
                      at_ == stage::vencrypt_answer || at_ == stage::vencrypt_type || at_ == stage::plain || at_ == stage::apple_login ||
                      at_ == stage::logon_login || at_ == stage::xvp_login || at_ == stage::response || at_ == stage::client_init;
  auto& b = heard_[viewer ? 1 : 0];
  reader in{b};
  const auto before = at_;
  const bool read = viewer ? viewer_says(in, out) : server_says(in, out);
  if (at_ == stage::hidden) return false;  // nothing is kept any more
  if (!read || !in.ok()) {
    at_ = before;
    return false;
  }
  b.erase(b.begin(), b.end() - static_cast<std::ptrdiff_t>(in.left()));
  return true;
}

bool handshake::server_says(reader& in, output& out) {
  const auto server = other(*viewer_);
  switch (at_) {
    case stage::server_version: {
      const auto text = in.take(version_size);
      if (!in.ok()) return false;
      const auto v = parse_version(text);
      if (!v) return broken(server, "version", "a server does not begin with its version", out);
      server_version_ = printable(text.first(version_size - 1));
      out.describe("server_version", server_version_);
      if (const auto maker = maker_of_version(v->major, v->minor); !maker.empty()) out.learn(server, {}, "software", maker, stated);
      at_ = stage::client_version;
      return true;
    }
    case stage::security_word: {  // 3.3: the server decides
      const auto type = in.u32();
      if (!in.ok()) return false;
      types_ = security_text(type);
      out.describe("security_types", types_);
      if (type == invalid) return refuse(out);
      choose(type, out);
      return true;
    }
    case stage::security_types: {
      const auto count = in.u8();
      const auto types = in.take(count);
      if (!in.ok()) return false;
      for (const auto t : types.first(std::min<std::size_t>(types.size(), most_types)))
        types_ += (types_.empty() ? "" : ",") + security_text(t);
      offered_.assign(types.begin(), types.end());
      if (count == 0) return refuse(out);
      out.describe("security_types", types_);
      if (std::ranges::find(types, std::uint8_t{none}) != types.end())
        out.learn(server, {}, "insecure_configuration", "vnc: no authentication is offered", stated);
      at_ = stage::chosen;
      return true;
    }
    case stage::tunnels: {
      const auto count = in.u32();
      if (count > most_types) return broken(server, "tight", "more tunnels than there are", out);
      in.skip(std::size_t{count} * 16);
      at_ = count == 0 ? stage::tight_types : stage::tunnel;
      return true;
    }
    case stage::tight_types: {
      const auto count = in.u32();
      if (count > most_types) return broken(server, "tight", "more ways to log in than there are", out);
      in.skip(std::size_t{count} * 16);
      if (!in.ok()) return false;
      if (count == 0)
        choose(none, out);
      else
        at_ = stage::tight_type;
      return true;
    }
    case stage::vencrypt_version: {
      const auto major = in.u8(), minor = in.u8();
      if (!in.ok()) return false;
      out.describe("vencrypt_version", std::to_string(major) + '.' + std::to_string(minor));
      at_ = stage::vencrypt_answer;
      return true;
    }
    case stage::vencrypt_types: {
      const auto status = in.u8();
      if (!in.ok()) return false;
      if (status != 0) return refuse(out, false);
      const auto count = in.u8();
      in.skip(std::size_t{count} * 4);
      at_ = stage::vencrypt_type;
      return true;
    }
    case stage::vencrypt_go: {
      const auto go = in.u8();
      if (!in.ok()) return false;
      if (go != 1) return refuse(out, false);
      give_up(out);
      out.become("tls");
      return true;
    }
    case stage::apple_key: {
      in.skip(2);
      const auto size = in.u16();
      in.skip(std::size_t{size} * 2);
      key_size_ = size;
      at_ = stage::apple_login;
      return true;
    }
    case stage::logon_key:
      in.skip(24);
      at_ = stage::logon_login;
      return true;
    case stage::challenge:
      in.skip(16);
      at_ = stage::response;
      return true;
    case stage::verdict: {
      const auto code = in.u32();
      if (!in.ok()) return false;
      if (code > too_many) return broken(server, "security_result", "a result that no version knows", out);
      if (code == passed) {
        finish_login(outcome::ok, out);
        at_ = stage::client_init;
        return true;
      }
      refused_ = true;
      if (login_) login_->code = std::to_string(code);
      if (minor_ >= 8) {
        at_ = stage::reason;
      } else {
        finish_login(outcome::refused, out);
        give_up(out);
      }
      return true;
    }
    case stage::reason: {
      const auto text = in.take(in.u32());
      if (!in.ok()) return false;
      const auto why = printable(text, longest_text);
      out.describe("reason", why);
      reason_ = why;
      if (login_ && !why.empty()) login_->fields.emplace_back("reason", why);
      if (login_) finish_login(outcome::refused, out);
      give_up(out);
      return true;
    }
    case stage::server_init: {
      width_ = in.u16(), height_ = in.u16();
      const auto depth = in.u8();
      in.skip(15);
      const auto text = in.take(in.u32());
      if (!in.ok()) return false;
      if (width_ == 0 || height_ == 0 || (depth != 8 && depth != 16 && depth != 32 && depth != 24))
        out.violate(server, "server_init", "a screen without area, or with a pixel of an odd size");
      desktop_ = printable(text, longest_text);
      out.describe("desktop_name", desktop_);
      out.describe("screen", std::to_string(width_) + 'x' + std::to_string(height_));
      if (!desktop_.empty()) out.learn(server, {}, "desktop_name", desktop_, stated);
      tell(outcome::ok, out);
      at_ = stage::running;
      return true;
    }
    default: return false;
  }
}

bool handshake::viewer_says(reader& in, output& out) {
  switch (at_) {
    case stage::client_version: {
      const auto text = in.take(version_size);
      if (!in.ok()) return false;
      const auto v = parse_version(text);
      if (!v) return broken(*viewer_, "version", "a viewer does not begin with its version", out);
      client_version_ = printable(text.first(version_size - 1));
      out.describe("client_version", client_version_);
      minor_ = v->major > 3 ? 8 : v->minor == 7 ? 7 : v->minor >= 8 ? 8 : 3;  // RFC 6143 7.1.1: what is not known is 3.3
      at_ = minor_ == 3 ? stage::security_word : stage::security_types;
      return true;
    }
    case stage::chosen: {
      const auto type = in.u8();
      if (!in.ok()) return false;
      if (std::ranges::find(offered_, type) == offered_.end())
        out.violate(*viewer_, "security_type", "a viewer chooses what was not offered");
      choose(type, out);
      return true;
    }
    case stage::tunnel:
      in.skip(4);
      at_ = stage::tight_types;
      return true;
    case stage::tight_type: {
      const auto type = in.u32();
      if (!in.ok()) return false;
      choose(type == none || type == tight_challenge ? type : tight_first + type % tight_first, out);
      return true;
    }
    case stage::vencrypt_answer:
      in.skip(2);
      at_ = stage::vencrypt_types;
      return true;
    case stage::vencrypt_type: {
      const auto type = in.u32();
      if (!in.ok()) return false;
      choose(type, out);
      return true;
    }
    case stage::plain: {
      const auto user = in.u32(), password = in.u32();
      const auto text = in.take(user);
      in.skip(password);
      if (!in.ok()) return false;
      ask();
      login_->fields.emplace_back("user", printable(text, longest_text));
      login_->fields.emplace_back("password_given", password != 0);
      login_->fields.emplace_back("clear_text", true);
      out.describe("user", printable(text, longest_text));
      return true;
    }
    case stage::xvp_login: {
      const auto user = in.u8(), target = in.u8();
      const auto text = in.take(user), aim = in.take(target);
      if (!in.ok()) return false;
      out.describe("user", printable(text, longest_text));
      out.describe("target", printable(aim, longest_text));
      at_ = stage::challenge;
      return true;
    }
    case stage::apple_login:
      in.skip(128 + key_size_);
      if (in.ok()) ask();
      return true;
    case stage::logon_login:
      in.skip(8 + 256 + 64);
      if (in.ok()) ask();
      return true;
    case stage::response:
      in.skip(16);
      if (in.ok()) ask();
      return true;
    case stage::client_init: {
      const auto shared = in.u8();
      if (!in.ok()) return false;
      out.describe("shared", shared != 0 ? "yes" : "no");
      at_ = stage::server_init;
      return true;
    }
    default: return false;
  }
}

}  // namespace mw::rfb
