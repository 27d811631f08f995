// What the entries that a directory answers with say of machines ([MS-ADTS] 3.1.1.3.2, 6.3), and of Java code to load (RFC 2713).
#include "sensor/dissect/ldap_facts.hpp"

#include "common/text.hpp"
#include "sensor/dissect/ldap_message.hpp"
#include "sensor/dissect/ldap_names.hpp"
#include "sensor/dissect/lines.hpp"
#include "sensor/dissect/ntlmssp.hpp"

#include <algorithm>

namespace mw::ldap {
namespace {

constexpr std::size_t longest_name = 255, most_jumps = 16;
constexpr std::uint32_t primary_flag = 1, catalog_flag = 4;

/// A name as RFC 1035 4.1.4 compresses it, from `at` in `whole`; moves `at` behind it.
std::string compressed_name(bytes whole, std::size_t& at) {
  constexpr std::uint8_t pointer = 0xc0;
  std::string name;
  auto here = at;
  bool jumped = false;
  for (std::size_t jumps = 0; here < whole.size() && name.size() < longest_name;) {
    const auto size = whole[here];
    if (size == 0) {
      if (!jumped) at = here + 1;
      return name;
    }
    if ((size & pointer) == pointer) {
      if (here + 2 > whole.size() || ++jumps > most_jumps) break;
      const auto to = static_cast<std::size_t>((size & 0x3f) << 8 | whole[here + 1]);
      if (!jumped) at = here + 2;
      jumped = true;
      here = to;
      continue;
    }
    if (size > 63 || here + 1 + size > whole.size()) break;
    (name += name.empty() ? "" : ".") += printable(whole.subspan(here + 1, size));
    here += 1 + size;
  }
  if (!jumped) at = whole.size();
  return {};
}
std::string wide_name(reader& in) {
  const auto rest = in.rest();
  std::size_t size = 0;
  while (size + 1 < rest.size() && (rest[size] != 0 || rest[size + 1] != 0)) size += 2;
  in.skip(std::min(size + 2, rest.size()));
  return ntlmssp::from_utf16(rest.first(size));
}

/// "DC=mill,DC=local" -> "mill.local".
std::string domain_of(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto part = trimmed(name.substr(0, name.find(',')));
    name.remove_prefix(std::min(name.size(), name.find(',') == std::string_view::npos ? name.size() : name.find(',') + 1));
    if (part.size() > 3 && same_letters(part.substr(0, 3), "DC=")) (out += out.empty() ? "" : ".") += part.substr(3);
  }
  return out;
}

void add(std::vector<learned>& to, std::string_view kind, std::string value) {
  if (!value.empty()) to.push_back({kind, std::move(value)});
}

struct source {
  std::string_view attribute, kind;
};
constexpr source of_root[] = {{"dnsHostName", "host_name"}, {"vendorName", "vendor"}, {"vendorVersion", "software"}};
constexpr source of_java[] = {{"javaClassName", "java_class_name"},
                              {"javaCodeBase", "java_code_base"},
                              {"javaFactory", "java_factory"},
                              {"javaRemoteLocation", "java_remote_location"},
                              {"javaReferenceAddress", "java_reference_address"}};

}  // namespace

std::vector<learned> read_netlogon(bytes value) {
  constexpr std::uint16_t response = 19, unknown_user = 21, paused_extended = 24, response_extended = 23, unknown_user_extended = 25;
  std::vector<learned> out;
  reader in{value};
  const auto code = in.u16le();
  if (code == response_extended || code == unknown_user_extended || code == paused_extended) {
    in.skip(2);
    const auto flags = in.u32le();
    in.skip(16);
    if (!in.ok()) return {};
    auto at = in.at();
    const auto forest = compressed_name(value, at), domain = compressed_name(value, at), host = compressed_name(value, at);
    add(out, "domain", domain);
    add(out, "forest", forest);
    add(out, "host_name", host);
    add(out, "netbios_domain", compressed_name(value, at));
    add(out, "netbios_name", compressed_name(value, at));
    compressed_name(value, at);  // the user who was asked for
    add(out, "site", compressed_name(value, at));
    if ((flags & primary_flag) != 0) add(out, "role", "primary_domain_controller");
    if ((flags & catalog_flag) != 0) add(out, "role", "global_catalog");
    add(out, "role", "domain_controller");
  } else if (code == response || code == unknown_user) {
    auto host = wide_name(in);
    wide_name(in);
    while (host.starts_with('\\')) host.erase(0, 1);
    add(out, "netbios_name", host);
    add(out, "netbios_domain", wide_name(in));
    add(out, "role", "domain_controller");
  }
  return out;
}

entry_words read_entry(std::string_view name, bytes entry) {
  entry_words words;
  each_attribute(entry, [&](std::string_view attribute, bytes first, std::size_t) {
    if (same_letters(attribute, "netlogon"))
      for (auto& f : read_netlogon(first)) words.facts.push_back(std::move(f));
    for (const auto& s : of_java)
      if (same_letters(attribute, s.attribute) && words.java.size() < 16) words.java.emplace_back(s.kind, printable(first));
    if (same_letters(attribute, "javaSerializedData")) words.java.emplace_back("java_serialized_data_bytes", std::uint64_t{first.size()});
    if (!name.empty()) return;
    for (const auto& s : of_root)
      if (same_letters(attribute, s.attribute)) add(words.facts, s.kind, printable(first));
    if (same_letters(attribute, "defaultNamingContext")) add(words.facts, "domain", domain_of(printable(first)));
    if (same_letters(attribute, "domainControllerFunctionality")) {
      add(words.facts, "role", "domain_controller");
      add(words.facts, "os", std::string{level_name(printable(first))});
    }
  });
  return words;
}

}  // namespace mw::ldap
