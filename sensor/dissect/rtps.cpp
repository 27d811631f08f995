// OMG DDSI-RTPS 2.x (formal/2022-04-01), the wire protocol of DDS and so of ROS 2: participants announce themselves and the topics that
// they write and read, then publish samples, reliably where a reader asks for it.
#include "common/text.hpp"
#include "sensor/dissect/rtps_message.hpp"
#include "sensor/dissect/told.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mw {
namespace {

using namespace rtps;

constexpr std::array<std::uint16_t, 12> ports{7400, 7401, 7410, 7411, 7412, 7413, 7414, 7415, 7416, 7417, 7650, 7660};
constexpr std::array<std::uint8_t, 4> magic{'R', 'T', 'P', 'S'};
constexpr std::array<std::uint8_t, 8> ping{'D', 'D', 'D', 'D', 'P', 'I', 'N', 'G'};  // of one vendor, where an identity should stand
constexpr std::size_t most_endpoints = 256, most_writers = 256, most_announced = 128, most_told = 128, most_values = 256;
constexpr std::uint8_t stated = 85, claimed = 75;
constexpr nanoseconds again = std::chrono::minutes{10};

struct head {
  std::uint8_t major = 0, minor = 0;
  std::uint16_t vendor = 0;
  guid_prefix prefix{};
  bool is_ping = false;
};
std::optional<head> read_head(reader& in) {
  const auto word = in.take(magic.size());
  head h;
  h.major = in.u8(), h.minor = in.u8(), h.vendor = in.u16();
  h.is_ping = in.left() >= ping.size() && std::ranges::equal(in.rest().first(ping.size()), ping);
  const auto prefix = in.take(h.is_ping ? ping.size() : h.prefix.size());
  if (!in.ok() || !std::ranges::equal(word, magic)) return {};
  std::ranges::copy(prefix, h.prefix.begin());
  return h;
}

/// 9.6.2.1: 7400 + 250 * domain, then what the port is for.
std::optional<std::uint32_t> domain_of(mw::port p) {
  constexpr std::uint16_t base = 7400, gain = 250, most_participants = 120;
  if (p.number < base) return {};
  const auto offset = static_cast<std::uint32_t>(p.number - base);
  const auto what = offset % gain;
  if (what > 1 && (what < 10 || what > 10 + 2 * most_participants)) return {};
  return offset / gain;
}

match probe(bytes data, transport t) {
  if (t != transport::udp) return match::no;
  reader in{data};
  const auto h = read_head(in);
  if (!h || h->major < 1 || h->major > 2) return match::no;
  if (h->is_ping) return match::certain;
  if (in.left() < 4) return in.left() == 0 ? match::yes : match::no;
  const auto id = in.u8();
  return is_known(id) || id >= 0x80 ? match::certain : match::no;
}

class rtps_session final : public session {
public:
  verdict on_message(const message& m, output& out) override {
    reader in{m.data};
    const auto h = read_head(in);
    if (!h) {
      out.violate(m.from, "length", "the message is shorter than its head, or does not begin as one");
      return verdict::taken;
    }
    if (h->is_ping) {
      out.count("rtps", "message", "ping");
      return verdict::taken;
    }
    if (h->major > 2) out.violate(m.from, "version", "a major version of the protocol that is not known");
    vendor_ = h->vendor, source_ = h->prefix, protected_ = false, stamp_.reset();
    if (!described_) describe(*h, m, out);
    while (in.left()) {
      const auto id = in.u8(), flags = in.u8();
      const std::size_t announced = (flags & 1) != 0 ? in.u16le() : in.u16();
      if (!in.ok()) {
        out.violate(m.from, "length", "the message ends inside the head of a submessage");
        break;
      }
      // 9.4.5.1.3: zero means "up to the end", but for two that may be empty
      const auto size = announced == 0 && id != pad && id != info_timestamp ? in.left() : announced;
      out.count("rtps", "submessage", std::uint32_t{id});
      const auto body = in.part(size);
      if (!in.ok()) {
        out.violate(m.from, "length", "a submessage is longer than its message");
        break;
      }
      on_submessage(id, flags, body, m, out);
    }
    return verdict::taken;
  }

private:
  struct known_endpoint {  // who writes or reads what
    guid id;
    std::string topic, type;
    timestamp heard{};
  };
  struct known_writer {  // of whom samples were seen
    guid id;
    std::int64_t last = 0;
    timestamp heard{};
  };
  struct announced {  // what was told, so that a repeated announcement is not told again
    guid id;
    std::uint64_t content = 0;
    timestamp heard{};
  };

