// The blocks of DCP (IEC 61158-6-10, 4.3.1.4): what each option holds.
#include "sensor/dissect/profinet_dcp_blocks.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::profinet {
namespace {

using namespace dcp_options;

enum class form : std::uint8_t { octets, text, addresses, card };
struct option_info {
  dcp_option what;
  std::string_view name;
  form as = form::octets;
  std::size_t least = 0;  ///< octets of its value
};
constexpr std::array infos{
    option_info{mac_address, "mac_address", form::card, 6},
    option_info{ip_parameter, "ip_parameter", form::addresses, 12},
    option_info{ip_suite, "ip_suite", form::addresses, 28},
    option_info{type_of_station, "type_of_station", form::text},
    option_info{name_of_station, "name_of_station", form::text},
    option_info{device_id, "device_id", form::octets, 4},
    option_info{role, "device_role", form::octets, 1},
    option_info{list, "device_options"},
    option_info{alias, "alias_name", form::text},
    option_info{instance, "device_instance", form::octets, 2},
    option_info{oem_id, "oem_device_id", form::octets, 4},
    option_info{gateway, "standard_gateway", form::addresses, 4},
    option_info{rsi, "rsi_properties", form::octets, 2},
    option_info{dhcp_host_name, "dhcp_host_name", form::text},
    option_info{{3, 43}, "dhcp_vendor_specific"},
    option_info{{3, 54}, "dhcp_server_identifier"},
    option_info{{3, 55}, "dhcp_parameter_request_list"},
    option_info{dhcp_class, "dhcp_class_identifier", form::text},
    option_info{{3, 61}, "dhcp_client_identifier"},
    option_info{dhcp_fqdn, "dhcp_fqdn", form::text},
    option_info{{3, 97}, "dhcp_uuid"},
    option_info{dhcp_control, "dhcp_control"},
    option_info{start, "start_transaction"},
    option_info{stop, "end_transaction"},
    option_info{signal, "signal", form::octets, 2},
    option_info{response, "response", form::octets, 3},
    option_info{factory_reset, "factory_reset"},
    option_info{reset_to_factory, "reset_to_factory"},
    option_info{initiative, "device_initiative", form::octets, 2},
    option_info{all, "all"},
};
const option_info* find(dcp_option o) {
  const auto it = std::ranges::find(infos, o, &option_info::what);
  return it == infos.end() ? nullptr : &*it;
}

/// What a reset to factory clears: the qualifier without its lowest bit (4.3.1.4.17).
constexpr std::array<std::pair<std::uint16_t, std::string_view>, 7> reset_modes{{{1, "application_data"},
                                                                                 {2, "communication_parameter"},
                                                                                 {3, "engineering_parameter"},
                                                                                 {4, "all_stored_data"},
                                                                                 {5, "engineering_parameter"},
                                                                                 {8, "device_to_factory_values"},
                                                                                 {9, "reset_and_restore"}}};
constexpr std::array<std::string_view, 4> roles{"io_device", "io_controller", "io_multidevice", "io_supervisor"};
constexpr std::array<std::string_view, 3> ip_states{"not_set", "set", "set_by_dhcp"};
constexpr std::array<std::string_view, 3> ip_conflicts{"not_set_conflict", "set_conflict", "set_by_dhcp_conflict"};
constexpr std::array<std::string_view, 7> block_errors{
    "ok", "option_unsupported", "suboption_unsupported", "suboption_not_set", "resource_error", "set_not_possible", "in_operation"};

void pad(reader& in, std::size_t length) {
  if (length % 2 != 0 && in.left() != 0) in.skip(1);
}
std::string qualifier_name(dcp_option what, std::uint16_t q) {
  if (what == reset_to_factory) {
    const auto it = std::ranges::find(reset_modes, static_cast<std::uint16_t>(q >> 1), [](const auto& m) { return m.first; });
    return it == reset_modes.end() ? std::to_string(q) : std::string{it->second};
  }
  return q == 0 ? "temporary" : q == 1 ? "permanent" : std::to_string(q);
}

}  // namespace

