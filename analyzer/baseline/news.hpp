// What one record shows that is new at its site.
#pragma once
#include "common/net.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw {

enum class phase : std::uint8_t { learn, trial, detect };
std::string_view to_string(phase);

/// Kinds of keys. `writer`: a host changes process data on a server; `engineer`: it changes the controller itself;
/// `refusal`: a server is known to refuse this function to this client.
enum class key_class : std::uint8_t { host, edge, protocol, function, object, writer, engineer, refusal };
inline constexpr std::size_t key_classes = 8;
enum class standing : std::uint8_t { learned, approved, pending };

struct known_key {
  std::uint64_t n = 0;  ///< records; operations, where a record stands for several
  timestamp first{}, last{};
  mw::standing standing = mw::standing::pending;
  std::string client, server, transport, protocol, detail;  ///< detail: function, or unit and object
  std::uint16_t port = 0;
};
struct sighting {
  const known_key* key = nullptr;  ///< valid during the record
  bool known = false;              ///< learned or approved, and not learned from a host that was scanning at the time
  bool first = false;              ///< never seen before, in any standing
};
/// What one record shows that is new. Absent = the record does not speak about it.
struct news {
  bool ready = false;                   ///< enough has been learned or approved for novelty to mean something
  mw::phase site_phase = phase::learn;  ///< whether the presence of a machine is news: that does not become a habit by itself
  mw::phase phase = phase::learn;       ///< of the site, or of a device that appeared later and still has its own learning period
  std::optional<sighting> client, server, edge, protocol, function, writer, engineer, refusal;
  std::vector<sighting> objects;  ///< of a write
};

}  // namespace mw
