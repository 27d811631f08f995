// Names and sizes: RFC 6143 7, and the community's description of the protocol with its extensions (rfbproto).
#include "sensor/dissect/vnc_names.hpp"

#include <algorithm>
#include <array>

namespace mw::rfb {
namespace {

struct name_entry {
  std::uint32_t number;
  std::string_view name;
};
constexpr std::array<name_entry, 39> securities{{{0, "invalid"},
                                                 {1, "none"},
                                                 {2, "vnc_authentication"},
                                                 {5, "realvnc_ra2"},
                                                 {6, "realvnc_ra2ne"},
                                                 {16, "tight"},
                                                 {17, "ultra"},
                                                 {18, "tls"},
                                                 {19, "vencrypt"},
                                                 {20, "sasl"},
                                                 {21, "md5"},
                                                 {22, "xvp"},
                                                 {23, "secure_tunnel"},
                                                 {24, "integrated_ssh"},
                                                 {30, "apple_diffie_hellman"},
                                                 {31, "apple_31"},
                                                 {32, "apple_32"},
                                                 {33, "apple_33"},
                                                 {34, "apple_34"},
                                                 {35, "apple_kerberos"},
                                                 {36, "apple_36"},
                                                 {112, "ultra_ms_logon_1"},
                                                 {113, "ultra_ms_logon_2"},
                                                 {114, "ultra_secure_vnc"},
                                                 {129, "realvnc_ra2_256"},
                                                 {130, "realvnc_ra2ne_256"},
                                                 {133, "realvnc_ra2_133"},
                                                 {256, "vencrypt_plain"},
                                                 {257, "vencrypt_tls_none"},
                                                 {258, "vencrypt_tls_vnc"},
                                                 {259, "vencrypt_tls_plain"},
                                                 {260, "vencrypt_x509_none"},
                                                 {261, "vencrypt_x509_vnc"},
                                                 {262, "vencrypt_x509_plain"},
                                                 {263, "vencrypt_tls_sasl"},
                                                 {264, "vencrypt_x509_sasl"},
                                                 {1'000'129, "tight_unix_login"},
                                                 {1'000'130, "tight_external"},
                                                 {1'000'000, "tight_no_authentication"}}};

struct message_entry {
  std::uint8_t type;
  std::uint8_t size;
  std::string_view name;
};
constexpr std::array<message_entry, 26> messages{{{0, 20, "set_pixel_format"},
                                                  {2, 4, "set_encodings"},
                                                  {3, 10, "framebuffer_update_request"},
                                                  {4, 8, "key_event"},
                                                  {5, 6, "pointer_event"},
                                                  {6, 8, "client_cut_text"},
                                                  {7, 12, "ultra_file_transfer"},
                                                  {8, 4, "ultra_set_scale"},
                                                  {9, 4, "ultra_set_server_input"},
                                                  {10, 6, "ultra_set_single_window"},
                                                  {11, 8, "ultra_text_chat"},
                                                  {13, 1, "ultra_keep_alive"},
                                                  {15, 4, "ultra_palm_scale"},
                                                  {20, 4, "ultra_notify"},
                                                  {130, 4, "tight_file_list"},
                                                  {131, 8, "tight_file_download"},
                                                  {132, 8, "tight_file_upload"},
                                                  {133, 6, "tight_file_upload_data"},
                                                  {134, 4, "tight_file_download_cancel"},
                                                  {135, 4, "tight_file_upload_failed"},
                                                  {136, 4, "tight_create_directory"},
                                                  {150, 10, "enable_continuous_updates"},
                                                  {248, 9, "client_fence"},
                                                  {250, 4, "xvp"},
                                                  {251, 8, "set_desktop_size"},
                                                  {253, 4, "gii"}}};

const message_entry* message_of(std::uint8_t type) {
  const auto* const at = std::ranges::find(messages, type, &message_entry::type);
  return at == messages.end() ? nullptr : at;
}

}  // namespace

std::string_view security_name(std::uint32_t type) {
  const auto* const at = std::ranges::find(securities, type, &name_entry::number);
  if (at != securities.end()) return at->name;
  if ((type >= 3 && type <= 15) || (type >= 128 && type <= 255)) return "realvnc";
  return {};
}
std::string security_text(std::uint32_t type) {
  const auto known = security_name(type);
  return known.empty() ? std::to_string(type) : std::string{known};
}
std::size_t client_message_size(std::uint8_t type) {
  const auto* const at = message_of(type);
  return at == nullptr ? 0 : at->size;
}
std::string_view client_message_name(std::uint8_t type) {
  const auto* const at = message_of(type);
  return at == nullptr ? std::string_view{} : at->name;
}
std::string_view maker_of_version(unsigned major, unsigned minor) {
  if (major == 3 && minor == 889) return "Apple Remote Desktop";
  if (major >= 4) return "RealVNC";
  if (major == 3 && (minor == 4 || minor == 6 || minor == 14 || minor == 16)) return "UltraVNC";
  return {};
}

}  // namespace mw::rfb
