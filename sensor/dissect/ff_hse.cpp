// Foundation Fieldbus HSE (FF-588, IEC 61158 type 5) on UDP and TCP: sessions, services on objects of field devices, who a device is and
// which tag it has, and LAN redundancy.
#include "common/text.hpp"
#include "sensor/dissect/ff_hse_message.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include <array>

namespace mw {
namespace {

using namespace ff;

constexpr std::array<std::uint16_t, 4> ports{1089, 1090, 1091, 3622};
constexpr std::uint8_t stated = 90;
constexpr std::size_t most_octets = 128, tag_size = 32, most_messages = 64;

enum fms : std::uint8_t {
  status = 0,
  identify = 1,
  read_object = 2,
  write_object = 3,
  read_subindex = 82,
  write_subindex = 83,
  initiate = 96,
  report = 0,
  unsolicited_status = 1,
  report_subindex = 16,
  report_on_change_subindex = 18,
  abort_session = 112,
};
enum management : std::uint8_t {
  sm_identify = 3,
  clear_address = 12,
  set_assignment = 14,
  clear_assignment = 15,
  find_query = 1,
  find_reply = 2,
  annunciation = 16
};
enum session_service : std::uint8_t { open_session = 1, idle = 3 };

ip read_ip(reader& in) {
  std::array<std::uint8_t, 16> six{};
  const auto octets = in.take(six.size());
  std::ranges::copy(octets, six.begin());
  return ip::v6(six);  // version 4 stands mapped
}
std::string read_tag(reader& in) { return printable(in.take(tag_size), tag_size); }
object indexed(std::uint32_t index, std::optional<std::uint32_t> sub) {
  return {.space = "object", .address = std::to_string(index) + (sub ? '/' + std::to_string(*sub) : ""), .property = {}, .index = {}};
}

class hse_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    auto rest = m.data;
    for (std::size_t i = 0; !rest.empty() && i < most_messages; ++i) {  // a datagram may carry several
      const auto h = read_head(rest);
      if (!h || h->length > rest.size()) {
        out.violate(m.from, "length", h ? "the message is longer than what carries it" : h.error().what);
        break;
      }
      on_one(rest.first(h->length), m, out);
      rest = rest.subspan(h->length);
    }
    return verdict::taken;
  }
  void on_time(timestamp now, output& out) override { pending_.expire(now, out); }
  void on_end(timestamp, output& out) override { pending_.finish(out); }

private:
  struct key {
    side asker = side::client;
    ff::layer layer = ff::layer::session;
    std::uint8_t service = 0;
    std::uint32_t invoke = 0;
    friend bool operator==(const key&, const key&) = default;
  };

  void on_one(bytes data, const message& m, output& out) {
    const auto w = read_message(data);
    if (!w) return out.violate(m.from, "length", w.error().what);
    const auto& h = w->head;
    const auto unit = address_text(h.address);
    out.count("ff_hse", h.confirmed ? "confirmed" : "unconfirmed", static_cast<std::uint32_t>(h.layer), h.service);
    const auto* s = find_service(h);
    if (s == nullptr) return out.violate(m.from, "service", "a service that is reserved", unit);
    if (!h.confirmed && h.kind != ff::kind::request) return out.violate(m.from, "kind", "an answer to what is not confirmed", unit);
    if (h.confirmed && !h.has_invoke) return out.violate(m.from, "invoke", "a confirmed message without its number", unit);
    if (h.layer == ff::layer::session && h.service == idle) return;  // keeps the session alive
    if (h.layer == ff::layer::redundancy && !h.confirmed) return;    // each device says each second that it is there
    if (h.kind != ff::kind::request) return on_answer(*w, *s, unit, m, out);
    auto op = start(*s, unit, m);
    reader in{w->body};
    if (!read_request(*w, in, op, m, out)) return out.violate(m.from, "length", "a service is shorter than its layout", unit);
    if (op.function_name.empty()) return;  // told before
    if (!h.confirmed) return out.emit(std::move(op), m.from);
    pending_.add({m.from, h.layer, h.service, w->invoke}, std::move(op), out, m.from);
  }

