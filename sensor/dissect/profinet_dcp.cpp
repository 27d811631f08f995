// DCP (IEC 61158-6-10, 4.3): Get, Set, Identify and Hello, each a header with blocks.
#include "sensor/dissect/profinet_dcp.hpp"

#include "common/text.hpp"

#include <algorithm>
#include <array>

namespace mw::profinet {

using namespace dcp_options;

struct dcp::pdu {
  std::uint8_t service = 0, type = 0;
  std::uint32_t xid = 0;
  std::uint16_t delay = 0;
  dcp_lead lead = dcp_lead::none;
  std::vector<dcp_block> blocks;
};

namespace {

enum service : std::uint8_t { get = 3, set = 4, identify = 5, hello = 6 };
constexpr std::uint8_t is_response = 0x01, unsupported = 0x05;
constexpr std::uint16_t id_hello = 0xfefc, id_get_set = 0xfefd, id_identify = 0xfefe, id_identified = 0xfeff;
constexpr std::uint8_t stated = 80;
constexpr std::size_t most_objects = 64, most_blocks = 64;  ///< a station has some ten

std::string_view service_name(std::uint8_t s) {
  constexpr std::array<std::string_view, 4> names{"get", "set", "identify", "hello"};
  return s >= get && s <= hello ? names[static_cast<std::size_t>(s - get)] : std::string_view{"unknown"};
}
std::uint16_t frame_id_of(std::uint8_t service, bool response) {
  if (service == hello) return id_hello;
  if (service == identify) return response ? id_identified : id_identify;
  return id_get_set;
}

/// A Set does what its gravest block does.
action meaning(std::uint8_t service, const std::vector<dcp_block>& blocks) {
  if (service == get) return action::read;
  if (service != set) return action::identify;
  const auto has = [&](dcp_option o) { return std::ranges::find(blocks, o, &dcp_block::what) != blocks.end(); };
  if (has(factory_reset) || has(reset_to_factory)) return action::restart;
  const auto plain = [](const dcp_block& b) { return b.what == signal || b.what == start || b.what == stop; };
  if (has(signal) && std::ranges::all_of(blocks, plain)) return action::control;
  return action::configure;
}

/// The name of the station where the message gives it: it is whom it speaks of.
std::string subject(const std::vector<dcp_block>& blocks, const mac& card) {
  for (const auto& b : blocks)
    if (b.what == name_of_station || b.what == alias)
      if (auto text = printable(b.data); !text.empty()) return text;
  return to_string(card);
}

std::vector<object> objects_of(const std::vector<dcp_block>& blocks, const std::string& address) {
  std::vector<object> out;
  for (const auto& b : blocks) {
    if (b.what == response || out.size() >= most_objects) continue;
    out.push_back(
        {.space = std::to_string(b.what.option) + '/' + std::to_string(b.what.suboption), .address = address, .property = {}, .index = {}});
  }
  return out;
}

/// Results of single blocks, as Set answers them: "1/2 set_not_possible". The first that is not good is the code.
void read_results(const std::vector<dcp_block>& blocks, operation& op, std::optional<std::uint8_t>& code) {
  std::string text;
  for (const auto& b : blocks) {
    if (b.what != response) continue;
    reader in{b.data};
    const auto option = in.u8(), suboption = in.u8(), error = in.u8();
    if (!in.ok()) continue;
    (text += text.empty() ? "" : ", ") +=
        std::to_string(option) + '/' + std::to_string(suboption) + ' ' + std::string{block_error_name(error)};
    if (error != 0 && !code) code = error;
  }
  if (!text.empty()) op.fields.emplace_back("results", text);
}

}  // namespace

void dcp::on_frame(std::uint16_t frame_id, reader& in, const message& m, output& out) {
  pdu p;
  p.service = in.u8(), p.type = in.u8();
  p.xid = in.u32();
  p.delay = in.u16();
  const auto length = in.u16();
  if (!in.ok()) return out.violate(m.from, "dcp_length", "the frame ends inside the header");
  out.count("profinet_dcp", "service", p.service, p.type);
  const bool response = (p.type & is_response) != 0;
  if (service_name(p.service) == "unknown") out.violate(m.from, "dcp_service", "the service is not assigned");
  if (p.type != 0 && p.type != is_response && p.type != unsupported) out.violate(m.from, "dcp_type", "the service type is not assigned");
  if (frame_id != frame_id_of(p.service, response)) out.violate(m.from, "dcp_frame_id", "the service does not belong to this frame id");
  if (length > in.left()) out.violate(m.from, "dcp_length", "the data is shorter than the header says");
  auto data = in.part(std::min<std::size_t>(length, in.left()));
  if (p.service == get && !response) {
    p.blocks = read_asked(data);
  } else {
    p.lead = response || p.service == hello ? dcp_lead::info : p.service == set ? dcp_lead::qualifier : dcp_lead::none;
    p.blocks = read_blocks(data, p.lead);
  }
  if (!data.ok()) out.violate(m.from, "dcp_block", "a block ends beyond the data");
  bool whole = true, good_names = true;
  for (const auto& b : p.blocks) {
    out.count("profinet_dcp", "option", b.what.option, b.what.suboption);
    if (p.service == get && !response) continue;
    whole = whole && long_enough(b);
    good_names = good_names && (b.what != name_of_station || is_station_name(printable(b.data)));
  }
  if (!whole) out.violate(m.from, "dcp_block", "a block is shorter than its option");
  if (!good_names) out.violate(m.from, "dcp_station_name", "a station's name has characters that none may have");
  if (p.blocks.size() > most_blocks) {
    out.count("profinet_dcp", "forgotten", "blocks");
    p.blocks.resize(most_blocks);
  }
  if (response)
    on_response(p, m, out);
  else
    on_request(p, m, out);
  missed_ = false;
}

void dcp::on_request(const pdu& p, const message& m, output& out) {
  operation op;
  op.time = m.time;
  op.protocol = "profinet_dcp";
  op.action = meaning(p.service, p.blocks);
  op.function = std::to_string(p.service) + '/' + std::to_string(p.type);
  op.function_name = service_name(p.service);
  // what is set is the station's, whatever it was called: only a question names whom it means
  const auto& card = p.service == hello ? m.source.hardware : m.target.hardware;
  op.objects = objects_of(p.blocks, p.service == set ? to_string(card) : subject(p.blocks, card));
  for (const auto& b : p.blocks) {
    if (op.values.size() >= most_objects) break;
    add_values(b, op.values);
    add_fields(b, p.lead, op.fields);
  }
  op.fields.emplace_back("xid", std::uint64_t{p.xid});
  if (p.service == identify && p.delay != 0) op.fields.emplace_back("response_delay_factor", std::uint64_t{p.delay});
  if (p.service == hello)
    for (const auto& b : p.blocks) tell(b, m, out);
  if (p.service == hello || m.target.hardware.is_group()) {
    op.outcome = outcome::none;  // who answers does so to the asker's own card
    return out.emit(std::move(op), m.from);
  }
  change asked;
  for (const auto& b : p.blocks) {
    if (p.service != set || !long_enough(b)) continue;
    reader in{b.data};
    if (b.what == name_of_station) asked.name = printable(b.data);
    if (b.what == ip_parameter || b.what == ip_suite)
      if (const auto a = read_ip4(in); is_host(a)) asked.address = to_string(a);
  }
  waiting_.add({p.xid, p.service}, std::move(op), out, m.from, std::move(asked));
}

void dcp::on_response(const pdu& p, const message& m, output& out) {
  for (const auto& b : p.blocks) tell(b, m, out);
  std::optional<std::uint8_t> code;
  if (p.type == unsupported) code = p.type;
  if (auto asked = waiting_.find({p.xid, p.service}); asked != nullptr && asked->asker != m.from) {
    auto r = *waiting_.take({p.xid, p.service});
    read_results(p.blocks, r.op, code);
    if (p.service != set) {
      auto given = objects_of(p.blocks, subject(p.blocks, m.source.hardware));
      r.op.values.clear();
      for (const auto& b : p.blocks)
        if (b.what != response && r.op.values.size() < most_objects) add_values(b, r.op.values), add_fields(b, p.lead, r.op.fields);
      r.op.returned = std::move(given);
    } else if (!code) {
      tell_set(r.extra, m, out);
    }
    if (code) r.op.code = std::to_string(*code);
    return answer(std::move(r), m.time, code ? outcome::refused : outcome::ok, out);
  }
  // an Identify goes to a group, so that its answers never meet it
  if (p.service != identify && !missed_) out.violate(m.from, "dcp_unpaired_response", "nothing was asked with this transaction number");
  operation op;
  op.time = m.time;
  op.protocol = "profinet_dcp";
  op.action = meaning(p.service, p.blocks);
  op.function = std::to_string(p.service) + '/' + std::to_string(p.type);
  op.function_name = std::string{service_name(p.service)} + "_response";
  op.objects = objects_of(p.blocks, subject(p.blocks, m.source.hardware));
  for (const auto& b : p.blocks)
    if (b.what != response && op.values.size() < most_objects) add_values(b, op.values), add_fields(b, p.lead, op.fields);
  read_results(p.blocks, op, code);
  op.fields.emplace_back("xid", std::uint64_t{p.xid});
  if (code) op.code = std::to_string(*code);
  op.outcome = outcome::unpaired;
  out.emit(std::move(op), other(m.from));
}

void dcp::say(side who, const mac& card, std::string_view kind, std::string_view value, std::uint8_t confidence, timestamp at,
              output& out) {
  if (!value.empty() && told_.fresh({}, card, kind, value, at, "profinet_dcp", out)) out.learn(who, {}, kind, value, confidence);
}

/// What a station says of itself.
void dcp::tell(const dcp_block& b, const message& m, output& out) {
  const auto now = [&](std::string_view kind, std::string_view value, std::uint8_t confidence = stated) {
    say(m.from, m.source.hardware, kind, value, confidence, m.time, out);
  };
  if (!long_enough(b) || b.what == response) return;
  reader in{b.data};
  if (b.what == name_of_station) {
    const auto text = printable(b.data);
    now("station_name", text), now("host_name", text);
  } else if (b.what == type_of_station) {
    now("model", printable(b.data));
  } else if (b.what == alias) {
    now("alias_name", printable(b.data));
  } else if (b.what == device_id) {
    const auto vendor = in.u16(), device = in.u16();
    now("vendor", vendor_name(vendor));
    now("vendor_id", hex16(vendor));
    now("product_code", hex16(device));
  } else if (b.what == role) {
    now("role", role_names(in.u8()));
  } else if (b.what == ip_parameter || b.what == ip_suite) {
    const auto address = read_ip4(in);
    in.skip(4);
    const auto router = read_ip4(in);
    if (is_host(address)) now("ip", to_string(address));
    if (is_host(router) && router != address) now("router", to_string(router));
    if (b.lead && conflicts(*b.lead)) now("ip_conflict", to_string(address), 90);
  }
}

/// What a station has taken over: it will say so itself, but perhaps not soon.
void dcp::tell_set(const change& c, const message& m, output& out) {
  if (c.name) say(m.from, m.source.hardware, "station_name", *c.name, stated, m.time, out);
  if (c.address) say(m.from, m.source.hardware, "ip", *c.address, stated, m.time, out);
}

}  // namespace mw::profinet