  void describe(const head& h, const message& m, output& out) {
    described_ = true;
    out.describe("rtps_version", std::to_string(h.major) + '.' + std::to_string(h.minor));
    if (!vendor_name(h.vendor).empty()) out.describe("dds_vendor", vendor_name(h.vendor));
    if (const auto domain = domain_of(m.target.port)) out.describe("dds_domain", std::to_string(*domain));
  }

  void on_submessage(std::uint8_t id, std::uint8_t flags, reader in, const message& m, output& out) {
    const bool little = (flags & 1) != 0;
    switch (id) {
      case data:
      case data_fragment: {
        const auto s = read_sample(in, flags, id == data_fragment, source_);
        if (!s) return out.violate(m.from, "length", "a sample is cut short");
        if (s->number <= 0) return out.violate(m.from, "sequence_number", "a sample with a number that is not positive");
        return on_sample(*s, m, out);
      }
      case heartbeat: {
        in.skip(8);
        const auto first = number(in, little), last = number(in, little);
        if (!in.ok()) return out.violate(m.from, "length", "a heartbeat is cut short");
        // 8.3.8.6.3
        if (first <= 0 || last < 0 || last < first - 1) out.violate(m.from, "heartbeat", "the numbers of a heartbeat cannot be");
        return;
      }
      case acknack: {
        in.skip(8);
        const auto missing = read_set(in, little);
        if (!missing) return out.violate(m.from, "sequence_set", "an acknowledgement names numbers that cannot be");
        return out.count("rtps", "acknack", *missing != 0 ? "samples_missing" : "complete");
      }
      case gap: {
        in.skip(8);
        const auto start = number(in, little);
        if (start <= 0 || !read_set(in, little)) out.violate(m.from, "sequence_set", "a gap names numbers that cannot be");
        return;
      }
      case info_timestamp: {
        constexpr std::uint8_t invalid = 0x02;
        stamp_.reset();
        if ((flags & invalid) != 0) return;
        const auto seconds = little ? in.u32le() : in.u32(), fraction = little ? in.u32le() : in.u32();
        if (!in.ok()) return out.violate(m.from, "length", "a time stamp is cut short");
        stamp_ = seconds + fraction / 4294967296.0;
        return;
      }
      case info_source: {
        in.skip(6);
        const auto vendor = in.u16();
        const auto prefix = in.take(source_.size());
        if (!in.ok()) return out.violate(m.from, "length", "a change of source is cut short");
        vendor_ = vendor;
        std::ranges::copy(prefix, source_.begin());
        return;
      }
      case secure_prefix:
      case secure_rtps_prefix: {
        if (std::exchange(protected_, true)) return;
        const std::string_view how = id == secure_prefix ? "submessages" : "messages";
        out.describe("dds_security", how);
        if (fresh(m, "dds_protected", how, out)) out.learn(m.from, {}, "dds_protected", how, stated);
        return;
      }
      default:
        if (!is_known(id) && id < 0x80) out.violate(m.from, "submessage", "a submessage that is not known");
    }
  }

  static std::int64_t number(reader& in, bool little) {
    const auto high = little ? in.u32le() : in.u32(), low = little ? in.u32le() : in.u32();
    return static_cast<std::int64_t>(std::uint64_t{high} << 32 | low);
  }
  /// 9.4.2.6: a base and at most 256 bits. The number of them that are set.
  static std::optional<unsigned> read_set(reader& in, bool little) {
    const auto base = number(in, little);
    const auto bits = little ? in.u32le() : in.u32();
    if (!in.ok() || base < 0 || bits > 256) return {};
    unsigned set = 0;
    for (std::uint32_t i = 0; i < (bits + 31) / 32; ++i) set += static_cast<unsigned>(std::popcount(little ? in.u32le() : in.u32()));
    return in.ok() ? std::optional{set} : std::nullopt;
  }

  void on_sample(const sample& s, const message& m, output& out) {
    switch (s.writer.entity) {
      case participant_writer: return s.has_data ? on_participant(s, m, out) : on_leaving("participant_left", s, m, out);
      case publications_writer:
      case subscriptions_writer: return s.has_data ? on_endpoint(s, m, out) : on_leaving("endpoint_left", s, m, out);
      default: break;
    }
    if (!is_users(s.writer.entity)) return out.count("rtps", "sample", "built_in");
    follow(s, m.time, out);
    if (s.fragment > 1) return;  // the first tells of all
    auto topic = s.topic;
    if (const auto* e = find_endpoint(s.writer); topic.empty() && e != nullptr) topic = e->topic;
    if (topic.empty()) return out.count("rtps", "sample", "of_unknown_topic");
    out.count("rtps", "sample", "of_known_topic");
    auto op = begin(m, s.fragment != 0 ? data_fragment : data, s.disposed ? "dispose" : "publish", action::report);
    op.objects.push_back({.space = "topic", .address = std::move(topic), .property = {}, .index = {}});
    if (s.payload.size() > 4) op.values.emplace_back(hex(s.payload.subspan(4), most_values));
    op.fields.emplace_back("writer", to_string(s.writer));
    op.fields.emplace_back("number", s.number);
    op.fields.emplace_back("size", s.size);
    if (stamp_) op.fields.emplace_back("source_time", *stamp_);
    out.emit(std::move(op), m.from);
  }

