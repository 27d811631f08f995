// Calls of DCE/RPC (C706 chapter 12; [MS-RPCE] 2.2.2): requests, answers and faults.
#include "sensor/dissect/msrpc_messages.hpp"

#include <algorithm>

namespace mw::msrpc {
namespace {

using dce_rpc::kind;

constexpr std::uint8_t level_privacy = 6;
constexpr std::size_t size_of_head = 16, size_of_trailer = 8;

}  // namespace

calls::trailer calls::trailer_of(bytes fragment) {
  reader in{fragment};
  in.skip(4);
  const bool little = (in.u8() & 0xf0) == 0x10;
  in.skip(3);
  const std::size_t size = dce_rpc::u16(in, little), authentication = dce_rpc::u16(in, little);
  trailer t;
  if (!in.ok() || authentication == 0 || size > fragment.size() || size < size_of_head + size_of_trailer + authentication) return t;
  reader end{fragment.subspan(size - authentication - size_of_trailer, authentication + size_of_trailer)};
  t.kind = end.u8(), t.level = end.u8(), t.padding = end.u8();
  end.skip(5);
  t.token = end.rest();
  return t;
}

bool begins(bytes data) {
  const auto size = dce_rpc::frame(data);
  return size && *size != 0 && data.size() >= size_of_head;
}

void calls::on_octets(const message& m, output& out) {
  auto& held = held_[static_cast<std::size_t>(m.from)];
  if (held.size() + m.data.size() > longest_fragment) {
    out.count(protocol_name, "forgotten", "fragment");
    held.clear();
    return;
  }
  held.insert(held.end(), m.data.begin(), m.data.end());
  while (!held.empty()) {
    const auto size = dce_rpc::frame(held);
    if (!size) {
      if (spoken_) out.count(protocol_name, "skipped", "octets");  // behind a gap, or the pipe's own protocol
      held.clear();
    }
    if (!size || *size == 0 || *size > held.size()) return;
    const std::vector<std::uint8_t> one(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(*size));
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(*size));
    auto fragment = m;
    fragment.data = one;
    spoken_ = true;
    on_fragment(fragment, out);
  }
}

void calls::on_gap(side from) {
  held_[static_cast<std::size_t>(from)].clear();
  parts_[static_cast<std::size_t>(from)].clear();
}

void calls::on_fragment(const message& m, output& out) {
  auto h = dce_rpc::read(m.data);
  if (!h) return out.violate(m.from, "message", h.error().what, {}, protocol_name);
  if (h->version != 5) return out.violate(m.from, "version", "a connection carries a message of another version", {}, protocol_name);
  out.count(protocol_name, "kind", static_cast<std::uint32_t>(h->type));
  const auto t = trailer_of(m.data);
  if (h->authenticated && (h->type == kind::request || h->type == kind::response)) {
    if (t.padding > h->body.size())
      return out.violate(m.from, "authentication_padding", "there is more padding than stub", {}, protocol_name);
    h->body = h->body.first(h->body.size() - t.padding);
  }
  switch (h->type) {
    case kind::bind:
    case kind::alter_context: return on_bind(*h, t, m, out);
    case kind::bind_ack:
    case kind::alter_context_response: return on_bind_answer(*h, t, m, out);
    case kind::bind_nak: return on_bind_refused(*h, m, out);
    case kind::auth3: return on_authentication(*h, t, m, out);
    case kind::request: return on_request(*h, t, m, out);
    case kind::response: return on_response(*h, t, m, out);
    case kind::fault: return on_fault(*h, m, out);
    case kind::co_cancel:
    case kind::orphaned:
    case kind::shutdown: return;
    default: out.violate(m.from, "kind", "a message of the connectionless protocol", {}, protocol_name);
  }
}

const calls::context* calls::find_context(std::uint16_t id) const {
  const auto at = std::ranges::find(contexts_, id, &context::id);
  return at != contexts_.end() ? &*at : nullptr;
}

operation calls::made(std::uint16_t number, const context* c, const message& m) const {
  const auto* of = c != nullptr ? c->of : assumed_;
  operation op;
  op.time = m.time;
  op.protocol = protocol_name;
  op.action = action_of(of, number);
  const std::string whose = c != nullptr ? c->name : assumed_ != nullptr ? std::string{assumed_->name} : std::string{};
  op.function = whose.empty() ? std::to_string(number) : whose + '/' + std::to_string(number);
  op.function_name = operation_name(of, number);
  if (!whose.empty()) op.fields.emplace_back("interface", whose);
  return op;
}

