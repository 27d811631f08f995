// The built-in types of OPC UA in their binary encoding (OPC 10000-6, 5.2): read with bounds, written as text and values.
#pragma once
#include "common/reader.hpp"
#include "common/record.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mw::opcua {

struct node_id {
  std::optional<std::uint32_t> standard;  ///< the number, where the OPC Foundation assigned it (namespace 0)
  std::string text;                       ///< "i=2258", "ns=2;s=Temp" (5.3.1.10)
  bool is(std::uint32_t number) const { return standard == number; }
  bool is_null() const { return is(0); }
};

/// What a value of any type may be; the body is not read.
struct extension_object {
  node_id type;  ///< of its encoding
  bytes body;    ///< binary; empty where there is none or it is XML
};

struct data_value {
  bool present = false;
  std::uint32_t status = 0;
  std::int64_t source_time = 0;  ///< 100 ns since 1601, 0 = not said
};

/// Collects what is read, flattened. Bounded; what does not fit is counted.
class values {
public:
  static constexpr std::size_t most = 4096;
  explicit values(std::vector<value>& to) : to_{&to} {}
  void add(value&& v) {
    if (to_->size() < most)
      to_->push_back(std::move(v));
    else
      ++omitted_;
  }
  std::size_t size() const { return to_->size(); }
  const value& at(std::size_t i) const { return to_->at(i); }
  void cut(std::size_t size) { to_->resize(std::min(size, to_->size())); }
  std::size_t omitted() const { return omitted_; }

private:
  std::vector<value>* to_;
  std::size_t omitted_ = 0;
};

constexpr bool is_good(std::uint32_t status) { return status >> 30 == 0; }
constexpr bool is_bad(std::uint32_t status) { return status >> 31 != 0; }
std::string status_name(std::uint32_t status);  ///< "BadNodeIdUnknown"; "0x…" where it is not known

/// Octets of a String or ByteString; empty also where it is null.
bytes read_octets(reader& in);
std::string read_text(reader& in, std::size_t limit = 256);
std::string read_localized(reader& in);  ///< without its locale
std::string read_qualified(reader& in);  ///< "2:Temperature"
node_id read_node(reader& in);
node_id read_expanded(reader& in);
extension_object read_extension(reader& in);
/// As text; what is nested too deep fails the reader.
std::string read_diagnostic(reader& in, unsigned depth = 0);
/// A bad value counts as absent: one null.
data_value read_data_value(reader& in, values& to, unsigned depth = 0);
void read_variant(reader& in, values& to, unsigned depth = 0);
/// What is known of the structure is read, otherwise its octets are given; passwords and tokens are left out.
void read_structure(const extension_object& o, values& to, unsigned depth = 0);
/// Time of day as epoch seconds; nothing where it is not set.
value to_time(std::int64_t ticks);

/// Number of elements of an array; null and empty are both 0. What cannot be in the message fails the reader.
std::size_t read_count(reader& in, std::size_t smallest = 1);
/// Reads an array whose elements nobody asks for.
template <class Each>
void each(reader& in, Each&& read, std::size_t smallest = 1) {
  for (auto n = read_count(in, smallest); n > 0 && in.ok(); --n) read();
}

}  // namespace mw::opcua
