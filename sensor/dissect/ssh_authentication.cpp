// The outcome of SSH logins from the sizes of encrypted packets: RFC 4252 5, 5.1 and 8, RFC 4253 6 and 10.
#include "sensor/dissect/ssh_authentication.hpp"

#include <algorithm>

namespace mw::ssh {
namespace {

constexpr std::size_t accept_payload = 17;       // type, "ssh-userauth"
constexpr std::size_t accept_over_success = 16;  // octets on the wire
constexpr std::size_t longest_none = 31 + 16;    // a request of method "none" for a user of 16 letters
constexpr std::size_t longest_failure = 128;     // all methods that are registered, in one list
constexpr std::size_t longest_packet = 262'144;  // OpenSSH's own limit; RFC 4253 6.1 asks for 35000
constexpr std::uint32_t most_told = 1000;        // no server that is sane lets a client try so often in one connection

std::size_t wire_size(const shape& s, std::size_t payload) {
  const auto padded = payload + 1 + 4 + (s.counts_length ? 4u : 0u);
  return (padded + s.block - 1) / s.block * s.block + (s.counts_length ? 0u : 4u) + s.tag;
}

}  // namespace

void authentication::take(side from, bytes data, timestamp at, output& out) {
  const auto i = static_cast<std::size_t>(from);
  auto& c = cutters_[i];
  if (!shapes_[i] || !shapes_[i]->clear_length || c.lost) return packet(from, data.size(), at, out);
  while (!data.empty() && !decided_) {
    if (c.head < 4) {
      c.length = c.length << 8 | data.front();
      data = data.subspan(1);
      if (++c.head < 4) continue;
      if (c.length < 8 || c.length > longest_packet) {
        c.lost = true;
        return;
      }
      c.left = c.length + shapes_[i]->tag, c.total = c.left + 4;
      continue;
    }
    const auto n = std::min(c.left, data.size());
    data = data.subspan(n), c.left -= n;
    if (c.left != 0) continue;
    packet(from, c.total, at, out);
    c.head = 0, c.length = 0;
  }
}

void authentication::gap(side from) { cutters_[static_cast<std::size_t>(from)].lost = true; }

void authentication::packet(side from, std::size_t size, timestamp at, output& out) {
  if (decided_) return;
  from == side::client ? asked(size, at, out) : answered(size, at, out);
}

void authentication::asked(std::size_t size, timestamp at, output& out) {
  judge(false, out);
  ++asked_;
  open_ = request{.at = at, .size = size, .first = false};
}

void authentication::answered(std::size_t size, timestamp at, output& out) {
  if (accept_ == 0) {
    if (asked_ == 0) return;  // SSH_MSG_EXT_INFO may come before anything was asked
    const auto expected = shapes_[1] ? wire_size(*shapes_[1], accept_payload) : size;
    if (size != expected && asked_ < 3) return;
    accept_ = expected;
    if (size == expected) {
      open_.reset();  // it was the request for the service
      return;
    }
  }
  if (!open_) return;
  open_->answered = at, open_->answer = size;
  if (requests_ == 0) open_->first = true;
  ++requests_;
  if (size + accept_over_success == accept_) {
    tell(outcome::ok, out);
    decided_ = true;
  } else if (size == failure_) {
    tell(outcome::refused, out);
  }
}

/// What became of the request whose answers are all there: the client goes on, or the connection is over.
void authentication::judge(bool over, output& out) {
  if (!open_ || open_->answer == 0) return;
  const auto answer = open_->answer;
  const bool too_big = shapes_[1] && shapes_[1]->most_payload(answer) > longest_failure + shapes_[1]->block;
  const bool refusal = answer == last_answer_ || (failure_ == 0 && !too_big);
  if (refusal) failure_ = answer;
  last_answer_ = answer;
  if (refusal || over) tell(outcome::refused, out);
  open_.reset();
}

void authentication::tell(outcome how, output& out) {
  const auto r = *open_;
  open_.reset();
  if (++attempts_ > most_told) return out.count("ssh", "forgotten", "attempt");
  operation op;
  op.time = r.at;
  op.action = action::authenticate;
  op.function = "50";
  // OpenSSH, libssh, libssh2 and PuTTY ask with the method "none" first, to hear what there is; it carries the least
  const bool none = r.first && shapes_[0] && shapes_[0]->most_payload(r.size) <= longest_none;
  op.function_name = none ? "userauth_none" : "userauth_request";
  op.outcome = how;
  op.latency = r.answered - r.at;
  op.fields.emplace_back("attempt", std::uint64_t{attempts_});
  op.fields.emplace_back("by_shape", true);
  op.fields.emplace_back("request_size", std::uint64_t{r.size});
  if (none && how == outcome::ok) out.describe("no_authentication", "yes");
  out.describe("auth_attempts", std::to_string(attempts_));
  out.describe("auth_success", how == outcome::ok ? "yes" : "no");
  out.count("ssh", "login", how == outcome::ok ? std::string_view{"ok"} : std::string_view{"refused"});
  out.emit(std::move(op));
}

void authentication::end(output& out) { judge(true, out); }

}  // namespace mw::ssh
