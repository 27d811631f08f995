// BSAP (Bristol Babcock, now Emerson): over UDP as Open BSI and ControlWave speak it, and frames of a serial line that a converter puts
// into datagrams (Bristol Babcock D4052). There is no open document of the UDP form; its layout is what controllers were seen to say.
#include "common/text.hpp"
#include "sensor/dissect/bsap_rdb.hpp"
#include "sensor/dissect/pending.hpp"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <charconv>
#include <deque>
#include <string>

namespace mw {
namespace {

using namespace bsap;

constexpr std::array<std::uint16_t, 2> ports{1234, 1235};
constexpr std::uint16_t short_header = 14, long_header = 22;
constexpr std::size_t block_head = 11, most_blocks = 64, most_names = 1024, longest = 2048;
constexpr std::uint8_t data_link_escape = 0x10, start_of_text = 0x02, end_of_text = 0x03, global = 0x80;

enum kind : std::uint16_t { acknowledge = 0, answer_last = 1, answer_data = 5, ask = 6, ask_again = 0x84, ask_other = 0x86 };
bool asks(std::uint16_t k) { return k == ask || k == ask_again || k == ask_other; }
bool answers(std::uint16_t k) { return k == answer_last || k == answer_data; }

struct head {
  std::uint16_t size = 0, blocks = 0, kind = 0;
  std::uint32_t sequence = 0, acknowledged = 0;
};
head read_head(reader& in) {
  head h;
  h.size = in.u16le(), h.blocks = in.u16le(), h.kind = in.u16le();
  h.sequence = in.u32le(), h.acknowledged = in.u32le();
  if (h.size == long_header) in.skip(long_header - short_header);
  return h;
}
bool is_serial(bytes data) { return data.size() >= 2 && data[0] == data_link_escape && data[1] == start_of_text; }

/// What stands between the marks of a frame on a line, with doubled escapes made one; nothing where the frame has no end.
std::optional<std::vector<std::uint8_t>> unescape(bytes data) {
  reader in{data};
  in.skip(2);
  std::vector<std::uint8_t> out;
  while (in.left() && out.size() < longest) {
    const auto c = in.u8();
    if (c != data_link_escape) {
      out.push_back(c);
      continue;
    }
    const auto next = in.u8();
    if (next == end_of_text) return in.ok() && in.left() == 2 ? std::optional{out} : std::nullopt;  // a checksum follows
    if (next != data_link_escape) return {};
    out.push_back(c);
  }
  return {};
}

bool convincing(bytes data) {
  if (is_serial(data)) {
    const auto frame = unescape(data);
    return frame && frame->size() >= 7;
  }
  reader in{data};
  const auto h = read_head(in);
  if (!in.ok() || (h.size != short_header && h.size != long_header) || h.blocks > most_blocks) return false;
  if (h.blocks == 0) return h.kind == acknowledge && in.left() == 0;
  if (!asks(h.kind) && !answers(h.kind)) return false;
  for (std::size_t i = 0; i < h.blocks; ++i) {
    const auto size = in.u32le();
    if (size < block_head) return false;
    in.skip(size - 4);
  }
  return in.ok() && in.left() == 0;
}
match probe(bytes data, transport t) { return t == transport::udp && convincing(data) ? match::yes : match::no; }

class bsap_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    out.count("bsap", "datagram", in.u16());
    if (!in.ok()) {
      out.violate(m.from, "length", "the datagram has no header");
    } else if (is_serial(m.data)) {
      on_serial(m, out);
    } else {
      on_ip(m, out);
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { waiting_.expire(now, out); }
  void on_end(timestamp, output& out) override { waiting_.finish(out); }

private:
  struct key {
    side asker = side::client;
    std::uint32_t sequence = 0;
    bool serial = false;
    friend bool operator==(const key&, const key&) = default;
  };
  using requests = pending_requests<key, selection>;

  void on_ip(const message& m, output& out) {
    reader in{m.data};
    const auto h = read_head(in);
    if (!in.ok() || (h.size != short_header && h.size != long_header))
      return out.violate(m.from, "header", "the header is not of a known size");
    out.count("bsap", "kind", h.kind);
    if (h.blocks == 0 && in.left() != 0) out.violate(m.from, "length", "data follow a header that announces none");
    if (h.blocks > most_blocks) return out.violate(m.from, "blocks", "more messages than a datagram can hold");
    for (std::size_t i = 0; i < h.blocks; ++i) {
      const auto size = in.u32le();
      if (size < block_head) in.fail({fault::malformed, "block length", in.at()});
      if (!in.ok()) return out.violate(m.from, "length", "a message is shorter than its head");
      auto block = in.part(size - 4);
      block.skip(1);
      const auto sequence = block.u32le();
      if (!block.ok()) return out.violate(m.from, "length", "a message ends outside its datagram");
      if (asks(h.kind))
        on_request({m.from, sequence, false}, {}, block, m, out);
      else if (answers(h.kind))
        on_answer({other(m.from), sequence, false}, {}, block.u8(), block, m, out);
      else
        out.violate(m.from, "kind", "a kind of message that is not known");
    }
    if (in.left() != 0 && h.blocks != 0) out.violate(m.from, "length", "more data than the messages announce");
  }

  /// Address, serial number, in a global frame where to and where from, then destination, sequence, source, status of the node.
  void on_serial(const message& m, output& out) {
    const auto frame = unescape(m.data);
    if (!frame) return out.violate(m.from, "framing", "the frame of the line has no end");
    reader in{*frame};
    const auto address = in.u8();
    in.skip(1);
    std::string unit = std::to_string(address & 0x7f), origin;
    if ((address & global) != 0) {
      unit = std::to_string(in.u16le());
      origin = std::to_string(in.u16le());
      in.skip(1);
    }
    const auto to = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "the frame is shorter than its header");
    out.count("bsap", "serial_function", to);
    if (is_link_function(to)) return;
    const auto sequence = in.u16le();
    const auto from = in.u8();
    in.skip(1);  // the state of the node
    if (!in.ok()) return out.violate(m.from, "length", "the frame is shorter than its header");
    if (to == from_database && (from == to_database || from == to_extension)) {
      const auto status = in.u8();
      if (!in.ok()) return out.violate(m.from, "length", "the answer has no status");
      return on_answer({other(m.from), sequence, true}, origin.empty() ? unit : origin, status, in, m, out);
    }
    in = reader{in.rest()};
    ask_for(to, {m.from, sequence, true}, unit, in, m, out);
  }

