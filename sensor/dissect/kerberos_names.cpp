// Names of what Kerberos numbers (RFC 4120 and the registries that followed it).
#include "sensor/dissect/kerberos_names.hpp"

#include <algorithm>
#include <array>

namespace mw::kerberos {
namespace {

struct etype {
  std::int64_t number;
  std::string_view name;
  bool weak;
};
constexpr std::array<etype, 20> etypes{{{1, "des_cbc_crc", true},
                                        {2, "des_cbc_md4", true},
                                        {3, "des_cbc_md5", true},
                                        {5, "des3_cbc_md5", true},
                                        {7, "des3_cbc_sha1", true},
                                        {16, "des3_cbc_sha1_kd", true},
                                        {17, "aes128_cts_hmac_sha1_96", false},
                                        {18, "aes256_cts_hmac_sha1_96", false},
                                        {19, "aes128_cts_hmac_sha256_128", false},
                                        {20, "aes256_cts_hmac_sha384_192", false},
                                        {23, "rc4_hmac", true},
                                        {24, "rc4_hmac_exp", true},
                                        {25, "camellia128_cts_cmac", false},
                                        {26, "camellia256_cts_cmac", false},
                                        {65, "subkey_keymaterial", false},
                                        {-128, "rc4_md4", true},
                                        {-133, "rc4_hmac_old", true},
                                        {-135, "rc4_hmac_old_exp", true},
                                        {-140, "rc4_plain", true},
                                        {-141, "rc4_plain_exp", true}}};
const etype* find(std::int64_t number) {
  const auto* const at = std::ranges::find(etypes, number, &etype::number);
  return at == etypes.end() ? nullptr : at;
}

struct word {
  std::int64_t number;
  std::string_view name;
};
constexpr word errors[] = {{0, "NONE"},
                           {1, "NAME_EXPIRED"},
                           {2, "SERVICE_EXPIRED"},
                           {3, "BAD_PVNO"},
                           {4, "CLIENT_OLD_MASTER_KEY_VERSION"},
                           {5, "SERVICE_OLD_MASTER_KEY_VERSION"},
                           {6, "CLIENT_PRINCIPAL_UNKNOWN"},
                           {7, "SERVICE_PRINCIPAL_UNKNOWN"},
                           {8, "PRINCIPAL_NOT_UNIQUE"},
                           {9, "NULL_KEY"},
                           {10, "CANNOT_POSTDATE"},
                           {11, "NEVER_VALID"},
                           {12, "POLICY"},
                           {13, "BADOPTION"},
                           {14, "ETYPE_NOSUPP"},
                           {15, "SUMTYPE_NOSUPP"},
                           {16, "PADATA_TYPE_NOSUPP"},
                           {17, "TRTYPE_NOSUPP"},
                           {18, "CLIENT_REVOKED"},
                           {19, "SERVICE_REVOKED"},
                           {20, "TGT_REVOKED"},
                           {21, "CLIENT_NOTYET"},
                           {22, "SERVICE_NOTYET"},
                           {23, "KEY_EXPIRED"},
                           {24, "PREAUTH_FAILED"},
                           {25, "PREAUTH_REQUIRED"},
                           {26, "SERVER_NOMATCH"},
                           {27, "MUST_USE_USER2USER"},
                           {28, "PATH_NOT_ACCEPTED"},
                           {29, "SERVICE_UNAVAILABLE"},
                           {31, "BAD_INTEGRITY"},
                           {32, "TICKET_EXPIRED"},
                           {33, "TICKET_NOT_YET_VALID"},
                           {34, "REPEAT"},
                           {35, "NOT_US"},
                           {36, "BADMATCH"},
                           {37, "SKEW"},
                           {38, "BADADDR"},
                           {39, "BADVERSION"},
                           {40, "MSG_TYPE"},
                           {41, "MODIFIED"},
                           {42, "BADORDER"},
                           {44, "BADKEYVER"},
                           {45, "NOKEY"},
                           {46, "MUT_FAIL"},
                           {47, "BADDIRECTION"},
                           {48, "METHOD"},
                           {49, "BADSEQ"},
                           {50, "INAPP_CKSUM"},
                           {51, "PATH_NOT_ACCEPTED"},
                           {52, "RESPONSE_TOO_BIG"},
                           {60, "GENERIC"},
                           {61, "FIELD_TOOLONG"},
                           {62, "CLIENT_NOT_TRUSTED"},
                           {63, "KDC_NOT_TRUSTED"},
                           {64, "INVALID_SIG"},
                           {65, "KEY_TOO_WEAK"},
                           {66, "CERTIFICATE_MISMATCH"},
                           {67, "NO_TGT"},
                           {68, "WRONG_REALM"},
                           {69, "USER_TO_USER_REQUIRED"},
                           {70, "CANT_VERIFY_CERTIFICATE"},
                           {71, "INVALID_CERTIFICATE"},
                           {72, "REVOKED_CERTIFICATE"},
                           {73, "REVOCATION_STATUS_UNKNOWN"},
                           {74, "REVOCATION_STATUS_UNAVAILABLE"},
                           {75, "CLIENT_NAME_MISMATCH"},
                           {76, "KDC_NAME_MISMATCH"},
                           {77, "INCONSISTENT_KEY_PURPOSE"},
                           {78, "DIGEST_IN_CERT_NOT_ACCEPTED"},
                           {79, "PA_CHECKSUM_MUST_BE_INCLUDED"},
                           {80, "DIGEST_IN_SIGNED_DATA_NOT_ACCEPTED"},
                           {81, "PUBLIC_KEY_ENCRYPTION_NOT_SUPPORTED"},
                           {90, "PREAUTH_EXPIRED"},
                           {91, "MORE_PREAUTH_DATA_REQUIRED"},
                           {92, "PREAUTH_BAD_AUTHENTICATION_SET"},
                           {93, "UNKNOWN_CRITICAL_FAST_OPTIONS"}};
constexpr word preauth[] = {{1, "tgs_request"},
                            {2, "encrypted_timestamp"},
                            {3, "password_salt"},
                            {11, "etype_info"},
                            {14, "pkinit_old_request"},
                            {15, "pkinit_old_reply"},
                            {16, "pkinit_request"},
                            {17, "pkinit_reply"},
                            {19, "etype_info2"},
                            {20, "server_referral"},
                            {111, "td_cms_digest"},
                            {128, "pac_request"},
                            {129, "for_user"},
                            {130, "for_x509_user"},
                            {133, "fx_cookie"},
                            {134, "authentication_set"},
                            {136, "fast"},
                            {137, "fx_error"},
                            {138, "encrypted_challenge"},
                            {141, "otp_challenge"},
                            {142, "otp_request"},
                            {144, "otp_pin_change"},
                            {147, "pkinit_kx"},
                            {149, "request_enc_pa_rep"},
                            {150, "as_freshness"},
                            {151, "spake"},
                            {165, "supported_etypes"},
                            {166, "extended_error"},
                            {167, "pac_options"}};
constexpr word options[] = {{1, "forwardable"},
                            {2, "forwarded"},
                            {3, "proxiable"},
                            {4, "proxy"},
                            {5, "allow_postdate"},
                            {6, "postdated"},
                            {8, "renewable"},
                            {14, "constrained_delegation"},
                            {15, "canonicalize"},
                            {16, "anonymous"},
                            {26, "disable_transited_check"},
                            {27, "renewable_ok"},
                            {28, "user_to_user"},
                            {30, "renew"},
                            {31, "validate"}};
constexpr std::string_view password_results[] = {"success",    "malformed",     "hard_error",  "authentication_error",
                                                 "soft_error", "access_denied", "bad_version", "initial_flag_needed"};

}  // namespace

std::string etype_name(std::int64_t number) {
  const auto* e = find(number);
  return e == nullptr ? std::to_string(number) : std::string{e->name};
}
bool is_weak(std::int64_t number) {
  const auto* e = find(number);
  return e != nullptr && e->weak;
}
std::string_view error_name(std::int64_t code) {
  const auto* const at = std::ranges::find(errors, code, &word::number);
  return at == std::end(errors) ? "UNKNOWN" : at->name;
}
std::string_view preauth_name(std::int64_t type) {
  const auto* const at = std::ranges::find(preauth, type, &word::number);
  return at == std::end(preauth) ? "" : at->name;
}
std::string option_names(std::string_view bits) {
  std::string out;
  for (const auto& o : options)
    if (static_cast<std::size_t>(o.number) < bits.size() && bits[static_cast<std::size_t>(o.number)] == '1')
      (out += out.empty() ? "" : ",") += o.name;
  return out;
}
std::string_view password_result(std::uint32_t code) {
  return code < std::size(password_results) ? password_results[code] : std::string_view{"unknown"};
}

}  // namespace mw::kerberos
