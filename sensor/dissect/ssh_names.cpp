// Names around SSH: RFC 4253 11.1, the SSH 1.5 protocol draft (ylonen-ssh-protocol-00), and what implementations call themselves.
#include "sensor/dissect/ssh_names.hpp"

#include <algorithm>
#include <array>

namespace mw::ssh {
namespace {

struct mark {
  std::string_view text;
  program is;
};
/// How the version string of a program begins that is one maker's.
constexpr std::array<mark, 15> beginnings{{{"Cisco", {"Cisco", "IOS"}},
                                           {"ROSSSH", {"MikroTik", "RouterOS"}},
                                           {"HUAWEI", {"Huawei", "VRP"}},
                                           {"Comware", {"H3C", "Comware"}},
                                           {"H3C", {"H3C", "Comware"}},
                                           {"mpSSH", {"HPE", ""}},
                                           {"IPSSH", {"Wind River", "VxWorks"}},
                                           {"Sun_SSH", {"Oracle", "Solaris"}},
                                           {"NetScreen", {"Juniper", "ScreenOS"}},
                                           {"lancom", {"LANCOM", "LCOS"}},
                                           {"LANCOM", {"LANCOM", "LCOS"}},
                                           {"ZyXEL", {"Zyxel", ""}},
                                           {"Data ONTAP", {"NetApp", "ONTAP"}},
                                           {"Cradlepoint", {"Cradlepoint", ""}},
                                           {"OpenSSH_for_Windows", {"", "Windows"}}}};
/// What a distribution adds behind the program.
constexpr std::array<mark, 8> additions{{{"Ubuntu", {"", "Ubuntu"}},
                                         {"Raspbian", {"", "Raspbian"}},
                                         {"Debian", {"", "Debian"}},
                                         {"FreeBSD", {"", "FreeBSD"}},
                                         {"NetBSD", {"", "NetBSD"}},
                                         {"OpenVMS", {"", "OpenVMS"}},
                                         {"OPENVMS", {"", "OpenVMS"}},
                                         {"Windows", {"", "Windows"}}}};
constexpr std::array<std::string_view, 16> reasons{"",
                                                   "host_not_allowed_to_connect",
                                                   "protocol_error",
                                                   "key_exchange_failed",
                                                   "reserved",
                                                   "mac_error",
                                                   "compression_error",
                                                   "service_not_available",
                                                   "protocol_version_not_supported",
                                                   "host_key_not_verifiable",
                                                   "connection_lost",
                                                   "by_application",
                                                   "too_many_connections",
                                                   "auth_cancelled_by_user",
                                                   "no_more_auth_methods_available",
                                                   "illegal_user_name"};
constexpr std::array<std::string_view, 7> ciphers{"none", "idea", "des", "3des", "tss", "rc4", "blowfish"};
constexpr std::array<std::string_view, 7> methods{"", "rhosts", "rsa", "password", "rhosts_rsa", "tis", "kerberos"};

template <std::size_t N>
std::string names(const std::array<std::string_view, N>& of, std::uint32_t mask) {
  std::string out;
  for (std::size_t bit = 0; bit < N; ++bit)
    if ((mask >> bit & 1u) != 0 && !of[bit].empty()) out += (out.empty() ? "" : ",") + std::string{of[bit]};
  return out;
}

}  // namespace

program program_of(std::string_view software) {
  for (const auto& m : beginnings)
    if (software.starts_with(m.text)) return m.is;
  for (const auto& m : additions)
    if (software.find(m.text) != std::string_view::npos) return m.is;
  return {};
}
std::string_view reason_name(std::uint32_t code) { return code < reasons.size() ? reasons[code] : std::string_view{}; }
std::string ssh1_ciphers(std::uint32_t mask) { return names(ciphers, mask); }
std::string ssh1_methods(std::uint32_t mask) { return names(methods, mask); }

}  // namespace mw::ssh
