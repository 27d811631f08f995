// ROC Plus, the protocol of Emerson's flow computers and remote controllers (ROC Plus Protocol Specifications Manual, D301180X012), on TCP
// and UDP: two addresses, an opcode, a length, data and a CRC.
#include "common/checksum.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/roc_plus_data.hpp"
#include "sensor/dissect/roc_plus_files.hpp"
#include "sensor/dissect/roc_plus_names.hpp"
#include "sensor/dissect/told.hpp"

#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace roc_plus;

constexpr std::array<std::uint16_t, 1> ports{4000};
constexpr std::size_t head_size = 6, crc_size = 2, most_told = 32;
constexpr std::uint8_t stated = 85;

/// The manual leaves the start value open: controllers were seen with zero, other senders with all ones.
bool crc_right(bytes message) {
  if (message.size() < head_size + crc_size) return false;
  reader in{message.last(crc_size)};
  const auto crc = in.u16le();
  const auto covered = message.first(message.size() - crc_size);
  return crc == crc16_arc(covered) || crc == crc16_modbus(covered);
}

result<std::size_t> frame(bytes head) {
  if (head.size() < head_size) return 0u;
  const auto size = head_size + head[5] + crc_size;
  if (describe(head[4]).known()) return size;
  if (head.size() >= size && !crc_right(head.first(size))) return fail(fault::malformed, "neither an opcode nor a CRC", 4);
  return size;
}

match probe(bytes head, transport t) {
  if (t != transport::tcp && t != transport::udp) return match::no;
  if (head.size() < head_size) return t == transport::udp ? match::no : match::unsure;
  if (!describe(head[4]).known()) return match::no;
  const auto size = head_size + head[5] + crc_size;
  if (head.size() < size) return t == transport::udp ? match::no : match::unsure;
  if (t == transport::udp && head.size() != size) return match::no;
  return crc_right(head.first(size)) ? match::yes : match::no;
}

struct key {
  side asker = side::client;
  std::uint8_t opcode = 0, sub = 0;
  bool operator==(const key&) const = default;
};

class roc_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto to_unit = in.u8(), to_group = in.u8(), from_unit = in.u8(), from_group = in.u8();
    const auto opcode = in.u8();
    const auto data = in.take(in.u8());
    in.skip(crc_size);
    if (!in.ok() || in.left() != 0) {
      out.violate(m.from, "length", "the message is not as long as it says");
      return verdict::taken;
    }
    if (!crc_right(m.data)) {
      out.violate(m.from, "crc", "the CRC of the message is wrong");
      return verdict::taken;
    }
    // nothing in a message says whether it asks or answers: that is who sends it
    const auto unit = [](unsigned u, unsigned g) { return std::to_string(u) + '/' + std::to_string(g); };
    out.count("roc_plus", m.from == side::client ? "request" : "response", opcode);
    if (!describe(opcode).known()) out.violate(m.from, "opcode", "opcode " + std::to_string(opcode) + " is not known");
    if (m.from == side::client && opcode != error_indicator)
      on_request(opcode, data, unit(to_unit, to_group), m, out);
    else
      on_answer(opcode, data, unit(from_unit, from_group), m, out);
    return verdict::taken;
  }
  /// An answer finds its request by order: after a loss the order is not known.
  void on_gap(side) override { lost_ = true; }
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp, output& out) override { open_.finish(out); }

