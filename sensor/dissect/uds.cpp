// UDS (ISO 14229-1:2020): requests and their answers, refusals that only ask for patience, transfers of programs.
#include "sensor/dissect/uds.hpp"

#include <algorithm>
#include <utility>

namespace mw::uds {
namespace {

constexpr std::uint8_t negative = 0x7f, positive = 0x40, response_pending = 0x78;
constexpr std::uint8_t transfer_data = 0x36, transfer_exit = 0x37, download = 0x34, upload = 0x35, file_transfer = 0x38;
constexpr std::size_t most_silent = 16, most_transfers = 16;
constexpr std::uint16_t first_functional = 0xe400, last_functional = 0xefff;
constexpr std::uint8_t stated = 90;
// a unit that erases its memory asks for patience again and again
constexpr nanoseconds patience = std::chrono::seconds{120}, silence_is_consent = std::chrono::seconds{5};

bool is_functional(std::uint16_t a) { return a >= first_functional && a <= last_functional; }

}  // namespace

void exchange::on_request(const route& r, bytes data, const message& m, output& out) {
  if (data.empty()) return out.violate(m.from, "length", "a request without a service", to_string(r), "uds");
  flush(&r, m.time, out);
  out.count("uds", "request", std::uint32_t{data[0]});
  operation op;
  op.time = m.time;
  op.unit = to_string(r);
  remarks notes;
  auto a = read_request(data, op, notes);
  follow(r, a, op, notes);
  tell(notes, r, m.from, out);
  if (!a.silent && !is_functional(r.unit)) return waiting_.add(r, std::move(op), out, m.from, std::move(a));
  if (silent_.size() >= most_silent) {
    out.count("uds", "forgotten", "silent_request");
    give_up(silent_.begin(), out);
  }
  silent_.push_back({r, std::move(op), m.from, std::move(a)});
}

void exchange::on_response(const route& r, bytes data, const message& m, output& out) {
  if (data.empty()) return out.violate(m.from, "length", "an answer without a service", to_string(r), "uds");
  out.count("uds", "response", std::uint32_t{data[0]});
  reader in{data};
  const auto first = in.u8();
  const auto service = first == negative ? in.u8() : static_cast<std::uint8_t>(first & ~positive);
  const auto code = first == negative ? in.u8() : std::uint8_t{0};
  if (!in.ok()) return out.violate(m.from, "length", "a refusal is cut short", to_string(r), "uds");
  if (first == negative) out.count("uds", "negative", std::uint32_t{code});
  if (first != negative && (first & positive) == 0)
    out.violate(m.from, "service", "an answer with the number of a request", to_string(r), "uds");
  auto found = find(r, service);
  if (!found) {
    operation op;
    op.protocol = "uds";
    op.time = m.time;
    op.unit = to_string(r);
    op.function = std::to_string(service);
    const auto known = describe(service);
    op.function_name = known.name, op.action = known.what;
    op.outcome = outcome::unpaired;
    if (first == negative) op.code = std::to_string(code);
    if (whole_) out.violate(m.from, "unpaired_response", "an answer whose request was not seen", op.unit, "uds");
    return out.emit(std::move(op), other(m.from));
  }
  auto& op = found->op;
  if (first == negative && code == response_pending) {
    ++found->extra.waits;
    return waiting_.add(found->key, std::move(op), out, found->asker, std::move(found->extra));
  }
  if (r != found->key) op.fields.emplace_back("answered_by", address_text(r.unit));  // the request was for all
  if (found->extra.waits != 0) op.fields.emplace_back("response_pending", std::uint64_t{found->extra.waits});
  remarks notes;
  if (first == negative) {
    op.code = std::to_string(code);
    if (!refusal(code).empty()) op.fields.emplace_back("reason", std::string{refusal(code)});
  } else {
    read_answer(found->extra, data.subspan(1), op, notes);
  }
  tell(notes, r, m.from, out);
  const auto brought = data.size() > 2 ? data.size() - 2 : 0;
  if (told_at_the_end(found->key, found->extra, brought, op, m.time, out)) return;
  answer(*found, m.time, op.code ? outcome::refused : outcome::ok, out);
}

void exchange::refused(const route& r, std::uint8_t code, std::string_view reason, const message& m, output& out) {
  auto found = waiting_.take(r);
  if (!found) {
    const auto at = std::ranges::find(silent_, r, &requests::request::key);
    if (at == silent_.end()) return;
    found = std::move(*at);
    silent_.erase(at);
  }
  found->op.code = std::to_string(code);
  if (!reason.empty()) found->op.fields.emplace_back("reason", std::string{reason});
  found->op.fields.emplace_back("refused_by", std::string{"gateway"});
  answer(*found, m.time, outcome::refused, out);
}

void exchange::on_gap() { whole_ = false, transfers_.clear(); }
void exchange::on_time(timestamp now, output& out) {
  waiting_.expire(now, out, patience);
  flush(nullptr, now, out);
}
void exchange::on_end(output& out) {
  waiting_.finish(out);
  while (!silent_.empty()) give_up(silent_.begin(), out);
}

/// The request that an answer belongs to. One that was for all units stays, for there may be further answers.
std::optional<exchange::requests::request> exchange::find(const route& r, std::uint8_t service) {
  if (const auto* w = waiting_.find(r); w != nullptr && w->extra.service.id == service) return waiting_.take(r);
  const auto at = std::ranges::find_if(silent_, [&](const requests::request& s) {
    return s.extra.service.id == service && s.key.tester == r.tester && (s.key == r || is_functional(s.key.unit));
  });
  if (at == silent_.end()) return {};
  ++at->extra.answers;
  auto found = *at;
  if (at->key == r) silent_.erase(at);
  return found;
}

void exchange::tell(const remarks& notes, const route& r, side from, output& out) const {
  for (const auto& v : notes.violations) out.violate(from, v.rule, v.detail, to_string(r), "uds");
  for (const auto& f : notes.findings) out.learn(from, address_text(r.unit), f.kind, f.value, stated);
}

exchange::transfer* exchange::moving(const route& r) {
  const auto at = std::ranges::find(transfers_, r, &transfer::route);
  return at == transfers_.end() ? nullptr : &*at;
}

/// What a request of a transfer has to come after.
void exchange::follow(const route& r, const asked& a, operation& op, remarks& notes) {
  if (a.service.id != transfer_data && a.service.id != transfer_exit) return;
  auto* t = moving(r);
  if (t == nullptr) {
    if (whole_) notes.breaks("transfer_sequence", "data of a transfer that was not asked for");
    return;
  }
  op.action = t->what;
  if (a.service.id == transfer_exit) return;
  const auto next = static_cast<std::uint8_t>(t->last + 1);
  if (t->blocks != 0 && a.counter != next && a.counter != t->last) notes.breaks("block_sequence", "a block of a transfer is missing");
  t->last = a.counter;
}

/// True where the answer is one of many of a transfer, which is told when it ends.
bool exchange::told_at_the_end(const route& r, const asked& a, std::size_t brought, operation& op, timestamp now, output& out) {
  if (op.code) return false;
  const auto id = a.service.id;
  if (id == download || id == upload || id == file_transfer) {
    std::erase_if(transfers_, [&](const transfer& t) { return t.route == r; });
    if (transfers_.size() >= most_transfers) {
      out.count("uds", "forgotten", "transfer");
      transfers_.erase(std::ranges::min_element(transfers_, {}, &transfer::heard));
    }
    transfers_.push_back({.route = r, .what = op.action, .heard = now});
    return false;
  }
  auto* t = moving(r);
  if (id == transfer_data) {
    if (t == nullptr) return false;
    const bool inward = t->what == action::program_download || t->what == action::file_write;
    t->octets += inward ? a.octets : brought, ++t->blocks, t->heard = now;
    return true;
  }
  if (id == transfer_exit && t != nullptr) {
    op.fields.emplace_back("octets", t->octets);
    op.fields.emplace_back("blocks", t->blocks);
    std::erase_if(transfers_, [&](const transfer& x) { return x.route == r; });
  }
  return false;
}

/// Requests that want no answer have got none when the next one goes the same way, or after a while.
void exchange::flush(const route* r, timestamp now, output& out) {
  for (auto at = silent_.begin(); at != silent_.end();) {
    const bool over = r != nullptr ? at->key == *r : now - at->op.time >= silence_is_consent;
    at = over ? give_up(at, out) : std::next(at);
  }
}
std::vector<exchange::requests::request>::iterator exchange::give_up(std::vector<requests::request>::iterator at, output& out) {
  if (at->extra.answers == 0) {
    at->op.outcome = outcome::none;
    out.emit(std::move(at->op), at->asker);
  }
  return silent_.erase(at);
}

}  // namespace mw::uds