  static operation start(const service& s, const std::string& unit, const message& m) {
    operation op;
    op.time = m.time;
    op.unit = unit;
    op.action = s.what;
    constexpr std::string_view layers[] = {"", "fda", "sm", "fms", "lr"};
    op.function = std::string{layers[static_cast<std::size_t>(s.layer)]} + (s.confirmed ? "/" : "/unconfirmed/") + std::to_string(s.code);
    op.function_name = s.name;
    op.outcome = outcome::none;
    return op;
  }

  /// False where it is cut short. Leaves an operation without a name where it says nothing new.
  bool read_request(const whole_message& w, reader in, operation& op, const message& m, output& out) {
    switch (w.head.layer) {
      case ff::layer::management: return read_management(w, in, op, m, out);
      case ff::layer::messages: return read_fms(w, in, op);
      case ff::layer::session: {
        in.skip(4 + 4 + 4 + 2 + 2 + 4);
        op.fields.emplace_back("pd_tag", read_tag(in));
        return in.ok();
      }
      default: return true;
    }
  }

  bool read_management(const whole_message& w, reader in, operation& op, const message& m, output& out) {
    if (!w.head.confirmed) {
      if (w.head.service == annunciation) return read_device(in, op, m, out);
      if (w.head.service == find_query) {
        in.skip(1 + 3 + 4);
        op.objects.push_back({.space = "tag", .address = read_tag(in), .property = {}, .index = {}});
      }
      return in.ok();
    }
    if (w.head.service == sm_identify) return true;
    const auto device = read_tag(in), tag = read_tag(in);
    op.objects.push_back({.space = "device", .address = device, .property = {}, .index = {}});
    op.fields.emplace_back("pd_tag", tag);
    if (w.head.service == set_assignment) {
      in.skip(1 + 1 + 2 + 4);
      op.fields.emplace_back("device_index", std::uint64_t{in.u16()});
      in.skip(2);
      op.values.emplace_back(to_string(read_ip(in)));
    }
    return in.ok();
  }

  /// What an annunciation and the answer to an identification have in common.
  bool read_device(reader in, operation& op, const message& m, output& out) {
    constexpr std::string_view states[] = {"", "no_tag", "operational"};
    const std::size_t state = in.u8() >> 1;
    const auto type = in.u8(), redundancy = in.u8(), duplicates = in.u8();
    const auto index = in.u16();
    in.skip(2);
    const auto address = read_ip(in);
    const auto device = read_tag(in), tag = read_tag(in);
    in.skip(4 + 2 + 2 + 4);
    const auto version = in.u32();
    if (!in.ok()) return false;
    say(m, "device_id", device, out);
    say(m, "tag", tag, out);
    if (!address.is_none()) say(m, "ip", to_string(address), out);
    if (state < std::size(states)) say(m, "run_state", std::string{states[state]}, out);
    std::string role;
    constexpr std::string_view types[] = {"linking_device", "io_gateway", "hse_field_device", "h1_device"};
    for (std::size_t i = 0; i < std::size(types); ++i)
      if ((type >> (7 - i) & 1) != 0) (role += role.empty() ? "" : " ") += types[i];
    say(m, "device_type", role, out);
    if ((duplicates & 3) != 0)
      out.violate(m.from, "duplicate",
                  (duplicates & 2) != 0 ? "the device's tag is another's, too" : "the device's index is another's, too");
    const std::array now{static_cast<std::uint32_t>(state), std::uint32_t{redundancy}, std::uint32_t{index}, version};
    auto& before = said_[static_cast<std::size_t>(m.from)];
    if (before.known && before.words == now && before.tag == tag) {
      op.function_name.clear();
      return true;
    }
    before = {true, now, tag};
    op.objects.push_back({.space = "device", .address = device, .property = {}, .index = {}});
    op.fields.emplace_back("pd_tag", tag);
    op.fields.emplace_back("device_index", std::uint64_t{index});
    op.fields.emplace_back("redundancy", std::uint64_t{redundancy});
    return true;
  }

