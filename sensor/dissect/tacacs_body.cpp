// Bodies of TACACS+ packets (RFC 8907 5 to 7) that are not obfuscated.
#include "sensor/dissect/tacacs_body.hpp"

#include "common/text.hpp"
#include "sensor/dissect/lines.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mw::tacacs {
namespace {

constexpr std::size_t most_arguments = 32, longest_command = 256;

struct word {
  std::uint8_t number;
  std::string_view name;
};
std::string_view find(std::span<const word> table, std::uint8_t number) {
  const auto at = std::ranges::find(table, number, &word::number);
  return at == table.end() ? "unknown" : at->name;
}
constexpr word actions[] = {{1, "login"}, {2, "change_password"}, {4, "send_auth"}};
constexpr word kinds[] = {{0, "none"}, {1, "ascii"}, {2, "pap"}, {3, "chap"}, {5, "ms_chap"}, {6, "ms_chap_v2"}};
constexpr word services[] = {{0, "none"}, {1, "login"}, {2, "enable"}, {3, "ppp"},           {5, "pt"},
                             {6, "rcmd"}, {7, "x25"},   {8, "nasi"},   {9, "firewall_proxy"}};
constexpr word methods[] = {{0, "not_set"},     {1, "none"},  {2, "kerberos_5"}, {3, "line"},        {4, "enable"},         {5, "local"},
                            {6, "tacacs_plus"}, {8, "guest"}, {16, "radius"},    {17, "kerberos_4"}, {32, "remote_command"}};
struct meaning {
  std::uint8_t number;
  std::string_view name;
  verdict_kind is;
};
constexpr meaning authentications[] = {{1, "pass", verdict_kind::pass},        {2, "fail", verdict_kind::fail},
                                       {3, "get_data", verdict_kind::goes_on}, {4, "get_user", verdict_kind::goes_on},
                                       {5, "get_pass", verdict_kind::goes_on}, {6, "restart", verdict_kind::goes_on},
                                       {7, "error", verdict_kind::error},      {0x21, "follow", verdict_kind::follow}};
constexpr meaning authorizations[] = {{1, "pass_add", verdict_kind::pass},
                                      {2, "pass_replace", verdict_kind::pass},
                                      {0x10, "fail", verdict_kind::fail},
                                      {0x11, "error", verdict_kind::error},
                                      {0x21, "follow", verdict_kind::follow}};
constexpr meaning accountings[] = {
    {1, "success", verdict_kind::pass}, {2, "error", verdict_kind::error}, {0x21, "follow", verdict_kind::follow}};

void meaning_of(std::span<const meaning> table, std::uint8_t number, reply& to) {
  const auto at = std::ranges::find(table, number, &meaning::number);
  to.status = number;
  to.name = at == table.end() ? "unknown" : at->name;
  to.is = at == table.end() ? verdict_kind::error : at->is;
}

std::optional<request> read_start(reader in) {
  request r;
  r.action = find(actions, in.u8());
  r.privilege = in.u8();
  r.kind = find(kinds, in.u8());
  r.service = find(services, in.u8());
  const std::size_t user = in.u8(), port = in.u8(), address = in.u8(), data = in.u8();
  r.user = printable(in.take(user));
  r.port = printable(in.take(port));
  r.address = printable(in.take(address));
  in.skip(data);
  r.data_given = data != 0;
  if (!in.ok() || in.left() != 0) return {};
  return r;
}
std::optional<request> read_continue(reader in) {
  constexpr std::uint8_t abort = 1;
  request r;
  r.is_continue = true;
  const std::size_t message = in.u16(), data = in.u16();
  r.aborted = (in.u8() & abort) != 0;
  in.skip(message);
  in.skip(data);
  r.data_given = message != 0;
  if (!in.ok() || in.left() != 0) return {};
  return r;
}

/// What follows such a word in a command may be a secret.
bool hides_rest(std::string_view word) {
  return word == "password" || word == "secret" || word == "key" || word == "key-string" || word == "community" || word == "passphrase";
}

void read_arguments(reader& in, std::size_t count, bytes sizes, request& to) {
  bool hidden = false;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const auto argument = printable(in.take(sizes[i]));
    const auto sign = argument.find_first_of("=*");
    const auto name = std::string_view{argument}.substr(0, sign);
    const bool command = name == "cmd" || name == "cmd-arg";
    if (command && sign != std::string::npos) {
      const auto word = std::string_view{argument}.substr(sign + 1);
      if (to.command.size() < longest_command) (to.command += to.command.empty() ? "" : " ") += hidden ? std::string_view{"*"} : word;
      for (auto rest = word; !rest.empty();) hidden = hides_rest(take_word(rest)) || hidden;
    } else if (to.arguments.size() < most_arguments) {
      to.arguments.push_back(argument);
    }
  }
}
std::optional<request> read_asked(std::uint8_t type, reader in) {
  request r;
  if (type == accounting) {
    constexpr std::uint8_t start = 2, stop = 4, watchdog = 8;
    const auto flags = in.u8();
    r.action = (flags & watchdog) != 0 ? "update" : (flags & start) != 0 ? "start" : (flags & stop) != 0 ? "stop" : "unknown";
  }
  r.method = find(methods, in.u8());
  r.privilege = in.u8();
  r.kind = find(kinds, in.u8());
  r.service = find(services, in.u8());
  const std::size_t user = in.u8(), port = in.u8(), address = in.u8(), count = in.u8();
  const auto sizes = in.take(count);
  r.user = printable(in.take(user));
  r.port = printable(in.take(port));
  r.address = printable(in.take(address));
  if (in.ok()) read_arguments(in, count, sizes, r);
  if (!in.ok() || in.left() != 0) return {};
  return r;
}

}  // namespace

std::string_view type_name(std::uint8_t t) {
  constexpr std::array<std::string_view, 4> names{"", "authentication", "authorization", "accounting"};
  return t < names.size() ? names[t] : "";
}

std::optional<request> read_request(std::uint8_t type, std::uint8_t sequence, bytes body) {
  reader in{body};
  if (type != authentication) return read_asked(type, in);
  return sequence == 1 ? read_start(in) : read_continue(in);
}

std::optional<reply> read_reply(std::uint8_t type, bytes body) {
  reader in{body};
  reply r;
  if (type == authentication) {
    meaning_of(authentications, in.u8(), r);
    in.skip(1);
    const std::size_t message = in.u16(), data = in.u16();
    r.message = printable(in.take(message));
    in.skip(data);
  } else if (type == authorization) {
    meaning_of(authorizations, in.u8(), r);
    const std::size_t count = in.u8(), message = in.u16(), data = in.u16();
    std::size_t arguments = 0;
    for (const auto size : in.take(count)) arguments += size;
    r.message = printable(in.take(message));
    in.skip(data);
    in.skip(arguments);
  } else {
    const std::size_t message = in.u16(), data = in.u16();
    meaning_of(accountings, in.u8(), r);
    r.message = printable(in.take(message));
    in.skip(data);
  }
  if (!in.ok() || in.left() != 0) return {};
  return r;
}

}  // namespace mw::tacacs
