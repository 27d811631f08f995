// CODESYS V3 online services on TCP (behind a block driver's head) and UDP. There is no public specification; layouts follow published
// forensic tools and dissectors.
#include "sensor/dissect/codesys_layers.hpp"
#include "sensor/dissect/codesys_names.hpp"
#include "sensor/dissect/pending.hpp"
#include "sensor/dissect/told.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace codesys;

constexpr std::array<std::uint16_t, 4> tcp_ports{11740, 11741, 11742, 11743}, udp_ports{1740, 1741, 1742, 1743};
constexpr std::uint32_t magic = 0xe8170100;
constexpr std::size_t largest = 64 * 1024, most_channels = 32, most_told = 32;
constexpr std::uint8_t stated = 90;

result<std::size_t> frame(bytes head) {
  reader in{head};
  const auto mark = in.u32le(), size = in.u32le();
  if (!in.ok()) return 0u;
  if (mark != magic) return fail(fault::malformed, "block driver magic");
  if (size < block_driver || size > largest) return fail(fault::malformed, "block driver length", 4);
  return std::size_t{size};
}

bool known_content(const datagram& d) {
  if (d.service == address_request || d.service == address_reply) return true;
  if (d.service == name_server || d.service == name_client) {
    const auto n = parse_name(d.content);
    return n && (n->command == resolve_address || n->command == resolve_name || n->command == device_info);
  }
  if (d.service != channel_manager || d.content.size() < 4) return false;
  constexpr std::array<std::uint8_t, 7> types{block, acknowledge, keep_alive, get_info, open_request, close_channel, open_reply};
  return std::ranges::find(types, d.content[0]) != types.end();
}

match probe(bytes head, transport t) {
  if (t == transport::tcp) {
    const auto size = frame(head);
    if (!size) return match::no;
    if (*size == 0 || head.size() < *size) return match::unsure;
    return parse_datagram(head.subspan(block_driver, *size - block_driver)) ? match::certain : match::no;
  }
  if (t != transport::udp) return match::no;
  const auto d = parse_datagram(head);
  return d && known_content(*d) ? match::yes : match::no;
}

struct key {
  char kind = 0;  ///< 'n' name service, 'o' opening of a channel, 's' service
  side asker = side::client;
  std::uint32_t number = 0;  ///< of the message or channel
  std::uint8_t component = 0;
  std::uint16_t command = 0;
  bool operator==(const key&) const = default;
};

class codesys_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const bool tcp = m.transport == transport::tcp;
    const auto d = parse_datagram(m.data.subspan(tcp ? std::min(block_driver, m.data.size()) : 0));
    if (!d) {
      out.violate(m.from, "datagram", d.error().what);
      return verdict::taken;
    }
    out.count("codesys", "datagram", d->service);
    switch (d->service) {
      case address_request:
      case address_reply: break;
      case name_server: on_name_request(*d, m, out); break;
      case name_client: on_name_reply(*d, m, out); break;
      case channel_manager: on_channel(*d, m, out); break;
      default: out.violate(m.from, "service", "a datagram for a service that is not known");
    }
    return verdict::taken;
  }
  void on_gap(side from) override {
    for (auto& c : channels_)
      if (c.from == from) c.blocks.drop();
  }
  void on_time(timestamp now, output& out) override { open_.expire(now, out); }
  void on_end(timestamp, output& out) override { open_.finish(out); }

