// Looks up interfaces and operations in the tables of their families.
#include "sensor/dissect/msrpc_interfaces.hpp"

#include "sensor/dissect/lines.hpp"

#include <algorithm>
#include <array>

namespace mw::msrpc {
namespace {

struct verb {
  std::string_view word;
  action means;
};
/// The first of these words in an operation's name says what it does; without one it reads.
constexpr std::array<verb, 50> verbs{{
    {"abort", action::control},    {"add", action::configure},      {"advise", action::subscribe},   {"bind", action::session},
    {"change", action::configure}, {"clear", action::configure},    {"close", action::session},      {"connect", action::session},
    {"control", action::control},  {"create", action::configure},   {"delete", action::configure},   {"del", action::configure},
    {"disable", action::control},  {"enable", action::control},     {"enum", action::read},          {"enumerate", action::read},
    {"find", action::read},        {"get", action::read},           {"install", action::configure},  {"insert", action::configure},
    {"join", action::configure},   {"load", action::configure},     {"lookup", action::read},        {"modify", action::configure},
    {"move", action::configure},   {"notify", action::subscribe},   {"open", action::session},       {"put", action::configure},
    {"query", action::read},       {"read", action::read},          {"register", action::configure}, {"remove", action::configure},
    {"rename", action::configure}, {"replace", action::configure},  {"reset", action::session},      {"restore", action::configure},
    {"run", action::control},      {"set", action::configure},      {"start", action::control},      {"stop", action::control},
    {"store", action::configure},  {"unadvise", action::subscribe}, {"unbind", action::session},     {"unjoin", action::configure},
    {"unload", action::configure}, {"update", action::configure},   {"upload", action::write},       {"validate", action::read},
    {"wait", action::subscribe},   {"write", action::write},
}};

struct pipe {
  std::string_view name, serves;
};
/// [MS-SCMR] 2.1 and its like; lsass serves several, of which the first is asked most.
constexpr std::array<pipe, 13> pipes{{{"svcctl", "svcctl"},
                                      {"ntsvcs", "svcctl"},
                                      {"scerpc", "svcctl"},
                                      {"atsvc", "atsvc"},
                                      {"winreg", "winreg"},
                                      {"eventlog", "eventlog"},
                                      {"samr", "samr"},
                                      {"lsarpc", "lsarpc"},
                                      {"netlogon", "netlogon"},
                                      {"srvsvc", "srvsvc"},
                                      {"wkssvc", "wkssvc"},
                                      {"spoolss", "spoolss"},
                                      {"netdfs", "netdfs"}}};

template <class Is>
const interface* first_of(Is is) {
  for (const auto& family : {windows_interfaces(), directory_interfaces(), object_interfaces(), opc_interfaces()})
    for (const auto& i : family)
      if (is(i)) return &i;
  return nullptr;
}

std::string_view name_of(const interface& of, std::uint16_t operation) {
  auto names = of.names;
  std::string_view name;
  for (unsigned n = of.first; n <= operation && !names.empty(); ++n) {
    name = take_word(names);
    if (n == operation) return name == "-" ? std::string_view{} : name;
  }
  return {};
}

}  // namespace

const interface* find(const dce_rpc::uuid& id) {
  return first_of([&](const interface& i) { return i.id == id; });
}
const interface* find(std::string_view name) {
  return first_of([&](const interface& i) { return i.name == name; });
}

const interface* behind_pipe(std::string_view name) {
  if (const auto slash = name.rfind('\\'); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const auto* const at = std::ranges::find_if(pipes, [&](const pipe& p) { return same_letters(p.name, name); });
  return at != pipes.end() ? find(at->serves) : nullptr;
}

std::string operation_name(const interface* of, std::uint16_t operation) {
  const auto name = of != nullptr ? name_of(*of, operation) : std::string_view{};
  return name.empty() ? "operation_" + std::to_string(operation) : std::string{name};
}

action action_of(const interface* of, std::uint16_t operation) {
  if (of == nullptr) return action::read;
  if (const auto at = std::ranges::find(of->meanings, operation, &meaning::operation); at != of->meanings.end()) return at->means;
  auto name = name_of(*of, operation);
  while (!name.empty()) {
    auto word = name.substr(0, name.find('_'));
    name.remove_prefix(std::min(word.size() + 1, name.size()));
    while (!word.empty() && word.back() >= '0' && word.back() <= '9') word.remove_suffix(1);
    if (const auto* const at = std::ranges::find(verbs, word, &verb::word); at != verbs.end()) return at->means;
  }
  return action::read;
}

}  // namespace mw::msrpc
