// Arguments of OPC Data Access (2.05 chapter 4, 3.00 chapter 4): groups, items, their values, and the server's state.
#include "sensor/dissect/msrpc_memory.hpp"
#include "sensor/dissect/msrpc_variant.hpp"

#include <algorithm>
#include <array>

namespace mw::msrpc {
namespace {

constexpr std::uint8_t stated = 80;
constexpr std::size_t most_items = 2048;

/// An enumeration without [v1_enum] takes two octets, in the 64-bit form four.
std::uint32_t enumeration(ndr& in) { return in.wide() ? in.u32() : in.u16(); }

/// How many elements of at least `smallest` octets a conformant array may really have.
std::size_t array_of(ndr& in, std::size_t smallest) {
  const auto count = in.size();
  if (count <= in.left() / smallest && count <= most_items) return static_cast<std::size_t>(count);
  in.skip(in.left() + 1);
  return 0;
}

std::vector<std::uint32_t> read_handles(ndr& in) {
  std::vector<std::uint32_t> out;
  for (auto n = array_of(in, 4); n != 0; --n) out.push_back(in.u32());
  return out;
}
template <class Names>
void name_items(call& c, const std::vector<std::uint32_t>& handles, const Names& known) {
  for (const auto h : handles) {
    const auto* const name = known.find(h);
    if (name != nullptr && !name->empty())
      c.op.objects.push_back({"item", *name});
    else
      c.op.objects.push_back({"handle", std::to_string(h)});
  }
}
void on_items(ndr& in, call& c) {
  c.state.handles = read_handles(in);
  name_items(c, c.state.handles, c.known.items);
}
/// Results that are not zero, beside their items.
void read_errors(ndr& in, call& c) {
  if (!in.pointer()) return;
  std::string text;
  bool bad = false;
  for (auto n = array_of(in, 4); n != 0; --n) {
    const auto code = in.u32();
    const auto name = status_name(status::hresult, code);
    bad = bad || is_refusal(status::hresult, code);
    if (text.size() < 512) (text += text.empty() ? "" : " ") += name.empty() ? std::to_string(code) : std::string{name};
  }
  if (bad) c.put("statuses", text);
}

// ---- groups
void add_group(ndr& in, call& c) {
  c.state.name = in.text();
  c.op.objects.push_back({"group", c.state.name});
  c.put("active", in.u32() != 0);
  c.put("rate_ms", std::int64_t{in.u32()});
}
void added_group(ndr& in, call& c) {
  c.put("handle", std::int64_t{in.u32()});
  c.put("revised_rate_ms", std::int64_t{in.u32()});
}
void named_group(ndr& in, call& c) { c.op.objects.push_back({"group", in.text()}); }

// ---- items of a group
void add_items(ndr& in, call& c) {
  (void)in.u32();
  struct definition {
    bool path, id, blob;
    std::uint32_t client;
  };
  std::vector<definition> all;
  for (auto n = array_of(in, 28); n != 0; --n) {
    in.align(in.wide() ? 8 : 4);
    definition d{};
    d.path = in.pointer(), d.id = in.pointer();
    (void)in.u32();
    d.client = in.u32();
    (void)in.u32();
    d.blob = in.pointer();
    (void)in.u16(), (void)in.u16();
    all.push_back(d);
  }
  for (const auto& d : all) {
    if (!in.ok()) return;
    if (d.path) (void)in.text();
    const auto id = d.id ? in.text() : std::string{};
    if (d.blob) in.skip(array_of(in, 1));
    c.op.objects.push_back({"item", id});
    if (c.state.operation == 3) c.known.client_items.put(d.client, id, c.out, false);
  }
}
void added_items(ndr& in, call& c) {
  if (!in.pointer()) return;
  std::vector<bool> blobs;
  std::vector<std::uint32_t> handles;
  for (auto n = array_of(in, 20); n != 0; --n) {
    in.align(in.wide() ? 8 : 4);
    handles.push_back(in.u32());
    (void)in.u16(), (void)in.u16();
    (void)in.u32(), (void)in.u32();
    blobs.push_back(in.pointer());
  }
  for (const bool b : blobs)
    if (b) in.skip(array_of(in, 1));
  if (in.ok() && c.state.operation == 3)
    for (std::size_t i = 0; i < handles.size() && i < c.op.objects.size(); ++i)
      c.known.items.put(handles[i], c.op.objects[i].address, c.out, false);
  in.align(4);
  read_errors(in, c);
}
void counted_items(ndr& in, call& c) {
  (void)in.u32();
  on_items(in, c);
}

// ---- reading and writing
void read_from(ndr& in, call& c) {
  constexpr std::array<std::string_view, 3> sources{"", "cache", "device"};
  const auto source = enumeration(in);
  if (source > 0 && source < sources.size()) c.put("source", std::string{sources[source]});
  counted_items(in, c);
}
void read_states(ndr& in, call& c) {
  if (!in.pointer()) return;
  std::vector<bool> there;
  std::string qualities;
  bool good = true;
  for (auto n = array_of(in, 20); n != 0; --n) {
    in.align(in.wide() ? 8 : 4);
    (void)in.u32(), (void)in.u32(), (void)in.u32();
    const auto quality = in.u16();
    (void)in.u16();
    good = good && (quality & 0xc0) == 0xc0;  // OPC Data Access 3.00, 6.8
    if (qualities.size() < 512) (qualities += qualities.empty() ? "" : " ") += std::to_string(quality);
    there.push_back(in.pointer());
  }
  for (const bool t : there) c.op.values.push_back(t && in.ok() ? read_variant(in) : value{});
  if (!good) c.put("qualities", qualities);
  in.align(4);
  read_errors(in, c);
}
void values_of(ndr& in, call& c) {
  const auto count = array_of(in, 4);
  c.op.values = read_variants(in, count, most_items);
}
void write_values(ndr& in, call& c) {
  counted_items(in, c);
  values_of(in, c);
}
void written(ndr& in, call& c) { read_errors(in, c); }
/// OPCITEMVQT: value, quality, time.
void stamped_values(ndr& in, call& c) {
  std::vector<bool> there;
  for (auto n = array_of(in, 28); n != 0; --n) {
    in.align(in.wide() ? 8 : 4);
    there.push_back(in.pointer());
    (void)in.u32();
    (void)in.u16(), (void)in.u16();
    (void)in.u32(), (void)in.u32(), (void)in.u32(), (void)in.u32();
  }
  for (const bool t : there) c.op.values.push_back(t && in.ok() ? read_variant(in) : value{});
}
void write_stamped(ndr& in, call& c) {
  counted_items(in, c);
  stamped_values(in, c);
}
void read_connected(ndr& in, call& c) {  // IOPCAsyncIO of 1.0
  (void)in.u32();
  read_from(in, c);
}
void write_connected(ndr& in, call& c) {
  (void)in.u32();
  write_values(in, c);
}
void read_by_name(ndr& in, call& c) {
  (void)in.u32();
  std::size_t there = 0;
  for (auto n = array_of(in, 4); n != 0; --n) there += in.pointer() ? 1 : 0;
  for (; there != 0 && in.ok(); --there) c.op.objects.push_back({"item", in.text()});
}
void write_by_name(ndr& in, call& c) {
  read_by_name(in, c);
  stamped_values(in, c);
}
void got_values(ndr& in, call& c) {
  if (in.pointer()) values_of(in, c);
}
/// What the server calls back with: the client's handles, then the values.
void on_data(ndr& in, call& c) {
  (void)in.u32(), (void)in.u32(), (void)in.u32(), (void)in.u32();
  (void)in.u32();
  name_items(c, read_handles(in), c.known.client_items);
  values_of(in, c);
}

// ---- browsing
void item_text(ndr& in, call& c) { c.op.objects.push_back({"item", in.text()}); }
void move_to(ndr& in, call& c) {
  (void)enumeration(in);
  if (auto where = in.text(); !where.empty()) c.op.objects.push_back({"branch", std::move(where)});
}
void program_id(ndr& in, call& c) { c.op.objects.push_back({"server", in.text()}); }
void client_name(ndr& in, call& c) {
  const auto name = in.text();
  c.op.objects.push_back({"client", name});
  c.learn("software", name, stated);
}
void server_status(ndr& in, call& c) {
  constexpr std::array<std::string_view, 7> states{"", "running", "failed", "no_configuration", "suspended", "test", "communication_fault"};
  if (!in.pointer()) return;
  in.align(in.wide() ? 8 : 4);
  in.skip(24);  // times
  const auto state = enumeration(in);
  c.put("groups", std::int64_t{in.u32()});
  (void)in.u32();
  const auto major = in.u16(), minor = in.u16(), build = in.u16();
  (void)in.u16();
  const auto vendor = in.pointer() ? in.text() : std::string{};
  if (!in.ok()) return;
  if (state > 0 && state < states.size()) {
    c.put("state", std::string{states[state]});
    c.learn("run_state", std::string{states[state]}, stated);
  }
  const auto version = std::to_string(major) + '.' + std::to_string(minor) + '.' + std::to_string(build);
  c.learn("vendor", vendor, stated);
  c.learn("software", vendor.empty() ? "OPC server " + version : vendor + ' ' + version, stated);
}

// ---- history, alarms
void read_time(ndr& in) {
  in.align(in.wide() ? 8 : 4);
  (void)in.u32();
  const bool text = in.pointer();
  (void)in.u32(), (void)in.u32();
  if (text) (void)in.text();
}
void read_history(ndr& in, call& c) {
  in.align(4);
  read_time(in), read_time(in);
  (void)in.u32(), (void)in.u32();
  counted_items(in, c);
}
void item_handles(ndr& in, call& c) { read_by_name(in, c); }
void got_handles(ndr& in, call& c) {
  if (!in.pointer()) return;
  const auto handles = read_handles(in);
  for (std::size_t i = 0; i < handles.size() && i < c.op.objects.size(); ++i)
    c.known.items.put(handles[i], c.op.objects[i].address, c.out, false);
}
void acknowledge(ndr& in, call& c) {
  (void)in.u32();
  c.put_text("user", in.text());
  c.put_text("comment", in.text());
  for (int part = 0; part < 2; ++part) {  // sources, then conditions
    std::size_t there = 0;
    for (auto n = array_of(in, 4); n != 0; --n) there += in.pointer() ? 1 : 0;
    for (; there != 0 && in.ok(); --there) c.op.objects.push_back({part == 0 ? "source" : "condition", in.text()});
  }
}

constexpr std::array rules{
    rule{"IOPCServer", 3, add_group, added_group},
    rule{"IOPCServer", 5, named_group, nullptr},
    rule{"IOPCServer", 6, nullptr, server_status},
    rule{"IOPCGroupStateMgt", 5, named_group, nullptr},
    rule{"IOPCGroupStateMgt2", 5, named_group, nullptr},
    rule{"IOPCItemMgt", 3, add_items, added_items},
    rule{"IOPCItemMgt", 4, add_items, added_items},
    rule{"IOPCItemMgt", 5, counted_items, written},
    rule{"IOPCItemMgt", 6, counted_items, written},
    rule{"IOPCItemMgt", 7, counted_items, written},
    rule{"IOPCItemMgt", 8, counted_items, written},
    rule{"IOPCSyncIO", 3, read_from, read_states},
    rule{"IOPCSyncIO", 4, write_values, written},
    rule{"IOPCSyncIO2", 3, read_from, read_states},
    rule{"IOPCSyncIO2", 4, write_values, written},
    rule{"IOPCSyncIO2", 5, counted_items, got_values},
    rule{"IOPCSyncIO2", 6, write_stamped, written},
    rule{"IOPCAsyncIO", 3, read_connected, nullptr},
    rule{"IOPCAsyncIO", 4, write_connected, nullptr},
    rule{"IOPCAsyncIO2", 3, counted_items, nullptr},
    rule{"IOPCAsyncIO2", 4, write_values, nullptr},
    rule{"IOPCAsyncIO3", 3, counted_items, nullptr},
    rule{"IOPCAsyncIO3", 4, write_values, nullptr},
    rule{"IOPCAsyncIO3", 9, counted_items, nullptr},
    rule{"IOPCAsyncIO3", 10, write_stamped, nullptr},
    rule{"IOPCItemIO", 3, read_by_name, got_values},
    rule{"IOPCItemIO", 4, write_by_name, written},
    rule{"IOPCDataCallback", 3, on_data, nullptr},
    rule{"IOPCDataCallback", 4, on_data, nullptr},
    rule{"IOPCBrowseServerAddressSpace", 4, move_to, nullptr},
    rule{"IOPCBrowseServerAddressSpace", 5, move_to, nullptr},
    rule{"IOPCBrowseServerAddressSpace", 6, item_text, nullptr},
    rule{"IOPCBrowseServerAddressSpace", 7, item_text, nullptr},
    rule{"IOPCItemProperties", 3, item_text, nullptr},
    rule{"IOPCItemProperties", 4, item_text, nullptr},
    rule{"IOPCItemProperties", 5, item_text, nullptr},
    rule{"IOPCBrowse", 3, read_by_name, nullptr},
    rule{"IOPCBrowse", 4, item_text, nullptr},
    rule{"IOPCServerList", 5, program_id, nullptr},
    rule{"IOPCServerList2", 5, program_id, nullptr},
    rule{"IOPCCommon", 7, client_name, nullptr},
    rule{"IOPCHDA_Server", 6, item_handles, got_handles},
    rule{"IOPCHDA_Server", 7, counted_items, nullptr},
    rule{"IOPCHDA_SyncRead", 3, read_history, nullptr},
    rule{"IOPCHDA_SyncUpdate", 4, counted_items, nullptr},
    rule{"IOPCHDA_SyncUpdate", 5, counted_items, nullptr},
    rule{"IOPCHDA_SyncUpdate", 6, counted_items, nullptr},
    rule{"IOPCEventServer", 17, acknowledge, nullptr},
    rule{"IOPCEventServer2", 17, acknowledge, nullptr},
};

}  // namespace

std::span<const rule> opc_rules() { return rules; }

}  // namespace mw::msrpc
