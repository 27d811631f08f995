// Builds messages of DCE/RPC and stubs in NDR for tests.
#pragma once
#include "sensor/dissect/dce_rpc.hpp"
#include "tests/dissect/harness.hpp"

#include <algorithm>

namespace mw::test {

using octets = std::vector<std::uint8_t>;

/// Little-endian, aligned as NDR asks; `wide` is its 64-bit form.
class writer {
public:
  explicit writer(bool wide = false) : wide_{wide} {}
  writer& align(std::size_t n) {
    while (out_.size() % n != 0) out_.push_back(0);
    return *this;
  }
  writer& number(std::uint64_t v, std::size_t size, bool aligned = true) {
    if (aligned) align(size);
    for (std::size_t i = 0; i < size; ++i) out_.push_back(static_cast<std::uint8_t>(v >> (8 * i)));
    return *this;
  }
  writer& u8(std::uint8_t v) { return number(v, 1); }
  writer& u16(std::uint16_t v) { return number(v, 2); }
  writer& u32(std::uint32_t v) { return number(v, 4); }
  writer& u64(std::uint64_t v) { return number(v, 8); }
  writer& size(std::uint64_t v) { return number(v, wide_ ? 8 : 4); }
  writer& pointer(bool there = true) { return size(there ? 0x20000 : 0); }
  writer& raw(const octets& v) {
    out_.insert(out_.end(), v.begin(), v.end());
    return *this;
  }
  writer& wide_chars(std::string_view s) {
    for (const char c : s) u8(static_cast<std::uint8_t>(c)).u8(0);
    return *this;
  }
  writer& text(std::string_view s) {  // with its NUL
    size(s.size() + 1).size(0).size(s.size() + 1).wide_chars(s);
    return u8(0).u8(0);
  }
  writer& counted(std::string_view s) {
    align(wide_ ? 8 : 4);
    u16(static_cast<std::uint16_t>(2 * s.size())).u16(static_cast<std::uint16_t>(2 * s.size())).pointer();
    return size(s.size()).size(0).size(s.size()).wide_chars(s);
  }
  writer& uuid(const dce_rpc::uuid& u) {
    align(4);
    constexpr std::size_t order[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    for (const auto i : order) out_.push_back(u[i]);
    return *this;
  }
  writer& handle(std::uint8_t which) { return align(4).raw(octets(20, which)); }
  const octets& done() const { return out_; }

private:
  octets out_;
  bool wide_;
};

inline constexpr auto ndr_32 = dce_rpc::make_uuid(0x8a885d04, 0x1ceb, 0x11c9, 0x9fe808002b104860);
inline constexpr auto ndr_64 = dce_rpc::make_uuid(0x71710533, 0xbeba, 0x4937, 0x8319b5dbef9ccc36);

inline octets fragment(std::uint8_t type, std::uint32_t call, const octets& body, const octets& trailer = {}, std::uint8_t flags = 3) {
  writer w;
  w.u8(5).u8(0).u8(type).u8(flags).u8(0x10).u8(0).u8(0).u8(0);
  w.u16(static_cast<std::uint16_t>(16 + body.size() + trailer.size()));
  w.u16(static_cast<std::uint16_t>(trailer.empty() ? 0 : trailer.size() - 8)).u32(call).raw(body).raw(trailer);
  return w.done();
}
/// One interface, offered in each of the two forms.
inline octets bind(std::uint32_t call, const dce_rpc::uuid& interface, std::uint16_t version, const octets& trailer = {}) {
  writer w;
  w.u16(4280).u16(4280).u32(0).u8(2).u8(0).u16(0);
  w.u16(0).u8(1).u8(0).uuid(interface).u32(version).uuid(ndr_32).u32(2);
  w.u16(1).u8(1).u8(0).uuid(interface).u32(version).uuid(ndr_64).u32(1);
  return fragment(11, call, w.done(), trailer);
}
inline octets bind_ack(std::uint32_t call, bool wide, const octets& trailer = {}) {
  writer w;
  w.u16(4280).u16(4280).u32(7).u16(4).raw({'1', '3', '5', 0}).align(4).u8(2).u8(0).u16(0);
  w.u16(wide ? 2 : 0).u16(wide ? 2 : 0).uuid(ndr_32).u32(2);
  w.u16(wide ? 0 : 2).u16(wide ? 0 : 2).uuid(ndr_64).u32(1);
  return fragment(12, call, w.done(), trailer);
}
inline octets request(std::uint32_t call, std::uint16_t operation, const octets& stub, std::uint16_t context = 0,
                      const octets& trailer = {}, std::uint8_t flags = 3) {
  writer w;
  w.u32(static_cast<std::uint32_t>(stub.size())).u16(context).u16(operation).raw(stub);
  return fragment(0, call, w.done(), trailer, flags);
}
inline octets response(std::uint32_t call, const octets& stub, std::uint16_t context = 0, const octets& trailer = {}) {
  writer w;
  w.u32(static_cast<std::uint32_t>(stub.size())).u16(context).u8(0).u8(0).raw(stub);
  return fragment(2, call, w.done(), trailer);
}
inline octets fault_of(std::uint32_t call, std::uint32_t status) {
  return fragment(3, call, writer{}.u32(0).u16(0).u16(0).u32(status).u32(0).done());
}
inline octets this_of_dcom() { return writer{}.u16(5).u16(7).u32(0).u32(0).raw(octets(16, 0x42)).u32(0).done(); }

inline value field_of(const operation& o, std::string_view name) {
  const auto at = std::ranges::find(o.fields, name, &field::first);
  return at == o.fields.end() ? value{} : at->second;
}
inline value text_value(std::string_view s) { return value{std::string{s}}; }

}  // namespace mw::test
