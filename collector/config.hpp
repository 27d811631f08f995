// What a collector must be told: who its sensors are, and how the plants are divided.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mw {

struct sensor_entry {
  std::string id;                           ///< as in the sensor's certificate
  std::string enterprise, enterprise_name;  ///< code, and name for people
  std::string site, zone;                   ///< where it stands
};

/// A part of a plant by its addresses (IEC 62443 zone). The longest prefix wins.
struct zone_entry {
  std::string name;
  std::string site;                ///< "" = in every site; a zone of the site itself comes before one of every site
  std::vector<std::string> cidrs;  ///< "10.1.2.0/24", "fd00::/8", or a single address
  bool control = false;            ///< of the process: what happens here counts more
  std::uint8_t level = 255;        ///< Purdue level 0..5 (35 = DMZ between 3 and 4); 255 = not said
};

/// What a record may not exceed to be believed.
struct check_config {
  std::chrono::seconds not_before{0};  ///< since 1970; earlier is refused
  std::chrono::seconds ahead{300};     ///< how far a record may lie ahead of the collector's clock, where it has one
  std::size_t text = 8192;             ///< bytes of one text
  std::size_t list = 4096;             ///< entries of one list
};

struct deduplicate_config {
  std::size_t window = 65536;             ///< batches remembered per sensor, rounded up to 64
  bool two_taps = true;                   ///< whether one flow seen by two sensors of a site is one
  std::chrono::milliseconds close{2000};  ///< how far apart two sensors may see the same thing
  std::size_t flows = 65536;              ///< flows remembered; the one not seen for longest goes first
};

struct rollup_config {
  std::chrono::seconds grace{120};     ///< how long a minute stays open for records that come late, in packet time
  std::chrono::seconds patience{600};  ///< a sensor that lags further behind than this is not waited for
  std::size_t rows = 100'000;          ///< open lines of one site; beyond, hosts are folded into "*"
};

struct collector_config {
  std::vector<sensor_entry> sensors;
  std::vector<zone_entry> zones;
  check_config check;
  deduplicate_config deduplicate;
  rollup_config rollup;
};

}  // namespace mw