  /// Numbers of a writer go up by one; a step says that some went elsewhere or were lost, which the reader's answer will tell.
  void follow(const sample& s, timestamp now, output& out) {
    auto at = std::ranges::find(writers_, s.writer, &known_writer::id);
    if (at == writers_.end()) {
      forget(writers_, most_writers, "writer", out);
      writers_.push_back({s.writer, s.number, now});
      return;
    }
    at->heard = now;
    if (s.number > at->last + 1) out.count("rtps", "sequence", "step");
    if (s.number <= at->last && s.fragment == 0) out.count("rtps", "sequence", "again");
    at->last = std::max(at->last, s.number);
  }

  void on_participant(const sample& s, const message& m, output& out) {
    const auto a = read(s, m, out);
    if (!a) return;
    const guid id{a->participant ? a->participant->prefix : s.writer.prefix, 0};
    if (!news(id, s, m, out)) return;
    const auto domain = a->domain ? a->domain : domain_of(m.target.port);
    auto op = begin(m, data, "announce_participant", action::session);
    op.objects.push_back({.space = "participant", .address = to_string(id.prefix), .property = {}, .index = {}});
    const auto note = [&](std::string_view name, const std::string& said) {
      if (!said.empty()) op.fields.emplace_back(std::string{name}, said);
    };
    note("name", a->entity_name);
    note("vendor", std::string{vendor_name(vendor_)});
    note("product_version", a->product_version);
    if (domain) op.fields.emplace_back("domain", std::uint64_t{*domain});
    note("domain_tag", a->domain_tag);
    note("host_name", a->host_name), note("user", a->user), note("executable", a->executable), note("target", a->target);
    note("security", a->security);
    note("locators", joined(a->locators));
    out.emit(std::move(op), m.from);

    say(m, "vendor", std::string{vendor_name(vendor_)}, claimed, out);
    auto software = std::string{product_name(vendor_)};
    if (!software.empty() && !a->product_version.empty()) software += ' ' + a->product_version;
    say(m, "software", software, stated, out);
    say(m, "application_name", a->entity_name, stated, out, true);
    say(m, "host_name", a->host_name, stated, out);
    say(m, "user", a->user, stated, out, true);
    if (domain) say(m, "dds_domain", std::to_string(*domain), stated, out, true);
    say(m, "dds_security", a->security.empty() ? "none" : a->security, stated, out, true);
  }

  void on_endpoint(const sample& s, const message& m, output& out) {
    const bool writes = s.writer.entity == publications_writer;
    const auto a = read(s, m, out);
    if (!a) return;
    if (!a->endpoint || a->topic.empty()) return out.violate(m.from, "parameter_list", "an endpoint announces itself without its topic");
    const auto known = std::ranges::find(endpoints_, *a->endpoint, &known_endpoint::id);
    if (known != endpoints_.end()) {
      *known = {*a->endpoint, a->topic, a->type, m.time};
    } else {
      forget(endpoints_, most_endpoints, "endpoint", out);
      endpoints_.push_back({*a->endpoint, a->topic, a->type, m.time});
    }
    if (!news(*a->endpoint, s, m, out)) return;
    auto op = begin(m, data, writes ? "announce_writer" : "announce_reader", action::session);
    op.objects.push_back({.space = "topic", .address = a->topic, .property = {}, .index = {}});
    op.fields.emplace_back("endpoint", to_string(*a->endpoint));
    op.fields.emplace_back("type", a->type);
    if (a->reliability) op.fields.emplace_back("reliable", *a->reliability == 2);
    constexpr std::array<std::string_view, 4> durabilities{"volatile", "transient_local", "transient", "persistent"};
    if (a->durability && *a->durability < durabilities.size())
      op.fields.emplace_back("durability", std::string{durabilities.at(*a->durability)});
    if (!a->partitions.empty()) op.fields.emplace_back("partitions", joined(a->partitions));
    if (!a->entity_name.empty()) op.fields.emplace_back("name", a->entity_name);
    out.emit(std::move(op), m.from);
    say(m, writes ? "dds_writes" : "dds_reads", a->type.empty() ? a->topic : a->topic + " (" + a->type + ')', stated, out, true);
  }

