// RADIUS messages as values (RFC 2865, 2866, 3579, 5176).
#include "sensor/dissect/radius_message.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mw::radius {
namespace {

constexpr std::size_t head_size = 20, longest = 4096, longest_eap = 4096;

enum attribute : std::uint8_t {
  user_name = 1,
  user_password = 2,
  chap_password = 3,
  nas_address = 4,
  nas_port = 5,
  service_type = 6,
  framed_address = 8,
  filter_id = 11,
  reply_message = 18,
  state = 24,
  vendor_specific = 26,
  session_timeout = 27,
  called_station = 30,
  calling_station = 31,
  nas_identifier = 32,
  status_type = 40,
  input_octets = 42,
  output_octets = 43,
  session_id = 44,
  session_time = 46,
  terminate = 49,
  nas_port_type = 61,
  eap_message = 79,
  message_authenticator = 80,
  tunnel_group = 81,
  nas_port_id = 87,
  nas_address_6 = 95,
  error = 101,
};

struct word {
  std::uint32_t number;
  std::string_view name;
};
std::string_view find(std::span<const word> table, std::uint32_t number, std::string_view otherwise = "unknown") {
  const auto at = std::ranges::find(table, number, &word::number);
  return at == table.end() ? otherwise : at->name;
}
constexpr word codes[] = {{access_request, "access_request"},
                          {access_accept, "access_accept"},
                          {access_reject, "access_reject"},
                          {accounting_request, "accounting_request"},
                          {accounting_response, "accounting_response"},
                          {access_challenge, "access_challenge"},
                          {status_server, "status_server"},
                          {disconnect_request, "disconnect_request"},
                          {disconnect_ack, "disconnect_ack"},
                          {disconnect_nak, "disconnect_nak"},
                          {coa_request, "coa_request"},
                          {coa_ack, "coa_ack"},
                          {coa_nak, "coa_nak"}};
constexpr word services[] = {{1, "login"},
                             {2, "framed"},
                             {3, "callback_login"},
                             {4, "callback_framed"},
                             {5, "outbound"},
                             {6, "administrative"},
                             {7, "nas_prompt"},
                             {8, "authenticate_only"},
                             {9, "callback_nas_prompt"},
                             {10, "call_check"},
                             {11, "callback_administrative"},
                             {17, "authorize_only"}};
constexpr word port_types[] = {{0, "async"},     {1, "sync"},   {2, "isdn"},      {5, "virtual"},
                               {15, "ethernet"}, {17, "cable"}, {18, "wireless"}, {19, "wireless_802_11"}};
constexpr word statuses[] = {{1, "start"}, {2, "stop"}, {3, "interim_update"}, {7, "accounting_on"}, {8, "accounting_off"}, {15, "failed"}};
constexpr word causes[] = {{1, "user_request"},    {2, "lost_carrier"},    {3, "lost_service"},         {4, "idle_timeout"},
                           {5, "session_timeout"}, {6, "admin_reset"},     {7, "admin_reboot"},         {8, "port_error"},
                           {9, "nas_error"},       {10, "nas_request"},    {11, "nas_reboot"},          {12, "port_unneeded"},
                           {13, "port_preempted"}, {14, "port_suspended"}, {15, "service_unavailable"}, {16, "callback"},
                           {17, "user_error"},     {18, "host_request"}};
constexpr word errors[] = {{201, "residual_session_context_removed"},
                           {202, "invalid_eap_packet"},
                           {401, "unsupported_attribute"},
                           {402, "missing_attribute"},
                           {403, "nas_identification_mismatch"},
                           {404, "invalid_request"},
                           {405, "unsupported_service"},
                           {406, "unsupported_extension"},
                           {407, "invalid_attribute_value"},
                           {501, "administratively_prohibited"},
                           {502, "request_not_routable"},
                           {503, "session_context_not_found"},
                           {504, "session_context_not_removable"},
                           {505, "other_proxy_processing_error"},
                           {506, "resources_unavailable"},
                           {507, "request_initiated"},
                           {508, "multiple_session_selection_unsupported"}};
constexpr word eap_types[] = {{1, "identity"},    {2, "notification"}, {3, "nak"},  {4, "md5"},        {5, "otp"},  {6, "gtc"},
                              {13, "tls"},        {17, "leap"},        {18, "sim"}, {21, "ttls"},      {23, "aka"}, {25, "peap"},
                              {26, "ms_chap_v2"}, {43, "fast"},        {47, "psk"}, {50, "aka_prime"}, {52, "pwd"}, {55, "teap"}};

std::optional<std::uint32_t> number(bytes value) {
  reader in{value};
  const auto v = in.u32();
  return in.ok() && in.left() == 0 ? std::optional{v} : std::nullopt;
}
ip address(bytes v) {
  if (v.size() == 4) return ip::v4(v[0], v[1], v[2], v[3]);
  if (v.size() != 16) return {};
  std::array<std::uint8_t, 16> all{};
  std::ranges::copy(v, all.begin());
  return ip::v6(all);
}

void vendor(bytes value, parsed& to) {
  constexpr std::uint32_t microsoft = 311;
  constexpr std::uint8_t ms_chap = 1, ms_chap_v2 = 25;
  reader in{value};
  if (in.u32() != microsoft) return;
  const auto type = in.u8();
  if (!in.ok()) return;
  if (type == ms_chap) to.method = "ms_chap";
  if (type == ms_chap_v2) to.method = "ms_chap_v2";
}

/// RFC 3748 4: an identity is a user's name; of the rest the method.
void read_eap(bytes all, parsed& to) {
  constexpr std::uint8_t response = 2, success = 3, failure = 4, identity = 1;
  reader in{all};
  const auto code = in.u8();
  in.skip(3);
  if (!in.ok()) return;
  to.method = "eap";
  if (code == success) to.eap = "success";
  if (code == failure) to.eap = "failure";
  if (code > response || in.left() == 0) return;
  const auto type = in.u8();
  const auto name = find(eap_types, type, "");
  to.eap = name.empty() ? std::to_string(type) : std::string{name};
  if (code == response && type == identity && to.user.empty()) to.user = printable(in.rest());
}

void take(std::uint8_t type, bytes value, parsed& to) {
  switch (type) {
    case user_name: to.user = printable(value); break;
    case user_password:
      to.method = "pap";
      if (value.size() < 16 || value.size() > 128 || value.size() % 16 != 0)
        to.rule = "password_size", to.wrong = "a hidden password is not of 16 to 128 octets in steps of 16";
      break;
    case chap_password: to.method = "chap"; break;
    case nas_address:
    case nas_address_6: to.nas = address(value); break;
    case nas_port: to.port = number(value); break;
    case service_type: to.service = number(value); break;
    case framed_address: to.framed = address(value); break;
    case filter_id: to.filter = printable(value); break;
    case reply_message: to.reply = printable(value); break;
    case state: to.state = value; break;
    case vendor_specific: vendor(value, to); break;
    case session_timeout: to.timeout = number(value); break;
    case called_station: to.called = printable(value); break;
    case calling_station: to.calling = printable(value); break;
    case nas_identifier: to.nas_identifier = printable(value); break;
    case status_type: to.status = number(value); break;
    case input_octets: to.octets_in = number(value); break;
    case output_octets: to.octets_out = number(value); break;
    case session_id: to.session = printable(value); break;
    case session_time: to.time = number(value); break;
    case terminate: to.cause = number(value); break;
    case nas_port_type: to.port_type = number(value); break;
    case message_authenticator:
      to.message_authenticator = true;
      if (value.size() != 16) to.rule = "message_authenticator", to.wrong = "a message authenticator is not of 16 octets";
      break;
    case tunnel_group:  // a tag below 32 may lead (RFC 2868 3.6)
      if (!value.empty() && value[0] < 0x20) value = value.subspan(1);
      to.vlan = printable(value);
      break;
    case nas_port_id: to.port_id = printable(value); break;
    case error: to.error = number(value); break;
    default: break;
  }
}

}  // namespace

