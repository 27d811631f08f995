// The CIP Identity object: what a device says about itself (CIP Specification Volume 1, 5A-2).
#pragma once
#include "sensor/dissect/protocol.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mw::cip {

/// Attributes 1 to 7 of instance 1, as far as they were read.
struct identity {
  std::optional<std::uint16_t> vendor, device_type, product_code, status;
  std::optional<std::uint16_t> revision;  ///< major in the high octet
  std::optional<std::uint32_t> serial;
  std::optional<std::string> name;
};

std::string_view vendor_name(std::uint16_t id);       ///< "" where unknown
std::string_view device_type_name(std::uint16_t id);  ///< "" where unknown

/// Attributes 1 to 7 in a row: Get_Attributes_All, and the identity item of ListIdentity.
identity read_identity(reader& in);
/// One attribute; false where it is none of the seven or does not fit.
bool read_identity_attribute(std::uint32_t attribute, reader& in, identity& into);
std::vector<value> to_values(const identity& i);

/// Tells what was learned, once per device and change, so that a poll of the status word every second is no flood.
class identity_book {
public:
  void tell(const identity& i, side who, const std::string& unit, output& out);
  void tell(std::string_view kind, std::string_view text, std::uint8_t confidence, side who, const std::string& unit, output& out);

private:
  static constexpr std::size_t capacity = 128;
  struct known {
    std::optional<std::uint16_t> vendor, device_type;
    std::map<std::string, std::string, std::less<>> said;  ///< by kind: a closed set
  };
  known& at(side who, const std::string& unit);
  std::map<std::pair<side, std::string>, known> devices_;
};

}  // namespace mw::cip
