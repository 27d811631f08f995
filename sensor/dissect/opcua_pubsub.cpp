// OPC UA PubSub (OPC 10000-14, 1.05) in its UADP encoding, on UDP and directly on Ethernet: publishers send data sets in a fixed period,
// and announce what is in them. Nobody answers. JSON messages travel with MQTT.
#include "common/text.hpp"
#include "sensor/dissect/opcua_pubsub_message.hpp"
#include "sensor/dissect/opcua_types.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace mw {
namespace {

using namespace pubsub;

constexpr std::array<std::uint16_t, 3> ports{4840, 4843, 14840};
constexpr std::array<std::uint16_t, 1> ethertypes{0xb62c};
constexpr std::uint8_t known_version = 1, stated = 80, meta_data = 2;
constexpr std::size_t most_streams = 128, most_told = 128, most_values = 64, most_fields = 64, most_raw = 256;
constexpr std::uint16_t far_apart = 0x4000;  // more than that and the sender began anew
constexpr std::array<std::string_view, 7> announcements{
    "reserved",           "publisher_endpoints", "data_set_meta_data",     "data_set_writer_configuration",
    "pubsub_connections", "reserved_5",          "application_information"};

struct read_sets {
  std::vector<data_set> sets;
  std::vector<value> values;
  bool whole = true;  ///< every octet has its place
};
/// Several data set messages have their sizes in front of them; one takes all there is.
std::optional<read_sets> read_payload(const network_message& n, transport t) {
  read_sets out;
  reader in{n.payload};
  const auto count = n.writers.empty() ? std::size_t{1} : n.writers.size();
  std::vector<std::size_t> sizes;
  if (count > 1)
    for (std::size_t i = 0; i < count; ++i) sizes.push_back(in.u16le());
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    auto part = in.part(sizes.empty() || sizes[i] == 0 ? in.left() : sizes[i]);
    data_set d;
    if (i < n.writers.size()) d.writer = n.writers[i];
    if (!part.ok() || !read_data_set(part, d, out.values)) return {};
    const bool opaque = d.encoding == raw_encoding || !d.valid;
    if (opaque && part.left() && out.values.size() < most_values) out.values.emplace_back(hex(part.rest(), most_raw));
    // a signature follows the only one, and short frames are filled up
    const bool filling = t == transport::ethernet && std::ranges::all_of(part.rest(), [](auto b) { return b == 0; });
    out.whole = out.whole && (opaque || part.left() == 0 || n.is_signed || filling);
    out.sets.push_back(d);
  }
  if (!in.ok()) return {};
  return out;
}

match probe(bytes data, transport t) {
  if (t != transport::udp && t != transport::ethernet) return match::no;
  const auto n = read_network_message(reader{data});
  if (!n || n->version != known_version || (n->publisher.empty() && !n->group_header)) return match::no;
  if (t == transport::ethernet) return match::yes;
  if (n->kind != message_kind::data) return n->payload.empty() ? match::no : match::yes;
  if (n->is_encrypted || n->chunk) return n->has_security && n->payload.size() > 16 ? match::yes : match::no;
  if (!n->group_header && !n->payload_header) return match::no;
  const auto read = read_payload(*n, t);
  return read && read->whole && std::ranges::any_of(read->sets, [](const data_set& d) { return d.valid; }) ? match::yes : match::no;
}

class pubsub_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    const auto n = read_network_message(reader{m.data});
    if (!n) {
      out.violate(m.from, "length", "the headers of the message are cut short or wrong");
      return verdict::taken;
    }
    if (n->version != known_version) out.violate(m.from, "version", "a version of UADP that is not known");
    out.count("opcua_pubsub", "message", static_cast<std::uint32_t>(n->kind));
    tell(*n, m, out);
    if (n->kind == message_kind::data)
      on_data(*n, m, out);
    else
      on_discovery(*n, m, out);
    return verdict::taken;
  }

