// Network Data Representation (C706 chapter 14) and its 64-bit form ([MS-RPCE] 2.2.5), as far as arguments are read here.
#pragma once
#include "common/text.hpp"
#include "sensor/dissect/dce_rpc.hpp"
#include "sensor/dissect/ntlmssp.hpp"

namespace mw::msrpc {

/// Reads a stub front to back. Everything is aligned to its own size; what is longer than the stub fails as with `reader`.
class ndr {
public:
  ndr(bytes stub, bool little, bool wide) : in_{stub}, little_{little}, wide_{wide} {}

  bool ok() const { return in_.ok(); }
  std::size_t left() const { return in_.left(); }
  std::size_t at() const { return in_.at(); }
  bool little() const { return little_; }
  bool wide() const { return wide_; }
  bytes take(std::size_t n) { return in_.take(n); }
  void skip(std::size_t n) { in_.skip(n); }
  void align(std::size_t to) { in_.skip((to - in_.at() % to) % to); }

  std::uint8_t u8() { return in_.u8(); }
  std::uint16_t u16() { return align(2), dce_rpc::u16(in_, little_); }
  std::uint32_t u32() { return align(4), dce_rpc::u32(in_, little_); }
  std::uint64_t u64() { return align(8), little_ ? in_.u64le() : in_.u64(); }
  dce_rpc::uuid uuid() { return align(4), dce_rpc::read_uuid(in_, little_); }

  /// Counts and referents take eight octets in the 64-bit form.
  std::uint64_t size() { return wide_ ? u64() : u32(); }
  bool pointer() { return size() != 0; }
  /// A context handle.
  std::string handle() {
    align(4);
    const auto h = in_.take(20);
    return {h.begin(), h.end()};
  }
  /// A conformant and varying string: maximum, offset, length in characters, then these.
  std::string text() {
    const auto octets = varying(2);
    return little_ ? ntlmssp::from_utf16(octets) : printable(octets);
  }
  std::string narrow_text() { return printable(varying(1)); }
  std::string pointed_text() { return pointer() ? text() : std::string{}; }
  /// RPC_UNICODE_STRING, whose characters follow behind its structure: structure now, `pointed` later.
  bool counted_head() {
    align(wide_ ? 8 : 4);
    (void)u16(), (void)u16();
    return pointer();
  }
  std::string counted_text() { return counted_head() ? text() : std::string{}; }

private:
  bytes varying(std::size_t width) {
    (void)size();
    const auto offset = size(), length = size();
    in_.expect(offset == 0 && length <= in_.left() / width, "a string within its stub");
    return in_.take(static_cast<std::size_t>(in_.ok() ? length * width : 0));
  }
  reader in_;
  bool little_, wide_;
};

}  // namespace mw::msrpc
