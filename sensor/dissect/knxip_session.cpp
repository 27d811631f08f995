// One conversation in KNXnet/IP: discovery, connections and their channels, remote configuration, secure sessions.
#include "sensor/dissect/knxip_session.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mw::knxip {
namespace {

constexpr std::size_t most_channels = 64;
constexpr std::uint8_t tunnel = 4;

bool is_group(const message& m) { return m.target.address.is_multicast(); }

}  // namespace

verdict connection::on_message(const message& m, output& out) {
  const auto h = read_header(m.data);
  if (!h) {
    out.violate(m.from, "header", "the frame has no header of version 1.0");
    return verdict::taken;
  }
  out.count("knxip", "service", h->service);
  if (h->length != m.data.size()) {
    out.violate(m.from, "length", "the total length is not that of the frame");
    if (h->length > m.data.size()) return verdict::taken;
  }
  reader in{m.data.first(h->length)};
  in.skip(header_size);
  const auto* service = find_service(h->service);
  if (service == nullptr) {
    out.violate(m.from, "service", "a service that is not known");
    return verdict::taken;
  }
  take(*service, in, m, out);
  if (!in.ok()) out.violate(m.from, "parts", "a frame has not the parts of its service");
  return verdict::taken;
}

void connection::on_gap(side from) {
  for (auto& c : channels_) c.sequence.at(static_cast<std::size_t>(from)).reset(), c.closed = false;  // it may have been opened anew
}

operation connection::start(const service_info& s, const message& m) {
  operation op;
  op.time = m.time;
  op.function = std::to_string(s.number);
  op.function_name = s.name;
  op.action = s.what;
  op.outcome = outcome::none;
  return op;
}

void connection::take(const service_info& s, reader& in, const message& m, output& out) {
  switch (s.number) {
    case search_request:
    case search_request_extended:
    case description_request: return on_discovery(s, in, m, out);
    case search_response:
    case search_response_extended:
    case description_response:
    case diagnostic_response: return on_description(s, in, m, out);
    case connect_request: return on_connect(s, in, m, out);
    case connect_response: return on_connected(s, in, m, out);
    case state_request:
    case disconnect_request: return on_channel_request(s, in, m, out);
    case state_response:
    case disconnect_response: return on_channel_response(s, in, m, out);
    case configuration_request:
    case tunnelling_request: return on_carried(s, in, m, out);
    case configuration_ack:
    case tunnelling_ack: return on_ack(in, m, out);
    case feature_get:
    case feature_set:
    case feature_info:
    case feature_response: return on_feature(s, in, m, out);
    case routing_indication:
    case routing_system_broadcast: return on_telegram(s, 0, in.take(in.left()), m, out);
    case secure_wrapper:
    case timer_notify: return on_secure(s, in, m, out);
    default: return on_other(s, in, m, out);
  }
}

void connection::ask(key k, operation&& op, const message& m, output& out) {
  if (is_group(m)) return out.emit(std::move(op), m.from);  // who answers does so in a flow of its own
  pending_.add(k, std::move(op), out, m.from);
}

void connection::on_discovery(const service_info& s, reader& in, const message& m, output& out) {
  auto op = start(s, m);
  op.fields.emplace_back("endpoint", read_endpoint(in).text);
  if (in.ok()) ask({m.from, s.number}, std::move(op), m, out);
}

void connection::on_description(const service_info& s, reader& in, const message& m, output& out) {
  if (s.number == search_response || s.number == search_response_extended) (void)read_endpoint(in);
  if (s.number == diagnostic_response) in.skip(in.left() != 0 ? in.rest()[0] : 1);  // whom it was asked of
  described d;
  if (!read_description(in, d) && in.ok()) out.violate(m.from, "description", "a description has not the parts of its kind");
  for (const auto& [kind, value] : d)
    if (!value.empty() && told_.fresh({}, {}, kind, value, m.time, "knxip", out)) out.learn(m.from, {}, kind, value, 85);
  auto r = pending_.take({other(m.from), static_cast<std::uint16_t>(s.number - 1)});
  auto op = r ? std::move(r->op) : start(s, m);
  for (auto& [kind, value] : d) op.fields.emplace_back(std::string{kind}, std::move(value));
  if (!r) {
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), other(m.from));
  }
  r->op = std::move(op);
  answer(*r, m.time, outcome::ok, out);
}