private:
  /// What counts up by one. Bounded; the one that was silent longest goes first.
  struct stream {
    side from = side::client;
    std::string publisher;
    std::uint32_t id = 0;  ///< of a group, or of a writer (with a bit of its own)
    std::uint16_t last = 0;
    timestamp heard{};
  };

  void tell(const network_message& n, const message& m, output& out) {
    if (n.kind == message_kind::discovery_request) return;
    say("role", "pubsub_publisher", m, out);
    say("publisher_id", n.publisher, m, out);
    say("security_mode", n.is_encrypted ? "SignAndEncrypt" : n.is_signed ? "Sign" : "None", m, out);
  }
  static void note(const network_message& n, operation& op) {
    if (n.group) op.fields.emplace_back("writer_group", std::uint64_t{*n.group});
    if (n.group_version) op.fields.emplace_back("group_version", std::uint64_t{*n.group_version});
    if (n.number) op.fields.emplace_back("message_number", std::uint64_t{*n.number});
    if (n.sequence) op.fields.emplace_back("sequence", std::uint64_t{*n.sequence});
    if (n.time) op.fields.emplace_back("publish_time", opcua::to_time(*n.time));
    if (n.has_security) {
      op.fields.emplace_back("signed", n.is_signed);
      op.fields.emplace_back("encrypted", n.is_encrypted);
      op.fields.emplace_back("security_token", std::uint64_t{n.token});
    }
  }
  static operation begin(const network_message& n, const message& m, std::string function, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.unit = n.publisher;
    op.function = std::move(function);
    op.function_name = name;
    op.action = what;
    op.outcome = outcome::none;
    return op;
  }
  static object writer(const network_message& n, std::uint16_t id) {
    return {.space = "dataset_writer",
            .address = (n.group ? std::to_string(*n.group) + '/' : std::string{}) + std::to_string(id),
            .property = {},
            .index = {}};
  }

  void on_data(const network_message& n, const message& m, output& out) {
    auto op = begin(n, m, "data", n.chunk ? "publish_chunk" : "publish", action::report);
    note(n, op);
    for (const auto w : n.writers) op.objects.push_back(writer(n, w));
    if (n.sequence) watch({m.from, n.publisher, n.group.value_or(0), *n.sequence, m.time}, n.publisher, out);
    if (!n.is_encrypted && !n.chunk) {
      auto read = read_payload(n, m.transport);
      if (!read) {
        out.violate(m.from, "length", "a data set message does not fit into its place", n.publisher);
      } else {
        if (!read->whole)
          out.violate(m.from, "length", "a data set message is followed by octets that are none of its fields", n.publisher);
        on_sets(n, *read, m, op, out);
      }
    }
    out.emit(std::move(op), m.from);
  }
  void on_sets(const network_message& n, read_sets& read, const message& m, operation& op, output& out) {
    std::string kinds;
    for (const auto& d : read.sets) {
      out.count("opcua_pubsub", "data_set", static_cast<std::uint32_t>(d.kind));
      (kinds += kinds.empty() ? "" : " ") += to_string(d.kind);
      if (!d.valid) out.violate(m.from, "invalid", "a data set message that its publisher marks as not valid", n.publisher);
      constexpr std::uint32_t of_writer = 0x80000000u;
      if (d.sequence)
        watch({m.from, n.publisher, of_writer | static_cast<std::uint32_t>(n.group.value_or(0) & 0x7fff) << 16 | d.writer, *d.sequence,
               m.time},
              n.publisher, out);
      if (d.status && *d.status != 0) op.fields.emplace_back("status", std::uint64_t{*d.status});
      if (d.major) op.fields.emplace_back("major_version", std::uint64_t{*d.major});
      if (d.minor) op.fields.emplace_back("minor_version", std::uint64_t{*d.minor});
    }
    op.fields.emplace_back("kind", kinds);
    read.values.resize(std::min(read.values.size(), most_values));
    op.values = std::move(read.values);
  }

  void on_discovery(const network_message& n, const message& m, output& out) {
    const bool request = n.kind == message_kind::discovery_request;
    reader in{n.payload};
    if (n.is_encrypted) return;
    const auto type = in.u8();
    const auto about = request ? in.u8() : type;
    if (!in.ok()) return out.violate(m.from, "length", "a discovery message without its type", n.publisher);
    out.count("opcua_pubsub", request ? "request" : "announcement", std::uint32_t{about});
    const auto name = about < announcements.size() ? announcements[about] : std::string_view{"unknown"};
    auto op = begin(n, m, (request ? "request/" : "announcement/") + std::to_string(about), name, action::identify);
    if (!request) op.fields.emplace_back("sequence", std::uint64_t{in.u16le()});
    if (!request && about == meta_data) read_meta_data(n, in, m, op, out);
    if (request)
      for (auto left = opcua::read_count(in, 2); left > 0 && op.objects.size() < most_fields; --left)
        op.objects.push_back(writer(n, in.u16le()));
    if (!in.ok()) out.violate(m.from, "length", "a discovery message is cut short", n.publisher);
    out.emit(std::move(op), m.from);
  }
  /// DataSetMetaDataType (OPC 10000-14, 6.2.3.2.3): first the types that it uses, which are rarely there, then the data set and its fields.
  void read_meta_data(const network_message& n, reader& in, const message& m, operation& op, output& out) {
    const auto id = in.u16le();
    if (!in.ok()) return;
    op.objects.push_back(writer(n, id));
    opcua::each(in, [&] { opcua::read_octets(in); }, 4);
    for (int i = 0; i < 3; ++i)
      if (opcua::read_count(in, 1) != 0) return in.skip(in.left());  // types of their own are not read
    const auto name = opcua::read_text(in);
    opcua::read_localized(in);
    std::string fields;
    auto count = opcua::read_count(in, 8);
    for (; count > 0 && in.ok() && op.fields.size() < most_fields; --count) {
      const auto field = opcua::read_text(in, 64);
      opcua::read_localized(in);
      in.skip(3);  // flags, built-in type
      opcua::read_node(in);
      in.skip(4);  // value rank
      opcua::each(in, [&] { in.skip(4); }, 4);
      in.skip(4 + 16);                           // longest string, the field's id
      if (opcua::read_count(in, 1) != 0) break;  // properties are not read
      if (in.ok()) (fields += fields.empty() ? "" : " ") += field;
    }
    if (name.empty()) return;
    op.fields.emplace_back("data_set", name);
    if (!fields.empty()) op.fields.emplace_back("fields", fields);
    say("data_set", name, m, out);
    in.skip(in.left());
  }

  /// What is missing was lost, what comes again was sent twice.
  void watch(const stream& now, const std::string& unit, output& out) {
    const auto at = std::ranges::find_if(
        streams_, [&](const stream& s) { return s.from == now.from && s.id == now.id && s.publisher == now.publisher; });
    if (at == streams_.end()) {
      if (streams_.size() >= most_streams) {
        out.count("opcua_pubsub", "forgotten", "stream");
        streams_.erase(std::ranges::min_element(streams_, {}, &stream::heard));
      }
      streams_.push_back(now);
      return;
    }
    const auto step = static_cast<std::uint16_t>(now.last - at->last);
    if (step == 0)
      out.violate(now.from, "repeated", "a message was sent twice", unit);
    else if (step > 1 && step < far_apart)
      out.violate(now.from, "sequence", "messages are missing", unit);
    *at = now;
  }
  void say(std::string_view kind, std::string_view said, const message& m, output& out) {
    if (!said.empty() && told_.fresh(m.source.address, m.source.hardware, kind, said, m.time, "opcua_pubsub", out, true))
      out.learn(m.from, {}, kind, said, stated);
  }

  std::vector<stream> streams_;
  told_facts<most_told> told_;
};

const protocol opcua_pubsub{{
    .name = "opcua_pubsub",
    .udp_ports = ports,
    .ethertypes = ethertypes,
    .any_udp_port = false,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<pubsub_session>(); },
}};

}  // namespace
}  // namespace mw