private:
  struct channel {
    side from;
    std::uint16_t number;
    assembly blocks;
  };

  static operation begin(const message& m, std::string function, std::string name, action what) {
    operation op;
    op.time = m.time;
    op.function = std::move(function);
    op.function_name = std::move(name);
    op.action = what;
    return op;
  }
  static void alone(operation&& op, side asker, outcome how, output& out) {
    op.outcome = how;
    out.emit(std::move(op), asker);
  }

  // ---- name service
  static std::string name_of(std::uint16_t command) {
    return command == resolve_address ? "resolve_address"
           : command == resolve_name  ? "resolve_name"
           : command == device_info   ? "device_info"
                                      : "unknown";
  }
  void on_name_request(const datagram& d, const message& m, output& out) {
    const auto n = parse_name(d.content);
    if (!n) return out.violate(m.from, "length", n.error().what);
    open_.add({'n', m.from, n->id}, begin(m, "ns/" + std::to_string(n->command), name_of(n->command), action::identify), out, m.from);
  }
  void on_name_reply(const datagram& d, const message& m, output& out) {
    const auto n = parse_name(d.content);
    if (!n) return out.violate(m.from, "length", n.error().what);
    auto asked = open_.take({'n', other(m.from), n->id});
    auto op = asked ? operation{} : begin(m, "ns/" + std::to_string(n->command), name_of(n->command), action::identify);
    auto& about = asked ? asked->op : op;
    if (n->command == device_info) {
      if (const auto i = parse_identity(d.content))
        tell(*i, about, m, out);
      else
        out.violate(m.from, "identity", "a device's word about itself is cut short");
    }
    if (asked) return answer(std::move(*asked), m.time, outcome::ok, out);
    alone(std::move(op), other(m.from), outcome::unpaired, out);  // most ask by broadcast, which is another conversation
  }
  void tell(const identity& i, operation& op, const message& m, output& out) {
    const auto say = [&](std::string_view kind, const std::string& value) {
      if (value.empty()) return;
      op.values.emplace_back(value);
      if (told_.fresh({}, {}, kind, value, m.time, "codesys", out)) out.learn(m.from, {}, kind, value, stated);
    };
    say("host_name", i.node);
    say("model", i.device);
    say("vendor", i.vendor);
    say("firmware", i.firmware);
    say("serial", i.serial);
    op.fields.emplace_back("target_type", std::uint64_t{i.type});
    op.fields.emplace_back("target_id", std::uint64_t{i.id});
  }

  // ---- channels
  void on_channel(const datagram& d, const message& m, output& out) {
    reader in{d.content};
    const auto type = in.u8(), flags = in.u8();
    if (!in.ok()) return out.violate(m.from, "length", "a message without a type on a channel");
    out.count("codesys", "channel", type);
    switch (type) {
      case block: return on_block(in, (flags & 1) != 0, m, out);
      case acknowledge:
      case keep_alive:
      case get_info: return;
      case open_request: {
        in.skip(6);
        const auto id = in.u32le();
        if (!in.ok()) break;
        return open_.add({'o', m.from, id}, begin(m, "channel/195", "open_channel", action::session), out, m.from);
      }
      case open_reply: {
        in.skip(6);
        const auto id = in.u32le();
        const auto reason = in.u16le(), number = in.u16le();
        if (!in.ok()) break;
        auto asked = open_.take({'o', other(m.from), id});
        if (!asked) return alone(begin(m, "channel/131", "open_channel", action::session), other(m.from), outcome::unpaired, out);
        if (reason != 0) asked->op.code = std::to_string(reason);
        asked->op.fields.emplace_back("channel", std::uint64_t{number});
        return answer(std::move(*asked), m.time, reason == 0 ? outcome::ok : outcome::refused, out);
      }
      case close_channel: {
        in.skip(6);
        const auto number = in.u16le();
        if (!in.ok()) break;
        std::erase_if(channels_, [&](const channel& c) { return c.number == number; });
        auto op = begin(m, "channel/196", "close_channel", action::session);
        op.fields.emplace_back("channel", std::uint64_t{number});
        return alone(std::move(op), m.from, outcome::none, out);
      }
      default: return out.violate(m.from, "channel_type", "a message of a type that is not known on a channel");
    }
    out.violate(m.from, "length", "a message about a channel is cut short");
  }

  assembly& blocks_of(side from, std::uint16_t number, output& out) {
    auto at = std::ranges::find_if(channels_, [&](const channel& c) { return c.from == from && c.number == number; });
    if (at != channels_.end()) return at->blocks;
    if (channels_.size() >= most_channels) {
      out.count("codesys", "forgotten", "channel");
      channels_.erase(channels_.begin());
    }
    channels_.push_back({from, number, {}});
    return channels_.back().blocks;
  }
  void on_block(reader in, bool first, const message& m, output& out) {
    const auto number = in.u16le();
    if (!in.ok()) return out.violate(m.from, "length", "a block is cut short");
    auto& blocks = blocks_of(m.from, number, out);
    switch (blocks.add(in, first)) {
      case assembly::step::more: return;
      case assembly::step::broken: return out.violate(m.from, "block", "a block that does not follow the one before");
      case assembly::step::over_limit: return out.violate(m.from, "block", "a message that is larger than any");
      case assembly::step::wrong_sum: out.violate(m.from, "checksum", "the sum over a message is wrong"); break;
      case assembly::step::complete: on_service(number, blocks.whole(), m, out); break;
    }
    blocks.drop();
  }

  // ---- services
  void on_service(std::uint16_t channel, bytes data, const message& m, output& out) {
    const auto s = parse_service(data);
    if (!s) return out.violate(m.from, "length", s.error().what);
    if (s->protocol == secure) return out.count("codesys", "service", "secure");
    if (s->protocol != plain) return out.violate(m.from, "protocol", "a service of a protocol that is not known");
    out.count("codesys", s->reply ? "response" : "request", s->component, s->command);
    const auto tags = parse_tags(s->tags);
    if (s->reply)
      on_reply(*s, tags, channel, m, out);
    else
      on_request(*s, tags, channel, m, out);
  }

  void on_request(const service_head& s, const std::vector<tag>& tags, std::uint16_t channel, const message& m, output& out) {
    const auto about = describe(s.component, s.command);
    if (!about.known) out.violate(m.from, "component", "a service of component " + std::to_string(s.component) + ", which is not known");
    auto op = begin(m, std::to_string(s.component) + '/' + std::to_string(s.command), about.name, about.what);
    op.fields.emplace_back("session", std::uint64_t{s.session});
    if (s.component == device) read_login(tags, op);
    if (s.component == shell) read_line(tags, op);
    if (s.component == file_transfer) read_file(tags, op);
    if (about.what == action::program_download) carries(op, true, s.size);
    open_.add({'s', m.from, channel, s.component, s.command}, std::move(op), out, m.from);
  }
  static void read_login(const std::vector<tag>& tags, operation& op) {
    if (op.action != action::authenticate) return;
    if (const auto* user = find(tags, 0x81, 0x10)) op.fields.emplace_back("user", text_of(user->value));
    op.fields.emplace_back("password_given", find(tags, 0x81, 0x11) != nullptr);
  }
  static void read_line(const std::vector<tag>& tags, operation& op) {
    const auto* line = find(tags, 0, 0x10);
    if (line == nullptr) return;
    const auto text = text_of(line->value);
    op.action = meaning_of_line(text);
    op.values.emplace_back(text);
  }
  static void read_file(const std::vector<tag>& tags, operation& op) {
    for (const std::uint32_t id : {0x01U, 0x0bU, 0x0eU})
      if (const auto* name = find(tags, 0, id); name != nullptr && op.objects.empty())
        op.objects.push_back({.space = "file", .address = text_of(name->value), .property = {}, .index = {}});
  }
  static void carries(operation& op, bool to_controller, std::uint32_t size) {
    op.fields.emplace_back("payload_direction", std::string{to_controller ? "to_controller" : "from_controller"});
    op.fields.emplace_back("payload_size", std::uint64_t{size});
  }
  static std::string text_of(bytes b) { return printable(b.first(static_cast<std::size_t>(std::ranges::find(b, 0) - b.begin()))); }

  void on_reply(const service_head& s, const std::vector<tag>& tags, std::uint16_t channel, const message& m, output& out) {
    auto asked = open_.take({'s', other(m.from), channel, s.component, s.command});
    if (!asked) {
      const auto about = describe(s.component, s.command);
      return alone(begin(m, std::to_string(s.component) + '/' + std::to_string(s.command), about.name, about.what), other(m.from),
                   outcome::unpaired, out);
    }
    const auto code = refusal(s, tags);
    if (code != 0) asked->op.code = std::to_string(code);
    if (asked->op.action == action::program_upload) carries(asked->op, false, s.size);
    answer(std::move(*asked), m.time, code == 0 ? outcome::ok : outcome::refused, out);
  }
  /// Where the answers of a component are known to say no.
  static std::uint16_t refusal(const service_head& s, const std::vector<tag>& tags) {
    const tag* code = nullptr;
    if (s.component == device && find(tags, 0x82, 0x21) == nullptr) code = find(tags, 0x82, 0x20);
    if (s.component == file_transfer) code = find(tags, 0x84, 0x08);
    if (code == nullptr) return 0;
    reader in{code->value};
    return in.u16le();
  }

  pending_requests<key> open_;
  std::vector<channel> channels_;
  told_facts<most_told> told_;
};

const protocol codesys_protocol{{
    .name = "codesys",
    .tcp_ports = tcp_ports,
    .udp_ports = udp_ports,
    .any_udp_port = false,
    .probe = probe,
    .frame = frame,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<codesys_session>(); },
}};

}  // namespace
}  // namespace mw