void calls::on_request(dce_rpc::header h, const trailer& t, const message& m, output& out) {
  const bool hidden = h.authenticated && t.level == level_privacy;
  const auto* const c = find_context(h.context);
  if (h.first) {
    out.count(protocol_name, "request", h.operation);
    auto op = made(h.operation, c, m);
    if (hidden) op.fields.emplace_back("encrypted", true);
    if (h.object != dce_rpc::uuid{}) op.fields.emplace_back("object", dce_rpc::to_string(h.object));
    asked state;
    state.of = c != nullptr ? c->of : assumed_;
    state.operation = h.operation;
    state.wide = c != nullptr && c->wide;
    state.hidden = hidden;
    waiting_.add(h.call, std::move(op), out, m.from, std::move(state));
  }
  std::optional<std::vector<std::uint8_t>> joined;
  if (!h.whole()) {
    if (!hidden) joined = parts_[static_cast<std::size_t>(m.from)].add(h, m.from);
    if (!joined) return;
  }
  auto* const r = waiting_.find(h.call);
  if (hidden || r == nullptr) return;
  if (const auto* const how = rule_of(r->extra.of, r->extra.operation); how != nullptr && how->request != nullptr) {
    ndr in{joined ? bytes{*joined} : h.body, h.little, r->extra.wide};
    call c2{r->op, r->extra, known_, m, out};
    if (r->extra.of->object) skip_this(in);
    how->request(in, c2);
    if (!in.ok()) out.violate(m.from, "stub", "arguments end inside a value or do not fit", {}, protocol_name);
  }
}

void calls::on_response(dce_rpc::header h, const trailer& t, const message& m, output& out) {
  std::optional<std::vector<std::uint8_t>> joined;
  const bool hidden = h.authenticated && t.level == level_privacy;
  if (!h.whole()) {
    if (!hidden) joined = parts_[static_cast<std::size_t>(m.from)].add(h, m.from);
    if (!h.last) return;
  }
  auto r = waiting_.take(h.call);
  if (!r) {
    auto op = made(0, find_context(h.context), m);
    op.function_name = "response", op.function.clear();
    op.action = action::read;
    op.outcome = outcome::unpaired;
    return out.emit(std::move(op), other(m.from));
  }
  r->op.outcome = outcome::ok;
  if (!hidden && !r->extra.hidden && (h.whole() || joined))
    on_response_stub(r->extra, joined ? bytes{*joined} : h.body, h.little, r->op, m, out);
  answer(*r, m.time, r->op.outcome, out);
}

void calls::on_response_stub(const asked& state, bytes stub, bool little, operation& op, const message& m, output& out) {
  if (state.of == nullptr) return;
  if (stub.size() >= 4 && stub.size() % 4 == 0 && state.of->returns != status::none) {
    reader end{stub.last(4)};
    const auto code = dce_rpc::u32(end, little);
    if (is_refusal(state.of->returns, code)) op.outcome = outcome::refused;
    if (code != 0) {
      if (op.outcome == outcome::refused) op.code = std::to_string(code);
      const auto name = status_name(state.of->returns, code);
      op.fields.emplace_back("status", name.empty() ? std::to_string(code) : std::string{name});
    }
  }
  const auto* const how = rule_of(state.of, state.operation);
  if (how == nullptr || how->response == nullptr) return;
  ndr in{stub, little, state.wide};
  asked copy = state;
  call c{op, copy, known_, m, out};
  if (state.of->object) skip_that(in);
  how->response(in, c);
  if (!in.ok() && op.outcome != outcome::refused)
    out.violate(m.from, "stub", "results end inside a value or do not fit", {}, protocol_name);
}

void calls::on_fault(const dce_rpc::header& h, const message& m, output& out) {
  out.count(protocol_name, "fault", h.status);
  auto r = waiting_.take(h.call);
  if (!r) r = waiting_.take(key(kind::alter_context, h.call));
  operation op;
  if (r) {
    op = std::move(r->op);
    op.latency = m.time - op.time;
  } else {
    op = made(0, find_context(h.context), m);
    op.function_name = "fault", op.function.clear();
    op.action = action::read;
  }
  op.outcome = outcome::refused;
  op.code = std::to_string(h.status);
  if (const auto name = status_name(status::fault, h.status); !name.empty()) op.fields.emplace_back("fault", std::string{name});
  out.emit(std::move(op), other(m.from));
}

}  // namespace mw::msrpc
