// The data of MMS (ISO 9506-2): names of objects, values, types and errors.
#pragma once
#include "common/record.hpp"
#include "sensor/dissect/ber.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mw::mms {

inline constexpr std::size_t most_values = 4096;   ///< of one operation; the rest is cut and said to be
inline constexpr std::size_t most_objects = 1024;  ///< the same of objects
inline constexpr std::size_t most_fields = 64;

/// Hands each element of a constructed one to `use`. What is cut fails `in`, which reads nothing itself.
template <class Use>
void each(bytes content, reader& in, Use use) {
  reader inner{content};
  while (inner.left()) {
    const auto e = ber::next(inner);
    if (!inner.ok()) return in.fail(inner.why());
    use(e);
  }
}
/// The first element of a constructed one (a choice has no other); empty and `in` failed where there is none.
ber::element first(bytes content, reader& in);

std::uint64_t number(bytes content, reader& in);  ///< an unsigned integer; the sign of a negative one is lost
std::string identifier(bytes content);            ///< at most 129 characters, as IEC 61850 allows for references
std::string file_name(bytes content, reader& in);
std::string oid(bytes content);         ///< one that is longer than any in use is told as octets
double binary_time(bytes content);      ///< TimeOfDay: epoch seconds, or seconds of the day where it has no date
double utc_time(bytes content);         ///< epoch seconds
value generalized_time(bytes content);  ///< epoch seconds where it is one, else its text

/// ObjectName: the space is a domain, "vmd", or "aa" for what belongs to the association.
object read_name(const ber::element& choice, reader& in);
/// VariableAccessSpecification: appends the variables, or the list of variables, that it names; `selection` says which parts.
void read_access(const ber::element& choice, std::vector<object>& to, std::string& selection, reader& in);
/// listOfVariable: a sequence of variables.
void read_variables(bytes content, std::vector<object>& to, std::string& selection, reader& in);
/// TypeSpecification in words: "{stVal:boolean,q:bit_string(13)}".
std::string describe_type(const ber::element& choice, reader& in);
/// The names of a type's simple parts in their order, as "PhyNam$vendor"; none where an array makes them many.
std::vector<std::string> parts_of_type(const ber::element& choice, reader& in);

/// Data or AccessResult, flattened. A failure is a value that is absent.
void put_values(const ber::element& data, std::vector<value>& to, reader& in);

std::string_view access_error(std::uint64_t code);
/// ServiceError: the class and code that become the operation's `code`, and further fields.
void read_service_error(bytes content, operation& op, reader& in);
/// Reject: which PDU was wrong in which way.
std::string_view reject_reason(std::uint32_t pdu, std::uint64_t reason);
std::string_view rejected_pdu(std::uint32_t pdu);

// An element may come again and again where it belongs once: what is put into an operation has an end.
inline void put_field(operation& op, std::string_view name, value v) {
  if (op.fields.size() < most_fields) op.fields.emplace_back(name, std::move(v));
}
inline void put(operation& op, std::string_view name, std::uint64_t v) { put_field(op, name, v); }
inline void put(operation& op, std::string_view name, std::string v) { put_field(op, name, std::move(v)); }
inline void put(operation& op, std::string_view name, std::string_view v) { put_field(op, name, std::string{v}); }
inline void put_flag(operation& op, std::string_view name, bool v) { put_field(op, name, v); }
inline void put_object(std::vector<object>& to, object o) {
  if (to.size() < most_objects) to.push_back(std::move(o));
}
inline void put_value(operation& op, value v) {
  if (op.values.size() < most_values) op.values.push_back(std::move(v));
}
inline bool truth(bytes content) { return !content.empty() && content.front() != 0; }
inline object made(std::string_view space, std::string address, std::uint32_t count = 1) {
  object o;
  o.space = space, o.address = std::move(address), o.count = count;
  return o;
}

}  // namespace mw::mms
