// Builds messages of SMB for tests.
#pragma once
#include "tests/dissect/msrpc_harness.hpp"

namespace mw::test {

inline octets joined(std::initializer_list<octets> parts) {
  octets out;
  for (const auto& p : parts) out.insert(out.end(), p.begin(), p.end());
  return out;
}
inline octets chars(std::string_view s) { return {s.begin(), s.end()}; }
inline octets wide_text(std::string_view s) { return writer{}.wide_chars(s).done(); }
inline octets with_nul(std::string_view s) { return joined({chars(s), {0}}); }
inline octets unit(const octets& message, std::uint8_t kind = 0) {
  return joined({{kind, static_cast<std::uint8_t>(message.size() >> 16), static_cast<std::uint8_t>(message.size() >> 8),
                  static_cast<std::uint8_t>(message.size())},
                 message});
}

/// SMB 2: an element; `flags` 1 is an answer, 4 related.
struct element {
  std::uint16_t command = 0;
  std::uint64_t message = 0;
  octets body;
  std::uint32_t flags = 0, status = 0, tree = 5, next = 0;
  std::uint64_t session = 9;
};
inline octets raw_element(const element& e) {
  writer w;
  w.raw({0xfe, 'S', 'M', 'B'}).u16(64).u16(1).u32(e.status).u16(e.command).u16(1).u32(e.flags).u32(e.next).u64(e.message);
  return w.u32(0xfeff).u32(e.tree).u64(e.session).raw(octets(16)).raw(e.body).done();
}
inline octets message_2(const element& e) { return unit(raw_element(e)); }
inline octets compound(std::vector<element> all) {
  octets out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i + 1 < all.size()) {
      while (all[i].body.size() % 8 != 0) all[i].body.push_back(0);
      all[i].next = static_cast<std::uint32_t>(64 + all[i].body.size());
    }
    const auto one = raw_element(all[i]);
    out.insert(out.end(), one.begin(), one.end());
  }
  return unit(out);
}
inline octets file_of_2(std::uint8_t n) { return octets(16, n); }
inline octets tree_connect_2(std::string_view path) {
  const auto text = wide_text(path);
  return writer{}.u16(9).u16(0).u16(72).u16(static_cast<std::uint16_t>(text.size())).raw(text).done();
}
inline octets tree_connected_2(std::uint8_t kind) { return writer{}.u16(16).u8(kind).u8(0).u32(0).u32(0).u32(0).done(); }
inline octets create_2(std::string_view name, std::uint32_t access, std::uint32_t disposition, std::uint32_t options = 0) {
  const auto text = wide_text(name);
  return writer{}
      .u16(57)
      .u8(0)
      .u8(0)
      .u32(2)
      .raw(octets(16))
      .u32(access)
      .u32(0)
      .u32(7)
      .u32(disposition)
      .u32(options)
      .u16(120)
      .u16(static_cast<std::uint16_t>(text.size()))
      .u32(0)
      .u32(0)
      .raw(text)
      .done();
}
inline octets created_2(std::uint8_t file, std::uint32_t result = 1, std::uint32_t attributes = 0x20) {
  return writer{}
      .u16(89)
      .u8(0)
      .u8(0)
      .u32(result)
      .raw(octets(32))
      .u64(4096)
      .u64(100)
      .u32(attributes)
      .u32(0)
      .raw(file_of_2(file))
      .raw(octets(8))
      .done();
}
inline octets close_2(const octets& file) { return writer{}.u16(24).u16(1).u32(0).raw(file).done(); }
inline octets closed_2(std::uint64_t size) { return writer{}.u16(60).u16(1).u32(0).raw(octets(32)).u64(size).u64(size).u32(0x20).done(); }
inline octets read_2(const octets& file, std::uint32_t size) {
  return writer{}.u16(49).u8(0).u8(0).u32(size).u64(0).raw(file).raw(octets(16)).u8(0).done();
}
inline octets was_read_2(const octets& data) {
  return writer{}.u16(17).u8(80).u8(0).u32(static_cast<std::uint32_t>(data.size())).u32(0).u32(0).raw(data).done();
}
inline octets write_2(const octets& file, const octets& data) {
  return writer{}.u16(49).u16(112).u32(static_cast<std::uint32_t>(data.size())).u64(0).raw(file).raw(octets(16)).raw(data).done();
}
inline octets written_2(std::uint32_t size) { return writer{}.u16(17).u16(0).u32(size).u32(0).u32(0).done(); }
inline octets ioctl_2(std::uint32_t code, const octets& file, const octets& data) {
  return writer{}
      .u16(57)
      .u16(0)
      .u32(code)
      .raw(file)
      .u32(120)
      .u32(static_cast<std::uint32_t>(data.size()))
      .u32(0)
      .u32(0)
      .u32(0)
      .u32(4096)
      .u32(1)
      .u32(0)
      .raw(data)
      .done();
}
inline octets controlled_2(std::uint32_t code, const octets& file, const octets& data) {
  return writer{}
      .u16(49)
      .u16(0)
      .u32(code)
      .raw(file)
      .u32(112)
      .u32(0)
      .u32(112)
      .u32(static_cast<std::uint32_t>(data.size()))
      .u32(0)
      .u32(0)
      .raw(data)
      .done();
}
inline octets set_info_2(std::uint8_t number, const octets& file, const octets& data) {
  return writer{}.u16(33).u8(1).u8(number).u32(static_cast<std::uint32_t>(data.size())).u16(96).u16(0).u32(0).raw(file).raw(data).done();
}

