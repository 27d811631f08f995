// A way to tell people or programs of incidents; each has a thread of its own, so that one that hangs holds up no other.
#pragma once
#include "analyzer/notify/notice.hpp"
#include "common/net.hpp"

#include <memory>
#include <ostream>
#include <string>

namespace mw {

struct notify_config;

enum class delivery : std::uint8_t { sent, again, refused };  ///< again: it may go better later; refused: it will not
struct delivered {
  mw::delivery how = delivery::sent;
  std::string error;
};

class channel {
public:
  virtual ~channel() = default;
  virtual std::string_view name() const = 0;
  virtual bool wants(news) const { return true; }
  virtual delivered deliver(const notice&, timestamp now) = 0;
  virtual delivered refresh(timestamp) { return {}; }  ///< says again what must not be forgotten
};

/// A line for each incident that is new, worse or over; `out` outlives it and is written by one thread.
std::unique_ptr<channel> make_terminal(const notify_config&, std::ostream& out);
/// Posts JSON. Throws std::runtime_error with the remedy where the address is none.
std::unique_ptr<channel> make_webhook(const notify_config&);
/// Posts to an Alertmanager (API v2). Throws likewise.
std::unique_ptr<channel> make_alertmanager(const notify_config&);

/// "sha256=" and the HMAC-SHA256 of `body` in hexadecimal (RFC 2104): the webhook's X-Millwatch-Signature.
std::string signature(const std::string& secret, const std::string& body);
/// "2026-11-24T10:05:00.123Z"
std::string rfc3339(timestamp);

}  // namespace mw
