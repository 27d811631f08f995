// DDSI-RTPS 2.5 (OMG formal/2022-04-01): names, identities and samples.
#include "sensor/dissect/rtps_message.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::rtps {
namespace {

constexpr std::uint8_t flag_inline_qos = 0x02, flag_data = 0x04, flag_key = 0x08, flag_fragment_key = 0x04;
constexpr std::uint16_t sentinel = 0x0001, topic_name = 0x0005, key_hash = 0x0070, status_info = 0x0071;
constexpr std::size_t longest_name = 256;

struct vendor {
  std::uint16_t id;
  std::string_view name, product;
};
constexpr auto vendors = std::to_array<vendor>({
    {0x0101, "Real-Time Innovations", "Connext DDS"},
    {0x0102, "ADLINK", "OpenSplice DDS"},
    {0x0103, "Object Computing", "OpenDDS"},
    {0x0104, "MilSoft", "Mil-DDS"},
    {0x0105, "Kongsberg", "InterCOM DDS"},
    {0x0106, "TwinOaks Computing", "CoreDX DDS"},
    {0x0107, "Lakota Technical Solutions", ""},
    {0x0108, "ICOUP Consulting", ""},
    {0x0109, "ETRI", "Diamond DDS"},
    {0x010a, "Real-Time Innovations", "Connext DDS Micro"},
    {0x010b, "ADLINK", "Vortex Cafe"},
    {0x010c, "PrismTech", ""},
    {0x010d, "ADLINK", "Vortex Lite"},
    {0x010e, "Technicolor", "Qeo"},
    {0x010f, "eProsima", "Fast DDS"},
    {0x0110, "Eclipse Foundation", "Cyclone DDS"},
    {0x0111, "Gurum Networks", "GurumDDS"},
    {0x0112, "Atostek", "RustDDS"},
    {0x0113, "Nanjing Zhenrong Software", "ZRDDS"},
    {0x0114, "S2E Software Systems", "Dust DDS"},
});
constexpr std::array<std::uint8_t, 21> known{pad,
                                             acknack,
                                             heartbeat,
                                             gap,
                                             info_timestamp,
                                             info_source,
                                             0x0d,  // INFO_REPLY_IP4
                                             info_destination,
                                             0x0f,  // INFO_REPLY
                                             nack_fragment,
                                             heartbeat_fragment,
                                             data,
                                             data_fragment,
                                             secure_body,
                                             secure_prefix,
                                             secure_postfix,
                                             secure_rtps_prefix,
                                             secure_rtps_postfix,
                                             0x02,  // DATA and NOKEY_DATA of version 1
                                             0x03,
                                             0x17};  // one of a vendor's below 0x80

const vendor* find_vendor(std::uint16_t id) {
  const auto at = std::ranges::find(vendors, id, &vendor::id);
  return at == vendors.end() ? nullptr : &*at;
}

std::uint16_t u16(reader& in, bool little) { return little ? in.u16le() : in.u16(); }
std::uint32_t u32(reader& in, bool little) { return little ? in.u32le() : in.u32(); }

/// Quality-of-service parameters in front of the payload of a sample.
bool read_inline(reader& in, bool little, sample& s) {
  while (in.left()) {
    const auto id = u16(in, little);
    const auto size = u16(in, little);
    if (in.ok() && id == sentinel) return true;  // whatever its length
    auto value = in.part(size);
    if (!in.ok()) return false;
    if (id == status_info && value.left() >= 4) {
      const auto status = value.u32();  // big-endian always
      s.disposed = (status & 1) != 0, s.unregistered = (status & 2) != 0;
    } else if (id == key_hash) {
      guid g;
      const auto prefix = value.take(g.prefix.size());
      g.entity = value.u32();
      if (!value.ok()) continue;
      std::ranges::copy(prefix, g.prefix.begin());
      s.key = g;
    } else if (id == topic_name) {
      const auto text = value.take(u32(value, little));
      if (value.ok()) s.topic = printable(text, longest_name);
    }
  }
  return false;
}

std::string digits_of(bytes b) { return hex(b).substr(2); }

}  // namespace

std::string to_string(const guid_prefix& p) { return digits_of(p); }
std::string to_string(const guid& g) {
  std::array<std::uint8_t, 4> entity{};
  for (std::size_t i = 0; i < entity.size(); ++i) entity[i] = static_cast<std::uint8_t>(g.entity >> (24 - 8 * i));
  return digits_of(g.prefix) + ':' + digits_of(entity);
}
bool is_known(std::uint8_t id) { return std::ranges::find(known, id) != known.end(); }
std::string_view vendor_name(std::uint16_t id) {
  const auto* v = find_vendor(id);
  return v == nullptr ? std::string_view{} : v->name;
}
std::string_view product_name(std::uint16_t id) {
  const auto* v = find_vendor(id);
  return v == nullptr ? std::string_view{} : v->product;
}

std::optional<sample> read_sample(reader in, std::uint8_t flags, bool fragmented, const guid_prefix& source) {
  sample s;
  s.little = (flags & 1) != 0;
  in.skip(2);  // extra flags
  const std::size_t to_qos = u16(in, s.little);
  const auto from = in.left();
  s.reader = in.u32();
  s.writer = {source, in.u32()};
  const auto high = u32(in, s.little), low = u32(in, s.little);
  s.number = static_cast<std::int64_t>(std::uint64_t{high} << 32 | low);
  if (fragmented) {
    s.fragment = u32(in, s.little);
    in.skip(4);  // fragments in here, and their size
    s.size = u32(in, s.little);
  }
  const auto read = from - in.left();
  if (!in.ok() || to_qos < read) return {};
  in.skip(to_qos - read);
  s.has_key = (flags & (fragmented ? flag_fragment_key : flag_key)) != 0;
  s.has_data = !s.has_key && (fragmented || (flags & flag_data) != 0);
  if ((flags & flag_inline_qos) != 0 && !read_inline(in, s.little, s)) return {};
  if (!in.ok()) return {};
  s.payload = in.rest();
  if (!fragmented) s.size = s.payload.size();
  return s;
}

}  // namespace mw::rtps
