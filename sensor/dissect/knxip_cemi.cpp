// Telegrams of the KNX bus: link, transport and application layer, and the management of the interface itself.
#include "sensor/dissect/knxip_cemi.hpp"

#include "common/text.hpp"
#include "sensor/dissect/knxip_frame.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mw::knxip {
namespace {

constexpr std::uint16_t none = 0xffff;
/// 03_03_07, table 1. Memory, descriptors and group values have a number or a value in their low six bits.
constexpr std::array services{
    application_service{0x000, "group_value_read", action::read, none},
    application_service{0x040, "group_value_response", action::report, 0x000},
    application_service{0x080, "group_value_write", action::write, none},
    application_service{0x0c0, "individual_address_write", action::configure, none},
    application_service{0x100, "individual_address_read", action::identify, none},
    application_service{0x140, "individual_address_response", action::identify, 0x100},
    application_service{0x180, "adc_read", action::read, none},
    application_service{0x1c0, "adc_response", action::report, 0x180},
    application_service{0x1c8, "system_network_parameter_read", action::read, none},
    application_service{0x1c9, "system_network_parameter_response", action::report, 0x1c8},
    application_service{0x1ca, "system_network_parameter_write", action::configure, none},
    application_service{0x1cc, "property_ext_value_read", action::read, none},
    application_service{0x1cd, "property_ext_value_response", action::report, 0x1cc},
    application_service{0x1ce, "property_ext_value_write_con", action::configure, none},
    application_service{0x1cf, "property_ext_value_write_con_response", action::report, 0x1ce},
    application_service{0x1d0, "property_ext_value_write_uncon", action::configure, none},
    application_service{0x1d2, "property_ext_description_read", action::read, none},
    application_service{0x1d3, "property_ext_description_response", action::report, 0x1d2},
    application_service{0x1d4, "function_property_ext_command", action::configure, none},
    application_service{0x1d5, "function_property_ext_state_read", action::read, none},
    application_service{0x1d6, "function_property_ext_state_response", action::report, 0x1d5},
    application_service{0x1fb, "memory_extended_write", action::program_download, none},
    application_service{0x1fc, "memory_extended_write_response", action::report, 0x1fb},
    application_service{0x1fd, "memory_extended_read", action::read, none},
    application_service{0x1fe, "memory_extended_read_response", action::report, 0x1fd},
    application_service{0x200, "memory_read", action::read, none},
    application_service{0x240, "memory_response", action::report, 0x200},
    application_service{0x280, "memory_write", action::program_download, none},
    application_service{0x2c0, "user_memory_read", action::read, none},
    application_service{0x2c1, "user_memory_response", action::report, 0x2c0},
    application_service{0x2c2, "user_memory_write", action::program_download, none},
    application_service{0x2c4, "user_memory_bit_write", action::program_download, none},
    application_service{0x2c5, "user_manufacturer_info_read", action::identify, none},
    application_service{0x2c6, "user_manufacturer_info_response", action::identify, 0x2c5},
    application_service{0x2c7, "function_property_command", action::configure, none},
    application_service{0x2c8, "function_property_state_read", action::read, none},
    application_service{0x2c9, "function_property_state_response", action::report, 0x2c8},
    application_service{0x300, "device_descriptor_read", action::identify, none},
    application_service{0x340, "device_descriptor_response", action::identify, 0x300},
    application_service{0x380, "restart", action::restart, none},
    application_service{0x381, "restart_master_reset", action::restart, none},
    application_service{0x3a1, "restart_response", action::report, 0x381},
    application_service{0x3c0, "routing_table_open", action::configure, none},
    application_service{0x3c1, "routing_table_read", action::read, none},
    application_service{0x3c2, "routing_table_response", action::report, 0x3c1},
    application_service{0x3c3, "routing_table_write", action::configure, none},
    application_service{0x3c8, "router_memory_read", action::read, none},
    application_service{0x3c9, "router_memory_response", action::report, 0x3c8},
    application_service{0x3ca, "router_memory_write", action::program_download, none},
    application_service{0x3cd, "router_status_read", action::read, none},
    application_service{0x3ce, "router_status_response", action::report, 0x3cd},
    application_service{0x3cf, "router_status_write", action::configure, none},
    application_service{0x3d0, "memory_bit_write", action::program_download, none},
    application_service{0x3d1, "authorize_request", action::authenticate, none},
    application_service{0x3d2, "authorize_response", action::authenticate, 0x3d1},
    application_service{0x3d3, "key_write", action::configure, none},
    application_service{0x3d4, "key_response", action::report, 0x3d3},
    application_service{0x3d5, "property_value_read", action::read, none},
    application_service{0x3d6, "property_value_response", action::report, 0x3d5},
    application_service{0x3d7, "property_value_write", action::configure, none},
    application_service{0x3d8, "property_description_read", action::read, none},
    application_service{0x3d9, "property_description_response", action::report, 0x3d8},
    application_service{0x3da, "network_parameter_read", action::read, none},
    application_service{0x3db, "network_parameter_response", action::report, 0x3da},
    application_service{0x3dc, "individual_address_serial_number_read", action::identify, none},
    application_service{0x3dd, "individual_address_serial_number_response", action::identify, 0x3dc},
    application_service{0x3de, "individual_address_serial_number_write", action::configure, none},
    application_service{0x3e0, "domain_address_write", action::configure, none},
    application_service{0x3e1, "domain_address_read", action::identify, none},
    application_service{0x3e2, "domain_address_response", action::identify, 0x3e1},
    application_service{0x3e3, "domain_address_selective_read", action::identify, none},
    application_service{0x3e4, "network_parameter_write", action::configure, none},
    application_service{0x3e5, "link_read", action::read, none},
    application_service{0x3e6, "link_response", action::report, 0x3e5},
    application_service{0x3e7, "link_write", action::configure, none},
    application_service{0x3e8, "group_property_value_read", action::read, none},
    application_service{0x3e9, "group_property_value_response", action::report, 0x3e8},
    application_service{0x3ea, "group_property_value_write", action::write, none},
    application_service{0x3eb, "group_property_value_info", action::report, none},
    application_service{0x3ec, "domain_address_serial_number_read", action::identify, none},
    application_service{0x3ed, "domain_address_serial_number_response", action::identify, 0x3ec},
    application_service{0x3ee, "domain_address_serial_number_write", action::configure, none},
    application_service{0x3f0, "file_stream_info_report", action::report, none},
    application_service{0x3f1, "data_secure", action::session, none},
};

constexpr std::pair<std::uint8_t, std::string_view> codes[] = {{raw_request, "raw_request"},
                                                               {data_request, "data_request"},
                                                               {data_indication, "data_indication"},
                                                               {busmonitor_indication, "busmonitor_indication"},
                                                               {raw_indication, "raw_indication"},
                                                               {data_confirmation, "data_confirmation"},
                                                               {raw_confirmation, "raw_confirmation"},
                                                               {reset_indication, "reset_indication"},
                                                               {reset_request_message, "reset_request"},
                                                               {property_write_confirmation, "property_write_confirmation"},
                                                               {property_write, "property_write"},
                                                               {property_info, "property_info"},
                                                               {function_command, "function_property_command"},
                                                               {function_read, "function_property_state_read"},
                                                               {function_confirmation, "function_property_confirmation"},
                                                               {property_read_confirmation, "property_read_confirmation"},
                                                               {property_read, "property_read"}};
constexpr std::array<std::string_view, 4> controls{"transport_connect", "transport_disconnect", "transport_ack", "transport_nak"};
constexpr std::array<std::string_view, 4> priorities{"system", "normal", "urgent", "low"};
constexpr std::size_t longest_value = 64;

/// The code without what a service carries in its low bits.
std::uint16_t code_of(std::uint16_t apci) {
  const auto family = apci & 0x3c0;
  const bool exact = (family == 0x1c0 && apci >= 0x1c8) || family == 0x2c0 || family >= 0x380;
  return static_cast<std::uint16_t>(exact ? apci : family);
}

object place(std::string_view space, std::string address, std::uint32_t count = 1) {
  return {.space = std::string{space}, .address = std::move(address), .count = count, .property = {}, .index = {}};
}
void add_octets(telegram& t, bytes data) {
  if (!data.empty()) t.values.emplace_back(hex(data, longest_value));
}

/// Keys and hashes of passwords: of the security object (17), and of the parameters of KNXnet/IP (11), which may not be told by its type.
bool is_secret(std::optional<std::uint16_t> object_type, std::uint32_t property) {
  constexpr std::uint16_t ip_parameters = 11, security = 17;
  constexpr std::array<std::uint32_t, 4> keys{52, 53, 56, 60};
  if (object_type == security) return std::ranges::find(keys, property) != keys.end();
  return object_type.value_or(ip_parameters) == ip_parameters && property >= 91 && property <= 93;
}
void add_property_value(telegram& t, std::optional<std::uint16_t> object_type, std::uint32_t property, bytes data) {
  if (!is_secret(object_type, property)) return add_octets(t, data);
  if (!data.empty()) t.fields.emplace_back("key_given", true);
}

/// A property of an object of the device: object/property, elements, then their octets.
void read_property(reader& in, telegram& t) {
  const auto index = in.u8(), id = in.u8();
  const auto what = in.u16();
  if (!in.ok()) return;
  t.objects.push_back(place("property", std::to_string(index) + '/' + std::to_string(id), what >> 12u));
  t.fields.emplace_back("start", std::uint64_t{what & 0xfffu});
  add_property_value(t, {}, id, in.rest());
}
/// The same by object type, instance and property; what does not hold a value is kept as it is.
void read_extended_property(reader& in, telegram& t) {
  const auto whole = in.rest();
  const auto type = in.u16();
  const auto place_of = static_cast<std::uint32_t>(in.be_n(3));
  if (!in.ok() || !is_secret(type, place_of & 0xfff)) return add_octets(t, whole);
  t.objects.push_back(
      place("property", std::to_string(type) + '/' + std::to_string(place_of >> 12) + '/' + std::to_string(place_of & 0xfff)));
  t.fields.emplace_back("key_given", true);
}
void read_memory(reader& in, telegram& t, std::uint32_t count, std::size_t width) {
  const auto address = in.be_n(width);
  if (!in.ok()) return;
  t.objects.push_back(place("memory", std::to_string(address), count));
  add_octets(t, in.rest());
}

void read_application(reader& in, telegram& t) {
  const std::uint32_t low = t.apci & 0x3fu;
  switch (t.service != nullptr ? t.service->code : code_of(t.apci)) {
    case 0x000: break;
    case 0x040:
    case 0x080:  // a value of up to six bits stands in the code itself; of octets the type is not known here
      if (in.left() == 0)
        t.values.emplace_back(std::uint64_t{low});
      else if (in.left() == 1)
        t.values.emplace_back(std::uint64_t{in.u8()});
      else
        add_octets(t, in.rest());
      break;
    case 0x0c0:
      if (const auto a = in.u16(); in.ok()) t.values.emplace_back(individual(a));
      break;
    case 0x200:
    case 0x240:
    case 0x280: read_memory(in, t, low, 2); break;
    case 0x1fb:
    case 0x1fc:
    case 0x1fd:
    case 0x1fe: {
      const auto count = in.u8();  // of an answer: a return code
      read_memory(in, t, count, 3);
      break;
    }
    case 0x1cc:
    case 0x1cd:
    case 0x1ce:
    case 0x1cf:
    case 0x1d0: read_extended_property(in, t); break;
    case 0x2c0:
    case 0x2c1:
    case 0x2c2: {
      const auto head = in.u8();
      const auto address = static_cast<std::uint32_t>(head >> 4) << 16 | in.u16();
      if (!in.ok()) break;
      t.objects.push_back(place("memory", std::to_string(address), head & 15u));
      add_octets(t, in.rest());
      break;
    }
    case 0x300:
    case 0x340:
      t.objects.push_back(place("descriptor", std::to_string(low)));
      add_octets(t, in.rest());
      break;
    case 0x3d1:
    case 0x3d3: t.fields.emplace_back("key_given", true); break;  // the key itself is a password
    case 0x3d2:
    case 0x3d4:
      if (const auto level = in.u8(); in.ok()) t.fields.emplace_back("access_level", std::uint64_t{level});
      break;
    case 0x3d5:
    case 0x3d6:
    case 0x3d7: read_property(in, t); break;
    case 0x3dc:
    case 0x3dd: {
      const auto serial = in.take(6);
      if (in.ok()) t.objects.push_back(place("serial", hex(serial).substr(2)));
      break;
    }
    case 0x3de: {
      const auto serial = in.take(6);
      const auto a = in.u16();
      if (!in.ok()) break;
      t.objects.push_back(place("serial", hex(serial).substr(2)));
      t.values.emplace_back(individual(a));
      break;
    }
    case 0x3f1: t.fields.emplace_back("encrypted", true); break;
    default: add_octets(t, in.rest()); break;
  }
}

bool read_link(reader& in, telegram& t) {
  const auto first = in.u8(), second = in.u8();
  t.priority = first >> 2 & 3;
  t.failed = t.code == data_confirmation && (first & 1) != 0;
  t.to_group = (second & 0x80) != 0;
  t.source = in.u16(), t.destination = in.u16();
  const auto length = in.u8();
  const auto transport = in.u8();
  auto data = in.part(length);
  if (!in.ok() || in.left() != 0) return false;
  t.fields.emplace_back("source", individual(t.source));
  t.fields.emplace_back("priority", std::string{priorities.at(t.priority)});
  if ((transport & 0x80) != 0) {
    if (length != 0) return false;
    t.control = controls.at(transport & 3u);
    t.unit = individual(t.destination);
    return true;
  }
  if (length == 0) return false;
  t.apci = static_cast<std::uint16_t>((transport & 3) << 8 | data.u8());
  const auto at = std::ranges::lower_bound(services, code_of(t.apci), {}, &application_service::code);
  if (at != services.end() && at->code == code_of(t.apci)) t.service = &*at;
  if (t.to_group && t.destination != 0)
    t.objects.push_back(place("group", group(t.destination)));
  else if (!t.to_group)
    t.unit = individual(t.service != nullptr && t.service->is_answer() ? t.source : t.destination);
  read_application(data, t);
  return true;
}

/// Object type, instance, property, elements; an answer without elements is an error.
bool read_management(reader& in, telegram& t) {
  const auto type = in.u16();
  const auto instance = in.u8(), id = in.u8();
  const bool function = t.code == function_command || t.code == function_read || t.code == function_confirmation;
  const std::uint16_t what = function ? std::uint16_t{0x1001} : in.u16();
  if (!in.ok()) return false;
  t.property = static_cast<std::uint32_t>(type) << 16 | static_cast<std::uint32_t>(instance) << 8 | id;
  t.objects.push_back(place("property", std::to_string(type) + '/' + std::to_string(instance) + '/' + std::to_string(id), what >> 12u));
  t.refused = (t.code == property_read_confirmation || t.code == property_write_confirmation) && what >> 12 == 0;
  if (t.refused) {
    if (const auto error = in.u8(); in.ok()) t.fields.emplace_back("error", std::uint64_t{error});
    return true;
  }
  add_property_value(t, type, id, in.rest());
  return true;
}

}  // namespace

bool has_answer(std::uint16_t code) {
  return std::ranges::any_of(services, [&](const application_service& s) { return s.answers == code; });
}
std::string_view message_name(std::uint8_t code) {
  const auto at = std::ranges::find(codes, code, &std::pair<std::uint8_t, std::string_view>::first);
  return at != std::end(codes) ? at->second : std::string_view{};
}

std::optional<telegram> read_telegram(bytes data) {
  reader in{data};
  telegram t;
  t.code = in.u8();
  if (!in.ok() || message_name(t.code).empty()) return {};
  if (t.code == reset_request_message || t.code == reset_indication) return t;
  if (t.code >= reset_indication) {
    if (!read_management(in, t)) return {};
    return t;
  }
  in.skip(in.u8());  // additional information: time stamps, states of the medium
  if (!in.ok()) return {};
  if (t.code == data_request || t.code == data_indication || t.code == data_confirmation) {
    if (!read_link(in, t)) return {};
    return t;
  }
  add_octets(t, in.rest());
  return t;
}

}  // namespace mw::knxip