std::vector<dcp_block> read_blocks(reader& in, dcp_lead lead) {
  std::vector<dcp_block> out;
  while (in.left() > 1) {  // a last octet alone is padding
    dcp_block b;
    b.what = {in.u8(), in.u8()};
    const auto length = in.u16();
    auto value = in.part(length);
    if (lead != dcp_lead::none && b.what != response) {
      b.lead = value.u16();
      in.expect(value.ok(), "a block has its info or qualifier");
    }
    b.data = value.rest();
    if (!in.ok()) return out;
    out.push_back(b);
    pad(in, length);
  }
  return out;
}

std::vector<dcp_block> read_asked(reader& in) {
  std::vector<dcp_block> out;
  while (in.left() > 1) out.push_back({{in.u8(), in.u8()}, {}, {}});
  return out;
}

std::string_view name_of(dcp_option o) {
  const auto* i = find(o);
  return i == nullptr ? std::string_view{} : i->name;
}
bool long_enough(const dcp_block& b) {
  const auto* i = find(b.what);
  return i == nullptr || b.data.size() >= i->least;
}

void add_values(const dcp_block& b, std::vector<value>& to) {
  const auto* i = find(b.what);
  const auto as = i == nullptr || !long_enough(b) ? form::octets : i->as;
  reader in{b.data};
  switch (as) {
    case form::text: to.emplace_back(printable(b.data)); break;
    case form::card: to.emplace_back(to_string(read_mac(in))); break;
    case form::addresses:
      for (std::size_t n = i->least / 4; n != 0; --n) to.emplace_back(to_string(read_ip4(in)));
      break;
    case form::octets:
      if (!b.data.empty()) to.emplace_back(hex(b.data, 256));
      break;
  }
}

void add_fields(const dcp_block& b, dcp_lead lead, std::vector<field>& to) {
  if (b.lead && lead == dcp_lead::qualifier && b.what != start && b.what != stop) {
    to.emplace_back("qualifier", qualifier_name(b.what, *b.lead));
  }
  if (b.lead && lead == dcp_lead::info && (b.what == ip_parameter || b.what == ip_suite)) {
    to.emplace_back("ip_state", std::string{ip_state_name(*b.lead)});
  }
  reader in{b.data};
  if (!long_enough(b)) return;
  if (b.what == device_id || b.what == oem_id) {
    const bool oem = b.what == oem_id;
    const auto vendor = in.u16(), device = in.u16();
    to.emplace_back(oem ? "oem_vendor_id" : "vendor_id", hex16(vendor));
    to.emplace_back(oem ? "oem_device_id" : "device_id", hex16(device));
  } else if (b.what == role) {
    to.emplace_back("role", role_names(in.u8()));
  } else if (b.what == instance) {
    const auto high = in.u8(), low = in.u8();
    to.emplace_back("instance", std::to_string(high) + '.' + std::to_string(low));
  } else if (b.what == signal) {
    const auto word = in.u16();
    to.emplace_back("signal", word == 0x0100 ? std::string{"flash_once"} : hex16(word));
  } else if (b.what == initiative) {
    to.emplace_back("hello", in.u16() != 0);
  } else if (b.what == dhcp_control) {
    const auto options = b.data.empty() ? std::uint8_t{0} : b.data.back();
    to.emplace_back("dhcp", options == 2);
  }
}

std::string role_names(std::uint8_t bits) {
  std::string out;
  for (std::size_t i = 0; i < roles.size(); ++i)
    if ((bits >> i & 1u) != 0) (out += out.empty() ? "" : " ") += roles[i];
  return out;
}

bool is_station_name(std::string_view s) {
  return s.size() <= 240 &&
         std::ranges::all_of(s, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}
std::string_view ip_state_name(std::uint16_t info) {
  const auto& names = conflicts(info) ? ip_conflicts : ip_states;
  const auto low = static_cast<std::size_t>(info & 0x7f);
  return low < names.size() ? names[low] : std::string_view{"reserved"};
}
std::string_view block_error_name(std::uint8_t error) {
  return error < block_errors.size() ? block_errors[error] : std::string_view{"reserved"};
}

}  // namespace mw::profinet
