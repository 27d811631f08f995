// What a TLS connection showed, as records tell it: one operation, what is said of the flow, what is learned of the machines.
#pragma once
#include "sensor/dissect/tls_connection.hpp"

namespace mw::tls {

/// Of whom it is told.
struct telling {
  std::string_view protocol = "tls";  ///< literal
  bool inside = false;                ///< the conversation is another protocol's, which carries this one
  std::array<ip, 2> addresses{};      ///< by side
};

/// Passes on the rules that were broken.
void tell_remarks(connection& c, const telling& of, output& out);
/// Tells the handshake when it has ended; `over`: nothing more is waited for.
void tell(connection& c, const telling& of, timestamp now, bool over, output& out);

}  // namespace mw::tls