void connection::on_connect(const service_info& s, reader& in, const message& m, output& out) {
  auto op = start(s, m);
  op.fields.emplace_back("endpoint", read_endpoint(in).text);
  (void)read_endpoint(in);
  auto information = in.part(in.left() != 0 ? in.rest()[0] : 1);
  information.skip(1);
  const auto type = information.u8();
  if (!in.ok() || !information.ok()) return in.expect(false, "what the connection is for");
  op.fields.emplace_back("connection", std::string{connection_name(type)});
  if (type == tunnel && information.left() != 0) op.fields.emplace_back("layer", std::string{layer_name(information.u8())});
  ask({m.from, connect_request}, std::move(op), m, out);
}

void connection::on_connected(const service_info& s, reader& in, const message& m, output& out) {
  const auto id = in.u8(), status = in.u8();
  if (!in.ok()) return;
  auto r = pending_.take({other(m.from), connect_request});
  auto op = r ? std::move(r->op) : start(s, m);
  op.code = std::to_string(status);
  if (status != 0) {
    op.fields.emplace_back("error", std::string{status_name(status)});
  } else {
    op.fields.emplace_back("channel", std::uint64_t{id});
    (void)read_endpoint(in);
    auto data = in.part(in.left() != 0 ? in.rest()[0] : 1);
    data.skip(1);
    if (data.u8() == tunnel && data.left() >= 2) {
      const auto address = individual(data.u16());
      op.fields.emplace_back("individual_address", address);
      if (told_.fresh({}, {}, "tunnel_address", address, m.time, "knxip", out))
        out.learn(other(m.from), {}, "individual_address", address, 70);
    }
    std::erase_if(channels_, [&](const channel& c) { return c.id == id; });
    (void)channel_of(id, out);
  }
  if (!r) {
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), other(m.from));
  }
  r->op = std::move(op);
  answer(*r, m.time, status == 0 ? outcome::ok : outcome::refused, out);
}

connection::channel& connection::channel_of(std::uint8_t id, output& out) {
  const auto at = std::ranges::find(channels_, id, &channel::id);
  if (at != channels_.end()) return *at;
  if (channels_.size() >= most_channels) {
    out.count("knxip", "forgotten", "channel");
    channels_.pop_front();
  }
  channels_.push_back({.id = id});
  return channels_.back();
}

void connection::on_channel_request(const service_info& s, reader& in, const message& m, output& out) {
  const auto id = in.u8();
  in.skip(1);
  (void)read_endpoint(in);
  if (!in.ok()) return;
  auto op = start(s, m);
  op.fields.emplace_back("channel", std::uint64_t{id});
  ask({m.from, s.number, id}, std::move(op), m, out);
}

void connection::on_channel_response(const service_info& s, reader& in, const message& m, output& out) {
  const auto id = in.u8(), status = in.u8();
  if (!in.ok()) return;
  auto r = pending_.take({other(m.from), static_cast<std::uint16_t>(s.number - 1), id});
  if (s.number == disconnect_response && status == 0) channel_of(id, out).closed = true;
  if (r) {
    r->op.code = std::to_string(status);
    if (status != 0) r->op.fields.emplace_back("error", std::string{status_name(status)});
    return answer(*r, m.time, status == 0 ? outcome::ok : outcome::refused, out);
  }
  auto op = start(s, m);
  op.fields.emplace_back("channel", std::uint64_t{id});
  op.code = std::to_string(status);
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), other(m.from));
}

/// The head of a frame on a connection. False where it is one that was sent before.
bool connection::read_connection(reader& in, const message& m, std::uint8_t& id, output& out) {
  const auto size = in.u8();
  id = in.u8();
  const auto sequence = in.u8();
  in.skip(1);
  in.expect(size == 4, "a connection header of four octets");
  if (!in.ok()) return false;
  auto& c = channel_of(id, out);
  if (c.closed) out.violate(m.from, "channel", "a frame on a channel that was closed");
  auto& last = c.sequence.at(static_cast<std::size_t>(m.from));
  if (m.transport == transport::udp && last && *last == sequence) {  // was not acknowledged in time
    out.count("knxip", "repeated", "frame");
    return false;
  }
  if (last && static_cast<std::uint8_t>(*last + 1) != sequence)
    out.violate(m.from, "sequence", "sequence " + std::to_string(sequence) + " after " + std::to_string(*last));
  last = sequence;
  return true;
}

