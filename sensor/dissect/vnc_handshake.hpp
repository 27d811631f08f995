// The handshake of the remote framebuffer protocol: versions, security types, the login, the screen (RFC 6143 7.1 to 7.3).
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/vnc_names.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mw::rfb {

struct version {
  unsigned major = 0, minor = 0;
};
inline constexpr std::size_t version_size = 12;
/// "RFB 003.008\n"; nothing where the bytes are something else.
std::optional<version> parse_version(bytes data);

class handshake {
public:
  void take(const message& m, output& out);
  /// Bytes are missing: what is chosen next cannot be known.
  void lost();
  void end(output& out);
  bool running() const { return at_ == stage::running; }  ///< the viewer sees the screen
  side viewer() const { return viewer_.value_or(side::client); }
  std::vector<std::uint8_t> rest_of_viewer() { return std::exchange(heard_[1], {}); }  ///< what came together with the end

private:
  enum class stage : std::uint8_t {
    server_version,
    client_version,
    security_word,
    security_types,
    chosen,
    tunnels,
    tunnel,
    tight_types,
    tight_type,
    vencrypt_version,
    vencrypt_answer,
    vencrypt_types,
    vencrypt_type,
    vencrypt_go,
    plain,
    apple_key,
    apple_login,
    logon_key,
    logon_login,
    xvp_login,
    challenge,
    response,
    verdict,
    reason,
    client_init,
    server_init,
    running,
    hidden
  };

  bool step(output& out);  ///< one message; false where more bytes are needed
  bool server_says(reader& in, output& out);
  bool viewer_says(reader& in, output& out);
  void choose(std::uint32_t type, output& out);
  void ask();  ///< the viewer asks to be let in; the server's word follows
  void finish_login(outcome how, output& out);
  bool refuse(output& out, bool with_reason = true);  ///< the server wants nobody; a reason follows in clear text, or not
  bool broken(side from, std::string_view rule, std::string_view detail, output& out);
  void give_up(output& out);  ///< what follows is encrypted, unknown, or over
  void tell(outcome how, output& out);

  stage at_ = stage::server_version;
  std::optional<side> viewer_;
  std::array<std::vector<std::uint8_t>, 2> heard_;  ///< of the server and of the viewer; bounded
  std::vector<std::uint8_t> offered_;
  std::string server_version_, client_version_, types_, desktop_, reason_;
  std::optional<operation> login_;
  std::uint32_t type_ = invalid;
  unsigned minor_ = 8;
  std::size_t key_size_ = 0;
  std::uint16_t width_ = 0, height_ = 0;
  timestamp began_{}, now_{};
  bool told_ = false, refused_ = false;
};

}  // namespace mw::rfb
