// The commands of FTP (RFC 959, 2228, 2428, 2640, 3659, 7151 and what servers add), its paths and addresses.
#include "sensor/dissect/ftp_commands.hpp"

#include "sensor/dissect/lines.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace mw::ftp {
namespace {

using enum argument;
constexpr std::size_t longest_path = 512;

constexpr auto commands = std::to_array<command>({
    {"USER", action::authenticate, text, "login"},
    {"PASS", action::authenticate, secret, "login"},
    {"ACCT", action::authenticate, secret, "login"},
    {"CWD", action::read, directory, "change_directory"},
    {"XCWD", action::read, directory, "change_directory"},
    {"CDUP", action::read, none, "change_to_parent_directory"},
    {"XCUP", action::read, none, "change_to_parent_directory"},
    {"SMNT", action::configure, directory, "structure_mount"},
    {"REIN", action::session, none, "reinitialize", false},
    {"QUIT", action::session, none, "logout", false},
    {"PORT", action::session, text, "data_port"},
    {"EPRT", action::session, text, "extended_data_port"},
    {"PASV", action::session, none, "passive"},
    {"EPSV", action::session, text, "extended_passive"},
    {"TYPE", action::session, text, "representation_type"},
    {"STRU", action::session, text, "file_structure"},
    {"MODE", action::session, text, "transfer_mode"},
    {"RETR", action::file_read, file, "retrieve"},
    {"STOR", action::file_write, file, "store"},
    {"STOU", action::file_write, file, "store_unique"},
    {"APPE", action::file_write, file, "append"},
    {"ALLO", action::session, text, "allocate"},
    {"REST", action::session, text, "restart_at"},
    {"RNFR", action::session, file, "rename_from"},
    {"RNTO", action::configure, file, "rename_to"},
    {"ABOR", action::session, none, "abort"},
    {"DELE", action::file_delete, file, "delete"},
    {"RMD", action::file_delete, directory, "remove_directory"},
    {"XRMD", action::file_delete, directory, "remove_directory"},
    {"RMDA", action::file_delete, directory, "remove_directory_tree"},
    {"MKD", action::file_write, directory, "make_directory"},
    {"XMKD", action::file_write, directory, "make_directory"},
    {"PWD", action::read, none, "print_working_directory"},
    {"XPWD", action::read, none, "print_working_directory"},
    {"LIST", action::read, directory, "list", false},
    {"NLST", action::read, directory, "name_list"},
    {"MLSD", action::read, directory, "machine_list_directory"},
    {"MLST", action::read, file, "machine_list"},
    {"STAT", action::read, directory, "status", false},
    {"SITE", action::control, text, "site"},
    {"SYST", action::identify, none, "system"},
    {"FEAT", action::identify, none, "features"},
    {"OPTS", action::session, text, "options"},
    {"HELP", action::identify, text, "help", false},
    {"NOOP", action::session, none, "no_operation", false},
    {"CLNT", action::identify, text, "client_program"},
    {"CSID", action::identify, text, "client_and_server_identification"},
    {"HOST", action::session, text, "virtual_host"},
    {"LANG", action::session, text, "language"},
    {"AUTH", action::session, text, "security_mechanism", false},
    {"ADAT", action::authenticate, secret, "security_data"},
    {"PBSZ", action::session, text, "protection_buffer_size"},
    {"PROT", action::session, text, "data_protection_level"},
    {"CCC", action::session, none, "clear_command_channel"},
    {"MIC", action::session, secret, "integrity_protected_command"},
    {"CONF", action::session, secret, "confidential_command"},
    {"ENC", action::session, secret, "private_command"},
    {"SIZE", action::read, file, "size"},
    {"MDTM", action::read, file, "modification_time"},
    {"MFMT", action::configure, text, "modify_modification_time"},
    {"MFCT", action::configure, text, "modify_creation_time"},
    {"MFF", action::configure, text, "modify_facts"},
    {"AVBL", action::read, directory, "available_space"},
    {"HASH", action::read, file, "digest"},
    {"MD5", action::read, file, "digest"},
    {"XMD5", action::read, file, "digest"},
    {"XCRC", action::read, file, "digest"},
    {"XSHA1", action::read, file, "digest"},
    {"XSHA256", action::read, file, "digest"},
    {"XSHA512", action::read, file, "digest"},
});

struct site_word {
  std::string_view word;
  mw::action action;
};
constexpr auto site_words = std::to_array<site_word>({
    {"CHMOD", action::configure},
    {"CHOWN", action::configure},
    {"CHGRP", action::configure},
    {"UMASK", action::configure},
    {"IDLE", action::configure},
    {"UTIME", action::configure},
    {"PSWD", action::configure},
    {"SYMLINK", action::file_write},
    {"CPFR", action::file_read},
    {"CPTO", action::file_write},
    {"MKDIR", action::file_write},
    {"RMDIR", action::file_delete},
    {"HELP", action::identify},
    {"WHO", action::identify},
    {"DIRSTYLE", action::session},
    {"UTF8", action::session},
    {"REBOOT", action::restart},
    {"RESET", action::restart},
});

bool absolute(std::string_view path) {
  return path.starts_with('/') || path.starts_with('\\') || (path.size() > 1 && path[1] == ':') || path.starts_with('~');
}

}  // namespace

