// Basic Encoding Rules of ASN.1 (ITU-T X.690): elements one after the other, with definite and indefinite lengths.
// MMS, GOOSE, sampled values, SNMP, LDAP and Kerberos are written in it.
#pragma once
#include "common/reader.hpp"

#include <optional>
#include <string>

namespace mw::ber {

enum class tag_class : std::uint8_t { universal, application, context, private_use };

struct element {
  tag_class kind = tag_class::universal;
  bool constructed = false;
  std::uint32_t number = 0;  ///< of the tag
  bytes content;             ///< without tag, length and end of contents

  constexpr bool is(tag_class k, std::uint32_t n) const { return kind == k && number == n; }
  constexpr bool context(std::uint32_t n) const { return is(tag_class::context, n); }
  constexpr bool universal(std::uint32_t n) const { return is(tag_class::universal, n); }
};

/// Universal tags (X.680 8.4).
enum universal : std::uint32_t {
  boolean = 1,
  integer = 2,
  bit_string = 3,
  octet_string = 4,
  null = 5,
  object_identifier = 6,
  enumerated = 10,
  utf8_string = 12,
  sequence = 16,
  set = 17,
  printable_string = 19,
  ia5_string = 22,
  utc_time = 23,
  generalized_time = 24,
  visible_string = 26,
};

/// The next element. What is cut, longer than its surroundings or nested too deep fails `in` and gives an empty element, so
/// loop with `while (in.left())` and ask `in.ok()` after it.
element next(reader& in);

/// Two's complement of up to 8 octets; nothing where there are none or more.
std::optional<std::int64_t> to_signed(bytes content);
/// The same, of an unsigned number of up to 8 octets (a ninth that is zero may lead).
std::optional<std::uint64_t> to_unsigned(bytes content);
/// "1.3.6.1.4.1"; empty where it is cut or an arc exceeds 32 bits.
std::string to_oid(bytes content);
/// A bit string's content (unused count first) as text of 0 and 1, at most `most` bits; empty where the count is wrong.
std::string to_bits(bytes content, std::size_t most = 1024);

}  // namespace mw::ber