/// SMB 1.
struct head_1 {
  std::uint8_t command = 0;
  std::uint16_t multiplex = 1;
  bool answer = false;
  std::uint32_t status = 0;
  std::uint16_t tree = 8, flags2 = 0xc807;
};
inline octets block_1(const octets& words, const octets& data) {
  return joined({{static_cast<std::uint8_t>(words.size() / 2)},
                 words,
                 {static_cast<std::uint8_t>(data.size()), static_cast<std::uint8_t>(data.size() >> 8)},
                 data});
}
inline octets message_1(const head_1& h, const octets& words, const octets& data) {
  writer w;
  w.raw({0xff, 'S', 'M', 'B', h.command}).number(h.status, 4, false).u8(h.answer ? 0x98 : 0x18).number(h.flags2, 2, false).raw(octets(12));
  w.number(h.tree, 2, false).number(0xfeff, 2, false).number(16, 2, false).number(h.multiplex, 2, false);
  return unit(joined({w.done(), block_1(words, data)}));
}

/// Answers of NTLM in their bare form.
inline octets ntlm_negotiate() { return joined({with_nul("NTLMSSP"), writer{}.u32(1).u32(1).raw(octets(16)).done()}); }
inline octets ntlm_challenge() {
  const auto name = wide_text("DC1");
  const auto list = joined({writer{}.u16(1).u16(static_cast<std::uint16_t>(name.size())).done(), name, writer{}.u16(0).u16(0).done()});
  return joined({with_nul("NTLMSSP"),
                 writer{}
                     .u32(2)
                     .u16(0)
                     .u16(0)
                     .u32(48)
                     .u32(0x800001)
                     .raw(octets(16))
                     .u16(static_cast<std::uint16_t>(list.size()))
                     .u16(0)
                     .u32(48)
                     .done(),
                 list});
}
inline octets ntlm_authenticate(std::string_view user) {
  const auto domain = wide_text("PLANT"), name = wide_text(user), station = wide_text("HMI3");
  std::uint32_t at = 64;
  writer w;
  w.u32(3);
  const auto field = [&](std::size_t size) {
    w.u16(static_cast<std::uint16_t>(size)).u16(static_cast<std::uint16_t>(size)).u32(at);
    at += static_cast<std::uint32_t>(size);
  };
  field(24), field(24), field(domain.size()), field(name.size()), field(station.size()), field(0);
  w.u32(1);
  return joined({with_nul("NTLMSSP"), w.done(), octets(48, 0xaa), domain, name, station});
}

}  // namespace mw::test
