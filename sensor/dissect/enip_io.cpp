// Implicit messages of EtherNet/IP (CIP Specification Volume 2, 2-6 and 3-2).
#include "sensor/dissect/enip_io.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace mw::enip {
namespace {

constexpr std::uint16_t sequenced_address = 0x8002, connected_data = 0x00b1;
constexpr nanoseconds watched = std::chrono::seconds{10};  ///< before a connection that goes on is told of
constexpr std::uint32_t largest_step = 1U << 16;           ///< a wider one is a new start, not a loss

std::string hex_id(std::uint32_t id) {
  std::array<char, 11> text{};
  std::snprintf(text.data(), text.size(), "0x%08x", static_cast<unsigned>(id));
  return text.data();
}

}  // namespace

bool read_io(bytes datagram, io_datagram& into) {
  reader in{datagram};
  const auto items = in.u16le();
  const auto address = in.u16le(), address_size = in.u16le();
  into.connection = in.u32le();
  into.sequence = in.u32le();
  const auto data = in.u16le();
  const std::size_t size = in.u16le();
  into.data = in.take(size);
  return in.ok() && items >= 2 && items <= 4 && address == sequenced_address && address_size == 8 && data == connected_data &&
         (items > 2 || in.left() == 0);
}

void io_watch::on_datagram(const io_datagram& d, const message& m, output& out) {
  out.count("enip", "io", "datagram");
  auto it = std::find_if(seen_.begin(), seen_.end(), [&](const connection& c) { return c.id == d.connection && c.from == m.from; });
  if (it == seen_.end()) {
    if (seen_.size() >= capacity) {
      tell(seen_.front(), out);
      seen_.pop_front();
    }
    connection fresh;
    fresh.id = d.connection;
    fresh.from = m.from;
    fresh.first = m.time;
    fresh.smallest = d.data.size();
    seen_.push_back(fresh);
    it = std::prev(seen_.end());
  } else {
    const std::uint32_t step = d.sequence - it->sequence;
    if (step == 0 || step > 0x80000000U)
      ++it->out_of_order;
    else if (step < largest_step)
      it->missing += step - 1;
  }
  auto& c = *it;
  c.sequence = d.sequence;
  c.last = m.time;
  ++c.datagrams;
  c.octets += d.data.size();
  c.smallest = std::min(c.smallest, d.data.size());
  c.largest = std::max(c.largest, d.data.size());
}

void io_watch::on_time(timestamp now, output& out) {
  for (auto& c : seen_)
    if (!c.told && now - c.first >= watched) tell(c, out);
}

void io_watch::on_end(output& out) {
  for (auto& c : seen_) tell(c, out);
}

void io_watch::tell(connection& c, output& out) {
  if (c.told) return;
  c.told = true;
  operation op;
  op.protocol = "enip";
  op.time = c.first;
  op.action = action::report;
  op.function = "io";
  op.function_name = "implicit_io";
  object o;
  o.space = "connection";
  o.address = hex_id(c.id);
  op.objects.push_back(std::move(o));
  op.outcome = outcome::none;
  op.fields.emplace_back("datagrams", c.datagrams);
  op.fields.emplace_back("octets", c.octets);
  op.fields.emplace_back("size_min", std::uint64_t{c.smallest});
  op.fields.emplace_back("size_max", std::uint64_t{c.largest});
  op.fields.emplace_back("missing", c.missing);
  op.fields.emplace_back("out_of_order", c.out_of_order);
  if (c.datagrams > 1)
    op.fields.emplace_back("interval", std::chrono::duration<double>(c.last - c.first).count() / static_cast<double>(c.datagrams - 1));
  out.emit(std::move(op), c.from);
}

}  // namespace mw::enip
