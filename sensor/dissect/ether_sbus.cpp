// SAIA Ether-S-Bus, the protocol of Saia-Burgess PCD controllers on UDP. There is no public specification; layouts follow published
// dissectors and drivers, and what controllers were seen to say.
#include "common/text.hpp"
#include "sensor/dissect/ether_sbus_message.hpp"
#include "sensor/dissect/pending.hpp"

#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace ether_sbus;

constexpr std::array<std::uint16_t, 1> ports{5050};
constexpr std::size_t shortest = 12;  // an answer of one octet and a checksum
constexpr std::uint8_t request = 0, acknowledgement = 2, last_version = 1, broadcast = 255;
constexpr std::array<std::string_view, 3> telegram_names{"request", "response", "acknowledgement"};
constexpr nanoseconds again = std::chrono::minutes{10};

/// CRC-16 of ITU-T V.41, from zero, over everything in front of it.
std::uint16_t checksum(bytes data) {
  unsigned crc = 0;
  for (const auto b : data) {
    crc ^= unsigned{b} << 8;
    for (int i = 0; i < 8; ++i) crc = ((crc & 0x8000u) != 0 ? crc << 1 ^ 0x1021u : crc << 1) & 0xffffu;
  }
  return static_cast<std::uint16_t>(crc);
}

struct head {
  std::uint32_t length = 0;
  std::uint8_t version = 0, type = 0, attribute = 0;
  std::uint16_t sequence = 0;
};
head read_head(reader& in) {
  head h;
  h.length = in.u32();
  h.version = in.u8(), h.type = in.u8();
  h.sequence = in.u16();
  h.attribute = in.u8();
  return h;
}
bool checksum_holds(bytes data) {
  reader tail{data.last(2)};
  return tail.u16() == checksum(data.first(data.size() - 2));
}

match probe(bytes data, transport t) {
  if (t != transport::udp || data.size() < shortest) return match::no;
  reader in{data};
  const auto h = read_head(in);
  if (h.length != data.size() || h.version > last_version || h.type > 1 || h.attribute > acknowledgement) return match::no;
  return checksum_holds(data) ? match::certain : match::no;
}

