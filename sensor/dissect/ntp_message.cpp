// NTP messages: RFC 5905 7.3 and 7.5, RFC 8915 5 (NTS), RFC 9327 (control); private requests after the header ntp_request.h of ntpd.
#include "sensor/dissect/ntp_message.hpp"

#include "common/text.hpp"

#include <array>

namespace mw::ntp {
namespace {

constexpr std::int64_t epoch = 2'208'988'800, era = std::int64_t{1} << 32, second = 1'000'000'000;
constexpr std::size_t least_extension = 16, crypto_nak_size = 4, control_head = 12, private_head = 8;
constexpr std::array<std::size_t, 3> mac_sizes{20, 24, 12};  // key identifier with MD5, SHA-1, or none that has a digest of 8
constexpr std::uint16_t nts_first = 0x0104, nts_last = 0x0404;
constexpr std::array<std::string_view, 8> modes{"reserved", "symmetric_active", "symmetric_passive", "client",
                                                "server",   "broadcast",        "control",           "private"};
constexpr std::array<std::string_view, 13> controls{
    "",          "read_status",        "read_variables", "write_variables",   "read_clock",   "write_clock", "set_trap", "trap_response",
    "configure", "save_configuration", "read_mru",       "read_ordered_list", "request_nonce"};
constexpr std::uint8_t unset_trap = 31;
struct request_entry {
  std::string_view name;
  bool change;
};
constexpr std::array<request_entry, 46> requests{{{"peer_list", false},
                                                  {"peer_list_sum", false},
                                                  {"peer_info", false},
                                                  {"peer_stats", false},
                                                  {"sys_info", false},
                                                  {"sys_stats", false},
                                                  {"io_stats", false},
                                                  {"mem_stats", false},
                                                  {"loop_info", false},
                                                  {"timer_stats", false},
                                                  {"config", true},
                                                  {"unconfig", true},
                                                  {"set_sys_flag", true},
                                                  {"clr_sys_flag", true},
                                                  {"monitor", true},
                                                  {"no_monitor", true},
                                                  {"get_restrict", false},
                                                  {"res_add_flags", true},
                                                  {"res_sub_flags", true},
                                                  {"unrestrict", true},
                                                  {"monlist", false},
                                                  {"reset_stats", true},
                                                  {"reset_peer", true},
                                                  {"reread_keys", true},
                                                  {"do_dirty_hack", true},
                                                  {"dont_dirty_hack", true},
                                                  {"trust_key", true},
                                                  {"untrust_key", true},
                                                  {"auth_info", false},
                                                  {"traps", false},
                                                  {"add_trap", true},
                                                  {"clr_trap", true},
                                                  {"request_key", true},
                                                  {"control_key", true},
                                                  {"get_ctl_stats", false},
                                                  {"get_leap_info", false},
                                                  {"get_clock_info", false},
                                                  {"set_clock_fudge", true},
                                                  {"get_kernel", false},
                                                  {"get_clock_bug_info", false},
                                                  {"", false},
                                                  {"set_precision", true},
                                                  {"monlist_1", false},
                                                  {"host_name_association", false},
                                                  {"interface_stats", false},
                                                  {"interface_reload", true}}};

/// What follows the header: extension fields (RFC 7822) in version 4, then a MAC.
void parse_tail(reader& in, time_packet& p) {
  while (in.left() != 0) {
    const auto left = in.left();
    if (left == crypto_nak_size) {
      p.crypto_nak = true;
      return;
    }
    if (p.version < 4 || left < least_extension || left == mac_sizes[0] || left == mac_sizes[1]) {
      p.authenticated = left == mac_sizes[0] || left == mac_sizes[1] || left == mac_sizes[2];
      p.bad_extension = p.bad_extension || !p.authenticated;
      return;
    }
    const auto type = in.u16(), size = in.u16();
    if (size < 4 || size % 4 != 0 || size - 4u > in.left()) {
      p.bad_extension = true;
      return;
    }
    in.skip(size - 4u);
    const bool nts = type >= nts_first && type <= nts_last && (type & 0xff) == 0x04;
    p.nts = p.nts || nts;
    p.autokey = p.autokey || (!nts && (type & 0xff) == 0x02);
  }
}

}  // namespace

std::int64_t unix_time(stamp t) {
  auto seconds = static_cast<std::int64_t>(t >> 32);
  if ((seconds & 0x80000000) == 0) seconds += era;
  const auto fraction = static_cast<std::int64_t>((t & 0xffffffffu) * static_cast<std::uint64_t>(second) >> 32);
  return (seconds - epoch) * second + fraction;
}

std::optional<time_packet> parse_time(bytes data) {
  reader in{data};
  time_packet p;
  const auto first = in.u8();
  p.leap = first >> 6, p.version = first >> 3 & 7, p.mode = first & 7;
  p.stratum = in.u8();
  p.poll = static_cast<std::int8_t>(in.u8()), p.precision = static_cast<std::int8_t>(in.u8());
  p.root_delay = in.u32(), p.root_dispersion = in.u32(), p.reference = in.u32();
  p.reference_time = in.u64(), p.origin = in.u64(), p.receive = in.u64(), p.transmit = in.u64();
  if (!in.ok()) return {};
  parse_tail(in, p);
  return p;
}

std::string reference_text(const time_packet& p) {
  const std::array<std::uint8_t, 4> b{static_cast<std::uint8_t>(p.reference >> 24), static_cast<std::uint8_t>(p.reference >> 16 & 0xff),
                                      static_cast<std::uint8_t>(p.reference >> 8 & 0xff), static_cast<std::uint8_t>(p.reference & 0xff)};
  if (p.stratum <= 1) return p.reference == 0 ? std::string{} : printable(b, 4);
  return std::to_string(b[0]) + '.' + std::to_string(b[1]) + '.' + std::to_string(b[2]) + '.' + std::to_string(b[3]);
}
double short_to_ms(std::uint32_t fixed) { return static_cast<double>(fixed) * 1000 / 65536; }

std::optional<control_message> parse_control(bytes data) {
  reader in{data};
  control_message c;
  const auto first = in.u8(), second = in.u8();
  c.version = first >> 3 & 7;
  c.response = (second & 0x80) != 0, c.failed = (second & 0x40) != 0, c.more = (second & 0x20) != 0, c.opcode = second & 0x1f;
  c.sequence = in.u16();
  const auto status = in.u16();
  c.error = c.failed ? static_cast<std::uint8_t>(status >> 8) : std::uint8_t{0};
  c.association = in.u16(), c.offset = in.u16();
  c.data = in.take(in.u16());
  if (!in.ok() || (first & 7) != control || data.size() < control_head) return {};
  return c;
}
std::string_view control_name(std::uint8_t opcode) {
  return opcode < controls.size() ? controls[opcode] : opcode == unset_trap ? std::string_view{"unset_trap"} : std::string_view{};
}

std::optional<private_message> parse_private(bytes data) {
  reader in{data};
  private_message p;
  const auto first = in.u8(), second = in.u8();
  p.response = (first & 0x80) != 0, p.more = (first & 0x40) != 0, p.version = first >> 3 & 7;
  p.authenticated = (second & 0x80) != 0, p.sequence = second & 0x7f;
  p.implementation = in.u8(), p.request = in.u8();
  const auto items = in.u16(), size = in.u16();
  p.error = static_cast<std::uint8_t>(items >> 12), p.items = items & 0xfff, p.item_size = size & 0xfff;
  if (!in.ok() || (first & 7) != private_use || data.size() < private_head) return {};
  if (std::size_t{p.items} * p.item_size > in.left()) return {};
  return p;
}
std::string_view private_name(std::uint8_t request) { return request < requests.size() ? requests[request].name : std::string_view{}; }
bool is_private_change(std::uint8_t request) { return request < requests.size() && requests[request].change; }

std::string_view mode_name(std::uint8_t mode) { return mode < modes.size() ? modes[mode] : std::string_view{}; }

}  // namespace mw::ntp
