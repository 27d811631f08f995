// What can be seen of an S7comm-plus connection that goes on as TLS inside its transport: version and server name (RFC 8446).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace mw::s7plus {

/// True where a TLS record begins here.
bool begins_tls(bytes data);

/// Watches both directions until the greetings are seen, and then says once what they were.
class tls_watch {
public:
  struct greeting {
    std::string version, cipher, server_name;
  };
  /// True when what there is to know is known, once.
  bool add(side from, bytes data);
  /// True if anything was seen that has not been told.
  bool finish() { return !told_ && seen_ ? (told_ = true) : false; }
  void on_gap(side from);
  const greeting& what() const { return what_; }

private:
  void read(bytes record);
  static constexpr std::size_t limit = 16 * 1024;  ///< a greeting is one record
  struct stream {
    std::vector<std::uint8_t> held;
    bool done = false;
  };
  std::array<stream, 2> streams_;
  greeting what_;
  bool seen_ = false, told_ = false;
};

}  // namespace mw::s7plus
