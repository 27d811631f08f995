// EAPOL (IEEE 802.1X-2020) with EAP (RFC 3748): who asks to be let into a network, how, and whether it may. Both sides speak to one group,
// so each of them is a conversation.
#include "common/text.hpp"
#include "sensor/dissect/stp_link.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <iterator>
#include <string>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 2> ethertypes{0x888e, 0x88c7};  // with pre-authentication of IEEE 802.11
constexpr std::uint8_t stated = 80;
constexpr std::size_t longest_name = 128;

enum packet : std::uint8_t { eap = 0, start = 1, logoff = 2, key = 3, key_agreement = 5, last_packet = 8 };
enum code : std::uint8_t { request = 1, response = 2, success = 3, failure = 4, initiate = 5, finish = 6 };
enum method : std::uint8_t { identity = 1, notification = 2, nak = 3, md5 = 4 };

constexpr std::string_view packet_names[] = {
    "eap", "start", "logoff", "key", "alert", "key_agreement", "announcement", "specific_announcement", "announcement_request"};
constexpr std::string_view code_names[] = {"", "request", "response", "success", "failure", "initiate", "finish"};
constexpr struct {
  std::uint8_t number;
  std::string_view name;
} methods[] = {{1, "identity"}, {2, "notification"}, {3, "nak"},        {4, "md5"},  {5, "otp"},   {6, "gtc"},       {13, "tls"},
               {17, "leap"},    {18, "sim"},         {21, "ttls"},      {23, "aka"}, {25, "peap"}, {29, "mschapv2"}, {43, "fast"},
               {47, "psk"},     {49, "ikev2"},       {50, "aka_prime"}, {52, "pwd"}, {55, "teap"}};

std::string method_name(std::uint8_t number) {
  for (const auto& m : methods)
    if (m.number == number) return std::string{m.name};
  return std::to_string(number);
}

class eapol_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto version = in.u8(), type = in.u8();
    const std::size_t length = in.u16();
    if (!in.ok() || length > in.left()) {
      out.violate(m.from, "length", "the frame is shorter than it says");
      return verdict::taken;
    }
    if (version == 0 || version > 3) out.violate(m.from, "version", "a version that is not known");
    out.count("eapol", "packet", type);
    if (type > last_packet) {
      out.violate(m.from, "packet_type", "a type that is reserved");
      return verdict::taken;
    }
    switch (type) {
      case eap: on_eap(in.part(length), m, out); break;
      case start:
      case logoff:
        say(m, "network_role", "supplicant", out);
        out.emit(begin(m, type, packet_names[type], action::session), m.from);
        break;
      case key_agreement: out.describe("macsec", "yes"); break;
      default: break;
    }
    return verdict::taken;
  }

private:
  static operation begin(const message& m, std::uint8_t type, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.action = what;
    op.function = std::to_string(type);
    op.function_name = name;
    op.outcome = outcome::none;
    return op;
  }
  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    if (!value.empty() && told_.fresh({}, {}, kind, (m.from == side::client ? "c" : "s") + value, m.time, "eapol", out, true))
      out.learn(m.from, {}, kind, value, stated);
  }

  void on_eap(reader in, const message& m, output& out) {
    const auto all = in.left();
    const auto code = in.u8();
    in.skip(1);
    const std::size_t length = in.u16();
    if (!in.ok() || length < 4 || length > all) return out.violate(m.from, "length", "EAP has not the length that it gives");
    if (code < request || code > finish) return out.violate(m.from, "eap_code", "a code of EAP that is reserved");
    out.count("eapol", "eap", code);
    auto body = in.part(length - 4);
    if (code == success || code == failure) {
      say(m, "network_role", "authenticator", out);
      auto op = begin(m, eap, code_names[code], action::authenticate);
      op.function += '/' + std::to_string(code);
      op.outcome = code == success ? outcome::ok : outcome::refused;
      if (code == failure) op.code = std::to_string(code);
      add_method(op);
      if (m.target.hardware != mac{})
        op.objects.push_back({.space = "supplicant", .address = to_string(m.target.hardware), .property = {}, .index = {}});
      method_ = 0;
      return out.emit(std::move(op), m.from);
    }
    if (code != request && code != response) return;
    const auto type = body.u8();
    if (!body.ok()) return out.violate(m.from, "length", "a request or answer of EAP without its type");
    out.count("eapol", "method", type);
    say(m, "network_role", code == request ? "authenticator" : "supplicant", out);
    if (type == identity) {
      if (code == response) on_identity(body.rest(), m, out);
      return;
    }
    if (type == notification || type == method_) return;  // the exchange of a method goes on
    if (type != nak) method_ = type, out.describe("eap_method", method_name(type));
    auto op = begin(m, eap, type == nak ? "nak" : "method", action::authenticate);
    op.function += '/' + std::to_string(code) + '/' + std::to_string(type);
    if (type == nak) {
      const auto wanted = body.u8();
      if (body.ok()) op.fields.emplace_back("wanted_method", method_name(wanted));
    } else {
      add_method(op);
    }
    out.emit(std::move(op), m.from);
  }

  void on_identity(bytes name, const message& m, output& out) {
    const auto zero = std::ranges::find(name, std::uint8_t{0});  // behind it stand options of the network
    const auto user = printable(name.first(static_cast<std::size_t>(zero - name.begin())), longest_name);
    auto op = begin(m, eap, "identity", action::authenticate);
    op.function += "/2/1";
    op.objects.push_back({.space = "user", .address = user, .property = {}, .index = {}});
    method_ = 0;
    say(m, "user", user, out);
    out.emit(std::move(op), m.from);
  }
  void add_method(operation& op) const {
    if (method_ != 0) op.fields.emplace_back("method", method_name(method_));
  }

  std::uint8_t method_ = 0;
  told_facts<32> told_;
};

match probe(bytes head, transport t) {
  reader in{head};
  const auto version = in.u8(), type = in.u8();
  return t == transport::ethernet && in.ok() && version >= 1 && version <= 3 && type <= last_packet ? match::yes : match::no;
}

const protocol port_access{{
    .name = "eapol",
    .ethertypes = ethertypes,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<eapol_session>(); },
}};

}  // namespace
}  // namespace mw