const command* find_command(std::string_view word) {
  const auto* const at = std::ranges::find_if(commands, [&](const command& c) { return same_letters(c.name, word); });
  return at == commands.end() ? nullptr : at;
}

action site_action(std::string_view word) {
  const auto* const at = std::ranges::find_if(site_words, [&](const site_word& s) { return same_letters(s.word, word); });
  return at == site_words.end() ? action::control : at->action;
}

std::string join(std::string_view base, std::string_view path) {
  std::string whole;
  if (!absolute(path) && !base.empty()) whole = std::string{base} + '/';
  whole += path.substr(0, longest_path);
  std::ranges::replace(whole, '\\', '/');
  const bool rooted = whole.starts_with('/');
  std::vector<std::string_view> parts;
  for (std::string_view rest{whole}; !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty() && parts.back() != "..")
      parts.pop_back();
    else if (!rooted)
      parts.push_back(part);
  }
  std::string out;
  for (const auto part : parts) {
    if (rooted || !out.empty()) out += '/';
    out += part;
  }
  if (out.empty() && rooted) out = "/";
  if (out.empty()) out = ".";
  if (out.size() > longest_path) out.resize(longest_path);
  return out;
}

std::optional<endpoint> read_port(std::string_view text) {
  for (std::size_t at = text.find_first_of("0123456789"); at < text.size(); at = text.find_first_of("0123456789", at)) {
    std::array<unsigned, 6> n{};
    std::size_t read = 0;
    const char* p = text.data() + at;
    const char* const end = text.data() + text.size();
    for (; read < n.size(); ++read) {
      const auto [stop, bad] = std::from_chars(p, end, n[read]);
      if (bad != std::errc{} || n[read] > 255) break;
      p = stop;
      if (read + 1 == n.size()) continue;
      if (p == end || *p != ',') break;
      ++p;
      while (p != end && *p == ' ') ++p;
    }
    const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(n[i]); };
    if (read == n.size())
      return endpoint{.address = ip::v4(octet(0), octet(1), octet(2), octet(3)), .port = {static_cast<std::uint16_t>(n[4] << 8 | n[5])}};
    at = std::min(text.find_first_not_of("0123456789", at), text.size());
  }
  return {};
}

std::optional<endpoint> read_eprt(std::string_view text) {
  if (text.size() < 2) return {};
  const char bar = text[0];
  std::array<std::string_view, 3> parts;
  text.remove_prefix(1);
  for (auto& part : parts) {
    const auto end = text.find(bar);
    if (end == std::string_view::npos) return {};
    part = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  const auto address = ip::parse(parts[1]);
  std::uint16_t number = 0;
  const auto [stop, bad] = std::from_chars(parts[2].data(), parts[2].data() + parts[2].size(), number);
  if (!address || bad != std::errc{} || stop != parts[2].data() + parts[2].size()) return {};
  if (parts[0] != (address->is_v4() ? "1" : "2")) return {};
  return endpoint{.address = *address, .port = {number}};
}

std::optional<port> read_epsv(std::string_view text) {
  const auto open = text.find('(');
  if (open == std::string_view::npos || text.size() < open + 6) return {};
  const auto inner = text.substr(open + 1);
  if (inner[1] != inner[0] || inner[2] != inner[0]) return {};
  std::uint16_t number = 0;
  const auto [stop, bad] = std::from_chars(inner.data() + 3, inner.data() + inner.size(), number);
  if (bad != std::errc{} || stop == inner.data() + inner.size() || *stop != inner[0]) return {};
  return port{number};
}

std::string quoted(std::string_view text) {
  std::string out;
  const auto begin = text.find('"');
  if (begin == std::string_view::npos) return out;
  for (std::size_t i = begin + 1; i < text.size() && out.size() < longest_path; ++i) {
    if (text[i] != '"') {
      out += text[i];
      continue;
    }
    if (i + 1 >= text.size() || text[i + 1] != '"') return out;
    out += '"', ++i;
  }
  return {};
}

}  // namespace mw::ftp