private:
  void on_request(std::uint8_t opcode, bytes data, std::string unit, const message& m, output& out) {
    settle(out);
    operation op;
    op.time = m.time;
    op.unit = std::move(unit);
    asked kept;
    remarks notes;
    read_request(opcode, data, op, kept, files_, notes);
    if (!notes.rule.empty()) out.violate(m.from, notes.rule, notes.detail, op.unit);
    newest_ = {m.from, opcode, kept.sub};
    open_.add(newest_, std::move(op), out, m.from, std::move(kept));
  }

  void on_answer(std::uint8_t opcode, bytes data, std::string unit, const message& m, output& out) {
    settle(out);
    const auto asker = other(m.from);
    if (opcode == error_indicator) return on_error(data, std::move(unit), m, out);
    const auto sub = sub_command(opcode, data, false);
    auto asked = open_.take({asker, opcode, sub});
    if (!asked && opcode == file_transfer && sub == file::directory) asked = open_.take({asker, opcode, file::erase});
    if (!asked && opcode == file_transfer && sub == file::directory) asked = open_.take({asker, opcode, file::long_directory});
    remarks notes;
    if (asked) {
      read_answer(opcode, data, asked->op, &asked->extra, files_, notes);
      tell(notes, asked->op.unit, m, out);
      return answer(std::move(*asked), m.time, outcome::ok, out);
    }
    operation op;
    op.time = m.time;
    op.unit = std::move(unit);
    name_operation(opcode, sub, op);
    op.outcome = opcode == report_by_exception ? outcome::unsolicited : outcome::unpaired;
    read_answer(opcode, data, op, nullptr, files_, notes);
    tell(notes, op.unit, m, out);
    out.emit(std::move(op), asker);
  }

  /// Pairs of an error and the place in the request that it is about; the older protocol: error, opcode, place.
  void on_error(bytes data, std::string unit, const message& m, output& out) {
    reader in{data};
    const auto code = in.u8();
    const bool old = data.size() == 3;
    if (!in.ok() || (!old && data.size() % 2 != 0)) out.violate(m.from, "length", "an error of an odd size", unit);
    auto asked = old ? take_opcode(in.u8(), other(m.from)) : take_any(other(m.from));
    operation op;
    auto& about = asked ? asked->op : op;
    about.code = std::to_string(code);
    if (const auto name = error_name(code); !name.empty()) about.fields.emplace_back("reason", std::string{name});
    const auto place = in.u8();
    if (in.ok()) about.fields.emplace_back("place", std::uint64_t{place});
    if (data.size() > 3) about.fields.emplace_back("errors", std::uint64_t{data.size() / 2});
    if (asked) return answer(std::move(*asked), m.time, outcome::refused, out);
    op.time = m.time;
    op.unit = std::move(unit);
    name_operation(error_indicator, 0, op);
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }

  using table = pending_requests<key, asked, 64>;
  std::optional<table::request> take_opcode(std::uint8_t opcode, side asker) {
    if (newest_.asker == asker && newest_.opcode == opcode) return open_.take(newest_);
    return open_.take({asker, opcode, 0});
  }
  /// The line is half duplex: an error answers what is open, if that is one thing.
  std::optional<table::request> take_any(side asker) {
    if (open_.size() != 1 || newest_.asker != asker) return {};
    return open_.take(newest_);
  }

  void tell(const remarks& notes, const std::string& unit, const message& m, output& out) {
    if (!notes.rule.empty()) out.violate(m.from, notes.rule, notes.detail, unit);
    const auto say = [&](std::string_view kind, const std::string& value) {
      if (value.empty() || !told_.fresh({}, {}, kind, unit + ':' + value, m.time, "roc_plus", out)) return;
      out.learn(m.from, unit, kind, value, stated);
    };
    if (!notes.model.empty()) say("vendor", "Emerson");
    say("model", notes.model);
    say("run_state", notes.run_state);
    if (std::exchange(files_.forgot, false)) out.count("roc_plus", "forgotten", "file");
  }
  void settle(output& out) {
    if (std::exchange(lost_, false)) open_.finish(out);
  }

  table open_;
  key newest_;
  open_files files_;
  told_facts<most_told> told_;
  bool lost_ = false;
};

const protocol roc_plus_protocol{{
    .name = "roc_plus",
    .tcp_ports = ports,
    .udp_ports = ports,
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<roc_session>(); },
}};

}  // namespace
}  // namespace mw