void connection::on_ack(reader& in, const message& m, output& out) {
  in.skip(3);
  const auto status = in.u8();
  if (in.ok() && status != 0) out.violate(m.from, "status", "a frame is not acknowledged: " + std::string{status_name(status)});
}

void connection::on_feature(const service_info& s, reader& in, const message& m, output& out) {
  std::uint8_t id = 0;
  if (!read_connection(in, m, id, out)) return;
  const auto feature = in.u8(), status = in.u8();
  if (!in.ok()) return;
  auto op = start(s, m);
  op.fields.emplace_back("channel", std::uint64_t{id});
  op.objects.push_back({.space = "feature", .address = std::string{feature_name(feature)}, .property = {}, .index = {}});
  if (in.left() != 0) op.values.emplace_back(hex(in.take(in.left()), 64));
  if (s.number == feature_info) return out.emit(std::move(op), m.from);
  if (s.number != feature_response) return ask({m.from, feature_get, id, feature}, std::move(op), m, out);
  auto r = pending_.take({other(m.from), feature_get, id, feature});
  op.code = std::to_string(status);
  if (!r) {
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), other(m.from));
  }
  r->op.code = op.code;
  if (r->op.values.empty()) r->op.values = std::move(op.values);
  answer(*r, m.time, status == 0 ? outcome::ok : outcome::refused, out);
}

/// KNX IP Secure hides everything; what goes through is counted.
void connection::on_secure(const service_info& s, reader& in, const message& m, output& out) {
  if (s.number != secure_wrapper) return in.skip(in.left());
  const auto id = in.u16();
  if (!in.ok() || secure_told_) return;
  secure_told_ = true;
  auto op = start(s, m);
  op.fields.emplace_back("encrypted", true);
  op.fields.emplace_back("secure_session", std::uint64_t{id});
  out.emit(std::move(op), m.from);
}

void connection::on_other(const service_info& s, reader& in, const message& m, output& out) {
  auto op = start(s, m);
  switch (s.number) {
    case diagnostic_request:
    case configure_request: op.fields.emplace_back("endpoint", read_endpoint(in).text); [[fallthrough]];
    case reset_request: read_selector(in, op); break;
    case session_request: (void)read_endpoint(in); break;
    case session_response: {
      const auto id = in.u16();
      if (in.ok()) op.fields.emplace_back("secure_session", std::uint64_t{id});
      break;
    }
    case session_status: {
      const auto status = in.u8();
      op.fields.emplace_back("status", std::string{session_status_name(status)});
      break;
    }
    case routing_lost: {
      in.skip(2);
      const auto lost = in.u16();
      op.fields.emplace_back("lost", std::uint64_t{lost});
      break;
    }
    case routing_busy: {
      in.skip(2);
      const auto wait = in.u16();
      op.fields.emplace_back("wait_ms", std::uint64_t{wait});
      break;
    }
    default: break;
  }
  if (!in.ok()) return;
  if (s.number == diagnostic_request || s.number == session_request) return ask({m.from, s.number}, std::move(op), m, out);
  if (s.number == session_response)
    if (auto r = pending_.take({other(m.from), session_request})) {
      std::ranges::move(op.fields, std::back_inserter(r->op.fields));
      return answer(*r, m.time, outcome::ok, out);
    }
  out.emit(std::move(op), m.from);
}

/// Which devices are meant: those in programming mode, or the one with this card.
void connection::read_selector(reader& in, operation& op) {
  auto selector = in.part(in.left() != 0 ? in.rest()[0] : 1);
  selector.skip(1);
  const auto type = selector.u8();
  if (!selector.ok()) return in.expect(false, "whom it is for");
  op.objects.push_back({.space = "selector",
                        .address = type == 1   ? "programming_mode"
                                   : type == 2 ? hex(selector.rest(), 6).substr(2)
                                               : std::to_string(type),
                        .property = {},
                        .index = {}});
}

}  // namespace mw::knxip