class ether_sbus_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!in.ok() || m.data.size() < shortest || h.length != m.data.size()) {
      out.violate(m.from, "length", "the telegram is not as long as its head says");
      return verdict::taken;
    }
    if (!checksum_holds(m.data)) {
      out.violate(m.from, "crc", "the checksum does not hold");
      return verdict::taken;
    }
    if (h.attribute > acknowledgement) {
      out.violate(m.from, "attribute", "a telegram that is neither request, response nor acknowledgement");
      return verdict::taken;
    }
    if (h.version > last_version) out.violate(m.from, "version", "a version of the protocol that is not known");
    out.count("ether_sbus", "attribute", std::uint32_t{h.attribute});
    const auto body = reader{in.rest().first(in.left() - 2), in.at()};
    if (h.attribute == request)
      on_request(h, body, m, out);
    else
      on_answer(h, body, m, out);
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out, std::chrono::seconds{10}); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  struct transfer {  // the block that is being moved; one at a time
    std::uint64_t octets = 0, telegrams = 0;
  };

  void on_request(const head& h, reader in, const message& m, output& out) {
    const auto station = in.u8(), code = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "a request without a command");
    out.count("ether_sbus", "command", std::uint32_t{code});
    if (auto* earlier = waiting_.find(h.sequence); earlier != nullptr && earlier->asker == m.from && earlier->extra.command.code == code) {
      ++earlier->extra.retries;  // sent again because nothing came
      out.count("ether_sbus", "retry", std::uint32_t{code});
      return;
    }
    const auto c = describe(code);
    operation op;
    op.time = m.time;
    op.unit = std::to_string(station);
    op.function = std::to_string(code);
    op.function_name = c.name;
    op.action = c.what;
    op.fields.emplace_back("sequence", std::uint64_t{h.sequence});
    if (!c.known()) out.violate(m.from, "command", "a command that is not known", op.unit);
    remarks notes;
    auto a = read_request(c, in, op, notes);
    tell(notes, m.from, op.unit, m.time, out);
    if (station == broadcast) {
      op.outcome = outcome::none;  // nobody answers
      return out.emit(std::move(op), m.from);
    }
    waiting_.add(h.sequence, std::move(op), out, m.from, a);
  }

  void on_answer(const head& h, reader in, const message& m, output& out) {
    auto r = waiting_.take(h.sequence);
    if (!r || r->asker == m.from) {
      if (r) waiting_.add(h.sequence, std::move(r->op), out, r->asker, r->extra);
      return on_unpaired(h, in, m, out);
    }
    auto& op = r->op;
    remarks notes;
    std::size_t brought = 0;
    if (h.attribute == acknowledgement) {
      const auto code = in.u16();
      if (!in.ok()) notes.breaks("length", "an acknowledgement without its code");
      out.count("ether_sbus", "acknowledgement", std::uint32_t{code});
      if (code != 0) op.code = std::to_string(code);
      if (code != 0 && !refusal(code).empty()) op.fields.emplace_back("reason", std::string{refusal(code)});
    } else {
      brought = read_answer(r->extra, in, op, notes);
    }
    if (r->extra.retries != 0) op.fields.emplace_back("retries", std::uint64_t{r->extra.retries});
    tell(notes, m.from, op.unit, m.time, out);
    if (r->extra.telegram != nullptr && follow(*r->extra.telegram, r->extra.carried + brought, op)) return;
    answer(*r, m.time, op.code ? outcome::refused : outcome::ok, out);
  }

  /// True where the telegram is one of many that move a block, and is told with the last of them.
  bool follow(const block_telegram& t, std::size_t octets, operation& op) {
    if (op.code || t.part == part::whole) return false;
    if (t.part == part::begin) block_ = {};
    block_.octets += octets, ++block_.telegrams;
    const bool ends = t.part == part::end || t.part == part::abort || is_last(op);
    if (t.part == part::data && !ends) return true;
    if (ends) {
      op.fields.emplace_back("octets", block_.octets);
      op.fields.emplace_back("telegrams", block_.telegrams);
    }
    return false;
  }
  static bool is_last(const operation& op) {
    for (const auto& [name, said] : op.fields)
      if (name == "status") return said == value{std::string{"end_of_stream"}} || said == value{std::string{"end_of_file"}};
    return false;
  }

  static void on_unpaired(const head& h, reader in, const message& m, output& out) {
    operation op;
    op.time = m.time;
    op.function = telegram_names.at(h.attribute);
    op.function_name = telegram_names.at(h.attribute);
    op.action = action::diagnose;
    op.outcome = outcome::unpaired;
    op.fields.emplace_back("sequence", std::uint64_t{h.sequence});
    if (in.left()) op.fields.emplace_back("answer", hex(in.rest(), 64));
    out.violate(m.from, "unpaired_response", "an answer whose request was not seen");
    out.emit(std::move(op), other(m.from));
  }

  void tell(const remarks& notes, side from, const std::string& unit, timestamp now, output& out) {
    for (const auto& v : notes.violations) out.violate(from, v.rule, v.detail, unit);
    for (const auto& f : notes.findings)
      if (f.kind != "run_state" || fresh_state(unit, f.value, now)) out.learn(from, unit, f.kind, f.value, f.confidence);
  }
  /// Controllers are polled for their state; it is told when it changes, and now and then. A station is one of 256.
  bool fresh_state(const std::string& unit, const std::string& state, timestamp now) {
    auto& known = states_[std::stoul(unit) & 0xff];
    const auto seen = std::hash<std::string>{}(state);
    if (known.first == seen && now - known.second < again) return false;
    known = {seen, now};
    return true;
  }

  pending_requests<std::uint16_t, asked> waiting_;
  transfer block_;
  std::array<std::pair<std::size_t, timestamp>, 256> states_{};
};

const protocol ether_sbus_protocol{{
    .name = "ether_sbus",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<ether_sbus_session>(); },
}};

}  // namespace
}  // namespace mw
