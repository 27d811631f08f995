// TriStation, the engineering protocol of Triconex safety controllers, on UDP. There is no public specification; layouts follow what has
// been published about it since 2018: a transport head, a command head with a sum, a CRC over all.
#include "common/checksum.hpp"
#include "common/text.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"
#include "sensor/dissect/tristation_data.hpp"
#include "sensor/dissect/tristation_names.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace tristation;

constexpr std::array<std::uint16_t, 1> ports{1502};
constexpr std::size_t crc_size = 2, command_head = 10, most_told = 64;
constexpr std::uint8_t stated = 90;

enum message_type : std::uint8_t {
  connect_request = 1,
  connect_reply = 2,
  disconnect_reply = 3,
  disconnect_request = 4,
  command_message = 5,
  ping = 6,
  limit_reached = 7,
  not_connected = 8,
  connection_failed = 11,
};
enum direction : std::uint8_t { to_controller = 0, to_workstation = 1 };

/// Over the command head without the sum itself, and the data; the length counts twice.
constexpr std::uint16_t sum_of(bytes head, bytes data) {
  std::uint32_t sum = 0;
  for (const auto b : head) sum += b;
  for (const auto b : data) sum += b;
  const auto length = command_head + data.size();
  return static_cast<std::uint16_t>(sum + (length & 0xff) + (length >> 8) + length);
}

struct datagram {
  std::uint8_t type = 0, channel = 0;
  bytes content;
  bool crc_right = false;
};
result<datagram> parse(bytes data) {
  reader in{data};
  datagram d;
  d.type = in.u8(), d.channel = in.u8();
  d.content = in.take(in.u16le());
  const auto crc = in.u16le();
  if (!in.ok() || in.left() != 0) return fail(fault::malformed, "the length is not that of the datagram");
  d.crc_right = crc == crc16_arc(data.first(data.size() - crc_size));
  return d;
}

struct key {
  std::uint8_t type = 0, sequence = 0;
  bool operator==(const key&) const = default;
};

class tristation_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto d = parse(m.data);
    if (!d) {
      out.violate(m.from, "length", d.error().what);
    } else if (!d->crc_right) {
      out.violate(m.from, "crc", "the CRC of the datagram is wrong");
    } else {
      out.count("tristation", "message", d->type);
      if (d->type == command_message)
        on_command(*d, m, out);
      else
        on_connection(*d, m, out);
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp, output& out) override { open_.finish(out); }

