// What the entries that a directory answers with say of machines ([MS-ADTS] 3.1.1.3.2, 6.3), and of Java code to load (RFC 2713).
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mw::ldap {

struct learned {
  std::string_view kind;
  std::string value;
};
/// The answer of a domain controller to who looks for one.
std::vector<learned> read_netlogon(bytes value);
/// An entry's attributes: of the root what the server says of itself.
struct entry_words {
  std::vector<learned> facts;
  std::vector<field> java;  ///< what tells a client to load code
};
entry_words read_entry(std::string_view name, bytes entry);

}  // namespace mw::ldap
