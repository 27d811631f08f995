// NTLM ([MS-NLMP] 2.2.1 and 2.2.2).
#include "sensor/dissect/ntlmssp.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::ntlmssp {
namespace {

constexpr std::array<std::uint8_t, 8> signature{'N', 'T', 'L', 'M', 'S', 'S', 'P', 0};
constexpr std::uint32_t unicode = 0x1, domain_supplied = 0x1000, workstation_supplied = 0x2000, target_info = 0x800000,
                        version_said = 0x2000000;
constexpr std::size_t head_of_response = 44;  // of version 2: proof and client challenge up to the target information
constexpr std::size_t most_pairs = 32;

/// Attributes of target information ([MS-NLMP] 2.2.2.1).
enum attribute : std::uint16_t {
  end_of_list = 0,
  computer_name = 1,
  domain_name = 2,
  dns_computer_name = 3,
  dns_domain_name = 4,
  dns_tree_name = 5,
  time_stamp = 7,
  target_name = 9,
};

/// What a length, allocated length and offset point at.
bytes pointed(reader& in, bytes whole) {
  const std::size_t size = in.u16le();
  in.skip(2);
  const std::size_t offset = in.u32le();
  if (size == 0) return {};
  in.expect(offset <= whole.size() && size <= whole.size() - std::min(offset, whole.size()), "a field within the message");
  return in.ok() ? whole.subspan(offset, size) : bytes{};
}

std::string text_of(bytes data, bool wide) { return wide ? from_utf16(data) : printable(data); }

void read_version(reader& in, message& to) {
  const auto major = in.u8(), minor = in.u8();
  const auto build = in.u16le();
  in.skip(4);
  if (in.ok() && major != 0) to.os = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build);
}

void read_pairs(reader in, message& to) {
  for (std::size_t n = 0; in.left() && n < most_pairs; ++n) {
    const auto id = in.u16le();
    const auto data = in.take(in.u16le());
    if (!in.ok() || id == end_of_list) return;
    switch (id) {
      case computer_name: to.computer = from_utf16(data); break;
      case domain_name: to.netbios_domain = from_utf16(data); break;
      case dns_computer_name: to.dns_computer = from_utf16(data); break;
      case dns_domain_name: to.dns_domain = from_utf16(data); break;
      case dns_tree_name: to.dns_forest = from_utf16(data); break;
      case target_name: to.service = from_utf16(data); break;
      case time_stamp:
        if (data.size() == 8) to.time = reader{data}.u64le();
        break;
      default: break;
    }
  }
}

}  // namespace

bool begins(bytes data) { return data.size() >= signature.size() && std::ranges::equal(data.first(signature.size()), signature); }

std::string from_utf16(bytes data, std::size_t limit) {
  std::string out;
  reader in{data};
  std::size_t n = 0;
  for (; in.left() > 1 && n < limit; ++n) {
    std::uint32_t c = in.u16le();
    if (c >= 0xd800 && c < 0xdc00 && in.left() > 1) {
      const auto low = reader{in.rest()}.u16le();
      if (low >= 0xdc00 && low < 0xe000) c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00u), in.skip(2);
    }
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c == 0 && std::ranges::all_of(in.rest(), [](auto b) { return b == 0; })) break;
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
      put('?');
    else if (c < 0x80)
      put(c);
    else if (c < 0x800)
      put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
    else if (c < 0x10000)
      put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
    else
      put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f)), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
  }
  return out;
}

result<message> read(bytes data) {
  if (!begins(data)) return fail(fault::malformed, "no NTLM signature");
  reader in{data};
  in.skip(signature.size());
  message m;
  const auto type = in.u32le();
  if (!in.ok() || type < 1 || type > 3) return fail(fault::malformed, "kind of NTLM message", 8);
  m.type = static_cast<kind>(type);
  switch (m.type) {
    case kind::negotiate: {
      m.flags = in.u32le();
      if (in.left() < 16) break;  // the oldest clients end here
      const auto domain = pointed(in, data), workstation = pointed(in, data);
      if ((m.flags & domain_supplied) != 0) m.domain = printable(domain);
      if ((m.flags & workstation_supplied) != 0) m.workstation = printable(workstation);
      if ((m.flags & version_said) != 0) read_version(in, m);
      break;
    }
    case kind::challenge: {
      const auto target = pointed(in, data);
      m.flags = in.u32le();
      m.target = text_of(target, (m.flags & unicode) != 0);
      in.skip(8 + 8);  // the challenge, reserved
      if (in.left() < 8) break;
      const auto information = pointed(in, data);
      if ((m.flags & target_info) != 0) read_pairs(reader{information}, m);
      if ((m.flags & version_said) != 0 && in.left() >= 8) read_version(in, m);
      break;
    }
    case kind::authenticate: {
      m.lm_size = pointed(in, data).size();
      const auto response = pointed(in, data), domain = pointed(in, data), user = pointed(in, data), workstation = pointed(in, data);
      m.nt_size = response.size();
      bool wide = true;
      if (in.left() >= 12) {  // the oldest clients end here
        in.skip(8);           // the session key
        m.flags = in.u32le();
        wide = (m.flags & unicode) != 0;
        if ((m.flags & version_said) != 0 && in.left() >= 8) read_version(in, m);
      }
      m.domain = text_of(domain, wide), m.user = text_of(user, wide), m.workstation = text_of(workstation, wide);
      if (response.size() > head_of_response) read_pairs(reader{response.subspan(head_of_response)}, m);
      break;
    }
  }
  if (!in.ok()) return tl::unexpected<error>{in.why()};
  return m;
}

}  // namespace mw::ntlmssp
