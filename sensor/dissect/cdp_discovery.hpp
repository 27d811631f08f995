// What discovery protocols of switch makers have in common: facts that are told once, and the elements of CDP and FDP.
#pragma once
#include "sensor/dissect/stp_link.hpp"
#include "sensor/dissect/told.hpp"

#include <string>

namespace mw::cdp {

constexpr std::uint8_t stated = 80, hinted = 50;

/// What one sender has told, by one protocol or several.
class teller {
public:
  /// `kind` and `protocol` are literals. `protocol` counts what is forgotten.
  void say(const message& m, std::string_view protocol, std::string_view kind, const std::string& value, std::uint8_t confidence,
           output& out, bool several = false) {
    if (!value.empty() && told_.fresh({}, {}, kind, value, m.time, protocol, out, several)) out.learn(m.from, {}, kind, value, confidence);
  }

private:
  told_facts<96> told_;
};

/// The head and elements of CDP; FDP has the same. `protocol` is a literal.
void on_discovery(bytes data, const message& m, std::string_view protocol, teller& to, output& out);

/// False where the sum over all of `data`, its checksum included, is none of the internet's (RFC 1071). Of an odd number of octets CDP
/// counts the last one in a way of its own, so those are not judged.
bool checksum_holds(bytes data);

}  // namespace mw::cdp