  static bool read_fms(const whole_message& w, reader in, operation& op) {
    const auto service = w.head.service;
    if (!w.head.confirmed) {
      if (service == unsolicited_status || service == abort_session) return true;
      const auto index = in.u32();
      const bool sub = service == report_subindex || service == report_on_change_subindex;
      op.objects.push_back(indexed(index, sub ? std::optional{in.u32()} : std::nullopt));
      if (in.left() != 0) op.values.emplace_back(hex(in.rest(), most_octets));
      return in.ok();
    }
    if (service == status || service == identify) return true;
    if (service == initiate) {
      in.skip(1 + 1);
      op.fields.emplace_back("password_given", in.u16() >> 8 != 0);  // the low octet names groups of access
      in.skip(2);
      op.fields.emplace_back("profile", std::uint64_t{in.u16()});
      op.fields.emplace_back("pd_tag", read_tag(in));
      return in.ok();
    }
    if (in.left() < 4) return service != read_object && service != write_object && service != read_subindex && service != write_subindex;
    const auto index = in.u32();
    const bool sub = service == read_subindex || service == write_subindex;
    op.objects.push_back(indexed(index, sub ? std::optional{in.u32()} : std::nullopt));
    if (service == write_object || service == write_subindex) op.values.emplace_back(hex(in.rest(), most_octets));
    return in.ok();
  }

  void on_answer(const whole_message& w, const service& s, const std::string& unit, const message& m, output& out) {
    auto r = pending_.take({other(m.from), w.head.layer, w.head.service, w.invoke});
    const bool paired = r.has_value();
    if (!paired) r = {{}, start(s, unit, m), other(m.from), {}};
    reader in{w.body};
    const bool refused = w.head.kind == ff::kind::error;
    if (refused) {
      const auto error = in.u8(), code = in.u8();
      r->op.code = std::to_string(error) + '/' + std::to_string(code);
      r->op.fields.emplace_back("error", std::string{error_class(error)});
    } else if (w.head.layer == ff::layer::management && w.head.service == sm_identify) {
      const auto name = r->op.function_name;
      if (!read_device(in, r->op, m, out)) out.violate(m.from, "length", "an identification is shorter than its layout", unit);
      r->op.function_name = name;
    } else if (w.head.layer == ff::layer::messages) {
      if (w.head.service == read_object || w.head.service == read_subindex) r->op.values.emplace_back(hex(w.body, most_octets));
      if (w.head.service == identify) {
        const auto vendor = read_tag(in), model = read_tag(in), revision = read_tag(in);
        say(m, "vendor", vendor, out);
        say(m, "model", model, out);
        say(m, "firmware", revision, out);
      }
    }
    const auto how = refused ? outcome::refused : paired ? outcome::ok : outcome::unpaired;
    if (paired) return answer(*r, m.time, how, out);
    r->op.outcome = how;
    out.emit(std::move(r->op), r->asker);
  }

  void say(const message& m, std::string_view kind, const std::string& value, output& out) {
    if (!value.empty() && told_.fresh({}, {}, kind, (m.from == side::client ? "c" : "s") + value, m.time, "ff_hse", out, true))
      out.learn(m.from, {}, kind, value, stated);
  }

  struct device_words {
    bool known = false;
    std::array<std::uint32_t, 4> words{};
    std::string tag;
  };
  pending_requests<key, std::monostate, 128> pending_;
  std::array<device_words, 2> said_;  ///< by side
  told_facts<64> told_;
};

result<std::size_t> frame(bytes head) {
  if (head.size() < header_size) return std::size_t{0};
  const auto h = read_head(head);
  if (!h) return tl::unexpected<error>{h.error()};
  return std::size_t{h->length};
}

match probe(bytes head, transport t) {
  if (head.size() < header_size) return t == transport::tcp ? match::unsure : match::no;
  const auto h = read_head(head);
  if (!h || find_service(*h) == nullptr || (h->confirmed && !h->has_invoke)) return match::no;
  if (t == transport::tcp) return match::yes;
  return h->length <= head.size() && read_message(head.first(h->length)) ? match::yes : match::no;
}

const protocol hse{{
    .name = "ff_hse",
    .tcp_ports = ports,
    .udp_ports = ports,
    .any_tcp_port = false,
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<hse_session>(); },
}};

}  // namespace
}  // namespace mw