  void on_request(const key& k, const std::string& unit, reader& in, const message& m, output& out) {
    const auto application = in.u8();
    in.skip(1);  // the state of the node
    if (!in.ok()) return out.violate(m.from, "length", "the request has no function");
    ask_for(application, k, unit, in, m, out);
  }
  void ask_for(std::uint8_t application, const key& k, const std::string& unit, reader& in, const message& m, output& out) {
    operation op;
    op.time = m.time;
    op.unit = unit;
    auto about = application_function(application);
    op.function = std::to_string(application);
    selection chosen;
    if (application == to_database) {
      const auto function = in.u8();
      if (!in.ok()) return out.violate(m.from, "length", "the request has no function", unit);
      out.count("bsap", "database_function", function);
      about = database_function(function);
      op.function += '/' + std::to_string(function);
      chosen = read_request(function, in.rest(), op);
      name_addresses(op);
    } else if (application == to_extension) {
      const auto function = in.u16le();
      if (!in.ok()) return out.violate(m.from, "length", "the request has no function", unit);
      about = extension_function(function);
      op.function += '/' + std::to_string(function);
      if (in.left() != 0) op.fields.emplace_back("data", hex(in.rest(), 64));
    } else if (in.left() != 0) {
      op.fields.emplace_back("data_size", std::uint64_t{in.left()});
    }
    if (about.name == "unknown") out.violate(m.from, "function", "a function that is not known", unit);
    op.function_name = about.name;
    op.action = about.what;
    waiting_.add(k, std::move(op), out, m.from, chosen);
  }

  void on_answer(const key& k, const std::string& unit, std::uint8_t status, reader& in, const message& m, output& out) {
    auto request = waiting_.take(k);
    const std::size_t count = in.left() != 0 ? in.u8() : 0;
    if (!in.ok()) return out.violate(m.from, "length", "the answer has no status", unit);
    operation unasked;
    auto& op = request ? request->op : unasked;
    if (!request) {
      op.time = m.time;
      op.unit = unit;
      op.function = "160";
      op.function_name = "remote_database";
      op.action = action::report;
    }
    if (status != 0) op.code = std::to_string(status);
    if (count != 0) op.fields.emplace_back("elements", std::uint64_t{count});
    const auto elements = request && status == 0 ? read_elements(request->extra, count, in.rest()) : std::nullopt;
    if (elements)
      take_elements(*elements, op, out);
    else if (in.left() != 0)
      op.fields.emplace_back("answer", hex(in.rest(), 128));
    if (elements && op.objects.size() != elements->size())
      out.violate(m.from, "mismatch", "the answer holds another number of signals than was asked for", op.unit);
    if (request) return answer(*request, m.time, status == 0 ? outcome::ok : outcome::refused, out);
    op.outcome = outcome::unpaired;
    out.emit(std::move(op), other(m.from));
  }

  void take_elements(const std::vector<element>& elements, operation& op, output& out) {
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const auto& e = elements[i];
      if (e.now) op.values.push_back(*e.now);
      if (!e.address || i >= op.objects.size() || op.objects[i].space != "signal") continue;
      const auto& name = op.objects[i].address;
      if (!names_.insert_or_assign(*e.address, name).second) continue;
      order_.push_back(*e.address);
      if (order_.size() <= most_names) continue;
      names_.erase(order_.front());
      order_.pop_front();
      out.count("bsap", "forgotten", "name");
    }
  }
  /// Addresses say nothing to people; answers to reads by name have told whose they are.
  void name_addresses(operation& op) const {
    std::string names;
    for (const auto& o : op.objects) {
      if (o.space != "address") return;
      std::uint16_t address = 0;
      std::from_chars(o.address.data(), o.address.data() + o.address.size(), address);
      const auto it = names_.find(address);
      (names += names.empty() ? "" : " ") += it == names_.end() ? "?" : it->second;
    }
    if (!names.empty() && names.find('@') != std::string::npos) op.fields.emplace_back("signals", names);
  }

  requests waiting_;
  absl::flat_hash_map<std::uint16_t, std::string> names_;  ///< by address
  std::deque<std::uint16_t> order_;                        ///< of the addresses: the oldest is the one that is forgotten
};

const protocol bsap_protocol{{
    .name = "bsap",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<bsap_session>(); },
}};

}  // namespace
}  // namespace mw
