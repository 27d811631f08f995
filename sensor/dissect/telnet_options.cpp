// Telnet commands and options: RFC 854, RFC 855 and the IANA register "Telnet Options".
#include "sensor/dissect/telnet_options.hpp"

#include <algorithm>
#include <array>

namespace mw::telnet {
namespace {

constexpr std::size_t longest_suboption = 1024;

constexpr std::array<std::string_view, 50> names{"binary",
                                                 "echo",
                                                 "reconnection",
                                                 "suppress_go_ahead",
                                                 "message_size",
                                                 "status",
                                                 "timing_mark",
                                                 "remote_echo",
                                                 "line_width",
                                                 "page_size",
                                                 "carriage_return",
                                                 "tab_stops",
                                                 "tabs",
                                                 "form_feed",
                                                 "vertical_tab_stops",
                                                 "vertical_tabs",
                                                 "line_feed",
                                                 "extended_ascii",
                                                 "logout",
                                                 "byte_macro",
                                                 "data_entry_terminal",
                                                 "supdup",
                                                 "supdup_output",
                                                 "send_location",
                                                 "terminal_type",
                                                 "end_of_record",
                                                 "tacacs_user",
                                                 "output_marking",
                                                 "terminal_location",
                                                 "tn3270_regime",
                                                 "x3_pad",
                                                 "window_size",
                                                 "terminal_speed",
                                                 "flow_control",
                                                 "line_mode",
                                                 "x_display",
                                                 "environment_old",
                                                 "authentication",
                                                 "encryption",
                                                 "environment",
                                                 "tn3270e",
                                                 "xauth",
                                                 "charset",
                                                 "remote_serial_port",
                                                 "com_port",
                                                 "suppress_local_echo",
                                                 "start_tls",
                                                 "kermit",
                                                 "send_url",
                                                 "forward_x"};
constexpr std::array<std::string_view, 16> authentications{
    "none", "kerberos_v4", "kerberos_v5", "spx",    "minitel",      "srp", "rsa", "ssl", "",
    "",     "loki",        "ssa",         "kea_sj", "kea_sj_integ", "dss", "ntlm"};

}  // namespace

std::string_view option_name(std::uint8_t number) { return number < names.size() ? names[number] : std::string_view{}; }
std::string_view authentication_name(std::uint8_t type) {
  return type < authentications.size() ? authentications[type] : std::string_view{};
}

parser::event parser::take(std::uint8_t octet) {
  switch (at_) {
    case where::data:
      if (octet == iac) {
        at_ = where::command;
        return event::none;
      }
      octet_ = octet;
      return event::data;
    case where::command:
      at_ = where::data;
      octet_ = octet;
      if (octet == iac) return event::data;  // 255 itself
      if (octet == sb) at_ = where::suboption_option;
      if (octet >= will) at_ = where::option;
      if (octet == sb || octet >= will) return event::none;
      return octet >= 236 && octet != se ? event::other : event::unknown_command;
    case where::option:
      at_ = where::data;
      option_ = octet;
      return event::negotiation;
    case where::suboption_option:
      option_ = octet;
      kept_.clear();
      at_ = where::suboption;
      return event::none;
    case where::suboption:
      if (octet == iac)
        at_ = where::suboption_command;
      else
        kept_.push_back(octet);
      if (kept_.size() <= longest_suboption) return event::none;
      at_ = where::data;
      return event::endless;
    case where::suboption_command:
      at_ = octet == se ? where::data : where::suboption;
      if (octet == se) return event::suboption;
      if (octet == iac) kept_.push_back(octet);
      return event::none;
  }
  return event::none;
}

}  // namespace mw::telnet
