// The CIP Identity object (CIP Specification Volume 1, 5A-2; the status word of Logix controllers: Rockwell Automation 1756-PM020,
// "Logix 5000 Controllers Data Access").
#include "sensor/dissect/cip_identity.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace mw::cip {
namespace {

struct entry {
  std::uint16_t id;
  std::string_view name;
};
/// Vendor ids that ODVA gave out, of makers met in plants; ascending.
constexpr std::array vendors{entry{1, "Rockwell Automation"},
                             entry{2, "Namco Controls"},
                             entry{3, "Honeywell"},
                             entry{4, "Parker Hannifin"},
                             entry{5, "Rockwell Automation/Reliance Electric"},
                             entry{7, "SMC"},
                             entry{8, "Molex"},
                             entry{9, "Western Reserve Controls"},
                             entry{10, "Advanced Micro Controls"},
                             entry{11, "ASCO"},
                             entry{12, "Banner Engineering"},
                             entry{13, "Belden"},
                             entry{26, "Festo"},
                             entry{36, "MKS Instruments"},
                             entry{37, "Yaskawa"},
                             entry{40, "WAGO"},
                             entry{42, "IMI Norgren"},
                             entry{43, "Balluff"},
                             entry{44, "Yaskawa"},
                             entry{45, "Eurotherm"},
                             entry{46, "ABB"},
                             entry{47, "Omron"},
                             entry{48, "Turck"},
                             entry{50, "Real Time Automation"},
                             entry{52, "Numatics"},
                             entry{57, "Pepperl+Fuchs"},
                             entry{58, "Spectrum Controls"},
                             entry{60, "Applied Motion Products"},
                             entry{68, "Eaton"},
                             entry{71, "Toshiba"},
                             entry{74, "Hitachi"},
                             entry{75, "ABB Robotics"},
                             entry{77, "Rockwell Software"},
                             entry{78, "Escort Memory Systems"},
                             entry{82, "Mitsubishi Electric"},
                             entry{83, "Opto 22"},
                             entry{86, "Horner"},
                             entry{87, "Buerkert"},
                             entry{90, "HMS Industrial Networks"},
                             entry{95, "Advantech"},
                             entry{96, "Square D"},
                             entry{97, "Digital Electronics"},
                             entry{98, "Danfoss"},
                             entry{101, "Bosch Rexroth"},
                             entry{108, "Beckhoff"},
                             entry{109, "National Instruments"},
                             entry{121, "Krones"},
                             entry{123, "EXOR"},
                             entry{125, "KUKA"},
                             entry{145, "GE Industrial Systems"},
                             entry{147, "Siemens"},
                             entry{160, "IDEC"},
                             entry{161, "Mitsubishi Electric"},
                             entry{177, "Red Lion Controls"},
                             entry{185, "Pilz"},
                             entry{243, "Schneider Electric"},
                             entry{252, "Yokogawa"},
                             entry{256, "Bosch Rexroth"},
                             entry{259, "Control Techniques"},
                             entry{283, "Hilscher"},
                             entry{287, "Bosch Rexroth Indramat"},
                             entry{309, "ProSoft Technology"},
                             entry{315, "SEW-Eurodrive"},
                             entry{322, "ifm efector"},
                             entry{326, "GE Fanuc"},
                             entry{342, "Endress+Hauser"},
                             entry{356, "Fanuc Robotics"},
                             entry{367, "Keyence"}};

constexpr std::array device_types{entry{0x00, "Generic Device"},
                                  entry{0x02, "AC Drive"},
                                  entry{0x03, "Motor Overload"},
                                  entry{0x04, "Limit Switch"},
                                  entry{0x05, "Inductive Proximity Switch"},
                                  entry{0x06, "Photoelectric Sensor"},
                                  entry{0x07, "General Purpose Discrete I/O"},
                                  entry{0x09, "Resolver"},
                                  entry{0x0c, "Communications Adapter"},
                                  entry{0x0e, "Programmable Logic Controller"},
                                  entry{0x10, "Position Controller"},
                                  entry{0x13, "DC Drive"},
                                  entry{0x15, "Contactor"},
                                  entry{0x16, "Motor Starter"},
                                  entry{0x17, "Soft Start"},
                                  entry{0x18, "Human-Machine Interface"},
                                  entry{0x1a, "Mass Flow Controller"},
                                  entry{0x1b, "Pneumatic Valve"},
                                  entry{0x1c, "Vacuum Pressure Gauge"},
                                  entry{0x1d, "Process Control Valve"},
                                  entry{0x1e, "Residual Gas Analyzer"},
                                  entry{0x1f, "DC Power Generator"},
                                  entry{0x20, "RF Power Generator"},
                                  entry{0x21, "Turbomolecular Vacuum Pump"},
                                  entry{0x22, "Encoder"},
                                  entry{0x23, "Safety Discrete I/O Device"},
                                  entry{0x24, "Fluid Flow Controller"},
                                  entry{0x25, "CIP Motion Drive"},
                                  entry{0x26, "CompoNet Repeater"},
                                  entry{0x27, "Enhanced Mass Flow Controller"},
                                  entry{0x28, "CIP Modbus Device"},
                                  entry{0x29, "CIP Modbus Translator"},
                                  entry{0x2a, "Safety Analog I/O Device"},
                                  entry{0x2b, "Generic Device"},
                                  entry{0x2c, "Managed Ethernet Switch"},
                                  entry{0x2d, "CIP Motion Safety Drive"},
                                  entry{0x2e, "Safety Drive"},
                                  entry{0x2f, "CIP Motion Encoder"},
                                  entry{0x30, "CIP Motion Converter"},
                                  entry{0x31, "CIP Motion I/O"},
                                  entry{0x32, "ControlNet Physical Layer Component"},
                                  entry{0x33, "Circuit Breaker"},
                                  entry{0x34, "HART Device"},
                                  entry{0x35, "CIP-HART Translator"},
                                  entry{0xc8, "Embedded Component"}};

constexpr std::uint16_t rockwell = 1, controller = 0x0e;
constexpr std::uint8_t stated = 100, of_a_known_controller = 90, of_an_unknown_device = 60;

template <std::size_t N>
constexpr std::string_view look_up(const std::array<entry, N>& table, std::uint16_t id) {
  const auto it = std::lower_bound(table.begin(), table.end(), id, [](const entry& e, std::uint16_t v) { return e.id < v; });
  return it != table.end() && it->id == id ? it->name : std::string_view{};
}
template <std::size_t N>
constexpr bool ascending(const std::array<entry, N>& table) {
  return std::is_sorted(table.begin(), table.end(), [](const entry& a, const entry& b) { return a.id < b.id; });
}
static_assert(ascending(vendors) && ascending(device_types));

std::string named(std::string_view name, std::uint16_t id) { return name.empty() ? std::to_string(id) : std::string{name}; }

std::string short_string(reader& in) { return printable(in.take(in.u8())); }

/// Bits 12 and 13 of the status word; the Identity object proper leaves them reserved.
std::string_view key_switch(std::uint16_t status) {
  constexpr std::array<std::string_view, 4> positions{"", "run", "program", "remote"};
  return positions[(status >> 12) & 3];
}
/// Bits 4 to 7, the extended device status.
std::string_view run_state(std::uint16_t status) {
  switch ((status >> 4) & 15) {
    case 1: return "firmware_update";
    case 4: return "bad_configuration";
    case 5: return "fault";
    case 6: return "run";
    case 7: return "program";
    default: return {};
  }
}

}  // namespace