private:
  void on_connection(const datagram& d, const message& m, output& out) {
    const auto name = message_name(d.type);
    if (name.empty()) return out.violate(m.from, "type", "a message of a type that is not known");
    if (d.type == connect_request || d.type == disconnect_request || d.type == ping) {
      operation op;
      op.time = m.time;
      op.action = action::session;
      op.function = op.function_name = name;
      if (d.type == ping) return out.emit(std::move(op), m.from);
      return open_.add({d.type}, std::move(op), out, m.from);
    }
    if (d.type == connect_reply || d.type == disconnect_reply)
      return conclude(open_.take({d.type == connect_reply ? connect_request : disconnect_request}), outcome::ok, d, m, out);
    // the rest says no: to whoever wants to connect, or to a command of somebody who is not connected
    auto asked = open_.take({connect_request});
    if (!asked && d.type == not_connected && newest_) asked = open_.take(*newest_);
    conclude(std::move(asked), outcome::refused, d, m, out);
  }
  template <class Request>
  void conclude(Request asked, outcome how, const datagram& d, const message& m, output& out) {
    if (!asked) {
      operation op;
      op.time = m.time;
      op.action = action::session;
      op.function = op.function_name = message_name(d.type);
      op.outcome = outcome::unpaired;
      return out.emit(std::move(op), other(m.from));
    }
    if (how == outcome::refused) {
      asked->op.code = std::to_string(d.type);
      asked->op.fields.emplace_back("reason", std::string{message_name(d.type)});
    }
    answer(std::move(*asked), m.time, how, out);
  }

  void on_command(const datagram& d, const message& m, output& out) {
    reader in{d.content};
    const auto head = in.rest().first(std::min<std::size_t>(in.left(), 6));
    const auto path = in.u8(), cid = in.u8(), command = in.u8(), sequence = in.u8();
    in.skip(2);
    const auto sum = in.u16le(), length = in.u16le();
    if (!in.ok() || length != d.content.size())
      return out.violate(m.from, "length", "the length of the command is not that of its message");
    if (path > to_workstation) return out.violate(m.from, "direction", "a command that goes neither way");
    const auto data = in.rest();
    if (sum != sum_of(head, data)) return out.violate(m.from, "checksum", "the sum over the command is wrong");
    if (path == to_controller) return on_request(command, sequence, cid, data, m, out);
    on_reply(command, sequence, data, m, out);
  }

  void on_request(std::uint8_t command, std::uint8_t sequence, std::uint8_t cid, bytes data, const message& m, output& out) {
    out.count("tristation", "request", command);
    const auto about = describe(command);
    operation op;
    op.time = m.time;
    op.action = about.what;
    op.function = std::to_string(command);
    op.function_name = about.name;
    if (cid != 0) op.fields.emplace_back("connection", std::uint64_t{cid});
    if (about.name == "unknown") out.violate(m.from, "command", "command " + std::to_string(command) + " is not known");
    remarks notes;
    read_request(command, data, op, notes);
    if (!notes.rule.empty()) out.violate(m.from, notes.rule, notes.detail);
    if (about.what == action::program_download && command != 55 && command != 56) download_ = download::not_known;  // its reply may be lost
    if (command == 55 || command == 56) watch_program(command, data, m, op, out);
    newest_ = key{command_message, sequence};
    open_.add(*newest_, std::move(op), out, m.from, command);
  }

  void watch_program(std::uint8_t command, bytes data, const message& m, operation& op, output& out) {
    if (download_ == download::none) out.violate(m.from, "sequence", "a program is allocated though no download was permitted");
    const auto p = read_part(command, data);
    if (!p || !p->program || !implant_.add(*p)) return;
    op.fields.emplace_back("implant", std::string{"triton"});
    out.violate(m.from, "implant", "an allocated program ends in the mark of the TRITON implant");
  }

  void on_reply(std::uint8_t reply, std::uint8_t sequence, bytes data, const message& m, output& out) {
    out.count("tristation", "response", reply);
    watch_download(reply);
    auto asked = open_.take({command_message, sequence});
    if (!asked) {
      operation op;
      op.time = m.time;
      op.action = action::diagnose;
      op.function = std::to_string(reply);
      const auto name = reply_name(reply);
      op.function_name = name.empty() ? "unknown" : name;
      op.outcome = outcome::unpaired;
      read(reply, data, op, m, out);
      return out.emit(std::move(op), other(m.from));
    }
    auto how = outcome::ok;
    if (reply == rejected) {
      how = outcome::refused;
      reader in{data};
      const auto reason = in.u8(), detail = in.u8();
      if (!in.ok()) out.violate(m.from, "length", "a rejection without a reason");
      asked->op.code = std::to_string(reason);
      if (detail != 0) asked->op.fields.emplace_back("reason_detail", std::uint64_t{detail});
      if (const auto name = reason_name(reason); !name.empty()) asked->op.fields.emplace_back("reason", std::string{name});
    } else {
      const auto wanted = describe(asked->extra).reply;
      if (wanted != 0 && wanted != reply) {
        out.violate(m.from, "mismatch", "a command is answered with the reply of another");
        asked->op.fields.emplace_back("reply", std::uint64_t{reply});
      }
      read(reply, data, asked->op, m, out);
      tell(m, out, "vendor", "Triconex", {});
    }
    answer(std::move(*asked), m.time, how, out);
  }

  void read(std::uint8_t reply, bytes data, operation& op, const message& m, output& out) {
    remarks notes;
    read_reply(reply, data, op, notes);
    if (!notes.rule.empty()) out.violate(m.from, notes.rule, notes.detail);
    for (const auto& f : notes.findings) tell(m, out, f.kind, f.value, f.unit);
  }
  void tell(const message& m, output& out, std::string_view kind, const std::string& value, const std::string& unit) {
    const auto told = unit.empty() ? value : unit + ':' + value;
    if (told_.fresh({}, {}, kind, told, m.time, "tristation", out, !unit.empty())) out.learn(m.from, unit, kind, value, stated);
  }

  void watch_download(std::uint8_t reply) {
    if (reply == 101 || reply == 102) download_ = download::permitted;
    if (reply == 103 || reply == 104) download_ = download::none;
  }

  pending_requests<key, std::uint8_t> open_;
  std::optional<key> newest_;  ///< the command that was sent last
  told_facts<most_told> told_;
  implant_search implant_;
  enum class download : std::uint8_t { not_known, permitted, none } download_ = download::not_known;
};

match probe(bytes head, transport t) {
  if (t != transport::udp) return match::no;
  const auto d = parse(head);
  if (!d || !d->crc_right || message_name(d->type).empty()) return match::no;
  if (d->type != command_message) return d->content.empty() ? match::yes : match::no;
  reader in{d->content};
  const auto fixed = in.rest().first(std::min<std::size_t>(in.left(), 6));
  const auto path = in.u8();
  in.skip(5);
  const auto sum = in.u16le(), length = in.u16le();
  if (!in.ok() || path > to_workstation || length != d->content.size()) return match::no;
  return sum == sum_of(fixed, in.rest()) ? match::certain : match::no;
}

const protocol tristation_protocol{{
    .name = "tristation",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<tristation_session>(); },
}};

}  // namespace
}  // namespace mw
