// What a message of NTLM says about machines and users, for whoever carries it (SMB, DCE/RPC, HTTP).
#pragma once
#include "sensor/dissect/ntlmssp.hpp"
#include "sensor/dissect/protocol.hpp"

namespace mw::ntlmssp {

/// A challenge tells the server's names and system; an answer to it the client's.
void learn_from(const message& m, side from, output& out);
/// User, domain and workstation of an authenticate message, as fields and as the object of `op`.
void add_to(operation& op, const message& m);

}  // namespace mw::ntlmssp
