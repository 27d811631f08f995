// Who got in: the outcome of SSH logins (RFC 4252), read from the sizes of encrypted packets.
#pragma once
#include "sensor/dissect/protocol.hpp"
#include "sensor/dissect/ssh_algorithms.hpp"

#include <array>

namespace mw::ssh {

/// How it knows. The server's SERVICE_ACCEPT carries 17 octets and is answered by login requests; USERAUTH_SUCCESS carries 1 octet, the
/// fewest there are, and with every cipher is 16 octets smaller on the wire than SERVICE_ACCEPT. USERAUTH_FAILURE carries the same list
/// of methods each time: the first other answer gives its size, an answer of that size is a refusal. A request that got another answer
/// (a prompt, "this key would do", a banner before the answer) goes on with the client's next packet and is no attempt of its own.
///
/// Where it errs: a list of methods that changes after a partial success is taken for a prompt; a first answer that is a prompt counts as
/// a refusal; packets that share a segment are one where their borders are encrypted; users, and the method but by size, stay unseen.
class authentication {
public:
  void shapes(std::optional<shape> client, std::optional<shape> server) { shapes_ = {client, server}; }
  void take(side from, bytes data, timestamp at, output& out);
  void gap(side from);
  void end(output& out);
  bool decided() const { return decided_; }

private:
  struct cutter {
    std::size_t head = 0, left = 0, total = 0;
    std::uint32_t length = 0;
    bool lost = false;  ///< borders are not known any more: a segment counts as a packet
  };
  struct request {
    timestamp at{}, answered{};
    std::size_t size = 0, answer = 0;
    bool first = false;
  };
  void packet(side from, std::size_t size, timestamp at, output& out);
  void asked(std::size_t size, timestamp at, output& out);
  void answered(std::size_t size, timestamp at, output& out);
  void judge(bool over, output& out);
  void tell(outcome how, output& out);

  std::array<std::optional<shape>, 2> shapes_;
  std::array<cutter, 2> cutters_;
  std::size_t accept_ = 0, failure_ = 0, last_answer_ = 0;
  std::uint32_t asked_ = 0, attempts_ = 0, requests_ = 0;
  std::optional<request> open_;
  bool decided_ = false;
};

}  // namespace mw::ssh