std::string_view code_name(std::uint8_t c) { return find(codes, c, ""); }
bool is_request(std::uint8_t c) {
  return c == access_request || c == accounting_request || c == status_server || c == disconnect_request || c == coa_request;
}
std::uint8_t request_of(std::uint8_t answer) {
  switch (answer) {
    case accounting_response: return accounting_request;
    case disconnect_ack:
    case disconnect_nak: return disconnect_request;
    case coa_ack:
    case coa_nak: return coa_request;
    default: return access_request;
  }
}
std::string_view service_name(std::uint32_t v) { return find(services, v); }
std::string_view port_type_name(std::uint32_t v) { return find(port_types, v); }
std::string_view status_name(std::uint32_t v) { return find(statuses, v); }
std::string_view terminate_cause(std::uint32_t v) { return find(causes, v); }
std::string_view error_cause(std::uint32_t v) { return find(errors, v); }

std::optional<parsed> read(bytes datagram) {
  reader all{datagram};
  parsed p;
  p.code = all.u8(), p.id = all.u8();
  const std::size_t size = all.u16();
  if (!all.ok() || size < head_size || size > longest || size > datagram.size() || code_name(p.code).empty()) return {};
  auto in = all.part(size - 4);  // octets behind it are padding (RFC 2865 3)
  p.authenticator = in.take(16);
  std::vector<std::uint8_t> eap;
  while (in.left()) {
    const auto type = in.u8(), octets = in.u8();
    if (!in.ok() || octets < 2) return {};
    const auto value = in.take(octets - 2u);
    if (!in.ok()) return {};
    if (type == eap_message && eap.size() < longest_eap) eap.insert(eap.end(), value.begin(), value.end());
    take(type, value, p);
  }
  if (!eap.empty()) {
    read_eap(eap, p);
    if (!p.message_authenticator) p.rule = "message_authenticator", p.wrong = "EAP comes without a message authenticator";
  }
  return p;
}

}  // namespace mw::radius
