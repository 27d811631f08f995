// EtherCAT (IEC 61158-4-12, ETG.1000.4): frames of datagrams that run through all slaves and come back to their master, on EtherType
// 0x88a4 or in UDP. The first slave marks what it has processed in the source address; only that is read, since it says both what was
// asked and what came of it.
#include "common/text.hpp"
#include "sensor/dissect/ethercat_mailbox.hpp"
#include "sensor/dissect/ethercat_slaves.hpp"

#include <algorithm>
#include <array>

namespace mw {
namespace {

using namespace ethercat;

constexpr std::array<std::uint16_t, 1> ethertypes{0x88a4};
constexpr std::array<std::uint16_t, 1> ports{34980};
enum frame_type : std::uint8_t { datagrams = 1, network_variables = 4, mailbox_gateway = 5 };
constexpr std::uint16_t length_bits = 0x07ff, circulates = 0x4000, more = 0x8000;
constexpr std::uint8_t processed_mark = 0x02;  ///< in the first octet of the source address
constexpr std::size_t shown = 64;

datagram read_datagram(reader& in, bool& follows) {
  datagram d;
  d.command = in.u8(), d.index = in.u8();
  d.position = in.u16le(), d.offset = in.u16le();
  const auto length = in.u16le();
  in.skip(2);  // interrupt
  d.data = in.take(length & length_bits);
  d.count = in.u16le();
  d.circulating = (length & circulates) != 0;
  follows = (length & more) != 0;
  return d;
}

match probe(bytes head, transport t) {
  if (t == transport::tcp) return match::no;
  reader in{head};
  const auto word = in.u16le();
  if (!in.ok()) return match::unsure;
  const auto length = static_cast<std::size_t>(word & length_bits);
  if (word >> 12 != datagrams || length > in.left() || length < 12) return match::no;
  if (t == transport::udp && length != in.left()) return match::no;
  auto all = in.part(length);
  for (bool follows = true; follows;) {
    const auto d = read_datagram(all, follows);
    if (!all.ok() || command_name(d.command).empty()) return match::no;
  }
  return all.left() == 0 ? match::yes : match::no;
}

class ethercat_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto word = in.u16le();
    const auto length = static_cast<std::size_t>(word & length_bits);
    const auto type = word >> 12;
    if (!in.ok()) {
      out.violate(m.from, "length", "the frame ends inside its header");
      return verdict::taken;
    }
    out.count("ethercat", "frame_type", static_cast<std::uint32_t>(type));
    if (type != datagrams) {
      if (type != network_variables && type != mailbox_gateway) out.violate(m.from, "frame_type", "the type of the frame is not assigned");
      return verdict::taken;
    }
    if (length > in.left()) out.violate(m.from, "length", "the datagrams are longer than the frame");
    auto all = in.part(std::min(length, in.left()));
    const bool done = was_processed(m, all);
    bool follows = true;
    while (follows && all.left() != 0) {
      const auto d = read_datagram(all, follows);
      if (!all.ok()) break;
      on_datagram(d, done, m, out);
    }
    if (!all.ok() || follows) out.violate(m.from, "length", "the frame ends inside a datagram");
    if (all.ok() && all.left() != 0) out.violate(m.from, "length", "octets follow the last datagram");
    return verdict::taken;
  }
  void on_gap(side) override { slaves_.on_gap(); }
  void on_time(timestamp now, output& out) override { mailboxes_.on_time(now, out); }
  void on_end(timestamp, output& out) override { mailboxes_.on_end(out); }

private:
  /// In UDP, or where a card changes the address, a counter above zero is all there is.
  static bool was_processed(const message& m, reader all) {
    if (m.transport == transport::ethernet && (m.source.hardware.octets[0] & processed_mark) != 0) return true;
    for (bool follows = true; follows && all.left() != 0;)
      if (read_datagram(all, follows).count != 0) return true;
    return false;
  }

