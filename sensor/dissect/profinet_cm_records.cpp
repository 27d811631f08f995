// Records of PROFINET devices (IEC 61158-6-10, 5.2.4 and PI's profile guideline on identification and maintenance).
#include "common/text.hpp"
#include "sensor/dissect/profinet_cm_blocks.hpp"
#include "sensor/dissect/profinet_diagnosis.hpp"

#include <algorithm>

namespace mw::profinet {
namespace {

enum block : std::uint16_t {
  diagnosis = 0x0010,
  expected_identification = 0x0012,
  real_identification = 0x0013,
  im0 = 0x0020,
  im1 = 0x0021,
  im2 = 0x0022,
  im3 = 0x0023,
  im4 = 0x0024,
};
constexpr std::size_t shown = 64, most_modules = 256, most_blocks = 512;
constexpr std::uint8_t sure = 90;

/// "V2.6.0": a letter for the kind of release, then three numbers.
std::string software_of(reader& in) {
  const auto letter = in.take(1);
  const auto a = in.u8(), b = in.u8(), c = in.u8();
  return printable(letter) + std::to_string(a) + '.' + std::to_string(b) + '.' + std::to_string(c);
}

void read_im0(reader& in, const std::string& unit, cm_reading& r) {
  const auto vendor = in.u16();
  const auto order = printable(in.take(20)), serial = printable(in.take(16));
  const auto hardware = in.u16();
  const auto software = software_of(in);
  in.skip(2);  // revision counter
  const auto profile = in.u16();
  if (!in.ok()) return r.breaks("record_length", "the identification is shorter than its layout");
  r.op.values.emplace_back(order);
  r.op.fields.emplace_back("vendor_id", hex16(vendor));
  r.op.fields.emplace_back("profile", hex16(profile));
  r.learn(party::device, unit, "vendor", std::string{vendor_name(vendor)}, sure);
  r.learn(party::device, unit, "vendor_id", hex16(vendor), sure);
  r.learn(party::device, unit, "order_number", order, sure);
  r.learn(party::device, unit, "serial", serial, sure);
  if (hardware != 0xffff) r.learn(party::device, unit, "hardware", std::to_string(hardware), sure);
  r.learn(party::device, unit, "firmware", software, sure);
}

/// Slots, and the submodules in each: "module" by number, as a description file knows them.
void read_modules(reader& in, bool with_api, cm_reading& r) {
  std::size_t left = most_modules;
  for (auto apis = with_api ? in.u16() : std::uint16_t{1}; apis != 0 && in.left() != 0; --apis) {
    if (with_api) in.skip(4);
    for (auto slots = in.u16(); slots != 0 && in.left() != 0; --slots) {
      const auto slot = in.u16();
      const auto module = in.u32();
      const auto subslots = in.u16();
      for (auto n = subslots; n != 0 && in.left() != 0; --n) {
        const auto subslot = in.u16();
        const auto submodule = in.u32();
        if (!in.ok() || left-- == 0) return;
        if (subslot < 0x8000) r.learn(party::device, unit_of(slot, subslot), "submodule", hex32(submodule));
      }
      if (in.ok() && module != 0) r.learn(party::device, std::to_string(slot), "module", hex32(module));
    }
  }
}

/// False where the block is none that is known here.
bool read_known(std::uint16_t type, bool version_1_1, reader& in, const std::string& unit, cm_reading& r) {
  switch (type) {
    case im0: read_im0(in, unit, r); return true;
    case im1: {
      const auto function = printable(in.take(32)), location = printable(in.take(22));
      if (!in.ok()) return false;
      r.op.values.emplace_back(function), r.op.values.emplace_back(location);
      r.learn(party::device, unit, "function", function);
      r.learn(party::device, unit, "location", location);
      return true;
    }
    case im2: {
      const auto date = printable(in.take(16));
      r.op.values.emplace_back(date);
      r.learn(party::device, unit, "installation_date", date);
      return in.ok();
    }
    case im3: {
      const auto text = printable(in.take(54));
      r.op.values.emplace_back(text);
      r.learn(party::device, unit, "description", text);
      return in.ok();
    }
    case im4: r.op.values.emplace_back(hex(in.take(54), shown)); return in.ok();
    case expected_identification:
    case real_identification: read_modules(in, version_1_1, r); return true;
    case diagnosis: {
      if (version_1_1) in.skip(4);
      const auto slot = in.u16(), subslot = in.u16();
      in.skip(4);  // channel and its properties, which the structures have again
      if (!in.ok()) return false;
      r.op.fields.emplace_back("diagnosis_of", std::to_string(slot) + '/' + std::to_string(subslot));
      read_diagnosis(in, r.op);
      return true;
    }
    default: return false;
  }
}

}  // namespace

std::string unit_of(std::uint16_t slot, std::uint16_t subslot) {
  return slot == 0 ? std::string{} : std::to_string(slot) + '/' + std::to_string(subslot);
}

void read_record(std::uint16_t index, const std::string& unit, bytes data, cm_reading& r) {
  if (data.empty()) return;
  bool known = false;
  if (index >= 0x8000) {
    reader in{data};
    for (std::size_t n = 0; in.left() > 5 && n < most_blocks; ++n) {
      const auto type = in.u16(), length = in.u16();
      const auto version = in.u16();
      if (length < 2) break;
      auto body = in.part(length - 2u);
      if (!in.ok()) break;
      known = read_known(type, version >= 0x0101, body, unit, r) || known;
    }
  }
  if (!known) r.op.values.emplace_back(hex(data, shown));
}

void read_annotation(bytes text, cm_reading& r) {
  reader in{text};
  const auto model = printable(in.take(25));
  in.skip(1);
  const auto order = printable(in.take(20));
  in.skip(1);
  const auto hardware = in.take(5);
  in.skip(1);
  const auto prefix = printable(in.take(1));
  std::string software = prefix;
  const auto number = [](bytes digits) {
    const auto padded = printable(digits);
    const auto at = padded.find_first_not_of(' ');
    return at == std::string::npos ? std::string{} : padded.substr(at);
  };
  for (int i = 0; i < 3; ++i) (software += i == 0 ? "" : ".") += number(in.take(3));
  if (!in.ok() || !is_text(text.first(std::min<std::size_t>(text.size(), 62)))) return;
  r.op.values.emplace_back(model);
  r.learn(party::device, {}, "model", model);
  r.learn(party::device, {}, "order_number", order);
  r.learn(party::device, {}, "hardware", number(hardware));
  if (software.size() > 3) r.learn(party::device, {}, "firmware", software);
}

}  // namespace mw::profinet
