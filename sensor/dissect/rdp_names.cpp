// Names of what MS-RDPBCGR numbers.
#include "sensor/dissect/rdp_names.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mw::rdp {
namespace {

struct word {
  std::uint32_t code;
  std::string_view text;
};
std::string_view find(std::span<const word> table, std::uint32_t code, std::string_view otherwise = "unknown") {
  const auto at = std::ranges::find(table, code, &word::code);
  return at == table.end() ? otherwise : at->text;
}
std::string all_of(std::span<const word> table, std::uint32_t bits, std::string_view none) {
  std::string out;
  for (const auto& w : table)
    if ((bits & w.code) != 0) (out += out.empty() ? "" : ",") += w.text;
  return out.empty() ? std::string{none} : out;
}

constexpr word protocols[] = {{tls, "tls"}, {credssp, "credssp"}, {rdstls, "rdstls"}, {credssp_early, "credssp_early"}, {aad, "aad"}};
constexpr word failures[] = {{1, "ssl_required_by_server"},       {2, "ssl_not_allowed_by_server"},
                             {3, "ssl_cert_not_on_server"},       {4, "inconsistent_flags"},
                             {5, "hybrid_required_by_server"},    {6, "ssl_with_user_auth_required_by_server"},
                             {7, "entra_auth_required_by_server"}};
constexpr word versions[] = {{0x80001, "4.0"},  {0x80004, "5.0-8.1"}, {0x80005, "10.0"},  {0x80006, "10.1"},  {0x80007, "10.2"},
                             {0x80008, "10.3"}, {0x80009, "10.4"},    {0x8000a, "10.5"},  {0x8000b, "10.6"},  {0x8000c, "10.7"},
                             {0x8000d, "10.8"}, {0x8000e, "10.9"},    {0x8000f, "10.10"}, {0x80010, "10.11"}, {0x80011, "10.12"}};
constexpr word builds[] = {{2195, "Windows 2000"},
                           {2600, "Windows XP"},
                           {3790, "Windows Server 2003"},
                           {6000, "Windows Vista"},
                           {6001, "Windows Vista SP1 or Server 2008"},
                           {6002, "Windows Vista SP2 or Server 2008 SP2"},
                           {7600, "Windows 7 or Server 2008 R2"},
                           {7601, "Windows 7 SP1 or Server 2008 R2 SP1"},
                           {9200, "Windows 8 or Server 2012"},
                           {9600, "Windows 8.1 or Server 2012 R2"},
                           {10240, "Windows 10 1507"},
                           {10586, "Windows 10 1511"},
                           {14393, "Windows 10 1607 or Server 2016"},
                           {15063, "Windows 10 1703"},
                           {16299, "Windows 10 1709"},
                           {17134, "Windows 10 1803"},
                           {17763, "Windows 10 1809 or Server 2019"},
                           {18362, "Windows 10 1903"},
                           {18363, "Windows 10 1909"},
                           {19041, "Windows 10 2004"},
                           {19042, "Windows 10 20H2"},
                           {19043, "Windows 10 21H1"},
                           {19044, "Windows 10 21H2"},
                           {19045, "Windows 10 22H2"},
                           {20348, "Windows Server 2022"},
                           {22000, "Windows 11 21H2"},
                           {22621, "Windows 11 22H2"},
                           {22631, "Windows 11 23H2"},
                           {26100, "Windows 11 24H2 or Server 2025"}};
constexpr word keyboards[] = {{0x401, "ar-SA"}, {0x402, "bg-BG"}, {0x404, "zh-TW"}, {0x405, "cs-CZ"},  {0x406, "da-DK"},  {0x407, "de-DE"},
                              {0x408, "el-GR"}, {0x409, "en-US"}, {0x40a, "es-ES"}, {0x40b, "fi-FI"},  {0x40c, "fr-FR"},  {0x40d, "he-IL"},
                              {0x40e, "hu-HU"}, {0x40f, "is-IS"}, {0x410, "it-IT"}, {0x411, "ja-JP"},  {0x412, "ko-KR"},  {0x413, "nl-NL"},
                              {0x414, "nb-NO"}, {0x415, "pl-PL"}, {0x416, "pt-BR"}, {0x418, "ro-RO"},  {0x419, "ru-RU"},  {0x41a, "hr-HR"},
                              {0x41b, "sk-SK"}, {0x41d, "sv-SE"}, {0x41e, "th-TH"}, {0x41f, "tr-TR"},  {0x422, "uk-UA"},  {0x423, "be-BY"},
                              {0x424, "sl-SI"}, {0x425, "et-EE"}, {0x426, "lv-LV"}, {0x427, "lt-LT"},  {0x429, "fa-IR"},  {0x42a, "vi-VN"},
                              {0x804, "zh-CN"}, {0x807, "de-CH"}, {0x809, "en-GB"}, {0x80a, "es-MX"},  {0x80c, "fr-BE"},  {0x813, "nl-BE"},
                              {0x816, "pt-PT"}, {0xc07, "de-AT"}, {0xc0c, "fr-CA"}, {0x1009, "en-CA"}, {0x100c, "fr-CH"}, {0xc09, "en-AU"}};
constexpr word methods[] = {{1, "40bit"}, {2, "128bit"}, {8, "56bit"}, {16, "fips"}};
constexpr word levels[] = {{0, "none"}, {1, "low"}, {2, "client_compatible"}, {3, "high"}, {4, "fips"}};
constexpr word results[] = {{0, "successful"},          {1, "domain_merging"},       {2, "domain_not_hierarchical"},
                            {3, "no_such_channel"},     {4, "no_such_domain"},       {5, "no_such_user"},
                            {6, "not_admitted"},        {7, "other_user_id"},        {8, "parameters_unacceptable"},
                            {9, "token_not_available"}, {10, "token_not_possessed"}, {11, "too_many_channels"},
                            {12, "too_many_tokens"},    {13, "too_many_users"},      {14, "unspecified_failure"},
                            {15, "user_rejected"}};
constexpr word licenses[] = {{0x01, "license_request"},
                             {0x02, "platform_challenge"},
                             {0x03, "new_license"},
                             {0x04, "upgrade_license"},
                             {0x12, "license_info"},
                             {0x13, "new_license_request"},
                             {0x15, "platform_challenge_response"},
                             {0xff, "error_alert"}};
constexpr word license_errors[] = {
    {1, "invalid_server_certificate"}, {2, "no_license"},   {3, "invalid_mac"},    {4, "invalid_scope"},
    {6, "no_license_server"},          {7, "valid_client"}, {8, "invalid_client"}, {11, "invalid_product_id"},
    {12, "invalid_message_length"}};
constexpr word errors[] = {{0, "none"},
                           {1, "rpc_initiated_disconnect"},
                           {2, "rpc_initiated_logoff"},
                           {3, "idle_timeout"},
                           {4, "logon_timeout"},
                           {5, "disconnected_by_other_connection"},
                           {6, "out_of_memory"},
                           {7, "server_denied_connection"},
                           {9, "server_insufficient_privileges"},
                           {10, "server_fresh_credentials_required"},
                           {11, "rpc_initiated_disconnect_by_user"},
                           {12, "logoff_by_user"}};
constexpr word reasons[] = {
    {0, "domain_disconnected"}, {1, "provider_initiated"}, {2, "token_purged"}, {3, "user_requested"}, {4, "channel_purged"}};

}  // namespace

std::string security_names(std::uint32_t bits) { return all_of(protocols, bits, "rdp"); }
std::string_view security_name(std::uint32_t one) { return one == standard ? "rdp" : find(protocols, one, ""); }
std::string_view failure_name(std::uint32_t code) { return find(failures, code); }
std::string_view version_name(std::uint32_t version) { return find(versions, version); }
std::string_view os_of_build(std::uint32_t build) { return find(builds, build, ""); }
std::string keyboard_name(std::uint32_t layout) {
  const auto known = find(keyboards, layout & 0xffff, "");
  if (!known.empty()) return std::string{known};
  return std::to_string(layout);
}
std::string encryption_names(std::uint32_t bits) { return all_of(methods, bits, "none"); }
std::string_view level_name(std::uint32_t level) { return find(levels, level); }
std::string_view result_name(std::uint8_t result) { return find(results, result); }
std::string_view license_message(std::uint8_t type) { return find(licenses, type); }
std::string_view license_error(std::uint32_t code) { return find(license_errors, code); }
std::string_view error_info(std::uint32_t code) { return find(errors, code, "other"); }
std::string_view disconnect_reason(std::uint8_t reason) { return find(reasons, reason); }

}  // namespace mw::rdp
