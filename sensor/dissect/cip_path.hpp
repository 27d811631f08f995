// Encoded paths of CIP: what a message addresses and how it gets there (CIP Specification Volume 1, Appendix C-1).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mw::cip {

/// What an electronic key demands of the device: vendor, type, code and revision.
struct electronic_key {
  std::uint16_t vendor = 0, device_type = 0, product_code = 0;
  std::uint8_t major = 0, minor = 0;
};

struct path {
  std::string route;                                                                     ///< port segments, "1/0,2/192.168.1.10"
  std::string tag;                                                                       ///< symbolic segments, "Program:Main.Tag[3].Field"
  std::string text;                                                                      ///< all of it, as read: "1/0 class/2 1"
  std::optional<std::uint32_t> class_id, instance, attribute, connection_point, member;  ///< the last of each
  std::size_t classes = 0;  ///< above 1: an object inside an object, as Logix programs are
  std::optional<electronic_key> key;
  bool whole = false;  ///< every segment was understood

  /// A named variable: a symbol, or an instance of the classes that hold symbols and their types.
  bool names_tag() const { return class_id ? *class_id == 0x6b || *class_id == 0x6c : !tag.empty(); }
};

/// Reads to the end of `in`. What cannot be read ends the path; `whole` tells.
path read_path(reader in);
/// The object that a path addresses; `attribute` overrides the path's own.
object to_object(const path& p, std::optional<std::uint32_t> attribute = {}, std::uint32_t count = 1);

}  // namespace mw::cip