  void on_leaving(std::string_view name, const sample& s, const message& m, output& out) {
    if (!s.disposed && !s.unregistered) return out.count("rtps", "sample", "without_data");
    auto op = begin(m, data, name, action::session);
    if (s.writer.entity == participant_writer) {
      const auto gone = s.key ? s.key->prefix : s.writer.prefix;
      op.objects.push_back({.space = "participant", .address = to_string(gone), .property = {}, .index = {}});
      std::erase_if(announced_, [&](const announced& a) { return a.id.prefix == gone; });
      std::erase_if(endpoints_, [&](const known_endpoint& e) { return e.id.prefix == gone; });
    } else {
      op.fields.emplace_back("participant", to_string(s.writer.prefix));
      if (s.key) leave(*s.key, op);
    }
    out.emit(std::move(op), m.from);
  }

  void leave(const guid& endpoint, operation& op) {
    if (const auto* e = find_endpoint(endpoint)) op.objects.push_back({.space = "topic", .address = e->topic, .property = {}, .index = {}});
    op.fields.emplace_back("endpoint", to_string(endpoint));
    std::erase_if(announced_, [&](const announced& a) { return a.id == endpoint; });
    std::erase_if(endpoints_, [&](const known_endpoint& e) { return e.id == endpoint; });
  }

  std::optional<announcement> read(const sample& s, const message& m, output& out) {
    if (s.fragment != 0) return out.count("rtps", "sample", "announcement_in_fragments"), std::nullopt;
    auto a = read_announcement(s.payload, vendor_);
    if (!a) return out.violate(m.from, "encapsulation", "an announcement that is no list of parameters"), std::nullopt;
    if (!a->complete) out.violate(m.from, "parameter_list", "a list of parameters without its end");
    return a;
  }

  /// True where this was not announced like this before, or long ago.
  bool news(const guid& id, const sample& s, const message& m, output& out) {
    const auto content = fingerprint(s.payload);
    auto at = std::ranges::find(announced_, id, &announced::id);
    if (at == announced_.end()) {
      forget(announced_, most_announced, "announcement", out);
      announced_.push_back({id, content, m.time});
      return true;
    }
    if (at->content == content && m.time - at->heard < again) return false;
    at->content = content, at->heard = m.time;
    return true;
  }
  static std::uint64_t fingerprint(bytes b) {  // FNV-1a
    std::uint64_t h = 0xcbf29ce484222325u;
    for (const auto o : b) h = (h ^ o) * 0x100000001b3u;
    return h;
  }

  template <class Table>
  static void forget(Table& table, std::size_t most, std::string_view what, output& out) {
    if (table.size() < most) return;
    out.count("rtps", "forgotten", what);
    table.erase(std::ranges::min_element(table, {}, &Table::value_type::heard));
  }
  const known_endpoint* find_endpoint(const guid& id) const {
    const auto at = std::ranges::find(endpoints_, id, &known_endpoint::id);
    return at == endpoints_.end() ? nullptr : &*at;
  }
  static operation begin(const message& m, std::uint8_t id, std::string_view name, action what) {
    operation op;
    op.time = m.time;
    op.function = std::to_string(id);
    op.function_name = name;
    op.action = what;
    op.outcome = outcome::none;
    return op;
  }
  static std::string joined(const std::vector<std::string>& all) {
    std::string text;
    for (const auto& s : all) text += (text.empty() ? "" : " ") + s;
    return text;
  }
  bool fresh(const message& m, std::string_view kind, std::string_view value, output& out) {
    return told_.fresh(m.source.address, m.source.hardware, kind, value, m.time, "rtps", out, true);
  }
  void say(const message& m, std::string_view kind, const std::string& value, std::uint8_t sure, output& out, bool several = false) {
    if (!value.empty() && told_.fresh(m.source.address, m.source.hardware, kind, value, m.time, "rtps", out, several))
      out.learn(m.from, {}, kind, value, sure);
  }

  bool described_ = false, protected_ = false;
  std::uint16_t vendor_ = 0;
  guid_prefix source_{};
  std::optional<double> stamp_;
  std::vector<known_endpoint> endpoints_;
  std::vector<known_writer> writers_;
  std::vector<announced> announced_;
  told_facts<most_told> told_;
};

const protocol rtps_protocol{{
    .name = "rtps",
    .udp_ports = ports,
    .probe = probe,
    .open = []() -> std::unique_ptr<session> { return std::make_unique<rtps_session>(); },
}};

}  // namespace
}  // namespace mw