  void on_datagram(const datagram& d, bool done, const message& m, output& out) {
    out.count("ethercat", "command", d.command);
    if (command_name(d.command).empty()) return out.violate(m.from, "command", "a command that is not assigned");
    if (d.circulating) out.violate(m.from, "circulating", "a datagram runs round in a ring that is open");
    if (!done || d.command == nop) return;
    auto& e = seen_.of(d, out);
    slaves_.check_count(d, e, m, out);
    if (logical(d.command) || d.command == armw || d.command == frmw) return;  // process data and clocks, each cycle
    const auto unit = slaves_.unit_of(d);
    if (d.count != 0 && d.offset >= registers::memory && !to_all(d.command)) {
      const auto known = slaves_.is_mailbox(unit, d.offset);
      if (known.value_or(true) && looks_like_mailbox(d.data)) return mailboxes_.on_message(d.data, writes(d.command), unit, m, out);
    }
    const auto hash = hash_of(d);
    const bool fresh = !e.known_value || e.value != hash;
    e.value = hash, e.known_value = true;
    if (fresh || writes(d.command)) slaves_.learn_from(d, unit, m, out);
    // masters read the same registers without end: what is read is told when it is new, what is written always, but for process data
    if (!fresh && (reads(d.command) || d.offset >= registers::memory)) return out.count("ethercat", "unchanged", d.command);
    report(d, unit, m, out);
  }

  static void report(const datagram& d, const std::string& unit, const message& m, output& out) {
    operation op;
    op.time = m.time;
    op.unit = unit;
    op.function = std::to_string(d.command);
    op.function_name = command_name(d.command);
    op.action = meaning(d);
    op.objects.push_back({.space = "register",
                          .address = hex_text(d.offset, 4),
                          .count = static_cast<std::uint32_t>(d.data.size()),
                          .property = {},
                          .index = {}});
    if (d.count != 0 || writes(d.command)) op.values.push_back(number_or_hex(d.data));
    op.fields.emplace_back("register", register_name(d.offset));
    op.fields.emplace_back("working_counter", std::uint64_t{d.count});
    if ((d.offset == registers::al_control || d.offset == registers::al_status) && !d.data.empty()) {
      op.fields.emplace_back("state", al_state_name(d.data[0]));
      op.fields.emplace_back(d.offset == registers::al_control ? "acknowledge" : "error", al_flag(d.data[0]));
    }
    if (d.offset == registers::eeprom_control && writes(d.command)) add_eeprom(d, op);
    op.outcome = d.count != 0 ? outcome::ok : outcome::timeout;  // no slave has taken it
    out.emit(std::move(op), m.from);
  }

  static action meaning(const datagram& d) {
    if (writes(d.command)) {
      // the command that reads the EEPROM is written, too
      if (d.offset == registers::eeprom_control && d.data.size() >= 2 && (d.data[1] & 7) != 2) return action::read;
      return meaning_of_write(d.offset);
    }
    return d.offset < registers::station_address ? action::identify : action::read;
  }
  static void add_eeprom(const datagram& d, operation& op) {
    if (d.data.size() < 2) return;
    constexpr std::array<std::string_view, 5> names{"none", "read", "write", "", "reload"};
    const auto command = static_cast<std::size_t>(d.data[1] & 7);
    op.fields.emplace_back("eeprom_command", command < names.size() ? std::string{names[command]} : std::string{"unknown"});
    reader in{d.data};
    in.skip(2);
    if (in.left() >= 4)
      op.fields.emplace_back("eeprom_address", std::uint64_t{in.u32le()});
    else if (in.left() >= 2)
      op.fields.emplace_back("eeprom_address", std::uint64_t{in.u16le()});
  }
  static std::uint64_t hash_of(const datagram& d) {  // FNV-1a
    std::uint64_t h = 0xcbf29ce484222325u ^ d.count;
    for (const auto octet : d.data) h = (h ^ octet) * 0x100000001b3u;
    return h;
  }
  static value number_or_hex(bytes data) {
    reader in{data};
    if (data.size() == 1 || data.size() == 2 || data.size() == 4) return in.le_n(data.size());
    return hex(data, shown);
  }

  watched seen_;
  slaves slaves_;
  mailboxes mailboxes_;
};

const protocol ethercat_protocol{{
    .name = "ethercat",
    .udp_ports = ports,
    .ethertypes = ethertypes,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ethercat_session>(); },
}};

}  // namespace
}  // namespace mw
