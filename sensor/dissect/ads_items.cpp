// Addresses of ADS: index group and offset, a symbol's name, and the lists of sum commands (Beckhoff Information System, "ADS sum
// commands").
#include "sensor/dissect/ads_items.hpp"

#include "common/text.hpp"

#include <algorithm>

namespace mw::ads {
namespace {

constexpr std::size_t most_items = 256, shown = 64;

bool by_name(std::uint32_t group) {
  return group == groups::handle_by_name || group == groups::value_by_name || group == groups::info_by_name ||
         group == groups::info_by_name_ex;
}

/// `offset` counts the items; their heads come first, then what is written, item by item.
bool read_sum(reader& in, const address& target, const symbols& known, operation& op, asked& kept) {
  const bool writes = kept.group == groups::sum_write, both = kept.group == groups::sum_read_write;
  struct head {
    std::uint32_t group, offset, read, written;
  };
  std::vector<head> heads;
  for (std::size_t n = 0; n < kept.offset && n < most_items && in.left() != 0; ++n) {
    head h{};
    h.group = in.u32le(), h.offset = in.u32le();
    h.read = writes ? 0 : in.u32le();
    h.written = writes || both ? in.u32le() : 0;
    if (!in.ok()) return false;
    heads.push_back(h);
  }
  for (const auto& h : heads) {
    const auto data = in.take(h.written);
    if (!in.ok()) return false;
    if (by_name(h.group) && !data.empty()) {
      op.objects.push_back({.space = "symbol", .address = printable(data), .property = {}, .index = {}});
    } else {
      op.objects.push_back(object_of(target, h.group, h.offset, writes ? h.written : h.read, known));
      if (!data.empty()) op.values.emplace_back(hex(data, shown));
    }
    kept.sizes.push_back(writes ? 0 : h.read);
  }
  return true;
}

}  // namespace

void symbols::remember(const address& where, std::uint32_t handle, std::string name) {
  std::erase_if(entries_, [&](const entry& e) { return e.handle == handle && e.where == where; });
  if (full()) entries_.pop_front();
  entries_.push_back({where, handle, std::move(name)});
}
const std::string* symbols::find(const address& where, std::uint32_t handle) const {
  const auto it = std::ranges::find_if(entries_, [&](const entry& e) { return e.handle == handle && e.where == where; });
  return it == entries_.end() ? nullptr : &it->name;
}

object object_of(const address& target, std::uint32_t group, std::uint32_t offset, std::uint32_t length, const symbols& known) {
  if (group == groups::value_by_handle)
    if (const auto* name = known.find(target, offset))
      return {.space = "symbol", .address = *name, .count = length, .property = {}, .index = {}};
  return {.space = hex_text(group, 4), .address = std::to_string(offset), .count = length, .property = {}, .index = {}};
}

bool read_request(std::uint16_t c, reader& in, const address& target, const symbols& known, operation& op, asked& kept) {
  kept.group = in.u32le(), kept.offset = in.u32le();
  const auto length = in.u32le();
  const auto written = c == read_write ? in.u32le() : c == write_data ? length : 0;
  const auto data = in.take(written);
  if (!in.ok()) return false;
  kept.length = c == write_data ? 0 : length;
  kept.expects_data = c != write_data;
  if (const auto name = group_name(target.port, kept.group); !name.empty()) op.fields.emplace_back("group", std::string{name});
  if (c == read_write && kept.group >= groups::sum_read && kept.group <= groups::sum_read_ex2) {
    reader items{data};
    return read_sum(items, target, known, op, kept);
  }
  if (c == read_write && by_name(kept.group)) {
    kept.name = printable(data);
    op.objects.push_back({.space = "symbol", .address = kept.name, .property = {}, .index = {}});
    return true;
  }
  if (names_a_file(target.port, kept.group) && !data.empty()) {
    op.objects.push_back({.space = "file", .address = printable(data), .property = {}, .index = {}});
    return true;
  }
  op.objects.push_back(object_of(target, kept.group, kept.offset, c == write_data ? written : length, known));
  if (!data.empty()) op.values.emplace_back(hex(data, shown));
  return true;
}

void read_sum_answer(reader& in, operation& op, const asked& kept) {
  // each item's result; in the extended forms its length beside it; then what was read
  const bool lengths = kept.group == groups::sum_read_write || kept.group == groups::sum_read_ex || kept.group == groups::sum_read_ex2;
  std::vector<std::uint32_t> sizes = kept.sizes;
  std::string statuses;
  bool good = true;
  for (auto& size : sizes) {
    const auto result = in.u32le();
    if (lengths) {
      const auto length = in.u32le();
      // what is read ex2 is packed, what is read ex keeps its room
      if (kept.group != groups::sum_read_ex) size = length;
    }
    if (!in.ok()) return;
    good = good && result == 0;
    (statuses += statuses.empty() ? "" : ",") += std::to_string(result);
  }
  if (!good) op.fields.emplace_back("statuses", statuses);
  if (kept.group == groups::sum_write) return;
  std::vector<value> values;
  for (const auto size : sizes) {
    const auto data = in.take(std::min<std::size_t>(size, in.left()));
    values.emplace_back(data.empty() ? value{} : value{hex(data, shown)});
  }
  op.values = std::move(values);
}

}  // namespace mw::ads
