// SAIA Ether-S-I/O: Saia-Burgess PCD controllers and their remote stations exchange inputs and outputs as datagrams in a fixed period.
// There is no public specification; the layout follows published dissectors and what stations were seen to send. Nobody answers.
#include "common/text.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

namespace mw {
namespace {

constexpr std::array<std::uint16_t, 1> ports{6060};
constexpr std::array<std::uint8_t, 4> magic{'E', 'S', 'I', 'O'};
constexpr std::uint16_t transfer = 1, status = 2;
constexpr std::size_t most_streams = 64, most_told = 16;
constexpr std::uint16_t far_apart = 0x4000;  // more than that and the sender began anew
constexpr std::uint8_t hinted = 60;

struct head {
  std::uint16_t type = 0, version = 0, length = 0, transaction = 0;
};
std::optional<head> read_head(reader& in) {
  const auto word = in.take(magic.size());
  head h;
  h.type = in.u16(), h.version = in.u16(), h.length = in.u16(), h.transaction = in.u16();
  if (!in.ok() || !std::ranges::equal(word, magic)) return {};
  return h;
}

match probe(bytes data, transport t) {
  if (t != transport::udp) return match::no;
  reader in{data};
  const auto h = read_head(in);
  return h && h->version == 0 && (h->type == transfer || h->type == status) && h->length == data.size() ? match::certain : match::no;
}

class ether_sio_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!h) {
      out.violate(m.from, "length", "the datagram is shorter than its head, or does not begin as one");
      return verdict::taken;
    }
    out.count("ether_sio", "type", std::uint32_t{h->type});
    if (h->length != m.data.size()) out.violate(m.from, "length", "the telegram is not as long as its head says");
    if (h->version != 0) out.violate(m.from, "version", "a version of the protocol that is not known");
    if (h->type != transfer && h->type != status) {
      out.violate(m.from, "type", "a telegram of a type that is not known");
      return verdict::taken;
    }
    operation op;
    op.time = m.time;
    op.function = std::to_string(h->type);
    op.function_name = h->type == transfer ? "data_transfer" : "station_status";
    op.action = action::report;
    op.outcome = outcome::none;
    if (!(h->type == transfer ? read_transfer(*h, in, op, m, out) : read_status(in, op))) {
      out.violate(m.from, "length", "the telegram is cut short", op.unit);
      return verdict::taken;
    }
    if (told_.fresh(m.source.address, m.source.hardware, "vendor", "Saia-Burgess Controls", m.time, "ether_sio", out))
      out.learn(m.from, {}, "vendor", "Saia-Burgess Controls", hinted);
    out.emit(std::move(op), m.from);
    return verdict::taken;
  }

private:
  /// Of each telegram that is sent again and again. Bounded; the one that was silent longest goes first.
  struct stream {
    side from = side::client;
    std::uint32_t station = 0, telegram = 0;
    std::uint16_t last = 0;
    timestamp heard{};
  };

  bool read_transfer(const head& h, reader& in, operation& op, const message& m, output& out) {
    const auto telegram = in.u32(), station = in.u32();
    const auto announced = in.u8(), flags = in.u8();
    if (!in.ok()) return false;
    op.unit = std::to_string(station);
    op.fields.emplace_back("telegram", std::uint64_t{telegram});
    op.fields.emplace_back("transaction", std::uint64_t{h.transaction});
    op.fields.emplace_back("flags", std::uint64_t{flags});
    while (in.left() && op.objects.size() < announced) {
      const auto id = in.u32(), target = in.u32();
      const auto size = in.u16();
      const auto data = in.take(size);
      if (!in.ok()) return false;
      op.objects.push_back(
          {.space = "transfer", .address = std::to_string(target) + '/' + std::to_string(id), .count = size, .property = {}, .index = {}});
      op.values.emplace_back(hex(data));
    }
    if (op.objects.size() != announced || in.left())
      out.violate(m.from, "count", "the telegram holds another number of transfers than it says", op.unit);
    watch({.from = m.from, .station = station, .telegram = telegram, .last = h.transaction, .heard = m.time}, op.unit, out);
    return true;
  }

  static bool read_status(reader& in, operation& op) {
    const auto type = in.u16();
    const auto size = in.u16();  // counts itself and the type, too
    constexpr std::uint16_t counted = 4;
    if (size < counted) return false;
    auto body = in.part(static_cast<std::size_t>(size - counted));
    const auto station = body.u32();
    const auto state = body.u8(), lost = body.u8(), diagnostics = body.u8(), flags = body.u8();
    if (!body.ok()) return false;
    op.unit = std::to_string(station);
    op.fields.emplace_back("status_type", std::uint64_t{type});
    op.fields.emplace_back("status", std::uint64_t{state});
    op.fields.emplace_back("lost_telegrams", std::uint64_t{lost});
    op.fields.emplace_back("diagnostics", std::uint64_t{diagnostics});
    op.fields.emplace_back("flags", std::uint64_t{flags});
    return true;
  }

  /// Transactions count up by one; what is missing was lost, what comes again was sent twice.
  void watch(const stream& now, const std::string& unit, output& out) {
    auto at = std::ranges::find_if(
        streams_, [&](const stream& s) { return s.from == now.from && s.station == now.station && s.telegram == now.telegram; });
    if (at == streams_.end()) {
      if (streams_.size() >= most_streams) {
        out.count("ether_sio", "forgotten", "stream");
        streams_.erase(std::ranges::min_element(streams_, {}, &stream::heard));
      }
      streams_.push_back(now);
      return;
    }
    const auto step = static_cast<std::uint16_t>(now.last - at->last);
    if (step == 0)
      out.violate(now.from, "repeated", "a transaction was sent twice", unit);
    else if (step > 1 && step < far_apart)
      out.violate(now.from, "sequence", "transactions are missing", unit);
    *at = now;
  }

  std::vector<stream> streams_;
  told_facts<most_told> told_;
};

const protocol ether_sio{{
    .name = "ether_sio",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ether_sio_session>(); },
}};

}  // namespace
}  // namespace mw
