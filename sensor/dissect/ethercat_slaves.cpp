// What a master's datagrams tell of its slaves (ETG.1000.4): working counters, station addresses, states, EEPROM, sync managers.
#include "sensor/dissect/ethercat_slaves.hpp"

#include <algorithm>
#include <array>

namespace mw::ethercat {
namespace {

using namespace registers;

constexpr std::uint8_t stated = 85;
constexpr std::uint16_t enough = 4, enough_to_believe = 16;  ///< equal counters in a row
constexpr std::uint8_t busy_or_failed = 0xf8;                ///< high half of the EEPROM's control word
constexpr std::size_t most_mailboxes = 16;

std::uint64_t mix(std::uint64_t h) {
  h ^= h >> 33, h *= 0xff51afd7ed558ccdu;
  return h ^ h >> 33;
}
/// The octets of `d` from register `at` on, if they begin there or before.
bytes part_of(const datagram& d, std::uint16_t at, std::size_t size) {
  if (at < d.offset) return {};
  const std::size_t from = static_cast<std::size_t>(at - d.offset);
  if (from + size > d.data.size()) return {};
  return d.data.subspan(from, size);
}

}  // namespace

watched::entry& watched::of(const datagram& d, output& out) {
  if (entries_.empty()) entries_.resize(places);
  // positions of what went round depend on the number of slaves, but not from one time to the next
  const auto key = mix(static_cast<std::uint64_t>(d.command) << 56 | static_cast<std::uint64_t>(d.position) << 32 |
                       static_cast<std::uint64_t>(d.offset) << 16 | d.data.size());
  ++clock_;
  entry* oldest = nullptr;
  for (std::size_t i = 0; i < together; ++i) {
    auto& e = entries_[(key + i) % places];
    if (e.used && e.key == key) {
      e.seen = clock_;
      return e;
    }
    if (oldest == nullptr || e.seen < oldest->seen) oldest = &e;
  }
  if (oldest->used) out.count("ethercat", "forgotten", "datagram");
  *oldest = {.key = key, .seen = clock_, .used = true};
  return *oldest;
}

std::string slaves::unit_of(const datagram& d) const {
  if (by_address(d.command)) return std::to_string(d.position);
  // each slave adds one to the position, so that what comes back tells where it began only if their number is known
  if (!by_position(d.command) || !count_) return {};
  const auto position = static_cast<std::uint16_t>(*count_ - d.position);
  const auto it = std::ranges::find_if(slaves_, [&](const slave& s) { return s.position == position; });
  return it != slaves_.end() ? it->unit : '#' + std::to_string(position);
}

void slaves::check_count(const datagram& d, watched::entry& e, const message& m, output& out) {
  const auto name = [&] { return std::string{command_name(d.command)} + ' ' + (logical(d.command) ? "" : register_name(d.offset) + ' '); };
  if (d.command == brd) {
    if (count_ && *count_ != d.count)
      out.violate(m.from, "slave_count", std::to_string(d.count) + " slaves answer where " + std::to_string(*count_) + " did");
    if (count_ != d.count) out.learn(m.from, {}, "slave_count", std::to_string(d.count), stated);
    count_ = d.count;
  }
  if (const auto full = full_count(d.command); full && d.count > *full && (e.steady == 0 || e.count <= *full))
    out.violate(m.from, "duplicate_address", name() + "was taken by more than one slave", unit_of(d));
  if (e.steady == 0) {
    e.count = d.count, e.steady = 1;
    return;
  }
  if (e.count == d.count) {
    if (e.steady < enough) ++e.steady;
    e.other_steady = 0;
    return;
  }
  const bool one_slave = full_count(d.command).has_value();
  // once is enough where a single slave stops to answer; else the count must have been steady to mean something
  if (e.other_steady == 0 && d.command != brd && d.count < e.count && (one_slave || e.steady >= enough))
    out.violate(m.from, "working_counter", name() + "counts " + std::to_string(d.count) + " where it counted " + std::to_string(e.count),
                unit_of(d));
  e.other_steady = e.other == d.count ? static_cast<std::uint16_t>(e.other_steady + 1) : std::uint16_t{1};
  e.other = d.count;
  if (e.other_steady >= enough_to_believe || e.count < d.count) e.count = d.count, e.steady = 1, e.other_steady = 0;
}

slaves::slave& slaves::of(const std::string& unit, output& out) {
  const auto it = std::ranges::find(slaves_, unit, &slave::unit);
  if (it != slaves_.end()) return *it;
  if (slaves_.size() >= most_slaves) {
    slaves_.pop_front();
    out.count("ethercat", "forgotten", "slave");
  }
  slaves_.push_back({.unit = unit});
  return slaves_.back();
}

void slaves::learn_from(const datagram& d, const std::string& unit, const message& m, output& out) {
  if (unit.empty() || d.count == 0 || d.offset >= memory) return;
  auto& s = of(unit, out);
  if (writes(d.command))
    on_write(d, s, m, out);
  else
    on_read(d, s, m, out);
}

void slaves::on_write(const datagram& d, slave& s, const message& m, output& out) {
  if (!part_of(d, eeprom_control, 2).empty()) s.eeprom_busy = true;
  if (const auto address = part_of(d, eeprom_address, 4); !address.empty()) {
    reader in{address};
    s.eeprom_address = in.u32le();
  } else if (const auto low = part_of(d, eeprom_address, 2); !low.empty()) {
    reader in{low};
    s.eeprom_address = in.u16le();
  }
  if (const auto address = part_of(d, station_address, 2); !address.empty() && by_position(d.command) && count_) {
    reader in{address};
    const auto unit = std::to_string(in.u16le());
    const auto position = static_cast<std::uint16_t>(*count_ - d.position);
    auto& named = of(unit, out);
    if (named.position && *named.position != position)
      out.violate(m.from, "station_position", "a station address was given to another position", unit);
    if (named.position != position) out.learn(m.from, unit, "position", std::to_string(position), stated);
    named.position = position;
    return;
  }
  // sync managers: where each begins, and whether it is a mailbox
  for (std::uint16_t at = first_sync_manager; at < end_sync_manager; at = static_cast<std::uint16_t>(at + 8)) {
    const auto one = part_of(d, at, 8);
    if (one.empty()) continue;
    reader in{one};
    const auto start = in.u16le(), length = in.u16le();
    const auto control = in.u8();
    in.skip(1);
    const bool active = (in.u8() & 1) != 0 && length != 0;
    s.managed = true;
    std::erase(s.mailboxes, start);
    if (active && (control & 3) == 2 && s.mailboxes.size() < most_mailboxes) s.mailboxes.push_back(start);
  }
}

void slaves::on_read(const datagram& d, slave& s, const message& m, output& out) {
  if (const auto state = part_of(d, al_status, 1); !state.empty()) {
    const std::uint16_t now = state[0];
    if (s.state != now) {
      auto name = al_state_name(now);
      if (name == "operational") name = "run";
      if (al_flag(now)) name += " error";
      out.learn(m.from, s.unit, "run_state", name, stated);
      if (al_flag(now)) out.count("ethercat", "al_error", now & 15u);
    }
    s.state = now;
  }
  if (const auto info = part_of(d, type, 10); !info.empty()) {
    reader in{info};
    const auto kind = in.u8(), revision = in.u8();
    const auto build = in.u16le();
    const auto units = in.u8(), managers = in.u8(), ram = in.u8();
    out.learn(m.from, s.unit, "slave_controller",
              "type " + hex_text(kind, 2) + " revision " + std::to_string(revision) + " build " + std::to_string(build) + " fmmus " +
                  std::to_string(units) + " sync_managers " + std::to_string(managers) + " ram " + std::to_string(ram),
              stated);
  }
  if (const auto control = part_of(d, eeprom_control, 2); !control.empty()) s.eeprom_busy = (control[1] & busy_or_failed) != 0;
  if (s.eeprom_busy) return;
  for (const std::size_t size : {8u, 4u})
    if (const auto data = part_of(d, eeprom_data, size); !data.empty()) return tell_eeprom(s, data, m, out);
}

/// The first words of the EEPROM say who made the slave and what it is (ETG.1000.6, 5.4).
void slaves::tell_eeprom(const slave& s, bytes data, const message& m, output& out) {
  if (!s.eeprom_address) return;
  reader in{data};
  for (auto word = *s.eeprom_address; in.left() >= 4; word += 2) {
    const auto v = in.u32le();
    switch (word) {
      case 0x08:
        if (const auto name = vendor_name(v); !name.empty()) out.learn(m.from, s.unit, "vendor", name, stated);
        out.learn(m.from, s.unit, "vendor_id", hex_text(v, 8), stated);
        break;
      case 0x0a: out.learn(m.from, s.unit, "product_code", hex_text(v, 8), stated); break;
      case 0x0c: out.learn(m.from, s.unit, "revision", hex_text(v, 8), stated); break;
      case 0x0e:
        if (v != 0) out.learn(m.from, s.unit, "serial", std::to_string(v), stated);
        break;
      default: break;
    }
  }
}

std::optional<bool> slaves::is_mailbox(const std::string& unit, std::uint16_t offset) const {
  const auto it = std::ranges::find(slaves_, unit, &slave::unit);
  if (it == slaves_.end() || !it->managed) return {};
  return std::ranges::find(it->mailboxes, offset) != it->mailboxes.end();
}

void slaves::on_gap() {
  for (auto& s : slaves_) s.eeprom_address.reset();
}

}  // namespace mw::ethercat