std::string_view vendor_name(std::uint16_t id) { return look_up(vendors, id); }
std::string_view device_type_name(std::uint16_t id) { return look_up(device_types, id); }

bool read_identity_attribute(std::uint32_t attribute, reader& in, identity& into) {
  switch (attribute) {
    case 1: into.vendor = in.u16le(); break;
    case 2: into.device_type = in.u16le(); break;
    case 3: into.product_code = in.u16le(); break;
    case 4: into.revision = in.u16(); break;  // two octets, major first
    case 5: into.status = in.u16le(); break;
    case 6: into.serial = in.u32le(); break;
    case 7: into.name = short_string(in); break;
    default: return false;
  }
  return in.ok();
}

identity read_identity(reader& in) {
  identity all, good;
  for (std::uint32_t attribute = 1; attribute <= 7; ++attribute) {
    if (!read_identity_attribute(attribute, in, all)) return good;
    good = all;
  }
  return good;
}

namespace {
std::string revision_text(std::uint16_t r) { return std::to_string(r >> 8) + '.' + std::to_string(r & 0xff); }
std::string serial_text(std::uint32_t serial) {
  std::array<char, 9> text{};
  std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(serial));
  return text.data();
}
}  // namespace

std::vector<value> to_values(const identity& i) {
  std::vector<value> out;
  const auto number = [&](const auto& v) {
    if (v) out.emplace_back(std::uint64_t{*v});
  };
  number(i.vendor), number(i.device_type), number(i.product_code);
  if (i.revision) out.emplace_back(revision_text(*i.revision));
  number(i.status), number(i.serial);
  if (i.name) out.emplace_back(*i.name);
  return out;
}

identity_book::known& identity_book::at(side who, const std::string& unit) {
  const auto key = std::pair{who, unit};
  // what is forgotten is told again when it comes back
  if (!devices_.contains(key) && devices_.size() >= capacity) devices_.erase(devices_.begin());
  return devices_[key];
}

void identity_book::tell(std::string_view kind, std::string_view text, std::uint8_t confidence, side who, const std::string& unit,
                         output& out) {
  if (text.empty()) return;
  auto& said = at(who, unit).said;
  const auto it = said.find(kind);
  if (it != said.end() && it->second == text) return;
  said.insert_or_assign(std::string{kind}, std::string{text});
  out.learn(who, unit, kind, text, confidence);
}

void identity_book::tell(const identity& i, side who, const std::string& unit, output& out) {
  const auto learn = [&](std::string_view kind, std::string_view text, std::uint8_t confidence = stated) {
    tell(kind, text, confidence, who, unit, out);
  };
  auto& mine = at(who, unit);
  if (i.vendor) mine.vendor = i.vendor, learn("vendor", named(vendor_name(*i.vendor), *i.vendor));
  if (i.device_type) mine.device_type = i.device_type, learn("device_type", named(device_type_name(*i.device_type), *i.device_type));
  if (i.product_code) learn("product_code", std::to_string(*i.product_code));
  if (i.revision) learn("firmware", revision_text(*i.revision));
  if (i.serial) learn("serial", serial_text(*i.serial));
  if (i.name) learn("model", *i.name);
  if (!i.status) return;
  // The position of a key is Rockwell's own use of the bits: certain of its controllers, likely where the vendor was not seen.
  const bool is_other = (mine.vendor && *mine.vendor != rockwell) || (mine.device_type && *mine.device_type != controller);
  const bool is_logix = mine.vendor == rockwell && mine.device_type == controller;
  const auto position = key_switch(*i.status);
  if (is_other || (!is_logix && position.empty())) return;
  const auto confidence = is_logix ? of_a_known_controller : of_an_unknown_device;
  learn("key_switch", position, confidence);
  learn("run_state", run_state(*i.status), confidence);
}

}  // namespace mw::cip
