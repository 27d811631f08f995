// Telnet commands out of a stream of octets (RFC 854, RFC 855), and what the options are called.
#pragma once
#include "common/reader.hpp"

#include <string_view>
#include <vector>

namespace mw::telnet {

enum command : std::uint8_t { end_of_record = 239, se = 240, sb = 250, will = 251, wont = 252, go = 253, dont = 254, iac = 255 };
enum option : std::uint8_t {
  binary = 0,
  echo = 1,
  terminal_type = 24,
  records = 25,
  window = 31,
  x_display = 35,
  authentication = 37,
  encryption = 38,
  environment = 39,
  tn3270 = 40,
  com_port = 44,
  start_tls = 46
};
/// RFC 855 and the register of IANA; "" where nobody gave a name.
std::string_view option_name(std::uint8_t number);
/// RFC 2941: types of the authentication option.
std::string_view authentication_name(std::uint8_t type);

/// One octet after the other; what is not a command is data.
class parser {
public:
  enum class event : std::uint8_t { none, data, negotiation, suboption, other, unknown_command, endless };
  event take(std::uint8_t octet);
  std::uint8_t octet() const { return octet_; }    ///< of data, or the command
  std::uint8_t option() const { return option_; }  ///< of a negotiation or suboption
  bytes suboption() const { return kept_; }        ///< its content, without the option
  void clear() { at_ = where::data; }

private:
  enum class where : std::uint8_t { data, command, option, suboption_option, suboption, suboption_command };
  where at_ = where::data;
  std::uint8_t octet_ = 0, option_ = 0;
  std::vector<std::uint8_t> kept_;
};

}  // namespace mw::telnet
