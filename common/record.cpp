// Names of the closed sets in the records.
#include "common/record.hpp"

#include <array>
#include <charconv>

namespace mw {
namespace {

constexpr std::array<std::string_view, action_count> actions{
    "read",           "write",      "control",     "subscribe", "report", "start",    "stop",     "restart",      "program_download",
    "program_upload", "firmware",   "mode_change", "configure", "force",  "diagnose", "identify", "authenticate", "time_sync",
    "file_read",      "file_write", "file_delete", "alarm",     "session"};
constexpr std::array<std::string_view, 6> outcomes{"ok", "refused", "timeout", "unpaired", "unsolicited", "none"};
constexpr std::array<std::string_view, 5> transports{"tcp", "udp", "icmp", "ethernet", "other"};
constexpr std::array<std::string_view, 4> certainties{"none", "candidate", "confirmed", "opaque"};

template <class T, std::size_t N>
std::optional<T> find(const std::array<std::string_view, N>& names, std::string_view name) {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name) return static_cast<T>(i);
  return {};
}

}  // namespace

std::string_view to_string(action a) { return actions.at(static_cast<std::size_t>(a)); }
std::optional<action> parse_action(std::string_view s) { return find<action>(actions, s); }
std::string_view to_string(outcome o) { return outcomes.at(static_cast<std::size_t>(o)); }
std::optional<outcome> parse_outcome(std::string_view s) { return find<outcome>(outcomes, s); }
std::string_view to_string(transport t) { return transports.at(static_cast<std::size_t>(t)); }
std::optional<transport> parse_transport(std::string_view s) { return find<transport>(transports, s); }
std::string_view to_string(certainty c) { return certainties.at(static_cast<std::size_t>(c)); }

bool is_change(action a) {
  switch (a) {
    case action::read:
    case action::subscribe:
    case action::report:
    case action::diagnose:
    case action::identify:
    case action::authenticate:
    case action::program_upload:
    case action::file_read:
    case action::alarm:
    case action::session: return false;
    default: return true;
  }
}

std::string to_string(const value& v) {
  struct visitor {
    std::string operator()(std::monostate) const { return "null"; }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(std::int64_t n) const { return std::to_string(n); }
    std::string operator()(std::uint64_t n) const { return std::to_string(n); }
    std::string operator()(double d) const {
      std::array<char, 32> text{};
      const auto [end, _] = std::to_chars(text.begin(), text.end(), d);
      return {text.begin(), end};
    }
    std::string operator()(const std::string& s) const { return s; }
  };
  return std::visit(visitor{}, v);
}

timestamp time_of(const record& r) {
  return std::visit(
      [](const auto& x) {
        if constexpr (requires { x.time; })
          return x.time;
        else
          return x.last;
      },
      r);
}

std::string_view type_of(const record& r) {
  constexpr std::array<std::string_view, 5> names{"flow", "operation", "fact", "violation", "status"};
  return names.at(r.index());
}

}  // namespace mw
