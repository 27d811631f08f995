// Names and systems out of NTLM ([MS-NLMP] 2.2.1.2, 2.2.1.3).
#include "sensor/dissect/ntlmssp_facts.hpp"

namespace mw::ntlmssp {
namespace {

constexpr std::uint8_t stated = 80, hinted = 50;

}  // namespace

void learn_from(const message& m, side from, output& out) {
  const auto say = [&](std::string_view kind, const std::string& value, std::uint8_t confidence) {
    if (!value.empty()) out.learn(from, {}, kind, value, confidence);
  };
  if (m.type == kind::challenge) {
    say("host_name", m.dns_computer.empty() ? m.computer : m.dns_computer, stated);
    say("domain", m.dns_domain.empty() ? m.netbios_domain : m.dns_domain, stated);
  }
  if (m.type == kind::authenticate && !m.anonymous()) say("host_name", m.workstation, hinted);
  // who is no Windows gives a build of 0 or a version of long ago
  if (!m.os.empty() && !m.os.ends_with(".0")) say("os", "Windows " + m.os, hinted);
}

void add_to(operation& op, const message& m) {
  const auto put = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) op.fields.emplace_back(name, text);
  };
  if (m.anonymous()) op.fields.emplace_back("anonymous", true);
  if (!m.user.empty()) op.objects.push_back({"user", m.domain.empty() ? m.user : m.domain + '\\' + m.user});
  put("user", m.user);
  put("domain", m.domain);
  put("workstation", m.workstation);
  put("service", m.service);
  if (m.version() != 0) op.fields.emplace_back("ntlm_version", std::int64_t{m.version()});
}

}  // namespace mw::ntlmssp
