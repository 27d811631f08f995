// VTP, DTP and UDLD of Cisco switches (UDLD: RFC 5171; VTP and DTP as published by Cisco and others): who changes the table of VLANs,
// which port wants to be a trunk, and which link works one way only.
#include "sensor/dissect/cdp_vlan.hpp"

#include "common/text.hpp"

namespace mw::cdp {
namespace {

constexpr std::size_t most_domains = 16, most_elements = 32, longest_text = 255;

operation start(const message& m, std::string_view protocol, std::uint8_t function, std::string_view name, action what) {
  operation op;
  op.time = m.time;
  op.protocol = protocol;
  op.action = what;
  op.function = std::to_string(function);
  op.function_name = name;
  op.outcome = outcome::none;
  return op;
}

/// Elements of type and length, the length with both. False where one is cut short.
bool each_element(reader& in, const auto& take) {
  constexpr std::size_t head = 4;
  for (std::size_t i = 0; in.left() != 0 && i < most_elements; ++i) {
    const auto type = in.u16();
    const std::size_t size = in.u16();
    if (type == 0 && size == 0) return true;  // padding
    const auto value = size >= head ? in.take(size - head) : bytes{};
    if (!in.ok() || size < head) return false;
    take(type, value);
  }
  return true;
}

enum vtp_code : std::uint8_t { summary = 1, subset = 2, request = 3, join = 4 };

std::string_view administrative(std::uint8_t status) {
  constexpr std::string_view names[] = {"", "on", "off", "desirable", "auto"};
  return (status & 7) < std::size(names) ? names[status & 7] : "";
}

}  // namespace

void vlan_protocols::on_vtp(bytes data, const message& m, teller& to, output& out) {
  constexpr std::size_t field_of_domain = 32;
  reader in{data};
  const auto version = in.u8();
  const auto code = in.u8();
  in.skip(1);  // followers, or a sequence number
  const std::size_t size = in.u8();
  const auto field = in.take(field_of_domain);
  if (!in.ok() || size > field_of_domain) return out.violate(m.from, "length", "the message is shorter than its head", {}, "vtp");
  if (version < 1 || version > 3) return out.violate(m.from, "version", "a version that is not known", {}, "vtp");
  out.count("vtp", "code", code);
  const auto name = printable(field.first(size), field_of_domain);
  to.say(m, "vtp", "vtp_domain", name, stated, out);
  if (code != summary && code != subset && code != request) return;
  auto op = start(m, "vtp", code,
                  code == summary  ? "summary_advertisement"
                  : code == subset ? "subset_advertisement"
                                   : "advertisement_request",
                  code == request ? action::read : action::report);
  op.objects.push_back({.space = "vtp_domain", .address = name, .property = {}, .index = {}});
  if (code == request) return out.emit(std::move(op), m.from);
  const auto revision = in.u32();
  if (!in.ok()) return out.violate(m.from, "length", "the message is shorter than its code", {}, "vtp");
  op.fields.emplace_back("revision", std::uint64_t{revision});
  if (code == subset) return out.emit(std::move(op), m.from);
  if (const auto by = in.take(4); by.size() == 4) op.fields.emplace_back("updater", mw::to_string(ip::v4(by[0], by[1], by[2], by[3])));
  if (const auto when = in.take(12); when.size() == 12) op.fields.emplace_back("updated", printable(when, 12));
  auto at = std::ranges::find(domains_, name, &domain::name);
  if (at == domains_.end()) {
    if (domains_.size() >= most_domains) {
      out.count("vtp", "forgotten", "domain");
      domains_.pop_front();
    }
    domains_.push_back({name, revision});
  } else if (at->revision != revision) {
    op.action = action::configure;
    op.function_name = "vlan_table_change";
    op.fields.emplace_back("previous_revision", std::uint64_t{at->revision});
    if (revision < at->revision) out.violate(m.from, "revision", "the revision of the table of VLANs goes back", {}, "vtp");
    at->revision = revision;
  }
  out.emit(std::move(op), m.from);
}

void vlan_protocols::on_dtp(bytes data, const message& m, teller& to, output& out) {
  enum : std::uint16_t { domain_name = 1, status = 2, kind = 3, neighbour = 4 };
  reader in{data};
  in.skip(1);  // version
  std::optional<std::uint8_t> wants;
  const bool whole = each_element(in, [&](std::uint16_t type, bytes value) {
    out.count("dtp", "tlv", type);
    if (type == domain_name) to.say(m, "dtp", "vtp_domain", printable(value, longest_text), stated, out);
    if (type == status && value.size() == 1) wants = value[0];
  });
  if (!whole) out.violate(m.from, "length", "the message ends inside an element", {}, "dtp");
  if (!wants || wants == trunk_status_) return;
  // who turns a port into a trunk reaches every VLAN
  auto op = start(m, "dtp", 0, trunk_status_ ? "trunk_change" : "trunk_negotiation", trunk_status_ ? action::configure : action::session);
  op.fields.emplace_back("operating", std::string{(*wants & 0x80) != 0 ? "trunk" : "access"});
  op.fields.emplace_back("administrative", std::string{administrative(*wants)});
  if (trunk_status_) op.fields.emplace_back("previous", std::string{(*trunk_status_ & 0x80) != 0 ? "trunk" : "access"});
  trunk_status_ = wants;
  out.emit(std::move(op), m.from);
}

void vlan_protocols::on_udld(bytes data, const message& m, teller& to, output& out) {
  enum : std::uint16_t { device = 1, port = 2, name = 6 };
  enum : std::uint8_t { probe = 1, echo = 2, flush = 3 };
  reader in{data};
  const auto head = in.u8();
  in.skip(3);  // flags, checksum
  if (!in.ok()) return out.violate(m.from, "length", "the message is shorter than its head", {}, "udld");
  const std::uint8_t version = head >> 5, code = head & 0x1f;
  if (version != 1) return out.violate(m.from, "version", "not version 1", {}, "udld");
  out.count("udld", "opcode", code);
  const bool whole = each_element(in, [&](std::uint16_t type, bytes value) {
    const auto text = printable(value, longest_text);
    if (type == device) to.say(m, "udld", "chassis_id", text, stated, out);
    if (type == port) to.say(m, "udld", "port_id", text, stated, out, true);
    if (type == name) to.say(m, "udld", "system_name", text, stated, out);
  });
  if (!whole) out.violate(m.from, "length", "the message ends inside an element", {}, "udld");
  if (code == flush) out.emit(start(m, "udld", code, "flush", action::alarm), m.from);  // the port goes down or gives up its neighbour
}

}  // namespace mw::cdp
